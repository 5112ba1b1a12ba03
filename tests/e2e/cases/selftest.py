"""Tests the oracle: it accepts what the runtime printed and detects any change of it."""
import copy

from lib import oracle, programs
from lib.crash import shared_crash
from lib.runner import case


def document(crash):
    """The JSON of a correct gctxdbg, as far as it follows from the runtime's text."""
    def frame(f, after):
        physical = next(p for p in [f, *after] if not p.inlined)
        return {"func": f.func, "file": f.file, "line": f.line, "inlined": f.inlined, "stack": "goroutine",
                **{k: hex(getattr(physical, k)) for k in ("pc", "sp", "fp")}}

    def one(g):
        frames = [frame(f, g.frames[i + 1:]) for i, f in enumerate(g.frames)]
        if g.elided_after is not None:
            hidden = [dict(frames[-1], func="hidden")] * (g.elided or 20)
            frames = frames[:g.elided_after] + hidden + frames[g.elided_after:]
        known = g.status in oracle.STATUSES
        entry = g.frames[-2].func if len(g.frames) > 1 else ""
        return {"goid": g.goid, "addr": g.addr and hex(g.addr), "status": g.status if known else "waiting",
                "wait_reason": None if known else g.status, "locked": g.locked, "labels": g.labels,
                "entry": entry, "system": entry.startswith("runtime.") and entry != "runtime.main" and (
                    entry not in oracle.FINALIZER_ENTRIES or all(
                        f.func.startswith("runtime.") for f in g.frames)),
                "frames": frames, "parent_goid": g.creator and g.creator.goid,
                "created_by": g.creator and {"func": g.creator.func, "file": g.creator.file,
                                             "line": g.creator.line}}

    return {"goroutines": [one(g) for g in crash.goroutines().values()]}


@case(go="each")
def the_oracle_notices(go):
    crash = shared_crash(programs.path("stacks", go)).parsed()
    good = document(crash)
    assert len(good["goroutines"]) > 60
    oracle.compare_goroutines(crash, good).report()

    victim = next(i for i, g in enumerate(good["goroutines"]) if len(g["frames"]) == 6 and not g["system"])
    changes = [
        lambda d, g: d["goroutines"].remove(g),
        lambda d, g: d["goroutines"].append(g),
        lambda d, g: g["frames"].pop(3),
        lambda d, g: g["frames"].pop(),
        lambda d, g: g["frames"].append(g["frames"][-1]),
        lambda d, g: g["frames"][2].update(line=g["frames"][2]["line"] + 1),
        lambda d, g: g["frames"][2].update(func="main.other"),
        lambda d, g: g["frames"][0].update(pc="0x1234"),
        lambda d, g: g["frames"][0].update(sp="0x1234"),
        lambda d, g: g["frames"][0].update(fp="0x1234"),
        lambda d, g: g["frames"][0].update(stack="system"),
        lambda d, g: g.update(status="runnable", wait_reason=None),
        lambda d, g: g.update(locked=True),
        lambda d, g: g.update(system=not g["system"]),
        lambda d, g: g.update(created_by=None),
        lambda d, g: g["created_by"].update(line=1),
    ]
    for number, change in enumerate(changes):
        bad = copy.deepcopy(good)
        change(bad, bad["goroutines"][victim])
        assert oracle.compare_goroutines(crash, bad).found, f"change {number} was not detected"
