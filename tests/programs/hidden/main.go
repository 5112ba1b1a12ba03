// Hidden has contexts that no interface value refers to: only their cancel functions, timers and Done channels
// remain. It prints their types and addresses.
package main

import (
	"context"
	"fmt"
	"os"
	"time"
	"unsafe"

	"programs/park"
)

// forget returns the channel and the address of a context, which nothing else refers to.
//
//go:noinline
func forget(ctx context.Context) <-chan struct{} {
	words := *(*[2]uintptr)(unsafe.Pointer(&ctx))
	fmt.Fprintf(os.Stdout, "%T %#x\n", ctx, words[1])
	return ctx.Done()
}

//go:noinline
func cancelable() (<-chan struct{}, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	return forget(ctx), cancel
}

//go:noinline
func timed() (<-chan struct{}, func()) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	return forget(ctx), cancel
}

func wait(done <-chan struct{}, cancel func()) {
	<-done
	cancel()
}

func main() {
	for i := 0; i < 3; i++ {
		go wait(cancelable())
		go wait(timed())
	}
	// Overwrite the remains of the calls on the stack.
	func() { var b [4096]byte; fmt.Fprint(os.Stderr, string(b[:1])) }()
	park.Ready()
}
