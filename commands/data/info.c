/* `info`: a summary of the program. Parts of it are in reports too: see info_view.h. */
#include <inttypes.h>

#include "commands/data/crash_view.h"
#include "commands/data/info_view.h"
#include "commands/data/runtimes_view.h"
#include "commands/goroutines/goroutine_groups.h"
#include "commands/render/json.h"
#include "commands/session/registry.h"
#include "commands/running/snapshot.h"
#include "dbg/go/go_program.h"

void info_line(struct output *output, const char *name, const char *value)
{
	output_printf(output, STYLE_DIM, "%-12s", name);
	output_paragraph(output, value, 12);
}

void info_build_text(struct output *output, const struct build_info *build)
{
	char text[512];
	if (!build) {
		info_line(output, "build", "the binary has no build information");
		return;
	}
	if (build->module) {
		snprintf(text, sizeof(text), "%s %s", build->module,
			build->module_version ? build->module_version : "");
		info_line(output, "module", text);
	}
	for (size_t i = 0; i < build->dependency_count; i++) {
		snprintf(text, sizeof(text), "%s %s", build->dependencies[i].key,
			build->dependencies[i].value ? build->dependencies[i].value : "");
		info_line(output, i ? "" : "modules", text);
	}
	const char *title = "settings";
	for (size_t i = 0; i < build->setting_count; i++) {
		if (!build->settings[i].value || !build->settings[i].value[0])
			continue;
		_cleanup_free_ char *setting = NULL;
		if (asprintf(&setting, "%s=%s", build->settings[i].key, build->settings[i].value) <
			0)
			setting = NULL;
		info_line(output, title, setting ? setting : build->settings[i].key);
		title = "";
	}
}

static void states_text(struct output *output, const struct goroutine_groups *states)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return;
	for (size_t i = 0; i < states->count; i++)
		fprintf(stream, "%s%zu %s", i ? ", " : "", states->items[i].count,
			states->items[i].label);
	if (fclose(stream) == 0)
		info_line(output, "", text);
	free(text);
}

void info_memory_text(struct output *output, const struct summary *summary)
{
	char live[32], in_use[32], released[32], pause[32], text[256];
	const char *name = "memory";
	if (summary->resident.present) {
		format_size(summary->resident.value, text, sizeof(text));
		strcat(text, " resident");
		info_line(output, name, text);
		name = "";
	}
	if (summary->heap_live.present && summary->heap_in_use.present) {
		format_size(summary->heap_live.value, live, sizeof(live));
		format_size(summary->heap_in_use.value, in_use, sizeof(in_use));
		format_size(summary->heap_released.value, released, sizeof(released));
		snprintf(text, sizeof(text), "heap: %s live, %s in use, %s returned to the system",
			live, in_use, released);
		info_line(output, name, text);
	}
	if (summary->gc_cycles.present) {
		format_duration((int64_t)summary->gc_pause_ns.value, pause, sizeof(pause));
		snprintf(text, sizeof(text), "%" PRIu64 " garbage collection%s, total pause %s",
			summary->gc_cycles.value, summary->gc_cycles.value == 1 ? "" : "s", pause);
		info_line(output, "", text);
	}
}

/* Says that the target is a snapshot, and how old it is. */
static void snapshot_text(struct session *session)
{
	char age[32], shared[32], text[128];
	uint64_t size = snapshot_shared_size(session->target);
	format_duration(snapshot_age_ns(session->target), age, sizeof(age));
	snprintf(text, sizeof(text), "%s old; the process was stopped for %.1f ms and is running",
		age, (double)session->target->stall_ns / 1e6);
	info_line(&session->out, "snapshot", text);
	if (!size)
		return;
	format_size(size, shared, sizeof(shared));
	snprintf(text, sizeof(text),
		"%s shared with other processes or files show their current contents", shared);
	info_line(&session->out, "", text);
}

static void snapshot_json(struct json *json, struct target *target)
{
	if (!target->is_snapshot) {
		json_null(json, "snapshot");
		return;
	}
	json_object(json, "snapshot");
	json_int(json, "taken_unix_ms", target->stop_realtime_ns / 1000000);
	json_double(json, "age_seconds", (double)snapshot_age_ns(target) / 1e9);
	json_int(json, "stall_ns", target->stall_ns);
	json_uint(json, "shared_bytes", snapshot_shared_size(target));
	json_end(json);
}

static void files_text(struct output *output, const struct summary *summary)
{
	const struct runtimes *runtimes = &summary->runtimes;
	char text[512];
	if (runtimes->count == 1 && runtimes->in_library)
		info_line(output, "runtime", runtimes->paths[0]);
	for (size_t i = 0; runtimes->count > 1 && i < runtimes->count; i++) {
		snprintf(text, sizeof(text), "%zu  %s%s", i + 1, runtimes->paths[i],
			i + 1 == runtimes->number ? "  (selected)" : "");
		info_line(output, i ? "" : "runtimes", text);
	}
	if (runtimes->count > 1)
		info_line(output, "", "\"set runtime N\" selects another");
	for (size_t i = 0; i < summary->module_count; i++)
		info_line(output, i ? "" : "also in", summary->modules[i]);
}

static void files_json(struct json *json, const struct summary *summary)
{
	runtimes_json(json, &summary->runtimes);
	json_array(json, "go_modules");
	for (size_t i = 0; i < summary->module_count; i++)
		json_string(json, NULL, summary->modules[i]);
	json_end(json);
}

static void info_render_text(struct session *session, const struct summary *summary,
	const struct crash *crash, const struct goroutine_groups *states)
{
	struct output *output = &session->out;
	const struct target *target = session->target;
	char text[512], duration[32];
	snprintf(
		text, sizeof(text), "%s %d, %s", target->ops->kind, (int)target->pid, summary->exe);
	info_line(output, "target", text);
	if (target->is_snapshot)
		snapshot_text(session);
	crash_text(output, crash, "died of", 12);
	files_text(output, summary);
	info_line(output, "go", program_go_version(session->program));
	if (summary->uptime_ns.present) {
		format_duration((int64_t)summary->uptime_ns.value, duration, sizeof(duration));
		snprintf(text, sizeof(text), "%s%s",
			program_clock_is_exact(session->program) ? "" : "at least ", duration);
		info_line(output, "uptime", text);
	}
	snprintf(text, sizeof(text), "%zu, and %zu runtime goroutines",
		summary->goroutines - summary->system_goroutines, summary->system_goroutines);
	info_line(output, "goroutines", text);
	if (summary->goroutines)
		states_text(output, states);
	else
		info_line(
			output, "", "the Go runtime has not started yet: \"continue\" the program");
	snprintf(text, sizeof(text), "%zu, GOMAXPROCS %" PRIu64, summary->threads,
		summary->gomaxprocs.value);
	info_line(output, "threads", text);
	info_memory_text(output, summary);
	info_build_text(output, program_build_info(session->program));
	snprintf(text, sizeof(text), "%s; functions and lines: %s; maps: %s", summary->layouts,
		summary->functions, summary->maps_are_swiss ? "Swiss tables" : "buckets");
	info_line(output, "layouts", text);
}

static void known_json(struct json *json, const char *key, struct known value)
{
	if (value.present)
		json_uint(json, key, value.value);
	else
		json_null(json, key);
}

void info_memory_json(struct json *json, const struct summary *summary)
{
	json_object(json, "memory");
	known_json(json, "resident", summary->resident);
	known_json(json, "heap_live", summary->heap_live);
	known_json(json, "heap_in_use", summary->heap_in_use);
	known_json(json, "heap_released", summary->heap_released);
	known_json(json, "gc_cycles", summary->gc_cycles);
	known_json(json, "gc_pause_ns", summary->gc_pause_ns);
	json_end(json);
}

static void pairs_json(
	struct json *json, const char *key, const struct build_pair *pairs, size_t count)
{
	json_object(json, key);
	for (size_t i = 0; i < count; i++)
		json_string(json, pairs[i].key, pairs[i].value);
	json_end(json);
}

void info_build_json(struct json *json, const struct build_info *build)
{
	if (!build) {
		json_null(json, "build");
		return;
	}
	json_object(json, "build");
	json_string(json, "path", build->path);
	json_string(json, "module", build->module);
	json_string(json, "module_version", build->module_version);
	pairs_json(json, "dependencies", build->dependencies, build->dependency_count);
	pairs_json(json, "settings", build->settings, build->setting_count);
	json_end(json);
}

static struct error *info_render_json(struct session *session, const struct summary *summary,
	const struct crash *crash, const struct goroutine_groups *states)
{
	struct json *json = json_create(&session->out);
	json_string(json, "target", session->target->ops->kind);
	json_int(json, "pid", session->target->pid);
	snapshot_json(json, session->target);
	crash_json(json, crash);
	json_string(json, "exe", summary->exe);
	json_string(json, "go", program_go_version(session->program));
	files_json(json, summary);
	if (summary->uptime_ns.present)
		json_double(json, "uptime_seconds", (double)summary->uptime_ns.value / 1e9);
	else
		json_null(json, "uptime_seconds");
	known_json(json, "gomaxprocs", summary->gomaxprocs);
	json_uint(json, "threads", summary->threads);
	json_object(json, "goroutines");
	json_uint(json, "total", summary->goroutines);
	json_uint(json, "system", summary->system_goroutines);
	json_object(json, "by_state");
	for (size_t i = 0; i < states->count; i++)
		json_uint(json, states->items[i].label, states->items[i].count);
	json_end(json);
	json_end(json);
	info_memory_json(json, summary);
	info_build_json(json, program_build_info(session->program));
	json_string(json, "layouts", summary->layouts);
	json_string(json, "functions", summary->functions);
	return json_finish(json);
}

static struct error *info_run(struct session *session, const struct arguments *arguments)
{
	struct summary summary;
	_cleanup_(crash_deinit) struct crash crash = {0};
	struct goroutine_matches all = {0};
	struct goroutine_groups states = {0};
	struct view_query query = {.with_system = true};
	struct error *err = program_summary(session->program, &summary);
	if (!err)
		err = program_crash(session->program, &crash);
	if (!err)
		err = goroutine_matches_load(session, &query, &all);
	if (!err)
		err = goroutine_groups_make(session, &all, GROUP_BY_STATUS, 0, &states);
	if (!err && argument_given(arguments, "json"))
		err = info_render_json(session, &summary, &crash, &states);
	else if (!err)
		info_render_text(session, &summary, &crash, &states);
	goroutine_groups_deinit(&states);
	goroutine_matches_deinit(&all);
	return err;
}

static const struct command_option options[] = {
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command info_command = {
	.name = "info",
	.group = GROUP_DATA,
	.usage = "info [--json]",
	.summary = "Shows a summary: Go version, goroutines by status, memory, build settings",
	.help = "The second line shows the age of a snapshot; for a core, why the program died, as "
		"Go's runtime printed it: panic, fatal error or signal, and where. If the process "
		"has several Go runtimes (Go libraries in a program in another language), they are "
		"listed; the setting \"runtime\" selects one. A runtime that is not in the "
		"executable is named, and plug-ins are listed too. The last "
		"line names the sources of the struct layouts and of the function and line tables.",
	.example = "info",
	.options = options,
	.needs_target = true,
	.run = info_run,
};
REGISTER_COMMAND(info_command);
