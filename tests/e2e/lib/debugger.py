"""Runs gctxdbg and checks every run for crashes and sanitizer reports."""
import json
import os
import re
import signal
import subprocess
from dataclasses import dataclass

from . import paths

_SANITIZER = re.compile(r"(?:Address|Leak|Thread)Sanitizer|UndefinedBehavior|\.[ch]:\d+:\d+: runtime error")


@dataclass
class Result:
    argv: list
    status: int
    out: str
    err: str

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError as e:
            raise AssertionError(f"{self}: standard output is not a JSON document: {e}") from None

    def __str__(self):
        return (f"{' '.join(self.argv)} (status {self.status})\n--- stdout\n{self.out[-3000:]}"
                f"\n--- stderr\n{self.err[-3000:]}")


def environment(**changes):
    env = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm")
    # Keep sanitizer reports apart from the exit statuses of the debugger.
    env["ASAN_OPTIONS"] = "exitcode=86:abort_on_error=0:detect_leaks=1"
    env["TSAN_OPTIONS"] = "exitcode=86"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1:exitcode=86"
    env.update({k: v for k, v in changes.items() if v is not None})
    return env


def scaled(seconds):
    return seconds * 5 if paths.is_sanitized() else seconds


def check_run(result):
    """Checks that neither a signal nor a sanitizer ended the run."""
    assert 0 <= result.status <= 3, f"gctxdbg crashed: {result}"
    assert not _SANITIZER.search(result.err), f"sanitizer report: {result}"


def run(*args, expect=0, timeout=60, env=None, stdin=None, prefix=(), cwd=None):
    """Runs gctxdbg until it exits. `expect`: an exit status, a set of them, or None for any."""
    argv = [*map(str, prefix), paths.debugger(), *map(str, args)]
    try:
        p = subprocess.run(argv, input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           errors="replace", timeout=scaled(timeout), env=environment(**(env or {})),
                           cwd=cwd)
    except subprocess.TimeoutExpired as e:
        raise AssertionError(f"{' '.join(argv)} did not end within {scaled(timeout)} s; "
                             f"stderr: {(e.stderr or b'')[-2000:]}") from None
    result = Result(argv, p.returncode, p.stdout, p.stderr)
    check_run(result)
    if expect is not None:
        wanted = {expect} if isinstance(expect, int) else expect
        assert result.status in wanted, f"expected exit status {expect}: {result}"
    return result


def _evals(commands):
    return [a for c in commands for a in ("-e", c)]


def core(exe, core_file, *commands, **options):
    return run("core", exe, core_file, "--batch", *_evals(commands), **options)


def attach(pid, *commands, options=(), **more):
    return run("attach", pid, "--batch", *options, *_evals(commands), **more)


def start(*args, env=None, **popen):
    """Starts gctxdbg in the background; see finish()."""
    return subprocess.Popen([paths.debugger(), *map(str, args)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=environment(**(env or {})), **popen)


def finish(child, timeout=60):
    """Waits for a child of start()."""
    out, err = child.communicate(timeout=scaled(timeout))
    result = Result(child.args, child.returncode, out, err)
    check_run(result)
    return result


def one_sentence(result, *words):
    """Checks that stderr is one line, as the contract requires for bad input, and matches these patterns."""
    text = result.err.strip()
    assert text, f"no message on stderr: {result}"
    assert len(text.splitlines()) <= 1, f"more than one line on stderr: {result}"
    assert len(text) < 500, f"too long for one sentence: {result}"
    for word in words:
        assert re.search(word, text, re.I), f"{word!r} is not in the message: {result}"


def was_killed_by(child, sig=signal.SIGKILL):
    return child.returncode == -sig
