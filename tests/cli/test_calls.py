#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 calls` and `devlink3 watch --calls`. Usage: test_calls.py PROGRAM [CLASS]"""
import copy
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

from tool import PROGRAM, Terminal, lines, options_in_help, run
from packets import Talk, ether, pcap, pcapng
from pbx import Pbx, frame, words, xml_event

DATA = pathlib.Path(__file__).parents[1] / "data"
VECTORS = {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in sorted((DATA / "calls").glob("*.json"))}
SAMPLE = pathlib.Path(__file__).parents[2] / "examples/sample-stream.hex"
CLIENT, PBX = 0, 1
STREAM_REPLY, TEST_REPLY = 0x80300011, 0x802a0001


def address(text):
    return struct.unpack(">I", bytes(map(int, text.split("."))))[0]


def frames(vector):
    counters, out = {}, []
    for e in vector["events"]:
        counters[e["pbx"]] = counters.get(e["pbx"], 0) + 1
        out.append(xml_event(address(e["pbx"]), counters[e["pbx"]], e["xml"]))
    return out


def json_lines(vector):
    counters, out = {}, []
    for e in vector["events"]:
        counters[e["pbx"]] = counters.get(e["pbx"], 0) + 1
        kind = {"Detail": "detail", "CallLost": "call_lost", "LinkLost": "link_lost", "AttemptReject": "attempt_reject"}
        record = {"kind": kind[re.match(r"<(\w+)", e["xml"])[1]], "raw": e["xml"]}
        out.append({"time": 1700000000 + e["t"], "pbx_address": e["pbx"], "counter": counters[e["pbx"]], "record": record})
    return out


def on_file(data, *options):
    data = data.encode() if isinstance(data, str) else data
    with tempfile.NamedTemporaryFile(suffix=".x") as f:
        f.write(data)
        f.flush()
        code, out, err = run("calls", *options, f.name)
        return code, out, err.replace(f.name, "FILE")


def calls_in(data, *options):
    return on_file(data, "--json", *options)


def text(rows):
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)


def differences(want, has, where=""):
    """Where something that stands in `want` does not stand in `has`."""
    if isinstance(want, dict) and isinstance(has, dict):
        return [d for k in want for d in differences(want[k], has.get(k), f"{where}.{k}")]
    if isinstance(want, list) and isinstance(has, list) and len(want) == len(has):
        return [d for i, w in enumerate(want) for d in differences(w, has[i], f"{where}[{i}]")]
    if isinstance(want, float) and isinstance(has, float) and abs(want - has) < 0.05:
        return []
    return [] if want == has else [(where, want, has)]


class Vectors(unittest.TestCase):
    def check(self, name, out):
        self.assertEqual(differences(VECTORS[name]["expect"]["calls"], lines(out)), [], name)

    def test_there_are_some(self):
        self.assertGreaterEqual(len(VECTORS), 10)

    def test_lines_of_json(self):
        for name, v in VECTORS.items():
            code, out, err = calls_in(text(json_lines(v)))
            self.assertEqual((code, err), (0, ""), name)
            self.check(name, out)

    def test_octets(self):
        for name, v in VECTORS.items():
            for data in (b"".join(frames(v)), "".join(f.hex() + "\n" for f in frames(v))):
                code, out, err = calls_in(data)
                self.assertEqual((code, err), (0, ""), name)
                self.check(name, out)

    def test_captures(self):
        for name, v in VECTORS.items():
            t = Talk()
            packets = t.open() + [p for f in frames(v) for p in t.say(PBX, f, 100)] + t.close()
            for data in (pcap([ether(p) for p in packets]), pcapng([(0, ether(p)) for p in packets])):
                code, out, err = calls_in(data)
                self.assertEqual((code, err), (0, ""), name)
                self.check(name, out)

    def watch(self, *options, news=(), snapshot=(), split=0):
        pbx = Pbx(snapshot=snapshot, news=news, split=split)
        try:
            return run("watch", f"devlink3://app@127.0.0.1:{pbx.port}", "--calls", "--json", "--no-retry", "--flags", "-SCN", *options)
        finally:
            pbx.finish()

    def test_live(self):
        for name, v in VECTORS.items():
            for split in (0, 1, 7):
                code, out, _ = self.watch(news=frames(v), split=split)
                self.assertEqual(code, 5)  # the PBX goes away
                self.check(name, out)

    def test_what_decode_makes_of_it_is_as_good(self):
        for name, v in VECTORS.items():
            with tempfile.NamedTemporaryFile() as f:
                f.write(b"".join(frames(v)))
                f.flush()
                decoded = run("decode", "--json", f.name)[1]
                direct = run("calls", "--json", f.name)[1]
            self.assertEqual(calls_in(decoded), (0, direct, ""), name)

    def test_what_is_seen_first_in_a_snapshot_is_incomplete(self):
        v = VECTORS["blind-transfer"]
        whole = lines(self.watch(news=frames(v))[1])
        late = lines(self.watch(snapshot=frames(v)[:1], news=frames(v)[1:])[1])
        self.assertEqual([r["incomplete"] for r in whole + late], [False, True])
        self.assertEqual(whole[0]["parties"], late[0]["parties"])


class Cuts(unittest.TestCase):
    """The connection is lost behind any record, and comes back with a snapshot before the next one."""

    def up(self, events):
        """The last Detail of each call in progress, as a PBX tells of it in a snapshot."""
        calls, lost = {}, set()
        for e in events:
            rows = re.findall(r"<(Call|PartyA|PartyB|CallLost|LinkLost)>(.*?)</", e["xml"])
            for kind, row in rows:
                if kind == "CallLost":
                    lost.add(row.split(",")[1])
                if kind == "LinkLost":
                    lost.add((row.split(",")[0], row.split(",")[1]))
            if e["xml"].startswith("<Detail>"):
                node, call = rows[0][1].split(",")[:2]
                ends = [row.split(",")[0] for kind, row in rows[1:]]
                calls.pop((node, call), None)
                calls[node, call] = (e, ends)
        for (node, call), (e, ends) in list(calls.items()):
            if all(end in lost or (node, end) in lost for end in ends):
                del calls[node, call]
        return [e for e, ends in calls.values() if not any(end in lost for end in ends)]

    def test_no_call_that_was_up_is_lost(self):
        cuts = 0
        for name, v in VECTORS.items():
            whole = lines(calls_in(text(json_lines(v)))[1])
            for at in range(1, len(v["events"])):
                before, behind = v["events"][:at], v["events"][at:]
                up = self.up(before)
                rows = json_lines({"events": before + up + behind})
                time = rows[at - 1]["time"]
                for i in range(at, at + len(up)):
                    rows[i]["time"] = time
                stream = {"time": time, "stream": {"result": "success"}}
                middle = [{"time": time, "link": "waiting", "before": "up"}, stream]
                end = {"time": time, "snapshot_end": {"records": len(up)}}
                rows = [stream, end] + rows[:at] + middle + rows[at:at + len(up)] + [end] + rows[at + len(up):]
                for r in rows:
                    r.pop("counter", None)  # they begin again
                code, out, err = calls_in(text(rows), "--open")
                self.assertEqual((code, err), (0, ""), (name, at))
                self.compare(name, at, whole, lines(out))
                cuts += 1
        self.assertGreater(cuts, 30)

    def compare(self, name, at, whole, cut):
        self.assertEqual([r["id"] for r in cut], [r["id"] for r in whole], (name, at))
        for a, b in zip(whole, cut):
            same = ("direction", "outcome", "cli", "name", "parties", "answered_by", "ends", "transfers", "group")
            self.assertEqual([a[k] for k in same], [b[k] for k in same], (name, at))
            self.assertTrue(b["incomplete"] or b["ended"] - 1700000000 <= at or a == b, (name, at))

    def test_what_is_not_in_the_next_snapshot_ended_when_the_connection_was_lost(self):
        rows = json_lines(VECTORS["blind-transfer"])[:2]
        rows += [{"time": 1700000010, "link": "waiting", "before": "up"}, {"time": 1700000020, "stream": {"result": "success"}},
                 {"time": 1700000020, "snapshot_end": {"records": 0}}]
        code, out, err = calls_in(text(rows))
        self.assertEqual((code, err), (0, ""))
        (r,) = lines(out)
        self.assertEqual((r["incomplete"], r["ended"], r["talk_s"]), (True, 1700000010.0, 7.0))


class Lines(unittest.TestCase):
    def setUp(self):
        self.rows = json_lines(VECTORS["group-call-answered"])
        self.whole = calls_in(text(self.rows))

    def members(self):
        """The lines with the members of the records, and not their text."""
        out = []
        with tempfile.NamedTemporaryFile() as f:
            f.write(b"".join(frames(VECTORS["group-call-answered"])))
            f.flush()
            for d in lines(run("decode", "--json", f.name)[1]):
                out += [{"pbx_address": d["pbx_address"], "counter": d["counter"], "record": r} for r in d["records"]]
        return [{"time": r["time"], **m} for r, m in zip(self.rows, out)]

    def test_records_are_made_of_their_members(self):
        self.assertEqual(calls_in(text(self.members())), self.whole)

    def test_names_numbers_and_flags_of_fields(self):
        rows = self.members()
        for r in rows:
            for p in ("party_a", "party_b"):
                if p in r["record"]:
                    r["record"][p]["state"] = {"ringback": 19, "connected": 2}.get(r["record"][p]["state"], r["record"][p]["state"])
                    r["record"][p]["flags"] = ["privacy", 1 << 40]
        self.assertEqual(calls_in(text(rows)), self.whole)

    def wrong(self, change, at=0):
        rows = copy.deepcopy(self.members())
        change(rows[at])
        code, out, err = calls_in(text(rows))
        self.assertEqual(code, 1)
        return err

    def test_what_is_no_record_is_said_by_its_line(self):
        for change, says in (
                (lambda r: r["record"].update(kind="letter"), 'line 2: record.kind: expected a kind of record, came "letter"'),
                (lambda r: r["record"].pop("kind"), "line 2: record.kind: expected a kind of record, came none"),
                (lambda r: r.update(record=[]), None),
                (lambda r: r.update(record="x"), 'line 2: record: expected an object, came "x"'),
                (lambda r: r.pop("record"), "line 2: expected a record, came an object without one"),
                (lambda r: r["record"].update(call=7), "line 2: record.call: expected an object, came a number"),
                (lambda r: r["record"]["call"].update(node=7), "line 2: record.call.node: expected text, came a number"),
                (lambda r: r["record"]["call"].update(call_id={}), "line 2: record.call.call_id: expected a number or a name, came an object"),
                (lambda r: r["record"].update(targets={}), "line 2: record.targets: expected a list of at most 4096, came an object"),
                (lambda r: r["record"].update(raw="<Detail>"), 'line 2: record.raw: expected a Delta3 record, came "<Detail>"'),
                (lambda r: r.update(pbx_address="PBX"), 'line 2: pbx_address: expected an address such as "192.0.2.5", came "PBX"'),
                (lambda r: r.pop("pbx_address"), "line 2: pbx_address: expected an address such as \"192.0.2.5\", came none"),
                (lambda r: r.update(counter=-1), "line 2: counter: expected a number of 32 bits, came a number"),
                (lambda r: r.update(time="noon"), "line 2: time: expected one such as 2026-01-31T09:05:07.042Z")):
            if says:
                self.assertEqual(self.wrong(change, 1), f"devlink3 calls: FILE: {says}\n")

    def test_a_record_that_cannot_be_read_marks_the_calls_of_its_pbx(self):
        rows = self.members()
        rows[1]["record"]["kind"] = "letter"
        self.assertTrue(lines(calls_in(text(rows))[1])[0]["incomplete"])

    def test_what_is_no_json_is_said_by_its_line(self):
        rows = text(self.rows).splitlines(keepends=True)
        for bad in ("{\n", "nonsense\n", '{"a":1} x\n', "[1]\n", "7\n", '{"a":"\udc80"}\n'.encode("utf-8", "surrogateescape").decode("latin-1")):
            code, out, err = calls_in(rows[0] + bad + "".join(rows[1:]))
            self.assertEqual(code, 1, bad)
            self.assertTrue(err.startswith("devlink3 calls: FILE: line 2: expected ") or '"a":' in bad, err)
            self.assertEqual(len(lines(out)), 1, bad)

    def test_many_bad_lines_are_counted(self):
        code, out, err = calls_in(text(self.rows) + "{\n" * 1000)
        self.assertEqual((code, err.count("\n"), len(lines(out))), (1, 21, 1))
        self.assertIn("980 further lines could not be read", err)

    def test_blank_lines_windows_lines_and_a_mark_in_front(self):
        t = text(self.rows)
        self.assertEqual(calls_in("\ufeff" + t.replace("\n", "\r\n\r\n")), self.whole)
        self.assertEqual(calls_in("\n\n  " + t.rstrip("\n")), self.whole)

    def test_gaps_told_and_seen(self):
        gap = {"time": self.rows[1]["time"], "gap": {"pbx_address": self.rows[0]["pbx_address"], "expected": 2, "came": 5, "missed": 3}}
        told = self.rows[:1] + [gap] + [{**r, "counter": r["counter"] + 3} for r in self.rows[1:]]
        seen = self.rows[:1] + [{**r, "counter": r["counter"] + 3} for r in self.rows[1:]]
        for rows in (told, seen):
            self.assertTrue(lines(calls_in(text(rows))[1])[0]["incomplete"])
        self.assertFalse(lines(self.whole[1])[0]["incomplete"])

    def test_what_was_malformed_marks_the_calls_of_its_pbx(self):
        pbx = self.rows[0]["pbx_address"]
        data = "10300011" + f"{address(pbx):08x}" + "00000002" + "ff"
        for bad in ({"pbx_address": pbx, "counter": 2, "error": "delta3"}, {"error": "truncated tuple", "data": data}):
            rows = self.rows[:1] + [{"time": self.rows[0]["time"], "malformed": bad}] + self.rows[1:]
            code, out, err = calls_in(text(rows))
            self.assertEqual((code, lines(out)[0]["incomplete"]), (1, True))
            self.assertIn("1 frames, records or stretches could not be read", err)


class Captures(unittest.TestCase):
    def packets(self, *said, **how):
        t = Talk(**how)
        return t.open() + [p for f in said for p in t.say(PBX, f)]

    def stream(self, events, first=1):
        reply = frame(words(STREAM_REPLY, 3, 0) + struct.pack(">H", 5) + b"-SCN\0")
        return [reply] + [xml_event(address(e["pbx"]), first + i, e["xml"]) for i, e in enumerate(events)]

    def test_times_are_those_of_the_capture(self):
        code, out, err = calls_in(pcap([ether(p) for p in self.packets(*frames(VECTORS["group-call-answered"]))]))
        self.assertEqual((code, err), (0, ""))
        self.assertGreater(lines(out)[0]["started"], 1700000000)

    def test_a_connection_that_takes_anothers_place_goes_on(self):
        e = VECTORS["blind-transfer"]["events"]
        packets = self.packets(*self.stream(e[:2])) + self.packets(*self.stream(e[1:2]), frame(words(TEST_REPLY, 4, 0)),
                                                                   *self.stream(e[2:], 2)[1:], client=("192.0.2.9", 40001))
        code, out, err = calls_in(pcap([ether(p) for p in packets]))
        self.assertEqual((code, err), (0, ""))
        (r,) = lines(out)
        self.assertEqual((r["parties"], r["incomplete"]), (["4001", "4002"], True))

    def test_two_who_listen_to_one_pbx_are_told_once(self):
        e = VECTORS["blind-transfer"]["events"]
        said = self.stream(e)
        said.insert(1, frame(words(TEST_REPLY, 4, 0)))
        a, b = (self.packets(*said, client=c) for c in (("192.0.2.9", 40000), ("192.0.2.8", 40000)))
        both = [p for pair in zip(a, b) for p in pair]
        code, out, err = calls_in(pcap([ether(p) for p in both]))
        self.assertEqual((code, len(lines(out)), lines(out)[0]["incomplete"]), (0, 1, False))
        self.assertIn(f"{len(e)} events passed over: of another application that listened to the same PBX", err)

    def test_a_snapshot_ends_with_what_is_none_of_it(self):
        e = VECTORS["blind-transfer"]["events"]
        other = {"pbx": e[0]["pbx"], "xml": "<CallLost>c0a82a03,c0a82a03000000ff,1,16,0</CallLost>"}
        later = [dict(x, xml=x["xml"].replace(",,0,,,<", ",,5000,,,<").replace("c0a82a03,10,", "c0a82a03,9,")) for x in e[:1]]
        cases = ((self.stream(e), True), (self.stream([other] + e), False),
                 (self.stream(e)[:1] + [frame(words(TEST_REPLY, 4, 0))] + self.stream(e)[1:], False))
        for said, incomplete in cases:
            self.assertEqual(lines(calls_in(b"".join(said))[1])[0]["incomplete"], incomplete)
        # A second after its first Detail it is over too.
        up = lines(calls_in(b"".join(self.stream(VECTORS["group-call-answered"]["events"][:1] + later)), "--open")[1])
        self.assertEqual([r["incomplete"] for r in up], [True, False])

    def test_each_pbx_has_calls_of_its_own(self):
        e = VECTORS["blind-transfer"]["events"]
        a, b = (self.packets(*self.stream(e), pbx=p) for p in (("192.0.2.5", 50797), ("192.0.2.6", 50797)))
        code, out, err = calls_in(pcap([ether(p) for p in a + b]))
        self.assertEqual((code, err, len(lines(out))), (0, "", 2))

    def test_what_is_missing_shows_in_the_counters(self):
        e = VECTORS["blind-transfer"]["events"]
        said = self.stream(e)
        t = Talk()
        packets = t.open()
        for i, f in enumerate(said):
            packets += t.skip(PBX, f) if i == 2 else t.say(PBX, f)
        code, out, err = calls_in(pcap([ether(p) for p in packets + t.close()]))
        self.assertEqual(code, 1)
        self.assertIn("could not be read", err)
        self.assertTrue(lines(out)[0]["incomplete"])


class Text(unittest.TestCase):
    def text(self, name, *options):
        code, out, err = on_file(text(json_lines(VECTORS[name])), "--text", *options)
        self.assertEqual((code, err), (0, ""))
        return out

    def test_a_line_for_each_call(self):
        title, line = self.text("blind-transfer").splitlines()
        self.assertEqual(title.split(), ["TIME", "CALL", "FROM", "TO", "GROUP", "OUTCOME", "RING", "QUEUE", "TALK"])
        self.assertRegex(line, r"^2023-11-14 22:13:20 incoming 01707123456 +→ 4001 +answered +3\.0 +55\.0 4001 → 4002$")
        self.assertEqual(title.index("OUTCOME"), line.index("answered"))

    def test_without_utf8(self):
        with tempfile.NamedTemporaryFile() as f:
            f.write(text(json_lines(VECTORS["blind-transfer"])).encode())
            f.flush()
            out = run("calls", "--text", f.name, LC_ALL="C")[1]
        self.assertIn("-> 4001", out)
        self.assertIn("4001 > 4002", out)

    def test_outcomes(self):
        self.assertIn("abandoned", self.text("abandoned-in-the-queue"))
        self.assertRegex(self.text("left-a-message"), r"voicemail .*message \d")
        self.assertIn("rejected by", self.text("pushed-away-then-answered"))
        self.assertEqual(self.text("off-hook-and-away"), "")

    def test_history(self):
        out = self.text("blind-transfer", "--timeline").splitlines()
        steps = [(m[1], m[2]) for m in (re.match(r" +\+([\d.]+) (\w+)", line) for line in out) if m]
        self.assertIn(("3.0", "answered"), steps)
        self.assertIn(("23.0", "transferred"), steps)
        self.assertEqual([float(t) for t, _ in steps], sorted(float(t) for t, _ in steps))

    def test_names_cannot_disturb_a_terminal(self):
        rows = json_lines(VECTORS["blind-transfer"])
        for r in rows:
            r["record"]["raw"] = r["record"]["raw"].replace("01707123456,100,0,,", "01707123456,100,0,\x1b[2JX\x07,")
        out = on_file(text(rows), "--text", "--users", "--groups")[1]
        self.assertNotIn("\x1b", out)
        self.assertNotIn("\x07", out)

    def test_on_a_terminal(self):
        with tempfile.NamedTemporaryFile() as f:
            f.write(text(json_lines(VECTORS["names-that-bite"]) + json_lines(VECTORS["blind-transfer"])).encode())
            f.flush()
            for columns in (60, 80, 100, 120, 200):
                t = Terminal("calls", f.name, columns=columns)
                out = t.end().replace("\r", "")
                self.assertEqual(t.code, 0)
                self.assertIn("\x1b[32manswered", out)
                plain = re.sub(r"\x1b\[\d*m", "", out)
                self.assertLessEqual(max(map(len, plain.splitlines())), columns)
            plain = Terminal("calls", f.name, NO_COLOR="1").end()
            self.assertNotIn("\x1b", plain)
            self.assertTrue(Terminal("calls", "--json", f.name).end().startswith("{"))

    def test_octets_without_a_date_count_from_the_pbxs_start(self):
        out = run("calls", "--text", SAMPLE)[1]
        self.assertRegex(out.splitlines()[1], r"^1:23:20 +incoming \+33155501234 Café Zoë, Lyon → 4006 ")

    def test_the_documentation_shows_what_is_printed(self):
        page = (DATA.parents[1] / "docs/calls.md").read_text(encoding="utf-8")
        command, shown = re.search(r"```console\n\$ devlink3 (.*)\n([^`]*)```", page).groups()
        self.assertEqual(run(*command.replace("examples/sample-stream.hex", str(SAMPLE)).split())[1], shown)
        fields = set(re.findall(r"^\| (`.*?`) \|", page, re.M))
        (record,) = lines(run("calls", "--json", "--timeline", SAMPLE)[1])
        self.assertLessEqual(set(record) - {"timeline_left_out"}, {f for words in fields for f in re.findall(r"`(\w+)`", words)})

    def test_tables(self):
        out = self.text("group-call-answered", "--users", "--groups")
        want = VECTORS["group-call-answered"]["expect"]["calls"][0]
        self.assertRegex(out, r"\nUSER +NAME +STATE")
        self.assertRegex(out, rf"\n{want['answered_by']} .*idle")
        self.assertRegex(out, rf"\nGROUP +NAME .*OFFERED[^\n]*\n{want['group']} ")


def delta2(raw, **more):
    return {"pbx_address": "192.0.2.1", "record": {"kind": {"S": "delta2_s", "D": "delta2_d"}[raw[5]], "raw": raw}, **more}


RINGS_2 = "CALL:S 17.3.1,,1,0,0,0,0,0,Line 17,,Ada(4001),17.1,0.0,0.0,5678,0.0,901707123456" + 19 * "," + "100" + 14 * "," + "7"
TALKS_2 = "CALL:S 17.3.1,0.4.0,2,2,1,0,1,0,Line 17,Ada(4001),,17.1,0.0,0.0,4001,0.0,901707123456" + 19 * "," + "130" + 14 * "," + "7"
GONE_2 = "CALL:D 17.3.1,0.4.0,7"


class Delta2(unittest.TestCase):
    def test_with_times_of_arrival(self):
        rows = [delta2(RINGS_2, time=1000, counter=1), delta2(TALKS_2, time=1002, counter=2), delta2(GONE_2, time=1010.5, counter=3)]
        code, out, err = calls_in(text(rows))
        self.assertEqual((code, err), (0, ""))
        (call,) = lines(out)
        self.assertEqual([call[n] for n in ("id", "answered_by", "ring_s", "talk_s")], ["c0000201:17.3.1", "4001", 2.0, 8.5])
        self.assertEqual([call[n] for n in ("voicemail_s", "cause", "end_party", "rejected_by")], [None, None, None, []])

    def test_without_a_time_nothing_is_known_of_durations(self):
        rows = text([delta2(r) for r in (RINGS_2, TALKS_2, GONE_2)])
        code, out, err = calls_in(rows)
        self.assertEqual((code, err), (0, "devlink3 calls: FILE: 3 records of a stream under -CD2 without a time: no durations; see --delta2-unit\n"))
        self.assertEqual(lines(out)[0]["ring_s"], 0)
        code, out, err = calls_in(rows, "--delta2-unit", "1000")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(lines(out)[0]["ring_s"], 30)

    def test_as_a_table(self):
        rows = text([delta2(r, time=1000 + i) for i, r in enumerate((RINGS_2, TALKS_2, GONE_2))])
        self.assertRegex(on_file(rows, "--text")[1].splitlines()[1], r"incoming 901707123456 +→ 4001 +answered")

    def test_what_is_no_record(self):
        code, _, err = calls_in(text([{**delta2(RINGS_2), "record": {"kind": "delta2_s", "raw": "CALL:"}}]))
        self.assertEqual(code, 1)
        self.assertIn("a Delta2 record", err)


class CommandLine(unittest.TestCase):
    def test_what_is_still_up(self):
        rows = text(json_lines(VECTORS["blind-transfer"])[:2])
        code, out, err = calls_in(rows)
        self.assertEqual((code, out, err), (0, "", "devlink3 calls: FILE: 1 calls still up at the end; --open shows them\n"))
        code, out, err = calls_in(rows, "--open")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([(r["state"], r["ended"], r["b"]["extension"]) for r in lines(out)], [("connected", None, "4001")])
        self.assertIn(" connected ", on_file(rows, "--text", "--open")[1])

    def test_users_and_groups_as_json(self):
        rows = text(json_lines(VECTORS["group-call-answered"]))
        got = lines(calls_in(rows, "--users", "--groups")[1])
        self.assertEqual({u["user"]["state"] for u in got if "user" in u}, {"idle"})
        (group,) = [g["group"] for g in got if list(g) == ["group"]]
        self.assertEqual((group["today"]["offered"], group["today"]["answered"]), (1, 1))

    def test_history_as_json(self):
        rows = text(json_lines(VECTORS["blind-transfer"]))
        self.assertNotIn("timeline", lines(calls_in(rows)[1])[0])
        self.assertIn("transferred", [m["what"] for m in lines(calls_in(rows, "--timeline")[1])[0]["timeline"]])

    def test_a_history_begins_with_the_beginning(self):
        at_once = {"events": VECTORS["outgoing-call"]["events"][1:]}  # its first record has the number dialled
        for v in [*VECTORS.values(), at_once]:
            for r in lines(calls_in(text(json_lines(v)), "--timeline")[1]):
                self.assertEqual([m["what"] for m in r["timeline"]].index("began"), 0)

    def test_mistakes(self):
        for arguments, says in (((), "a file is expected"), (("a", "b"), "'b' is a second"), (("--nonsense", "a"), "no option '--nonsense'"),
                                (("--json", "--text", "a"), "--json and --text exclude"), (("--raw", "--hex", "a"), "exclude each other"),
                                (("--port", "0", "a"), "from 1 to 65535"), (("--delta2-unit", "0", "a"), "from 1 to 60000")):
            code, out, err = run("calls", *arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertIn(says, err)
        for arguments, says in ((("--calls", "--records"), "--records"), (("--calls", "--raw"), "--raw"), (("--users",), "are for --calls"),
                                (("--delta2-unit", "100"), "is for --calls")):
            code, out, err = run("watch", *arguments, "devlink3://app@127.0.0.1:1")
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertIn(says, err)

    def test_what_cannot_be_read(self):
        self.assertEqual(run("calls", "/nonexistent"), (1, "", "devlink3 calls: /nonexistent: No such file or directory\n"))
        self.assertEqual(run("calls", "/")[0], 1)
        self.assertEqual(calls_in(""), (0, "", "devlink3 calls: FILE: no events in it\n"))
        self.assertEqual(calls_in(b"\x00\x01 nothing of the kind")[0], 1)

    def test_a_pipe_that_nobody_reads(self):
        with open("/dev/full", "wb") as full:
            p = subprocess.run([PROGRAM, "calls", "--json", SAMPLE], stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(p.returncode, 1)
        self.assertIn(b"standard output could not be written", p.stderr)

    def test_the_help_has_every_option(self):
        for option in options_in_help("calls"):
            if option not in ("--port",):
                self.assertNotIn("no option", run("calls", option)[2], option)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
