"""Everything that README and the man page show works exactly as pasted."""
import json
import re
import shlex
import subprocess

from lib import debugger, paths, process, programs
from lib.crash import shared_crash
from lib.runner import case
from lib.sandbox import Sandbox

README = (paths.PROJECT / "README.md").read_text()
# Building, which scripts/test has done, and running the tests, which would not end.
NOT_RUN = ("scripts/demo", "scripts/test", "cmake ")
ESCAPES = {"-": "-", "e": "\\", "(dq": '"', "(aq": "'", "(ga": "`", "&": ""}


def readme_commands():
    """Those after a "$ ", and the first column of the indented lists."""
    fenced = re.findall(r"^\$ (.*)$", README, re.M)
    lists = [re.split(r"  +", line.strip())[0] for line in re.findall(r"^    (\S.*)$", README.split("## Breakpoints")[0], re.M)
             if re.match(r"(sudo |gctxdbg |scripts/|cmake )", line)]
    return [c for c in fenced + lists if not c.startswith(NOT_RUN)]


def man_blocks():
    """The examples in the man page, as it shows them."""
    source = (paths.PROJECT / "man" / "gctxdbg.1").read_text()
    return [re.sub(r"\\(\((?:dq|aq|ga)|f.|.)", lambda m: ESCAPES.get(m[1], ""), block).strip()
            for block in re.findall(r"^\.nf\n(.*?)^\.fi$", source, re.M | re.S)]


def blocks_of(kind):
    """Each block of the man page is of one kind, known by its start."""
    kinds = {"synopsis": r"gctxdbg attach \[", "shell": r"gctxdbg (attach|dump) \d|gctxdbg core \./", "prompt": "(break|trace) ",
             "json": r"\{", "conditions": "status ==", "values": r"request\.",
             "session": r"\(gctxdbg\) ", "report": r"process \d"}
    found = {b: [k for k, pattern in kinds.items() if re.match(pattern, b)] for b in man_blocks()}
    assert all(len(k) == 1 for k in found.values()), found
    return [b for b, k in found.items() if k == [kind]]


def sandbox():
    go = programs.newest()
    server, leaky = programs.path("server", go), programs.path("leaky", go)
    core = shared_crash(server, env={"GOMAXPROCS": "1"}).core
    return Sandbox({4711: ("./server", "ready"), 14232: ("./leaky 33195", "listening on 127.0.0.1:33195")},
                   {"server": server, "leaky": leaky, "core.4711": core, "examples": paths.PROJECT / "examples"},
                   {"GOMAXPROCS": "1"})


@case(timeout=120)
def shell_commands(go):
    commands = readme_commands() + blocks_of("shell")
    assert len(commands) > 12 and all("\n" not in c for c in commands), commands
    with sandbox() as s:
        for command in commands:
            result = s.run(command, {0, 3} if "ctx check" in command or " dump " in command else {0})
            at_prompt = "gctxdbg" in command and "--batch" not in command and " dump " not in command
            assert result.out.strip() or at_prompt or command.endswith("> all.json"), result
        with open(f"{s.folder}/all.json") as f:
            assert len(json.load(f)["goroutines"]) > 40


# Names of commands that need an argument or another command first.
ONLY_NAMES = {"tbreak", "commands", "continue", "wait", "interrupt", "detach", "kill", "quit", "plugin load FILE"}
# An address that no program has: a reader must use one of his own.
NO_SUCH_ADDRESS = "cannot read memory at 0xc000012345"


@case(timeout=120)
def prompt_commands(go):
    """The tables of commands in README, and the examples of the man page."""
    cells = re.findall(r"^\| (`.*?) \| ", README.split("## A tour")[1].split("## Breakpoints")[0], re.M)
    table = [c for cell in cells for c in re.findall(r"`([^`]+)`", cell) if c not in ONLY_NAMES]
    assert len(table) > 25, table
    values = [e for block in blocks_of("values") for line in block.splitlines() for e in re.split("  +", line)]
    assert len(values) > 5, values
    goroutines, contexts = blocks_of("conditions")[0].splitlines()
    table.insert(table.index("snapshot"), "delete")
    commands = [f"print {v}" for v in values] + [
        f"goroutines --where {shlex.quote(goroutines)}", f"ctx list --where {shlex.quote(contexts)}"] + table
    with process.Process([programs.path("server", go)], {"GOMAXPROCS": "1"}) as p:
        address = debugger.attach(p.pid, "ctx list --json").json()["contexts"][-1]["addr"]
        result = debugger.attach(p.pid, "set on-error continue", *(line for c in commands for line in (
            "goroutine 18 > /dev/null", c.replace("ADDR", address))), options=["-q"], expect={1, 3})
        problems = [line for line in result.err.splitlines() if line.startswith("gctxdbg: ")]
        assert len(problems) == sum("0xc000012345" in c for c in commands) > 0, result
        assert all(NO_SUCH_ADDRESS in line for line in problems), result


@case(timeout=60)
def breakpoint_scripts(go):
    scripts = blocks_of("prompt")
    assert len(scripts) == 3, scripts
    with process.Process([programs.path("server", go)], {"GOMAXPROCS": "1"}) as p:
        for text in scripts:
            if "continue --" not in text:  # it is meant to go on
                text += "\ncontinue --for 1s"
            result = debugger.attach(p.pid, options=["-q", "-x", "-"], stdin=text)
            assert not result.err, result
        process.check_untouched(p.pid)


@case(timeout=300)
def demo(go):
    """It prints what README shows, apart from addresses, ids and ports."""
    if paths.debugger() != str(paths.PROJECT / "build" / "release" / "gctxdbg"):
        return  # scripts/demo uses the release build
    p = subprocess.run([paths.PROJECT / "scripts" / "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       check=False)
    assert p.returncode == 0, p.stderr
    shown = re.findall(r"^\$ .*?-e ('.*')$", README, re.M)
    assert re.findall(r"^\$ .*?-e ('.*')$", p.stdout, re.M) == shown and len(shown) == 3, p.stdout
    for line in ("77 goroutines: 41 select, 25 chan send", "40 × *feed.subscription", "71 verdicts on 295 contexts", "\nok\n"):
        assert line in README and line in p.stdout, (line, p.stdout)
