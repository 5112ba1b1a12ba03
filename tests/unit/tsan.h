#pragma once
/*
 * ThreadSanitizer's runtime is part of the targets that unit tests fork: there it delays signals,
 * replaces vfork by fork and makes a thread of its own. Tests that depend on those skip themselves.
 */
#ifdef __SANITIZE_THREAD__
#define skip_under_tsan() skip()
#else
#define skip_under_tsan() ((void)0)
#endif
