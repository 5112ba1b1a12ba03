"""Why a core's program died: the same text as the Go runtime printed."""
import os
import re
import signal

from lib import debugger, process, programs
from lib.prompt import Prompt
from lib.runner import case

# {argument of the program: function in which the goroutine crashed, None: none}
PANICS = {"string": r"main\.main\.func\d+", "error": r"main\.main\.func\d+", "wrapped": r"main\.main\.func\d+",
          "custom": r"main\.main\.func\d+", "named": r"main\.main\.func\d+", "struct": r"main\.main\.func\d+",
          "int": r"main\.main\.func\d+", "float": r"main\.main\.func\d+", "nil": r"main\.main\.func\d+",
          "nil-deref": r"main\.sum", "index": r"main\.at", "divide": r"main\.divide",
          "nested": r"main\.nested\.func1",
          "repanic": r"main\.repanic\.func1", "replaced": r"main\.replaced\.func1"}
OTHERS = {"unlock": r"main\.main\.func\d+", "map-writes": r"main\.write\.func1", "deadlock": None,
          "goroutine": r"main\.main\.func\d+\.1"}


def printed(text):
    """What the runtime printed before the tracebacks. Goroutines that find the same error at once each print it."""
    lines = re.split(r"\n\n|\ngoroutine |\nruntime stack", text)[0].rstrip("\n").split("\n")
    return "\n".join(line for i, line in enumerate(lines) if not i or line != lines[i - 1])


def crash(path, way, sig=None):
    """Runs the program until it has died; returns (what it printed, "crash" of `info --json`)."""
    with process.Process([path, way], ready=None) as p:
        p.expect_line("ready")
        if sig:
            os.kill(p.pid, sig)
        text, core = p.aborted()
        return text, debugger.core(path, core, "info --json").json()["crash"]


def variant(go, index):
    """Half of the ways with each variant: every way meets both in some release."""
    return "stripped" if (list(programs.toolchains()).index(go) + index) % 2 else "default"


@case(go="each", part=["panics", "others"])
def died_of_what_go_printed(go, part):
    for index, (way, function) in enumerate((PANICS if part == "panics" else OTHERS).items()):
        text, found = crash(programs.path("crash", go, variant(go, index)), way)
        assert found and found["text"] == printed(text), (way, text[:500], found)
        assert found["kind"] == ("fatal error" if way in ("unlock", "map-writes", "deadlock") else "panic"), found
        assert re.fullmatch(function or "None", str(found["func"])), (way, found)
        goid = re.search(r"^goroutine (\d+) .*running", text, re.M)
        # Of the goroutines that find the same error at once, any may be the first.
        assert way == "map-writes" or found["goid"] == (int(goid[1]) if goid else None), (way, text[:500], found)
        fault = found["signal"]
        assert (fault and fault["number"]) == (signal.SIGSEGV if way == "nil-deref" else None), (way, found)
        assert not fault or f"addr={fault['address']} " in text, (text[:500], found)


@case(go="each")
def died_of_a_signal(go):
    """The sender is this process. Before 1.22, the thread that printed last dies, not the one that got the signal."""
    for index, sig in enumerate([signal.SIGABRT, signal.SIGQUIT, signal.SIGSEGV]):
        text, found = crash(programs.path("crash", go, variant(go, index)), "wait", sig)
        assert found["text"] == printed(text), (text[:500], found)
        assert found["kind"] == "signal", found
        assert found["signal"] == {"number": sig, "code": 0, "address": None, "sender": os.getpid()}, found


@case()
def process_has_not_died(go):
    """Neither a process nor the core that gdb takes of it."""
    path = programs.path("crash", go)
    with process.Process([path, "wait"], ready=None) as p:
        p.expect_line("ready")
        assert debugger.attach(p.pid, "info --json").json()["crash"] is None
        core = process.gcore(p.pid, p.folder)
        assert debugger.core(path, core, "info --json").json()["crash"] is None
        assert "died of" not in debugger.core(path, core, "info").out


@case()
def crash_in_words(go):
    path = programs.path("crash", go)
    with process.Process([path, "nil-deref"], ready=None) as p:
        text, core = p.aborted()
        first, second = printed(text).split("\n")
        out = debugger.core(path, core, "info").out
        lines = rf"died of +{re.escape(first)}\n +{re.escape(second)}\n +goroutine 1, thread \d+, in main\.sum main\.go:\d+\n"
        assert re.search(lines, out), out
        with Prompt("core", path, core, expect_prompt=False) as t:
            greeting = t.expect_prompt()
            assert re.search(rf"gctxdbg: {re.escape(first)}\n +{re.escape(second)}\n +goroutine 1, ", greeting), greeting
