/* Finding modules through their headers in memory, and opening their files. */
#include "dbg/target/native/native_module.h"

#include <elf.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dwarf/base/proc_path.h"

enum {
	MAX_MODULES = 4096,
	MAX_HEADERS = 128,	/* program headers of one module */
	MAX_MAPPINGS_BACK = 64, /* how far the mapping of a module's first byte may precede */
	MAX_VDSO_BYTES = 1 << 16,
	/* DW_EH_PE_…: the only encodings that linkers use in .eh_frame_hdr. */
	DATAREL_SDATA4 = 0x3b,
	UDATA4 = 0x03,
	PCREL_SDATA4 = 0x1b,
};

static const uint64_t page_bytes = 4096;
static const char vdso_path[] = "[vdso]";

static void module_destroy(struct native_module *module)
{
	if (!module)
		return;
	elf_image_close(module->image);
	free(module->own_table);
	free(module->path);
	free(module);
}

static void module_cleanup(struct native_module **module)
{
	module_destroy(*module);
}

void native_modules_deinit(struct native_modules *modules)
{
	for (size_t i = 0; i < modules->count; i++)
		module_destroy(modules->modules[i]);
	free(modules->modules);
	*modules = (struct native_modules){0};
}

static bool read_memory(struct target *target, uint64_t address, void *ret, size_t size)
{
	struct error *err = target_read(target, address, ret, size);
	error_destroy(err);
	return !err;
}

/* The mapping of the first byte of the file that is mapped at `address`. */
static const struct mapping *find_base(struct target *target, uint64_t address)
{
	const struct mapping *hit = target_mapping_at(target, address);
	if (!hit || !hit->path)
		return NULL;
	for (size_t i = 0; i < MAX_MAPPINGS_BACK; i++) {
		const struct mapping *mapping = hit - i;
		if (mapping->path && mapping->file_offset == 0 &&
			strcmp(mapping->path, hit->path) == 0)
			return mapping;
		if (mapping == target->mappings)
			break;
	}
	return NULL;
}

/* Locates the search table in .eh_frame_hdr, of which `size` bytes are loaded at `address`. */
static void read_table_header(
	struct native_module *module, struct target *target, uint64_t address, uint64_t size)
{
	struct {
		uint8_t version, pointer_encoding, count_encoding, table_encoding;
		int32_t pointer;
		uint32_t count;
	} header;
	if (size < sizeof(header) || !read_memory(target, address, &header, sizeof(header)))
		return;
	if (header.version != 1 || header.pointer_encoding != PCREL_SDATA4 ||
		header.count_encoding != UDATA4 || header.table_encoding != DATAREL_SDATA4)
		return;
	uint64_t limit = (size - sizeof(header)) / (2 * sizeof(int32_t));
	module->table_base = address;
	module->table = address + sizeof(header);
	module->table_count = header.count < limit ? header.count : limit;
}

/* Fills `module` from the ELF and program headers at `base` in the target. */
static bool read_headers(struct native_module *module, struct target *target, uint64_t base)
{
	Elf64_Ehdr header;
	if (!read_memory(target, base, &header, sizeof(header)) ||
		memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phnum > MAX_HEADERS ||
		header.e_phentsize != sizeof(Elf64_Phdr))
		return false;
	Elf64_Phdr segments[MAX_HEADERS];
	if (!read_memory(
		    target, base + header.e_phoff, segments, header.e_phnum * sizeof(segments[0])))
		return false;
	uint64_t end = 0;
	bool found = false;
	const Elf64_Phdr *table = NULL;
	for (size_t i = 0; i < header.e_phnum; i++) {
		const Elf64_Phdr *s = &segments[i];
		if (s->p_type == PT_GNU_EH_FRAME)
			table = s;
		if (s->p_type != PT_LOAD)
			continue;
		if (s->p_offset < page_bytes && !found) {
			found = true;
			module->bias = base - (s->p_vaddr & ~(page_bytes - 1));
		}
		if (s->p_vaddr + s->p_memsz > end)
			end = s->p_vaddr + s->p_memsz;
	}
	module->start = base;
	module->end = end + module->bias;
	if (found && table)
		read_table_header(module, target, table->p_vaddr + module->bias, table->p_memsz);
	return found;
}

static struct native_module *add_module(
	struct native_modules *modules, struct target *target, uint64_t pc)
{
	const struct mapping *base = find_base(target, pc);
	if (!base || modules->count >= MAX_MODULES ||
		!array_reserve(&modules->modules, &modules->capacity, modules->count + 1))
		return NULL;
	_cleanup_(module_cleanup) struct native_module *module = calloc(1, sizeof(*module));
	if (!module)
		return NULL;
	module->path = strdup(base->path);
	if (!module->path)
		return NULL;
	if (!read_headers(module, target, base->start) || pc < module->start || pc >= module->end)
		return NULL;
	module->is_main = target->entry >= module->start && target->entry < module->end;
	modules->modules[modules->count++] = module;
	return take_pointer(module);
}

static bool native_module_contains(const struct native_module *module, uint64_t pc)
{
	return module && pc >= module->start && pc < module->end;
}

struct native_module *native_modules_find(
	struct native_modules *modules, struct target *target, uint64_t pc)
{
	if (native_module_contains(modules->last, pc))
		return modules->last;
	struct native_module *found = NULL;
	for (size_t i = 0; i < modules->count && !found; i++) {
		if (native_module_contains(modules->modules[i], pc))
			found = modules->modules[i];
	}
	if (!found)
		found = add_module(modules, target, pc);
	if (found)
		modules->last = found;
	return found;
}

/* Whether the file's ELF header equals the one in memory; it does not if the file was rebuilt. */
static bool is_mapped_file(
	const struct native_module *module, struct target *target, const struct elf_image *image)
{
	struct bytes file;
	Elf64_Ehdr memory;
	return elf_image_bytes_at(image, module->start - module->bias, sizeof(memory), &file) &&
	       read_memory(target, module->start, &memory, sizeof(memory)) &&
	       memcmp(file.data, &memory, sizeof(memory)) == 0;
}

static void try_image(struct native_module *module, struct target *target, const char *path)
{
	if (module->image)
		return;
	struct error *err = elf_image_open(path, &module->image);
	if (err) {
		error_destroy(err);
		module->image = NULL;
	} else if (!is_mapped_file(module, target, module->image)) {
		elf_image_close(take_pointer(module->image));
	}
}

/* The vDSO has no file: copy it from the target into a memfd. */
static void open_vdso(struct native_module *module, struct target *target)
{
	const struct mapping *mapping = target_mapping_at(target, module->start);
	if (!mapping || mapping->end - mapping->start > MAX_VDSO_BYTES)
		return;
	size_t size = (size_t)(mapping->end - mapping->start);
	_cleanup_free_ uint8_t *bytes = malloc(size);
	if (!bytes || !read_memory(target, mapping->start, bytes, size))
		return;
	int fd = memfd_create("vdso", MFD_CLOEXEC);
	if (fd < 0)
		return;
	char name[32];
	snprintf(name, sizeof(name), "fd/%d", fd);
	if (write(fd, bytes, size) == (ssize_t)size)
		try_image(module, target, proc_path(getpid(), name).text);
	close(fd);
}

/* The process may be in another mount namespace: open its files through /proc. */
static void open_from_process(struct native_module *module, struct target *target)
{
	const struct mapping *mapping = target_mapping_at(target, module->start);
	char *path, name[PROC_PATH_SIZE];
	if (asprintf(&path, "%s%s", proc_path(target->pid, "root").text, module->path) >= 0) {
		try_image(module, target, path);
		free(path);
	}
	if (mapping) {
		snprintf(name, sizeof(name), "map_files/%lx-%lx", mapping->start, mapping->end);
		try_image(module, target, proc_path(target->pid, name).text);
	}
}

struct elf_image *native_module_image(struct native_module *module, struct target *target)
{
	if (module->image_tried)
		return module->image;
	module->image_tried = true;
	if (strcmp(module->path, vdso_path) == 0) {
		open_vdso(module, target);
		return module->image;
	}
	if (module->path[0] != '/')
		return NULL;
	if (module->is_main && target->exe_path)
		try_image(module, target, target->exe_path);
	if (target->ops->cont && !module->image) /* there is a process */
		open_from_process(module, target);
	else
		try_image(module, target, module->path);
	return module->image;
}
