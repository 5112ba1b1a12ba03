package main

import "runtime"

type point struct{ X, Y int }

type inner struct {
	Name string
	next *inner
}

type outer struct {
	point
	*inner
	ID     uint32
	tags   []string
	any    interface{}
	err    error
	nested struct{ A, B int8 }
	table  map[string]point
	list   [2]point
	none   struct{}
}

type pair[K comparable, V any] struct {
	Key   K
	Value V
}

func slices() {
	var none []int
	empty, ints := keep([]int{}), keep([]int{1, -2, 3})
	strings, nested := keep([]string{"a", "", "c"}), keep([][]int{{1}, nil, {}})
	binary, points := keep([]byte{0, 1, 255}), keep([]point{{1, 2}, {3, 4}})
	anys := keep([]interface{}{1, "two", nil, 3.5, point{5, 6}})
	bools, sizes := keep([]bool{true, false}), keep([]size{1, 80})
	long := make([]int, 300)
	long[299] = 7
	say("slices", "none", none)
	say("slices", "empty", empty)
	say("slices", "ints", ints)
	say("slices", "strings", strings)
	say("slices", "nested", nested)
	say("slices", "binary", binary)
	say("slices", "points", points)
	say("slices", "anys", anys)
	say("slices", "bools", bools)
	say("slices", "sizes", sizes)
	say("slices", "long", long)
	park()
	runtime.KeepAlive(none)
	runtime.KeepAlive(empty)
	runtime.KeepAlive(ints)
	runtime.KeepAlive(strings)
	runtime.KeepAlive(nested)
	runtime.KeepAlive(binary)
	runtime.KeepAlive(points)
	runtime.KeepAlive(anys)
	runtime.KeepAlive(bools)
	runtime.KeepAlive(sizes)
	runtime.KeepAlive(long)
}

func arrays() {
	three, none := keep([3]int16{1, 2, 3}), keep([0]string{})
	one, structs := keep([1]string{"x"}), keep([2]point{{1, 2}, {3, 4}})
	bytes, grid := keep([4]byte{1, 2, 3, 4}), keep([2][2]bool{{true}, {false, true}})
	say("arrays", "three", three)
	say("arrays", "none", none)
	say("arrays", "one", one)
	say("arrays", "structs", structs)
	say("arrays", "bytes", bytes)
	say("arrays", "grid", grid)
	park()
	runtime.KeepAlive(three)
	runtime.KeepAlive(none)
	runtime.KeepAlive(one)
	runtime.KeepAlive(structs)
	runtime.KeepAlive(bytes)
	runtime.KeepAlive(grid)
}

func maps() {
	var none map[string]int
	empty := keep(map[int]int{})
	names := keep(map[string]int{"b": 2, "a": 1, "": 0})
	numbers := keep(map[int]string{3: "x", -1: "y", 2: "z"})
	large := keep(map[uint16][]int{})
	for i := 0; i < 500; i++ {
		large[uint16(i*7)] = []int{i}
	}
	say("maps", "none", none)
	say("maps", "empty", empty)
	say("maps", "names", names)
	say("maps", "numbers", numbers)
	say("maps", "large", large)
	park()
	runtime.KeepAlive(none)
	runtime.KeepAlive(empty)
	runtime.KeepAlive(names)
	runtime.KeepAlive(numbers)
	runtime.KeepAlive(large)
}

func moreMaps() {
	bools := keep(map[bool]string{true: "yes", false: "no"})
	floats := keep(map[float64]int{2.5: 1, -1: 2, 1e9: 3})
	points := keep(map[point]map[string]bool{{2, 1}: {"x": true}, {1, 2}: nil})
	arrayed := keep(map[[2]string]point{{"b", "a"}: {1, 1}, {"a", "b"}: {2, 2}})
	anyKeys := keep(map[interface{}]int{"k": 1})
	wide := keep(map[[40]int]int{{39: 1}: 1, {0: 1}: 2})
	sets := keep(map[string]struct{}{"one": {}, "two": {}})
	say("moreMaps", "bools", bools)
	say("moreMaps", "floats", floats)
	say("moreMaps", "points", points)
	say("moreMaps", "arrayed", arrayed)
	say("moreMaps", "anyKeys", anyKeys)
	say("moreMaps", "wide", wide)
	say("moreMaps", "sets", sets)
	park()
	runtime.KeepAlive(bools)
	runtime.KeepAlive(floats)
	runtime.KeepAlive(points)
	runtime.KeepAlive(arrayed)
	runtime.KeepAlive(anyKeys)
	runtime.KeepAlive(wide)
	runtime.KeepAlive(sets)
}

func makeOuter() outer {
	return outer{point: point{1, 2}, inner: &inner{Name: "in"}, ID: 9, tags: []string{"t"}, any: 5,
		table: map[string]point{"k": {7, 8}}, list: [2]point{{1, 1}, {2, 2}}}
}

func structs() {
	p, zero, whole := keep(point{3, -4}), keep(outer{}), keep(makeOuter())
	none, anonymous := keep(struct{}{}), keep(struct {
		A int
		b string
	}{1, "x"})
	generic := keep(pair[string, point]{"k", point{1, 2}})
	say("structs", "p", p)
	say("structs", "zero", zero)
	say("structs", "whole", whole)
	say("structs", "none", none)
	say("structs", "anonymous", anonymous)
	say("structs", "generic", generic)
	park()
	runtime.KeepAlive(p)
	runtime.KeepAlive(zero)
	runtime.KeepAlive(whole)
	runtime.KeepAlive(none)
	runtime.KeepAlive(anonymous)
	runtime.KeepAlive(generic)
}

func pointers() {
	var none *outer
	whole := makeOuter()
	toStruct, toArray, toSlice := keep(&whole), keep(&[2]int{1, 2}), keep(&[]string{"a"})
	toMap, toInt := keep(&map[string]int{"a": 1}), keep(new(int))
	toPointer, toAny := keep(&toInt), keep(new(interface{}))
	say("pointers", "none", none)
	say("pointers", "toStruct", toStruct)
	say("pointers", "toArray", toArray)
	say("pointers", "toSlice", toSlice)
	say("pointers", "toMap", toMap)
	say("pointers", "toInt", toInt)
	say("pointers", "toPointer", toPointer)
	say("pointers", "toAny", toAny)
	park()
	runtime.KeepAlive(none)
	runtime.KeepAlive(toStruct)
	runtime.KeepAlive(toArray)
	runtime.KeepAlive(toSlice)
	runtime.KeepAlive(toMap)
	runtime.KeepAlive(toInt)
	runtime.KeepAlive(toPointer)
	runtime.KeepAlive(toAny)
}

type shape interface{ Area() int }

func (p point) Area() int  { return p.X * p.Y }
func (i *inner) Area() int { return len(i.Name) }
func (c color) Area() int  { return int(c) }

func interfaces() {
	var none interface{}
	var nothing shape
	number, text := keep[interface{}](17), keep[interface{}]("s")
	byValue, byPointer, byNumber := keep[shape](point{2, 3}), keep[shape](&inner{Name: "p"}), keep[shape](color(8))
	nilPointer, list := keep[shape]((*inner)(nil)), keep[interface{}]([]int{1})
	say("interfaces", "none", none)
	say("interfaces", "nothing", nothing)
	say("interfaces", "number", number)
	say("interfaces", "text", text)
	say("interfaces", "byValue", byValue)
	say("interfaces", "byPointer", byPointer)
	say("interfaces", "byNumber", byNumber)
	say("interfaces", "nilPointer", nilPointer)
	say("interfaces", "list", list)
	park()
	runtime.KeepAlive(none)
	runtime.KeepAlive(nothing)
	runtime.KeepAlive(number)
	runtime.KeepAlive(text)
	runtime.KeepAlive(byValue)
	runtime.KeepAlive(byPointer)
	runtime.KeepAlive(byNumber)
	runtime.KeepAlive(nilPointer)
	runtime.KeepAlive(list)
}
