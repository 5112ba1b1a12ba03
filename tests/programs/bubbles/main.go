// Bubbles parks goroutines inside and outside two bubbles of testing/synctest, whose clocks stand still.
package main

import "programs/park"

func main() {
	bubbles()
	park.Ready()
}
