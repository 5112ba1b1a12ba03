//go:build !go1.23

package main

func pull(n int) int64 { return 0 }
