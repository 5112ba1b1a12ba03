package main

import (
	"context"
	"time"
)

var handled int

//go:noinline
func handle(ctx context.Context) {
	if ctx.Err() == nil {
		handled++
	}
}

// Each request leaves a child that is never canceled.
func pile(broken bool) {
	for i := 0; i < 5000; i++ {
		ctx, cancel := context.WithCancel(app)
		handle(ctx)
		if !broken {
			cancel()
		}
	}
}

// The same with a timeout that is too long to help.
func timeoutPile(broken bool) {
	for i := 0; i < 5000; i++ {
		ctx, cancel := context.WithTimeout(context.WithValue(app, userKey{}, i), 24*time.Hour)
		handle(ctx)
		if !broken {
			cancel()
		}
	}
}
