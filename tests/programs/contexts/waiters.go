package main

import (
	"bytes"
	"context"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

var header = regexp.MustCompile(`(?m)^goroutine (\d+) `)

// ids returns the goroutines that the runtime lists.
func ids(all bool) map[uint64]bool {
	buffer := make([]byte, 4<<20)
	out := map[uint64]bool{}
	for _, m := range header.FindAllSubmatch(buffer[:runtime.Stack(buffer, all)], -1) {
		id, _ := strconv.ParseUint(string(bytes.TrimSpace(m[1])), 10, 64)
		out[id] = true
	}
	return out
}

func goid() uint64 {
	for id := range ids(false) {
		return id
	}
	panic("no goroutine")
}

// born returns the goroutines that f starts and that stay.
func born(f func()) (out []uint64) {
	before := ids(true)
	f()
	for id := range ids(true) {
		if !before[id] {
			out = append(out, id)
		}
	}
	return out
}

// doneOf returns the context whose channel the Done of `ctx` returns, or nil.
func doneOf(ctx context.Context) context.Context {
	for ctx != nil && !cancelable(ctx) {
		switch typeName(ctx) {
		case "*main.ownDone", "*main.notifier":
			return ctx
		case "*main.web":
			ctx = ctx.(*web).Request.ctx
		default:
			ctx = recordOf(ctx).parent
		}
	}
	return ctx
}

// waitsOn records that a goroutine waits for the Done of `ctx`.
func waitsOn(goid uint64, ctx context.Context) {
	mu.Lock()
	defer mu.Unlock()
	governor := doneOf(ctx)
	if governor == nil {
		return
	}
	r := recordOf(governor)
	for _, w := range r.waiters {
		if w == goid {
			return
		}
	}
	r.waiters = append(r.waiters, goid)
}

//go:noinline
func waitForOne(ctx context.Context) { <-ctx.Done() }

//go:noinline
func waitForSeveral(a, b context.Context, c chan int) {
	select {
	case <-a.Done():
	case <-b.Done():
	case <-c:
	case <-time.After(10 * time.Hour):
	}
}

func waiters() {
	root := withCancel(background)
	start := func(wait func(), on ...context.Context) {
		ready := make(chan bool)
		go func() {
			for _, ctx := range on {
				waitsOn(goid(), ctx)
			}
			ready <- true
			wait()
		}()
		<-ready
	}
	one := withCancel(root)
	for i := 0; i < 5; i++ {
		start(func() { waitForOne(one) }, one)
	}
	timed, below := withTimeout(root, time.Hour), withCancel(withValue(one, "request", 4711))
	start(func() { waitForSeveral(one, timed, nil) }, one, timed)
	start(func() { waitForSeveral(timed, below, make(chan int)) }, timed, below)
	start(func() { waitForSeveral(below, below, make(chan int)) }, below)
	value := withValue(below, "led", "to it")
	start(func() { waitForOne(value) }, value)
	user := add(&embeds{9, timed, "waited for"}, timed)
	start(func() { waitForOne(user) }, user)
	for i := 0; i < 200; i++ {
		ctx := withCancel(timed)
		start(func() { waitForOne(ctx) }, ctx)
	}
}

func signals() {
	root := withCancel(background)
	for _, parent := range []context.Context{root, background, withValue(root, "signals", true)} {
		var ctx context.Context
		goids := born(func() {
			var stop func()
			ctx, stop = signal.NotifyContext(parent, syscall.SIGUSR1, os.Interrupt)
			cancels = append(cancels, stop)
		})
		inside := embedded(ctx)
		add(inside, parent)
		add(ctx, inside)
		// The goroutine of package signal waits for signals, never for a context.
		for _, goid := range goids {
			if waitsInNotifyContext(goid) {
				waitsOn(goid, ctx)
			}
		}
	}
	ended, stop := signal.NotifyContext(root, syscall.SIGUSR2)
	inside := embedded(ended)
	add(inside, root)
	add(ended, inside)
	stop()
}

func waitsInNotifyContext(goid uint64) bool {
	buffer := make([]byte, 4<<20)
	for _, g := range bytes.Split(buffer[:runtime.Stack(buffer, true)], []byte("\n\n")) {
		if bytes.HasPrefix(g, []byte("goroutine "+strconv.FormatUint(goid, 10)+" ")) {
			return bytes.Contains(g, []byte("signal.NotifyContext"))
		}
	}
	return false
}
