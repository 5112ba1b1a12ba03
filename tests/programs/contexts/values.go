package main

import (
	"context"
	"errors"
	"time"
)

type (
	smallKey int
	nameKey  string
	emptyKey struct{}
	pairKey  struct {
		a, b int
		name string
	}
	pointedKey struct{ name string }
	user       struct {
		Name   string
		Age    uint8
		Tags   []string
		Boss   *user
		Secret any
	}
	boxKey[T any] struct{ what T }
)

var globalKey = &pointedKey{"global"}

func values() {
	root := withCancel(background)
	boss := &user{Name: "boss", Age: 60}
	number := 7
	for _, key := range []any{
		"a string", `quoted "text" \ and`, "ünïcode ☃", "", 5, -5, uint8(200), int64(1) << 62, 1.5, float32(2.25),
		complex(1, -2), true, 'x', smallKey(3), nameKey("name"), emptyKey{}, struct{}{}, pairKey{1, -2, "three"},
		globalKey, &pointedKey{"heap"}, &number, [3]int{1, 2, 3}, boxKey[string]{"generic"}, boxKey[smallKey]{4},
		struct{ X, Y int }{8, 9}, make(chan int), time.Minute, uintptr(4096),
	} {
		withValue(root, key, "value")
	}
	for i, value := range []any{
		nil, "text", "line\nbreak\ttab\x00nul", 0, 1 << 40, false, 2.5, 1e100, float32(0.1), smallKey(-1), nameKey("n"), emptyKey{},
		[]int{1, 2, 3}, []int(nil), []string{"a", "b"}, []byte("bytes"), [2]bool{true, false},
		map[string]int{"one": 1, "two": 2}, map[int]string(nil), map[smallKey]bool{},
		user{"by value", 30, []string{"x"}, boss, 5}, &user{Name: "by pointer", Boss: boss}, (*user)(nil), boss,
		func() {}, standard, (func())(nil), make(chan string, 3), (chan int)(nil), &number,
		struct {
			A any
			B error
		}{1, nil},
		errors.New("an error as a value"), time.Second, []any{1, "two", nil}, [0]int{}, pairKey{name: "z"},
		context.CancelFunc(nil), boxKey[[]int]{[]int{1}},
	} {
		withValue(root, smallKey(i), value)
	}
	// Keys that are equal, but boxed one by one.
	for i := 0; i < 30; i++ {
		withCancel(withValue(root, smallKey(6000), i))
	}
	// A context as a value of another: both are contexts, but not parent and child.
	withValue(root, "context", withCancel(root))
	chain := root
	for i := 0; i < 20; i++ {
		chain = withValue(chain, i, i*i)
	}
	withCancel(chain)
}
