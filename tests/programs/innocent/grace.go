//go:build go1.21

package main

import (
	"context"
	"time"
)

// graceful ends an hour after its parent: work in flight may be finished.
type graceful struct {
	context.Context
	done chan struct{}
}

func (g *graceful) Done() <-chan struct{} { return g.done }

func withGrace(parent context.Context, d time.Duration) context.Context {
	g := &graceful{parent, make(chan struct{})}
	context.AfterFunc(parent, func() { time.AfterFunc(d, func() { close(g.done) }) })
	return g
}

func grace() {
	server, shutdown := context.WithCancel(context.Background())
	go deliver(withGrace(server, time.Hour), make(chan string))
	time.Sleep(10 * time.Millisecond)
	shutdown()
}
