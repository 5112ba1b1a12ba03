"""The goroutines of a live process, and of a core that gdb's gcore made of it, equal what the process prints when it is
aborted afterwards; and threads that only a live process has."""
import time

from lib import debugger, gotrace, oracle, process, programs
from lib.runner import case

PROGRAMS = ["waits", "stacks", "iters", "cgo"]


def look(pid, what="goroutines --stacks --json"):
    return debugger.attach(pid, what).json()


@case(go="each", program=PROGRAMS)
def parked_goroutines_equal_what_go_prints(go, program):
    with process.Process([programs.path(program, go)]) as p:
        documents = [look(p.pid), look(p.pid)]
        process.check_untouched(p.pid)
        text, _ = p.abort()
        crash = gotrace.parse(text)
        for doc in documents:
            oracle.compare_parked(crash, doc).report()


@case(go="each", program=["waits", "cgo"])
def gcore_equals_what_go_prints(go, program):
    with process.Process([programs.path(program, go)]) as p:
        before = set(process.threads(p.pid))
        core = process.gcore(p.pid, p.folder)
        after = set(process.threads(p.pid))  # the runtime may start and end threads at any time
        doc = debugger.core(p.argv[0], core, "goroutines --stacks --json").json()
        threads = debugger.core(p.argv[0], core, "threads --stacks --json").json()
        listed = {t["tid"] for t in threads["threads"]}
        assert before & after <= listed <= before | after, (before, after, threads)
        text, _ = p.abort()
        oracle.compare_parked(gotrace.parse(text), doc).report()


def functions(frames, stack=None):
    return [f["func"] for f in frames if stack is None or f["stack"] == stack]


def in_function(doc, name):
    found = [g for g in doc["goroutines"] if name in functions(g["frames"])]
    assert len(found) == 1, f"{len(found)} goroutines are in {name}"
    return found[0]


def check_chain(frames, *chain):
    """Checks that the functions of `chain` occur in this order, innermost first, possibly with others in between."""
    names = iter(functions(frames))
    for name in chain:
        assert name in names, f"{name} is not (in this order) in {functions(frames)}"


@case(go="each", preemption=["async", "off"])
def running_go_code(go, preemption):
    env = {"GODEBUG": "asyncpreemptoff=1"} if preemption == "off" else {}
    with process.Process([programs.path("running", go)], env) as p:
        process.wait_until(lambda: "main.spinChain" in str(look(p.pid)), "the loops are running")
        for _ in range(10):
            doc = look(p.pid)
            running = [g for g in doc["goroutines"] if g["status"] == "running"]
            spinning = in_function(doc, "main.spinChain")
            if spinning["status"] == "running":
                check_chain(spinning["frames"], "main.spin", *["main.spinChain"] * 4,
                            "main.main.func1", "runtime.goexit")
                assert spinning["thread"] in process.threads(p.pid), spinning
            for g in doc["goroutines"]:
                if g["status"] == "running" or g["goid"] == 1:
                    outermost = functions(g["frames"])[-1]
                    assert outermost == "runtime.goexit", f"the stack is not complete: {g}"
            assert running, "none of five loops is running"
        process.check_untouched(p.pid)


@case(go="each", loops=["more", "churn"], timeout=180)
def stacks_of_running_threads_are_whole(go, loops):
    """Wherever a thread stops (in a prologue, in assembly that switches stacks, in the vDSO, on the system stack, in a
    signal handler), the stack of its goroutine is complete."""
    with process.Process([programs.path("running", go), loops]) as p:
        time.sleep(0.2)
        broken = []
        for _ in range(30):
            for g in look(p.pid)["goroutines"]:
                names = functions(g["frames"])
                if not names or names[-1] != "runtime.goexit" or "problem" in g:
                    broken.append((g["goid"], g["status"], names, g.get("problem")))
        assert not broken, f"{len(broken)} stacks do not end in goexit: {broken[:5]}"
        process.check_untouched(p.pid)


def cgo_chains(doc):
    """The stacks of four goroutines of the cgo program."""
    def one(condition):
        found = [g for g in doc["goroutines"] if condition(functions(g["frames"]))]
        assert len(found) == 1, f"{len(found)} instead of one"
        return found[0]["frames"]

    return {
        "sleeps": one(lambda f: "main.sleepsInC" in f and "main.goSleepInC" not in f),
        "calls back": one(lambda f: "main.callsBackIntoC" in f),
        "descends": one(lambda f: f.count("main.intoC") == 5),
        "sorts": one(lambda f: "main.sortsInC" in f),
    }


@case(go="each")
def c_code(go):
    with process.Process([programs.path("cgo", go)]) as p:
        chains = cgo_chains(look(p.pid))
        process.check_untouched(p.pid)
    check_chain(chains["sleeps"], "c_inner", "c_outer", "runtime.cgocall", "main.sleepsInC",
                "runtime.goexit")
    check_chain(chains["calls back"], "c_inner", "c_outer", "runtime.cgocall", "main.sleepsInC",
                "main.goSleepInC", "runtime.cgocallback", "runtime.cgocall", "main.callsBackIntoC",
                "runtime.goexit")
    check_chain(chains["descends"], "runtime.gopark", "main.block",
                *["main.goDescend", "runtime.cgocallback", "runtime.cgocall", "main.intoC"] * 5,
                "runtime.goexit")
    check_chain(chains["sorts"], "main.block", "main.goCompare", "main.sortsInC", "runtime.goexit")


@case(go="ends")
def c_code_between_go_code(go):
    """The C functions that called Go are on the thread's stack, below the Go functions they called."""
    with process.Process([programs.path("cgo", go)]) as p:
        chains = cgo_chains(look(p.pid))
    check_chain(chains["calls back"], "c_inner", "c_outer", "main.goSleepInC", "c_call_back_into_c",
                "main.callsBackIntoC")
    check_chain(chains["descends"], *["main.goDescend", "c_descend", "main.intoC"] * 5)
    check_chain(chains["sorts"], "main.goCompare", "compare", "c_sort", "main.sortsInC")


@case(go="each")
def c_threads_and_signal_handler(go):
    # With preemption, the loop might have left its thread before the signal arrives.
    with process.Process([programs.path("cgo", go), "live"], {"GODEBUG": "asyncpreemptoff=1"}) as p:
        doc = look(p.pid)
        check_chain(in_function(doc, "main.spinsInC")["frames"], "c_spin", "main.spinsInC")
        handled = in_function(doc, "main.spinsUntilSignal")
        assert handled["status"] == "running", handled["status"]
        check_chain(handled["frames"], "stay_in_handler", "main.spinsUntilSignal", "runtime.goexit")
        assert functions(handled["frames"], "signal"), "no frame is marked as part of a signal handler"

        threads = look(p.pid, "threads --stacks --json")["threads"]
        assert {t["tid"] for t in threads} == set(process.threads(p.pid))
        alien = [t for t in threads if "thread_without_go" in functions(t["frames"])]
        assert len(alien) == 1 and alien[0]["goid"] is None and alien[0]["m"] is None, alien
        check_chain(alien[0]["frames"], "c_inner", "c_outer", "thread_without_go")
        for t in threads:
            assert int(t["registers"]["rip"], 16), t
            assert t["name"], t
        process.check_untouched(p.pid)
