/* Traps in processes that this test forks: every hit is counted, nothing else changes. */
#include "live_fixture.h"

#include <sys/ptrace.h>

#include "dbg/target/traps.h"

/* ---- Functions to be trapped; the same addresses in the child ---- */

__attribute__((noinline)) static uint64_t work(uint64_t x)
{
	__asm__ volatile("" : "+r"(x));
	return x * 3 + 1;
}

struct counts {
	_Atomic uint64_t hits;
	_Atomic uint64_t stop_at; /* answer TRAP_STOP at this hit; 0: never */
	_Atomic uint64_t again;	  /* answer TRAP_AGAIN so many times */
	_Atomic uint64_t bad;	  /* hits whose facts are wrong */
	uint64_t address;
};

static enum trap_answer count_hit(void *context, const struct trap_hit *hit)
{
	struct counts *counts = context;
	if (counts->again) {
		counts->again--;
		return TRAP_AGAIN;
	}
	counts->bad += hit->address != counts->address || hit->regs->rip != hit->address;
	return ++counts->hits == counts->stop_at ? TRAP_STOP : TRAP_GO_ON;
}

static void *work_forever(void *argument)
{
	_Atomic uint64_t *counter = argument;
	while (true) {
		*counter += 1;
		work(*counter);
	}
	return NULL;
}

static void work_in(struct shared *shared, int threads)
{
	for (int i = 1; i < threads; i++) {
		pthread_t thread;
		pthread_create(&thread, NULL, work_forever, &shared->counters[i]);
	}
	shared->ready = 1;
	work_forever(&shared->counters[0]);
}

static void working_body(struct shared *shared)
{
	work_in(shared, 1);
}

static void two_working_body(struct shared *shared)
{
	work_in(shared, 2);
}

static uint64_t address_of_work(void)
{
	return (uint64_t)(uintptr_t)work;
}

struct fixture {
	struct shared *shared;
	pid_t pid;
	struct target *target;
	struct counts counts;
	struct trap_handler handler;
};

static void begin(struct fixture *fixture, void (*body)(struct shared *))
{
	*fixture = (struct fixture){.shared = shared_create()};
	fixture->counts.address = address_of_work();
	fixture->handler = (struct trap_handler){count_hit, &fixture->counts};
	fixture->pid = fixture_start(body, fixture->shared);
	assert_success(live_attach(fixture->pid, NULL, &fixture->target));
}

static void arm(struct fixture *fixture)
{
	uint64_t address = address_of_work();
	assert_success(target_set_traps(fixture->target, &address, 1, &fixture->handler));
}

static void end(struct fixture *fixture)
{
	target_destroy(fixture->target);
	assert_runs(fixture->shared);
	fixture_end(fixture->pid);
	shared_destroy(fixture->shared);
}

/* How many threads have added to their counter but not hit yet is at most one each. */
static void assert_counted(const struct fixture *fixture, uint64_t before, uint64_t threads)
{
	uint64_t done = counted(fixture->shared) - before;
	if (fixture->counts.hits > done + threads || fixture->counts.hits + threads < done)
		fail_msg("%llu hits, %llu calls", (unsigned long long)fixture->counts.hits,
			(unsigned long long)done);
	assert_int_equal(fixture->counts.bad, 0);
}

static void test_hits_are_counted(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, two_working_body);
	arm(&fixture);
	uint64_t before = counted(fixture.shared);
	assert_success(target_continue(fixture.target));
	wait_until(fixture.counts.hits > 20000);
	assert_success(target_interrupt(fixture.target));
	assert_counted(&fixture, before, 2);
	/* Again, and what the code looks like to a reader. */
	uint8_t byte;
	assert_success(target_read(fixture.target, address_of_work(), &byte, 1));
	assert_int_equal(byte, *(const uint8_t *)(uintptr_t)work);
	for (int i = 0; i < 20; i++) {
		assert_success(target_continue(fixture.target));
		usleep(3000);
		assert_success(target_interrupt(fixture.target));
		assert_counted(&fixture, before, 2);
	}
	/* Out again. */
	assert_success(target_set_traps(fixture.target, NULL, 0, NULL));
	uint64_t hits = fixture.counts.hits;
	assert_success(target_continue(fixture.target));
	assert_runs(fixture.shared);
	assert_int_equal(fixture.counts.hits, hits);
	end(&fixture);
}

static void test_stopping(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, two_working_body);
	arm(&fixture);
	uint64_t before = counted(fixture.shared);
	for (uint64_t i = 1; i <= 50; i++) {
		fixture.counts.stop_at = fixture.counts.hits + 100;
		assert_success(target_continue(fixture.target));
		struct target_event event = next_event(fixture.target);
		assert_int_equal(event.kind, TARGET_EVENT_TRAP);
		const struct thread *threads;
		size_t count;
		bool found = false;
		assert_success(target_threads(fixture.target, &threads, &count));
		for (size_t k = 0; k < count; k++)
			found |= threads[k].tid == event.value &&
				 threads[k].regs.rip == address_of_work();
		assert_true(found);
		assert_counted(&fixture, before, 2);
		assert_stands(fixture.shared);
	}
	end(&fixture);
}

static void test_again(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, working_body);
	arm(&fixture);
	uint64_t before = counted(fixture.shared);
	fixture.counts.again = 20;
	assert_success(target_continue(fixture.target));
	wait_until(fixture.counts.hits > 1000);
	assert_int_equal(fixture.counts.again, 0);
	assert_success(target_interrupt(fixture.target));
	assert_counted(&fixture, before, 1);
	end(&fixture);
}

static void test_leaving_while_it_runs(void **state)
{
	(void)state;
	struct fixture fixture;
	begin(&fixture, two_working_body);
	arm(&fixture);
	assert_success(target_continue(fixture.target));
	wait_until(fixture.counts.hits > 1000);
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hits_are_counted),
		cmocka_unit_test(test_stopping),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_leaving_while_it_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
