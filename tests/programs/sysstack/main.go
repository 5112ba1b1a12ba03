// Sysstack has a goroutine that waits forever on the system stack to stop the world: with
// GODEBUG=asyncpreemptoff=1, the runtime cannot preempt the loop of another goroutine.
package main

import (
	"fmt"
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
func stopsTheWorld() { runtime.GC() }

func main() {
	runtime.GOMAXPROCS(4)
	go func() { select {} }()
	park.Settle()
	go spin()
	time.Sleep(50 * time.Millisecond)
	fmt.Println("ready")
	os.Stdout.Sync()
	stopsTheWorld()
}
