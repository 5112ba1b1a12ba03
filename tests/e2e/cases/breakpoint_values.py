"""The values that breakpoint conditions evaluate and events report."""
import re

from cases.breakpoints import VARIANTS, Breaks, breakpoints, documents, run
from lib import debugger, programs
from lib.prompt import Prompt
from lib.runner import case


def judged(go, variant="default"):
    return Breaks(go, variant, program="judged")


def line_of(text):
    """The number of the source line that contains `text`."""
    with open(programs.paths.PROGRAMS / "judged" / "main.go") as f:
        return next(n for n, line in enumerate(f, 1) if text in line)


def events(result, kind):
    return [d for d in documents(result.out) if d.get("event") == kind]


def traced(go, variant, order, *conditions, location):
    """The events of one tracepoint per condition, all at `location`, and the entry of each in info breakpoints."""
    with judged(go, variant) as p:
        r, _ = run(p, [f"trace {location} if {c}" for c in conditions] +
                   ["break main.marker", "continue --json", "info breakpoints --json"], order)
        listed = breakpoints(documents(r.out)[-1])
        found = [[d for d in documents(r.out) if d.get("event") in ("trace", "stop") and d.get("breakpoint") == i + 1]
                 for i in range(len(conditions))]
        return found, [listed[i + 1] for i in range(len(conditions))]


@case(go="each")
def a_stop_shows_what_its_condition_used(go):
    with judged(go) as p:
        condition = 'p.name == "bob" && hits > 3 && caller =~ "people" && goid == 1 && p.age < 99'
        r, _ = run(p, [f"break main.handle if {condition}", "continue"], "people")
        assert re.search(r"main.handle, hit 4: goroutine 1 .*\n +p.name=bob  hits=4  caller=main.people  goid=1  p.age=33  "
                         r"p=0x[0-9a-f]+  n=3\n", r.out), r
    with judged(go) as p:
        r, _ = run(p, [f"trace main.handle if {condition}", "break main.marker", "continue --json"], "people")
        reported = [{k: v for k, v in d["fields"].items() if k != "p"} for d in events(r, "trace")]
        same = {"p.name": "bob", "caller": "main.people", "goid": 1}
        assert reported == [{**same, "hits": 4, "p.age": 33, "n": 3}, {**same, "hits": 5, "p.age": 34, "n": 4}], reported


@case(go="each", variant=VARIANTS)
def newproc_event_has_the_labels_of_the_creator(go, variant):
    with judged(go, variant) as p:
        r, _ = run(p, ['break newproc if labels["k"] == "v" && creator =~ "labeled"', "continue"], "labeled")
        line = r.out.split("\n     ")[1].split("\n")[0]
        assert line.startswith('labels["k"]=v  fn=') and line.endswith('  labels["job"]=mail'), line
    with judged(go, variant) as p:
        r, _ = run(p, ["trace newproc if creator =~ `^main\\.`", "trace newproc if creator =~ `^main\\.`",
                       "delete 2", "break main.marker", "continue --json"], "labeled")
        reported = [d["labels"] for d in events(r, "trace")]
        assert reported == [{"k": "v", "job": "mail"}, {}], r
        assert all("labels" not in d["fields"] for d in events(r, "trace")), r


@case(go="each", variant=VARIANTS)
def labels_with_long_keys(go, variant):
    """Conditions use all values; an event omits those for which it has no room, and says so."""
    keys = {f"k{i:02}" + "x" * 1000: f"v{i:02}" for i in range(30)}
    seventh = next(k for k in keys if k.startswith("k07"))
    found, listed = traced(go, variant, "tagged", 'labels["a"] == "1"', f'labels["{seventh}"] == "v07"',
                           f'labels["{seventh}y"] == "v07"', f'labels["{"z" * 5000}"] == "2"', 'hits > 0', location="main.tagged")
    assert [[d["hit"] for d in f] for f in found] == [[1], [2], [], [1], [1, 2]], found
    assert [b["failures"] for b in listed] == [0] * 5, listed
    short, many = found[4]
    assert (short["labels"], short["cut"]) == ({"a": "1"}, ["labels"]), short
    assert 5 < len(many["labels"]) < 30 and many["cut"] == ["labels"], many
    assert all(keys[k] == v for k, v in many["labels"].items()), many
    assert found[1][0]["labels"][seventh] == "v07", found[1]


@case(go="each")
def conditions_on_long_texts(go):
    x = "x" * 4096
    conditions = {'s == "a\\x00b"': [2], 's =~ "^a.b$"': [2], 's > "y"': [], 's =~ "^x"': [1, 4], f's == "{x}"': [4],
                  f's < "{x[1:]}y"': [1, 2, 3, 4]}
    found, listed = traced(go, "default", "texts", *conditions, location="main.text")
    assert [[d["hit"] for d in f] for f in found] == list(conditions.values()), found
    assert [b["failures"] for b in listed] == [0] * len(conditions), listed
    assert found[0][0]["fields"]["s"] == "a\0b" and "cut" not in found[0][0], found[0]
    assert found[3][0]["cut"] == ["s"] and set(found[3][0]["fields"]["s"]) == {"x"}, found[3]
    for f, b in zip(*traced(go, "default", "texts", 's =~ "y"', f's == "{x}x"', f's < "{x}y"', 's =~ "x$"', location="main.text")):
        assert [(d["event"], d["hit"]) for d in f] == [("stop", 1)], f
        assert "could change the result" in f[0]["problem"] and b["failures"] == 1, (f, b)


@case(go="each")
def large_numbers_are_not_negative(go):
    found, _ = traced(go, "default", "numbers", "n > 5", "n < 0", "n == 18446744073709551615", "n >= 0x8000000000000000",
                      location="main.number")
    assert [[d["hit"] for d in f] for f in found] == [[2, 3], [], [3], [2, 3]], found
    assert [d["fields"]["n"] for d in found[0]] == [2**63, 2**64 - 1], found[0]


@case(go="ends")
def conditions_on_deep_stacks(go):
    conditions = ['stack =~ "^main.descend$"', 'stack =~ "^main.main$"', 'stack !~ "^main.main$"']
    found, listed = traced(go, "default", "deep 400", *conditions, location="main.bottom")
    assert [d["event"] for d in found[0]] == ["trace"] and listed[0]["failures"] == 0, (found, listed)
    for f, b in zip(found[1:], listed[1:]):
        assert [d["event"] for d in f] == ["stop"] and "256 frames" in f[0]["problem"] and b["failures"] == 1, (f, b)
    found, listed = traced(go, "default", "deep 200", *conditions, location="main.bottom")
    assert [len(f) for f in found] == [1, 1, 0] and all(b["failures"] == 0 for b in listed), (found, listed)


@case(go="each", variant=VARIANTS)
def every_event_has_a_location(go, variant):
    with judged(go, variant) as p:
        r, _ = run(p, ["trace ready if function == \"main.wakes\"", "trace park if function == \"main.waits\"",
                       "break main.marker", "continue --json"], "wake")
        users = {d["what"]: d["user"] for d in events(r, "trace")}
        assert users["ready"]["func"] == "main.wakes" and users["ready"]["line"] == line_of("c <- 7"), users
        assert users["park"]["line"] == line_of("count(<-c)"), users
    with judged(go, variant) as p:
        r, _ = run(p, ["trace cancel", "trace handle", "trace main.ends", "break main.marker", "continue"], "cancel")
        at = f"main.go:{line_of('func ends(')}"
        lines = [line for line in r.out.splitlines() if re.match("[0-9:.]+  [13] ", line)]
        assert len(lines) == 2 and all(at in line for line in lines), lines
        r, _ = run(p, ["trace handle", "break main.marker", "continue"], "people")
        lines = [line for line in r.out.splitlines() if re.match("[0-9:.]+  1 ", line)]
        assert len(lines) == 5 and all(f"main.go:{line_of('func handle(')}" in line for line in lines), lines


@case(go="each", variant=VARIANTS)
def what_go_statements_call(go, variant):
    """`fn` is the runtime's entry function of a goroutine; `calls` is the function in the `go` statement."""
    with judged(go, variant) as p:
        r, _ = run(p, ["trace newproc if creator == \"main.wrapped\"", "trace goexit if creator == \"main.wrapped\"",
                       "break main.marker", "continue --json"], "wrapped")
        born = [d["fields"] for d in events(r, "trace") if d["what"] == "newproc"]
        died = {d["goid"]: d["fields"] for d in events(r, "trace") if d["what"] == "goexit"}
        assert [d.get("calls") for d in born[:5]] == ["main.called", "main.tiny", "main.(*digger).work", None, None], born
        assert [d["calls"] for d in born[5:]] == [d["fn"] for d in born[5:]] == ["main.plain", "main.wrapped.func1"], born
        wrapper = r"main\.wrapped\.(gowrap|func)\d+"
        assert all(re.fullmatch(wrapper, d["fn"]) and d["fn"] != "main.wrapped.func1" for d in born[:5]), born
        assert len(died) == 7, died
        for d in born:
            gone = died[d["new_goid"]]
            assert (gone["entry"], gone.get("calls")) == (d["fn"], d.get("calls")), (d, gone)
    with judged(go, variant) as p:
        r, _ = run(p, ['break newproc if calls == "main.called" && creator == "main.wrapped"', "continue"], "wrapped")
        assert re.search(f"  fn={wrapper} \\(calls main.called\\)  file=main.go:", r.out), r


@case(timeout=120)
def limit_of_values_in_an_event(go):
    """A thousand breakpoints at one location all hit; one more is refused."""
    options = ("-q", "--pause=stop", "--max-stop", "0")
    with judged(go) as p:
        r, _ = run(p, ["trace main.handle"] * 999 + ["break main.marker", "continue > /dev/null", "info breakpoints --json"],
                   "people", options=options)
        listed = breakpoints(documents(r.out)[-1])
        assert len(listed) == 1000 and {listed[i]["hits"] for i in range(1, 1000)} == {5}, listed[1]
        r = debugger.attach(p.pid, *["break main.handle"] * 1001, options=options, expect=1)
        assert "1000 breakpoints" in r.err, r.err
        debugger.attach(p.pid, *["break main.handle", "delete"] * 1001, options=options)


@case()
def completion_of_names_in_expressions(go):
    """After "if", completion offers the names that exist at the location; after --where, those of the listed
    objects."""
    with judged(go) as p, Prompt("attach", p.pid, "--color=never", "--pause=stop") as t:
        t.type("break main.handle if p.na\t")
        t.expect(r"p\.name ")
        t.type('== "bob" && !(p.ag\t')
        t.expect(r"p\.age ")
        t.type("== 3) && lab\t")
        t.expect(r'labels\["')
        t.type('k"] != "v"\r')
        t.expect("breakpoint 1 at main.handle")
        t.expect_prompt()
        t.type("condition 1 call\t")
        t.expect("caller ")
        t.type('== "x"\r')
        t.expect_prompt()
        t.type("goroutines --where 'wait_r\t")
        t.expect("wait_reason")
        t.type(" == \"select\" && sys\t")
        t.expect("system")
        t.type("'\r")
        t.expect_prompt()
        listed = t.run("info breakpoints")
        assert 'caller == "x"' in listed, listed
        t.quit()


@case(go="each", variant=VARIANTS)
def arguments_at_a_stop(go, variant):
    """At a function's entry, integers and floating-point numbers are in different registers. Without DWARF there are
    only the words where the function will store them: not yet, which is marked."""
    with Breaks(go, variant) as p:
        r, _ = run(p, ["break main.measure if hits == 3", "continue --json", "args", "args --json"], "floats 4")
    args = documents(r.out)[-1]
    if variant == "stripped":
        assert re.fullmatch(r"(0x[0-9a-f]+\?(, |$)){3}", args["words"]), args
        assert f"\nmain.measure({args['words']})\n" in r.out, r
        return
    assert {v["name"]: v["go"] for v in args["variables"]} == {"id": "2", "degrees": "2.5", "scale": "1.25"}, args
