# SPDX-License-Identifier: MIT
"""A PBX of a few lines, made from the protocol's description apart from the library, to talk to
clients: it lets one user in, streams its events and closes."""
import hashlib
import os
import socket
import struct
import threading

TEST, TEST_REPLY = 0x002a0001, 0x802a0001
LOGIN, LOGIN_REPLY = 0x00300001, 0x80300001
STREAM, STREAM_REPLY = 0x00300011, 0x80300011
EVENT = 0x10300011
CHALLENGE_SHA1, FAILED = 2, 0x80000041


def frame(payload):
    size = len(payload) + 3
    if size <= 0x7fff:
        return struct.pack(">BH", 0x49, size) + payload
    size += 1
    return bytes([0x49, 0x80 | size >> 15, size >> 8 & 0x7f, size & 0xff]) + payload


def words(*numbers):
    return struct.pack(">%dI" % len(numbers), *numbers)


def xml_event(pbx, counter, xml):
    text = xml.encode() + b"\0"
    return frame(words(EVENT, pbx, counter, 0x00760001) + struct.pack(">H", len(text)) + text)


class Pbx:
    """Serves one connection in a thread. `snapshot` and `news` are frames, sent before and behind
    the answer to the client's test packet; `tail` are octets to end with. `split` writes that many
    octets at a time (0: all at once)."""

    def __init__(self, user="app", password="secret", snapshot=(), news=(), tail=b"", split=0):
        self.user, self.password = user, password
        self.snapshot, self.news, self.tail, self.split = snapshot, news, tail, split
        self.asked = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def finish(self):
        self.thread.join(30)
        self.listener.close()

    def serve(self):
        self.connection, _ = self.listener.accept()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.connection:
            self.converse()

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.connection.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def message(self):
        """The next request: its code, its id and what follows."""
        head = self.read(3)
        assert head[0] == 0x49 and head[1] < 0x80, "requests are short frames"
        payload = self.read(struct.unpack(">H", head[1:])[0] - 3)
        return (*struct.unpack(">II", payload[:8]), payload[8:])

    def say(self, data):
        step = self.split or len(data) or 1
        for at in range(0, len(data), step):
            self.connection.sendall(data[at:at + step])

    def log_in(self):
        code, request, body = self.message()
        assert code == LOGIN and body[:4] == words(1)
        user = body[4:].split(b"\0")[0].decode()
        challenge = os.urandom(16)
        self.say(frame(words(LOGIN_REPLY, request, CHALLENGE_SHA1, 16) + challenge))
        code, request, body = self.message()
        assert code == LOGIN and body[:8] == words(0x50, 20)
        right = hashlib.sha1(challenge + self.password.encode()[:16].ljust(16, b"\0")).digest()
        admitted = user == self.user and body[8:28] == right
        self.say(frame(words(LOGIN_REPLY, request, 0 if admitted else FAILED)))
        return admitted

    def converse(self):
        try:
            if not self.log_in():
                return
            code, request, body = self.message()
            assert code == STREAM
            self.asked = body[2:].split(b"\0")[0].decode()
            self.say(frame(words(STREAM_REPLY, request, 0) + body))
            self.say(b"".join(self.snapshot))
            code, request, body = self.message()
            assert code == TEST
            self.say(frame(words(TEST_REPLY, request, 0)))
            self.say(b"".join(self.news) + self.tail)
        except EOFError:
            pass
