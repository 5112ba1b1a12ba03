/* Parsing the names of Go releases: see go_version.h. */
#include "dbg/go/program/go_version.h"

#include <ctype.h>
#include <string.h>

enum { MAX_NUMBER = 100000, FIRST_WITH_PATCH = 21 };

static bool skip(const char **text, const char *word)
{
	size_t length = strlen(word);
	if (strncmp(*text, word, length) != 0)
		return false;
	*text += length;
	return true;
}

/* Parses a decimal number; false if there is none or it is too large. */
static bool number(const char **text, unsigned *ret)
{
	const char *start = *text;
	unsigned value = 0;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		value = value * 10 + (unsigned)(**text - '0');
		if (value > MAX_NUMBER)
			return false;
	}
	*ret = value;
	return *text != start;
}

/* The first word that starts with "go" and a digit; NULL if there is none. */
static const char *release_word(const char *text)
{
	for (const char *at = text; (at = strstr(at, "go")); at += strlen("go")) {
		bool starts = at == text || !isalnum((unsigned char)at[-1]);
		if (starts && isdigit((unsigned char)at[2]))
			return at + strlen("go");
	}
	return NULL;
}

/*
 * "-devel_0a1b2c" (since 1.25) and a vendor's "-20250209-RC00": since 1.21 a release has a patch
 * number, so that something without one was built between releases.
 */
static bool is_between_releases(const char *suffix, unsigned minor)
{
	return skip(&suffix, "-devel") || (*suffix == '-' && minor >= FIRST_WITH_PATCH);
}

bool go_version_parse(const char *text, struct go_version *ret)
{
	struct go_version version = {.experiments = ""};
	const char *suffix = strstr(text, " X:");
	if (!suffix)
		suffix = strstr(text, "-X:"); /* since 1.26 */
	if (suffix)
		version.experiments = suffix + strlen(" X:");
	version.development = skip(&text, "devel ");
	text = release_word(text);
	if (!text || !number(&text, &version.major) || !skip(&text, ".") ||
		!number(&text, &version.minor))
		return false;
	if (skip(&text, "."))
		number(&text, &version.patch);
	else if (skip(&text, "rc") || skip(&text, "beta"))
		version.candidate = true;
	else
		version.development |= is_between_releases(text, version.minor);
	*ret = version;
	return true;
}

bool go_version_has_experiment(const struct go_version *version, const char *experiment)
{
	size_t length = strlen(experiment);
	for (const char *word = version->experiments; *word;) {
		size_t size = strcspn(word, ", ");
		if (size == length && memcmp(word, experiment, size) == 0)
			return true;
		word += size;
		if (*word != ',')
			return false;
		word++;
	}
	return false;
}

int go_version_compare_minor(const struct go_version *a, const struct go_version *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return 0;
}
