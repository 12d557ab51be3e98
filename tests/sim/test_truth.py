#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The truth that `devlink3 sim` writes against what its nodes tell: a small follower of calls, which knows
nothing but the stream, must come to the same calls. usage: test_truth.py DEVLINK3 [TEST...]"""
import csv
import json
import re
import sys
import tempfile
import unittest

from sim import Sim
from wire import Client, Gone

PROGRAM = sys.argv[1]
CONFERENCE, VOICEMAIL, PARK = "17", "12", "16"


def fields(text, name):
    m = re.search(f"<{name}>(.*?)</{name}>", text, re.S)
    return m and next(csv.reader([m[1]]))


class Call:
    def __init__(self, order):
        self.order, self.into, self.ends, self.live = order, None, [], set()
        self.a_public, self.b_public, self.partner = None, False, False
        self.rang = self.queued = None
        self.pairs, self.losses = [], {}


class Follower:
    """Details that share an end are one call; it is over when its last end is lost."""

    def __init__(self):
        self.calls, self.ends, self.records, self.classes = 0, {}, {}, {}

    @staticmethod
    def root(call):
        while call.into:
            call = call.into
        return call

    def call_of(self, parties):
        known = {self.root(self.ends[p[0]]) for p in parties if p[0] in self.ends}
        if not known:
            self.calls += 1
            return Call(self.calls)
        first, *others = sorted(known, key=lambda c: c.order)
        for o in others:
            self.absorb(first, o)
        return first

    @staticmethod
    def absorb(call, other):
        other.into = call
        call.ends += other.ends
        call.live |= other.live
        call.b_public |= other.b_public or other.a_public
        call.partner |= other.partner
        call.pairs = sorted(call.pairs + other.pairs, key=lambda p: p[0])
        call.losses.update(other.losses)
        for name in ("rang", "queued"):
            times = [t for t in (getattr(call, name), getattr(other, name)) if t is not None]
            setattr(call, name, min(times, default=None))

    def detail(self, text):
        row, a, b = fields(text, "Call"), fields(text, "PartyA"), fields(text, "PartyB")
        targets = [x.split(",") for x in re.findall("<Target>(.*?)</Target>", text)]
        parties, now = [p for p in (a, b) if p], int(row[14])
        call = self.call_of(parties)
        if call.a_public is None:
            call.a_public = a[6] == "1"
        for p in parties:
            self.ends[p[0]] = call
            call.live.add(p[0])
            if p[0] not in call.ends:
                call.ends.append(p[0])
            if p[5] == "0":  # only its own node knows what it is
                self.classes[p[0]] = p[9]
        call.b_public |= bool(b) and b[6] == "1" or any(t[2] == "1" for t in targets)
        if (b or targets) and call.rang is None:
            call.rang = now
        if row[13] and call.queued is None:
            call.queued = now
        call.partner |= bool(b or targets or row[13])
        if b and a[2] == b[2] == "2":
            call.pairs.append((now, a, b))

    def lost(self, row):
        call = self.root(self.ends[row[1]])
        call.live.discard(row[1])
        call.losses[row[1]] = int(row[4])
        if not call.live and call.partner:
            self.records[call.ends[0]] = self.record(call)

    def record(self, call):
        answered = voicemail = None
        parties = []
        for now, a, b in call.pairs:
            kind = self.classes.get(b[0])
            if kind == VOICEMAIL and voicemail is None:
                voicemail = now
            if kind in (VOICEMAIL, PARK):
                continue
            if kind != CONFERENCE and answered is None:
                answered = now
            if answered is not None:
                parties += [p[12] for p in (a, b) if p[12] and p[12] not in parties]
        end = max(call.losses.values())
        waited = (answered if answered is not None else end) - call.queued if call.queued is not None else 0
        stop = next(t for t in (answered, voicemail, end) if t is not None)
        outside = call.a_public, call.b_public
        return {
            "ends": sorted(call.ends), "parties": sorted(parties), "answered": answered, "ended": end,
            "ring_s": stop - call.rang if call.rang is not None else 0,
            "queue_s": max(waited, 0),  # who waits behind a transfer was answered before
            "direction": {(True, True): "tandem", (True, False): "incoming", (False, True): "outgoing"}.get(outside, "internal"),
        }

    def take(self, text):
        if text.startswith("<Detail>"):
            self.detail(text)
        elif text.startswith("<CallLost>"):
            self.lost(fields(text, "CallLost"))


def tenths(value):
    return None if value is None else round(value * 10)


class Truth(unittest.TestCase):
    def follow(self, seed, calls, rate, *options):
        """@return what the stream says and what the simulator says of the same calls."""
        follower = Follower()
        with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as f:
            s = Sim(PROGRAM, "--listen", "127.0.0.1:0", "--wait", "--seed", str(seed), "--rate", str(rate), "--speed", "1000",
                    "--calls", str(calls), "--duration", str(calls * 60 / rate + 60), "--truth", f.name, *options)
            with s, Client(s.address) as c:
                self.assertEqual((c.login(), c.stream("-SCN")[0]), (0, 0))
                try:
                    while True:
                        c.read()
                        for e in c.events:
                            follower.take(e.text)
                        c.events.clear()
                except Gone:
                    pass
                self.assertEqual(s.wait(), 0)
            truth = {r["id"]: r for r in map(json.loads, f)}
        return follower.records, truth

    def compare(self, told, truth):
        self.assertEqual(set(told), set(truth))
        for key, record in told.items():
            real = truth[key]
            expected = {"ends": sorted(real["ends"]), "parties": sorted(real["parties"]), "direction": real["direction"],
                        **{k: tenths(real[k]) for k in ("answered", "ended", "ring_s", "queue_s")}}
            self.assertEqual(record, expected, real)
        self.assertTrue(any(r["transfers"] for r in truth.values()))
        self.assertTrue(any(r["hold_s"] for r in truth.values()))

    def test_a_company_of_two_systems(self):
        for seed in (1, 2):
            told, truth = self.follow(seed, 600, 12)
            self.assertGreater(len(truth), 500)
            self.compare(told, truth)

    def test_more_calls_than_people(self):
        told, truth = self.follow(3, 600, 90)
        self.compare(told, truth)

    def test_five_systems(self):
        told, truth = self.follow(4, 600, 20, "--nodes", "5", "--users", "60")
        self.assertTrue(any(len(r["nodes"]) > 2 for r in truth.values()))
        self.compare(told, truth)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
