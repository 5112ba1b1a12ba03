// Package park ends the preparation of a test program: it waits until the goroutines of the program
// have settled, notifies the test, and waits until the test closes standard input.
package park

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// Settle gives every goroutine time to reach the location where it stays. The collection sets g.waitsince
// of parked goroutines and starts the garbage collector's workers.
func Settle() {
	time.Sleep(150 * time.Millisecond)
	runtime.GC()
	time.Sleep(20 * time.Millisecond)
}

// Ready never returns: it prints "ready" and ends the program at the end of standard input.
func Ready() {
	Settle()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}
