"""Runs a test program in a container with its own mounts, process ids and root folder. The root holds only the program
and its libraries, under paths that do not exist outside."""
import os
import re
import shutil
import subprocess

from . import process

PROGRAM = "/inside/program"
LIBRARIES = "/inside/libraries"
_LOADER = "/lib64/ld-linux-x86-64.so.2"

# The new root is a tmpfs that only the container can see; it is freed when the last process exits. The shell remains as
# process 1, because the kernel does not let process 1 abort itself.
_START = """set -e
mount -t tmpfs none "$0/root"
cp -r "$0/image/." "$0/root/"
mkdir "$0/root/proc" "$0/root/old" "$0/root/dump" "$0/root/tmp"
mount -t proc none "$0/root/proc"
mount --bind "$0/dump" "$0/root/dump"
cd "$0/root"
pivot_root . old
run="/old%s --library-path /old/lib/x86_64-linux-gnu:/old/usr/lib/x86_64-linux-gnu"
$run /old%s -l /old
cd /dump
TMPDIR=/tmp LD_LIBRARY_PATH=%s %s "$@"
exit
""" % (os.path.realpath(_LOADER), os.path.realpath(shutil.which("umount")), LIBRARIES, PROGRAM)


def _libraries(path):
    out = subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", out)


def _child(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return int(f.read())


class Container(process.Process):
    """`pid` is that of the program, seen from outside. `extra` adds files: {path in the container: file}."""

    def __init__(self, path, *args, env=None, extra=None):
        self.program = path
        super().__init__(["sh", "-c", 'mkdir root dump image && read -r go && '
                          'exec unshare -m -p -f --kill-child -- sh -c "$START" "$PWD" "$@"', "sh", *args],
                         {**(env or {}), "START": _START}, ready=None)
        process.wait_until(lambda: os.path.isdir(f"{self.folder}/image"), "its folders exist")
        inside = f"{self.folder}/image/inside"
        os.makedirs(f"{inside}/libraries")
        shutil.copy(path, f"{inside}/program")
        for target, file in (extra or {}).items():
            os.makedirs(os.path.dirname(f"{self.folder}/image{target}"), exist_ok=True)
            shutil.copy(file, f"{self.folder}/image{target}")
        for library in _libraries(path):
            shutil.copy(library, f"{inside}/libraries")
        os.makedirs(f"{self.folder}/image/lib64")
        shutil.copy(_LOADER, f"{self.folder}/image/lib64")
        self.send("go")
        self.expect_line("ready")
        self.pid = _child(_child(self.child.pid))
        self.wait_until_reading()
        shutil.rmtree(f"{self.folder}/image")

    def core(self):
        found = [f"{self.folder}/dump/{f}" for f in os.listdir(f"{self.folder}/dump")]
        assert found, f"no core in {self.folder}/dump; kernel.core_pattern is {process.core_pattern()!r}"
        return found[0]
