"""Contexts: the whole forest, exactly."""
import copy

from lib import contexts, process, programs
from lib.runner import case

NOT_ASKED = ("own_done", "own_deadline", "churning", "parent_type")


def started(go, build="default", *arguments):
    p = process.Process([programs.path("contexts", go, build), *arguments], ready=None)
    return p, contexts.read_facts(p)


@case(go="each")
def the_forest_oracle_notices(go):
    """The comparison accepts what the program says and notices any change of it."""
    p, facts = started(go)
    p.close()
    good = {"contexts": [{k: v for k, v in f.items() if k not in NOT_ASKED} for f in facts]}
    contexts.compare(facts, good).report()

    def one(doc, wanted):
        return next(c for c in doc["contexts"] if wanted(c))

    parent = lambda c: len(c["children"]) > 3  # noqa: E731
    valued = lambda c: c["key"] is not None and c["value"] is not None  # noqa: E731
    ended = lambda c: c["type"] == "*context.cancelCtx" and c["state"] == "canceled"  # noqa: E731
    waited = lambda c: len(c["waiters"]) > 2  # noqa: E731
    timed = lambda c: c["type"] == "*context.timerCtx" and c["state"] == "active"  # noqa: E731
    changes = [
        lambda d: d["contexts"].remove(one(d, ended)),
        lambda d: d["contexts"].append(one(d, ended)),
        lambda d: d["contexts"].append(dict(one(d, ended), addr="0x10")),
        lambda d: one(d, ended).update(state="active"),
        lambda d: one(d, ended).update(err=None),
        lambda d: one(d, ended).update(parent=None),
        lambda d: one(d, ended).update(type="*context.timerCtx"),
        lambda d: one(d, ended).update(partial=True),
        lambda d: one(d, parent)["children"].pop(),
        lambda d: one(d, parent)["children"].append("0x10"),
        lambda d: one(d, timed).update(state="unknown"),
        lambda d: one(d, timed).update(deadline_unix_ms=one(d, timed)["deadline_unix_ms"] + 1),
        lambda d: one(d, timed).update(deadline_unix_ms=None),
        lambda d: one(d, valued)["key"].update(text="other"),
        lambda d: one(d, valued)["value"].update(type="other"),
        lambda d: one(d, valued).update(value=None),
        lambda d: one(d, waited)["waiters"].pop(),
        lambda d: one(d, waited)["waiters"].append(1),
    ]
    for n, change in enumerate(changes):
        bad = copy.deepcopy(good)
        change(bad)
        assert contexts.compare(facts, bad).found, f"change {n} went unnoticed"
