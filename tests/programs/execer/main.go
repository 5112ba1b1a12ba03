// Execer does what its next line of standard input says: "exec" replaces itself by a new copy, "exit N"
// ends it, "die" makes it panic, "thread" starts a thread and ends it.
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
			panic("told to")
		case "thread":
			done := make(chan bool)
			go func() {
				// A goroutine that ends while it is locked takes its thread with it.
				runtime.LockOSThread()
				close(done)
			}()
			<-done
			fmt.Println("done")
		}
	}
}
