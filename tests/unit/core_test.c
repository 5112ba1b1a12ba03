/*
 * Core dumps as targets. The core is made by this test from its own memory, the way the kernel does
 * it (what files hold is left out), then cut short and damaged; one more comes from the kernel or
 * gdb's gcore.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbg/target/target.h"

enum { PAGE = 4096, MAX_DUMPED = 64 << 10, MAX_MAPS = 512 };

static char marker[] = "what the core must hold";
static const char constant[] = "what the executable must hold";

struct world {
	char directory[64];
	char core[80];
	char warnings[8192];
	size_t warning_count;
	uint64_t stack_word;
};

struct buffer {
	uint8_t *data;
	size_t size, capacity;
};

static void put(struct buffer *buffer, const void *data, size_t size)
{
	assert_true(array_reserve(&buffer->data, &buffer->capacity, buffer->size + size));
	if (size)
		memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
}

static void put_zeros(struct buffer *buffer, size_t alignment)
{
	static const uint8_t zero[1];
	while (buffer->size % alignment)
		put(buffer, zero, 1);
}

static void put_note(struct buffer *notes, uint32_t type, const void *contents, size_t size)
{
	Elf64_Nhdr header = {.n_namesz = 5, .n_descsz = (Elf64_Word)size, .n_type = type};
	put(notes, &header, sizeof(header));
	put(notes, "CORE", 5);
	put_zeros(notes, 4);
	put(notes, contents, size);
	put_zeros(notes, 4);
}

struct map {
	uint64_t start, end, offset;
	char flags[5];
	char path[512];
};

static size_t read_maps(struct map *maps)
{
	FILE *file = fopen("/proc/self/maps", "re");
	assert_non_null(file);
	char line[1024];
	size_t count = 0;
	while (count < MAX_MAPS && fgets(line, sizeof(line), file)) {
		struct map *map = &maps[count];
		map->path[0] = 0;
		if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %511s", &map->start, &map->end,
			    map->flags, &map->offset, map->path) >= 4)
			count++;
	}
	fclose(file);
	return count;
}

static void put_process_notes(struct buffer *notes)
{
	struct elf_prstatus status = {.pr_cursig = SIGABRT, .pr_pid = getpid()};
	status.pr_reg[16] = (uint64_t)(uintptr_t)&put_process_notes; /* rip */
	put_note(notes, NT_PRSTATUS, &status, sizeof(status));
	struct elf_prpsinfo info = {.pr_pid = getpid(), .pr_fname = "core_test"};
	put_note(notes, NT_PRPSINFO, &info, sizeof(info));
	uint8_t auxv[1024];
	int fd = open("/proc/self/auxv", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	ssize_t size = read(fd, auxv, sizeof(auxv));
	assert_true(size > 0);
	close(fd);
	put_note(notes, NT_AUXV, auxv, (size_t)size);
	status.pr_pid++;
	put_note(notes, NT_PRSTATUS, &status, sizeof(status));
}

static void put_file_note(struct buffer *notes, const struct map *maps, size_t count)
{
	struct buffer entries = {0}, names = {0};
	uint64_t files = 0;
	for (size_t i = 0; i < count; i++) {
		if (maps[i].path[0] != '/')
			continue;
		uint64_t entry[3] = {maps[i].start, maps[i].end, maps[i].offset / PAGE};
		put(&entries, entry, sizeof(entry));
		put(&names, maps[i].path, strlen(maps[i].path) + 1);
		files++;
	}
	struct buffer contents = {0};
	uint64_t head[2] = {files, PAGE};
	put(&contents, head, sizeof(head));
	put(&contents, entries.data, entries.size);
	put(&contents, names.data, names.size);
	put_note(notes, NT_FILE, contents.data, contents.size);
	free(entries.data);
	free(names.data);
	free(contents.data);
}

/* How much of a mapping goes into the core: what was written to, and the first page of ELF files.
 */
static size_t dumped_size(const struct map *map)
{
	uint64_t size = map->end - map->start;
	bool file = map->path[0] == '/';
	if (map->flags[0] == 'r' && map->flags[1] == 'w' && (file || size <= MAX_DUMPED))
		return (size_t)size;
	return file && map->offset == 0 ? PAGE : 0;
}

static bool keep(const struct map *map)
{
	/* Sanitizers' shadows and the like are of no interest. */
	return map->end - map->start < (64 << 20) && strcmp(map->path, "[vvar]") != 0 &&
	       strcmp(map->path, "[vsyscall]") != 0;
}

static void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	close(fd);
}

/* Returns the core's bytes; headers and notes are the first `*ret_headers` of them. */
static struct buffer make_core(size_t *ret_headers)
{
	static struct map maps[MAX_MAPS];
	size_t all = read_maps(maps), count = 0;
	for (size_t i = 0; i < all; i++) {
		if (keep(&maps[i]))
			maps[count++] = maps[i];
	}
	struct buffer notes = {0}, core = {0}, memory = {0};
	put_process_notes(&notes);
	put_file_note(&notes, maps, count);
	Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			EV_CURRENT},
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (Elf64_Half)(count + 1),
	};
	put(&core, &header, sizeof(header));
	Elf64_Phdr segment = {
		.p_type = PT_NOTE,
		.p_offset = sizeof(header) + (count + 1) * sizeof(segment),
		.p_filesz = notes.size,
	};
	put(&core, &segment, sizeof(segment));
	size_t start = (segment.p_offset + notes.size + PAGE - 1) & ~(size_t)(PAGE - 1);
	for (size_t i = 0; i < count; i++) {
		size_t dumped = dumped_size(&maps[i]);
		segment = (Elf64_Phdr){
			.p_type = PT_LOAD,
			.p_flags = (maps[i].flags[0] == 'r' ? PF_R : 0u) |
				   (maps[i].flags[1] == 'w' ? PF_W : 0u) |
				   (maps[i].flags[2] == 'x' ? PF_X : 0u),
			.p_offset = start + memory.size,
			.p_vaddr = maps[i].start,
			.p_filesz = dumped,
			.p_memsz = maps[i].end - maps[i].start,
		};
		put(&core, &segment, sizeof(segment));
		/* Through the kernel: what has been unmapped meanwhile is no crash then. */
		int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
		assert_true(array_reserve(&memory.data, &memory.capacity, memory.size + dumped));
		memset(memory.data + memory.size, 0, dumped);
		(void)!pread(fd, memory.data + memory.size, dumped, (off_t)maps[i].start);
		memory.size += dumped;
		close(fd);
	}
	put(&core, notes.data, notes.size);
	*ret_headers = core.size;
	put_zeros(&core, PAGE);
	put(&core, memory.data, memory.size);
	free(notes.data);
	free(memory.data);
	return core;
}

static void remember_warning(void *context, const char *message)
{
	struct world *world = context;
	size_t length = strlen(world->warnings);
	snprintf(world->warnings + length, sizeof(world->warnings) - length, "%s\n", message);
	assert_null(strchr(message, '\n'));
	world->warning_count++;
}

static struct error *open_core(
	struct world *world, const char *exe, const char *core, struct target **ret)
{
	world->warnings[0] = 0;
	world->warning_count = 0;
	return core_open(exe, core, remember_warning, world, ret);
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	assert_non_null(world);
	snprintf(world->directory, sizeof(world->directory), "/tmp/gctxdbg-core-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	snprintf(world->core, sizeof(world->core), "%s/core", world->directory);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", world->directory);
	int status = system(command);
	free(world);
	return status;
}

static void check_memory(struct target *target, const void *address, size_t size)
{
	uint8_t *bytes = malloc(size);
	assert_non_null(bytes);
	struct error *err = target_read(target, (uint64_t)(uintptr_t)address, bytes, size);
	if (err)
		fail_msg("%s", err->message);
	assert_memory_equal(bytes, address, size);
	free(bytes);
}

static void check_contents(struct target *target)
{
	/* From the core, from the executable, from a library. */
	check_memory(target, marker, sizeof(marker));
	check_memory(target, constant, sizeof(constant));
	check_memory(target, (const void *)(uintptr_t)&check_contents, 64);
	check_memory(target, (const void *)(uintptr_t)&qsort, 64);
	uint64_t word;
	struct error *err = target_read_u64(target, 8, &word);
	assert_int_equal(err->code, ERROR_FAULT);
	assert_non_null(strstr(err->message, "nothing is mapped"));
	error_destroy(err);
}

static void test_own_core(void **state)
{
	struct world *world = *state;
	size_t headers;
	struct buffer core = make_core(&headers);
	write_file(world->core, core.data, core.size);
	free(core.data);
	struct target *target;
	struct error *err = open_core(world, NULL, world->core, &target);
	if (err)
		fail_msg("%s", err->message);
	assert_string_equal(world->warnings, "");
	assert_int_equal(target->pid, getpid());
	assert_string_equal(target->exe_name, "core_test");
	check_contents(target);
	const struct thread *threads;
	size_t count;
	assert_null(target_threads(target, &threads, &count));
	assert_int_equal(count, 2);
	assert_int_equal(threads[0].tid, getpid());
	assert_int_equal(threads[0].signal, SIGABRT);
	assert_string_equal(threads[0].name, "core_test");
	assert_int_equal(threads[1].signal, 0);
	assert_int_equal(threads[0].regs.rip, (uint64_t)(uintptr_t)&put_process_notes);
	const struct mapping *mapping = target_mapping_at(target, threads[0].regs.rip);
	assert_non_null(mapping);
	assert_true(mapping->executable);
	assert_non_null(strstr(mapping->path, "core_test"));
	assert_null(target_mapping_at(target, 8));
	assert_non_null(target_mapping_at(target, (uint64_t)(uintptr_t)&headers));
	err = target_continue(target);
	assert_string_equal(err->message, "a core cannot continue");
	error_destroy(err);
	target_destroy(target);
}

/* Everything a command would ask of a target: nothing may crash, whatever the core says. */
static void use_target(struct target *target)
{
	const struct thread *threads;
	const struct mapping *mappings;
	size_t thread_count, mapping_count;
	assert_null(target_threads(target, &threads, &thread_count));
	assert_null(target_mappings(target, &mappings, &mapping_count));
	uint8_t bytes[64];
	for (size_t i = 0; i < mapping_count; i++) {
		assert_true(mappings[i].start < mappings[i].end);
		assert_true(i == 0 || mappings[i - 1].end <= mappings[i].start);
		assert_ptr_equal(target_mapping_at(target, mappings[i].start), &mappings[i]);
		error_destroy(target_read(target, mappings[i].start, bytes, sizeof(bytes)));
		error_destroy(target_read(target, mappings[i].end - 32, bytes, sizeof(bytes)));
	}
	error_destroy(target_read(target, (uint64_t)(uintptr_t)marker, bytes, sizeof(marker)));
}

static void open_and_use(struct world *world, const char *exe)
{
	struct target *target = NULL;
	struct error *err = open_core(world, exe, world->core, &target);
	if (err) {
		assert_true(strlen(err->message) > 10);
		error_destroy(err);
		return;
	}
	use_target(target);
	target_destroy(target);
}

static void test_cut_short(void **state)
{
	struct world *world = *state;
	size_t headers;
	struct buffer core = make_core(&headers);
	write_file(world->core, core.data, core.size);
	struct target *target;
	assert_int_equal(truncate(world->core, (off_t)headers), 0);
	struct error *err = open_core(world, NULL, world->core, &target);
	assert_null(err);
	assert_int_equal(world->warning_count, 1);
	assert_non_null(strstr(world->warnings, "is cut short: 0.0 MiB of"));
	err = target_read(target, (uint64_t)(uintptr_t)marker, &(uint64_t){0}, 8);
	assert_int_equal(err->code, ERROR_FAULT);
	assert_non_null(strstr(err->message, "missing from the core"));
	error_destroy(err);
	check_memory(target, (const void *)(uintptr_t)&check_contents, 64);
	target_destroy(target);
	for (size_t size = core.size; size > 0;
		size -= size > headers ? size / 16 : size / 64 + 1) {
		assert_int_equal(truncate(world->core, (off_t)size), 0);
		open_and_use(world, NULL);
	}
	assert_int_equal(truncate(world->core, 0), 0);
	err = open_core(world, NULL, world->core, &target);
	assert_non_null(strstr(err->message, "is empty"));
	error_destroy(err);
	free(core.data);
}

static void test_damaged(void **state)
{
	struct world *world = *state;
	size_t headers;
	struct buffer core = make_core(&headers);
	write_file(world->core, core.data, core.size);
	int fd = open(world->core, O_RDWR | O_CLOEXEC);
	uint64_t random = 42;
	for (int round = 0; round < 1500; round++) {
		size_t flipped[4];
		for (size_t i = 0; i < array_length(flipped); i++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
			/* A good deal of it into the headers. */
			flipped[i] = (random >> 16) % (round % 2 ? headers : 512);
			uint8_t byte = (uint8_t)(random >> 56);
			if (round % 3 == 0)
				byte = core.data[flipped[i]] ^ (uint8_t)(1u << (random >> 61));
			assert_int_equal(pwrite(fd, &byte, 1, (off_t)flipped[i]), 1);
		}
		open_and_use(world, round % 5 ? NULL : "/proc/self/exe");
		for (size_t i = 0; i < array_length(flipped); i++)
			assert_int_equal(
				pwrite(fd, &core.data[flipped[i]], 1, (off_t)flipped[i]), 1);
	}
	close(fd);
	free(core.data);
}

static void check_refused(struct world *world, const char *exe, const char *core, const char *part)
{
	struct target *target;
	struct error *err = open_core(world, exe, core, &target);
	assert_non_null(err);
	if (!strstr(err->message, part))
		fail_msg("\"%s\" lacks \"%s\"", err->message, part);
	error_destroy(err);
}

static void test_wrong_files(void **state)
{
	struct world *world = *state;
	size_t headers;
	struct buffer core = make_core(&headers);
	write_file(world->core, core.data, core.size);
	check_refused(world, NULL, "/no/such/core", "No such file");
	check_refused(world, NULL, world->directory, "is a directory");
	check_refused(world, NULL, "/dev/null", "a device");
	check_refused(world, NULL, "/bin/sh", "is a program or shared library, not a core");
	check_refused(world, world->core, "/bin/sh", "the program comes first");
	check_refused(world, "/no/such/exe", world->core, "No such file");
	char other[128];
	snprintf(other, sizeof(other), "%s/other", world->directory);
	write_file(other, "\x28\xb5\x2f\xfd....", 8);
	check_refused(world, NULL, other, "zstd -d");
	write_file(other, "hello", 5);
	check_refused(world, NULL, other, "no ELF file");
	check_refused(world, other, world->core, "not an ELF");
	core.data[EI_CLASS] = ELFCLASS32;
	write_file(other, core.data, core.size);
	check_refused(world, NULL, other, "32-bit");
	core.data[EI_CLASS] = ELFCLASS64;
	core.data[offsetof(Elf64_Ehdr, e_machine)] = EM_AARCH64;
	write_file(other, core.data, core.size);
	check_refused(world, NULL, other, "another architecture");
	free(core.data);
	/* Another program than the one that dumped. */
	struct target *target;
	assert_null(open_core(world, "/bin/sh", world->core, &target));
	assert_non_null(strstr(world->warnings, "/bin/sh is not the program that dumped"));
	target_destroy(target);
}

/* A core of a child, from the kernel where it writes them into the directory, else from gdb's
 * gcore. */
static bool make_real_core(struct world *world)
{
	char pattern[256] = "";
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");
	if (file) {
		(void)!fgets(pattern, sizeof(pattern), file);
		fclose(file);
	}
	bool kernel = pattern[0] != '|' && pattern[0] != '/';
	pid_t child = fork();
	if (child == 0) {
		struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
		if (chdir(world->directory) < 0 || setrlimit(RLIMIT_CORE, &limit) < 0)
			_exit(1);
		signal(SIGABRT, SIG_DFL);
		if (kernel)
			abort();
		pause();
		_exit(1);
	}
	assert_true(child > 0);
	char command[256];
	if (!kernel) {
		snprintf(command, sizeof(command), "gcore -o %s/core %d >/dev/null 2>&1",
			world->directory, (int)child);
		(void)!system(command);
		kill(child, SIGKILL);
	}
	waitpid(child, NULL, 0);
	snprintf(command, sizeof(command),
		"cd %s && for f in *; do [ $f = core ] || mv $f core; done", world->directory);
	(void)!system(command);
	return access(world->core, R_OK) == 0;
}

static void test_real_core(void **state)
{
	struct world *world = *state;
	if (!make_real_core(world)) {
		print_message("no core of a child: a resource limit, or no gcore\n");
		skip();
	}
	struct target *target;
	struct error *err = open_core(world, NULL, world->core, &target);
	if (err)
		fail_msg("%s", err->message);
	assert_string_equal(world->warnings, "");
	check_contents(target);
	use_target(target);
	target_destroy(target);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_own_core),
		CASE(test_cut_short),
		CASE(test_damaged),
		CASE(test_wrong_files),
		CASE(test_real_core),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
