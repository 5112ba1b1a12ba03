"""The built-in table, which provides layouts when there is no DWARF."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from lib import debugger, layouts, paths, process, programs
from lib.runner import case

PROBE = paths.PROJECT / "scripts" / "layouts" / "probe.go"


def minor(release):
    """"go1.24.4 X:noswissmap" without its patch number."""
    return re.sub(r"^(go1\.\d+)\S*", r"\1", release)


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
    committed = {minor(r): rows for r, rows in layouts.committed().items()}
    experiments = [""] + [r.split(":")[1] for r in committed if r.startswith(f"go{go} X:")]
    with tempfile.TemporaryDirectory() as folder:
        probes = [build_probe(go, folder, e) for e in experiments]
        out = subprocess.run([generator, *probes], stdout=subprocess.PIPE, text=True, check=True)
    made = layouts.parse_table(out.stdout)
    assert len(made) == len(experiments), list(made)
    for release, rows in made.items():
        assert len(rows) > 100, rows
        assert rows == committed[minor(release)], {
            k: (rows.get(k), committed[minor(release)].get(k))
            for k in rows.keys() | committed[minor(release)].keys()
            if rows.get(k) != committed[minor(release)].get(k)}


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


@case(version=["go1.18.3", "go1.20.4", "go0.9.1"])
def release_that_the_table_lacks_is_refused(go, version):
    with renamed(go, version) as pid:
        r = debugger.attach(pid, "goroutines", expect=2)
        debugger.one_sentence(r, re.escape(version), "--debug-file")
        process.check_untouched(pid)
