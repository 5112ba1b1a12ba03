"""Finds the cases, runs some at a time, each in a process of its own, and counts.

A case is a function marked with @case. What it asserts decides; raising Skip skips it, which counts
as a failure where CI=true. Everything a case started is killed when it ends.
"""
import contextlib
import ctypes
import fnmatch
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from typing import Callable

from . import paths, programs

_PR_SET_CHILD_SUBREAPER = 36
_cases = []


class Skip(Exception):
    """The machine cannot run this case; the text says why."""


@dataclass
class Case:
    name: str
    run: Callable
    timeout: float
    toolchain: str
    alone: bool


def case(go="newest", timeout=60, alone=False, **parameters):
    """Marks a case: go is "newest", "ends" (oldest and newest), "each", or a list. A parameter's list of values
    makes one case per value. An `alone` case has the machine for itself."""

    def mark(function):
        _cases.append((function, go, timeout, alone, parameters))
        return function

    return mark


def _toolchains(which):
    if isinstance(which, list):
        return which
    return {"newest": [programs.newest()], "ends": [programs.oldest(), programs.newest()],
            "each": list(programs.toolchains())}[which]


def all_cases():
    out = []
    for function, which, timeout, alone, parameters in _cases:
        group = function.__module__.rsplit(".", 1)[-1]
        for go in _toolchains(which):
            for values in _combinations(parameters):
                name = "/".join([group, function.__name__, go, *map(str, values.values())])
                out.append(Case(name, _bind(function, go, values), timeout, go, alone))
    return out


def _bind(function, go, values):
    return lambda: function(go, **values)


def _combinations(parameters):
    out = [{}]
    for key, options in parameters.items():
        out = [{**o, key: v} for o in out for v in options]
    return out


def selected(cases, only, go):
    """`only`: words or patterns, any of which must be in the name."""
    def wanted(c):
        return (not go or c.toolchain in go) and (not only or any(
            o in c.name or fnmatch.fnmatch(c.name, o) for o in only))
    return [c for c in cases if wanted(c)]


class _Running:
    def __init__(self, c):
        self.case, self.started = c, time.monotonic()
        self.log = tempfile.TemporaryFile("w+")
        factor = 4 if paths.is_sanitized() else 1
        self.deadline = self.started + c.timeout * factor
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _child(c, self.log)

    def poll(self):
        """The exit status, "timeout", or None while it runs."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() < self.deadline:
            return None
        # It prints where it is, and ends.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGALRM)
        end = time.monotonic() + 10
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                break
            time.sleep(0.05)
        return "timeout"

    def text(self):
        self.log.seek(0)
        return self.log.read()


def _child(c, log):
    os.setsid()
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    # Orphans become children of this process, so that it can end them.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGALRM, _timed_out)
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
    """Children that are orphans of what this process ended come to it in their turn."""
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


def run(cases, jobs):
    """Runs them; returns (passed, failed)."""
    waiting, running, passed, failed = list(cases), [], 0, 0
    while waiting or running:
        while waiting and len(running) < jobs and not any(r.case.alone for r in running):
            index = next((i for i, c in enumerate(waiting) if not c.alone), None)
            if index is None:
                if running:
                    break
                index = 0
            running.append(_Running(waiting.pop(index)))
        for r in list(running):
            status = r.poll()
            if status is not None:
                running.remove(r)
                outcome = _report(r, status)
                passed, failed = passed + (outcome == "ok"), failed + (outcome == "FAIL")
        time.sleep(0.01)
    return passed, failed


def _report(r, status):
    seconds = time.monotonic() - r.started
    outcome = "ok" if status == 0 else "FAIL"
    if status == 77 and os.environ.get("CI") != "true":
        outcome = "skip"
    print(f"{outcome} {r.case.name} ({seconds:.1f} s)", flush=True)
    if status == 0:
        # What a case measured is worth telling.
        print("".join(f"    {line}\n" for line in r.text().splitlines() if line.startswith("note: ")), end="", flush=True)
    if status:
        if isinstance(status, int) and status < 0:
            print(f"    killed by {signal.Signals(-status).name}")
        text = r.text().rstrip("\n")
        print("\n".join("    " + line for line in text.splitlines()[-80:]), flush=True)
    return outcome
