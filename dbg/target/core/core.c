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

static struct error *core_read(struct target *target, struct memory_run *runs, size_t count)
{
	const struct core_memory *memory = &core_of(target)->memory;
	for (size_t i = 0; i < count; i++)
		runs[i].done =
			core_memory_read(memory, runs[i].address, runs[i].buffer, runs[i].size);
	return NULL;
}

/* Why an address cannot be read; each reason calls for something else to be done. */
static struct error *core_fault(struct target *target, uint64_t address)
{
	const struct core_target *core = core_of(target);
	const struct core_dump *dump = &core->dump;
	const struct core_segment *segment = core_dump_segment_at(dump, address);
	const struct core_file *file = core_notes_file_at(&dump->notes, address);
	if (core_memory_covers(&core->memory, address) &&
		!core_memory_read(&core->memory, address, &(uint8_t){0}, 1))
		return error_create(ERROR_FAULT,
			"cannot read memory at 0x%" PRIx64
			": the file that held it was truncated after it was opened",
			address);
	if (segment && address >= segment->present_end && address < segment->dumped_end)
		return error_create(ERROR_FAULT,
			"cannot read memory at 0x%" PRIx64
			": it is missing from the core, which is truncated",
			address);
	if (file)
		return error_create(ERROR_FAULT,
			"cannot read memory at 0x%" PRIx64
			": it is not in the core, and %s, which was mapped there, "
			"is missing or another version",
			address, file->path);
	if (segment && !(segment->flags & (PF_R | PF_W | PF_X)))
		return error_create(ERROR_FAULT,
			"cannot read memory at 0x%" PRIx64 ": it was reserved but not in use",
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

static bool core_vectors(struct target *target, pid_t tid, uint64_t ret[VECTOR_REGISTERS])
{
	const struct core_notes *notes = &core_of(target)->dump.notes;
	for (size_t i = 0; i < notes->vector_count; i++) {
		if (notes->vectors[i].tid != tid)
			continue;
		memcpy(ret, notes->vectors[i].low, sizeof(notes->vectors[i].low));
		return true;
	}
	return false;
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

/* gdb's gcore omits file-backed mappings; only the list of file names mentions them. */
static struct error *add_file_mapping(
	struct target *target, const struct core_file *file, uint64_t start, uint64_t end)
{
	struct mapping mapping = {
		.start = start,
		.end = end,
		.file_offset = file->offset + (start - file->start),
		.readable = true,
		.executable = true, /* omitted because it was never written to: code or constants */
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
	/* Merge two sorted lists: all segments, and the parts of files that no segment covers. */
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
	.partial_pages = true,
	.load_threads = core_load_threads,
	.vectors = core_vectors,
	.load_mappings = core_load_mappings,
	.fault = core_fault,
};

static double mebibytes(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static void report_gaps(const struct core_dump *dump, const struct core_notices *notices)
{
	const char *threads = dump->notes.thread_count ? "" : ", including its threads,";
	if (dump->expected_size > dump->size)
		core_notice(notices,
			"%s is truncated: %.1f MiB of %.1f MiB; the rest%s cannot be read",
			dump->path, mebibytes(dump->size), mebibytes(dump->expected_size), threads);
	else if (!dump->notes.thread_count)
		core_notice(notices, "%s lists no threads, so no registers are known", dump->path);
	if (dump->skipped_notes)
		core_notice(notices,
			"%s has %zu note segments beyond the limit of %.1f MiB for all notes; they "
			"were skipped, so that threads and file names may be missing",
			dump->path, dump->skipped_notes, mebibytes(dump->note_limit));
}

/* Swapping `core` and `exe` is a common mistake. */
static struct error *explain_core_error(struct error *err, const char *exe, const char *core)
{
	if (err->code != ERROR_BAD_DATA || !exe || !core_dump_is_core(exe) ||
		core_dump_is_core(core))
		return err;
	error_destroy(err);
	return error_create(ERROR_USAGE,
		"%s is the core dump and %s is not; the program comes first: core %s %s", exe, core,
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
	target->signal = notes->signal;
	if (notes->command_line[0]) {
		target->command_line = strdup(notes->command_line);
		if (!target->command_line)
			return error_no_memory();
	}
	return NULL;
}

struct error *core_open(const char *exe, const char *core_path,
	void (*notify)(void *context, const char *message), void *context, struct target **ret)
{
	struct core_notices notices = {notify, context};
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
	report_gaps(&core->dump, &notices);
	err = core_modules_open(&core->dump, exe, &notices, &core->modules);
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
