"""What a person sees at a prompt: the selection, the table of goroutines, what is stopped, and names of processes."""
import contextlib
import json
import os
import re
import subprocess
import unicodedata
import urllib.request

from lib import debugger, process, programs
from lib.prompt import Prompt, plain
from lib.runner import case

RED, OWN, LIBRARY = "\x1b[31m", "\x1b[33m", "\x1b[2m"


def desk(go):
    return process.Process([programs.path("desk", go)])


def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def goids(pid):
    """{function: id of the goroutine that is in it}"""
    listed = debugger.attach(pid, "goroutines --stacks --json").json()["goroutines"]
    return {f["func"]: g["goid"] for g in listed for f in g["frames"]}


@case(go="ends")
def selection_is_kept(go):
    with desk(go) as p, Prompt("attach", p.pid, "--color=never") as t:
        goid = goids(p.pid)["main.keep"]
        t.type("print \t\t")
        t.drain()
        t.type("\x15\r")
        t.expect_prompt()
        assert " g" not in t.t.after, "TAB has selected a goroutine"
        t.run(f"goroutine {goid}")
        while "main.keep" not in t.run("frame"):
            t.run("up")
        frame = t.run("frame")
        assert t.run("print whole").strip() == "42"
        t.run("snapshot")
        assert t.run("print whole").strip() == "42" and t.run("frame") == frame
        assert "main.main" in t.run("bt -g 1") and t.run("frame") == frame
        assert p.ask("end") == "ended"
        assert f"goroutine {goid}, which was selected, has ended" in t.run("snapshot")
        assert " g" not in t.t.after, t.t.after
        t.quit()


@case()
def number_of_frames(go):
    with desk(go) as p, Prompt("attach", p.pid, "--color=never") as t:
        goid = goids(p.pid)["main.keep"]
        t.run(f"goroutine {goid}")
        whole = t.run("bt")
        frames = [line for line in whole.splitlines() if re.match(r"(=>|  ) *\d+  ", line)]
        assert len(frames) == 2 and "hidden frames: bt --all-frames" in whole, whole
        first = t.run("bt 1")
        assert frames[0] in first and frames[1] not in first and "1 more frame" in first, first
        doc = json.loads(t.run("bt 1 --json"))
        assert doc["goroutines"][0]["frames"][-1]["func"] == "main.wait" and doc["more_frames"] == 1, doc
        t.type("bt -g \t\t")
        assert str(goid) in t.drain().split(), "the goroutines are not offered"
        t.type("\x15set pause \t\t")
        assert set(t.drain().split()) & {"stop", "fork", "pclntab", "never"} == {"stop", "fork"}
        t.type("\x15\r")
        t.expect_prompt()
        assert "(did you mean ctx list?)" in t.run("ctx lst")
        t.quit()


@case(width=[60, 80, 200])
def table_of_goroutines(go, width):
    """Nothing is wider than the terminal, and neither an address nor a line number is cut."""
    with desk(go) as p, Prompt("attach", p.pid, size=(6, width)) as t:
        rows = debugger.attach(p.pid, "goroutines --json").json()["goroutines"]
        addresses = [w["addr"] for g in rows for w in g["waiting_on"] if w.get("addr")]
        assert len(addresses) == 4
        raw = t.run("goroutines")
        text = plain(raw)
        assert all(columns(line) <= width for line in text.splitlines()), text
        assert all(f"{a} " in text for a in addresses), text
        for place in ("discovery.go:", "queue.go:", "main.go:"):
            assert re.search(place + r"\d+\b", text), text
        assert ("CREATED BY" in text) == (width == 200) and "example." not in text, text
        assert text.count("5 goroutines: ") == 2, "the summary is not repeated"
        if width < 200:
            return
        lines = [line for line in text.splitlines() if re.match(r" *\d+  ", line)]
        starts = {columns(line[:re.search(r"\S+ \w+\.go:", line).start()]) for line in lines}
        assert len(starts) == 1 and "main.等待消息 main.go:" in text, text
        wide = plain(t.run("goroutines --wide"))
        assert "example.com/a/long/company/path/desk/discovery.(*Manager).Run discovery.go:" in wide, wide
        t.quit()


@case()
def bright_and_dim(go):
    """The program's own functions are bright, those of libraries and of the runtime are dim, and nothing is red."""
    with desk(go) as p:
        ids = goids(p.pid)
        own, library = ids["main.keep"], ids["example.org/library/queue.Consume"]
        r = debugger.attach(p.pid, "goroutines", f"bt -g {own} -a", f"bt -g {library}", "ctx tree",
                            options=["--color=always"], expect=1)
        for text in (f"{OWN}discovery.(*Manager).Run", f"{LIBRARY}queue.Consume", f"{OWN}main.wait",
                     f"{LIBRARY}runtime.gopark", f"{LIBRARY}example.org/library/queue.Consume"):
            assert text in r.out, (text, r)
        assert RED not in r.out and "no contexts" in r.err, r
        assert debugger.attach(p.pid, "info --json").json()["snapshot"]["shared_bytes"] == 0
        r = debugger.attach(p.pid, "print *(*sync.WaitGroup)(0x10)", "print (*sync.WaitGroup)(0x10)", expect=1)
        assert (r.out + r.err).count("cannot read memory") == 1, r
        r = debugger.run("attach", p.pid, "--batch", expect=2)
        assert "-e COMMAND" in r.err, r


@case(go="ends")
def no_wrapper_in_the_table(go):
    with process.Process([programs.path("runnable", go)]) as p:
        text = debugger.attach(p.pid, "goroutines --system").out
        # Go 1.19 calls the wrapper of a go statement func1, like a closure.
        assert "runtime.gcenable.func1" in text if go == "1.19" else "runtime.bgsweep" in text, text
        assert "main.startsThenSpins" in text, text
        assert not re.search(r"gowrap|-fm |gopark|goexit|autogenerated", text), text


@case(go="ends")
def breakpoints_of_a_running_process(go):
    """At a prompt a breakpoint does not stop the process; a hit does, which the prompt shows in red."""
    with process.Process([programs.path("breaks", go)]) as p, Prompt("attach", p.pid) as t:
        def runs():
            return "t" not in process.thread_states(p.pid).values()

        t.run("trace main.marker")
        assert runs() and " running" in t.t.after, t.t.after
        t.run("break main.handle if id == 1")
        assert "main.handle" in t.run("info breakpoints") and runs()
        t.run("condition 2 id == 2")
        assert runs()
        t.run("set pause fork")
        assert "is stopped" in t.run("interrupt") and not runs(), "a snapshot would remove the traps"
        t.run("continue --background")
        p.send("call 5")
        t.expect("breakpoint 2, ")
        t.expect_prompt()
        assert not runs()
        assert re.search(r"stopped [\d.]+[mµ]?s: breakpoint 2", t.t.after) and RED in t.t.after, t.t.after
        t.type("clear\r")
        t.expect("delete all 2 breakpoints")
        t.run("n")
        assert "main.handle" in t.run("info breakpoints")
        t.run("continue --background")
        assert p.line().split()[1] == "5"
        t.drain()
        assert "deleted breakpoint 2 at main.handle" in t.run("delete 2") and runs()
        t.type("clear\r")
        t.expect(r"delete the breakpoint\?")
        assert "deleted tracepoint 1 at main.marker" in t.run("y")
        assert runs() and p.ask("call 3").split()[1] == "8"
        t.quit()
        process.check_untouched(p.pid)


def text_of(pid, exe):
    """The executable mapping of the program, as in memory."""
    with open(f"/proc/{pid}/maps") as f:
        line = next(m for m in f if " r-xp " in m and m.rstrip().endswith(exe))
    start, end = (int(a, 16) for a in line.split()[0].split("-"))
    with open(f"/proc/{pid}/mem", "rb") as f:
        f.seek(start)
        return f.read(end - start)


@case(go="ends")
def name_of_the_copy(go):
    """The copy has a name of its own, and its memory is that of the program."""
    with desk(go) as p:
        exe = os.path.realpath(f"/proc/{p.pid}/exe")
        before = text_of(p.pid, exe)
        with Prompt("attach", p.pid) as t:
            for _ in range(2):
                named = subprocess.run(["pgrep", "-x", "desk"], stdout=subprocess.PIPE, text=True).stdout.split()
                copy, = subprocess.run(["pgrep", "-P", str(p.pid), "-x", "gctxdbg-copy"], stdout=subprocess.PIPE,
                                       text=True).stdout.split()
                assert str(p.pid) in named and copy not in named
                with open(f"/proc/{copy}/comm") as f:
                    assert f.read() == "gctxdbg-copy\n"
                changed = [i for i, (a, b) in enumerate(zip(before, text_of(copy, exe))) if a != b]
                assert len(changed) <= 4 and (not changed or changed[-1] - changed[0] < 4), changed
                t.run("snapshot")
            assert text_of(p.pid, exe) == before
            with open(f"/proc/{p.pid}/comm") as f:
                assert f.read() == "desk\n"
            t.quit()
        assert text_of(p.pid, exe) == before


@case()
def verdicts_by_count(go):
    """The largest group comes first, and neither the check nor its hints change what is selected."""
    with process.Process([programs.path("leaky", go)], ready=None) as p:
        address = p.expect_line("listening on").split()[-1]
        for page in ["price?of=coffee"] + 3 * ["order?id=1"]:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://{address}/{page}", timeout=0.3)
        with Prompt("attach", p.pid, "--color=never") as t:
            t.run("goroutine 1")
            t.run("up 2")
            frame = t.run("frame")
            text = t.run("ctx check")
            assert "took a new snapshot" in text and "gctxdbg: 4 verdicts" not in text, text
            kinds = re.findall(r"^(?:(\d+) × )?cancel-ignored", text, re.M)
            assert kinds == ["3", ""], text
            hint = re.search("next: (bt -g [0-9]+)", text).group(1)
            assert "orders.job.check" in t.run(hint) and t.run("frame") == frame
            t.quit()
