// Stacks parks goroutines in every kind of call that the compiler generates: inlined, generic, wrapped,
// deferred, panicking, reflected, very deep. With the argument "print", it prints their tracebacks.
package main

import (
	"os"
	"runtime"

	"programs/park"
)

func main() {
	shapes()
	inlined()
	panics()
	deferred()
	finalizers()
	if len(os.Args) > 1 {
		park.Settle()
		text := make([]byte, 8<<20)
		os.Stderr.Write(text[:runtime.Stack(text, true)])
	}
	park.Ready()
}

//go:noinline
func block() { select {} }
