// Leaked has goroutines that Go's own goroutine leak profile has found (Go 1.27; 1.26 as an experiment), one of them waits
// for a context that is never canceled; and one that waits in the same way and is not leaked.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/pprof"

	"programs/park"
)

var kept = make(chan int)

//go:noinline
func receive(c chan int) { <-c }

//go:noinline
func await(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func main() {
	go await(context.Background())
	for i := 0; i < 3; i++ {
		go receive(make(chan int))
	}
	go receive(kept)
	park.Settle()
	if profile := pprof.Lookup("goroutineleak"); profile != nil {
		profile.WriteTo(io.Discard, 2)
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}
