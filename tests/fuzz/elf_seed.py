"""Makes small ELF files for the fuzzers' seeds from parts of a real program: an executable and a core of it."""
import pathlib
import struct
import zlib

BASE = 0x400000
STACK = 0x7ffc00000000
EM_X86_64 = 62
ET_EXEC, ET_CORE = 2, 4
PT_LOAD, PT_NOTE, PT_GNU_EH_FRAME = 1, 4, 0x6474e550
SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_NOTE = 1, 2, 3, 7
SHF_ALLOC, SHF_COMPRESSED = 2, 0x800
NT_PRSTATUS, NT_PRPSINFO, NT_AUXV, NT_FILE = 1, 3, 6, 0x46494c45
AT_PHDR, AT_ENTRY, AT_SYSINFO_EHDR = 3, 9, 33
PRSTATUS_SIZE, PRSTATUS_PID, PRSTATUS_REGS = 336, 32, 112
PRPSINFO_SIZE, PRPSINFO_PID, PRPSINFO_NAME = 136, 24, 40
REG_RBP, REG_RIP, REG_RSP = 4, 16, 19  # in struct user_regs_struct
SYMBOLS = 24


class Program:
    """The sections of an ELF file by name, decompressed."""

    def __init__(self, path):
        self.data = pathlib.Path(path).read_bytes()
        offset, = struct.unpack_from("<Q", self.data, 40)
        _, count, names = struct.unpack_from("<HHH", self.data, 58)
        headers = [struct.unpack_from("<IIQQQQ", self.data, offset + 64 * i) for i in range(count)]
        self.sections = {}
        for h in headers:
            start = headers[names][4] + h[0]
            name = self.data[start:self.data.index(b"\0", start)].decode()
            contents = self.data[h[4]:h[4] + h[5]]
            if h[2] & SHF_COMPRESSED:
                contents = zlib.decompress(contents[24:])
            elif name.startswith(".zdebug_"):
                name, contents = "." + name[2:], zlib.decompress(contents[12:])
            self.sections[name] = contents


def _header(kind, segments, sections_at=0, sections=0):
    ident = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    return ident + struct.pack("<HHIQQQIHHHHHH", kind, EM_X86_64, 1, BASE + 0x1000, 64, sections_at, 0, 64, 56,
                               segments, 64, sections, max(sections - 1, 0))


def _segment(kind, offset, address, size, flags=5):
    return struct.pack("<IIQQQQQQ", kind, flags, offset, address, 0, size, size, 1)


def _symbols(program):
    """Returns .symtab and .strtab: two made-up symbols, and the first ones of the program."""
    table, strings = program.sections.get(".symtab", b""), program.sections.get(".strtab", b"")
    names, out = bytearray(b"\0"), bytearray(24)
    found = [("runtime.text", BASE, 0), ("runtime.allgs", BASE + 64, 24)]
    for at in range(24, min(len(table), 24 * SYMBOLS), 24):
        name, _, _, _, value, size = struct.unpack_from("<IBBHQQ", table, at)
        found.append((strings[name:strings.index(b"\0", name)].decode(), value, size))
    for name, value, size in found:
        out += struct.pack("<IBBHQQ", len(names), 2, 0, 1, value, size)  # a local function
        names += name.encode() + b"\0"
    return bytes(out), bytes(names)


def _frame_information(at, code, code_size):
    """Returns .eh_frame_hdr with one row, and .eh_frame, which follows it, with one function whose CFA is rbp + 16."""
    table_size = 32
    frames_at = at + table_size
    cie = struct.pack("<IIB", 20, 0, 1) + b"zR\0" + bytes([1, 0x78, 16, 1, 0x1b]) + bytes([0x0c, 7, 8, 0x90, 1, 0, 0])
    fde_at = frames_at + len(cie)
    fde = struct.pack("<IIiIB", 24, len(cie) + 4, code - (fde_at + 8), code_size, 0)
    fde += bytes([0x0c, 6, 16, 0x86, 2]) + bytes(6)
    header = struct.pack("<BBBBiIii", 1, 0x1b, 3, 0x3b, frames_at - (at + 4), 1, code - at, fde_at - at)
    return header + bytes(table_size - len(header)), cie + fde + bytes(4)


def executable(program):
    """Returns an executable of a few kilobytes with one section of each kind that the debugger reads."""
    real = program.sections
    symbols, names = _symbols(program)
    text = real[".text"][:192]
    table = (real.get(".gopclntab") or real[".data.rel.ro.gopclntab"])[:128]
    notes = b"".join(real.get(n, b"") for n in (".note.go.buildid", ".note.gnu.build-id"))
    packed = struct.pack("<IIQQ", 1, 0, len(text), 1) + zlib.compress(text)
    parts = [  # name, type, flags, contents
        (".note.go.buildid", SHT_NOTE, SHF_ALLOC, notes),
        (".text", SHT_PROGBITS, SHF_ALLOC | 4, text),
        (".go.buildinfo", SHT_PROGBITS, SHF_ALLOC, real[".go.buildinfo"]),
        (".gopclntab", SHT_PROGBITS, SHF_ALLOC, table),
        (".symtab", SHT_SYMTAB, 0, symbols),
        (".strtab", SHT_STRTAB, 0, names),
        (".gnu_debuglink", SHT_PROGBITS, 0, b"link\0\0\0\0" + struct.pack("<I", 0x12345678)),
        (".debug_info", SHT_PROGBITS, SHF_COMPRESSED, packed),
        (".zdebug_abbrev", SHT_PROGBITS, 0, b"ZLIB" + struct.pack(">Q", len(text)) + zlib.compress(text)),
    ]
    segments = 3
    out, headers, at = bytearray(64 + 56 * segments), [bytes(64)], {}
    section_names = bytearray(b"\0")

    def add(name, kind, flags, contents):
        out.extend(bytes(-len(out) % 16))
        at[name] = len(out)
        headers.append(struct.pack("<IIQQQQIIQQ", len(section_names), kind, flags,
                                   BASE + len(out) if flags & SHF_ALLOC else 0, len(out), len(contents),
                                   6 if kind == SHT_SYMTAB else 0, 0, 4, 24 if kind == SHT_SYMTAB else 0))
        section_names.extend(name.encode() + b"\0")
        out.extend(contents)

    for part in parts:
        add(*part)
    frames_at = len(out) + -len(out) % 16
    for name, contents in zip((".eh_frame_hdr", ".eh_frame"), _frame_information(frames_at, at[".text"], len(text))):
        add(name, SHT_PROGBITS, SHF_ALLOC, contents)
    add(".shstrtab", SHT_STRTAB, 0, bytes(section_names) + b".shstrtab\0")
    out.extend(bytes(-len(out) % 16))
    out[:64] = _header(ET_EXEC, segments, len(out), len(headers))
    out[64:64 + 56 * segments] = b"".join([
        _segment(PT_LOAD, 0, BASE, len(out)),
        _segment(PT_NOTE, at[".note.go.buildid"], BASE + at[".note.go.buildid"], len(notes)),
        _segment(PT_GNU_EH_FRAME, frames_at, BASE + frames_at, 32)])
    return bytes(out) + b"".join(headers)


def _note(kind, contents):
    return struct.pack("<III", 5, len(contents), kind) + b"CORE\0\0\0\0" + contents + bytes(-len(contents) % 4)


def _status(pid, registers):
    out = bytearray(PRSTATUS_SIZE)
    struct.pack_into("<H", out, 12, 6)
    struct.pack_into("<I", out, PRSTATUS_PID, pid)
    for number, value in registers.items():
        struct.pack_into("<Q", out, PRSTATUS_REGS + 8 * number, value)
    return bytes(out)


def core(exe):
    """Returns a core of a process with `exe` mapped at its address: two threads, stacks with frame pointers."""
    text_at = struct.unpack_from("<Q", exe, struct.unpack_from("<Q", exe, 40)[0] + 2 * 64 + 24)[0]
    code = BASE + text_at
    frames = b"".join(struct.pack("<QQ", STACK + 16 * (i + 1), code + 16 * i + 4) for i in range(4)) + bytes(64)
    info = bytearray(PRPSINFO_SIZE)
    struct.pack_into("<I", info, PRPSINFO_PID, 100)
    info[PRPSINFO_NAME:PRPSINFO_NAME + 4] = b"seed"
    auxv = struct.pack("<8Q", AT_PHDR, BASE + 64, AT_ENTRY, code, AT_SYSINFO_EHDR, STACK + 0x10000, 0, 0)
    files = [(BASE, BASE + 0x2000, 0, b"/seed"), (BASE + 0x100000, BASE + 0x101000, 0, b"/lib/other.so")]
    file_note = struct.pack("<QQ", len(files), 4096) + b"".join(struct.pack("<QQQ", *f[:3]) for f in files)
    file_note += b"".join(f[3] + b"\0" for f in files)
    registers = {REG_RIP: code + 8, REG_RSP: STACK, REG_RBP: STACK}
    notes = (_note(NT_PRSTATUS, _status(100, registers)) + _note(NT_PRPSINFO, bytes(info)) + _note(NT_AUXV, auxv) +
             _note(NT_FILE, file_note) + _note(NT_PRSTATUS, _status(101, {**registers, REG_RIP: 0})))
    segments = 4
    at = 64 + 56 * segments
    memory_at = at + len(notes)
    # The first 512 bytes of the executable's page are in the core; the rest is read from the file.
    parts = [_segment(PT_NOTE, at, 0, len(notes)),
             struct.pack("<IIQQQQQQ", PT_LOAD, 5, memory_at, BASE, 0, 512, 0x2000, 4096),
             _segment(PT_LOAD, memory_at + 512, STACK, len(frames), 6),
             struct.pack("<IIQQQQQQ", PT_LOAD, 6, 0, STACK + 0x8000, 0, 0, 0x1000, 4096)]
    return _header(ET_CORE, segments) + b"".join(parts) + notes + exe[:512] + frames
