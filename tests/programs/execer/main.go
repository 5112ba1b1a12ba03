// Execer executes commands from standard input: "exec" replaces it by a new instance of itself, "exit N" exits,
// "die" panics, "thread" starts a thread that exits.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		word := strings.Fields(in.Text() + " 0")
		switch word[0] {
		case "exec":
			panic(syscall.Exec("/proc/self/exe", os.Args, os.Environ()))
		case "exit":
			n, _ := strconv.Atoi(word[1])
			os.Exit(n)
		case "die":
			panic("die")
		case "thread":
			done := make(chan bool)
			go func() {
				// When a locked goroutine exits, so does its thread.
				runtime.LockOSThread()
				close(done)
			}()
			<-done
			fmt.Println("done")
		}
	}
}
