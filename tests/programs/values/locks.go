package main

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

// Values inside types of sync/atomic, and a sync.Map.
var atomics struct {
	b                  atomic.Bool
	i32                atomic.Int32
	i64                atomic.Int64
	u32                atomic.Uint32
	u64                atomic.Uint64
	number, none       atomic.Value
	pointer, noPointer atomic.Pointer[point]
}

var tables struct {
	empty, promoted, fresh, large sync.Map
}

// A func with the variables that it has captured; n is changed by it.
//
//go:noinline
func makeClosure(a int, s string, p *point) func() int {
	n, b := 0, keep(a*2)
	return func() int {
		n++
		sink = fmt.Sprint(a, s, p.X)
		return n + b
	}
}

var (
	sink    string
	closure = makeClosure(3, "hello", &point{4, 5})
)

func contents(name, format string, value any) {
	line("text", "", name, value, fmt.Sprintf(format, value))
}

func contentsOfMap(name string, m *sync.Map) {
	var entries []string
	m.Range(func(k, v any) bool {
		entries = append(entries, fmt.Sprintf("%#v: %#v", k, v))
		return true
	})
	sort.Strings(entries)
	line("text", "", name, m, "sync.Map{"+strings.Join(entries, ", ")+"}")
}

func sayContents() {
	closure()
	line("closure", "", "main.closure", closure,
		`main.makeClosure.func1{n: 1, a: 3, s: "hello", p: &main.point{X: 4, Y: 5}, b: 6}`)
	a := &atomics
	a.b.Store(true)
	a.i32.Store(-32)
	a.i64.Store(-1 << 60)
	a.u32.Store(32)
	a.u64.Store(1<<64 - 1)
	a.number.Store(17)
	a.pointer.Store(&point{3, 4})
	contents("main.atomics.b", "atomic.Bool(%v)", a.b.Load())
	contents("main.atomics.i32", "atomic.Int32(%v)", a.i32.Load())
	contents("main.atomics.i64", "atomic.Int64(%v)", a.i64.Load())
	contents("main.atomics.u32", "atomic.Uint32(%v)", a.u32.Load())
	contents("main.atomics.u64", "atomic.Uint64(%v)", a.u64.Load())
	contents("main.atomics.number", "atomic.Value(%v)", a.number.Load())
	line("text", "", "main.atomics.none", a.none.Load(), "atomic.Value(nil)")
	line("text", "", "main.atomics.noPointer", a.noPointer.Load(), "atomic.Pointer[main.point](nil)")
	contents("main.atomics.pointer", "atomic.Pointer[main.point](&main.point{X: %d, Y: 4})", a.pointer.Load().X)

	t := &tables
	t.promoted.Store("a", 1)
	t.promoted.Store("b", 2)
	t.promoted.Store("gone", 3)
	t.promoted.Delete("gone")
	contentsOfMap("main.tables.promoted", &t.promoted)
	t.fresh.Store("old", "x")
	contentsOfMap("main.tables.empty", &t.empty)
	t.fresh.Range(func(any, any) bool { return true })
	t.fresh.Delete("old")
	t.fresh.Store("new", "y") // not in the part that is read without a lock, up to 1.23
	line("text", "", "main.tables.fresh", &t.fresh, `sync.Map{"new": "y"}`)
	for i := 0; i < 500; i++ {
		t.large.Store(i, i*i)
	}
}

// Locks with waiters.
var locks struct {
	held, free    sync.Mutex
	read, written sync.RWMutex
	group         sync.WaitGroup
	done, new     sync.Once
	cond          *sync.Cond
}

func waitForLocks() {
	l := &locks
	l.held.Lock()
	l.read.RLock()
	l.written.Lock()
	l.group.Add(3)
	l.done.Do(nothing)
	l.cond = sync.NewCond(&sync.Mutex{})
	for i := 0; i < 2; i++ {
		go wantsHeld()
		go wantsWritten()
		go wantsSignal()
	}
	go wantsGroup()
	go wantsRead()
	later := keep(5)
	go func() {
		<-forever
		sink = fmt.Sprint(later)
	}()
}

func nothing()      {}
func wantsHeld()    { locks.held.Lock() }
func wantsWritten() { locks.written.RLock() }
func wantsRead()    { locks.read.Lock() }
func wantsGroup()   { locks.group.Wait() }

func wantsSignal() {
	locks.cond.L.Lock()
	locks.cond.Wait()
}
