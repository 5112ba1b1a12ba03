//go:build go1.23

package main

import (
	"iter"
	"maps"
	"runtime"
	"slices"
)

//go:noinline
func block() { select {} }

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

//go:noinline
func pairs(yield func(string, int) bool) {
	defer func() { recover() }()
	for i := range count(5) {
		if !yield("x", i) {
			return
		}
	}
}

func filter[T any](in iter.Seq[T], keep func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v := range in {
			if keep(v) && !yield(v) {
				return
			}
		}
	}
}

//go:noinline
func blocksInBody() {
	for i := range count(10) {
		defer println("never", i)
		if i == 3 {
			block()
		}
	}
}

//go:noinline
func blocksInNestedBody() int {
	for s, n := range pairs {
		for m := range filter(count(n+2), func(v int) bool { return v > 0 }) {
			block()
			return m + len(s)
		}
	}
	return 0
}

//go:noinline
func panicsInBody() {
	for i := range count(10) {
		defer block()
		panic(i)
	}
}

// The iterator's own goroutine parks in a coroutine switch.
//
//go:noinline
func pulls() {
	next, stop := iter.Pull(filter(count(4), func(v int) bool { return v != 1 }))
	defer stop()
	next()
	next()
	block()
}

// The iterator's goroutine blocks, and the goroutine that pulls waits for it in the switch.
//
//go:noinline
func pullsFromBlocked() {
	next, _ := iter.Pull2(func(yield func(int, string) bool) {
		yield(1, "a")
		block()
	})
	next()
	next()
}

//go:noinline
func pullsLocked() {
	runtime.LockOSThread()
	next, _ := iter.Pull(count(4))
	next()
	block()
}

func ranges() {
	go blocksInBody()
	go blocksInNestedBody()
	go panicsInBody()
	go pulls()
	go pullsFromBlocked()
	go pullsLocked()
	go slices.Collect(filter(maps.Keys(map[int]bool{1: true}), func(int) bool { block(); return true }))
}
