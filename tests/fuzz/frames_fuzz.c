/*
 * libFuzzer target: the input is section .debug_frame, and also the stack. Unwinds every function
 * that the section describes.
 */
#include <sys/mman.h>

#include "dbg/target/native/native_unwind.h"
#include "dwarf/debug/frame_table.h"
#include "tests/fuzz/fake_target.h"
#include "tests/unit/elf_fixture.h"

enum { STACK = 0xc000000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct elf_image *open_section(struct bytes contents)
{
	/* libdwarf reads no frames if there is no other DWARF. */
	static const uint8_t nothing[16];
	const struct fixture_section sections[] = {
		{".debug_info", SHT_PROGBITS, 0, nothing, sizeof(nothing), 0, 0},
		{".debug_abbrev", SHT_PROGBITS, 0, nothing, sizeof(nothing), 0, 0},
		{".debug_frame", SHT_PROGBITS, 0, contents.data, contents.size, 0, 0},
	};
	struct fixture_bytes file = fixture_elf(sections, array_length(sections));
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, file.data, file.size) != (ssize_t)file.size)
		abort();
	free(file.data);
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct elf_image *image;
	if (elf_image_open(path, &image))
		abort();
	close(fd);
	return image;
}

static void unwind(struct native_unwinder *unwinder, const struct frame_table *table, uint64_t pc)
{
	struct frame_rules rules;
	if (!frame_table_find(table, pc, &rules))
		return;
	if (pc < rules.low || pc - rules.low >= rules.size)
		abort();
	struct user_regs_struct at = {.rip = pc, .rsp = STACK, .rbp = STACK + 64}, caller;
	native_unwind_by_rules(unwinder, &rules, &at, true, &caller);
	native_unwind_by_rules(unwinder, &rules, &at, false, &caller);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size || size > FIXTURE_CAPACITY / 2)
		return 0;
	struct bytes contents = {data, size};
	struct elf_image *image = open_section(contents);
	struct target *target = fake_target_create(contents, STACK);
	struct native_unwinder *unwinder;
	struct frame_table *table = NULL;
	if (native_unwinder_create(target, &unwinder))
		abort();
	struct error *err = frame_table_open(image, &table);
	error_destroy(err);
	/* Any eight bytes may be the address of a function. */
	for (size_t i = 0; !err && i < size && i < 512; i += 4) {
		uint64_t pc;
		if (bytes_copy(contents, i, &pc, sizeof(pc))) {
			unwind(unwinder, table, pc);
			unwind(unwinder, table, pc + 7);
		}
	}
	frame_table_close(table);
	native_unwinder_destroy(unwinder);
	target_destroy(target);
	elf_image_close(image);
	return 0;
}
