// Stacks parks goroutines below every shape of call that the compiler makes: inlined, generic, wrapped,
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
