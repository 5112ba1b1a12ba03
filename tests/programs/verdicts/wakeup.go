package main

import (
	"context"
	"fmt"
	"reflect"
	"unsafe"
)

var endedTwin context.Context

// The runtime does not lose wake-ups, so the test modifies this program's core: it closes the channel without
// waking its waiter. The printed line has the position of the channel's closed flag, and the bytes of a
// canceled context that make this one canceled: [from, to, size].
func wakeup(bool) {
	ctx, cancel := context.WithCancel(app)
	later = append(later, cancel)
	go worker(ctx)
	twin, cancel := context.WithCancel(app)
	twin.Done()
	cancel()
	endedTwin = twin

	done := ctx.Done()
	channel := *(*uintptr)(unsafe.Pointer(&done))
	victim, model := reflect.ValueOf(ctx).Elem(), reflect.ValueOf(twin).Elem()
	at := victim.FieldByName("children").UnsafeAddr()
	from := model.FieldByName("children").UnsafeAddr()
	size := victim.Type().Size() - (at - victim.UnsafeAddr())
	fmt.Printf("{\"ctx\":\"%#x\",\"closed\":%d,\"copy\":[%d,%d,%d]}\n", victim.UnsafeAddr(), channel+closedOffset(),
		from, at, size)
}

// closedOffset finds hchan.closed: the only word of an empty channel that close changes.
func closedOffset() uintptr {
	c := make(chan struct{})
	words := (*[8]uint32)(*(*unsafe.Pointer)(unsafe.Pointer(&c)))
	before := *words
	close(c)
	for i := range words {
		if before[i] != words[i] {
			return uintptr(i) * 4
		}
	}
	panic("closing changes nothing")
}
