#!/usr/bin/python3
"""Clients that keep a server busy until standard input ends. servers.py runs this inside the server's network namespace.

    load.py PROTOCOL PORT [REQUEST]...

Each client repeats a conversation on a new connection; every other time it leaves in the middle. It prints "connected" when
each client has had one, and at the end the number of conversations, as JSON. With the protocol "idle", it opens COUNT
connections, and the clients only wait.

    load.py idle PORT COUNT
"""
import contextlib
import json
import socket
import struct
import sys
import threading
import time

CLIENTS = 8
LSP_CHANGES = 10
PAUSES = {"lsp": 0.5}  # between the conversations of a client: the debugger needs a processor, too


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.received = b""

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"the server closed the connection after {self.received[-300:]}")
        self.received += data

    def until(self, text):
        """Everything up to and with `text`."""
        while text not in self.received:
            self._more()
        before, self.received = self.received.split(text, 1)
        return before + text

    def exactly(self, count):
        while len(self.received) < count:
            self._more()
        data, self.received = self.received[:count], self.received[count:]
        return data

    def leave(self):
        """Resets the connection, as a client that is killed does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def http(c, number, requests, leaves):
    """A request is "METHOD PATH [BODY]"; one for a path that ends in "..." has no end: its first bytes suffice."""
    for request in requests:
        method, path, body = (request.split(" ", 2) + [""])[:3]
        body = body.replace("{number}", f"{number:08}").encode()
        accepted = "text/event-stream" if path.endswith("...") else "*/*"
        c.send(f"{method} {path.removesuffix('...')} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: key\r\n"
               f"Accept: {accepted}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        if leaves and request == requests[-1]:
            c.leave()
            return
        head = c.until(b"\r\n\r\n").lower()
        if path.endswith("..."):
            return
        if b"content-length: " in head:
            c.exactly(int(head.split(b"content-length: ")[1].split(b"\r")[0]))
        elif b"chunked" in head:
            while c.exactly(int(c.until(b"\r\n"), 16) + 2) != b"\r\n":
                pass


def nats(c, number, requests, leaves):
    """Subscribes, publishes, and receives what it published; a JetStream request in between."""
    c.until(b"\r\n")
    c.send(f'CONNECT {{"verbose":false}}\r\nSUB test.* 1\r\nSUB reply.{number} 2\r\n'
           f"PUB $JS.API.INFO reply.{number} 0\r\n\r\n")
    for i in range(20):
        c.send(f"PUB test.{number} 5\r\nhello\r\n")
    if leaves:
        c.leave()
        return
    c.send("PING\r\n")
    c.until(b"PONG\r\n")


def irc(c, number, requests, leaves):
    c.send(f"NICK n{number}\r\nUSER u 0 * :u\r\n")
    while b" 376 " not in (line := c.until(b"\r\n")) and b" 422 " not in line:
        if line.startswith(b"PING"):
            c.send(line.replace(b"PING", b"PONG"))
    c.send("JOIN #test\r\nPRIVMSG #test :hello\r\nLIST\r\nWHO #test\r\n")
    if leaves:
        c.leave()
        return
    c.send("QUIT\r\n")
    c.until(b"ERROR")


def echo(c, number, requests, leaves):
    """Through a proxy to the server of echoes below."""
    for _ in range(5):
        c.send("hello\n")
        c.until(b"hello\n")
    if leaves:
        c.leave()


def lsp_message(**message):
    body = json.dumps({"jsonrpc": "2.0", **message})
    return f"Content-Length: {len(body)}\r\n\r\n{body}"


def lsp_session(uri, language, text, first=True):
    """What an editor sends: it changes a file, asks, and cancels a request; it answers the question for its settings,
    which "typescript" asks at some time."""
    document = {"textDocument": {"uri": uri}}
    if first:
        yield lsp_message(id=0, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}})
        yield lsp_message(method="initialized", params={})
    yield lsp_message(method="textDocument/didOpen", params={"textDocument": {
        "uri": uri, "languageId": language, "version": 1, "text": text}})
    for i in range(1, LSP_CHANGES + 1):
        yield lsp_message(method="textDocument/didChange", params={
            "textDocument": {"uri": uri, "version": 1 + i}, "contentChanges": [{"text": f"{text}\n// {i}\n"}]})
        yield lsp_message(id="ts1", result=[{}])
        yield lsp_message(id=2 * i, method="textDocument/hover", params={**document, "position": {"line": 1, "character": 6}})
        yield lsp_message(id=2 * i + 1, method="textDocument/documentSymbol", params=document)
        yield lsp_message(method="$/cancelRequest", params={"id": 2 * i + 1})


def lsp(c, number, requests, leaves):
    uri, language, text = requests
    for message in lsp_session(uri.replace("{number}", str(number)), language, text):
        c.send(message)
    if leaves:
        c.leave()
        return
    c.until(f'"id":{2 * LSP_CHANGES}'.encode())


PROTOCOLS = {f.__name__: f for f in (http, nats, irc, echo, lsp)}


def serve_echoes(port):
    """A server that proxies pass connections to. Those who expect HTTP/2 wait for an answer, in vain."""
    listener = socket.create_server(("127.0.0.1", port), backlog=100)

    def serve(connection):
        with connection, contextlib.suppress(ConnectionError):
            while data := connection.recv(65536):
                if data.startswith(b"PRI * HTTP/2"):
                    time.sleep(0.3)
                    return
                connection.sendall(data)

    def accept():
        while True:
            threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def converse(protocol, port, requests):
    done, problems, end = [0] * CLIENTS, [], threading.Event()

    def client(index):
        while not end.is_set():
            number = 1000 * index + done[index]
            try:
                c = Connection(port)
                with c.socket:
                    PROTOCOLS[protocol](c, number, requests, leaves=number % 2)
            except (OSError, ValueError) as e:
                problems.append(f"{type(e).__name__}: {e}")
            done[index] += 1
            end.wait(PAUSES.get(protocol, 0.01))

    for i in range(CLIENTS):
        threading.Thread(target=client, args=[i], daemon=True).start()
    while not all(done):
        time.sleep(0.01)
    print("connected", flush=True)
    sys.stdin.read()
    end.set()
    print(json.dumps({"conversations": sum(done), "problems": problems}))


def stay_idle(port, count):
    held = [Connection(port) for _ in range(count)]
    print("connected", flush=True)
    sys.stdin.read()
    del held


def main():
    protocol, port, requests = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    with contextlib.suppress(OSError):  # the idle clients' one is still there
        serve_echoes(9090)
    if protocol == "idle":
        stay_idle(port, int(requests[0]))
    else:
        converse(protocol, port, requests)


if __name__ == "__main__":
    main()
