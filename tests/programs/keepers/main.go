// Keepers has goroutines that keep a context only where the runtime, not the compiler's stack maps, tells where the
// pointer is. It prints one line for each: what keeps the context, its address, the id of the goroutine. It needs
// GODEBUG=asyncpreemptoff=1 and never reads standard input.
package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// stopper is a context and a function, so that its closure is its address.
type stopper func()

func (s stopper) Deadline() (t time.Time, ok bool) { return }
func (s stopper) Done() <-chan struct{}            { return nil }
func (s stopper) Err() error                       { return nil }
func (s stopper) Value(any) any                    { return nil }

// All contexts, so that each is found wherever else it is kept.
var all []context.Context

func address(ctx context.Context) uintptr { return (*(*[2]uintptr)(unsafe.Pointer(&ctx)))[1] }

//go:noinline
func newStopper(kind string, goid int64) stopper {
	s := stopper(func() { fmt.Print(kind, goid) })
	all = append(all, s)
	fmt.Printf("%s %#x %d\n", kind, address(s), goid)
	return s
}

func goid() int64 {
	var text [64]byte
	words := bytes.Fields(text[:runtime.Stack(text[:], false)])
	n, _ := strconv.ParseInt(string(words[1]), 10, 64)
	return n
}

// deferred has records of deferred calls on the heap, because of the loop.
func deferred(ready chan bool) {
	for i := 0; i < 3; i++ {
		s := newStopper("heap-record", goid())
		defer s()
	}
	onStack(ready)
}

// onStack has them on its stack: they are too many to be compiled into the function.
//
//go:noinline
func onStack(ready chan bool) {
	id := goid()
	defer newStopper("stack-record", id)()
	defer newStopper("stack-record", id)()
	defer newStopper("stack-record", id)()
	defer fmt.Print("")
	defer fmt.Print("")
	defer fmt.Print("")
	defer fmt.Print("")
	defer fmt.Print("")
	defer fmt.Print("")
	again(ready)
}

//go:noinline
func again(ready chan bool) {
	for i := 0; i < 2; i++ {
		s := newStopper("heap-record", goid())
		defer s()
	}
	close(ready)
	select {}
}

// born returns the id that the next goroutine gets.
func born() int64 {
	ids := make(chan int64)
	go func() { ids <- goid() }()
	return <-ids + 1
}

// crowded spills its arguments, for want of registers.
//
//go:noinline
//go:nosplit
func crowded(ctx *owned, n *[16]uint64) *owned {
	a, b, c, d, e, f, g, h := n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]
	i, j, k, l := n[8], n[9], n[10], n[11]
	for n[15] == 0 {
		a, b, c, d = a+b, b^c, c+d, d^e
		e, f, g, h = e+f, f^g, g+h, h^i
		i, j, k, l = i+j, j^k, k+l, l^a
	}
	n[0] = a + b + c + d + e + f + g + h + i + j + k + l
	return ctx
}

type owned struct {
	context.Context
	name string
}

//go:noinline
func newOwned(id int64) *owned {
	ctx := &owned{context.Background(), "spilled"}
	all = append(all, ctx)
	fmt.Printf("spilled %#x %d\n", address(ctx), id)
	return ctx
}

func main() {
	runtime.GOMAXPROCS(1)
	ready := make(chan bool)
	go deferred(ready)
	<-ready
	go func() {
		s, ctx, n := newStopper("never-ran", born()), newOwned(goid()), new([16]uint64)
		ready := []byte("ready\n")
		go s() // does not run, because from here on nothing gives way, not even to the scheduler
		syscall.RawSyscall(syscall.SYS_WRITE, 1, uintptr(unsafe.Pointer(&ready[0])), uintptr(len(ready)))
		crowded(ctx, n)
	}()
	select {}
}
