package main

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// The two words of an interface value: itab and data. Both identify a context, because zero-sized contexts
// share one address.
type words struct{ itab, data unsafe.Pointer }

func wordsOf(ctx context.Context) words { return *(*words)(unsafe.Pointer(&ctx)) }

func contextOf(w words) (ctx context.Context) {
	*(*words)(unsafe.Pointer(&ctx)) = w
	return ctx
}

func address(ctx context.Context) string { return fmt.Sprintf("%#x", uintptr(wordsOf(ctx).data)) }

func typeName(x any) string { return fmt.Sprintf("%T", x) }

func isStd(ctx context.Context) bool {
	return strings.HasPrefix(strings.TrimPrefix(typeName(ctx), "*"), "context.")
}

// structOf returns the struct of a context; invalid if it has none.
func structOf(ctx context.Context) reflect.Value {
	v := reflect.ValueOf(ctx)
	if v.Kind() == reflect.Pointer {
		return v.Elem()
	}
	if v.Kind() != reflect.Struct || v.Type().Size() == 0 {
		return reflect.Value{}
	}
	// The struct in memory, not a copy: the data word is its address.
	return reflect.NewAt(v.Type(), wordsOf(ctx).data).Elem()
}

var contextType = reflect.TypeOf((*context.Context)(nil)).Elem()

// embedded reads the context that `ctx` embeds (or holds in its field c), through embedded structs.
func embedded(ctx context.Context) context.Context {
	v := structOf(ctx)
	for v.IsValid() && v.Kind() == reflect.Struct {
		for _, name := range []string{"Context", "c"} {
			if f := v.FieldByName(name); f.IsValid() && f.Type() == contextType && f.CanAddr() {
				return *(*context.Context)(unsafe.Pointer(f.UnsafeAddr()))
			}
		}
		return nil
	}
	return nil
}

// childrenInMemory reads the children of a *cancelCtx, *timerCtx or *afterFuncCtx.
func childrenInMemory(ctx context.Context) []words {
	v := structOf(ctx)
	if !isStd(ctx) || !v.IsValid() || v.Kind() != reflect.Struct {
		return nil
	}
	f := v.FieldByName("children")
	if !f.IsValid() {
		return nil
	}
	var out []words
	for _, key := range f.MapKeys() {
		// The value in a canceler is also a context: *cancelCtx, *timerCtx, *afterFuncCtx.
		child := reflect.NewAt(key.Elem().Type().Elem(), key.Elem().UnsafePointer()).Interface()
		out = append(out, wordsOf(child.(context.Context)))
	}
	return out
}
