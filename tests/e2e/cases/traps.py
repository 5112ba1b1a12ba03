"""Traps in Go programs: hits equal the program's own counts, whatever else happens and whichever process is killed."""
import os
import pathlib
import subprocess

from lib import debugger, elf, paths, programs
from lib.runner import case

SECONDS = int(os.environ.get("GCTXDBG_SOAK", 4))
STORM = ["-prof", "-urg", "-signals", "-traps", "-births", "-gc", "-children"]


def soak(*args, timeout, **environment):
    """Runs tests/soak/trap_soak and returns its output as a dict."""
    tool = pathlib.Path(paths.debugger()).parent / "unit" / "trap_soak"
    done = subprocess.run([tool, *map(str, args)], capture_output=True, text=True, check=False,
                          env=dict(debugger.environment(), **environment), timeout=timeout)
    print(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    words = done.stdout.split()
    return {k: float(v) for k, v in zip(words[::2], words[1::2])}


def is_exact(seen):
    return seen["exact"] == seen["intact"] == seen["alive"] == 1 and seen["problems"] == 0


@case(go="each", timeout=240 + 3 * SECONDS)
def counted_in_a_storm(go):
    """All kinds of disturbance at the same time. GCTXDBG_SOAK sets the duration in seconds, then with at least
    1,000,000 hits."""
    hits = 1000000 if SECONDS > 4 else 5000
    seen = soak("count", SECONDS, hits, programs.path("hits", go), *STORM, timeout=200 + 2 * SECONDS)
    assert is_exact(seen), seen


@case(go="each", timeout=120)
def counted_inside_signal_handlers(go):
    """A trap in the runtime's signal handler, where all signals are blocked, including SIGTRAP: each hit resets its
    action, which must be repaired."""
    program = programs.path("hits", go)
    handler = elf.symbol(pathlib.Path(program).read_bytes(), "runtime.sighandler")
    seen = soak("count", 2, 500, program, "-signals", timeout=100, TRAP_SOAK_ALSO=f"{handler:x}")
    assert is_exact(seen) and seen["others"] > 0, seen


@case(go="each", timeout=240)
def counted_in_kinds_of_build(go):
    for variant in ("pie", "stripped"):
        seen = soak("count", 2, 2000, programs.path("hits", go, variant), "-signals", timeout=100)
        assert is_exact(seen), seen


@case(go="each", timeout=600)
def survives_kills(go):
    """Kills the debugger 100 times with the newest toolchain, less often with the others."""
    times = 100 if go == programs.newest() else 20
    seen = soak("kill", times, programs.path("hits", go), "-urg", "-signals", "-traps", "-births", timeout=550)
    assert seen["survived"] >= 0.95 * times, seen
