"""How long goroutines have waited, what will end their wait, and by which clock."""
import json
import os
import re
import tempfile
import time

from lib import debugger, process, programs
from lib.crash import shared_crash
from lib.runner import case


def truth(p):
    """{goroutine ID: (name, seconds for which it has been blocked)}, by the program itself."""
    words = (part.split() for part in p.ask("ask").rstrip(".").split(";") if part)
    return {int(goid): (name, int(ns) / 1e9) for goid, name, ns in words}


def command(p, line):
    assert p.ask(line) == ".", line


def bounds(g):
    most = g["wait_max_seconds"]
    return g["wait_min_seconds"] or 0, float("inf") if most is None else most


def check(before, after, goroutines):
    """The bounds contain what the program knows; returns them by name."""
    found = {}
    for goid, (name, waited) in before.items():
        least, most = found[name] = bounds(goroutines[goid])
        assert least <= after[goid][1] or name == "ticks" and not least, (name, least, after[goid])
        assert waited <= most or name == "ticks", (name, most, waited)
    return found


def look(p, *commands):
    """Runs the commands in one inspection; the first prints all goroutines."""
    before = truth(p)
    r = debugger.attach(p.pid, "goroutines --json", *commands)
    document, _, rest = r.out.partition("\n")
    listed = {g["goid"]: g for g in json.loads(document)["goroutines"]}
    return check(before, truth(p), listed), rest


@case(go="each")
def wait_times_are_bounds(go):
    """Go records nothing but traces of garbage collections, so a program reports how long its goroutines have been
    blocked, and the bounds contain that. A goroutine that runs all the time never appears to have waited for long."""
    with process.Process([programs.path("waitbounds", go)]) as p:
        command(p, "block early")
        found, text = look(p, "goroutines", "goroutines --where 'wait > 1ns && !system && stack != \"main.ticks\"'",
                           "goroutines --where 'wait < 1h && stack != \"main.ticks\"'")
        assert found["early"][0] == 0, found
        assert "WAIT  " not in text and "no wait times: no garbage collection has run" in text, text
        assert re.search(r"^0 goroutines; wait unknown for 2: no garbage collection has run$", text, re.M), text
        assert re.search(r"^2 goroutines", text, re.M), "none has waited for longer than the program has run"
        for name in ("a", "b"):
            command(p, "gc")  # the first collection of a program records nothing
        command(p, "block middle")
        command(p, "gc")
        collected = time.monotonic()
        command(p, "block late")
        process.wait_until(lambda: time.monotonic() > collected + 0.3, "the margin of the lower bounds is over")
        shown = truth(p)
        found, text = look(p, "goroutines",
                           "goroutines --where 'wait > 60ms && !system && stack != \"main.ticks\"' --json")
        assert found["early"][0] > 0.05 and found["middle"][0] > 0.05, found
        assert found["late"][0] == found["ticks"][0] == 0, found
        assert found["late"][1] < found["middle"][1] <= found["early"][1], found
        assert "WAIT  " in text and re.search(r"≤\S+ +recv chan int", text), text
        some = json.loads(text.splitlines()[-1])
        names = {name: goid for goid, (name, _) in shown.items()}
        ids = {g["goid"] for g in some["goroutines"]}
        assert ids == {names["early"], names["middle"]} and some["undecided"] == 2, (some, names)


@case(go="each")
def snapshots_bound_wait_times(go):
    """What has not moved since an earlier inspection has waited at least since then; what has moved, at most."""
    with process.Process([programs.path("waitbounds", go)]) as p, tempfile.TemporaryDirectory() as folder:
        command(p, "block early")
        child = debugger.start("attach", p.pid, "--batch", "-q", "-x", "-")
        child.stdin.write(f"goroutines --json > {folder}/first\n!touch {folder}/seen\n")
        child.stdin.flush()
        process.wait_until(lambda: os.path.exists(f"{folder}/seen"), "the first inspection is over")
        seen = time.monotonic()
        command(p, "block late")
        before = truth(p)
        process.wait_until(lambda: time.monotonic() > seen + 0.3, "some time has passed")
        child.stdin.write(f"snapshot\ngoroutines --json > {folder}/second\ngoroutines --since > {folder}/since\n"
                          f"goroutines --where 'wait > 299ms' --json > {folder}/long\n")
        r = debugger.finish(child)
        assert r.status == 0, r
        with open(f"{folder}/second") as f:
            found = check(before, truth(p), {g["goid"]: g for g in json.load(f)["goroutines"]})
        assert found["early"][0] > 0.3, found
        assert found["late"][0] == 0 and found["ticks"][0] == 0, found
        assert found["ticks"][1] > 0.3 and found["late"][1] < 60, found
        names = {name: goid for goid, (name, _) in before.items()}
        with open(f"{folder}/long") as f:
            assert names["early"] in {g["goid"] for g in json.load(f)["goroutines"]}
        with open(f"{folder}/since") as f:
            text = f.read()
        unmoved = text.partition("not moved\n")[2]
        assert re.search(rf"^ +ids? .*\b{names['early']}\b", unmoved, re.M), text
        assert "runtime.main" not in unmoved, text


def in_function(doc, name):
    return [g for g in doc["goroutines"] if any(f["func"] == name for f in g["frames"])]


@case(go="each")
def timers_of_channels(go):
    """When the timer of a channel fires, or that it is stopped; and the order of the channels of a select: values,
    timers, empty structs, each in the order of the cases, whatever the addresses of the channels are."""
    crash = shared_crash(programs.path("waits", go))
    doc = debugger.core(crash.exe, crash.core, "goroutines --stacks --json").json()
    text = debugger.core(crash.exe, crash.core, "goroutines").out
    for name in ("main.ticks", "main.afterOrDone"):
        first, = [g["waiting_on"][0] for g in in_function(doc, name)]
        assert first["type"] == "time.Time" and first["timer"] == "pending", (name, first)
        assert 3500 < first["seconds_left"] <= 3600, (name, first)
    assert re.search(r"recv chan time\.Time 0x\w+ \(fires in at most 59m\d+s\)", text), text
    stopped, = in_function(doc, "main.stoppedTimer")
    # Before 1.23 a channel does not know its timer.
    state = stopped["waiting_on"][0].get("timer")
    assert state == ("stopped" if go >= "1.23" else None), stopped
    assert ("(its timer is stopped)" in text) == (go >= "1.23"), text
    waits = [(w["op"], w["type"]) for g in in_function(doc, "main.cases") for w in g["waiting_on"]]
    assert waits == [("send", "int32"), ("send", "int64"), ("recv", "int8"), ("recv", "int16"), ("recv", "time.Time"),
                     ("recv", "struct {}")], waits


@case(go=["1.23", "1.25", "1.27"])
def coroutines_know_who_resumes_them(go):
    crash = shared_crash(programs.path("iters", go))
    doc = debugger.core(crash.exe, crash.core, "goroutines --stacks --json").json()
    pulling, = in_function(doc, "main.pullsFromBlocked")
    runner, = in_function(doc, "main.pullsFromBlocked.func1")
    wait, = pulling["waiting_on"]
    assert (wait["kind"], wait["op"], wait["resumed_by"]) == ("coroutine", "next", runner["goid"]), wait
    text = debugger.core(crash.exe, crash.core, f"goroutine {pulling['goid']}").out
    assert re.search(rf"waits on +coroutine {wait['addr']}, until goroutine {runner['goid']} yields", text), text
    idle = [g for g in doc["goroutines"] if g["wait_reason"] == "coroutine" and g["entry"] == "runtime.corostart"]
    assert len(idle) >= 2, idle
    for g in idle:
        wait, = g["waiting_on"]
        assert int(wait["addr"], 16) and wait["op"] == "yield" and "resumed_by" not in wait, g


@case(go=["1.25", "1.27"])
def bubbles_have_their_own_clock(go):
    """The clocks of the bubbles stand still, and count from the year 2000."""
    with process.Process([programs.path("bubbles", go)]) as p:
        r = debugger.attach(p.pid, "ctx check --stay --json", "goroutines --stacks --json", "ctx list --json",
                            "goroutines --where 'bubble == 1' --json", "goroutines --group bubble --json", "goroutines",
                            "goroutines --stacks")
    checked, full, contexts, one, groups, *text = r.out.splitlines()
    assert not json.loads(checked)["verdicts"], checked
    full = json.loads(full)
    for name, seconds in (("main.sleepTwoHours", 7200), ("main.timerOrDone", 5400)):
        left = [w["seconds_left"] for g in in_function(full, name) for w in g["waiting_on"] if "seconds_left" in w]
        assert left == [seconds] * 2, (name, left)
    deadlines = [c["deadline_seconds_left"] for c in json.loads(contexts)["contexts"] if c["type"] == "*context.timerCtx"]
    assert deadlines == [3600] * 2, deadlines
    members = {g["goid"] for g in full["goroutines"] if g.get("synctest_bubble") == 1}
    assert len(members) == 13 and {g["goid"] for g in json.loads(one)["goroutines"]} == members, one
    sizes = {g["bubble"]: g["count"] for g in json.loads(groups)["groups"]}
    assert sizes[1] == sizes[2] == 13 and sizes[None] == len(full["goroutines"]) - 26, sizes
    text = "\n".join(text)
    assert re.search(r"^GOID  STATE +BUBBLE ", text, re.M), text
    assert re.search(r" sleep \(durable\) +1  for 2h0m more ", text), text
    assert re.search(r"^goroutine \d+ \[sleep \(durable\), synctest bubble 1\]  for 2h0m more", text, re.M), text
