"""System calls that Python lacks: ptrace and seccomp."""
import contextlib
import ctypes
import os
import signal
import struct

_libc = ctypes.CDLL(None, use_errno=True)
_PTRACE_SEIZE = 0x4206
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 38, 22


@contextlib.contextmanager
def traced_by_child(pid):
    """A child process traces `pid`; yields the pid of the child."""
    ready_read, ready_write = os.pipe()
    child = os.fork()
    if child == 0:
        ok = _libc.ptrace(_PTRACE_SEIZE, pid, None, None) == 0
        os.write(ready_write, b"y" if ok else b"n")
        signal.pause()
        os._exit(0)
    try:
        assert os.read(ready_read, 1) == b"y", f"cannot trace {pid}"
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready_read)
        os.close(ready_write)


def forbid_ptrace():
    """Makes ptrace fail with EPERM in this process and in what it executes."""
    load_number, jump_if_equal, ret = 0x20, 0x15, 0x06
    program = b"".join(struct.pack("HBBI", *i) for i in [
        (load_number, 0, 0, 0), (jump_if_equal, 0, 1, 101), (ret, 0, 0, 0x00050001), (ret, 0, 0, 0x7fff0000)])
    buffer = ctypes.create_string_buffer(program, len(program))

    class Filter(ctypes.Structure):
        _fields_ = [("count", ctypes.c_ushort), ("program", ctypes.c_void_p)]

    f = Filter(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or \
            _libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(f), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


# For `python3 -c`: executes argv[2:] under a filter that applies argv[1] to a clone without CLONE_VM.
FORBID_PROCESSES = """
import ctypes, os, struct, sys
answer = {"kill": 0x80000000, "errno": 0x00050001, "allow": 0x7fff0000}[sys.argv[1]]
load, equal, bits, ret = 0x20, 0x15, 0x45, 0x06
program = b"".join(struct.pack("HBBI", *i) for i in [
    (load, 0, 0, 0), (equal, 0, 3, 56), (load, 0, 0, 16), (bits, 1, 0, 0x100), (ret, 0, 0, answer), (ret, 0, 0, 0x7fff0000)])
text = ctypes.create_string_buffer(program, len(program))
class Filter(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("program", ctypes.c_void_p)]
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.byref(Filter(len(program) // 8, ctypes.cast(text, ctypes.c_void_p))), 0, 0) == 0
os.execv(sys.argv[2], sys.argv[2:])
"""

# For `python3 -c`: the main thread computes under a filter that kills on wait4; another thread blocks without a filter.
FORBID_WAIT_IN_MAIN = """
import ctypes, struct, sys, threading, time
load, equal, ret = 0x20, 0x15, 0x06
program = b"".join(struct.pack("HBBI", *i) for i in [
    (load, 0, 0, 0), (equal, 0, 1, 61), (ret, 0, 0, 0x80000000), (ret, 0, 0, 0x7fff0000)])
text = ctypes.create_string_buffer(program, len(program))
class Filter(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("program", ctypes.c_void_p)]
libc = ctypes.CDLL(None)
threading.Thread(target=sys.stdin.read).start()
time.sleep(0.2)
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.byref(Filter(len(program) // 8, ctypes.cast(text, ctypes.c_void_p))), 0, 0) == 0
print("ready", flush=True)
while threading.active_count() > 1:
    sum(range(10000))
"""
