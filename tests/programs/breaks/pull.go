//go:build go1.23

package main

import "iter"

func one(yield func(int) bool) { yield(1) }

func pull(n int) int64 {
	var values int64
	for i := 0; i < n; i++ {
		next, stop := iter.Pull(iter.Seq[int](one))
		if v, ok := next(); ok {
			values += int64(v)
		}
		next()
		stop()
	}
	return values
}
