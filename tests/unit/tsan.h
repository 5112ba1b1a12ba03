/*
 * ThreadSanitizer's runtime is part of the targets that unit tests fork. There it delays signals,
 * replaces vfork by fork and creates a thread. Tests that depend on these skip themselves.
 */
#ifndef GCTXDBG_TESTS_TSAN_H
#define GCTXDBG_TESTS_TSAN_H

#ifdef __SANITIZE_THREAD__
#define skip_under_tsan() skip()
#else
#define skip_under_tsan() ((void)0)
#endif

#endif
