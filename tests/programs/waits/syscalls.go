package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"unsafe"
)

func readPipe(fd int) {
	syscall.Read(fd, make([]byte, 1))
}

func nanosleep() {
	t := syscall.Timespec{Sec: 3600}
	for {
		syscall.Nanosleep(&t, &t)
	}
}

func flock(f *os.File) {
	must(syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
}

func epoll(fd int) {
	for {
		syscall.EpollWait(fd, make([]syscall.EpollEvent, 1), -1)
	}
}

func futex(word *uint32) {
	for {
		syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(word)), 0, 0, 0, 0, 0)
	}
}

func waitForChild(c *exec.Cmd) { c.Wait() }

func waitInSyscalls() {
	var p [2]int
	must(syscall.Pipe(p[:]))
	go readPipe(p[0])
	go nanosleep()

	held, err := os.CreateTemp("", "gctxdbg-waits")
	must(err)
	must(syscall.Flock(int(held.Fd()), syscall.LOCK_EX))
	again, err := os.Open(held.Name())
	must(err)
	must(os.Remove(held.Name()))
	go flock(again)

	ep, err := syscall.EpollCreate1(0)
	must(err)
	go epoll(ep)
	go futex(new(uint32))

	// Exits at the end of its input, that is, with this program.
	child := exec.Command("cat")
	_, err = child.StdinPipe()
	must(err)
	must(child.Start())
	go waitForChild(child)

	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR1)
}
