// Server is the program of the examples in README and the man page: it has the functions, variables and goroutines that
// they name. GOMAXPROCS=1 makes goroutine 18 one of those in handle.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"
)

// A Job is what the server works on.
type Job struct{ id int }

// A Server handles jobs.
type Server struct {
	mu   sync.Mutex
	done int
}

var counter int

//go:noinline
func (s *Server) handle(id int) {
	s.mu.Lock()
	s.done += id
	s.mu.Unlock()
}

//go:noinline
func handle(request *http.Request, id int, x *Server) {
	p := &Job{id}
	jobs := []Job{{1}, {2}, {3}, {4}, {5}, {6}}
	var err error = &net.OpError{Op: "dial", Net: "tcp", Err: io.EOF}
	if request != nil {
		<-request.Context().Done()
	}
	keep(request, p, x, &jobs, &err)
}

//go:noinline
func keep(request *http.Request, p *Job, x *Server, jobs *[]Job, err *error) {
	if len(*jobs) == 0 {
		fmt.Println(request, p, x, jobs, err)
	}
}

// work creates goroutines and calls both functions, all the time.
func work(s *Server) {
	for {
		go s.handle(17)
		go handle(nil, 17, s)
		counter++
		time.Sleep(2 * time.Millisecond)
	}
}

func main() {
	flag.Int("port", 0, "unused")
	flag.Parse()
	http.DefaultClient.Timeout = 3 * time.Second
	s := &Server{}
	ctx, stop := context.WithCancel(context.WithValue(context.Background(), "server", "shop"))
	for i := 0; i < 40; i++ {
		request, err := http.NewRequestWithContext(ctx, "GET", "http://localhost/", nil)
		if err != nil {
			panic(err)
		}
		request.Header["Accept"] = []string{"text/html"}
		go handle(request, i, s)
	}
	time.Sleep(50 * time.Millisecond)
	go work(s)
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(stop)
	select {}
}
