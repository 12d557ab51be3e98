#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 watch` through each fault of the simulator. What it delivered is what happened, or the hole is told.
usage: test_link_faults.py DEVLINK3 [TEST...]
       test_link_faults.py DEVLINK3 --hour [KIND...]    an hour of simulated time for each fault, and the table"""
import socket
import subprocess
import sys
import time
import unittest

import fault_hour
from fault_hour import KINDS, Account, Process, Run, whole_story

PROGRAM = sys.argv[1]
SEED, SPEED, SECONDS = 7, 60, 240


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.story = whole_story(PROGRAM, SEED, 500, SECONDS)
        assert len(cls.story) > 200, len(cls.story)

    def check(self, *kinds, speed=SPEED, faults=None):
        accounts = []
        for kind in kinds:
            run = Run(PROGRAM, SEED, speed, SECONDS, faults or KINDS[kind])
            account = Account(self.story, run.lines, SECONDS)
            self.assertEqual(account.wrong, [], kind)
            self.assertGreater(account.delivered, 50, kind)
            accounts.append(account)
        return accounts

    def test_without_faults_everything_comes(self):
        account, = self.check("nothing")
        self.assertEqual((account.delivered, account.missing), (len(self.story), 0))

    def test_connections_that_break(self):
        accounts = self.check("reset", "cut", "garbage")
        self.assertGreater(sum(account.connections for account in accounts), 3)

    def test_what_is_only_slow_loses_nothing(self):
        for account in self.check("delay", "pieces"):
            self.assertEqual((account.delivered, account.missing), (len(self.story), 0))

    def test_events_that_are_lost_are_counted(self):
        account, = self.check("gap", speed=500, faults=["gap=6,events=3"])
        self.assertGreater(account.missing, 0)
        self.assertGreaterEqual(account.reported, account.missing)

    def test_counters_that_jump_and_events_that_come_twice(self):
        for account in self.check("skip", speed=500, faults=["skip=6,events=2"]) + self.check("duplicate", speed=500, faults=["duplicate=6"]):
            self.assertEqual((account.delivered, account.missing), (len(self.story), 0))

    def test_a_pbx_that_restarts(self):
        run = Run(PROGRAM, SEED, SPEED, 600, ["reboot=1,ms=10000"])
        account = Account([], run.lines, 600)
        self.assertEqual(account.wrong, [])
        self.assertGreater(account.connections, 1)

    def test_everything_at_once(self):
        account, = self.check("everything", faults=["reset=0.3", "garbage=0.2", "stall=0.3,ms=500", "gap=4", "duplicate=4", "malformed=4"])
        self.assertGreater(account.reported, 0)


class Down(unittest.TestCase):
    """While there is nothing to do next to nothing is done. The limit is far above what it takes and far below what a loop
    that does not wait would take."""

    def cost(self, port, seconds=4):
        p = subprocess.Popen([PROGRAM, "watch", "--json", "--timeout", "1", f"devlink3://app@127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, env={**__import__("os").environ, "DEVLINK3_PASSWORD": "x"})
        try:
            time.sleep(1)
            before = Process(p.pid).cpu()
            time.sleep(seconds)
            return Process(p.pid).cpu() - before
        finally:
            p.terminate()
            p.wait(20)

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        self.assertLess(self.cost(port), 1)

    def test_nobody_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            self.assertLess(self.cost(s.getsockname()[1]), 1)


def hour(kinds):
    """@return whether all is accounted for."""
    story, good = whole_story(PROGRAM, SEED, 500, 3600), True
    print(fault_hour.HEADER)
    for kind in kinds or KINDS:
        run = Run(PROGRAM, SEED, SPEED, 3600, KINDS[kind])
        account = Account([] if kind == "reboot" else story, run.lines, 3600)
        print(account.row(kind, run), flush=True)
        for wrong in account.wrong[:5]:
            print("   ", *wrong)
        if run.growth() > 2048:
            print(f"    memory grew by {run.growth()} KiB")
        good = good and not account.wrong and run.growth() <= 2048
    return good


if __name__ == "__main__":
    if sys.argv[2:3] == ["--hour"]:
        sys.exit(0 if hour(sys.argv[3:]) else 1)
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
