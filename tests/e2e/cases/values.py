"""Typed values: what gctxdbg shows of a variable is what the program itself printed of it."""
import collections
import json
import re

from lib import debugger, process, programs
from lib.runner import case

Said = collections.namedtuple("Said", "how function name type text")
LIMITS = ["set print-depth 30", "set print-length 2000", "set print-string 10000"]


def decode(digits):
    return bytes.fromhex(digits).decode("utf-8", "surrogateescape")


class Program:
    """The program, waiting, with what it said."""

    def __init__(self, go, variant):
        self.process = process.Process([programs.path("values", go, variant)], ready=None)
        self.said = []
        for text in iter(self.process.line, "ready"):
            how, function, name, kind, value = text.split("\t")
            self.said.append(Said(how, function, name, decode(kind), decode(value)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.close()


def documents(result):
    return [json.loads(line) for line in result.out.split("\n") if line]


def live(p):
    return lambda *commands, **options: debugger.attach(p.process.pid, *commands, **options)


def dead(p):
    _, core = p.process.abort()
    return lambda *commands, **options: debugger.core(p.process.argv[0], core, *commands, **options)


def places(look):
    """{function: (goid, frame)} of the program's own functions."""
    found = {}
    for g in look("goroutines --stacks --json").json()["goroutines"]:
        for i, frame in enumerate(g["frames"]):
            if frame["func"].startswith("main."):
                found.setdefault(frame["func"][5:], (g["goid"], i))
    return found


def variables(look, functions):
    """{(function, name): variable}, with the innermost of a name."""
    where = places(look)
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
    """What is not as the program said; how many variables were compared."""
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


def compare(go, variant, look_at):
    with Program(go, variant) as p:
        said = [s for s in p.said if s.function]
        found = variables(look_at(p), sorted({s.function for s in said}))
        # The optimiser may leave a variable without a place, though seldom one that is used later.
        wrong, compared = differences(said, found, may_miss=variant != "unoptimised")
        assert not wrong, "\n".join(wrong)
        assert compared >= (len(said) * 4 // 5 if variant != "unoptimised" else len(said)), (compared, len(said))


@case(go="each", variant=["default", "unoptimised"])
def live_variables_are_what_the_program_printed(go, variant):
    compare(go, variant, live)


@case(go="each", variant=["default", "unoptimised"])
def core_variables_are_what_the_program_printed(go, variant):
    compare(go, variant, dead)


@case(go="each", variant=["default", "pie"])
def globals_are_what_the_program_printed(go, variant):
    with Program(go, variant) as p:
        said = [s for s in p.said if not s.function]
        docs = documents(live(p)(*LIMITS, *(f"print --json {s.name}" for s in said)))
        for s, doc in zip(said, docs):
            assert COMMENT.sub("", doc["go"]) == s.text, (s, doc["go"])
