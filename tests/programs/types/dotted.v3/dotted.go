// Package dotted has a path whose last element differs from its name and contains a dot.
package dotted

type Thing struct{ N int }
