/*
 * Implements libdwarf's object access interface, in the old and the new form, over an elf_image.
 *
 * libdwarf sees a file with only the sections it needs, uncompressed and without relocations.
 */
#include "dwarf/debug/libdwarf_compat.h"

/* Release 0.1.0 introduced both the version macro and the new structures. */
#ifdef DW_LIBDWARF_VERSION
typedef Dwarf_Obj_Access_Interface_a access_interface;
typedef Dwarf_Obj_Access_Methods_a access_methods;
typedef Dwarf_Obj_Access_Section_a access_section;
typedef Dwarf_Unsigned access_index;
typedef Dwarf_Small access_byte_order;
#define INTERFACE_FIELD(field) ai_##field
#define METHOD_FIELD(field) om_##field
#define SECTION_FIELD(field) as_##field
#define BYTE_ORDER_LITTLE DW_END_little
#define session_finish(handle, error) dwarf_object_finish(handle)
#else
typedef Dwarf_Obj_Access_Interface access_interface;
typedef Dwarf_Obj_Access_Methods access_methods;
typedef Dwarf_Obj_Access_Section access_section;
typedef Dwarf_Half access_index;
typedef Dwarf_Endianness access_byte_order;
#define INTERFACE_FIELD(field) field
#define METHOD_FIELD(field) field
#define SECTION_FIELD(field) field
#define BYTE_ORDER_LITTLE DW_OBJECT_LSB
#define session_finish(handle, error) dwarf_object_finish(handle, error)
#endif

/* The first is ELF's empty section 0, which libdwarf expects. */
static const char *const section_names[] = {
	"",
	".debug_info",
	".debug_abbrev",
	".debug_str",
	".debug_line_str",
	".debug_str_offsets",
	".debug_addr", /* a unit's first entry may refer to it */
	".debug_frame",
};

struct libdwarf_session {
	struct elf_image *image;
	access_interface interface;
	Dwarf_Debug handle;
};

static int get_section_info(void *object, access_index index, access_section *ret, int *error)
{
	struct libdwarf_session *session = object;
	(void)error;
	*ret = (access_section){0};
	if (index >= array_length(section_names))
		return DW_DLV_NO_ENTRY;
	ret->SECTION_FIELD(name) = section_names[index];
	struct elf_section section;
	if (index == 0 || !elf_image_section(session->image, section_names[index], &section))
		return DW_DLV_OK;
	ret->SECTION_FIELD(type) = 1; /* SHT_PROGBITS */
	ret->SECTION_FIELD(size) = section.size;
	return DW_DLV_OK;
}

static int load_section(void *object, access_index index, Dwarf_Small **ret, int *error)
{
	struct libdwarf_session *session = object;
	struct elf_section section;
	struct bytes contents;
	if (index >= array_length(section_names) ||
		!elf_image_section(session->image, section_names[index], &section))
		return DW_DLV_NO_ENTRY;
	struct error *err = elf_image_section_bytes(session->image, &section, &contents);
	if (err || contents.size != section.size) {
		error_destroy(err);
		*error = DW_DLE_MDE; /* "missing section"; the number is never shown */
		return DW_DLV_ERROR;
	}
	/* libdwarf only reads through it, although its type is not const. */
	memcpy(ret, &contents.data, sizeof(*ret));
	return DW_DLV_OK;
}

static access_byte_order get_byte_order(void *object)
{
	(void)object;
	return BYTE_ORDER_LITTLE;
}

static Dwarf_Small get_eight(void *object)
{
	(void)object;
	return 8;
}

static Dwarf_Unsigned get_section_count(void *object)
{
	(void)object;
	return array_length(section_names);
}

#ifdef DW_LIBDWARF_VERSION
/* An upper bound for sizes; decompressed contents may be larger than the file. */
static Dwarf_Unsigned get_file_size(void *object)
{
	(void)object;
	return INT64_MAX;
}
#endif

static const access_methods methods = {
	.METHOD_FIELD(get_section_info) = get_section_info,
	.METHOD_FIELD(get_byte_order) = get_byte_order,
	.METHOD_FIELD(get_length_size) = get_eight,
	.METHOD_FIELD(get_pointer_size) = get_eight,
	.METHOD_FIELD(get_section_count) = get_section_count,
	.METHOD_FIELD(load_section) = load_section,
#ifdef DW_LIBDWARF_VERSION
	.METHOD_FIELD(get_filesize) = get_file_size,
#endif
};

struct error *libdwarf_session_open(struct elf_image *image, struct libdwarf_session **ret)
{
	struct libdwarf_session *session = calloc(1, sizeof(*session));
	if (!session)
		return error_no_memory();
	session->image = image;
	session->interface.INTERFACE_FIELD(object) = session;
	session->interface.INTERFACE_FIELD(methods) = &methods;
	Dwarf_Error error = NULL;
	int result = dwarf_object_init_b(
		&session->interface, NULL, NULL, DW_GROUPNUMBER_ANY, &session->handle, &error);
	if (result == DW_DLV_OK) {
		*ret = session;
		return NULL;
	}
	struct error *err = error_create(ERROR_BAD_DATA, "libdwarf cannot read the DWARF of %s: %s",
		elf_image_path(image),
		result == DW_DLV_ERROR ? dwarf_errmsg(error) : "it finds no entries");
	if (result == DW_DLV_ERROR)
		dwarf_dealloc_error(NULL, error);
	free(session);
	return err;
}

void libdwarf_session_close(struct libdwarf_session *session)
{
	if (!session)
		return;
	Dwarf_Error error = NULL;
	(void)error;
	session_finish(session->handle, &error);
	free(session);
}

Dwarf_Debug libdwarf_session_handle(const struct libdwarf_session *session)
{
	return session->handle;
}
