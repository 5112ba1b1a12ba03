"""Signals that arrive while the target is stopped, job control, and the end of the target."""
import json
import os
import random
import re
import signal
import time

from lib import debugger, process, programs
from lib.prompt import Prompt
from lib.runner import case


def sigcount(go):
    return process.Process([programs.path("sigcount", go)])


def received(p):
    """The counts of SIGUSR1, SIGUSR2, SIGTERM and SIGHUP."""
    return [int(n) for n in p.ask("?").split()[:4]]


@case(go="ends")
def delivered_once_after_the_stop(go):
    with sigcount(go) as p, Prompt("attach", p.pid, "--pause=stop") as t:
        os.kill(p.pid, signal.SIGUSR1)
        os.kill(p.pid, signal.SIGTERM)
        time.sleep(0.1)
        assert "tick" in t.run("goroutines --stacks")
        os.kill(p.pid, signal.SIGHUP)
        t.run("goroutines")
        t.quit()
        process.check_untouched(p.pid)
        process.wait_until(lambda: received(p) == [1, 0, 1, 1], "each signal arrived once")
        time.sleep(0.2)
        assert received(p) == [1, 0, 1, 1]


@case(go="ends", timeout=120)
def none_lost_or_doubled_while_attaching(go):
    """Sends signals at any moment of attaching and detaching; one at a time, because the Go runtime merges them."""
    rnd = random.Random(5)
    with sigcount(go) as p:
        began = time.monotonic()
        debugger.attach(p.pid, "goroutines --json")
        usual = time.monotonic() - began
        for sent in range(1, 61):
            child = debugger.start("attach", p.pid, "--batch", "-e", "goroutines --json")
            time.sleep(rnd.random() * usual)
            os.kill(p.pid, signal.SIGUSR1)
            debugger.finish(child)
            process.wait_until(lambda n=sent: received(p)[0] >= n, f"signal {sent} arrives")
            assert received(p)[0] == sent
        process.check_untouched(p.pid)
        time.sleep(0.2)
        assert received(p)[0] == sent


@case(go="ends")
def while_running_under_the_debugger(go):
    """One at a time: the kernel and the Go runtime merge signals that are pending at the same time."""
    with sigcount(go) as p, Prompt("attach", p.pid, "--pause=stop") as t:
        t.type("continue\r")
        process.wait_until(lambda: "t" not in process.thread_states(p.pid).values(), "the target is running")
        for sent in range(1, 11):
            os.kill(p.pid, signal.SIGUSR2)
            process.wait_until(lambda n=sent: received(p) == [0, n, 0, 0], f"signal {sent} arrives while it is running")
        t.interrupt()
        t.drain()
        t.quit()
        process.check_untouched(p.pid)
        assert received(p) == [0, 10, 0, 0]


@case(go="ends")
def a_stopped_process_stays_stopped(go):
    with sigcount(go) as p:
        os.kill(p.pid, signal.SIGSTOP)
        process.wait_until(lambda: set(process.thread_states(p.pid).values()) == {"T"}, "the target is stopped")
        r = debugger.attach(p.pid, "goroutines --stacks --json")
        assert any(f["func"] == "main.tick" for g in r.json()["goroutines"] for f in g["frames"])
        process.wait_until(lambda: process.status(p.pid)["TracerPid"] == "0", "left")
        time.sleep(0.2)
        assert set(process.thread_states(p.pid).values()) == {"T"}, process.thread_states(p.pid)
        os.kill(p.pid, signal.SIGCONT)
        process.check_untouched(p.pid)
        received(p)


@case()
def stopped_and_continued_while_held(go):
    with sigcount(go) as p, Prompt("attach", p.pid, "--pause=stop") as t:
        os.kill(p.pid, signal.SIGSTOP)
        t.run("goroutines")
        t.quit()
        process.wait_until(lambda: set(process.thread_states(p.pid).values()) == {"T"},
                           "the SIGSTOP takes effect after detaching")
        os.kill(p.pid, signal.SIGCONT)
        process.check_untouched(p.pid)
        received(p)


@case(go="ends", end=["SIGKILL", "exit", "panic", "exec"])
def the_target_ends_while_it_runs(go, end):
    with process.Process([programs.path("execer", go)]) as p, Prompt("attach", p.pid, "--pause=stop") as t:
        t.type("continue\r")
        process.wait_until(lambda: "t" not in process.thread_states(p.pid).values(), "the target is running")
        if end == "SIGKILL":
            os.kill(p.pid, signal.SIGKILL)
            t.expect("(?i)kill")
        elif end == "exit":
            p.send("exit 5")
            t.expect("(?i)exit[^\n]*5")
        elif end == "panic":
            p.send("die")
            t.expect("(?i)kill|abort|SIGABRT|signal")
        else:
            p.send("exec")
            t.expect("(?i)exec|another program")
            assert p.line() == "ready"
        t.drain()
        assert t.run("goroutines").strip(), "no message that there is no target"
        t.quit()
        if end == "exec":
            process.check_untouched(p.pid)
            p.ask("thread")


@case(go="ends")
def killed_while_stopped(go):
    with process.Process([programs.path("execer", go)]) as p, Prompt("attach", p.pid, "--pause=stop") as t:
        t.run("goroutines")
        os.kill(p.pid, signal.SIGKILL)
        time.sleep(0.3)
        t.type("goroutines --stacks\r")
        t.expect("(?i)kill|gone|ended|exit")
        t.type("\r")
        t.expect_prompt()
        t.quit()


@case()
def killed_by_the_debugger(go):
    with process.Process([programs.path("execer", go)]) as p, Prompt("attach", p.pid, "--pause=stop") as t:
        t.type("kill\r")
        t.expect(r"\(y/N\)")
        t.type("y\r")
        process.wait_until(lambda: not p.alive(), "it is killed")
        t.type("\r")
        t.expect_prompt()
        t.quit()


@case(go="ends")
def detach_keeps_the_prompt(go):
    with sigcount(go) as p, Prompt("attach", p.pid, "--pause=stop") as t:
        t.run("detach")
        process.check_untouched(p.pid)
        received(p)
        t.type("goroutines\r")
        assert t.expect_prompt().strip()
        t.quit()


@case(go="ends")
def watchdog_resumes_the_target_and_detaches(go):
    with sigcount(go) as p:
        began = time.monotonic()
        child = debugger.start("attach", p.pid, "--batch", "--pause=stop", "--max-stop", "1s", "-e",
                               "goroutines | sleep 6")
        process.wait_until(lambda: "t" in process.thread_states(p.pid).values(), "the target is stopped")
        stopped = time.monotonic()
        process.check_untouched(p.pid)
        took = time.monotonic() - stopped
        assert took < 2.5, f"the target was stopped for {took} s"
        assert child.poll() is None, "gctxdbg is no longer busy"
        received(p)
        r = debugger.finish(child)
        assert "max-stop" in r.err, r
        assert time.monotonic() - began > 2


def message(pid):
    return f"process {pid} stopped at a call of runtime.Breakpoint"


@case(go="each", build=["default", "stripped"])
def calls_of_breakpoint_stop_the_process(go, build):
    """The program would die of SIGTRAP; under the debugger it stops, and continues after the call."""
    exe = programs.path("stops", go, build)
    commands = ["continue", "bt --json", "break main.stop", "continue", "continue --json", "delete 1", "continue"]
    r = debugger.run("exec", "--batch", *(word for c in commands for word in ("-e", c)), "--", exe, stdin="a\nb\n")
    assert len(re.findall(message(r"\d+"), r.err)) == 2 and "exited with status 7" in r.err, r
    documents = [json.loads(line) for line in r.out.splitlines() if line.startswith("{")]
    functions = [f["func"] for f in (documents[0].get("goroutines") or [documents[0]])[0]["frames"]]
    assert functions[0] == "runtime.breakpoint" and functions[-3:-1] == ["main.stop", "main.main.func1"], r
    assert documents[-1]["event"] == "breakpoint", r
    assert "after 1\n" in r.out and "after 2\n" in r.out, r


@case(go="ends", end=["quit", "SIGKILL"])
def leaving_at_a_call_of_breakpoint(go, end):
    """The call that stopped the process is over; the next one ends it, as without a debugger."""
    with process.Process([programs.path("stops", go)]) as p:
        child = debugger.start("attach", p.pid, "--pause=stop", "-e", "echo armed", "-e", "continue", "-e", "echo stopped")
        while child.stdout.readline() != "armed\n":
            pass
        p.send("a")
        while child.stdout.readline() != "stopped\n":
            pass
        if end == "SIGKILL":
            child.kill()
            child.communicate()
        else:
            r = debugger.finish(child)
            assert message(p.pid) in r.err, r
        p.expect_line("after 1")
        p.send("b")
        assert p.child.wait(20) == -signal.SIGABRT and "SIGTRAP" in p.stderr(), p.stderr()
