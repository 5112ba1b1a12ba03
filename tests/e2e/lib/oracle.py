"""Compares the JSON of gctxdbg with the traceback that the Go runtime printed.

The comparison is exact except for form: the runtime omits the middle (or the end) of stacks deeper than 100 frames and
prints only the frames on the goroutine's own stack; for a core, gctxdbg also reports the frames of the signal handler,
of C code and of the system stack.
"""

STATUSES = {"idle", "runnable", "running", "syscall", "waiting", "dead", "copystack", "preempted",
            "leaked"}


def number(text):
    return None if text is None else int(text, 16)


class Differences:
    """Collects all differences, so that one run shows them all."""

    def __init__(self):
        self.found = []

    def check(self, where, what, expected, actual):
        if expected != actual:
            self.found.append(f"{where}: {what}: Go prints {expected!r}, gctxdbg {actual!r}")
        return expected == actual

    def add(self, text):
        self.found.append(text)

    def report(self):
        shown = self.found[:30]
        if len(self.found) > len(shown):
            shown.append(f"... and {len(self.found) - len(shown)} more")
        assert not self.found, "\n".join([f"{len(self.found)} differences:", *shown])


def without_handler(frames):
    """Drops the frames of the signal handler that the thread is executing."""
    last = max((i for i, f in enumerate(frames) if f["stack"] == "signal"), default=-1)
    return frames[last + 1:]


def own_frames(frames, stack="goroutine"):
    return [f for f in without_handler(frames) if f["stack"] == stack]


def describe(frame):
    return f"{frame['func']} {frame['file']}:{frame['line']}"


def compare_frames(diff, where, printed, frames):
    """`printed` is a gotrace.Goroutine; `frames` are JSON frames on the same stack."""
    expected, actual = list(printed.frames), list(frames)
    if printed.elided_after is not None:
        tail = len(expected) - printed.elided_after
        hidden = len(actual) - len(expected)
        if printed.elided is None:
            if hidden <= 0:
                diff.add(f"{where}: Go omitted frames, gctxdbg has only {len(actual)}")
        else:
            diff.check(where, "number of frames", len(expected) + printed.elided, len(actual))
        actual = actual[:printed.elided_after] + (actual[-tail:] if tail else [])
    elif len(expected) != len(actual):
        diff.add(f"{where}: Go prints {len(expected)} frames, gctxdbg {len(actual)}:\n"
                 f"    Go:      {', '.join(f.func for f in expected)}\n"
                 f"    gctxdbg: {', '.join(f['func'] for f in actual)}")
    for i, (e, a) in enumerate(zip(expected, actual)):
        # Once the functions differ, later differences are only noise.
        if not _compare_frame(diff, f"{where} frame {i}", e, a):
            break


def _compare_frame(diff, where, e, a):
    same = diff.check(where, "location", f"{e.func} {e.file}:{e.line}", describe(a))
    diff.check(f"{where} ({e.func})", "inlined", e.inlined, a["inlined"])
    if not e.inlined:
        for key in ("pc", "sp", "fp"):
            expected, actual = getattr(e, key), number(a[key])
            if expected != actual:
                diff.check(f"{where} ({e.func})", key, hex(expected), a[key])
    return same


def check_inlined_registers(diff, where, frames):
    """An inlined call has the registers of the physical frame that contains it."""
    for inner, outer in zip(frames, frames[1:]):
        if inner["inlined"]:
            for key in ("pc", "sp", "fp"):
                if inner[key] != outer[key]:
                    diff.add(f"{where}: {inner['func']} is inlined into {outer['func']}, but their "
                             f"{key} are {inner[key]} and {outer[key]}")
    if frames and frames[-1]["inlined"]:
        diff.add(f"{where}: the outermost frame {frames[-1]['func']} is marked inlined")


def compare_goroutine(diff, printed, g):
    where = f"goroutine {printed.goid}"
    status = g["wait_reason"] if g["status"] == "waiting" and g.get("wait_reason") else g["status"]
    if g["status"] == "leaked":
        status = f"{g['wait_reason']} (leaked)"
    # The scavenger sleeps for milliseconds: a thread that has not received its signal yet may wake it after printing.
    woken = g["system"] and printed.status == "sleep" and status in ("runnable", "running", "GC scavenge wait")
    if not printed.unavailable and not woken:
        # A goroutine on another thread kept running after it was printed.
        diff.check(where, "status", printed.status, status)
    if g["status"] not in STATUSES:
        diff.add(f"{where}: {g['status']!r} is not a status name")
    diff.check(where, "locked", printed.locked, g["locked"])
    diff.check(where, "synctest bubble", printed.bubble, g.get("synctest_bubble"))
    if printed.addr is not None:
        diff.check(where, "addr", hex(printed.addr), g["addr"])
    if printed.labels is not None:
        diff.check(where, "labels", printed.labels, g["labels"])
    waited = g.get("wait_seconds")
    if waited is not None and not 0 <= waited < 60 * (printed.minutes + 1):
        diff.add(f"{where}: wait_seconds is {waited}, Go prints {printed.minutes} minutes")
    _compare_creator(diff, where, printed, g)
    if not printed.unavailable and not printed.notes and not woken:
        # During a vDSO call on the system stack, the runtime prints that stack as the goroutine's (traceback1
        # replaces the registers whatever stack they are on).
        system = printed.frames and printed.frames[-1].func in ("runtime.systemstack", "runtime.mcall")
        compare_frames(diff, where, printed, own_frames(g["frames"], "system" if system else "goroutine"))
    check_inlined_registers(diff, where, g["frames"])


def _compare_creator(diff, where, printed, g):
    by = g.get("created_by")
    if printed.creator is None:
        # Go never prints the creator of goroutine 1.
        if printed.goid != 1:
            diff.check(where, "created_by", None, by)
        return
    if by is None:
        diff.add(f"{where}: Go prints the creator {printed.creator.func}, gctxdbg none")
        return
    c = printed.creator
    diff.check(where, "created_by", f"{c.func} {c.file}:{c.line}", describe(by))
    if c.goid is not None:
        diff.check(where, "parent_goid", c.goid, g["parent_goid"])


def compare_goroutines(crash, document):
    """Compares all goroutines of the crash output with `goroutines --stacks --json`."""
    diff = Differences()
    printed = crash.goroutines()
    listed = {g["goid"]: g for g in document["goroutines"]}
    if len(listed) != len(document["goroutines"]):
        diff.add("gctxdbg lists a goroutine twice")
    for goid in sorted(printed.keys() - listed.keys()):
        diff.add(f"goroutine {goid} [{printed[goid].status}] is missing")
    for goid in sorted(listed.keys() - printed.keys()):
        diff.add(f"goroutine {goid} ({listed[goid]['status']}) is listed, but Go did not print it")
    for goid in sorted(printed.keys() & listed.keys()):
        compare_goroutine(diff, printed[goid], listed[goid])
        check_system(diff, listed[goid])
    return diff


# User goroutines whose entry function is in the runtime.
USER_ENTRIES = {"runtime.main", "runtime.handleAsyncEvent", "runtime.corostart"}
# These count as user goroutines while they run user functions.
FINALIZER_ENTRIES = {"runtime.runfinq", "runtime.runFinalizers", "runtime.runCleanups"}


def check_system(diff, g):
    """As in the runtime, the entry function decides whether it is a system goroutine."""
    entry = g.get("entry") or ""
    system = entry.startswith("runtime.") and entry not in USER_ENTRIES
    if entry in FINALIZER_ENTRIES:
        system = not any(not f["func"].startswith("runtime.") for f in g["frames"])
    diff.check(f"goroutine {g['goid']} ({entry})", "system", system, g["system"])


def compare_threads(crash, document):
    """Compares the sections of "goroutine 0", the system stacks, with `threads --stacks --json`."""
    diff = Differences()
    threads = document["threads"]
    for t in threads:
        check_inlined_registers(diff, f"thread {t['tid']}", t["frames"])
    for section in crash.sections:
        thread = _thread_at(threads, section)
        zero = next((g for g in section.goroutines if g.goid == 0), None)
        first = section.goroutines[0] if section.goroutines else None
        if thread is None:
            # For a thread in C called from Go, the runtime prints the goroutine, not the thread.
            if zero and zero.frames and not zero.notes:
                diff.add(f"no thread is at pc {section.pc:#x} below its signal handler")
            continue
        if zero and not zero.notes:
            compare_frames(diff, f"thread {thread['tid']}", zero,
                           own_frames(thread["frames"], "system"))
        if first and first.goid:
            diff.check(f"thread {thread['tid']}", "goid", first.goid, thread["goid"])
        m = next((g.m for g in section.goroutines if g.m), None)
        if m:
            diff.check(f"thread {thread['tid']}", "m", hex(m), thread["m"])
    return diff


def _thread_at(threads, section):
    for t in threads:
        frames = without_handler(t["frames"])
        if frames and number(frames[0]["pc"]) == section.pc and \
                number(frames[0]["sp"]) == section.registers.get("rsp"):
            return t
    return None


PARKED = {"waiting", "syscall"}


def moved(frames, printed):
    """The frames as they would be if the runtime had since moved the stack, which it does to shrink it."""
    top = next((f.fp for f in reversed(printed.frames) if f.fp), None)
    if not frames or not top:
        return frames
    by = top - number(frames[-1]["fp"])
    return [{**f, "sp": hex(number(f["sp"]) + by), "fp": hex(number(f["fp"]) + by)} for f in frames]


def compare_parked(crash, document, may_move=False):
    """Compares goroutines that stayed parked from an earlier listing (`document`) until the crash. With `may_move`,
    stacks may have moved and system calls may have returned by then."""
    diff = Differences()
    printed = crash.goroutines()
    compared = 0
    for g in document["goroutines"]:
        p = printed.get(g["goid"])
        if p is None:
            diff.check(f"goroutine {g['goid']}", "present", None, g["status"])
        elif g["status"] in PARKED and p.status not in ("running", "runnable") and not p.notes:
            if g["system"] and p.status != (g.get("wait_reason") or g["status"]):
                continue  # system goroutines do run
            if may_move and g["status"] == "syscall" and p.status != "syscall":
                continue
            compared += 1
            diff.check(f"goroutine {p.goid}", "status", p.status, g.get("wait_reason")
                       if g["status"] == "waiting" else g["status"])
            frames = own_frames(g["frames"])
            compare_frames(diff, f"goroutine {p.goid}", p, moved(frames, p) if may_move else frames)
            _compare_creator(diff, f"goroutine {p.goid}", p, g)
    assert compared >= 5, f"only {compared} goroutines stayed parked"
    return diff
