// Package orders takes orders and has a pool of workers check them.
package orders

import (
	"fmt"
	"net/http"
	"time"
)

type job struct {
	id     int
	result chan string
}

// Pool is a fixed number of workers.
type Pool struct{ jobs chan job }

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

// The mistake: when the handler gave up waiting, nobody receives this ever.
func (j job) check() {
	time.Sleep(100 * time.Millisecond)
	j.result <- fmt.Sprintf("order %d accepted", j.id)
}

// Handler answers with the result, or gives up after a short while.
func Handler(p *Pool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		j := job{id: 1, result: make(chan string)}
		p.jobs <- j
		select {
		case text := <-j.result:
			fmt.Fprintln(w, text)
		case <-time.After(20 * time.Millisecond):
			http.Error(w, "the check takes too long", http.StatusGatewayTimeout)
		}
	}
}
