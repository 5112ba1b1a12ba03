"""Snapshots: a frozen copy of a process that keeps running and does not notice."""
import collections
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import tempfile
import time

from lib import debugger, kernel, paths, process, programs
from lib.prompt import Prompt
from lib.runner import Skip, case

from cases.attach import counts, guardians, text_segments


def children(pid):
    out = []
    for tid in process.threads(pid):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{tid}/children") as f:
            out += [int(c) for c in f.read().split()]
    return out


def check_left(pid, own=()):
    """Checks that no child but its `own` remains and that it is not traced."""
    process.wait_until(lambda: children(pid) == list(own), f"children of {pid} are gone: {children(pid)}")
    process.check_untouched(pid)


def files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kb(pid):
    return int(process.status(pid)["VmRSS"].split()[0])


def lasting(document):
    """The document without what changes all the time: times and system goroutines."""
    if isinstance(document, dict):
        return {k: lasting(v) for k, v in document.items() if not k.endswith(("seconds", "seconds_left"))}
    if isinstance(document, list):
        return [lasting(v) for v in document if not (isinstance(v, dict) and v.get("system"))]
    return document


@case(go="each", timeout=120, program=["waits", "stacks", "contexts"])
def shows_the_same_as_a_stop(go, program):
    commands = ["goroutines --stacks --json", "goroutines --where 'status == \"waiting\"' --stacks --json"]
    commands += ["ctx list --json"] if program == "contexts" else []
    with process.Process([programs.path(program, go)]) as p:
        time.sleep(0.3)
        own = children(p.pid)
        for command in commands:
            # A thread may have been between two system calls.
            for attempt in range(5):
                stopped = debugger.attach(p.pid, command, options=["--pause=stop"])
                copied = debugger.attach(p.pid, command, options=["--pause=fork"])
                assert not stopped.err and not copied.err, (stopped, copied)
                if lasting(copied.json()) == lasting(stopped.json()):
                    break
                assert attempt < 4, f"{command}\n{stopped}\n{copied}"
        check_left(p.pid, own)


def prompt_shows(t, pattern):
    """Whether a new prompt matches the pattern."""
    t.type("\r")
    t.expect_prompt()
    return re.search(pattern, t.t.after)


@case(go="ends", timeout=60)
def the_process_runs_meanwhile(go):
    with process.Process([programs.path("sigcount", go)]) as p, Prompt("attach", p.pid) as t:
        first = int(p.ask("?").split()[4])
        process.wait_until(lambda: int(p.ask("?").split()[4]) > first + 5, "it ticks")
        assert process.status(p.pid)["TracerPid"] == "0" and len(children(p.pid)) == 1
        child = children(p.pid)[0]
        assert process.status(child)["State"].startswith("t") and files(child) == 0
        os.kill(p.pid, signal.SIGUSR1)
        process.wait_until(lambda: p.ask("?").split()[0] == "1", "signals arrive")
        assert re.search(r"snapshot +\S+ old; the process was stopped for \S+ ms and is running", t.run("info"))
        process.wait_until(lambda: prompt_shows(t, r"snapshot [1-9]\S* old"), "the prompt shows an age of a second")
        assert "tick" in t.run("goroutines --stacks")
        t.run("snapshot")
        assert len(children(p.pid)) == 1 and children(p.pid) != [child]
        t.run("set pause stop")
        t.run("interrupt")
        assert set(process.thread_states(p.pid).values()) == {"t"} and not children(p.pid)
        t.run("snapshot")
        process.wait_until(lambda: "t" not in process.thread_states(p.pid).values(), "it is running again")
        t.run("detach")
        check_left(p.pid)
        t.quit()


@case(go="ends", timeout=60)
def the_process_may_end_meanwhile(go):
    with process.Process([programs.path("sigcount", go)]) as p, Prompt("attach", p.pid) as t:
        os.kill(p.pid, signal.SIGKILL)
        p.child.wait(10)
        assert "tick" in t.run("goroutines --stacks"), "the copy still exists"
        assert "exited" in t.run("continue")
        t.quit()


@case(go="each", timeout=120, build=["default", "stripped"])
def since_reports_which_goroutines_moved(go, build):
    """Sigcount has a goroutine for each of four signals; only the one that receives a signal moves, and main, which
    answers."""
    with process.Process([programs.path("sigcount", go, build)]) as p, tempfile.TemporaryDirectory() as folder:
        child = debugger.start("attach", p.pid, "--batch", "-q", "-x", "-")
        process.wait_until(lambda: children(p.pid), "a snapshot exists")
        os.kill(p.pid, signal.SIGUSR1)
        process.wait_until(lambda: p.ask("?").startswith("1 0"), "the signal has arrived")
        child.stdin.write(f"snapshot\ngoroutines --since --json >{folder}/out\ngoroutines --json > {folder}/all\n"
                          f"goroutines --since > {folder}/text\n")
        r = debugger.finish(child)
        assert r.status == 0 and not r.err, r
        with open(f"{folder}/out") as f:
            doc = json.load(f)
        with open(f"{folder}/all") as f:
            everything = {g["goid"] for g in json.load(f)["goroutines"]}
        assert not [g for g in doc["born"] + doc["gone"] if not g["system"]], doc
        assert {g["goid"] for k in ("born", "moved", "unmoved") for g in doc[k]} == everything, doc
        assert [g["creator"] for k in ("moved", "unmoved") for g in doc[k] if g["goid"] == 1] == [None], doc
        waiting = [g for g in doc["unmoved"] if g["entry"].startswith("main.main.func")]
        moved = [g for g in doc["moved"] if g["entry"].startswith("main.main.func")]
        assert len(waiting) == 3 and len(moved) == 1 and waiting[0]["creator"] == "main.main", doc
        assert 1 in [g["goid"] for g in doc["moved"]], doc
        with open(f"{folder}/text") as f:
            text = f.read()
        assert "0 created, 0 ended" in text and re.search(r" 3  main\.main\.func\S+  created by main\.main", text), text
        check_left(p.pid)


@case(go="ends", timeout=60)
def since_compares_with_a_running_process(go):
    """The same without snapshots: since the last stop of the process."""
    with process.Process([programs.path("sigcount", go)]) as p, tempfile.TemporaryDirectory() as folder:
        child = debugger.start("attach", p.pid, "--batch", "-q", "--pause=stop", "-x", "-")
        child.stdin.write(f"continue --background\nset pause stop > {folder}/runs\n")
        child.stdin.flush()
        process.wait_until(lambda: os.path.exists(f"{folder}/runs"), "it is running")
        os.kill(p.pid, signal.SIGUSR1)
        process.wait_until(lambda: p.ask("?").startswith("1 0"), "the signal has arrived")
        child.stdin.write("interrupt\ngoroutines --since --json\n")
        r = debugger.finish(child)
        assert r.status == 0, r
        doc = r.json()
        assert not [g for g in doc["born"] + doc["gone"] if not g["system"]], doc
        handlers = {k: sum(g["entry"].startswith("main.main.func") for g in doc[k]) for k in ("moved", "unmoved")}
        assert handlers == {"moved": 1, "unmoved": 3}, doc


def kinds(goroutines):
    """The number of user goroutines per entry function and creator."""
    return collections.Counter((g["entry"], g["creator"]) for g in goroutines if not g["system"])


def kinds_in(text):
    """The same from the text: {title: Counter}, and {id: title} of the first goroutines of each group."""
    reported, ids, title = {}, {}, None
    for line in text.splitlines()[1:]:
        if m := re.fullmatch(r" *([0-9]+)  (\S+)(?:  created by (\S+))?", line):
            count = int(m[1])
            reported.setdefault(title, collections.Counter())[m[2], m[3]] += count
        elif m := re.fullmatch(r" +ids? ([0-9 ]+)(?: … (\d+) more)?", line):
            shown = m[1].split()
            assert len(shown) + int(m[2] or 0) == count, text
            ids.update((int(i), title) for i in shown)
        else:
            title = line
    return reported, ids


@case(go="each", timeout=180, build=["default", "stripped"], how=["snapshot", "stop"])
def since_reports_births_and_deaths(go, build, how):
    """Breaks starts five goroutines that stay, and the four that were busy in the first list end. The output must equal
    the difference of the two lists."""
    with process.Process([programs.path("breaks", go, build)]) as p, tempfile.TemporaryDirectory() as folder:
        options = ["--pause=stop"] if how == "stop" else []
        child = debugger.start("attach", p.pid, "--batch", "-q", *options, "-x", "-")

        def run(*commands):
            child.stdin.write("".join(f"{c}\n" for c in (*commands, "echo it is done")))
            child.stdin.flush()
            while (line := child.stdout.readline()) != "it is done\n":
                assert line, child.stderr.read()

        def look(name, *more):
            run("interrupt" if how == "stop" else "snapshot", f"goroutines --json > {folder}/{name}", *more)
            with open(f"{folder}/{name}") as f:
                return {g["goid"]: {"goid": g["goid"], "entry": g["entry"], "system": g["system"],
                                    "creator": g["created_by"] and g["created_by"]["func"]} for g in json.load(f)["goroutines"]}

        def run_on():
            if how == "stop":
                run("continue --background")

        def of(goroutines, creator):
            return [g for g in goroutines if g["creator"] == creator]

        for _ in range(5):  # on a busy machine they may end before the first list or after the second
            run_on()
            p.send("storm 300000")
            time.sleep(0.1)
            before = look("before")
            run_on()
            assert p.line(60).split()[0] == str(4 * 300000)
            assert p.ask("leak 5").split()[0] == "5"
            time.sleep(0.1)
            now = look("now", f"goroutines --since --json > {folder}/since", f"goroutines --since > {folder}/text")
            if len(of(before.values(), "main.storm")) == 4 and not of(now.values(), "main.storm"):
                break
        r = debugger.finish(child)
        assert r.status == 0 and not r.err, r
        with open(f"{folder}/since") as f:
            doc = json.load(f)
        assert doc["gone"] == [g for i, g in before.items() if i not in now], doc
        assert doc["born"] == [g for i, g in now.items() if i not in before], doc
        stayed = sorted(doc["unmoved"] + doc["moved"], key=lambda g: g["goid"])
        assert stayed == [g for i, g in now.items() if i in before], doc
        assert len(of(doc["born"], "main.leak")) == 5 and len(of(doc["gone"], "main.storm")) == 4, doc
        assert not of(doc["gone"], "main.leak") and not of(doc["born"] + stayed, "main.storm"), doc
        with open(f"{folder}/text") as f:
            text = f.read()
        reported, ids = kinds_in(text)
        counts_of = {k: sum(kinds(doc[k]).values()) for k in ("born", "gone", "moved", "unmoved")}
        assert ": {born} created, {gone} ended, {moved} moved, {unmoved} not moved\n".format(**counts_of) in text, text
        for key, title in (("born", "created"), ("gone", "ended"), ("unmoved", "not moved")):
            assert reported.get(title, {}) == kinds(doc[key]), (key, text, doc)
            assert {i for i, t in ids.items() if t == title} <= {g["goid"] for g in doc[key]}, (key, text, doc)
        check_left(p.pid)


@case(timeout=60)
def since_needs_two_snapshots(go):
    with process.Process([programs.path("execer", go)]) as p:
        r = debugger.attach(p.pid, "goroutines --since", expect=1)
        debugger.one_sentence(r, "snapshot")


def many_snapshots(p, count):
    """One session that makes `count` snapshots and lists goroutines in every tenth."""
    child = debugger.start("attach", p.pid, "--batch", "-x", "-", "-q")
    sizes, stalls = [], []
    for i in range(count):
        child.stdin.write(("goroutines --stacks > /dev/null\n" if i % 10 == 0 else "") + "snapshot --json\n")
        child.stdin.flush()
        stalls.append(json.loads(child.stdout.readline())["stall_ns"])
        if i % max(1, count // 8) == 0:
            sizes.append((files(child.pid), resident_kb(child.pid), resident_kb(p.pid)))
            assert len(children(p.pid)) <= 1
    r = debugger.finish(child, timeout=600)
    assert r.status == 0 and not r.err, r
    stalls.sort()
    print(f"{count} snapshots, stalls: median {stalls[count // 2] / 1e6:.2f} ms, longest {stalls[-1] / 1e6:.1f} ms; "
          f"descriptors, KiB of the debugger, KiB of the program: {sizes}")
    return sizes


@case(go="ends", timeout=900)
def many_in_a_row_under_load(go):
    """GCTXDBG_SNAPSHOTS is the number of snapshots."""
    count = int(os.environ.get("GCTXDBG_SNAPSHOTS", "150"))
    with process.Process([programs.path("httpd", go)]) as p:
        time.sleep(0.3)
        many_snapshots(p, 5)
        before, text = (files(p.pid), len(process.threads(p.pid))), text_segments(p.pid)
        sizes = many_snapshots(p, count)
        assert len({s[0] for s in sizes}) == 1, f"descriptors of the debugger: {sizes}"
        # A sanitizer keeps freed memory.
        assert paths.is_sanitized() or sizes[-1][1] < sizes[1][1] + 4096, f"memory of the debugger: {sizes}"
        check_left(p.pid)
        made, answered, failed = counts(p, "stop")
        assert made and failed == 0 and answered == made, f"{made} made, {answered} answered, {failed} failed"
        assert text_segments(p.pid) == text, "the program's text was changed"
        assert files(p.pid) <= before[0] + 4, f"descriptors of the program: {before[0]}, now {files(p.pid)}"


@case(go="ends", timeout=300)
def killed_at_random_moments(go):
    rnd = random.Random(11)
    with process.Process([programs.path("httpd", go)]) as p:
        time.sleep(0.3)
        text = text_segments(p.pid)
        for _ in range(100):
            child = debugger.start("attach", p.pid, "--batch", "-x", "-")
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write("snapshot\n" * 200)
                child.stdin.flush()
            time.sleep(rnd.random() * 0.15)
            child.send_signal(signal.SIGKILL)
            child.communicate()
            check_left(p.pid)
        process.wait_until(lambda: not guardians(p.pid), "the guardian has ended", timeout=60)
        assert text_segments(p.pid) == text, "the program's text was changed"
        made, answered, failed = counts(p, "stop")
        assert made and failed == 0 and answered == made, f"{made} made, {answered} answered, {failed} failed"


@case(go="each", timeout=60)
def of_the_first_process_of_a_pid_namespace(go):
    argv = ["unshare", "--pid", "--fork", "--kill-child", programs.path("sigcount", go)]
    with process.Process(argv) as p:
        pid = children(p.pid)[0]
        for _ in range(10):
            r = debugger.attach(pid, "goroutines --stacks", "snapshot", "goroutines")
            assert "tick" in r.out and "running again" in r.err, r
            check_left(pid)
        child = debugger.start("attach", pid, "--batch", "-e", "goroutines | sleep 20", start_new_session=True)
        process.wait_until(lambda: children(pid), "a snapshot exists")
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        check_left(pid)


def refused(pid, *words):
    """No snapshot is possible; gctxdbg inspects the stopped process instead."""
    r = debugger.attach(pid, "goroutines --stacks", "snapshot")
    assert "main.tick" in r.out, r
    for line in r.err.strip().splitlines():
        assert "is stopped" in line and all(w in line for w in words), r
    assert len(r.err.strip().splitlines()) == 2, r
    check_left(pid)


@case(timeout=60)
def refused_if_processes_are_limited(go):
    user = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]
    # The limit counts all processes and threads of the user; the others exist already and are not limited.
    others = [subprocess.Popen([*user, "sleep", "100"]) for _ in range(60)]
    with tempfile.TemporaryDirectory() as folder:
        copy = f"{folder}/sigcount"
        subprocess.run(["install", "-m", "755", programs.path("sigcount", go), copy], check=True)
        os.chmod(folder, 0o755)
        os.chmod(os.path.dirname(folder), 0o755)
        with process.Process([*user, "bash", "-c", 'ulimit -u 100 && cd / && exec "$0"', copy]) as p:
            others += [subprocess.Popen([*user, "sleep", "100"]) for _ in range(60)]
            refused(p.pid, "process limit")
    for other in others:
        other.kill()
        other.wait()


@case(timeout=60)
def refused_if_memory_is_short(go):
    """In a cgroup that would be full if the program wrote to a quarter of its memory."""
    version1 = os.path.isdir("/sys/fs/cgroup/memory")
    folder = f"/sys/fs/cgroup/{'memory/' if version1 else ''}gctxdbg-test-{os.getpid()}"
    try:
        os.mkdir(folder)
    except OSError as e:
        raise Skip(f"cannot create a cgroup: {e}") from None
    limit = "memory.limit_in_bytes" if version1 else "memory.max"
    if not os.path.exists(f"{folder}/{limit}"):
        os.rmdir(folder)
        raise Skip("there is no memory controller")
    try:
        with process.Process(["sh", "-c", f'echo 0 >{folder}/cgroup.procs && exec "$0" 10 400', programs.path("stalls", go)]) as p:
            r = debugger.attach(p.pid, "snapshot")
            assert "running again" in r.err, r
            with open(f"{folder}/{limit}", "w") as f:
                f.write(str(resident_kb(p.pid) * 1024 * 6 // 5))
            r = debugger.attach(p.pid, "info", "snapshot")
            assert all("is stopped" in line and "cgroup" in line for line in r.err.strip().splitlines()), r
            check_left(p.pid)
    finally:
        process.wait_until(lambda: not os.path.exists(f"{folder}/cgroup.procs") or not open(f"{folder}/cgroup.procs").read(), "the cgroup is empty")
        os.rmdir(folder)


@case(timeout=60, action=["kill", "errno", "allow"])
def a_seccomp_filter_decides(go, action):
    """The filter allows the program to create threads, but not processes."""
    with process.Process(["/usr/bin/python3", "-c", kernel.FORBID_PROCESSES, action, programs.path("sigcount", go)]) as p:
        if action == "allow":
            r = debugger.attach(p.pid, "goroutines --stacks", "snapshot")
            assert "main.tick" in r.out and "running again" in r.err, r
        else:
            refused(p.pid, "seccomp", "clone")
        check_left(p.pid)
        p.ask("?")


@case(timeout=60)
def threads_may_have_filters_of_their_own(go):
    """The main thread may not call wait4, which reaps the copy; the other thread may."""
    with process.Process(["/usr/bin/python3", "-c", kernel.FORBID_WAIT_IN_MAIN]) as p:
        for _ in range(5):
            debugger.attach(p.pid, "threads", expect=2)  # not a Go program, which gctxdbg detects in the copy
            assert p.child.poll() is None
            check_left(p.pid)


@case(timeout=120)
def the_stall_is_short(go):
    """The gaps that the process observes, with and without snapshots; printed, because machines differ."""
    with process.Process([programs.path("stalls", go), "100000"]) as p:
        for _ in range(3):  # another process may have used the CPU just then
            p.ask("?")
            time.sleep(0.5)  # the case: the longest gap in half a second without the debugger
            usual = int(p.ask("?").split()[0])
            r = debugger.attach(p.pid, "goroutines --group stack", "snapshot --json")
            seen = int(p.ask("?").split()[0])
            debugger.attach(p.pid, "goroutines --group stack", options=["--pause=stop"])
            stopped = int(p.ask("?").split()[0])
            if seen < stopped:
                break
        print(f"longest gap: {usual / 1e6:.1f} ms, with snapshots {seen / 1e6:.1f} ms, with a stop {stopped / 1e6:.1f} ms; {r.err}")
        assert seen < stopped, f"a snapshot stalls it for {seen} ns, a stop for {stopped} ns"
        check_left(p.pid)


@case(go="ends")
def a_lost_copy_is_replaced(go):
    """When memory runs out, the kernel kills the copy first: gctxdbg reports it and can make another one."""
    with process.Process([programs.path("waits", go)]) as p:
        own = children(p.pid)
        with Prompt("attach", p.pid, "--color=never") as t:
            copy, = set(children(p.pid)) - set(own)
            os.kill(copy, signal.SIGKILL)
            process.wait_until(lambda: process.status(copy)["State"][0] == "Z", "the copy is dead")
            assert "lost" in t.run("goroutines")
            assert "was stopped for" in t.run("snapshot")
            assert "chan receive" in t.run("goroutines")
            assert "not with --where" in t.run("goroutines --since --where 'goid == 1'")
            t.quit()
        check_left(p.pid, own)


@case(go="ends")
def a_refused_snapshot_leaves_it_running(go):
    """Breakpoints that cannot be set do not stop the process, nor does a valid one at a prompt."""
    with process.Process([programs.path("waits", go)]) as p:
        own = children(p.pid)
        with Prompt("attach", p.pid, "--color=never") as t:
            for command in ("break main.nowhere", "break main.main if nonsense == 1", "delete", "condition 1 hits > 3"):
                assert "gctxdbg: " in t.run(command), command
                assert "t" not in process.thread_states(p.pid).values(), command
            assert "runs on" in t.run("break main.main")
            assert "t" not in process.thread_states(p.pid).values()
            assert "breakpoints are enabled" in t.run("snapshot")
            t.quit()
        check_left(p.pid, own)


@case(go="ends", timeout=120)
def a_vfork_in_progress(go):
    """The thread inside vfork cannot be stopped; the others are stopped only briefly. If the vfork ends soon, a
    snapshot is made; else an error gives the reason and the previous snapshot stays in use."""
    with process.Process([programs.path("awkward", go)]) as p:
        p.ask("vfork 700")
        assert "main.tick" in debugger.attach(p.pid, "goroutines").out
        process.wait_until(lambda: not children(p.pid), "the vfork is over")
        p.ask("vfork 4000")
        r = debugger.attach(p.pid, "goroutines", expect=2)
        debugger.one_sentence(r, "did not stop", "vfork")
        gap = int(p.ask("how long").split()[1])
        print(f"longest gap during a vfork: {gap / 1e6:.0f} ms")
        assert gap < 1_500_000_000, f"the process was stopped for {gap} ns"
        process.wait_until(lambda: not children(p.pid), "the vfork is over")
        with Prompt("attach", p.pid, "--color=never") as t:
            copy = children(p.pid)
            for command, ms in (("snapshot", 4000), ("break main.tick", 7500)):
                p.ask(f"vfork {ms}")
                answer = t.run(command)
                assert "did not stop" in answer, answer
                assert "t" not in process.thread_states(p.pid).values(), command
                assert "main.tick" in t.run("goroutines --stacks") and set(copy) <= set(children(p.pid))
                process.wait_until(lambda: children(p.pid) == copy, "the vfork is over")
            assert "no breakpoints" in t.run("info breakpoints"), "the refused snapshot exists"
            gap = int(p.ask("how long").split()[1])
            assert gap < 1_500_000_000, f"the process was stopped for {gap} ns"
            answer = t.run("snapshot")
            assert len(children(p.pid)) == 1 and children(p.pid) != copy, answer
            t.quit()
        check_left(p.pid)


@case(go="ends", timeout=60)
def a_copy_that_cannot_be_reaped_is_reported(go):
    """The program forbids itself the system call that reaps, after the copy was made."""
    with process.Process([programs.path("awkward", go)]) as p:
        child = debugger.start("attach", p.pid, "--batch", "-q", "-x", "-")
        process.wait_until(lambda: children(p.pid), "a snapshot exists")
        copy, = children(p.pid)
        p.ask("forbid")
        child.stdin.write("continue --for 10ms\n")
        r = debugger.finish(child)
        assert r.status == 0 and f"zombie child, {copy}," in r.err and "seccomp" in r.err, r
        assert children(p.pid) == [copy] and process.status(copy)["State"].startswith("Z")
        p.ask("still there?")
        process.check_untouched(p.pid)


@case(go="ends", timeout=60)
def stopped_and_continued_meanwhile(go):
    """SIGSTOP and SIGCONT during the clone, which the kernel may abort because of them."""
    with process.Process([programs.path("waits", go)]) as p:
        own = children(p.pid)
        child = debugger.start("attach", p.pid, "--batch", "-x", "-")
        child.stdin.write("snapshot\n" * 300)
        child.stdin.close()
        child.stdin = None
        rnd = random.Random(5)
        while child.poll() is None:
            os.kill(p.pid, signal.SIGSTOP)
            time.sleep(rnd.random() * 0.003)
            os.kill(p.pid, signal.SIGCONT)
            time.sleep(rnd.random() * 0.003)
        r = debugger.finish(child)
        assert r.status == 0, r
        others = [line for line in r.err.splitlines() if "was stopped for" not in line]
        made = r.err.count("was stopped for")
        assert not others and made == 300, f"{made} snapshots; {others[:10]}"
        check_left(p.pid, own)
