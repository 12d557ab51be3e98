#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/winsock.c, run by an emulator of Windows, against a PBX that shares no code with the library and against the
simulator, which runs on this machine. Usage: test_winsock.py EMULATOR WINSOCK DEVLINK3"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TESTS = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "peer"), str(TESTS / "sim")]
from pbx import Pbx, xml_event  # noqa: E402
from sim import Sim  # noqa: E402

EMULATOR, WINSOCK, DEVLINK3 = sys.argv[1:4]
NODE = 0xc0000201
DETAIL = ("<Detail><Call>c0000201,7</Call><PartyA>c000020100000001,1,2,1,2,0,1,0,1,5,106,,,0,0,,,,,,,01555123456,0,0,,</PartyA>"
          "<PartyB>c000020100000002,0,2,1,2,0,0,0,0,8,106,,4001,0,0,,,,,,,,0,0,,</PartyB></Detail>")
LOST = "<CallLost>c0000201,c0000201%08x,1,16</CallLost>"
# What was said and done, without the times, of which arrival over two systems' clocks has a part.
SAME = ("direction", "outcome", "cli", "name", "did", "dialled", "group", "answered_by", "parties", "transfers", "account_code",
        "cause")


def run(port, user, password):
    p = subprocess.run([EMULATOR, WINSOCK, "127.0.0.1", str(port), user], env={**os.environ, "DEVLINK3_PASSWORD": password},
                       capture_output=True, text=True, timeout=120)
    return p.returncode, [json.loads(line) for line in p.stdout.splitlines()], p.stderr


class Winsock(unittest.TestCase):
    def test_a_call_is_told_when_it_is_over(self):
        for split in (0, 7):
            pbx = Pbx(news=[xml_event(NODE, 1, DETAIL), xml_event(NODE, 2, LOST % 1), xml_event(NODE, 3, LOST % 2)], split=split)
            code, calls, err = run(pbx.port, "app", "secret")
            pbx.finish()
            self.assertEqual(code, 0, err)
            self.assertIn("closed", err)
            self.assertEqual([(c["direction"], c["outcome"], c["cli"], c["parties"]) for c in calls],
                             [("incoming", "answered", "01555123456", ["4001"])])

    def test_a_wrong_password_is_said(self):
        pbx = Pbx()
        code, calls, err = run(pbx.port, "app", "guess")
        pbx.finish()
        self.assertEqual((code, calls), (1, []))
        self.assertIn("refused", err)

    def test_nobody_who_listens(self):
        code, calls, err = run(1, "app", "secret")
        self.assertEqual((code, calls), (1, []))
        self.assertIn("no connection to 127.0.0.1, port 1", err)

    def test_the_calls_of_the_simulator(self):
        with tempfile.TemporaryDirectory() as folder:
            truth = pathlib.Path(folder) / "truth"
            with Sim(DEVLINK3, "--listen", "127.0.0.1:0", "--wait", "--quiet", "--nodes", "1", "--seed", "3", "--rate", "30", "--duration", "300",
                     "--speed", "60", "--truth", str(truth)) as sim:
                code, calls, err = run(sim.address.split(":")[1], "devlink3", "devlink3")
                sim.wait()
            self.assertEqual(code, 0, err)
            real = [json.loads(line) for line in truth.read_text().splitlines()]
        self.assertGreater(len(real), 60)
        told = {tuple(sorted(c["ends"])): c for c in calls}
        self.assertEqual(len(told), len(calls))
        for r in real:
            c = told.pop(tuple(sorted(r["ends"])))
            self.assertEqual({n: c[n] for n in SAME}, {n: r[n] for n in SAME})
        self.assertEqual(told, {})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
