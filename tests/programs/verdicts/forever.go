package main

import "context"

type userKey struct{}

// Each waits for the end of something that cannot end.
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
