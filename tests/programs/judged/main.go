// Judged has all kinds of values for conditions of breakpoints. It executes commands from standard input; each
// command calls marker, then prints a line:
//
//	people   main.handle(p, n) for al, bob, carl, bob, bob; prints the sum of their ages
//	numbers  main.number(n) for 1, 2^63 and 2^64-1
//	texts    main.text(s) for 5000 x, "a\x00b", "a" and 4096 x
//	deep N   main.bottom below N calls of main.descend
//	labeled  a goroutine that runs main.called, created with the labels k=v and job=mail; and one without labels
//	tagged   main.tagged(1) with the labels a=1 and one whose key has 5000 z; main.tagged(2) with 30 labels, v00 to v29, whose
//	         keys are k00 to k29 and 1000 x each
//	wrapped  goroutines created by every kind of go statement
//	wake     a goroutine that waits in main.waits is woken by main.wakes
//	cancel   main.ends cancels a context
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

type person struct {
	name string
	age  int
}

type worker interface{ work(n int, wg *sync.WaitGroup) }

type digger struct{ depth int }

var (
	total int
	mutex sync.Mutex
)

func count(n int) {
	mutex.Lock()
	total += n
	mutex.Unlock()
}

//go:noinline
func marker(order string) int { return len(order) }

//go:noinline
func handle(p *person, n int) int { return p.age + n }

//go:noinline
func number(n uint64) uint64 { return n + 1 }

//go:noinline
func text(s string) int { return len(s) }

//go:noinline
func bottom() int { return total }

//go:noinline
func descend(n int) int {
	if n == 0 {
		return bottom()
	}
	return descend(n-1) + 1
}

//go:noinline
func called(n int, wg *sync.WaitGroup) {
	count(n)
	wg.Done()
}

func tiny(wg *sync.WaitGroup) { wg.Done() }

//go:noinline
func (d *digger) work(n int, wg *sync.WaitGroup) {
	count(d.depth + n)
	wg.Done()
}

var (
	all   sync.WaitGroup
	value = called
)

//go:noinline
func plain() { all.Done() }

func people() (sum int) {
	for i, name := range []string{"al", "bob", "carl", "bob", "bob"} {
		sum += handle(&person{name, 30 + i}, i)
	}
	return sum
}

func numbers() (sum int) {
	for _, n := range []uint64{1, 1 << 63, 1<<64 - 1} {
		sum += int(number(n))
	}
	return sum
}

func texts() (sum int) {
	for _, s := range []string{strings.Repeat("x", 5000), "a\x00b", "a", strings.Repeat("x", 4096)} {
		sum += text(s)
	}
	return sum
}

func labeled() int {
	all.Add(2)
	pprof.Do(context.Background(), pprof.Labels("k", "v", "job", "mail"), func(context.Context) {
		go called(1, &all)
	})
	go called(2, &all)
	all.Wait()
	return total
}

//go:noinline
func tagged(n int) { total += n }

func tags() int {
	var many []string
	for i := 0; i < 30; i++ {
		number := fmt.Sprintf("%02d", i)
		many = append(many, "k"+number+strings.Repeat("x", 1000), "v"+number)
	}
	pprof.Do(context.Background(), pprof.Labels("a", "1", strings.Repeat("z", 5000), "2"),
		func(context.Context) { tagged(1) })
	pprof.Do(context.Background(), pprof.Labels(many...), func(context.Context) { tagged(2) })
	return total
}

//go:noinline
func wrapped(w worker, d *digger) int {
	all.Add(7)
	go called(1, &all)
	go tiny(&all)
	go d.work(2, &all)
	go w.work(3, &all)
	go value(4, &all)
	go plain()
	go func() { called(5, &all) }()
	all.Wait()
	return total
}

//go:noinline
func waits(c chan int, wg *sync.WaitGroup) {
	count(<-c)
	wg.Done()
}

//go:noinline
func wakes(c chan int) { c <- 7 }

func wake() int {
	c := make(chan int)
	all.Add(1)
	go waits(c, &all)
	time.Sleep(50 * time.Millisecond) // so that it waits
	wakes(c)
	all.Wait()
	return total
}

//go:noinline
func ends(stop func()) { stop() }

func cancel() int {
	ctx, stop := context.WithCancel(context.Background())
	ends(stop)
	<-ctx.Done()
	return 1
}

func obey(order string, n int) int {
	switch order {
	case "people":
		return people()
	case "numbers":
		return numbers()
	case "texts":
		return texts()
	case "deep":
		return descend(n)
	case "labeled":
		return labeled()
	case "tagged":
		return tags()
	case "wrapped":
		return wrapped(&digger{1}, &digger{2})
	case "wake":
		return wake()
	case "cancel":
		return cancel()
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
		fmt.Println(answer)
	}
}
