// Httpd serves HTTP and is its own client: it counts the requests that it made, that were answered, and
// that failed. Standard input: "count" prints the three numbers, "stop" ends the load first.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

var made, answered, failed int64

func hello(w http.ResponseWriter, r *http.Request) {
	time.Sleep(time.Millisecond)
	fmt.Fprintf(w, "hello %s\n", r.URL.Query().Get("n"))
}

func load(client *http.Client, url string, stop chan struct{}, done *sync.WaitGroup) {
	defer done.Done()
	for {
		select {
		case <-stop:
			return
		default:
		}
		n := atomic.AddInt64(&made, 1)
		if err := request(client, fmt.Sprint(url, "?n=", n), fmt.Sprintf("hello %d\n", n)); err != nil {
			atomic.AddInt64(&failed, 1)
			fmt.Fprintln(os.Stderr, "request", n, "failed:", err)
		} else {
			atomic.AddInt64(&answered, 1)
		}
	}
}

func request(client *http.Client, url, want string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && string(body) != want {
		err = fmt.Errorf("answer %q instead of %q", body, want)
	}
	return err
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/", hello)
	go http.Serve(l, nil)

	client := &http.Client{Timeout: 5 * time.Second}
	stop := make(chan struct{})
	var done sync.WaitGroup
	for i := 0; i < 8; i++ {
		done.Add(1)
		go load(client, "http://"+l.Addr().String()+"/", stop, &done)
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if in.Text() == "stop" {
			close(stop)
			done.Wait()
		}
		fmt.Println(atomic.LoadInt64(&made), atomic.LoadInt64(&answered), atomic.LoadInt64(&failed))
	}
}
