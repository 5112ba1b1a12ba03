//go:build !go1.21

package main

import (
	"context"
	"time"
)

// Go 1.19 has no WithoutCancel; programs had their own.
type detached struct{ parent context.Context }

func (detached) Deadline() (t time.Time, ok bool) { return }
func (detached) Done() <-chan struct{}            { return nil }
func (detached) Err() error                       { return nil }
func (d detached) Value(key any) any              { return d.parent.Value(key) }

func waitsForWithoutCancel(broken bool) {
	request, cancel := context.WithCancel(app)
	later = append(later, cancel)
	if broken {
		go worker(detached{request})
	} else {
		go worker(request)
	}
}
