"""Contexts: the exact forest, and each verdict on a program with that fault and on no other."""
import collections
import copy
import json
import os
import pathlib
import re
import time

from lib import contexts, debugger, elf, paths, process, programs
from lib.oracle import number
from lib.crash import shared_crash
from lib.runner import case

LIST = "ctx list --json"
NOT_ASKED = ("own_done", "own_deadline", "churning", "parent_type")


def started(go, build="default", *arguments):
    p = process.Process([programs.path("contexts", go, build), *arguments], ready=None)
    return p, contexts.read_facts(p)


@case(go="each", timeout=120, build=["default", "stripped"])
def forest_of_a_process(go, build):
    p, facts = started(go, build)
    with p:
        assert len(facts) > 5000, len(facts)
        for _ in range(2):
            contexts.compare(facts, debugger.attach(p.pid, LIST).json()).report()
        process.check_untouched(p.pid)


@case(go="each", timeout=120, build=["default", "stripped"])
def forest_of_a_core(go, build):
    crash = shared_crash(programs.path("contexts", go, build))
    contexts.compare(contexts.facts(crash.lines), debugger.core(crash.exe, crash.core, LIST).json()).report()


@case(command=["ctx tree --json", "ctx list --json", "ctx show {} --json"])
def an_interrupted_document_says_that_it_is_incomplete(go, command):
    """Thousands of contexts: the pipe fills up long before the document ends."""
    p, facts = started(go)
    with p:
        parents = collections.Counter(f["parent"] for f in facts if number(f["parent"]))
        command = command.format(parents.most_common(1)[0][0])
        child = debugger.start("attach", p.pid, "--batch", "--max-stop", "0", "-e", command)
        begin = os.read(child.stdout.fileno(), 1000).decode()  # communicate() would lose what Python has buffered
        child.send_signal(2)
        rest, err = child.communicate(timeout=debugger.scaled(60))
        assert child.returncode == 1, err
        assert "interrupted" in err, err
        document = json.loads(begin + rest)
        assert document["problem"] == "interrupted", list(document)
        assert len(document["contexts"]) < len(facts)
        process.check_untouched(p.pid)


@case(go="each")
def contexts_that_nothing_names(go):
    """No interface value refers to them, only cancel functions, timers and channels that goroutines wait on."""
    with process.Process([programs.path("hidden", go)], ready=None) as p:
        made = []
        while (line := p.line()) != "ready":
            made.append(tuple(line.split()))
        p.wait_until_reading()
        assert len(made) == 6, made
        listed = debugger.attach(p.pid, LIST).json()["contexts"]
        found = [(c["type"], c["addr"]) for c in listed if c["waiters"]]
        assert sorted(found) == sorted(made), (made, listed)
        assert all(len(c["waiters"]) == 1 and c["state"] == "active" for c in listed if c["waiters"]), listed
        deadlines = [c["type"] for c in listed if c["deadline_unix_ms"]]
        assert deadlines == ["*context.timerCtx"] * 3, listed
        goroutines = debugger.attach(p.pid, "goroutines --ctx --json").json()["goroutines"]
        waited = {w["ctx"] for g in goroutines for w in g["waiting_on"] if "ctx" in w}
        assert waited == {a for _, a in made}, (made, waited)


@case(go="each", timeout=240)
def forest_in_motion(go):
    """While other goroutines create and cancel contexts at full speed, the stable ones are exact, without any
    verdict."""
    p, facts = started(go, "default", "churn")
    with p:
        assert len(facts) > 1500, len(facts)
        for _ in range(paths.rounds(10, sanitized=3)):
            contexts.compare(facts, debugger.attach(p.pid, LIST).json(), others=True).report()
            no_verdict(debugger.attach(p.pid, "ctx check --json", expect={0, 3}))
        process.check_untouched(p.pid)
        _, core = p.abort()
        contexts.compare(facts, debugger.core(p.argv[0], core, LIST).json(), others=True).report()
        no_verdict(debugger.core(p.argv[0], core, "ctx check --json", expect={0, 3}))


@case(go="each")
def the_forest_oracle_notices(go):
    """The comparison accepts what the program reports and detects any change of it."""
    facts = contexts.facts(shared_crash(programs.path("contexts", go)).lines)
    good = {"contexts": [{k: v for k, v in f.items() if k not in NOT_ASKED} for f in facts]}
    contexts.compare(facts, good).report()

    def one(doc, wanted):
        return next(c for c in doc["contexts"] if wanted(c))

    parent = lambda c: len(c["children"]) > 3  # noqa: E731
    valued = lambda c: c["key"] is not None and c["value"] is not None  # noqa: E731
    ended = lambda c: c["type"] == "*context.cancelCtx" and c["state"] == "canceled"  # noqa: E731
    waited = lambda c: len(c["waiters"]) > 2  # noqa: E731
    timed = lambda c: c["type"] == "*context.timerCtx" and c["state"] == "active"  # noqa: E731
    changes = [
        lambda d: d["contexts"].remove(one(d, ended)),
        lambda d: d["contexts"].append(one(d, ended)),
        lambda d: d["contexts"].append(dict(one(d, ended), addr="0x10")),
        lambda d: one(d, ended).update(state="active"),
        lambda d: one(d, ended).update(err=None),
        lambda d: one(d, ended).update(parent=None),
        lambda d: one(d, ended).update(type="*context.timerCtx"),
        lambda d: one(d, ended).update(partial=True),
        lambda d: one(d, parent)["children"].pop(),
        lambda d: one(d, parent)["children"].append("0x10"),
        lambda d: one(d, timed).update(state="unknown"),
        lambda d: one(d, timed).update(deadline_unix_ms=one(d, timed)["deadline_unix_ms"] + 1),
        lambda d: one(d, timed).update(deadline_unix_ms=None),
        lambda d: one(d, valued)["key"].update(text="other"),
        lambda d: one(d, valued)["value"].update(type="other"),
        lambda d: one(d, valued).update(value=None),
        lambda d: one(d, waited)["waiters"].pop(),
        lambda d: one(d, waited)["waiters"].append(1),
    ]
    for n, change in enumerate(changes):
        bad = copy.deepcopy(good)
        change(bad)
        assert contexts.compare(facts, bad).found, f"change {n} was not detected"


# {case of tests/programs/verdicts: (kind of verdict, function of the goroutine that causes it)}; None: no goroutine
# causes it.
VERDICTS = {
    "hidden-done": ("not-propagated", "main.worker"),
    "late-parent": ("not-propagated", "main.worker"),
    "stuck-relay": ("not-propagated", "main.worker"),
    "ignores-receive": ("cancel-ignored", "main.receive"),
    "ignores-lock": ("cancel-ignored", "main.update"),
    "ignores-network": ("cancel-pending", "main.read"),
    "ignores-sleep": ("cancel-pending", "main.retry"),
    "ignores-select": ("cancel-ignored", "main.collect"),
    "ignores-timer": ("cancel-pending", "main.collect"),
    "blocked-timeout": ("deadline-passed", None),
    "starved-timer": ("deadline-passed", None),
    "background": ("waits-forever", "main.worker"),
    "value": ("waits-forever", "main.worker"),
    "without-cancel": ("waits-forever", "main.worker"),
    "pile": ("pile-up", None),
    "timeout-pile": ("pile-up", None),
}


NOTES = ("cancel-pending", "ends-later")


def verdicts(result, key="verdicts"):
    """The verdicts (or the notes) of `ctx check --json`, after checking their form and the exit status."""
    doc = result.json()
    assert "verdict" not in result.err, result
    assert doc["version"] == 1, result
    assert not any(v["kind"] in NOTES for v in doc["verdicts"]), result
    assert all(v["kind"] in NOTES for v in doc["notes"]), result
    for v in doc["verdicts"] + doc["notes"]:
        assert re.fullmatch("0x[0-9a-f]+", v["ctx"]), v
        assert all(isinstance(g, int) for g in v["goroutines"]), v
        assert len(v["text"]) > 20 and "\n" not in v["text"], v
        assert v["next"], v
    assert result.status == (3 if doc["verdicts"] else 0), result
    return doc[key]


def no_verdict(result):
    found = verdicts(result)
    assert not found, f"{len(found)} verdicts on a healthy program, the first: {found[0]}"


@case(go="ends", state=["broken", "repaired"])
def several_contexts_hide_their_parent(go, state):
    """One search finds for each what can still end it."""
    with run_case("hidden-several", state, go, "default") as p:
        result = debugger.attach(p.pid, "ctx check --json", expect={0, 3})
        users = {c["addr"]: debugger.attach(p.pid, f"print (*main.session)({c['addr']}).user").out.split('"')[1]
                 for c in debugger.attach(p.pid, LIST).json()["contexts"] if c["type"] == "*main.session"}
    found = sorted((v["kind"], users[v["ctx"]], "a timer" in v["text"]) for key in ("verdicts", "notes") for v in verdicts(result, key))
    assert found == ([("ends-later", "carl", False), ("ends-later", "dora", False), ("ends-later", "timed", True),
                      ("not-propagated", "ann", False)] if state == "broken" else []), result


def run_case(name, state, go, build):
    # starved-timer needs a loop that is not preempted.
    p = process.Process([programs.path("verdicts", go, build), name, state], env={"GODEBUG": "asyncpreemptoff=1"})
    if name == "starved-timer":
        time.sleep(1.5)  # the case: the deadline of 0.2 s after "ready" passed longer than the grace period ago
    return p


def check_one(ask, kind, function, crashed=False):
    result = ask("ctx check --json", expect={0, 3})
    if kind == "deadline-passed" and crashed:
        no_verdict(result)
        assert result.json()["undecided_deadlines"] == 1, result
        return
    found = verdicts(result, "notes" if kind in NOTES else "verdicts")
    assert [v["kind"] for v in found] == [kind], found
    listed = {number(c["addr"]): c for c in ask(LIST).json()["contexts"]}
    assert number(found[0]["ctx"]) in listed, f"the context of {found[0]} is not in the list"
    if function:
        to_blame = [g["goid"] for g in ask("goroutines --stacks --json").json()["goroutines"]
                    if any(f["func"] == function for f in g["frames"])]
        assert len(to_blame) == 1 and to_blame[0] in found[0]["goroutines"], (to_blame, found)
    if kind in ("cancel-ignored", "cancel-pending", "waits-forever"):
        assert len(found[0]["goroutines"]) == 1, found
    if kind in ("cancel-ignored", "cancel-pending"):
        assert function in found[0]["text"], f"the frame is not named: {found}"
    if kind == "pile-up":
        assert "5000" in found[0]["text"].replace(",", ""), found


def check_twins(go, build, name):
    """The cores are those of the processes: no other case uses these programs with these arguments."""
    kind, function = VERDICTS[name]
    with run_case(name, "broken", go, build) as broken, run_case(name, "repaired", go, build) as repaired:
        check_one(lambda command, **o: debugger.attach(broken.pid, command, **o), kind, function)
        no_verdict(debugger.attach(repaired.pid, "ctx check --json", expect={0, 3}))
        exe = broken.argv[0]
        _, core = broken.abort()
        check_one(lambda command, **o: debugger.core(exe, core, command, **o), kind, function, crashed=True)
        _, core = repaired.abort()
        no_verdict(debugger.core(exe, core, "ctx check --json", expect={0, 3}))


# One case of each kind runs with every toolchain, the others with the oldest and the newest.
ONE_OF_EACH = ["late-parent", "ignores-select", "blocked-timeout", "without-cancel", "timeout-pile"]


@case(go="each", timeout=120, name=ONE_OF_EACH)
def broken_and_repaired(go, name):
    check_twins(go, "default", name)


@case(go="ends", timeout=120, name=[v for v in VERDICTS if v not in ONE_OF_EACH])
def broken_and_repaired_in_other_ways(go, name):
    check_twins(go, "default", name)


@case(go="ends", timeout=120, name=ONE_OF_EACH)
def broken_and_repaired_stripped(go, name):
    check_twins(go, "stripped", name)


@case(go="ends")
def the_grace_is_a_bound(go):
    with run_case("blocked-timeout", "broken", go, "default") as p:
        no_verdict(debugger.attach(p.pid, "ctx check --grace 1h --json", expect={0, 3}))
        found = verdicts(debugger.attach(p.pid, "ctx check --grace 1s --json", expect={0, 3}))
        assert [v["kind"] for v in found] == ["deadline-passed"], found


@case(go="each")
def lost_wakeup(go):
    """No runtime loses a wakeup, so this edits a core: the channel is closed, but its waiter is still in the queue."""
    with process.Process([programs.path("verdicts", go), "wakeup", "broken"], ready=None) as p:
        marks = p.line()
        p.expect_line("ready")
        p.wait_until_reading()
        ctx, closed, source, target, size = re.fullmatch(
            r'\{"ctx":"(0x[0-9a-f]+)","closed":(\d+),"copy":\[(\d+),(\d+),(\d+)\]\}', marks).groups()
        _, core = p.abort()
        no_verdict(debugger.core(p.argv[0], core, "ctx check --json", expect={0, 3}))
        data = bytearray(pathlib.Path(core).read_bytes())
        at, source, target = (elf.file_offset(data, int(a)) for a in (closed, source, target))
        assert data[at:at + 4] == bytes(4), "the channel is not open"
        data[at] = 1
        data[target:target + int(size)] = data[source:source + int(size)]
        edited = os.path.join(p.folder, "edited")
        pathlib.Path(edited).write_bytes(data)
        found = verdicts(debugger.core(p.argv[0], edited, "ctx check --json", expect={0, 3}))
        assert [(v["kind"], number(v["ctx"])) for v in found] == [("lost-wakeup", number(ctx))], found
        assert len(found[0]["goroutines"]) == 1, found


@case(go="each")
def a_healthy_server(go):
    """Correct uses of contexts, hundreds of which only a function keeps: no verdict."""
    with process.Process([programs.path("healthy", go)]) as p:
        time.sleep(1.5)  # the case: waits that are longer than the grace period of 1 s
        no_verdict(debugger.attach(p.pid, "ctx check --json", expect={0, 3}))
        process.check_untouched(p.pid)


@case(go="newest", timeout=300)
def hundred_times_under_load(go):
    """A server with request contexts: no verdict, no request lost. Fewer rounds under sanitizers, unless --full is given."""
    with process.Process([programs.path("healthy", go)]) as p:
        time.sleep(1.5)  # the case: waits that are longer than the grace period of 1 s
        for i in range(paths.rounds(100, sanitized=30)):
            no_verdict(debugger.attach(p.pid, "ctx check --json", expect={0, 3}))
            if i % 10 == 0:
                listed = debugger.attach(p.pid, LIST).json()["contexts"]
                assert len(listed) > 300, len(listed)
        process.check_untouched(p.pid)
        made_before, _, _ = (int(n) for n in p.ask("count").split())
        process.wait_until(lambda: int(p.ask("count").split()[0]) > made_before, "the load continues")
        made, answered, lost = (int(n) for n in p.ask("stop", timeout=60).split())
        assert lost == 0 and answered == made, f"{made} made, {answered} answered, {lost} lost"
        assert "failed" not in p.stderr(), p.stderr()[-2000:]
