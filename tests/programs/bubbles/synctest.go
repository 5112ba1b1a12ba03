//go:build go1.25

package main

import (
	"context"
	"flag"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var never chan int

func sleepTwoHours() { time.Sleep(2 * time.Hour) }

func deadline(ctx context.Context) { <-ctx.Done() }

func timerOrDone(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(90 * time.Minute):
	}
}

func nilChannel() { <-never }

func cond(c *sync.Cond) {
	c.L.Lock()
	c.Wait()
}

func group(w *sync.WaitGroup) { w.Wait() }

func pull() {
	next, _ := iter.Pull(func(func(int) bool) { select {} })
	next()
}

// The lock is held outside: not a durable wait, so the clock of the bubble stands still.
func lock(held *sync.Mutex) { held.Lock() }

func inBubble(held *sync.Mutex) func(*testing.T) {
	return func(*testing.T) {
		ctx, _ := context.WithTimeout(context.Background(), time.Hour)
		go sleepTwoHours()
		go deadline(ctx)
		go timerOrDone(ctx)
		go nilChannel()
		go cond(sync.NewCond(new(sync.Mutex)))
		var w sync.WaitGroup
		w.Add(1)
		go group(&w)
		go pull()
		go func() { select {} }()
		go func() { make(chan int) <- 1 }()
		lock(held)
	}
}

func bubbles() {
	var held sync.Mutex
	held.Lock()
	test := func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, inBubble(&held))
	}
	testing.Init()
	flag.Set("test.parallel", "2")
	all := func(string, string) (bool, error) { return true, nil }
	go testing.Main(all, []testing.InternalTest{{Name: "One", F: test}, {Name: "Two", F: test}}, nil, nil)
}
