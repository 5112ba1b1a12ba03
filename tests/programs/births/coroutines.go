//go:build go1.23

package main

import (
	"iter"
	"sync/atomic"
)

// Coroutines are goroutines: iter.Pull creates them, and they exit when the sequence ends or is stopped.
//
//go:noinline
func coroutines(n int) {
	sequence := func(yield func(int) bool) {
		for i := 0; i < 3 && yield(i); i++ {
		}
	}
	count("fn", "runtime.corostart", 2*n)
	atomic.AddInt64(&total, int64(2*n))
	for i := 0; i < n; i++ {
		next, stop := iter.Pull(iter.Seq[int](sequence))
		for _, ok := next(); ok; _, ok = next() {
		}
		stop()
		next, stop = iter.Pull(iter.Seq[int](sequence))
		next()
		stop() // before the end
	}
}
