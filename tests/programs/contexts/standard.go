package main

import (
	"context"
	"math"
	"time"
)

var background, todo context.Context

// cancels keeps the cancel functions of active contexts, as their users do.
var cancels []func()

func roots() {
	background = add(context.Background(), nil)
	todo = add(context.TODO(), nil)
}

func withCancel(parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	cancels = append(cancels, cancel)
	return add(ctx, parent)
}

func withDeadline(parent context.Context, at time.Time) context.Context {
	ctx, cancel := context.WithDeadline(parent, at)
	cancels = append(cancels, cancel)
	return add(ctx, parent)
}

func withTimeout(parent context.Context, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(parent, d)
	cancels = append(cancels, cancel)
	return add(ctx, parent)
}

func canceled(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	return add(ctx, parent), cancel
}

func withValue(parent context.Context, key, value any) context.Context {
	return add(context.WithValue(parent, key, value), parent)
}

func standard() {
	// Done: never called, called by the user, called by propagateCancel of a child.
	withCancel(background)
	withCancel(todo).Done()
	withCancel(withCancel(background))
	withTimeout(todo, time.Hour)
	withTimeout(background, time.Hour).Done()
	deadlines()
	nested(50)
	canceledTrees()
	bushes(3, withCancel(background))
}

func deadlines() {
	root := withTimeout(background, 24*time.Hour)
	// The parent's deadline is earlier: WithDeadline creates a cancelCtx.
	later := withTimeout(root, 48*time.Hour)
	withTimeout(later, time.Minute*30)
	withValue(later, "under a deadline", true)
	// Without a monotonic clock, in another time zone, after 2262 (64 bits of nanoseconds), at the maximum time.
	withDeadline(background, time.Date(2099, 12, 31, 23, 59, 59, 987654321, time.UTC))
	withDeadline(background, time.Date(2100, 1, 1, 0, 0, 0, 1999999, time.FixedZone("there", -3600*9)))
	withDeadline(background, time.Now().Round(0).Add(time.Hour))
	withDeadline(background, time.Date(2500, 1, 2, 3, 4, 5, 6, time.UTC))
	withTimeout(background, math.MaxInt64)

	// Passed before they were created, one with the zero time.Time.
	withDeadline(background, time.Time{})
	withDeadline(root, time.Unix(1, 0))
	short := withTimeout(root, time.Millisecond)
	below := withCancel(short)
	withTimeout(below, time.Hour) // the parent's deadline is earlier
	withValue(below, 1, 2)
	<-short.Done()
	for below.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	withCancel(short) // created after it
}

func nested(depth int) {
	ctx := withCancel(background)
	for i := 0; i < depth; i++ {
		switch i % 5 {
		case 0:
			ctx = withValue(ctx, i, "nested")
		case 1:
			ctx = withTimeout(ctx, time.Hour)
		default:
			ctx = withCancel(ctx)
		}
	}
}

func canceledTrees() {
	root := withCancel(background)
	top, cancel := canceled(root)
	for i := 0; i < 10; i++ {
		child := withCancel(top)
		withTimeout(child, time.Hour)
		withValue(withCancel(withValue(child, "request", i)), "answer", nil)
	}
	cancel()
	withCancel(top)                // canceled immediately
	withTimeout(top, time.Hour)    // this too
	withValue(top, "after", "end") // its parent is canceled

	// One of two is canceled, and no longer a child.
	_, cancel = canceled(root)
	cancel()
	_, cancel = canceled(withCancel(root))
	cancel()
	timed, cancel := context.WithTimeout(root, time.Hour)
	add(timed, root)
	cancel()
}

func bushes(depth int, parent context.Context) {
	if depth == 0 {
		return
	}
	for i := 0; i < 8; i++ {
		ctx := withCancel(withValue(parent, depth, i))
		bushes(depth-1, ctx)
	}
}

// Maps of children of many sizes, some after deletions: one group, one table, several, growing.
func growing(most int) {
	for _, n := range []int{1, 2, 7, 8, 9, 14, 15, 29, 57, 105, 113, 225, 833} {
		if n > most {
			break
		}
		parent := withCancel(background)
		var temporary []func()
		for i := 0; i < n; i++ {
			if i%3 == 1 {
				_, cancel := context.WithCancel(parent)
				temporary = append(temporary, cancel)
			}
			withCancel(parent)
		}
		for _, cancel := range temporary {
			cancel()
		}
	}
	emptied := withCancel(background)
	_, cancel := context.WithCancel(emptied)
	cancel()
}

func crowd(n int) {
	parent := withTimeout(withValue(background, "name", "crowd"), 10*time.Hour)
	for i := 0; i < n; i++ {
		withCancel(parent)
	}
}
