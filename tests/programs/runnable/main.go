// Runnable has many runnable goroutines and one P for them: some were preempted, some yielded, some have
// never run.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"programs/park"
)

//go:noinline
func spin() {
	for {
	}
}

//go:noinline
func givesWay() {
	for {
		runtime.Gosched()
	}
}

//go:noinline
func neverRan(a int, b string) {
	select {}
}

//go:noinline
func startsThenSpins() {
	for i := 0; i < 5; i++ {
		go neverRan(i, "x")
		go func() { select {} }()
	}
	fmt.Println("ready")
	spin()
}

func main() {
	park.Settle()
	runtime.GOMAXPROCS(1)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	time.Sleep(10 * time.Millisecond)
	for i := 0; i < 5; i++ {
		go spin()
		go givesWay()
	}
	go startsThenSpins()
	select {}
}
