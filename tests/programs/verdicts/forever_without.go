//go:build go1.21

package main

import "context"

func waitsForWithoutCancel(broken bool) {
	request, cancel := context.WithCancel(app)
	later = append(later, cancel)
	if broken {
		go worker(context.WithoutCancel(request))
	} else {
		go worker(request)
	}
}
