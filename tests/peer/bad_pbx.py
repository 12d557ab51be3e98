# SPDX-License-Identifier: MIT
"""PBXs that do not do as they should, each in a few lines, made from the protocol's description apart from
the library. `BadPbx(manner)` serves connections, one behind the other, until it is finished."""
import hashlib
import os
import socket
import ssl
import struct
import threading
import time

from pbx import (CHALLENGE_SHA1, LOGIN, LOGIN_REPLY, STREAM, STREAM_REPLY, TEST, TEST_REPLY, frame, words)

READ, READ_REPLY = 0x00300041, 0x80300041


class Connection:
    def __init__(self, sock, password):
        self.sock, self.password = sock, password

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def message(self):
        head = self.read(3)
        payload = self.read(struct.unpack(">H", head[1:])[0] - 3)
        return (*struct.unpack(">II", payload[:8]), payload[8:])

    def say(self, *payload):
        self.sock.sendall(frame(b"".join(p if isinstance(p, bytes) else words(p) for p in payload)))

    def raw(self, octets):
        self.sock.sendall(octets)

    def wait_for_the_end(self):
        while self.sock.recv(4096):
            pass

    def challenge(self):
        code, request, _ = self.message()
        assert code == LOGIN
        self.sent = os.urandom(16)
        self.say(LOGIN_REPLY, request, CHALLENGE_SHA1, 16, self.sent)

    def log_in(self, result=0):
        self.challenge()
        _, request, body = self.message()
        right = hashlib.sha1(self.sent + self.password.encode()[:16].ljust(16, b"\0")).digest()
        assert body[8:28] == right, "that password is wrong"
        self.say(LOGIN_REPLY, request, result)

    def refuse(self, result):
        """At the first step, as a PBX without a licence does."""
        _, request, _ = self.message()
        self.say(LOGIN_REPLY, request, result)
        self.wait_for_the_end()

    def stream(self, result=0):
        self.log_in()
        code, request, body = self.message()
        assert code == STREAM
        self.say(STREAM_REPLY, request, result, body if result == 0 else b"")
        if result != 0:
            self.wait_for_the_end()

    def up(self):
        self.stream()
        _, request, _ = self.message()
        self.say(TEST_REPLY, request, 0, 0)

    def test(self):
        """The next test packet: its id and its payload."""
        code, request, body = self.message()
        assert code == TEST
        return request, body[4:]

    def answer(self, request, payload):
        self.say(TEST_REPLY, request, 0, len(payload), payload)


class BadPbx:
    """`manner` is called with each Connection; when it returns the connection is closed. `tls` is a
    server's SSLContext."""

    def __init__(self, manner, password="secret", tls=None):
        self.manner, self.password, self.tls = manner, password, tls
        self.connections, self.failures, self.open = 0, [], True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open = False
        socket.create_connection(("127.0.0.1", self.port)).close()
        self.thread.join(30)
        self.listener.close()
        if _[0] is None:
            assert not self.failures, self.failures

    def url(self, user="app", host="127.0.0.1"):
        return f"devlink3{'s' if self.tls else ''}://{user + '@' if user else ''}{host}:{self.port}"

    def serve(self):
        while True:
            sock, _ = self.listener.accept()
            if not self.open:
                sock.close()
                return
            self.connections += 1
            try:
                sock.settimeout(30)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.tls:
                    sock = self.tls.wrap_socket(sock, server_side=True)
                self.manner(Connection(sock, self.password))
            except (EOFError, ConnectionError, ssl.SSLError, TimeoutError):
                pass
            except Exception as e:  # told by the test, not by a thread that nobody hears
                self.failures.append(repr(e))
            finally:
                sock.close()


def late(seconds, then):
    """A manner that first waits."""
    def manner(c):
        time.sleep(seconds)
        then(c)
    return manner
