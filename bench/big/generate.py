#!/usr/bin/python3
"""Writes a Go module with more than a hundred thousand functions, for bench/peers.

    generate.py OUTPUT_DIRECTORY

Stripped, the program has more than 100 MB. A table that main uses contains every function, so that the linker keeps it.
"""
import pathlib
import sys

PACKAGES, FUNCTIONS = 200, 550

HEAD = """package p{p}

import (
	"fmt"
	"strconv"
)

type visitor interface {{ Visit(int) string }}
"""

FUNCTION = """
type node{f} struct {{
	count int
	names map[string]int
	next  *node{f}
}}

func (n *node{f}) Visit(depth int) string {{
	if n == nil || depth > {f} {{
		return "end of {f}"
	}}
	return strconv.Itoa(n.count) + n.next.Visit(depth+1)
}}

func handle{f}(count int, text string, names map[string]int) (string, error) {{
	if count < {f} {{
		return text, fmt.Errorf("p{p}: %d is below {f}: %s", count, text)
	}}
	n := &node{f}{{count, names, nil}}
	for name, value := range names {{
		if value > count {{
			text += name
		}} else {{
			n.count += value
			n.next = &node{f}{{value, nil, n.next}}
		}}
	}}
	names[text] = n.count
	var v visitor = n
	return v.Visit(0) + text, nil
}}
"""

MAIN = """
// Prints "ready" and waits, with a few goroutines.
package main

import (
	"fmt"
	"os"
	"time"

{imports}
)

var tables = [][]func(int, string, map[string]int) (string, error){{
{tables}
}}

func main() {{
	for i := 0; i < 20; i++ {{
		go func() {{
			for _, handle := range tables[i] {{
				if _, err := handle(len(os.Args)+1000, "x", map[string]int{{"y": i}}); err != nil {{
					panic(err)
				}}
			}}
			select {{}}
		}}()
	}}
	time.Sleep(time.Second)
	fmt.Println("ready")
	time.Sleep(time.Hour)
}}
"""


def main(output):
    for p in range(PACKAGES):
        folder = output / f"p{p}"
        folder.mkdir(parents=True, exist_ok=True)
        text = HEAD.format(p=p) + "".join(FUNCTION.format(p=p, f=f) for f in range(FUNCTIONS))
        table = "".join(f"\thandle{f},\n" for f in range(FUNCTIONS))
        text += f"\nvar Table = []func(int, string, map[string]int) (string, error){{\n{table}}}\n"
        (folder / "p.go").write_text(text)
    (output / "go.mod").write_text("module big\n\ngo 1.22\n")
    (output / "main.go").write_text(MAIN.format(
        imports="\n".join(f'\t"big/p{p}"' for p in range(PACKAGES)),
        tables="\n".join(f"\tp{p}.Table," for p in range(PACKAGES))))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
