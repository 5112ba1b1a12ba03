/*
 * A session without a target, for tests of commands.
 */
#ifndef GCTXDBG_TESTS_SESSION_FIXTURE_H
#define GCTXDBG_TESTS_SESSION_FIXTURE_H

#include "commands/session/registry.h"
#include "commands/session/session.h"
#include "tests/unit/capture.h"

/* For a setup function: creates the session, `*state`, and registers `count` commands in it. */
static inline int session_fixture_set_up(
	void **state, const struct command *const *commands, size_t count)
{
	struct session *session = calloc(1, sizeof(*session));
	assert_non_null(session);
	session_init(session);
	for (size_t i = 0; i < count; i++)
		assert_null(registry_add(session->registry, commands[i]));
	*state = session;
	return 0;
}

static inline int session_fixture_tear_down(void **state)
{
	session_deinit(*state);
	free(*state);
	return 0;
}

/* Runs a line that must succeed. */
static inline void session_fixture_run(struct session *session, const char *line)
{
	struct error *err = session_execute(session, line);
	if (err)
		fail_msg("%s: %s", line, err->message);
}

/* Runs a line that must succeed and print `text`. */
static inline void session_fixture_expect(
	struct session *session, const char *line, const char *text)
{
	static struct diversion diversion;
	diversion_begin(&diversion, stdout);
	struct error *err = session_execute(session, line);
	const char *found = diversion_end(&diversion);
	if (err)
		fail_msg("%s: %s", line, err->message);
	assert_string_equal(found, text);
}

#endif
