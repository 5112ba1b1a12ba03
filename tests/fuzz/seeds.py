#!/usr/bin/python3
"""Makes small seeds for the fuzzers from Go programs.

    seeds.py OUTPUT_DIRECTORY PROGRAM...

Writes OUTPUT_DIRECTORY/{breaks,buildinfo,code,core,debug_file,debug_info,elf,expr,frames,goroutines,moduledata,pclntab,
type}/NAME. If layouts matter, the first byte of a seed selects the release: a column in
dbg/go/program/builtin_layouts.inc.
"""
import pathlib
import re
import struct
import sys

import dwarf_seed
import elf_seed

TABLE = pathlib.Path(__file__).resolve().parents[2] / "dbg" / "go" / "program" / "builtin_layouts.inc"
FINDER = TABLE.with_name("find_globals.c")
KEPT_FUNCTIONS, TOP_FUNCTION = 40, 3
DATA_BASE = 0x800000
CODE_BASE = 0x400000
TYPES_SIZE = 4096
MODULE_PARTS = 5  # number of moduledata's slices of the function table
CODE_SIZE = 128  # bytes per function
FRAMES_SIZE = 512
MEMORY_BASE, MEMORY_SIZE, GOROUTINE_CODE = 0x100000, 0x3000, 0x400000
OBJECTS, STACK_AT, SEMAPHORES_AT, TEXTS_AT = 0x400, 0x200, 0x2e00, 0x2f00
LABELS_AT, TYPE_AT = 0x2f80, 0x2fc0
COMPLETE, COMPLETE_STACKS = [5, 6], [256, 320]  # goroutines, and offsets of their SP in the stack
LOCATION_KINDS, PANIC = 9, 5
WAIT_REASONS = [b"", b"chan receive", b"select", b"chan send", b"sync.Mutex.Lock", b"IO wait", b"sleep", b"semacquire"]
EXPRESSIONS = [
    r'wait > 5m && stack =~ "^main\\."',
    'status == "waiting" || !system',
    'labels["k"] == "v" && goid >= 0x10',
    r'share < 0.5e3 && (entry != "a\n\x00")',
    'stack !~ "x" && wait == 1h2m3.5s',
    'has(labels["k"]) and goid == -1 or not system',
]


class Layouts:
    def __init__(self):
        self.rows = {}
        text = TABLE.read_text()
        self.releases = re.findall(r'^RELEASE\("([^"]*)"\)', text, re.M)
        for kind, path, cells in re.findall(r'^FIELD\("([^"]*)", (NULL|"[^"]*"), *(.*)\)$', text, re.M):
            self.rows[kind, path.strip('"')] = re.findall(r"\{(\d+)(?:,(\d+))?\}", cells)

    def column(self, version):
        minor = ".".join(version.split(".")[:2])
        return next(i for i, r in enumerate(self.releases) if r.startswith(minor + ".") or r == minor)

    def offset(self, column, kind, *paths):
        return next(int(self.rows[kind, p][column][0]) for p in paths
                    if (kind, p) in self.rows and self.rows[kind, p][column][1])

    def size(self, column, kind):
        return int(self.rows[kind, "NULL"][column][1])


def pc_value_table(data, start):
    """Returns the bytes of one table: pairs of varints, terminated by a zero value that is not the first."""
    at, first = start, True
    while True:
        if not first and data[at] == 0:
            return data[start:at + 1]
        for _ in range(2):
            while data[at] & 0x80:
                at += 1
            at += 1
        first = False


def runtime_names():
    """Returns the functions whose code refers to the runtime's variables."""
    names = re.findall(r'USES(?:_FIELD)?\("([^"]*)"', FINDER.read_text())
    return list(dict.fromkeys(f"runtime.{n}" for clue in names for n in clue.split("|")))


def redirect(code):
    """Redirects rip-relative operands of instructions to one of eight words in the data."""
    out = bytearray(code)
    for i, m in enumerate(re.finditer(rb"[\x48\x4c][\x89\x8b\x8d][\x05\x0d\x15\x1d\x25\x2d\x35\x3d]", code)):
        if m.end() + 4 <= len(out):
            target = DATA_BASE + 8 * (i % 8)
            struct.pack_into("<i", out, m.end(), target - (CODE_BASE + m.end() + 4))
    return bytes(out)


def cut_function_table(table, layouts, column, new_names=()):
    """Returns the table cut to its first functions (with new names, if given), its offsets, and the end of their code."""
    parts = struct.unpack_from("<5Q", table, 32)
    names, cu, files, pctab, functab = (table[p:] for p in parts)
    size = layouts.size(column, "runtime._func")
    name_at = layouts.offset(column, "runtime._func", "nameOff", "nameoff")
    pcs_at = [layouts.offset(column, "runtime._func", p) for p in ("pcsp", "pcfile", "pcln")]
    out_names, out_pctab, records, entries = bytearray(b"\0"), bytearray(b"\0"), bytearray(), []
    base = 8 * (KEPT_FUNCTIONS + 1)
    for i in range(KEPT_FUNCTIONS):
        entry, at = struct.unpack_from("<II", functab, 8 * i)
        record = bytearray(functab[at:at + size])
        name = struct.unpack_from("<I", record, name_at)[0]
        if i == TOP_FUNCTION:
            record[layouts.offset(column, "runtime._func", "flag")] |= 1  # TopFrame: stacks end there
        struct.pack_into("<I", record, name_at, len(out_names))
        if i < len(new_names):
            out_names += new_names[i].encode() + b"\0"
        else:
            out_names += names[name:names.index(b"\0", name) + 1]
        pcdata = struct.unpack_from("<I", record, layouts.offset(column, "runtime._func", "npcdata"))[0]
        funcdata = record[layouts.offset(column, "runtime._func", "nfuncdata")]
        tail = bytearray(functab[at + size:at + size + 4 * (pcdata + funcdata)])
        positions = [(record, p) for p in pcs_at] + [(tail, 4 * k) for k in range(pcdata)]
        for data, position in positions:
            start = struct.unpack_from("<I", data, position)[0]
            if start:
                struct.pack_into("<I", data, position, len(out_pctab))
                out_pctab += pc_value_table(pctab, start)
        entries.append((entry, base + len(records)))
        records += record + tail
    end = struct.unpack_from("<I", functab, 8 * KEPT_FUNCTIONS)[0]
    body, offsets = bytearray(), []
    functions = b"".join(struct.pack("<II", *e) for e in entries) + struct.pack("<II", end, 0) + records
    for part in (out_names, cu[:256], files[:1024], out_pctab, functions):
        body += bytes(-len(body) % 8)
        offsets.append(72 + len(body))
        body += part
    return table[:8] + struct.pack("<8Q", KEPT_FUNCTIONS, 1, 0, *offsets) + body, offsets, end


def moduledata(layouts, column, table, offsets, end, code):
    """Returns code, a function table and a matching moduledata, as moduledata_fuzz.c maps them."""
    image = bytearray(redirect(code[:end])) + bytes(-end % 16)
    header = CODE_BASE + len(image)
    image += table + bytes(-len(table) % 16)
    record = bytearray(layouts.size(column, "runtime.moduledata"))
    struct.pack_into("<Q", record, layouts.offset(column, "runtime.moduledata", "pcHeader"), header)
    at = layouts.offset(column, "runtime.moduledata", "pcHeader") + 8
    for i in range(MODULE_PARTS):
        struct.pack_into("<3Q", record, at + 24 * i, header + offsets[i], 64, 64)
    fields = {"text": CODE_BASE, "etext": CODE_BASE + end, "types": DATA_BASE, "etypes": DATA_BASE + len(image),
              "gofunc": DATA_BASE}
    for name, value in fields.items():
        struct.pack_into("<Q", record, layouts.offset(column, "runtime.moduledata", name), value)
    return bytes(image + record)


class Memory:
    """Objects of the runtime, in the memory layout that goroutines_fuzz.c defines."""

    def __init__(self, layouts, column):
        self.layouts, self.column, self.data, self.end = layouts, column, bytearray(MEMORY_SIZE), OBJECTS

    def words(self, at, *values):
        struct.pack_into(f"<{len(values)}Q", self.data, at - MEMORY_BASE, *values)

    def object(self, kind, **fields):
        """Adds a struct; fields that the release lacks are omitted. Two underscores stand for a dot in a field's name."""
        at = MEMORY_BASE + self.end
        self.end += (self.layouts.size(self.column, kind) + 15) // 16 * 16
        for name, value in fields.items():
            self.set(kind, at, name.replace("__", "."), value)
        return at

    def set(self, kind, at, name, value):
        cell = self.layouts.rows[kind, name][self.column]
        if cell[1]:
            offset = at - MEMORY_BASE + int(cell[0])
            self.data[offset:offset + int(cell[1])] = value.to_bytes(int(cell[1]), "little")


def entries_of(table):
    """Returns the offsets in the text of the functions in a table that cut_function_table() made."""
    functab = struct.unpack_from("<5Q", table, 32)[4]
    return [struct.unpack_from("<I", table, functab + 8 * i)[0] for i in range(KEPT_FUNCTIONS)]


def goroutines(layouts, column, table, names):
    """Returns memory with a few goroutines: parked, with a stack of `names` functions, on a channel, runnable, dead."""
    m = Memory(layouts, column)
    for i, text in enumerate(WAIT_REASONS):
        m.words(MEMORY_BASE + 256 + 16 * i, MEMORY_BASE + TEXTS_AT + 16 * i, len(text))
        m.data[TEXTS_AT + 16 * i:TEXTS_AT + 16 * i + len(text)] = text
    low = MEMORY_BASE + STACK_AT
    for i in range(0, 512, 8):
        m.words(low + i, GOROUTINE_CODE + 16 * (i // 8 * 37 % names))
    # A complete stack, of functions that have just been entered, at two places.
    entries = [GOROUTINE_CODE + e for e in entries_of(table)]
    for at in COMPLETE_STACKS:
        m.words(low + at, entries[1], entries[2], entries[TOP_FUNCTION])
    channel = m.object("runtime.hchan", qcount=1, dataqsiz=2, elemsize=8)
    thread = m.object("runtime.m", procid=7, id=1)
    all_g = []
    for goid, status in enumerate([2, 4, 4, 4, 4, 4, 4, 4, 1, 6], 1):
        waiter = m.object("runtime.sudog", isSelect=goid % 2)
        g = m.object("runtime.g", stack__lo=low, stack__hi=low + 512, sched__sp=low + 8 * goid, sched__bp=low + 64,
                     sched__pc=GOROUTINE_CODE + 64 * goid, atomicstatus=status, goid=goid, waitreason=(goid - 1) % 8,
                     m=thread, gopc=GOROUTINE_CODE + 32, startpc=GOROUTINE_CODE, waiting=waiter, syscallsp=low,
                     syscallpc=GOROUTINE_CODE, labels=MEMORY_BASE + LABELS_AT, parentGoid=1, waitsince=1)
        for name, value in {"g": g, "c": channel}.items():
            if ("runtime.sudog", name) in layouts.rows:
                m.set("runtime.sudog", waiter, name, value)
        if goid in COMPLETE:
            m.set("runtime.g", g, "syscallsp", 0)
            m.set("runtime.g", g, "m", 0)
            m.set("runtime.g", g, "sched.pc", entries[0])
            m.set("runtime.g", g, "sched.sp", low + COMPLETE_STACKS[COMPLETE.index(goid)])
        all_g.append(g)
    m.set("runtime.m", thread, "curg", all_g[0])
    m.set("runtime.m", thread, "g0", all_g[2])
    m.words(MEMORY_BASE + SEMAPHORES_AT + 8, waiter, waiter)
    m.words(MEMORY_BASE + 128, *all_g)
    m.words(MEMORY_BASE, MEMORY_BASE + 128, len(all_g), len(all_g), thread)
    # One label with a key and a value, as a slice (since Go 1.24); the descriptor of int, and its name.
    select = struct.unpack_from("<2Q", m.data, 256 + 2 * 16)
    m.words(MEMORY_BASE + LABELS_AT, MEMORY_BASE + LABELS_AT + 32, 1, 1, 0, *select, *select)
    m.words(MEMORY_BASE + TYPE_AT, 8, 0, 2 << 56, 0, 0, TYPE_AT + 48)
    m.data[TYPE_AT + 48:TYPE_AT + 53] = b"\0\3int"
    assert m.end <= SEMAPHORES_AT, f"{m.end} bytes of objects"
    return bytes(m.data) + table


def hits(seed):
    """Returns one hit per kind of location, in the memory of a goroutines seed, by and about its first goroutine."""
    release, memory = seed[:1], seed[1:]
    g = struct.unpack_from("<Q", memory, 128)[0]
    stack, text = MEMORY_BASE + STACK_AT + 64, MEMORY_BASE + 256
    registers = dict(r14=g, rbx=text, rcx=5, rsi=g, rdi=text, rsp=stack, rbp=stack, fs_base=MEMORY_BASE + 136)
    order = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base".split()
    seeds = []
    for kind in range(LOCATION_KINDS):
        registers["rax"] = MEMORY_BASE + TYPE_AT if kind == PANIC else g - 8
        words = struct.pack("<22Q", *(registers.get(name, 0) for name in order))  # the start of struct user_regs_struct
        seeds.append(release + bytes([kind]) + words + memory)
    return seeds


def functions_code(table, layouts, column, code):
    """Returns the code of the functions that refer to the runtime's variables, up to CODE_SIZE bytes of each."""
    names, _, _, _, functab = (table[p:] for p in struct.unpack_from("<5Q", table, 32))
    name_at = layouts.offset(column, "runtime._func", "nameOff", "nameoff")
    wanted, out = {n.encode() for n in runtime_names()}, b""
    for i in range(struct.unpack_from("<Q", table, 8)[0]):
        entry, at, end = struct.unpack_from("<III", functab, 8 * i)
        name = struct.unpack_from("<I", functab, at + name_at)[0]
        if names[name:names.index(b"\0", name)] in wanted:
            out += code[entry:min(end, entry + CODE_SIZE)]
    return out


def whole_entries(frames):
    """Returns the first entries of .debug_frame."""
    end = 0
    while end < FRAMES_SIZE and end < len(frames):
        end += 4 + struct.unpack_from("<I", frames, end)[0]
    return frames[:end]


def version_of(build_info):
    return re.search(rb"go1\.\d+(\.\d+)?", build_info).group().decode()


def seeds_of(program, layouts):
    sections = program.sections
    column = layouts.column(version_of(sections[".go.buildinfo"]))
    table = sections.get(".gopclntab") or sections[".data.rel.ro.gopclntab"]
    cut, _, end = cut_function_table(table, layouts, column)
    renamed = cut_function_table(table, layouts, column, runtime_names())
    release = bytes([column])
    small = elf_seed.executable(program)
    seeds = {
        "buildinfo": sections[".go.buildinfo"],
        "code": functions_code(table, layouts, column, sections[".text"]),
        "core": struct.pack("<H", len(small)) + small + elf_seed.core(small),
        "debug_file": small,
        "elf": small,
        "goroutines": release + goroutines(layouts, column, cut, end // 16),
        "moduledata": release + moduledata(layouts, column, *renamed, sections[".text"]),
        "pclntab": release + cut,
        "type": release + sections.get(".typelink", sections[".rodata"])[:64] + sections[".rodata"][:TYPES_SIZE],
    }
    if ".debug_frame" in sections:
        seeds["frames"] = whole_entries(sections[".debug_frame"])
    if ".debug_info" in sections:
        abbreviations, entries = dwarf_seed.cut(program)
        seeds["debug_info"] = struct.pack("<H", len(abbreviations)) + abbreviations + entries
    return seeds


def write(output, kind, name, seed):
    folder = pathlib.Path(output) / kind
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(seed)


def main(output, programs):
    layouts = Layouts()
    for number, text in enumerate(EXPRESSIONS):
        write(output, "expr", str(number), text.encode())
    for path in programs:
        # Programs of different releases have the same name in different folders.
        name = "-".join(pathlib.Path(path).parts[-3:])
        seeds = seeds_of(elf_seed.Program(path), layouts)
        for kind, seed in seeds.items():
            write(output, kind, name, seed)
        for number, seed in enumerate(hits(seeds["goroutines"])):
            write(output, "breaks", f"{name}-{number}", seed)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
