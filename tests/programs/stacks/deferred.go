package main

import "unsafe"

func unsafePointer(n uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&n)) }

type file struct{ name string }

func (f *file) Close() error {
	block()
	return nil
}

type closer interface{ Close() error }

//go:noinline
func defersMethod(f *file) { defer f.Close() }

//go:noinline
func defersInterface(c closer) { defer c.Close() }

//go:noinline
func defersWithArguments(a int, b string) {
	defer func(n int, s string) { block() }(a, b)
}

// In a loop, the compiler keeps defer records in a list instead of in the frame.
//
//go:noinline
func defersInLoop(n int) {
	for i := 0; i < n; i++ {
		defer func(i int) {
			if i == 1 {
				block()
			}
		}(i)
	}
}

//go:noinline
func defersInDeferred() {
	defer func() {
		defer func() {
			defer block()
		}()
	}()
}

func deferred() {
	go defersMethod(&file{})
	go defersInterface(&file{})
	go defersWithArguments(3, "x")
	go defersInLoop(4)
	go defersInDeferred()
}
