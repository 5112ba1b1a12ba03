// Crash ends in the way that its argument names, or is stuck or waits. The runtime's own account of a crash, on standard
// error, is what the tests compare with.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return fmt.Sprint(f.text, " ", f.code) }

type named string

type pair struct{ a, b int }

type list struct {
	next  *list
	value int
}

//go:noinline
func sum(l *list) int { return l.value + l.next.value }

//go:noinline
func divide(a, b int) int { return a / b }

//go:noinline
func at(s []int, i int) int { return s[i] }

// Panics again while the first panic runs deferred calls.
func nested() {
	defer func() { panic("second") }()
	panic(errors.New("first"))
}

// Recovers a panic and panics with the same value.
func repanic() {
	defer func() { panic(recover()) }()
	panic(errors.New("again"))
}

// Recovers a panic and panics with another value.
func replaced() {
	defer func() {
		recover()
		panic("other")
	}()
	panic("one")
}

// Maps detect concurrent writes only if they overlap.
func write() {
	m := map[int]int{}
	for {
		go func() {
			for i := 0; ; i++ {
				m[i%1000] = i
			}
		}()
		time.Sleep(time.Millisecond)
	}
}

// Queues for a lock whose holder only takes its time, and has the runtime start os/signal.loop.
func queue() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR1)
	var mu sync.Mutex
	mu.Lock()
	for i := 0; i < 4; i++ {
		go mu.Lock()
	}
	time.Sleep(time.Hour)
}

// Parks goroutines on purpose, one of each kind, and waits forever itself.
func parked() {
	go func() { select {} }()
	for i := 0; i < 2; i++ {
		go func() {
			runtime.LockOSThread()
			select {}
		}()
	}
	go time.Sleep(time.Hour)
	var never chan int
	<-never
}

func inGoroutine(f func()) {
	go f()
	time.Sleep(time.Hour)
}

func main() {
	ways := map[string]func(){
		"string":     func() { panic("out of cheese\nredo from start") },
		"error":      func() { panic(errors.New("no cheese")) },
		"wrapped":    func() { panic(fmt.Errorf("cannot serve: %w", os.ErrNotExist)) },
		"custom":     func() { panic(&failure{7, "broken"}) },
		"named":      func() { panic(named("type")) },
		"struct":     func() { panic(pair{1, 2}) },
		"int":        func() { panic(-42) },
		"float":      func() { panic(1.5) },
		"nil":        func() { panic(nil) },
		"nil-deref":  func() { fmt.Println(sum(&list{value: 1})) },
		"divide":     func() { fmt.Println(divide(1, 0)) },
		"unlock":     func() { new(sync.Mutex).Unlock() },
		"index":      func() { fmt.Println(at(make([]int, 3), 5)) },
		"map-writes": write,
		"deadlock":   func() { select {} },
		"nested":     nested,
		"repanic":    repanic,
		"replaced":   replaced,
		"goroutine":  func() { inGoroutine(func() { panic("in a goroutine") }) },
		"wait":       func() { time.Sleep(time.Hour) },
		"queue":      queue,
		"parked":     parked,
	}
	fmt.Println("ready")
	ways[os.Args[1]]()
}
