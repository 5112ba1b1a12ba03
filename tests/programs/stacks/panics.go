package main

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
)

func blockDeferred() { block() }

//go:noinline
func plainPanic() {
	defer blockDeferred()
	panic("plain")
}

//go:noinline
func errorPanic() {
	defer func() { block() }()
	panic(errors.New("an error"))
}

// A panic in a deferred call that another panic runs.
//
//go:noinline
func nestedPanic() {
	defer block()
	defer func() {
		panic("second")
	}()
	panic("first")
}

//go:noinline
func recovered() {
	defer func() {
		recover()
		block()
	}()
	panic("recovered")
}

//go:noinline
func recoveredThenParks() {
	func() {
		defer func() { recover() }()
		panic("gone")
	}()
	block()
}

//go:noinline
func recoveredThenPanics() {
	defer func() {
		defer func() {
			recover()
			block()
		}()
		panic(recover())
	}()
	panic("again")
}

// Errors that the hardware detects: the signal handler injects a call of sigpanic.

//go:noinline
func nilPointer(p *[4]int) int {
	defer block()
	return p[2]
}

//go:noinline
func nilPointerBelow(p *struct{ a, b int }) int { return loadField(p) }

func loadField(p *struct{ a, b int }) int { return p.b }

//go:noinline
func nilPointerInCallee() {
	defer block()
	nilPointerBelow(nil)
}

//go:noinline
func nilFunction(f func()) {
	defer block()
	f()
}

//go:noinline
func nilInterface(w waiter) {
	defer block()
	w.wait(1)
}

//go:noinline
func wildPointer() {
	debug.SetPanicOnFault(true)
	defer block()
	*(*int)(unsafePointer(0xdead0000)) = 1
}

//go:noinline
func divides(a, b int) int {
	defer block()
	return a / b
}

// Errors that compiler-generated checks detect.

//go:noinline
func outOfRange(s []int, i int) int {
	defer block()
	return s[i]
}

//go:noinline
func badSlice(s []int, i, j int) []int {
	defer block()
	return s[i:j]
}

//go:noinline
func nilMap(m map[string]int) {
	defer block()
	m["x"] = 1
}

//go:noinline
func wrongType(v interface{}) string {
	defer block()
	return v.(string)
}

//go:noinline
func closedChannel() {
	defer block()
	c := make(chan int)
	close(c)
	close(c)
}

type stuck struct{}

func (stuck) Error() string {
	block()
	return ""
}

// The runtime calls the value's Error method before it exits; this one never returns.
//
//go:noinline
func panicValueBlocks() { panic(stuck{}) }

//go:noinline
func goexits() {
	defer func() { block() }()
	runtime.Goexit()
}

//go:noinline
func goexitsInPanic() {
	defer block()
	defer runtime.Goexit()
	panic("exits")
}

func panics() {
	go plainPanic()
	go errorPanic()
	go nestedPanic()
	go recovered()
	go recoveredThenParks()
	go recoveredThenPanics()
	go nilPointer(nil)
	go nilPointerInCallee()
	go nilFunction(nil)
	go nilInterface(nil)
	go wildPointer()
	go divides(1, len(os.Args)-1)
	go outOfRange(nil, 3)
	go badSlice(make([]int, 3), 3, 2)
	go nilMap(nil)
	go wrongType(7)
	go closedChannel()
	go panicValueBlocks()
	go goexits()
	go goexitsInPanic()
}
