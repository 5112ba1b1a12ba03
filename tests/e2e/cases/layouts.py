"""The built-in table, which provides layouts when there is no DWARF."""
import contextlib
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile

from lib import debugger, elf, layouts, paths, process, programs
from lib.crash import shared_crash
from lib.runner import case

PROBE = paths.PROJECT / "scripts" / "layouts" / "probe.go"


def parts(release):
    """"go1.24.4 X:noswissmap" and "go1.26.4-X:noswissmap" without their patch number and with a blank, and that number."""
    minor, patch, rest = re.fullmatch(r"(go1\.\d+)\.?(\d*)(.*)", release.replace("-X:", " X:")).groups()
    return minor + rest, int(patch or 0)


def column(columns, release):
    """The newest of the same minor release that is not newer."""
    minor, patch = parts(release)
    same = {parts(c)[1]: c for c in columns if parts(c)[0] == minor}
    return columns[same[max((p for p in same if p <= patch), default=min(same))]]


def build_probe(go, folder, experiment):
    """Builds the Go program of the generator as scripts/make-layouts does."""
    shutil.copy(PROBE, folder)
    out = os.path.join(folder, "probe" + experiment)
    env = dict(programs.environment(go), GO111MODULE="off", GOFLAGS="", GOEXPERIMENT=experiment,
               CGO_ENABLED="0")
    subprocess.run([f"{programs.toolchains()[go]}/bin/go", "build", "-o", out, "probe.go"],
                   cwd=folder, env=env, check=True)
    return out


@case(go="each", timeout=300)
def table_equals_the_toolchains_dwarf(go):
    """If this fails, run scripts/make-layouts and check what the change means."""
    generator = pathlib.Path(paths.debugger()).with_name("gctxdbg_make_layouts")
    committed = layouts.committed()
    # Building with staticlockranking would compile the whole standard library once more for each toolchain.
    experiments = [""] + sorted({r.split(":")[1] for r in committed
                                 if r.startswith(f"go{go}.") and ":" in r and "staticlock" not in r})
    with tempfile.TemporaryDirectory() as folder:
        probes = [build_probe(go, folder, e) for e in experiments]
        out = subprocess.run([generator, *probes], stdout=subprocess.PIPE, text=True, check=True)
    made = layouts.parse_table(out.stdout)
    assert len(made) == len(experiments), list(made)
    for release, rows in made.items():
        assert len(rows) > 100, rows
        expected = column(committed, release)
        assert rows == expected, {
            k: (rows.get(k), expected.get(k)) for k in rows.keys() | expected.keys() if rows.get(k) != expected.get(k)}


# ---- Programs that claim to be built by another release ----

def rename_release(source, target, version):
    """Copies a program and changes the Go version in its build info."""
    data = bytearray(pathlib.Path(source).read_bytes())
    length = data.index(b"\xff Go buildinf:") + 32
    size = data[length]
    assert data[length + 1:length + 5] == b"go1." and len(version) <= size, data[length:length + 20]
    data[length + 1:length + 1 + size] = version.encode().ljust(size, b" ")
    pathlib.Path(target).write_bytes(data)
    os.chmod(target, 0o755)


@contextlib.contextmanager
def renamed(go, version):
    """A running stripped program that claims to be from `version`."""
    with tempfile.TemporaryDirectory() as folder:
        rename_release(programs.path("waits", go, "stripped"), f"{folder}/waits", version)
        with process.Process([f"{folder}/waits"]) as p:
            yield p.pid


def lines(result):
    """The ids, states and frames of all goroutines."""
    return [(g["goid"], g["status"], g["wait_reason"], [f["pc"] for f in g["frames"]])
            for g in result.json()["goroutines"]]


@case()
def newer_release_is_checked_against_live_data(go):
    with renamed(go, "go1.99.1") as pid:
        r = debugger.attach(pid, "goroutines --stacks --json")
        assert re.search(r"warning: .*go1\.99\.1", r.err), r
        assert len(lines(r)) > 40 and all(frames for *_, frames in lines(r)), r
        info = debugger.attach(pid, "info --json").json()
        assert info["layouts"].startswith(f"built-in table go{go}"), info
        assert "for go1.99.1" in info["layouts"], info


@case(old=["1.19", "1.21", "1.22", "1.23", "1.24", "1.25"])
def newer_release_with_other_structs_is_refused(go, old):
    """Read with the newest layouts, structs of an older release look like those of a future release."""
    with renamed(old, "go1.99.1") as pid:
        r = debugger.attach(pid, "goroutines --stacks --json", expect=2)
        debugger.one_sentence(r, r"go1\.99\.1", "--debug-file")
        process.check_untouched(pid)


# What a program claims, and the layouts that it is read with. Their number of characters cannot be larger than that of
# the real version, go1.24.4.
CLAIMS = {
    "go1.24.9": ("go1.24.4", r"those of go1\.24\.4 do, and are used"),  # a patch release with other structs
    "go1.25.1": ("go1.24.4", r"those of go1\.24\.4 do, and are used"),
    "go1.25-R": ("go1.24.4", r"those of go1\.24\.4 do, and are used"),  # a vendor's, from between 1.24 and 1.25
    "go1.24-R": ("go1.24.4", r"built with go1\.24-R; reading it with the struct layouts of go1\.24\.4"),
    "devel +0": ("go1.24.4", r"reading it with the struct layouts of go1\.24\.4"),  # the code tells the release
}


@case(go=["1.24"], version=list(CLAIMS))
def layouts_that_fit_are_chosen(go, version):
    release, warning = CLAIMS[version]
    with renamed(go, version) as pid:
        r = debugger.attach(pid, "goroutines --stacks --json")
        assert re.search(warning, r.err) and r.err.count("warning") == 1, r
        assert len(lines(r)) > 40 and all(frames for *_, frames in lines(r)), r
        assert debugger.attach(pid, "info --json").json()["layouts"].startswith(f"built-in table {release} for "), r


@case(version=["go1.18.3", "go0.9.1"])
def release_that_the_table_lacks_is_refused(go, version):
    with renamed(go, version) as pid:
        r = debugger.attach(pid, "goroutines", expect=2)
        debugger.one_sentence(r, re.escape(version), "--debug-file")
        process.check_untouched(pid)


@case(go="ends")
def threads_do_not_depend_on_the_list_of_threads(go):
    """The list ends after the first m. The others are found through their threads."""
    crash = shared_crash(programs.path("waits", go))
    exe, core = pathlib.Path(crash.exe).read_bytes(), bytearray(pathlib.Path(crash.core).read_bytes())
    whole = debugger.core(crash.exe, crash.core, "goroutines --json", "threads --json")
    release = debugger.core(crash.exe, crash.core, "info --json").json()["go"]
    cell = column(layouts.committed(), release)["runtime.m", '"alllink"']
    first, = struct.unpack_from("<Q", core, elf.file_offset(core, elf.symbol(exe, "runtime.allm")))
    link = elf.file_offset(core, first + int(cell.strip("{}").split(",")[0]))
    assert struct.unpack_from("<Q", core, link)[0], "there is only one m"
    struct.pack_into("<Q", core, link, 0)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "core")
        path.write_bytes(core)
        torn = debugger.core(crash.exe, path, "goroutines --json", "threads --json")
    assert torn.out == whole.out, (torn, whole)
