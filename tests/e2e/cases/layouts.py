"""Where layouts come from when the program itself has no DWARF: the built-in table, or a separate debug file."""
import contextlib
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

from lib import debugger, paths, process, programs
from lib.runner import case

TABLE = paths.PROJECT / "dbg" / "go" / "builtin_layouts.inc"
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


# ---- Separate debug files ----

class Split:
    """`waits` without DWARF and symbols, and its debug file elsewhere; `other` is that of another program."""

    def __init__(self, go, folder):
        self.folder = folder
        self.exe, self.debug, self.other = (f"{folder}/{n}" for n in ("waits", "waits.dbg", "other.dbg"))
        for name, out in (("waits", self.debug), ("stacks", self.other)):
            self._run("objcopy", "--only-keep-debug", programs.path(name, go), out)
        self._run("strip", "-s", "-o", self.exe, programs.path("waits", go))

    def link(self):
        self._run("objcopy", f"--add-gnu-debuglink={self.debug}", self.exe)

    @staticmethod
    def _run(*argv):
        subprocess.run(argv, check=True)


def layouts(pid, *options, **more):
    return debugger.attach(pid, "info --json", options=options, **more).json()["layouts"]


@case(go="ends")
def debug_file_is_found_by_its_link(go):
    with tempfile.TemporaryDirectory() as folder:
        split = Split(go, folder)
        split.link()
        with process.Process([split.exe]) as p:
            assert layouts(p.pid) == f"DWARF in {split.debug}"
            os.mkdir(f"{folder}/.debug")
            os.rename(split.debug, f"{folder}/.debug/waits.dbg")
            assert layouts(p.pid) == f"DWARF in {folder}/.debug/waits.dbg"
            shutil.copy(split.other, f"{folder}/.debug/waits.dbg")
            assert layouts(p.pid).startswith(f"built-in table go{go}")


@case(go="each")
def debug_file_gives_what_the_whole_program_does(go):
    with tempfile.TemporaryDirectory() as folder:
        split = Split(go, folder)
        with process.Process([split.exe]) as p:
            _, core = p.abort()
            answers = [lines(debugger.run("core", split.exe, core, "--batch", *options,
                                          "-e", "goroutines --stacks --json"))
                       for options in ([], ["--debug-file", split.debug],
                                       ["--debug-file", programs.path("waits", go)])]
            assert len(answers[0]) > 40
            assert answers[0] == answers[1] == answers[2]


@case(go="ends")
def debug_file_of_another_build_is_refused(go):
    with tempfile.TemporaryDirectory() as folder:
        split = Split(go, folder)
        with process.Process([split.exe]) as p:
            for file, words in ((split.other, ["another build", "build id"]),
                                (split.exe, ["no debug information"]),
                                (__file__, ["not an ELF"]),
                                (f"{folder}/none", ["No such file"])):
                r = debugger.attach(p.pid, "info", options=["--debug-file", file], expect=2)
                debugger.one_sentence(r, re.escape(file), *words)
            process.check_untouched(p.pid)


@contextlib.contextmanager
def debug_server(build_id, file):
    """A debuginfod server on loopback that has one file; yields its URL and the paths asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            known = self.path == f"/buildid/{build_id}/debuginfo"
            contents = pathlib.Path(file).read_bytes() if known else b""
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(contents)))
            self.end_headers()
            self.wfile.write(contents)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()


@case()
def debug_file_from_a_debuginfod_server(go):
    with tempfile.TemporaryDirectory() as folder:
        split = Split(go, folder)
        notes = subprocess.run(["readelf", "-n", split.exe], stdout=subprocess.PIPE, text=True,
                               check=True).stdout
        build_id = re.search(r"Build ID: ([0-9a-f]+)", notes)[1]
        with process.Process([split.exe]) as p, debug_server(build_id, split.debug) as (url, asked):
            env = {"DEBUGINFOD_CACHE_PATH": f"{folder}/cache"}
            assert layouts(p.pid, env=dict(env, DEBUGINFOD_URLS="")).startswith("built-in table")
            assert not asked
            env["DEBUGINFOD_URLS"] = url
            assert layouts(p.pid, env=env).startswith(f"DWARF in {folder}/cache/"), asked
            assert asked == [f"/buildid/{build_id}/debuginfo"], asked
