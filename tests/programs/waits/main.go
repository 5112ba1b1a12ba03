// Waits parks goroutines in every way that a goroutine can wait: channels, locks, timers, the network,
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
