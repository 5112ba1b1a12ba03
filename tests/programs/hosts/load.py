"""Loads Go libraries (tests/programs/guest) and starts 3 goroutines in the first, 4 in the second, ...

Then it reads lines: "crash", or another library to load; the file "loaded" says that this is done.
"""
import ctypes
import pathlib
import sys
import time

libraries = []


def load(path):
    library = ctypes.CDLL(path)
    library.Start(3 + len(libraries))
    libraries.append(library)


for argument in sys.argv[1:]:
    load(argument)
time.sleep(0.2)
print("ready", flush=True)
for line in iter(sys.stdin.readline, ""):
    if line == "crash\n":
        libraries[0].Crash()
    load(line.strip())
    pathlib.Path("loaded").touch()
