package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

func times() {
	now, utc := keep(time.Now()), keep(time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC))
	zone := keep(time.Date(1969, 2, 28, 23, 59, 59, 120000000, time.FixedZone("CET", 3600)))
	nameless := keep(time.Date(2024, 2, 29, 1, 2, 3, 4, time.FixedZone("", -5400)))
	zero, ancient := keep(time.Time{}), keep(time.Date(-44, 3, 15, 12, 0, 0, 0, time.UTC))
	long, short, tiny, none := keep(90*time.Second), keep(-1500*time.Microsecond), keep(time.Duration(17)), keep(time.Duration(0))
	hours := keep(26*time.Hour + 3*time.Millisecond)
	least := keep(time.Duration(-1 << 63))
	note("times", "now", now)
	note("times", "utc", utc)
	note("times", "zone", zone)
	note("times", "nameless", nameless)
	note("times", "zero", zero)
	note("times", "ancient", ancient)
	note("times", "long", long)
	note("times", "short", short)
	note("times", "tiny", tiny)
	note("times", "none", none)
	note("times", "hours", hours)
	note("times", "least", least)
	park()
	runtime.KeepAlive(now)
	runtime.KeepAlive(utc)
	runtime.KeepAlive(zone)
	runtime.KeepAlive(nameless)
	runtime.KeepAlive(zero)
	runtime.KeepAlive(ancient)
	runtime.KeepAlive(long)
	runtime.KeepAlive(short)
	runtime.KeepAlive(tiny)
	runtime.KeepAlive(none)
	runtime.KeepAlive(hours)
	runtime.KeepAlive(least)
}

type own struct{ message string }

func (o *own) Error() string { return o.message }

type message struct{ err error }

func (m message) String() string { return m.err.Error() }

func errorValues() {
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9},
		Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	both := &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{IP: net.IPv6loopback, Port: 1},
		Addr: &net.TCPAddr{IP: net.ParseIP("10.0.0.1"), Port: 2}, Err: os.ErrDeadlineExceeded}
	simple, wrapped := keep(errors.New("simple")), keep(fmt.Errorf("outer: %w", io.ErrUnexpectedEOF))
	path := keep[error](&fs.PathError{Op: "open", Path: "/none", Err: syscall.ENOENT})
	dial, read := keep[error](refused), keep[error](both)
	deadline, canceled := keep(context.DeadlineExceeded), keep(context.Canceled)
	number, errno := keep[error](syscall.EIO), keep(syscall.EPIPE)
	_, parsing := strconv.Atoi("x1")
	link := keep[error](&url.Error{Op: "Get", URL: "http://h/", Err: dial})
	mine := keep[error](&own{"my own"})
	dns := keep[error](&net.DNSError{Err: "no such host", Name: "h", Server: "s"})
	parsing = keep(parsing)
	note("errorValues", "simple", message{simple})
	note("errorValues", "wrapped", message{wrapped})
	note("errorValues", "path", message{path})
	note("errorValues", "dial", message{dial})
	note("errorValues", "read", message{read})
	note("errorValues", "deadline", message{deadline})
	note("errorValues", "canceled", message{canceled})
	note("errorValues", "number", message{number})
	note("errorValues", "errno", message{errno})
	note("errorValues", "parsing", message{parsing})
	note("errorValues", "link", message{link})
	note("errorValues", "mine", message{mine})
	note("errorValues", "dns", message{dns})
	park()
	runtime.KeepAlive(simple)
	runtime.KeepAlive(wrapped)
	runtime.KeepAlive(path)
	runtime.KeepAlive(dial)
	runtime.KeepAlive(read)
	runtime.KeepAlive(deadline)
	runtime.KeepAlive(canceled)
	runtime.KeepAlive(number)
	runtime.KeepAlive(errno)
	runtime.KeepAlive(parsing)
	runtime.KeepAlive(link)
	runtime.KeepAlive(mine)
	runtime.KeepAlive(dns)
}

func addresses() {
	four, mapped, six := keep(net.IPv4(10, 1, 2, 3).To4()), keep(net.IPv4(10, 1, 2, 3)), keep(net.ParseIP("2001:db8::1"))
	bytes := keep([]byte("some text, ü\n"))
	note("addresses", "four", four)
	note("addresses", "mapped", mapped)
	note("addresses", "six", six)
	line("note", "addresses", "bytes", bytes, fmt.Sprintf("%q", bytes))
	park()
	runtime.KeepAlive(four)
	runtime.KeepAlive(mapped)
	runtime.KeepAlive(six)
	runtime.KeepAlive(bytes)
}

func functions() {
	captured := keep(5)
	var none func()
	plain, closure := keep(park), keep(func() int { return captured })
	address := keep(unsafe.Pointer(&forever))
	method := keep((&inner{}).Area)
	say("functions", "none", none)
	say("functions", "plain", plain)
	say("functions", "closure", closure)
	say("functions", "address", address)
	say("functions", "method", method)
	park()
	runtime.KeepAlive(none)
	runtime.KeepAlive(plain)
	runtime.KeepAlive(closure)
	runtime.KeepAlive(address)
	runtime.KeepAlive(method)
}
