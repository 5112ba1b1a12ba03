// Sigcount counts the signals that it receives. For each line on standard input it prints the counts of SIGUSR1,
// SIGUSR2, SIGTERM and SIGHUP, and the number of ticks of its ticking goroutine.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var ticks int64

func tick() {
	for {
		time.Sleep(time.Millisecond)
		atomic.AddInt64(&ticks, 1)
	}
}

// Waits until n goroutines are blocked in a receive, so that none of them moves after "ready".
func awaitReceivers(n int) {
	stacks := make([]byte, 1<<16)
	for strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "[chan receive") < n {
		time.Sleep(time.Millisecond)
	}
}

func main() {
	signals := []os.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGHUP}
	counts := make([]int64, len(signals))
	for i := range signals {
		c := make(chan os.Signal, 1000)
		signal.Notify(c, signals[i])
		count := &counts[i]
		go func() {
			for range c {
				atomic.AddInt64(count, 1)
			}
		}()
	}
	awaitReceivers(len(signals))
	go tick()
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		for i := range counts {
			fmt.Print(atomic.LoadInt64(&counts[i]), " ")
		}
		fmt.Println(atomic.LoadInt64(&ticks))
	}
}
