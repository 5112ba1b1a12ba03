package main

import (
	"context"
	"sync"
)

// A session is the context of all work for one user; it ends when the user logs out.
type session struct {
	context.Context
	over chan struct{}
	user string
}

// The defect: Done ignores that the embedded context may end, too.
func (s *session) Done() <-chan struct{} { return s.over }

// A repaired session: all methods are those of the embedded context.
type plainSession struct {
	context.Context
	user string
}

//go:noinline
func worker(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// child keeps only the cancel function, so that no goroutine refers to the context.
//
//go:noinline
func child(of context.Context) context.Context {
	ctx, cancel := context.WithCancel(of)
	later = append(later, cancel)
	return ctx
}

var later []func()

// A type between parent and child hides the Done of the context that it embeds.
func hiddenDone(broken bool) {
	request, cancel := context.WithCancel(app)
	var ctx context.Context = &session{request, make(chan struct{}), "ann"}
	if !broken {
		ctx = &plainSession{request, "ann"}
	}
	go worker(child(ctx))
	cancel()
}

// A pooled context gets its request after a child was created from it: at that time nothing could cancel
// the parent, so the child was not registered with any context.
func lateParent(broken bool) {
	request, cancel := context.WithCancel(app)
	pooled := &plainSession{context.Background(), "bob"}
	if !broken {
		pooled.Context = request
	}
	go worker(child(pooled))
	pooled.Context = request
	cancel()
}

// An audited context records calls of Err, under a lock. Its Value hides the embedded context from package
// context, which therefore starts a goroutine that waits for it.
type audited struct {
	context.Context
	values map[any]any
}

var audit struct {
	sync.Mutex
	asked int
}

func (a *audited) Value(key any) any { return a.values[key] }

func (a *audited) Err() error {
	audit.Lock()
	defer audit.Unlock()
	audit.asked++
	return a.Context.Err()
}

// The goroutine that should propagate the cancellation calls Err, and waits for a lock whose owner waits
// for a receiver of its report.
func stuckRelay(broken bool) {
	reports := make(chan int)
	if !broken {
		go func() {
			for range reports {
			}
		}()
	}
	locked := make(chan bool)
	go func() {
		audit.Lock()
		locked <- true
		reports <- audit.asked
		audit.Unlock()
	}()
	<-locked
	request, cancel := context.WithCancel(app)
	go worker(child(&audited{request, nil}))
	cancel()
}
