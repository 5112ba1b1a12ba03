package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"programs/park"
)

//go:noinline
func register(ctx context.Context) func() { _, cancel := context.WithCancel(ctx); return cancel }

// serve handles one connection: it takes back its registrations when it returns, by any of its ways. The calls that it
// defers in a loop are on the heap, the others on the stack or, where the compiler can, in the frame itself.
func serve(ctx context.Context, in chan int) error {
	cancel := register(ctx)
	defer cancel()
	for i := 0; i < 2; i++ {
		cancel := register(ctx)
		defer cancel()
	}
	defer fmt.Print("")
	defer fmt.Print("")
	return receive(in)
}

//go:noinline
func receive(in chan int) error {
	defer fmt.Print("")
	for {
		switch n := <-in; {
		case n == 1:
			return nil
		case n == 2:
			return context.Canceled
		case n == 3:
			return fmt.Errorf("bad %d", n)
		case n > 100:
			return fmt.Errorf("big %d", n)
		}
	}
}

func deferpile() {
	ctx, stop := context.WithCancel(context.Background())
	for i := 0; i < 600; i++ {
		go serve(ctx, make(chan int))
	}
	time.AfterFunc(time.Hour, stop)
}

type job struct {
	ctx  context.Context
	name string
}

// worker is idle. It remembers its last job, which ended long ago.
func worker(jobs chan job) {
	var last job
	for j := range jobs {
		last = j
	}
	fmt.Println("last was", last.name, last.ctx.Err())
}

func lastjob() {
	jobs := make(chan job)
	go worker(jobs)
	ctx, cancel := context.WithCancel(context.Background())
	jobs <- job{ctx, "first"}
	cancel()
}

// deadlines never returns: thousands of goroutines set short deadlines, all of which are met.
func deadlines() {
	for i := 0; i < 2000; i++ {
		go func() {
			for {
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
				<-ctx.Done()
				cancel()
			}
		}()
	}
	park.Ready()
	os.Exit(0)
}
