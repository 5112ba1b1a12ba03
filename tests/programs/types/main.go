// Types prints many types, as reflect describes them, and the contents of many maps as JSON; then it waits.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"sync"
	"time"
	"unsafe"

	"programs/types/dotted.v3"
	"programs/types/one/model"
	models "programs/types/two/model"
)

type (
	Int       int
	Text      string
	Callback  func(int, ...string) (bool, error)
	Stream    chan<- Int
	Table     map[Text][]Int
	List      []Int
	Row       [3]Text
	Reference *Int
	Closer    interface{ Close() error }
	Empty     interface{}
	Blank     struct{}
	Direct    struct{ P *Int }
	DirectRow [1]*Int
	Tree      struct {
		left, right *Tree
		Value       interface{}
		under       func(*Tree) Tree
	}
	base struct {
		A int8
		B int64
		c Text
	}
	Embeds struct {
		base
		*Tree
		Closer
		io.Reader
		model.Node
		Tagged int `json:"tagged,omitempty"`
		_      int16
		Last   Blank
	}
	Box[T any] struct {
		Inner T
		next  *Box[T]
	}
	Secret struct{ used [7]uint16 }
	// Everything has fields of all kinds of unnamed types.
	Everything struct {
		A map[string]*http.Request
		B func(int, ...string) (bool, error)
		C struct {
			A int
			b string `tag:"net/x.T [y] \"q\""`
		}
		D interface {
			Close() error
			read(http.Header) (dotted.Thing, error)
		}
		E chan<- <-chan []model.Node
		F [3]map[[2]Text]chan *models.Node
		G Box[map[string]*http.Request]
		H []Box[Box[dotted.Thing]]
		I func(func(model.Node) *Tree, struct{}) interface{}
		J struct {
			*http.Request
			model.Only
		}
		K *[]**dotted.Thing
		L unsafe.Pointer
		M <-chan struct{}
		N map[interface{}]error
		O [0]func()
	}
	// ByValue is only used by value: no pointer, slice or similar type refers to it.
	ByValue struct{ only uint8 }
)

func (Int) Method()         {}
func (*Embeds) Pointer()    {}
func (Text) String() string { return "text" }
func (b Box[T]) Get() T     { return b.Inner }

var values []interface{}

func local() interface{} {
	type inside struct{ X, y int }
	return inside{}
}

func collect() {
	var i Int
	var closer Closer
	var empty Empty
	values = []interface{}{
		true, int(1), int8(1), int16(1), int32(1), int64(1), uint(1), uint8(1), uint16(1), uint32(1),
		uint64(1), uintptr(1), float32(1), float64(1), complex64(1), complex128(1), "", unsafe.Pointer(&i),
		i, Text(""), Callback(nil), Stream(nil), Table(nil), List(nil), Row{}, Reference(nil), &closer, &empty,
		Blank{}, Direct{}, DirectRow{}, Tree{}, &Tree{}, Embeds{}, &Embeds{}, ByValue{1}, Everything{},
		Box[int]{}, Box[model.Node]{}, &Box[map[string]*http.Request]{}, model.Pair[Text, *models.Node]{},
		Box[Box[Text]]{},
		model.Node{}, models.Node{}, &models.Other{}, model.Only(1), dotted.Thing{}, local(),
		struct{}{}, struct {
			A int
			b string `tag:"x\ty"`
		}{}, &struct{ *Tree }{},
		[0]int{}, [2][3]*Tree{}, [][]byte{}, []interface{}{}, []error{},
		make(chan int), make(<-chan *Tree), make(chan<- struct{}), make(chan (<-chan int)),
		map[string]int{}, map[[2]int]map[bool]Tree{}, map[interface{}]struct{}{},
		func() {}, func(a int, b ...*Tree) (x, y error) { return nil, nil },
		time.Time{}, time.Duration(1), &http.Request{}, http.Header{}, sync.Mutex{}, &sync.WaitGroup{},
		reflect.ValueOf(1), fmt.Errorf("x"), io.EOF, os.Stdin,
	}
	made := []reflect.Type{
		reflect.PtrTo(reflect.PtrTo(reflect.TypeOf(ByValue{}))),
		reflect.SliceOf(reflect.TypeOf(Row{})),
		reflect.ArrayOf(17, reflect.TypeOf(Secret{})),
		reflect.ChanOf(reflect.RecvDir, reflect.TypeOf(Row{})),
		reflect.ChanOf(reflect.BothDir, reflect.ChanOf(reflect.RecvDir, reflect.TypeOf(i))),
		reflect.MapOf(reflect.TypeOf(Row{}), reflect.TypeOf(Direct{})),
		reflect.FuncOf([]reflect.Type{reflect.TypeOf(1), reflect.TypeOf([]Row{})},
			[]reflect.Type{reflect.TypeOf(""), reflect.TypeOf(Row{})}, true),
		reflect.StructOf([]reflect.StructField{
			{Name: "One", Type: reflect.TypeOf(Row{}), Tag: "q:\"é\\\"\n"}, {Name: "Two", Type: reflect.TypeOf(uint8(1))}}),
	}
	for _, t := range made {
		values = append(values, reflect.Zero(t).Interface())
	}
}

type field struct {
	Name     string  `json:"name"`
	Offset   uintptr `json:"offset"`
	Type     string  `json:"type"`
	Embedded bool    `json:"embedded"`
}

type description struct {
	Address   string  `json:"addr"`
	Name      string  `json:"name"`
	Package   string  `json:"package"`
	Kind      int     `json:"kind"`
	Size      uintptr `json:"size"`
	Length    int     `json:"length"`
	Direction int     `json:"direction"`
	Named     bool    `json:"named"`
	Direct    bool    `json:"direct"`
	Element   string  `json:"element"`
	Key       string  `json:"key"`
	Empty     bool    `json:"empty"`
	Fields    []field `json:"fields"`
}

type words struct{ kind, data unsafe.Pointer }

func word(i interface{}) words { return *(*words)(unsafe.Pointer(&i)) }

// The address of the type descriptor: the second word of a reflect.Type.
func address(t reflect.Type) string {
	return fmt.Sprintf("%p", (*words)(unsafe.Pointer(&t)).data)
}

// Reports whether an interface contains a value of this type itself, rather than a pointer to a copy.
func direct(t reflect.Type) bool {
	if t.Size() != unsafe.Sizeof(uintptr(0)) {
		return false
	}
	v := reflect.New(t)
	*(*unsafe.Pointer)(v.UnsafePointer()) = unsafe.Pointer(&values)
	return word(v.Elem().Interface()).data == unsafe.Pointer(&values)
}

func describe(t reflect.Type) description {
	d := description{Address: address(t), Name: t.String(), Package: t.PkgPath(), Kind: int(t.Kind()),
		Size: t.Size(), Named: t.Name() != "", Direct: direct(t), Fields: []field{}}
	switch t.Kind() {
	case reflect.Array:
		d.Length = t.Len()
	case reflect.Chan:
		d.Direction = int(t.ChanDir())
	case reflect.Interface:
		d.Empty = t.NumMethod() == 0
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			d.Fields = append(d.Fields, field{f.Name, f.Offset, f.Type.String(), f.Anonymous})
		}
	}
	switch t.Kind() {
	case reflect.Map:
		d.Key = t.Key().String()
		fallthrough
	case reflect.Array, reflect.Chan, reflect.Ptr, reflect.Slice:
		d.Element = t.Elem().String()
	}
	return d
}

// All types that are reachable from the types of the values.
func reach(t reflect.Type, seen map[reflect.Type]bool, to *[]description) {
	if seen[t] {
		return
	}
	seen[t] = true
	*to = append(*to, describe(t))
	switch t.Kind() {
	case reflect.Map:
		reach(t.Key(), seen, to)
		fallthrough
	case reflect.Array, reflect.Chan, reflect.Ptr, reflect.Slice:
		reach(t.Elem(), seen, to)
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			reach(t.Field(i).Type, seen, to)
		}
	}
}

func main() {
	collect()
	out := bufio.NewWriter(os.Stdout)
	seen := map[reflect.Type]bool{}
	types := []description{}
	for _, v := range values {
		reach(reflect.TypeOf(v), seen, &types)
	}
	text, _ := json.Marshal(types)
	fmt.Fprintf(out, "types %s\n", text)
	text, _ = json.Marshal(describeMaps())
	fmt.Fprintf(out, "maps %s\n", text)
	fmt.Fprintln(out, "ready")
	out.Flush()
	io.Copy(io.Discard, os.Stdin)
	fmt.Println(values, maps)
}
