// Running keeps several threads busy with Go code, each at a different kind of location. With
// GODEBUG=asyncpreemptoff=1, the runtime cannot preempt them when the program crashes.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"syscall"
	"time"

	"programs/park"
)

var sink uint64

//go:noinline
func spin() {
	for {
	}
}

//go:noinline
func spinChain(depth int) {
	if depth > 0 {
		spinChain(depth - 1)
		return
	}
	spin()
}

// A loop that calls a leaf without a frame of its own.
//
//go:noinline
func callLeaf() {
	for n := uint64(1); ; n++ {
		sink += leaf(n)
	}
}

//go:noinline
func leaf(n uint64) uint64 { return n*n ^ n>>3 }

//go:noinline
func callSmallFrames() {
	for n := 0; ; n++ {
		sink += uint64(smallFrame(n))
	}
}

//go:noinline
func smallFrame(n int) int {
	var a [8]int
	fillIn(&a, n)
	return a[n&7]
}

//go:noinline
func fillIn(a *[8]int, n int) { a[n&7] = n }

func inlinedStep(n uint64) uint64 { return atomic.AddUint64(&sink, n) }

//go:noinline
func spinInlined() {
	for {
		inlinedStep(3)
	}
}

// Assembly.
//
//go:noinline
func copies() {
	a, b := make([]byte, 32<<20), make([]byte, 32<<20)
	for {
		copy(a, b)
		bytes.Equal(a, b)
	}
}

// The clock is read on the system stack, in the vDSO.
//
//go:noinline
func clocks() {
	for {
		sink += uint64(time.Now().Nanosecond())
	}
}

//go:noinline
func growMaps() {
	for {
		m := map[int]string{}
		for i := 0; i < 1<<16; i++ {
			m[i] = "x"
		}
	}
}

//go:noinline
func rawSyscalls() {
	for {
		syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
	}
}

//go:noinline
func deep(n int) byte {
	var a [64]byte
	a[n&63] = byte(n)
	if n > 0 {
		return deep(n-1) + a[(n+1)&63]
	}
	return a[0]
}

// Every new stack grows several times, and goroutines start, block and end.
//
//go:noinline
func growStacks() {
	done := make(chan byte)
	for {
		go func() { done <- deep(200) }()
		<-done
	}
}

//go:noinline
func collect() {
	for {
		runtime.GC()
	}
}

func main() {
	jobs := []func(){spin, func() { spinChain(3) }, callLeaf, callSmallFrames, spinInlined}
	if len(os.Args) > 1 && os.Args[1] == "churn" {
		pprof.StartCPUProfile(io.Discard)
		jobs = []func(){clocks, clocks, growStacks, growStacks, rawSyscalls, growMaps, collect}
	}
	if len(os.Args) > 1 && os.Args[1] == "more" {
		jobs = append(jobs, copies, clocks, growMaps, rawSyscalls)
	}
	runtime.GOMAXPROCS(len(jobs) + 2)
	park.Settle()
	// Do this now: later, a collection may wait forever for a loop, and all other goroutines for it.
	fmt.Println("ready")
	for _, job := range jobs {
		go job()
	}
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}
