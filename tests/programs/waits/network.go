package main

import (
	"bufio"
	"net"
)

// Keeps the connections reachable: their finalizers would close them.
var open []interface{ Close() error }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func accept(l net.Listener) {
	for {
		c, err := l.Accept()
		must(err)
		go serve(c)
	}
}

func serve(c net.Conn) {
	line, err := bufio.NewReader(c).ReadString('\n')
	println(line, err)
}

func fill(c net.Conn) {
	for {
		_, err := c.Write(make([]byte, 1<<20))
		must(err)
	}
}

func packets(c net.PacketConn) {
	_, _, err := c.ReadFrom(make([]byte, 100))
	must(err)
}

func waitOnNetwork() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go accept(l)
	for i := 0; i < 3; i++ {
		c, err := net.Dial("tcp", l.Addr().String())
		must(err)
		open = append(open, c)
	}

	// A listener that never accepts: written data fills the kernel's buffers.
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	c, err := net.Dial("tcp", deaf.Addr().String())
	must(err)
	open = append(open, deaf)
	go fill(c)
	go serve(c)

	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(err)
	go packets(p)
}
