# SPDX-License-Identifier: MIT
"""A DevLink3 client for tests, written from the protocol's description with plain sockets: it shares
nothing with the library, so that both ends cannot be wrong in the same way."""
import hashlib
import re
import socket
import ssl
import struct
import time

TEST, AUTH, EVENTS, EVENT, READ = 0x002A0001, 0x00300001, 0x00300011, 0x10300011, 0x00300041
REPLY = 0x80000000
DELTA3, DELTA2, SIPTRACK, CMEXTN = 0x00760001, 0x00760002, 0x00760003, 0x00760004
FAILED, LIMITS, LATER, LICENCE = 0x80000041, 0x80000042, 0x80000043, 0x80000044
UNKNOWN_FLAG, INSUFFICIENT, NOT_AVAILABLE, PARTIAL = 0x80000021, 0x80000022, 0x80000023, 9
TOO_LONG, INTEGRITY, AUTH_FAILED = 0x80000001, 0x80000002, 0x80000003
TIMEOUT = 20


def frame(payload):
    if len(payload) + 3 > 0x7FFF:
        n = len(payload) + 4
        return bytes([0x49, n >> 15 | 0x80, n >> 8 & 0x7F, n & 0xFF]) + payload
    n = len(payload) + 3
    return bytes([0x49, n >> 8, n & 0xFF]) + payload


def text(s):
    return s.encode() + b"\0"


class Gone(Exception):
    """The other end closed or reset the connection."""


class Event:
    """One tuple of an event."""

    def __init__(self, pbx, counter, code, data):
        self.pbx, self.counter, self.code, self.data = pbx, counter, code, data

    @property
    def kind(self):
        names = {DELTA3: "delta3", DELTA2: "delta2", SIPTRACK: "siptrack", CMEXTN: "cmextn"}
        return names.get(self.code, hex(self.code))

    @property
    def text(self):
        if self.code == DELTA3:
            return self.data.rstrip(b"\0").decode()
        if self.code == DELTA2 and self.data[:2] == b"CA":
            return self.data.rstrip(b"\0").decode()
        if self.code == CMEXTN and len(self.data) >= 14 and self.data[:2] == b"\0\0":
            v, new, old = struct.unpack_from(">III", self.data)
            return f"v={v} new={new} old={old} " + self.data[12:-2].decode("utf-16-be")
        return self.data[:-2].decode("utf-16-be")

    def row(self, name):
        """The fields of the first <name> of a Delta3 record."""
        m = re.search(f"<{name}>(.*?)</{name}>", self.text, re.S)
        return m and m.group(1).strip().split(",")


class Client:
    def __init__(self, address, tls=None, timeout=TIMEOUT):
        host, port = address.rsplit(":", 1)
        self.sock = socket.create_connection((host.strip("[]"), int(port)), timeout=timeout)
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        self.buffer, self.events, self.request, self.variant = b"", [], 100, {}

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- octets ----

    def send(self, payload):
        self.raw(frame(payload))

    def raw(self, octets):
        self.sock.sendall(octets)

    def take(self, n):
        while len(self.buffer) < n:
            try:
                more = self.sock.recv(65536)
            except (ConnectionError, ssl.SSLError) as e:
                if isinstance(e, ssl.SSLWantReadError):
                    raise
                raise Gone(str(e)) from e
            if not more:
                raise Gone("closed" if not self.buffer else f"closed in a frame: {self.buffer[:40].hex()}")
            self.buffer += more
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def frame(self):
        head = self.take(3)
        if head[0] != 0x49:
            raise ValueError(f"no frame begins with {head.hex()}")
        if head[1] & 0x80:
            low = self.take(1)[0]
            return self.take(((head[1] & 0x7F) << 15 | (head[2] & 0x7F) << 8 | low) - 4)
        return self.take((head[1] << 8 | head[2]) - 3)

    # ---- messages ----

    def read(self):
        """The next message; an event is kept in `events` and gives None."""
        p = self.frame()
        if struct.unpack_from(">I", p)[0] != EVENT:
            return p
        pbx, counter = struct.unpack_from(">II", p, 4)
        at = 12
        while at < len(p):
            code, n = struct.unpack_from(">IH", p, at)
            self.events.append(Event(pbx, counter, code, p[at + 6:at + 6 + n]))
            assert at + 6 + n <= len(p), "a tuple goes past its frame"
            at += 6 + n
        return None

    def answer(self, code, request):
        while True:
            p = self.read()
            if p is None:
                continue
            got, rid = struct.unpack_from(">II", p)
            assert (got, rid) == (code | REPLY, request), f"expected an answer to {code:#x} {request}, came {p[:40].hex()}"
            return p[8:]

    def new_request(self):
        self.request += 1
        return self.request

    def test(self, payload=b"", length=None, request=None):
        rid = self.new_request() if request is None else request
        self.send(struct.pack(">III", TEST, rid, len(payload) if length is None else length) + payload)
        if rid == 0:
            return None
        p = self.answer(TEST, rid)
        result, n = struct.unpack_from(">II", p)
        return result, p[8:8 + n]

    def challenge(self, user, application=None):
        rid = self.new_request()
        body = struct.pack(">III", AUTH, rid, 1) + text(user)
        if application:
            body += struct.pack(">IH", 0x007E0001, len(text(application))) + text(application)
        self.send(body)
        return self.answer(AUTH, rid)

    def respond(self, step, response):
        rid = self.new_request()
        self.send(struct.pack(">IIII", AUTH, rid, step, len(response)) + response)
        p = self.answer(AUTH, rid)
        at = 4
        while at < len(p):
            code, n = struct.unpack_from(">IH", p, at)
            self.variant[code] = p[at + 6:at + 6 + n].rstrip(b"\0").decode()
            at += 6 + n
        return struct.unpack_from(">I", p)[0]

    def login(self, user="devlink3", password="devlink3", application=None):
        """@return the result: 0 for success."""
        p = self.challenge(user, application)
        kind = struct.unpack_from(">I", p)[0]
        if kind == 1:
            return self.respond(0x51, password.encode()[:32].ljust(32, b"\0"))
        if kind != 2:
            return kind
        n = struct.unpack_from(">I", p, 4)[0]
        assert n == 16, f"a challenge of {n} octets"
        return self.respond(0x50, hashlib.sha1(p[8:24] + password.encode()[:16].ljust(16, b"\0")).digest())

    def stream(self, flags="", half_length=False):
        """@return result, accepted flags."""
        rid = self.new_request()
        f = text(flags)
        n = len(f) // 2 if half_length else len(f)
        self.send(struct.pack(">IIH", EVENTS, rid, n) + f)
        p = self.answer(EVENTS, rid)
        return struct.unpack_from(">I", p)[0], p[6:].rstrip(b"\0").decode()

    def file(self, name):
        rid = self.new_request()
        self.send(struct.pack(">IIH", READ, rid, len(text(name))) + text(name))
        p = self.answer(READ, rid)
        return struct.unpack_from(">I", p)[0], p[4:]

    def settle(self):
        """Reads until a test packet sent now is answered: everything told before is here then."""
        assert self.test(b"settle") == (0, b"settle")
        events, self.events = self.events, []
        return events

    def until(self, wanted, timeout=TIMEOUT):
        """Reads until an event is as wanted. @return all that came."""
        seen, end = [], time.monotonic() + timeout
        while True:
            while self.events:
                seen.append(self.events.pop(0))
                if wanted(seen[-1]):
                    return seen
            assert time.monotonic() < end, f"never came; {len(seen)} others did: {[e.text for e in seen[-5:]]}"
            p = self.read()
            assert p is None, f"nobody asked for {p[:40].hex()}"

    def gone(self, timeout=TIMEOUT):
        """Waits for the end of the connection. @return what it was."""
        self.sock.settimeout(timeout)
        try:
            while True:
                self.read()
        except Gone as e:
            return str(e)
