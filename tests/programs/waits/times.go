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

func waitOnTime() {
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
