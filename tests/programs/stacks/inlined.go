package main

import "sync"

// Four levels that the compiler inlines into their caller; the innermost blocks.

func first(c chan int) int  { return second(c) + 1 }
func second(c chan int) int { return third(c) + 1 }
func third(c chan int) int  { return fourth(c) + 1 }
func fourth(c chan int) int { return <-c }

//go:noinline
func folds(c chan int) int {
	n := first(c)
	return n + first(c)
}

// The same with a real call below the inlined ones, and inlined calls above it.

func middle(n int) int { return realCall(n) + 1 }

//go:noinline
func realCall(n int) int {
	if n == 0 {
		block()
	}
	return lower(n - 1)
}

func lower(n int) int { return middle(n) * 2 }

type guarded struct {
	mu sync.Mutex
	n  int
}

func (g *guarded) get() int {
	g.mu.Lock()
	n := g.n
	g.mu.Unlock()
	return n
}

func (g *guarded) twice() int { return g.get() + g.get() }

//go:noinline
func total(all []*guarded) (sum int) {
	for _, g := range all {
		sum += g.twice()
	}
	return sum
}

// A goroutine whose `go` statement is in an inlined function.

func spawn() { go block() }

func spawnTwice() {
	spawn()
	go func() { block() }()
}

func inlined() {
	go folds(make(chan int))
	go first(make(chan int))
	go middle(4)
	g := &guarded{}
	g.mu.Lock()
	go total([]*guarded{g})
	spawn()
	spawnTwice()
	go func() { fourth(make(chan int)) }()
}
