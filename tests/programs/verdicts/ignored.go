package main

import (
	"context"
	"net"
	"sync"
	"time"
)

// canceledSoon runs f in a goroutine and cancels its context after f has had time to block.
func canceledSoon(f func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(app)
	go f(ctx)
	time.Sleep(50 * time.Millisecond)
	cancel()
}

var answers = make(chan int)

//go:noinline
func receive(ctx context.Context) (int, error) {
	n := <-answers
	return n, ctx.Err()
}

//go:noinline
func receiveOrEnd(ctx context.Context) (int, error) {
	select {
	case n := <-answers:
		return n, ctx.Err()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func ignoresReceive(broken bool) {
	if broken {
		canceledSoon(func(ctx context.Context) { receive(ctx) })
	} else {
		canceledSoon(func(ctx context.Context) { receiveOrEnd(ctx) })
	}
}

var store sync.Mutex

//go:noinline
func update(ctx context.Context) error {
	store.Lock()
	defer store.Unlock()
	return ctx.Err()
}

//go:noinline
func updateOrEnd(ctx context.Context) error {
	for !store.TryLock() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	defer store.Unlock()
	return nil
}

func ignoresLock(broken bool) {
	store.Lock()
	if broken {
		canceledSoon(func(ctx context.Context) { update(ctx) })
	} else {
		canceledSoon(func(ctx context.Context) { updateOrEnd(ctx) })
	}
}

//go:noinline
func read(ctx context.Context, conn net.Conn) error {
	var b [1]byte
	if _, err := conn.Read(b[:]); err != nil {
		return err
	}
	return ctx.Err()
}

var silent []net.Conn

func ignoresNetwork(broken bool) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic(err)
	}
	server, err := l.Accept()
	if err != nil {
		panic(err)
	}
	silent = append(silent, client, server)
	canceledSoon(func(ctx context.Context) {
		if !broken {
			go func() {
				<-ctx.Done()
				server.SetReadDeadline(time.Unix(1, 0))
			}()
		}
		read(ctx, server)
	})
}

//go:noinline
func retry(ctx context.Context) error {
	for ctx.Err() == nil {
		time.Sleep(time.Hour)
	}
	return ctx.Err()
}

//go:noinline
func retryOrEnd(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case <-time.After(time.Hour):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func ignoresSleep(broken bool) {
	if broken {
		canceledSoon(func(ctx context.Context) { retry(ctx) })
	} else {
		canceledSoon(func(ctx context.Context) { retryOrEnd(ctx) })
	}
}

//go:noinline
func collect(ctx context.Context, timeout <-chan time.Time, end <-chan struct{}) error {
	for {
		select {
		case <-answers:
		case <-timeout:
		case <-end:
			return ctx.Err()
		}
	}
}

func ignoresSelect(broken bool) { ignoresIn(nil, broken) }
func ignoresTimer(broken bool)  { ignoresIn(time.After(time.Hour), broken) }

func ignoresIn(timeout <-chan time.Time, broken bool) {
	canceledSoon(func(ctx context.Context) {
		end := make(<-chan struct{})
		if !broken {
			end = ctx.Done()
		}
		collect(ctx, timeout, end)
	})
}
