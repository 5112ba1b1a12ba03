"""Builds the Go programs of tests/programs, with every toolchain, once per content."""
import contextlib
import fcntl
import functools
import hashlib
import os
import pathlib
import shutil
import time
import subprocess

from . import paths

# Name of a variant: what `go build` is given in addition, and which programs have it (None: all).
VARIANTS = {
    "default": ([], None),
    "pie": (["-buildmode=pie"], ["stacks", "waits", "running", "types", "values", "cgo", "births", "hits"]),
    "unoptimised": (["-gcflags=all=-N -l"], ["stacks", "iters", "values", "births"]),
    "plain-dwarf": (["-ldflags=-compressdwarf=false"], ["waits"]),
    "stripped": (["-ldflags=-s -w"], ["waits", "stacks", "running", "cgo", "sigcount", "types", "values", "holders",
                                      "contexts", "verdicts", "breaks", "births", "hits", "judged"]),
    "stripped-trimmed": (["-ldflags=-s -w", "-trimpath"], ["waits", "stacks"]),
    "stripped-pie": (["-ldflags=-s -w", "-buildmode=pie"], ["waits", "stacks", "running", "sigcount", "types", "cgo"]),
    "external": (["-ldflags=-linkmode=external"], ["cgo"]),
    "stripped-external": (["-ldflags=-s -w -linkmode=external"], ["cgo"]),
    "race": (["-race"], ["waits", "stacks", "births"]),
    "stripped-race": (["-race", "-ldflags=-s -w"], ["waits", "stacks"]),
    "noswissmap": ([], ["waits", "stacks"]),
    "stripped-noswissmap": (["-ldflags=-s -w"], ["waits", "stacks"]),
}
# Variants that a GOEXPERIMENT makes: its name, and the toolchains that know it.
EXPERIMENTS = {v: ("noswissmap", ["1.24", "1.25"]) for v in ("noswissmap", "stripped-noswissmap")}
LIBRARIES = {"park"}


@functools.lru_cache
def toolchains():
    """{"1.19": GOROOT, ...}, oldest first; unpacks what is missing."""
    out = subprocess.run([paths.PROJECT / "scripts" / "toolchains"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return dict(line.split(" ", 1) for line in out.splitlines())


def newest():
    return list(toolchains())[-1]


def oldest():
    return list(toolchains())[0]


@functools.lru_cache
def _digest():
    h = hashlib.sha256()
    for f in sorted(paths.PROGRAMS.rglob("*")):
        if f.is_file():
            h.update(str(f.relative_to(paths.PROGRAMS)).encode() + b"\0" + f.read_bytes() + b"\0")
    h.update(repr((VARIANTS, EXPERIMENTS)).encode())
    return h.hexdigest()[:12]


def _folder(go):
    return paths.cache() / "tests" / f"{_digest()}-{go}"


@contextlib.contextmanager
def _locked(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def path(name, go, variant="default"):
    """The executable; built on first use."""
    folder = _folder(go)
    done = folder / "built"
    if not done.exists():
        with _locked(folder.parent / f".lock-{go}"):
            if not done.exists():
                _build_all(folder, go)
                done.touch()
    return str(folder / variant / name)


def build_bench(name, go, folder):
    """A program of bench/, built into `folder`."""
    source, out = paths.PROGRAMS.parent.parent / "bench" / name, f"{folder}/{name}"
    _go(go, source, ["build", "-o", out, *sorted(f.name for f in source.glob("*.go"))])
    return out


def forget_old():
    """Removes what was built from other contents of tests/programs, unless another run may be using it."""
    day_ago = time.time() - 86400
    for folder in (paths.cache() / "tests").glob("*-*"):
        if folder.is_dir() and not folder.name.startswith(_digest()) and folder.stat().st_mtime < day_ago:
            shutil.rmtree(folder, ignore_errors=True)


def _build_all(folder, go):
    source = folder / "src"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(paths.PROGRAMS, source)
    # The language of each toolchain's own release, not of the oldest.
    (source / "go.mod").write_text(f"module programs\n\ngo {go}\n")
    names = [p.parent.name for p in sorted(source.glob("*/main.go"))]
    for variant, (flags, only) in VARIANTS.items():
        experiment, known = EXPERIMENTS.get(variant, ("", [go]))
        if go not in known:
            continue
        modules = {}
        for name in names:
            if name not in LIBRARIES and (only is None or name in only):
                own = (source / name / "go.mod").exists()
                modules.setdefault(source / name if own else source, []).append(name)
        for module, members in modules.items():
            packages = ["."] if module != source else [f"./{n}" for n in members]
            out = folder / variant
            out.mkdir(exist_ok=True)
            _go(go, module, ["build", *flags, "-o", f"{out}/", *packages], GOEXPERIMENT=experiment)


def environment(go):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GO", "CGO_"))}
    env.update(GOROOT=toolchains()[go], GOTOOLCHAIN="local", GOFLAGS="-mod=mod", GOPROXY="off",
               GOCACHE=str(paths.cache() / "gocache"), CGO_ENABLED="1", GO111MODULE="on",
               GOPATH=str(paths.cache() / "gopath"), GOTELEMETRY="off")
    return env


def _go(go, cwd, args, **env):
    binary = pathlib.Path(toolchains()[go]) / "bin" / "go"
    p = subprocess.run([binary, *args], cwd=cwd, env={**environment(go), **env}, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True)
    if p.returncode:
        raise RuntimeError(f"go {go}: go {' '.join(map(str, args))} failed in {cwd}:\n{p.stdout}")
