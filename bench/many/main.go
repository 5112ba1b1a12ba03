// Parks as many goroutines as its first argument says, a few calls deep and in a handful of ways, prints "ready" and waits.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

type job struct{ id int }

var (
	jobs = make(chan job)
	done = make(chan struct{})
	lock sync.Mutex
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

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	lock.Lock()
	for i := 0; i < n; i++ {
		go handle(i)
	}
	time.Sleep(time.Second)
	fmt.Println("ready")
	time.Sleep(time.Hour)
}
