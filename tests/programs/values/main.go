// Values has live variables of all kinds in functions that wait. It prints one line for each, as fmt formats it: the
// format ("go": %#v, "note": its String or Error method), the function, the variable, and then, in hexadecimal, its type
// and the text.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

var (
	out     = bufio.NewWriter(os.Stdout)
	outLock sync.Mutex
	parked  sync.WaitGroup
	forever = make(chan int)
)

func line(how, function, name string, value any, text string) {
	outLock.Lock()
	defer outLock.Unlock()
	fmt.Fprintf(out, "%s\t%s\t%s\t%x\t%x\n", how, function, name, fmt.Sprintf("%T", value), text)
}

// say prints the value of a variable.
func say(function, name string, value any) {
	line("go", function, name, value, fmt.Sprintf("%#v", value))
}

// note prints the text that its method returns.
func note(function, name string, value fmt.Stringer) {
	line("note", function, name, value, value.String())
}

//go:noinline
func park() {
	parked.Done()
	<-forever
}

// keep hides a value from the optimizer.
//
//go:noinline
func keep[T any](v T) T { return v }

func start(functions ...func()) {
	for _, f := range functions {
		parked.Add(1)
		go f()
	}
}

func main() {
	start(numbers, moreNumbers, texts, slices, arrays, maps, moreMaps, structs, pointers, interfaces, times, errorValues,
		addresses, functions, moved, inlined, callArguments, channels, rings)
	sayGlobals()
	sayContents()
	parked.Wait()
	go receiver(queues.empty)
	go sender(queues.full, "third")
	go selector(queues.full, queues.empty)
	waitForLocks()
	time.Sleep(400 * time.Millisecond)
	runtime.GC()
	out.WriteString("ready\n")
	out.Flush()
	os.Stdin.Read(make([]byte, 1))
}
