// Guest is Go code inside another program: a plug-in of pluginhost, a shared library or an archive in a C program.
package main

import "C"

import (
	"context"
	"fmt"
	"os"
	"time"
)

type ticket struct {
	ID   int
	Note string
}

// A key whose type only the guest has.
type seatKey struct{ row int }

var Seats = map[string]int{"front": 3}

//go:noinline
func (t *ticket) wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-make(chan int):
	}
	fmt.Println(t.Note, Seats)
}

//go:noinline
func ticks(n int) { Seats["ticks"] += n }

func Serve(ctx context.Context, n int) {
	ctx = context.WithValue(ctx, seatKey{7}, "guest")
	for i := 0; i < n; i++ {
		ctx, cancel := context.WithCancel(ctx)
		go (&ticket{i, "seat"}).wait(ctx)
		_ = cancel
	}
	go func() {
		for {
			time.Sleep(10 * time.Millisecond)
			ticks(1)
		}
	}()
}

// Start is called by C programs.
//
//export Start
func Start(n C.int) { Serve(context.Background(), int(n)) }

// Crash prints all goroutines and dumps core, if GOTRACEBACK is crash.
//
//export Crash
func Crash() {
	fmt.Fprintln(os.Stderr, "crashing")
	panic("asked for")
}

func main() {}
