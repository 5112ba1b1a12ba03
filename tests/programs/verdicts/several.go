package main

import (
	"context"
	"time"
)

// Several at once: one that nothing can end, one that a timer ends, and two that share a channel.
func hiddenSeveral(broken bool) {
	request, cancel := context.WithCancel(app)
	shared := make(chan struct{})
	for _, s := range []*session{{request, make(chan struct{}), "ann"}, {request, make(chan struct{}), "timed"},
		{request, shared, "carl"}, {request, shared, "dora"}} {
		if !broken {
			go worker(&plainSession{request, s.user})
			continue
		}
		if s.user == "timed" {
			over := s.over
			time.AfterFunc(time.Hour, func() { close(over) })
		}
		go worker(s)
	}
	cancel()
}
