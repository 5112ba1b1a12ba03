package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"reflect"
	"sort"
	"unsafe"
)

const manyEntries = 1000 // from this size on, only the sum of a map's contents is printed

type large struct {
	id   int
	fill [20]int64
}

type wide [200]byte

type odd struct {
	A uint8
	B uint16
	C [3]byte
}

var maps []interface{}

type contents struct {
	Type  string   `json:"type"`
	Kind  string   `json:"kind"`
	Map   string   `json:"map"`
	Count int      `json:"count"`
	Sum   uint64   `json:"sum"`
	Pairs []string `json:"pairs"`
}

// The text of a string, the bytes of any other value.
func spell(v reflect.Value) string {
	if v.Kind() == reflect.String {
		return v.String()
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return fmt.Sprintf("%x", unsafe.Slice((*byte)(p.UnsafePointer()), v.Type().Size()))
}

func collectMaps() {
	for _, n := range []int{0, 1, 7, 8, 9, 14, 100, 1000, 100000} {
		ints, texts := map[int]int{}, map[string]string{}
		for i := 0; i < n; i++ {
			ints[i*7919] = i
			texts[fmt.Sprint("key", i)] = fmt.Sprint("value", i)
		}
		maps = append(maps, ints, texts)
	}
	for _, n := range []int{1, 8, 9, 1000} {
		largeKey, largeValue, wideBoth := map[large]int32{}, map[int8]large{}, map[wide]wide{}
		bytes, odds, empty, sets := map[uint8]uint64{}, map[odd]uint8{}, map[string]struct{}{}, map[float64]bool{}
		for i := 0; i < n; i++ {
			largeKey[large{id: i}] = int32(i)
			largeValue[int8(i)] = large{id: i}
			wideBoth[wide{byte(i), byte(i >> 8)}] = wide{199: byte(i)}
			bytes[uint8(i)] = uint64(i)
			odds[odd{uint8(i), uint16(i), [3]byte{1, 2, 3}}] = uint8(i)
			empty[fmt.Sprint(i)] = struct{}{}
			sets[float64(i)] = i%2 == 0
		}
		sets[math.NaN()] = true
		maps = append(maps, largeKey, largeValue, wideBoth, bytes, odds, empty, sets)
	}
	collectChanged()
}

// Maps with a history: deleted entries, cleared, and every state of growing.
func collectChanged() {
	deleted := map[int]int{}
	for i := 0; i < 5000; i++ {
		deleted[i] = i
	}
	for i := 0; i < 5000; i++ {
		if i%3 != 0 {
			delete(deleted, i)
		}
	}
	cleared := map[string]int{}
	for i := 0; i < 500; i++ {
		cleared[fmt.Sprint(i)] = i
	}
	for k := range cleared {
		delete(cleared, k)
	}
	small := map[int]string{1: "one", 2: "two", 3: "three"}
	delete(small, 2)
	maps = append(maps, deleted, cleared, small, Table{"x": {1}}, map[interface{}]int{1: 1, "x": 2, odd{}: 3})
	// A classic map starts to grow at 6.5 * 2^B entries and moves two buckets with each write.
	for n := 200; n < 240; n++ {
		growing := make(map[int]int)
		for i := 0; i < n; i++ {
			growing[i] = -i
		}
		maps = append(maps, growing)
	}
	churned := map[int]int{} // fills up with deleted entries and empty overflow buckets
	for i := 0; i < 20000; i++ {
		churned[i] = i
		delete(churned, i-50)
	}
	maps = append(maps, churned, reflectMap())
}

// A map type that reflect creates at run time.
func reflectMap() interface{} {
	m := reflect.MakeMap(reflect.MapOf(reflect.TypeOf(odd{}), reflect.TypeOf(large{})))
	for i := 0; i < 30; i++ {
		m.SetMapIndex(reflect.ValueOf(odd{A: uint8(i)}), reflect.ValueOf(large{id: i}))
	}
	return m.Interface()
}

func describeMaps() []contents {
	collectMaps()
	all := []contents{}
	for _, m := range maps {
		v := reflect.ValueOf(m)
		c := contents{Type: v.Type().String(), Kind: fmt.Sprintf("%p", word(m).kind), Map: fmt.Sprintf("%p", word(m).data),
			Count: v.Len(), Pairs: []string{}}
		for i := v.MapRange(); i.Next(); {
			pair := spell(i.Key()) + "=" + spell(i.Value())
			h := fnv.New64a()
			h.Write([]byte(pair))
			c.Sum += h.Sum64()
			if v.Len() < manyEntries {
				c.Pairs = append(c.Pairs, pair)
			}
		}
		sort.Strings(c.Pairs)
		all = append(all, c)
	}
	return all
}
