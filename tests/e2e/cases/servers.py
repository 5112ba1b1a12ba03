"""Go servers from Debian packages (built by Debian's Go, without symbols and DWARF, most of them linked with libc), and
stripped programs from npm, of releases that Debian lacks."""
import functools
import json
import pathlib
import re

from lib import debugger, elf, gotrace, oracle, paths, process, programs, servers
from lib.runner import case
from lib.servers import BUILDS, KINDS, Server

WITH_DEBUG_PAGE = [s for s in BUILDS if KINDS[s.split("/")[0]].debug]
# Programs from npm, and the layouts that each is read with.
LAYOUTS = {
    "esbuild/0.17.6": "go1.20.6 for go1.20",
    "esbuild/0.21.5": "go1.20.6 for go1.20.12",
    "esbuild/0.25.8": "go1.23.5 for go1.23.10",
    "esbuild/0.25.10": "go1.23.12 for go1.23.12",
    "typescript/7.0.0-dev.20250725.1": "go1.24.4 for go1.24.5",
    "typescript/7.0.0-dev.20250811.1": "go1.24.6 for go1.24.6",
}


def minor(version):
    return int(version.removeprefix("go").rstrip("+").split(".")[1])


def is_as_listed(server, version):
    """Whether the Go release that a process reports is that of the table."""
    listed = BUILDS[server]
    if listed.endswith("+"):
        return minor(version) >= minor(listed)
    return version == f"go{listed}" or version.startswith(f"go{listed}.")


def server_case(names, timeout=120):
    """A case for each of these programs, unless Debian has started to build it with a release that is too new."""
    def mark(function):
        @functools.wraps(function)
        def run(go, server):
            release = servers.release(servers.executable(*server.split("/")))
            if release and release[1] > minor(programs.newest()):
                print(f"note: {server} has been built with Go {release[0]}.{release[1]}, which is not supported yet")
            else:
                function(server)
        return case(server=list(names), timeout=timeout)(run)
    return mark


@case()
def every_release_and_kind_of_build(go):
    """The table of programs has every release, both sides of a change in a patch release, and all kinds of builds."""
    supported = {minor(v) for v in programs.toolchains()} | {20}
    assert {minor(v) for v in BUILDS.values()} == supported, BUILDS
    assert {"1.23.10", "1.23.12", "1.24.5", "1.24.6"} <= set(BUILDS.values()), BUILDS
    kinds = set()
    for server in BUILDS:
        data = pathlib.Path(servers.executable(*server.split("/"))).read_bytes()
        assert not {".symtab", ".debug_info", ".zdebug_info"} & set(elf.sections(data)), server
        kinds.add((elf.is_position_independent(data), b"CGO_ENABLED=1" in data and ".interp" in elf.sections(data)))
    assert {(False, False), (False, True), (True, True)} <= kinds, kinds


@server_case(BUILDS, timeout=180)
def stacks_equal_its_own(server):
    """Compares parked goroutines of the process, and all goroutines, threads and frames of the core, if it leaves one. A
    goroutine that runs every 100 ms may enter a system call in between, and one that the kernel wakes may go on after it
    was printed; a bug would show each time."""
    for _ in range(3):
        found = differences_from_its_crash(server)
        if not any(d.found for d in found):
            break
    for d in found:
        d.report()


def report_parked(crash, differences):
    """Reports the differences of goroutines that the kernel does not wake."""
    awake = {goid for goid, g in crash.goroutines().items() if g.status.startswith(("IO wait", "running", "runnable", "syscall"))}
    parked = oracle.Differences()
    parked.found = [text for text in differences.found
                    if not (m := re.match(r"goroutine (\d+)\b", text)) or int(m[1]) not in awake]
    parked.report()


def differences_from_its_crash(server):
    """Of the process, and of the core."""
    with Server(*server.split("/")) as s:
        if s.kind.port:
            s.connect(20)
        # The signal stays pending until the process is resumed, so it hardly runs in between.
        r = debugger.attach(s.pid, "goroutines --stacks --json", "info --json", f"info | kill -ABRT {s.pid}")
        live, info = map(json.loads, r.out.splitlines()[:2])
        assert is_as_listed(server, info["go"]) and info["layouts"].startswith("built-in table"), info
        s.child.wait(40)
        text = s.stderr()
        crash = gotrace.parse(text)
        assert len(crash.goroutines()) >= (20 if s.kind.port else 10), text[-3000:]
        of_process = oracle.compare_parked(crash, live, may_move=True)
        if s.kind.catches_quit:
            return [of_process]
        core = s.core()
        doc = debugger.core(s.exe, core, "goroutines --stacks --json").json()
        threads = debugger.core(s.exe, core, "threads --stacks --json").json()
        of_core = oracle.compare_goroutines(crash, doc)
        report_parked(crash, of_core)
        return [of_process, of_core, oracle.compare_threads(crash, threads)]


@server_case(LAYOUTS)
def patch_release_has_its_own_layouts(server):
    """Patch releases change structs of the runtime. With wrong layouts there are a warning, threads of no m, or verdicts
    on a healthy program."""
    with Server(*server.split("/")) as s:
        r = debugger.attach(s.pid, "ctx check", "snapshot", "ctx list", "threads", "info")
        assert f"built-in table {LAYOUTS[server]};" in r.out and "not the runtime's" not in r.out, r
        assert "layouts" not in r.err, r


# Language servers that never call the cancel functions of requests that they have answered.
NEVER_CANCEL = ("gopls", "typescript")


def true_verdict(server, verdict):
    """A request of gopls that was canceled waits for those before it all the same."""
    if verdict["kind"] == "cancel-ignored":
        return server.startswith("gopls") and ".AsyncHandler." in verdict["frame"]["func"]
    return verdict["kind"] == "pile-up" and server.startswith(NEVER_CANCEL)


@server_case(BUILDS, timeout=180)
def no_verdict_under_load(server):
    """Clients come, talk and leave, some of them in the middle of a request; others are idle. Each inspection sees another
    moment."""
    inspections = paths.rounds(20, 3)
    with Server(*server.split("/")) as s:
        if s.kind.port and not server.startswith("syncthing"):  # which accepts no others until these have sent something
            s.connect(20)
        with s.under_load() as load:
            r = debugger.attach(s.pid, *["snapshot", "ctx check --json"] * inspections, timeout=150,
                                expect={0, 3} if server.startswith(NEVER_CANCEL) else 0)
        documents = [json.loads(line) for line in r.out.splitlines()]
        assert len(documents) == inspections, r
        wrong = [v for d in documents for v in d["verdicts"] if not true_verdict(server, v)]
        assert not wrong, wrong
        assert load["conversations"] > 1 and len(load["problems"]) < load["conversations"] / 10, load


@server_case(["gopls/trixie", "typescript/7.0.0-dev.20250811.1"])
def pile_up_in_a_language_server(server):
    """A true verdict, which remains when nobody uses the server any more."""
    with Server(*server.split("/")) as s:
        def found():
            return debugger.attach(s.pid, "ctx check --stay --json", expect={0, 3}).json()["verdicts"]
        with s.under_load():
            process.wait_until(found, "requests pile up", 60)
        for verdicts in found(), found():
            assert [v["kind"] for v in verdicts] == ["pile-up"] and true_verdict(server, verdicts[0]), verdicts


def own_stacks(text):
    """{goid: frames} from Go's own list, without frames of the runtime, which Go omits."""
    return {g.goid: [f"{f.func} {f.file}:{f.line}" for f in g.frames if not f.func.startswith("runtime.")]
            for section in gotrace.parse(text).sections for g in section.goroutines}


def same_stack(printed, g):
    """Besides runtime frames, Go omits wrappers: generated methods, and the function that the compiler generates for a
    `go` statement, which is named after the enclosing function."""
    ours = [f for f in g["frames"] if not f["func"].startswith("runtime.") and f["file"] != "<autogenerated>"]
    described = [oracle.describe(f) for f in ours]
    creator = g["created_by"] and g["created_by"]["func"]
    return described == printed or (
        described[:-1] == printed and creator and ours[-1]["func"].startswith(f"{creator}."))


def wrong_between(s):
    """({goid: frames} in the server's list before and after ours but not in ours, number of unchanged goroutines)"""
    before = own_stacks(s.own_list())
    doc = debugger.attach(s.pid, "goroutines --stacks --json").json()
    after = own_stacks(s.own_list())
    ours = {g["goid"]: g for g in doc["goroutines"] if not g["system"]}
    stayed = {goid: frames for goid, frames in before.items() if frames and after.get(goid) == frames}
    return {goid: (frames, ours.get(goid)) for goid, frames in stayed.items()
            if goid not in ours or not same_stack(frames, ours[goid])}, len(stayed)


@server_case(WITH_DEBUG_PAGE)
def goroutines_are_those_of_its_debug_page(server):
    """Goroutines that are unchanged between two lists of the server are the same in ours. A goroutine that runs every
    100 ms may differ just when gctxdbg inspects it; a bug would show each time."""
    with Server(*server.split("/")) as s:
        s.connect(20)
        wrong, stayed = wrong_between(s)
        assert stayed >= 20, stayed
        for _ in range(4):
            if wrong:
                again, stayed = wrong_between(s)
                wrong = {goid: why for goid, why in again.items() if goid in wrong}
        assert not wrong, wrong
