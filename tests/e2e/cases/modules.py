"""Programs whose Go code is in several files, or not in the executable: plug-ins, Go libraries in other programs."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from lib import debugger, gotrace, oracle, paths, process, programs
from lib.crash import shared_crash
from lib.runner import case


STACKS = "goroutines --stacks --json"


LOADER = paths.PROGRAMS / "hosts" / "load.py"


def compare_core(exe, core, printed):
    document = debugger.core(exe, core, STACKS).json()
    assert len(document["goroutines"]) > 5, document
    for g in document["goroutines"]:  # what ran after the traceback was printed
        panics = [i for i, f in enumerate(g["frames"]) if f["func"] == "panic"]
        g["frames"] = g["frames"][panics[0] if panics else 0:]
    oracle.compare_goroutines(printed, document).report()


def check_guest(contexts, tickets):
    """The goroutines of tests/programs/guest each wait for a context of their own below one value context."""
    value, = [c for c in contexts if c["key"] and c["key"]["text"] == "main.seatKey{row:7}"]
    assert value["value"]["text"] == '"guest"', value
    waited = [c for c in contexts if c["parent"] == value["addr"]]
    assert len(waited) == tickets and all(len(c["waiters"]) == 1 for c in waited), waited


def ticket_waits(document):
    """The goroutines that are in (*ticket).wait."""
    return [g for g in document["goroutines"] if any(f["func"].endswith("(*ticket).wait") for f in g["frames"])]


@case(go="ends", build=["plugin", "stripped-plugin"])
def plugin_equals_what_go_prints(go, build):
    host, guest = programs.path("pluginhost", go), programs.path("guest", go, build)
    crash = shared_crash(host, guest)
    compare_core(crash.exe, crash.core, crash.parsed())
    # The kernel does not dump the plug-in's variables that were never written to: they are zero.
    r = debugger.core(crash.exe, crash.core, "ctx list --json")
    check_guest(r.json()["contexts"], 5)
    assert "warning" not in r.err, r
    with process.Process([host, guest]) as p:
        check_guest(debugger.attach(p.pid, "ctx list --json").json()["contexts"], 5)
        assert len(ticket_waits(debugger.attach(p.pid, STACKS).json())) == 5
        process.check_untouched(p.pid)


@case(go="ends")
def variables_and_breakpoints_in_a_plugin(go):
    host, guest = programs.path("pluginhost", go), programs.path("guest", go, "plugin")
    with process.Process([host, guest]) as p:
        g = ticket_waits(debugger.attach(p.pid, STACKS).json())[0]
        number = next(i for i, f in enumerate(g["frames"]) if f["func"].endswith("(*ticket).wait"))
        r = debugger.attach(p.pid, "print programs/guest.Seats", "whatis programs/guest.ticket",
                            f"goroutine {g['goid']}", f"frame {number}", "args")
        assert '"front": 3' in r.out and "Note string" in r.out and '"seat"' in r.out, r
        r = debugger.attach(p.pid, "break programs/guest.ticks", "continue", "bt", "args")
        assert "breakpoint 1, programs/guest.ticks, hit 1" in r.out and "n = 1" in r.out, r
        process.check_untouched(p.pid)


@case()
def plugin_loaded_after_attach(go):
    """Also its types, without DWARF, although types were looked up before."""
    host, guest = programs.path("pluginhost", go), programs.path("guest", go, "stripped-plugin")
    with process.Process([host, guest, "later"]) as p:
        load = f"echo > /proc/{p.pid}/fd/0; until [ -e {p.folder}/loaded ]; do sleep 0.05; done"
        r = debugger.attach(p.pid, "goroutines", "whatis context.cancelCtx", f"! {load}", "snapshot", "goroutines",
                            "whatis programs/guest.ticket", "break programs/guest.ticks", "continue")
        assert "Note string" in r.out, r
        assert r.out.count(" guest.(*ticket).wait main.go") == 5, r
        assert "breakpoint 1, programs/guest.ticks, hit 1" in r.out, r


@case(go="each", build=["c-shared", "stripped-c-shared"])
def library_in_python_equals_what_go_prints(go, build):
    with process.Process([sys.executable, LOADER, programs.path("guest", go, build)]) as p:
        check_guest(debugger.attach(p.pid, "ctx list --json").json()["contexts"], 3)
        assert len(ticket_waits(debugger.attach(p.pid, STACKS).json())) == 3
        process.check_untouched(p.pid)
        p.send("crash")
        text, core = p.aborted()
        compare_core(sys.executable, core, gotrace.parse(text))


def documents(result):
    return [json.loads(line) for line in result.out.splitlines() if line.startswith("{")]


@case()
def two_runtimes_in_one_process(go):
    """Each is inspected alone, and reports about one name the other."""
    guests = [programs.path("guest", go, "c-shared"), programs.path("guest", go, "stripped-c-shared")]
    with process.Process([sys.executable, LOADER, *guests]) as p:
        counts = {}
        for number in 1, 2:
            found = debugger.attach(p.pid, STACKS, options=[f"--runtime={number}"]).json()
            info = debugger.attach(p.pid, f"set runtime {number}", "info --json").json()
            assert sorted(info["runtimes"]) == sorted(guests) and info["runtime"] == number, info
            counts[info["runtimes"][number - 1]] = len(ticket_waits(found))
        assert counts == {guests[0]: 3, guests[1]: 4}, counts
        for command in "dump", "ctx check":
            r = debugger.attach(p.pid, command, options=["--runtime=2"])
            assert 'runtime 2 of 2: guest; --runtime=1 or "set runtime 1" shows the other' in r.out, r
            found = debugger.attach(p.pid, f"{command} --json").json()
            assert len(found["runtimes"]) == 2 and found["runtime"] == 1, found
        assert "of another Go runtime" in debugger.attach(p.pid, "threads").out
        process.check_untouched(p.pid)


@case()
def runtime_is_selected_by_number_or_file(go):
    guests = [programs.path("guest", go, "c-shared"), programs.path("guest", go, "stripped-c-shared")]
    with process.Process([sys.executable, LOADER, *guests]) as p:
        for number, guest in enumerate(guests):
            found = debugger.attach(p.pid, STACKS, options=[f"--runtime={'/'.join(guest.split('/')[-2:])}"]).json()
            assert len(ticket_waits(found)) == 3 + number, found
        for wrong, problem in ("0", "number from 1"), ("9999999999", "no Go runtime 9999999999"), \
                              ("guest", "more than one Go runtime guest"), ("3", f"{guests[0]}"):
            r = debugger.attach(p.pid, "info", options=[f"--runtime={wrong}"], expect=2)
            assert problem in r.err, r
        for number in 1, 2:  # the debug file is that of one of them
            r = debugger.attach(p.pid, "info", options=[f"--runtime={number}", f"--debug-file={guests[0]}"])
            assert f"{number}  " in r.out, r
        r = debugger.attach(p.pid, "info", options=[f"--debug-file={programs.path('waits', go)}"], expect=2)
        assert "different build" in r.err, r
        process.check_untouched(p.pid)


@case()
def breakpoints_prevent_a_change_of_the_runtime(go):
    """Until they are deleted, also before they were armed, or if they are disabled."""
    guests = [programs.path("guest", go, "c-shared"), programs.path("guest", go, "stripped-c-shared")]
    with process.Process([sys.executable, LOADER, *guests]) as p:
        for before, after in [["break main.ticks"], ["breakpoints"]], \
                             [["break main.ticks", "disable 1"], ["enable 1", "continue"]]:
            r = debugger.attach(p.pid, "set on-error continue", *before, "set runtime 2", *after, expect=1)
            assert "delete the breakpoints" in r.err and "main.ticks" in r.out, r
        r = debugger.attach(p.pid, "break main.ticks", "continue", "set runtime 1", "delete", "set runtime 2",
                            "break main.ticks", "continue", "info --json")
        assert r.out.count("hit 1") == 2 and documents(r)[0]["runtime"] == 2, r
        process.check_untouched(p.pid)


@case()
def runtime_loaded_after_attach(go):
    """It follows those that were there, wherever it is in memory; numbers stay."""
    guests = [programs.path("guest", go, "c-shared"), programs.path("guest", go, "stripped-c-shared")]
    with process.Process([sys.executable, LOADER, guests[0]]) as p:
        load = f"echo {guests[1]} > /proc/{p.pid}/fd/0; until [ -e {p.folder}/loaded ]; do sleep 0.05; done"
        r = debugger.attach(p.pid, "info", f"! {load}", "snapshot", "info --json", "set runtime 2", "info --json", STACKS,
                            "set runtime stripped-c-shared/guest", "set runtime 1", "info --json")
        first, second, stacks, last = documents(r)
        assert first["runtimes"] == second["runtimes"] == last["runtimes"] == guests, r
        assert [d["runtime"] for d in (first, second, last)] == [1, 2, 1] and len(ticket_waits(stacks)) == 4, r
        assert f"runtime     {guests[0]}" in r.out, r
        process.check_untouched(p.pid)


@case()
def core_without_the_library(go):
    folder = tempfile.mkdtemp()
    library = shutil.copy(programs.path("guest", go, "c-shared"), f"{folder}/guest.so")
    with process.Process([sys.executable, LOADER, library]) as p:
        p.send("crash")
        _, core = p.aborted()
        os.unlink(library)
        r = debugger.core(sys.executable, core, "info", expect=2)
    assert "is not a Go program" in r.err and "(1 library could not be read)" in r.err, r


@case()
def exec_of_a_program_with_a_shared_runtime(go):
    path = programs.path("linkshared", go, "linkshared")
    r = debugger.run("exec", "--batch", "-e", "break main.main", "-e", "continue", "-e", "info --json", "-e", "delete",
                     "-e", "break main.park", "-e", "continue", "-e", "goroutines", "-e", "delete", "-e", "kill", "--", path)
    info, = documents(r)
    assert "breakpoint 1, main.main, hit 1" in r.out and "main.park main.go" in r.out, r
    assert "libruntime" in info["runtimes"][0] and info["go_modules"] == [path], info


@case(go="ends")
def stripped_archive_in_a_c_program(go):
    """The C code has DWARF, the Go code has none."""
    folder = tempfile.mkdtemp()
    subprocess.run(["gcc", "-g", "-o", f"{folder}/host", paths.PROGRAMS / "hosts" / "host.c", "-x", "none",
                    "-Wl,--whole-archive", programs.path("guest", go, "stripped-c-archive"), "-Wl,--no-whole-archive",
                    "-lpthread", "-lresolv"], check=True)
    subprocess.run(["objcopy", "-w", "--strip-symbol=runtime.*", f"{folder}/host"], check=True)
    with process.Process([f"{folder}/host"]) as p:
        check_guest(debugger.attach(p.pid, "ctx list --json").json()["contexts"], 3)
        process.check_untouched(p.pid)


@case(compiler=["gccgo", "TinyGo"])
def other_go_compilers_are_named(go, compiler):
    """Programs with what those compilers leave behind: gccgo's export data, the names of TinyGo's runtime."""
    folder = tempfile.mkdtemp()
    section = '__attribute__((section(".go_export"))) const char data[] = "v3;";'
    function = "void tinygo_startTask(void) {}"
    source = f"#include <stdio.h>\n{section if compiler == 'gccgo' else function}\n" \
             'int main(void) { puts("ready"); fflush(stdout); return getchar(); }\n'
    subprocess.run(["gcc", "-x", "c", "-o", f"{folder}/other", "-"], input=source, text=True, check=True)
    with process.Process([f"{folder}/other"]) as p:
        r = debugger.attach(p.pid, "goroutines", expect=2)
        assert f"was built with {compiler}, whose runtime is not supported" in r.err, r


@case(go="ends", build=["default", "stripped"])
def program_that_unpacked_itself(go, build):
    """--exe names the unpacked program, which is verified by its code in memory."""
    folder = tempfile.mkdtemp()
    subprocess.run(["gcc", "-O1", "-w", "-o", f"{folder}/packed", paths.PROGRAMS / "hosts" / "unpack.c"], check=True)
    path = programs.path("stacks", go, build)
    with process.Process([f"{folder}/packed", path]) as p:
        r = debugger.attach(p.pid, "goroutines", expect=2)
        assert "packed with UPX" in r.err and "--exe" in r.err, r
        r = debugger.attach(p.pid, "goroutines", options=["--exe", programs.path("iters", go)], expect=2)
        assert "is not what process" in r.err, r
        live = debugger.attach(p.pid, STACKS, options=["--exe", path]).json()
        text, _ = p.abort()
    printed, differences = gotrace.parse(text).goroutines(), oracle.Differences()
    parked = [g for g in live["goroutines"] if g["status"] == "waiting" and not g["system"]]
    for g in parked:
        oracle.compare_frames(differences, f"goroutine {g['goid']}", printed[g["goid"]], g["frames"])
    differences.report()
    assert len(parked) > 3, live
