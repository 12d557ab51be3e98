# SPDX-License-Identifier: MIT
"""Runs `devlink3 serve` for a test, and talks to it with plain sockets: HTTP, server-sent events, WebSocket."""
import base64
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).parents[1] / "sim"), str(pathlib.Path(__file__).parents[1] / "peer")]
PROGRAM = sys.argv[1]
TIMEOUT = 40


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Gateway:
    """`pbx` is an address of a simulator; with `config` text that is the configuration's."""

    def __init__(self, *options, pbx=None, state=None, config=None, wait_up=True, **more):
        self.folder = tempfile.TemporaryDirectory()
        self.state = state or os.path.join(self.folder.name, "state")
        words = [PROGRAM, "serve"]
        if config is not None:
            path = self.path("gateway.yaml")
            with open(path, "w") as f:
                f.write(config)
            words.append(path)
        else:
            words += ["--listen", "127.0.0.1:0"]
        if pbx:
            words += ["--pbx", f"devlink3://devlink3@{pbx}"]
        if "--demo" not in options:
            words += ["--state", self.state]
        self.log = open(self.path("log"), "w+")
        self.process = subprocess.Popen([*words, *options], stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        env={**os.environ, "DEVLINK3_PASSWORD": "devlink3", "TZ": "UTC", **more})
        line = self.process.stdout.readline()
        m = re.fullmatch(r"listening on (https?)://(\S+)\n", line)
        assert m, f"it did not start: {line!r} {self.said()}"
        self.tls, self.address = m[1] == "https", m[2]
        if wait_up and (pbx or "--demo" in options):
            self.until(lambda: self.get("/readyz").status == 200, "ready")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def said(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def until(self, condition, what):
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < end, f"never {what}: {self.said()[-2000:]}"
            assert self.process.poll() is None, f"it ended: {self.said()[-2000:]}"
            time.sleep(0.05)

    def connect(self):
        host, port = self.address.rsplit(":", 1)
        s = socket.create_connection((host, int(port)), timeout=TIMEOUT)
        return s

    def ask(self, method, path, headers=None, body=b""):
        headers = {"Host": self.address, "Connection": "close", **(headers or {})}
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        with self.connect() as s:
            s.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            return read_answer(s)

    def get(self, path, **headers):
        return self.ask("GET", path, {k.replace("_", "-"): v for k, v in headers.items()})

    def stream(self, query="", **headers):
        return Events(self, query, headers)

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        code = self.process.wait(TIMEOUT)
        self.process.stdout.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        code = self.stop()
        said = self.said()
        self.log.close()
        self.folder.cleanup()
        if _[0] is None:
            assert code in (0, -signal.SIGKILL), f"it ended with {code}: {said[-2000:]}"


def read_answer(s):
    data = b""
    while True:
        more = s.recv(65536)
        if not more:
            break
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
    if headers.get("transfer-encoding") == "chunked":
        out, rest = b"", body
        while True:
            size, _, rest = rest.partition(b"\r\n")
            n = int(size, 16)
            if n == 0:
                break
            out, rest = out + rest[:n], rest[n + 2:]
        body = out
    return Answer(int(lines[0].split()[1]), headers, body)


class Events:
    """Server-sent events, one by one."""

    def __init__(self, gateway, query, headers):
        self.sock = gateway.connect()
        lines = [f"GET /v1/stream?{query} HTTP/1.1", f"Host: {gateway.address}", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
        self.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        self.buffer = b""
        self.head = self.part(b"\r\n\r\n").decode()
        assert self.head.startswith("HTTP/1.1 200"), self.head + self.buffer.decode()

    def part(self, end):
        while end not in self.buffer:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError
            self.buffer += more
        part, _, self.buffer = self.buffer.partition(end)
        return part

    def next(self):
        """@return id (or None), event, data. Comments and the retry line are passed over."""
        while True:
            fields = {}
            for line in self.part(b"\n\n").decode().split("\n"):
                key, _, value = line.partition(": ")
                fields[key] = value
            if "data" in fields:
                message = json.loads(fields["data"])
                assert message["kind"] == fields["event"]
                return fields.get("id") and int(fields["id"]), message

    def until(self, wanted):
        """@return all messages up to the first that is wanted, with it."""
        seen = []
        while True:
            seen.append(self.next()[1])
            if wanted(seen[-1]):
                return seen

    def rest(self):
        seen = []
        try:
            while True:
                seen.append(self.next()[1])
        except (EOFError, ConnectionError):
            return seen

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class WebSocket:
    def __init__(self, gateway, query="", key=b"0123456789abcdef", **headers):
        self.sock = gateway.connect()
        encoded = base64.b64encode(key).decode()
        lines = [f"GET /v1/ws?{query} HTTP/1.1", f"Host: {gateway.address}", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
                 f"Sec-WebSocket-Key: {encoded}", "Sec-WebSocket-Version: 13", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
        self.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.sock.recv(65536)
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.head = head.decode()
        wanted = base64.b64encode(hashlib.sha1(encoded.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
        assert self.head.startswith("HTTP/1.1 101"), self.head
        assert f"Sec-WebSocket-Accept: {wanted}" in self.head
        self.messages = []

    def take(self, n):
        while len(self.buffer) < n:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError
            self.buffer += more
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def frame(self):
        """@return opcode, payload. Frames of a server are not masked, and ours are never in parts."""
        a, b = self.take(2)
        assert a & 0x80 and not b & 0x80, (a, b)
        n = b & 0x7F
        if n == 126:
            n = struct.unpack(">H", self.take(2))[0]
        elif n == 127:
            n = struct.unpack(">Q", self.take(8))[0]
        return a & 0x0F, self.take(n)

    def next(self):
        while not self.messages:
            opcode, payload = self.frame()
            if opcode == 8:
                raise EOFError(struct.unpack(">H", payload[:2])[0] if payload else None)
            if opcode == 1:
                self.messages = [json.loads(line) for line in payload.decode().split("\n")]
        return self.messages.pop(0)

    def until(self, wanted):
        seen = []
        while True:
            seen.append(self.next())
            if wanted(seen[-1]):
                return seen

    def send(self, opcode, payload, mask=b"abcd", fin=True):
        head = bytes([(0x80 if fin else 0) | opcode])
        n = len(payload)
        flag = 0x80 if mask else 0
        head += bytes([flag | n]) if n < 126 else bytes([flag | 126]) + struct.pack(">H", n)
        if mask:
            payload = bytes(c ^ mask[i % 4] for i, c in enumerate(payload))
        self.sock.sendall(head + mask + payload)

    def say(self, value):
        self.send(1, json.dumps(value).encode())

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def faults(document, schema, value, where="answer"):
    """What of a value is not as a schema of OpenAPI says, in the part of JSON Schema that the gateway's uses. A member that the
    schema does not know is a fault too: it is not described."""
    if "$ref" in schema:
        return faults(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], value, where)
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {schema['enum']}"]
    types = schema.get("type")
    if types and not any(is_type(value, t) for t in ([types] if isinstance(types, str) else types)):
        return [f"{where}: {value!r} is no {types}"]
    found = []
    if isinstance(value, dict) and "properties" in schema:
        found += [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, member in value.items():
            if name in schema["properties"]:
                found += faults(document, schema["properties"][name], member, f"{where}.{name}")
            else:
                found.append(f"{where}.{name} is not described")
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            found += faults(document, schema["items"], item, f"{where}[{i}]")
    return found
