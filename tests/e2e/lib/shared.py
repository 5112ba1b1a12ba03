"""Results that several cases read and none changes: made once per run, in a folder that is removed when it ends."""
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import tempfile
import time

_VARIABLE = "GCTXDBG_RUN"
_MAX_UNCOUNTED = 600  # seconds


@contextlib.contextmanager
def run_folder():
    """The folder of this run; cases find it through the environment."""
    with tempfile.TemporaryDirectory(prefix="gctxdbg-run.") as path:
        os.environ[_VARIABLE] = path
        try:
            yield
        finally:
            del os.environ[_VARIABLE]


def folder(key, fill):
    """The folder for this key, filled by fill(path) on first use. Cases that need it meanwhile wait."""
    path = pathlib.Path(os.environ[_VARIABLE], hashlib.sha256(repr(key).encode()).hexdigest()[:24])
    with uncounted(), open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            new = tempfile.mkdtemp(dir=path.parent)
            try:
                fill(new)
                os.rename(new, path)
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
    return path


# ---- Time that does not count against the timeout of a case ----

def _record(pid):
    return pathlib.Path(os.environ[_VARIABLE], f"uncounted.{pid}")


def _read_record(pid):
    """Seconds that have ended, and the time since when further ones are not counted; 0: they are."""
    try:
        return json.loads(_record(pid).read_text())
    except FileNotFoundError:
        return [0, 0]


def _write_record(total, since):
    """Replaces the record at once: the runner may be reading it."""
    record = _record(os.getpid())
    new = record.with_suffix(f"{record.suffix}.new")
    new.write_text(json.dumps([total, since]))
    new.replace(record)


def uncounted_seconds(pid):
    """How long the case with this pid has spent in uncounted()."""
    total, since = _read_record(pid)
    return min(total + (time.monotonic() - since if since else 0), _MAX_UNCOUNTED)


@contextlib.contextmanager
def uncounted():
    """Work in this block does not count against the timeout: other cases use its result, too."""
    total, since = _read_record(os.getpid()) if _VARIABLE in os.environ else [0, 1]
    if since:  # not a case, or inside another block
        yield
        return
    start = time.monotonic()
    _write_record(total, start)
    try:
        yield
    finally:
        _write_record(total + time.monotonic() - start, 0)
