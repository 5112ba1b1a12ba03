// Many parks goroutines, a few calls deep and in a handful of ways, and prints "ready". Arguments: the number of
// goroutines, the number of contexts, and the size of an additional heap in MB. For each line on standard input it
// prints the longest stall since the previous line, in nanoseconds.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type job struct{ id int }

var (
	jobs = make(chan job)
	done = make(chan struct{})
	lock sync.Mutex

	reached atomic.Int64 // goroutines that are about to block
)

//go:noinline
func receive() { <-jobs }

//go:noinline
func wait() {
	select {
	case <-jobs:
	case <-done:
	}
}

//go:noinline
func acquire() { lock.Lock() }

//go:noinline
func sleep() { time.Sleep(time.Hour) }

//go:noinline
func handle(i int) { serve(i) }

//go:noinline
func serve(i int) {
	reached.Add(1)
	switch i % 8 {
	case 0:
		acquire()
	case 1:
		sleep()
	case 2, 3:
		wait()
	default:
		receive()
	}
}

var stall atomic.Int64 // nanoseconds

// Reads the clock every millisecond: a larger gap is a stall of the process.
func watch() {
	for last := time.Now(); ; {
		time.Sleep(time.Millisecond)
		now := time.Now()
		if gap := int64(now.Sub(last)); gap > stall.Load() {
			stall.Store(gap)
		}
		last = now
	}
}

// number returns argument i, or 0 if there is none.
func number(i int) int {
	if i >= len(os.Args) {
		return 0
	}
	n, err := strconv.Atoi(os.Args[i])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return n
}

func main() {
	goroutines := number(1)
	lock.Lock()
	for i := 0; i < goroutines; i++ {
		go handle(i)
	}
	makeContexts(number(2))
	makeHeap(number(3))
	for reached.Load() < int64(goroutines) {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(time.Second)
	go watch()
	fmt.Println("ready")
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		fmt.Println(stall.Swap(0))
	}
	time.Sleep(time.Hour)
}
