// Package feed sends the shop's events to subscribers.
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

// subscription is the context of a subscriber: that of its request, but it also ends when the subscriber
// leaves.
//
// The bug: it no longer ends with its request, and nothing tells it that the subscriber leaves. The hub does not
// even know the channel.
type subscription struct {
	context.Context
	out chan struct{} // closed when the subscriber leaves
}

func (s *subscription) Done() <-chan struct{} { return s.out }

func (h *Hub) subscribe(request context.Context, name string) {
	s := &subscriber{name, make(chan string)}
	h.mu.Lock()
	h.subscribers = append(h.subscribers, s)
	h.mu.Unlock()
	go s.forward(&subscription{context.WithValue(request, nameKey{}, name), make(chan struct{})})
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
		h.subscribe(r.Context(), r.FormValue("name"))
		fmt.Fprintln(w, "subscribed")
	}
}
