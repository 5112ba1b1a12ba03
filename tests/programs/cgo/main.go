// Cgo parks goroutines in C, below C, and below C below Go below C. With the argument "live" it adds
// what only a live process can show: threads that run C or are in a C signal handler.
package main

/*
#cgo CFLAGS: -O1 -g -fno-omit-frame-pointer
#cgo LDFLAGS: -lpthread
#include "c.h"
*/
import "C"

import (
	"fmt"
	"io"
	"os"
	"runtime"

	"programs/park"
)

//go:noinline
func block() { select {} }

//export goBlock
func goBlock() { block() }

//export goDescend
func goDescend(depth C.int) {
	if depth == 0 {
		block()
	}
	intoC(depth - 1)
}

//export goSleepInC
func goSleepInC() { sleepsInC() }

//export goCompare
func goCompare(a, b *C.int) C.int {
	block()
	return *a - *b
}

//go:noinline
func intoC(depth C.int) { C.c_descend(depth) }

//go:noinline
func sleepsInC() { C.c_outer(3600) }

//go:noinline
func callsBack() { C.c_call_back() }

//go:noinline
func callsBackIntoC() { C.c_call_back_into_c() }

//go:noinline
func sortsInC() { C.c_sort() }

//go:noinline
func spinsInC() { C.c_spin() }

//go:noinline
func spinsUntilSignal() {
	runtime.LockOSThread()
	C.c_install_handler()
	for {
	}
}

// From here on the runtime can no longer stop the world.
func stayInHandler() {
	go spinsInC()
	go spinsUntilSignal()
	C.c_raise_in_go_code()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func main() {
	go sleepsInC()
	go callsBack()
	go callsBackIntoC()
	go intoC(4)
	go sortsInC()
	C.c_start_thread_without_go()
	C.c_start_thread_calling_go()
	if len(os.Args) > 1 && os.Args[1] == "live" {
		park.Settle()
		stayInHandler()
	}
	park.Ready()
}
