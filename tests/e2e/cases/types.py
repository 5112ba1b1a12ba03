"""Types and maps: the results of type.h and map.h compared with reflect in the program."""
import contextlib
import json
import pathlib

from lib import debugger, paths, process, programs
from lib.crash import shared_crash
from lib.runner import case

WORDS = 30  # per command; even


class Types:
    """The running program or a core of it, what it printed about its types, and queries to gctxdbg."""

    def __init__(self, path, source="live"):
        if source == "core":
            crash = shared_crash(path)
            self.process, lines = contextlib.nullcontext(), iter(crash.lines)
            self.target = ["core", path, crash.core]
        else:
            self.process = process.Process([path], ready=None)
            lines = iter(lambda: self.process.line(60), "ready")
            self.target = ["attach", self.process.pid]
        said = dict(line.split(" ", 1) for line in lines)
        self.types, self.maps = json.loads(said["types"]), json.loads(said["maps"])

    def ask(self, command, words):
        """The answers for a list of words, from as many commands as needed."""
        plugin = pathlib.Path(paths.debugger()).parent / "plugins" / "types.so"
        lines = [f"plugin load {plugin}"]
        for i in range(0, len(words), WORDS):
            lines.append(f"{command} " + " ".join(quote(w) for w in words[i:i + WORDS]))
        r = debugger.run(*self.target, "--batch", "-x", "-", stdin="\n".join(lines) + "\n", timeout=120)
        return [answer for line in r.out.splitlines() if line.startswith("{")
                for key, answers in json.loads(line).items() if key != "version" for answer in answers]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.__exit__(*error)


def quote(word):
    return "'" + word.replace("'", "'\\''") + "'"


def compare_types(found, wanted):
    assert len(found) == len(wanted), (len(found), len(wanted))
    for f, w in zip(found, wanted):
        f.pop("entry", None)
        differing = {k: (f.get(k), w.get(k)) for k in f.keys() | w.keys() if f.get(k) != w.get(k)}
        if "fields" in differing and len(f["fields"]) == len(w["fields"]):
            differing["fields"] = [(a, b) for a, b in zip(f["fields"], w["fields"]) if a != b]
        assert not differing, f"{w['name']}: found and wanted: {differing}"


def full_name(t):
    """The name of a defined type, with its import path."""
    return t["package"] + t["name"][t["name"].split("[")[0].index("."):] if t["package"] else t["name"]


VARIANTS = ["default", "stripped", "pie", "stripped-pie"]


@case(go="each", variant=VARIANTS, source=["live", "core"])
def types_equal_what_reflect_prints(go, variant, source):
    with Types(programs.path("types", go, variant), source) as p:
        assert len(p.types) > 180, len(p.types)
        compare_types(p.ask("dump-types", [t["addr"] for t in p.types]), p.types)


@case(go="each", variant=VARIANTS, source=["live", "core"])
def maps_equal_what_the_program_prints(go, variant, source):
    with Types(programs.path("types", go, variant), source) as p:
        compare_maps(p)


def compare_maps(p):
    assert len(p.maps) > 80
    found = p.ask("dump-maps", [w for m in p.maps for w in (m["kind"], m["map"])])
    assert len(found) == len(p.maps)
    for f, w in zip(found, p.maps):
        assert "message" not in f, (f["message"], w["type"], w["count"])
        got = (f["length"], f["count"], int(f["sum"]), sorted(f["pairs"]))
        assert got == (w["count"], w["count"], w["sum"], sorted(w["pairs"])), (got, w)


# {name as users write it: name that reflect prints}
NAMES = {
    "int": "int", "byte": "uint8", "rune": "int32", "string": "string", "error": "error",
    "main.Tree": "main.Tree", "*main.Tree": "*main.Tree", "main.ByValue": "main.ByValue",
    "(*main.Embeds)": "*main.Embeds", "[]main.Int": "[]main.Int", "[]string": "[]string",
    "[2][3]*main.Tree": "[2][3]*main.Tree", "map[string]int": "map[string]int",
    "net/http.Request": "http.Request", "*net/http.Request": "*http.Request",
    "http.Header": "http.Header", "**http.Request": "**http.Request",
    "programs/types/one/model.Node": "model.Node", "programs/types/two/model.Node": "models.Node",
    "model.Only": "model.Only", "models.Node": "models.Node", "model.Node": "model.Node",
    "*models.Node": "*models.Node", "main.Box[int]": "main.Box[int]",
    "main.Box[programs/types/one/model.Node]": "main.Box[programs/types/one/model.Node]",
    "programs/types/one/model.Pair[main.Text,*programs/types/two/model.Node]":
        "model.Pair[main.Text,*programs/types/two/model.Node]",
    "programs/types/dotted.v3.Thing": "dotted.Thing", "*dotted.Thing": "*dotted.Thing",
    "chan int": "chan int", "chan<- struct {}": "chan<- struct {}", "time.Duration": "time.Duration",
    "[]*programs/types/two/model.Node": "[]*models.Node", "[]main.ByValue": "[]main.ByValue",
}


@case(go="each", variant=["default", "stripped", "pie", "stripped-pie"])
def types_by_name(go, variant):
    """Each is the same type as in reflect, if reflect has it."""
    with Types(programs.path("types", go, variant)) as p:
        addresses = {}
        for t in p.types:
            addresses.setdefault(t["name"], set()).add(t["addr"])
        found = p.ask("dump-types", list(NAMES))
        for word, f in zip(NAMES, found):
            assert f.get("name") == NAMES[word], (word, f)
            if NAMES[word] in addresses:
                assert f["addr"] in addresses[NAMES[word]], (word, f)
        named = [t for t in p.types if t["named"] and t["name"] != "main.inside"]
        compare_types(p.ask("dump-types", [full_name(t) for t in named]), named)


@case(go="each", variant=["default", "stripped"])
def names_that_are_not_types(go, variant):
    with Types(programs.path("types", go, variant)) as p:
        words = ["main.Missing", "", "*", "[]", "map[", "[3", "no/such/package.T", "(", "*" * 5000, "[x]int"]
        for word, f in zip(words, p.ask("dump-types", words)):
            assert "message" in f and "name" not in f, (word, f)


@case(go="each", variant=["default", "stripped"])
def fields_as_selectors_find_them(go, variant):
    """Fields embedded by value are found; through pointers and interfaces, or twice at one depth, they are not."""
    with Types(programs.path("types", go, variant)) as p:
        fields = {f["name"]: f["offset"] for t in p.types if t["name"] == "main.Embeds" for f in t["fields"]}
        node = {f["name"]: f["offset"] for t in p.types if t["package"].endswith("one/model") and t["name"] == "model.Node"
                for f in t["fields"]}
        words = ["Tagged", "A", "B", "c", "Left", "hidden", "Value", "Close", "nothing", "base"]
        found = p.ask("find-fields", ["main.Embeds", *words])
        wanted = [fields["Tagged"], fields["base"], fields["base"] + 8, fields["base"] + 16,
                  fields["Node"] + node["Left"], fields["Node"] + node["hidden"], -1, -1, -1, fields["base"]]
        assert found == wanted, (found, wanted)


@case(go="each", variant=["default", "pie"])
def types_are_the_same_from_dwarf(go, variant):
    """A DWARF entry leads to the type descriptor if there is one; otherwise names, sizes and fields are still right."""
    with Types(programs.path("types", go, variant)) as p:
        by_name = p.ask("dump-types", [t["addr"] for t in p.types if t["kind"] == 25 and t["package"]])
        named = [full_name(t) for t in by_name if t["name"] != "main.inside"]
        entries = [t["entry"] for t in p.ask("dump-types", named)]
        assert sum(e != 0 for e in entries) > 30, entries
        found = p.ask("dump-types", [f"@{e}" for e in entries if e])
        wanted = {t["addr"]: t for t in p.types}
        for f in found:
            compare_types([f], [wanted[f["addr"]]])


@case(go="each", variant=["default", "pie"])
def types_from_dwarf_alone(go, variant):
    """As if no type had a descriptor. DWARF does not contain the direction of a named channel, nor whether the compiler
    ignores empty fields when it decides how an interface holds a value (since 1.26); without a descriptor, gctxdbg
    assumes that it does not."""
    with Types(programs.path("types", go, variant)) as p:
        named = [t for t in p.types if t["named"] and t["name"] != "main.inside"]
        entries = {}
        for t in p.ask("dump-types", [full_name(t) for t in named]):
            if t["entry"]:
                entries[t["addr"]] = t["entry"]
        wanted = [dict(t, addr="0x0") for t in named if t["addr"] in entries]
        assert len(wanted) > 60, len(wanted)
        for t in wanted:
            if t["name"] == "main.Stream":
                t["direction"] = 3
            t["direct"] &= len(t["fields"]) <= 1
        compare_types(p.ask("dump-debug", [f"@{entries[t['addr']]}" for t in named if t["addr"] in entries]), wanted)


@case(release=["1.24", "1.25"], build=["default", "stripped"])
def maps_of_the_other_kind(go, release, build):
    """These releases can be configured to use the maps of older ones."""
    assert go
    with Types(programs.path("types", release, "noswissmap" if build == "default" else "stripped-noswissmap")) as p:
        compare_types(p.ask("dump-types", [t["addr"] for t in p.types]), p.types)
        compare_maps(p)
