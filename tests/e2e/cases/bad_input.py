"""Targets that cannot be opened and invalid files: one clear sentence, the right exit status, no side effects."""
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time

from lib import debugger, elf, kernel, paths, process, programs, prompt
from lib.crash import shared_crash
from lib.runner import Skip, case


def refused(*args, words=(), status=2, **options):
    r = debugger.run(*args, expect=status, **options)
    assert r.out == "", r
    debugger.one_sentence(r, *words)
    return r


def attach_refused(pid, *words, **options):
    return refused("attach", pid, "--batch", "-e", "goroutines", words=words, **options)


def sleeper(go):
    return process.Process([programs.path("sigcount", go)])


@case()
def process_that_does_not_exist(go):
    attach_refused(4194305, "4194305")
    child = subprocess.Popen(["true"])
    child.wait()
    attach_refused(child.pid, str(child.pid))
    for pid in ("0", "-1", "99999999999999999999", "12x", ""):
        r = debugger.run("attach", "--batch", "-e", "info", "--", pid, expect=2)
        assert r.err.strip(), r
    assert go


@case()
def process_that_is_not_go(go):
    with process.Process(["sleep", "100"], ready=None) as p:
        time.sleep(0.1)
        attach_refused(p.pid, "Go", str(p.pid) + "|sleep")
        process.check_untouched(p.pid)
    with process.Process(["python3", "-c", "import threading,time\n"
                          "for i in range(20): threading.Thread(target=time.sleep,args=(100,)).start()\n"
                          "print('ready',flush=True)"]) as p:
        attach_refused(p.pid, "Go")
        process.check_untouched(p.pid)
    assert go


@case()
def itself_and_kernel_threads(go):
    r = subprocess.run(["sh", "-c", 'exec "$0" attach $$ --batch -e info', paths.debugger()], text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=debugger.environment())
    assert r.returncode == 2 and r.stderr.strip(), r
    if process.status(2)["Name"] == "kthreadd":
        attach_refused(2)
    assert go


@case()
def process_of_another_user(go):
    if os.getuid():
        attach_refused(1, "permi|allowed|root|sudo")
        return
    with sleeper(go) as p:
        # In a folder that every user can access.
        copy = f"/tmp/gctxdbg-copy-{os.getpid()}"
        shutil.copy(paths.debugger(), copy)
        try:
            r = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy,
                                "attach", str(p.pid), "--batch", "-e", "info"], text=True, cwd="/",
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=debugger.environment())
        finally:
            os.unlink(copy)
        result = debugger.Result(r.args, r.returncode, r.stdout, r.stderr)
        debugger.check_run(result)
        assert r.returncode == 2, result
        debugger.one_sentence(result, "root|user|owner|CAP_SYS_PTRACE|sudo")
        process.check_untouched(p.pid)


@case()
def process_that_is_traced(go):
    with sleeper(go) as p:
        with kernel.traced_by_child(p.pid) as tracer:
            attach_refused(p.pid, "trac", str(tracer), "python")
            assert process.status(p.pid)["TracerPid"] == str(tracer)
        process.check_untouched(p.pid)
        debugger.attach(p.pid, "goroutines")


@case()
def zombie(go):
    child = subprocess.Popen(["true"])
    process.wait_until(lambda: process.thread_states(child.pid)[child.pid] == "Z", "zombie")
    attach_refused(child.pid, "zombie|ended|exited|dead")
    child.wait()
    assert go


@case()
def program_of_32_bits(go):
    with process.Process(["true"], ready=None) as folder:
        path = os.path.join(folder.folder, "pauses")
        with open(path, "wb") as f:
            f.write(elf.pausing_32_bit_program())
        os.chmod(path, 0o755)
        try:
            child = subprocess.Popen([path])
        except OSError as e:
            raise Skip(f"this kernel does not run 32-bit programs: {e}") from e
        time.sleep(0.1)
        assert child.poll() is None
        attach_refused(child.pid, "32")
        process.check_untouched(child.pid)
        child.kill()
        child.wait()
        refused("core", path, path, "--batch", "-e", "info", words=["32|core"])
    assert go


@case()
def ptrace_forbidden_by_seccomp(go):
    with sleeper(go) as p:
        # LeakSanitizer uses ptrace, too.
        child = debugger.start("attach", p.pid, "--batch", "-e", "info", preexec_fn=kernel.forbid_ptrace,
                               env={"ASAN_OPTIONS": "detect_leaks=0"})
        r = debugger.finish(child)
        assert r.status == 2, r
        debugger.one_sentence(r, "seccomp")
        process.check_untouched(p.pid)


class Files:
    """A valid executable and core, and a folder for invalid ones."""

    def __init__(self, go, variant="default", program="waits"):
        crash = shared_crash(programs.path(program, go, variant))
        self.exe, self.core = crash.exe, crash.core
        self.folder = tempfile.mkdtemp()

    def write(self, data, name="bad"):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)


def read(path, size=-1):
    with open(path, "rb") as f:
        return f.read(size)


@case()
def files_that_are_not_elf(go):
    with Files(go) as f:
        fifo = os.path.join(f.folder, "fifo")
        os.mkfifo(fifo)
        for bad in (f.write(b"hello\n" * 100, "text"), f.write(b"", "empty"), f.write(b"\x7fELF", "short"),
                    "/nonexistent/file", f.folder, "/dev/null", "/dev/zero", fifo):
            refused("core", f.exe, bad, "--batch", "-e", "info", words=[os.path.basename(bad)])
            refused("core", bad, f.core, "--batch", "-e", "info", words=[os.path.basename(bad)])
        refused("core", f.exe, f.exe, "--batch", "-e", "info", words=["core"])
        refused("core", f.core, f.core, "--batch", "-e", "info")


@case()
def files_of_another_machine(go):
    with Files(go) as f:
        arm = bytearray(read(f.core))
        arm[18:20] = (183).to_bytes(2, "little")
        refused("core", f.exe, f.write(arm), "--batch", "-e", "info", words=["arch|machine|amd64|x86"])
        arm = bytearray(read(f.exe))
        arm[18:20] = (183).to_bytes(2, "little")
        refused("core", f.write(arm, "exe"), f.core, "--batch", "-e", "info", words=["arch|machine|amd64|x86"])
        big = bytearray(read(f.exe))
        big[5] = 2
        refused("core", f.write(big, "exe"), f.core, "--batch", "-e", "info")


@case(go="ends", timeout=120)
def truncated_core(go):
    """Reports what the core still holds, with a warning that it is incomplete."""
    with Files(go) as f:
        data = read(f.core)
        listed = 0
        for part in (0.999, 0.9, 0.7, 0.5, 0.3, 0.1, 0.01, 0.001, 0.0001):
            path = f.write(data[:int(len(data) * part)])
            r = debugger.run("core", f.exe, path, "--batch", "-e", "goroutines --stacks --json",
                             expect={0, 1, 2})
            assert r.err.strip(), f"{part} of the core: nothing on stderr"
            assert len(r.err.splitlines()) < 200, r
            if r.status == 0:
                listed += 1
                r.json()
        assert listed, "no goroutine in 99.9 % of a core"
        r = debugger.run("core", f.exe, f.write(data[:len(data) // 2]), "--batch", "-e", "ctx check", "-e", "dump", expect={0, 1, 3})
        assert "0 verdicts" not in r.out or "(some memory could not be read: there may be more)" in r.out, r
        assert "Nothing stuck found\n" not in r.out, r


@case(go="ends")
def core_truncated_while_open(go):
    """At the prompt, commands use the remaining data and say what is missing; quit works."""
    cannot = "cannot read memory at 0x[0-9a-f]+: the file that held it was truncated after it was opened"
    missing = f"some memory could not be read|{cannot}"
    # Per command: what it prints in any case, and what it prints if it lacks data because hardly anything of the core is
    # there. It lacks none if the rest of the file or the cache happens to hold all that it needs.
    commands = {
        "info": (r"target +core \d+, waits", ""),
        "x $sp": (rf"0x[0-9a-f]+: 0x[0-9a-f]{{16}}|{cannot}", ""),
        "ctx list --json": (r'"partial":true|' + cannot, missing),
        "bt": (r"goroutine \d+ \[", ""),
        "goroutines": (r"\d+ goroutines: \d+ ", ""),
        "goroutines --stacks --json": (r'"goroutines":\[\{"goid":\d+', rf'{cannot}|"waiting_on_partial":true'),
        "ctx tree": (missing, missing),
        "threads": (r"TID +NAME", ""),
    }
    for part in (0.5, 0.02, 0):
        with Files(go) as f:
            core = f.write(read(f.core), "core")
            size = os.path.getsize(core)
            with prompt.Prompt("core", f.exe, core, "--color=never") as t:
                whole = {command: t.run(command) for command in commands}
            with prompt.Prompt("core", f.exe, core, "--color=never") as t:
                assert t.run("info").strip()
                os.truncate(core, int(size * part))
                for command, (always, if_lost) in commands.items():
                    answer = t.run(command)
                    assert re.search(always, answer), f"{part} left: {command} prints {answer!r}"
                    assert part > 0.1 or answer == whole[command] or re.search(if_lost, answer), (
                        f"{part} left: {command} does not say what is missing: {answer!r}")
                t.type("quit\r")
                assert t.wait() in (0, 1)


@case()
def wrong_executable(go):
    """A warning with both build ids."""
    other = programs.oldest()
    with Files(go) as f:
        wrong = programs.path("stacks", go)
        for exe in (wrong, programs.path("waits", other)):
            r = debugger.run("core", exe, f.core, "--batch", "-e", "info", expect={0, 1, 2})
            right_ids, wrong_ids = elf.build_ids(read(f.exe)), elf.build_ids(read(exe))
            assert any(i in r.err for i in right_ids) and any(i in r.err for i in wrong_ids), (
                right_ids, wrong_ids, r)
        r = debugger.run("core", f.exe, f.core, "--batch", "-e", "info")
        assert r.err.strip() == "", f"unexpected warning with the right executable: {r}"


def damaged(data, rnd, offset, size, count):
    out = bytearray(data)
    for _ in range(count):
        out[offset + rnd.randrange(size)] = rnd.choice([0, 0xff, 0x80, 0x7f, rnd.randrange(256)])
    return out


def survives(f, exe, core, what, commands=("goroutines --stacks --json",)):
    evals = [a for c in commands for a in ("-e", c)]
    r = debugger.run("core", exe, core, "--batch", *evals, expect={0, 1, 2}, timeout=30)
    assert r.status == 0 or r.err.strip(), f"{what}: status {r.status} and no message"
    assert len(r.err) < 200_000, f"{what}: {len(r.err)} bytes on stderr"
    assert f
    return r


@case(go="ends", timeout=240, variant=["plain-dwarf", "default"])
def damaged_dwarf(go, variant):
    rnd = random.Random(1)
    with Files(go, variant) as f:
        data = read(f.exe)
        for name, (offset, size) in elf.sections(data).items():
            if ".debug_" in name or ".zdebug_" in name:
                for count in (1, 30, 1000):
                    exe = f.write(damaged(data, rnd, offset, min(size, 1 << 16), count))
                    survives(f, exe, f.core, f"{count} bytes of {name}")
                survives(f, f.write(damaged(data, rnd, offset, size, size)), f.core, f"all of {name}")


@case(go="ends", timeout=240)
def damaged_executable(go):
    """Damages pclntab, symbols and headers."""
    rnd = random.Random(2)
    with Files(go) as f:
        data = read(f.exe)
        found = elf.sections(data)
        for name in (".gopclntab", ".symtab", ".strtab", ".shstrtab", ".rodata", ".go.buildinfo",
                     ".note.go.buildid", ".data", ".noptrdata"):
            if name in found:
                offset, size = found[name]
                for count in (3, 300):
                    exe = f.write(damaged(data, rnd, offset, min(size, 1 << 18), count))
                    survives(f, exe, f.core, f"{count} bytes of {name}")
        table = int.from_bytes(data[0x28:0x30], "little")
        for i in range(10):
            survives(f, f.write(damaged(data, rnd, 16, 48 + 56 * 8, 3)), f.core, f"ELF header {i}")
            survives(f, f.write(damaged(data, rnd, table, len(data) - table, 5)), f.core,
                     f"section headers {i}")


@case(go="ends", timeout=240, what=["headers", "memory"])
def damaged_core(go, what):
    rnd = random.Random(3)
    commands = ("goroutines --stacks --json", "threads --stacks --json", "goroutines --group stack", "info")
    with Files(go, program="stacks") as f:
        data = read(f.core)
        notes_end = 1 << 16
        for i in range(12):
            if what == "headers":
                bad = damaged(data, rnd, 16, notes_end, (3, 100, 1000)[i % 3])
            else:
                bad = damaged(data, rnd, notes_end, len(data) - notes_end, (1000, 10000, 200000)[i % 3])
            survives(f, f.exe, f.write(bad), f"{what} {i}", commands)


@case()
def target_that_lies(go):
    """A hostile process that overwrites the runtime's list of goroutines and stays alive."""
    rnd = random.Random(4)
    with process.Process([programs.path("waits", go)]) as p:
        writable = []
        with open(f"/proc/{p.pid}/maps") as maps:
            for line in maps:
                if "rw-p" in line and "waits" in line:
                    start, end = (int(n, 16) for n in line.split()[0].split("-"))
                    writable.append((start, end))
        os.kill(p.pid, signal.SIGSTOP)
        for round_number in range(5):
            with open(f"/proc/{p.pid}/mem", "r+b", buffering=0) as memory:
                for start, end in writable:
                    for _ in range(500):
                        memory.seek(start + rnd.randrange((end - start) // 8) * 8)
                        memory.write(rnd.choice([rnd.randbytes(8), b"\xff" * 8, bytes(8)]))
            r = debugger.attach(p.pid, "goroutines --stacks --json", "info", expect={0, 1, 2}, timeout=30)
            assert len(r.err) < 200_000, round_number
        process.wait_until(lambda: process.status(p.pid)["TracerPid"] == "0", "left")
