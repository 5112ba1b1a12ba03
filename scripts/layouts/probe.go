// A program whose DWARF describes every type and constant that gctxdbg uses, in any Go release.
// scripts/make-layouts builds it; it is never run. The linker keeps what main can reach.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

type locks struct {
	mutex sync.Mutex
	rw    sync.RWMutex
	group sync.WaitGroup
	once  sync.Once
}

func main() {
	var l locks
	cond := sync.NewCond(&l.mutex)
	l.once.Do(func() { fmt.Println(runtime.NumGoroutine(), runtime.NumCgoCall()) })
	l.group.Add(1)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	labels := pprof.Labels("a", "b")
	go pprof.Do(ctx, labels, func(ctx context.Context) {
		defer l.group.Done()
		l.mutex.Lock()
		cond.Wait()
		l.mutex.Unlock()
		pprof.SetGoroutineLabels(ctx)
	})
	l.rw.RLock()
	l.rw.RUnlock()
	l.rw.Lock()
	l.rw.Unlock()

	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	counts := map[string]int{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	select {
	case <-time.After(time.Second):
	case <-interrupted:
	case <-ctx.Done():
	}
	counts[listener.Addr().String()]++
	runtime.LockOSThread()
	cond.Broadcast()
	l.group.Wait()
	fmt.Println(counts)
}
