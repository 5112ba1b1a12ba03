// Stalls measures its longest stall. First argument: the number of goroutines to park, each with some heap memory.
// Second argument: additional memory in megabytes, written once. For each line on standard input it prints the longest
// gap between two reads of the clock since the previous line, in nanoseconds, and the number of reads.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

var (
	longest, looks int64
	never          = make(chan []byte)
	ballast        [][]byte
)

func watch() {
	runtime.LockOSThread()
	last := time.Now()
	for {
		now := time.Now()
		gap := int64(now.Sub(last))
		last = now
		if gap > atomic.LoadInt64(&longest) {
			atomic.StoreInt64(&longest, gap)
		}
		atomic.AddInt64(&looks, 1)
	}
}

func park(started *sync.WaitGroup) {
	own := make([]byte, 256)
	own[0] = 1
	started.Done()
	<-never
	own[1] = 1
}

func argument(i int) int {
	if len(os.Args) <= i {
		return 0
	}
	n, err := strconv.Atoi(os.Args[i])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return n
}

func main() {
	var started sync.WaitGroup
	for i := argument(1); i > 0; i-- {
		started.Add(1)
		go park(&started)
	}
	for i := argument(2); i > 0; i-- {
		block := make([]byte, 1<<20)
		for k := 0; k < len(block); k += 4096 {
			block[k] = 1
		}
		ballast = append(ballast, block)
	}
	started.Wait()
	go watch()
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		fmt.Println(atomic.SwapInt64(&longest, 0), atomic.SwapInt64(&looks, 0))
	}
	runtime.KeepAlive(ballast)
}
