// Desk has long import paths, wide characters, a library of another module and no contexts. On the line "end" on standard
// input, the goroutine in main.keep ends; the program answers with a line.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"example.com/a/long/company/path/desk/discovery"
	"example.org/library/queue"
)

type 消息 struct{ 内容 string }

//go:noinline
func 等待消息(c chan 消息) { <-c }

//go:noinline
func wait(half int, end chan int) int {
	<-end
	return half
}

//go:noinline
func keep(whole int, end chan int, ended *sync.WaitGroup) {
	defer ended.Done()
	if wait(whole/2, end) == whole {
		fmt.Println(whole)
	}
}

// mapOwnFile maps the executable to read it: nothing that a snapshot lacks.
func mapOwnFile() {
	f, err := os.Open("/proc/self/exe")
	if err == nil {
		_, err = syscall.Mmap(int(f.Fd()), 0, 4096, syscall.PROT_READ, syscall.MAP_SHARED)
	}
	if err != nil {
		panic(err)
	}
}

func main() {
	mapOwnFile()
	end := make(chan int)
	var ended sync.WaitGroup
	ended.Add(1)
	run := (&discovery.Manager{Targets: make(chan []string)}).Run
	go keep(42, end, &ended)
	go 等待消息(make(chan 消息))
	go run()
	go queue.Consume(make(chan map[string]time.Duration))
	time.Sleep(100 * time.Millisecond)
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		close(end)
		ended.Wait()
		time.Sleep(10 * time.Millisecond)
		fmt.Println("ended")
	}
}
