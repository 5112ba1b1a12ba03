package main

import "context"

type userKey struct{}

// Each case waits for a context that cannot end.
func waitsForBackground(broken bool) {
	if broken {
		go worker(context.Background())
	} else {
		go worker(app)
	}
}

func waitsForValue(broken bool) {
	parent := app
	if broken {
		parent = context.TODO()
	}
	go worker(context.WithValue(parent, userKey{}, "carol"))
}
