//go:build !go1.21

package main

import "context"

func afterFuncs(context.Context) {}

// whenDone does what the AfterFunc of later releases does.
func whenDone(ctx context.Context) func() bool {
	ctx, cancel := context.WithCancel(ctx)
	go func() { <-ctx.Done() }()
	return func() bool { cancel(); return true }
}
