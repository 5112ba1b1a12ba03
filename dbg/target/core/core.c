/* A core dump as a target. */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>

#include "dbg/target/core/core_memory.h"

struct core_target {
	struct target target;
	struct core_dump dump;
	struct core_modules modules;
	struct core_memory memory;
};

static struct core_target *core_of(struct target *target)
{
	return (struct core_target *)target;
}

static void core_destroy(struct target *target)
{
	struct core_target *core = core_of(target);
	core_memory_deinit(&core->memory);
	core_modules_close(&core->modules);
	core_dump_close(&core->dump);
	free(core);
}

static struct bytes core_peek(struct target *target, uint64_t address, size_t size)
{
	return core_memory_at(&core_of(target)->memory, address, size);
}

static struct error *core_read(struct target *target, struct memory_run *runs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct memory_run *run = &runs[i];
		run->done = 0;
		while (run->done < run->size) {
			struct bytes part =
				core_peek(target, run->address + run->done, run->size - run->done);
			if (!part.size)
				break;
			memcpy((uint8_t *)run->buffer + run->done, part.data, part.size);
			run->done += part.size;
		}
	}
	return NULL;
}

/* Why an address cannot be read: four different things to do about it. */
static struct error *core_fault(struct target *target, uint64_t address)
{
	const struct core_dump *dump = &core_of(target)->dump;
	const struct core_segment *segment = core_dump_segment_at(dump, address);
	const struct core_file *file = core_notes_file_at(&dump->notes, address);
	if (segment && address >= segment->present_end && address < segment->dumped_end)
		return error_create(ERROR_FAULT,
			"cannot read memory at 0x%" PRIx64
			": it lies in the part that is missing from the core, which is cut short",
			address);
	if (file)
		return error_create(ERROR_FAULT,
			"cannot read memory at 0x%" PRIx64
			": the core does not hold it, and %s, which was mapped there, is missing "
			"here or "
			"is another version",
			address, file->path);
	if (segment && !(segment->flags & (PF_R | PF_W | PF_X)))
		return error_create(ERROR_FAULT,
			"cannot read memory at 0x%" PRIx64 ": it was reserved, but not in use",
			address);
	if (segment)
		return error_create(ERROR_FAULT,
			"cannot read memory at 0x%" PRIx64
			": it was left out of the core (see coredump_filter in proc(5))",
			address);
	return error_create(ERROR_FAULT,
		"cannot read memory at 0x%" PRIx64 ": nothing is mapped there", address);
}

static struct error *core_load_threads(struct target *target)
{
	const struct core_notes *notes = &core_of(target)->dump.notes;
	target->threads = calloc(notes->thread_count + 1, sizeof(*target->threads));
	if (!target->threads)
		return error_no_memory();
	if (notes->thread_count)
		memcpy(target->threads, notes->threads,
			notes->thread_count * sizeof(*target->threads));
	target->thread_count = notes->thread_count;
	return NULL;
}

static struct error *add_mapping(struct target *target, struct mapping mapping, const char *path)
{
	if (path) {
		mapping.path = strdup(path);
		if (!mapping.path)
			return error_no_memory();
	}
	target->mappings[target->mapping_count++] = mapping;
	return NULL;
}

static struct error *add_segment_mapping(struct target *target, const struct core_segment *segment)
{
	const struct core_notes *notes = &core_of(target)->dump.notes;
	const struct core_file *file = core_notes_file_at(notes, segment->start);
	struct mapping mapping = {
		.start = segment->start,
		.end = segment->end,
		.readable = segment->flags & PF_R,
		.writable = segment->flags & PF_W,
		.executable = segment->flags & PF_X,
	};
	if (file)
		mapping.file_offset = file->offset + (segment->start - file->start);
	bool vdso = notes->vdso && segment->start == notes->vdso;
	return add_mapping(target, mapping, file ? file->path : vdso ? "[vdso]" : NULL);
}

/* gdb's gcore leaves out mappings that files hold; only their names tell of them. */
static struct error *add_file_mapping(
	struct target *target, const struct core_file *file, uint64_t start, uint64_t end)
{
	struct mapping mapping = {
		.start = start,
		.end = end,
		.file_offset = file->offset + (start - file->start),
		.readable = true,
		.executable = true, /* left out because nobody wrote to it: code, or constants */
	};
	return add_mapping(target, mapping, file->path);
}

static struct error *core_load_mappings(struct target *target)
{
	const struct core_dump *dump = &core_of(target)->dump;
	const struct core_notes *notes = &dump->notes;
	size_t limit = 2 * (dump->segment_count + notes->file_count) + 1;
	target->mappings = calloc(limit, sizeof(*target->mappings));
	if (!target->mappings)
		return error_no_memory();
	/* Two sorted lists: all segments, and what files stick out of them. */
	size_t next_file = 0;
	uint64_t seen = 0;
	struct error *err = NULL;
	for (size_t i = 0; i <= dump->segment_count && !err; i++) {
		const struct core_segment *segment =
			i < dump->segment_count ? &dump->segments[i] : NULL;
		uint64_t limit_address = segment ? segment->start : UINT64_MAX;
		while (next_file < notes->file_count && !err) {
			const struct core_file *file = &notes->files[next_file];
			uint64_t start = file->start > seen ? file->start : seen;
			uint64_t end = file->end < limit_address ? file->end : limit_address;
			if (start < end)
				err = add_file_mapping(target, file, start, end);
			if (file->end > limit_address)
				break;
			next_file++;
		}
		if (segment && !err) {
			err = add_segment_mapping(target, segment);
			seen = segment->end;
		}
	}
	return err;
}

static const struct target_ops core_ops = {
	.kind = "core",
	.destroy = core_destroy,
	.read = core_read,
	.load_threads = core_load_threads,
	.load_mappings = core_load_mappings,
	.peek = core_peek,
	.fault = core_fault,
};

static double mebibytes(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static void warn_of_gaps(const struct core_dump *dump, const struct core_warnings *warnings)
{
	const char *threads = dump->notes.thread_count ? "" : ", its threads among it";
	if (dump->expected_size > dump->file.size)
		core_warn(warnings,
			"%s is cut short: %.1f MiB of %.1f MiB; what lay in the rest cannot be "
			"read%s",
			dump->path, mebibytes(dump->file.size), mebibytes(dump->expected_size),
			threads);
	else if (!dump->notes.thread_count)
		core_warn(warnings, "%s names no threads, so no registers are known", dump->path);
}

/* `core` and `exe` exchanged is the mistake that everybody makes. */
static struct error *explain_core_error(struct error *err, const char *exe, const char *core)
{
	if (err->code != ERROR_BAD_DATA || !exe || !core_dump_is_core(exe) ||
		core_dump_is_core(core))
		return err;
	error_destroy(err);
	return error_create(ERROR_USAGE,
		"%s is the core dump and %s is not: the program comes first, core %s %s", exe, core,
		core, exe);
}

static struct error *fill_target(struct core_target *core)
{
	struct target *target = &core->target;
	const struct core_notes *notes = &core->dump.notes;
	target->exe_path = strdup(core->modules.exe_path);
	if (!target->exe_path)
		return error_no_memory();
	const char *slash = strrchr(target->exe_path, '/');
	target->exe_name = strdup(slash ? slash + 1 : target->exe_path);
	if (!target->exe_name)
		return error_no_memory();
	target->pid = notes->pid;
	target->entry = notes->entry;
	target->phdr = notes->phdr;
	target->vdso = notes->vdso;
	return NULL;
}

struct error *core_open(const char *exe, const char *core_path,
	void (*warn)(void *context, const char *message), void *context, struct target **ret)
{
	struct core_warnings warnings = {warn, context};
	struct core_target *core = calloc(1, sizeof(*core));
	if (!core)
		return error_no_memory();
	core->target.ops = &core_ops;
	core->target.event_fd = -1;
	struct error *err = core_dump_open(core_path, &core->dump);
	if (err) {
		free(core);
		return explain_core_error(err, exe, core_path);
	}
	warn_of_gaps(&core->dump, &warnings);
	err = core_modules_open(&core->dump, exe, &warnings, &core->modules);
	if (!err)
		err = core_memory_init(&core->dump, &core->modules, &core->memory);
	if (!err)
		err = fill_target(core);
	if (err) {
		target_destroy(&core->target);
		return err;
	}
	*ret = &core->target;
	return NULL;
}
