"""The text and JSON of context commands: the tree and how it folds, one context, waiters, groups, the report.

The expected values come from the contexts that the program tests/programs/contexts reports.
"""
import collections
import re

from lib import contexts, debugger, process, programs
from lib.oracle import number
from lib.runner import case

ADDRESS = re.compile("0x[0-9a-f]+")
# "├─ 14 × *context.cancelCtx 0x…": the prefix, the count, the type, the address.
NODE = re.compile(r"^([│├└─ ]*)(?:(\d+) × )?(\S+|struct .*\}) (0x[0-9a-f]+)(…?)(?:  .*)?$")
BELOW = re.compile(r"^[│└─ ]*… (\d+) more below$")


class Forest:
    """The contexts that the program reports, and a debugger attached to it."""

    def __init__(self, go):
        self.process = process.Process([programs.path("contexts", go)], ready=None)
        self.facts = contexts.read_facts(self.process)
        self.by_key = {contexts.key(f): f for f in self.facts}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.close()

    def run(self, command, **options):
        return debugger.attach(self.process.pid, command, **options)

    def parent(self, fact):
        if fact["parent"] is None:
            return None
        return self.by_key[number(fact["parent"]), fact["parent_type"]]

    def path(self, fact):
        """Its ancestors, from the root down, and itself."""
        path = []
        while fact:
            path.insert(0, fact)
            fact = self.parent(fact)
        return path

    def one(self, wanted):
        """The first matching context that does not share its address."""
        occurrences = collections.Counter(f["addr"] for f in self.facts)
        return next(f for f in self.facts if occurrences[f["addr"]] == 1 and wanted(f))


def nodes(result):
    """(level, count, (address, type)) of each line of a tree, and the number of contexts below the lines shown."""
    out, below = [], 0
    for line in result.out.partition("\n\nContexts of finished requests")[0].splitlines():
        hidden = BELOW.match(line)
        if hidden:
            below += int(hidden[1])
            continue
        m = NODE.match(line)
        assert m, f"not a line of a tree: {line!r}"
        assert bool(m[2]) == bool(m[5]), f"a folded line needs an ellipsis and others must not have one: {line!r}"
        out.append((len(m[1]) // 3, int(m[2] or 1), (number(m[4]), m[3])))
    return out, below


def keys(facts):
    return collections.Counter(contexts.key(f) for f in facts)


@case(go="ends")
def tree_folds(go):
    """The context that a folded line names is a child of the one that the line above names. Basic keys are compared by
    their contents: each is boxed at an address of its own."""
    with Forest(go) as f:
        result = f.run("ctx tree")
        shown, below = nodes(result)
        assert sum(count for _, count, _ in shown) + below == len(f.facts)
        assert below == len([x for x in f.facts if len(f.path(x)) > 49]), below
        assert len(shown) < len(f.facts) / 5, f"{len(shown)} lines for {len(f.facts)} contexts"
        above = []
        for level, count, key in shown:
            fact = f.by_key[key]
            assert count == 1 or count >= 4, f"{count} are folded"
            assert level == len(f.path(fact)) - 1, f"level {level}: {fact}"
            assert not level or contexts.key(f.parent(fact)) == above[level - 1], (fact, above[level - 1])
            above[level:] = [key]
        keyed = [line for line in result.out.splitlines() if "  main.smallKey(6000)  " in line]
        assert len(keyed) == 1 and "─ 30 × *context.valueCtx" in keyed[0], keyed


@case()
def tree_unfolds(go):
    with Forest(go) as f:
        shown, below = nodes(f.run("ctx tree --all"))
        deep = [x for x in f.facts if len(f.path(x)) > 49]
        assert below == len(deep), below
        assert collections.Counter(key for _, _, key in shown) == keys(f.facts) - keys(deep)
        assert all(count == 1 for _, count, _ in shown)


@case(go="ends")
def lists_say_when_garbage_was_last_collected(go):
    """The program has collected garbage after it made its contexts."""
    with Forest(go) as f:
        since = f.run("ctx list --json").json()["gc_age_seconds"]
        assert 0 <= since < 600, since
        assert re.search(r"frees them \(the last one: [0-9.]+(ms|s) ago\)", f.run("ctx list").out)


@case()
def tree_to_a_depth(go):
    with Forest(go) as f:
        shown, below = nodes(f.run("ctx tree --all --depth 2"))
        high = [x for x in f.facts if len(f.path(x)) <= 3]
        assert collections.Counter(key for _, _, key in shown) == keys(high)
        assert below == len(f.facts) - len(high)
        doc = f.run("ctx tree --depth 2 --json").json()
        assert collections.Counter(contexts.key(c) for c in doc["contexts"]) == keys(high)


@case()
def tree_of_matching_contexts(go):
    with Forest(go) as f:
        wanted = {}
        for x in f.facts:
            if x["type"] == "*context.timerCtx":
                wanted.update((contexts.key(y), y) for y in f.path(x))
        shown, below = nodes(f.run("""ctx tree --all --where 'type == "*context.timerCtx"'"""))
        assert len(wanted) < len(f.facts) and below == 0, below
        assert collections.Counter(key for _, _, key in shown) == collections.Counter(list(wanted))
        doc = f.run("""ctx tree --where 'type == "*context.timerCtx"' --json""").json()
        assert collections.Counter(contexts.key(c) for c in doc["contexts"]) == collections.Counter(list(wanted))
        none = f.run("ctx tree --where 'depth > 1000'")
        assert none.out == "no context matches\n", none


@case()
def tree_below_one(go):
    with Forest(go) as f:
        top = f.one(lambda x: len(x["children"]) > 100)
        wanted = [x for x in f.facts if top in f.path(x)]
        shown, below = nodes(f.run(f"ctx tree {top['addr']}"))
        assert shown[0][2] == contexts.key(top)
        assert sum(count for _, count, _ in shown) + below == len(wanted)


def rows(result, name):
    """The lines of the row `name` of `ctx show`, including continuation lines."""
    out, inside = [], False
    for line in result.out.splitlines():
        if re.match(r"  \S", line):
            inside = line.startswith(f"  {name} ")
        if inside and line.startswith("  "):
            out.append(line[12:])
    return out


def goids(lines):
    return [int(m[1]) for line in lines if (m := re.match(r" *goroutine (\d+) \[", line))]


@case()
def everything_about_one(go):
    with Forest(go) as f:
        fact = f.one(lambda x: len(x["waiters"]) > 2 and len(x["children"]) > 100)
        result = f.run(f"ctx show {fact['addr']}")
        assert result.out.splitlines()[0].startswith(f"{fact['type']} {fact['addr']}  {fact['state']}"), result
        path = [ADDRESS.search(line)[0] for line in rows(result, "path")]
        assert path == [x["addr"] for x in f.path(fact)], result
        *children, rest = rows(result, "children")
        listed = [ADDRESS.search(line)[0] for line in children]
        assert len(set(listed)) == len(listed) and set(listed) < set(fact["children"]), result
        assert int(re.fullmatch(r"… and (\d+) more", rest)[1]) + len(listed) == len(fact["children"]), result
        assert sorted(goids(rows(result, "waiting"))) == fact["waiters"], result
        assert all(re.search(r"\]  main\.wait\S+ waiters\.go:\d+$", line) for line in rows(result, "waiting")), result
        below = [x for x in f.facts if f.parent(x) is fact]
        assert any(x["addr"] in line for x in below for line in rows(result, "held by")), result
        doc = f.run(f"ctx show {fact['addr']} --json").json()
        assert [c["addr"] for c in doc["contexts"]] == [fact["addr"]]
        assert doc["path"] == path[-2::-1]
        assert sorted(g["goid"] for g in doc["waiting"]) == fact["waiters"]
        assert {h["kind"] for h in doc["held_by"]} <= {"goroutine", "heap", "global"}
        assert {x["addr"] for x in below} == {h["ctx"] for h in doc["held_by"] if "ctx" in h}


@case()
def canceled_context(go):
    with Forest(go) as f:
        fact = f.one(lambda x: x["type"] == "*context.cancelCtx" and x["state"] == "canceled" and
                     x["cause"] and x["cause"]["text"] != x["err"]["text"] and not x["cause"].get("computed"))
        first = f.run(f"ctx show {fact['addr']}").out.splitlines()[0]
        assert first.startswith(f"{fact['type']} {fact['addr']}  canceled: "), first
        assert fact["cause"]["text"] in first and fact["err"]["text"] in first, first
        # Neither the deadline of a context that was canceled before.
        early = [x for x in f.facts if x["deadline_unix_ms"] and x["err"] and x["err"]["text"] == "context canceled"]
        assert "*context.timerCtx" in {x["type"] for x in early}, early
        lines = [line for line in f.run("ctx tree --all").out.splitlines() if any(x["addr"] in line for x in early)]
        assert lines and not any("deadline" in line for line in lines), lines


@case(go="ends")
def contexts_at_one_address(go):
    """Those without a size, such as Background and TODO, share one."""
    with Forest(go) as f:
        (address, count), = collections.Counter(x["addr"] for x in f.facts).most_common(1)
        expected = sorted(x["type"] for x in f.facts if x["addr"] == address)
        assert count >= 2 and (go == "1.19" or "context.todoCtx" in expected), expected
        text = f.run(f"ctx show {address}").out
        assert sorted(m[1] for m in re.finditer(rf"^(\S+) {address}\b", text, re.M)) == expected, text
        doc = f.run(f"ctx show {address} --json").json()
        assert sorted(c["type"] for c in doc["contexts"]) == expected, doc["contexts"]


@case()
def waiters_and_holders(go):
    with Forest(go) as f:
        fact = f.one(lambda x: len(x["waiters"]) > 2 and len(x["children"]) > 100)
        below = {g for x in f.facts if fact in f.path(x) for g in x["waiters"]} - set(fact["waiters"])
        doc = f.run(f"ctx who {fact['addr']} --json").json()
        holding = [g["goid"] for g in doc["holding"]]
        assert [g["goid"] for g in doc["waiting"]] == fact["waiters"], doc["waiting"]
        assert set(holding) >= below and len(below) >= 200, (len(holding), len(below))
        text = f.run(f"ctx who {fact['addr']} --all").out
        waiting = len(fact["waiters"])
        assert f"\n{waiting} goroutines wait on its Done channel:\n" in text, text[:500]
        assert f"\n{len(holding)} goroutines only hold it or a context derived from it:\n" in text, text[:500]
        assert goids(text.splitlines()) == fact["waiters"] + holding
        short = f.run(f"ctx who {fact['addr']}").out
        assert goids(short.splitlines()) == fact["waiters"] + holding[:20], short
        assert f"… and {len(holding) - 20} more (--all)" in short, short


@case()
def contexts_of_goroutines(go):
    with Forest(go) as f:
        expected = collections.defaultdict(set)
        for x in f.facts:
            for g in x["waiters"]:
                expected[g].add(x["addr"])
        doc = f.run("goroutines --ctx --json").json()
        actual = {g["goid"]: {w["ctx"] for w in g["waiting_on"] if w.get("ctx")} for g in doc["goroutines"]}
        assert {g: c for g, c in actual.items() if c} == dict(expected)
        lines = {}
        for line in f.run("goroutines --ctx").out.splitlines():
            if m := re.match(r" *(\d+)  ", line):
                lines[int(m[1])] = set(ADDRESS.findall(line))
        for goid, addresses in expected.items():
            assert lines[goid] & addresses, f"goroutine {goid} waits on {addresses}: {lines[goid]}"
        one = next(a for a in expected.values() if len(a) == 1)
        address = next(iter(one))
        found = f.run(f"goroutines --where 'ctx == {address}' --json").json()["goroutines"]
        assert {g["goid"] for g in found} >= {g for g, a in expected.items() if a == one}
        assert all(address in expected[g["goid"]] for g in found), found


@case()
def what_one_goroutine_holds(go):
    """Compared with the reverse query: the holders of each context."""
    with Forest(go) as f:
        holders = collections.defaultdict(set)
        for c in f.run("ctx list --json").json()["contexts"]:
            for g in c["holders"]:
                holders[g].add(contexts.key(c))
        goid = max(holders, key=lambda g: len(holders[g]))
        doc = f.run(f"goroutine {goid} --ctx --json").json()
        assert {(number(h["ctx"]), h["type"]) for h in doc["holds"]} == holders[goid], (goid, doc["holds"])
        text = f.run(f"goroutine {goid} --ctx").out
        for address, kind in holders[goid]:
            assert f"{kind} {address:#x}" in text, text


def table(result):
    """{group: count} of `ctx list --group`."""
    lines = result.out.split("GROUP\n")[1].splitlines()
    return {m[3]: int(m[1]) for m in (re.match(r" *(\d+) +(\d+)  (.*)$", line) for line in lines)}


@case()
def groups(go):
    with Forest(go) as f:
        def parent(x):
            return f"{x['parent']} {x['parent_type']}" if x["parent"] else "(no parent)"

        for by, label in (("type", lambda x: x["type"]), ("parent", parent)):
            expected = collections.Counter(label(x) for x in f.facts)
            result = f.run(f"ctx list --group {by}")
            assert table(result) == expected, f"{by}: {table(result)} instead of {expected}"
            assert result.out.startswith(f"{len(f.facts)} contexts: "), result
            doc = f.run(f"ctx list --group {by} --json").json()
            assert {g["group"]: g["count"] for g in doc["groups"]} == expected and doc["by"] == by
            assert sum(g["waiters"] for g in doc["groups"]) == sum(len(x["waiters"]) for x in f.facts)
        by_key = table(f.run("ctx list --group key"))
        assert by_key["(no key)"] == len([x for x in f.facts if x["key"] is None])
        assert sum(by_key.values()) == len(f.facts)
        assert {"main.smallKey(3)", 'main.nameKey("name")', "5", '"a string"', "main.emptyKey{}"} <= set(by_key), by_key
        short = f.run("ctx list --group type --limit 2")
        assert short.out.endswith(f"… and {len({x['type'] for x in f.facts}) - 2} smaller groups\n"), short


@case()
def rows_of_the_list(go):
    with Forest(go) as f:
        fact = f.one(lambda x: x["key"] and x["key"]["text"] == '"request"' and x["value"])
        result = f.run(f"ctx list --where 'addr == {fact['addr']}'")
        row = result.out.splitlines()[-1]
        assert row.startswith(f"{fact['addr']}  {fact['type']} "), result
        assert row.endswith(f"{fact['parent']}  {fact['key']['text']} = {fact['value']['text']}"), result
        limited = f.run("ctx list --limit 3").out
        assert len(re.findall("^0x", limited, re.M)) == 3, limited
        assert f"… and {len(f.facts) - 3} more (--limit 0 for all)" in limited, limited


@case()
def report_with_contexts(go):
    with Forest(go) as f:
        result = debugger.run("dump", f.process.pid)
        assert f"\nContexts\n{len(f.facts)} contexts: " in result.out, result
        assert re.search(r"^2000 × |─ 2000 × ", result.out, re.M), result


@case()
def similar_verdicts_are_grouped(go):
    """One sentence for all of them, one each with --all, and a mark in the tree."""
    with process.Process([programs.path("verdicts", go), "hidden-done", "broken"]) as p:
        doc = debugger.attach(p.pid, "ctx check --json", expect=3).json()
        verdict, = doc["verdicts"]
        text = debugger.attach(p.pid, "ctx check", expect=3).out
        summary, _, kind, *sentence = text.splitlines()
        assert summary.startswith("1 verdict on ") and summary.endswith(": 1 not-propagated"), text
        assert kind == "not-propagated", text
        assert " ".join(line.strip() for line in sentence).startswith(verdict["text"]), text
        assert f"    next: {verdict['next']}\n" in text, text
        assert all(len(line) <= 100 for line in text.splitlines()), text
        for command in "ctx tree", "ctx tree --garbage":
            tree = debugger.attach(p.pid, command).out
            marked = [line for line in tree.splitlines() if line.endswith("  ◀ not-propagated")]
            assert len(marked) == 1 and verdict["ctx"] in marked[0], tree
        contexts_ = debugger.attach(p.pid, "ctx tree --json").json()["contexts"]
        assert [c["addr"] for c in contexts_ if c.get("verdict") == "not-propagated"] == [verdict["ctx"]], contexts_
        assert sum("verdict" in c for c in contexts_) == 1, contexts_


@case(go="ends")
def notes_are_not_verdicts(go):
    """A wait that ends by itself is a note: exit status 0."""
    with process.Process([programs.path("verdicts", go), "ignores-sleep", "broken"]) as p:
        summary, _, kind, *sentence = debugger.attach(p.pid, "ctx check").out.splitlines()
        assert re.fullmatch(r"0 verdicts on \d+ contexts?; 1 note: 1 cancel-pending", summary), summary
        assert kind == "note: cancel-pending", kind
        assert "will notice at the earliest after it has waited for a sleep to end in" in " ".join(
            line.strip() for line in sentence), sentence


@case()
def queries_without_a_result(go):
    with Forest(go) as f:
        for command in ("ctx show 0x10", "ctx who 0x10", "ctx tree 0x10", "ctx show 0x10 --json"):
            debugger.one_sentence(f.run(command, expect=1), "there is no context at 0x10")
        for command in ("ctx list", "ctx tree"):
            result = f.run(f"{command} --where 'stat == 1'", expect={1, 2})
            assert "column 1" in result.err and "state" in result.err, result
            assert not result.out, result
        debugger.one_sentence(f.run("ctx show main", expect={1, 2}), "main")
        debugger.one_sentence(f.run("ctx list --group shape", expect={1, 2}), "shape")
        debugger.one_sentence(f.run("ctx check --grace 1", expect={1, 2}), "must be a duration such as 500ms")
        debugger.one_sentence(f.run("ctx list | false", expect=1), '"false" failed with exit status 1')


def held_by_objects(pid, ctx):
    """From the JSON of `ctx show`: heap objects that hold it, except for contexts and maps of children."""
    doc = debugger.attach(pid, f"ctx show {ctx} --json").json()
    return [h for h in doc["held_by"] if h["kind"] == "heap" and not h["registration"] and "ctx" not in h]


@case(go="each", build=["default", "stripped"])
def holders_on_the_heap_by_type(go, build):
    """The type of an object follows from interface values, fields and variables that point to it, or from its
    contents."""
    with process.Process([programs.path("holders", go, build)], ready=None) as p:
        facts = []
        while (line := p.line()) != "ready":
            facts.append(line.split())
        p.wait_until_reading()
        assert len(facts) == 9, facts
        for kind, ctx, object_, type_, field in facts:
            (held,) = held_by_objects(p.pid, ctx)
            text = [line for line in rows(debugger.attach(p.pid, f"ctx show {ctx}"), "held by") if "0x" in line]
            header = int(kind == "large" and go not in ("1.19", "1.21")) * 8
            noted = header or kind == "groups" and go not in ("1.19", "1.21", "1.22", "1.23")  # Swiss tables
            assert number(held["object"]) + header == number(object_), (kind, held, object_)
            reported = held["object_type"], held["field"], held["closure"]
            if kind == "closure":
                assert reported == (None, None, type_), (kind, held)
                assert any(line.startswith(f"closure of {type_} {object_}, at +") for line in text), text
            elif build == "default" or kind == "any" or noted:
                assert reported == (type_, field, None), (kind, held)
                assert any(f"{type_} {object_}, its {field.lstrip('.')}" in line for line in text), text
            else:  # without DWARF there is no type, and none must be invented
                assert reported == (None, None, None), (kind, held)
                assert any(line.startswith(f"heap object {held['object']} of ") for line in text), text
