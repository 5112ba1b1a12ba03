/*
 * ELF images: this test's own binary, small files that each test one property, and damaged files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <sys/auxv.h>
#include <sys/stat.h>
#include <zlib.h>

#include "dwarf/elf/elf_image.h"
#include "tests/unit/elf_fixture.h"
#include "tests/unit/error_asserts.h"

void function_to_find(void);
void function_to_find(void)
{
	__asm__ volatile("");
}

static struct elf_image *open_bytes(const void *data, size_t size)
{
	char *path = fixture_write(data, size);
	struct elf_image *image;
	assert_success(elf_image_open(path, &image));
	fixture_remove(path);
	return image;
}

static struct elf_image *open_sections(const struct fixture_section *sections, size_t count)
{
	struct fixture_bytes elf = fixture_elf(sections, count);
	struct elf_image *image = open_bytes(elf.data, elf.size);
	free(elf.data);
	return image;
}

static struct elf_image *open_self(void)
{
	struct elf_image *image;
	assert_null(elf_image_open("/proc/self/exe", &image));
	return image;
}

static void test_self_headers(void **state)
{
	(void)state;
	_cleanup_(elf_image_cleanup) struct elf_image *image = open_self();
	assert_string_equal(elf_image_path(image), "/proc/self/exe");
	uint64_t bias = getauxval(AT_PHDR) - elf_image_phdr_address(image);
	assert_int_equal(bias % 4096, 0);
	assert_int_equal(bias != 0, elf_image_is_relocatable(image));
	assert_int_equal(elf_image_entry(image) + bias, getauxval(AT_ENTRY));
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments), entered = 0;
	for (size_t i = 0; i < count; i++)
		if (segments[i].executable && elf_image_entry(image) >= segments[i].address &&
			elf_image_entry(image) - segments[i].address < segments[i].memory_size)
			entered++;
	assert_int_equal(entered, 1);
	struct bytes code;
	assert_true(elf_image_bytes_at(image, elf_image_entry(image), 16, &code));
	assert_memory_equal(code.data, (void *)getauxval(AT_ENTRY), 16);
	assert_false(elf_image_bytes_at(image, elf_image_entry(image), 1 << 30, &code));
	assert_false(elf_image_bytes_at(image, UINT64_MAX - 4, 16, &code));
	assert_null(elf_image_go_build_id(image));
}

static void test_self_symbols(void **state)
{
	(void)state;
	_cleanup_(elf_image_cleanup) struct elf_image *image = open_self();
	uint64_t bias = getauxval(AT_PHDR) - elf_image_phdr_address(image);
	struct elf_symbol symbol;
	assert_true(elf_image_symbol(image, "function_to_find", &symbol));
	assert_int_equal(symbol.address + bias, (uintptr_t)function_to_find);
	assert_true(symbol.is_function);
	assert_string_equal(symbol.name, "function_to_find");
	struct elf_symbol containing;
	assert_true(elf_image_function_at(image, symbol.address + symbol.size - 1, &containing));
	assert_string_equal(containing.name, "function_to_find");
	assert_false(elf_image_symbol(image, "function_to_fin", &symbol));
	assert_false(elf_image_symbol(image, "", &symbol));
	assert_false(elf_image_function_at(image, 0, &symbol));
}

static void test_self_sections(void **state)
{
	(void)state;
	_cleanup_(elf_image_cleanup) struct elf_image *image = open_self();
	struct elf_section text, bss;
	struct bytes bytes, same;
	assert_true(elf_image_section(image, ".text", &text));
	assert_null(elf_image_section_bytes(image, &text, &bytes));
	assert_int_equal(bytes.size, text.size);
	assert_true(elf_image_bytes_at(image, text.address, text.size, &same));
	assert_ptr_equal(bytes.data, same.data);
	assert_true(elf_image_section(image, ".bss", &bss));
	assert_null(elf_image_section_bytes(image, &bss, &bytes));
	assert_int_equal(bytes.size, 0);
	assert_false(elf_image_section(image, ".tex", &text));
}

static const char payload[] =
	"what the section holds, what the section holds, what the section holds";

static void expect_payload(struct elf_image *image, const char *name)
{
	struct elf_section section;
	struct bytes bytes;
	assert_true(elf_image_section(image, name, &section));
	assert_int_equal(section.size, sizeof(payload));
	/* Twice: the second result is the cached one. */
	for (int i = 0; i < 2; i++) {
		assert_null(elf_image_section_bytes(image, &section, &bytes));
		assert_int_equal(bytes.size, sizeof(payload));
		assert_memory_equal(bytes.data, payload, sizeof(payload));
	}
}

/* `header`, then `payload` deflated. */
static struct fixture_bytes compress_payload(const void *header, size_t size)
{
	struct fixture_bytes out = fixture_bytes_create();
	fixture_put(&out, header, size);
	uLongf compressed = FIXTURE_CAPACITY - out.size;
	assert_int_equal(
		compress(out.data + out.size, &compressed, (const Bytef *)payload, sizeof(payload)),
		Z_OK);
	out.size += compressed;
	return out;
}

static void test_compressed_sections(void **state)
{
	(void)state;
	Elf64_Chdr header = {
		.ch_type = ELFCOMPRESS_ZLIB, .ch_size = sizeof(payload), .ch_addralign = 1};
	const uint8_t old_header[12] = {'Z', 'L', 'I', 'B', [11] = sizeof(payload)};
	struct fixture_bytes new_style = compress_payload(&header, sizeof(header));
	struct fixture_bytes old_style = compress_payload(old_header, sizeof(old_header));
	const struct fixture_section sections[] = {
		{".debug_info", SHT_PROGBITS, SHF_COMPRESSED, new_style.data, new_style.size, 0, 0},
		{".zdebug_abbrev", SHT_PROGBITS, 0, old_style.data, old_style.size, 0, 0},
		{".zdebug_str", SHT_PROGBITS, 0, payload, sizeof(payload), 0, 0},
	};
	_cleanup_(elf_image_cleanup) struct elf_image *image = open_sections(sections, 3);
	expect_payload(image, ".debug_info");
	expect_payload(image, ".debug_abbrev");
	expect_payload(image, ".zdebug_abbrev");
	expect_payload(image, ".debug_str");
	free(new_style.data);
	free(old_style.data);
}

static void expect_damaged(const Elf64_Chdr *header, size_t cut, const char *message)
{
	struct fixture_bytes bytes = compress_payload(header, sizeof(*header));
	const struct fixture_section sections[] = {
		{".debug_info", SHT_PROGBITS, SHF_COMPRESSED, bytes.data, bytes.size - cut, 0, 0},
	};
	_cleanup_(elf_image_cleanup) struct elf_image *image = open_sections(sections, 1);
	struct elf_section section;
	struct bytes contents;
	assert_true(elf_image_section(image, ".debug_info", &section));
	struct error *err = elf_image_section_bytes(image, &section, &contents);
	assert_non_null(err);
	assert_non_null(strstr(err->message, message));
	error_destroy(err);
	free(bytes.data);
}

static void test_damaged_compression(void **state)
{
	(void)state;
	Elf64_Chdr header = {.ch_type = ELFCOMPRESS_ZLIB, .ch_size = sizeof(payload)};
	expect_damaged(&header, 5, "zlib rejects it");
	header.ch_size++;
	expect_damaged(&header, 0, "zlib rejects it");
	header.ch_size = UINT64_MAX;
	expect_damaged(&header, 0, "damaged compression header");
	header.ch_size = 1ULL << 40;
	expect_damaged(&header, 0, "damaged compression header");
	header.ch_type = 2; /* zstd */
	expect_damaged(&header, 0, "only zlib is supported");
}

static void test_symbol_tables(void **state)
{
	(void)state;
	static const char strings[] = "\0twice\0outer\0inner\0unsized\0undefined\0data";
	const unsigned char local_function = ELF64_ST_INFO(STB_LOCAL, STT_FUNC);
	const unsigned char global_function = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
	const Elf64_Sym symbols[] = {
		{0}, {1, local_function, 0, 1, 0x5000, 16}, {1, global_function, 0, 1, 0x4000, 16},
		{7, global_function, 0, 1, 0x1000, 0x100},
		{13, global_function, 0, 1, 0x1010, 0x10}, {19, global_function, 0, 1, 0x2000, 0},
		{27, global_function, 0, SHN_UNDEF, 0, 0},
		{37, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), 0, 1, 0x6000, 8},
		{0xffffff, global_function, 0, 1, 0x7000,
			8}, /* its name is outside the string table */
	};
	const struct fixture_section sections[] = {
		{".symtab", SHT_SYMTAB, 0, symbols, sizeof(symbols), 2, sizeof(Elf64_Sym)},
		{".strtab", SHT_STRTAB, 0, strings, sizeof(strings), 0, 0},
	};
	_cleanup_(elf_image_cleanup) struct elf_image *image = open_sections(sections, 2);
	struct elf_symbol symbol;
	assert_true(elf_image_symbol(image, "twice", &symbol));
	assert_int_equal(symbol.address, 0x4000);
	assert_false(elf_image_symbol(image, "undefined", &symbol));
	assert_true(elf_image_symbol(image, "data", &symbol));
	assert_false(symbol.is_function);
	assert_true(elf_image_function_at(image, 0x1015, &symbol));
	assert_string_equal(symbol.name, "inner");
	assert_true(elf_image_function_at(image, 0x1020, &symbol));
	assert_string_equal(symbol.name, "outer");
	assert_false(elf_image_function_at(image, 0x1100, &symbol));
	assert_true(elf_image_function_at(image, 0x2abc, &symbol));
	assert_string_equal(symbol.name, "unsized");
	assert_false(elf_image_function_at(image, 0x6000, &symbol));
	assert_true(elf_image_function_at(image, 0x7000, &symbol));
	assert_string_equal(symbol.name, "");
}

static void test_build_ids(void **state)
{
	(void)state;
	static const uint8_t gnu_note[] = {4, 0, 0, 0, 3, 0, 0, 0, NT_GNU_BUILD_ID, 0, 0, 0, 'G',
		'N', 'U', 0, 0xab, 0xcd, 0xef, 0};
	static const uint8_t go_note[] = {
		4, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 'G', 'o', 0, 0, 'a', '/', 'b', '/', 'c'};
	static const uint8_t endless_note[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 4, 0, 0, 0};
	const struct fixture_section sections[] = {
		{".note.bad", SHT_NOTE, SHF_ALLOC, endless_note, sizeof(endless_note), 0, 0},
		{".note.gnu.build-id", SHT_NOTE, SHF_ALLOC, gnu_note, sizeof(gnu_note), 0, 0},
		{".note.go.buildid", SHT_NOTE, SHF_ALLOC, go_note, sizeof(go_note), 0, 0},
	};
	_cleanup_(elf_image_cleanup) struct elf_image *image = open_sections(sections, 3);
	struct bytes id = elf_image_build_id(image);
	assert_int_equal(id.size, 3);
	assert_memory_equal(id.data, "\xab\xcd\xef", 3);
	assert_string_equal(elf_image_go_build_id(image), "a/b/c");
}

static void expect_refused(const void *data, size_t size, const char *message)
{
	char *path = fixture_write(data, size);
	struct elf_image *image;
	struct error *err = elf_image_open(path, &image);
	if (!err)
		fail_msg("opened what should be refused with \"%s\"", message);
	if (!strstr(err->message, message) || !strstr(err->message, path))
		fail_msg("\"%s\" does not say \"%s\"", err->message, message);
	error_destroy(err);
	fixture_remove(path);
}

static void test_other_files(void **state)
{
	(void)state;
	expect_refused("", 0, "is an empty file");
	expect_refused("#!/bin/sh\n", 10, "a script");
	expect_refused("hello", 5, "is not an ELF program");
	expect_refused(ELFMAG, 4, "truncated");
	struct elf_image *image;
	struct error *err = elf_image_open("/", &image);
	assert_non_null(strstr(err->message, "is a directory"));
	error_destroy(err);
	err = elf_image_open("/no/such/file", &image);
	assert_int_equal(err->code, ERROR_SYSTEM);
	error_destroy(err);
	err = elf_image_open("/dev/null", &image);
	assert_non_null(strstr(err->message, "is a device"));
	error_destroy(err);
}

static void test_other_elf_files(void **state)
{
	(void)state;
	struct fixture_bytes elf = fixture_elf(NULL, 0);
	Elf64_Ehdr header;
	memcpy(&header, elf.data, sizeof(header));
	struct {
		size_t offset;
		uint8_t value;
		const char *message;
	} cases[] = {
		{EI_CLASS, ELFCLASS32, "is a 32-bit program"},
		{EI_CLASS, 7, "damaged ELF header"},
		{EI_DATA, ELFDATA2MSB, "big-endian"},
		{offsetof(Elf64_Ehdr, e_machine), EM_AARCH64, "is a program for ARM64"},
		{offsetof(Elf64_Ehdr, e_machine), 99, "ELF machine 99"},
		{offsetof(Elf64_Ehdr, e_type), ET_CORE, "is a core dump, not a program"},
		{offsetof(Elf64_Ehdr, e_type), ET_REL, "is an unlinked object file"},
		{offsetof(Elf64_Ehdr, e_phentsize), 1, "damaged ELF header"},
		{offsetof(Elf64_Ehdr, e_phoff) + 7, 1, "truncated"},
		{offsetof(Elf64_Ehdr, e_shoff) + 7, 1, "truncated"},
		{sizeof(header) + offsetof(Elf64_Phdr, p_filesz) + 7, 1, "truncated"},
		{sizeof(header) + offsetof(Elf64_Phdr, p_memsz) + 7, 0xff, "impossible sizes"},
	};
	for (size_t i = 0; i < array_length(cases); i++) {
		uint8_t before = elf.data[cases[i].offset];
		elf.data[cases[i].offset] = cases[i].value;
		expect_refused(elf.data, elf.size, cases[i].message);
		elf.data[cases[i].offset] = before;
	}
	free(elf.data);
}

/* Queries everything. Any result is correct; a crash is not. */
static void use(const char *path)
{
	struct elf_image *image;
	struct error *err = elf_image_open(path, &image);
	if (err) {
		error_destroy(err);
		return;
	}
	static const char *const names[] = {
		".text", ".bss", ".debug_info", ".symtab", ".dynstr", ""};
	for (size_t i = 0; i < array_length(names); i++) {
		struct elf_section section;
		struct bytes bytes;
		if (elf_image_section(image, names[i], &section))
			error_destroy(elf_image_section_bytes(image, &section, &bytes));
	}
	struct elf_symbol symbol;
	elf_image_symbol(image, "function_to_find", &symbol);
	elf_image_function_at(image, elf_image_entry(image), &symbol);
	elf_image_close(image);
}

static void test_truncated(void **state)
{
	(void)state;
	struct fixture_bytes self = fixture_read("/proc/self/exe");
	char *path = fixture_write(self.data, self.size);
	for (size_t size = self.size; size; size -= size / 16 + 1) {
		assert_int_equal(truncate(path, (off_t)size), 0);
		use(path);
	}
	fixture_remove(path);
	free(self.data);
}

static void damage(FILE *file, const struct fixture_bytes *from, size_t start, size_t end)
{
	for (int i = 0; i < 8; i++) {
		size_t at = start + (size_t)rand() % (end - start);
		static const int values[] = {0, 0xff, 0x7f, 0x80};
		fseek(file, (long)at, SEEK_SET);
		fputc(rand() % 2 ? values[rand() % 4] : from->data[at] ^ 1 << rand() % 8, file);
	}
	fflush(file);
}

static void test_damaged_headers(void **state)
{
	(void)state;
	struct fixture_bytes self = fixture_read("/proc/self/exe");
	Elf64_Ehdr header;
	memcpy(&header, self.data, sizeof(header));
	size_t sections_end = header.e_shoff + header.e_shnum * sizeof(Elf64_Shdr);
	char *path = fixture_write(self.data, self.size);
	FILE *file = fopen(path, "r+");
	assert_non_null(file);
	srand(1);
	for (int i = 0; i < 400; i++) {
		if (i % 2)
			damage(file, &self, EI_NIDENT, 1024);
		else
			damage(file, &self, header.e_shoff, sections_end);
		use(path);
		rewind(file);
		fwrite(self.data, 1, 1024, file);
		fseek(file, (long)header.e_shoff, SEEK_SET);
		fwrite(self.data + header.e_shoff, 1, sections_end - header.e_shoff, file);
		fflush(file);
	}
	fclose(file);
	fixture_remove(path);
	free(self.data);
}

/* Each segment is searched, so their total size must not be much larger than the file. */
static void test_overlapping_segments(void **state)
{
	(void)state;
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segments[16];
	} file = {.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT},
			  .e_type = ET_EXEC,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_phoff = sizeof(Elf64_Ehdr),
			  .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 16}};
	for (size_t i = 0; i < array_length(file.segments); i++)
		file.segments[i] = (Elf64_Phdr){.p_type = PT_LOAD,
			.p_vaddr = 0x400000 + i * 0x1000,
			.p_filesz = sizeof(file),
			.p_memsz = sizeof(file)};
	expect_refused(&file, sizeof(file), "segments overlap");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_self_headers),
		cmocka_unit_test(test_self_symbols),
		cmocka_unit_test(test_self_sections),
		cmocka_unit_test(test_compressed_sections),
		cmocka_unit_test(test_damaged_compression),
		cmocka_unit_test(test_symbol_tables),
		cmocka_unit_test(test_build_ids),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_other_elf_files),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_damaged_headers),
		cmocka_unit_test(test_overlapping_segments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
