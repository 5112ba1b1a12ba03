// Linkshared uses only what is in a shared library of the runtime alone, which builds in seconds.
package main

//go:noinline
func park(c chan int) { <-c }

func main() {
	c := make(chan int)
	for i := 0; i < 3; i++ {
		go park(c)
	}
	park(c)
}
