/* Finds and parses the build info that Go's linker writes: see build_info.h. */
#include "dwarf/elf/build_info.h"

#include "dwarf/base/go_quote.h"

static const char magic[] = "\xff Go buildinf:"; /* 14 bytes without the NUL */

enum {
	MAGIC_SIZE = sizeof(magic) - 1,
	FLAGS_OFFSET = 15,
	FLAG_INLINE_STRINGS = 2, /* Go 1.18 and later */
	HEADER_SIZE = 32,
	ALIGNMENT = 16,
	FRAME_SIZE = 16, /* bytes of each sentinel around the module text */
	MAX_PAIRS = 1 << 16,
};

static struct error *damaged(struct elf_image *image, const char *what)
{
	return error_create(
		ERROR_BAD_DATA, "the build info of %s is damaged: %s", elf_image_path(image), what);
}

static bool find_magic(struct bytes data, struct bytes *ret)
{
	size_t offset = 0;
	while (offset < data.size) {
		const uint8_t *found =
			memmem(data.data + offset, data.size - offset, magic, MAGIC_SIZE);
		if (!found)
			return false;
		offset = (size_t)(found - data.data);
		if (offset % ALIGNMENT == 0)
			return bytes_slice(data, offset, data.size - offset, ret);
		offset++;
	}
	return false;
}

/* The build info and all bytes after it in its section or segment. */
static struct error *find_blob(struct elf_image *image, struct bytes *ret)
{
	struct elf_section section;
	struct bytes data;
	if (elf_image_section(image, ".go.buildinfo", &section)) {
		struct error *err = elf_image_section_bytes(image, &section, &data);
		if (err)
			return err;
		if (find_magic(data, ret))
			return NULL;
	}
	const struct elf_segment *segments;
	size_t count = elf_image_segments(image, &segments);
	for (size_t i = 0; i < count; i++) {
		const struct elf_segment *s = &segments[i];
		if (s->writable && elf_image_bytes_at(image, s->address, s->file_size, &data) &&
			find_magic(data, ret))
			return NULL;
	}
	return error_create(ERROR_NOT_FOUND,
		"%s has no Go build info: it is not a Go program, or was linked without it",
		elf_image_path(image));
}

/* Reads the string at `*offset`, which is preceded by its length as a varint. */
static bool read_string(struct bytes blob, size_t *offset, struct bytes *ret)
{
	uint64_t length = 0;
	for (unsigned shift = 0; *offset < blob.size && shift < 63; shift += 7) {
		uint8_t byte = blob.data[(*offset)++];
		length |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (!bytes_slice(blob, *offset, length, ret))
			return false;
		*offset += ret->size;
		return true;
	}
	return false;
}

static bool copy_text(struct bytes text, char **ret)
{
	free(*ret);
	*ret = strndup(text.size ? (const char *)text.data : "", text.size);
	return *ret;
}

/* Removes the part of `text` before `separator`, or all of it, and returns that part. */
static struct bytes cut(struct bytes *text, char separator)
{
	const uint8_t *end = text->size ? memchr(text->data, separator, text->size) : NULL;
	size_t size = end ? (size_t)(end - text->data) : text->size;
	struct bytes part = {text->data, size};
	size_t skip = end ? size + 1 : size;
	*text = (struct bytes){text->data + skip, text->size - skip};
	return part;
}

static bool text_equals(struct bytes text, const char *word)
{
	return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

/* Appends an empty pair; NULL if allocation fails. */
static struct build_pair *append_pair(struct build_pair **pairs, size_t *count)
{
	if (*count >= MAX_PAIRS)
		return NULL;
	/* The array doubles at powers of two, so its capacity need not be stored. */
	if ((*count & (*count - 1)) == 0) {
		struct build_pair *grown =
			reallocarray(*pairs, *count ? *count * 2 : 1, sizeof(**pairs));
		if (!grown)
			return NULL;
		*pairs = grown;
	}
	struct build_pair *pair = &(*pairs)[(*count)++];
	*pair = (struct build_pair){0};
	return pair;
}

/* -ldflags="-s -w": either side may be quoted as in Go source. */
static bool parse_setting(struct bytes line, struct build_info *info)
{
	struct build_pair *pair = append_pair(&info->settings, &info->setting_count);
	if (!pair)
		return false;
	pair->key = go_unquote_prefix(&line);
	struct bytes plain_key = cut(&line, '=');
	if (!pair->key && !copy_text(plain_key, &pair->key))
		return false;
	pair->value = go_unquote_prefix(&line);
	return pair->value || copy_text(line, &pair->value);
}

static bool parse_dependency(struct bytes line, struct build_info *info)
{
	struct build_pair *pair = append_pair(&info->dependencies, &info->dependency_count);
	return pair && copy_text(cut(&line, '\t'), &pair->key) &&
	       copy_text(cut(&line, '\t'), &pair->value);
}

/* "v1.2.3" becomes "v1.2.3 => example.com/fork v1.2.4". */
static bool parse_replacement(struct bytes line, char **version)
{
	struct bytes path = cut(&line, '\t'), new_version = cut(&line, '\t');
	if (!*version)
		return true;
	size_t old_size = strlen(*version);
	char *joined = malloc(old_size + path.size + new_version.size + 6);
	if (!joined)
		return false;
	char *end = mempcpy(joined, *version, old_size);
	end = mempcpy(end, old_size ? " => " : "=> ", old_size ? 4 : 3);
	end = mempcpy(end, path.data, path.size);
	if (new_version.size) {
		*end++ = ' ';
		end = mempcpy(end, new_version.data, new_version.size);
	}
	*end = '\0';
	free(*version);
	*version = joined;
	return true;
}

/* One line of the module text. Skips unknown keywords, which later Go releases may add. */
static bool parse_line(struct bytes line, struct build_info *info)
{
	struct bytes word = cut(&line, '\t');
	if (text_equals(word, "path"))
		return copy_text(line, &info->path);
	if (text_equals(word, "mod"))
		return copy_text(cut(&line, '\t'), &info->module) &&
		       copy_text(cut(&line, '\t'), &info->module_version);
	if (text_equals(word, "dep"))
		return parse_dependency(line, info);
	if (text_equals(word, "=>"))
		return parse_replacement(
			line, info->dependency_count
				      ? &info->dependencies[info->dependency_count - 1].value
				      : &info->module_version);
	if (text_equals(word, "build"))
		return parse_setting(line, info);
	return true;
}

static struct error *parse_modules(
	struct elf_image *image, struct bytes text, struct build_info *info)
{
	/* Programs outside any module have neither the text nor the sentinels. */
	if (text.size < 2 * FRAME_SIZE + 1 || text.data[text.size - FRAME_SIZE - 1] != '\n')
		return NULL;
	text = (struct bytes){text.data + FRAME_SIZE, text.size - 2 * FRAME_SIZE};
	for (size_t lines = 0; text.size; lines++) {
		if (lines == MAX_PAIRS)
			return damaged(image, "it has too many lines");
		if (!parse_line(cut(&text, '\n'), info))
			return error_no_memory();
	}
	return NULL;
}

struct error *build_info_read(struct elf_image *image, struct build_info *ret)
{
	*ret = (struct build_info){0};
	struct bytes blob, version, modules;
	struct error *err = find_blob(image, &blob);
	if (err)
		return err;
	if (blob.size < HEADER_SIZE)
		return damaged(image, "its header is truncated");
	if (!(blob.data[FLAGS_OFFSET] & FLAG_INLINE_STRINGS))
		return damaged(image, "it has the unsupported format of Go 1.17 or earlier");
	size_t offset = HEADER_SIZE;
	if (!read_string(blob, &offset, &version) || !read_string(blob, &offset, &modules))
		return damaged(image, "its strings extend past the end of its section");
	if (version.size && !copy_text(version, &ret->go_version))
		err = error_no_memory();
	if (!err)
		err = parse_modules(image, modules, ret);
	if (err)
		build_info_deinit(ret);
	return err;
}

static void free_pairs(struct build_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(pairs[i].key);
		free(pairs[i].value);
	}
	free(pairs);
}

void build_info_deinit(struct build_info *info)
{
	free(info->go_version);
	free(info->path);
	free(info->module);
	free(info->module_version);
	free_pairs(info->dependencies, info->dependency_count);
	free_pairs(info->settings, info->setting_count);
	*info = (struct build_info){0};
}
