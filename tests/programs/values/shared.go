package main

import (
	"fmt"
	"runtime"
	"time"
)

var (
	counter  = 41
	greeting = "hello"
	registry = map[string]*point{"one": {1, 1}}
	config   = outer{ID: 77, tags: []string{"x", "y"}}
	current  = &config
	anything interface{}
)

var measured = struct {
	queue, none chan string
	array       *[3]int
}{queue: make(chan string, 5), array: &[3]int{}}

func sayGlobals() {
	counter++
	anything = point{5, 5}
	say("", "main.counter", counter)
	say("", "main.greeting", greeting)
	say("", "main.registry", registry)
	say("", "main.config", config)
	say("", "main.current", current)
	say("", "main.anything", anything)
	line("address", "", "main.current", current, fmt.Sprintf("%p", current))
	say("", "main.config.tags[1]", config.tags[1])
	say("", "main.current.ID", current.ID)
	say("", "main.registry[\"one\"].X", registry["one"].X)
	say("", "*main.current", *current)
	say("", "main.config.list[1:2]", config.list[1:2])
	say("", "main.anything.(main.point)", anything.(point))
	say("", "(*main.current).point.Y", (*current).point.Y)
	fill(measured.queue, "x")
	say("", "len(main.greeting)", len(greeting))
	say("", "len(main.config.tags)", len(config.tags))
	say("", "cap(main.config.tags[1:1])", cap(config.tags[1:1]))
	say("", "len(main.registry)", len(registry))
	say("", "len(main.config.table)", len(config.table))
	say("", "cap(main.config.list)", cap(config.list))
	say("", "len(main.measured.array)", len(measured.array))
	say("", "len( main.measured.queue )", len(measured.queue))
	say("", "cap(main.measured.queue)", cap(measured.queue))
	say("", "len(main.measured.none)", len(measured.none))
}

// Queues whose contents and waiters are known.
var queues = struct {
	full, half, closed, empty, many chan string
	points                           chan point
}{make(chan string, 2), make(chan string, 4), make(chan string, 3), make(chan string), make(chan string), make(chan point, 3)}

func fill(c chan string, values ...string) {
	for _, v := range values {
		c <- v
	}
}

func channels() {
	var none chan int
	buffered := queues.half
	fill(queues.full, "gone", "first")
	<-queues.full
	fill(queues.full, "second")
	fill(queues.half, "a", "b", "c")
	fill(queues.closed, "left")
	close(queues.closed)
	queues.points <- point{1, 2}
	receiveOnly := keep[<-chan string](queues.closed)
	say("channels", "none", none)
	say("channels", "buffered", buffered)
	say("channels", "receiveOnly", receiveOnly)
	park()
	runtime.KeepAlive(none)
	runtime.KeepAlive(buffered)
	runtime.KeepAlive(receiveOnly)
}

func receiver(c chan string) { <-c }

func sender(c chan string, value string) { c <- value }

func selector(send, receive chan string) {
	time.Sleep(200 * time.Millisecond) // after the others, so that it is the last in both queues
	select {
	case send <- "fourth":
	case <-receive:
	}
}
