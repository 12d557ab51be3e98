#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The proxy in front of `devlink3 sim`, asked by a client that shares nothing with either: ../sim/wire.py.
usage: test_proxy.py DEVLINK3 PROXY_SERVE [TEST...]"""
import json
import os
import pathlib
import random
import re
import ssl
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "sim"))
from sim import Sim  # noqa: E402
from wire import *  # noqa: E402, F403: the names of the protocol

PROGRAM, SERVE = sys.argv[1:3]

WORLD = """
nodes:
  - {name: Office, address: 192.168.42.3, cti_licences: 4}
  - {name: Depot, address: 192.168.42.4}
users:
  - {extension: "4001", name: Ada Field, node: Office, device: tdm_phone}
  - {extension: "4002", name: Bo Lind, node: Office, device: sip_device}
  - {extension: "5001", name: Eva Novák, node: Depot, device: tdm_phone}
trunks:
  - {line: 5, node: Office, type: sip_trunk, channels: 30, prefix: "9", routes: [{did: "4002", to: "4002"}]}
service_users:
  - {name: devlink3, password: devlink3}
"""


def simulator(*options, world=WORLD):
    return Sim(PROGRAM, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", *options, world=world)


class Proxy:
    def __init__(self, sim, *options):
        self.process = subprocess.Popen([SERVE, f"devlink3://devlink3@{sim.address}", *options], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        m = re.fullmatch(r"listening on (\S+)\n", self.process.stdout.readline())
        self.address = m[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.said = self.process.stdout.read()
        self.process.stdout.close()
        code = self.process.wait(timeout=30)
        if _[0] is None:
            assert code == 0, f"it ended with {code}"

    def client(self, flags=None, tls=None):
        c = Client(self.address, tls=tls)
        assert c.login("app", "secret") == 0
        if flags is not None:
            result, _ = c.stream(flags)
            assert result == 0, hex(result)
        return c


def direct(sim, flags):
    c = Client(sim.address)
    assert c.login() == 0
    assert c.stream(flags)[0] == 0
    return c


def ring(sim):
    """Somebody calls 4002."""
    sim.do("incoming", call="c", trunk=5, did="4002", cli="01632960011")


def told(events):
    return [(e.pbx, e.counter, e.code, e.data) for e in events]


class Conversation(unittest.TestCase):
    def test_tests_before_and_after_authentication(self):
        with simulator("--rate", "0") as s, Proxy(s) as p, Client(p.address) as c:
            self.assertEqual(c.test(b"x" * 1000), (0, b"x" * 1000))
            self.assertEqual(c.test(b"x" * 1001), (TOO_LONG, b""))
            self.assertEqual(c.login("app", "wrong"), FAILED)
            self.assertEqual(c.test(b"")[0], AUTH_FAILED)

    def test_logins(self):
        with simulator("--rate", "0") as s, Proxy(s) as p:
            for user, password, result in (("app", "secret", 0), ("app", "", FAILED), ("nobody", "", FAILED),
                                           ("long", "0123456789abcdefgh", 0), ("long", "0123456789abcdefXX", 0)):
                with Client(p.address) as c:
                    self.assertEqual(c.login(user, password, "Test"), result)
                    if result == 0:
                        with direct(s, "") as d:
                            self.assertEqual(c.variant, d.variant)
        self.assertEqual(p.said, "logins 3 refused 2 disconnected 0 events 0\n")

    def test_a_challenge_is_another_each_time(self):
        with simulator("--rate", "0") as s, Proxy(s) as p:
            seen = set()
            for _ in range(20):
                with Client(p.address) as c:
                    seen.add(c.challenge("app"))
            self.assertEqual(len(seen), 20)

    def test_flags(self):
        with simulator("--rate", "0") as s, Proxy(s) as p, p.client() as c:
            self.assertEqual(c.stream("-CMExtn -SIPTrack", half_length=True)[0], 0)
            self.assertEqual(c.stream("_CMExtn")[0], 0)
            self.assertEqual(c.stream("-NEW")[0], UNKNOWN_FLAG)
            self.assertEqual(c.stream("-CD2")[0], NOT_AVAILABLE)
            self.assertEqual(c.stream("-CD2 -SCN")[0], NOT_AVAILABLE)
            result, accepted = c.stream("-SCN -CMExtn")
            self.assertEqual((result, accepted), (PARTIAL, "-CMExtn"))

    def test_files(self):
        with simulator("--rate", "0") as s, Proxy(s) as p, p.client() as c, direct(s, "") as d:
            self.assertEqual(c.file("nasystem/user_list"), d.file("nasystem/user_list"))
            self.assertEqual(c.file("nasystem/nothing"), d.file("nasystem/nothing"))

    def test_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with simulator("--rate", "0") as s, Proxy(s, "--tls") as p:
            with p.client("-CMExtn", tls=context) as c, direct(s, "-CMExtn") as d:
                ring(s)
                wanted = told(d.until(lambda e: e.code == DELTA3))
                self.assertEqual(told(c.until(lambda e: e.code == DELTA3)), wanted)


class Streams(unittest.TestCase):
    def same(self, sim, proxy, flags):
        with direct(sim, flags) as d, proxy.client(flags) as c:
            wanted = []
            end = time.monotonic() + 3
            while time.monotonic() < end or len(wanted) < 20:
                wanted += d.settle()
            got = c.settle()
            while len(got) < len(wanted):
                got += c.settle()
            # The snapshots and counters differ: of when each began. One record may be told like another: ten are not.
            last = [(e.pbx, e.code, e.data) for e in wanted[-10:]]
            end = time.monotonic() + 20

            def there():
                keys = [(e.pbx, e.code, e.data) for e in got]
                return any(keys[i:i + 10] == last for i in range(len(keys) - 9))
            while not there():
                self.assertLess(time.monotonic(), end, f"never {last}")
                got += c.settle()
            counters = [e.counter for e in got]
            self.assertEqual(counters, list(range(counters[0], counters[0] + len(counters))))

    def test_each_set_of_flags(self):
        with Sim(PROGRAM, "--listen", "127.0.0.1:0", "--rate", "600", "--speed", "50", "--seed", "3") as s:
            with Proxy(s) as p:
                for flags in ("", "-CMExtn", "-SIPTrack -CMExtn"):
                    with self.subTest(flags):
                        self.same(s, p, flags)

    def test_a_pbx_that_breaks_its_connection(self):
        with simulator("--rate", "0") as s, Proxy(s) as p:
            with p.client("") as c:
                s.fault("reset")
                self.assertIn("closed", c.gone())
            with p.client("") as c:
                ring(s)
                c.until(lambda e: e.code == DELTA3)

    def test_what_a_pbx_may_do_to_its_stream(self):
        for fault in ("pieces,octets=1", "duplicate", "malformed", "skip,events=4"):
            with self.subTest(fault), simulator("--rate", "0") as s, Proxy(s) as p, p.client("") as c:
                s.fault(fault)
                ring(s)
                seen = c.until(lambda e: e.code == DELTA3 and "4002" in e.text)
                self.assertTrue(seen)

    def test_watch(self):
        with simulator("--rate", "60", world=None) as s, Proxy(s) as p:
            done = subprocess.run([PROGRAM, "watch", f"devlink3://app@{p.address}", "--json", "--count", "20"],
                                  env={**os.environ, "DEVLINK3_PASSWORD": "secret"}, capture_output=True, text=True,
                                  timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len([json.loads(line) for line in done.stdout.splitlines()]) >= 20, True)


class Nonsense(unittest.TestCase):
    def test_octets_at_random(self):
        rng = random.Random(4)
        with simulator("--rate", "0") as s, Proxy(s) as p, p.client("") as good:
            for i in range(300):
                with Client(p.address) as c:
                    octets = rng.randbytes(rng.randrange(1, 200))
                    if i % 3 == 0:
                        octets = frame(struct.pack(">II", rng.choice((TEST, AUTH, EVENTS, EVENT, READ)), i) + octets)
                    if i % 3 == 1:
                        assert c.login("app", "secret") == 0
                        octets = frame(struct.pack(">II", rng.choice((TEST, AUTH, EVENTS, READ)), i) + octets)
                    try:
                        c.raw(octets)
                    except OSError:
                        pass
            ring(s)
            good.until(lambda e: e.code == DELTA3)
            self.assertEqual(good.test(b"x"), (0, b"x"))

    def test_requests_before_a_login(self):
        with simulator("--rate", "0") as s, Proxy(s) as p, Client(p.address) as c:
            c.send(struct.pack(">IIH", EVENTS, 5, 1) + b"\0")
            c.send(struct.pack(">IIH", READ, 6, 19) + b"nasystem/user_list\0")
            self.assertEqual(c.test(b"y"), (0, b"y"))
            ring(s)
            time.sleep(0.2)
            self.assertEqual(c.settle(), [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
