"""Compares `ctx list --json` with what the program tests/programs/contexts says of the contexts that it made.

The key of a context is its address and its type, for those without size share an address. Equality is exact:
nothing missing, nothing extra. `err`, `cause` and `deadline_unix_ms` are what the methods of that context
answer, also where it only passes on an ancestor's. What a program's own method computes cannot be known from
outside: there "unknown" and null will do, but nothing that is wrong.
"""
import json

from .oracle import Differences, number


def read_facts(p):
    """What the program prints before it is ready."""
    lines = []
    while (line := p.line()) != "ready":
        lines.append(line)
    p.wait_until_reading()
    return facts(lines)


def facts(lines):
    return [json.loads(line) for line in lines]


def key(context):
    return number(context["addr"]), context["type"]


def _by_key(diff, who, contexts):
    out = {}
    for c in contexts:
        if key(c) in out:
            diff.add(f"{who} has {c['type']} {c['addr']} twice")
        out[key(c)] = c
    return out


def _value(value):
    return None if value is None else (value["type"], value["text"])


def _text(diff, where, what, fact, actual):
    """An error: what a method of the program computes is compared by type only."""
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
    """`others`: the program makes more contexts all the time, which it does not tell of."""
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
                diff.add(f"{c['type']} {c['addr']} is none of the program's")
    return diff
