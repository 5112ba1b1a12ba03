package main

import (
	"context"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

var made, answered, failed int64

var paths = []string{"/fast", "/slow", "/timeout", "/group", "/query"}

func printCounts() {
	fmt.Println(atomic.LoadInt64(&made), atomic.LoadInt64(&answered), atomic.LoadInt64(&failed))
}

func stopping(stop chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// stay waits for its responses.
func stay(url string, stop chan struct{}, done *sync.WaitGroup) {
	defer done.Done()
	client := &http.Client{Timeout: 20 * time.Second}
	for i := 0; !stopping(stop); i++ {
		n := atomic.AddInt64(&made, 1)
		path := paths[i%len(paths)]
		if err := request(context.Background(), client, fmt.Sprint(url, path, "?n=", n), n); err != nil {
			atomic.AddInt64(&failed, 1)
			fmt.Fprintln(os.Stderr, "request", path, n, "failed:", err)
		} else {
			atomic.AddInt64(&answered, 1)
		}
	}
}

// leave cancels its requests.
func leave(url string, stop chan struct{}, done *sync.WaitGroup) {
	defer done.Done()
	client := &http.Client{}
	for i := 0; !stopping(stop); i++ {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.Intn(12))*time.Millisecond)
		request(ctx, client, fmt.Sprint(url, paths[i%len(paths)], "?n=0"), 0)
		cancel()
	}
}

// idle leaves connections open, each after one request whose context has ended.
func idle(url string, n int) {
	for i := 0; i < n; i++ {
		client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if err := request(ctx, client, url+"/fast?n=1", 1); err != nil {
			panic(err)
		}
		cancel()
	}
}

func request(ctx context.Context, client *http.Client, url string, n int64) error {
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if want := fmt.Sprintf("hello %d\n", n); err == nil && string(body) != want {
		err = fmt.Errorf("answer %q instead of %q", body, want)
	}
	return err
}
