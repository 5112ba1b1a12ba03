"""No verdict without proof: programs that look suspicious but are healthy, also as built for tests and with checks, and
contexts that only the runtime's own records show to be in use."""
import pathlib
import re
import time

from cases.contexts import LIST, VERDICTS, no_verdict, verdicts
from lib import debugger, elf, oracle, process, programs
from lib.crash import new_crash
from lib.runner import case

CHECK = "ctx check --json"


def check(pid):
    return debugger.attach(pid, CHECK, expect={0, 3})


@case(go="each", build=["default", "stripped", "race", "unoptimised"])
def suspicious_uses(go, build):
    """Contexts with methods of their own, stale words in stack slots, functions kept by deferred calls, a context that
    ends later than its parent, an idle worker that remembers its last job."""
    with process.Process([programs.path("innocent", go, build)]) as p:
        result = check(p.pid)
        no_verdict(result)
        notes = verdicts(result, "notes")
        assert [(n["kind"], n["type"]) for n in notes] == ([] if go == "1.19" else [("ends-later", "*main.graceful")]), notes
        assert all("which a timer that fires in 59m" in n["text"] for n in notes), notes
        process.check_untouched(p.pid)


@case(go=[programs.newest()], build=["race", "cover"])
def healthy_server_built_for_tests(go, build):
    healthy(go, build)


@case(go=[programs.oldest()])
def healthy_server_without_optimisation(go):
    healthy(go, "unoptimised")


def healthy(go, build):
    with process.Process([programs.path("healthy", go, build)]) as p:
        time.sleep(1.5)  # the case: waits that are longer than the grace period of 1 s
        no_verdict(check(p.pid))


@case(go="ends", build=["race", "unoptimised"])
def repaired_programs_built_for_tests(go, build):
    path = programs.path("verdicts", go, build)
    started = [process.Process([path, name, "repaired"], ready=None) for name in VERDICTS]
    for p in started:
        p.expect_line("ready")
    for p in started:
        with p:
            no_verdict(check(p.pid))


def late_crash(path):
    """A crash in which more than 100 deadlines of active contexts had passed by 2 ms, how many, and how many by less: at
    times the runtime has read the clock only before they passed. Contexts whose mutex is held are being canceled."""
    for _ in range(12):
        crash = new_crash(path, "deadlines")
        core = pathlib.Path(crash.core).read_bytes()
        left = [c["deadline_seconds_left"]
                for c in debugger.core(path, crash.core, "ctx list --json").json()["contexts"]
                if c["type"] == "*context.timerCtx" and c["state"] == "active" and not is_locked(core, int(c["addr"], 16))]
        surely = sum(t < -0.002 for t in left)
        if surely > 100:
            return crash, surely, sum(t <= 0 for t in left)
    raise AssertionError("no crash with deadlines in the past")


def is_locked(core, context):
    """Whether a timerCtx's mutex is held: cancelCtx{Context; mu sync.Mutex; …}, sync.Mutex{state int32; …}."""
    return core[elf.file_offset(core, context + 16)] & 1


@case(go="ends")
def short_deadlines_in_a_crash(go):
    """While the runtime prints thousands of tracebacks, no timer fires. Only the core says so: deadlines in the past are
    undecided there, and no verdict on a process."""
    path = programs.path("innocent", go)
    with process.Process([path, "deadlines"]) as p:
        result = check(p.pid)
        no_verdict(result)
        assert result.json()["undecided_deadlines"] == 0, result
    crash, surely, perhaps = late_crash(path)
    result = debugger.core(path, crash.core, "ctx check --grace 1ms --json", expect={0, 3})
    no_verdict(result)
    late = result.json()["undecided_deadlines"]
    assert surely <= late <= perhaps, (surely, perhaps, result)
    assert result.json()["undecided"] >= late, result
    text = debugger.core(path, crash.core, "ctx check --grace 1ms").out
    assert text.startswith("0 verdicts on "), text
    assert f"undecided: {late} deadlines have passed, but the process was crashing" in text, text


@case(go="each", build=["default", "stripped"])
def contexts_that_only_the_runtime_keeps(go, build):
    """In deferred calls, in goroutines that have not run yet, where a running function has spilled its arguments."""
    with process.Process([programs.path("keepers", go, build)], {"GODEBUG": "asyncpreemptoff=1"}, ready=None) as p:
        kept = []
        while (line := p.line()) != "ready":
            kept.append(line.split())
        assert len(kept) == 10, kept
        process.wait_until(lambda: any(c.startswith("running") for c in process.system_calls(p.pid)), "it computes")
        holders = {c["addr"]: c["holders"] for c in debugger.attach(p.pid, LIST).json()["contexts"]}
        wrong = [(what, goid, holders.get(address)) for what, address, goid in kept if holders.get(address) != [int(goid)]]
        assert not wrong, wrong


@case(go=["1.25", "1.26", "1.27"])
def contexts_made_while_the_collector_marks(go):
    """Since Go 1.25, what says that an object is allocated does not advance in that phase. The program always has 2000
    contexts and their root; one more while it is being replaced."""
    with process.Process([programs.path("marking", go)]) as p:
        for _ in range(4):
            listed = debugger.attach(p.pid, LIST).json()["contexts"]
            assert len(listed) in (2001, 2002), len(listed)
