package main

import (
	"context"
	"time"
	"unsafe"
)

// stale has the itab of a Context in a word that is no pointer, and a live pointer behind it, as the remains of earlier
// contents do: together they look like an interface value.
type stale struct {
	itab uintptr
	data unsafe.Pointer
}

// stream is larger than any context: the start of a string and numbers where a context has pointers.
type stream struct {
	id      [2]uint64
	name    string
	buffers [16]*stream
	codec   any
	more    [2]uint64
}

// pair has the size class of a cancelCtx, but other pointers.
type pair struct {
	name  string
	other *pair
	ids   [7]uint64
}

// table has 328 bytes and lies in a slot of 352; the collector ignores the other 24, which keep what they had.
type table struct {
	slots [40]*pair
	used  uint64
}

var phantomsKept []any

// phantoms creates words that look like references to contexts.
func phantoms() {
	root := withCancel(background)
	own := add(&ownDone{root, make(chan struct{})}, root)
	for _, ctx := range []context.Context{root, withTimeout(root, time.Hour), withValue(root, "phantom", 1),
		add(&embeds{9, root, "phantom"}, root), own} {
		s := &stream{id: [2]uint64{1, 2}, name: "stream", codec: "codec"}
		for _, data := range []unsafe.Pointer{
			unsafe.Pointer(s), unsafe.Pointer(&s.buffers[2]), unsafe.Pointer(&pair{name: "pair"}),
			unsafe.Pointer(new([12]uint64)),
		} {
			itab := uintptr(wordsOf(ctx).itab)
			t := new(table)
			slack := (*[2]uintptr)(unsafe.Add(unsafe.Pointer(t), unsafe.Sizeof(*t)))
			slack[0], slack[1] = itab, uintptr(data)
			phantomsKept = append(phantomsKept, &stale{itab, data}, t)
		}
	}
}
