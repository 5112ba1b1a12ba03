// Package prices keeps prices that it fetches from elsewhere.
package prices

import (
	"context"
	"fmt"
	"net/http"
	"sync"
)

// Cache holds the prices; its lock is held while one is fetched.
type Cache struct {
	mu     sync.Mutex
	prices map[string]int
}

// NewCache creates an empty cache.
func NewCache() *Cache { return &Cache{prices: map[string]int{"tea": 3}} }

// The bug: it waits for a response that never arrives, with the lock held, and does not notice the end of
// the request.
func (c *Cache) fetch(ctx context.Context, what string) int {
	answer := make(chan int)
	select {
	case n := <-answer:
		return n
	case <-ctx.Done():
		return 0
	}
}

func (c *Cache) price(ctx context.Context, what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.prices[what]; !known {
		c.prices[what] = c.fetch(ctx, what)
	}
	return c.prices[what]
}

// Handler responds with a price.
func Handler(c *Cache) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, c.price(context.Background(), r.FormValue("of")))
	}
}
