#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 replay`, heard by a client of plain sockets and by `devlink3 watch`. Usage: test_replay.py PROGRAM [CLASS]"""
import json
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from tool import PROGRAM, TIMEOUT, USER, environment, lines, run
from packets import RAW, Talk, pcap, pcapng
from pbx import LOGIN_REPLY, STREAM_REPLY, TEST_REPLY, frame, words, xml_event
from sim import Sim
from wire import EVENTS, READ, TEST, Client, Gone, text

PBX = 0xc0000201


def lost(counter, end=None):
    return xml_event(PBX, counter, f"<CallLost>c0000201,c0000201{end or counter:08x},1,16,{counter}</CallLost>")


def flags(words_):
    return struct.pack(">H", len(text(words_))) + text(words_)


def asking(request=3, barrier=4):
    return frame(words(EVENTS, request) + flags("-SIPTrack")) + frame(words(TEST, barrier, 0))


def capture(events, snapshot=(), gap_ms=1, build=pcap):
    """A conversation with its event request; a packet a millisecond, and for each event so many more of nothing."""
    t = Talk()
    packets = t.open() + t.say(0, frame(words(0x00300001, 1, 1) + text("app") + text("test")))
    packets += t.say(1, frame(words(LOGIN_REPLY, 1, 0)))
    packets += t.say(0, asking())
    packets += t.say(1, frame(words(STREAM_REPLY, 3, 0) + flags("-SIPTrack")))
    for e in snapshot:
        packets += t.say(1, e)
    packets += t.say(1, frame(words(TEST_REPLY, 4, 0, 0)))
    for e in events:
        packets += t.acked(0) * (gap_ms - 1) + t.say(1, e)
    return pcapng([(0, p) for p in packets], links=(RAW,)) if build is pcapng else pcap(packets, RAW)


class Replay:
    """`devlink3 replay` with a file of these octets."""

    def __init__(self, data, *options, name="x.pcap"):
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as f:
            f.write(data)
        self.path = path
        self.process = subprocess.Popen([PROGRAM, "replay", "--listen", "127.0.0.1:0", *options, path], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment())
        line = self.process.stdout.readline()
        m = re.fullmatch(r"listening on (127\.0\.0\.1:\d+)\n", line)
        assert m, (line, self.process.stderr.read())
        self.address = m[1]

    def url(self):
        return f"devlink3://{USER}@{self.address}"

    def client(self):
        c = Client(self.address)
        c.login(USER, USER)
        return c

    def end(self, sig=signal.SIGTERM):
        """@return the exit code and the log."""
        if sig and self.process.poll() is None:
            self.process.send_signal(sig)
        err = self.process.communicate(timeout=TIMEOUT)[1]
        return self.process.returncode, err

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=TIMEOUT)
        self.folder.cleanup()


def ask(client):
    """Without waiting for the answer: it comes with the events."""
    client.send(words(EVENTS, 7) + flags("-SIPTrack"))


def hear_all(client):
    """All events up to the end of the connection."""
    try:
        while True:
            client.read()
    except Gone:
        pass
    return [e.counter for e in client.events]


class Playing(unittest.TestCase):
    def test_events_come_as_they_were_recorded_octet_for_octet(self):
        events = [lost(i) for i in range(1, 50)]
        with Replay(capture(events), "--speed", "0") as r, r.client() as c:
            ask(c)
            came = b""
            while len(came) < sum(map(len, events)) + 12:
                more = c.sock.recv(65536)
                if not more:
                    break
                came += more
            self.assertIn(b"".join(events), came)

    def test_watch_hears_what_decode_reads(self):
        with Sim(PROGRAM, "--listen", "127.0.0.1:0", "--rate", "600", "--speed", "100", "--duration", "300", "--wait", "--quiet",
                 "--seed", "5") as sim, tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.pcap")
            run("record", f"devlink3://{USER}@{sim.address}", path, "--no-retry", password=USER)
            sim.wait()
            with open(path, "rb") as f:
                recorded = f.read()
        with Replay(recorded, "--speed", "0", "--once") as r:
            decoded = [line for line in lines(run("decode", r.path)[1]) if line["message"] == "event"]
            code, out, err = run("watch", r.url(), "--json", "--no-retry", password=USER)
            heard = [line for line in lines(out) if "record" in line]
            self.assertEqual(r.end(None)[0], 0)
        self.assertGreater(len(decoded), 1000)
        self.assertEqual([(e["counter"], e["records"]) for e in decoded], [(e["counter"], [e["record"]]) for e in heard])

    def test_twenty_thousand_events_at_full_speed_lose_nothing(self):
        with Replay(b"".join(lost(i) for i in range(1, 20001)), "--speed", "0", "--once", name="x.raw") as r:
            code, out, err = run("watch", r.url(), "--json", "--no-retry", password=USER)
        self.assertEqual([e["counter"] for e in lines(out) if "record" in e], list(range(1, 20001)))
        self.assertNotIn("gap", out)

    def test_the_snapshot_comes_before_the_barrier_and_the_rest_behind(self):
        with Replay(capture([lost(8), lost(9)], snapshot=[lost(1), lost(2), lost(3)]), "--speed", "0") as r, r.client() as c:
            ask(c)
            c.send(words(TEST, 8, 0))
            c.answer(EVENTS, 7)
            c.answer(TEST, 8)
            self.assertEqual([e.counter for e in c.events], [1, 2, 3])
            self.assertEqual(hear_all(c), [1, 2, 3, 8, 9])

    def test_pcapng_too(self):
        with Replay(capture([lost(1), lost(2)], build=pcapng), "--speed", "0", name="x.pcapng") as r, r.client() as c:
            ask(c)
            self.assertEqual(hear_all(c), [1, 2])

    def test_hexadecimal_text_and_standard_input(self):
        p = subprocess.Popen([PROGRAM, "replay", "--listen", "127.0.0.1:0", "--once", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=environment())
        p.stdin.write((lost(1) + lost(2)).hex().encode())
        p.stdin.close()
        address = p.stdout.readline().decode().split()[-1]
        with Client(address) as c:
            c.login(USER, USER)
            ask(c)
            self.assertEqual(hear_all(c), [1, 2])
        self.assertEqual(p.wait(TIMEOUT), 0)
        self.assertIn(b"no times in it", p.stderr.read())
        p.stdout.close()
        p.stderr.close()

    def test_the_pace_is_that_of_the_recording_times_the_speed(self):
        """Events two seconds apart, ten times faster. Slower than asked for is what a busy machine may do; faster is not."""
        with Replay(capture([lost(1), lost(2), lost(3)], gap_ms=2000), "--speed", "10") as r, r.client() as c:
            ask(c)
            c.send(words(TEST, 8, 0))
            c.answer(EVENTS, 7)
            c.answer(TEST, 8)
            began, times = time.monotonic(), []
            while len(times) < 3:
                c.read()
                times.append(time.monotonic() - began)
        for i, t in enumerate(times):
            self.assertGreaterEqual(t, 0.2 * (i + 1) - 0.05)

    def test_a_loop_begins_again(self):
        with Replay(b"".join(map(lost, (1, 2, 3))), "--loop", name="x.raw") as r, r.client() as c:
            ask(c)
            while len(c.events) < 10:
                c.read()
            self.assertEqual([e.counter for e in c.events[:10]], [1, 2, 3, 1, 2, 3, 1, 2, 3, 1])

    def test_one_that_stays_still_answers(self):
        with Replay(b"".join(map(lost, (1, 2))), "--stay", name="x.raw") as r, r.client() as c:
            ask(c)
            while len(c.events) < 2:
                c.read()
            c.send(words(TEST, 9, 0))
            c.answer(TEST, 9)

    def test_files_that_were_read_can_be_read_again(self):
        t = Talk()
        packets = t.open() + t.say(0, frame(words(READ, 2) + flags("nasystem/user_list")))
        packets += t.say(1, frame(words(READ | 0x80000000, 2, 0) + b"Ann,201,Ann Example\r\n")) + t.say(1, lost(1))
        with Replay(pcap(packets, RAW), "--stay") as r:
            code, out, err = run("cat", r.url(), "nasystem/user_list", password=USER)
            self.assertEqual((code, out), (0, "Ann,201,Ann Example\r\n"))
            self.assertEqual(run("cat", r.url(), "nasystem/hunt_list", password=USER)[0], 1)


class Clients(unittest.TestCase):
    def test_each_hears_all_from_the_beginning(self):
        data = b"".join(lost(i) for i in range(1, 5001))
        with Replay(data, "--speed", "0", name="x.raw") as r:
            heard = {}

            def listen(i):
                time.sleep(i * 0.05)
                with r.client() as c:
                    ask(c)
                    heard[i] = hear_all(c)
            threads = [threading.Thread(target=listen, args=(i,)) for i in range(5)]
            for t in threads:
                t.start()
            for t in threads:
                t.join(TIMEOUT)
            for i in range(5):
                self.assertEqual(heard.get(i), list(range(1, 5001)), i)

    def test_one_that_reads_nothing_holds_nobody_up_and_loses_nothing(self):
        count = 60000
        with Replay(b"".join(lost(i) for i in range(1, count + 1)), "--speed", "0", name="x.raw") as r:
            with r.client() as slow, r.client() as quick:
                ask(slow)
                ask(quick)
                self.assertEqual(len(hear_all(quick)), count)
                with open(f"/proc/{r.process.pid}/status") as f:
                    held = int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])
                self.assertLess(held, 64 * 1024, "KiB: what waits for one that does not read is bounded")
                self.assertEqual(hear_all(slow), list(range(1, count + 1)))

    def test_a_wrong_password_is_refused(self):
        with Replay(lost(1), name="x.raw") as r:
            self.assertEqual(run("watch", r.url(), "--once", password="wrong")[0], 3)
            self.assertEqual(run("watch", f"devlink3://other@{r.address}", "--once", password=USER)[0], 3)

    def test_a_login_of_ones_own(self):
        with Replay(lost(1), "--user", "app", name="x.raw") as r:
            url = f"devlink3://app@{r.address}"
            self.assertEqual(run("watch", url, "--count", "1", password="secret")[0], 0)
            self.assertEqual(run("watch", r.url(), "--once", password=USER)[0], 3)

    def test_garbage_ends_that_client_only(self):
        with Replay(lost(1), "--stay", name="x.raw") as r:
            with Client(r.address) as c:
                c.raw(b"GET / HTTP/1.1\r\n\r\n")
                self.assertRaises(Gone, c.read)
            self.assertEqual(run("watch", r.url(), "--count", "1", password=USER)[0], 0)


class Recordings(unittest.TestCase):
    def refused(self, data, wanted, *options, code=1):
        with tempfile.NamedTemporaryFile() as f:
            f.write(data)
            f.flush()
            got, out, err = run("replay", "--listen", "127.0.0.1:0", *options, f.name)
            self.assertEqual((got, out), (code, ""), err)
            self.assertIn(wanted, err)

    def test_what_holds_no_events_is_refused(self):
        self.refused(frame(words(TEST_REPLY, 4, 0, 0)), "no events in it")
        self.refused(b"", "nothing to replay")
        self.refused(b"plain text, and no recording\n" * 5, "nothing to replay")
        self.refused(pcap([]), "no DevLink3 in it")

    def test_a_file_that_is_not_there(self):
        code, out, err = run("replay", "/nonexistent/x.pcap")
        self.assertEqual(code, 1)
        self.assertIn("/nonexistent/x.pcap: No such file", err)

    def test_a_port_that_is_taken(self):
        with Replay(lost(1), name="x.raw") as r:
            code, out, err = run("replay", "--listen", r.address, r.path)
            self.assertEqual(code, 1)
            self.assertIn("choose another port", err)

    def test_a_hole_is_told_and_the_rest_played(self):
        t = Talk()
        packets = t.open() + t.say(1, lost(1))
        t.skip(1, lost(2))
        packets += t.say(1, lost(3)) + t.acked(0) + t.say(1, lost(4)) + t.acked(0) + t.close()
        with Replay(pcap(packets, RAW), "--speed", "0") as r:
            with r.client() as c:
                ask(c)
                self.assertEqual(hear_all(c), [1, 3, 4])
            self.assertIn("octets of the PBX are missing in 1 place", r.end()[1])

    def test_a_damaged_one_is_played_as_far_as_it_is_good(self):
        with Replay(lost(1) + b"\x00\x01garbage" + lost(2), "--speed", "0", name="x.raw") as r:
            with r.client() as c:
                ask(c)
                self.assertEqual(hear_all(c), [1, 2])
            self.assertIn("damaged in 1 place", r.end()[1])

    def test_what_does_not_go_together_is_a_wrong_usage(self):
        for words_ in (["--loop", "--stay", "x"], ["--raw", "--hex", "x"], [], ["x", "y"], ["--speed", "-1", "x"]):
            code, out, err = run("replay", *words_)
            self.assertEqual((code, out), (2, ""), words_)
            self.assertIn("usage: devlink3 replay", err)

    def test_a_signal_ends_it_well(self):
        for sig in (signal.SIGINT, signal.SIGTERM):
            with Replay(lost(1), name="x.raw") as r:
                self.assertEqual(r.end(sig)[0], 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
