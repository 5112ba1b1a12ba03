package main

import (
	"context"
	"runtime"
	"runtime/pprof"
)

func lockedToThread() {
	runtime.LockOSThread()
	selectEmpty()
}

func labelled(ctx context.Context) { chanReceive(make(chan int)) }

func startsOthers(depth int) {
	if depth > 0 {
		go startsOthers(depth - 1)
	}
	selectEmpty()
}

func waitWithAttributes() {
	go lockedToThread()
	go pprof.Do(context.Background(), pprof.Labels("tenant", "acme", "step", "parse it"), labelled)
	go startsOthers(3)
}
