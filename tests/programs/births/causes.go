//go:build go1.21

package main

import (
	"context"
	"errors"
	"sync"
)

func moreCancels(n int) {
	for i := 0; i < n; i++ {
		ctx, cancel := context.WithCancelCause(context.Background())
		var wg sync.WaitGroup
		wg.Add(1)
		// AfterFunc starts a goroutine when the context ends.
		born("context.(*afterFuncCtx).cancel.func1", 1)
		context.AfterFunc(ctx, wg.Done)
		stop := context.AfterFunc(ctx, func() {})
		stop() // cancels its afterFuncCtx, without the function
		cancel(errors.New("the cause"))
		wg.Wait()
		count("cancel", "*context.cancelCtx", 1)
		count("cancel", "*context.afterFuncCtx", 2)
		count("cause", "the cause", 2)
		count("children", "in all", 1)
	}
}
