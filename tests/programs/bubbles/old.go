//go:build !go1.25

package main

func bubbles() { go func() { select {} }() }
