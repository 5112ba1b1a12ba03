"""Typed values: gctxdbg shows a variable as the program itself printed it."""
import collections
import functools
import json
import re

from lib import debugger, process, programs
from lib.crash import shared_crash
from lib.runner import case

Said = collections.namedtuple("Said", "how function name type text")
LIMITS = ["set print-depth 30", "set print-length 2000", "set print-string 10000"]


def decode(digits):
    return bytes.fromhex(digits).decode("utf-8", "surrogateescape")


class Program:
    """The waiting program and what it printed."""

    def __init__(self, go, variant):
        self.process = process.Process([programs.path("values", go, variant)], ready=None)
        self.said = parse(iter(self.process.line, "ready"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.close()


def parse(lines):
    said = []
    for text in lines:
        how, function, name, kind, value = text.split("\t")
        said.append(Said(how, function, name, decode(kind), decode(value)))
    return said


def documents(result):
    return [json.loads(line) for line in result.out.split("\n") if line]


def live(p):
    return lambda *commands, **options: debugger.attach(p.process.pid, *commands, **options)


def locations(look):
    """{function: (goid, frame)} of functions of package main."""
    found = {}
    for g in look("goroutines --stacks --json").json()["goroutines"]:
        for i, frame in enumerate(g["frames"]):
            if frame["func"].startswith("main."):
                found.setdefault(frame["func"][5:], (g["goid"], i))
    return found


def variables(look, functions):
    """{(function, name): variable}; of variables with the same name, the innermost."""
    where = locations(look)
    commands, wanted = list(LIMITS), []
    for f in functions:
        goid, frame = where[f]
        commands += [f"goroutine {goid} > /dev/null", f"frame {frame} > /dev/null", "args --json", "locals --json"]
        wanted += [f, f]
    found = {}
    for f, doc in zip(wanted, documents(look(*commands))):
        assert doc["func"] == f"main.{f}", doc
        for v in doc["variables"]:
            if not v["shadowed"]:
                found[f, v["name"]] = v
    return found


COMMENT = re.compile(r" /\* .*? \*/")


def differences(said, found, may_miss=False):
    """(differences from what the program printed, number of variables compared)"""
    wrong, compared = [], 0
    for s in said:
        v = found.get((s.function, s.name))
        if v is None or v["missing"]:
            if not may_miss:
                wrong.append(f"{s.function}.{s.name} is missing: {v and v['missing']}")
            continue
        compared += 1
        if s.how == "note":
            shown = note_of(v["value"])
        else:
            shown = COMMENT.sub("", v["go"])
        if shown != s.text:
            wrong.append(f"{s.function}.{s.name}: {shown!r} instead of {s.text!r}")
    return wrong, compared


def note_of(value):
    return value.get("note") or note_of(value["holds"] if "holds" in value else {"note": "none"})


def compare(said, look, variant):
    said = [s for s in said if s.function]
    found = variables(look, sorted({s.function for s in said}))
    # The optimiser may leave a variable without a location, but rarely one that is used later.
    wrong, compared = differences(said, found, may_miss=variant != "unoptimised")
    assert not wrong, "\n".join(wrong)
    assert compared >= (len(said) * 4 // 5 if variant != "unoptimised" else len(said)), (compared, len(said))


@case(go="each", variant=["default", "unoptimised"])
def live_variables_are_what_the_program_printed(go, variant):
    with Program(go, variant) as p:
        compare(p.said, live(p), variant)


@case(go="each", variant=["default", "unoptimised"])
def core_variables_are_what_the_program_printed(go, variant):
    crash = shared_crash(programs.path("values", go, variant))
    compare(parse(crash.lines), functools.partial(debugger.core, crash.exe, crash.core), variant)


@case(go="each", variant=["default", "pie"])
def globals_are_what_the_program_printed(go, variant):
    with Program(go, variant) as p:
        said = [s for s in p.said if not s.function and s.how == "go"]
        docs = documents(live(p)(*LIMITS, *(f"print --json {s.name}" for s in said)))
        for s, doc in zip(said, docs):
            assert COMMENT.sub("", doc["go"]) == s.text, (s, doc["go"])


CASTS = {  # {global: its type}, to read it by its address alone
    "main.counter": "int", "main.greeting": "string", "main.config": "main.outer", "main.registry": "map[string]*main.point",
    "main.current": "*main.outer", "main.anything": "interface {}",
}


@case(go="each")
def stripped_values_by_address(go):
    """Types come from the binary; only the addresses of variables must be known from elsewhere."""
    with Program(go, "default") as p:
        addresses = {name: doc["addr"] for name, doc in zip(CASTS, documents(live(p)(
            *(f"print --json {name}" for name in CASTS))))}
        expected = {s.name: s.text for s in p.said if s.how == "go"}
        names = [f"*(*{kind})({addresses[name]})" for name, kind in CASTS.items()]
        docs = documents(live(p)(*LIMITS, *(f"print --json {n}" for n in names)))
        for name, doc in zip(CASTS, docs):
            assert COMMENT.sub("", doc["go"]) == expected[name], (name, doc["go"])
    with Program(go, "stripped") as p:
        location = next(s for s in p.said if s.name == "main.current" and s.how == "address").text
        expected = {s.name: s.text for s in p.said if s.how == "go"}
        look = live(p)
        docs = documents(look(*LIMITS, f"print --json *(*main.outer)({location})", f"print --json (*main.outer)({location}).ID",
                              f"whatis --json *(*main.outer)({location})"))
        assert COMMENT.sub("", docs[0]["go"]) == expected["*main.current"], docs[0]
        assert docs[1]["go"] == expected["main.current.ID"], docs[1]
        assert [f["name"] for f in docs[2]["fields"]][:3] == ["point", "inner", "ID"], docs[2]
        r = look("print main.counter", expect=1)
        assert "stripped" in r.err and "column 1" in r.err, r


@case(go="each")
def channels_in_order(go):
    """Buffered values and waiters, in the order in which the program queued them."""
    with Program(go, "default") as p:
        crash = shared_crash(programs.path("values", go))
        for look in (live(p), functools.partial(debugger.core, crash.exe, crash.core)):
            full, half, closed, empty, points = documents(look(*(
                f"chan --json main.queues.{q}" for q in ("full", "half", "closed", "empty", "points"))))
            stacks = {g["goid"]: [f["func"] for f in g["frames"]]
                      for g in look("goroutines --stacks --json").json()["goroutines"]}
            assert [b["go"] for b in full["buffered"]] == ['"first"', '"second"'], full
            assert [b["go"] for b in half["buffered"]] == ['"a"', '"b"', '"c"'] and half["capacity"] == 4, half
            assert [b["go"] for b in closed["buffered"]] == ['"left"'] and closed["closed"], closed
            assert not full["closed"] and full["length"] == full["capacity"] == 2 and full["type"] == "string", full
            assert [b["go"] for b in points["buffered"]] == ["main.point{X:1, Y:2}"], points
            assert [(w["go"], w["select"]) for w in full["senders"]] == [('"third"', False), ('"fourth"', True)], full
            assert [w["select"] for w in empty["receivers"]] == [False, True] and not empty["senders"], empty
            for waiters, functions in ((full["senders"], ["main.sender", "main.selector"]),
                                       (empty["receivers"], ["main.receiver", "main.selector"])):
                for w, function in zip(waiters, functions):
                    assert w["frame"]["func"] == function and function in stacks[w["goid"]], (w, stacks[w["goid"]])
            for queue in (half, closed, points):
                assert queue["receivers"] == queue["senders"] == [] and not queue["partial"], queue
            by_address = look(f"chan {full['addr']} --json").json()
            assert by_address == full, (by_address, full)


@case(go="ends")
def functions_rings_and_text(go):
    """Cases that %#v does not define, names of functions and cycles, and the text output."""
    with Program(go, "unoptimised") as p:
        look = live(p)
        found = variables(look, ["functions", "rings", "times", "small", "errorValues"])
        assert found["functions", "plain"]["value"]["value"] == "main.park", found["functions", "plain"]
        assert found["functions", "closure"]["value"]["value"] == "main.functions.func1", found["functions", "closure"]
        assert found["functions", "none"]["value"]["value"] is None
        ring = found["rings", "ring"]["value"]["to"]["fields"]
        assert ring[0]["value"] == "a" and ring[1]["to"]["fields"][0]["value"] == "b", ring
        assert "to" not in ring[1]["to"]["fields"][1], ring
        goid, frame = locations(look)["rings"]
        text = look(f"goroutine {goid} > /dev/null", f"frame {frame} > /dev/null", "locals", "print ring.next.Name",
                    "print *ring", "whatis ring", "print self[0].([]interface {})", "set width 30", "print main.config").out
        assert 'ring = &main.inner{Name: "a", next: &main.inner{Name: "b"' in text, text
        assert '"b"\n' in text and "main.inner{" in text and "*main.inner  8 bytes" in text, text
        assert re.search(r'^  tags: \{"x", "y"\}$', text, re.M), text


@case(go="ends")
def mistakes_point_at_the_column(go):
    with Program(go, "unoptimised") as p:
        look = live(p)
        goid, frame = locations(look)["arguments"]
        for expression, words in {
                "nothing": "no variable nothing.*column 1", "lisst[0]": "did you mean list", "list[7]": "no element 7.*column 5",
                "list[1": 'expected "]", but the expression ends', "p.Z": "no field Z.*column 3",
                'm["none"]': "no such key.*column 2", "s.x": "no fields",
                "*i": "not a pointer.*column 1", "a.(int)": "holds type string, not int", "(*main.none)(1)": "main.none",
                "*(*int)(0x10)": "0x10", "i + 1": "expected the end, found", "main.none": "no variable main.none",
                "(" * 200: "deep",
                "len(i)": "int has no length.*column 1", "cap(m)": "has no capacity", "len(m": 'expected "\\)"',
                "list[1:99]": "bounds \\[1:99\\] are out of range", "o.tags.(string)": "not an interface",
                "p[0]": "no elements"}.items():
            r = look(f"goroutine {goid} > /dev/null", f"frame {frame} > /dev/null", f"print {expression}",
                     expect=1)
            assert re.search(words, r.err), (expression, r)
        text = look(f"goroutine {goid} > /dev/null", f"frame {frame} > /dev/null", 'print m["z"]', "print o.X", "print rest[1]",
                    "print &list", "print list[1:]", "p o.table[\"k\"].Y", "print --line p").out.splitlines()
        assert text[0] == "26" and text[1] == "1" and text[2] == '"r2"' and text[4] == "[]int{5}" and text[5] == "8", text
        assert text[3].startswith("&[]int{4, 5}") and text[6] == "main.point{X:8, Y:9}", text


@case(go="each", variant=["default", "unoptimised"])
def captured_variables(go, variant):
    """Since Go 1.23 the compiler describes where a closure keeps them."""
    with Program(go, variant) as p:
        said, = (s for s in p.said if s.how == "closure")
        described = go not in ("1.19", "1.21", "1.22")
        run = live(p)(f"print {said.name}", f"print --json {said.name}")
        text, document = run.out.splitlines()
        assert text == (said.text if described else said.text.split("{")[0]), run
        value = json.loads(document)["value"]
        assert [f["name"] for f in value.get("content", {"fields": []})["fields"]] == list("naspb" if described else ""), value
        if variant == "unoptimised":  # in the closure, before its first use
            assert variables(live(p), ["waitForLocks.func1"])["waitForLocks.func1", "later"]["go"] == "5"


LOCKS = {  # {expression: (text, function of its waiters)}
    "main.locks.held": ("sync.Mutex(locked, 2 waiting)", "wantsHeld"), "main.locks.free": ("sync.Mutex(unlocked)", None),
    "main.locks.read": ("sync.RWMutex(locked for reading by 1, 1 writer waiting)", "wantsRead"),
    "main.locks.written": ("sync.RWMutex(locked for writing, 2 readers waiting)", "wantsWritten"),
    "main.locks.group": ("sync.WaitGroup(counter 3, 1 waiting)", "wantsGroup"),
    "main.locks.done": ("sync.Once(done)", None), "main.locks.new": ("sync.Once(not done)", None),
    "main.locks.cond": ("(*sync.Cond)({addr}) → 2 waiting", "wantsSignal"),
    "&main.locks.held": ("(*sync.Mutex)({addr}) → locked, 2 waiting", "wantsHeld"),
}


@case(go="each")
def contents_and_locks(go):
    """Atomics, sync.Map and locks in words, with the goroutines that wait for them."""
    with Program(go, "default") as p:
        said = [s for s in p.said if s.how == "text"]
        assert len(said) == 12, said
        run = live(p)(*(f"print {s.name}" for s in said), "set print-length 1000", "print --json main.tables.large",
                      "print --json main.locks.held", "goroutines --json --stacks",
                      *(f"print {name}" for name in LOCKS), "print --json main.locks.cond")
        lines = run.out.splitlines()
        for s in said:
            assert lines.pop(0) == s.text, (s, run.out)
        large = json.loads(lines.pop(0))["value"]["content"]["entries"]
        assert {e["key"]["holds"]["value"]: e["value"]["holds"]["value"] for e in large} == {i: i * i for i in range(500)}
        held = json.loads(lines.pop(0))
        by_function = collections.defaultdict(list)
        for g in json.loads(lines.pop(0))["goroutines"]:
            by_function[g["entry"]].append(g["goid"])
        assert held["waiters"] == by_function["main.wantsHeld"], held
        addresses = {"&main.locks.held": held["addr"], "main.locks.cond": json.loads(lines.pop())["value"]["addr"]}
        for name, (text, function) in LOCKS.items():
            assert lines.pop(0) == text.format(addr=addresses.get(name)), (name, run.out)
            if function:
                waiting = ", ".join(str(g) for g in by_function[f"main.{function}"])
                assert lines.pop(0) == f"waiting: goroutines {waiting}", (name, run.out)
        assert not lines, lines
