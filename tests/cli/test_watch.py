#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 watch` in a pipe and on a terminal. Usage: test_watch.py PROGRAM [CLASS]"""
import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata
import unittest

from tool import PROGRAM, TIMEOUT, USER, Terminal, environment, lines, run, start
from bad_pbx import BadPbx
from pbx import Pbx, frame, words, xml_event
from sim import Sim

NODE = 0xc0000201
LOST = "<CallLost>c0000201,%s,1,%d,50</CallLost>"


def end(n):
    return f"c0000201{n:08x}"


def party(n, identity="4001", state=2, cli="", name="", klass=9, tone=0, audio=1, public=0):
    return f"{end(n)},0,{state},{audio},{tone},0,{public},0,0,{klass},0,line,{identity},101,0,,,,,,,{cli},0,0,{name}"


def detail(call, a, b=None, targets=()):
    b = f"<PartyB>{b}</PartyB>" if b else ""
    listed = "".join(f"<Target>{end(n)},0,0,9,0,,{who},101,0,,,,,0</Target>" for n, who in targets)
    t = f"<Target_list>{listed}</Target_list>" if targets else ""
    return f"<Detail><Call>c0000201,{call},,,,0,,,,</Call><PartyA>{a}</PartyA>{b}{t}</Detail>"


def events(*xml, first=1):
    return [xml_event(NODE, first + i, x) for i, x in enumerate(xml)]


def watch(*options, snapshot=(), news=(), count=None, tail=b"", split=0):
    pbx = Pbx(snapshot=snapshot, news=news, tail=tail, split=split)
    try:
        return run("watch", f"devlink3://app@127.0.0.1:{pbx.port}", "--no-retry",
                   *(("--count", str(count)) if count else ()), *options), pbx
    finally:
        pbx.finish()


class Json(unittest.TestCase):
    def records(self, got):
        return [line for line in got if "record" in line]

    def test_a_line_for_each_record_with_its_time_pbx_and_counter(self):
        (code, out, err), pbx = watch(snapshot=events(LOST % (end(1), 16), LOST % (end(2), 17)), news=events(LOST % (end(3), 16), first=3))
        self.assertEqual((code, pbx.asked), (5, "-SIPTrack -CMExtn"))
        got = self.records(lines(out))
        self.assertEqual([(r["pbx_address"], r["counter"], r.get("snapshot", False)) for r in got],
                         [("192.0.2.1", 1, True), ("192.0.2.1", 2, True), ("192.0.2.1", 3, False)])
        self.assertEqual([r["record"]["cause"] for r in got], ["normal", "busy", "normal"])
        for line in lines(out):
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_the_same_however_it_is_cut(self):
        snapshot = events(detail(1, party(1), targets=[(2, "4002")]))
        whole = watch("--count", "1", snapshot=snapshot)[0][1]
        single = watch("--count", "1", snapshot=snapshot, split=1)[0][1]
        self.assertEqual(self.records(lines(whole))[0]["record"], self.records(lines(single))[0]["record"])

    def test_links_streams_and_the_end_of_the_snapshot_are_lines(self):
        (code, out, err), pbx = watch("--flags", "-SCN -CMExtn", snapshot=events(LOST % (end(1), 16)))
        got = lines(out)
        self.assertEqual([g["link"] for g in got if "link" in g],
                         ["resolving", "connecting", "login", "asking", "snapshot", "up", "stopped"])
        self.assertIn({"result": "success", "accepted": ["-SCN", "-CMExtn"], "dropped": []}, [g.get("stream") for g in got])
        self.assertIn({"records": 1}, [g.get("snapshot_end") for g in got])
        self.assertEqual((got[-1]["reason"], got[-1]["before"]), ("closed", "up"))

    def test_gaps_duplicates_and_restarts_of_counters(self):
        (code, out, err), pbx = watch(snapshot=[xml_event(NODE, n, LOST % (end(n), 16)) for n in (5, 9, 9, 2)])
        got = lines(out)
        self.assertEqual([g["gap"] for g in got if "gap" in g], [{"pbx_address": "192.0.2.1", "expected": 6, "came": 9, "missed": 3}])
        self.assertEqual([g["duplicate"]["came"] for g in got if "duplicate" in g], [9])
        self.assertEqual([g["restart"]["came"] for g in got if "restart" in g], [2])
        self.assertEqual([g["counter"] for g in self.records(got)], [5, 9, 2])

    def test_what_is_malformed_and_what_nobody_asked_for(self):
        strange = frame(words(0x12345678, 1))
        (code, out, err), pbx = watch(news=[*events("<Detail><Call>"), strange, *events(LOST % (end(1), 16), first=2)])
        got = lines(out)
        bad = [g["malformed"] for g in got if "malformed" in g]
        self.assertEqual([(b["counter"], b["tuple"], b["error"]) for b in bad], [(1, "delta3", "delta3")])
        self.assertEqual([g["unexpected"]["code"] for g in got if "unexpected" in g], [0x12345678])
        self.assertEqual(len(self.records(got)), 1)

    def test_raw_has_the_text_as_it_came(self):
        text = LOST % (end(1), 16)
        got = lines(watch("--raw", snapshot=events(text))[0][1])
        self.assertEqual(self.records(got)[0]["record"]["raw"], text)

    def test_count_ends_after_so_many(self):
        (code, out, err), pbx = watch(count=3, snapshot=events(*[LOST % (end(n), 16) for n in range(9)]))
        self.assertEqual((code, err, len(self.records(lines(out)))), (0, "", 3))
        self.assertIn("record", lines(out)[-1])

    def test_once_ends_with_the_snapshot(self):
        (code, out, err), pbx = watch("--once", snapshot=events(LOST % (end(1), 16)), news=events(LOST % (end(2), 16), first=2))
        self.assertEqual((code, err, list(lines(out)[-1])), (0, "", ["time", "snapshot_end"]))

    def test_once_with_nobody_there_does_not_wait_for_ever(self):
        code, out, err = run("watch", "devlink3://app@127.0.0.1:1", "--once")
        self.assertEqual(code, 5)

    def test_many_records_come_whole(self):
        n = 30000
        (code, out, err), pbx = watch(news=events(*[LOST % (end(i), 16) for i in range(n)]))
        self.assertEqual([r["counter"] for r in self.records(lines(out))], list(range(1, n + 1)))

    def test_against_the_simulator(self):
        with Sim(PROGRAM, "--rate", "600", "--speed", "20", "--listen", "127.0.0.1:0", "--quiet") as sim:
            code, out, err = run("watch", f"devlink3://{USER}@{sim.address}", "--flags", "-SCN -SIPTrack -CMExtn", "--count", "500",
                                 password=USER)
        got = self.records(lines(out))
        self.assertEqual((code, err, len(got)), (0, "", 500))
        self.assertLessEqual({"detail", "call_lost", "siptrack", "cmextn"}, {g["record"]["kind"] for g in got})
        self.assertEqual({g["pbx_address"] for g in got}, {"192.168.42.1", "192.168.42.2"})


class Running(unittest.TestCase):
    def serve(self, *batches):
        """A PBX that sends a batch each time it is told to."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)

        def manner(c):
            c.up()
            for batch in batches:
                os.read(reader, 1)
                c.raw(batch)
            c.wait_for_the_end()
        return BadPbx(manner), lambda: os.write(writer, b"x")

    def test_nothing_is_held_back_in_a_pipe(self):
        pbx, go = self.serve(*(b"".join(events(LOST % (end(n), 16), first=n)) for n in range(1, 4)))
        with pbx:
            p = start("watch", pbx.url())
            while b"snapshot_end" not in p.stdout.readline():
                pass
            for n in range(1, 4):
                go()
                self.assertIn(f'"counter":{n},'.encode(), p.stdout.readline())
            p.send_signal(signal.SIGTERM)
            out, err = p.communicate(timeout=TIMEOUT)
            self.assertEqual((p.returncode, err), (0, b""))

    def test_signals_end_it_with_0(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            pbx, go = self.serve()
            with pbx:
                p = start("watch", pbx.url())
                while b"snapshot_end" not in p.stdout.readline():
                    pass
                p.send_signal(number)
                self.assertEqual(p.communicate(timeout=TIMEOUT), (b"", b""))
                self.assertEqual(p.returncode, 0)

    def test_a_signal_ends_it_while_nobody_reads_its_output(self):
        flood = b"".join(events(*[LOST % (end(n), 16) for n in range(20000)]))
        pbx, go = self.serve(flood)
        with pbx:
            p = start("watch", pbx.url())
            while b"snapshot_end" not in p.stdout.readline():
                pass
            go()
            while self.waiting_in(p.stdout) < 60000:  # of 65,536
                time.sleep(0.01)
            p.send_signal(signal.SIGTERM)
            self.assertEqual(p.wait(timeout=TIMEOUT), 0)
            p.stdout.close()
            p.stderr.close()

    def waiting_in(self, pipe):
        return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]

    def test_a_reader_that_went_away_ends_it_quietly(self):
        pbx, go = self.serve(b"".join(events(LOST % (end(1), 16))))
        with pbx:
            p = start("watch", pbx.url())
            while b"snapshot_end" not in p.stdout.readline():
                pass
            p.stdout.close()
            go()
            self.assertEqual((p.wait(timeout=TIMEOUT), p.stderr.read()), (0, b""))
            p.stderr.close()

    def test_output_that_cannot_be_written_is_said(self):
        pbx, go = self.serve()
        with pbx, open("/dev/full", "wb") as full:
            p = subprocess.run([PROGRAM, "watch", pbx.url()], stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=TIMEOUT)
        self.assertEqual((p.returncode, p.stderr), (1, b"devlink3 watch: standard output could not be written: "
                                                       b"No space left on device\n"))

    def test_it_connects_again(self):
        with BadPbx(lambda c: c.up()) as pbx:
            p = start("watch", pbx.url())
            waits = []
            while len(waits) < 2:
                line = p.stdout.readline().decode()
                if '"link":"waiting"' in line:
                    waits.append(lines(line)[0])
            p.send_signal(signal.SIGTERM)
            p.communicate(timeout=TIMEOUT)
            self.assertEqual(p.returncode, 0)
            self.assertGreaterEqual(pbx.connections, 2)
        self.assertEqual([w["reason"] for w in waits], ["closed", "closed"])
        self.assertGreater(waits[0]["retry_s"], 0)


def cells(text):
    """Of a terminal, for text without escapes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*[mK]", "", text)


class Text(unittest.TestCase):
    def text(self, *xml, options=()):
        (code, out, err), pbx = watch("--text", *options, snapshot=events(*xml))
        return out

    def test_who_whom_and_what(self):
        out = self.text(detail(7, party(1, "", 19, "01707123456", '"Smith, Ann"', klass=5, tone=2, public=1), targets=[(2, "4005"), (3, "4006")]),
                        detail(7, party(1, "", 2, "01707123456", '"Smith, Ann"', klass=5, public=1), party(2, "4005")),
                        LOST % (end(2), 126), LOST % (end(1), 17), LOST % (end(99), 77))
        rows = [line for line in out.split("\n") if re.match(r"\d\d:\d\d:\d\d\.\d{3} (7|  )", line)]
        for row, wanted in zip(rows, (("7", "01707123456 Smith, Ann", "→  4005, 4006", "ringback, ringback tone, in progress"),
                                      ("7", "01707123456 Smith, Ann", "→  4005", "connected"), ("7", "4005", "left: transferred"),
                                      ("7", "01707123456 Smith, Ann", "hung up: busy"), (end(99), "hung up: cause 77")), strict=True):
            for part in wanted:
                self.assertIn(part, row)
        self.assertNotIn("\x1b", out)

    def test_sip_extensions_rejects_and_links(self):
        def double(code, text):
            data = text.encode("utf-16-be") + b"\0\0"
            return frame(words(0x10300011, NODE, 3, code) + struct.pack(">H", len(data)) + data)
        state = struct.pack(">III", 0, 2, 0) + "Extn4001".encode("utf-16-be") + b"\0\0"
        state = frame(words(0x10300011, NODE, 4, 0x00760004) + struct.pack(">H", len(state)) + state)
        news = [*events("<AttemptReject>c0000201," + end(1) + ",4005,dnd,1</AttemptReject>",
                        "<LinkLost>c0000202," + end(1) + ",0,16,1,ref</LinkLost>"), double(0x00760003, "START," + end(5) + ",1.2.3,TRUNK,IN,abc@sip"), state]
        (code, out, err), pbx = watch("--text", news=news)
        for part in ("4005", "pushed away, dnd", "out of sight of c0000202", "SIP START TRUNK IN", "abc@sip", "extension idle -> dialling"):
            self.assertIn(part, out)

    def test_gaps_and_what_is_malformed(self):
        (code, out, err), pbx = watch("--text", news=[xml_event(NODE, 1, LOST % (end(1), 16)), xml_event(NODE, 5, "<Detail>")])
        self.assertIn("192.0.2.1: 3 events of this PBX are lost (expected 2, came 5)", out)
        self.assertIn("malformed: expected", out)

    def test_names_are_not_obeyed(self):
        name = "\x1b[31mA\u202eB\x9bC\rD\nE\u2028F"
        out = self.text(detail(1, party(1, "4001", name=f'"{name}"')))
        for c in "\x1b\u202e\x9b\r\u2028":
            self.assertNotIn(c, out)
        self.assertRegex(out, r"4001 \.\[31mA\.B\.C\.D\.E\.F ")

    def test_raw_is_a_line_of_its_own(self):
        text = LOST % (end(1), 16)
        self.assertIn(text + "\n", self.text(text, options=("--raw",)))


class OnATerminal(unittest.TestCase):
    NAMES = ('"Café Zoë"', '"山田太郎山田太郎山田太郎山田太郎"', '"e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301x"', '"' + "long " * 40 + '"', '"\U0001F600\u200d"')

    def show(self, columns, *options, news=(), **more):
        def manner(c):
            c.up()
            c.raw(b"".join(news))
            c.wait_for_the_end()
        with BadPbx(manner) as pbx:
            t = Terminal("watch", pbx.url(), *options, columns=columns, **more)
            t.until_lines(3 + len(news))  # logged in, streaming, the titles
            if columns >= 100:
                t.until(f"{len(news)} records")
            out = t.interrupt()
        self.assertEqual(t.code, 0)
        return out

    def rows(self, out):
        """What stays on the screen: of each line what was written last."""
        return [plain(line.rstrip("\r").rsplit("\r\x1b[K", 1)[-1]) for line in out.split("\n")]

    def test_no_row_is_wider_than_the_terminal(self):
        news = events(*(detail(i, party(2 * i, "4001", name=n), party(2 * i + 1, "4002")) for i, n in enumerate(self.NAMES, 1)))
        for columns in (200, 100, 60, 40, 20):
            rows = [r for r in self.rows(self.show(columns, news=news)) if re.match(r"\d\d:\d\d:\d\d(\.\d{3})? \d ", r)]
            self.assertEqual(len(rows), len(news), columns)
            for row in rows:
                self.assertLessEqual(cells(row), columns, row)

    def test_columns_stand_below_each_other_whatever_the_names(self):
        news = events(*(detail(i, party(2 * i, "4001", name=n), party(2 * i + 1, "4002")) for i, n in enumerate(self.NAMES[:4], 1)))
        rows = [r for r in self.rows(self.show(100, news=news)) if "→" in r]
        self.assertEqual(len(rows), 5)  # the titles too
        self.assertEqual(len({cells(r[:r.index("→")]) for r in rows}), 1, rows)
        self.assertIn("…", "".join(rows))
        self.assertNotIn("\u0301" * 4, "".join(rows))

    def test_colour_and_the_wish_for_none(self):
        news = events(detail(1, party(1), party(2)))
        self.assertIn("\x1b[32m", self.show(100, news=news))
        for more in ({"NO_COLOR": "1"}, {"TERM": "xterm", "NO_COLOR": "x"}):
            self.assertNotRegex(self.show(100, news=news, **more), r"\x1b\[\d*m")

    def test_the_status_says_how_things_are_and_is_gone_at_the_end(self):
        out = self.show(100, news=events(detail(1, party(1), party(2)), LOST % (end(1), 16)))
        self.assertRegex(plain(out), r"● up  127\.0\.0\.1:\d+  1 calls  2 records  ")
        self.assertTrue(out.endswith("\r\x1b[K"), out[-40:])

    def test_json_on_a_terminal_has_no_status(self):
        with BadPbx(lambda c: c.up()) as pbx:
            t = Terminal("watch", pbx.url(), "--json", "--once")
            out = t.end()
        self.assertEqual(t.code, 0)
        self.assertNotIn("\x1b", out)

    def test_it_is_as_wide_as_the_terminal_is_now(self):
        reader, writer = os.pipe()

        def manner(c):
            c.up()
            c.raw(b"".join(events(detail(1, party(1, name=self.NAMES[3]), party(2)))))
            os.read(reader, 1)
            c.raw(b"".join(events(detail(2, party(1, name=self.NAMES[3]), party(2)), first=2)))
            c.wait_for_the_end()
        with BadPbx(manner) as pbx:
            t = Terminal("watch", pbx.url(), columns=120)
            t.until("1 records")
            t.resize(50)
            os.write(writer, b"x")
            t.until("2 records")
            out = t.interrupt()
        os.close(reader)
        os.close(writer)
        widths = [cells(r) for r in self.rows(out) if re.match(r"\d\d:\d\d:\d\d(\.\d{3})? \d ", r)]
        self.assertGreater(widths[0], 50)
        self.assertLessEqual(widths[1], 50)

    def test_a_terminal_that_can_nothing(self):
        with BadPbx(lambda c: c.up() or c.raw(b"".join(events(detail(1, party(1), party(2)))))) as pbx:
            t = Terminal("watch", pbx.url(), "--count", "1", TERM="dumb", LC_ALL="C")
            out = t.end()
        self.assertEqual(t.code, 0)
        self.assertNotIn("\x1b", out)
        self.assertIn("-> ", out)

    def test_a_link_that_is_lost_is_a_row(self):
        with BadPbx(lambda c: c.up()) as pbx:
            t = Terminal("watch", pbx.url())
            t.until("next attempt in ")
            out = t.interrupt()
        self.assertIn("the PBX closed the connection", out)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
