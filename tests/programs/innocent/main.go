// Innocent has uses of contexts that look like defects to a debugger that guesses; none of them deserves a verdict.
// `innocent CASE...` sets up these cases, by default all of them, and prints "ready" when their contexts have been
// canceled for longer than a second. "unborn" never reads standard input and needs GODEBUG=asyncpreemptoff=1.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"programs/park"
)

var cases = map[string]func(){
	"webctx":    webctx,
	"errfirst":  errfirst,
	"stalepair": stalepair,
	"deferpile": deferpile,
	"grace":     grace,
	"lastjob":   lastjob,
}

func main() {
	names := os.Args[1:]
	if len(names) == 1 && names[0] == "deadlines" {
		deadlines()
	}
	if len(names) == 0 {
		for name := range cases {
			names = append(names, name)
		}
	}
	for _, name := range names {
		cases[name]()
	}
	park.Settle()
	time.Sleep(1200 * time.Millisecond)
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}
