package main

import "runtime"

// Variables that live on the heap: each is changed by a closure.
func moved() {
	count, text := keep(1), keep("before")
	whole := keep(point{1, 2})
	change := keep(func() {
		count++
		text = "after"
		whole.X = 10
	})
	change()
	say("moved", "count", count)
	say("moved", "text", text)
	say("moved", "whole", whole)
	park()
	change()
	runtime.KeepAlive(text)
}

// A call that is inlined into its caller, with variables of its own.
func small(from *inner) *inner {
	next := from.next
	park()
	return next
}

func inlined() {
	chain := keep(&inner{"first", &inner{"second", &inner{"third", nil}}})
	say("small", "from", chain)
	say("small", "next", chain.next)
	say("inlined", "chain", chain)
	last := small(chain)
	runtime.KeepAlive(last)
	runtime.KeepAlive(chain)
}

//go:noinline
func arguments(i int, s string, list []int, m map[string]int, p point, o *outer, a interface{}, e shape, f float64,
	b bool, c complex128, array [3]int, big outer, rest ...string) {
	say("arguments", "i", i)
	say("arguments", "s", s)
	say("arguments", "list", list)
	say("arguments", "m", m)
	say("arguments", "p", p)
	say("arguments", "o", o)
	say("arguments", "a", a)
	say("arguments", "e", e)
	say("arguments", "f", f)
	say("arguments", "b", b)
	say("arguments", "c", c)
	say("arguments", "array", array)
	say("arguments", "big", big)
	say("arguments", "rest", rest)
	park()
	runtime.KeepAlive(i)
	runtime.KeepAlive(s)
	runtime.KeepAlive(list)
	runtime.KeepAlive(m)
	runtime.KeepAlive(p)
	runtime.KeepAlive(o)
	runtime.KeepAlive(a)
	runtime.KeepAlive(e)
	runtime.KeepAlive(f)
	runtime.KeepAlive(b)
	runtime.KeepAlive(c)
	runtime.KeepAlive(array)
	runtime.KeepAlive(big)
	runtime.KeepAlive(rest)
}

func callArguments() {
	o := makeOuter()
	arguments(-7, "arg", []int{4, 5}, map[string]int{"z": 26}, point{8, 9}, &o, "any", color(2), 2.5, true, 1i,
		[3]int{1, 2, 3}, makeOuter(), "r1", "r2")
}

// A ring of pointers.
func rings() {
	a, b := &inner{Name: "a"}, &inner{Name: "b"}
	a.next, b.next = b, a
	ring := keep(a)
	self := make([]interface{}, 1)
	self[0] = self
	say("rings", "ring", ring)
	park()
	runtime.KeepAlive(ring)
	runtime.KeepAlive(self)
}
