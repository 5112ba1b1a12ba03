// Verdicts has one case for each way to lose a cancellation: `verdicts CASE broken` has the defect, and `verdicts
// CASE repaired` does not. Each case prints "ready" when the defect has lasted longer than a second.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

var cases = map[string]func(broken bool){
	"hidden-done":     hiddenDone,
	"hidden-several":  hiddenSeveral,
	"late-parent":     lateParent,
	"stuck-relay":     stuckRelay,
	"ignores-receive": ignoresReceive,
	"ignores-lock":    ignoresLock,
	"ignores-network": ignoresNetwork,
	"ignores-sleep":   ignoresSleep,
	"ignores-select":  ignoresSelect,
	"ignores-timer":   ignoresTimer,
	"blocked-timeout": blockedTimeout,
	"starved-timer":   starvedTimer,
	"background":      waitsForBackground,
	"value":           waitsForValue,
	"without-cancel":  waitsForWithoutCancel,
	"pile":            pile,
	"timeout-pile":    timeoutPile,
	"wakeup":          wakeup,
}

// A long-lived context, like that of a server.
var app, stopApp = context.WithCancel(context.Background())

// What runs once "ready" is printed; nil: wait for the end of standard input.
var last func()

func main() {
	cases[os.Args[1]](os.Args[2] == "broken")
	// A collection sets the start of goroutines' waits, to the end of the previous collection.
	time.Sleep(50 * time.Millisecond)
	runtime.GC()
	time.Sleep(300 * time.Millisecond)
	runtime.GC()
	time.Sleep(1200 * time.Millisecond)
	fmt.Println("ready")
	if last != nil {
		last()
	}
	io.Copy(io.Discard, os.Stdin)
	stopApp()
}
