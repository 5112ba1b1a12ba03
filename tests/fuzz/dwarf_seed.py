"""Reduces the DWARF of a Go program to the entries of a few types, for the fuzzers' seeds."""
import struct

WANTED = [b"runtime.g", b"runtime.sudog", b"runtime.hchan", b"runtime._Gwaiting", b"runtime.waitReason", b"runtime.mutex"]
MAX_ENTRIES = 120
SEARCHED_TAGS = {0x13, 0x16, 0x24, 0x27}  # struct, typedef, base type, constant
FORM_IMPLICIT_CONST, FORM_REF_ADDR = 0x21, 0x10
ADDRESS, BLOCK1, BLOCK2, BLOCK4, STRING, EXPRESSION, FLAG_PRESENT = 0x01, 0x0a, 0x03, 0x04, 0x08, 0x18, 0x19
FIXED = {ADDRESS: 8, 0x05: 2, 0x06: 4, 0x07: 8, 0x0b: 1, 0x0c: 1, 0x0e: 4, FORM_REF_ADDR: 4, 0x11: 1, 0x12: 2, 0x13: 4,
         0x14: 8, 0x17: 4, FLAG_PRESENT: 0, FORM_IMPLICIT_CONST: 0, 0x1f: 4, 0x25: 1, 0x26: 2, 0x28: 4, 0x29: 1,
         0x2a: 2, 0x2c: 4}
LEB = {0x0d, 0x0f, 0x15, 0x1a, 0x1b, 0x22, 0x23}


def uleb(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def abbreviations(data):
    """Returns ({code: (tag, has children, [form])}, size) of the first table, which Go's units share."""
    table, at = {}, 0
    while True:
        code, at = uleb(data, at)
        if not code:
            return table, at
        tag, at = uleb(data, at)
        children, at, forms = data[at], at + 1, []
        while True:
            attribute, at = uleb(data, at)
            form, at = uleb(data, at)
            if form == FORM_IMPLICIT_CONST:
                _, at = uleb(data, at)
            if not attribute and not form:
                break
            forms.append(form)
        table[code] = (tag, children, forms)


def skip(data, at, form):
    if form in FIXED:
        return at + FIXED[form]
    if form in LEB:
        return uleb(data, at)[1]
    if form == STRING:
        return data.index(b"\0", at) + 1
    if form in (BLOCK1, EXPRESSION):
        size, at = (data[at], at + 1) if form == BLOCK1 else uleb(data, at)
        return at + size
    if form in (BLOCK2, BLOCK4):
        width = 2 if form == BLOCK2 else 4
        return at + width + int.from_bytes(data[at:at + width], "little")
    raise ValueError(f"form {form:#x}")


class Cutter:
    def __init__(self, sections):
        self.data = sections[".debug_info"]
        self.table, size = abbreviations(sections[".debug_abbrev"])
        self.declarations = sections[".debug_abbrev"][:size]
        self.new_offsets = {}  # by old offset
        self.references = []  # positions in `out` that contain an old offset
        version, = struct.unpack_from("<H", self.data, 4)
        root = 12 if version >= 5 else 11
        self.out = bytearray(self.data[:root])
        end, _ = self.entry(root)
        self.out += self.data[root:end]

    def entry(self, at):
        """Returns the end of one entry, without its children, and the positions of its references."""
        code, at = uleb(self.data, at)
        references = []
        for form in self.table[code][2]:
            if form == FORM_REF_ADDR:
                references.append(at)
            at = skip(self.data, at, form)
        return at, references

    def copy(self, at):
        """Copies an entry with its children; returns the offsets that they refer to."""
        self.new_offsets[at] = len(self.out)
        start, depth, references = at, 0, []
        while True:
            code, after = uleb(self.data, at)
            if code:
                depth += self.table[code][1]
                after, found = self.entry(at)
                references += found
            else:
                depth -= 1
            at = after
            if depth <= 0:
                break
        for r in references:
            self.references.append(len(self.out) + r - start)
        self.out += self.data[start:at]
        return [struct.unpack_from("<I", self.data, r)[0] for r in references]

    def find(self, name):
        """Returns the offset of the entry with this name, found as gctxdbg finds it; None if there is none."""
        at = 0
        while (at := self.data.find(name + b"\0", at)) >= 0:
            for start in (at - 1, at - 2):
                code, after = uleb(self.data, start)
                tag, _, forms = self.table.get(code, (0, 0, []))
                if after == at and tag in SEARCHED_TAGS and forms[:1] == [STRING]:
                    return start
            at += 1
        return None

    def cut(self):
        waiting = [p for p in map(self.find, WANTED) if p is not None]
        while waiting and len(self.new_offsets) < MAX_ENTRIES:
            at = waiting.pop(0)
            if at not in self.new_offsets:
                waiting += self.copy(at)
        for r in self.references:
            old, = struct.unpack_from("<I", self.out, r)
            struct.pack_into("<I", self.out, r, self.new_offsets.get(old, 0))
        self.out += b"\0"
        struct.pack_into("<I", self.out, 0, len(self.out) - 4)
        return self.declarations, bytes(self.out)


def cut(program):
    return Cutter(program.sections).cut()
