package main

import (
	"context"
	"sync"
	"time"
)

// pool has many children of one long-lived context, each used by its own goroutine.
func pool(ctx context.Context, n int) {
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			own, cancel := context.WithCancel(ctx)
			defer cancel()
			for own.Err() == nil {
				select {
				case <-own.Done():
				case <-time.After(time.Minute):
				}
			}
		}()
	}
	wg.Wait()
}

// rounds starts workers, ends them and waits for them, repeatedly.
func rounds(parent context.Context) {
	for parent.Err() == nil {
		round(parent)
	}
}

func round(parent context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithTimeout(parent, 30*time.Millisecond)
	defer cancel()
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-ctx.Done()
			time.Sleep(5 * time.Millisecond)
		}()
	}
	time.Sleep(20 * time.Millisecond)
}

// ticks works periodically, regardless of other events; its context is not canceled.
func ticks(ctx context.Context) {
	t := time.NewTicker(7 * time.Millisecond)
	defer t.Stop()
	for range t.C {
		if ctx.Err() != nil {
			return
		}
	}
}
