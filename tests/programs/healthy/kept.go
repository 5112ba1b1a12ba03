package main

import (
	"context"
	"sync"
	"time"
)

// waitGroup is what golang.org/x/sync/errgroup has: of its context it keeps the cancel function only.
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

// kept makes n children of each kind that only a function can end: one in an object, in a slice of functions, with
// a timer of its own, and one to be called when a goroutine returns.
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
