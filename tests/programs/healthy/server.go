package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

type requestKey struct{}

func handler(db *sql.DB) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/fast", func(w http.ResponseWriter, r *http.Request) { answer(w, r) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(20 * time.Millisecond):
			answer(w, r)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/timeout", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Millisecond)
		defer cancel()
		results := make(chan string, 1)
		go func() {
			time.Sleep(10 * time.Millisecond) // ends, although late
			results <- "late"
		}()
		select {
		case <-results:
		case <-ctx.Done():
		}
		answer(w, r)
	})
	mux.HandleFunc("/group", func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), requestKey{}, r.URL.Query().Get("n"))
		if err := group(ctx, 5); !errors.Is(err, errFound) && ctx.Err() == nil {
			http.Error(w, fmt.Sprint(err), http.StatusInternalServerError)
			return
		}
		answer(w, r)
	})
	mux.HandleFunc("/query", func(w http.ResponseWriter, r *http.Request) {
		if err := query(r.Context(), db); err != nil && r.Context().Err() == nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, r)
	})
	return mux
}

func answer(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "hello %s\n", r.URL.Query().Get("n"))
}

var errFound = errors.New("found")

// group is errgroup: the first error cancels the others, which then clean up; the caller waits for them with a
// context that is already canceled.
func group(parent context.Context, n int) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	for i := 0; i < n; i++ {
		i := i
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := search(ctx, i); err != nil {
				once.Do(func() {
					first = err
					cancel()
				})
			}
		}()
	}
	wg.Wait()
	if first == nil {
		return ctx.Err()
	}
	return first
}

func search(ctx context.Context, i int) error {
	if i == 3 {
		return errFound
	}
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		time.Sleep(4 * time.Millisecond) // clean up
	}
	return ctx.Err()
}
