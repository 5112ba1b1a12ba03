"""System calls injected into Go programs, also by debuggers that are killed meanwhile: the program does not notice."""
import os
import pathlib
import signal
import subprocess
import threading

from lib import debugger, paths, process, programs
from lib.runner import case


class Signals:
    """Sends SIGUSR1 and SIGURG as fast as it can."""

    def __init__(self, pid):
        self.pid, self.stop = pid, threading.Event()
        self.thread = threading.Thread(target=self._send)

    def _send(self):
        while not self.stop.wait(0.0005):
            os.kill(self.pid, signal.SIGUSR1)
            os.kill(self.pid, signal.SIGURG)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


@case(go="each", timeout=300)
def target_is_unchanged(go):
    tool = pathlib.Path(paths.debugger()).parent / "unit" / "inject_test"
    with process.Process([programs.path("sigcount", go)]) as p:
        with Signals(p.pid):
            done = subprocess.run([tool, str(p.pid), "1000"], capture_output=True, text=True, check=False,
                                  env=debugger.environment())
        assert done.returncode == 0, done.stdout + done.stderr
        process.check_untouched(p.pid)
        before = [int(n) for n in p.ask("?").split()]
        os.kill(p.pid, signal.SIGUSR2)
        process.wait_until(lambda: int(p.ask("?").split()[1]) == before[1] + 1, "it receives signals")
        process.wait_until(lambda: int(p.ask("?").split()[4]) > before[4], "it ticks")
