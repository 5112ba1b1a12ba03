/* Panics, their values and faults as Go's runtime prints them: see crash_text.h. */
#include "dbg/go/goroutines/crash_text.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>

#include "dbg/go/program/program_state.h"
#include "dbg/go/stacks/function.h"
#include "dbg/go/types/type.h"
#include "dbg/go/values/go_text.h"

enum {
	MAX_PANICS = 64,
	MAX_TEXT = 16 << 10, /* bytes of a panic's value */
};

const char *crash_signal_name(int number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{SIGHUP, "SIGHUP: terminal line hangup"},
		{SIGINT, "SIGINT: interrupt"},
		{SIGQUIT, "SIGQUIT: quit"},
		{SIGILL, "SIGILL: illegal instruction"},
		{SIGTRAP, "SIGTRAP: trace trap"},
		{SIGABRT, "SIGABRT: abort"},
		{SIGBUS, "SIGBUS: bus error"},
		{SIGFPE, "SIGFPE: floating-point exception"},
		{SIGKILL, "SIGKILL: kill"},
		{SIGSEGV, "SIGSEGV: segmentation violation"},
		{SIGPIPE, "SIGPIPE: write to broken pipe"},
		{SIGALRM, "SIGALRM: alarm clock"},
		{SIGTERM, "SIGTERM: termination"},
		{SIGSTKFLT, "SIGSTKFLT: stack fault"},
		{SIGXCPU, "SIGXCPU: cpu limit exceeded"},
		{SIGXFSZ, "SIGXFSZ: file size limit exceeded"},
		{SIGSYS, "SIGSYS: bad system call"},
	};
	for (size_t i = 0; i < array_length(names); i++) {
		if (names[i].number == number)
			return names[i].name;
	}
	return NULL;
}

bool crash_signal_is_fatal(int number)
{
	static const int fatal[] = {
		SIGABRT, SIGQUIT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
	for (size_t i = 0; i < array_length(fatal); i++) {
		if (fatal[i] == number)
			return true;
	}
	return false;
}

static bool has_function(struct program *program, const char *name)
{
	struct code_location found;
	struct error *err = program_find_function(program, name, &found);
	error_destroy(err);
	return !err;
}

void crash_write_indented(FILE *stream, struct program *program, const char *text)
{
	bool indents = has_function(program, "runtime.printindented");
	for (; *text; text++) {
		fputc(*text, stream);
		if (*text == '\n' && indents)
			fputc('\t', stream);
	}
}

/* ---- Values of panics (runtime/error.go printpanicval, printanycustomtype) ---- */

/* "+1.500000e+000" up to 1.26, "1.5" since 1.27 (runtime/print.go printfloat, printfloat64). */
static void write_float(FILE *stream, struct program *program, double value, int bits)
{
	char text[GO_FLOAT_SIZE];
	bool old = has_function(program, "runtime.printfloat");
	if (!old || isnan(value) || isinf(value)) {
		fputs(go_format_float(value, bits, text), stream);
		return;
	}
	snprintf(text, sizeof(text), "%+.6e", value);
	char *exponent = strchr(text, 'e');
	fprintf(stream, "%.*s%+04d", (int)(exponent + 1 - text), text, atoi(exponent + 1));
}

/* Writes the number that consists of these bits; false for other kinds. */
static bool write_number(
	FILE *stream, struct program *program, const struct go_type *type, uint64_t bits)
{
	if (!type->size) /* damaged */
		return false;
	unsigned unused = type->size < 8 ? 64 - 8 * (unsigned)type->size : 0;
	int64_t value = (int64_t)(bits << unused) >> unused;
	uint32_t low = (uint32_t)bits;
	float single;
	double wide;
	switch (type->kind) {
	case GO_BOOL:
		fputs(bits ? "true" : "false", stream);
		return true;
	case GO_INT:
	case GO_INT8:
	case GO_INT16:
	case GO_INT32:
	case GO_INT64:
		fprintf(stream, "%" PRId64, value);
		return true;
	case GO_UINT:
	case GO_UINT8:
	case GO_UINT16:
	case GO_UINT32:
	case GO_UINT64:
	case GO_UINTPTR:
		fprintf(stream, "%" PRIu64, bits);
		return true;
	case GO_FLOAT32:
		memcpy(&single, &low, sizeof(single));
		write_float(stream, program, single, 32);
		return true;
	case GO_FLOAT64:
		memcpy(&wide, &bits, sizeof(wide));
		write_float(stream, program, wide, 64);
		return true;
	default:
		return false;
	}
}

static struct error *write_string(FILE *stream, struct program *program, uint64_t header)
{
	uint64_t length;
	_cleanup_free_ char *text = NULL;
	struct error *err = target_read_u64(program->target, header + 8, &length);
	if (!err)
		err = program_read_string(
			program, header, length < MAX_TEXT ? length : MAX_TEXT, &text);
	if (err)
		return err;
	crash_write_indented(stream, program, text);
	if (length > MAX_TEXT)
		fputs("…", stream);
	return NULL;
}

static struct error *write_typed(
	FILE *stream, struct program *program, const struct go_type *type, uint64_t data)
{
	bool scalar = type->kind >= GO_BOOL && type->kind <= GO_FLOAT64;
	bool defined = strchr(type->name, '.') != NULL; /* not one of the language's own types */
	const char *quote = type->kind == GO_STRING ? "\"" : "";
	uint64_t bits = 0;
	struct error *err = NULL;
	if (!scalar && type->kind != GO_STRING) {
		fprintf(stream, "(%s) 0x%" PRIx64, type->name, data);
		return NULL;
	}
	if (scalar)
		err = target_read(program->target, data, &bits,
			type->size <= sizeof(bits) ? type->size : sizeof(bits));
	if (err)
		return err;
	if (defined)
		fprintf(stream, "%s(%s", type->name, quote);
	if (scalar)
		write_number(stream, program, type, bits);
	else
		err = write_string(stream, program, data);
	if (defined)
		fprintf(stream, "%s)", quote);
	return err;
}

/* The value of the interface (any) whose words are given. */
static void write_any(FILE *stream, struct program *program, const uint64_t words[2])
{
	const struct go_type *type;
	if (!words[0]) {
		fputs("nil", stream);
		return;
	}
	struct error *err = program_type_at(program, words[0], &type);
	if (!err)
		err = write_typed(stream, program, type, words[1]);
	if (err)
		fputs("(a value that cannot be read)", stream);
	error_destroy(err);
}

/* ---- Chains of panics (runtime/panic.go printpanics) ---- */

struct panic {
	uint64_t arg[2];
	uint64_t link;
	bool recovered, repanicked, goexit;
};

static struct error *read_panic(struct program *program, uint64_t address, struct panic *ret)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t recovered, repanicked, goexit;
	if (!field_present(layout->panic.arg) || !field_present(layout->panic.link))
		return error_create(ERROR_NOT_FOUND, "the layout of runtime._panic is unknown");
	struct error *err = target_read(
		program->target, address + layout->panic.arg.offset, ret->arg, sizeof(ret->arg));
	if (!err)
		err = program_read_field(program, address, layout->panic.link, &ret->link);
	if (!err)
		err = program_read_field(program, address, layout->panic.recovered, &recovered);
	if (!err)
		err = program_read_field(program, address, layout->panic.repanicked, &repanicked);
	if (!err)
		err = program_read_field(program, address, layout->panic.goexit, &goexit);
	if (err)
		return err;
	ret->recovered = recovered & 1;
	ret->repanicked = repanicked & 1;
	ret->goexit = goexit & 1;
	return NULL;
}

static void write_panic(FILE *stream, struct program *program, const struct panic *panic)
{
	/* 1.25 calls a panic recovered as soon as its value was used again. */
	bool old = field_present(program->layout.panic.argp);
	fputs("panic: ", stream);
	write_any(stream, program, panic->arg);
	if (panic->repanicked && (panic->recovered || old))
		fputs(" [recovered, repanicked]", stream);
	else if (panic->recovered)
		fputs(" [recovered]", stream);
	fputc('\n', stream);
}

void crash_write_panics(FILE *stream, struct program *program, uint64_t address)
{
	struct panic panics[MAX_PANICS];
	size_t count = 0;
	while (address && count < MAX_PANICS) {
		struct error *err = read_panic(program, address, &panics[count]);
		if (err) {
			error_destroy(err);
			break;
		}
		address = panics[count++].link;
	}
	/* The oldest one, at the end of the chain, comes first. */
	for (size_t i = count; i-- > 0;) {
		const struct panic *before = i + 1 < count ? &panics[i + 1] : NULL;
		if (before && before->repanicked)
			continue;
		if (before && !before->goexit)
			fputc('\t', stream);
		if (!panics[i].goexit)
			write_panic(stream, program, &panics[i]);
	}
}

/* ---- Faults (runtime/panic.go dopanic_m) ---- */

void crash_write_fault(
	FILE *stream, struct program *program, uint64_t address, struct target_signal *ret)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t number, code, fault, pc;
	struct error *err = program_read_field(program, address, layout->g.sig, &number);
	if (!err)
		err = program_read_field(program, address, layout->g.sigcode0, &code);
	if (!err)
		err = program_read_field(program, address, layout->g.sigcode1, &fault);
	if (!err)
		err = program_read_field(program, address, layout->g.sigpc, &pc);
	if (err || !number || number > 64) {
		error_destroy(err);
		return;
	}
	const char *name = crash_signal_name((int)number);
	if (name)
		fprintf(stream, "[signal %s", name);
	else
		fprintf(stream, "[signal 0x%" PRIx64, number);
	fprintf(stream, " code=0x%" PRIx64 " addr=0x%" PRIx64 " pc=0x%" PRIx64 "]\n", code, fault,
		pc);
	*ret = (struct target_signal){.number = (int)number, .code = (int)code, .address = fault};
}
