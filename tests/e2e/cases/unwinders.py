"""`set unwinder`: the runtime's table, and independently DWARF with libunwind, find the same frames."""
import json
import pathlib
import subprocess
import tempfile
import time

from lib import debugger, elf, oracle, process, programs
from lib.crash import shared_crash
from lib.runner import case

QUESTIONS = ["goroutines --stacks --json", "threads --stacks --json"]


def documents(text):
    """The consecutive JSON documents in `text`."""
    decoder, out, at = json.JSONDecoder(), [], 0
    while at < len(text):
        document, end = decoder.raw_decode(text, at)
        out.append(document)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return out


def both(*target, options=()):
    """The answers of both unwinders to QUESTIONS."""
    commands = [*QUESTIONS, "set unwinder dwarf", *QUESTIONS]
    r = debugger.run(*target, "--batch", *options, *(a for c in commands for a in ("-e", c)))
    out = documents(r.out)
    assert len(out) == 2 * len(QUESTIONS), r
    return out[:len(QUESTIONS)], out[len(QUESTIONS):]


def differences(pclntab, dwarf):
    key = "goroutines" if "goroutines" in pclntab else "threads"
    assert len(pclntab[key]) == len(dwarf[key])
    return [(p, d) for p, d in zip(pclntab[key], dwarf[key]) if p != d]


def check_equal(pclntab, dwarf):
    assert sum(len(g["frames"]) for g in dwarf[0]["goroutines"]) >= 30, dwarf[0]
    for p, d in zip(pclntab, dwarf):
        assert not differences(p, d), differences(p, d)[:3]


@case(go="each", program=["waits", "stacks", "running", "cgo"], build=["default", "pie"])
def dwarf_finds_the_same_frames(go, program, build):
    """Everything is equal: pc, sp and fp of each frame, functions, files, lines and inlined calls, for parked and
    running goroutines, system stacks and signal handlers."""
    path = programs.path(program, go, build)
    pause = 0.2 if program == "running" else 0  # its goroutines start to run after "ready"
    with process.Process([path]) as p:
        time.sleep(pause)
        check_equal(*both("attach", p.pid))
    crash = shared_crash(path, pause=pause)
    pclntab, dwarf = both("core", crash.exe, crash.core)
    check_equal(pclntab, dwarf)
    oracle.compare_goroutines(crash.parsed(), dwarf[0]).report()


@case(go="ends")
def stripped_program_is_refused(go):
    whole = programs.path("waits", go)
    with tempfile.TemporaryDirectory() as folder:
        stripped = f"{folder}/waits"
        subprocess.run(["strip", "-s", "-o", stripped, whole], check=True)
        check_stripped(whole, stripped)


def check_stripped(whole, stripped):
    with process.Process([stripped]) as p:
        r = debugger.attach(p.pid, "set unwinder dwarf", expect=1)
        debugger.one_sentence(r, "waits", r"\.debug_frame", "--debug-file")
        r = debugger.run("attach", p.pid, "--batch", "-x", "-", expect=1, stdin="set on-error continue\n"
                         "set unwinder dwarf\nshow unwinder\ngoroutines --stacks\n")
        assert r.out.startswith("pclntab\n") and "main.selectEmpty" in r.out, r
        check_equal(*both("attach", p.pid, options=["--debug-file", whole]))


@case(go="ends")
def missing_frame_information_is_reported(go):
    """Without entries for functions, unwinding is impossible and the error says so."""
    path = programs.path("waits", go, "plain-dwarf")
    data = bytearray(pathlib.Path(path).read_bytes())
    start, size = elf.sections(data)[".debug_frame"]
    common = 4 + int.from_bytes(data[start:start + 4], "little")
    data[start + common:start + size] = bytes(size - common)
    core = shared_crash(path).core
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "damaged").write_bytes(data)
        r = debugger.core(f"{folder}/damaged", core, "goroutines --stacks", "set unwinder dwarf", "goroutines --stacks",
                          expect={0, 1})
    assert "main.selectEmpty" in r.out and "the DWARF has no frame information for runtime.gopark" in r.out + r.err, r
