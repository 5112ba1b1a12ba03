"""Separate debug files: made by the usual tools, found in the usual folders, refused if they are from another build."""
import contextlib
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

from lib import debugger, process, programs
from lib.container import Container
from lib.crash import shared_crash
from lib.runner import case


class Split:
    """`waits` without DWARF and symbols, and its separate debug file; `other` is the debug file of another program."""

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


def lines(result):
    """The ids, states and frames of all goroutines."""
    return [(g["goid"], g["status"], g["wait_reason"], [f["pc"] for f in g["frames"]])
            for g in result.json()["goroutines"]]


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
        whole = programs.path("waits", go)
        core = shared_crash(whole).core  # stripping does not change what is loaded
        answers = [lines(debugger.run("core", split.exe, core, "--batch", *options, "-e", "goroutines --stacks --json"))
                   for options in ([], ["--debug-file", split.debug], ["--debug-file", whole])]
        assert len(answers[0]) > 40
        assert answers[0] == answers[1] == answers[2]


@case(go="ends")
def debug_file_of_another_build_is_refused(go):
    with tempfile.TemporaryDirectory() as folder:
        split = Split(go, folder)
        with process.Process([split.exe]) as p:
            for file, words in ((split.other, ["different build", "build ID"]),
                                (split.exe, ["no DWARF"]),
                                (__file__, ["not an ELF"]),
                                (f"{folder}/none", ["No such file"])):
                r = debugger.attach(p.pid, "info", options=["--debug-file", file], expect=2)
                debugger.one_sentence(r, re.escape(file), *words)
            process.check_untouched(p.pid)


def build_id_of(path):
    notes = subprocess.run(["readelf", "-n", path], stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.search(r"Build ID: ([0-9a-f]+)", notes)[1]


# Commands that split the program {whole} into an executable {exe} and its debug file {debug}.
SPLITTERS = {
    "objcopy": ["objcopy --only-keep-debug {whole} {debug}", "strip -s -o {exe} {whole}",
                "objcopy --add-gnu-debuglink={debug} {exe}"],
    "objcopy-uncompressed": ["objcopy --only-keep-debug --decompress-debug-sections {whole} {debug}",
                             "strip -g -o {exe} {whole}", "objcopy --add-gnu-debuglink={debug} {exe}"],
    "eu-strip": ["eu-strip -f {debug} -o {exe} {whole}"],
}
# dwz 0.15 does not support .debug_addr, which Go writes since 1.25.
DWZ = ["objcopy --only-keep-debug --decompress-debug-sections {whole} {debug}.large", "dwz -o {debug} {debug}.large",
       "strip -s -o {exe} {whole}", "objcopy --add-gnu-debuglink={debug} {exe}"]


def check_split(go, commands):
    """The link is found, layouts come from the debug file, and the output equals that for the whole program."""
    with tempfile.TemporaryDirectory() as folder:
        whole, exe, debug = programs.path("waits", go), f"{folder}/waits", f"{folder}/waits.dbg"
        for command in commands:
            subprocess.run(command.format(whole=whole, exe=exe, debug=debug).split(), check=True)
        with process.Process([exe]) as p:
            assert layouts(p.pid) == f"DWARF in {debug}"
        core = shared_crash(whole).core
        answers = [lines(debugger.core(file, core, "goroutines --stacks --json")) for file in (exe, whole)]
        assert len(answers[0]) > 40 and answers[0] == answers[1]


@case(go="each", splitter=list(SPLITTERS))
def debug_file_of_the_usual_tools(go, splitter):
    check_split(go, SPLITTERS[splitter])


@case(go=["1.19", "1.21", "1.22", "1.23", "1.24"])
def debug_file_made_smaller_by_dwz(go):
    check_split(go, DWZ)


def build_id_path(exe):
    build_id = build_id_of(exe)
    return f".build-id/{build_id[:2]}/{build_id[2:]}.debug"


# Go writes GNU build ids since 1.24.
@case(go=["1.24", "1.25", "1.26", "1.27"])
def debug_file_is_found_by_build_id(go):
    with tempfile.TemporaryDirectory() as folder:
        split = Split(go, folder)
        installed = pathlib.Path(folder, "root", build_id_path(split.exe))
        installed.parent.mkdir(parents=True)
        shutil.copy(split.debug, installed)
        os.makedirs("/usr/lib/debug", exist_ok=True)
        # In a mount namespace, so that only the debugger sees this folder there.
        prefix = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /usr/lib/debug && exec "$@"', f"{folder}/root"]
        with process.Process([split.exe]) as p:
            expected = "/usr/lib/debug/" + build_id_path(split.exe)
            assert layouts(p.pid, prefix=prefix) == f"DWARF in {expected}"
            assert layouts(p.pid).startswith("built-in table")
            shutil.copy(split.other, installed)
            assert layouts(p.pid, prefix=prefix).startswith("built-in table")


@case(go=["1.24", "1.27"], where=["link", "build-id"])
def debug_file_is_found_in_a_container(go, where):
    """Next to the program, or where its distribution installs debug files: in the root of the container."""
    with tempfile.TemporaryDirectory() as folder:
        path = programs.path("stacks", go)
        exe, debug = f"{folder}/stacks", f"{folder}/stacks.dbg"
        subprocess.run(["objcopy", "--only-keep-debug", path, debug], check=True)
        subprocess.run(["strip", "-s", "-o", exe, path], check=True)
        inside = f"/usr/lib/debug/{build_id_path(exe)}"
        if where == "link":
            subprocess.run(["objcopy", f"--add-gnu-debuglink={debug}", exe], check=True)
            inside = "/inside/stacks.dbg"
        with Container(exe, extra={inside: debug}) as c:
            os.unlink(debug)
            assert layouts(c.pid) == f"DWARF in /proc/{c.pid}/root{inside}"


@contextlib.contextmanager
def debug_server(build_id, file):
    """A debuginfod server on loopback with one file; yields its URL and the list of requested paths."""
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
        build_id = build_id_of(split.exe)
        with process.Process([split.exe]) as p, debug_server(build_id, split.debug) as (url, asked):
            env = {"DEBUGINFOD_CACHE_PATH": f"{folder}/cache"}
            assert layouts(p.pid, env=dict(env, DEBUGINFOD_URLS="")).startswith("built-in table")
            assert not asked
            env["DEBUGINFOD_URLS"] = url
            assert layouts(p.pid, env=env).startswith(f"DWARF in {folder}/cache/"), asked
            assert asked == [f"/buildid/{build_id}/debuginfo"], asked
