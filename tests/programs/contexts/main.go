// Contexts builds contexts of every kind and prints what it knows of each, one JSON object per line, so that
// a debugger's answer can be compared exactly. Argument "churn": meanwhile other goroutines create and cancel
// contexts at full speed.
//
// The memory holds no other contexts than those printed: all are reachable from one slice, and the garbage of
// building is collected before "ready".
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
	if churning {
		// Nothing here looks like a pile of forgotten children.
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

// report runs on a stack of its own, which is gone with what it held when the program is ready.
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
