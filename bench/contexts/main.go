// Makes a forest of as many contexts as its first argument says, beside a heap of as many MB of small linked objects as its second
// says, prints "ready" and waits.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"
)

type key int

// A node of the heap beside: pointers and plain words, as programs have them.
type node struct {
	next *node
	name *string
	hits [6]int
}

var (
	held    []context.Context
	cancels []context.CancelFunc
	heap    *node
)

// Each request: a deadline, a value, and what two calls below it derive.
func request(server context.Context, id int) {
	timed, cancel := context.WithTimeout(server, time.Hour)
	named := context.WithValue(timed, key(0), id)
	child, cancelChild := context.WithCancel(named)
	held = append(held, child)
	cancels = append(cancels, cancel, cancelChild)
}

func number(i int) int {
	n, err := strconv.Atoi(os.Args[i])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return n
}

func main() {
	contexts, megabytes := number(1), number(2)
	server, cancel := context.WithCancel(context.Background())
	cancels = append(cancels, cancel)
	for i := 0; i < contexts/3; i++ {
		request(server, i)
	}
	name := "node"
	for i := 0; i < megabytes<<20/64; i++ {
		heap = &node{next: heap, name: &name}
	}
	fmt.Println("ready")
	time.Sleep(time.Hour)
}
