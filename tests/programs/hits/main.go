// Hits calls small functions as fast as it can, for a debugger that traps them, and counts the calls itself.
//
//	hits [-threads N] [-prof] [-urg] [-children] [-births] [-signals] [-traps] [-gc]
//
// The first line of output is "ready" and the addresses of the trapped functions. Lines of standard input:
//
//	pause    stops all workers outside of these functions; prints "paused", the calls of each function, the nanoseconds per
//	         call of the first one since the last pause, those in its fastest hundred calls (with -only, else 0), and
//	         the number of problems, which have already been printed
//	resume   resumes the workers
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"reflect"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	gate     sync.RWMutex // held for writing while paused
	problems int64
	calls    [4]int64
	sink     int64
	best     int64 // with -only: nanoseconds per call in the fastest hundred calls
)

func problem(format string, args ...interface{}) {
	atomic.AddInt64(&problems, 1)
	fmt.Printf("problem: "+format+"\n", args...)
}

//go:noinline
//go:nosplit
func plain(x int64) int64 {
	return x*3 + 1
}

// No function here has a prologue that checks the stack: it would run twice if the goroutine is preempted there.

//go:noinline
//go:nosplit
func framed(n int) int64 {
	var pad [20]int64
	for i := range pad {
		pad[i] = sink + int64(i)
	}
	return pad[n%20]
}

//go:noinline
//go:nosplit
func branching(x int64) int64 {
	if x&1 == 0 {
		return x / 2
	}
	return 3*x + 1
}

//go:noinline
//go:nosplit
func inGoroutine(x *int64) {
	atomic.AddInt64(x, 1)
}

// Calls each function and counts the calls, then waits while paused.
func work(n int) {
	var own [4]int64
	for i := int64(0); ; i++ {
		gate.RLock()
		for k := int64(0); k < 50; k++ {
			plain(i + k)
			own[0]++
		}
		if n == 0 {
			framed(int(i % 20))
			own[1]++
		}
		branching(i)
		own[2]++
		if i%8 == 0 {
			var done sync.WaitGroup
			done.Add(1)
			go func() {
				inGoroutine(&sink)
				done.Done()
			}()
			done.Wait()
			own[3]++
		}
		for j := range own {
			atomic.AddInt64(&calls[j], own[j])
			own[j] = 0
		}
		gate.RUnlock()
	}
}

func only() {
	for i := int64(0); ; i++ {
		gate.RLock()
		began := time.Now()
		for k := int64(0); k < 100; k++ {
			plain(i + k)
		}
		if took := int64(time.Since(began)) / 100; best == 0 || took < best {
			best = took
		}
		atomic.AddInt64(&calls[0], 100)
		gate.RUnlock()
	}
}

// Creates and ends threads: when a locked goroutine exits, so does its thread.
func births() {
	for {
		done := make(chan bool)
		go func() {
			runtime.LockOSThread()
			close(done)
		}()
		<-done
		time.Sleep(2 * time.Millisecond)
	}
}

// Every child causes one SIGCHLD. The first child is not counted: package os runs one of its own before it, to probe the
// kernel (since 1.23).
func children() {
	exec.Command("/bin/true").Run()
	time.Sleep(50 * time.Millisecond)
	c := make(chan os.Signal, 100)
	signal.Notify(c, syscall.SIGCHLD)
	for {
		if out, err := exec.Command("/bin/echo", "hello").Output(); err != nil || string(out) != "hello\n" {
			problem("child: %v %q", err, out)
		}
		expect(c, "SIGCHLD")
		time.Sleep(3 * time.Millisecond)
	}
}

func expect(c chan os.Signal, name string) {
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		problem("%s was lost", name)
	}
	if len(c) > 0 {
		problem("%s came twice", name)
		<-c
	}
}

// Sends one signal at a time, so that each must arrive exactly once.
func signals(sig syscall.Signal) {
	c := make(chan os.Signal, 100)
	signal.Notify(c, sig)
	for {
		syscall.Kill(syscall.Getpid(), sig)
		expect(c, sig.String())
	}
}

// Sends more preemption signals than the scheduler does.
func urgencies() {
	for {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			continue
		}
		for _, task := range tasks {
			var tid int
			fmt.Sscan(task.Name(), &tid)
			syscall.Tgkill(syscall.Getpid(), tid, syscall.SIGURG)
		}
		time.Sleep(200 * time.Microsecond)
	}
}

func main() {
	threads := flag.Int("threads", 2, "")
	prof := flag.Bool("prof", false, "SIGPROF at 1 kHz")
	urg := flag.Bool("urg", false, "storms of SIGURG")
	childs := flag.Bool("children", false, "child processes")
	born := flag.Bool("births", false, "threads that start and exit")
	sigs := flag.Bool("signals", false, "signals one at a time")
	traps := flag.Bool("traps", false, "the same with SIGTRAP")
	gc := flag.Bool("gc", false, "garbage collections, which stop the world")
	single := flag.Bool("only", false, "call nothing but plain")
	flag.Parse()
	gate.Lock()
	if *prof {
		runtime.SetCPUProfileRate(1000)
		null, _ := os.OpenFile("/dev/null", os.O_WRONLY, 0)
		if err := pprof.StartCPUProfile(null); err != nil { // the runtime prints that the rate is already set
			problem("profile: %v", err)
		}
	}
	for i := 0; i < *threads; i++ {
		if *single {
			go only()
		} else {
			go work(i)
		}
	}
	for _, run := range []struct {
		wanted bool
		what   func()
	}{{*born, births}, {*childs, children}, {*sigs, func() { signals(syscall.SIGUSR2) }},
		{*traps, func() { signals(syscall.SIGTRAP) }}, {*urg, urgencies}} {
		if run.wanted {
			go run.what()
		}
	}
	if *gc {
		go func() {
			for {
				runtime.GC()
			}
		}()
	}
	fmt.Printf("ready %#x %#x %#x %#x\n", reflect.ValueOf(plain).Pointer(), reflect.ValueOf(framed).Pointer(),
		reflect.ValueOf(branching).Pointer(), reflect.ValueOf(inGoroutine).Pointer())
	var resumed time.Time
	var before int64
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch strings.TrimSpace(in.Text()) {
		case "resume":
			resumed, before = time.Now(), calls[0]
			gate.Unlock()
		case "pause":
			gate.Lock()
			ns := float64(0)
			if calls[0] > before {
				ns = float64(time.Since(resumed)) / float64(calls[0]-before)
			}
			fmt.Printf("paused %d %d %d %d %.1f %d %d problems\n", calls[0], calls[1], calls[2], calls[3], ns,
				best, atomic.LoadInt64(&problems))
			best = 0
		}
	}
}
