/* See summary.h. */
#include "dbg/go/goroutines/summary.h"

#include "dbg/go/program/program_state.h"

static struct known read_global(struct program *program, struct global global, struct field field)
{
	struct known known = {false, 0};
	if (!global.address || !field_present(field))
		return known;
	struct error *err = program_read_field(program, global.address, field, &known.value);
	known.present = !err;
	error_destroy(err);
	return known;
}

static struct known uptime(struct program *program)
{
	struct field whole = {0, 8};
	struct known start = read_global(program, program->globals.runtime_init_time, whole);
	int64_t now = program_now_ns(program);
	if (!start.present || !start.value || (uint64_t)now < start.value)
		return (struct known){false, 0};
	return (struct known){true, (uint64_t)now - start.value};
}

static void add_files(struct program *program, struct summary *ret)
{
	program_runtimes(program, &ret->runtimes);
	for (size_t i = 1; i < program->module_count && i < SUMMARY_MODULES; i++) {
		if (program->modules[i]->path)
			ret->modules[ret->module_count++] = program->modules[i]->path;
	}
}

struct error *program_summary(struct program *program, struct summary *ret)
{
	const struct runtime_layout *layout = &program->layout;
	const struct runtime_globals *globals = &program->globals;
	const struct goroutine_list *goroutines;
	const struct go_m_list *ms;
	const struct thread *threads;
	*ret = (struct summary){0};
	struct error *err = program_goroutines(program, &goroutines);
	if (!err)
		err = program_ms(program, &ms);
	if (!err)
		err = target_threads(program->target, &threads, &ret->threads);
	if (err)
		return err;
	ret->goroutines = goroutines->count;
	ret->ms = ms->count;
	for (size_t i = 0; i < goroutines->count; i++)
		ret->system_goroutines += goroutines->items[i].system;
	struct field number = {0, 4};
	ret->gomaxprocs = read_global(program, globals->gomaxprocs, number);
	ret->uptime_ns = uptime(program);
	if (program->target->ops->resident)
		ret->resident.present =
			program->target->ops->resident(program->target, &ret->resident.value);
	ret->heap_live = read_global(program, globals->gc_controller, layout->gc.heap_live);
	ret->heap_in_use = read_global(program, globals->gc_controller, layout->gc.heap_in_use);
	ret->heap_released = read_global(program, globals->gc_controller, layout->gc.heap_released);
	ret->heap_free = read_global(program, globals->gc_controller, layout->gc.heap_free);
	ret->gc_cycles = read_global(program, globals->memstats, layout->mstats.numgc);
	ret->gc_pause_ns = read_global(program, globals->memstats, layout->mstats.pause_total);
	ret->layouts = layout->source;
	ret->functions = "pclntab";
	ret->exe = program->target->exe_name;
	add_files(program, ret);
	ret->maps_are_swiss = !field_present(layout->hmap.buckets);
	return NULL;
}
