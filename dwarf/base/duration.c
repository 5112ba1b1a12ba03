/* The units of durations: see duration.h. */
#include "dwarf/base/duration.h"

#include <string.h>

#include "dwarf/base/memory.h"

int64_t duration_unit(const char *text, size_t available, size_t *ret_length)
{
	/* "ms" precedes "m", because the first match wins. */
	static const struct {
		const char *name;
		int64_t nanoseconds;
	} units[] = {
		{"ns", 1},
		{"us", 1000},
		{"\xc2\xb5s", 1000}, /* U+00B5, micro sign */
		{"\xce\xbcs", 1000}, /* U+03BC, Greek mu */
		{"ms", 1000000},
		{"s", 1000000000},
		{"m", 60000000000},
		{"h", 3600000000000},
		{"d", 86400000000000},
	};
	for (size_t i = 0; i < array_length(units); i++) {
		*ret_length = strlen(units[i].name);
		if (*ret_length <= available && !memcmp(text, units[i].name, *ret_length))
			return units[i].nanoseconds;
	}
	*ret_length = 0;
	return 0;
}
