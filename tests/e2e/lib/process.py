"""Starts a test program, waits until it is ready, aborts it and finds its core."""
import contextlib
import glob
import os
import queue
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time

_CORE_FILTER = "0x33"


class Process:
    """A running program in a folder of its own; its standard input stays open as long as this object exists."""

    def __init__(self, argv, env=None, ready="ready", folder=None):
        self.folder = folder or tempfile.mkdtemp(prefix="gctxdbg-test.")
        self.argv = [str(a) for a in argv]
        self.error_path = os.path.join(self.folder, "stderr")
        environment = {**os.environ, "GOTRACEBACK": "crash", **(env or {})}
        with open(self.error_path, "w") as err:
            self.child = subprocess.Popen(
                self.argv, cwd=self.folder, env=environment, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=err, text=True, preexec_fn=_allow_core)
        self.pid = self.child.pid
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if ready:
            self.expect_line(ready)
            self.wait_until_reading()

    def _read(self):
        with contextlib.suppress(ValueError, OSError):
            for line in self.child.stdout:
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def wait_until_reading(self, timeout=2):
        """Right after it printed "ready", the program is still inside that write. Most programs then read standard
        input; from that moment on, their state no longer changes."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and not any(c.startswith("0 0x0 ") for c in system_calls(self.pid)):
            time.sleep(0.002)

    def line(self, timeout=20):
        """The next line of standard output."""
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"{self.argv}: no line of output within {timeout} s") from None
        assert line is not None, f"{self.argv} ended: {self.child.wait()}: {self.stderr()[-3000:]}"
        return line

    def expect_line(self, start, timeout=20):
        end = time.monotonic() + timeout
        while True:
            line = self.line(max(0.1, end - time.monotonic()))
            if line.startswith(start):
                return line

    def ask(self, line, timeout=20):
        """Sends a line; returns the next line of the answer."""
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        return self.line(timeout)

    def send(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def stderr(self):
        with open(self.error_path, errors="replace") as f:
            return f.read()

    def alive(self):
        return self.child.poll() is None

    def abort(self, timeout=40):
        """Ends it by SIGABRT; returns (what the runtime printed, path of the core)."""
        os.kill(self.pid, signal.SIGABRT)
        return self.aborted(timeout)

    def aborted(self, timeout=40):
        """Like abort(), but the caller has arranged for the signal."""
        self.child.wait(timeout)
        return self.stderr(), self.core()

    def core(self):
        found = glob.glob(os.path.join(glob.escape(self.folder), "core*"))
        assert found, (f"{self.argv} (ended with {self.child.returncode}) left no core in its "
                       f"folder; kernel.core_pattern is {core_pattern()!r}")
        return found[0]

    def end(self):
        """Kills it and keeps its folder."""
        with contextlib.suppress(OSError):
            self.child.kill()
        self.child.wait(60)  # a tracer that hangs can delay it
        with contextlib.suppress(OSError):
            self.child.stdin.close()
        self._reader.join(20)
        # Closing its output would wait forever for the reader.
        assert not self._reader.is_alive(), f"another process, a copy perhaps, has the output of {self.argv} open"
        self.child.stdout.close()

    def close(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _allow_core():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    with contextlib.suppress(OSError), open("/proc/self/coredump_filter", "w") as f:
        f.write(_CORE_FILTER)


def core_pattern():
    with open("/proc/sys/kernel/core_pattern") as f:
        return f.read().strip()


def check_core_dumps():
    """Returns a sentence if cores will not appear where the tests look for them, else None."""
    pattern = core_pattern()
    if pattern.startswith(("|", "/")) or not pattern.startswith("core"):
        return (f"kernel.core_pattern is {pattern!r}, the tests need core files in the current "
                "directory: run scripts/test, which sets it, or `sysctl kernel.core_pattern=core`")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        return "the hard limit of the core file size is 0: raise it (`ulimit -H -c unlimited` as root)"
    return None


# ---- Process state from the kernel ----

def status(pid):
    """/proc/PID/status as a dict."""
    with open(f"/proc/{pid}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def threads(pid):
    return sorted(int(t) for t in os.listdir(f"/proc/{pid}/task"))


def system_calls(pid):
    """/proc/…/syscall of each thread: number and arguments, or "running" outside of a system call."""
    for tid in threads(pid):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{tid}/syscall") as f:
            yield f.read()


def thread_states(pid):
    """{tid: state letter}, without threads that exit meanwhile."""
    states = {}
    for tid in threads(pid):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/task/{tid}/stat") as f:
                states[tid] = f.read().rsplit(")", 1)[1].split()[0]
    return states


def wait_until(condition, what, timeout=10):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"not within {timeout} s: {what}"
        time.sleep(0.01)


def check_untouched(pid):
    """Checks that the process is not traced and none of its threads is stopped."""
    wait_until(lambda: status(pid)["TracerPid"] == "0", f"{pid} is no longer traced")
    wait_until(lambda: not set(thread_states(pid).values()) & {"t", "T"},
               f"no thread of {pid} is stopped: {thread_states(pid)}")


def gcore(pid, folder):
    """A core made by gdb's gcore, without reading DWARF for speed; the process continues."""
    path = os.path.join(folder, "gcore")
    p = subprocess.run(["gdb", "-nx", "-batch", "-readnever", "-iex", "set debuginfod enabled off",
                        "-p", str(pid), "-ex", f"generate-core-file {path}"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                       text=True, timeout=120)
    assert os.path.exists(path), f"gdb wrote no core: {p.stdout}"
    return path
