// Stops calls runtime.Breakpoint in a goroutine, once for each line of standard input, and then exits with status 7.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
)

//go:noinline
func stop(n int) {
	runtime.Breakpoint()
	fmt.Println("after", n)
}

func main() {
	fmt.Println("ready")
	done := make(chan bool)
	lines := bufio.NewScanner(os.Stdin)
	for n := 1; lines.Scan(); n++ {
		go func() {
			stop(n)
			done <- true
		}()
		<-done
	}
	os.Exit(7)
}
