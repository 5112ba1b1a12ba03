// Marking keeps 2000 contexts and replaces them one after the other, while the garbage collector marks all the time: it
// must follow a long list, which takes long.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

type link struct {
	next *link
	_    [6]uint64
}

var (
	long *link
	ring [2000]context.Context
)

func replace() {
	root := context.Background()
	for i := 0; ; i = (i + 1) % len(ring) {
		ring[i], _ = context.WithCancel(root)
		if i%50 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

func main() {
	for i := 0; i < 1<<20; i++ {
		long = &link{next: long}
	}
	for i := range ring {
		ring[i], _ = context.WithCancel(context.Background())
	}
	go replace()
	go func() {
		for {
			runtime.GC()
		}
	}()
	time.Sleep(200 * time.Millisecond)
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}
