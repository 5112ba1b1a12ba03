package main

import (
	"context"
	"time"
)

func sleep() { time.Sleep(time.Hour) }

func afterOrDone(ctx context.Context) {
	select {
	case <-time.After(time.Hour):
	case <-ctx.Done():
	}
}

func ticks() {
	for range time.NewTicker(time.Hour).C {
	}
}

func stoppedTimer() {
	t := time.NewTimer(time.Hour)
	t.Stop()
	<-t.C
}

func cases(done chan struct{}, a chan int8, b chan int16, c chan int32, d chan int64) {
	timer := time.NewTimer(time.Hour)
	select {
	case <-done:
	case <-a:
	case c <- 1:
	case <-timer.C:
	case <-b:
	case d <- 1:
	}
}

func waitOnTime() {
	go stoppedTimer()
	go cases(make(chan struct{}), make(chan int8), make(chan int16), make(chan int32), make(chan int64))
	go sleep()
	go sleep()
	go ticks()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	_ = cancel
	go afterOrDone(ctx)
	go func() {
		<-ctx.Done()
	}()
	// Its creator is the runtime's timer code.
	time.AfterFunc(time.Millisecond, selectEmpty)
}
