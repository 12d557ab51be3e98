#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/first.c and examples/epoll.c, against a PBX that shares no code with the library. Usage: test_clients.py FIRST EPOLL"""
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "peer"))
from pbx import Pbx, xml_event  # noqa: E402

FIRST, EPOLL = sys.argv[1:3]
NODE = 0xc0000201
LOST = "<CallLost>c0000201,c0000201%08x,1,16</CallLost>"
DETAIL = ("<Detail><Call>c0000201,7</Call><PartyA>c000020100000001,1,19,1,2,0,1,0,1,5,106,,,0,0,,,,,,,01555123456,0,0,,</PartyA>"
          "<PartyB>c000020100000002,0,1,0,2,0,0,0,0,8,106,,4001,0,0,,,,,,,,0,0,,</PartyB></Detail>")


def environment(password="secret"):
    return {**os.environ, "DEVLINK3_PASSWORD": password}


class Clients(unittest.TestCase):
    def test_first_prints_who_calls_whom(self):
        pbx = Pbx(snapshot=[xml_event(NODE, 1, LOST % 1)], news=[xml_event(NODE, 2, DETAIL)])
        with subprocess.Popen(["stdbuf", "-oL", FIRST, f"devlink3://app@127.0.0.1:{pbx.port}"], env=environment(),
                              stdout=subprocess.PIPE, text=True) as p:
            self.assertEqual(p.stdout.readline(), "01555123456 calls 4001\n")
            p.terminate()
        pbx.finish()

    def test_first_says_what_is_wrong_with_a_url(self):
        p = subprocess.run([FIRST, "http://127.0.0.1"], env=environment(), capture_output=True, text=True, timeout=20)
        self.assertEqual((p.returncode, p.stdout), (1, ""))
        self.assertIn("devlink3://", p.stderr)

    def epoll(self, pbx, password="secret"):
        p = subprocess.run([EPOLL, "127.0.0.1", str(pbx.port), "app"], env=environment(password), capture_output=True, text=True,
                           timeout=60)
        pbx.finish()
        return p.returncode, p.stdout.splitlines(), p.stderr

    def test_epoll_shows_the_stream_whole_and_in_pieces(self):
        for split in (0, 1, 4099):
            long = LOST % 3 + " " * 60000
            pbx = Pbx(snapshot=[xml_event(NODE, 1, LOST % 1)], news=[xml_event(NODE, 2, LOST % 2), xml_event(NODE, 3, long)], split=split)
            code, lines, err = self.epoll(pbx)
            self.assertEqual((code, err), (0, "the PBX closed the connection\n"))
            self.assertEqual([line.split()[0] for line in lines], ["1", "that", "2", "3"])

    def test_epoll_is_refused_with_a_wrong_password(self):
        code, lines, err = self.epoll(Pbx(), "guess")
        self.assertEqual((code, lines), (1, []))
        self.assertIn("success of the authentication", err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
