"""Scripts: -x, -e, source, errors in them, where output goes, exit statuses."""
import os
import shutil
import subprocess
import tempfile

from lib import debugger, paths, programs
from lib.crash import shared_crash
from lib.runner import case


class Core:
    """A core of the program waits, and a folder for scripts."""

    def __init__(self, go):
        self.crash = shared_crash(programs.path("waits", go))
        self.folder = tempfile.mkdtemp()

    def script(self, text, name="script"):
        path = os.path.join(self.folder, name)
        with open(path, "w" if isinstance(text, str) else "wb") as f:
            f.write(text)
        return path

    def run(self, *args, **options):
        return debugger.run("core", self.crash.exe, self.crash.core, "--batch", *args, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)


@case()
def from_file_and_standard_input(go):
    with Core(go) as c:
        text = "# comment\n\ngoroutines --limit 2 # not more\n  gr 1\nbt\n"
        a = c.run("-x", c.script(text))
        b = c.run("-x", "-", stdin=text)
        assert a.out == b.out and "main.main" in a.out, a
        s = c.run("-e", f"source {c.script(text)}")
        assert s.out == a.out, s
        # Commands and scripts run in the order of the options.
        r = c.run("-e", "help quit", "-x", c.script("gr 1\nbt\n"), "-e", "help detach")
        assert r.out.index("quit") < r.out.index("main.main") < r.out.rindex("detach"), r


@case()
def stops_at_the_first_bad_command_naming_file_and_line(go):
    with Core(go) as c:
        path = c.script("gr 1\n# x\nnonsense here\nhelp\n")
        r = c.run("-x", path, expect=1)
        assert path in r.err and "3" in r.err and "nonsense" in r.err, r
        assert "detach" not in r.out, f"it continued after the error: {r}"
        inner = c.script("gr 1\nbt -g 99999999\n", "inner")
        outer = c.script(f"gr 1\nsource {inner}\n", "outer")
        r = c.run("-x", outer, expect=1)
        assert "inner" in r.err and "2" in r.err, r


@case()
def continues_after_bad_commands_if_set(go):
    with Core(go) as c:
        r = c.run("-x", c.script("set on-error continue\nnonsense\ngoroutine 99999999\ngr 1\nbt\n"),
                  expect=1)
        assert "main.main" in r.out and "nonsense" in r.err and "99999999" in r.err, r


@case()
def that_source_themselves(go):
    with Core(go) as c:
        path = os.path.join(c.folder, "loop")
        c.script(f"source {path}\n", "loop")
        r = c.run("-x", path, expect=1)
        assert len(r.err) < 20000, f"{len(r.err)} bytes on stderr"


@case()
def of_garbage(go):
    """No script crashes or hangs gctxdbg."""
    samples = [os.urandom(4096), b"\0" * 1000, b"goroutines --where '" + b"(" * 50000 + b"\n",
               b"x" * 2_000_000, b"goroutines --group\n", b"goroutines --limit -1\n",
               b"goroutines --limit 99999999999999999999999\n", b"bt -5\n", b"x 0xffffffffffffffff 99999999999\n",
               b"goroutines |\n", b"goroutines >\n", b"goroutines 'unclosed\n", b"> f\n", b"| cat\n",
               "göroutines ∀\n".encode(), b"\xff\xfe\xfd\n", b"goroutines --limit\n", b"frame 99999999\n",
               b"set\n", b"set nonsense 1\n", b"set on-error perhaps\n", b"show nonsense\n", b"source /nonexistent\n",
               b"source /\n", b"plugin load /etc/passwd\n", b"list nonsense:99999\n", b"regs 0\n", b"thread 99999999\n"]
    with Core(go) as c:
        for sample in samples:
            r = c.run("-x", c.script(sample), expect={0, 1})
            assert r.status == 0 or r.err.strip(), f"{sample[:60]}: no message: {r}"
            assert len(r.err) < 100_000, f"{sample[:60]}: {len(r.err)} bytes on stderr"


@case()
def output_of_commands(go):
    with Core(go) as c:
        target = os.path.join(c.folder, "listing")
        r = c.run("-e", f"goroutines > {target}", "-e", "goroutines | head -2")
        with open(target) as f:
            assert len(f.read().splitlines()) > 40
        assert len(r.out.splitlines()) == 2, r
        assert "\x1b" not in r.out
        assert "\x1b" in c.run("--color=always", "-e", "goroutines").out
        assert "\x1b" not in c.run("--color=never", "-e", "goroutines").out


@case()
def exit_statuses(go):
    with Core(go) as c:
        c.run("-e", "goroutines", expect=0)
        c.run(expect=2)
        c.run("-e", "echo nothing", expect=0)
        c.run("-e", "nonsense", expect=1)
        c.run("-e", "goroutine 99999999", expect=1)
        c.run("-x", "/nonexistent/script", expect={1, 2})
        c.run("--nonsense", expect=2)
    # A write error on standard output is a failure, too, also of a command that has findings.
    crash = shared_crash(programs.path("waits", go))
    for command in "goroutines", "dump", "dump > /dev/full":
        argv = [paths.debugger(), "core", crash.exe, crash.core, "--batch", "-e", command]
        with open("/dev/full" if ">" not in command else "/dev/null", "w") as out:
            p = subprocess.run(argv, stdout=out, stderr=subprocess.PIPE, env=debugger.environment(), check=False)
        assert p.returncode == 1 and b"No space left on device" in p.stderr, p
