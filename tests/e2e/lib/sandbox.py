"""A place where commands run exactly as the documentation shows them: processes have the ids and ports in its text, the
gctxdbg under test is in PATH, and the files that it names are in the current directory."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import debugger, paths, process

# Process 1 of the sandbox: starts PROGRAM [ARG]… for each line "PID PROGRAM [ARG]…", with that id. Only it sees these ids and
# its loopback interface.
_START = """set -e
ip link set lo up
while read -r pid program; do
    echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
    $program </dev/null >"$pid.out" &
    [ $! = "$pid" ]
done
echo started
read -r end <&3
"""


def _has_line(path, start):
    """The shell that starts a program in the background makes the file at some later time."""
    return path.exists() and any(line.startswith(start) for line in path.read_text().splitlines())


class Sandbox(process.Process):
    """`programs`: {pid: (arguments, the start of the line that each prints when it is ready)}; `files`: {name: file}."""

    def __init__(self, programs, files, env=None):
        super().__init__(["sh", "-c", 'read -r go && exec 3<&0 && exec unshare -n -m -p -f --kill-child --mount-proc -- '
                          'bash -c "$START" <programs'], {**(env or {}), "START": _START}, ready=None)
        folder = pathlib.Path(self.folder)
        for name, file in {**files, "bin/gctxdbg": paths.debugger()}.items():
            (folder / name).parent.mkdir(exist_ok=True)
            os.symlink(file, folder / name)
        if not shutil.which("sudo"):
            (folder / "bin" / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
            (folder / "bin" / "sudo").chmod(0o755)
        (folder / "programs").write_text("".join(f"{pid} {command}\n" for pid, (command, _) in programs.items()))
        self.send("go")
        self.expect_line("started")
        for pid, (_, ready) in programs.items():
            process.wait_until(lambda: _has_line(folder / f"{pid}.out", ready), f"{pid} is ready")  # noqa: B023
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as f:
            self.inside = int(f.read())

    def run(self, command, expect):
        """Runs a shell command; its exit status must be in `expect`."""
        env = debugger.environment(PATH=f"{self.folder}/bin:{os.environ['PATH']}")
        argv = ["nsenter", "-t", str(self.inside), "-n", "-m", "-p", f"--wd={self.folder}", "--", "bash", "-c", command]
        # Files: a program that it starts and leaves running would keep pipes open.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, check=False,
                               timeout=debugger.scaled(60))
            out.seek(0)
            err.seek(0)
            result = debugger.Result([command], p.returncode, out.read(), err.read())
        debugger.check_run(result)
        assert p.returncode in expect, f"exit status not in {expect}: {result}"
        return result
