/*
 * Core dumps as targets. The test writes a core of its own memory, as the kernel would (without
 * file-backed memory), then truncates and damages it; two more cores come from the kernel and from
 * gdb's gcore.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbg/target/target.h"
#include "tests/unit/core_writer.h"
#include "tests/unit/error_asserts.h"

static char marker[] = "what the core must hold";
static const char constant[] = "what the executable must hold";

struct world {
	char directory[64];
	char core[80];
	char warnings[8192];
	size_t warning_count;
	uint64_t stack_word;
};

static struct buffer own_core(size_t *ret_headers)
{
	struct user_regs_struct regs = {.rip = (uint64_t)(uintptr_t)&own_core};
	return make_core(getpid(), &regs, 2, ret_headers);
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
	assert_success(target_read(target, (uint64_t)(uintptr_t)address, bytes, size));
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
	struct buffer core = own_core(&headers);
	write_file(world->core, core.data, core.size);
	free(core.data);
	struct target *target;
	assert_success(open_core(world, NULL, world->core, &target));
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
	uint64_t vectors[VECTOR_REGISTERS];
	assert_true(target_vectors(target, getpid(), vectors));
	assert_int_equal(vectors[15], 0x5200000051);
	assert_int_equal(vectors[14], 0);
	assert_false(target_vectors(target, threads[1].tid, vectors));
	assert_int_equal(threads[0].regs.rip, (uint64_t)(uintptr_t)&own_core);
	const struct mapping *mapping = target_mapping_at(target, threads[0].regs.rip);
	assert_non_null(mapping);
	assert_true(mapping->executable);
	assert_non_null(strstr(mapping->path, "core_test"));
	assert_null(target_mapping_at(target, 8));
	assert_non_null(target_mapping_at(target, (uint64_t)(uintptr_t)&headers));
	assert_message(target_continue(target), "a core cannot continue");
	target_destroy(target);
}

/* All the reads that a command may make: none may crash, whatever the core contains. */
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

static void test_truncated(void **state)
{
	struct world *world = *state;
	size_t headers;
	struct buffer core = own_core(&headers);
	write_file(world->core, core.data, core.size);
	struct target *target;
	assert_int_equal(truncate(world->core, (off_t)headers), 0);
	struct error *err = open_core(world, NULL, world->core, &target);
	assert_null(err);
	assert_int_equal(world->warning_count, 1);
	assert_non_null(strstr(world->warnings, "is truncated: 0.0 MiB of"));
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

static void check_truncated(struct target *target, const void *address)
{
	assert_failure(target_read(target, (uint64_t)(uintptr_t)address, &(uint64_t){0}, 8),
		ERROR_FAULT, "was truncated after it was opened");
}

/* A mapped file that shrinks raises SIGBUS; reading must not depend on that. */
static void test_truncated_while_open(void **state)
{
	struct world *world = *state;
	size_t headers;
	struct buffer core = own_core(&headers);
	write_file(world->core, core.data, core.size);
	free(core.data);
	char exe[128], command[256];
	snprintf(exe, sizeof(exe), "%s/exe", world->directory);
	snprintf(command, sizeof(command), "cp /proc/%d/exe %s", (int)getpid(), exe);
	assert_int_equal(system(command), 0);
	struct target *target;
	assert_null(open_core(world, exe, world->core, &target));
	assert_int_equal(truncate(world->core, (off_t)headers), 0);
	check_truncated(target, marker);
	check_memory(target, constant, sizeof(constant));
	target_trim_cache(target);
	assert_int_equal(truncate(exe, 0), 0);
	check_truncated(target, constant);
	const struct mapping *mapping = target_mapping_at(target, (uint64_t)(uintptr_t)constant);
	assert_non_null(mapping);
	assert_non_null(strstr(mapping->path, "core_test"));
	use_target(target);
	target_destroy(target);
}

/* ---- Pages of which the core holds only a part ---- */

enum { CUT = 0x800 }; /* offset in the page */

/* A page of memory between two that cannot be accessed, so that it is a segment of its own. */
static uint8_t *create_lone_page(void)
{
	uint8_t *pages = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(pages != MAP_FAILED);
	uint8_t *page = pages + PAGE;
	assert_int_equal(mprotect(page, PAGE, PROT_READ | PROT_WRITE), 0);
	for (size_t i = 0; i < PAGE; i++)
		page[i] = (uint8_t)(i % 251);
	return page;
}

static void destroy_lone_page(uint8_t *page)
{
	munmap(page - PAGE, 3 * PAGE);
}

/* The program header of the segment that contains `address`. */
static Elf64_Phdr *header_of(const struct buffer *core, const void *address)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)core->data;
	Elf64_Phdr *headers = (Elf64_Phdr *)(void *)(core->data + header->e_phoff);
	uint64_t wanted = (uint64_t)(uintptr_t)address;
	for (size_t i = 0; i < header->e_phnum; i++) {
		if (headers[i].p_type == PT_LOAD &&
			wanted - headers[i].p_vaddr < headers[i].p_filesz)
			return &headers[i];
	}
	fail_msg("the core lacks a page");
	return NULL;
}

static off_t offset_of_cut(const struct buffer *core, const uint8_t *page)
{
	const Elf64_Phdr *header = header_of(core, page);
	return (off_t)(header->p_offset + ((uint64_t)(uintptr_t)page - header->p_vaddr) + CUT);
}

static void check_cut(struct target *target, const uint8_t *page, const char *reason)
{
	uint8_t bytes[16];
	uint64_t cut = (uint64_t)(uintptr_t)page + CUT;
	char message[64];
	snprintf(message, sizeof(message), "cannot read memory at 0x%" PRIx64 ": ", cut);
	check_memory(target, page + 0x700, 16);
	check_memory(target, page + CUT - 16, 16);
	check_memory(target, page, CUT);
	for (uint64_t address = cut - 8; address <= cut; address += 8) {
		struct error *err = target_read(target, address, bytes, sizeof(bytes));
		assert_non_null(err);
		assert_non_null(strstr(err->message, message));
		assert_non_null(strstr(err->message, reason));
		error_destroy(err);
	}
}

static void test_cut_within_a_page(void **state)
{
	struct world *world = *state;
	uint8_t *page = create_lone_page();
	size_t headers;
	struct buffer core = own_core(&headers);
	off_t cut = offset_of_cut(&core, page);
	struct target *target;
	write_file(world->core, core.data, core.size);
	assert_success(open_core(world, NULL, world->core, &target));
	assert_int_equal(truncate(world->core, cut), 0);
	check_cut(target, page, "was truncated after it was opened");
	target_destroy(target);
	assert_success(open_core(world, NULL, world->core, &target));
	check_cut(target, page, "missing from the core, which is truncated");
	target_destroy(target);
	free(core.data);
	destroy_lone_page(page);
}

/* A segment that starts and ends within a page. */
static void test_unaligned_segment(void **state)
{
	struct world *world = *state;
	uint8_t *page = create_lone_page();
	size_t headers;
	struct buffer core = own_core(&headers);
	Elf64_Phdr *header = header_of(&core, page);
	assert_int_equal(header->p_vaddr, (uint64_t)(uintptr_t)page);
	header->p_vaddr += 0x700;
	header->p_offset += 0x700;
	header->p_filesz = header->p_memsz = CUT - 0x700;
	write_file(world->core, core.data, core.size);
	struct target *target;
	assert_success(open_core(world, NULL, world->core, &target));
	check_memory(target, page + 0x700, CUT - 0x700);
	check_memory(target, page + 0x780, 8);
	uint64_t word, start = (uint64_t)(uintptr_t)page;
	assert_failure(target_read_u64(target, start + 0x6fc, &word), ERROR_FAULT,
		"nothing is mapped there");
	assert_failure(target_read_u64(target, start + CUT - 4, &word), ERROR_FAULT,
		"nothing is mapped there");
	target_destroy(target);
	free(core.data);
	destroy_lone_page(page);
}

static void test_damaged(void **state)
{
	struct world *world = *state;
	size_t headers;
	struct buffer core = own_core(&headers);
	write_file(world->core, core.data, core.size);
	int fd = open(world->core, O_RDWR | O_CLOEXEC);
	uint64_t random = 42;
	for (int round = 0; round < 1500; round++) {
		size_t flipped[4];
		for (size_t i = 0; i < array_length(flipped); i++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
			/* Most of them in the headers. */
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

/* Many headers that refer to the same notes must not multiply them. */
static void test_repeated_notes(void **state)
{
	enum { HEADERS = 500 };
	struct world *world = *state;
	size_t unused;
	struct buffer core = own_core(&unused), notes = {0}, repeated = {0};
	struct elf_prstatus status = {.pr_pid = 7};
	for (int i = 0; i < 100; i++)
		put_note(&notes, NT_PRSTATUS, &status, sizeof(status));
	Elf64_Ehdr header;
	memcpy(&header, core.data, sizeof(header));
	header.e_phnum = HEADERS;
	put(&repeated, &header, sizeof(header));
	for (int i = 0; i < HEADERS; i++) {
		Elf64_Phdr segment = {.p_type = PT_NOTE,
			.p_offset = sizeof(header) + HEADERS * sizeof(segment),
			.p_filesz = notes.size};
		put(&repeated, &segment, sizeof(segment));
	}
	put(&repeated, notes.data, notes.size);
	write_file(world->core, repeated.data, repeated.size);
	struct target *target;
	assert_null(open_core(world, "/proc/self/exe", world->core, &target));
	const struct thread *threads;
	size_t count;
	assert_null(target_threads(target, &threads, &count));
	assert_in_range(count, 100, repeated.size / sizeof(status));
	assert_non_null(strstr(world->warnings, "note segments beyond the limit of"));
	target_destroy(target);
	free(repeated.data);
	free(notes.data);
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
	struct buffer core = own_core(&headers);
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
	check_refused(world, NULL, other, "not an ELF file");
	check_refused(world, other, world->core, "not an ELF");
	core.data[EI_CLASS] = ELFCLASS32;
	write_file(other, core.data, core.size);
	check_refused(world, NULL, other, "32-bit");
	core.data[EI_CLASS] = ELFCLASS64;
	core.data[offsetof(Elf64_Ehdr, e_machine)] = EM_AARCH64;
	write_file(other, core.data, core.size);
	check_refused(world, NULL, other, "another architecture");
	free(core.data);
	/* Not the program that dumped the core. */
	struct target *target;
	assert_null(open_core(world, "/bin/sh", world->core, &target));
	assert_non_null(strstr(world->warnings, "/bin/sh is not the program that dumped"));
	target_destroy(target);
}

/* The first bytes of an executable mapping of a process. */
struct sample {
	uint64_t address;
	uint8_t bytes[64];
};

static size_t take_samples(pid_t pid, struct sample *samples, size_t limit)
{
	static struct map maps[MAX_MAPS];
	size_t map_count = read_maps(pid, maps), count = 0;
	int fd = open_proc(pid, "mem");
	for (size_t i = 0; i < map_count && count < limit; i++) {
		struct sample *sample = &samples[count];
		sample->address = maps[i].start;
		if (maps[i].flags[2] == 'x' &&
			pread(fd, sample->bytes, sizeof(sample->bytes), (off_t)sample->address) > 0)
			count++;
	}
	close(fd);
	return count;
}

/* A separate program: the core of a sanitized one would have terabytes. */
static pid_t start_program(const struct world *world)
{
	pid_t child = fork();
	if (child == 0) {
		struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
		setrlimit(RLIMIT_CORE, &limit);
		if (chdir(world->directory) == 0)
			execlp("sleep", "sleep", "1000", (char *)NULL);
		_exit(1);
	}
	assert_true(child > 0);
	char name[32] = "";
	for (int i = 0; i < 2000 && strcmp(name, "sleep\n") != 0; i++) {
		usleep(1000);
		int fd = open_proc(child, "comm");
		(void)!read(fd, name, sizeof(name) - 1);
		close(fd);
	}
	usleep(50000); /* its libraries */
	return child;
}

/* Makes a core of `child`, which is dead afterwards; false if that is not possible here. */
static bool make_real_core(struct world *world, pid_t child, bool by_kernel)
{
	char command[256];
	if (by_kernel) {
		kill(child, SIGABRT);
	} else {
		snprintf(command, sizeof(command), "gcore -o %s/gcore %d >/dev/null 2>&1",
			world->directory, (int)child);
		(void)!system(command);
		kill(child, SIGKILL);
	}
	waitpid(child, NULL, 0);
	snprintf(command, sizeof(command),
		"cd %s && for f in *; do mv \"$f\" core; done 2>/dev/null", world->directory);
	(void)!system(command);
	return access(world->core, R_OK) == 0;
}

static void check_real_core(struct world *world, bool by_kernel)
{
	pid_t child = start_program(world);
	struct sample samples[16];
	size_t count = take_samples(child, samples, array_length(samples));
	assert_true(count >= 3); /* program, libc, dynamic linker */
	if (!make_real_core(world, child, by_kernel)) {
		print_message("%s wrote no core\n", by_kernel ? "the kernel" : "gcore");
		return;
	}
	struct target *target;
	assert_success(open_core(world, NULL, world->core, &target));
	assert_string_equal(world->warnings, "");
	assert_int_equal(target->pid, child);
	for (size_t i = 0; i < count; i++) {
		uint8_t bytes[sizeof(samples[i].bytes)];
		assert_success(target_read(target, samples[i].address, bytes, sizeof(bytes)));
		assert_memory_equal(bytes, samples[i].bytes, sizeof(bytes));
		const struct mapping *mapping = target_mapping_at(target, samples[i].address);
		assert_true(mapping && mapping->executable);
	}
	const struct thread *threads;
	assert_null(target_threads(target, &threads, &count));
	assert_int_equal(count, 1);
	assert_string_equal(threads[0].name, "sleep");
	assert_int_equal(threads[0].signal, by_kernel ? SIGABRT : 0);
	use_target(target);
	target_destroy(target);
	unlink(world->core);
}

static void test_kernel_core(void **state)
{
	check_real_core(*state, true);
}

static void test_gcore_core(void **state)
{
	check_real_core(*state, false);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_own_core),
		CASE(test_truncated),
		CASE(test_truncated_while_open),
		CASE(test_cut_within_a_page),
		CASE(test_unaligned_segment),
		CASE(test_damaged),
		CASE(test_repeated_notes),
		CASE(test_wrong_files),
		CASE(test_kernel_core),
		CASE(test_gcore_core),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
