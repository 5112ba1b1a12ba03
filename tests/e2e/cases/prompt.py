"""The prompt, in a pseudo-terminal."""
import json
import os
import re
import signal
import time

import pexpect

from lib import debugger, process, programs
from lib.crash import shared_crash
from lib.prompt import Prompt, plain
from lib.runner import case


def waits(go):
    return process.Process([programs.path("waits", go)])


@case(go="ends")
def commands_and_end_of_input(go):
    with waits(go) as p, Prompt("attach", p.pid, "--pause=stop") as t:
        assert "select" in t.run("goroutines")
        assert "Usage" in t.run("help goroutines") or "usage" in t.run("help goroutines")
        assert t.run("# a comment").strip() == ""
        assert t.run("").strip() == ""
        assert set(process.thread_states(p.pid).values()) == {"t"}
        t.type("\x04")
        assert t.wait() == 0
        process.check_untouched(p.pid)


@case()
def aliases_and_prefixes(go):
    with waits(go) as p, Prompt("attach", p.pid) as t:
        full = t.run("goroutines")
        assert full.count("\n") > 40
        for short in ("grs", "goroutines"):
            assert len(t.run(short).splitlines()) == len(full.splitlines()), short
        selected = t.run("gr 1")
        assert "main" in selected, selected
        stack = t.run("bt")
        assert "main.main" in stack and "programs/park.Ready" in stack, stack
        short, full = (re.sub(r"[\d.]+[mµn]?s\b", "", t.run(command)) for command in ("inf", "info"))
        assert short == full and "GOMAXPROCS" in full, "a prefix"
        assert "main.waitOnChannels" in t.run("goroutines --group creator"), "option"
        t.type("nonsense 1\r")
        assert re.search("nonsense", t.expect_prompt()), "the unknown command is not named"
        t.type("g\r")
        assert re.search("goroutine", t.expect_prompt()), "the candidates of an ambiguous prefix are not listed"
        assert t.quit() in (0, 1)
        process.check_untouched(p.pid)


@case()
def frames_up_and_down(go):
    with waits(go) as p, Prompt("attach", p.pid) as t:
        t.run("goroutine 1")
        first = t.run("frame 0")
        up = t.run("up")
        assert up != first and t.run("down").strip() == first.strip(), (first, up)
        names = [t.run(f"frame {n}") for n in range(3)]
        assert len(set(names)) == 3, names
        for n in range(30):
            if "main.main" in t.run(f"frame {n}"):
                break
        assert "park.Ready()" in t.run("list")


@case()
def completion(go):
    with waits(go) as p, Prompt("attach", p.pid) as t:
        t.type("gorouti\t\t\t")
        t.expect("goroutine +goroutines")
        t.type("\x15goroutines --gr\t")
        t.expect("--group")
        t.type("\x15goroutines --group st\t\t\t")
        t.expect("stack")
        t.type("\x15\r")
        t.drain()
        goids = {str(g["goid"]) for g in json.loads(t.run("goroutines --json"))["goroutines"]}
        t.type("goroutine \t\t")
        assert goids <= set(t.drain().split()), "the ids of all goroutines are not offered"
        t.type("\x15set on-er\t")
        t.expect("on-error ")
        t.type("co\t")
        t.expect("continue")


@case(go="ends", end=["goroutine ", "trace park if rea"])
def completion_while_a_condition_is_evaluated(go, end):
    """TAB while the program runs changes no result: the tracer thread uses the tables that completion would reload.
    The program was started under the debugger, so that they were not complete when it was opened."""
    with Prompt("exec", "--color=never", "--max-stop=0", "--", programs.path("births", go)) as t:
        t.run('trace park --count-by reason if reason =~ "sleep" && entry =~ "main.sleep"')
        t.run("break main.marker")
        t.type("continue --background\r")
        seen, deadline = "", time.monotonic() + debugger.scaled(40)
        while "breakpoint 2, main.marker" not in seen and time.monotonic() < deadline:
            t.type(f"\x15{end}\t")
            time.sleep(0.02)
            if t.t.expect(["(?s).+", pexpect.TIMEOUT], timeout=0.05) == 0:
                seen += plain(t.t.after)
        t.type("\x15\r")
        t.drain()
        reported = int(re.search(r"sleep in all (\d+)", seen).group(1))
        counts = json.loads(t.run("counts --json"))["counts"]
        assert [c["hits"] for c in counts] == [[reported]], (reported, counts)
        t.run("kill --yes")
        t.quit()


@case()
def completion_of_functions(go):
    """Function names are completed in a regular expression of --where and in an argument."""
    with waits(go) as p, Prompt("attach", p.pid) as t:
        t.type("list main.chanRec\t")
        t.expect(r"main\.chanReceive")
        t.type("\x15\r")
        t.expect_prompt()


@case()
def history_is_kept(go):
    with waits(go) as p:
        state = os.path.join(p.folder, "state")
        with Prompt("attach", p.pid, env={"XDG_STATE_HOME": state}) as t:
            t.run("show max-stop")
            t.run("goroutines --limit 3")
            t.quit()
        found = [os.path.join(d, f) for d, _, fs in os.walk(state) for f in fs]
        assert len(found) == 1 and found[0].startswith(os.path.join(state, "gctxdbg")), found
        with open(found[0]) as f:
            lines = f.read().splitlines()
        assert "goroutines --limit 3" in lines, lines
        with Prompt("attach", p.pid, env={"XDG_STATE_HOME": state}) as t:
            t.type("\x1b[A\x1b[A")
            t.expect(r"goroutines --limit 3")
            t.type("\x15\r")
            t.expect_prompt()


@case()
def history_that_cannot_be_written(go):
    with waits(go) as p, Prompt("attach", p.pid, env={"XDG_STATE_HOME": "/proc/nowhere"}) as t:
        t.run("goroutines --limit 1")
        assert t.quit() == 0


@case()
def interrupt_ends_the_command_only(go):
    with waits(go) as p, Prompt("attach", p.pid) as t:
        t.type("goroutines | sleep 60\r")
        time.sleep(0.5)
        began = time.monotonic()
        t.interrupt()
        t.expect_prompt()
        assert time.monotonic() - began < 10
        t.drain()
        t.type("nonsense")
        t.interrupt()
        assert "unknown command" not in t.drain(), "the line was not dropped"
        assert "select" in t.run("goroutines")
        t.quit()
        process.check_untouched(p.pid)


@case(timeout=180)
def progress_is_shown_until_it_is_interrupted(go):
    """A hundred thousand goroutines with distinct stacks: interrupts both the grouping and the output."""
    bar = r"goroutines \[=* *\] +[0-9]+ %"
    with process.Process([programs.path("awkward", go)]) as p, Prompt("attach", p.pid, "--color=never") as t:
        p.ask("stacks 50000", timeout=90)
        t.run("snapshot", 60)
        path = os.path.join(p.folder, "out")
        t.type(f"goroutines --group stack --json > {path}\r")
        t.expect(bar, 60)
        process.wait_until(lambda: os.path.exists(path) and os.path.getsize(path), "the output of groups has begun", 60)
        t.forget()
        t.expect(bar, 60)
        t.interrupt()
        t.expect("interrupted", 20)
        t.expect_prompt()
        t.drain()
        with open(path, "rb") as f:
            f.seek(-200, os.SEEK_END)
            end = f.read()
        assert end.rstrip().endswith(b"}") and b'"problem":"interrupted"' in re.sub(rb"\s", b"", end), end
        assert "main.main" in t.run("bt -g 1")
        t.quit()
        process.check_untouched(p.pid)


@case()
def interrupt_ends_waiting_for_a_running_target(go):
    with process.Process([programs.path("sigcount", go)]) as p, Prompt("attach", p.pid) as t:
        t.type("continue\r")
        process.wait_until(lambda: "t" not in process.thread_states(p.pid).values(), "the target is running")
        time.sleep(0.3)
        t.interrupt()
        t.drain()
        t.type("interrupt\r")
        t.drain()
        assert "main.tick" in t.run("goroutines --stacks")
        t.quit()
        process.check_untouched(p.pid)


@case()
def output_to_file_and_pipe(go):
    with waits(go) as p, Prompt("attach", p.pid) as t:
        path = os.path.join(p.folder, "out file")
        assert t.run(f"goroutines --json > '{path}'").strip() == ""
        with open(path) as f:
            count = len(json.load(f)["goroutines"])
        t.run(f"goroutines --json >> '{path}'")
        with open(path) as f:
            assert f.read().count('"version"') == 2
        assert t.run(f"goroutines --json | tr ',' '\\n' | grep -c '\"goid\":'").strip() == str(count)
        t.type("goroutines > /nonexistent/file\r")
        assert "/nonexistent/file" in t.expect_prompt()
        t.run("goroutines | head -1")
        assert "select" in t.run("goroutines")


@case(how=["quit", "eof", "SIGTERM", "SIGHUP", "hangup"])
def leaving_leaves_the_target_running(go, how):
    with process.Process([programs.path("sigcount", go)]) as p, Prompt("attach", p.pid) as t:
        t.run("goroutines")
        if how == "quit":
            t.type("q\r")
        elif how == "eof":
            t.type("\x04")
        elif how == "hangup":
            t.hang_up()
        else:
            os.kill(t.pid, getattr(signal, how))
        if how == "hangup":
            process.wait_until(lambda: gone(t.pid), "gctxdbg exits")
        else:
            assert t.wait() in (0, 1)
        process.check_untouched(p.pid)
        before = int(p.ask("?").split()[-1])
        time.sleep(0.1)
        assert int(p.ask("?").split()[-1]) > before


def gone(pid):
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


@case(how=["SIGTERM", "SIGHUP"])
def leaving_while_a_command_runs(go, how):
    with process.Process([programs.path("sigcount", go)]) as p, Prompt("attach", p.pid) as t:
        t.type("goroutines | sleep 30\r")
        time.sleep(0.3)
        os.kill(t.pid, getattr(signal, how))
        process.check_untouched(p.pid)
        p.ask("?")


@case()
def core_has_no_continue(go):
    crash = shared_crash(programs.path("waits", go))
    with Prompt("core", crash.exe, crash.core) as t:
        assert "select" in t.run("goroutines")
        t.type("continue\r")
        assert "core" in t.expect_prompt()
        t.run("goroutine 1")
        assert "main.main" in t.run("bt")
        t.quit()


@case()
def watchdog_is_off_at_the_prompt_and_can_be_set(go):
    with process.Process([programs.path("sigcount", go)]) as p:
        with Prompt("attach", p.pid, "--pause=stop", "--max-stop", "1s") as t:
            t.expect("(?i)resumed|running", timeout=10)
            process.check_untouched(p.pid)
            p.ask("?")
            t.type("goroutines\r")
            assert t.expect_prompt() is not None
            t.quit()
        p.ask("?")
