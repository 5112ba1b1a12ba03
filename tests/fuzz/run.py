#!/usr/bin/python3
"""Runs each fuzzer for some time, on seeds from programs of every Go toolchain.

    run.py [--seconds N] [--jobs N] [--only NAME]... [--corpus DIRECTORY] BUILD_DIRECTORY

BUILD_DIRECTORY was configured with clang and -DGCTXDBG_FUZZ=ON. Inputs that once failed are in
tests/fuzz/regressions/NAME and run first. A corpus directory keeps interesting inputs for the next run. Failing inputs
are saved in "broken" in the corpus or build directory. Ends with the line "N passed, N failed".
"""
import argparse
import concurrent.futures
import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import seeds  # noqa: E402
from lib import programs  # noqa: E402

VARIANTS = ["default", "stripped-pie"]
MAX_INPUT = {"expr": 512}  # bytes; by default the size of the largest seed
MEMORY_MB = 1024
TIMEOUT = 10  # seconds for one input
DETAIL_LINES = 60


def fuzz(target, corpus, seconds, artifacts):
    """Returns (True, number of inputs as text) or (False, the output of the fuzzer)."""
    name = target.name.removesuffix("_fuzz")
    found, regressions, seeded = corpus / "found" / name, HERE / "regressions" / name, corpus / "seeds" / name
    found.mkdir(parents=True, exist_ok=True)
    artifacts.mkdir(parents=True, exist_ok=True)
    limits = [f"-rss_limit_mb={MEMORY_MB}", f"-timeout={TIMEOUT}", f"-artifact_prefix={artifacts}/{name}-",
              "-print_final_stats=1"]
    search = [f"-max_total_time={seconds}", found, *([seeded] if seeded.is_dir() else [])]
    if name in MAX_INPUT:
        search.append(f"-max_len={MAX_INPUT[name]}")
    # Run the regressions separately: some are slow, which makes them bad seeds.
    executed = 0
    for arguments in (sorted(regressions.glob("*")), search):
        if not arguments:
            continue
        done = subprocess.run([target, *limits, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
        counted = re.search(r"number_of_executed_units: (\d+)", done.stdout)
        if done.returncode or not counted:
            lines = done.stdout.rstrip().splitlines()[-DETAIL_LINES:]
            return False, "\n    ".join([f"{name} (status {done.returncode})", *lines])
        executed += int(counted.group(1))
    return True, f"{name} ({executed} inputs)"


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--seconds", type=int, default=600, help="how long each fuzzer runs")
    p.add_argument("--jobs", type=int, default=2, help="fuzzers at a time")
    p.add_argument("--only", action="append", help="only the fuzzer of this name")
    p.add_argument("--corpus", type=pathlib.Path, help="directory that keeps inputs")
    p.add_argument("build", type=pathlib.Path)
    args = p.parse_args()
    targets = sorted(t for t in (args.build / "fuzz").glob("*_fuzz")
                     if not args.only or t.name.removesuffix("_fuzz") in args.only)
    if not targets:
        p.error(f"no fuzzers in {args.build}/fuzz")

    passed = failed = 0
    with contextlib.ExitStack() as stack:
        corpus = args.corpus or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        artifacts = (args.corpus or args.build) / "broken"
        seeds.main(corpus / "seeds", [programs.path("waits", go, v) for go in programs.toolchains() for v in VARIANTS])
        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(args.jobs))
        running = [pool.submit(fuzz, t, corpus, args.seconds, artifacts) for t in targets]
        for r in concurrent.futures.as_completed(running):
            fine, text = r.result()
            passed, failed = passed + fine, failed + (not fine)
            print("ok" if fine else "FAIL", text, flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
