#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is made of a simulated PBX's stream under -CD2, against the truth that the simulator writes. Delta2 says less than
Delta3: what it does not say has to be null, what it does say has to be right.
usage: test_calls_delta2.py DEVLINK3 [TEST...]
       test_calls_delta2.py DEVLINK3 --long [CALLS]    many calls, and the table of what was compared"""
import bisect
import collections
import json
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from test_calls_truth import EXAMPLES, PROGRAM, connected_at_first, environment, options, read_lines, simulator, url

FLAGS = ["--flags", "-CD2 -SIPTrack"]
UNIT = ["--delta2-unit", "100"]  # the simulator's PBX counts tenths of a second here as well
TOLERANCE = 0.3001  # seconds: two that are cut, and the time between records at the speed of the test
SAME = ("direction", "did", "dialled", "group", "answered_by", "parties", "transfers", "account_code", "tag", "nodes")
UNTOLD = {"voicemail_s": None, "cause": None, "end_party": None, "rejected_by": []}
OUTCOMES = {"failed": "abandoned", "rejected": "abandoned"}  # which only a cause or an AttemptReject would tell


def whole(end):
    """The identifier that Delta3 has for an end: the simulator numbers the ends of a node in one row."""
    node, local = end.split(":")
    line, number, _ = local.split(".")
    return f"{'elsewhere' if int(line) > 100 else node}{int(number):08x}"  # lines to other systems are beyond 100


class Comparison:
    def __init__(self):
        self.calls, self.missing, self.invented = 0, [], []
        self.compared, self.different, self.kinds = collections.Counter(), collections.defaultdict(list), collections.Counter()

    def differences(self, told, real, times):
        for name in SAME:
            yield name, told[name] == real[name], told[name], real[name]
        for name, value in UNTOLD.items():
            yield name, told[name] == value, told[name], value
        outcome = OUTCOMES.get(real["outcome"], real["outcome"])
        yield "outcome", told["outcome"] == outcome, told["outcome"], outcome
        # Rung and answered in one tenth: the truth cannot say whether that was one record or two.
        either = real["outcome"] == "answered" and real["answered"] == real["started"]
        yield "incomplete", told["incomplete"] == connected_at_first(real) or either, told["incomplete"], connected_at_first(real)
        outside = real["direction"] in ("incoming", "tandem")
        cli, name = real["cli"] or "", real["name"]
        # A line's number has the prefix with which it can be dialled, and no name; a comma would end a name's field.
        yield "cli", (told["cli"] or "").endswith(cli) and (outside or told["cli"] == cli), told["cli"], cli
        yield "name", told["name"] == (None if outside or not name else name.replace(",", " ")), told["name"], name
        yield "ends", sorted(map(whole, told["ends"])) == sorted(real["ends"]), told["ends"], real["ends"]
        segments = [[s["party"] for s in r["segments"]] for r in (told, real)]
        yield "segments", segments[0] == segments[1], *segments
        yield from self.times(told, real, times)

    def times(self, told, real, times):
        taken = real["outcome"] in ("answered", "voicemail")
        answered = [None if r["answered"] is None else r["answered"] - r["started"] for r in (told, real)]
        yield "answered", answered == [None, None] or None not in answered and abs(answered[0] - answered[1]) < TOLERANCE, *answered
        # D has no time: it came after all that had come before. What lasts until then may be as much too short.
        before = bisect.bisect_left(times, real["ended"] - 0.05)
        slack = real["ended"] - (times[before - 1] if before > 0 else 0)
        for name, whole in (("ring_s", taken), ("queue_s", real["outcome"] == "answered"), ("hold_s", False), ("duration_s", False), ("talk_s", False)):
            low = real[name] - TOLERANCE - (0 if whole else slack)
            yield name, low < told[name] < real[name] + TOLERANCE, told[name], real[name]

    def all(self, told, truth, times):
        told_by_id, real_by_id = {whole(r["id"]): r for r in told}, {r["id"]: r for r in truth}
        self.calls += len(truth)
        self.missing += [i for i in real_by_id if i not in told_by_id]
        self.invented += [i for i in told_by_id if i not in real_by_id]
        if len(told_by_id) != len(told):
            self.invented.append(f"{len(told) - len(told_by_id)} twice")
        for i in real_by_id.keys() & told_by_id.keys():
            real = real_by_id[i]
            for kind in ("direction", "outcome"):
                self.kinds[real[kind]] += 1
            for kind in ("transfers", "group", "hold_s", "queue_s", "account_code"):
                self.kinds[f"with {kind}"] += bool(real[kind])
            for name, same, *values in self.differences(told_by_id[i], real, times):
                self.compared[name] += 1
                if not same:
                    self.different[name].append((i, *values))

    def wrong(self):
        return bool(self.missing or self.invented or any(self.different.values()))

    def table(self):
        lines = [f"{self.calls} calls, {len(self.missing)} missing, {len(self.invented)} invented", "", f"{'field':<14}{'compared':>10}{'different':>11}"]
        lines += [f"{name:<14}{n:>10}{len(self.different[name]):>11}" for name, n in sorted(self.compared.items())]
        lines += ["", ", ".join(f"{n} {kind}" for kind, n in sorted(self.kinds.items()))]
        lines += [f"{name}: {i} told {told!r}, real {real!r}" for name, all in self.different.items() for i, told, real in all[:3]]
        return "\n".join(lines + [f"missing {self.missing[:3]}, invented {self.invented[:3]}"] if self.wrong() else lines)


def times_of(records):
    """When the records were made that say so."""
    return sorted(r["record"]["timestamp"] / 10 for r in records if r.get("record", {}).get("kind") == "delta2_s")


def record(seed, d, words, *more, nodes=1, timeout=300):
    """`watch` or `record` of a run, until the PBX closes the connection. @return the file."""
    recording, to_file = f"{d}/recording", words[0] == "record"
    with simulator(seed, f"{d}/truth", "--nodes", str(nodes), *more) as s, open(recording, "wb") as out:
        done = subprocess.run([PROGRAM, *words, "--no-retry", *FLAGS, url(s.address)] + ([recording] if to_file else []),
                              stdout=subprocess.DEVNULL if to_file else out, stderr=subprocess.PIPE, env=environment(), timeout=timeout)
        assert s.wait() == 0, done.stderr
    return recording


def calls_in(path, *more):
    done = subprocess.run([PROGRAM, "calls", "--json", *more, path], capture_output=True, timeout=60)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def compare(c, seed, *more):
    with tempfile.TemporaryDirectory() as d:
        recording = record(seed, d, ["watch", "--json"], *more)
        code, told, errors = calls_in(recording, *UNIT)
        assert (code, errors) == (0, ""), errors
        c.all(told, read_lines(f"{d}/truth"), times_of(read_lines(recording)))


class Truth(unittest.TestCase):
    def check(self, seeds, calls, rate, *more):
        c = Comparison()
        for seed in seeds:
            compare(c, seed, *options(calls, rate), *more)
        self.assertGreater(c.calls, len(seeds) * calls * 0.6)
        self.assertFalse(c.wrong(), c.table())
        return c

    def test_a_company(self):
        c = self.check((1, 2), 400, 12)
        for kind in ("incoming", "outgoing", "internal", "answered", "voicemail", "failed", "abandoned", "rejected", "with transfers",
                     "with group", "with hold_s", "with queue_s", "with account_code"):
            self.assertGreater(c.kinds[kind], 0, kind)

    def test_more_calls_than_people(self):
        self.check((3,), 400, 90)

    def test_one_of_two_systems(self):
        """Without -SCN: of the calls that pass no other system everything is told."""
        with tempfile.TemporaryDirectory() as d:
            records = record(6, d, ["watch", "--json"], *options(400, 12), nodes=2)
            code, told, errors = calls_in(records, "--open", *UNIT)
            self.assertEqual((code, errors), (0, ""))
            self.assertFalse([r for r in told if "state" in r])
            here = [r for r in read_lines(f"{d}/truth") if r["nodes"] == ["c0a82a01"]]
            ids = {r["id"] for r in here}
            self.assertGreater(len(told), len(ids))
            c = Comparison()
            c.all([r for r in told if whole(r["id"]) in ids], here, times_of(read_lines(records)))
        self.assertGreater(c.calls, 80)
        self.assertFalse(c.wrong(), c.table())

    def test_live(self):
        with tempfile.TemporaryDirectory() as d:
            record(4, d, ["watch", "--calls", *UNIT], *options(200, 20))
            c = Comparison()
            c.all(read_lines(f"{d}/recording"), read_lines(f"{d}/truth"), [])
        self.assertFalse(c.wrong(), c.table())

    def test_what_was_recorded(self):
        """The same of a capture and of lines with the text of the records."""
        for words in (["record", "--force"], ["watch", "--json", "--raw"]):
            with tempfile.TemporaryDirectory() as d:
                code, told, errors = calls_in(record(5, d, words, *options(100, 20)), *UNIT)
                self.assertEqual((code, errors), (0, ""), words)
                c = Comparison()
                c.all(told, read_lines(f"{d}/truth"), [])
            self.assertFalse(c.wrong(), f"{words}\n{c.table()}")

    def test_scenarios_of_one_system(self):
        c = Comparison()
        for path in sorted(EXAMPLES.glob("scenarios/*.yaml")):
            with tempfile.TemporaryDirectory() as d:
                self.scenario(c, path, d)
        self.assertGreater(c.calls, 8)
        self.assertFalse(c.wrong(), c.table())

    def scenario(self, c, path, d):
        with simulator(1, f"{d}/truth", EXAMPLES / "worlds/scenarios.yaml", "--scenario", path, "--speed", "200") as s, \
                open(f"{d}/records", "wb") as out:
            subprocess.run([PROGRAM, "watch", "--json", "--no-retry", *FLAGS, url(s.address)], stdout=out, stderr=subprocess.DEVNULL,
                           env=environment(), timeout=60)
            self.assertEqual(s.wait(), 0)
        truth = read_lines(f"{d}/truth")
        if all(len(r["nodes"]) == 1 for r in truth):
            c.all(calls_in(f"{d}/records", *UNIT)[1], truth, times_of(read_lines(f"{d}/records")))


class Faults(unittest.TestCase):
    """What is not marked has to be as it was, and nothing may be invented."""

    def run_one(self, seed, speed, faults, calls=200, rate=60):
        words = [w for f in faults for w in ("--fault", f)]
        with tempfile.TemporaryDirectory() as d:
            with simulator(seed, f"{d}/truth", "--nodes", "1", *options(calls, rate, speed), *words) as s, open(f"{d}/records", "wb") as out:
                w = subprocess.Popen([PROGRAM, "watch", "--json", "--timeout", "3", *FLAGS, url(s.address)], stdout=out,
                                     stderr=subprocess.PIPE, env=environment())
                self.assertEqual(s.wait(120), 0)
                time.sleep(0.2)
                w.send_signal(signal.SIGTERM)  # a background shell has SIGINT ignored
                w.communicate(timeout=20)
            told = calls_in(f"{d}/records", "--open", *UNIT)[1]
            return told, read_lines(f"{d}/truth"), read_lines(f"{d}/records")

    def judge(self, told, truth):
        """@return how many were whole, and how many marked."""
        owner = {end: r for r in truth for end in r["ends"]}
        found = collections.defaultdict(list)
        for t in told:
            owners = {owner[whole(end)]["id"] for end in t["ends"] if whole(end) in owner}
            self.assertEqual(len(owners), 1, t)
            found[owners.pop()].append(t)
        real_by_id = {r["id"]: r for r in truth}
        for i, all_told in found.items():
            real, marked = real_by_id[i], [t["incomplete"] for t in all_told]
            self.assertTrue(all(marked) if len(all_told) > 1 else True, all_told)
            for t in all_told:
                if t["incomplete"]:
                    continue
                self.assertEqual([t[n] for n in ("direction", "answered_by", "parties", "transfers", "group", "dialled")],
                                 [real[n] for n in ("direction", "answered_by", "parties", "transfers", "group", "dialled")])
                self.assertEqual(t["outcome"], OUTCOMES.get(real["outcome"], real["outcome"]))
        return sum(not t["incomplete"] for t in told), sum(t["incomplete"] for t in told)

    def test_events_lost(self):
        told, truth, _ = self.run_one(1, 500, ["gap=1,events=3"])
        good, marked = self.judge(told, truth)
        self.assertGreater(good, 20)
        self.assertGreater(marked, 5)

    def test_events_twice(self):
        told, truth, records = self.run_one(2, 500, ["duplicate=5"])
        c = Comparison()
        c.all(told, truth, times_of(records))
        self.assertFalse(c.wrong(), c.table())

    def test_connections_lost(self):
        told, truth, records = self.run_one(3, 30, ["reset=0.2", "close=0.2"], calls=150)
        self.assertGreater(sum("snapshot_end" in r for r in records), 1)
        good, marked = self.judge(told, truth)
        self.assertGreater(good, 10)
        self.assertGreater(marked, 5)


def long_run(calls):
    c, seed = Comparison(), 100
    while c.calls < calls:
        seed += 1
        compare(c, seed, *options(8000, 100), "--users", "200", "--trunks", "6")
    print(f"{seed - 100} seeds: {c.table()}\n")
    return not c.wrong()


if __name__ == "__main__":
    if sys.argv[2:3] == ["--long"]:
        sys.exit(0 if long_run(int(sys.argv[3]) if sys.argv[3:] else 10000) else 1)
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
