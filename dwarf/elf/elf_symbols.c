/*
 * Symbols of an ELF file: one index by name and one by address, each built on first use.
 *
 * A Go program has up to hundreds of thousands of symbols, and most sessions look up about fifty.
 * So the index takes four bytes per slot, and names are compared in the file's own string table.
 */
#include "dwarf/base/bisect.h"
#include "dwarf/elf/elf_internal.h"

enum {
	/* A file that claims more symbols is damaged. */
	MAX_SYMBOLS = 1 << 27,
	/* Functions that may start before an address without containing it (aliases, size 0). */
	MAX_LOOK_BACK = 32,
	/* Avoids quadratic time for a file whose names all collide or are all equal. */
	MAX_PROBES = 1024,
	/* The same for a file whose names are all suffixes of one another. */
	MAX_NAME_VISITS = 4,
	MIN_NAME_BYTES = 1 << 20,
};

void symbol_table_deinit(struct symbol_table *table)
{
	free(table->slots);
	free(table->functions);
}

/* Hashes eight bytes at a time: names of generic types are hundreds of bytes long. */
static uint32_t hash_name(const char *name, size_t length)
{
	const uint64_t multiplier = 0x9e3779b97f4a7c15;
	uint64_t hash = length;
	for (; length >= 8; name += 8, length -= 8) {
		uint64_t word;
		memcpy(&word, name, sizeof(word));
		hash = (hash ^ word) * multiplier;
		hash ^= hash >> 32;
	}
	uint64_t rest = 0;
	memcpy(&rest, name, length);
	hash = (hash ^ rest) * multiplier;
	return (uint32_t)(hash >> 32);
}

static bool find_table(struct elf_image *image, uint32_t type)
{
	struct symbol_table *table = &image->symbols;
	for (size_t i = 1; i < image->section_count; i++) {
		const Elf64_Shdr *header = elf_section_header(image, i);
		if (!header || header->sh_type != type || header->sh_entsize != sizeof(Elf64_Sym))
			continue;
		const Elf64_Shdr *strings = elf_section_header(image, header->sh_link);
		struct bytes raw;
		if (!strings || !elf_section_raw(image, strings, &table->strings) ||
			!elf_section_raw(image, header, &raw))
			continue;
		if (raw.size / sizeof(Elf64_Sym) > MAX_SYMBOLS ||
			(uintptr_t)raw.data % _Alignof(Elf64_Sym) != 0)
			continue;
		table->symbols = (const Elf64_Sym *)(const void *)raw.data;
		table->count = (uint32_t)(raw.size / sizeof(Elf64_Sym));
		return true;
	}
	return false;
}

static struct symbol_table *symbols_of(struct elf_image *image)
{
	struct symbol_table *table = &image->symbols;
	if (!table->loaded) {
		table->loaded = true;
		if (!find_table(image, SHT_SYMTAB))
			find_table(image, SHT_DYNSYM);
	}
	return table->count ? table : NULL;
}

static bool is_defined(const Elf64_Sym *symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);
	return symbol->st_shndx != SHN_UNDEF && type != STT_SECTION && type != STT_FILE;
}

static bool is_function(const Elf64_Sym *symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);
	return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_GNU_IFUNC);
}

static bool index_names(struct symbol_table *table)
{
	uint32_t size = 16;
	while (size / 2 < table->count)
		size *= 2;
	table->slots = calloc(size, sizeof(*table->slots));
	if (!table->slots)
		return false;
	table->slot_mask = size - 1;
	uint64_t visited = 0,
		 limit = MIN_NAME_BYTES + MAX_NAME_VISITS * (uint64_t)table->strings.size;
	for (uint32_t i = 0; i < table->count; i++) {
		const Elf64_Sym *symbol = &table->symbols[i];
		if (!is_defined(symbol) || symbol->st_name >= table->strings.size)
			continue;
		const char *name = (const char *)table->strings.data + symbol->st_name;
		size_t length = strnlen(name, table->strings.size - symbol->st_name);
		visited += length;
		if (visited > limit)
			break;
		uint32_t slot = hash_name(name, length) & table->slot_mask;
		for (int probe = 0; table->slots[slot] && probe < MAX_PROBES; probe++)
			slot = (slot + 1) & table->slot_mask;
		if (!table->slots[slot])
			table->slots[slot] = i + 1;
	}
	return true;
}

static struct elf_symbol describe_symbol(const struct symbol_table *table, const Elf64_Sym *symbol)
{
	const char *name = bytes_string(table->strings, symbol->st_name);
	return (struct elf_symbol){
		.name = name ? name : "",
		.address = symbol->st_value,
		.size = symbol->st_size,
		.is_function = is_function(symbol),
	};
}

bool elf_image_symbol(struct elf_image *image, const char *name, struct elf_symbol *ret)
{
	struct symbol_table *table = symbols_of(image);
	if (!table || (!table->slots && !index_names(table)))
		return false;
	const Elf64_Sym *found = NULL;
	size_t size = strlen(name) + 1;
	uint32_t slot = hash_name(name, size - 1) & table->slot_mask;
	for (int probe = 0; table->slots[slot] && probe <= MAX_PROBES;
		probe++, slot = (slot + 1) & table->slot_mask) {
		const Elf64_Sym *symbol = &table->symbols[table->slots[slot] - 1];
		struct bytes candidate;
		if (!bytes_slice(table->strings, symbol->st_name, size, &candidate) ||
			memcmp(candidate.data, name, size) != 0)
			continue;
		/* Several C files may have a local symbol of this name; prefer the global one. */
		bool is_global = ELF64_ST_BIND(symbol->st_info) != STB_LOCAL;
		if (!found || is_global)
			found = symbol;
		if (is_global)
			break;
	}
	if (!found)
		return false;
	*ret = describe_symbol(table, found);
	return true;
}

static int compare_functions(const void *a, const void *b, void *context)
{
	const struct symbol_table *table = context;
	uint32_t i, j;
	memcpy(&i, a, sizeof(i));
	memcpy(&j, b, sizeof(j));
	const Elf64_Sym *x = &table->symbols[i], *y = &table->symbols[j];
	if (x->st_value != y->st_value)
		return x->st_value < y->st_value ? -1 : 1;
	if (x->st_size != y->st_size)
		return x->st_size < y->st_size ? -1 : 1;
	return i < j ? -1 : i > j;
}

static bool sort_functions(struct symbol_table *table)
{
	uint32_t *functions = calloc(table->count, sizeof(*functions));
	if (!functions)
		return false;
	uint32_t count = 0;
	bool in_order = true;
	for (uint32_t i = 0; i < table->count; i++) {
		if (!is_function(&table->symbols[i]))
			continue;
		functions[count++] = i;
		/*
		 * Go's linker writes symbols in order of address, so sorting is rarely necessary.
		 */
		if (count > 1 && compare_functions(&functions[count - 2], &i, table) > 0)
			in_order = false;
	}
	if (!in_order)
		qsort_r(functions, count, sizeof(*functions), compare_functions, table);
	table->functions = functions;
	table->function_count = count;
	table->sorted = true;
	return true;
}

bool elf_image_function_at(struct elf_image *image, uint64_t address, struct elf_symbol *ret)
{
	struct symbol_table *table = symbols_of(image);
	if (!table || (!table->sorted && !sort_functions(table)))
		return false;
	size_t next = bisect(
		i, table->function_count, table->symbols[table->functions[i]].st_value > address);
	const Elf64_Sym *nearest_without_size = NULL;
	for (size_t i = next; i > 0 && next - i < MAX_LOOK_BACK; i--) {
		const Elf64_Sym *symbol = &table->symbols[table->functions[i - 1]];
		if (address - symbol->st_value < symbol->st_size) {
			*ret = describe_symbol(table, symbol);
			return true;
		}
		if (symbol->st_size == 0 && i == next)
			nearest_without_size = symbol;
	}
	if (!nearest_without_size)
		return false;
	*ret = describe_symbol(table, nearest_without_size);
	return true;
}

bool elf_image_variable_at(struct elf_image *image, uint64_t address, struct elf_symbol *ret)
{
	const struct symbol_table *table = symbols_of(image);
	for (uint32_t i = 0; table && i < table->count; i++) {
		const Elf64_Sym *symbol = &table->symbols[i];
		if (ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT && is_defined(symbol) &&
			address - symbol->st_value < symbol->st_size) {
			*ret = describe_symbol(table, symbol);
			return true;
		}
	}
	return false;
}
