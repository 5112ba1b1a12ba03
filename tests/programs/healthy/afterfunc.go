//go:build go1.21

package main

import (
	"context"
	"time"
)

// afterFuncs interrupts waits for a condition, and ends contexts that are detached from their creator.
func afterFuncs(ctx context.Context) {
	go func() {
		for ctx.Err() == nil {
			short, cancel := context.WithTimeoutCause(ctx, 5*time.Millisecond, errFound)
			ended := make(chan struct{})
			stop := context.AfterFunc(short, func() { close(ended) })
			<-ended
			stop()
			cancel()
			detached, cancel := context.WithTimeout(context.WithoutCancel(short), 3*time.Millisecond)
			<-detached.Done()
			cancel()
		}
	}()
	go func() {
		stop := context.AfterFunc(ctx, func() {})
		defer stop()
		<-ctx.Done()
	}()
}

//go:noinline
func whenDone(ctx context.Context) func() bool { return context.AfterFunc(ctx, func() {}) }
