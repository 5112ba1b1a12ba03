/*
 * Finds the argument words of functions without DWARF: see argument_words.h.
 *
 * Sources: cmd/compile/abi-internal.md (amd64), cmd/internal/objabi/pkgspecial.go (the packages
 * whose assembly may take arguments in registers; before 1.22, -compiling-runtime of cmd/asm),
 * releases 1.19 to 1.27.
 */
#include "dbg/break/argument_words.h"

#include "dbg/go/program/program_state.h"

enum argument_home {
	HOME_UNKNOWN,
	HOME_REGISTERS,
	HOME_STACK,
};

/* True if assembly of this name's package may take its arguments in registers. Names without a
 * package belong to the runtime or cgo, which may too. */
static bool may_take_registers(const char *function)
{
	static const char *const packages[] = {"runtime", "reflect", "syscall"};
	static const char *const folders[] = {"runtime/", "internal/"};
	const char *slash = strrchr(function, '/');
	const char *dot = strchr(slash ? slash : function, '.');
	if (!dot)
		return true;
	for (size_t i = 0; i < array_length(packages); i++) {
		size_t size = strlen(packages[i]);
		if (size == (size_t)(dot - function) && strncmp(function, packages[i], size) == 0)
			return true;
	}
	for (size_t i = 0; i < array_length(folders); i++) {
		if (strncmp(function, folders[i], strlen(folders[i])) == 0)
			return true;
	}
	return false;
}

static enum argument_home home_of(
	const struct program *program, const struct breakpoint_location *location, bool described)
{
	struct module_function found;
	if (location->inlined_into || !program_function_at(program, location->code.pc, &found))
		return HOME_UNKNOWN;
	if (found.function.flags & PC_FUNCTION_ASSEMBLY)
		return may_take_registers(found.function.name) ? HOME_UNKNOWN : HOME_STACK;
	return described ? HOME_UNKNOWN : HOME_REGISTERS;
}

struct error *argument_words(struct program *program, const struct breakpoint_location *location,
	bool described, struct variable_recipe **ret, size_t *ret_count)
{
	/* DWARF numbers of RAX, RBX, RCX, RDI, RSI, R8 to R11 */
	static const uint8_t registers[ARGUMENT_WORDS] = {0, 3, 2, 5, 4, 8, 9, 10, 11};
	enum argument_home home = home_of(program, location, described);
	*ret = NULL;
	*ret_count = 0;
	if (home == HOME_UNKNOWN)
		return NULL;
	*ret = calloc(ARGUMENT_WORDS, sizeof(**ret));
	if (!*ret)
		return error_no_memory();
	for (size_t i = 0; i < ARGUMENT_WORDS; i++) {
		struct recipe_part *part = &(*ret)[i].parts[0];
		part->kind = home == HOME_STACK ? RECIPE_STACK : RECIPE_REGISTER;
		/* The first argument follows the return address. */
		part->value = home == HOME_STACK ? 8 + 8 * i : registers[i];
		part->size = 8;
		(*ret)[i].count = 1;
	}
	*ret_count = ARGUMENT_WORDS;
	return NULL;
}
