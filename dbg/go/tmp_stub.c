#include "dbg/go/type.h"
__attribute__((weak)) struct error *program_type_named(struct program *program, const char *name, const struct go_type **ret)
{ (void)program; *ret = NULL; return error_create(ERROR_NOT_FOUND, "no type %s", name); }
