// Awkward makes it hard to copy the process. Commands on standard input: "vfork N" makes a thread wait N ms for a child that
// shares its memory, "stacks N" parks N goroutines with different stacks, "forbid" installs a seccomp filter for all threads
// that fails wait4 with EPERM. Prints "done" and its longest stall since the last line, for "vfork" once the thread waits.
package main

/*
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void hang(int ms)
{
	pid_t child = vfork();
	if (child == 0) {
		for (; ms > 0; ms -= 10)
			usleep(10000);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static int forbid(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_wait4, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(code) / sizeof(*code), code};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
}
*/
import "C"

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

var longest atomic.Int64

//go:noinline
func tick() {
	for last := time.Now(); ; {
		time.Sleep(time.Millisecond)
		now := time.Now()
		if gap := int64(now.Sub(last)); gap > longest.Load() {
			longest.Store(gap)
		}
		last = now
	}
}

var never = make(chan bool)

//go:noinline
func left(path, depth int) {
	descend(path, depth)
}

//go:noinline
func right(path, depth int) {
	descend(path, depth)
}

//go:noinline
func descend(path, depth int) {
	switch {
	case depth == 0:
		<-never
	case path&1 != 0:
		right(path>>1, depth-1)
	default:
		left(path>>1, depth-1)
	}
}

func main() {
	go tick()
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		word := strings.Fields(in.Text() + " 0")
		switch word[0] {
		case "vfork":
			ms, _ := strconv.Atoi(word[1])
			go C.hang(C.int(ms))
			time.Sleep(20 * time.Millisecond)
		case "stacks":
			n, _ := strconv.Atoi(word[1])
			for i := 0; i < n; i++ {
				go descend(i, 24)
			}
			time.Sleep(time.Second)
		case "forbid":
			if C.forbid() != 0 {
				panic("no filter")
			}
		}
		fmt.Println("done", longest.Swap(0))
	}
}
