package main

import (
	"context"
	"fmt"
	"sort"
	"strconv"
)

// The types of this program that hide the context that they wrap from package context: a child created from
// one of them is not in the `children` of the wrapped context.
var borders = map[string]bool{
	"*main.ownDone": true, "*main.ownValue": true, "*main.notifier": true, "main.never": true, "*main.web": true,
	"*main.either": true, "context.stopCtx": true,
}

func cancelable(ctx context.Context) bool {
	switch typeName(ctx) {
	case "*context.cancelCtx", "*context.timerCtx", "*context.afterFuncCtx":
		return true
	}
	return false
}

// canceler returns the context whose `children` must hold `r`; nil: none.
func canceler(r *record) context.Context {
	if !cancelable(r.ctx) || r.ctx.Err() != nil {
		return nil
	}
	for ctx := r.parent; ctx != nil; ctx = recordOf(ctx).parent {
		name := typeName(ctx)
		if cancelable(ctx) {
			return ctx
		}
		if name == "context.withoutCancelCtx" || borders[name] {
			return nil
		}
	}
	return nil
}

// children returns the children that the map of each context must have; panics if memory differs.
func children() map[words][]string {
	out := map[words][]string{}
	for _, r := range records {
		if c := canceler(r); c != nil {
			out[wordsOf(c)] = append(out[wordsOf(c)], address(r.ctx))
		}
	}
	for _, r := range records {
		var inMemory []string
		for _, w := range childrenInMemory(r.ctx) {
			inMemory = append(inMemory, address(contextOf(w)))
		}
		expected := out[wordsOf(r.ctx)]
		sortAddresses(expected)
		sortAddresses(inMemory)
		if fmt.Sprint(expected) != fmt.Sprint(inMemory) {
			panic(fmt.Sprintf("the children of %s (%T) should be %v, are %v", address(r.ctx), r.ctx, expected, inMemory))
		}
	}
	return out
}

func sortAddresses(a []string) {
	number := func(s string) uint64 { n, _ := strconv.ParseUint(s, 0, 64); return n }
	sort.Slice(a, func(i, j int) bool { return number(a[i]) < number(a[j]) })
}
