package main

import (
	"context"
	"time"
)

var churned context.Context

func churnRoot() {
	churned = withCancel(background)
	recordOf(churned).churning = true
}

// churn creates and cancels contexts forever, some with waiters, below one parent whose map of children
// changes all the time, and below others that do not change.
func churn(n int) {
	stable := context.WithValue(churned, "worker", n)
	for round := 0; ; round++ {
		ctx, cancel := context.WithCancel(stable)
		var below []context.CancelFunc
		for i := 0; i < round%40; i++ {
			child, stop := context.WithTimeout(context.WithValue(ctx, i, round), time.Hour)
			below = append(below, stop)
			if i%8 == 0 {
				ended := make(chan bool)
				go func() {
					<-child.Done()
					close(ended)
				}()
				below = append(below, func() { <-ended })
			}
			other, stop := context.WithCancel(churned)
			context.WithValue(other, i, n)
			below = append(below, stop)
		}
		if round%2 == 0 {
			cancel()
		}
		for _, stop := range below {
			stop()
		}
		cancel()
	}
}
