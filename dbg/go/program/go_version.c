/* Parsing the names of Go releases: see go_version.h. */
#include "dbg/go/program/go_version.h"

#include <string.h>

enum { MAX_NUMBER = 100000 };

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

bool go_version_parse(const char *text, struct go_version *ret)
{
	struct go_version version = {.experiments = ""};
	const char *suffix = strstr(text, " X:");
	if (suffix)
		version.experiments = suffix + strlen(" X:");
	version.development = skip(&text, "devel ");
	if (!skip(&text, "go") || !number(&text, &version.major) || !skip(&text, ".") ||
		!number(&text, &version.minor))
		return false;
	if (skip(&text, "."))
		number(&text, &version.patch);
	else if (skip(&text, "rc") || skip(&text, "beta"))
		version.candidate = true;
	else if (skip(&text, "-devel")) /* "go1.26-devel_0a1b2c", since 1.25 */
		version.development = true;
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
