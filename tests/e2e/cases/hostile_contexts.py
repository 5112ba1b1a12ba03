"""Contexts in damaged cores, and interrupted checks: no crash, no hang, and the process continues."""
import os
import pathlib
import random
import re
import signal
import struct
import tempfile
import time

from lib import debugger, elf, paths, process, programs
from lib.oracle import number
from lib.crash import shared_crash
from lib.runner import case

CONTEXT_COMMANDS = ("ctx list --json", "ctx list --garbage --where 'depth > 1 || waiters > 0'", "ctx tree",
                    "ctx tree --all --json", "ctx check --json", "ctx check --all", "goroutines --ctx",
                    "ctx list --group key", "ctx list --group parent")
SPECIAL = (bytes(8), b"\xff" * 8, b"\x08" + bytes(7), bytes(7) + b"\x80", b"\x00\x00\x00\x00\x00\x7f\x00\x00")


def survives(exe, core, what, *commands):
    evals = [a for c in commands for a in ("-e", c)]
    r = debugger.run("core", exe, core, "--batch", "-e", "set on-error continue", *evals, expect={0, 1, 2, 3}, timeout=60)
    assert r.status in (0, 3) or r.err.strip(), f"{what}: status {r.status} and no message"
    assert len(r.err) < 200_000, f"{what}: {len(r.err)} bytes on stderr"


def spoil(data, rnd, offsets, count):
    """Replaces `count` words at these offsets with random values or words from elsewhere."""
    out = bytearray(data)
    for _ in range(count):
        at = rnd.choice(offsets)
        other = rnd.choice(offsets)
        word = rnd.choice([*SPECIAL, rnd.randbytes(8), data[other:other + 8], data[other:other + 8]])
        out[at:at + 8] = word
    return out


@case(go="ends", timeout=400, program=["contexts", "values"])
def damaged_core(go, program):
    """Swaps and overwrites words of contexts, of objects that they refer to and of the runtime's data."""
    rnd = random.Random(f"{go} {program}")
    crash = shared_crash(programs.path(program, go))
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(crash.core).read_bytes()
        listed = debugger.core(crash.exe, crash.core, "ctx list --json", expect={0, 1})
        found = [number(c["addr"]) for c in listed.json()["contexts"]] if listed.status == 0 else []
        objects = []
        for address in found:
            at = elf.file_offset(data, address)
            objects += range(at, min(at + 96, len(data) - 8), 8)
        writable = list(range(1 << 16, len(data) - 4096, 8))
        commands = (*CONTEXT_COMMANDS, *(f"ctx {c} {a:#x}" for c in ("show", "who") for a in found[3:5]),
                    "goroutine 1 --ctx", "locals", "args", "print os.Args", "chan 0xc000012345")
        path = os.path.join(folder, "bad")
        for offsets, counts in ((objects, (10, 1000, 20000)), (writable, (1000, 100000, 500000))):
            for count in counts if offsets else ():
                pathlib.Path(path).write_bytes(spoil(data, rnd, offsets, count))
                survives(crash.exe, path, f"{count} words of {len(offsets)}", *commands)


@case(go="ends", timeout=60)
def endless_globals_in_a_core(go):
    """The bounds of the global variables, in runtime.firstmoduledata, are damaged: they end at the end of the address
    space."""
    crash = shared_crash(programs.path("contexts", go))
    exe, data = (bytearray(pathlib.Path(p).read_bytes()) for p in (crash.exe, crash.core))
    module = elf.file_offset(data, elf.symbol(exe, "runtime.firstmoduledata"))
    for name in ("runtime.edata", "runtime.ebss"):
        at = data.index(struct.pack("<Q", elf.symbol(exe, name)), module, module + 1024)
        data[at:at + 8] = b"\xff" * 8
    context = debugger.core(crash.exe, crash.core, "ctx list --json").json()["contexts"][-1]["addr"]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bad")
        pathlib.Path(path).write_bytes(data)
        for command in ("ctx list", f"ctx show {context}", f"ctx who {context}", "ctx check", "info"):
            r = debugger.run("core", crash.exe, path, "--batch", "-e", command, expect={0, 1, 3}, timeout=10)
            assert command == "info" or "some memory could not be read" in r.err, r


@case(go="ends", timeout=200)
def truncated_core(go):
    crash = shared_crash(programs.path("verdicts", go), "ignores-receive", "broken")
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(crash.core).read_bytes()
        path = os.path.join(folder, "bad")
        for part in (0.999, 0.9, 0.6, 0.3, 0.1):
            pathlib.Path(path).write_bytes(data[:int(len(data) * part)])
            survives(crash.exe, path, f"{part} of the core", *CONTEXT_COMMANDS)


def threads_run(p):
    process.check_untouched(p.pid)
    assert p.alive()


@case(go="newest", timeout=200, sig=["KILL", "TERM", "INT"])
def killed_during_a_check(go, sig):
    """`ctx check` resumes the process for the grace period and stops it again: whenever it is killed, the process
    continues."""
    rnd = random.Random(sig)
    with process.Process([programs.path("verdicts", go), "ignores-receive", "broken"]) as p:
        for _ in range(20):
            child = debugger.start("attach", p.pid, "--batch", "-e", "ctx check --grace 100s" if rnd.random() < 0.2 else
                                   "ctx check --grace 5s", "-e", "ctx tree")
            time.sleep(rnd.choice([0.01, 0.05, 0.1, 0.2, 0.5, 1.0]) * rnd.random() * (3 if paths.is_sanitized() else 1))
            child.send_signal(getattr(signal, "SIG" + sig))
            child.communicate(timeout=debugger.scaled(20))
            if sig != "KILL":
                assert child.returncode in (0, 1, 2, 3, -getattr(signal, "SIG" + sig)), child.returncode
            threads_run(p)
        # Nothing remains that prevents the next check.
        debugger.attach(p.pid, "ctx check --grace 2s", expect=3)


@case(go="newest", how=["kill", "exit"])
def target_ends_during_a_check(go, how):
    rnd = random.Random(how)
    for _ in range(6):
        with process.Process([programs.path("verdicts", go), "ignores-receive", "broken"]) as p:
            child = debugger.start("attach", p.pid, "--batch", "-e", "ctx check --grace 20s", "-e", "ctx tree")
            time.sleep(debugger.scaled(0.05) + rnd.random() * 0.5)
            if how == "kill":
                p.child.kill()
            else:
                p.child.stdin.close()
            r = debugger.finish(child, timeout=15)
            assert r.status in (1, 2), r  # 2: it ended before the attach or during it
            assert re.search(f"process {p.pid} (has exited|is a zombie|is no longer available)|there is no process {p.pid}",
                             r.err), r


@case()
def before_the_runtime_starts(go):
    """At its first instruction, a program has no contexts yet; the error must not claim that it never has any."""
    for command in ("ctx tree", "ctx list --json", "ctx check --json", "ctx show 0x10", "ctx who 0x10"):
        r = debugger.run("exec", "--batch", "-e", command, "--", programs.path("verdicts", go), "background",
                         "repaired", expect=1)
        assert "not started" in r.err, r
