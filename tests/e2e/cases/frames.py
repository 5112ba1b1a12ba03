"""Which frames text output shows and which ones `bt --limit`, `up` and `down` count: those of Go's own tracebacks, without
the runtime's."""
import os
import re

from lib import debugger, gotrace, process, programs
from lib.runner import case

HEADING = re.compile(r"goroutine (\d+) \[")
FRAME = re.compile(r"(?:=>|  ) *(\d+)  (\S.*?) +(\S+):(-?\d+)(?:  \(inlined\))?$")
# Go prints exported functions of the runtime and those that packages link to, such as sync.runtime_Semacquire.
RUNTIME = re.compile(r"runtime\.|(internal/)?sync\.runtime_")


def printed_frames(text):
    """{goid: [(number, function, file, line)]} of `goroutines --stacks` or `bt`."""
    stacks, current = {}, None
    for line in text.splitlines():
        if m := HEADING.match(line):
            current = stacks.setdefault(int(m[1]), [])
        elif m := FRAME.match(line):
            current.append((int(m[1]), m[2], os.path.basename(m[3]), int(m[4])))
    return stacks


def as_go_prints(g):
    return [(f.func, os.path.basename(f.file), f.line) for f in g.frames if not RUNTIME.match(f.func)]


@case(go="each")
def frames_are_those_that_go_prints(go):
    """Wrappers of methods, of go and defer statements and of reflection are hidden, unless one of them panicked."""
    with process.Process([programs.path("stacks", go), "print"], {"GOTRACEBACK": "all"}) as p:
        ours = printed_frames(debugger.attach(p.pid, "goroutines --stacks").out)
        go_prints = gotrace.parse(p.stderr()).goroutines()
    assert len(go_prints) > 50, len(go_prints)
    wrong = []
    for goid, g in go_prints.items():
        expected, actual = as_go_prints(g), [f[1:] for f in ours[goid]]
        if g.elided_after is not None:  # it prints 50 frames at each end
            assert len(actual) > len(expected), (goid, len(actual))
            tail = len(expected) - g.elided_after
            actual = actual[:g.elided_after] + actual[len(actual) - tail:]
        elif len(actual) > 100 and len(expected) > 90:  # Go 1.19 silently omits all but the innermost 100
            actual = actual[:len(expected)]
        if goid != 1 and expected != actual:
            wrong.append(f"goroutine {goid}: Go prints {expected}, gctxdbg {actual}")
    assert not wrong, "\n".join(wrong)


@case(go="ends")
def hidden_frames_are_not_counted(go):
    with process.Process([programs.path("stacks", go)]) as p:
        stacks = printed_frames(debugger.attach(p.pid, "goroutines --stacks").out)
        goid, frames = next((goid, s) for goid, s in stacks.items() if len(s) > 5 and s[0][0] > 0)
        steps = [f"goroutine {goid}", "bt", "bt --limit 2", "frame --json", "up 2", "down", "down"]
        full, short, first, up, down, last = split(debugger.run(
            "attach", p.pid, "--batch", "-q", *(a for s in steps for a in ("-e", s, "-e", "echo ===="))).out)[1:]
        assert printed_frames(full)[goid] == frames, full
        assert printed_frames(short)[goid] == frames[:2], short
        assert f"… {len(frames) - 2} more frames" in short, short
        assert f'"index":{frames[0][0]},' in first, first
        for text, number in (up, frames[2][0]), (down, frames[1][0]), (last, frames[0][0]):
            assert text.startswith(f"frame {number} of "), (number, text)
        result = debugger.attach(p.pid, f"goroutine {goid}", "down", expect=1)
        debugger.one_sentence(result, f"cannot go down 1: frame {frames[0][0]} has no frames below it")


def split(text):
    return [part.lstrip("\n") for part in text.split("====\n")][:-1]
