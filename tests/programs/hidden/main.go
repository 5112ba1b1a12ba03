// Hidden has contexts that no interface value names any more: only cancel functions, timers and their Done
// channels are left of them. It prints their types and addresses.
package main

import (
	"context"
	"fmt"
	"os"
	"time"
	"unsafe"

	"programs/park"
)

// forget returns what is left of the context: its channel, and where it was.
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
	// What the stack still holds of the calls is overwritten.
	func() { var b [4096]byte; fmt.Fprint(os.Stderr, string(b[:1])) }()
	park.Ready()
}
