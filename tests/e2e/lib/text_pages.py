"""Compares the code of a process with its executable file, byte by byte."""
import struct


def _segments(data):
    """(file offset, address, size) of the executable segments of an ELF file."""
    table, = struct.unpack_from("<Q", data, 0x20)
    size, count = struct.unpack_from("<HH", data, 0x36)
    for i in range(count):
        kind, flags, offset, address, _, length = struct.unpack_from("<IIQQQQ", data, table + i * size)
        if kind == 1 and flags & 1:
            yield offset, address, length


def maps(pid):
    """The mappings of a process, as (start, end, permissions, path)."""
    with open(f"/proc/{pid}/maps") as f:
        for line in f:
            words = line.split(None, 5)
            start, end = (int(x, 16) for x in words[0].split("-"))
            yield start, end, words[1], words[5].strip() if len(words) > 5 else ""


def _bias(pid, path, data):
    """The difference between the addresses in the process and in the file."""
    first = min(start for start, _, _, name in maps(pid) if name == path)
    table, = struct.unpack_from("<Q", data, 0x20)
    size, count = struct.unpack_from("<HH", data, 0x36)
    lowest = min(struct.unpack_from("<Q", data, table + i * size + 16)[0] for i in range(count)
                 if struct.unpack_from("<I", data, table + i * size)[0] == 1)
    return first - (lowest & ~0xfff)


def differences(pid, path):
    """Addresses, in the process, of code bytes that differ from the file; at most 20 per segment."""
    with open(path, "rb") as f:
        data = f.read()
    found = []
    bias = _bias(pid, path, data)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for offset, address, size in _segments(data):
            memory.seek(address + bias)
            actual = memory.read(size)
            expected = data[offset:offset + size]
            assert len(actual) == size, f"{address + bias:#x}: only {len(actual)} of {size} bytes can be read"
            if actual != expected:
                found += [address + bias + i for i in range(size) if actual[i] != expected[i]][:20]
    return found


def check(pid, path):
    found = differences(pid, path)
    assert not found, f"code differs from {path} at {[hex(a) for a in found]}"


def executable_regions(pid):
    """All executable mappings; the debugger must not leave new ones."""
    return [(start, end, path) for start, end, permissions, path in maps(pid) if "x" in permissions]
