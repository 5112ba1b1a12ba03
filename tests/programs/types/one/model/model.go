// Package model has the name of another package and some of its types' names.
package model

type Node struct {
	Left, Right *Node
	hidden      int
}

type Only int16

type Pair[K comparable, V any] struct {
	Key   K
	Value V
}
