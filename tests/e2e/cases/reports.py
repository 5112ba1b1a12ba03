"""`dump`: what is wrong first, nothing wrong on healthy programs, and the rest of the report."""
import re
import socket

from lib import debugger, process, programs
from lib.crash import shared_crash
from lib.runner import case


def findings(doc):
    return [(f["kind"], f["note"], f["count"]) for f in doc["findings"]]


def finding_lines(text):
    """{number: (first line, created by, why, next)} of the findings of a report."""
    parts = re.split(r"^(\d+)\. ", text.split("\nAll goroutines")[0], flags=re.M)[1:]
    found = {}
    for number, part in zip(parts[::2], parts[1::2]):
        lines = part.split("\n\n")[0].strip().split("\n")
        creator = next((line.strip() for line in lines if line.startswith("    created by ")), None)
        why = " ".join(line.strip() for line in lines[1:-1] if not line.startswith("    created by "))
        found[int(number)] = lines[0], creator, why, lines[-1].strip()
    return found


@case(go="each")
def report_of_a_core(go):
    """The waits that nothing can end are found, those that merely last are not."""
    variant = ["default", "stripped"][list(programs.toolchains()).index(go) % 2]
    crash = shared_crash(programs.path("waits", go, variant))
    doc = debugger.run("dump", "--json", "--stacks", crash.exe, crash.core, expect=3).json()
    all_of_them = debugger.core(crash.exe, crash.core, "goroutines --json").json()["goroutines"]
    own = {g["goid"] for g in all_of_them if not g["system"] and g["entry"] != "os/signal.loop"}
    reasons = {g["goid"]: g["wait_reason"] for g in all_of_them}
    assert findings(doc) == [("empty-select", False, 3), ("nil-channel", False, 1), ("nil-channel", False, 1)], doc["findings"]
    for f in doc["findings"]:
        wanted = "select (no cases)" if f["kind"] == "empty-select" else r"chan \w+ \(nil chan\)"
        assert all(re.fullmatch(re.escape(wanted) if "select" in wanted else wanted, reasons[g]) for g in f["goids"]), f
        assert f["at"]["func"].startswith("main.") and f["created_by"]["func"].startswith("main."), f
        assert all(set(doc["groups"][i]["goids"]) & set(f["goids"]) for i in f["groups"]) and f["groups"], f
        assert f["next"] == f"bt -g {f['goids'][0]}", f
    assert doc["goroutines"] == {"total": len(own), "stuck": 5, "runtime": len(all_of_them) - len(own)}, doc["goroutines"]
    assert {g for group in doc["groups"] for g in group["goids"]} == own
    assert {g["goid"] for g in doc["stacks"]} == own and all(g["frames"] for g in doc["stacks"])
    assert doc["summary"] == f"{len(own)} goroutines, 5 of them stuck"
    assert doc["crash"]["text"].startswith("SIGABRT: abort\nPC="), doc["crash"]
    assert doc["stopped_seconds"] is None, doc["stopped_seconds"]
    # The kernel keeps 79 bytes of the arguments.
    assert crash.exe.startswith(doc["command"]) and len(doc["command"]) == min(len(crash.exe), 79), doc["command"]


@case()
def head_of_a_report(go):
    """The verdict is that of `ctx check`; the head says what was inspected."""
    with process.Process([programs.path("verdicts", go), "hidden-done", "broken"]) as p:
        text = debugger.run("dump", p.pid, expect=3).out
        doc = debugger.run("dump", p.pid, "--json", expect=3).json()
        verdict, = debugger.attach(p.pid, "ctx check --json", expect=3).json()["verdicts"]
    head, sentence, *_ = text.split("\n\n")
    assert re.fullmatch(rf"process {p.pid}, gctxdbg \S+ on host {re.escape(socket.gethostname())}, "
                        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", head.split("\n")[0]), text
    rows = dict(re.findall(r"^(\S+) +(.*)$", head.split("\n", 1)[1], re.M))
    assert rows["command"] == " ".join(p.argv) == doc["command"], rows
    assert rows["go"].startswith(f"go{go}") and rows["uptime"] and rows["memory"], rows
    assert re.fullmatch(r"for [\d.]+ ms; it is running", rows["stopped"]) and doc["stopped_seconds"] < 5, rows
    assert sentence.startswith("3 goroutines, 1 of them stuck  (and "), text
    assert finding_lines(text) == {1: (
        "1 goroutine in main.worker propagation.go:26  [not-propagated]", "created by main.hiddenDone propagation.go:48",
        f"why: {verdict['text']}", f"next: {verdict['next']}")}, text
    assert re.search(r"^ +1  chan receive +\S+  → 1 +main\.worker propagation\.go:26 ", text, re.M), text
    assert f"for the prompt: gctxdbg attach {p.pid}\n" in text, text
    parts = [text.index(f"\n{part}\n") for part in ("All goroutines, by stack", "Contexts", "Stacks", "Context tree", "Build")]
    assert parts == sorted(parts), text


@case()
def limits_of_a_report(go):
    crash = shared_crash(programs.path("waits", go))
    short = debugger.run("dump", crash.exe, crash.core, "--limit", "1", expect=3).out
    assert list(finding_lines(short)) == [1] and "… and 2 smaller findings (--limit 0 for all)" in short, short
    assert len(re.findall(r"^\d+ goroutines? \[", short, re.M)) == 1, short
    full = debugger.run("dump", crash.exe, crash.core, "--limit=0", "--stacks", expect=3).out
    total = int(re.search(r"^(\d+) goroutines, 5 of them stuck", full, re.M)[1])
    assert list(finding_lines(full)) == [1, 2, 3], full
    assert len(re.findall(r"^goroutine \d+ \[", full, re.M)) == total, full
    doc = debugger.run("dump", crash.exe, crash.core, "--limit", "2", "--json", expect=3).json()
    assert len(doc["findings"]) == len(doc["groups"]) == 2 and "stacks" not in doc, doc
    for words in (["attach", "1", "--json"], ["core", crash.exe, crash.core, "--limit", "3"]):
        debugger.one_sentence(debugger.run(*words, expect=2), f"{words[-2 if 'core' in words else -1]} is an option of dump")
    debugger.one_sentence(debugger.run("dump", crash.exe, crash.core, "--limit", "x", expect=2), "must be a number")


@case(go="ends", way=["queue", "parked"])
def waiting_is_not_stuck(go, way):
    """A queue for a lock, and goroutines that are parked on purpose. The runtime's os/signal.loop is folded away."""
    with process.Process([programs.path("crash", go), way], ready=None) as p:
        p.expect_line("ready")

        def goroutines():
            return debugger.attach(p.pid, "goroutines --json").json()["goroutines"]

        process.wait_until(lambda: sum(g["status"] == "waiting" and not g["system"] for g in goroutines()) == 5, "all wait")
        doc = debugger.run("dump", p.pid, "--json").json()
        assert findings(doc) == ([("lock-queue", True, 4)] if way == "queue" else []), doc["findings"]
        assert doc["summary"] == "5 goroutines. Nothing stuck found", doc["summary"]
        assert doc["goroutines"]["runtime"] == len(goroutines()) - 5, doc["goroutines"]
        assert "os/signal.loop" not in [f["func"] for group in doc["groups"] for f in group["frames"]]
        text = debugger.run("dump", p.pid).out
        assert "\n5 goroutines. Nothing stuck found  (and " in text, text
        assert ("[note: lock-queue]" in text) == (way == "queue") and "os/signal" not in text, text


@case(go="ends")
def deadlock(go):
    with process.Process([programs.path("crash", go), "deadlock"], ready=None) as p:
        text, core = p.aborted()
        doc = debugger.run("dump", "--json", p.argv[0], core, expect=3).json()
    assert doc["crash"]["text"] == "fatal error: all goroutines are asleep - deadlock!", (text[:300], doc["crash"])
    assert findings(doc)[0] == ("deadlock", False, 1) and doc["summary"] == "1 goroutine, which is stuck", doc["findings"]


@case()
def healthy_program(go):
    with process.Process([programs.path("healthy", go)]) as p:
        doc = debugger.run("dump", p.pid, "--json").json()
        assert doc["goroutines"]["stuck"] == 0 and not [f for f in doc["findings"] if not f["note"]], doc["findings"]
        assert "Nothing stuck found" in doc["summary"], doc["summary"]


@case()
def report_without_contexts(go):
    with process.Process([programs.path("sigcount", go)]) as p:
        result = debugger.run("dump", p.pid)
        assert "go" + go in result.out and "\nContexts\nthe program has no contexts\n" in result.out, result
        assert "Context tree" not in result.out, result
        # Nothing to fill the columns LONGEST and FINDING with.
        assert re.search(r"^COUNT  STATE +AT +CREATED BY$", result.out, re.M), result
        assert "\nno wait times: no garbage collection has run\n" in result.out, result


@case()
def report_at_the_start(go):
    """Before the runtime has started, and of a process that stays stopped."""
    result = debugger.run("exec", "--batch", "-e", "dump", "-e", "kill --yes", "--", programs.path("crash", go), "wait")
    assert "\nstopped     since the debugger stopped it" in result.out, result
    assert "\nThe Go runtime has not started yet\n" in result.out and "\nBuild\n" in result.out, result
