/* Reading a frame's arguments as Go's tracebacks do: see frame_arguments.h. */
#include "dbg/go/stacks/frame_arguments.h"

#include <inttypes.h>
#include <stdio.h>

#include "dbg/go/program/program_state.h"

/* internal/abi/symtab.go TraceArgs…: the operations that describe the arguments; any other byte is
 * the offset of a word, and its size follows. */
enum argument_operation {
	ARGUMENT_OFFSET_TOO_LARGE = 0xfb,
	ARGUMENT_DOTDOTDOT = 0xfc,
	ARGUMENT_END_AGGREGATE = 0xfd,
	ARGUMENT_START_AGGREGATE = 0xfe,
	ARGUMENT_END = 0xff,
};

enum { MAX_OPERATIONS = 171 /* TraceArgsMaxLen */, MAX_TEXT = 8192 };

struct reading {
	struct program *program;
	uint64_t base;	     /* address of the arguments */
	struct bytes live;   /* empty: all words are current */
	int32_t live_index;  /* of the bits in `live` */
	uint8_t first_spill; /* words at lower offsets are always current */
	unsigned slot;	     /* number of the next spill slot */
	struct frame_arguments *ret;
	size_t used; /* bytes of the text */
	bool first_word, comma;
};

bool frame_is_exact(const struct stack *stack, size_t index, const struct thread *thread)
{
	while (index > 0 && stack->frames[index - 1].inlined)
		index--;
	const struct frame *frame = &stack->frames[index];
	if (index == 0)
		return thread && thread->regs_valid && thread->regs.rip == frame->pc;
	const struct frame *inner = &stack->frames[index - 1];
	return strcmp(inner->function, "runtime.sigpanic") == 0 ||
	       strcmp(inner->function, "runtime.asyncPreempt") == 0 ||
	       (inner->stack == FRAME_SIGNAL && frame->stack != FRAME_SIGNAL);
}

static void add_text(struct reading *reading, const char *text)
{
	size_t size = strlen(text);
	if (reading->used + size >= MAX_TEXT)
		return;
	memcpy(reading->ret->text + reading->used, text, size + 1);
	reading->used += size;
}

static bool is_current(const struct reading *reading, uint8_t offset)
{
	uint64_t byte = (uint64_t)reading->live_index + reading->slot / 8;
	return !reading->live.size || reading->live_index <= 0 || offset < reading->first_spill ||
	       byte >= reading->live.size ||
	       (reading->live.data[byte] >> reading->slot % 8 & 1) != 0;
}

static struct error *add_word(struct reading *reading, uint8_t offset, uint8_t size)
{
	uint64_t word = 0;
	char text[32];
	if (size > sizeof(word))
		return error_create(ERROR_BAD_DATA, "the description of the arguments is damaged");
	struct error *err =
		target_read(reading->program->target, reading->base + offset, &word, size);
	if (err)
		return err;
	bool current = is_current(reading, offset);
	snprintf(text, sizeof(text), "0x%" PRIx64 "%s", word, current ? "" : "?");
	add_text(reading, text);
	if (!reading->first_word) {
		reading->ret->first = word;
		reading->ret->first_known = current && size == sizeof(word);
		reading->first_word = true;
	}
	reading->slot += offset >= reading->first_spill;
	return NULL;
}

static struct error *run(struct reading *reading, struct bytes code)
{
	struct error *err = NULL;
	for (size_t i = 0; !err && i < code.size && i < MAX_OPERATIONS; i++) {
		uint8_t operation = code.data[i];
		if (operation == ARGUMENT_END)
			return NULL;
		if (operation != ARGUMENT_END_AGGREGATE && reading->comma)
			add_text(reading, ", ");
		reading->comma = operation != ARGUMENT_START_AGGREGATE;
		if (operation == ARGUMENT_START_AGGREGATE)
			add_text(reading, "{");
		else if (operation == ARGUMENT_END_AGGREGATE)
			add_text(reading, "}");
		else if (operation == ARGUMENT_DOTDOTDOT)
			add_text(reading, "...");
		else if (operation == ARGUMENT_OFFSET_TOO_LARGE)
			add_text(reading, "_");
		else if (++i < code.size)
			err = add_word(reading, operation, code.data[i]);
	}
	return err;
}

struct error *frame_arguments_read(struct program *program, const struct stack *stack, size_t index,
	const struct thread *thread, struct frame_arguments *ret)
{
	const struct frame *frame = &stack->frames[index];
	struct reading reading = {
		.program = program, .base = frame->fp, .ret = ret, .first_spill = UINT8_MAX};
	struct module_function found;
	struct bytes code;
	*ret = (struct frame_arguments){.text = calloc(1, MAX_TEXT)};
	if (!ret->text)
		return error_no_memory();
	if (frame->inlined)
		add_text(&reading, "...");
	if (frame->inlined || frame->stack == FRAME_C ||
		!program_function_at(program, frame->pc, &found))
		return NULL;
	const struct pclntab *table = &found.module->pclntab;
	const struct pc_function *function = &found.function;
	if (!pclntab_funcdata(table, function, FUNCDATA_ARG_INFO, &code))
		return NULL;
	uint32_t pc = (uint32_t)(frame->pc - found.module->text);
	pc -= !frame_is_exact(stack, index, thread) && pc > function->entry;
	ret->recorded = true;
	if (pclntab_funcdata(table, function, FUNCDATA_ARG_LIVE_INFO, &reading.live) &&
		reading.live.size)
		reading.first_spill = reading.live.data[0];
	if (!pclntab_pcdata(table, function, PCDATA_ARG_LIVE_INDEX, pc, &reading.live_index))
		reading.live_index = -1;
	return run(&reading, code);
}

struct error *function_receiver(const char *function, char **ret)
{
	const char *slash = strrchr(function, '/');
	const char *open = strstr(slash ? slash : function, ".(*");
	const char *close = open ? strstr(open, ").") : NULL;
	*ret = NULL;
	/* A name that goes on after the method's is that of a closure or a wrapper. */
	if (!close || strpbrk(close + 2, ".-"))
		return NULL;
	const char *type = open + 3;
	if (asprintf(ret, "*%.*s.%.*s", (int)(open - function), function, (int)(close - type),
		    type) < 0) {
		*ret = NULL;
		return error_no_memory();
	}
	return NULL;
}
