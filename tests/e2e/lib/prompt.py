"""Runs gctxdbg interactively, in a pseudo-terminal."""
import contextlib
import os
import re
import signal
import time

import pexpect

from . import debugger, paths

# (gctxdbg 4711 running g18) or, in red, (gctxdbg 4711 g18 stopped 12s: breakpoint 1)
PROMPT = (r"\(gctxdbg(?: core| \d+)?(?: running| snapshot \S+ old)?(?: [gt]\d+)?(?:\x1b\[31m)?(?: stopped [^)]*?)?"
          r"(?:\x1b\[0m)?\) ")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x01|\x02|\r|\x07")


def plain(text):
    """The text without terminal escapes."""
    return _ESCAPES.sub("", text)


class Prompt:
    def __init__(self, *args, env=None, timeout=20, expect_prompt=True, size=(50, 160)):
        environment = debugger.environment(INPUTRC="/dev/null", **(env or {}))
        self.t = pexpect.spawn(paths.debugger(), [str(a) for a in args], env=environment,
                               timeout=debugger.scaled(timeout), encoding="utf-8",
                               codec_errors="replace", dimensions=size)
        self.t.delaybeforesend = None
        self.pid = self.t.pid
        if expect_prompt:
            self.expect_prompt()

    def expect(self, pattern, timeout=-1):
        try:
            self.t.expect(pattern, timeout=timeout)
        except (pexpect.TIMEOUT, pexpect.EOF) as e:
            raise AssertionError(f"no {pattern!r} ({type(e).__name__}) in {plain(self.t.before)!r}"
                                 ) from None
        return plain(self.t.before)

    def expect_prompt(self, timeout=-1):
        return self.expect(PROMPT, timeout)

    def run(self, line, timeout=-1):
        """Runs a command; returns its output without the echoed line."""
        self.t.send(line + "\r")
        text = self.expect_prompt(timeout)
        return text.split("\n", 1)[1] if "\n" in text else ""

    def type(self, text):
        self.t.send(text)

    def drain(self, quiet=0.4):
        """Reads output until none has arrived for `quiet` seconds; returns it."""
        text = None
        while text != self.t.before:
            text = self.t.before
            if self.t.expect([pexpect.TIMEOUT, pexpect.EOF], timeout=debugger.scaled(quiet)):
                break
        if self.t.before:
            self.t.expect("(?s).+")
            return plain(self.t.after)
        return ""

    def forget(self):
        """Drops the output so far."""
        self.t.expect(pexpect.TIMEOUT, timeout=0.05)
        if self.t.before:
            self.t.expect("(?s).+")

    def interrupt(self):
        """Ctrl-C, then Enter for a new prompt: when the kernel delivers the signal, it discards pending output,
        sometimes including the prompt."""
        self.t.send("\x03")
        time.sleep(debugger.scaled(0.3))
        self.t.send("\r")

    def wait(self, timeout=20):
        """Waits until gctxdbg exits; returns its status."""
        self.t.expect(pexpect.EOF, timeout=debugger.scaled(timeout))
        self.t.close()
        text = plain(self.t.before or "")
        assert "Sanitizer" not in text, text
        assert self.t.signalstatus is None, f"killed by signal {self.t.signalstatus}: {text}"
        return self.t.exitstatus

    def hang_up(self):
        """Closes the terminal."""
        os.close(self.t.child_fd)
        self.t.closed, self.t.ptyproc.closed = True, True

    def quit(self):
        self.t.send("quit\r")
        return self.wait()

    def close(self):
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
        if not self.t.closed:
            self.t.close(force=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
