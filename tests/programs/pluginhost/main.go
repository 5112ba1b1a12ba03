// Pluginhost runs the plug-in named by its argument. With a second argument, it loads the plug-in only when it reads a
// line, and creates the file "loaded" when that runs.
package main

import (
	"context"
	"fmt"
	"os"
	"plugin"

	"programs/park"
)

func main() {
	if len(os.Args) > 2 {
		fmt.Println("ready")
		os.Stdin.Read(make([]byte, 1))
	}
	opened, err := plugin.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	serve, err := opened.Lookup("Serve")
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	serve.(func(context.Context, int))(ctx, 5)
	if len(os.Args) > 2 {
		park.Settle()
		os.WriteFile("loaded", nil, 0o600)
	}
	park.Ready()
}
