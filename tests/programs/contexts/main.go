// Contexts creates contexts of every kind and prints what it knows of each, one JSON object per line, so that
// a debugger's output can be compared exactly. With the argument "churn", other goroutines create and cancel
// contexts at full speed at the same time.
//
// The memory has no other contexts than those printed: all are reachable from one slice, and garbage is
// collected before "ready".
package main

import (
	"io"
	"os"
	"runtime"
	"time"
)

func main() {
	churning := len(os.Args) > 1 && os.Args[1] == "churn"
	build(churning)
	time.Sleep(150 * time.Millisecond)
	report(os.Stdout)
	runtime.GC()
	runtime.GC()
	if churning {
		for i := 0; i < 4; i++ {
			go churn(i)
		}
	}
	time.Sleep(20 * time.Millisecond)
	os.Stdout.WriteString("ready\n")
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

//go:noinline
func build(churning bool) {
	roots()
	standard()
	causes()
	values()
	foreign()
	phantoms()
	if churning {
		// Avoid the verdict for many children that are never canceled.
		churnRoot()
		crowd(40)
		growing(40)
	} else {
		crowd(2000)
		growing(1000)
	}
	waiters()
	signals()
	completeRecords()
}

// report runs on its own stack, which is freed with its contents before the program is ready.
//
//go:noinline
func report(out io.Writer) {
	done := make(chan bool)
	go func() {
		printRecords(out)
		done <- true
	}()
	<-done
}
