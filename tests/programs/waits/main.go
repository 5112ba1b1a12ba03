// Waits parks goroutines in every kind of wait: channels, locks, timers, the network,
// system calls.
package main

import "programs/park"

func main() {
	waitOnChannels()
	waitOnLocks()
	waitOnTime()
	waitOnNetwork()
	waitInSyscalls()
	waitWithAttributes()
	park.Ready()
}
