"""Programs without symbols and DWARF: the debugger finds by itself what a debug build would tell it."""
import pathlib
import struct
import tempfile

from lib import debugger, oracle, paths, process, programs
from lib.crash import new_crash, shared_crash
from lib.runner import case


def compare_core(go, path):
    with tempfile.TemporaryDirectory() as folder:
        crash = new_crash(path, pause=0.2 if "running" in path else 0, folder=folder)
        doc = debugger.core(path, crash.core, "goroutines --stacks --json").json()
    assert doc["go"].startswith(f"go{go}"), doc["go"]
    oracle.compare_goroutines(crash.parsed(), doc).report()


@case(go="each", build=["stripped", "stripped-pie"])
def running_code_equals_what_go_prints(go, build):
    compare_core(go, programs.path("running", go, build))


WITH_SYMBOLS = {
    "waits": ("waits", "default"),
    "waits-pie": ("waits", "pie"),
    "stacks-unoptimised": ("stacks", "unoptimised"),
    "cgo-external": ("cgo", "external"),
}


@case(go="each", program=list(WITH_SYMBOLS))
def variables_found_through_code(go, program):
    """In programs with symbols, all results of the finder equal those of the symbol table."""
    plugin = pathlib.Path(paths.debugger()).parent / "plugins" / "check_globals.so"
    name, variant = WITH_SYMBOLS[program]
    with process.Process([programs.path(name, go, variant)]) as p:
        r = debugger.run("attach", p.pid, "--batch", "-e", f"plugin load {plugin}", "-e", "check-globals")
        assert "WRONG" not in r.out and r.out.count("ok ") >= 20, r


def without_section_headers(path, out, build_info=True):
    """A copy without section headers, as sstrip makes it, and optionally without build info."""
    data = bytearray(pathlib.Path(path).read_bytes())
    struct.pack_into("<Q", data, 40, 0)  # e_shoff
    struct.pack_into("<HHH", data, 58, 0, 0, 0)  # e_shentsize, e_shnum, e_shstrndx
    if not build_info:
        magic = b"\xff Go buildinf:"
        at = data.index(magic)
        data[at:at + len(magic)] = bytes(len(magic))
    pathlib.Path(out).write_bytes(data)
    pathlib.Path(out).chmod(0o755)


@case(go="each", build=["stripped", "stripped-pie"], build_info=["info", "no-info"])
def no_section_headers(go, build, build_info):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/waits"
        without_section_headers(programs.path("waits", go, build), path, build_info == "info")
        compare_core(go, path)


@case(go="each", build=["stripped", "stripped-pie"])
def stopped_before_its_first_instruction(go, build):
    """Before initialisation there are no goroutines and no failure; after running, everything is found."""
    path = programs.path("sigcount", go, build)
    with tempfile.TemporaryDirectory() as folder:
        # The program exits at end of input: a FIFO that it also has open for writing never ends.
        waiting = ["sh", "-c", 'mkfifo "$0" && exec "$@" 0<>"$0"', f"{folder}/input"]
        r = debugger.run("exec", "--batch", "-e", "goroutines --json", "-e", "continue --for 1s",
                         "-e", "goroutines --group wait --system", "-e", "kill", "--", path, prefix=waiting)
    assert '"goroutines":[]' in r.out.replace(" ", ""), r
    assert "GC sweep wait" in r.out and "unknown" not in r.out, r


@case()
def packed_program(go):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/packed"
        without_section_headers(programs.path("waits", go, "stripped"), path)
        data = bytearray(pathlib.Path(path).read_bytes())
        for magic in (b"\xf1\xff\xff\xff\0\0\1\x08", b"\xf0\xff\xff\xff\0\0\1\x08"):
            data = data.replace(magic, b"UPX!1234")
        data[0x800:0x804] = b"UPX!"
        pathlib.Path(path).write_bytes(data)
        core = shared_crash(programs.path("waits", go)).core
        r = debugger.run("core", path, core, "--batch", "-e", "goroutines", expect=2)
        assert "UPX" in r.err and "--exe" in r.err, r
