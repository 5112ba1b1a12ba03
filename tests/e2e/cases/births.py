"""Hits at every kind of location, and the values of their events, compared with the counts of a program that starts and
ends goroutines, panics, cancels and calls functions in every possible way."""
import collections
import json

from lib import debugger, process, programs
from lib.runner import case

VARIANTS = ["default", "stripped"]
OTHERS = ["unoptimised", "race", "pie"]


def own_counts(p):
    """{kind: {name: count}}: the counts that the program prints at its end."""
    counts = collections.defaultdict(dict)
    while (line := p.line(timeout=60)) != "done":
        what, number = line.rsplit(" ", 1)
        kind, name = what.split(" ", 1)
        counts[kind][name] = int(number)
    return counts


def run(go, variant, *locations):
    """Traces the locations from before the program's first goroutine to its end; returns ({breakpoint number: [event]},
    {number: breakpoint}, the program's counts)."""
    with process.Process([programs.path("births", go, variant), "wait"]) as p:
        commands = [f"trace {location}" for location in locations]
        child = debugger.start("attach", p.pid, "--batch", "-q",
                               *[a for c in [*commands, "break main.marker", "echo armed", "continue --json",
                                             "info breakpoints --json"] for a in ("-e", c)])
        lines = []
        while (line := child.stdout.readline()) and line.rstrip("\n") != "armed":
            lines.append(line)
        assert line, (lines, child.stderr.read())
        p.send("begin")
        result = debugger.finish(child)
        assert result.status == 0, result
        counts = own_counts(p)
        process.check_untouched(p.pid)
    documents = [json.loads(line) for line in result.out.splitlines() if line.startswith("{")]
    events = collections.defaultdict(list)
    for document in documents:
        if document.get("event") == "trace":
            events[document["breakpoint"]].append(document)
    return events, {b["number"]: b for b in documents[-1]["breakpoints"]}, counts


def by(events, field):
    return collections.Counter(e["fields"].get(field) for e in events)


def of_users(counts):
    """Without goroutines that the runtime starts at arbitrary times."""
    return {k: n for k, n in counts.items() if not (k or "").startswith("runtime.")}


def check_lives(births, deaths, counts):
    for creator, number in counts["creator"].items():
        assert by(births, "creator")[creator] == number, (creator, number, by(births, "creator"))
        assert by(deaths, "creator")[creator] == number, (creator, number, by(deaths, "creator"))
    for function, number in counts["fn"].items():
        assert by(births, "fn")[function] == number, (function, by(births, "fn"))
        assert by(deaths, "entry")[function] == number, (function, by(deaths, "entry"))
    assert sum(of_users(by(births, "creator")).values()) == counts["died"]["in all"]
    assert sum(of_users(by(deaths, "creator")).values()) == counts["died"]["in all"]
    born = {e["fields"]["new_goid"]: e["time_unix_ns"] for e in births}
    assert len(born) == len(births), "two births of one id"
    ended = [e["goid"] for e in deaths if e["goid"] in born]
    assert len(ended) == len(set(ended)) >= counts["died"]["in all"], "two deaths of one id"
    for e in deaths:
        if e["goid"] in born:  # the clock is read for the event a little later than for the age
            lived = (e["time_unix_ns"] - born[e["goid"]]) / 1e9
            assert abs(lived - e["fields"]["age"]) < 0.1, (lived, e)


def check_cancels(cancels, counts):
    assert by(cancels, "ctx_type") == counts["cancel"], (by(cancels, "ctx_type"), counts["cancel"])
    assert len({e["fields"]["ctx"] for e in cancels} | {0}) > 1
    for kind in ("cause", "err"):
        for text, number in counts[kind].items():
            assert by(cancels, kind)[text] == number, (kind, text, by(cancels, kind))
    assert sum(e["fields"]["children"] for e in cancels) == counts["children"]["in all"], cancels


def check_all(go, variant):
    events, listed, counts = run(go, variant, "newproc", "goexit", "cancel", "panic", "deep", "(*point).move", "main.small",
                                 "batch", "goexit if age > 0s && labels[\"none\"] == \"\" || goid > 0")
    check_lives(events[1], events[2], counts)
    check_cancels(events[3], counts)
    assert len(events[4]) == counts["panic"]["in all"], len(events[4])
    for text in ("text", "first"):
        assert by(events[4], "value")[text] == counts["panic"][text], by(events[4], "value")
    for number, function in enumerate(["main.deep", "main.(*point).move", "main.small", "main.batch"], 5):
        assert len(events[number]) == counts["call"][function], (function, len(events[number]))
    for number in range(1, 9):
        b = listed[number]
        assert (b["hits"], b["times_false"]) == (len(events[number]), 0), b
    assert len(events[9]) == len(events[2])


@case(go="each", variant=VARIANTS, timeout=120)
def everything_is_counted_as_the_program_does(go, variant):
    check_all(go, variant)


@case(go=["1.19", "1.24", "1.27"], variant=OTHERS, timeout=120)
def in_all_kinds_of_build(go, variant):
    check_all(go, variant)


@case(go="each", variant=VARIANTS, timeout=120)
def conditions_are_true_exactly_where_expected(go, variant):
    typed = ["(*point).move if p.next.x == 2 * p.x && how == \"how\" && ok && f == 1.5 && d == 1s && "
             "e == \"*errors.errorString\" && p.name == \"p\"",
             "batch if list.len == unsigned + 1 && small == 0 - unsigned && more == \"*main.point\" && ch == 0 && m == 0 && "
             "len(list) == list.len && cap(list) >= len(list) && len(ch) == cap(ch) && len(m) == 0",
             "deep if n % 7 == 3 && text == \"text\""]
    raw = ["(*point).move if arg2 % 2 == 0", "batch if arg2 >= 1 && arg3 == 100", "deep if arg1 % 7 == 3"]
    events, listed, counts = run(
        go, variant,
        "newproc if fn == \"main.closures.func1\" && creator =~ \"^main[.]clos\" && line > 0",
        "newproc if labels[\"job\"] == \"births\" && labels[\"other\"] == \"x\"",
        "newproc if stack =~ \"main.burst.func1$\" && function == \"main.burst.func1\"",
        "newproc if hits <= 10",
        "cancel if ctx_type == \"*context.timerCtx\" && err =~ \"deadline\"",
        "panic if value_type == \"main.failure\"",
        "panic if value_type == \"int\" && value == \"3\"",
        *(typed if variant == "default" else raw),
        "main.small if caller == \"main.small\" || stack == \"main.calls\"")
    expected = [counts["fn"]["main.closures.func1"], counts["creator"]["main.labelled.func1"],
                counts["creator"]["main.burst.func1"], 10, counts["err"]["context deadline exceeded"], 5, 1,
                5, 10, 30, counts["call"]["main.small"]]
    got = [len(events[n]) for n in range(1, 12)]
    assert got == expected, (got, expected, counts)
    for n, number in enumerate(expected, 1):
        b = listed[n]
        assert b["hits"] - b["times_false"] == number and not b.get("failures"), b


@case(go="each", variant=VARIANTS, timeout=120)
def sleeping_goroutines_are_parked_and_made_ready(go, variant):
    mine = "reason == \"sleep\" && entry =~ \"main.sleep\""
    events, listed, counts = run(go, variant, f"park if {mine}", f"ready if {mine}", "park if entry =~ \"main.sleep\"",
                                 "ready if entry =~ \"main.sleep\"")
    assert [len(events[n]) for n in (1, 2)] == [counts["sleep"]["in all"]] * 2, {n: len(e) for n, e in events.items()}
    sleepers = collections.Counter(e["goid"] for e in events[1])
    assert sleepers == collections.Counter(e["fields"]["ready_goid"] for e in events[2]), sleepers
    assert len(sleepers) == 5 and set(sleepers.values()) == {20}, sleepers


@case(go="each")
def unreadable_values_are_reported_once(go):
    """A condition that reads unmapped memory stops once with the reason; further errors are counted."""
    with process.Process([programs.path("births", go), "wait"]) as p:
        child = debugger.start("attach", p.pid, "--batch", "-q", *[
            a for c in ["break astray if p.name == \"x\"", "break main.marker", "echo armed", "continue --json",
                        "info breakpoints --json", "continue --json", "info breakpoints --json"] for a in ("-e", c)])
        while (line := child.stdout.readline()) and line.rstrip("\n") != "armed":
            pass
        p.send("begin")
        result = debugger.finish(child)
    documents = [json.loads(line) for line in result.out.splitlines() if line.startswith("{")]
    lists = [{b["number"]: b for b in d["breakpoints"]} for d in documents if "breakpoints" in d]
    assert [(b[1]["hits"], b[2]["hits"]) for b in lists] == [(1, 0), (3, 1)], result
    assert "cannot be read" in lists[0][1]["problem"], result
    reported = [d for d in documents if "cannot be read" in str(d.get("problem"))]
    assert len(reported) == 1, result
