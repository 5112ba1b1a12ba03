"""Command lists of breakpoints: during a waiting `continue`, in the background, and when they detach or the process
ends."""
import json
import os
import re
import resource
import signal
import time

from cases.breakpoints import Breaks, breakpoints, documents, last_document, wait_for_line
from lib import debugger, process
from lib.prompt import Prompt
from lib.runner import case


def script(p, *lines):
    path = os.path.join(p.folder, "script")
    with open(path, "w") as f:
        f.write("\n".join([*lines, ""]))
    return path


def run(p, commands, order, expect=0):
    """Runs the commands and sends `order` to the program at "echo armed"; returns the result."""
    child = p.session(*commands)
    before = "".join(wait_for_line(child, "armed"))
    p.send(order)
    result = debugger.finish(child)
    result.out = before + result.out
    assert result.status in (expect if isinstance(expect, set) else {expect}), result
    p.line()
    return result


def events(result):
    """Kinds of the JSON documents, in order."""
    return [d.get("event") or ("verdicts" if "verdicts" in d else "?") for d in documents(result.out)]


@case(go="each")
def a_check_within_hits(go):
    """ctx check in a list resumes the process: hits reported before and after it are counted, and tracepoints keep
    counting."""
    with Breaks(go) as p:
        p.order("stuck 2")
        p.order("busy")
        before = p.order("count")[1]
        r = debugger.attach(p.pid, "trace main.handle --count-by goid", "break main.handle if hits % 100 == 0", "commands",
                            "ctx check --grace 200ms --json", "continue", "end", "print main.calls --json",
                            "continue --hits 5000000 --for 3s --json", "print main.calls --json", "info breakpoints --json",
                            options=["-q"], expect=3)
        docs = documents(r.out)
        assert len(docs) == len(r.out.splitlines()) - 2, r  # the output of trace and break
        kinds = [k for k in events(r) if k != "?"]
        # A breakpoint may have stopped it just when the time was over.
        reported = kinds[:-1] if kinds[-1] == "stopped" else kinds
        assert "stopped" not in reported, kinds
        stops, checks = reported.count("stop"), reported.count("verdicts")
        assert stops >= 3 and stops == checks, kinds
        assert re.fullmatch("(?:(?:stop )+(?:verdicts )+)+", "".join(k + " " for k in reported)), kinds
        numbers = [d["hit"] for d in docs if d.get("event") == "stop"]
        assert numbers == sorted(numbers) and all(n % 100 == 0 for n in numbers), numbers
        listed = breakpoints(docs[-1])
        assert listed[1]["hits"] > listed[2]["hits"], listed
        calls = [d["value"]["value"] for d in docs if "expr" in d]
        assert calls[0] >= before, calls
        # Calls that have been made but have not reached the first instruction, and the reverse.
        assert abs(listed[1]["hits"] - (calls[1] - calls[0])) <= 8, (listed[1], calls)
        p.check_as_before()


@case(go="ends")
def a_check_within_hits_and_time(go):
    with Breaks(go) as p:
        p.order("stuck 1")
        p.order("busy")
        r = debugger.attach(p.pid, "break main.handle", "commands", "silent", "ctx check --grace 100ms > /dev/null", "continue",
                            "end", "continue --hits 4 --json", "info breakpoints --json", options=["-q"], expect=3)
        hits = breakpoints(last_document(r))[1]["hits"]
        assert 4 <= hits <= 8, r  # threads that hit at the same moment are all reported
        began = time.monotonic()
        r = debugger.attach(p.pid, "break main.handle", "commands", "silent", "ctx check --grace 300ms > /dev/null", "continue",
                            "end", "continue --for 2s", "info breakpoints --json", options=["-q"], expect=3)
        took = time.monotonic() - began
        assert 2 <= took < 2 + debugger.scaled(6), took
        assert breakpoints(last_document(r))[1]["hits"] >= 2, r
        p.check_as_before()


@case(go="ends")
def thousands_of_lists_on_a_small_stack(go):
    """Continuing from a list does not use stack space, however it is waited for."""
    def limit():
        resource.setrlimit(resource.RLIMIT_STACK, (512 << 10, 512 << 10))
    with Breaks(go) as p:
        child = p.session("break main.handle", "commands", "silent", "continue", "end", "break main.marker", "echo armed",
                          "continue", "info breakpoints --json", preexec_fn=limit)
        wait_for_line(child, "armed")
        p.send("call 4000")
        r = debugger.finish(child, timeout=120)
        assert r.status == 0 and breakpoints(last_document(r))[1]["hits"] == 4000, r
        p.line()
        p.check_as_before()


@case(go="ends")
def findings_do_not_end_a_list(go):
    with Breaks(go) as p:
        p.order("stuck 1")
        r = run(p, ["break main.handle if id < 2", "commands", "silent", "ctx check --stay --grace 0s > /dev/null",
                       "echo checked", "continue", "end", "break main.marker", "echo armed", "continue", "echo after"], "call 3", expect={0, 3})
        assert r.out.count("checked") == 2 and "after" in r.out, r
        p.check_as_before()


@case()
def a_sourced_continue_ends_the_list(go):
    with Breaks(go) as p:
        path = script(p, "continue", "echo too far")
        r = run(p, ["break main.handle", "commands", "silent", f"source {path}", "echo not here", "end",
                       "break main.marker", "echo armed", "continue", "echo after"], "call 3")
        assert "too far" not in r.out and "not here" not in r.out and "after" in r.out, r
        p.check_as_before()


REFUSED = {
    "wait": "while a breakpoint's commands run",
    "continue --for 1s": "takes no --for",
    "continue --hits 2": "takes no --hits",
    "continue --json": "takes no --json",
    "continue --background": "takes no --background",
    "snapshot": "breakpoints are enabled",
}


@case(line=list(REFUSED))
def refused_in_a_list(go, line):
    with Breaks(go) as p:
        r = run(p, ["break main.handle", "commands", line, "continue", "end", "echo armed", "continue", "echo after"],
                "call 3", expect=1)
        debugger.one_sentence(r, REFUSED[line], re.escape(f"commands of breakpoint 1: {line}"))
        assert "after" not in r.out, r
        p.check_as_before()


@case(go="ends", line=["detach", "quit", "kill --yes", "interrupt"])
def leaving_in_a_list(go, line):
    with Breaks(go) as p:
        child = p.session("break main.handle", "commands", line, "echo in the list", "end", "echo armed", "continue",
                          "echo after", "threads")
        wait_for_line(child, "armed")
        p.send("call 3")
        r = debugger.finish(child)
        if line == "interrupt":
            assert r.status == 0 and "in the list" in r.out and "after" in r.out, r
        elif line == "quit":
            assert r.status == 0 and "in the list" not in r.out and "after" not in r.out, r
        else:
            assert r.status == 1 and "in the list" not in r.out and "after" in r.out, r
            assert "no process" in r.err, r
        if line != "kill --yes":
            p.line()
            p.check_as_before()


@case(go="ends", end=["exit", "SIGKILL", "exec"])
def the_target_ends_during_a_list(go, end):
    with Breaks(go) as p:
        p.order("stuck 1")
        path = script(p, "break main.marker", "commands", "  ctx check --grace 20s --json", "  echo not reached", "end",
                      "echo armed", "continue --json", "echo after")
        child = debugger.start("attach", p.pid, "--batch", "--pause=stop", "-x", path)
        wait_for_line(child, "armed")
        p.send("stuck 0")
        assert json.loads(child.stdout.readline())["event"] == "stop"
        p.line()  # the check resumes it
        if end != "SIGKILL":
            p.send({"exit": "exit 7", "exec": "again 0"}[end])
        else:
            os.kill(p.pid, signal.SIGKILL)
        r = debugger.finish(child)
        last = documents(r.out)[-1]
        assert last["event"] == {"exit": "exited", "SIGKILL": "killed", "exec": "exec"}[end], r
        assert r.status == 1 and f"{path}:3" in r.err and "not reached" not in r.out and "after" not in r.out, r
        if end == "exec":
            assert p.line() == "ready"
            process.check_untouched(p.pid)


@case(go="ends", sig=["SIGTERM", "SIGHUP"])
def terminated_during_a_list(go, sig):
    with Breaks(go) as p:
        p.order("stuck 1")
        child = p.session("break main.marker", "commands", "ctx check --grace 20s", "echo not reached", "continue", "end",
                          "echo armed", "continue --json", "echo after")
        wait_for_line(child, "armed")
        p.send("stuck 0")
        assert json.loads(child.stdout.readline())["event"] == "stop"
        p.line()
        child.send_signal(getattr(signal, sig))
        out, _ = child.communicate(timeout=debugger.scaled(20))
        assert "not reached" not in out and "after" not in out and '"event":"leave"' in out, out
        p.check_as_before()


@case(go="ends")
def in_the_background_at_a_prompt(go):
    """Ctrl-C at the prompt discards the line, not the next list; errors of a list are shown immediately."""
    with Breaks(go) as p, Prompt("attach", p.pid, "--color=never", "--pause=stop") as t:
        t.run("break main.handle")
        for line in ("commands", "silent", "echo in the list", "continue"):
            t.type(line + "\r")
            t.expect("> ")
        t.run("end")
        t.run("continue --background")
        t.interrupt()
        t.drain()
        p.send("call 3")
        assert p.line().split()[1] == "3"
        assert t.drain().count("in the list") == 3
        t.run("interrupt")
        for line in ("commands 1", "goroutine 99999999"):
            t.type(line + "\r")
            t.expect("> ")
        t.run("end")
        t.run("continue --background")
        p.send("call 1")
        t.expect("commands of breakpoint 1: goroutine 99999999: ")
        t.drain()
        assert "main.call" in t.run("bt")
        t.quit()
        p.line()
        p.check_as_before()


@case(go="ends")
def background_errors_are_reported_by_wait(go):
    with Breaks(go) as p:
        path = script(p, "break main.handle", "commands", "  goroutine 99999999", "end", "continue --background", "echo armed",
                      "wait", "echo after")
        child = debugger.start("attach", p.pid, "--batch", "-q", "--pause=stop", "-x", path)
        wait_for_line(child, "armed")
        p.send("call 1")
        r = debugger.finish(child)
        assert r.status == 1 and f"{path}:3" in r.err and "after" not in r.out, r
        p.line()
        p.check_as_before()


@case(go="ends")
def background_errors_are_reported_at_exit(go):
    """Lists that run when no command waits any more."""
    with Breaks(go) as p:
        child = debugger.start("attach", p.pid, "-q", "--pause=stop")
        child.stdin.write("break main.handle\ncommands\ngoroutine 99999999\nend\necho armed\ncontinue --background\n")
        child.stdin.flush()
        wait_for_line(child, "armed")
        p.send("call 1")
        assert child.stdout.readline().startswith("breakpoint 1, main.handle, hit 1")
        r = debugger.finish(child)
        assert r.status == 1 and "stdin:3: " in r.err and "99999999" in r.err, r
        p.line()
        p.check_as_before()


@case(go="ends")
def ctrl_c_ends_a_list(go):
    with Breaks(go) as p:
        p.order("stuck 1")
        ctrl_c_at_a_prompt(p)
        p.check_as_before()


def ctrl_c_at_a_prompt(p):
    with Prompt("attach", p.pid, "--color=never", "--pause=stop") as t:
        t.run("break main.marker")
        for line in ("commands", "ctx check --grace 60s", "echo not reached", "continue"):
            t.type(line + "\r")
            t.expect("> ")
        t.run("end")
        t.type("continue\r")
        process.wait_until(lambda: "t" not in process.thread_states(p.pid).values(), "the target is running")
        p.send("stuck 0")
        t.expect("run for 1m0s")
        p.line()
        t.interrupt()
        text = t.drain()
        assert "not reached" not in text, text
        assert set(process.thread_states(p.pid).values()) == {"t"}, "the target is not stopped"
        t.quit()


@case(go="ends")
def a_snapshot_of_what_runs_in_the_background(go):
    """A snapshot is possible while all breakpoints are disabled; the pause is reported once."""
    with Breaks(go) as p:
        p.order("busy")
        r = debugger.attach(p.pid, "break main.handle", "disable", "continue --background", "snapshot", "goroutines",
                            "enable", "continue", options=["--pause=stop"])
        assert r.err.count("it was stopped for") == 1 and "main.busy" in r.out, r
        assert "breakpoint 1, main.handle, hit 1" in r.out, r
        p.check_as_before()


@case()
def wait_fails_if_no_event_can_come(go):
    """--hits without an enabled breakpoint, and invalid breakpoint numbers."""
    with Breaks(go) as p:
        for commands, words in ((("break main.handle", "disable", "continue --hits 3"), ["enabled"]),
                                (("break main.nothing", "continue --hits 3"), ["main.nothing"]),
                                (("break main.handle", "delete", "wait --hits 2"), ["enabled breakpoint"]),
                                (("break main.handle", "delete x"), ['"x" is not a breakpoint number']),
                                (("break main.handle", "enable 1-"), ['"1-" is not a range of breakpoint numbers']),
                                (("break main.handle", "ignore 9 1"), ["no breakpoint 9; there are: 1"]),
                                (("break main.handle", "condition 9 id == 3"), ["no breakpoint 9; there are: 1"])):
            debugger.one_sentence(debugger.attach(p.pid, *commands, options=["-q", "--pause=stop"], expect=1), *words)
        r = debugger.attach(p.pid, "break main.handle", "ignore 1 2", "ignore 1 0", "condition 1", options=["--pause=stop"])
        assert "ignores the next 2 hits" in r.err and "no longer ignores hits" in r.err and "unconditional" in r.err, r
        p.check_as_before()


@case()
def omitted_lines_are_reported_at_a_terminal(go):
    with Breaks(go) as p:
        p.order("busy")
        with Prompt("attach", p.pid, "--color=never", "--pause=stop") as t:
            t.run("trace main.handle")
            text = t.run("continue --for 300ms")
            assert re.search(r"… \d+ more \(omitted on a terminal", text), text[-1000:]
            t.quit()
        p.check_as_before()
