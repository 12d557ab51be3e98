#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/pbx_listener.c, as a client meets it. Usage: test_pbx_listener.py PROGRAM"""
import hashlib
import os
import socket
import struct
import subprocess
import sys
import unittest

PROGRAM = sys.argv[1]
AUTH, STREAM, REPLY, EVENT = 0x00300001, 0x00300011, 0x80000000, 0x10300011


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def say(self, code, request, body):
        payload = struct.pack(">II", code, request) + body
        self.socket.sendall(struct.pack(">BH", 0x49, len(payload) + 3) + payload)

    def hear(self):
        """The code of the next message, and what is behind it."""
        mark, size = struct.unpack(">BH", self.file.read(3))
        assert mark == 0x49, mark
        payload = self.file.read(size - 3)
        return struct.unpack(">I", payload[:4])[0], payload[4:]

    def log_in(self, user, password):
        """The result."""
        self.say(AUTH, 1, struct.pack(">I", 1) + user + b"\0")
        code, body = self.hear()
        request, result, size = struct.unpack(">III", body[:12])
        assert (code, request, result, size) == (AUTH | REPLY, 1, 2, 16), body
        proof = hashlib.sha1(body[12:28] + password[:16].ljust(16, b"\0")).digest()
        self.say(AUTH, 2, struct.pack(">II", 0x50, len(proof)) + proof)
        code, body = self.hear()
        return struct.unpack(">II", body[:8])[1]


class Example(unittest.TestCase):
    def setUp(self):
        self.program = subprocess.Popen([PROGRAM], stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "DEVLINK3_PASSWORD": "secret"})
        line = self.program.stdout.readline()
        self.assertRegex(line, r"^listening on 127\.0\.0\.1:\d+$")
        self.port = int(line.rsplit(":", 1)[1])

    def tearDown(self):
        self.program.terminate()
        self.program.wait(20)
        self.program.stdout.close()

    def test_events_come_with_rising_counters(self):
        with Client(self.port) as c:
            self.assertEqual(c.log_in(b"app", b"secret"), 0)
            c.say(STREAM, 3, b"\0\1\0")
            code, body = c.hear()
            self.assertEqual((code, struct.unpack(">II", body[:8])), (STREAM | REPLY, (3, 0)))
            for counter in (1, 2):
                code, body = c.hear()
                self.assertEqual(code, EVENT)
                self.assertIn(struct.pack(">I", counter), body[:16])
                self.assertIn(b"<CallLost>c0a82a03,c0a82a0300000413,1,16</CallLost>", body)
        self.assertRegex(self.program.stdout.readline(), r"^127\.0\.0\.1:\d+: the other end closed")

    def test_wrong_user_and_wrong_password_are_refused(self):
        for user, password in ((b"app", b"wrong"), (b"other", b"secret")):
            with Client(self.port) as c:
                self.assertNotIn(c.log_in(user, password), (0, 1, 2))

    def test_password_is_needed(self):
        environment = {k: v for k, v in os.environ.items() if k != "DEVLINK3_PASSWORD"}
        p = subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, timeout=20)
        self.assertEqual((p.returncode, p.stdout, p.stderr), (1, "", "pbx_listener: set DEVLINK3_PASSWORD\n"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
