// Births creates and ends goroutines in every possible way, panics, cancels contexts and calls functions, and prints the
// counts. A debugger that counts creations, exits, panics, cancellations and calls must get the same numbers.
//
// It prints a line "KIND NAME COUNT" per count, where KIND is creator (goroutines that this function's go statements
// create), fn (that run this function), panic, cancel (by type of the context), call (of this function), died (in all).
// With the argument "wait" it waits for a line on stdin before it begins, and for another one before it exits.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sort"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

var (
	lock   sync.Mutex
	counts = map[string]int{}
	total  int64 // goroutines created
)

func count(kind, name string, n int) {
	lock.Lock()
	counts[kind+" "+name] += n
	lock.Unlock()
}

// born counts goroutines that `creator` creates.
func born(creator string, n int) {
	count("creator", creator, n)
	atomic.AddInt64(&total, int64(n))
}

type worker struct {
	wg *sync.WaitGroup
	n  int64
}

func (w *worker) run()                 { atomic.AddInt64(&w.n, 1); w.wg.Done() }
func (w worker) copied(n int)          { _ = n; w.wg.Done() }
func plain(wg *sync.WaitGroup)         { wg.Done() }
func named(a, b int, s string, wg *sync.WaitGroup) { _, _, _ = a, b, s; wg.Done() }

//go:noinline
func closures(n int) {
	var wg sync.WaitGroup
	wg.Add(n)
	born("main.closures", n)
	count("fn", "main.closures.func1", n)
	for i := 0; i < n; i++ {
		go func() { wg.Done() }()
	}
	wg.Wait()
}

//go:noinline
func arguments(n int) {
	var wg sync.WaitGroup
	wg.Add(2 * n)
	born("main.arguments", 2*n)
	for i := 0; i < n; i++ {
		go plain(&wg)
		go named(i, 2*i, "text", &wg)
	}
	wg.Wait()
}

//go:noinline
func methods(n int) {
	var wg sync.WaitGroup
	wg.Add(3 * n)
	born("main.methods", 3*n)
	w := &worker{wg: &wg}
	value := w.run
	var runner interface{ run() } = w
	for i := 0; i < n; i++ {
		go w.copied(i)
		go value()
		go runner.run()
	}
	wg.Wait()
}

//go:noinline
func exits(n int) {
	var wg sync.WaitGroup
	wg.Add(2 * n)
	born("main.exits", 2*n)
	for i := 0; i < n; i++ {
		go func() {
			defer wg.Done()
			runtime.Goexit()
		}()
		go func() {
			defer wg.Done()
			defer func() { _ = recover() }()
			defer runtime.Goexit()
			count("panic", "in all", 1)
			panic("ended by Goexit")
		}()
	}
	wg.Wait()
}

//go:noinline
func locked(n int) {
	var wg sync.WaitGroup
	wg.Add(n)
	born("main.locked", n)
	for i := 0; i < n; i++ {
		go func() {
			runtime.LockOSThread() // its thread exits with it
			wg.Done()
		}()
	}
	wg.Wait()
}

//go:noinline
func timers(n int) {
	var wg sync.WaitGroup
	wg.Add(n)
	born("time.goFunc", n)
	for i := 0; i < n; i++ {
		time.AfterFunc(time.Duration(i%5)*time.Millisecond, wg.Done)
	}
	wg.Wait()
}

//go:noinline
func nested(depth int, wg *sync.WaitGroup) {
	defer wg.Done()
	if depth == 0 {
		return
	}
	wg.Add(2)
	born("main.nested", 2)
	go nested(depth-1, wg)
	go nested(depth-1, wg)
}

// Many threads concurrently create goroutines that do almost nothing.
//
//go:noinline
func burst(makers, n int) {
	var wg sync.WaitGroup
	wg.Add(makers)
	born("main.burst", makers)
	born("main.burst.func1", makers*n)
	for i := 0; i < makers; i++ {
		go func() {
			var own sync.WaitGroup
			own.Add(n)
			for j := 0; j < n; j++ {
				go func() { own.Done() }()
			}
			own.Wait()
			wg.Done()
		}()
	}
	wg.Wait()
}

//go:noinline
func labelled(n int) {
	var wg sync.WaitGroup
	wg.Add(n)
	born("main.labelled.func1", n)
	pprof.Do(context.Background(), pprof.Labels("job", "births", "other", "x"), func(context.Context) {
		for i := 0; i < n; i++ {
			go plain(&wg)
		}
	})
	wg.Wait()
}

var (
	zero    int
	noMap   map[string]int
	nothing *worker
	list    = []int{1}
)

//go:noinline
func recovered(f func()) {
	defer func() {
		if recover() == nil {
			fmt.Println("no panic")
			os.Exit(1)
		}
	}()
	count("panic", "in all", 1)
	f()
}

type failure struct{ code int }

func (f failure) Error() string { return fmt.Sprint("failure ", f.code) }

func panics(n int) {
	for i := 0; i < n; i++ {
		recovered(func() { panic("text") })
		recovered(func() { panic(i) })
		recovered(func() { panic(errors.New("an error")) })
		recovered(func() { panic(failure{i}) })
		recovered(func() { _ = i / zero })
		recovered(func() { noMap["x"] = 1 })
		recovered(func() { _ = nothing.n })
		recovered(func() { _ = list[i+1] })
		recovered(func() { _ = any(i).(string) })
		recovered(func() {
			defer func() {
				r := recover()
				count("panic", "in all", 1)
				panic(r) // again
			}()
			panic("first")
		})
	}
	count("panic", "text", n)
	count("panic", "first", 2*n)
}

func cancels(n int) {
	for i := 0; i < n; i++ {
		parent, cancel := context.WithCancel(context.Background())
		child, cancelChild := context.WithCancel(context.WithValue(parent, "key", i))
		_, cancelTimer := context.WithTimeout(child, time.Hour)
		var wg sync.WaitGroup
		wg.Add(4)
		born("main.cancels", 4)
		for j := 0; j < 4; j++ {
			go func() {
				cancel() // only one of them does it
				wg.Done()
			}()
		}
		wg.Wait()
		cancelChild()
		cancelTimer()
		count("cancel", "*context.cancelCtx", 2)
		count("cancel", "*context.timerCtx", 1)
	}
	count("children", "in all", 2*n) // of the parent its child (the timer is gone), of that its timer
	moreCancels(n)
}

// Deadlines that pass: a timer's goroutine cancels.
func deadlines(n int) {
	var contexts []context.Context
	for i := 0; i < n; i++ {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel() // too late
		contexts = append(contexts, ctx)
	}
	for _, ctx := range contexts {
		<-ctx.Done()
	}
	born("time.goFunc", n)
	count("cancel", "*context.timerCtx", n)
	count("err", "context deadline exceeded", n)
}

// Its frame is so large that a call often finds the stack too small and restarts.
//
//go:noinline
func deep(n int, text string) int {
	var room [512]byte
	room[n%512] = byte(n)
	if n == 0 {
		return len(text)
	}
	return deep(n-1, text) + int(room[(n+1)%512])
}

func small(a int, b uint8) int { return a*a + int(b) } // inlined into all callers

type point struct {
	x, y int
	name string
	next *point
}

//go:noinline
func (p *point) move(by int, how string, ok bool, f float64, e error, d time.Duration) int {
	p.x += by
	if ok && f > 1 && e != nil {
		return len(how) + int(d)
	}
	return p.y
}

//go:noinline
func batch(list []int, more any, ch chan int, m map[string]int, small int8, unsigned uint16) int {
	if ch != nil && more != nil {
		return len(list) + m["x"] + int(small) + int(unsigned)
	}
	return list[0]
}

var sink int

func calls(n int) {
	for i := 0; i < n; i++ {
		var wg sync.WaitGroup
		wg.Add(1)
		born("main.calls", 1)
		go func() { // a fresh stack, which must grow
			sink += deep(20, "text")
			wg.Done()
		}()
		wg.Wait()
		count("call", "main.deep", 21)
		p := &point{x: i, y: 7, name: "p", next: &point{x: 2 * i, name: "next"}}
		sink += p.move(i, "how", i%2 == 0, 1.5, errors.New("e"), time.Second)
		count("call", "main.(*point).move", 1)
		sink += batch(make([]int, i+1, 100), p, nil, nil, int8(-i), uint16(i))
		count("call", "main.batch", 1)
		sink += small(i, uint8(i))
		if i%3 == 0 {
			sink += small(i+1, 1)
			count("call", "main.small", 1)
		}
		for j := 0; j < 3; j++ {
			sink += small(sink, uint8(j))
		}
		count("call", "main.small", 4)
	}
}

// time.Sleep parks its goroutine once, and the runtime's timer code makes it ready once.
func sleeper(rounds int, wg *sync.WaitGroup) {
	for i := 0; i < rounds; i++ {
		time.Sleep(time.Duration(i%3+1) * time.Millisecond)
	}
	wg.Done()
}

//go:noinline
func sleeps(n, rounds int) {
	var wg sync.WaitGroup
	wg.Add(n)
	born("main.sleeps", n)
	count("sleep", "in all", n*rounds)
	for i := 0; i < n; i++ {
		go sleeper(rounds, &wg)
	}
	wg.Wait()
}

// The program never dereferences p; a debugger that does finds unmapped memory.
//
//go:noinline
func astray(p *point, n int) {
	if n < 0 {
		fmt.Println(p)
	}
}

//go:nocheckptr
func nowhere() *point { return (*point)(unsafe.Pointer(uintptr(8))) }

func report() {
	count("died", "in all", int(total))
	lines := []string{}
	for name, n := range counts {
		lines = append(lines, fmt.Sprint(name, " ", n))
	}
	sort.Strings(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
}

//go:noinline
func marker() {}

func main() {
	wait := len(os.Args) > 1 && os.Args[1] == "wait"
	in := bufio.NewScanner(os.Stdin)
	if wait {
		fmt.Println("ready")
		in.Scan()
	}
	base := runtime.NumGoroutine()
	closures(50)
	arguments(20)
	methods(20)
	exits(20)
	locked(5)
	timers(20)
	var wg sync.WaitGroup
	wg.Add(1)
	nested(5, &wg)
	wg.Wait()
	burst(8, 100)
	labelled(10)
	coroutines(10)
	panics(5)
	cancels(10)
	deadlines(10)
	sleeps(5, 20)
	for i := 0; i < 3; i++ {
		astray(nowhere(), i)
	}
	calls(10)
	// WaitGroups signal shortly before the goroutines exit: wait until the runtime has no more of them.
	for i := 0; runtime.NumGoroutine() > base && i < 20000; i++ {
		time.Sleep(time.Millisecond)
	}
	report()
	fmt.Println("done")
	marker()
	if wait {
		in.Scan()
	}
}
