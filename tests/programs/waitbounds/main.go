// Waitbounds blocks goroutines at known times before, between and after garbage collections.
//
// A line on standard input is a command: "gc" runs a collection, "block NAME" starts a goroutine that
// blocks, and "ask" prints for each goroutine its ID, its name and for how long it has been blocked, in
// nanoseconds.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

type blocked struct {
	id    uint64
	since time.Time
}

var (
	mu    sync.Mutex
	names []string
	all   = map[string]*blocked{}
)

func goid() (id uint64) {
	b := make([]byte, 64)
	fmt.Sscanf(string(b[:runtime.Stack(b, false)]), "goroutine %d ", &id)
	return
}

func note(name string) {
	mu.Lock()
	defer mu.Unlock()
	if all[name] == nil {
		all[name] = &blocked{id: goid()}
		names = append(names, name)
	}
	all[name].since = time.Now()
}

func forever(name string, started chan<- bool) {
	note(name)
	started <- true
	<-make(chan int)
}

// ticks is blocked for at most a few milliseconds at a time.
func ticks() {
	for range time.NewTicker(3 * time.Millisecond).C {
		note("ticks")
	}
}

func main() {
	go ticks()
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		words := strings.Fields(in.Text())
		switch words[0] {
		case "gc":
			runtime.GC()
		case "block":
			started := make(chan bool)
			go forever(words[1], started)
			<-started
		case "ask":
			mu.Lock()
			for _, name := range names {
				fmt.Printf("%d %s %d;", all[name].id, name, time.Since(all[name].since))
			}
			mu.Unlock()
		}
		fmt.Println(".")
	}
}
