package main

import (
	"context"
	"fmt"
	"sync"
)

// What the program knows of a context because it created it.
type record struct {
	ctx      context.Context
	parent   context.Context // nil: none
	waiters  []uint64        // goroutines blocked on its own Done channel
	churning bool            // other goroutines add and remove children all the time
}

var (
	records []*record
	byWords = map[words]*record{}
	mu      sync.Mutex // the goroutines of waiters() report here
)

// add records that `ctx` was created from `parent`.
func add(ctx, parent context.Context) context.Context {
	if _, known := byWords[wordsOf(ctx)]; known {
		panic(fmt.Sprintf("%T twice", ctx))
	}
	r := &record{ctx: ctx, parent: parent}
	byWords[wordsOf(ctx)] = r
	records = append(records, r)
	return ctx
}

func recordOf(ctx context.Context) *record {
	r := byWords[wordsOf(ctx)]
	if r == nil {
		panic(fmt.Sprintf("a %T that is not recorded", ctx))
	}
	return r
}

// completeRecords adds the contexts that package context creates internally: those of AfterFunc, which only
// the children of other contexts contain, and the wrapper around a parent with an AfterFunc method.
func completeRecords() {
	for i := 0; i < len(records); i++ { // records grows
		for _, child := range childrenInMemory(records[i].ctx) {
			if _, known := byWords[child]; !known {
				ctx := contextOf(child)
				add(ctx, embedded(ctx))
			}
		}
	}
	for i := 0; i < len(records); i++ {
		r := records[i]
		if !isStd(r.ctx) {
			continue
		}
		if inside := embedded(r.ctx); inside != nil && wordsOf(inside) != wordsOf(r.parent) {
			if typeName(inside) != "context.stopCtx" {
				panic(fmt.Sprintf("a %T made from a %T embeds a %T", r.ctx, r.parent, inside))
			}
			add(inside, r.parent)
			r.parent = inside
		}
	}
}
