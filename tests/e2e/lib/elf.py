"""Just enough ELF to damage files at chosen offsets and to create odd ones."""
import struct


def sections(data):
    """{name: (offset, size)}"""
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3a)
    headers = [struct.unpack_from("<IIQQQQ", data, table + i * size) for i in range(count)]
    strings = headers[names][4]

    def name(offset):
        start = strings + offset
        return data[start:data.index(b"\0", start)].decode()

    return {name(h[0]): (h[4], h[5]) for h in headers if h[1] != 8}


def is_position_independent(data):
    return struct.unpack_from("<H", data, 0x10)[0] == 3


def file_offset(data, address):
    """The offset in a core or executable of the memory at `address`."""
    table, = struct.unpack_from("<Q", data, 0x20)
    size, count = struct.unpack_from("<HH", data, 0x36)
    for i in range(count):
        kind, _, offset, start, _, length, _, _ = struct.unpack_from("<IIQQQQQQ", data, table + i * size)
        if kind == 1 and start <= address < start + length:
            return offset + address - start
    raise AssertionError(f"{address:#x} is not in the file")


def symbol(data, name):
    """The link-time address of a symbol."""
    found = sections(data)
    table, size = found[".symtab"]
    strings, length = found[".strtab"]
    names = data[strings:strings + length]
    wanted = name.encode() + b"\0"
    for offset in range(table, table + size, 24):
        start, = struct.unpack_from("<I", data, offset)
        if names[start:start + len(wanted)] == wanted:
            return struct.unpack_from("<Q", data, offset + 8)[0]
    raise AssertionError(f"no symbol {name} in the file")


def build_ids(data):
    """The GNU and Go build ids, as text."""
    found = sections(data)
    ids = set()
    for note, how in ((".note.gnu.build-id", bytes.hex), (".note.go.buildid", bytes.decode)):
        if note in found:
            offset = found[note][0]
            name, size = struct.unpack_from("<II", data, offset)
            start = offset + 12 + (name + 3) // 4 * 4
            ids.add(how(data[start:start + size]))
    return ids


def pausing_32_bit_program():
    """A static i386 executable that calls pause() in a loop."""
    code = b"\xb8\x1d\x00\x00\x00\xcd\x80\xeb\xf7"
    base, headers = 0x8048000, 52 + 32
    elf = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack(
        "<HHIIIIIHHHHHH", 2, 3, 1, base + headers, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    size = headers + len(code)
    return elf + struct.pack("<IIIIIIII", 1, 0, base, base, size, size, 5, 0x1000) + code
