"""Programs in containers, and programs whose file was deleted: the executable is found through /proc."""
import os
import re
import shutil
import tempfile
import time

from lib import debugger, gotrace, oracle, process, programs
from lib.container import LIBRARIES, PROGRAM, Container
from lib.runner import case


def namespace_tids(pid):
    """{thread id outside the container: thread id inside}"""
    tids = {}
    for tid in process.threads(pid):
        with open(f"/proc/{pid}/task/{tid}/status") as f:
            tids[tid] = int(re.search(r"^NSpid:.*\t(\d+)$", f.read(), re.M)[1])
    return tids


@case(go="each", build=["default", "stripped", "stripped-pie"])
def stacks_equal_what_go_prints(go, build):
    path = programs.path("stacks", go, build)
    with Container(path) as c:
        assert not os.path.exists(PROGRAM) and os.path.exists(f"/proc/{c.pid}/root{PROGRAM}")
        live = debugger.attach(c.pid, "goroutines --stacks --json").json()
        info = debugger.attach(c.pid, "info --json").json()
        process.check_untouched(c.pid)
        text, core = c.abort()
        crash = gotrace.parse(text)
        oracle.compare_parked(crash, live).report()
        assert info["layouts"].startswith("DWARF" if build == "default" else "built-in table"), info
        doc = debugger.core(path, core, "goroutines --stacks --json").json()
        oracle.compare_goroutines(crash, doc).report()


@case(go="each", build=["default", "stripped-pie"])
def threads_are_found_by_their_own_ids(go, build):
    """The runtime stores thread ids of the container's pid namespace; running goroutines must be found nevertheless."""
    with Container(programs.path("running", go, build), env={"GODEBUG": "asyncpreemptoff=1"}) as c:
        time.sleep(0.2)
        tids = namespace_tids(c.pid)
        assert all(outer != inner for outer, inner in tids.items()), tids
        running = 0
        for _ in range(5):
            doc = debugger.attach(c.pid, "goroutines --stacks --json").json()
            threads = debugger.attach(c.pid, "threads --json").json()["threads"]
            assert {t["tid"] for t in threads} <= set(process.threads(c.pid)), threads
            for g in doc["goroutines"]:
                if g["status"] == "running":
                    running += 1
                    assert g["thread"] in process.threads(c.pid), g
                    assert g["frames"] and g["frames"][-1]["func"] == "runtime.goexit", g
        assert running
        process.check_untouched(c.pid)


@case(go="each", build=["default", "stripped"])
def libraries_are_the_containers(go, build):
    with Container(programs.path("cgo", go, build)) as c:
        doc = debugger.attach(c.pid, "goroutines --stacks --json").json()
        text, _ = c.abort()
    oracle.compare_parked(gotrace.parse(text), doc).report()
    sleeping = [g["frames"] for g in doc["goroutines"] if any(f["func"] == "main.sleepsInC" for f in g["frames"])]
    assert len(sleeping) == 2, sleeping
    for frames in sleeping:
        names = [f["func"] for f in frames if f["file"] == f"{LIBRARIES}/libc.so.6"]
        assert "sleep" in names and "clock_nanosleep" in names, frames


@case(go="each", fate=["deleted", "replaced", "moved"])
def file_was_replaced_while_running(go, fate):
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(programs.path("waits", go, "stripped"), f"{folder}/waits")
        with process.Process([path]) as p:
            if fate == "moved":
                os.rename(path, f"{folder}/elsewhere")
            else:
                os.unlink(path)
            if fate == "replaced":
                shutil.copy(programs.path("stacks", go), path)
            doc = debugger.attach(p.pid, "goroutines --stacks --json").json()
            process.check_untouched(p.pid)
            text, _ = p.abort()
            oracle.compare_parked(gotrace.parse(text), doc).report()


@case()
def foreign_proc_is_named(go):
    """In a PID namespace of its own with the /proc of another one, no thread has the ID that /proc shows."""
    path = programs.path("sigcount", go)
    for command in (["attach", os.getpid(), "--batch", "-e", "info"], ["exec", "--batch", "-e", "info", "--", path]):
        r = debugger.run(*command, prefix=["unshare", "--pid", "--fork"], expect=2)
        debugger.one_sentence(r, "/proc shows the processes of another PID namespace", "--mount-proc")
