#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `devlink3 watch --calls` and `devlink3 calls` make of a simulated PBX's stream, against the truth that the
simulator writes, which is worked out from what happened and never from what was told.
usage: test_calls_truth.py DEVLINK3 [TEST...]
       test_calls_truth.py DEVLINK3 --long [CALLS]    many calls on three systems, and the table of what was compared"""
import collections
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from sim import Sim

PROGRAM = sys.argv[1]
EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
# What a gap can take away without a trace: the first records of a call, and all that one node told of it.
HAS_BEGINNING = {"duration_s", "ring_s", "queue_s", "answered", "ended", "nodes", "ends"}
OF_ONE_NODE = {"nodes"}
SNAPSHOT = 30  # simulated seconds until the end of the snapshot is known: a few hundredths of a real one
SLACK = 15  # simulated seconds: what one tenth of a second is at high speed, and a little
KEEP = os.environ.get("KEEP_CALLS")  # a folder: what was told is kept there, to look at
TOLERANCE = 0.2001  # seconds
DURATIONS = ("duration_s", "ring_s", "queue_s", "talk_s", "hold_s", "voicemail_s")
SAME = ("direction", "outcome", "cli", "name", "did", "dialled", "group", "answered_by", "parties", "transfers",
        "account_code", "tag", "cause", "incomplete")
SETS = ("rejected_by", "nodes", "ends")  # nodes and ends of several nodes come in no order


def connected_at_first(real):
    """Whether two were connected before anything else was told: then nobody can know whether the beginning was seen."""
    if real["outcome"] == "answered":
        return real["answered"] == real["started"]
    return real["outcome"] == "voicemail" and real["ring_s"] == 0 and real["queue_s"] == 0


class Comparison:
    """Counts what was compared, field by field."""

    def __init__(self):
        self.calls, self.missing, self.invented, self.marked = 0, [], [], 0
        self.compared, self.different = collections.Counter(), collections.defaultdict(list)
        self.worst, self.kinds = collections.Counter(), collections.Counter()

    def differences(self, told, real):
        for name in DURATIONS:
            yield name, abs(told[name] - real[name]) < TOLERANCE, told[name], real[name]
            self.worst[name] = max(self.worst[name], abs(told[name] - real[name]))
        for a, b in (("started", "answered"), ("started", "ended")):
            x = [r[b] - r[a] if r[b] is not None else None for r in (told, real)]
            yield b, None not in x and abs(x[0] - x[1]) < TOLERANCE or x == [None, None], *x
        for name in SAME:
            wanted = real[name] or connected_at_first(real) if name == "incomplete" else real[name]
            # What comes before the snapshot is known to be whole may be of the snapshot.
            early = name == "incomplete" and real["started"] < SNAPSHOT
            yield name, told[name] == wanted or early, told[name], wanted
        for name in SETS:
            yield name, sorted(told[name]) == sorted(real[name]) and len(set(told[name])) == len(told[name]), told[name], real[name]
        x = [[(s["party"], s["talk_s"]) for s in r["segments"]] for r in (told, real)]
        same = [p for p, _ in x[0]] == [p for p, _ in x[1]] and all(abs(a[1] - b[1]) < TOLERANCE for a, b in zip(*x))
        yield "segments", same, *x

    def one(self, told, real):
        """@return the names of the fields that differ."""
        wrong = []
        for name, same, *values in self.differences(told, real):
            self.compared[name] += 1
            if not same:
                wrong.append(name)
                self.different[name].append((real["id"], *values))
        for kind in ("direction", "outcome"):
            self.kinds[real[kind]] += 1
        for kind in ("transfers", "rejected_by", "group", "hold_s", "queue_s", "voicemail_s"):
            self.kinds[f"with {kind}"] += bool(real[kind])
        self.kinds["over several nodes"] += len(real["nodes"]) > 1
        return wrong

    def all(self, told, truth):
        """Both are lists of calls."""
        told_by_id, real_by_id = {r["id"]: r for r in told}, {r["id"]: r for r in truth}
        self.calls += len(truth)
        self.missing += [i for i in real_by_id if i not in told_by_id]
        self.invented += [i for i in told_by_id if i not in real_by_id]
        if len(told_by_id) != len(told):
            self.invented.append(f"{len(told) - len(told_by_id)} twice")
        for i in real_by_id.keys() & told_by_id.keys():
            self.one(told_by_id[i], real_by_id[i])
            self.marked += told_by_id[i]["incomplete"]

    def table(self):
        lines = [f"{self.calls} calls, {len(self.missing)} missing, {len(self.invented)} invented, {self.marked} marked incomplete", "",
                 f"{'field':<14}{'compared':>10}{'different':>11}{'worst':>8}"]
        for name, n in sorted(self.compared.items()):
            worst = f"{self.worst[name]:8.1f}" if name in self.worst else ""
            lines.append(f"{name:<14}{n:>10}{len(self.different[name]):>11}{worst}")
        lines += ["", ", ".join(f"{n} {kind}" for kind, n in sorted(self.kinds.items()))]
        return "\n".join(lines)

    def examples(self, n=3):
        return "\n".join(f"{name}: {id} told {told!r}, real {real!r}" for name, all in self.different.items()
                         for id, told, real in all[:n])

    def wrong(self):
        return bool(self.missing or self.invented or any(self.different.values()))


def environment():
    return {**os.environ, "DEVLINK3_PASSWORD": "devlink3"}


def url(address):
    return f"devlink3://devlink3@{address}"


def simulator(seed, truth, *options):
    return Sim(PROGRAM, "--listen", "127.0.0.1:0", "--wait", "--quiet", "--seed", str(seed), "--truth", truth, *map(str, options))


def options(calls, rate, speed=1000):
    return ["--rate", str(rate), "--calls", str(calls), "--duration", str(calls * 60 / rate + 60), "--speed", str(speed)]


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def watch(sim, out, *more, timeout=300):
    """Until the simulator ends the connection."""
    with open(out, "wb") as f:
        done = subprocess.run([PROGRAM, "watch", "--json", "--no-retry", "--flags", "-SCN", *more, url(sim.address)],
                              stdout=f, stderr=subprocess.PIPE, env=environment(), timeout=timeout)
    assert b"closed the connection" in done.stderr, done.stderr
    assert sim.wait() == 0


def listen(seed, *more, timeout=300):
    """@return what `watch --calls` tells of a run, and the truth of it."""
    with tempfile.TemporaryDirectory() as d:
        with simulator(seed, f"{d}/truth", *more) as s:
            watch(s, f"{d}/told", "--calls", timeout=timeout)
        return read_lines(f"{d}/told"), read_lines(f"{d}/truth")


class Truth(unittest.TestCase):
    def check(self, seeds, calls, rate, *more):
        c = Comparison()
        for seed in seeds:
            told, truth = listen(seed, *options(calls, rate), *more)
            c.all(told, truth)
        self.assertGreater(c.calls, len(seeds) * calls * 0.6)
        self.assertFalse(c.wrong(), f"{c.table()}\n{c.examples()}\nmissing {c.missing[:3]}, invented {c.invented[:3]}")
        return c

    def test_a_company_of_two_systems(self):
        c = self.check((1, 2, 3), 500, 12)
        for kind in ("incoming", "outgoing", "internal", "answered", "voicemail", "failed", "abandoned", "rejected",
                     "with transfers", "with rejected_by", "with group", "with hold_s", "with queue_s", "over several nodes"):
            self.assertGreater(c.kinds[kind], 0, kind)

    def test_three_systems(self):
        self.check((4, 5), 500, 20, "--nodes", "3", "--users", "60")

    def test_five_systems(self):
        c = self.check((6, 7), 500, 20, "--nodes", "5", "--users", "60")
        self.assertGreater(c.kinds["over several nodes"], 50)

    def test_more_calls_than_people(self):
        self.check((8, 9), 600, 90)

    def test_what_was_recorded(self):
        """The same of a capture, and of lines with the members of the records and with their text."""
        ways = (["record", "--force"], ["watch", "--json"], ["watch", "--json", "--raw"])
        for words in ways:
            with tempfile.TemporaryDirectory() as d:
                recording, to_file = f"{d}/recording", words[0] == "record"
                with simulator(11, f"{d}/truth", *options(200, 20)) as s, open(recording, "wb") as out:
                    address = [url(s.address), recording] if to_file else [url(s.address)]
                    subprocess.run([PROGRAM, *words, "--no-retry", "--flags", "-SCN", *address], stdout=subprocess.DEVNULL if to_file else out,
                                   stderr=subprocess.DEVNULL, env=environment(), timeout=120)
                    self.assertEqual(s.wait(), 0)
                done = subprocess.run([PROGRAM, "calls", "--json", recording], capture_output=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, b""), words)
                c = Comparison()
                c.all([json.loads(line) for line in done.stdout.splitlines()], read_lines(f"{d}/truth"))
            self.assertFalse(c.wrong(), f"{words}\n{c.table()}\n{c.examples()}\nmissing {c.missing[:3]}, invented {c.invented[:3]}")

    def test_the_scenarios(self):
        c = Comparison()
        for path in sorted(EXAMPLES.glob("scenarios/*.yaml")):
            told, truth = listen(1, EXAMPLES / "worlds/scenarios.yaml", "--scenario", path, "--speed", "200")
            c.all(told, truth)
        self.assertGreater(c.calls, 9)
        self.assertFalse(c.wrong(), f"{c.table()}\n{c.examples()}\nmissing {c.missing}, invented {c.invented}")


class Judgement:
    """What was told when things went wrong: what is not marked incomplete has to be as it was, nothing may be invented,
    and what was seen may not be lost."""

    def __init__(self, ends_come_again=False):
        self.calls = self.whole = self.marked = self.hidden = self.late = 0
        self.wrong, self.ends_come_again = [], ends_come_again

    def all(self, told, truth, stream):
        seen = stream.ends_that_count
        owners = collections.defaultdict(list)  # a PBX that restarts gives its identifiers again
        for r in truth:
            for end in r["ends"]:
                owners[end].append(r)
        found = collections.defaultdict(list)
        for t in told:
            began = stream.simulated(t["started"])
            ended = began + t["duration_s"]
            near = [{id(r) for r in owners[end] if len(owners[end]) == 1 or r["started"] <= ended + SLACK and r["ended"] >= began - SLACK}
                    for end in t["ends"]]
            common = set.intersection(*near)
            if not common and not (self.ends_come_again and t["incomplete"]):
                self.wrong.append(("invented", t["id"], t["incomplete"], t["ends"]))
            best = min((r for r in truth if id(r) in common), key=lambda r: abs(r["started"] - began), default=None)
            found[id(best)].append(t)
        for r in truth:
            self.one(found[id(r)], r, not self.ends_come_again and seen & set(r["ends"]), stream.no_trace(r))

    def one(self, told, real, seen, no_trace):
        self.calls += 1
        if not told:
            self.hidden += 1
            if seen:
                self.wrong.append(("lost", real["id"]))
            return
        marked = [t for t in told if t["incomplete"] or "state" in t]  # or it is still up
        self.marked += bool(marked) and not connected_at_first(real)
        for t in told:
            if t in marked and not real["incomplete"]:
                continue
            different = Comparison().one(t, real)
            if different and set(different) <= no_trace and len(told) == 1:
                self.late += 1
            elif different or len(told) > 1:
                self.wrong.append(("different and not marked", real["id"], different, len(told)))
            else:
                self.whole += 1

    def table(self):
        return f"{self.calls} calls: {self.whole} whole and as they were, {self.marked} marked incomplete, {self.hidden} hidden by \
faults, {self.late} of which something was hidden and left no trace"


class Stream:
    """What was told, with what was missing in it, in simulated time."""

    def __init__(self, records, speed):
        self.ends_that_count, self.first, self.gaps = set(), {}, []
        self.speed, self.arrived, self.tenths, latest, gap = speed, None, 0, 0, False
        for line in records:
            if "gap" in line:
                gap = True
            if record := line.get("record"):
                self.take(line, record)
                now = record.get("timestamp", record.get("call", {}).get("timestamp"))
                if gap and now is not None:
                    self.gaps.append((latest, now))
                    gap = False
                latest = now or latest

    def take(self, line, d):
        if d["kind"] != "detail":
            return
        now, ends = d["call"]["timestamp"], {d[p]["end"] for p in ("party_a", "party_b") if p in d}
        if self.arrived is None:
            self.arrived, self.tenths = unix(line["time"]), now
        for end in ends:
            self.first.setdefault(end, now)
        if "party_b" in d or d.get("targets") or d["call"]["queueing"] not in (None, 0):
            self.ends_that_count |= ends

    def simulated(self, time):
        return (time - (self.arrived or 0)) * self.speed + self.tenths / 10

    def no_trace(self, real):
        """What may differ without a mark, since nothing in the stream shows that there was more."""
        first = min((self.first[end] for end in real["ends"] if end in self.first), default=0)
        began, ended = round(real["started"] * 10), round(real["ended"] * 10)
        if first > began and any(after >= began and before <= first for before, after in self.gaps):
            return HAS_BEGINNING
        return OF_ONE_NODE if any(after >= began and before <= ended for before, after in self.gaps) else set()


def unix(time):
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()


class Faults(unittest.TestCase):
    def run_one(self, judgement, seed, speed, faults, *more, live=False, timeout=120):
        """`live`: what `watch --calls` tells; otherwise what `calls` makes of what `watch` told."""
        way = ["--calls", "--open"] if live else []
        words = [w for f in faults for w in ("--fault", f)]
        with tempfile.TemporaryDirectory() as d, contextlib.ExitStack() as stack:
            s = stack.enter_context(simulator(seed, f"{d}/truth", "--speed", str(speed), *more, *words))
            with open(f"{d}/records", "wb") as out:
                w = subprocess.Popen([PROGRAM, "watch", "--json", "--flags", "-SCN", "--timeout", "3", *way, url(s.address)],
                                     stdout=out, stderr=subprocess.PIPE, env=environment())
                self.assertEqual(s.wait(timeout), 0)
                time.sleep(0.2)
                w.send_signal(signal.SIGTERM)  # a background shell has SIGINT ignored
                _, errors = w.communicate(timeout=20)
            self.assertEqual(w.returncode, 0, errors)
            if live:
                judgement.all(read_lines(f"{d}/records"), read_lines(f"{d}/truth"), Stream([], speed))
                return []
            done = subprocess.run([PROGRAM, "calls", "--json", "--open", f"{d}/records"], capture_output=True, timeout=60)
            told = [json.loads(line) for line in done.stdout.splitlines()]
            records = read_lines(f"{d}/records")
            judgement.all(told, read_lines(f"{d}/truth"), Stream(records, speed))
            if KEEP:
                shutil.copytree(d, f"{KEEP}/{self.id()}.{seed}", dirs_exist_ok=True)
                with open(f"{KEEP}/{self.id()}.{seed}/told", "wb") as f:
                    f.write(done.stdout)
            return records

    def check(self, speed, faults, *more, seeds=(1, 2), calls=200, rate=60, again=False, live=False):
        j = Judgement(again)
        for seed in seeds:
            records = self.run_one(j, seed, speed, faults, "--rate", str(rate), "--calls", str(calls), "--duration",
                                   str(calls * 60 / rate + 60), *more, live=live)
        self.assertFalse(j.wrong, f"{j.table()}\n{j.wrong[:8]}")
        self.assertGreater(j.whole, 0)
        if KEEP:
            print(self.id(), j.table())
        return j, records

    def test_events_lost(self):
        for faults in (["gap=1,events=3"], ["gap=0.5,events=1", "skip=1,events=2"]):
            j, _ = self.check(500, faults)
            self.assertGreater(j.marked, 0)
            self.assertLess(j.late, 10)

    def test_nothing_lost(self):
        for faults, speed in ((["duplicate=5"], 500), (["pieces,octets=1000"], 100)):
            j, _ = self.check(speed, faults, calls=100, seeds=(3,))
            self.assertEqual((j.hidden, j.marked, j.late), (0, 0, 0))

    def test_what_cannot_be_read(self):
        self.check(500, ["malformed=3"])

    def test_connections_lost(self):
        j, records = self.check(30, ["reset=0.3", "close=0.3", "cut=0.3", "garbage=0.3"], calls=150, seeds=(1,))
        self.assertGreater(sum("snapshot_end" in r for r in records), 1)
        self.assertGreater(j.marked, 0)

    def test_connections_lost_live(self):
        j, _ = self.check(30, ["reset=0.4", "close=0.2", "garbage=0.2"], calls=120, seeds=(5,), live=True)
        self.assertGreater(j.marked, 0)

    def test_slow(self):
        self.check(30, ["stall=0.3,ms=3000", "delay=0.1,ms=200", "slow_start=0.2,ms=500"], calls=150, seeds=(1,))

    def test_systems_that_restart(self):
        j, records = self.check(30, ["reboot=0.3,ms=5000"], calls=150, seeds=(1,), again=True)
        self.assertGreater(j.marked, 0)


def long_run(calls):
    """Many calls on three systems over several seeds, then faults. @return whether all is as it was."""
    c, seed, began = Comparison(), 100, time.monotonic()
    while c.calls < calls:
        seed += 1
        told, truth = listen(seed, *options(32000, 400), "--nodes", "3", "--users", "600", "--trunks", "12", timeout=900)
        c.all(told, truth)
    print(f"{seed - 100} seeds: {c.table()}\n\n{time.monotonic() - began:.0f} s\n")
    if c.wrong():
        print(f"{c.examples()}\nmissing {c.missing[:5]}, invented {c.invented[:5]}")
    wrong = c.wrong()
    for faults in (["gap=2,events=3", "skip=1"], ["duplicate=10", "malformed=2"]):
        j, f = Judgement(), Faults()
        for seed in range(20, 24):
            f.run_one(j, seed, 500, faults, *options(1500, 120)[:-2], "--nodes", "3", "--users", "200")
        print(f"{', '.join(faults)}: {j.table()}", *j.wrong[:8], sep="\n")
        wrong = wrong or bool(j.wrong)
    return not wrong


if __name__ == "__main__":
    if sys.argv[2:3] == ["--long"]:
        sys.exit(0 if long_run(int(sys.argv[3]) if sys.argv[3:] else 100000) else 1)
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
