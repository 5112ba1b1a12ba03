"""Breakpoints: every command, hit counts that equal the program's own, and a target that is unchanged afterwards."""
import contextlib
import json
import os
import random
import resource
import re
import signal
import time

from lib import debugger, paths, process, programs, text_pages
from lib.crash import shared_crash
from lib.prompt import Prompt
from lib.runner import case

VARIANTS = ["default", "stripped"]


class Breaks(process.Process):
    """The program tests/programs/breaks, or another one that takes orders, and its original code."""

    def __init__(self, go, variant="default", env=None, program="breaks"):
        self.path = programs.path(program, go, variant)
        super().__init__([self.path], env)
        self.executable = text_pages.executable_regions(self.pid)

    def order(self, text, timeout=60):
        """Sends an order; returns the numbers in the answer."""
        return [int(n) for n in self.ask(text, timeout).split()]

    def check_as_before(self):
        """Checks that it is not traced, that its code equals the file, and that no mapping was added."""
        process.check_untouched(self.pid)
        process.wait_until(lambda: not text_pages.differences(self.pid, self.path), "its code equals the file")
        process.wait_until(lambda: text_pages.executable_regions(self.pid) == self.executable, "its memory map is unchanged")
        process.check_untouched(self.pid)  # the guardian may have taken over in between
        assert self.order("spawn 100")[0] == 100

    def wait_for_progress(self):
        """Waits until its busy goroutines have made calls and created goroutines."""
        before = self.order("count")
        process.wait_until(lambda: all(a > b for a, b in zip(self.order("count")[1:], before[1:])), "it continues")

    def session(self, *commands, options=("-q", "--pause=stop"), **more):
        """Starts gctxdbg with these commands; it prints "armed" before the target runs."""
        child = debugger.start("attach", self.pid, "--batch", *options,
                               *[a for c in commands for a in ("-e", c)], **more)
        return child


def line_of(text):
    """The number of the source line that contains `text`."""
    with open(programs.paths.PROGRAMS / "breaks" / "main.go") as f:
        return next(n for n, line in enumerate(f, 1) if text in line)


def wait_for_line(child, line):
    """Reads output up to this line; returns the lines before it."""
    lines = []
    while (got := child.stdout.readline()) and got.rstrip("\n") != line:
        lines.append(got)
    assert got, f"no line {line!r} in {''.join(lines)!r}; {child.stderr.read()}"
    return lines


def run(p, commands, order, expect=0, **more):
    """Runs the commands and sends `order` to the program at "continue"; returns (result, answer)."""
    at = next(i for i, c in enumerate(commands) if c.startswith("continue"))
    child = p.session(*commands[:at], "echo armed", *commands[at:], **more)
    before = "".join(wait_for_line(child, "armed"))
    p.send(order)
    result = debugger.finish(child)
    result.out = before + result.out
    assert result.status == expect, result
    return result, [int(n) for n in p.line().split()]


def documents(text):
    """The JSON documents among the lines."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def last_document(result):
    return documents(result.out)[-1]


def counted(document):
    """{value: [hits of each tracepoint]} of `counts --json`."""
    return {c["value"]: c["hits"] for c in document["counts"]}


def breakpoints(document):
    return {b["number"]: b for b in document["breakpoints"]}


# ---- Counts equal the program's own ----

@case(go="each", variant=VARIANTS, timeout=120)
def births_and_deaths_equal_the_programs_own(go, variant):
    with Breaks(go, variant) as p:
        r, answer = run(p, ["trace newproc --count-by creator", "trace goexit --count-by creator", "break main.marker",
                            "continue", "counts --json"], "storm 5000")
        assert answer[0] == 20000, answer
        found = counted(last_document(r))
        assert found["main.storm.func1"] == [20000, 20000], (found, r)
        assert found["main.storm"] == [4, 4], found
        p.check_as_before()


@case(go="each", variant=VARIANTS)
def goroutines_that_stay_are_counted(go, variant):
    with Breaks(go, variant) as p:
        p.order("leak 7")
        r, _ = run(p, ["trace newproc --count-by go", "trace goexit --count-by go", "break main.marker",
                       "continue", "counts --json", "counts"], "leak 40")
        document = documents(r.out)[-1]
        row = next(c for c in document["counts"] if c["value"].startswith("main.leak "))
        assert (row["hits"], row["left"], row["alive"]) == ([40, 0], 40, 47), row
        assert re.search(r"breaks/main.go:%d$" % line_of("go stays(c)"), row["value"]), row
        text = [line for line in r.out.splitlines() if "main.leak" in line]
        assert any("leaks" in line for line in text), r
        p.check_as_before()


@case(go=["1.23", "1.24", "1.25", "1.26", "1.27"])
def coroutines_are_born_and_die(go):
    with Breaks(go) as p:
        r, answer = run(p, ["trace newproc --count-by creator", "trace goexit --count-by creator", "break main.marker",
                            "continue", "counts --json"], "pull 500")
        assert answer[0] == 500, answer
        found = counted(last_document(r))
        ours = [hits for value, hits in found.items() if value.startswith(("main.", "iter."))]
        assert [sum(h[0] for h in ours), sum(h[1] for h in ours)] == [500, 500], found


@case(go="each", variant=VARIANTS)
def arguments_in_conditions(go, variant):
    """The condition is evaluated once per call; info breakpoints counts the false results."""
    if variant == "stripped":
        condition = "hits % 100 == 8"  # argument names need DWARF
    else:
        condition = "id % 100 == 7 && name =~ \"^name[0-9]+$\""
    with Breaks(go, variant) as p:
        r, answer = run(p, [f"trace main.handle if {condition}", "break main.marker", "continue --json",
                            "info breakpoints --json"], "call 1000")
        docs = documents(r.out)
        traced = [d for d in docs if d.get("event") == "trace"]
        assert len(traced) == 10, r
        assert [d["hit"] for d in traced] == list(range(8, 1008, 100)), traced
        if variant == "default":
            assert [d["fields"]["id"] for d in traced] == list(range(7, 1007, 100)), traced
            assert [d["fields"]["name"] for d in traced] == [f"name{i}" for i in range(7, 1007, 100)], traced
        b = breakpoints(docs[-1])[1]
        assert (b["hits"], b["times_false"]) == (1000, 990), b
        assert b["evaluation_ns"] > 0, b
        assert answer[1] == 1000, answer
        p.check_as_before()


@case(go="each", variant=VARIANTS)
def counted_by_caller_and_goroutine(go, variant):
    """Also by values that are not in an event."""
    with Breaks(go, variant) as p:
        r, _ = run(p, ["trace main.handle --count-by caller,goid", "break main.marker", "continue", "counts --json",
                       "counts"], "call 30")
        assert counted(documents(r.out)[-1]) == {"main.call, 1": [30]}, r
        r = debugger.attach(p.pid, "trace main.handle --count-by labels", expect=1)
        assert "caller" in r.err and "goid" in r.err, r


@case(go="each", variant=VARIANTS)
def inlined_calls_are_found_at_all_locations(go, variant):
    with Breaks(go, variant) as p:
        r, _ = run(p, ["trace main.add", "break main.marker", "continue --json", "info breakpoints --json"], "inlined 30")
        docs = documents(r.out)
        locations = breakpoints(docs[-1])[1]["places"]
        assert {x["inlined_into"] for x in locations} >= {"main.twice", "main.thrice"}, locations
        assert sum(d.get("event") == "trace" for d in docs) == 60, r


def traced_calls(p, location, order):
    """The events of a tracepoint, its entry in info breakpoints, and the program's answer."""
    r, answer = run(p, [f"trace {location}", "break main.marker", "continue --json", "info breakpoints --json"], order)
    return ([d for d in documents(r.out) if d.get("event") == "trace"], breakpoints(last_document(r))[1], answer)


@case(go="each", variant=VARIANTS)
def arguments_without_dwarf(go, variant):
    """Without DWARF, arguments are in registers; at an inlined call, the registers hold those of another function."""
    name = "a" if variant == "default" else "arg1"
    with Breaks(go, variant) as p:
        traced, b, answer = traced_calls(p, f"main.blend if {name} == 3 || {name} != 3", "mixed 40")
        assert answer[0] == 2 * sum(range(40)) - 2 * 40 * 7, answer
        assert {x["inlined_into"] for x in b["places"]} == {None, "main.mixed"}, b
        inlined = {x["pc"] for x in b["places"] if x["inlined_into"]}
        reported = [(d["hit"], int(str(d["fields"][name] or 0), 0)) for d in traced]
        own = [(d["hit"], int(str(d["fields"][name] or 0), 0)) for d in traced if d["pc"] not in inlined]
        assert own == [(2 * i + 2, i) for i in range(40)] and (b["hits"], b["failures"]) == (80, 0), (own, b)
        if variant == "default":  # if DWARF describes them there
            assert all(value == (hit - 1) // 2 for hit, value in reported), reported
        else:
            assert reported == own, reported
        p.check_as_before()


@case(go="each", variant=VARIANTS)
def assembly_has_its_arguments_on_the_stack(go, variant):
    """With and without DWARF; called from Go (through a wrapper, which is not counted) and from assembly."""
    with Breaks(go, variant) as p:
        traced, b, answer = traced_calls(p, "main.weigh if arg1 >= 30 && arg2 == 3 && arg3 == 5", "assembly 40")
        assert answer[0] == sum(2 * max(i, 3) + 5 for i in range(40)), answer
        assert [int(d["fields"]["arg1"], 0) for d in traced] == list(range(30, 40)), traced
        traced, _, _ = traced_calls(p, "main.weigh if arg1 == 0 && arg2 == 3", "assembly 40")
        assert [d["fields"]["arg1"] for d in traced] == ["0x0"], traced
        assert (b["hits"], b["times_false"], len(b["places"])) == (40, 30, 1), b
        traced, b, _ = traced_calls(p, "main.larger if arg1 == 7 && arg2 == 3", "assembly 40")
        assert [(d["hit"], d["fields"]["arg1"]) for d in traced] == [(15, "0x7"), (16, "0x7")], traced
        assert (b["hits"], len(b["places"])) == (80, 1), b
        # Only the runtime knows whether a function takes its arguments in registers.
        r = debugger.attach(p.pid, "break runtime.memmove if arg3 > 0", expect=1)
        assert 'unknown name "arg3"' in r.err, r
        p.check_as_before()


@case(go="each", variant=VARIANTS)
def lines_and_addresses(go, variant):
    """Each is hit as often as the program executes it; a line in an inlined function is hit at all its locations."""
    line = line_of("atomic.AddInt64(&calls, 1)")
    with Breaks(go, variant) as p:
        traced, b, answer = traced_calls(p, f"breaks/main.go:{line}", "call 50")
        assert {(x["func"], x["line"], x["inlined_into"]) for x in b["places"]} == {("main.handle", line, None)}, b
        assert [d["hit"] for d in traced] == list(range(1, answer[1] + 1)) and answer[1] == 50, (traced, answer)
        assert {(d["func"], d["line"], d["goid"]) for d in traced} == {("main.handle", line, 1)}, traced[0]
        line = line_of("product ^= a * b")
        traced, b, answer = traced_calls(p, f"main.go:{line}", "inlined 30")
        assert answer[0] == sum(5 * i for i in range(30)), answer
        assert {(x["func"], x["line"]) for x in b["places"]} == {("main.add", line)}, b
        into = {x["pc"]: x["inlined_into"] for x in b["places"]}
        assert [into[d["pc"]] for d in traced] == ["main.twice", "main.thrice"] * 30, (into, traced)
        r = debugger.attach(p.pid, "break type.go:3", expect=1)
        for file in ("src/runtime/type.go", "src/reflect/type.go", "src/internal/reflectlite/type.go"):
            assert file in r.err, f"not all candidates are named: {r}"
        # A jump leads past the lowest address of this line.
        traced, b, answer = traced_calls(p, f"main.go:{line_of('sum += n')}", "join 9")
        assert [(d["hit"], d["func"]) for d in traced] == [(i, "main.join") for i in range(1, 10)], (b, traced)
        traced, b, answer = traced_calls(p, "main.handle", "call 5")
        address = b["places"][0]["pc"]
        traced, b, answer = traced_calls(p, f"*{address} if hits % 2 == 0", "call 20")
        assert answer[1] == 50 + 5 + 20 and b["hits"] == 20 and len(b["places"]) == 1, (answer, b)
        assert [(d["hit"], d["pc"], d["func"]) for d in traced] == [(i, address, "main.handle") for i in range(2, 21, 2)]
        p.check_as_before()


@case(go="each", variant=VARIANTS)
def cancellations(go, variant):
    with Breaks(go, variant) as p:
        r, answer = run(p, ["trace cancel", "break main.marker", "continue --json"], "cancel 25")
        traced = [d for d in documents(r.out) if d.get("event") == "trace"]
        assert answer[0] == 50 and len(traced) == 50, (answer, r)
        types = sorted({d["fields"]["ctx_type"] for d in traced})
        assert types == ["*context.cancelCtx", "*context.timerCtx"], types
        assert len({d["fields"]["ctx"] for d in traced}) <= 50
        p.check_as_before()


@case(go="each", variant=VARIANTS)
def panics(go, variant):
    with Breaks(go, variant) as p:
        r, answer = run(p, ["trace panic", "break main.marker", "continue --json"], "panic 12")
        assert answer[0] == 12
        assert sum(d.get("event") == "trace" for d in documents(r.out)) == 12, r
        p.check_as_before()


@case(go="each")
def parked_and_woken(go):
    """A goroutine that waits for the last of many is parked and made ready."""
    with Breaks(go) as p:
        r, _ = run(p, ["trace park if goid == 1", "trace ready", "break main.marker", "continue --json"], "spawn 200")
        events = [d for d in documents(r.out) if d.get("event") == "trace"]
        assert any(d["breakpoint"] == 1 and d["goid"] == 1 for d in events), r
        assert any(d["breakpoint"] == 2 for d in events), r
        p.check_as_before()


# ---- Commands ----

@case(go="each", variant=VARIANTS)
def a_stop_shows_goroutine_location_and_values(go, variant):
    with Breaks(go, variant) as p:
        r, _ = run(p, ["break main.handle if hits == 5", "continue", "goroutine", "bt", "goroutine 1", "goroutines"],
                   "call 10")
        text = r.out
        assert "breakpoint 1, main.handle, hit 5: goroutine 1 on thread" in text, r
        assert "=>  0  main.handle" in text and "main.call" in text, r
        if variant == "default":
            assert "id=4" in text and "name=name4" in text, r
        p.check_as_before()


@case(go="each", variant=VARIANTS)
def json_lines(go, variant):
    name, value = ("id", 3) if variant == "default" else ("arg1", "0x3")
    with Breaks(go, variant) as p:
        r, _ = run(p, [f"break main.handle if {name} == 3", "trace main.twice", "continue --json"], "call 10")
        stop = next(d for d in documents(r.out) if d.get("event") == "stop")
        assert stop["goid"] == 1 and stop["fields"][name] == value, stop
        assert stop["func"] == "main.handle" and stop["frames"][0]["func"] == "main.handle", stop
        assert [f["func"] for f in stop["frames"]][:3] == ["main.handle", "main.call", "main.obey"] or \
            [f["func"] for f in stop["frames"]][:2] == ["main.handle", "main.call"], stop
        assert all(d["version"] == 1 for d in documents(r.out)), r
        p.check_as_before()


@case(go="each", variant=VARIANTS)
def conditions_and_ignore_counts_change(go, variant):
    name = "id" if variant == "default" else "arg1"
    with Breaks(go, variant) as p:
        r, _ = run(p, ["break main.handle", f"condition 1 {name} >= 10", "ignore 1 5", "continue --json",
                       f"condition 1 if {name} == 20 # not before", "continue --json", "condition 1", "continue --json",
                       "info breakpoints --json"], "call 100")
        docs = documents(r.out)
        stops = [d for d in docs if d.get("event") == "stop"]
        assert [d["hit"] for d in stops] == [16, 21, 22], r
        if variant == "default":
            assert [d["fields"]["id"] for d in stops] == [15, 20, 21], r
        b = breakpoints(docs[-1])[1]
        assert (b["hits"], b["times_false"], b["ignored"], b["ignore_left"]) == (22, 10 + 4, 5, 0), b
        p.check_as_before()


@case(go="each", variant=VARIANTS)
def temporary_disabled_and_deleted_ones(go, variant):
    with Breaks(go, variant) as p:
        r, _ = run(p, ["tbreak main.handle", "break main.handle", "break main.twice", "break main.marker", "disable 2-3",
                       "continue --json", "info breakpoints --json", "enable 2", "continue --json", "delete 2",
                       "continue --json", "delete", "info breakpoints"], "call 50")
        docs = documents(r.out)
        stops = [(d["breakpoint"], d["what"]) for d in docs if d.get("event") == "stop"]
        assert stops == [(1, "main.handle"), (2, "main.handle"), (4, "main.marker")], r
        listed = breakpoints(next(d for d in docs if "breakpoints" in d))
        assert set(listed) == {2, 3, 4} and not listed[2]["enabled"] and listed[4]["enabled"], listed
        assert r.out.rstrip().endswith("no breakpoints"), r
        p.check_as_before()


@case(go="each", form=["script", "eval"])
def lists_of_commands(go, form):
    lines = ["break main.handle if id % 10 == 0", "commands", "silent", "print id", "continue", "end", "break main.marker",
             "commands 2", "echo the end", "end"]
    with Breaks(go) as p:
        if form == "script":
            path = os.path.join(p.folder, "script")
            with open(path, "w") as f:
                f.write("\n".join(["  " + line for line in lines] + ["echo armed", "continue", "echo after", ""]))
            child = debugger.start("attach", p.pid, "--batch", "-q", "--pause=stop", "-x", path)
        else:
            child = p.session(*lines, "echo armed", "continue", "echo after")
        wait_for_line(child, "armed")
        p.send("call 50")
        r = debugger.finish(child)
        assert r.status == 0, r
        shown = [line.split(" = ")[-1] for line in r.out.splitlines() if line.strip() in ("0", "10", "20", "30", "40")
                 or line.startswith("id = ")]
        assert shown == ["0", "10", "20", "30", "40"], r
        assert "breakpoint 1, main.handle" not in r.out and "breakpoint 2, main.marker" in r.out, r
        assert r.out.index("the end") < r.out.index("after"), r
        p.line()
        p.check_as_before()


@case()
def lists_of_commands_that_go_wrong(go):
    with Breaks(go) as p:
        path = os.path.join(p.folder, "script")
        with open(path, "w") as f:
            f.write("break main.handle\ncommands\n  goroutine 99999999\n  continue\nend\necho armed\ncontinue\necho after\n")
        child = debugger.start("attach", p.pid, "--batch", "-q", "--pause=stop", "-x", path)
        wait_for_line(child, "armed")
        p.send("call 3")
        r = debugger.finish(child)
        assert r.status == 1 and f"{path}:3" in r.err and "99999999" in r.err and "after" not in r.out, r
        p.line()
        r = debugger.attach(p.pid, "break main.handle", "commands 1", "bt", expect=1)
        assert "end" in r.err, r
        r = debugger.attach(p.pid, "commands 3", expect=1)
        assert "no breakpoint" in r.err, r
        r = debugger.attach(p.pid, "trace main.handle", "commands 1", expect=1)
        assert "tracepoint" in r.err, r
        p.check_as_before()


@case(go="each", variant=VARIANTS)
def for_a_time_and_for_hits(go, variant):
    with Breaks(go, variant) as p:
        p.order("busy")
        r = debugger.attach(p.pid, "trace main.handle", "continue --for 1s --json", "continue --hits 40 --json",
                            "info breakpoints --json", options=["-q"])
        docs = documents(r.out)
        ends = [i for i, d in enumerate(docs) if d.get("event") == "stopped"]
        assert len(ends) == 2, r.out[-2000:]
        assert sum(d.get("event") == "trace" for d in docs[ends[0]:ends[1]]) >= 40, r.out[-2000:]
        hits = [d["hit"] for d in docs if d.get("event") == "trace"]
        assert hits == list(range(1, len(hits) + 1)), "not every hit is reported once, in order"
        assert breakpoints(docs[-1])[1]["hits"] == len(hits)
        r = debugger.attach(p.pid, "break main.handle", "continue --hits 3", options=["-q"])
        reported = [int(n) for n in re.findall(r"breakpoint 1, main.handle, hit (\d+)", r.out)]
        # Threads that hit at the same moment are reported, too.
        assert reported == list(range(1, len(reported) + 1)) and 3 <= len(reported) <= 6, r
        p.check_as_before()


@case(go="ends")
def in_the_background(go):
    with Breaks(go) as p, Prompt("attach", p.pid, "--color=never", "--pause=stop") as t:
        assert "breakpoint 1" in t.run("break main.handle if id == 2")
        t.run("continue --background")
        p.send("call 5")
        t.expect("breakpoint 1, main.handle, hit 3")
        t.drain()
        assert "main.handle" in t.run("bt")
        t.type("disable\r")
        t.expect_prompt()
        t.run("continue --background")
        assert int(p.line().split()[1]) == 5
        t.type("wait --for 200ms\r")
        t.expect("is stopped")
        t.drain()
        t.quit()
        p.check_as_before()


@case(go="ends")
def driven_through_a_pipe(go):
    """Hits are reported while gctxdbg waits for the next command."""
    with Breaks(go) as p:
        child = debugger.start("attach", p.pid, "-q")

        def send(*lines):
            child.stdin.write("".join(line + "\n" for line in lines))
            child.stdin.flush()

        send("trace main.handle", "break main.marker", "echo armed", "continue --background --json")
        wait_for_line(child, "armed")
        p.send("call 20000")
        reported = [json.loads(child.stdout.readline()) for _ in range(20001)]
        assert [d["hit"] for d in reported] == [*range(1, 20001), 1], reported[-3:]
        assert reported[-1]["event"] == "stop" and reported[-1]["what"] == "main.marker", reported[-1]
        send("delete", "continue --background")
        assert p.line().split()[1] == "20000"
        child.stdin.close()
        assert child.wait(20) == 0
        p.check_as_before()


@case(go="ends")
def at_a_prompt(go):
    with Breaks(go) as p, Prompt("attach", p.pid, "--color=never", "--pause=stop") as t:
        t.run("b main.handle if id == 2")
        t.type("commands 1\r")
        t.expect("> ")
        t.type("echo hello from it\r")
        t.expect("> ")
        t.type("end\r")
        t.expect_prompt()
        assert "echo hello from it" in t.run("info b")
        t.type("c\r")
        process.wait_until(lambda: "t" not in process.thread_states(p.pid).values(), "the target is running")
        p.send("call 5")
        t.expect("hello from it")
        t.expect_prompt()
        t.type("commands 1\r")
        t.expect("> ")
        t.interrupt()
        t.drain()
        assert "echo hello from it" in t.run("info b"), "Ctrl-C changed the list"
        t.quit()
        p.line()
        p.check_as_before()


@case(go="ends")
def ctrl_c_stops_what_runs(go):
    with Breaks(go) as p, Prompt("attach", p.pid, "--color=never", "--pause=stop") as t:
        p.send("busy")
        t.run("break main.handle if id == -1")
        t.type("continue\r")
        process.wait_until(lambda: "t" not in process.thread_states(p.pid).values(), "the target is running")
        p.line()
        p.wait_for_progress()
        t.interrupt()
        t.expect("is stopped")
        t.drain()
        assert "main.busy" in t.run("goroutines")
        assert "condition false" in t.run("info breakpoints")
        t.quit()
        p.check_as_before()


@case()
def completion(go):
    with Breaks(go) as p, Prompt("attach", p.pid, "--color=never", "--pause=stop") as t:
        t.type("break main.mark\t")
        t.expect("main.marker")
        t.type("\r")
        t.expect_prompt()
        t.type("tb newp\t\r")
        t.expect("breakpoint 2 at newproc")
        t.expect_prompt()
        t.type("del\t")
        t.expect("delete")
        t.type(" 1\r")
        t.expect_prompt()
        assert "main.marker" not in t.run("info breakpoints")
        t.quit()
        p.check_as_before()


@case(go="ends")
def not_hit_while_a_command_resumes_the_target(go):
    """`ctx check` resumes the process for its grace period; breakpoints do not hit meanwhile and are unchanged
    afterwards."""
    with Breaks(go) as p:
        p.order("busy")
        r = debugger.attach(p.pid, "break main.handle", "break main.twice", "disable 2", "ctx check --grace 300ms",
                            "info breakpoints --json", "continue", options=["-q"], expect={0, 3})
        listed = breakpoints(next(d for d in documents(r.out) if "breakpoints" in d))
        assert listed[1]["enabled"] and not listed[2]["enabled"] and listed[1]["hits"] == 0, listed
        assert "breakpoint 1, main.handle, hit 1" in r.out, r
        p.check_as_before()


@case(go="ends")
def snapshots_and_breakpoints(go):
    """A breakpoint stops a process that was inspected through a snapshot; no snapshot exists while one is enabled."""
    with Breaks(go) as p:
        r = debugger.attach(p.pid, "snapshot", "break main.handle", "snapshot", expect=1)
        assert "is stopped" in r.err and "breakpoints are set" in r.err, r
        p.order("busy")
        r = debugger.attach(p.pid, "break main.handle if id == -1", "continue --for 300ms", "disable", "snapshot",
                            "goroutines", "enable", "continue --for 300ms", "info breakpoints --json", options=["-q"])
        assert breakpoints(last_document(r))[1]["hits"] > 0, r
        p.check_as_before()


@case()
def bad_input(go):
    """Each mistake gets one sentence, and the process continues."""
    bad = {"break": "argument", "break main.nonsense": "nonsense", "break main.handle if": "condition",
           "break main.handle if nonsense > 3": "nonsense", "break main.handle if id ==": "column", "break *0x1": "0x1",
           "break main.go:999999": "999999", "break nonsense.go:1": "nonsense", "condition 7 hits > 1": "no breakpoint",
           "condition x": "number", "ignore 1": "argument", "ignore 1 x": "number", "delete 5": "no breakpoint",
           "enable 9-12": "no breakpoint",
           "trace newproc --count-by nonsense": "nonsense", "counts": "count-by", "continue --hits 0": "hits",
           "continue --hits 3": "breakpoint", "continue --background --for 3s": "background", "commands": "breakpoint",
           "break main.handle if id == \"x\"": "column", "wait --for x": "duration"}
    with Breaks(go) as p:
        for line, word in bad.items():
            r = debugger.attach(p.pid, line, expect=1)
            assert word.lower() in r.err.lower(), f"{line}: {r}"
        p.check_as_before()


@case()
def of_a_core(go):
    crash = shared_crash(programs.path("breaks", go))
    for line in ("break newproc", "trace main.handle", "condition 1 hits > 2", "delete", "commands 1", "ignore 1 2"):
        r = debugger.core(crash.exe, crash.core, line, expect=1)
        debugger.one_sentence(r, "core")
    r = debugger.core(crash.exe, crash.core, "info breakpoints")
    assert "no breakpoints" in r.out, r


@case(go="each", timeout=120)
def the_example_script_finds_the_leak(go):
    script = paths.PROJECT / "examples" / "leaks.gctx"
    with Breaks(go) as p:
        child = debugger.start("attach", p.pid, "--batch", "-q", "--pause=stop", "-x", script)
        process.wait_until(lambda: text_pages.differences(p.pid, p.path), "the traps are inserted")
        p.send("leak 60")
        p.line()
        p.send("spawn 500")
        p.line()
        r = debugger.finish(child)
        assert r.status == 0, r
        rows = [line.split() for line in r.out.splitlines() if "main." in line]
        leak = next(x for x in rows if "main.leak" in x)
        spawn = next(x for x in rows if "main.spawn" in x)
        assert leak[:5] == ["60", "0", "60", "60", "main.leak"] and leak[-1] == "leaks", r
        assert leak[5].endswith(f"main.go:{line_of('go stays(c)')}"), r
        assert spawn[:5] == ["500", "500", "0", "0", "main.spawn"] and spawn[-1] != "leaks", r
        groups = r.out[r.out.index("goroutines:"):]
        assert re.search(r"\b60\b.*main\.leak", groups), r
        p.check_as_before()


# ---- Detaching ----

def armed(p, *more, **popen):
    """Starts a gctxdbg that has traps in a busy target and waits silently."""
    child = p.session("trace newproc --count-by creator", "break main.handle if id == -1", "echo armed", *more, **popen)
    wait_for_line(child, "armed")
    process.wait_until(lambda: text_pages.differences(p.pid, p.path), "the traps are inserted")
    return child


@case(go="each", way=["quit", "end of input", "detach", "end while it runs", "SIGTERM", "SIGHUP", "SIGINT", "bad command", "SIGKILL"], timeout=90)
def code_is_restored_after(go, way):
    with Breaks(go) as p:
        p.order("busy")
        if way == "end while it runs":
            debugger.attach(p.pid, "trace newproc --count-by creator", "break main.handle if id == -1",
                            "continue --background", "!sleep 0.5", options=["-q"])
        elif way in ("quit", "end of input", "detach", "bad command"):
            line = {"quit": ["quit"], "end of input": [], "detach": ["detach"], "bad command": ["nonsense"]}[way]
            r = debugger.attach(p.pid, "trace newproc --count-by creator", "break main.handle if id == -1",
                                "continue --for 700ms", *line, options=["-q"], expect={0, 1})
            assert r.status == (1 if way == "bad command" else 0), r
        else:
            child = armed(p, "continue")
            p.wait_for_progress()
            os.kill(child.pid, getattr(signal, way))
            child.communicate(timeout=30)
        p.check_as_before()
        p.wait_for_progress()


def kill_at_random_moments(go, variant, times):
    rnd = random.Random(11)
    lost = 0
    p = None
    for _ in range(times):
        if not p:
            p = Breaks(go, variant)
            p.order("busy")
        child = p.session("trace newproc --count-by creator", "break main.handle if hits == 0", "echo armed", "continue")
        wait_for_line(child, "armed")
        time.sleep(rnd.random() * 0.3)
        child.kill()
        child.communicate(timeout=30)
        try:
            p.check_as_before()
        except (AssertionError, OSError, ValueError) as e:
            print(f"lost: {e}")
            lost += 1
            p.close()
            p = None
    if p:
        p.close()
    print(f"note: {times - lost} of {times} targets of go{go} survived SIGKILL of the debugger with breakpoints armed")
    return lost


@case(timeout=400, alone=True)
def a_hundred_kills(go):
    """Fewer under sanitizers, unless --full is given."""
    times = paths.rounds(100, sanitized=40)
    assert kill_at_random_moments(go, "default", times) <= times // 20


@case(go="each", timeout=200, alone=True)
def kills(go):
    assert kill_at_random_moments(go, "default", 12) == 0


@case(go="ends", timeout=60)
def killed_with_few_descriptors(go):
    """The guardian needs no more descriptors than ulimit -n 64 allows."""
    with Breaks(go) as p:
        p.order("busy")
        child = armed(p, "continue", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
        p.wait_for_progress()
        child.kill()
        child.communicate(timeout=30)
        p.check_as_before()
        p.wait_for_progress()


# ---- Children ----

@case(go="each", timeout=120)
def children_do_not_hit_them(go):
    """os/exec forks (or vforks) while traps are inserted: children and target survive."""
    with Breaks(go) as p:
        child = p.session("trace newproc --count-by creator", "trace goexit --count-by creator",
                          "trace syscall.forkAndExecInChild", "break main.handle", "break main.marker", "echo armed",
                          "continue > /dev/null", "info breakpoints --json")
        wait_for_line(child, "armed")
        p.send("exec 200")
        r = debugger.finish(child, timeout=100)
        assert r.status == 0, r
        answer = [int(n) for n in p.line().split()]
        assert answer[0] == 200, f"{answer[0]} of 200 children succeeded"
        listed = breakpoints(last_document(r))
        forks = listed[3]["hits"]
        assert forks == 200, listed[3]
        p.check_as_before()


@case(go="ends")
def a_program_started_under_the_debugger(go):
    path = programs.path("breaks", go)
    r = debugger.run("exec", "--batch", "-q", "-e", "break main.main", "-e", "continue", "-e", "bt", "-e", "delete",
                     "-e", "continue", "--", path, expect={0, 1}, stdin="call 3\n")
    assert r.status == 0, r
    assert "breakpoint 1, main.main, hit 1" in r.out and "ready" not in r.out.split("breakpoint 1, main.main, hit 1")[0], r


@case(go="ends", end=["exit", "SIGKILL", "exec"])
def the_target_ends_while_traced(go, end):
    with process.Process([programs.path("execer", go)]) as p:
        child = debugger.start("attach", p.pid, "--batch", "-q", "--pause=stop", "-e", "trace newproc --count-by creator", "-e",
                               "break main.nothing_of_this_name", "-e", "echo no")
        r = debugger.finish(child)
        assert r.status == 1 and "no\n" not in r.out, r
        child = debugger.start("attach", p.pid, "--batch", "-q", "--pause=stop", "-e", "trace newproc --count-by creator", "-e", "echo armed",
                               "-e", "continue --json")
        wait_for_line(child, "armed")
        if end == "SIGKILL":
            process.wait_until(lambda: text_pages.differences(p.pid, p.argv[0]), "the traps are inserted")
            os.kill(p.pid, signal.SIGKILL)
        else:
            p.send("exit 5" if end == "exit" else "exec")
        r = debugger.finish(child)
        events = [d["event"] for d in documents(r.out) if "event" in d]
        assert events[-1] == {"exit": "exited", "SIGKILL": "killed", "exec": "exec"}[end], r
        if end == "exec":
            assert p.line() == "ready"
            process.check_untouched(p.pid)
            with contextlib.suppress(FileNotFoundError):
                text_pages.check(p.pid, os.path.realpath(f"/proc/{p.pid}/exe"))
