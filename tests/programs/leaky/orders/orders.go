// Package orders takes orders and has a pool of workers check them.
package orders

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

type job struct {
	ctx    context.Context
	id     int
	result chan string
}

// Pool is a fixed number of workers.
type Pool struct{ jobs chan job }

// Late counts the orders whose clients did not wait.
var Late int64

// NewPool starts n workers.
func NewPool(n int) *Pool {
	p := &Pool{jobs: make(chan job, 16)}
	for i := 0; i < n; i++ {
		go p.work()
	}
	return p
}

func (p *Pool) work() {
	for j := range p.jobs {
		go j.check()
	}
}

// The bug: if the handler has stopped waiting, this send blocks forever. It checks only afterwards whether
// the request has ended.
func (j job) check() {
	time.Sleep(100 * time.Millisecond)
	j.result <- fmt.Sprintf("order %d accepted", j.id)
	if j.ctx.Err() != nil {
		atomic.AddInt64(&Late, 1)
	}
}

// Handler responds with the result, or gives up after a short time.
func Handler(p *Pool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		j := job{ctx: r.Context(), id: 1, result: make(chan string)}
		p.jobs <- j
		select {
		case text := <-j.result:
			fmt.Fprintln(w, text)
		case <-time.After(20 * time.Millisecond):
			http.Error(w, "the check takes too long", http.StatusGatewayTimeout)
		}
	}
}
