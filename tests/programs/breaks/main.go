// Breaks executes commands from standard input, which reach code that tests set breakpoints at. Each command calls
// marker, then prints one line with its counts.
//
//	spawn N    N goroutines that return immediately, created in main.spawn; prints how many ran
//	storm N    the same by four concurrent goroutines, N each, in main.storm.func1
//	leak N     N goroutines that never end, created in main.leak
//	call N     main.handle(id, name) for id 0 to N-1; prints their sum
//	floats N   main.measure(i, i + 0.5, 1.25), N times; prints the sum as an integer
//	join N     main.join(i) for i from 0 to N-1, which jump to one of its lines; prints the sum
//	inlined N  main.twice and main.thrice, each with main.add inlined, N times; prints the sum
//	mixed N    main.blend inlined into main.mixed, and through a variable, N times each; prints the sum
//	assembly N main.weigh(i, 3, 5) for i from 0 to N-1, which calls main.larger, and main.larger(i, 3); prints the sum
//	cancel N   cancels N contexts with a child each; prints how many have an error
//	panic N    N panics that are recovered
//	exec N     runs N children; prints how many exited with status 0
//	pull N     N iterators (iter.Pull) with a value each, if the release has them; prints the number of values
//	stuck N    N goroutines, each with a canceled context, that wait for something else forever; prints N
//	exit N     exits with status N
//	again      executes itself again
//	busy       starts four goroutines that call main.handle and spawn forever; prints 0
//	count      prints what these have done: calls, goroutines started and ended
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type request struct {
	id   int
	name string
}

var (
	calls, begun, ended int64
	total               int64
	product             int
)

//go:noinline
func marker(order string) int { return len(order) }

//go:noinline
func handle(id int, name string, r *request) int {
	atomic.AddInt64(&calls, 1)
	return id + len(name) + r.id
}

func add(a, b int) int {
	product ^= a * b
	return a + b
}

//go:noinline
func twice(n int) int { return add(n, n) }

//go:noinline
func thrice(n int) int { return add(n, 2*n) }

func short(wg *sync.WaitGroup, ran *int64) {
	atomic.AddInt64(ran, 1)
	wg.Done()
}

//go:noinline
func spawn(n int) int64 {
	var wg sync.WaitGroup
	var ran int64
	for i := 0; i < n; i++ {
		wg.Add(1)
		go short(&wg, &ran)
	}
	wg.Wait()
	return atomic.LoadInt64(&ran)
}

//go:noinline
func storm(n int) int64 {
	var all, wg sync.WaitGroup
	var ran int64
	for i := 0; i < 4; i++ {
		all.Add(1)
		go func() {
			for j := 0; j < n; j++ {
				wg.Add(1)
				go short(&wg, &ran)
				if j%64 == 63 {
					time.Sleep(time.Microsecond)
				}
			}
			all.Done()
		}()
	}
	all.Wait()
	wg.Wait()
	return atomic.LoadInt64(&ran)
}

func stays(c chan int) { <-c }

//go:noinline
func leak(n int) int64 {
	c := make(chan int)
	for i := 0; i < n; i++ {
		go stays(c)
	}
	return int64(n)
}

func call(n int) int64 {
	sum := 0
	for i := 0; i < n; i++ {
		sum += handle(i, fmt.Sprint("name", i), &request{i, "x"})
	}
	return int64(sum)
}

//go:noinline
func measure(id int, degrees float64, scale float32) float64 {
	return degrees * float64(scale) * float64(id)
}

func floats(n int) int64 {
	sum := 0.0
	for i := 0; i < n; i++ {
		sum += measure(i, float64(i)+0.5, 1.25)
	}
	return int64(sum)
}

// The line after the label has an entry for each way to reach it.
//
//go:noinline
func join(n int) int {
	sum := 0
	if n > 3 {
		goto tail
	}
	sum = thrice(n)
tail:
	sum += n
	return sum
}

func joins(n int) int64 {
	sum := 0
	for i := 0; i < n; i++ {
		sum += join(i)
	}
	return int64(sum)
}

func inlined(n int) int64 {
	sum := 0
	for i := 0; i < n; i++ {
		sum += twice(i) + thrice(i)
	}
	return int64(sum)
}

func blend(a, b int) int {
	product ^= a * b
	return a - b
}

var blendElsewhere = blend

//go:noinline
func mixed(n int) int64 {
	sum := 0
	for i := 0; i < n; i++ {
		sum += blend(i, 7)
		sum += blendElsewhere(i, 7)
	}
	return int64(sum)
}

// In assembly: the arguments are on the stack. weigh has a frame and a check for stack space, larger has neither.
func weigh(a, b, c int) int
func larger(a, b int) int

func assembly(n int) int64 {
	sum := 0
	for i := 0; i < n; i++ {
		sum += weigh(i, 3, 5) + larger(i, 3)
	}
	return int64(sum)
}

func cancel(n int) int64 {
	var failed int64
	for i := 0; i < n; i++ {
		parent, stop := context.WithCancel(context.Background())
		child, stopChild := context.WithTimeout(parent, time.Hour)
		stop()
		<-child.Done()
		if parent.Err() != nil {
			failed++
		}
		if child.Err() != nil {
			failed++
		}
		stopChild()
	}
	return failed
}

func panicOnce(n int) (ret int64) {
	defer func() {
		if recover() != nil {
			ret = 1
		}
	}()
	panic(n)
}

func run(n int) int64 {
	var fine, left int64
	var wg sync.WaitGroup
	left = int64(n)
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for atomic.AddInt64(&left, -1) >= 0 {
				if exec.Command("/bin/true").Run() == nil {
					atomic.AddInt64(&fine, 1)
				}
			}
		}()
	}
	wg.Wait()
	return fine
}

//go:noinline
func waitsForOthers(ctx context.Context, c chan int) error {
	<-c
	return ctx.Err()
}

func stuck(n int) int64 {
	c := make(chan int)
	for i := 0; i < n; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		go waitsForOthers(ctx, c)
		time.Sleep(10 * time.Millisecond)
		cancel()
	}
	return int64(n)
}

func busy() {
	for i := 0; i < 4; i++ {
		go func() {
			r := &request{1, "x"}
			for n := 0; ; n++ {
				handle(n, "busy", r)
				atomic.AddInt64(&begun, 1)
				go func() { atomic.AddInt64(&ended, 1) }()
				if n%16 == 15 {
					time.Sleep(50 * time.Microsecond)
				}
			}
		}()
	}
}

func obey(order string, n int) int64 {
	switch order {
	case "spawn":
		return spawn(n)
	case "storm":
		return storm(n)
	case "leak":
		return leak(n)
	case "call":
		return call(n)
	case "join":
		return joins(n)
	case "floats":
		return floats(n)
	case "inlined":
		return inlined(n)
	case "mixed":
		return mixed(n)
	case "assembly":
		return assembly(n)
	case "cancel":
		return cancel(n)
	case "panic":
		for i := 0; i < n; i++ {
			total += panicOnce(i)
		}
		return total
	case "exec":
		return run(n)
	case "pull":
		return pull(n)
	case "stuck":
		return stuck(n)
	case "exit":
		os.Exit(n)
	case "again":
		syscall.Exec(os.Args[0], os.Args, os.Environ())
	case "busy":
		busy()
	}
	return 0
}

func main() {
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var order string
		var n int
		fmt.Sscan(in.Text(), &order, &n)
		answer := obey(order, n)
		marker(order)
		fmt.Println(answer, atomic.LoadInt64(&calls), atomic.LoadInt64(&begun), atomic.LoadInt64(&ended))
	}
}
