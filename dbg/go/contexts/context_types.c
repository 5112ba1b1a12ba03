/* The context types of a program: see context_find.h. */
#include "dbg/go/contexts/context_find.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

struct interfaces {
	uint64_t context, canceler; /* descriptors; 0: not found yet */
};

/*
 * Whether `interface` is context.Context, or either of it and context.canceler. Itabs of one
 * interface tend to be adjacent, so the last rejected descriptor is remembered.
 */
static struct error *classify(struct program *program, struct interfaces *known, uint64_t *rejected,
	uint64_t interface, bool *ret_context, bool *ret_any)
{
	*ret_context = interface == known->context;
	*ret_any = *ret_context || interface == known->canceler;
	if (*ret_any || interface == *rejected)
		return NULL;
	const struct go_type *type;
	struct error *err = program_type_at(program, interface, &type);
	if (err)
		return error_ignore_fault(err);
	if (go_type_is(type, "context", "Context"))
		known->context = interface;
	else if (go_type_is(type, "context", "canceler"))
		known->canceler = interface;
	else
		*rejected = interface;
	*ret_context = interface == known->context;
	*ret_any = *ret_context || interface == known->canceler;
	return NULL;
}

static int by_descriptor(const void *a, const void *b)
{
	const struct context_shape *x = a, *y = b;
	return (x->descriptor > y->descriptor) - (x->descriptor < y->descriptor);
}

/* The addresses of the type's methods, from its itab of context.Context. */
static void methods_of(struct program *program, const struct context_types *types,
	uint64_t interface, uint64_t descriptor, uint64_t ret[CONTEXT_METHODS])
{
	memset(ret, 0, CONTEXT_METHODS * sizeof(*ret));
	for (size_t i = 0; interface && i < types->context_itab_count; i++) {
		const struct itab *itab = &types->context_itabs[i];
		if (itab->type != descriptor || itab->interface != interface)
			continue;
		error_destroy(target_read(program->target,
			itab->address + program->layout.itab.methods.offset, ret,
			CONTEXT_METHODS * sizeof(*ret)));
		return;
	}
}

struct type_set {
	struct program *program;
	const struct context_types *types;
	uint64_t interface;
	uint64_t *descriptors;
	size_t count;
};

static bool in_set(void *context, const struct go_type *type, uint64_t *ret_done)
{
	const struct type_set *set = context;
	uint64_t code[CONTEXT_METHODS];
	*ret_done = 0;
	for (size_t i = 0; type->descriptor && i < set->count; i++) {
		if (set->descriptors[i] != type->descriptor)
			continue;
		methods_of(set->program, set->types, set->interface, type->descriptor, code);
		*ret_done = code[CONTEXT_DONE];
		return true;
	}
	return false;
}

static struct error *load_shapes(
	struct program *program, struct context_types *types, uint64_t interface)
{
	_cleanup_free_ uint64_t *descriptors = calloc(types->context_itab_count, 8);
	types->shapes = calloc(types->context_itab_count, sizeof(*types->shapes));
	if (!descriptors || !types->shapes)
		return error_no_memory();
	struct type_set set = {program, types, interface, descriptors, 0};
	const struct context_lookup lookup = {in_set, &set};
	for (size_t i = 0; i < types->context_itab_count; i++) {
		bool known = false;
		for (size_t j = 0; j < set.count && !known; j++)
			known = descriptors[j] == types->context_itabs[i].type;
		if (!known)
			descriptors[set.count++] = types->context_itabs[i].type;
	}
	for (size_t i = 0; i < set.count; i++) {
		uint64_t methods[CONTEXT_METHODS];
		methods_of(program, types, interface, descriptors[i], methods);
		struct error *err = context_shape_load(program, descriptors[i], methods, &lookup,
			&types->shapes[types->shape_count]);
		if (!err) {
			types->shape_count++;
			continue;
		}
		err = error_ignore_fault(err);
		if (err)
			return err;
		types->partial = true;
	}
	qsort(types->shapes, types->shape_count, sizeof(*types->shapes), by_descriptor);
	return NULL;
}

struct error *context_types_load(struct program *program, struct context_types *ret)
{
	*ret = (struct context_types){0};
	struct error *err = program_itabs(program, &ret->itabs, &ret->itab_count, &ret->partial);
	if (err)
		return err;
	ret->context_itabs = calloc(ret->itab_count + 1, sizeof(*ret->context_itabs));
	if (!ret->context_itabs)
		err = error_no_memory();
	struct interfaces known = {0, 0};
	uint64_t rejected = 0;
	for (size_t i = 0; !err && i < ret->itab_count; i++) {
		bool context, any;
		err = classify(program, &known, &rejected, ret->itabs[i].interface, &context, &any);
		if (!err && any)
			ret->context_itabs[ret->context_itab_count++] = ret->itabs[i];
	}
	if (!err && !ret->itab_count)
		err = error_create(ERROR_NOT_FOUND,
			"the program has no contexts yet: the Go runtime has not started; "
			"resume it first");
	else if (!err && !ret->context_itab_count)
		err = error_create(ERROR_NOT_FOUND,
			"the program has no contexts: "
			"none of its types is used as a context.Context");
	ret->canceler = known.canceler;
	const struct go_type *channel;
	struct error *unknown =
		err ? NULL : program_type_named(program, "chan struct {}", &channel);
	ret->channel = err || unknown ? 0 : channel->descriptor;
	error_destroy(unknown);
	if (!err)
		err = load_shapes(program, ret, known.context);
	if (err)
		context_types_deinit(ret);
	return err;
}

void context_types_deinit(struct context_types *types)
{
	free(types->itabs);
	free(types->context_itabs);
	free(types->shapes);
	*types = (struct context_types){0};
}

const struct context_shape *context_types_shape(
	const struct context_types *types, uint64_t descriptor)
{
	size_t at = bisect(i, types->shape_count, types->shapes[i].descriptor >= descriptor);
	bool found = at < types->shape_count && types->shapes[at].descriptor == descriptor;
	return found ? &types->shapes[at] : NULL;
}

const struct context_shape *context_types_of_kind(
	const struct context_types *types, enum context_kind kind)
{
	for (size_t i = 0; i < types->shape_count; i++) {
		if (types->shapes[i].kind == kind && types->shapes[i].type->kind == GO_POINTER)
			return &types->shapes[i];
	}
	return NULL;
}

const struct itab *context_types_itab(const struct context_types *types, uint64_t address)
{
	return itabs_find(types->context_itabs, types->context_itab_count, address);
}

bool context_types_is_itab(const struct context_types *types, uint64_t address)
{
	return itabs_find(types->itabs, types->itab_count, address) != NULL;
}

uint64_t context_types_dynamic(
	const struct context_types *types, struct program *program, uint64_t itab)
{
	const struct itab *found = itabs_find(types->itabs, types->itab_count, itab);
	uint64_t type = 0;
	if (!found) /* it was added while or after the table was read */
		error_destroy(program_read_field(program, itab, program->layout.itab.type, &type));
	return found ? found->type : type;
}
