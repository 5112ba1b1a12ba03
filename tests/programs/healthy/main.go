// Healthy is a correct server under load that uses contexts as good programs do: nothing in it deserves a
// verdict. It is its own client, and counts the requests that it made, that were answered and that failed; requests
// that the client abandons on purpose are not counted. Standard input: "count" prints the three
// numbers, "stop" ends the load first.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGUSR1)
	defer stop()
	go pool(ctx, 300)
	kept(ctx, 700)
	go rounds(ctx)
	go ticks(ctx)
	afterFuncs(ctx)
	db := openDatabase()
	defer db.Close()

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := &http.Server{Handler: handler(db), BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: time.Minute}
	go server.Serve(l)
	url := "http://" + l.Addr().String()

	stopped := make(chan struct{})
	var done sync.WaitGroup
	for i := 0; i < 6; i++ {
		done.Add(2)
		go stay(url, stopped, &done)
		go leave(url, stopped, &done)
	}
	idle(url, 20)
	time.Sleep(300 * time.Millisecond)
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if in.Text() == "stop" {
			close(stopped)
			done.Wait()
		}
		printCounts()
	}
}
