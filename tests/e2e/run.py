#!/usr/bin/python3
"""Runs the end-to-end cases against a gctxdbg; usually called by scripts/test.

    run.py [--go VERSION]... [--only WORD]... [--full] [--list] [--jobs N] GCTXDBG

Ends with the line "N passed, N failed".
"""
import argparse
import importlib
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lib import paths, process, programs, runner, servers, shared  # noqa: E402


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--go", action="append", help="only this toolchain")
    p.add_argument("--only", action="append", help="only cases whose name contains (or matches) this")
    p.add_argument("--list", action="store_true", help="print the names of the cases")
    p.add_argument("--jobs", type=int, help="cases at a time")
    p.add_argument("--full", action="store_true", help="under sanitizers, too, run each case on all its toolchains "
                   "(--go and --only imply that) and with all its rounds")
    p.add_argument("gctxdbg", nargs="?", help="the debugger to test")
    args = p.parse_args()

    for f in sorted((pathlib.Path(__file__).parent / "cases").glob("[a-z]*.py")):
        importlib.import_module(f"cases.{f.stem}")
    if args.gctxdbg:
        os.environ["GCTXDBG"] = str(pathlib.Path(args.gctxdbg).resolve())
        os.environ["GCTXDBG_SANITIZED"] = "1" if sanitized(os.environ["GCTXDBG"]) else "0"
    os.environ["GCTXDBG_FULL"] = "1" if args.full else "0"
    full = args.full or args.only or args.go or not paths.is_sanitized()
    cases = runner.selected(runner.all_cases(full), args.only, args.go)
    if args.list:
        print(*(c.name for c in cases), sep="\n")
        return 0
    if not args.gctxdbg:
        p.error("missing argument: the debugger to test")
    if not cases:
        print("no case matches", file=sys.stderr)
        return 2
    if problem := process.check_core_dumps():
        print(problem, file=sys.stderr)
        return 2

    programs.forget_old()
    if any(c.name.startswith("servers/") for c in cases):
        for source in ("--servers", "--npm"):
            servers.folders(source)  # now, before several cases do it at the same time
    with shared.run_folder():
        passed, failed = runner.run(cases, args.jobs or default_jobs())
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def default_jobs():
    """Most cases wait for their program more than they compute; less so under sanitizers."""
    return os.cpu_count() * 3 // 2 if paths.is_sanitized() else os.cpu_count() * 2


def sanitized(binary):
    """Whether the debugger was built with sanitizers."""
    libraries = subprocess.run(["ldd", binary], stdout=subprocess.PIPE, text=True, check=True).stdout
    return any(name in libraries for name in ("libasan", "libtsan", "libclang_rt.asan"))


if __name__ == "__main__":
    sys.exit(main())
