"""Traps in Go programs: hits equal the program's own counts, whatever else happens in it, and whoever is killed."""
import pathlib
import subprocess

from lib import debugger, paths, programs
from lib.runner import case

STORM = ["-prof", "-urg", "-signals", "-traps", "-births", "-gc", "-children"]


def soak(*args, timeout):
    """Runs tests/soak/trap_soak and returns its line of keys and values."""
    tool = pathlib.Path(paths.debugger()).parent / "unit" / "trap_soak"
    done = subprocess.run([tool, *map(str, args)], capture_output=True, text=True, check=False,
                          env=debugger.environment(), timeout=timeout)
    print(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    words = done.stdout.split()
    return {k: float(v) for k, v in zip(words[::2], words[1::2])}


def is_exact(seen):
    return seen["exact"] == seen["intact"] == seen["alive"] == 1 and seen["problems"] == 0


@case(go="each", timeout=240)
def counted_in_a_storm(go):
    """All kinds of disturbance at once. What goes wrong once in hundreds of times is told and tried again."""
    try:
        seen = soak("count", 4, 5000, programs.path("hits", go), *STORM, timeout=60)
    except (AssertionError, subprocess.TimeoutExpired) as e:
        print(f"note: tried again: {e}")
        seen = soak("count", 4, 5000, programs.path("hits", go), *STORM, timeout=120)
    assert is_exact(seen), seen


@case(go="each", timeout=240)
def counted_in_kinds_of_build(go):
    for variant in ("pie", "stripped"):
        seen = soak("count", 2, 2000, programs.path("hits", go, variant), "-signals", timeout=100)
        assert is_exact(seen), seen


@case(go="each", timeout=600)
def survives_kills(go):
    """100 kills of the debugger with the newest toolchain, and some with the others."""
    times = 100 if go == programs.newest() else 20
    seen = soak("kill", times, programs.path("hits", go), "-urg", "-signals", "-traps", "-births", timeout=550)
    assert seen["survived"] >= 0.95 * times, seen
