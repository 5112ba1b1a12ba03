/* Reads .debug_frame: see frame_table.h. */
#include "dwarf/debug/frame_table.h"

#include "dwarf/debug/libdwarf_compat.h"

struct frame_table {
	struct libdwarf_session *session;
	Dwarf_Cie *cies;
	Dwarf_Fde *fdes;
	Dwarf_Signed cie_count, fde_count;
};

static bool succeeded(const struct frame_table *table, int result, Dwarf_Error error)
{
	if (result == DW_DLV_ERROR)
		dwarf_dealloc_error(libdwarf_session_handle(table->session), error);
	return result == DW_DLV_OK;
}

static void close_cleanup(struct frame_table **table)
{
	frame_table_close(*table);
}

struct error *frame_table_open(struct elf_image *image, struct frame_table **ret)
{
	struct elf_section section;
	if (!elf_image_section(image, ".debug_frame", &section) || !section.size)
		return error_create(ERROR_NOT_FOUND,
			"%s has no DWARF frame information (section .debug_frame)",
			elf_image_path(image));
	_cleanup_(close_cleanup) struct frame_table *table = calloc(1, sizeof(*table));
	if (!table)
		return error_no_memory();
	struct error *err = libdwarf_session_open(image, &table->session);
	if (err)
		return err;
	Dwarf_Error error = NULL;
	int result = dwarf_get_fde_list(libdwarf_session_handle(table->session), &table->cies,
		&table->cie_count, &table->fdes, &table->fde_count, &error);
	if (result != DW_DLV_OK) {
		err = error_create(ERROR_BAD_DATA,
			"libdwarf cannot read the DWARF frame information of %s: %s",
			elf_image_path(image),
			result == DW_DLV_ERROR ? dwarf_errmsg(error) : "it finds no entries");
		succeeded(table, result, error);
		table->fdes = NULL;
		return err;
	}
	*ret = take_pointer(table);
	return NULL;
}

void frame_table_close(struct frame_table *table)
{
	if (!table)
		return;
	if (table->fdes)
		libdwarf_free_frames(libdwarf_session_handle(table->session), table->cies,
			table->cie_count, table->fdes, table->fde_count);
	libdwarf_session_close(table->session);
	free(table);
}

/* Reads the common information entry. Accepts only one without augmentation, as Go writes. */
static bool read_common(const struct frame_table *table, Dwarf_Fde fde, struct frame_rules *ret)
{
	Dwarf_Cie cie;
	Dwarf_Error error = NULL;
	Dwarf_Unsigned size, code_alignment, initial_size;
	Dwarf_Signed data_alignment;
	Dwarf_Small version;
	Dwarf_Half return_register, offset_size;
	char *augmentation = NULL;
	libdwarf_bytes initial = NULL;
	if (!succeeded(table, dwarf_get_cie_of_fde(fde, &cie, &error), error) ||
		!succeeded(table,
			dwarf_get_cie_info_b(cie, &size, &version, &augmentation, &code_alignment,
				&data_alignment, &return_register, &initial, &initial_size,
				&offset_size, &error),
			error) ||
		(augmentation && *augmentation))
		return false;
	ret->code_alignment = code_alignment;
	ret->data_alignment = data_alignment;
	ret->return_register = return_register;
	ret->initial = (struct bytes){(const uint8_t *)initial, initial_size};
	return true;
}

bool frame_table_find(const struct frame_table *table, uint64_t pc, struct frame_rules *ret)
{
	Dwarf_Error error = NULL;
	Dwarf_Fde fde;
	Dwarf_Addr low, high;
	libdwarf_bytes instructions = NULL;
	Dwarf_Unsigned size;
	if (table->fde_count <= 0 ||
		!succeeded(table, dwarf_get_fde_at_pc(table->fdes, pc, &fde, &low, &high, &error),
			error) ||
		pc < low || pc > high ||
		!succeeded(
			table, dwarf_get_fde_instr_bytes(fde, &instructions, &size, &error), error))
		return false;
	ret->low = low;
	ret->size = high - low + 1;
	ret->instructions = (struct bytes){(const uint8_t *)instructions, size};
	return read_common(table, fde, ret);
}
