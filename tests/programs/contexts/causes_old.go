//go:build !go1.21

package main

import "context"

// Go 1.19 has no causes.
func cause(context.Context) error { return nil }

func causes() {}
