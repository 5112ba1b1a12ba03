"""Paths of the checkout, of the cache outside it, and of the debugger under test."""
import os
import pathlib

PROJECT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = PROJECT / "tests" / "programs"


def cache():
    named = os.environ.get("GCTXDBG_CACHE")
    if named:
        return pathlib.Path(named)
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(home) / "gctxdbg"


def debugger():
    return os.environ["GCTXDBG"]


def is_sanitized():
    """Whether the debugger under test was built with sanitizers: everything takes several times longer."""
    return os.environ.get("GCTXDBG_SANITIZED") == "1"


def rounds(usual, sanitized):
    """How often a case repeats: `sanitized` times if the debugger was built with sanitizers, unless run.py --full asks for
    the usual number."""
    return sanitized if is_sanitized() and os.environ.get("GCTXDBG_FULL") != "1" else usual
