package main

import (
	"context"
	"sync"
	"time"
)

// waitGroup is like golang.org/x/sync/errgroup: it keeps only the cancel function of its context.
type waitGroup struct {
	wg     sync.WaitGroup
	cancel func()
}

//go:noinline
func newGroup(ctx context.Context) *waitGroup {
	_, cancel := context.WithCancel(ctx)
	return &waitGroup{cancel: cancel}
}

var cancels []func()

// kept creates n children of each kind that only a cancel function can end: one in an object, one in a slice of
// functions, one with its own timer, and one that a goroutine calls when it returns.
func kept(ctx context.Context, n int) {
	for i := 0; i < n; i++ {
		g := newGroup(ctx)
		g.wg.Add(1)
		go func() {
			defer g.cancel()
			g.wg.Wait()
		}()
		_, cancel := context.WithCancel(ctx)
		cancels = append(cancels, cancel)
		_, cancel = context.WithTimeout(ctx, time.Hour)
		cancels = append(cancels, cancel)
		stop, end := whenDone(ctx), make(chan struct{})
		go func() {
			defer stop()
			<-end
		}()
	}
}
