//go:build go1.21

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

type reason struct{ code int }

func (r *reason) Error() string { return fmt.Sprint("reason ", r.code) }

type note string

func (n note) Error() string { return "note: " + string(n) }

func cause(ctx context.Context) error { return context.Cause(ctx) }

func causes() {
	root := withCancel(background)
	withCause := func(parent context.Context, why error) context.Context {
		ctx, cancel := context.WithCancelCause(parent)
		add(ctx, parent)
		withValue(withCancel(ctx), "below", why != nil)
		cancel(why)
		return ctx
	}
	active, cancel := context.WithCancelCause(root)
	cancels = append(cancels, func() { cancel(nil) })
	add(active, root)
	withCause(root, nil)
	withCause(root, errors.New("the client went away"))
	withCause(root, fmt.Errorf("order %d: %w", 17, fs.ErrNotExist))
	withCause(root, fmt.Errorf("no %s", "wrapping"))
	withCause(root, &reason{42})
	withCause(root, note("by value"))
	withCause(root, context.DeadlineExceeded)

	at, stop := context.WithDeadlineCause(root, time.Now().Add(time.Hour), errors.New("never seen"))
	cancels = append(cancels, stop)
	add(at, root)
	passed, stop := context.WithTimeoutCause(root, time.Millisecond, errors.New("too slow"))
	cancels = append(cancels, stop)
	add(passed, root)
	<-passed.Done()
	for passed.Err() == nil {
		time.Sleep(time.Millisecond)
	}

	withoutCancel(root)
	afterFuncs()
}

func withoutCancel(root context.Context) {
	ended, cancel := canceled(root)
	cancel()
	for _, parent := range []context.Context{root, ended, background} {
		border := add(context.WithoutCancel(parent), parent)
		withValue(border, "on", "a border")
		ctx := withCancel(border)
		withTimeout(ctx, time.Hour)
	}
	timed := withTimeout(root, time.Hour)
	twice := add(context.WithoutCancel(timed), timed)
	add(context.WithoutCancel(twice), twice)
}

func work() {}

func afterFuncs() {
	parent := withTimeout(background, time.Hour)
	for i := 0; i < 5; i++ {
		context.AfterFunc(parent, work)
	}
	context.AfterFunc(withCancel(parent), func() { _ = parent })
	stopped := context.AfterFunc(parent, work)
	stopped()
	called := make(chan bool)
	ctx, cancel := canceled(parent)
	context.AfterFunc(ctx, func() { close(called) })
	cancel()
	<-called

	// The parent has a method AfterFunc, so package context wraps it.
	n := &notifier{Context: parent, done: make(chan struct{})}
	add(n, parent)
	withCancel(n)
	withTimeout(n, 20*time.Minute)
}

// A context with its own Done that needs no goroutine.
type notifier struct {
	context.Context
	done  chan struct{}
	calls []func()
}

func (n *notifier) Done() <-chan struct{} { return n.done }

func (n *notifier) Err() error { return nil }

func (n *notifier) AfterFunc(f func()) func() bool {
	n.calls = append(n.calls, f)
	return func() bool { return true }
}
