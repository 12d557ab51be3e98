#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Consumers that do not keep up, beside one that does. Usage: test_serve_slow.py PROGRAM [CLASS]"""
import re
import resource
import selectors
import socket
import sys
import threading
import unittest

from gateway import PROGRAM, Events, Gateway, WebSocket
from watched import Reader, free_port, memory_kib, metrics, traffic

KINDS = "kind=call,user,group,record"


def published(g):
    """Messages of KINDS since the start."""
    m = metrics(g)
    return sum(m[f'devlink3_messages_total{{kind="{k}"}}'] for k in ("call", "user", "group", "record"))


class Narrow(Gateway):
    """Consumers of it may have little room, so that what they do not read waits in the gateway."""

    narrow = False

    def connect(self):
        if not self.narrow:
            return super().connect()
        host, port = self.address.rsplit(":", 1)
        s = socket.socket()
        s.settimeout(60)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        s.connect((host, int(port)))
        return s


def take(stream):
    m = stream.next()
    return m[1] if isinstance(m, tuple) else m


def latest(messages):
    """What is known at the end, by what it is about."""
    known = {}
    for m in messages:
        if m["kind"] == "call":
            known["call", m["call"]["id"]] = m
        elif m["kind"] == "user":
            known["user", m["user"]["extension"]] = m
        elif m["kind"] == "group":
            known["group", m["group"]["group"]] = m
    return known


class Stopped(unittest.TestCase):
    """One that never reads, of each policy and kind of stream, beside one that does. A small history, and far more messages."""
    QUEUE = 500

    def open(self, g, policy, make):
        return make(g, f"{KINDS}&policy={policy}&queue={self.QUEUE}", *([{}] if make is Events else []))

    def check_whole(self, g, reader, total):
        g.until(lambda: reader.so_far() >= total, "all at the one who reads")
        messages = reader.messages()
        self.assertEqual([m for m in messages if m["kind"] == "gap"], [])
        numbers = [m["seq"] for m in messages]
        self.assertEqual(len(numbers), total)
        self.assertEqual(numbers, sorted(set(numbers)))
        return messages

    def check_counted(self, stream, whole):
        """What came, once each and in order, and what it was told that it missed, are all that there were."""
        seen, missed = [], 0
        while len(seen) + missed < len(whole):
            m = take(stream)
            if m["kind"] == "gap":
                self.assertEqual(m["scope"], "slow")
                missed += m["missed"]
            else:
                seen.append(m)
        self.assertEqual(len(seen) + missed, len(whole))
        self.assertGreater(missed, 0)
        by_number = {m["seq"]: m for m in whole}
        self.assertEqual([by_number[m["seq"]] for m in seen], seen)
        self.assertEqual([m["seq"] for m in seen], sorted({m["seq"] for m in seen}))
        return seen

    def check_disconnected(self, g, stream, whole):
        seen = []
        with self.assertRaises(EOFError) as end:
            while True:
                seen.append(take(stream))
        gaps = [m for m in seen if m["kind"] == "gap"]
        self.assertEqual([m["scope"] for m in gaps], ["slow"])
        self.assertGreater(gaps[0]["missed"], self.QUEUE)
        if isinstance(stream, WebSocket):
            self.assertEqual(end.exception.args, (1008,))
        else:
            self.assertEqual(seen.pop()["kind"], "bye")
        self.assertIs(seen.pop(), gaps[0])
        # It may come again where it was, and has all of it then.
        with g.stream(KINDS, Last_Event_ID=str(seen[-1]["seq"])) as again:
            while len(seen) < len(whole):
                seen.append(again.next()[1])
        self.assertEqual(seen, whole)

    def run_beside(self, seconds, check, config=""):
        port = free_port()
        config = ("listen: [{address: '127.0.0.1:0'}]\nlog: {level: error}\n"
                  f"pbxs: [{{name: main, url: 'devlink3://devlink3@127.0.0.1:{port}', flags: '-CMExtn'}}]\n" + config)
        with Narrow(config=config, wait_up=False) as g:
            reader = Reader(g, KINDS)
            g.narrow = True
            streams = {(p, make): self.open(g, p, make) for p in ("skip", "latest", "disconnect") for make in (Events, WebSocket)}
            g.narrow = False
            with traffic(port, seconds) as sim:
                check(g, reader, streams, sim)
            for s in streams.values():
                s.close()
            reader.end()

    def test_each_policy_counts_what_was_not_given(self):
        def check(g, reader, streams, sim):
            self.assertEqual(sim.wait(), 0)
            g.until(lambda: metrics(g)['devlink3_link_up{pbx="main"}'] == 0, "the end")
            total = published(g)
            self.assertGreater(total, 10000)
            whole = self.check_whole(g, reader, total)
            m = metrics(g)
            self.assertGreaterEqual(m["devlink3_consumer_skipped_total"], 4)
            self.assertEqual(m["devlink3_consumer_disconnected_total"], 2)
            for (policy, _), stream in streams.items():
                with self.subTest(policy=policy, stream=type(stream).__name__):
                    if policy == "disconnect":
                        self.check_disconnected(g, stream, whole)
                        continue
                    seen = self.check_counted(stream, whole)
                    if policy == "latest":
                        self.assertEqual(latest(seen), latest(whole))
        self.run_beside(60, check)

    def test_memory_does_not_grow_with_what_they_do_not_take(self):
        with open(PROGRAM, "rb") as f:
            if b"__asan_init" in f.read():
                self.skipTest("a sanitizer keeps what is freed for a while")

        def check(g, reader, streams, sim):
            g.until(lambda: reader.so_far() > 10000, "a history that is full")
            before = memory_kib(g)
            g.until(lambda: reader.so_far() > 60000, "many more messages")
            # Fifty thousand messages are fifty megabytes and more; what waits is in the kernel, or given up.
            self.assertLess(memory_kib(g) - before, 12 * 1024)
            self.assertEqual(metrics(g)["devlink3_consumer_disconnected_total"], 2)
        self.run_beside(600, check, "limits: {ring_messages: 4096, ring_bytes: 4194304}\nstore: {records: false}\n")


class Crowd(unittest.TestCase):
    """A thousand who read a little now and then, by both kinds of stream, and one who reads all."""
    COUNT = 1000

    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 3 * self.COUNT:
            self.skipTest(f"no more than {hard} descriptors are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3 * self.COUNT), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def read_slowly(self, streams, stop, counts):
        """A hundredth of what comes, in turns."""
        selector = selectors.DefaultSelector()
        for s in streams:
            s.sock.setblocking(False)
            selector.register(s.sock, selectors.EVENT_READ)
        while not stop.wait(0.1):
            for key, _ in selector.select(0):
                try:
                    counts[key.fd] = counts.get(key.fd, 0) + len(key.fileobj.recv(512))
                except BlockingIOError:
                    pass

    def test_the_one_who_reads_has_every_number(self):
        port, stop, counts = free_port(), threading.Event(), {}
        with Narrow(pbx=f"127.0.0.1:{port}", wait_up=False) as g:
            every = f"{KINDS},link,gap"
            quick = Reader(g, every)
            g.narrow = True
            policies = ("skip", "latest")
            slow = [(Events(g, f"{KINDS}&policy={policies[i // 2 % 2]}&queue=1000", {}) if i % 2 else
                     WebSocket(g, f"{KINDS}&policy={policies[i // 2 % 2]}&queue=1000")) for i in range(self.COUNT)]
            g.narrow = False
            crowd = threading.Thread(target=self.read_slowly, args=(slow, stop, counts))
            crowd.start()
            try:
                with traffic(port, 60) as sim:
                    self.assertEqual(sim.wait(), 0)
                    g.until(lambda: metrics(g)['devlink3_link_up{pbx="127.0.0.1"}'] == 0, "the end")
                total = published(g)
                m, last = metrics(g), g.get("/v1/calls").json()["seq"]
                g.until(lambda: quick.so_far() > 0 and quick.messages()[-1]["seq"] >= last, "all")
                messages = quick.messages()
            finally:
                stop.set()
                crowd.join()
                quick.end()
                for s in slow:
                    s.close()
        self.assertGreater(total, 10000)
        self.assertEqual(sum(m["kind"] not in ("link", "gap") for m in messages), total)
        numbers = [m["seq"] for m in messages]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        self.assertEqual((m['devlink3_consumers{kind="sse"}'], m['devlink3_consumers{kind="websocket"}']), (self.COUNT / 2 + 1, self.COUNT / 2), "nobody was thrown out")
        self.assertGreaterEqual(m["devlink3_consumer_skipped_total"], self.COUNT, "they really were slow")
        self.assertEqual(len(counts), self.COUNT)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
