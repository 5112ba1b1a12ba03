// Iters parks goroutines inside iterators and coroutines.
package main

import "programs/park"

func main() {
	ranges()
	park.Ready()
}
