// Sysstack has a goroutine that stops the world, on the system stack, and waits for ever: with
// GODEBUG=asyncpreemptoff=1 the runtime cannot stop the loop.
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
