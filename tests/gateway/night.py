#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hours of a simulated office's calls through `devlink3 serve`, and then what /v1/history says against what happened.
Usage: night.py DEVLINK3 [--hours H] [--speed X] [--rate CALLS_A_MINUTE] [--nodes N]"""
import argparse
import collections
import json
import os
import sys
import tempfile
import time

FIELDS = ("direction", "outcome", "cli", "name", "did", "dialled", "group", "answered_by", "parties", "transfers", "account_code", "tag", "cause")
SETS = ("nodes", "ends", "rejected_by")
LENGTHS = ("duration_s", "ring_s", "queue_s", "talk_s", "hold_s", "voicemail_s")
# A PBX counts tenths; each length is the sum of a few differences of them.
NEAR_S = 0.21


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("program")
    p.add_argument("--hours", type=float, default=12)
    p.add_argument("--speed", type=float, default=120)
    p.add_argument("--rate", type=float, default=30)
    p.add_argument("--nodes", type=int, default=1)
    return p.parse_args()


def history(g):
    """All of it, in pages."""
    found, cursor = [], ""
    while cursor is not None:
        page = g.get(f"/v1/history?limit=1000&order=asc{cursor and '&cursor=' + cursor}").json()
        found += page["calls"]
        cursor = page["next"]
    return found


def differences(told, truth):
    """What is not equal, by field."""
    found = [name for name in FIELDS if told[name] != truth[name]]
    found += [name for name in SETS if sorted(told[name]) != sorted(truth[name])]
    return found + [name for name in LENGTHS if abs((told[name] or 0) - (truth[name] or 0)) > NEAR_S]


def compare(told, truth, seen, m):
    from test_calls_truth import connected_at_first
    ids = collections.Counter(c["id"] for c in told)
    by_id = {c["id"]: c for c in told}
    both = [c for c in told if c["id"] in truth]
    wrong = {c["id"]: differences(c, truth[c["id"]]) for c in both}
    fields = collections.Counter(name for names in wrong.values() for name in names)
    rows = [("calls that happened", len(truth)), ("calls in /v1/history", len(told)), ("of them marked incomplete, for two were connected from the first", sum(c["incomplete"] for c in told)),
            ("marks that should not be, or are missing", sum(c["incomplete"] != connected_at_first(truth[c["id"]]) for c in both)),
            ("missing in history", len(set(truth) - set(ids))), ("invented", len(set(ids) - set(truth))), ("twice", sum(n > 1 for n in ids.values())),
            ("fields compared", len(both) * (len(FIELDS) + len(SETS) + len(LENGTHS))), ("fields that differ", sum(fields.values())),
            ("ends told by the stream", len(seen)), ("of them not as in history", sum(by_id.get(i) != c for i, c in seen.items() if i in truth)),
            ("records from the PBX", int(m["records"])), ("records stored", int(m["events"])), ("gaps", int(m["gaps"]))]
    for name, n in fields.items():
        print(f"differs: {name}: {n}, e.g. {next((i, by_id[i][name], truth[i][name]) for i, names in wrong.items() if name in names)}", file=sys.stderr)
    for i in sorted(set(truth) - set(ids))[:3]:
        print(f"missing: {truth[i]}", file=sys.stderr)
    return rows


def run(options, folder):
    from gateway import Gateway
    from sim import Sim
    from watched import Reader, metrics
    began = time.monotonic()
    nodes = [word for _ in range(options.nodes) for word in ("--listen", "127.0.0.1:0")]
    with Sim(options.program, *nodes, "--quiet", "--wait", "--seed", "12", "--nodes", str(options.nodes), "--users", "200", "--rate",
             str(options.rate), "--speed", str(options.speed), "--duration", str(int(options.hours * 3600)), "--truth", f"{folder}/truth") as sim, \
            Gateway(pbx=sim.address, wait_up=False) as g, Reader(g, "kind=call&from=0") as reader:
        sim.process.wait()
        g.until(lambda: metrics(g)['devlink3_link_up{pbx="127.0.0.1"}'] == 0, "the end")
        g.until(lambda: metrics(g)["devlink3_store_queued"] == 0, "all stored")
        m = metrics(g)
        told = history(g)
        with open(f"/proc/{g.process.pid}/status", encoding="ascii") as f:
            memory = next(line.split()[1] for line in f if line.startswith("VmHWM"))
        size = os.path.getsize(f"{g.state}/devlink3.db")
        stream = [x for x in reader.messages() if x["kind"] == "gap" or x["what"] == "ended"]
    assert not any(x["kind"] == "gap" for x in stream), "the reader was too slow"
    with open(f"{folder}/truth", encoding="utf-8") as f:
        truth = {c["id"]: c for c in map(json.loads, f)}
    counts = {"records": m['devlink3_link_records_total{pbx="127.0.0.1"}'], "gaps": m['devlink3_link_gaps_total{pbx="127.0.0.1"}'],
              "events": m['devlink3_store_stored_total{kind="event"}']}
    rows = compare(told, truth, {x["call"]["id"]: x["call"] for x in stream}, counts)
    buckets = {float(k.split('"')[1]): v for k, v in m.items() if k.startswith("devlink3_delivery_seconds_bucket")}
    count = m["devlink3_delivery_seconds_count"]
    for share in (0.5, 0.99, 0.999):
        rows.append((f"delivered within, {share:.1%} of messages", f"{1000 * min(b for b, n in buckets.items() if n >= share * count):g} ms"))
    rows += [("memory at most", f"{int(memory) / 1024:.0f} MiB"), ("size of the store", f"{size / 2**20:.0f} MiB"),
             ("took", f"{time.monotonic() - began:.0f} s")]
    return rows


def main():
    options = arguments()
    sys.argv[1:] = [options.program]  # as the modules expect it
    with tempfile.TemporaryDirectory() as folder:
        rows = run(options, folder)
    print(f"| {options.hours:g} hours, {options.rate:g} calls a minute, {options.speed:g} times as fast | |\n|---|---|")
    for name, n in rows:
        print(f"| {name} | {n} |")
    numbers = dict(rows)
    good = numbers["calls that happened"] > 0 and numbers["records from the PBX"] == numbers["records stored"]
    return 0 if good and not any(numbers[n] for n in ("missing in history", "invented", "twice", "fields that differ", "gaps",
                                                      "marks that should not be, or are missing",
                                                      "of them not as in history")) else 1


if __name__ == "__main__":
    sys.exit(main())
