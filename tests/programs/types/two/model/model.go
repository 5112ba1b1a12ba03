// Package models has another name than its folder.
package models

type Node struct {
	Children []*Node
	Name     string
}

type Other struct{ Node }
