package main

import (
	"context"
	"time"
)

type key int

// A node of the heap: pointers and plain words, like objects of real programs.
type node struct {
	next *node
	name *string
	hits [6]int
}

var (
	held    []context.Context
	cancels []context.CancelFunc
	heap    *node
)

// Creates the contexts of one request: a deadline, a value, and a cancelable child.
func request(server context.Context, id int) {
	timed, cancel := context.WithTimeout(server, time.Hour)
	named := context.WithValue(timed, key(0), id)
	child, cancelChild := context.WithCancel(named)
	held = append(held, child)
	cancels = append(cancels, cancel, cancelChild)
}

func makeContexts(count int) {
	server, cancel := context.WithCancel(context.Background())
	cancels = append(cancels, cancel)
	for i := 0; i < count/3; i++ {
		request(server, i)
	}
}

func makeHeap(megabytes int) {
	name := "node"
	for i := 0; i < megabytes<<20/64; i++ {
		heap = &node{next: heap, name: &name}
	}
}
