// Package dotted has a path that ends otherwise, with a dot.
package dotted

type Thing struct{ N int }
