"""Plug-ins: built against the installed headers, loaded, refused."""
import pathlib
import subprocess
import tempfile

from lib import debugger, paths, process, programs
from lib.runner import case

SOURCE = r"""
#include "commands/session/plugin.h"
#include "commands/session/session.h"

static struct error *run_greet(struct session *session, const struct arguments *arguments)
{
	if (arguments->word_count)
		return error_create(ERROR_USAGE, "greet failed on %s", arguments->words[0]);
	output_printf(&session->out, STYLE_PLAIN, "hello from a plug-in\n");
	return NULL;
}

static const struct command greet_command = {
	.name = COMMAND, .group = GROUP_PLUGIN, .usage = COMMAND, .summary = "say hello",
	.example = COMMAND, .max_words = 1, .run = run_greet};
static const struct command *const all[] = {&greet_command};
const struct plugin SYMBOL = {
	.abi = PLUGIN_ABI + ABI_MORE, .name = "greeter", .commands = all, .command_count = 1};
"""


class Workshop:
    """Installs gctxdbg into a folder and builds plug-ins against the installed headers."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        build = pathlib.Path(paths.debugger()).parent
        subprocess.run(["cmake", "--install", build, "--prefix", self.folder / "usr"], check=True,
                       stdout=subprocess.DEVNULL)
        (self.folder / "greet.c").write_text(SOURCE)

    def build_example(self):
        """Builds the example of this project as a user would."""
        out = self.folder / "lockholders.so"
        subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Werror", "-shared", "-fPIC",
                        f"-I{self.folder}/usr/include/gctxdbg", "-o", out,
                        paths.PROJECT / "tests" / "plugin" / "lockholders.c"], check=True)
        return out

    def build(self, name="greet", command="greet", abi_more=0, symbol="gctxdbg_plugin"):
        out = self.folder / "plugins" / f"{name}.so"
        out.parent.mkdir(exist_ok=True)
        p = subprocess.run(
            ["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-shared", "-fPIC", f"-DCOMMAND=\"{command}\"",
             f"-DABI_MORE={abi_more}", f"-DSYMBOL={symbol}", f"-I{self.folder}/usr/include/gctxdbg",
             "-o", out, self.folder / "greet.c"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert p.returncode == 0, f"a plug-in does not build against the installed headers: {p.stdout}"
        return out


def installed(folder):
    return sorted(str(f.relative_to(folder / "usr")) for f in (folder / "usr").rglob("*") if f.is_file())


@case()
def loaded_and_run(go):
    w = Workshop()
    plugin = w.build()
    with process.Process([programs.path("waits", go)]) as p:
        r = debugger.attach(p.pid, f"plugin load {plugin}", "greet", "help greet", "plugin list")
        assert "hello from a plug-in" in r.out and "say hello" in r.out and "greeter" in r.out, r
        r = debugger.attach(p.pid, "greet", options=["--plugin-dir", plugin.parent])
        assert "hello from a plug-in" in r.out, r
        r = debugger.attach(p.pid, "greet x", options=["--plugin-dir", plugin.parent], expect=1)
        assert "greet failed on x" in r.err, r
        debugger.attach(p.pid, "greet", expect=1)
        process.check_untouched(p.pid)


@case()
def example_finds_who_waits_for_a_lock(go):
    """Finds exactly the goroutines that the listing shows waiting for that lock."""
    plugin = Workshop().build_example()
    with process.Process([programs.path("waits", go)]) as p:
        waits = {}
        for g in debugger.attach(p.pid, "goroutines --json").json()["goroutines"]:
            for w in g["waiting_on"]:
                if w["kind"] == "mutex":
                    waits.setdefault(w["addr"], set()).add(g["goid"])
        address = max(waits, key=lambda a: len(waits[a]))
        assert len(waits[address]) >= 2, waits
        r = debugger.attach(p.pid, f"plugin load {plugin}", f"lockholders {address}")
        found = {int(line.split()[2]) for line in r.out.splitlines() if line.startswith("waits ")}
        assert found == waits[address], (found, waits[address], r)
        process.check_untouched(p.pid)


@case(go="each")
def waiters_of_one_condition_name_the_same(go):
    """main.condition waits on one sync.Cond in several goroutines: all report the same address."""
    with process.Process([programs.path("waits", go)]) as p:
        found = [w["addr"] for g in debugger.attach(p.pid, "goroutines --json").json()["goroutines"]
                 for w in g["waiting_on"] if w["kind"] == "cond"]
        assert len(found) == 2 and found[0] and found[0] == found[1], found


@case()
def refused(go):
    w = Workshop()
    text = w.folder / "text.so"
    text.write_text("not a shared object")
    bad = {w.build("newer", abi_more=1): "ABI", w.build("older", abi_more=-1): "ABI",
           w.build("nameless", symbol="something_else"): "gctxdbg_plugin|plug-in",
           w.build("taken", command="goroutines"): "goroutines", text: "text.so",
           w.folder / "missing.so": "missing.so", w.folder: ""}
    with process.Process([programs.path("waits", go)]) as p:
        for path, word in bad.items():
            r = debugger.attach(p.pid, f"plugin load {path}", expect=1)
            debugger.one_sentence(r, word)
        process.check_untouched(p.pid)


@case()
def installation(go):
    w = Workshop()
    files = installed(w.folder)
    for wanted in ("bin/gctxdbg", "share/man/man1/gctxdbg.1", "share/bash-completion/completions/gctxdbg",
                   "include/gctxdbg/commands/session/plugin.h"):
        assert wanted in files, (wanted, files)
    version = subprocess.run([w.folder / "usr/bin/gctxdbg", "--version"], stdout=subprocess.PIPE, text=True,
                             env=debugger.environment(), check=True).stdout
    assert "gctxdbg" in version
    assert go


@case()
def every_installed_header_compiles_alone(go):
    """Only the headers of plugin_headers in CMakeLists.txt are installed, and they need no others."""
    assert go
    include = Workshop().folder / "usr" / "include" / "gctxdbg"
    headers = sorted(str(f.relative_to(include)) for f in include.rglob("*.h"))
    assert "commands/session/plugin.h" in headers and len(headers) < 60, headers
    private = [h for h in headers if "_private" in h or "_state" in h]
    assert not private, private
    source = "".join(f'#include "{h}"\n' for h in headers)
    for text in [f'#include "{h}"\n' for h in headers] + [source]:
        p = subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Werror", "-fsyntax-only", f"-I{include}",
                            "-x", "c", "-"], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert p.returncode == 0, (text, p.stdout)
