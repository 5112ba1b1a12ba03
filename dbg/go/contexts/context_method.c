/* Runs the Done and Deadline methods of context types: see context_method.h. */
#include <ctype.h>

#include "dbg/go/contexts/context_method.h"

#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"
#include "dwarf/code/code_run.h"

enum {
	MAX_CALLS = 64,	   /* calls of other contexts' methods in one run */
	MAX_CALLEE = 2048, /* bytes of code; longer functions are not followed */
};

/* A context type's own method, by the address of its code. */
struct method_code {
	uint64_t code;
	const struct context_shape *shape;
};

/* A call of a context's method, whose result the code may return. */
struct method_call {
	const struct context_shape *shape; /* NULL: a cancelCtx's own method */
	uint64_t address;
};

struct context_methods {
	struct program *program;
	const struct context_types *types;
	struct code_runner *runner;
	struct method_code *codes[2]; /* of Deadline and of Done, sorted by address */
	size_t code_count;
	/* For the current run. */
	enum context_method method;
	uint64_t receiver, receiver_size;
	struct method_call calls[MAX_CALLS];
	size_t call_count;
};

/* ---- What the code runs on ---- */

static bool read_code(void *context, uint64_t pc, struct bytes *ret, uint64_t *ret_start)
{
	struct program *program = ((struct context_methods *)context)->program;
	struct module_function found;
	if (!program_function_at(program, pc, &found))
		return false;
	*ret_start = found.entry;
	return module_bytes_at(
		found.module, found.entry, found.function.end - found.function.entry, ret);
}

static bool read_memory(void *context, uint64_t address, void *ret, size_t size)
{
	struct program *program = ((struct context_methods *)context)->program;
	struct error *err = target_read(program->target, address, ret, size);
	error_destroy(err);
	return !err;
}

static bool has_prefix(const char *name, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

/* What a call of a function does that is known by name; releases 1.19 to 1.27. */
static enum code_call_kind by_name(const char *name)
{
	static const char *const ends[] = {"runtime.morestack", "runtime.panic", "runtime.goPanic",
		"runtime.gopanic", "runtime.throw", "runtime.fatal", "runtime.sigpanic"};
	static const char *const harmless[] = {"sync.(*Mutex).", "internal/sync.(*Mutex).",
		"sync.(*RWMutex).", "runtime.race", "runtime.newobject", "runtime.asan",
		"runtime.msan", "runtime.convT"};
	static const char barrier[] = "runtime.gcWriteBarrier";
	if (has_prefix(name, ends, array_length(ends)))
		return CODE_CALL_END;
	if (has_prefix(name, harmless, array_length(harmless)))
		return CODE_CALL_HARMLESS;
	/* gcWriteBarrier1 to 8 return a buffer; up to 1.20, gcWriteBarrier does the store itself. */
	if (strncmp(name, barrier, strlen(barrier)) == 0)
		return isdigit((unsigned char)name[strlen(barrier)]) ? CODE_CALL_BARRIER
								     : CODE_CALL_OPAQUE;
	return CODE_CALL_ENTER;
}

/* The receiver of Done may be part of another type; that of Deadline is a *cancelCtx itself,
 * because the types that embed one have their own code for it. */
static bool is_cancel_method(const struct context_methods *methods, const char *name)
{
	return methods->method == CONTEXT_DONE && strcmp(name, "context.(*cancelCtx).Done") == 0;
}

/* The context type whose method begins at `code`. */
static const struct context_shape *shape_of_code(
	const struct context_methods *methods, uint64_t code)
{
	const struct method_code *codes = methods->codes[methods->method];
	size_t at = bisect(i, methods->code_count, codes[i].code >= code);
	return at < methods->code_count && codes[at].code == code ? codes[at].shape : NULL;
}

static enum code_call_kind add_call(
	struct context_methods *methods, struct method_call call, uint64_t *ret)
{
	/* The same call on another path has the same result. */
	for (size_t i = 0; i < methods->call_count; i++) {
		*ret = i;
		if (methods->calls[i].shape == call.shape &&
			methods->calls[i].address == call.address)
			return CODE_CALL_RESULT;
	}
	if (methods->call_count == MAX_CALLS)
		return CODE_CALL_OPAQUE;
	*ret = methods->call_count;
	methods->calls[methods->call_count++] = call;
	return CODE_CALL_RESULT;
}

static enum code_call_kind on_call(
	void *context, uint64_t target, struct code_value receiver, uint64_t *ret)
{
	struct context_methods *methods = context;
	struct module_function found;
	if (!program_function_at(methods->program, target, &found) || found.entry != target ||
		!found.function.name)
		return CODE_CALL_OPAQUE;
	const struct pc_function function = found.function;
	bool known = receiver.kind == CODE_WORD;
	if (known && is_cancel_method(methods, function.name))
		return add_call(methods, (struct method_call){NULL, receiver.word}, ret);
	/* A method promoted from a part of the context itself is no other context's. */
	const struct context_shape *shape = shape_of_code(methods, target);
	if (known && shape && receiver.word - methods->receiver >= methods->receiver_size)
		return add_call(methods, (struct method_call){shape, receiver.word}, ret);
	enum code_call_kind kind = by_name(function.name);
	return kind == CODE_CALL_ENTER && function.end - function.entry > MAX_CALLEE
		       ? CODE_CALL_OPAQUE
		       : kind;
}

/* ---- Running a method ---- */

static bool run(struct context_methods *methods, enum context_method method,
	const struct context_shape *shape, uint64_t data, struct code_value results[CODE_RESULTS])
{
	methods->method = method;
	methods->receiver = data;
	methods->receiver_size = shape->inline_body ? 0 : shape->size;
	methods->call_count = 0;
	return shape->code[method] && code_run(methods->runner, shape->code[method], data, results);
}

static void set_call(
	const struct context_methods *methods, uint64_t number, struct method_result *ret)
{
	const struct method_call *call = &methods->calls[number];
	ret->kind = call->shape ? METHOD_CONTEXT : METHOD_CANCEL;
	ret->shape = call->shape;
	ret->address = call->address;
}

void context_method_done(struct context_methods *methods, const struct context_shape *shape,
	uint64_t data, struct method_result *ret)
{
	struct code_value results[CODE_RESULTS];
	*ret = (struct method_result){.kind = METHOD_UNKNOWN};
	if (!run(methods, CONTEXT_DONE, shape, data, results))
		return;
	if (results[0].kind == CODE_WORD) {
		ret->kind = results[0].word ? METHOD_OWN : METHOD_NIL;
		ret->words[0] = results[0].word;
	} else if (results[0].kind == CODE_RESULT && results[0].index == 0) {
		set_call(methods, results[0].word, ret);
	}
}

/* The results are the words wall, ext and loc of a time.Time, and whether there is a deadline. */
void context_method_deadline(struct context_methods *methods, const struct context_shape *shape,
	uint64_t data, struct method_result *ret)
{
	struct code_value results[CODE_RESULTS];
	*ret = (struct method_result){.kind = METHOD_UNKNOWN};
	if (!run(methods, CONTEXT_DEADLINE, shape, data, results))
		return;
	const struct code_value *ok = &results[CODE_RESULTS - 1];
	bool known = ok->kind == CODE_WORD || (ok->kind == CODE_PART && ok->index >= 8);
	if (known && !(ok->word & 0xff)) {
		ret->kind = METHOD_NIL;
	} else if (known && results[0].kind == CODE_WORD && results[1].kind == CODE_WORD) {
		ret->kind = METHOD_OWN;
		ret->words[0] = results[0].word;
		ret->words[1] = results[1].word;
	} else if (ok->kind == CODE_RESULT) {
		for (unsigned i = 0; i < CODE_RESULTS; i++) {
			if (results[i].kind != CODE_RESULT || results[i].index != i ||
				results[i].word != ok->word)
				return;
		}
		set_call(methods, ok->word, ret);
	}
}

/* ---- Creating ---- */

static int by_code(const void *a, const void *b)
{
	const struct method_code *x = a, *y = b;
	return (x->code > y->code) - (x->code < y->code);
}

/* A type and the pointer to it share the code of their methods: prefer the pointer, whose data word
 * is the receiver. */
static struct error *index_codes(struct context_methods *methods, enum context_method method)
{
	const struct context_types *types = methods->types;
	struct method_code *codes = calloc(types->shape_count + 1, sizeof(*codes));
	methods->codes[method] = codes;
	if (!codes)
		return error_no_memory();
	for (size_t i = 0; i < types->shape_count; i++)
		codes[i] = (struct method_code){types->shapes[i].code[method], &types->shapes[i]};
	qsort(codes, types->shape_count, sizeof(*codes), by_code);
	for (size_t i = 0; i + 1 < types->shape_count; i++) {
		if (codes[i].code == codes[i + 1].code &&
			codes[i + 1].shape->type->kind == GO_POINTER)
			codes[i].shape = codes[i + 1].shape;
	}
	return NULL;
}

struct error *context_methods_create(
	struct program *program, const struct context_types *types, struct context_methods **ret)
{
	struct context_methods *methods = calloc(1, sizeof(*methods));
	if (!methods)
		return error_no_memory();
	const struct code_world world = {read_code, read_memory, on_call, methods};
	*methods = (struct context_methods){.program = program,
		.types = types,
		.runner = code_runner_create(world),
		.code_count = types->shape_count};
	struct error *err = methods->runner ? NULL : error_no_memory();
	if (!err)
		err = index_codes(methods, CONTEXT_DEADLINE);
	if (!err)
		err = index_codes(methods, CONTEXT_DONE);
	if (err) {
		context_methods_destroy(methods);
		return err;
	}
	*ret = methods;
	return NULL;
}

void context_methods_destroy(struct context_methods *methods)
{
	if (!methods)
		return;
	code_runner_destroy(methods->runner);
	free(methods->codes[CONTEXT_DEADLINE]);
	free(methods->codes[CONTEXT_DONE]);
	free(methods);
}
