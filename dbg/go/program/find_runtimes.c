/* Searches the executable and the mapped libraries for Go runtimes: see find_runtimes.h. */
#include "dbg/go/program/find_runtimes.h"

#include <stdio.h>
#include <sys/stat.h>

#include "dbg/target/native/native_module.h"
#include "dwarf/pclntab/find_pclntab.h"

/* Run-time minus link-time addresses of the executable, from the auxiliary vector. */
static uint64_t load_bias(const struct target *target, const struct elf_image *image)
{
	if (!elf_image_is_relocatable(image))
		return 0;
	if (target->phdr && elf_image_phdr_address(image))
		return target->phdr - elf_image_phdr_address(image);
	return target->entry ? target->entry - elf_image_entry(image) : 0;
}

static void add_exe(struct target *target, struct elf_image *exe, struct runtime_files *ret)
{
	ret->items[ret->count++] =
		(struct runtime_file){target->exe_name, exe, load_bias(target, exe)};
}

static bool is_known(const struct runtime_files *files, const struct elf_image *image)
{
	for (size_t i = 0; i < files->count; i++) {
		if (files->items[i].image == image)
			return true;
	}
	return false;
}

static bool is_same_file(const struct elf_image *a, const struct elf_image *b)
{
	struct stat x, y;
	const char *id = elf_image_go_build_id(a), *other = elf_image_go_build_id(b);
	if (id && *id && other && strcmp(id, other) == 0)
		return true;
	return stat(elf_image_path(a), &x) == 0 && stat(elf_image_path(b), &y) == 0 &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Adds the library that is mapped at `mapping`, unless it is known or has no Go runtime. */
static void consider_library(struct target *target, struct elf_image *exe,
	struct native_modules *files, const struct mapping *mapping, struct runtime_files *ret)
{
	struct native_module *module = native_modules_find(files, target, mapping->start);
	if (module && module->is_main)
		return;
	struct elf_image *image = module ? native_module_image(module, target) : NULL;
	uint64_t table;
	if (!image) {
		ret->unreadable += module != NULL; /* else no file, or not an ELF file */
		return;
	}
	if (is_known(ret, image) || ret->count >= MAX_RUNTIMES ||
		!find_pclntab_section(image, &table) || !has_go_runtime(image, table))
		return;
	if (!is_same_file(image, exe))
		ret->items[ret->count++] = (struct runtime_file){module->path, image, module->bias};
	else if (is_known(ret, exe) && !target->entry && !target->phdr)
		ret->items[0].bias = module->bias; /* a core without an auxiliary vector */
}

struct error *find_runtimes(struct target *target, struct elf_image *exe,
	struct native_modules *files, struct runtime_files *ret)
{
	const struct mapping *mappings;
	size_t count;
	uint64_t table;
	ret->unreadable = 0;
	if (!ret->count && find_pclntab(exe, &table) && has_go_runtime(exe, table))
		add_exe(target, exe, ret);
	struct error *err = target_mappings(target, &mappings, &count);
	for (size_t i = 0; !err && i < count; i++) {
		const struct mapping *mapping = &mappings[i];
		if (mapping->executable && mapping->path && mapping->path[0] == '/')
			consider_library(target, exe, files, mapping, ret);
	}
	/* A program whose function names were changed by a tool. */
	if (!err && !ret->count && find_pclntab(exe, &table))
		add_exe(target, exe, ret);
	if (err && ret->count) {
		error_destroy(err);
		err = NULL;
	}
	return err;
}

void runtime_files_sort_as(struct runtime_files *files, const struct runtime_files *before)
{
	size_t sorted = 0;
	for (size_t i = 0; i < before->count; i++) {
		for (size_t j = sorted; j < files->count; j++) {
			struct runtime_file found = files->items[j];
			if (found.bias != before->items[i].bias ||
				strcmp(found.path, before->items[i].path) != 0)
				continue;
			memmove(&files->items[sorted + 1], &files->items[sorted],
				(j - sorted) * sizeof(found));
			files->items[sorted++] = found;
			break;
		}
	}
}

/* Whether `name` is the file's path, or the end of it after a slash. */
static bool has_name(const struct runtime_file *file, const char *name)
{
	size_t size = strlen(name), path_size = strlen(file->path);
	if (size > path_size || strcmp(file->path + path_size - size, name) != 0)
		return false;
	return size == path_size || file->path[path_size - size - 1] == '/';
}

/* ": 1 /usr/lib/a.so, 2 /usr/lib/b.so" */
static struct error *not_found(
	const struct runtime_files *files, const char *wanted, const char *problem)
{
	char list[1024] = "";
	size_t used = 0;
	for (size_t i = 0; i < files->count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%zu %s",
			i ? ", " : "", i + 1, files->items[i].path);
	return error_create(ERROR_USAGE, "%s Go runtime %s: the runtimes of the process are %s",
		problem, wanted, list);
}

struct error *runtime_files_select(
	const struct runtime_files *files, const char *wanted, size_t *ret)
{
	size_t found = 0;
	*ret = 0;
	if (!wanted || !*wanted)
		return NULL;
	if (strspn(wanted, "0123456789") == strlen(wanted)) {
		unsigned long long number = strtoull(wanted, NULL, 10); /* ULLONG_MAX: too large */
		if (!number || number > files->count)
			return not_found(files, wanted, "there is no");
		*ret = (size_t)number - 1;
		return NULL;
	}
	for (size_t i = 0; i < files->count; i++) {
		if (has_name(&files->items[i], wanted)) {
			*ret = i;
			found++;
		}
	}
	if (found == 1)
		return NULL;
	return not_found(files, wanted, found ? "there is more than one" : "there is no");
}
