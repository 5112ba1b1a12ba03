"""Parses what a Go program prints when it is aborted with GOTRACEBACK=crash: Go 1.19 to 1.27.

The text is a list of sections, separated by "-----". The first comes from the thread that received SIGABRT and lists
all goroutines; each other thread adds one when it receives SIGQUIT. A section ends with the registers of its thread at
the signal.
"""
import re
from dataclasses import dataclass, field
from typing import Optional


@dataclass
class Frame:
    func: str
    file: str
    line: int
    args: str = ""  # the words between the parentheses
    inlined: bool = True
    fp: Optional[int] = None
    sp: Optional[int] = None
    pc: Optional[int] = None


@dataclass
class Creator:
    func: str
    file: str
    line: int
    goid: Optional[int]


@dataclass
class Goroutine:
    goid: int
    status: str  # as printed: the wait reason when waiting
    addr: Optional[int] = None
    m: Optional[int] = None  # the address of the m
    minutes: int = 0
    locked: bool = False
    scan: bool = False
    labels: Optional[dict] = None
    bubble: Optional[int] = None  # of testing/synctest
    frames: list = field(default_factory=list)
    elided_after: Optional[int] = None  # index into frames
    elided: Optional[int] = None  # how many are omitted there; None: all the rest
    unavailable: bool = False
    creator: Optional[Creator] = None
    notes: list = field(default_factory=list)  # lines of any other form


@dataclass
class Section:
    pc: Optional[int]
    goroutines: list
    registers: dict


@dataclass
class Crash:
    sections: list

    def goroutines(self):
        """{goid: Goroutine}: the last traceback of each, which is closest to the core."""
        last = {}
        for section in self.sections:
            for g in section.goroutines:
                if g.goid and not (g.unavailable and g.goid in last):
                    last[g.goid] = g
        return last


_HEADER = re.compile(r"goroutine (\d+)(?: gp=(0x[0-9a-f]+))?(?: m=(?:nil|\d+))?(?: mp=(0x[0-9a-f]+))?"
                     r" \[([^\]{]*?)(?: labels:\{(.*)\})?\](?: \{(.*)\})?:$")
_LOCATION = re.compile(r"\t(.+):(-?\d+)(?: \+0x[0-9a-f]+)?"
                    r"(?: fp=(0x[0-9a-f]+) sp=(0x[0-9a-f]+) pc=(0x[0-9a-f]+))?$")
_CREATED = re.compile(r"created by (.*?)(?: in goroutine (\d+))?$")
_ELIDED = re.compile(r"\.\.\.(additional|\d+) frames elided\.\.\.$")
_REGISTER = re.compile(r"(r[a-z0-9]{1,2}|rflags|cs|fs|gs) +(0x[0-9a-f]+)$")
_LABEL = re.compile(r'("(?:[^"\\]|\\.)*"|[^",:]+): ("(?:[^"\\]|\\.)*"|[^",]+)(?:, |$)')


def parse(text):
    sections = [_section(part.splitlines()) for part in re.split(r"^-----$", text, flags=re.M)]
    return Crash([s for s in sections if s.goroutines or s.registers])


def _section(lines):
    section = Section(None, [], {})
    i = 0
    while i < len(lines):
        line = lines[i]
        if m := re.match(r"PC=(0x[0-9a-f]+) m=", line):
            section.pc = int(m[1], 16)
        elif line.startswith("goroutine "):
            g = _header(line)
            section.goroutines.append(g)
            i = _body(lines, i + 1, g)
            continue
        elif m := _REGISTER.match(line):
            section.registers[m[1]] = int(m[2], 16)
        i += 1
    return section


def _header(line):
    m = _HEADER.match(line)
    assert m, f"unknown form of a goroutine header: {line!r}"
    words = m[4].split(", ")
    g = Goroutine(int(m[1]), words[0], _hex(m[2]), _hex(m[3]))
    if g.status.endswith(" (scan)"):
        g.status, g.scan = g.status[:-len(" (scan)")], True
    for word in words[1:]:
        if word == "locked to thread":
            g.locked = True
        elif minutes := re.match(r"(\d+) minutes$", word):
            g.minutes = int(minutes[1])
        elif bubble := re.match(r"synctest bubble (\d+)$", word):
            g.bubble = int(bubble[1])
        else:
            raise AssertionError(f"unknown word {word!r} in {line!r}")
    labels = m[5] or m[6]
    if labels:
        g.labels = {_unquote(k): _unquote(v) for k, v in _LABEL.findall(labels)}
    return g


def _body(lines, i, g):
    """Parses the frames of `g` from line i; returns the index of the first line after it."""
    while i < len(lines):
        line = lines[i]
        location = _LOCATION.match(lines[i + 1]) if i + 1 < len(lines) else None
        if not line or line.startswith("goroutine ") or _REGISTER.match(line):
            return i
        if line.startswith("\tgoroutine running on other thread"):
            g.unavailable = True
        elif m := _ELIDED.match(line):
            g.elided_after = len(g.frames)
            g.elided = None if m[1] == "additional" else int(m[1])
        elif location and (m := _CREATED.match(line)):
            g.creator = Creator(m[1], location[1], int(location[2]), int(m[2]) if m[2] else None)
            i += 1
        elif location and line.endswith(")"):
            # Names may contain parentheses, arguments do not: main.(*T).f(0x1, {0x2, 0x3})
            name, args = line[:-1].rsplit("(", 1)
            g.frames.append(Frame(name, location[1], int(location[2]), args, location[5] is None,
                                  _hex(location[3]), _hex(location[4]), _hex(location[5])))
            i += 1
        else:
            g.notes.append(line)
        i += 1
    return i


def _hex(text):
    return int(text, 16) if text else None


def _unquote(text):
    return text[1:-1].replace('\\"', '"').replace("\\\\", "\\") if text.startswith('"') else text
