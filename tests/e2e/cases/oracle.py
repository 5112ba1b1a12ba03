"""All goroutines and frames of a core equal what the Go runtime printed when it dumped the core."""
import json
import os
import re
import struct

from lib import debugger, gotrace, layouts, oracle, process, programs
from lib.crash import new_crash, shared_crash
from lib.runner import case

NO_PREEMPTION = {"GODEBUG": "asyncpreemptoff=1"}
# name: (program, variant, arguments, environment, seconds to wait after "ready")
SETUPS = {
    "waits": ("waits", "default", [], {"GODEBUG": "tracebacklabels=1"}, 0),
    "waits-plain-dwarf": ("waits", "plain-dwarf", [], {}, 0),
    "stacks": ("stacks", "default", [], {}, 0),
    "stacks-unoptimised": ("stacks", "unoptimised", [], {}, 0),
    "iters": ("iters", "default", [], {}, 0),
    "iters-unoptimised": ("iters", "unoptimised", [], {}, 0),
    "runnable": ("runnable", "default", [], {}, 0.2),
    "running": ("running", "default", [], {}, 0.2),
    "running-fixed": ("running", "default", [], NO_PREEMPTION, 0.2),
    "running-fixed-pie": ("running", "pie", [], NO_PREEMPTION, 0.2),
    "running-more": ("running", "default", ["more"], {}, 0.3),
    "running-more-fixed": ("running", "default", ["more"], NO_PREEMPTION, 0.3),
    "sysstack": ("sysstack", "default", [], NO_PREEMPTION, 0.3),
    "cgo": ("cgo", "default", [], {}, 0),
    "running-more-stripped": ("running", "stripped", ["more"], {}, 0.3),
    "cgo-stripped": ("cgo", "stripped", [], {}, 0),
    # C code keeps its DWARF with -w.
    "cgo-no-go-dwarf": ("cgo", "no-go-dwarf", [], {}, 0),
}

OWN_WAIT = re.compile(r"status: Go says '(GC scavenge wait|GC sweep wait|GC worker \(idle\)|force gc \(idle\)|finalizer wait)'")


def abort(go, setup, how=shared_crash):
    """The crash of the program of a setup."""
    name, variant, args, env, pause = SETUPS[setup]
    return how(programs.path(name, go, variant), *args, env=env, pause=pause)


def compare_core(go, crash):
    r = debugger.core(crash.exe, crash.core, "goroutines --stacks --json")
    doc = r.json()
    assert doc["version"] == 1, r
    assert doc["go"].startswith(f"go{go}"), doc["go"]
    return oracle.compare_goroutines(crash.parsed(), doc)


@case(go="each", program=list(SETUPS))
def core_equals_what_go_prints(go, program):
    """Running code and waking system goroutines may execute a few instructions between the traceback and the dump,
    about once in hundreds of runs on a busy machine. Such differences are tried once more with a new crash, where a bug
    of gctxdbg would show again; other differences are not."""
    result = compare_core(go, abort(go, program))
    if result.found and (program.startswith("running") or all(OWN_WAIT.search(found) for found in result.found)):
        print(f"note: tried again: {result.found[:2]}")
        result = compare_core(go, abort(go, program, new_crash))
    result.report()


# The releases with testing/synctest.
@case(go=["1.25", "1.26", "1.27"])
def bubbles_equal_what_go_prints(go):
    """With "(durable)" and "synctest bubble N"."""
    crash = shared_crash(programs.path("bubbles", go))
    assert sum(g.bubble is not None and "(durable)" in g.status for g in crash.parsed().goroutines().values()) > 20
    compare_core(go, crash).report()


@case(go="each", program=["waits", "running-more", "running-more-fixed", "sysstack", "cgo",
                          "running-more-stripped", "cgo-stripped"])
def system_stacks_equal_what_go_prints(go, program):
    crash = abort(go, program)
    threads = debugger.core(crash.exe, crash.core, "threads --stacks --json").json()
    oracle.compare_threads(crash.parsed(), threads).report()


@case(go="each", program=["waits", "stacks", "cgo"], variant=["default", "stripped"])
def argument_words_equal_what_go_prints(go, program, variant):
    """All words of the arguments of the goroutines that wait, of at most 12 frames each."""
    crash = shared_crash(programs.path(program, go, variant))
    printed = crash.parsed().goroutines()
    waiting = [g for g in debugger.core(crash.exe, crash.core, "goroutines --stacks --json --system").json()["goroutines"]
               if g["status"] == "waiting" and not printed[g["goid"]].unavailable]
    own = {g["goid"]: [i for i, f in enumerate(g["frames"]) if f["stack"] == "goroutine"] for g in waiting}
    asked = {(goid, i): frame for goid, numbers in own.items()
             for i, frame in zip(numbers, printed[goid].frames[:min(12, printed[goid].elided_after or 12)])}
    script = "".join(f"goroutine {goid} > /dev/null\nframe {i} > /dev/null\necho {goid} {i}\nargs --json\n" for goid, i in asked)
    r = debugger.run("core", crash.exe, crash.core, "--batch", "-x", "-", stdin="set on-error continue\n" + script,
                     expect={0, 1})
    answers, at = {}, None
    for line in r.out.splitlines():
        if not line.startswith("{"):
            at = tuple(map(int, line.split()))
        answers[at] = json.loads(line) if line.startswith("{") else {}
    assert answers.keys() == asked.keys(), r
    wrong = [f"goroutine {goid} frame {i}: {f.func}({f.args}), gctxdbg {answers[goid, i]}" for (goid, i), f in asked.items()
             if not same_words(go, f, asked.get((goid, i - 1)), answers[goid, i].get("words", ""))]
    assert not wrong, wrong[:20]
    assert sum("0x" in a.get("words", "") for a in answers.values()) > 10, answers
    for answer in (a for a in answers.values() if "receiver" in a):
        package, name = answer["receiver"]["type"][1:].rsplit(".", 1)
        assert answer["func"].startswith(f"{package}.(*{name})."), answer
        assert re.match(answer["receiver"]["addr"] + "(, |$)", answer["words"]), answer
    assert program == "cgo" or any("receiver" in a for a in answers.values()), answers


def same_words(go, frame, inner, words):
    """Where nothing is recorded, in assembly, Go prints no words either. Up to 1.20 it looks up which words are current
    at the pc of the outermost inlined call."""
    printed = "" if frame.inlined else frame.args
    if go == "1.19" and inner and inner.inlined:
        printed, words = printed.replace("?", ""), words.replace("?", "")
    return words == printed


def wait_since(go):
    """The offset of g.waitsince: the time at which the wait began, in nanoseconds of the monotonic clock, or 0 if the
    runtime has not recorded it."""
    rows = layouts.committed()
    release = next(r for r in rows if r.startswith(f"go{go}.") and ":" not in r)
    offset, size = re.fullmatch(r"\{(\d+),(\d+)\}", rows[release]["runtime.g", '"waitsince"']).groups()
    assert size == "8"
    return int(offset)


def begin_earlier(pid, goroutines, offset, seconds):
    """Sets back the recorded beginning of the waits of these goroutines; returns the ids of those that have one."""
    changed = set()
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        for g in goroutines:
            memory.seek(int(g["addr"], 16) + offset)
            since, = struct.unpack("<q", memory.read(8))
            if since:
                memory.seek(-8, os.SEEK_CUR)
                memory.write(struct.pack("<q", since - seconds * 10**9))
                changed.add(g["goid"])
    return changed


@case(go="ends", seconds=[61, 121])
def long_waits_are_counted_in_minutes(go, seconds):
    """`wait_seconds` must agree with the whole minutes that the runtime prints. A core has no clock: gctxdbg uses the
    newest time that the runtime has stored, so waits in an idle program may appear shorter, but never longer.
    The case does not wait: it writes earlier times into g.waitsince of the running program. The runtime and gctxdbg both
    compute a wait from that field, so this is equivalent, as long as the time is not before the machine started."""
    with process.Process([programs.path("waits", go)]) as p:
        waiting = [g for g in debugger.attach(p.pid, "goroutines --json").json()["goroutines"] if g["status"] == "waiting"]
        older = begin_earlier(p.pid, waiting, wait_since(go), seconds)
        live = debugger.attach(p.pid, "goroutines --json").json()
        text, core = p.abort()
        printed = gotrace.parse(text).goroutines()
        dead = debugger.core(p.argv[0], core, "goroutines --json").json()
    assert len(older) > 20, older
    assert sum(g.minutes == seconds // 60 for g in printed.values()) > 20
    for g in live["goroutines"]:
        minutes = printed[g["goid"]].minutes
        # The abort wakes goroutines in system calls.
        if minutes or g["status"] == "waiting" and not g["system"]:
            assert minutes == int(g["wait_seconds"] // 60), (minutes, g)
    for g in dead["goroutines"]:
        assert (g["wait_seconds"] or 0) < 60 * (printed[g["goid"]].minutes + 1), g


@case()
def leaked_goroutines_are_named_as_go_does(go):
    crash = shared_crash(programs.path("leaked", go))
    r = debugger.core(crash.exe, crash.core, "goroutines --stacks", "goroutines", "goroutines --group stack")
    printed = crash.parsed().goroutines()
    assert sum(g.status == "chan receive (leaked)" for g in printed.values()) == 3, printed
    for goid, g in printed.items():
        if g.status.startswith("chan receive"):
            assert re.search(rf"^goroutine {goid} \[{re.escape(g.status)}[],]", r.out, re.M), r
            assert re.search(rf"^ *{goid}  {re.escape(g.status)}  ", r.out, re.M), r
    assert "3 goroutines [chan receive (leaked)" in r.out, r
    verdict, = debugger.core(crash.exe, crash.core, "ctx check --json", expect=3).json()["verdicts"]
    goid, = verdict["goroutines"]
    assert verdict["kind"] == "waits-forever" and printed[goid].status == "chan receive (nil chan) (leaked)", verdict
    compare_core(go, crash).report()


@case(go="ends")
def labels_of_goroutines(go):
    crash = shared_crash(programs.path("waits", go))
    doc = debugger.core(crash.exe, crash.core, "goroutines --json").json()
    labels = [g["labels"] for g in doc["goroutines"] if g.get("labels")]
    assert labels == [{"tenant": "acme", "step": "parse it"}], labels
    goid = next(g["goid"] for g in doc["goroutines"] if g.get("labels"))
    r = debugger.core(crash.exe, crash.core, "goroutines", "goroutines --group labels", "goroutines --group stack",
                      "goroutines --group labels --json", "goroutines --group stack --json")
    shown = "step: parse it, tenant: acme"
    assert re.search(r" CREATED BY +LABELS$", r.out, re.M), r
    assert re.search(rf"^ *{goid}  chan receive .*  {shown}$", r.out, re.M), r
    assert re.search(rf"^ *1 +(\S+  )?{shown} +{goid}$", r.out, re.M), r
    assert f"\n       labels {{{shown}}}\n       ids {goid}\n" in r.out, r
    by_labels, by_stack = (json.loads(line)["groups"] for line in r.out.splitlines() if line.startswith("{"))
    assert [(g["labels"], g["goids"]) for g in by_labels[1:]] == [(labels[0], [goid])], by_labels
    assert [g["goids"] for g in by_stack if g.get("labels")] == [[goid]], by_stack


# {function: (kind, operation) of everything that a goroutine in it waits on}
WAITS = {
    "main.chanReceive": {("chan", "recv")},
    "main.chanRange": {("chan", "recv")},
    "main.chanSend": {("chan", "send")},
    "main.chanSendFull": {("chan", "send")},
    "main.selectSendReceive": {("chan", "send"), ("chan", "recv")},
    "main.selectMany": {("chan", "send"), ("chan", "recv")},
}


@case(go="each")
def what_goroutines_wait_on(go):
    crash = shared_crash(programs.path("waits", go))
    doc = debugger.core(crash.exe, crash.core, "goroutines --stacks --json").json()
    partial = [g["goid"] for g in doc["goroutines"] if g.get("waiting_on_partial")]
    assert not partial, f"what {partial} wait on was not found"
    channels = []
    for function, expected in WAITS.items():
        found = [g for g in doc["goroutines"] if any(f["func"] == function for f in g["frames"])
                 and "nil chan" not in g["wait_reason"]]
        assert found, f"no goroutine is in {function}"
        for g in found:
            waits = g["waiting_on"]
            assert {(w["kind"], w["op"]) for w in waits} == expected, (function, waits)
            assert all(int(w["addr"], 16) for w in waits), (function, waits)
            if function == "main.selectMany":
                assert len({w["addr"] for w in waits}) == 8, waits
            if function == "main.chanReceive":
                channels.append(waits[0]["addr"])
    assert max(channels.count(c) for c in channels) == 5, f"five wait on one channel: {channels}"
