"""Aborts a test program once per run for all cases that only read the result.

A crash is the traceback that the Go runtime printed and the core that it dumped at that moment. Cases must not change
its files.
"""
import json
import os
import pathlib
import time
from dataclasses import dataclass

from . import gotrace, process, shared


@dataclass
class Crash:
    exe: str
    core: str
    text: str  # what the runtime printed
    lines: list  # what the program printed before "ready"

    def parsed(self):
        return gotrace.parse(self.text)


def shared_crash(path, *args, env=None, pause=0):
    """The crash of this program with these arguments and this environment, `pause` seconds after it was ready."""
    path = str(path)

    def fill(folder):
        c = new_crash(path, *args, env=env, pause=pause, folder=folder)
        saved = [os.path.basename(c.core), os.path.getsize(c.core), c.text, c.lines]
        pathlib.Path(folder, "crash.json").write_text(json.dumps(saved))

    folder = shared.folder(("crash", path, args, sorted((env or {}).items()), pause), fill)
    core, size, text, lines = json.loads((folder / "crash.json").read_text())
    assert (folder / core).stat().st_size == size, f"a case changed the core of {path}"
    return Crash(path, str(folder / core), text, lines)


def new_crash(path, *args, env=None, pause=0, folder=None):
    """A crash that is not shared: in `folder`, or in a temporary folder of the case."""
    p = process.Process([path, *args], env, ready=None, folder=folder)
    try:
        lines = []
        while not (line := p.line(60)).startswith("ready"):
            lines.append(line)
        p.wait_until_reading()
        time.sleep(pause)
        text, core = p.abort()
        return Crash(str(path), core, text, lines)
    finally:
        p.end()
