"""Runs Go servers from Debian packages in a network namespace that has only a loopback interface.

So ports cannot collide, and servers cannot call home or look for peers.
"""
import functools
import os
import subprocess
import sys
from dataclasses import dataclass, field

from . import debugger, paths, process


@dataclass
class Kind:
    program: str  # relative to the folder of its package
    args: list  # {home} is replaced by a private folder
    ready: str  # logged when the server is ready
    env: dict = field(default_factory=dict)
    port: int = 0  # for clients, which send nothing
    debug: str = ""  # URL of its own goroutine list


KINDS = {
    "nats-server": Kind("usr/sbin/nats-server",
                        ["-a", "127.0.0.1", "-p", "4222", "-js", "-sd", "{home}", "--profile", "6060"],
                        "Server is ready", port=4222, debug="http://127.0.0.1:6060/debug/pprof/goroutine?debug=2"),
    # STMONITORED: without it, syncthing acts as a monitor and starts itself again.
    "syncthing": Kind("usr/bin/syncthing", ["serve", "--home={home}", "--no-browser", "--gui-address=127.0.0.1:8384"],
                      "GUI and API listening", {"STMONITORED": "yes"}, port=8384),
    "etcd-server": Kind("usr/bin/etcd", ["--data-dir={home}/data", "--enable-pprof"], "ready to serve client requests",
                        port=2379, debug="http://127.0.0.1:2379/debug/pprof/goroutine?debug=2"),
}


@functools.lru_cache
def folders():
    """{("nats-server", "trixie"): folder}; unpacks missing packages."""
    out = subprocess.run([paths.PROJECT / "scripts" / "toolchains", "--servers"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return {(package, suite): folder for package, suite, folder in (line.split(" ", 2) for line in out.splitlines())}


_CLIENTS = """
import socket, sys
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(int(sys.argv[2]))]
print("connected", flush=True)
sys.stdin.read()
"""
_FETCH = "import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=60).read())"


class Server(process.Process):
    """A server that is ready."""

    def __init__(self, package, suite):
        self.kind = KINDS[package]
        self.exe = os.path.join(folders()[package, suite], self.kind.program)
        self.printed = []
        super().__init__(["unshare", "-n", "--", "sh", "-c", 'ip link set lo up && HOME=$PWD exec "$@"', "sh", self.exe,
                          *(a.replace("{home}", ".") for a in self.kind.args)], self.kind.env, ready=None)
        process.wait_until(lambda: self.kind.ready in self.log() or not self.alive(), f"{package} is ready", 60)
        assert self.alive(), self.log()

    def log(self):
        """Everything it has logged; some servers log to standard output."""
        while not self._lines.empty():
            line = self._lines.get()
            if line is not None:
                self.printed.append(line)
        return "\n".join(self.printed) + self.stderr()

    def _inside(self, code, *args, **popen):
        return subprocess.Popen(["nsenter", "-t", str(self.pid), "-n", sys.executable, "-c", code, *map(str, args)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **popen)

    def connect(self, count):
        """Opens connections that stay idle until the case ends."""
        clients = self._inside(_CLIENTS, self.kind.port, count)
        assert clients.stdout.readline() == "connected\n"
        return clients

    def own_list(self):
        """The server's own list of its goroutines."""
        child = self._inside(_FETCH, self.kind.debug)
        text = child.communicate(timeout=debugger.scaled(60))[0]
        assert child.returncode == 0 and text.startswith("goroutine "), text[:300]
        return text
