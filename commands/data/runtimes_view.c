/* The Go runtimes of a process in text and JSON: see runtimes_view.h. */
#include "commands/data/runtimes_view.h"

#include <stdio.h>

#include "commands/goroutines/goroutine_view.h"

bool runtimes_sentence(const struct runtimes *runtimes, char *ret, size_t size)
{
	size_t number = runtimes->number, count = runtimes->count;
	const char *file = count ? base_name(runtimes->paths[number - 1]) : "";
	*ret = 0;
	if (count == 1 && runtimes->in_library)
		snprintf(ret, size, "runtime in %s", file);
	else if (count == 2)
		snprintf(ret, size,
			"runtime %zu of 2: %s; --runtime=%zu or \"set runtime %zu\" shows the "
			"other",
			number, file, 3 - number, 3 - number);
	else if (count > 2)
		snprintf(ret, size,
			"runtime %zu of %zu: %s; --runtime=N or \"set runtime N\" shows another",
			number, count, file);
	return *ret;
}

void runtimes_json(struct json *json, const struct runtimes *runtimes)
{
	json_array(json, "runtimes");
	for (size_t i = 0; i < runtimes->count; i++)
		json_string(json, NULL, runtimes->paths[i]);
	json_end(json);
	json_uint(json, "runtime", runtimes->number);
}
