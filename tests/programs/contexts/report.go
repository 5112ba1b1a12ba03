package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"
	"unsafe"
)

// A Go value as the debugger should print it.
type shown struct {
	Type string `json:"type"`
	Text string `json:"text"`
	// Its message is computed by a method of this program: a debugger can only know the type.
	Computed bool `json:"computed,omitempty"`
}

type fact struct {
	Address    string   `json:"addr"`
	Type       string   `json:"type"`
	Parent     *string  `json:"parent"`
	ParentType string   `json:"parent_type"`
	Children   []string `json:"children"`
	State      string   `json:"state"`
	Err        *shown   `json:"err"`
	Cause      *shown   `json:"cause"`
	Deadline   *int64   `json:"deadline_unix_ms"`
	Key        *shown   `json:"key"`
	Value      *shown   `json:"value"`
	Waiters    []uint64 `json:"waiters"`
	// Done is a method of this program (of this context or of one that it wraps): a debugger cannot know
	// its result.
	OwnDone bool `json:"own_done"`
	// The same for Deadline.
	OwnDeadline bool `json:"own_deadline"`
	Churning    bool `json:"churning"`
}

func printRecords(out io.Writer) {
	b := bufio.NewWriter(out)
	lines := json.NewEncoder(b)
	all := children()
	for _, r := range records {
		if err := lines.Encode(factOf(r, all[wordsOf(r.ctx)])); err != nil {
			panic(err)
		}
	}
	b.Flush()
}

func factOf(r *record, children []string) fact {
	f := fact{Address: address(r.ctx), Type: typeName(r.ctx), Children: children, State: state(r.ctx),
		Err: message(r.ctx.Err()), Cause: message(cause(r.ctx)), OwnDone: hasOwnDone(r), OwnDeadline: hasOwnDeadline(r),
		Churning: r.churning}
	if r.parent != nil {
		a := address(r.parent)
		f.Parent, f.ParentType = &a, typeName(r.parent)
	}
	if d, ok := r.ctx.Deadline(); ok {
		ms := d.UnixMilli()
		f.Deadline = &ms
	}
	if f.Type == "*context.valueCtx" {
		v := structOf(r.ctx)
		f.Key, f.Value = show(field(v, "key")), show(field(v, "val"))
	}
	f.Waiters = append([]uint64{}, r.waiters...)
	sort.Slice(f.Waiters, func(i, j int) bool { return f.Waiters[i] < f.Waiters[j] })
	if f.Children == nil {
		f.Children = []string{}
	}
	return f
}

func field(v reflect.Value, name string) any {
	return *(*any)(unsafe.Pointer(v.FieldByName(name).UnsafeAddr()))
}

func show(x any) *shown {
	if x == nil {
		return nil
	}
	return &shown{typeName(x), fmt.Sprintf("%#v", x), false}
}

func message(err error) *shown {
	if err == nil {
		return nil
	}
	return &shown{typeName(err), err.Error(), strings.Contains(typeName(err), "main.")}
}

// state does not call Done unless it was called before: that would create the channel.
func state(ctx context.Context) string {
	if ctx.Err() != nil {
		return "canceled"
	}
	for c := ctx; c != nil; c = recordOf(c).parent {
		if cancelable(c) {
			return "active"
		}
		if typeName(c) == "context.withoutCancelCtx" {
			return "never"
		}
		if borders[typeName(c)] && c.Done() != nil {
			return "active"
		}
	}
	return "never"
}

// Types of this program with a method Done, not a promoted one.
var doneMethods = map[string]bool{
	"*main.ownDone": true, "*main.notifier": true, "main.never": true, "*main.web": true, "*main.delegate": true,
	"*main.either": true,
}

func hasOwnDone(r *record) bool {
	for c := r.ctx; c != nil && !cancelable(c); c = recordOf(c).parent {
		if doneMethods[typeName(c)] {
			return true
		}
	}
	return false
}

// Types of this program with a method Deadline, not a promoted one.
var deadlineMethods = map[string]bool{"main.never": true, "*main.web": true, "*main.delegate": true,
	"*main.either": true}

func hasOwnDeadline(r *record) bool {
	for c := r.ctx; c != nil && typeName(c) != "*context.timerCtx"; c = recordOf(c).parent {
		if deadlineMethods[typeName(c)] {
			return true
		}
	}
	return false
}
