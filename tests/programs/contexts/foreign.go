package main

import (
	"context"
	"sync"
	"time"
)

// Embeds a context; pointers to it are contexts.
type embeds struct {
	id int
	context.Context
	name string
}

// Embeds one; its values are contexts.
type byValue struct {
	context.Context
	id int
}

// Only an embedded context: its interface holds a pointer to a copy.
type bare struct{ context.Context }

// Holds one in a field, and has all methods itself.
type delegate struct {
	mu  sync.Mutex
	ctx context.Context
}

func (d *delegate) Deadline() (time.Time, bool) { return d.ctx.Deadline() }
func (d *delegate) Done() <-chan struct{}       { return d.ctx.Done() }
func (d *delegate) Err() error                  { return d.ctx.Err() }
func (d *delegate) Value(key any) any           { return d.ctx.Value(key) }

// Has its own Done: package context starts a goroutine that waits for it.
type ownDone struct {
	context.Context
	done chan struct{}
}

func (o *ownDone) Done() <-chan struct{} { return o.done }
func (o *ownDone) Err() error {
	select {
	case <-o.done:
		return context.Canceled
	default:
		return nil
	}
}

// Hides the value that package context searches for, so that it also needs a goroutine.
type ownValue struct {
	context.Context
	values map[any]any
}

func (o *ownValue) Value(key any) any { return o.values[key] }

// Embeds a pointer to another context; its one word is the interface's data word.
type outer struct{ *embeds }

// The same in a struct with another field before it, used through a pointer.
type outerPointer struct {
	n int
	*embeds
}

// Embeds a struct that embeds a context.
type deep struct {
	n int
	embeds
}

// Without size: shares its address with Background.
type never struct{}

func (never) Deadline() (t time.Time, ok bool) { return }
func (never) Done() <-chan struct{}            { return nil }
func (never) Err() error                       { return nil }
func (never) Value(any) any                    { return nil }

// Like that of a web framework: the request contains the context.
type web struct {
	Request *request
	Keys    map[string]any
}

type request struct {
	ctx context.Context
}

func (w *web) Deadline() (time.Time, bool) { return w.Request.ctx.Deadline() }
func (w *web) Done() <-chan struct{}       { return w.Request.ctx.Done() }
func (w *web) Err() error                  { return w.Request.ctx.Err() }
func (w *web) Value(key any) any           { return w.Keys["x"] }

// Embed several types of which one or more have a Done: it is promoted from the shallowest.
type labeled struct {
	label // an interface that has no Done
	context.Context
}

type label interface{ Label() string }

type besidesDeeper struct {
	*embeds // its own Context is one level deeper than the next field
	context.Context
}

type besidesStruct struct {
	deep
	n int
	context.Context
}

// Behind a pointer to a type that is never used as a context itself.
type behind struct {
	n int
	*hidden
}

type hidden struct{ context.Context }

// Holds two; its own methods say which of them counts.
type either struct {
	values context.Context
	cancel context.Context
}

func (e *either) Deadline() (time.Time, bool) { return e.cancel.Deadline() }
func (e *either) Done() <-chan struct{}       { return e.cancel.Done() }
func (e *either) Err() error                  { return e.cancel.Err() }
func (e *either) Value(key any) any           { return e.values.Value(key) }

var global embeds

func foreign() {
	root := withTimeout(background, 5*time.Hour)
	ended, cancel := canceled(root)
	for _, parent := range []context.Context{root, background, ended} {
		under(add(&embeds{1, parent, "x"}, parent))
		under(add(byValue{parent, 2}, parent))
		under(add(bare{parent}, parent))
		under(add(&delegate{ctx: parent}, parent))
		under(add(&deep{3, embeds{4, parent, "y"}}, parent))
	}
	first := add(byValue{root, 5}, root)
	under(withValue(add(&embeds{1, first, "z"}, first), "k", "v"))

	inner := &embeds{6, root, "inner"}
	add(inner, root)
	under(add(outer{inner}, inner))
	under(add(&outerPointer{7, inner}, inner))
	global.Context = root
	under(add(&global, root))

	none := add(never{}, nil)
	withValue(none, "on", "nothing")
	withCancel(none)

	under(add(&ownDone{root, make(chan struct{})}, root))
	closed := &ownDone{root, make(chan struct{})}
	close(closed.done)
	add(closed, root)
	withValue(closed, 1, 2)
	under(add(&ownValue{root, map[any]any{"x": 1}}, root))
	under(add(&web{Request: &request{root}}, nil))

	other := withCancel(background)
	under(add(&labeled{nil, root}, root))
	under(add(&besidesDeeper{inner, other}, other))
	under(add(&besidesStruct{deep{8, embeds{9, root, "w"}}, 1, other}, other))
	under(add(&behind{1, &hidden{other}}, other))
	under(add(&either{root, other}, other))
	cancel()
}

// under creates children of a context of a foreign type, and records the goroutine that waits for it.
func under(parent context.Context) {
	for i := 0; i < 2; i++ {
		var ctx context.Context
		for _, goid := range born(func() {
			if i == 0 {
				ctx = withCancel(parent)
			} else {
				ctx = withTimeout(withValue(parent, "under", i), time.Hour)
			}
		}) {
			waitsOn(goid, ctx)
			waitsOn(goid, parent)
		}
	}
}
