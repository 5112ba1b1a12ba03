/* Looks for what only one compiler writes: see go_compiler.h. */
#include "dwarf/elf/go_compiler.h"

static bool section_mentions(struct elf_image *image, const char *section_name, const char *text)
{
	struct elf_section section;
	struct bytes bytes;
	if (!elf_image_section(image, section_name, &section))
		return false;
	struct error *err = elf_image_section_bytes(image, &section, &bytes);
	error_destroy(err);
	return !err && bytes.size && memmem(bytes.data, bytes.size, text, strlen(text));
}

const char *other_go_compiler(struct elf_image *image)
{
	struct elf_section section;
	/* Export data, which strip keeps; the name of the library, if that was removed. */
	if (elf_image_section(image, ".go_export", &section) ||
		section_mentions(image, ".dynstr", "libgo.so."))
		return "gccgo";
	/* Functions of its runtime (tinygo_startTask, …), and its name as a producer. */
	if (section_mentions(image, ".strtab", "tinygo_") ||
		section_mentions(image, ".debug_str", "TinyGo"))
		return "TinyGo";
	return NULL;
}
