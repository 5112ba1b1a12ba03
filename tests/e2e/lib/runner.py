"""Finds the cases and runs several at a time, each in a process of its own.

A case is a function marked with @case. It fails if it raises an exception. Raising Skip skips it, which counts as a
failure if CI=true. All processes that a case started are killed when it ends.
"""
import contextlib
import ctypes
import fnmatch
import glob
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from typing import Callable

from . import paths, programs, shared

_PR_SET_CHILD_SUBREAPER = 36
SLOWEST = 10  # cases that the summary names
_cases = []


class Skip(Exception):
    """This machine cannot run the case; the text gives the reason."""


@dataclass
class Case:
    name: str
    run: Callable
    timeout: float
    toolchain: str
    alone: bool


def case(go="newest", timeout=60, alone=False, **parameters):
    """Marks a case. `go`: "newest", "ends" (oldest and newest), "each", or a list of toolchains. A parameter is a list
    of values; each value makes a case. An `alone` case runs when no other case does."""

    def mark(function):
        _cases.append((function, go, timeout, alone, parameters))
        return function

    return mark


def _toolchains(which):
    if isinstance(which, list):
        return which
    return {"newest": [programs.newest()], "ends": [programs.oldest(), programs.newest()],
            "each": list(programs.toolchains())}[which]


def all_cases(full=True):
    """Unless `full`, a case for each toolchain runs with only one of them, chosen by a hash of its name: all toolchains
    are covered, and adding cases does not move the others."""
    out = []
    for function, which, timeout, alone, parameters in _cases:
        group = function.__module__.rsplit(".", 1)[-1]
        for values in _combinations(parameters):
            rest = list(map(str, values.values()))
            toolchains = _toolchains(which)
            if which == "each" and not full:
                toolchains = [_one_of(toolchains, "/".join([group, function.__name__, *rest]))]
            for go in toolchains:
                name = "/".join([group, function.__name__, go, *rest])
                out.append(Case(name, _bind(function, go, values), timeout, go, alone))
    return out


def _one_of(toolchains, name):
    return toolchains[int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % len(toolchains)]


def _bind(function, go, values):
    return lambda: function(go, **values)


def _combinations(parameters):
    out = [{}]
    for key, options in parameters.items():
        out = [{**o, key: v} for o in out for v in options]
    return out


def selected(cases, only, go):
    """`only`: words or patterns, at least one of which must match the name."""
    def wanted(c):
        return (not go or c.toolchain in go) and (not only or any(
            o in c.name or fnmatch.fnmatch(c.name, o) for o in only))
    return [c for c in cases if wanted(c)]


class _Running:
    def __init__(self, c):
        self.case, self.started, self.cpu = c, time.monotonic(), 0.0
        self.log = tempfile.TemporaryFile("w+")
        factor = 4 if paths.is_sanitized() else 1
        self.deadline = self.started + c.timeout * factor
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _child(c, self.log)

    def poll(self):
        """The exit status, "timeout", or None while the case is running."""
        pid, status, used = os.wait4(self.pid, os.WNOHANG)
        if pid:
            self.cpu = used.ru_utime + used.ru_stime
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() < self.deadline + shared.uncounted_seconds(self.pid):
            return None
        described = _describe_session(self.pid)
        self.stop()
        end = time.monotonic() + 10
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                break
            time.sleep(0.05)
        self.log.seek(0, os.SEEK_END)
        self.log.write(described)
        return "timeout"

    def stop(self):
        """Makes the case print a traceback, clean up and exit."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGALRM)

    def text(self):
        self.log.seek(0)
        return self.log.read()


def _describe_session(session):
    """What each thread of the case and of the programs that it started was doing: one line each."""
    lines = ["the case took too long; its threads (name, pid, state, tracer, wchan, system call):\n"]
    for folder in sorted(glob.glob("/proc/[0-9]*/task/[0-9]*")):
        with contextlib.suppress(OSError, IndexError, ValueError):
            stat, status, wchan, call = (pathlib.Path(folder, f).read_text() for f in ("stat", "status", "wchan", "syscall"))
            name, rest = stat[stat.index("(") + 1:].rsplit(")", 1)
            state, tracer = rest.split()[0], re.search(r"TracerPid:\s*([0-9]+)", status)[1]
            if int(rest.split()[3]) == session or name.startswith("gctxdbg"):
                lines.append(f"  {name} {folder[6:].replace('/task/', ' ')} {state} {tracer} {wchan} {call.strip()}\n")
    return "".join(lines)


def _child(c, log):
    os.setsid()
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    # Orphans become children of this process, so that it can kill them.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGALRM, _timed_out)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    folder = tempfile.tempdir = tempfile.mkdtemp(prefix="gctxdbg-test.")
    os.environ["TMPDIR"] = folder
    os.environ["XDG_STATE_HOME"] = os.path.join(folder, "state")
    status = 1
    try:
        c.run()
        status = 0
    except Skip as e:
        print(e)
        status = 77
    except AssertionError as e:
        for where in traceback.extract_tb(e.__traceback__):
            if "/cases/" in where.filename:
                print(f"{os.path.basename(where.filename)}:{where.lineno}: {where.line}")
        print(e)
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
    finally:
        signal.alarm(0)
        _end_children()
        shutil.rmtree(folder, ignore_errors=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _timed_out(*_):
    raise TimeoutError("the case took too long")


def _end_children():
    """Kills all children, repeatedly: the orphans of killed children become children of this process."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as f:
                pids = [int(p) for p in f.read().split()]
        except OSError:
            return
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.kill(pid, signal.SIGCONT)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


class _Durations:
    """The durations of cases in earlier runs on this machine."""

    def __init__(self):
        kind = "sanitized" if paths.is_sanitized() else "plain"
        self.path = paths.cache() / "tests" / f".durations-{kind}.json"
        self.known = {}
        with contextlib.suppress(OSError, ValueError):
            self.known = json.loads(self.path.read_text())

    def expected(self, c):
        return self.known.get(c.name, c.timeout / 30)

    def save(self, measured):
        self.known.update(measured)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(self.known))
        new.rename(self.path)


def run(cases, jobs):
    """Runs the longest cases first, so that all jobs end at about the same time, and the `alone` ones last. Returns
    (passed, failed)."""
    durations, seconds, counted = _Durations(), {}, {}
    waiting = sorted(cases, key=lambda c: (c.alone, -durations.expected(c)))
    running, passed, failed = [], 0, 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    try:
        while waiting or running:
            while waiting and _may_start(waiting[0], running, jobs):
                running.append(_Running(waiting.pop(0)))
            for r in list(running):
                status = r.poll()
                if status is not None:
                    running.remove(r)
                    outcome, seconds[r.case.name] = _report(r, status)
                    counted[r.case.name] = seconds[r.case.name] - shared.uncounted_seconds(r.pid)
                    passed, failed = passed + (outcome == "ok"), failed + (outcome == "FAIL")
            time.sleep(0.005)
    finally:
        for r in running:
            r.stop()
    durations.save(counted)
    for name in sorted(seconds, key=seconds.get, reverse=True)[:SLOWEST]:
        print(f"slowest: {seconds[name]:6.1f} s {name}")
    print(f"{len(seconds)} cases took {sum(seconds.values()):.0f} s in {jobs} jobs", flush=True)
    return passed, failed


def _may_start(c, running, jobs):
    return not running or (not c.alone and not running[0].case.alone and len(running) < jobs)


def _report(r, status):
    seconds = time.monotonic() - r.started
    outcome = "ok" if status == 0 else "FAIL"
    if status == 77 and os.environ.get("CI") != "true":
        outcome = "skip"
    print(f"{outcome} {r.case.name} ({seconds:.1f} s, cpu {r.cpu:.2f} s)", flush=True)
    if status == 0:
        notes = [f"    {line}\n" for line in r.text().splitlines() if line.startswith("note: ")]
        print("".join(notes), end="", flush=True)
    if status:
        if isinstance(status, int) and status < 0:
            print(f"    killed by {signal.Signals(-status).name}")
        text = r.text().rstrip("\n")
        print("\n".join("    " + line for line in text.splitlines()[-80:]), flush=True)
    return outcome, seconds
