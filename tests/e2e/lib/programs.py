"""Builds the Go programs of tests/programs, each on first use and once per content, toolchain and variant."""
import contextlib
import fcntl
import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import time

from . import paths, shared

# {variant: flags of `go build`}
VARIANTS = {
    "default": [],
    "pie": ["-buildmode=pie"],
    "unoptimised": ["-gcflags=all=-N -l"],
    "plain-dwarf": ["-ldflags=-compressdwarf=false"],
    "no-go-dwarf": ["-ldflags=-w"],
    "stripped": ["-ldflags=-s -w"],
    "stripped-trimmed": ["-ldflags=-s -w", "-trimpath"],
    "stripped-pie": ["-ldflags=-s -w", "-buildmode=pie"],
    "external": ["-ldflags=-linkmode=external"],
    "stripped-external": ["-ldflags=-s -w -linkmode=external"],
    "plugin": ["-buildmode=plugin"],
    "stripped-plugin": ["-ldflags=-s -w", "-buildmode=plugin"],
    "c-shared": ["-buildmode=c-shared"],
    "stripped-c-shared": ["-ldflags=-s -w", "-buildmode=c-shared"],
    "stripped-c-archive": ["-ldflags=-s -w", "-buildmode=c-archive"],
    "race": ["-race"],
    "stripped-race": ["-race", "-ldflags=-s -w"],
    "cover": ["-cover"],
    "noswissmap": [],
    "stripped-noswissmap": ["-ldflags=-s -w"],
}
# {variant: GOEXPERIMENT}; Go 1.24 and 1.25 have noswissmap.
EXPERIMENTS = {"noswissmap": "noswissmap", "stripped-noswissmap": "noswissmap"}
LIBRARIES = ["park"]


@functools.lru_cache
def toolchains():
    """{"1.19": GOROOT, ...}, oldest first; unpacks missing toolchains."""
    out = subprocess.run([paths.PROJECT / "scripts" / "toolchains"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return dict(line.split(" ", 1) for line in out.splitlines())


def newest():
    return list(toolchains())[-1]


def oldest():
    return list(toolchains())[0]


@functools.lru_cache
def _digest(name):
    """A hash of everything that the program is built from, except for the toolchain."""
    h = hashlib.sha256(repr((VARIANTS, EXPERIMENTS)).encode() + (paths.PROGRAMS / "go.mod").read_bytes())
    for f in sorted(f for part in (name, *LIBRARIES) for f in (paths.PROGRAMS / part).rglob("*")):
        if f.is_file():
            h.update(str(f.relative_to(paths.PROGRAMS)).encode() + b"\0" + f.read_bytes() + b"\0")
    return h.hexdigest()[:12]


@contextlib.contextmanager
def _locked(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def path(name, go, variant="default"):
    """The executable; built on first use. Only one build per toolchain and variant runs at a time, so that each package
    of the standard library is compiled once."""
    folder = paths.cache() / "tests" / f"{name}-{_digest(name)}-{go}"
    out = folder / variant / name
    if not out.exists():
        with shared.uncounted(), _locked(paths.cache() / "tests" / f".lock-{go}-{variant}"):
            if not out.exists():
                _build(name, go, variant, folder)
    return str(out)


def build_bench(name, go, folder):
    """A program of bench/, built into `folder`."""
    source, out = paths.PROGRAMS.parent.parent / "bench" / name, f"{folder}/{name}"
    _go(go, source, ["build", "-o", out, *sorted(f.name for f in source.glob("*.go"))])
    return out


def forget_old():
    """Removes programs built from other sources, unless another run may still be using them."""
    day_ago = time.time() - 86400
    for folder in (paths.cache() / "tests").glob("*-*"):
        name = folder.name.split("-")[0]
        current = (paths.PROGRAMS / name).is_dir() and folder.name.startswith(f"{name}-{_digest(name)}-")
        if folder.is_dir() and not current and folder.stat().st_mtime < day_ago:
            shutil.rmtree(folder, ignore_errors=True)


def _copy_source(name, go, folder):
    """Copies the source to where the debug information points; commands that show source lines read it there."""
    with _locked(paths.cache() / "tests" / f".lock-{name}-{go}"):
        if (folder / "src").exists():
            return
        new = folder / "src.new"
        shutil.rmtree(new, ignore_errors=True)
        for part in (name, *LIBRARIES):
            shutil.copytree(paths.PROGRAMS / part, new / part)
        # The language version of this toolchain, not of the oldest one.
        (new / "go.mod").write_text(f"module programs\n\ngo {go}\n")
        new.rename(folder / "src")


def _link_flags(go, variant, source, folder):
    """The flags of the variant; for linkshared builds the library that it uses, of the runtime alone."""
    if variant != "linkshared":  # not in VARIANTS, on which all programs depend
        return VARIANTS[variant]
    packages = f"-pkgdir={folder}/shared"
    _go(go, source, ["install", "-buildmode=shared", packages, "runtime", "sync/atomic", "runtime/cgo"])
    return ["-linkshared", packages]


def _build(name, go, variant, folder):
    _copy_source(name, go, folder)
    source = folder / "src"
    own_module = (source / name / "go.mod").exists()
    new = folder / variant / f"{name}.new"
    new.parent.mkdir(exist_ok=True)
    _go(go, source / name if own_module else source,
        ["build", *_link_flags(go, variant, source, folder), "-o", new, "." if own_module else f"./{name}"],
        GOEXPERIMENT=EXPERIMENTS.get(variant, ""))
    new.rename(folder / variant / name)


def environment(go):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GO", "CGO_"))}
    env.update(GOROOT=toolchains()[go], GOTOOLCHAIN="local", GOFLAGS="-mod=mod", GOPROXY="off",
               GOCACHE=str(paths.cache() / "gocache"), CGO_ENABLED="1", GO111MODULE="on",
               GOPATH=str(paths.cache() / "gopath"), GOTELEMETRY="off")
    return env


def _go(go, cwd, args, **env):
    binary = pathlib.Path(toolchains()[go]) / "bin" / "go"
    # Low priority: other cases may be measuring time.
    p = subprocess.run(["nice", binary, *args], cwd=cwd, env={**environment(go), **env}, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True)
    if p.returncode:
        raise RuntimeError(f"go {go}: go {' '.join(map(str, args))} failed in {cwd}:\n{p.stdout}")
