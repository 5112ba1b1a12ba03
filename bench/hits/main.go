// Hits reads numbers from standard input, calls hit that many times, and prints the duration in nanoseconds.
package main

import (
	"fmt"
	"time"
)

//go:noinline
func hit(n int) int { return n + 1 }

func main() {
	fmt.Println("ready")
	for {
		var count int
		if _, err := fmt.Scan(&count); err != nil {
			return
		}
		sum, start := 0, time.Now()
		for i := 0; i < count; i++ {
			sum += hit(i)
		}
		fmt.Println(time.Since(start).Nanoseconds())
		if sum == 0 {
			return
		}
	}
}
