// Package queue is a library of another module.
package queue

import "time"

// Consume never returns.
func Consume(c chan map[string]time.Duration) { <-c }
