// Package models is called otherwise than its folder.
package models

type Node struct {
	Children []*Node
	Name     string
}

type Other struct{ Node }
