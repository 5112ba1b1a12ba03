"""Programs as they are built for production: the output, live and from a core, equals what Go prints and the output for
the debug build of the same source."""
import json
import pathlib
import re

from lib import debugger, gotrace, oracle, process, programs, shared
from lib.crash import shared_crash
from lib.runner import case

STACKS = "goroutines --stacks --json"
# {variant: the variant of the same program that has DWARF and symbols}
DEBUG_BUILD = {
    "pie": "default",
    "stripped": "default",
    "stripped-trimmed": "default",
    "stripped-pie": "default",
    "external": "default",
    "stripped-external": "external",
    "race": "race",
    "stripped-race": "race",
    "noswissmap": "noswissmap",
    "stripped-noswissmap": "noswissmap",
}


def inspected_once(path):
    """(output for a process, output for a core), made once per run: many builds are compared with one debug
    build."""
    def fill(folder):
        with process.Process([path]) as p:
            live = debugger.attach(p.pid, STACKS).json()
        crash = shared_crash(path)
        dead = debugger.core(crash.exe, crash.core, STACKS).json()
        pathlib.Path(folder, "documents.json").write_text(json.dumps([live, dead]))

    return json.loads((shared.folder(("inspected", path), fill) / "documents.json").read_text())


def inspected(path):
    """(output for the process, output for its core, what Go printed). The traceback is compared with both outputs, so the
    crash must be that of this process."""
    with process.Process([path]) as p:
        live = debugger.attach(p.pid, STACKS).json()
        process.check_untouched(p.pid)
        text, core = p.abort()
        dead = debugger.core(path, core, STACKS).json()
    return live, dead, gotrace.parse(text)


def without_prefix(file):
    """A path as -trimpath records it: relative to GOROOT/src, or starting with the module. Files that cgo generates are
    in a folder whose name differs in each build."""
    file = re.sub(r"^/.*/go-[0-9.]+/src/", "", file or "")
    file = re.sub(r"^/.*/b\d+/", "", file)
    return re.sub(r"^/.*/src/(?=\w+/\w+\.\w+$)", "programs/", file)


def location(frame):
    # Names of C functions are only in the symbol table.
    name = "C" if frame["stack"] == "c" else f"{frame['func']} {without_prefix(frame['file'])}:{frame['line']}"
    return name, frame["stack"], frame["inlined"]


def meaning(document):
    """Everything about user goroutines except addresses, ids and times. System goroutines are left out, because the
    runtime starts some on demand."""
    out = []
    for g in document["goroutines"]:
        if g["system"]:
            continue
        creator = g["created_by"]
        out.append((g["entry"] or "", g["status"], g["wait_reason"] or "", g["locked"], sorted((g["labels"] or {}).items()),
                    creator and (creator["func"], without_prefix(creator["file"]), creator["line"]),
                    sorted((w["kind"], w.get("op") or "") for w in g["waiting_on"]),
                    [location(f) for f in oracle.without_handler(g["frames"])]))
    return sorted(out, key=repr)


def same_meaning(debug, other):
    expected, actual = meaning(debug), meaning(other)
    assert len(expected) >= 5 and len(expected) == len(actual), (len(expected), len(actual))
    different = [(e, a) for e, a in zip(expected, actual) if e != a]
    assert not different, f"{len(different)} differ; the debug build, then this one:\n" + "\n".join(
        f"    {e}\n    {a}" for e, a in different[:5])
    system = [{g["entry"] for g in d["goroutines"] if g["system"]} for d in (debug, other)]
    # The first collection starts the workers of the garbage collector.
    assert not (system[0] ^ system[1]) - {"runtime.gcBgMarkWorker"}, system


def check(go, program, build):
    path = programs.path(program, go, build)
    live, dead, crash = inspected(path)
    assert dead["go"].startswith(f"go{go}"), dead["go"]
    oracle.compare_parked(crash, live).report()
    oracle.compare_goroutines(crash, dead).report()
    debug_live, debug_dead = inspected_once(programs.path(program, go, DEBUG_BUILD[build]))
    same_meaning(debug_live, live)
    same_meaning(debug_dead, dead)


@case(go="each", program=["waits", "stacks"],
      build=["pie", "stripped", "stripped-trimmed", "stripped-pie", "race", "stripped-race"])
def shows_what_the_debug_build_does(go, program, build):
    check(go, program, build)


@case(go="each", build=["pie", "stripped", "stripped-pie", "external", "stripped-external"])
def cgo_shows_what_the_debug_build_does(go, build):
    check(go, "cgo", build)


@case(go=["1.24", "1.25"], program=["waits", "stacks"], build=["noswissmap", "stripped-noswissmap"])
def old_maps_show_what_the_debug_build_does(go, program, build):
    check(go, program, build)
