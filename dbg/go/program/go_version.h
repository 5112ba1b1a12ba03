/*
 * Parsing the names of Go releases: "go1.26.4", "go1.26rc1", "go1.24.1 X:noswissmap", "devel
 * go1.28-0a1b2c".
 *
 * Source: cmd/dist (findgoversion), cmd/link (the suffix with experiments), debug/buildinfo.
 */
#ifndef GCTXDBG_GO_PROGRAM_GO_VERSION_H
#define GCTXDBG_GO_PROGRAM_GO_VERSION_H

#include <stdbool.h>

struct go_version {
	unsigned major, minor;
	unsigned patch;	  /* 0 if there is none */
	bool development; /* built from source between releases: layouts may be those of either */
	bool candidate;	  /* a beta or release candidate */
	/* The suffix after " X:" or "-X:", which the linker adds for GOEXPERIMENT settings; "" if there is
	 * none. Points into the parsed text. */
	const char *experiments;
};

/*
 * Parses any value of runtime.Version(), including what vendors add ("go1.25.3-corp", "go1.22.9
 * (Red Hat …)", "microsoft go1.24.6-1", "go1.25-20250209-RC00 cl/724732978"). False if `text` does
 * not name a Go release.
 */
bool go_version_parse(const char *text, struct go_version *ret);

/* Whether `version` was built with `experiment` ("noswissmap"). */
bool go_version_has_experiment(const struct go_version *version, const char *experiment);

/* Compares minor releases: negative if that of `a` is older than that of `b`, 0 if equal. */
int go_version_compare_minor(const struct go_version *a, const struct go_version *b);

#endif
