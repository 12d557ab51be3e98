#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 ping`. Usage: test_ping.py PROGRAM [CLASS]"""
import signal
import sys
import unittest

from tool import PROGRAM, TIMEOUT, Terminal, lines, run, start
from bad_pbx import BadPbx
from sim import Sim


def answers(change=lambda n, payload: payload):
    """A PBX that answers test packets; `change` gets the packet's number and what it carries, and gives
    what is returned; None for no answer."""
    def manner(c):
        n = 0
        while True:
            request, payload = c.test()
            n += 1
            back = change(n, payload)
            if back is not None:
                c.answer(request, back)
    return manner


class Ping(unittest.TestCase):
    def ping(self, manner, *options, json=True):
        with BadPbx(manner) as pbx:
            code, out, err = run("ping", pbx.url(user=None), "-i", "0.01", *options, *(() if json else ("--text",)))
        return code, lines(out) if json else out, err

    def test_all_come_back(self):
        code, got, err = self.ping(answers(), "-c", "20", "-s", "100")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([g["seq"] for g in got[:-1]], list(range(1, 21)))
        self.assertEqual({g["octets"] for g in got[:-1]}, {100})
        s = got[-1]["summary"]
        self.assertEqual((s["sent"], s["received"], s["lost"], s["loss_percent"]), (20, 20, 0, 0))
        times = sorted(g["time_ms"] for g in got[:-1])
        self.assertEqual((s["min_ms"], s["max_ms"], s["p50_ms"], s["p90_ms"], s["p99_ms"]),
                         (times[0], times[-1], times[9], times[17], times[19]))
        self.assertAlmostEqual(s["avg_ms"], sum(times) / 20, places=2)
        mean = sum(times) / 20
        self.assertAlmostEqual(s["mdev_ms"], (sum(t * t for t in times) / 20 - mean * mean) ** 0.5, places=1)

    def test_text(self):
        code, out, err = self.ping(answers(), "-c", "2", json=False)
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^56 octets from 127\.0\.0\.1:\d+: seq=1 time=\d+\.\d{3} ms\n56 octets from .* seq=2 .*\n"
                              r"--- 127\.0\.0\.1:\d+ ---\n2 sent, 2 received, 0 % lost\nmin/avg/max/mdev [\d./]+ ms, p50/p90/p99 [\d./]+ ms\n$")

    def test_no_user_is_needed_and_one_that_is_there_does_not_log_in(self):
        with BadPbx(answers()) as pbx:
            self.assertEqual(run("ping", pbx.url(user="app"), "-c", "1", password=None)[0], 0)

    def test_every_size_comes_back(self):
        for size in ("0", "1", "7", "8", "9", "1000"):
            self.assertEqual(self.ping(answers(), "-c", "2", "-s", size)[0], 0, size)

    def test_packets_differ(self):
        seen = []
        self.ping(answers(lambda n, p: seen.append(p) or p), "-c", "3", "-s", "64")
        self.assertEqual(len(set(seen)), 3)

    def test_what_does_not_come_is_lost(self):
        code, got, err = self.ping(answers(lambda n, p: None if n == 2 else p), "-c", "3", "--timeout", "1")
        self.assertEqual((code, err), (1, ""))
        self.assertEqual([g["seq"] for g in got if g.get("lost")], [2])
        s = got[-1]["summary"]
        self.assertEqual((s["sent"], s["received"], s["lost"]), (3, 2, 1))

    def test_none_comes_and_there_are_no_times(self):
        code, out, err = self.ping(answers(lambda n, p: None), "-c", "2", "--timeout", "0.1", json=False)
        self.assertEqual(code, 1)
        self.assertIn("seq=1 lost", out)
        self.assertIn("2 sent, 0 received, 100 % lost\n", out)
        self.assertNotIn("min/avg", out)

    def test_an_answer_behind_the_time_is_late(self):
        def manner(c):
            first, payload = c.test()
            second, other = c.test()
            for request, more in iter(c.test, None):  # they go on until the first are given up
                if more[:8] == (39).to_bytes(8, "big"):
                    c.answer(first, payload)
                    c.answer(second, other)
                c.answer(request, more)
        code, got, err = self.ping(manner, "-c", "40", "-i", "0.05", "--timeout", "1")
        self.assertEqual(code, 1)
        self.assertEqual([g["seq"] for g in got if g.get("lost")], [1, 2])
        self.assertEqual([g["seq"] for g in got if g.get("late")], [1, 2])
        s = got[-1]["summary"]
        self.assertEqual((s["sent"], s["received"], s["lost"], s["late"]), (40, 38, 2, 2))

    def test_other_octets_another_length_and_a_second_answer_are_wrong(self):
        for change, says in ((lambda n, p: b"x" + p[1:], "other octets"), (lambda n, p: p[:-1], "another length")):
            code, got, err = self.ping(answers(change), "-c", "1")
            self.assertEqual(code, 1)
            self.assertIn(says, got[0]["wrong"])

    def test_answers_twice_and_with_another_id(self):
        def twice(c):
            request, payload = c.test()
            c.answer(request, payload)
            c.answer(request, payload)
            request, payload = c.test()
            c.answer(request, payload)

        def other(c):
            request, payload = c.test()
            c.answer(request + 1000, payload)
            c.wait_for_the_end()
        code, got, err = self.ping(twice, "-c", "2")
        self.assertEqual((code, [g["wrong"] for g in got if "wrong" in g]), (1, ["an answer came that was not asked for, or a second one"]))
        code, got, err = self.ping(other, "-c", "1", "--timeout", "0.2")
        self.assertEqual(code, 1)
        self.assertEqual(got[-1]["summary"]["received"], 0)

    def test_the_pbx_closes(self):
        code, got, err = self.ping(lambda c: c.answer(*c.test()), "-c", "9")
        self.assertEqual(code, 1)
        self.assertIn("closed", err)
        self.assertEqual(got[-1]["summary"]["received"], 1)

    def test_interrupted_it_sums_up_and_what_is_on_its_way_is_not_lost(self):
        with BadPbx(answers(lambda n, p: None if n == 3 else p)) as pbx:
            p = start("ping", pbx.url(user=None), "-i", "0.2")
            for _ in range(2):
                p.stdout.readline()
            p.send_signal(signal.SIGINT)
            out, err = p.communicate(timeout=TIMEOUT)
        s = lines(out.decode())[-1]["summary"]
        self.assertEqual((p.returncode, s["sent"], s["received"]), (0, 2, 2))

    def test_on_a_terminal_it_is_text(self):
        with BadPbx(answers()) as pbx:
            t = Terminal("ping", pbx.url(user=None), "-c", "1", password=None)
            out = t.end()
        self.assertEqual(t.code, 0)
        self.assertIn("seq=1 time=", out)

    def test_against_the_simulator(self):
        with Sim(PROGRAM, "--rate", "0", "--listen", "127.0.0.1:0", "--quiet") as sim:
            code, out, err = run("ping", f"devlink3://{sim.address}", "-c", "50", "-i", "0.001", "-s", "1000", password=None)
        self.assertEqual((code, err, lines(out)[-1]["summary"]["received"]), (0, "", 50))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
