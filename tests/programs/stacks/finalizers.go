package main

import "runtime"

type resource struct{ memory *[64]byte }

func (r *resource) finalize() { block() }

//go:noinline
func makeGarbage() {
	r := &resource{new([64]byte)}
	runtime.SetFinalizer(r, (*resource).finalize)
}

func finalizers() {
	makeGarbage()
	runtime.GC()
}
