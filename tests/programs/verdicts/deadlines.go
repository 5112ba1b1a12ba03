package main

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A context whose Done waits for a lock.
type guarded struct {
	context.Context
	mu sync.Mutex
}

func (g *guarded) Done() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.Context.Done()
}

// WithTimeout calls the parent's Done before it starts its timer: while that blocks, the deadline passes and
// nothing happens.
func blockedTimeout(broken bool) {
	parent := &guarded{Context: app}
	parent.mu.Lock()
	go func() {
		ctx, cancel := context.WithTimeout(parent, 200*time.Millisecond)
		defer cancel()
		<-ctx.Done()
	}()
	if !broken {
		parent.mu.Unlock()
	}
}

var rounds int64

// One P, and a loop that never yields it (run with GODEBUG=asyncpreemptoff=1): no timer fires.
func starvedTimer(broken bool) {
	runtime.GOMAXPROCS(1)
	last = func() {
		// Start it here, so that goroutines created before "ready" still run.
		ctx, cancel := context.WithTimeout(app, 200*time.Millisecond)
		defer cancel()
		go worker(ctx)
		runtime.Gosched()
		for atomic.LoadInt64(&rounds) >= 0 {
			atomic.AddInt64(&rounds, 1)
			if !broken {
				time.Sleep(time.Millisecond)
			}
		}
	}
}
