package main

import (
	"context"
	"fmt"
	"time"
)

func deliver(ctx context.Context, mails chan string) {
	select {
	case <-ctx.Done():
	case m := <-mails:
		fmt.Println(m, ctx.Value("user"), ctx.Err())
	}
}

// webContext asks its request only if that is switched on, as web frameworks' contexts do: by default it never ends.
type webContext struct {
	request  context.Context
	fallback bool
}

func (c *webContext) Done() <-chan struct{} {
	if !c.fallback {
		return nil
	}
	return c.request.Done()
}
func (c *webContext) Deadline() (d time.Time, ok bool) { return }
func (c *webContext) Err() error                       { return nil }
func (c *webContext) Value(k any) any                  { return c.request.Value(k) }

func webctx() {
	request, end := context.WithCancel(context.Background())
	go deliver(&webContext{request: request}, make(chan string))
	end()
}

// tail ends later than its request: when the log has been written.
type tail struct {
	context.Context
	flushed chan struct{}
}

func (t *tail) Done() <-chan struct{} {
	if t.Context.Err() != nil { // an interface call, but not the one of Done
		fmt.Print("")
	}
	return t.flushed
}

func (t *tail) Err() error { return nil }

func errfirst() {
	request, end := context.WithCancel(context.Background())
	go deliver(&tail{request, make(chan struct{})}, make(chan string))
	end()
}

// signaled is a context; result, which has the same fields, is none.
type signaled struct {
	context.Context
	ch chan struct{}
}

func (s *signaled) Done() <-chan struct{} { return s.ch }

type result struct {
	from context.Context
	done chan struct{}
}

func follow(a, b context.Context) *result {
	r := &result{a, make(chan struct{})}
	go func() {
		select {
		case <-a.Done():
		case <-b.Done():
		}
		close(r.done)
	}()
	return r
}

// stalepair has the itab of a context in a stack slot that is no longer used, next to a pointer to a result.
func stalepair() {
	ready := make(chan bool)
	go func() {
		root, stop := context.WithCancel(context.Background())
		defer stop()
		sub, cancel := context.WithCancel(root)
		r := follow(root, &signaled{root, make(chan struct{})})
		r.from = sub
		go func() { <-r.done }() // waits for the result, which is none yet
		cancel()
		time.Sleep(10 * time.Millisecond)
		close(ready)
		time.Sleep(time.Hour)
	}()
	<-ready
}
