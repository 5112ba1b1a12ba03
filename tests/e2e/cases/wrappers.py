"""exec of a program that is not in Go: it is followed, with all processes that it starts, to the first Go program."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from lib import debugger, process, programs
from lib.runner import case

# What a wrapper in Python starts with. Processes that outlive gctxdbg must not keep its output open.
SETUP = """
import mmap, os, signal, sys, threading, time
folder, program = sys.argv[1:]
for fd in 0, 1, 2:
    os.dup2(os.open(os.devnull, os.O_RDWR), fd)
def state(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0]
def note(name, text):
    with open(f"{folder}/{name}.new", "w") as f:
        f.write(str(text))
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}")
"""


class Wrapper:
    """A wrapper in Python, or, if it starts with #!, a script, and the notes that it writes."""

    def __init__(self, source, go, program="waits"):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.program = programs.path(program, go)
        self.argv = ["--", sys.executable, "-I", "-S", "-c", SETUP + source, self.folder, self.program]
        if source.startswith("#!"):
            script = self.folder / "wrapper.sh"
            script.write_text(source.format(folder=self.folder, program=self.program))
            script.chmod(0o755)
            self.argv = ["--", script]

    def start(self, **options):
        return debugger.start("exec", "--batch", "-e", "info", *self.argv, **options)

    def note(self, name):
        path = self.folder / name
        process.wait_until(path.exists, f"the wrapper has written {name}")
        return path.read_text()


def is_alive(pid):
    try:
        return process.status(pid)["State"][0] != "Z"
    except OSError:
        return False


THREAD = """
threading.Thread(target=os.execv, args=("/bin/sh", ["sh", "-c", f"true; exec {program}"])).start()
threading.Event().wait()
"""


@case(wrapper=["exec", "child", "pipeline", "env", "thread"])
def exec_follows_wrappers_to_the_go_program(go, wrapper):
    scripts = {"exec": "true; exec {program}", "child": "ls / >/dev/null\n{program} </dev/null; echo ended with $?",
               "pipeline": "{program} </dev/null | cat"}
    w = Wrapper(THREAD if wrapper == "thread" else "#!/bin/sh\n" + scripts.get(wrapper, ""), go)
    argv = ["--", "env", "A=b", w.program] if wrapper == "env" else w.argv
    r = debugger.run("exec", "--batch", "-e", "break main.main", "-e", "continue", "-e", "info --json", "-e", "delete",
                     "-e", "kill", *argv)
    assert "breakpoint 1, main.main, hit 1" in r.out and f'"exe":"{w.program}"' in r.out, r
    assert r.err.count(f"{argv[1]} is not a Go program: following it until it starts one") == 1, r


@case()
def the_end_without_a_go_program_is_reported(go):
    r = debugger.run("exec", "-q", "--batch", "-e", "info", "--", "sh", "-c", "true; exit 3", expect=2)
    debugger.one_sentence(r, "sh is not a Go program: .*none of them is a Go program")


# A thread that calls exec gets the id of its process. Its own is free from then on.
FORMER = """
def run():
    note("former", threading.get_native_id())
    os.execv("/bin/sleep", ["sleep", "60"])
threading.Thread(target=run).start()
threading.Event().wait()
"""


def process_with_id(pid):
    """Starts a process that gets this id, which must be free."""
    for _ in range(500):
        pathlib.Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))
        p = subprocess.Popen(["sleep", "60"])
        if p.pid == pid:
            return p
        p.kill()
        p.wait()
    raise AssertionError(f"no process got the id {pid}")


@case()
def another_process_with_a_former_id_is_not_killed(go):
    w = Wrapper(FORMER, go)
    with w.start() as child:
        former = int(w.note("former"))
        process.wait_until(lambda: not os.path.exists(f"/proc/{former}"), "the thread has called exec")
        other = process_with_id(former)
        child.terminate()
        r = debugger.finish(child)
    time.sleep(0.05)
    assert other.poll() is None, f"gctxdbg killed {former}, which is not its own: {other.returncode}"
    assert r.status == 2 and "were killed" in r.err, r


CROWD = """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(16):
    if os.fork() == 0:
        for _ in range(20):
            if os.fork() == 0:
                os._exit(0)
        time.sleep(0.3)
        os._exit(0)
time.sleep(0.02)
note("began", time.time())
threading.Thread(target=os.execv, args=("/bin/sh", ["sh", "-c", f"true; exec {program}"])).start()
threading.Event().wait()
"""


@case()
def ended_processes_do_not_delay_the_start(go):
    """Waiting for them took 2 seconds."""
    def seconds():
        w = Wrapper(CROWD, go)
        r = debugger.run("exec", "--batch", "-e", "! date +%s.%N", "-e", "kill", *w.argv)
        return float(r.out.split()[0]) - float(w.note("began"))
    assert any(seconds() < 1.8 for _ in range(5))


# `blocked` cannot stop before its child has opened the FIFO (vfork), so gctxdbg is still detaching it when the Go program is
# killed.
BLOCKED = """
os.mkfifo(f"{folder}/fifo")
blocked, main = os.fork(), os.getpid()
if blocked == 0:
    os.posix_spawn("/bin/true", ["true"], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 0, f"{folder}/fifo", os.O_RDONLY, 0)])
    note("went on", "")
    os._exit(0)
note("blocked", blocked)
while state(blocked) != "D":
    time.sleep(0.001)
if os.fork() == 0:
    while os.readlink(f"/proc/{main}/exe") != program:
        time.sleep(0.001)
    time.sleep(0.02)
    os.kill(main, signal.SIGKILL)
    os._exit(0)
os.execv(program, [program])
"""


@case()
def the_end_of_the_program_during_the_start_is_noticed(go):
    w = Wrapper(BLOCKED, go)
    r = debugger.run("exec", "-q", "--batch", "-e", "info", *w.argv, timeout=10, expect=2)
    debugger.one_sentence(r, "ended before its first instruction")
    process.check_untouched(int(w.note("blocked")))
    with open(w.folder / "fifo", "w"):
        w.note("went on")


FAMILY = """
def child(name, run):
    pid = os.fork()
    if pid == 0:
        run()
        os._exit(0)
    note(name, pid)
    return pid
def daemon():
    if os.fork():
        os._exit(0)
    os.setsid()
    note("daemon", os.getpid())
    time.sleep(60)
def threads():
    threading.Thread(target=time.sleep, args=(60,)).start()
    time.sleep(60)
def leader_exits():
    threading.Thread(target=time.sleep, args=(60,)).start()
    import ctypes
    ctypes.CDLL(None).syscall(60, 0)
os.waitpid(child("forker", daemon), 0)
child("threads", threads)
stopped = child("stopped", lambda: os.kill(os.getpid(), signal.SIGSTOP))
leader = child("leader", leader_exits)
while state(stopped) not in "Tt" or state(leader) != "Z" or not os.path.exists(f"{folder}/daemon"):
    time.sleep(0.001)
os.execv(program, [program])
"""


@case()
def the_others_are_detached(go):
    w = Wrapper(FAMILY, go)
    names = ["daemon", "threads", "stopped", "leader"]
    status = [f"/proc/$(cat {w.folder}/{name})/task/*/status" for name in names]
    r = debugger.run("exec", "--batch", "-e", "! grep -h ^TracerPid " + " ".join(status), "-e", "kill", *w.argv)
    # All 6 threads but the first one of `leader`, which is reported when the other one has ended.
    assert r.out.split().count("TracerPid:") == 6 and r.out.split().count("0") == 5, r
    for name in names:
        end = {"stopped": ["T"], "threads": ["S", "S"], "daemon": ["S"], "leader": ["S", "Z"]}[name]
        pid = int(w.note(name))
        process.wait_until(lambda: sorted(process.thread_states(pid).values()) == end, f"{name} is {end}")  # noqa: B023


@case()
def a_signal_survives_the_end_of_gctxdbg(go):
    """gdb kills gctxdbg when it is about to pass the signal on."""
    w = Wrapper("#!/bin/sh\nmkfifo {folder}/fifo; trap 'echo caught >>{folder}/out' USR1; echo $$ >{folder}/pid\n"
                "read line <{folder}/fifo; kill -USR1 $$; sleep 0; echo end >>{folder}/out; mv {folder}/out {folder}/end\n", go)
    with w.start() as child:
        w.note("pid")
        subprocess.run(["gdb", "-nx", "-batch", "-readnever", "-iex", "set debuginfod enabled off", "-p", str(child.pid),
                        "-ex", "catch syscall ptrace", "-ex", f"shell echo >{w.folder}/fifo", "-ex", "continue", "-ex", "kill"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=60, check=True)
        child.wait(10)
    assert debugger.was_killed_by(child) and w.note("end") == "caught\nend\n", w.note("end")


@case(timeout=120)
def the_wrapper_survives_the_end_of_gctxdbg(go):
    rnd = random.Random(6)
    for _ in range(5):
        w = Wrapper("#!/bin/sh\necho $$ >{folder}/pid; i=0; while [ $i -lt 100 ]; do (true | true); i=$((i+1)); done\n"
                    "echo >{folder}/end\n", go)
        with w.start() as child:
            w.note("pid")
            time.sleep(rnd.random() * 0.2)
            child.kill()
        w.note("end")


# Of the chain, only the newest process lives, and hardly for longer than its start takes.
CHAIN = """
with open(f"{folder}/count", "w+b") as f:
    f.write(bytes(4))
    f.flush()
    count = mmap.mmap(f.fileno(), 4)
if os.fork() == 0:
    os.setsid()
    note("daemon", os.getpid())
    time.sleep(60)
n = 0
while True:
    if os.fork():
        os._exit(0)
    n += 1
    count[:] = n.to_bytes(4, "little")
"""


@case(sig=["SIGINT", "SIGTERM", "SIGHUP"])
def signals_end_all_that_is_followed(go, sig):
    w = Wrapper(CHAIN, go)
    count = w.folder / "count"
    with w.start() as child:
        daemon = int(w.note("daemon"))
        process.wait_until(lambda: int.from_bytes(count.read_bytes(), "little") > 50, "the chain runs")
        child.send_signal(getattr(signal, sig))
        r = debugger.finish(child, timeout=20)
    last = count.read_bytes()
    process.wait_until(lambda: not is_alive(daemon), "the daemon has been killed")
    time.sleep(0.1)
    assert count.read_bytes() == last, "the chain goes on"
    assert r.status == 2 and "it and all processes that it started were killed" in r.err, r


def _with_pending_sigterm():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    os.kill(os.getpid(), signal.SIGTERM)


@case()
def sigterm_before_the_start_is_obeyed(go):
    w = Wrapper("#!/bin/sh\necho >{folder}/started\n", go)
    with w.start(preexec_fn=_with_pending_sigterm) as child:
        r = debugger.finish(child, timeout=20)
    assert r.status == 2 and "gctxdbg was terminated by a signal before" in r.err, r
    assert not (w.folder / "started").exists()
