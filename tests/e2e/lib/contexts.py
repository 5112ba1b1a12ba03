"""Compares `ctx list --json` with the contexts that the program tests/programs/contexts reports.

The key of a context is its address and type, because zero-sized contexts share an address. The comparison is exact:
nothing missing, nothing extra. `err`, `cause` and `deadline_unix_ms` are what the methods of the context return, even
if they forward to an ancestor. A result that a user-defined method computes is not visible from outside: there,
"unknown" and null are accepted, but a wrong value is not.
"""
import json

from .oracle import Differences, number


def read_facts(p):
    """The contexts that the program prints before it is ready."""
    lines = []
    while (line := p.line()) != "ready":
        lines.append(line)
    p.wait_until_reading()
    return facts(lines)


def facts(lines):
    return [json.loads(line) for line in lines]


def key(context):
    return number(context["addr"]), context["type"]


def _by_key(diff, source, contexts):
    out = {}
    for c in contexts:
        if key(c) in out:
            diff.add(f"{source} has {c['type']} {c['addr']} twice")
        out[key(c)] = c
    return out


def _value(value):
    return None if value is None else (value["type"], value["text"])


def _text(diff, where, what, fact, actual):
    """Compares an error. If a user-defined method computes it, only its type is compared."""
    if fact is not None and fact.get("computed"):
        diff.check(where, f"type of {what}", fact["type"], actual and actual["type"])
    else:
        diff.check(where, what, _value(fact), _value(actual))


def _numbers(addresses):
    return sorted(number(a) for a in addresses)


def _compare(diff, fact, actual):
    where = f"{fact['type']} {fact['addr']}"
    diff.check(where, "parent", number(fact["parent"]), number(actual["parent"]))
    unknown = fact["own_done"] and actual["state"] == "unknown"
    if not unknown:
        diff.check(where, "state", fact["state"], actual["state"])
    for what in ("err", "cause"):
        if not (fact["own_done"] and actual[what] is None):
            _text(diff, where, what, fact[what], actual[what])
    if not (fact["own_deadline"] and actual["deadline_unix_ms"] is None):
        diff.check(where, "deadline", fact["deadline_unix_ms"], actual["deadline_unix_ms"])
    for what in ("key", "value"):
        diff.check(where, what, _value(fact[what]), _value(actual[what]))
    if not fact["churning"]:
        diff.check(where, "children", _numbers(fact["children"]), _numbers(actual["children"]))
    diff.check(where, "waiters", fact["waiters"], sorted(actual["waiters"]))
    if not fact["churning"]:
        diff.check(where, "partial", False, bool(actual.get("partial")))


def compare(facts, doc, others=False):
    """`others`: the program keeps making contexts that it does not report."""
    diff = Differences()
    expected, actual = _by_key(diff, "the program", facts), _by_key(diff, "gctxdbg", doc["contexts"])
    for k, fact in expected.items():
        if k in actual:
            _compare(diff, fact, actual[k])
        else:
            diff.add(f"{fact['type']} {fact['addr']} is missing")
    if not others:
        for k, c in actual.items():
            if k not in expected:
                diff.add(f"{c['type']} {c['addr']} was not reported by the program")
    return diff
