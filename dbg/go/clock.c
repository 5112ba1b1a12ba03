/* The target's monotonic clock at the moment it stopped. */
#include "dbg/go/program_state.h"

enum { MAX_PROCESSORS = 4096 };

static void newest(int64_t *now, uint64_t stamp)
{
	if (stamp <= INT64_MAX && (int64_t)stamp > *now)
		*now = (int64_t)stamp;
}

/*
 * A core does not hold the clock. The newest of the time stamps that the runtime keeps (the last
 * network poll, the monitor's observations of each P: runtime/proc.go sysmon) is a lower bound: a
 * few milliseconds older on a busy program, as old as its last activity on an idle one.
 */
static int64_t newest_stamp(struct program *program)
{
	const struct runtime_layout *layout = &program->layout;
	const struct runtime_globals *globals = &program->globals;
	int64_t now = 0;
	uint64_t value;
	struct error *err;
	if (globals->sched.address) {
		err = program_read_field(
			program, globals->sched.address, layout->sched.lastpoll, &value);
		newest(&now, value);
		error_destroy(err);
	}
	uint64_t slice[2] = {0};
	if (!globals->allp.address)
		return now;
	err = target_read(program->target, globals->allp.address, slice, sizeof(slice));
	for (uint64_t i = 0; !err && i < slice[1] && i < MAX_PROCESSORS; i++) {
		uint64_t p;
		err = target_read_u64(program->target, slice[0] + 8 * i, &p);
		if (!err)
			err = program_read_field(program, p, layout->p.sysmon_schedwhen, &value);
		if (!err)
			newest(&now, value);
		if (!err)
			err = program_read_field(program, p, layout->p.sysmon_syscallwhen, &value);
		if (!err)
			newest(&now, value);
	}
	error_destroy(err);
	return now;
}

int64_t program_now_ns(struct program *program)
{
	if (!program->now_ns)
		program->now_ns = program->target->stop_monotonic_ns
					  ? program->target->stop_monotonic_ns
					  : newest_stamp(program);
	return program->now_ns;
}

bool program_clock_is_exact(const struct program *program)
{
	return program->target->stop_monotonic_ns != 0;
}
