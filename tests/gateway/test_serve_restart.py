#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What of calls that are up outlives the gateway. Usage: test_serve_restart.py PROGRAM [CLASS]"""
import glob
import os
import signal
import sqlite3
import sys
import tempfile
import time
import unittest

from gateway import PROGRAM, Gateway
from sim import Sim


def quiet():
    return Sim(PROGRAM, "--listen", "127.0.0.1:0", "--quiet", "--rate", "0", "--control", "127.0.0.1:0")


def ring(sim, call, user="2001"):
    sim.do("incoming", trunk=17, cli="01707123456", to=user, call=call)


def calls_of(g):
    return g.get("/v1/calls").json()["calls"]


def history_of(g):
    return g.get("/v1/history").json()["calls"]


def kill(g):
    """Once the store has what is up now: a second of quiet is ten times what it may take."""
    time.sleep(1)
    g.process.kill()
    g.process.wait()


def stop(g):
    g.process.send_signal(signal.SIGTERM)
    g.process.wait()


def saved_states(state):
    path, = glob.glob(os.path.join(state, "*.sqlite")) or glob.glob(os.path.join(state, "*.db"))
    return sqlite3.connect(path)


def kept_at(state):
    """Of when the calls that are kept as up are."""
    db = saved_states(state)
    times = [ms / 1000 for ms, in db.execute("SELECT time FROM open_calls")]
    db.close()
    return max(times, default=0)


class Restart(unittest.TestCase):
    def up_at_an_end(self, end):
        """A call that is answered before the end goes on behind it, whole but for the mark."""
        with tempfile.TemporaryDirectory() as state, quiet() as sim:
            with Gateway(pbx=sim.address, state=state) as g:
                ring(sim, "c1")
                sim.do("answer", user="2001", call="c1")
                g.until(lambda: any(c["state"] == "connected" for c in calls_of(g)), "connected")
                before, = calls_of(g)
                end(g)
            with Gateway(pbx=sim.address, state=state, wait_up=False) as g:
                g.until(lambda: g.get("/readyz").status == 200, "ready")
                after, = calls_of(g)
                for name in ("id", "started", "answered", "parties", "cli", "answered_by", "state"):
                    self.assertEqual(after[name], before[name], name)
                self.assertTrue(after["incomplete"], "what happened meanwhile is not known")
                user, = [u for u in g.get("/v1/users").json()["users"] if u["extension"] == "2001"]
                self.assertEqual(user["state"], "talking")
                sim.do("hang_up", call="c1")
                g.until(lambda: history_of(g), "history")
                over, = history_of(g)
                self.assertEqual((over["id"], over["started"], over["outcome"]), (before["id"], before["started"], "answered"))
                self.assertGreater(over["talk_s"], 0.9 if end is kill else 0)

    def test_a_call_goes_on_after_a_kill(self):
        self.up_at_an_end(kill)

    def test_a_call_goes_on_after_a_stop(self):
        self.up_at_an_end(stop)

    def test_a_call_that_ended_meanwhile_ended_when_it_was_last_seen(self):
        with tempfile.TemporaryDirectory() as state, quiet() as sim:
            with Gateway(pbx=sim.address, state=state) as g:
                ring(sim, "c1")
                sim.do("answer", user="2001", call="c1")
                g.until(lambda: any(c["state"] == "connected" for c in calls_of(g)), "connected")
                connected = time.time()
                g.until(lambda: kept_at(state) > connected + 0.5, "kept after a while")
                killed = time.time()
                g.process.kill()
                g.process.wait()
            sim.do("hang_up", call="c1")
            time.sleep(1.5)
            with Gateway(pbx=sim.address, state=state) as g:
                self.assertEqual(calls_of(g), [])
                g.until(lambda: history_of(g), "history")
                over, = history_of(g)
                self.assertTrue(over["incomplete"])
                # The state is stored each second at least, and a commit takes its time.
                self.assertLessEqual(over["ended"], killed + 0.2)
                self.assertGreater(over["talk_s"], 0.3)

    def test_figures_of_the_day_go_on(self):
        with tempfile.TemporaryDirectory() as state, quiet() as sim:
            group = sim.ask("GET", "/v1/groups")[1]["groups"][0]["group"]

            def of_group(g):
                return [x for x in g.get("/v1/groups").json()["groups"] if x["group"] == group]
            with Gateway(pbx=sim.address, state=state) as g:
                ring(sim, "c1", user=group)
                g.until(lambda: of_group(g) and of_group(g)[0]["waiting"] == 1, "waiting")
                sim.do("hang_up", call="c1")
                g.until(lambda: of_group(g)[0]["today"]["abandoned"] == 1, "abandoned")
                before, = of_group(g)
                kill(g)
            with Gateway(pbx=sim.address, state=state) as g:
                after, = of_group(g)
                self.assertEqual(after["today"], before["today"])

    def test_an_end_that_is_stored_is_not_told_again(self):
        """The store may have committed a call's end, and not yet the state in which it is gone."""
        with tempfile.TemporaryDirectory() as state, quiet() as sim:
            with Gateway(pbx=sim.address, state=state) as g:
                ring(sim, "c1")
                sim.do("answer", user="2001", call="c1")
                g.until(lambda: any(c["state"] == "connected" for c in calls_of(g)), "connected")
                time.sleep(1)
                db = saved_states(state)
                old, = db.execute("SELECT pbx, state FROM open_calls").fetchall()
                db.close()
                sim.do("hang_up", call="c1")
                g.until(lambda: history_of(g), "history")
                before = history_of(g)
                stop(g)
            self.assertFalse(before[0]["incomplete"])
            db = saved_states(state)
            with db:
                db.execute("UPDATE open_calls SET state = ? WHERE pbx = ?", (old[1], old[0]))
            db.close()
            with Gateway(pbx=sim.address, state=state) as g:
                self.assertEqual(calls_of(g), [])
                with g.stream("kind=call&from=0") as s:
                    ring(sim, "c2")
                    first = s.until(lambda m: m["kind"] == "call")[-1]
                self.assertEqual(first["what"], "began")
                self.assertEqual(history_of(g), before)

    def test_a_call_that_is_up_is_shown_whatever_the_store_has(self):
        with tempfile.TemporaryDirectory() as state, quiet() as sim:
            with Gateway(pbx=sim.address, state=state) as g:
                ring(sim, "c1")
                g.until(lambda: calls_of(g), "a call")
                before, = calls_of(g)
                kill(g)
            db = saved_states(state)
            with db:
                db.execute("INSERT INTO calls (pbx, id, started, incomplete, terms) VALUES (?, ?, ?, 0, '')",
                           (before["pbx"], before["id"], round(before["started"] * 1000)))
            db.close()
            with Gateway(pbx=sim.address, state=state) as g:
                self.assertEqual([c["id"] for c in calls_of(g)], [before["id"]])

    def test_a_state_that_is_damaged_is_said_and_passed_over(self):
        with tempfile.TemporaryDirectory() as state, quiet() as sim:
            with Gateway(pbx=sim.address, state=state) as g:
                ring(sim, "c1")
                g.until(lambda: calls_of(g), "a call")
                kill(g)
            db = saved_states(state)
            with db:
                db.execute("UPDATE open_calls SET state = X'00112233'")
            db.close()
            with Gateway(pbx=sim.address, state=state) as g:
                self.assertIn("cannot be taken up again", g.said())
                call, = calls_of(g)
                self.assertTrue(call["incomplete"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
