/* Parsing Go releases, and the built-in table of layouts: the column for each release, and whether
 * the table is complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dbg/go/program/builtin_layout.h"
#include "dbg/go/program/go_version.h"
#include "dbg/go/program/runtime_layout.h"

static void test_versions(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned minor, patch;
		bool development, candidate, no_swiss_maps;
	} cases[] = {
		{"go1.26.4", 26, 4, false, false, false},
		{"go1.27", 27, 0, false, false, false},
		{"go1.26rc1", 26, 0, false, true, false},
		{"go1.21beta2", 21, 0, false, true, false},
		{"go1.24.4 X:noswissmap", 24, 4, false, false, true},
		{"go1.24.4 X:nospinbitmutex,noswissmap", 24, 4, false, false, true},
		{"go1.26.4-X:arenas,noswissmap", 26, 4, false, false, true},
		{"go1.24.4 X:noswissmapping", 24, 4, false, false, false},
		{"devel go1.28-0a1b2c3 Mon Jan 5 10:00:00 2026 +0000", 28, 0, true, false, false},
		{"go1.28-devel_0a1b2c3 X:arenas", 28, 0, true, false, false},
		{"go1.25.3-corp", 25, 3, false, false, false},
		{"go1.22.9 (Red Hat 1.22.9-1.el9)", 22, 9, false, false, false},
		{"go1.25.3+auto", 25, 3, false, false, false},
		{"go1.24.6-1 microsoft", 24, 6, false, false, false},
		{"microsoft go1.24.6-1 X:noswissmap", 24, 6, false, false, true},
		{"go1.25-20250209-RC00 cl/724732978 +cd0f2f8d5 X:fieldtrack", 25, 0, true, false,
			false},
		{"devel go1.27-abcdef", 27, 0, true, false, false},
		{"devel go1.27-abcdef X:noswissmap", 27, 0, true, false, true},
		{"go1.20-corp", 20, 0, false, false, false},
	};
	for (size_t i = 0; i < array_length(cases); i++) {
		struct go_version version;
		assert_true(go_version_parse(cases[i].text, &version));
		assert_int_equal(version.major, 1);
		assert_int_equal(version.minor, cases[i].minor);
		assert_int_equal(version.patch, cases[i].patch);
		assert_int_equal(version.development, cases[i].development);
		assert_int_equal(version.candidate, cases[i].candidate);
		assert_int_equal(
			go_version_has_experiment(&version, "noswissmap"), cases[i].no_swiss_maps);
	}
	static const char *const no_versions[] = {"", "go", "go1", "go1.", "1.26", "unknown",
		"devel +0a1b2c3", "go99999999999.1", "go1.99999999999", "gopher", "cargo1.26",
		"go go"};
	for (size_t i = 0; i < array_length(no_versions); i++) {
		struct go_version version;
		assert_false(go_version_parse(no_versions[i], &version));
	}
}

/* The column for `version` is that of `release`, ignoring patch numbers. */
static void assert_column(const char *version, const char *release, bool guessed)
{
	struct builtin_layout layout;
	struct error *err = builtin_layout_select(version, &layout);
	assert_null(err);
	struct go_version got, expected;
	assert_true(go_version_parse(layout.release, &got));
	assert_true(go_version_parse(release, &expected));
	assert_int_equal(go_version_compare_minor(&got, &expected), 0);
	assert_string_equal(got.experiments, expected.experiments);
	assert_int_equal(layout.guessed, guessed);
	assert_non_null(strstr(layout.description, layout.release));
	assert_non_null(strstr(layout.description, version));
}

static void assert_refused(const char *version)
{
	struct builtin_layout layout;
	struct error *err = builtin_layout_select(version, &layout);
	assert_non_null(err);
	assert_int_equal(err->code, ERROR_NOT_FOUND);
	assert_non_null(strstr(err->message, version));
	assert_non_null(strstr(err->message, "--debug-file"));
	error_destroy(err);
}

static void test_selection(void **state)
{
	(void)state;
	assert_column("go1.19", "go1.19", false);
	assert_column("go1.26.4", "go1.26", false);
	assert_column("go1.26rc1", "go1.26", false);
	assert_column("go1.24.1", "go1.24", false);
	assert_column("go1.24.1 X:noswissmap", "go1.24 X:noswissmap", false);
	assert_column("go1.25.1 X:arenas,noswissmap", "go1.25 X:noswissmap", false);
	assert_column("go1.23.1 X:arenas", "go1.23", false);
	assert_column("go1.22.1 X:staticlockranking", "go1.22 X:staticlockranking", false);
	assert_column("go1.27.1-X:staticlockranking", "go1.27 X:staticlockranking", false);
	assert_column("go1.24.1 X:noswissmap,staticlockranking", "go1.24 X:noswissmap", false);
	assert_column("devel go1.26-0a1b2c3", "go1.26", true);
	assert_column("go1.20.14", "go1.20", false);
	assert_column("go1.25-20250209-RC00 cl/724732978 +cd0f2f8d5", "go1.25", true);
	assert_column("microsoft go1.24.6-1", "go1.24", false);
	assert_refused("go1.18.10");
	assert_refused("go1.9");
	assert_refused("unknown");
	size_t newest = 0;
	for (size_t i = 0; builtin_layout_release(i); i++)
		newest = strstr(builtin_layout_release(i), "X:") ? newest : i;
	assert_column("go1.99.1", builtin_layout_release(newest), true);
	assert_column("devel go1.99-0a1b2c3", builtin_layout_release(newest), true);
}

/* The column for exactly `version` is `release`, and `alternative` is the next one to try. */
static void assert_candidates(const char *version, const char *release, const char *alternative)
{
	struct builtin_layout layout;
	struct error *err = builtin_layout_select(version, &layout);
	assert_null(err);
	assert_memory_equal(layout.release, release, strlen(release));
	assert_true(layout.candidate_count > 1);
	builtin_layout_use(&layout, 1);
	assert_memory_equal(layout.release, alternative, strlen(alternative));
	assert_non_null(strstr(layout.description, layout.release));
}

/* A patch release uses the column of the patch range that it is in; those next to it are tried if
 * that does not fit. */
static void test_patch_ranges(void **state)
{
	(void)state;
	assert_candidates("go1.23.10", "go1.23.5", "go1.23.12");
	assert_candidates("go1.23.12", "go1.23.12", "go1.23.5");
	assert_candidates("go1.24.5", "go1.24.4", "go1.24.6");
	assert_candidates("go1.24.6", "go1.24.6", "go1.24.4");
	assert_candidates("go1.24.13", "go1.24.6", "go1.24.4");
	assert_candidates("go1.24.13 X:noswissmap", "go1.24.6 X:noswissmap", "go1.24.4 X:");
	assert_candidates("go1.19.13", "go1.19.", "go1.19.8 X:");
	assert_candidates("go1.20.1", "go1.20.", "go1.19.");
	assert_candidates("go1.99.1", "go1.27.", "go1.27.4-X:");
}

enum { MAX_ROWS = 512 };

/* The rows of runtime_layout.c, and whether any column has them. */
struct presence {
	const char *name[MAX_ROWS], *path[MAX_ROWS];
	bool present[MAX_ROWS];
	size_t index;
};

static void note_row(void *context, const char *type, const char *path, struct field field)
{
	struct presence *presence = context;
	size_t i = presence->index++;
	assert_true(i < MAX_ROWS);
	presence->name[i] = type;
	presence->path[i] = path;
	presence->present[i] = presence->present[i] || field_present(field);
}

/* Every row of runtime_layout.c must be in the table; scripts/make-layouts regenerates it. */
static void test_whole(void **state)
{
	(void)state;
	struct presence *presence = calloc(1, sizeof(*presence));
	assert_non_null(presence);
	for (size_t column = 0; builtin_layout_release(column); column++) {
		struct builtin_layout builtin;
		struct error *err = builtin_layout_select(builtin_layout_release(column), &builtin);
		assert_null(err);
		assert_int_equal(builtin.column, column);
		struct layout_source source = builtin_layout_source(&builtin);
		struct runtime_layout layout;
		err = runtime_layout_load(&source, &layout);
		assert_null(err);
		presence->index = 0;
		runtime_layout_visit(&layout, note_row, presence);
	}
	for (size_t i = 0; i < presence->index; i++)
		if (!presence->present[i])
			fail_msg("no column has %s.%s: run scripts/make-layouts", presence->name[i],
				presence->path[i] ? presence->path[i] : "(size)");
	free(presence);
}

/* A field that a release lacks is absent; the fields of a kind of map are present only with it. */
static void test_absent(void **state)
{
	(void)state;
	static const struct {
		const char *version;
		bool parent_goid, hmap, start_line, leaked;
	} cases[] = {
		{"go1.19", false, true, false, false},
		{"go1.20", false, true, true, false},
		{"go1.23", true, true, true, false},
		{"go1.24", true, false, true, false},
		{"go1.24 X:noswissmap", true, true, true, false},
		{"go1.25 X:noswissmap", true, true, true, false},
		{"go1.27", true, false, true, true},
	};
	for (size_t i = 0; i < array_length(cases); i++) {
		struct builtin_layout builtin;
		struct error *err = builtin_layout_select(cases[i].version, &builtin);
		assert_null(err);
		struct layout_source source = builtin_layout_source(&builtin);
		struct runtime_layout layout;
		err = runtime_layout_load(&source, &layout);
		assert_null(err);
		assert_int_equal(field_present(layout.g.parent_goid), cases[i].parent_goid);
		assert_int_equal(field_present(layout.hmap.buckets), cases[i].hmap);
		assert_int_equal(
			field_present(layout.pclntab.func.start_line), cases[i].start_line);
		assert_int_equal(layout.status.leaked >= 0, cases[i].leaked);
		assert_int_equal(layout.status.waiting, 4);
		assert_ptr_equal(layout.source, builtin.description);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_selection),
		cmocka_unit_test(test_patch_ranges),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
