"""Runs Go programs from Debian and npm packages, most of them servers, in a network namespace that has only a loopback
interface.

So ports cannot collide, and servers cannot call home or look for peers.
"""
import contextlib
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field

from . import debugger, load, paths, process

_PPROF = "http://127.0.0.1:6060/debug/pprof/goroutine?debug=2"


@dataclass
class Kind:
    program: str  # relative to the folder of its package
    args: list
    ready: str  # logged when the server is ready
    env: dict = field(default_factory=dict)
    port: int = 0  # for clients
    debug: str = ""  # URL of its own goroutine list
    files: dict = field(default_factory=dict)  # {name: text}: in the folder where it runs, which is its home, too
    load: list = field(default_factory=list)  # what load.py does: protocol, requests
    # Whether it catches SIGQUIT, with which a runtime that dumps core stops its other threads: it would continue to run.
    catches_quit: bool = False


_ERGO = """
network: {name: test}
server:
    name: irc.test
    listeners: {"127.0.0.1:6667": {}}
    max-sendq: 96k
    casemapping: precis
    ip-limits: {count: false, throttle: false}
datastore: {path: ircd.db, autoupgrade: true}
accounts: {authentication-enabled: false}
channels: {default-modes: +nt}
debug: {pprof-listener: "127.0.0.1:6060"}
logging: [{method: stderr, type: "*", level: info}]
limits: {nicklen: 32, identlen: 20, realnamelen: 150, channellen: 64, awaylen: 390, kicklen: 390, topiclen: 390,
    monitor-entries: 100, whowas-entries: 100, chan-list-modes: 100, registration-messages: 1024,
    multiline: {max-bytes: 4096, max-lines: 100}}
history: {enabled: true, channel-length: 2048, client-length: 256}
"""
_INFLUX = """
reporting-disabled = true
bind-address = "127.0.0.1:8088"
[meta]
dir = "meta"
[data]
dir = "data"
wal-dir = "wal"
[http]
bind-address = "127.0.0.1:8086"
debug-pprof-enabled = true
"""
_CADDY = """
{
    admin 127.0.0.1:2019
    auto_https off
}
http://127.0.0.1:8080 {
    respond /hello "hello"
    reverse_proxy /proxied 127.0.0.1:8080 {
        rewrite /hello
    }
    file_server browse
}
"""
# The agent is to send an empty gRPC request to http://127.0.0.1:9090/a.B/C.
_BUF_REQUEST = "ChtodHRwOi8vMTI3LjAuMC4xOjkwOTAvYS5CL0MSIAoMQ29udGVudC1UeXBlEhBhcHBsaWNhdGlvbi9ncnBj"
_TYPESCRIPT = "class Stack<T> {\n    items: T[] = [];\n    push(item: T) { this.items.push(item); }\n}\n"

KINDS = {
    "nats-server": Kind("usr/sbin/nats-server", ["-a", "127.0.0.1", "-p", "4222", "-js", "-sd", ".", "--profile", "6060"],
                        "Server is ready", port=4222, debug=_PPROF, load=["nats"]),
    # STMONITORED: without it, syncthing acts as a monitor and starts itself again.
    "syncthing": Kind("usr/bin/syncthing", ["serve", "--home=.", "--no-browser", "--gui-address=127.0.0.1:8384"],
                      "GUI and API listening", {"STMONITORED": "yes", "STGUIAPIKEY": "key"}, port=8384,
                      load=["http", "GET /rest/system/status", "GET /rest/db/completion", "GET /"]),
    "etcd-server": Kind("usr/bin/etcd", ["--data-dir=data", "--enable-pprof"], "ready to serve client requests", port=2379,
                        debug="http://127.0.0.1:2379/debug/pprof/goroutine?debug=2",
                        load=["http", 'POST /v3/kv/put {"key":"a2V5","value":"{number}"}', 'POST /v3/kv/range {"key":"a2V5"}',
                              'POST /v3/lease/grant {"TTL":"60"}', "GET /metrics",
                              'POST /v3/watch... {"create_request":{"key":"a2V5"}}']),
    "ergochat": Kind("usr/bin/ergochat", ["run"], "Server running", port=6667, debug=_PPROF, files={"ircd.yaml": _ERGO},
                     load=["irc"], catches_quit=True),
    "influxdb": Kind("usr/bin/influxd", ["-config", "influx.conf"], "Listening for signals", port=8086,
                     debug="http://127.0.0.1:8086/debug/pprof/goroutine?debug=2", files={"influx.conf": _INFLUX},
                     load=["http", "POST /query?q=CREATE+DATABASE+d", "POST /write?db=d m,client=c value={number}",
                           "GET /query?db=d&q=SELECT+mean(value)+FROM+m+GROUP+BY+client", "GET /query?q=SHOW+STATS",
                           "GET /query?db=d&chunked=true&chunk_size=1&q=SELECT+*+FROM+m"]),
    "caddy": Kind("usr/bin/caddy", ["run", "--config", "Caddyfile"], "serving initial configuration", port=8080,
                  debug="http://127.0.0.1:2019/debug/pprof/goroutine?debug=2", files={"Caddyfile": _CADDY},
                  load=["http", "GET /hello", "GET /missing", "GET /", "GET /proxied"], catches_quit=True),
    # A language server; without a Go toolchain, but parsing needs none.
    "gopls": Kind("usr/bin/gopls", ["serve", "-listen=127.0.0.1:4389", "-debug=127.0.0.1:6060"], "Gopls daemon: listening",
                  port=4389, debug=_PPROF, load=["lsp", "file:///tmp/{number}.go", "go",
                                                 "package main\nfunc main() {}\ntype T struct{ a, b int }\n"]),
    # Reports on descriptor 3 when it listens.
    "docker.io": Kind("usr/sbin/docker-proxy", ["-proto", "tcp", "-host-ip", "127.0.0.1", "-host-port", "8080",
                                                "-container-ip", "127.0.0.1", "-container-port", "9090"], "0",
                      port=8080, load=["echo"]),
    "esbuild": Kind("bin/esbuild", ["--serve=127.0.0.1:8000", "--servedir=.", "a.ts", "--outdir=.", "--bundle"],
                    "http://127.0.0.1:8000", port=8000, files={"a.ts": _TYPESCRIPT},
                    load=["http", "GET /", "GET /a.js", "GET /a.ts", "GET /missing", "GET /esbuild..."]),
    "bufbuild": Kind("bin/buf", ["beta", "studio-agent", "--timeout", "0", "--log-format", "json"], "starting", port=8080,
                     load=["http", "GET /", f"POST / {_BUF_REQUEST}"]),
    # The TypeScript compiler as a language server: it waits for requests on standard input.
    "typescript": Kind("lib/tsgo", ["--lsp", "--stdio"], "", load=["stdio"]),
}
NPM = ["esbuild", "typescript", "bufbuild"]

# The Go release that built each program: exactly if its package never changes, a minor release if it changes rarely, and
# with a "+" where Debian may build it with a later one at any time.
BUILDS = {
    "nats-server/bookworm": "1.19", "nats-server/trixie": "1.24", "nats-server/sid": "1.27+",
    "syncthing/bookworm": "1.19", "syncthing/trixie": "1.24", "syncthing/sid": "1.26+",
    "etcd-server/bookworm": "1.19", "etcd-server/sid": "1.26+",
    "gopls/trixie": "1.22", "ergochat/trixie": "1.23", "influxdb/trixie": "1.24", "docker.io/trixie": "1.24",
    "caddy/trixie-backports": "1.26+",
    "bufbuild/1.28.1": "1.21.4",
    "esbuild/0.17.6": "1.20", "esbuild/0.21.5": "1.20.12", "esbuild/0.23.1": "1.22.5", "esbuild/0.25.8": "1.23.10",
    "esbuild/0.25.10": "1.23.12", "esbuild/0.27.7": "1.25.7", "esbuild/0.28.2": "1.26.5",
    "typescript/7.0.0-dev.20250725.1": "1.24.5", "typescript/7.0.0-dev.20250811.1": "1.24.6",
    "typescript/7.0.0-dev.20260101.1": "1.25.5",
}


@functools.lru_cache
def folders(which):
    """{("nats-server", "trixie"): folder} for --servers, {("esbuild", "0.17.6"): folder} for --npm; unpacks missing
    packages."""
    out = subprocess.run([paths.PROJECT / "scripts" / "toolchains", which], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return {(package, suite): folder for package, suite, folder in (line.split(" ", 2) for line in out.splitlines())}


def release(path):
    """The Go release that built an executable, by its build info: (1, 26, 7); None without build info."""
    found = re.search(rb"\xff Go buildinf:.{17}.go(1)\.(\d+)(?:\.(\d+))?", pathlib.Path(path).read_bytes(), re.S)
    return found and tuple(int(n or 0) for n in found.groups())


def executable(package, suite):
    unpacked = folders("--npm" if package in NPM else "--servers")
    return os.path.join(unpacked[package, suite], KINDS[package].program)


_FETCH = "import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=60).read())"


class Server(process.Process):
    """A server that is ready."""

    def __init__(self, package, suite):
        self.kind = KINDS[package]
        self.exe = executable(package, suite)
        self.printed = []
        folder = tempfile.mkdtemp(prefix="gctxdbg-test.")
        for name, text in self.kind.files.items():
            pathlib.Path(folder, name).write_text(text)
        # Without PATH, so that it cannot start programs of this machine.
        super().__init__(["unshare", "-n", "--", "sh", "-c", 'ip link set lo up && HOME=$PWD PATH= exec "$@" 3>&1', "sh",
                          self.exe, *self.kind.args],
                         {"GOTRACEBACK": "system" if self.kind.catches_quit else "crash", **self.kind.env},
                         ready=None, folder=folder)
        if not self.kind.ready:
            self.wait_until_reading(60)
        process.wait_until(lambda: self.kind.ready in self.log() or not self.alive(), f"{package} is ready", 60)
        assert self.alive(), self.log()

    def __exit__(self, kind, *exception):
        if kind and self.child.poll() is not None:
            print(f"the server has ended with {self.child.returncode}: {self.log()[:4000]}")
        super().__exit__(kind, *exception)

    def log(self):
        """Everything it has logged; some servers log to standard output."""
        while not self._lines.empty():
            line = self._lines.get()
            if line is not None:
                self.printed.append(line)
        return "\n".join(self.printed) + self.stderr()

    def _inside(self, *args, **popen):
        return subprocess.Popen(["nsenter", "-t", str(self.pid), "-n", sys.executable, "-B", *map(str, args)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **popen)

    def connect(self, count):
        """Opens connections that stay idle until the case ends."""
        clients = self._inside(load.__file__, "idle", self.kind.port, count)
        assert clients.stdout.readline() == "connected\n"
        return clients

    def own_list(self):
        """The server's own list of its goroutines."""
        child = self._inside("-c", _FETCH, self.kind.debug)
        text = child.communicate(timeout=debugger.scaled(60))[0]
        assert child.returncode == 0 and text.startswith("goroutine "), text[:300]
        return text

    @contextlib.contextmanager
    def under_load(self):
        """Clients keep it busy in this block. The result, filled in at the end of the block: see load.py."""
        result = {}
        if not self.kind.port:
            with self._editor(result):
                yield result
            return
        clients = self._inside(load.__file__, self.kind.load[0], self.kind.port, *self.kind.load[1:])
        assert clients.stdout.readline() == "connected\n", self.log()[-3000:]
        yield result
        result.update(json.loads(clients.communicate(timeout=60)[0]))

    @contextlib.contextmanager
    def _editor(self, result):
        """The same on standard input."""
        end, sent = threading.Event(), []

        def write():
            while not end.is_set():
                session = load.lsp_session(f"file:///tmp/{len(sent)}.ts", "typescript", _TYPESCRIPT, first=not sent)
                with contextlib.suppress(BrokenPipeError):  # the case says that it has ended
                    self.child.stdin.write("".join(session))
                    self.child.stdin.flush()
                sent.append(end.wait(0.15))

        writer = threading.Thread(target=write)
        writer.start()
        process.wait_until(lambda: len(sent) > 1, "it reads requests", 20)
        yield
        end.set()
        writer.join()
        result.update(conversations=len(sent), problems=[])
