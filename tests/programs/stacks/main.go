// Stacks parks goroutines in every kind of call that the compiler generates: inlined, generic, wrapped,
// deferred, panicking, reflected, very deep.
package main

import "programs/park"

func main() {
	shapes()
	inlined()
	panics()
	deferred()
	finalizers()
	park.Ready()
}

//go:noinline
func block() { select {} }
