package main

import (
	"reflect"
	"sort"
	"strings"
	"sync"
)

// Recursion through a large frame and a small one.

//go:noinline
func deep(n int) int {
	if n == 0 {
		block()
	}
	return deep(n-1) + 1
}

//go:noinline
func bigFrames(n int) byte {
	var room [20000]byte
	room[n] = byte(n)
	if n == 0 {
		block()
	}
	return bigFrames(n-1) + room[n]
}

func even(n int) bool {
	if n == 0 {
		block()
	}
	return odd(n - 1)
}

func odd(n int) bool { return n != 0 && even(n-1) }

// Generics.

type pair[K comparable, V any] struct {
	key   K
	value V
}

//go:noinline
func (p *pair[K, V]) wait() { block() }

func apply[T any](v T, f func(T)) { f(v) }

//go:noinline
func mapAll[T, U any](in []T, f func(T) U) (out []U) {
	for _, v := range in {
		out = append(out, f(v))
	}
	return out
}

// Methods that are called through a compiler-generated wrapper.

type waiter interface{ wait(int) string }

type base struct{ n int }

func (b base) wait(int) string {
	block()
	return ""
}

type pointed struct{ *base }
type outer struct {
	waiter
	name string
}
type value struct{ a, b, c int }

func (v value) wait(n int) string {
	block()
	return strings.Repeat("x", v.a+n)
}

func callWaiter(w waiter) { w.wait(3) }

type callback func(int)

func (c callback) wait(n int) string {
	c(n)
	return ""
}

func shapes() {
	go deep(250)
	go deep(60)
	go bigFrames(9)
	go even(150)
	go (&pair[string, int]{}).wait()
	go apply(7, func(int) { block() })
	go apply("x", func(string) { block() })
	go mapAll([]int{1, 2}, func(n int) string { block(); return "" })
	go mapAll([]pair[string, bool]{{}}, func(pair[string, bool]) error { block(); return nil })

	go callWaiter(&base{})
	go callWaiter(pointed{&base{}})
	go callWaiter(&pointed{&base{}})
	go callWaiter(outer{waiter: &outer{waiter: base{}}})
	go callWaiter(&value{})
	go callWaiter(callback(func(int) { block() }))
	f := outer{waiter: value{}}.wait
	go f(1)
	go value{}.wait(2)
	g := (*value).wait
	go g(&value{}, 1)
	go waiter.wait(base{}, 1)

	go reflect.ValueOf(deep).Call([]reflect.Value{reflect.ValueOf(2)})
	go reflect.ValueOf(exported{}).Method(0).Call(nil)
	m := reflect.ValueOf(exported{}).Method(0).Interface().(func())
	go m()
	made := reflect.MakeFunc(reflect.TypeOf(block), func([]reflect.Value) []reflect.Value {
		block()
		return nil
	})
	go made.Interface().(func())()

	go sort.Slice([]int{3, 1, 2}, func(i, j int) bool { block(); return i < j })
	go strings.Map(func(r rune) rune { block(); return r }, "abc")
	go new(sync.Once).Do(func() { block() })
	go func() {
		func() {
			func() {
				block()
			}()
		}()
	}()
	variable := 5
	go func(n int, s ...string) {
		variable++
		block()
	}(variable, "a", "b")
}

type exported struct{}

func (exported) Block() { block() }
