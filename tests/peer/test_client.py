#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/client.c against a PBX that shares no code with it. Usage: test_client.py PROGRAM"""
import json
import os
import socket
import subprocess
import sys
import unittest

from pbx import Pbx, frame, words, xml_event

PROGRAM = sys.argv[1]
NODE = 0xc0000201
LOST = "<CallLost>c0000201,c0000201%08x,1,16</CallLost>"


def client(port, password="secret", user="app"):
    env = {**os.environ, "DEVLINK3_PASSWORD": password}
    p = subprocess.run([PROGRAM, "127.0.0.1", str(port), user], env=env, capture_output=True, timeout=60)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def calls(first, n):
    return [xml_event(NODE, i, LOST % i) for i in range(first, first + n)]


class Client(unittest.TestCase):
    def run_against(self, password="secret", user="app", **pbx):
        pbx = Pbx(**pbx)
        try:
            return (*client(pbx.port, password, user), pbx)
        finally:
            pbx.finish()

    def check_stream(self, **pbx):
        long = "<Detail><Call>c0000201,1</Call><PartyA>c000020100000009,%s</PartyA></Detail>"
        news = [*calls(4, 3), frame(words(0x10300011, NODE, 7)), xml_event(NODE, 8, long % ("," * 60000)),
                xml_event(NODE, 9, LOST % 9)]
        code, out, err, pbx = self.run_against(snapshot=calls(1, 3), news=news, **pbx)
        records = [json.loads(line) for line in out.splitlines()]
        ends = [r["end"] for r in records if r["kind"] == "call_lost"]
        self.assertEqual(ends, ["c0000201%08x" % i for i in (1, 2, 3, 4, 5, 6, 9)])
        self.assertEqual([r["kind"] for r in records].index("detail"), 6)
        self.assertEqual({r.get("cause", "normal") for r in records}, {"normal"})
        self.assertEqual(set(pbx.asked.split()), {"-SIPTrack", "-CMExtn"})
        self.assertEqual(code, 0, err)
        self.assertRegex(err, "^closed: ")

    def test_a_stream(self):
        self.check_stream()

    def test_a_stream_in_pieces(self):
        self.check_stream(split=1)
        self.check_stream(split=4099)

    def test_an_end_inside_a_frame(self):
        code, out, err, _ = self.run_against(snapshot=calls(1, 1), news=calls(2, 1), tail=b"I\0\x20\x10\x30")
        self.assertEqual(len(out.splitlines()), 2)
        self.assertEqual(code, 1)
        self.assertRegex(err, "truncated frame: .*rest of a frame")

    def test_a_wrong_password(self):
        code, out, err, _ = self.run_against(password="guess")
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err, "^refused: ")

    def test_a_user_who_does_not_exist(self):
        code, out, err, _ = self.run_against(user="nobody")
        self.assertEqual((code, out), (1, ""))

    def test_no_framing(self):
        code, out, err, _ = self.run_against(snapshot=[b"HTTP/1.1 200 OK\r\n"])
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err, "^discriminator: ")

    def test_nobody_listens(self):
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            code, out, err = client(deaf.getsockname()[1])
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err, "no connection")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
