"""A hundred thousand goroutines: each is listed exactly once, and the debugger uses little memory."""
import collections
import json
import os
import re
import tempfile

from lib import debugger, paths, process, programs
from lib.runner import case

COUNT = 100_000
# {innermost function of a goroutine of bench/many: how many of eight goroutines are in it}
KINDS = {"main.acquire": 1, "main.sleep": 1, "main.wait": 2, "main.receive": 4}
EXPECTED = {kind: COUNT * share // 8 for kind, share in KINDS.items()}


def crowd(go, folder):
    return process.Process([programs.build_bench("many", go, folder), str(COUNT)])


def command_line(pid, command):
    return ["attach", pid, "--batch", "--max-stop", "0", "-e", command]


def is_parked(g):
    return any(f["func"] == "main.handle" for f in g["frames"])


def innermost(g):
    return next(f["func"] for f in g["frames"] if f["func"].startswith("main."))


@case(go="ends", timeout=240)
def none_is_lost(go):
    with tempfile.TemporaryDirectory() as folder, crowd(go, folder) as p:
        listed, stacks, table, groups = (
            debugger.run(*command_line(p.pid, command), timeout=200)
            for command in ("goroutines --json", "goroutines --stacks --json", "goroutines", "goroutines --group stack --json"))
        rows = [g for g in stacks.json()["goroutines"] if is_parked(g)]
        counted = collections.Counter(map(innermost, rows))
        assert counted == EXPECTED, counted
        ids = [g["goid"] for g in stacks.json()["goroutines"]]
        assert ids == sorted(set(ids)), "ids do not ascend, or one is listed twice"
        assert ids == [g["goid"] for g in listed.json()["goroutines"]]
        assert stacks.json()["total"] == len(ids)
        assert not any("problem" in g for g in rows)
        lines = table.out.split("\n\n")[1].splitlines()[1:]
        shown = [int(re.match(r" *([0-9]+) ", line)[1]) for line in lines]
        assert shown == [g["goid"] for g in stacks.json()["goroutines"] if not g["system"]]
        counted = collections.Counter()
        for group in groups.json()["groups"]:
            if is_parked(group):
                assert len(group["goids"]) == group["count"]
                counted[innermost(group)] += group["count"]
        assert counted == EXPECTED, counted


@case(timeout=120, command=["goroutines --stacks", "goroutines --stacks --json", "goroutines --group stack"])
def the_debugger_stays_small(go, command):
    with tempfile.TemporaryDirectory() as folder, crowd(go, folder) as p:
        child = debugger.start(*command_line(p.pid, f"{command} > {folder}/out"))
        _, status, usage = os.wait4(child.pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, child.stderr.read()
        if not paths.is_sanitized():  # a sanitizer needs memory, too
            assert usage.ru_maxrss * 1024 <= 60_000_000, f"{usage.ru_maxrss} KB peak memory"


@case(timeout=120)
def groups_of_one_each_stay_small(go):
    """No two stacks are equal: a group must store a key, not the whole stack."""
    with tempfile.TemporaryDirectory() as folder, process.Process([programs.path("awkward", go)]) as p:
        p.ask("stacks 50000")
        child = debugger.start(*command_line(p.pid, f"goroutines --group stack > {folder}/out"))
        _, status, usage = os.wait4(child.pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, child.stderr.read()
        with open(f"{folder}/out") as f:
            text = f.read()
        assert text.count("\n1 goroutine [chan receive") >= 50000 and "main.left" in text and "main.right" in text, text[:3000]
        if not paths.is_sanitized():
            assert usage.ru_maxrss * 1024 <= 90_000_000, f"{usage.ru_maxrss} KB peak memory"


@case(command=["goroutines", "goroutines --stacks", "goroutines --stacks --json"])
def a_closed_pipe_ends_the_command(go, command):
    with tempfile.TemporaryDirectory() as folder, crowd(go, folder) as p:
        child = debugger.start(*command_line(p.pid, command))
        assert child.stdout.read(100)
        child.stdout.close()
        assert child.wait(debugger.scaled(60)) == 0, child.stderr.read()
        assert child.stderr.read() == ""
        process.check_untouched(p.pid)


@case(timeout=120)
def an_interrupted_document_is_valid_json(go):
    with tempfile.TemporaryDirectory() as folder, crowd(go, folder) as p:
        child = debugger.start(*command_line(p.pid, "goroutines --stacks --json"))
        begin = os.read(child.stdout.fileno(), 1000).decode()  # communicate() would lose what Python has buffered
        child.send_signal(2)
        rest, err = child.communicate(timeout=debugger.scaled(60))
        assert child.returncode == 1, err
        assert "interrupted" in err, err
        document = json.loads(begin + rest)
        assert document["problem"] == "interrupted", list(document)
        assert len(document["goroutines"]) < document["total"]
