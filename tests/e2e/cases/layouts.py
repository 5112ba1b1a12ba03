"""Where layouts come from when no DWARF is to be had: the built-in table."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from lib import debugger, paths, process, programs
from lib.runner import case

TABLE = paths.PROJECT / "dbg" / "go" / "program" / "builtin_layouts.inc"
PROBE = paths.PROJECT / "scripts" / "layouts" / "probe.go"


def parse_table(text):
    """{release: {(type, path or None): cell}}; a cell that says "absent" is left out."""
    releases = re.findall(r'^RELEASE\("(.*)"\)$', text, re.M)
    table = {r: {} for r in releases}
    for kind, name, rest in re.findall(r'^(FIELD|CONSTANT)\("([^"]*)", *(.*)\)$', text, re.M):
        path, rest = re.match(r'(?:(NULL|"[^"]*"), *)?(.*)', rest).groups()
        cells = re.findall(r"\{[^}]*\}|-?\d+|NONE", rest)
        assert len(cells) == len(releases), (name, path, cells)
        for release, cell in zip(releases, cells):
            if cell not in ("{0}", "NONE"):
                table[release][name, path if kind == "FIELD" else "constant"] = cell
    return table


def minor(release):
    """"go1.24.4 X:noswissmap" without its patch number."""
    return re.sub(r"^(go1\.\d+)\S*", r"\1", release)


def build_probe(go, folder, experiment):
    """Builds the generator's Go program as scripts/make-layouts does."""
    shutil.copy(PROBE, folder)
    out = os.path.join(folder, "probe" + experiment)
    env = dict(programs.environment(go), GO111MODULE="off", GOFLAGS="", GOEXPERIMENT=experiment,
               CGO_ENABLED="0")
    subprocess.run([f"{programs.toolchains()[go]}/bin/go", "build", "-o", out, "probe.go"],
                   cwd=folder, env=env, check=True)
    return out


@case(go="each", timeout=300)
def table_is_what_the_toolchain_says(go):
    """If this fails: run scripts/make-layouts, and see what the change means."""
    generator = pathlib.Path(paths.debugger()).with_name("gctxdbg_make_layouts")
    committed = {minor(r): rows for r, rows in parse_table(TABLE.read_text()).items()}
    experiments = [""] + [r.split(":")[1] for r in committed if r.startswith(f"go{go} X:")]
    with tempfile.TemporaryDirectory() as folder:
        probes = [build_probe(go, folder, e) for e in experiments]
        out = subprocess.run([generator, *probes], stdout=subprocess.PIPE, text=True, check=True)
    made = parse_table(out.stdout)
    assert len(made) == len(experiments), list(made)
    for release, rows in made.items():
        assert len(rows) > 100, rows
        assert rows == committed[minor(release)], {
            k: (rows.get(k), committed[minor(release)].get(k))
            for k in rows.keys() | committed[minor(release)].keys()
            if rows.get(k) != committed[minor(release)].get(k)}


# ---- Programs that say they were built by another release ----

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
    """Ids, states and frames of all goroutines."""
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
    """What older releases keep looks to the newest layouts as a future release's structs might."""
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
