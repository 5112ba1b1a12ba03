package main

import (
	"context"
	"sync"
)

// A session is a context for those who work for one user; it ends when the user logs out.
type session struct {
	context.Context
	over chan struct{}
	user string
}

// Done forgets that the session's own context may end too.
func (s *session) Done() <-chan struct{} { return s.over }

// A repaired session: all methods are those of the context.
type plainSession struct {
	context.Context
	user string
}

//go:noinline
func worker(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// child leaves nothing but a cancel function behind, so no goroutine holds the context.
//
//go:noinline
func child(of context.Context) context.Context {
	ctx, cancel := context.WithCancel(of)
	later = append(later, cancel)
	return ctx
}

var later []func()

// A type in between hides the Done of the context that it embeds.
func hiddenDone(broken bool) {
	request, cancel := context.WithCancel(app)
	var ctx context.Context = &session{request, make(chan struct{}), "ann"}
	if !broken {
		ctx = &plainSession{request, "ann"}
	}
	go worker(child(ctx))
	cancel()
}

// A context from a pool gets its request after a child was made from it: the child asked a context
// that nothing can cancel, and is nobody's child.
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

// An audited context notes who asks for its error, under a lock. Its values hide the context from package
// context, which therefore follows it with a goroutine.
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

// The goroutine that should pass the cancellation on asks for the error, and waits for a lock whose owner
// waits for somebody to take its report.
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
