/*
 * Names of Go releases taken apart: "go1.26.4", "go1.26rc1", "go1.24.1 X:noswissmap", "devel
 * go1.28-0a1b2c".
 *
 * Source: cmd/dist (findgoversion), cmd/link (the suffix with experiments), debug/buildinfo.
 */
#ifndef GCTXDBG_GO_PROGRAM_GO_VERSION_H
#define GCTXDBG_GO_PROGRAM_GO_VERSION_H

#include <stdbool.h>

struct go_version {
	unsigned major, minor;
	unsigned patch;	  /* 0 when there is none */
	bool development; /* between releases: what it will become is not settled */
	bool candidate;	  /* a beta or release candidate */
	/* The suffix after " X:", which the linker adds for GOEXPERIMENT settings; "" when there is
	 * none. Points into the text. */
	const char *experiments;
};

/*
 * Understands what runtime.Version() may say, vendors' suffixes ("go1.25.3-corp", "go1.22.9 (Red
 * Hat …)") included. False when `text` is no version of Go.
 */
bool go_version_parse(const char *text, struct go_version *ret);

/* Whether `experiment` ("noswissmap") is among those of `version`. */
bool go_version_has_experiment(const struct go_version *version, const char *experiment);

/* Order by release: negative when `a` came before `b`'s minor release, 0 in the same one. */
int go_version_compare_minor(const struct go_version *a, const struct go_version *b);

#endif
