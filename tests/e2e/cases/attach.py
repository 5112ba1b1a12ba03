"""Attaching and detaching do not disturb the target."""
import contextlib
import glob
import os
import random
import re
import signal
import subprocess
import time

from lib import debugger, paths, process, programs
from lib.runner import case


def counts(p, what="count"):
    return [int(n) for n in p.ask(what).split()]


def masks(pid):
    """The per-thread state that a debugger could leave changed."""
    keys = ("SigBlk", "SigIgn", "SigCgt", "ShdPnd", "Seccomp", "TracerPid")
    out = {}
    for tid in process.threads(pid):
        try:
            s = process.status(f"{pid}/task/{tid}")
        except OSError:
            continue
        out[tid] = tuple(s.get(k) for k in keys)
    return out


def text_segments(pid):
    """{(start, end): bytes} of the executable mappings of files."""
    out = {}
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ \S+ +/", line)
            if m:
                start, end = int(m[1], 16), int(m[2], 16)
                memory.seek(start)
                out[start, end] = memory.read(end - start)
    return out


def check_alive_and_whole(p, before):
    process.check_untouched(p.pid)
    assert text_segments(p.pid) == before["text"], "the program's text was changed"
    after = settled_masks(p.pid)
    for tid in before["masks"].keys() & after.keys():
        assert before["masks"][tid] == after[tid], (tid, before["masks"][tid], after[tid])


def settled_masks(pid):
    """Go blocks all signals in a thread for a moment while it creates another one: that moment is not the state to expect."""
    found = [masks(pid)]

    def settled():
        time.sleep(0.05)
        found.append(masks(pid))
        return found[-1] == found[-2]

    process.wait_until(settled, "signal masks stay the same")
    return found[-1]


def state(p):
    return {"text": text_segments(p.pid), "masks": settled_masks(p.pid)}


@case(go="ends", timeout=240, pause=["stop", "fork"])
def two_hundred_times_under_load(go, pause):
    """No request is lost and nothing changes. Fewer times under sanitizers, unless --full is given."""
    with process.Process([programs.path("httpd", go)]) as p:
        time.sleep(0.3)
        before = state(p)
        for i in range(paths.rounds(200, sanitized=50)):
            commands = ["goroutines --json"] if i % 4 == 0 else ["goroutines --limit 1"]
            debugger.attach(p.pid, *commands, options=[f"--pause={pause}"])
            process.check_untouched(p.pid)
        made_before = counts(p)[0]
        process.wait_until(lambda: counts(p)[0] > made_before, "the load continues")
        made, answered, failed = counts(p, "stop")
        assert failed == 0 and answered == made, f"{made} made, {answered} answered, {failed} failed"
        assert "failed" not in p.stderr(), p.stderr()[-2000:]
        check_alive_and_whole(p, before)


def time_to_attach(pid):
    began = time.monotonic()
    debugger.attach(pid, "goroutines --stacks --json")
    return time.monotonic() - began


def guardians(pid):
    """The guardians of a process: they have its memory open."""
    found = []
    for link in glob.glob("/proc/[0-9]*/fd/[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(link) == f"/proc/{pid}/mem" and f"/{os.getpid()}/" not in link:
                found.append(link)
    return found


@case(timeout=200, pause=["stop", "fork"])
def killed_at_random_moments(go, pause):
    """SIGKILL does not let the debugger clean up."""
    rnd = random.Random(7)
    with process.Process([programs.path("httpd", go)]) as p:
        time.sleep(0.3)
        before = state(p)
        usual = min(time_to_attach(p.pid) for _ in range(3))
        for _ in range(100):
            child = debugger.start("attach", p.pid, "--batch", f"--pause={pause}", "-e",
                                   "goroutines --stacks --json")
            time.sleep(rnd.random() * usual)
            child.send_signal(signal.SIGKILL)
            child.communicate()
            process.check_untouched(p.pid)
        # The last guardian starts once the debugger is gone, and changes the text again to have a copy reaped.
        process.wait_until(lambda: not guardians(p.pid), "the guardian has ended", timeout=60)
        check_alive_and_whole(p, before)
        made, answered, failed = counts(p, "stop")
        assert failed == 0 and answered == made, f"{made} made, {answered} answered, {failed} failed"


@case(timeout=100, sig=["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGSEGV"])
def killed_while_the_target_is_stopped(go, sig):
    with process.Process([programs.path("sigcount", go)]) as p:
        child = debugger.start("attach", p.pid, "--batch", "--pause=stop", "-e", "goroutines | sleep 20",
                               start_new_session=True)
        process.wait_until(lambda: "t" in process.thread_states(p.pid).values(), "the target is stopped")
        time.sleep(0.2)
        child.send_signal(getattr(signal, sig))
        process.check_untouched(p.pid)
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        before = int(p.ask("?").split()[-1])
        time.sleep(0.1)
        assert int(p.ask("?").split()[-1]) > before


@case(go="newest", timeout=100)
def interrupted_until_it_ends(go):
    """Ctrl-C after the session has ended, while the debugger exits, changes nothing any more."""
    def handles_interrupts(child):
        return child.poll() is not None or int(process.status(child.pid)["SigCgt"], 16) >> (signal.SIGINT - 1) & 1

    interrupted = 0
    with process.Process([programs.path("sigcount", go)]) as p:
        for _ in range(20):
            child = debugger.start("attach", p.pid, "--batch", "-e", "info")
            process.wait_until(lambda c=child: handles_interrupts(c), "it handles SIGINT")
            interrupted += child.poll() is None
            while child.poll() is None:
                child.send_signal(signal.SIGINT)
            child.communicate()
            assert child.returncode in (0, 1, 2), child.returncode
        process.check_untouched(p.pid)
    assert interrupted > 5, f"only {interrupted} of 20 ran long enough to be interrupted"


@case(go="ends")
def two_debuggers(go):
    with process.Process([programs.path("sigcount", go)]) as p:
        child = debugger.start("attach", p.pid, "--batch", "--pause=stop", "-e", "goroutines | sleep 20",
                               start_new_session=True)
        process.wait_until(lambda: "t" in process.thread_states(p.pid).values(), "the target is stopped")
        r = debugger.run("attach", p.pid, "--batch", "-e", "info", expect=2)
        debugger.one_sentence(r, str(child.pid), "gctxdbg")
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        process.check_untouched(p.pid)


@case()
def threads_that_come_and_go(go):
    """Threads start and end while gctxdbg attaches."""
    with process.Process([programs.path("execer", go)]) as p:
        for i in range(20):
            child = debugger.start("attach", p.pid, "--batch", "-e", "threads --json")
            for _ in range(20):
                p.ask("thread")
            r = debugger.finish(child)
            assert r.status == 0 and r.json()["threads"], r
        process.check_untouched(p.pid)


@case(go="ends")
def exec_starts_a_program(go):
    exe = programs.path("sigcount", go)
    r = debugger.run("exec", "--batch", "-e", "info", "--", exe, stdin="")
    assert r.status == 0, r
    r = debugger.run("exec", "--batch", "-e", "threads --json", "--", exe, "an argument")
    assert '"version":1' in r.out.replace(" ", ""), r
    r = debugger.run("exec", "--batch", "-e", "info", "--", "/nonexistent/program", expect=2)
    debugger.one_sentence(r, "/nonexistent/program")


@case()
def files_and_mappings_after_detach(go):
    """Attaching leaves no descriptor, child or file in the target."""
    with process.Process([programs.path("sigcount", go)]) as p:
        time.sleep(0.3)  # the runtime opens its epoll descriptor with the first timer
        files = sorted(os.listdir(f"/proc/{p.pid}/fd"))
        threads = process.threads(p.pid)
        for _ in range(5):
            debugger.attach(p.pid, "goroutines --stacks")
        now = {f: os.readlink(f"/proc/{p.pid}/fd/{f}") for f in os.listdir(f"/proc/{p.pid}/fd")}
        assert sorted(now) == files, now
        assert len(process.threads(p.pid)) <= len(threads) + 3
        children = subprocess.run(["pgrep", "-P", str(p.pid)], stdout=subprocess.PIPE, text=True)
        assert children.stdout == "", "the target has children that it did not start"
        assert sorted(os.listdir(p.folder)) == ["stderr"], os.listdir(p.folder)
        assert paths.debugger()
