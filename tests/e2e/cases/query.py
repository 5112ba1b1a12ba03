"""Selecting and grouping goroutines: --where, --group and --limit compared with the full list; JSON of other
commands."""
import collections
import re
import tempfile

from lib import debugger, process, programs
from lib.crash import shared_crash
from lib.runner import case


def run_all(go, commands, program="waits"):
    """Runs the commands on one core; returns the results as JSON."""
    crash = shared_crash(programs.path(program, go))
    return [debugger.core(crash.exe, crash.core, c).json() for c in commands]


def ids(doc):
    return {g["goid"] for g in doc["goroutines"]}


def functions(g):
    return [f["func"] for f in g["frames"]]


# {expression: the same condition in Python, for an entry of the full list}
FILTERS = {
    'status == "waiting"': lambda g: g["status"] == "waiting",
    'status != "waiting"': lambda g: g["status"] != "waiting",
    'wait_reason == "select"': lambda g: g["wait_reason"] == "select",
    'wait_reason =~ "^chan "': lambda g: (g["wait_reason"] or "").startswith("chan "),
    'goid == 1': lambda g: g["goid"] == 1,
    'goid > 3 && goid <= 20': lambda g: 3 < g["goid"] <= 20,
    'system': lambda g: g["system"],
    '!system && (goid < 10 || status == "syscall")':
        lambda g: not g["system"] and (g["goid"] < 10 or g["status"] == "syscall"),
    'entry =~ "^runtime[.]"': lambda g: g["entry"].startswith("runtime."),
    'creator =~ "waitOn(Locks|Time)"':
        lambda g: re.search("waitOn(Locks|Time)", (g["created_by"] or {"func": ""})["func"]),
    'labels["tenant"] == "acme"': lambda g: (g["labels"] or {}).get("tenant") == "acme",
    'stack == "main.chanReceive"': lambda g: "main.chanReceive" in functions(g),
    'stack =~ "^main[.]select"': lambda g: any(f.startswith("main.select") for f in functions(g)),
    'wait > 5m': lambda g: False,
    # In a core, there is no upper bound.
    'wait < 1h': lambda g: False,
    'wait > 1ms || goid == 1': lambda g: (g["wait_min_seconds"] or 0) > 1e-3 or g["goid"] == 1,
}


@case(go="ends")
def where(go):
    full, *filtered = run_all(go, ["goroutines --stacks --json"] + [
        f"goroutines --json --where '{e}'" for e in FILTERS])
    for (expression, keep), doc in zip(FILTERS.items(), filtered):
        expected = {g["goid"] for g in full["goroutines"] if keep(g)}
        assert ids(doc) == expected, f"{expression}: {sorted(ids(doc))} instead of {sorted(expected)}"


@case()
def where_points_at_the_column_that_is_wrong(go):
    crash = shared_crash(programs.path("waits", go))
    for expression, word in {"stauts == 3": "stauts", "goid ==": "column", "goid == 'x": "column|quot",
                             'goid == "x"': "column", "(goid == 1": "column", "goid": "column|bool",
                             'status =~ "("': "column", "goid = 1": "column",
                             "goid == 1 goid": "column", "&&": "column",
                             'status == "select"': 'value of state and wait_reason; it is one of "idle", "runnable"',
                             'wait_reason == "chan recieve"': 'did you mean "chan receive"',
                             "(" * 100000 + "goid == 1": "deep|nest|long|column"}.items():
        r = debugger.core(crash.exe, crash.core, f"goroutines --where '{expression}'"
                          if "'" not in expression else f'goroutines --where "{expression}"',
                          expect={1, 2}) if len(expression) < 1000 else script(crash, expression)
        assert re.search(word, r.err), f"{expression[:50]}: {r}"
        assert r.out == "", r


def script(crash, expression):
    with tempfile.NamedTemporaryFile("w", suffix=".gctx") as f:
        f.write(f"goroutines --where '{expression}'\n")
        f.flush()
        return debugger.run("core", crash.exe, crash.core, "--batch", "-x", f.name, expect={1, 2})


GROUPS = {
    "status": lambda g: g["status"],
    "wait": lambda g: g["wait_reason"] if g["status"] == "waiting" else g["status"],
    "entry": lambda g: g["entry"],
    "creator": lambda g: (g["created_by"] or {}).get("func"),
    # The `go` statement is part of a printed stack.
    "stack": lambda g: (tuple(f["pc"] for f in g["frames"]), str(g["created_by"])),
}


@case(go="ends")
def group(go):
    full, *grouped = run_all(go, ["goroutines --stacks --json"] + [
        f"goroutines --group {kind} --json" for kind in GROUPS])
    for (kind, key), doc in zip(GROUPS.items(), grouped):
        expected = collections.Counter(key(g) for g in full["goroutines"])
        groups = doc["groups"]
        sizes = [g["count"] for g in groups]
        assert sorted(sizes) == sorted(expected.values()), (kind, sizes, expected)
        assert sizes == sorted(sizes, reverse=True), f"{kind}: the largest group must come first: {sizes}"
        assert sum(sizes) == len(full["goroutines"]), (kind, sizes)


@case()
def limit(go):
    full, three, filtered = run_all(go, ["goroutines --json", "goroutines --limit 3 --json",
                                         'goroutines --limit 2 --where "!system" --json'])
    assert len(three["goroutines"]) == 3 and ids(three) < ids(full)
    assert len(filtered["goroutines"]) == 2 and not any(g["system"] for g in filtered["goroutines"])


@case(go="each")
def info(go):
    with process.Process([programs.path("waits", go)]) as p:
        live = debugger.attach(p.pid, "info --json").json()
        text = debugger.attach(p.pid, "info").out
    dead, = run_all(go, ["info --json"])
    for doc in (live, dead):
        assert doc["version"] == 1
        assert f"go{go}" in str(doc), doc
        assert "programs/waits" in str(doc), doc
    assert f"go{go}" in text and "GOMAXPROCS" in text, text


@case()
def every_command_has_help(go):
    r = debugger.run("--help")
    assert "attach" in r.out and "core" in r.out and "--batch" in r.out
    crash = shared_crash(programs.path("waits", go))
    listing = debugger.core(crash.exe, crash.core, "help").out
    for name in ("goroutines", "goroutine", "bt", "frame", "up", "down", "threads", "info",
                 "regs", "x", "list", "print", "whatis", "args", "locals", "chan", "source", "set", "show", "help", "continue", "interrupt",
                 "detach", "quit", "kill"):
        assert re.search(rf"\b{name}\b", listing), f"{name} is not in the list: {listing}"
        text = debugger.core(crash.exe, crash.core, f"help {name}").out
        assert len(text.splitlines()) >= 3, f"help {name} is too short: {text}"


@case()
def memory_and_registers(go):
    crash = shared_crash(programs.path("waits", go))
    threads = debugger.core(crash.exe, crash.core, "threads --json").json()["threads"]
    goroutines = debugger.core(crash.exe, crash.core, "goroutines --json").json()["goroutines"]
    address = goroutines[0]["addr"]
    assert debugger.core(crash.exe, crash.core, f"x {address}").out.strip()
    debugger.core(crash.exe, crash.core, "x 0x10", expect=1)
    r = debugger.core(crash.exe, crash.core, "goroutine 1 > /dev/null", "bt --all-frames > /dev/null", "x $sp 100 --format addr",
                      f"x {address} 8 --format addr", "print --json runtime.lastmoduledatap")
    for word in (r"  stack of goroutine 1$", r"  heap object, [0-9]+ bytes$", r"  os\.\(\*File\)\.[rR]ead$"):
        assert re.search(word, r.out, re.M), (word, r)
    variable = re.search(r'"addr":"(0x[0-9a-f]+)"', r.out)[1]
    r = debugger.core(crash.exe, crash.core, f"x {variable} 1 --format addr")
    assert r.out.endswith("  runtime.firstmoduledata\n"), r
    rip = threads[0]["registers"]["rip"]
    tid = threads[0]["tid"]
    r = debugger.core(crash.exe, crash.core, f"thread {tid}", "regs", expect={0})
    assert rip[2:] in r.out, r


@case(go="ends")
def version_and_usage(go):
    assert re.match(r"gctxdbg \d+\.\d+", debugger.run("--version").out)
    for args in ([], ["attach"], ["core"], ["attach", "x"], ["nonsense"], ["attach", "1", "--nonsense"],
                 ["core", "only-one"], ["attach", "1", "2"]):
        r = debugger.run(*args, expect=2)
        assert r.err.strip() and r.out == "", r
    assert go
