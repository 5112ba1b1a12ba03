"""Reads the built-in table of the layouts of runtime structs."""
import re

from . import paths

TABLE = paths.PROJECT / "dbg" / "go" / "program" / "builtin_layouts.inc"


def parse_table(text):
    """{release: {(type, path or None): cell}}; a cell that says "absent" is left out."""
    releases = re.findall(r'^RELEASE\("(.*)"\)$', text, re.M)
    table = {r: {} for r in releases}
    for kind, name, rest in re.findall(r'^(FIELD|CONSTANT)\("([^"]*)", *(.*)\)$', text, re.M):
        path, rest = re.match(r'(?:(NULL|"[^"]*"), *)?(.*)', rest).groups()
        cells = re.findall(r"\{[^}]*\}|-?\d+|NONE", rest)
        assert len(cells) == len(releases), (name, path, cells)
        for release, cell in zip(releases, cells):
            if cell not in ("{0}", "NONE"):
                table[release][name, path if kind == "FIELD" else "constant"] = cell
    return table


def committed():
    return parse_table(TABLE.read_text())
