/* Reading fields and strings of the target's memory: see program_state.h. */
#include "dbg/go/program/program_state.h"

struct error *program_read_field(
	struct program *program, uint64_t address, struct field field, uint64_t *ret)
{
	*ret = 0;
	if (!field_present(field))
		return NULL;
	size_t size = field.size < sizeof(*ret) ? field.size : sizeof(*ret);
	return target_read(program->target, address + field.offset, ret, size);
}

struct error *program_m_read_back(struct program *program, uint64_t address, uint64_t *ret)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t g0 = 0;
	*ret = address;
	struct error *err = program_read_field(program, address, layout->m.g0, &g0);
	return err || !g0 ? err : program_read_field(program, g0, layout->g.m, ret);
}

struct error *program_read_string(
	struct program *program, uint64_t address, size_t limit, char **ret)
{
	uint64_t header[2]; /* runtime/string.go stringStruct: data, length */
	struct error *err = target_read(program->target, address, header, sizeof(header));
	if (err)
		return err;
	size_t size = header[1] < limit ? (size_t)header[1] : limit;
	char *text = malloc(size + 1);
	if (!text)
		return error_no_memory();
	err = target_read(program->target, header[0], text, size);
	if (err) {
		free(text);
		return err;
	}
	text[size] = 0;
	*ret = text;
	return NULL;
}

const char *program_go_version(struct program *program)
{
	return program->go_version ? program->go_version : "unknown";
}

const struct build_info *program_build_info(struct program *program)
{
	return program->has_build_info ? &program->build_info : NULL;
}
