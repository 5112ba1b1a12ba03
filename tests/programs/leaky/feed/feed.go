// Package feed tells subscribers what happens in the shop.
package feed

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Hub knows the subscribers.
type Hub struct {
	mu          sync.Mutex
	subscribers []*subscriber
}

type subscriber struct {
	name   string
	events chan string
	cancel context.CancelFunc
}

// NewHub starts a hub with its heartbeat.
func NewHub() *Hub {
	h := &Hub{}
	go h.heartbeat()
	return h
}

func (h *Hub) heartbeat() {
	for range time.Tick(time.Minute) {
		h.mu.Lock()
		for _, s := range h.subscribers {
			select {
			case s.events <- "alive":
			default:
			}
		}
		h.mu.Unlock()
	}
}

// The mistake: the context of the subscription is not the request's, and nobody cancels it.
func (h *Hub) subscribe(name string) {
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), nameKey{}, name))
	s := &subscriber{name, make(chan string), cancel}
	h.mu.Lock()
	h.subscribers = append(h.subscribers, s)
	h.mu.Unlock()
	go s.forward(ctx)
}

type nameKey struct{}

func (s *subscriber) forward(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-s.events:
			s.deliver(event)
		}
	}
}

func (s *subscriber) deliver(event string) { _ = fmt.Sprint(s.name, event) }

// Handler subscribes the client.
func Handler(h *Hub) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.subscribe(r.FormValue("name"))
		fmt.Fprintln(w, "subscribed")
	}
}
