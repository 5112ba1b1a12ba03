// Holders keeps one context in each kind of heap object. For each it prints how the object's type can be found (in any
// program, only with DWARF, or from the allocator's type headers), the address of the context, that of the object, its
// type, and the field (or the function of a closure).
package main

import (
	"context"
	"fmt"
	"unsafe"

	"programs/park"
)

type request struct {
	id     int
	ctx    context.Context
	cancel func()
}

type job struct {
	name string
	next *request
	list []task
	deep struct {
		rest [2]int
		ctx  context.Context
	}
}

type task struct {
	label string
	ctx   context.Context
}

// Larger than 512 bytes: since Go 1.22, the allocator records the type.
type server struct {
	table [100]*int
	ctx   context.Context
}

type session struct {
	user string
	ctx  context.Context
	keys [5]uint64
}

var (
	kept    []any
	calls   = map[string]func() error{}
	current *session
	servers = map[int]*server{}
	few     = map[string]*session{}
	many    = map[int]*session{}
)

func word(p unsafe.Pointer) uintptr { return uintptr(p) }

// made returns a new context and its address.
func made() (context.Context, uintptr) {
	ctx, cancel := context.WithCancel(context.Background())
	if cancel == nil {
		panic("no cancel")
	}
	return ctx, (*[2]uintptr)(unsafe.Pointer(&ctx))[1]
}

func tell(kind string, ctx uintptr, object unsafe.Pointer, typ, field string) {
	fmt.Printf("%s %#x %#x %s %s\n", kind, ctx, word(object), typ, field)
}

//go:noinline
func jobs() {
	j := &job{name: "first", next: &request{id: 7}, list: make([]task, 3)}
	kept = append(kept, j)
	var at uintptr
	j.deep.ctx, at = made()
	tell("any", at, unsafe.Pointer(j), "main.job", ".deep.ctx")
	j.next.ctx, at = made()
	tell("any", at, unsafe.Pointer(j.next), "main.request", ".ctx")
	j.list[2].ctx, at = made()
	tell("any", at, unsafe.Pointer(&j.list[0]), "main.task", "[2].ctx")
}

//go:noinline
func closures() {
	ctx, at := made()
	call := func() error { return ctx.Err() }
	calls["check"] = call
	tell("closure", at, *(*unsafe.Pointer)(unsafe.Pointer(&call)), "main.closures.func1", "-")
}

//go:noinline
func large() {
	s := &server{}
	servers[1] = s
	var at uintptr
	s.ctx, at = made()
	tell("large", at, unsafe.Pointer(s), "main.server", ".ctx")
}

//go:noinline
func global() {
	current = &session{user: "nobody"}
	var at uintptr
	current.ctx, at = made()
	tell("dwarf", at, unsafe.Pointer(current), "main.session", ".ctx")
}

// Only the variable of the map has the type of its contents.
//
//go:noinline
func maps() {
	var at uintptr
	few["only"] = &session{user: "few"}
	few["only"].ctx, at = made()
	tell("dwarf", at, unsafe.Pointer(few["only"]), "main.session", ".ctx")
	for i := 0; i < 3000; i++ {
		many[i] = &session{}
	}
	many[1234].ctx, at = made()
	tell("groups", at, unsafe.Pointer(many[1234]), "main.session", ".ctx")
}

//go:noinline
func serve(r *request, stop chan bool) {
	<-stop
	fmt.Println(r.id, r.ctx.Err())
}

//go:noinline
func local() {
	r := &request{id: 8}
	var at uintptr
	r.ctx, at = made()
	tell("dwarf", at, unsafe.Pointer(r), "main.request", ".ctx")
	go serve(r, make(chan bool))
}

func main() {
	jobs()
	closures()
	large()
	global()
	maps()
	local()
	// Overwrite the remains of the calls on the stack.
	func() { var b [4096]byte; fmt.Printf("%s", b[:0]) }()
	park.Ready()
}
