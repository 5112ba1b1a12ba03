/* Opening the executable and the shared libraries of a core, and listing their pieces of memory. */
#include "dbg/target/core/core_modules.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "dbg/target/core/core_identity.h"
#include "dwarf/base/format.h"
#include "dwarf/base/hash.h"

static const uint64_t page_bytes = 4096;

enum {
	MAX_MODULES = 4096,
	MAX_PIECES = 1 << 20,
	MAX_NOTICES = 8, /* libraries named one by one; the rest are counted */
};

struct core_module {
	UT_hash_handle hh;
	const char *path; /* belongs to the notes of the core */
	uint64_t base;	  /* address of the mapping of its first byte; 0: it is not mapped */
	bool tried;
	bool lost; /* could not be added to the table: no memory */
	/* NULL: not usable. The executable's belongs to struct core_modules. */
	struct elf_image *image;
};

/* State of core_modules_open(). */
struct opening {
	const struct core_dump *dump;
	const struct core_notices *notices;
	struct core_modules *modules;
	const char *exe_name; /* the path by which the core names the executable, or NULL */
	unsigned unusable;
};

void core_notice(const struct core_notices *notices, const char *format, ...)
{
	if (!notices->notify)
		return;
	va_list arguments;
	va_start(arguments, format);
	_cleanup_free_ char *text = format_text(format, arguments);
	va_end(arguments);
	if (text)
		notices->notify(notices->context, text);
}

/*
 * The executable's path according to the core: entry point and program headers lie in its mappings.
 */
static const char *find_exe_name(const struct core_notes *notes)
{
	const struct core_file *file = NULL;
	if (notes->entry)
		file = core_notes_file_at(notes, notes->entry);
	if (!file && notes->phdr)
		file = core_notes_file_at(notes, notes->phdr);
	return file ? file->path : NULL;
}

static struct core_module *find_module(struct core_modules *modules, const char *path)
{
	struct core_module *module;
	HASH_FIND_STR(modules->by_path, path, module);
	return module;
}

static struct error *add_modules(struct opening *opening)
{
	const struct core_notes *notes = &opening->dump->notes;
	for (size_t i = 0; i < notes->file_count; i++) {
		const struct core_file *file = &notes->files[i];
		struct core_module *module = find_module(opening->modules, file->path);
		if (!module && HASH_COUNT(opening->modules->by_path) < MAX_MODULES) {
			module = calloc(1, sizeof(*module));
			if (!module)
				return error_no_memory();
			module->path = file->path;
			HASH_ADD_KEYPTR(hh, opening->modules->by_path, module->path,
				strlen(module->path), module);
			if (module->lost) {
				free(module);
				return error_no_memory();
			}
		}
		if (module && !module->base && file->offset == 0)
			module->base = file->start;
	}
	return NULL;
}

/* Limits the notices about single libraries: there may be hundreds. */
static bool may_report(struct opening *opening)
{
	return opening->unusable++ < MAX_NOTICES;
}

/* Opens a library, unless it is missing or not what the process had mapped. */
static void open_library(struct opening *opening, struct core_module *module)
{
	const struct core_dump *dump = opening->dump;
	module->tried = true;
	/* Only ELF files can be verified; a data file may have changed since. */
	if (module->path[0] != '/' || !module->base ||
		!core_identity_is_elf(dump, module->base, true))
		return;
	struct error *err = elf_image_open(module->path, &module->image);
	if (err) {
		module->image = NULL;
		if (core_identity_is_elf(dump, module->base, false) && may_report(opening))
			core_notice(opening->notices, "%s lacks memory of a mapped library: %s",
				dump->path, err->message);
		error_destroy(err);
		return;
	}
	_cleanup_free_ char *file_id = NULL;
	_cleanup_free_ char *core_id = NULL;
	if (core_identity_compare(dump, module->base, module->image, &file_id, &core_id) !=
		CORE_IDENTITY_DIFFERENT)
		return;
	if (may_report(opening))
		core_notice(opening->notices,
			"ignoring %s: it is not the version that the process had mapped (build ID "
			"%s here, %s in the core)",
			module->path, file_id ? file_id : "?", core_id ? core_id : "?");
	elf_image_close(module->image);
	module->image = NULL;
}

/* Whether the core itself holds all of `file`'s mapping. */
static bool is_dumped(const struct core_dump *dump, const struct core_file *file)
{
	for (uint64_t address = file->start; address < file->end;) {
		const struct core_segment *segment = core_dump_segment_at(dump, address);
		uint64_t own_end = segment ? core_segment_own_end(segment) : 0;
		if (own_end <= address)
			return false;
		address = own_end;
	}
	return true;
}

static struct error *append_piece(struct core_modules *modules, struct core_piece piece)
{
	if (modules->piece_count >= MAX_PIECES)
		return NULL;
	if (!array_reserve(&modules->pieces, &modules->piece_capacity, modules->piece_count + 1))
		return error_no_memory();
	modules->pieces[modules->piece_count++] = piece;
	return NULL;
}

static struct error *add_piece(struct core_modules *modules, uint64_t start, struct bytes bytes)
{
	if (!bytes.size || bytes.size > UINT64_MAX - start)
		return NULL;
	return append_piece(
		modules, (struct core_piece){
				 .start = start, .end = start + bytes.size, .mapped = bytes.data});
}

static bool is_anonymous(const struct core_dump *dump, const struct core_segment *segment)
{
	return segment->flags & PF_W && !core_notes_file_at(&dump->notes, segment->start);
}

/* Whether private memory was to be dumped: see coredump_filter in proc(5). */
static bool has_anonymous(const struct core_dump *dump)
{
	for (size_t i = 0; i < dump->segment_count; i++) {
		if (dump->segments[i].dumped_end > dump->segments[i].start &&
			is_anonymous(dump, &dump->segments[i]))
			return true;
	}
	return false;
}

/*
 * Adds what `image` holds of a mapping, in whole pages as the kernel maps them: elf_image maps the
 * whole file, so the rest of a segment's first and last page is available.
 */
static struct error *add_mapping(
	struct core_modules *modules, const struct core_file *file, const struct elf_image *image)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments);
	uint64_t end = file->offset + (file->end - file->start);
	for (size_t i = 0; i < count; i++) {
		const struct elf_segment *s = &segments[i];
		struct bytes bytes;
		if (!s->file_size || !elf_image_bytes_at(image, s->address, s->file_size, &bytes))
			continue;
		/* False in a damaged file whose segments overlap. */
		if (((uintptr_t)bytes.data - s->file_offset) % page_bytes != 0)
			continue;
		uint64_t low = s->file_offset & ~(page_bytes - 1);
		uint64_t high =
			(s->file_offset + s->file_size + page_bytes - 1) & ~(page_bytes - 1);
		low = low > file->offset ? low : file->offset;
		high = high < end ? high : end;
		if (low >= high)
			continue;
		bytes.data += (int64_t)(low - s->file_offset);
		bytes.size = (size_t)(high - low);
		struct error *err = add_piece(modules, file->start + (low - file->offset), bytes);
		if (err)
			return err;
	}
	return NULL;
}

static struct error *add_files(struct opening *opening)
{
	const struct core_notes *notes = &opening->dump->notes;
	for (size_t i = 0; i < notes->file_count; i++) {
		const struct core_file *file = &notes->files[i];
		struct core_module *module = find_module(opening->modules, file->path);
		if (!module || is_dumped(opening->dump, file))
			continue;
		if (!module->tried)
			open_library(opening, module);
		struct error *err =
			module->image ? add_mapping(opening->modules, file, module->image) : NULL;
		if (err)
			return err;
	}
	if (opening->unusable > MAX_NOTICES)
		core_notice(opening->notices,
			"%u more mapped libraries are missing or are other versions",
			opening->unusable - MAX_NOTICES);
	return NULL;
}

/* The end of the variables without contents in the file that follow the mapping; 0: none. */
static uint64_t zeros_end(const struct core_file *file, const struct elf_image *image)
{
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments);
	for (size_t i = 0; i < count; i++) {
		const struct elf_segment *s = &segments[i];
		uint64_t start = file->start + (s->file_offset - file->offset);
		if (s->memory_size > s->file_size && start < file->end &&
			file->end - start < s->memory_size &&
			s->memory_size < UINT64_MAX - start - page_bytes)
			return (start + s->memory_size + page_bytes - 1) & ~(page_bytes - 1);
	}
	return 0;
}

/*
 * Adds zeroed variables of which nothing was dumped: the kernel leaves out private memory that was
 * never written to.
 */
static struct error *add_zeros(struct opening *opening)
{
	const struct core_dump *dump = opening->dump;
	struct error *err = NULL;
	if (!has_anonymous(dump))
		return NULL;
	for (size_t i = 0; !err && i < dump->segment_count; i++) {
		const struct core_segment *segment = &dump->segments[i];
		if (segment->dumped_end > segment->start || !is_anonymous(dump, segment))
			continue;
		const struct core_file *file = core_notes_file_at(&dump->notes, segment->start - 1);
		struct core_module *module =
			file ? find_module(opening->modules, file->path) : NULL;
		if (!module)
			continue;
		if (!module->tried)
			open_library(opening, module);
		uint64_t end = module->image ? zeros_end(file, module->image) : 0;
		end = end < segment->end ? end : segment->end;
		if (end > segment->start)
			err = append_piece(opening->modules,
				(struct core_piece){
					.start = segment->start, .end = end, .zero = true});
	}
	return err;
}

/* Without names of mapped files in the core, the executable's own headers give its addresses. */
static struct error *add_exe_by_headers(struct opening *opening)
{
	const struct elf_image *exe = opening->modules->exe;
	uint64_t entry = opening->dump->notes.entry;
	if (elf_image_is_relocatable(exe) && !entry)
		return NULL;
	uint64_t bias = elf_image_is_relocatable(exe) ? entry - elf_image_entry(exe) : 0;
	const struct elf_segment *segments;
	size_t count = elf_image_segments(exe, &segments);
	for (size_t i = 0; i < count; i++) {
		struct bytes bytes;
		if (!elf_image_bytes_at(exe, segments[i].address, segments[i].file_size, &bytes))
			continue;
		struct error *err = add_piece(opening->modules, segments[i].address + bias, bytes);
		if (err)
			return err;
	}
	return NULL;
}

/* The address of the executable's first byte; 0 unknown. */
static uint64_t exe_base(const struct opening *opening, const struct core_module *module)
{
	if (module)
		return module->base;
	if (elf_image_is_relocatable(opening->modules->exe))
		return 0;
	const struct elf_segment *segments;
	size_t count = elf_image_segments(opening->modules->exe, &segments);
	for (size_t i = 0; i < count; i++) {
		if (segments[i].file_offset == 0)
			return segments[i].address;
	}
	return 0;
}

static void check_exe(struct opening *opening, const struct core_module *module)
{
	uint64_t base = exe_base(opening, module);
	if (!base)
		return;
	_cleanup_free_ char *file_id = NULL;
	_cleanup_free_ char *core_id = NULL;
	if (core_identity_compare(opening->dump, base, opening->modules->exe, &file_id, &core_id) ==
		CORE_IDENTITY_DIFFERENT)
		core_notice(opening->notices,
			"%s is not the program that dumped %s: build ID %s, but %s in the core; "
			"results may be wrong",
			opening->modules->exe_path, opening->dump->path, file_id ? file_id : "?",
			core_id ? core_id : "?");
}

/* Opens the executable. It must exist if the user gave it; one that the core names need not. */
static struct error *open_exe(struct opening *opening, const char *exe)
{
	struct core_modules *modules = opening->modules;
	const char *path = exe ? exe : opening->exe_name;
	if (!path)
		return error_create(ERROR_NOT_FOUND,
			"%s does not name the program that dumped it; give it: core EXE CORE",
			opening->dump->path);
	modules->exe_path = strdup(path);
	if (!modules->exe_path)
		return error_no_memory();
	struct error *err = elf_image_open(path, &modules->exe);
	if (err) {
		modules->exe = NULL;
		if (exe)
			return err;
		core_notice(opening->notices,
			"the program that dumped %s is not where the core says: %s; "
			"give it: core EXE CORE",
			opening->dump->path, err->message);
		error_destroy(err);
	}
	struct core_module *module =
		opening->exe_name ? find_module(modules, opening->exe_name) : NULL;
	if (module) {
		module->tried = true;
		module->image = modules->exe;
	}
	if (!modules->exe)
		return NULL;
	check_exe(opening, module);
	return module ? NULL : add_exe_by_headers(opening);
}

struct error *core_modules_open(const struct core_dump *dump, const char *exe,
	const struct core_notices *notices, struct core_modules *ret)
{
	struct core_modules modules = {0};
	struct opening opening = {
		.dump = dump,
		.notices = notices,
		.modules = &modules,
		.exe_name = find_exe_name(&dump->notes),
	};
	struct error *err = add_modules(&opening);
	if (!err)
		err = open_exe(&opening, exe);
	if (!err)
		err = add_files(&opening);
	if (!err)
		err = add_zeros(&opening);
	if (err) {
		core_modules_close(&modules);
		return err;
	}
	*ret = modules;
	return NULL;
}

void core_modules_close(struct core_modules *modules)
{
	struct core_module *module, *next;
	HASH_ITER (hh, modules->by_path, module, next) {
		HASH_DEL(modules->by_path, module);
		if (module->image != modules->exe)
			elf_image_close(module->image);
		free(module);
	}
	elf_image_close(modules->exe);
	free(modules->exe_path);
	free(modules->pieces);
	*modules = (struct core_modules){0};
}
