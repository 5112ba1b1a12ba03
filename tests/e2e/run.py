#!/usr/bin/python3
"""Runs the end-to-end cases against a gctxdbg. scripts/test is the usual way here.

    run.py [--go VERSION]... [--only WORD]... [--list] [--jobs N] GCTXDBG

Ends with the line "N passed, N failed".
"""
import argparse
import concurrent.futures
import importlib
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lib import process, programs, runner, servers  # noqa: E402


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--go", action="append", help="only this toolchain")
    p.add_argument("--only", action="append", help="only cases whose name contains (or matches) this")
    p.add_argument("--list", action="store_true", help="print the names of the cases")
    p.add_argument("--jobs", type=int, default=2, help="cases at a time")
    p.add_argument("--label", default="", help="word in front of the summary")
    p.add_argument("gctxdbg", nargs="?", help="the debugger to test")
    args = p.parse_args()

    for f in sorted((pathlib.Path(__file__).parent / "cases").glob("[a-z]*.py")):
        importlib.import_module(f"cases.{f.stem}")
    cases = runner.selected(runner.all_cases(), args.only, args.go)
    if args.list:
        print(*(c.name for c in cases), sep="\n")
        return 0
    if not args.gctxdbg:
        p.error("which gctxdbg?")
    os.environ["GCTXDBG"] = str(pathlib.Path(args.gctxdbg).resolve())
    os.environ["GCTXDBG_SANITIZED"] = "1" if sanitized(os.environ["GCTXDBG"]) else "0"
    if not cases:
        print("no case has such a name", file=sys.stderr)
        return 2
    if problem := process.check_core_dumps():
        print(problem, file=sys.stderr)
        return 2

    build({c.toolchain for c in cases}, args.jobs)
    if any(c.name.startswith("servers/") for c in cases):
        servers.folders()  # before cases do it at the same time
    passed, failed = runner.run(cases, args.jobs)
    print(f"{args.label}{passed} passed, {failed} failed")
    return 1 if failed else 0


def sanitized(binary):
    """Whether the debugger was built with sanitizers; cases take longer then."""
    libraries = subprocess.run(["ldd", binary], stdout=subprocess.PIPE, text=True, check=True).stdout
    return "libasan" in libraries or "libclang_rt.asan" in libraries


def build(toolchains, jobs):
    programs.forget_old()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda go: programs.path("waits", go), sorted(toolchains)))


if __name__ == "__main__":
    sys.exit(main())
