// Leaky is a small shop server with the bugs of real servers: each request to some of its pages leaks a
// goroutine. The demo debugs it.
//
//	leaky [PORT]    listens on 127.0.0.1:PORT; 0, the default, chooses one. Prints its address.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"leaky/feed"
	"leaky/orders"
	"leaky/prices"
)

func main() {
	port := "0"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}

	hub := feed.NewHub()
	pool := orders.NewPool(4)
	cache := prices.NewCache()
	http.HandleFunc("/order", orders.Handler(pool))
	http.HandleFunc("/subscribe", feed.Handler(hub))
	http.HandleFunc("/price", prices.Handler(cache))
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })

	fmt.Println("listening on", l.Addr())
	log.Fatal(http.Serve(l, nil))
}
