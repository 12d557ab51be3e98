#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules of the protocol, asked of `devlink3 sim` over TCP and TLS by a client that shares nothing
with it: tests/sim/wire.py. usage: test_conformance.py DEVLINK3 [TEST...]"""
import itertools
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from sim import Sim
from wire import *  # noqa: F403: the names of the protocol

PROGRAM = sys.argv[1]

WORLD = """
nodes:
  - name: Office
    address: 192.168.42.3
    cti_licences: {licences}
  - name: Depot
    address: 192.168.42.4
users:
  - {{extension: "4001", name: Ada Field, node: Office, device: tdm_phone}}
  - {{extension: "4002", name: Bo Lind, node: Office, device: sip_device}}
  - {{extension: "4003", name: "Çelik, Deniz", node: Office, device: h323_phone}}
  - {{extension: "5001", name: Eva Novák, node: Depot, device: tdm_phone}}
groups:
  - {{name: Sales, extension: "200", node: Office, mode: collective, members: ["4001", "4002", "4003"]}}
trunks:
  - {{line: 5, node: Office, type: sip_trunk, channels: 30, prefix: "9", number: "01632960000",
      routes: [{{did: "5678", to: "200"}}, {{did: "4001", to: "4001", count: 3}}, {{did: "5001", to: "5001"}}]}}
service_users:
  - {{name: devlink3, password: devlink3}}
  - {{name: norights, password: devlink3, devlink3: false}}
  - {{name: disabled, password: devlink3, enabled: false}}
  - {{name: long, password: "0123456789abcdefgh"}}
security: {{{security}}}
"""


def world(licences=4, security=""):
    return WORLD.format(licences=licences, security=security)


def silent(*options, **kw):
    """A network in which nothing happens by itself."""
    return Sim(PROGRAM, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--rate", "0", *options,
               world=kw.pop("world", world()))


def logged_in(sim, **kw):
    c = Client(sim.address, **kw)
    assert c.login() == 0
    return c


def listening(sim, flags=""):
    c = logged_in(sim)
    result, accepted = c.stream(flags)
    assert result == 0, hex(result)
    return c


class Base(unittest.TestCase):
    def same(self, a, b):
        self.assertEqual(a, b)


class Tests(Base):
    """Section 6.1."""

    def test_before_authentication(self):
        with silent() as s, Client(s.address) as c:
            self.same(c.test(b"hello"), (0, b"hello"))
            self.same(c.test(b""), (0, b""))

    def test_payload_of_1000_and_more(self):
        with silent() as s, Client(s.address) as c:
            self.same(c.test(b"x" * 1000), (0, b"x" * 1000))
            self.same(c.test(b"x" * 1001), (TOO_LONG, b""))
            self.same(c.test(b"x" * 4000), (TOO_LONG, b""))
            self.same(c.test(b"still here"), (0, b"still here"))

    def test_over_4000_is_the_end_of_the_stream(self):
        with silent() as s, Client(s.address) as c:
            self.same(c.test(b"x" * 4001), (INTEGRITY, b""))

    def test_past_the_frame_is_the_end_of_the_stream(self):
        with silent() as s, Client(s.address) as c:
            self.same(c.test(b"x", length=50), (INTEGRITY, b""))

    def test_request_0_is_not_answered(self):
        with silent() as s, Client(s.address) as c:
            c.test(b"quiet", request=0)
            self.same(c.test(b"next"), (0, b"next"))

    def test_after_a_refusal(self):
        with silent() as s, Client(s.address) as c:
            self.same(c.login("devlink3", "wrong"), FAILED)
            self.same(c.test(b"x"), (AUTH_FAILED, b""))


class Authentication(Base):
    """Section 6.2 and 6.3."""

    def test_right_and_wrong(self):
        with silent() as s:
            for user, password, result in (("devlink3", "devlink3", 0), ("devlink3", "Devlink3", FAILED),
                                           ("nobody", "devlink3", FAILED), ("norights", "devlink3", FAILED),
                                           ("disabled", "devlink3", FAILED)):
                with Client(s.address) as c:
                    self.same((user, c.login(user, password, "conformance 1.0")), (user, result))

    def test_success_tells_version_and_variant(self):
        with silent() as s, logged_in(s) as c:
            self.assertTrue(c.variant[0x007D0001])
            self.assertTrue(c.variant[0x007D0002])

    def test_sixteen_octets_of_a_password_count(self):
        with silent() as s:
            with Client(s.address) as c:
                self.same(c.login("long", "0123456789abcdefXX"), 0)
            with Client(s.address) as c:
                self.same(c.login("long", "0123456789abcde"), FAILED)

    def test_an_unknown_user_is_challenged_too(self):
        with silent() as s, Client(s.address) as c:
            self.same(struct.unpack_from(">II", c.challenge("nobody")), (2, 16))

    def test_challenges_differ(self):
        with silent() as s, Client(s.address) as c, Client(s.address) as d:
            self.assertNotEqual(c.challenge("devlink3"), d.challenge("devlink3"))

    def test_lockout_over_connections(self):
        with silent(world=world(security="lockout_failures: 3, lockout_s: 3600")) as s:
            for _ in range(3):
                with Client(s.address) as c:
                    self.same(c.login("devlink3", "wrong"), FAILED)
            with Client(s.address) as c:
                self.same(c.login("devlink3", "devlink3"), LATER)

    def test_lockout_ends(self):
        with silent("--speed", "1000", world=world(security="lockout_failures: 2, lockout_s: 60")) as s:
            for _ in range(2):
                with Client(s.address) as c:
                    c.login("devlink3", "wrong")
            end = time.monotonic() + 20
            while True:
                with Client(s.address) as c:
                    result = c.login()
                if result == 0:
                    break
                self.same(result, LATER)
                self.assertLess(time.monotonic(), end, "the lockout does not end")
                time.sleep(0.02)

    def test_no_licence(self):
        with silent(world=world(licences=0)) as s, Client(s.address) as c:
            self.same(c.login(), LICENCE)

    def test_nothing_without_authentication(self):
        with silent() as s, Client(s.address) as c:
            c.send(struct.pack(">IIH", EVENTS, 1, 1) + b"\0")
            c.send(struct.pack(">IIH", READ, 2, 19) + text("nasystem/user_list"))
            self.same(c.test(b"only this"), (0, b"only this"))


class Streams(Base):
    """Section 6.4."""

    def test_all_combinations_of_flags(self):
        names = ["-SCN", "-CD2", "-SIPTrack", "-CMExtn", "-CONN", "-TEXT"]
        with silent() as s, logged_in(s) as c:
            for n in range(len(names) + 1):
                for flags in itertools.combinations(names, n):
                    partial = "-SCN" in flags and "-CD2" in flags
                    result, accepted = c.stream(" ".join(flags))
                    self.same((flags, result), (flags, PARTIAL if partial else 0))
                    self.same(set(accepted.split()), set(flags) - ({"-SCN"} if partial else set()))

    def test_underscores_and_half_lengths(self):
        with silent() as s, logged_in(s) as c:
            self.same(c.stream("_SIPTrack _CMExtn")[0], 0)
            self.same(c.stream("-SIPTrack", half_length=True), (0, "-SIPTrack"))

    def test_unknown_flag(self):
        with silent() as s, logged_in(s) as c:
            self.same(c.stream("-SCN -NONSENSE")[0], UNKNOWN_FLAG)

    def test_licences_for_the_size_of_the_network(self):
        with silent(world=world(licences=1)) as s, logged_in(s) as c:
            self.same(c.stream("-SCN")[0], INSUFFICIENT)
            self.same(c.stream("")[0], 0)
        with silent(world=world(licences=2)) as s, logged_in(s) as c:
            self.same(c.stream("-SCN")[0], 0)

    def test_a_fourth_monitor(self):
        with silent() as s:
            three = [listening(s) for _ in range(3)]
            with logged_in(s) as c:
                self.same(c.stream("")[0], NOT_AVAILABLE)
                self.same(c.file("nasystem/user_list")[0], 0)
                three.pop().close()
                end = time.monotonic() + 10
                while c.stream("")[0] != 0:
                    self.assertLess(time.monotonic(), end, "a place that became free is not given")
            for t in three:
                t.close()

    def test_a_fourth_connection(self):
        with silent("--limit-connections") as s:
            three = [logged_in(s) for _ in range(3)]
            with Client(s.address) as c:
                self.same(c.login(), LIMITS)
            for t in three:
                t.close()

    def test_the_sample_client(self):
        """A new request id for each step, and half of the flags' length."""
        with silent() as s, Client(s.address) as c:
            c.test(b"")
            self.same(c.login("devlink3", "devlink3", "Acme 8.0"), 0)
            self.same(c.stream("-SIPTrack", half_length=True)[0], 0)
            s.do("incoming", call="c", trunk=5, did="5678", cli="01707123456")
            self.assertTrue(c.until(lambda e: e.kind == "delta3" and e.row("Target")))


class Calls(Base):
    """Sections 6.5 and 6.7."""

    def test_a_call_for_a_group(self):
        with silent() as s, listening(s, "-SIPTrack -CMExtn") as c:
            s.do("incoming", call="c", trunk=5, did="5678", cli="01707123456")
            e = c.until(lambda e: e.kind == "delta3" and "<Target>" in e.text)[-1]
            self.same(e.pbx, 0xC0A82A03)
            call, a = e.row("Call"), e.row("PartyA")
            self.same((call[0], call[7], call[9]), ("c0a82a03", "200", "200"))
            self.assertRegex(a[0], "^c0a82a03[0-9a-f]{8}$")
            self.same(a[1:4] + a[6:7] + a[9:10], ["1", "19", "1", "1", "5"])
            self.same((a[15], a[21]), ("5678", "01707123456"))
            self.same(len(re.findall("<Target>", e.text)), 3)
            s.do("answer", user="4002")
            e = c.until(lambda e: e.kind == "delta3" and "<PartyB>" in e.text)[-1]
            b = e.row("PartyB")
            self.same((b[1], b[2], b[9], b[12]), ("0", "2", "10", "4002"))
            s.do("hang_up", user="4002")
            lost = [e for e in c.until(lambda e: a[0] in e.text and "<CallLost>" in e.text) if "<CallLost>" in e.text]
            self.same({e.row("CallLost")[1] for e in lost}, {a[0], b[0]})
            self.same({e.row("CallLost")[3] for e in lost}, {"16"})

    def test_counters_have_no_gap(self):
        with silent() as s, listening(s, "-SIPTrack -CMExtn") as c:
            for _ in range(5):
                s.do("incoming", call="c", trunk=5, did="5678", cli="01707123456")
                s.do("answer", user="4001")
                s.do("hang_up", user="4001")
            counters = [e.counter for e in c.settle()]
            self.assertGreater(len(counters), 15)
            self.same(counters, list(range(counters[0], counters[0] + len(counters))))

    def test_a_snapshot_of_what_is_up(self):
        with silent() as s:
            for n in range(3):
                s.do("incoming", call=f"c{n}", trunk=5, did=f"400{n + 1}", cli=f"0170712345{n}")
            s.do("answer", user="4002", call="c1")
            with listening(s) as c:
                e = c.settle()
                self.same(sorted(x.row("PartyA")[21] for x in e), ["01707123450", "01707123451", "01707123452"])
            with listening(s, "-CONN") as c:
                self.same([x.row("PartyA")[21] for x in c.settle()], ["01707123451"])
            with listening(s, "-CD2") as c:
                self.same([x.text for x in c.settle()], [])

    def test_connected_only(self):
        with silent() as s, listening(s, "-CONN") as c:
            s.do("incoming", call="c", trunk=5, did="5678", cli="1")
            s.do("hang_up", call="c")
            self.same([e.text for e in c.settle()], [])
            s.do("incoming", call="d", trunk=5, did="5678", cli="2")
            s.do("answer", user="4001")
            s.do("hang_up", user="4001")
            told = [e.text for e in c.settle()]
            self.same([re.match("<[A-Za-z]+>", t)[0] for t in told], ["<Detail>", "<CallLost>", "<CallLost>"])

    def test_two_nodes(self):
        with silent() as s, listening(s, "-SCN") as c, listening(s) as one:
            s.do("incoming", call="c", trunk=5, did="5001", cli="01707123456")
            s.do("answer", user="5001")
            s.do("hang_up", user="5001")
            events, here = c.settle(), one.settle()
            self.same({e.pbx for e in events}, {0xC0A82A03, 0xC0A82A04})
            self.same({e.pbx for e in here}, {0xC0A82A03})
            lost = [(e.pbx & 0xFF, re.match("<([A-Za-z]+)>", e.text)[1],
                     (e.row("CallLost") or e.row("LinkLost"))[1][:8]) for e in events if "Lost>" in e.text]
            self.same(sorted(lost), [(3, "CallLost", "c0a82a03"), (3, "LinkLost", "c0a82a04"),
                                     (4, "CallLost", "c0a82a04"), (4, "LinkLost", "c0a82a03")])
            for pbx in (0xC0A82A03, 0xC0A82A04):
                counters = [e.counter for e in events if e.pbx == pbx]
                self.same(counters, list(range(counters[0], counters[0] + len(counters))))

    def test_delta2_in_both_forms(self):
        with silent() as s, listening(s, "-CD2") as c, listening(s, "-CD2 -TEXT") as t:
            s.do("incoming", call="c", trunk=5, did="5678", cli="01707123456")
            s.do("answer", user="4003")
            s.do("hang_up", user="4003")
            wide, narrow = c.settle(), t.settle()
            self.same([e.text for e in wide], [e.text for e in narrow])
            self.assertTrue(all(e.data[:2] == b"\0C" for e in wide))
            self.assertTrue(all(e.data[:2] == b"CA" for e in narrow))
            letters = [re.match(r"CALL: *([A-Z])", e.text)[1] for e in wide]
            self.same((letters[0], letters[-1]), ("S", "D"))
            s_fields = re.sub(r"^CALL: *S *", "", wide[-2].text).split(",")
            self.assertGreaterEqual(len(s_fields), 50)
            self.assertIn("Deniz", s_fields[9] + "".join(s_fields))

    def test_sip_and_extensions(self):
        with silent() as s, listening(s, "-SIPTrack -CMExtn") as c:
            s.do("incoming", call="c", trunk=5, did="5678", cli="01707123456")
            s.do("answer", user="4002")
            s.do("hang_up", user="4002")
            events = c.settle()
            sip = [e.text.split(",") for e in events if e.kind == "siptrack"]
            self.assertTrue(any(f[0] == "START" and f[3:5] == ["TRUNK", "IN"] for f in sip), sip)
            self.same(sorted(f[1] for f in sip if f[0] == "START"), sorted(f[1] for f in sip if f[0] == "END"))
            self.assertTrue([e for e in events if e.kind == "cmextn"])
            s.do("off_hook", user="4001", call="d")
            s.do("hang_up", user="4001")
            states = [e.text for e in c.settle() if e.kind == "cmextn" and e.text.startswith("v=")]
            self.same(states, ["v=1 new=2 old=0 Extn4001", "v=1 new=0 old=2 Extn4001"])

    def test_push_away(self):
        with silent() as s, listening(s) as c:
            s.do("incoming", call="c", trunk=5, did="5678", cli="1")
            s.do("reject", user="4002", how="dnd")
            e = c.until(lambda e: "<AttemptReject>" in e.text)[-1]
            self.same(e.row("AttemptReject")[2:4], ["4002", "dnd"])


class Files(Base):
    """Section 6.6."""

    def test_user_list(self):
        with silent() as s, logged_in(s) as c:
            result, contents = c.file("nasystem/user_list")
            self.same(result, 0)
            rows = [r.split(",") for r in contents.decode().splitlines()]
            self.assertTrue({"4001", "4002", "4003", "5001"} >= {r[1] for r in rows if r[0] != "NoUser"})
            self.assertIn("4001", {r[1] for r in rows})

    def test_the_others(self):
        with silent() as s, logged_in(s) as c:
            for name in ("user_list8", "hunt_list", "hunt_info/Sales", "dir_list", "who_is", "licence_list"):
                self.same((name, c.file("nasystem/" + name)[0]), (name, 0))
            self.assertNotEqual(c.file("nasystem/nonsense")[0], 0)
            self.assertNotEqual(c.file("../../etc/passwd")[0], 0)

    def test_a_large_file(self):
        with Sim(PROGRAM, "--listen", "127.0.0.1:0", "--rate", "0", "--users", "3000") as s, logged_in(s) as c:
            result, contents = c.file("nasystem/user_list")
            self.same(result, 0)
            self.assertGreater(len(contents), 0x7FFF)
            self.assertGreater(len(contents.splitlines()), 1400)


class Tls(Base):
    """Section 3 and the ruling on it."""

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory()
        for name in ("server", "client", "stranger"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                            f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                            cls.path(f"{name}.key"), "-out", cls.path(f"{name}.pem")], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.dir.name, name)

    def context(self, client=None):
        c = ssl.create_default_context(cafile=self.path("server.pem"))
        if client:
            c.load_cert_chain(self.path(f"{client}.pem"), self.path(f"{client}.key"))
        return c

    def sim(self, *options, listen=(), **kw):
        return Sim(PROGRAM, *listen, "--tls-listen", "127.0.0.1:0", "--rate", "0", "--cert",
                   self.path("server.pem"), "--key", self.path("server.key"), *options, world=kw.pop("world", world()))

    def test_a_given_certificate(self):
        with self.sim() as s, Client(s.address, tls=self.context()) as c:
            self.same(c.login(), 0)
            self.same(c.stream("-SCN")[0], 0)

    def test_a_generated_certificate(self):
        loose = ssl.create_default_context()
        loose.check_hostname, loose.verify_mode = False, ssl.CERT_NONE
        with Sim(PROGRAM, "--tls-listen", "127.0.0.1:0", "--rate", "0") as s, Client(s.address, tls=loose) as c:
            self.same(c.login(), 0)

    def test_plain(self):
        with self.sim("--plain") as s:
            with Client(s.address, tls=self.context()) as c:
                self.same(struct.unpack(">I", c.challenge("devlink3")[:4])[0], 1)
            for password, result in (("devlink3", 0), ("devlink", FAILED)):
                with Client(s.address, tls=self.context()) as c:
                    self.same(c.login(password=password), result)

    def test_plain_is_not_asked_for_in_the_clear(self):
        with self.sim("--plain", listen=("--listen", "127.0.0.1:0")) as s, Client(s.addresses[0]) as c:
            self.same(struct.unpack(">I", c.challenge("devlink3")[:4])[0], 2)

    def test_mutual(self):
        with self.sim("--mutual-tls", "--client-ca", self.path("client.pem")) as s:
            with Client(s.address, tls=self.context("client")) as c:
                self.same(c.login(), 0)
            for who in (None, "stranger"):
                with self.assertRaises((Gone, ssl.SSLError, ConnectionError)):
                    with Client(s.address, tls=self.context(who)) as c:
                        c.test(b"let me in")

    def test_unsecured_interface_off(self):
        r = subprocess.run([PROGRAM, "sim", "--listen", "127.0.0.1:0", "--mutual-tls"], capture_output=True, text=True,
                           timeout=30)
        self.same(r.returncode, 1)
        self.assertIn("unsecured interface is off", r.stderr)


class BadClients(Base):
    """Whatever one client does, the others are served."""

    def harmless(self, s, octets, ends=True):
        with Client(s.address) as c:
            try:
                c.raw(octets)
            except ConnectionError:
                pass
            if ends:
                c.gone()
        with logged_in(s) as c:
            self.same(c.stream("")[0], 0)

    def test_garbage(self):
        with silent() as s:
            self.harmless(s, b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            self.harmless(s, bytes(range(256)) * 100)
            self.harmless(s, b"\x49\0\0")
            self.harmless(s, b"\x49\0\2")

    def test_giant_lengths(self):
        with silent() as s:
            self.harmless(s, b"\x49\xff\x7f\xff" + b"x" * 100)

    def test_half_a_frame(self):
        with silent() as s:
            self.harmless(s, frame(b"\0" * 20)[:10], ends=False)

    def test_a_message_that_makes_no_sense(self):
        with silent() as s:
            self.harmless(s, frame(struct.pack(">II", AUTH, 1)))
            self.harmless(s, frame(b"\0\0"))

    def test_log_once(self):
        with silent() as s:
            with Client(s.address) as c:
                c.raw(b"garbage" * 1000)
                c.gone()
            s.ask("GET", "/v1/counts")
            self.same(len([x for x in s.errors().splitlines() if "127.0.0.1" in x]), 1)

    def test_a_flood(self):
        with silent() as s, Client(s.address) as c:
            one = frame(struct.pack(">III", TEST, 7, 1000) + b"x" * 1000)
            c.sock.settimeout(2)
            try:
                for _ in range(200):
                    c.raw(one * 100)
            except (socket.timeout, ConnectionError):
                pass
            with listening(s) as d:
                s.do("incoming", call="c", trunk=5, did="5678", cli="1")
                self.assertTrue(d.settle())

    def test_one_who_does_not_read(self):
        """Costs a bounded queue and then its own connection."""
        with silent("--speed", "10") as s, listening(s) as good:
            lazy = Client(s.address)
            lazy.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            assert lazy.login() == 0 and lazy.stream("")[0] == 0
            s.ask("POST", "/v1/rate", {"rate": 60000})
            end = time.monotonic() + 120
            seen, expected = 0, None
            while s.ask("GET", "/v1/counts")[1]["overruns"] == 0:
                self.assertLess(time.monotonic(), end, "its queue has no end")
                for e in good.settle():
                    if expected is not None:
                        self.same(e.counter, expected)
                    expected, seen = e.counter + 1, seen + 1
            self.assertGreater(seen, 100)
            with open(f"/proc/{s.process.pid}/status") as f:
                rss = int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])
            self.assertLess(rss, 200 * 1024)
            lazy.close()


class SlowClients(Base):
    """Time to log in ends, whatever trickles in meanwhile."""

    def test_slow_authentication(self):
        whole = frame(struct.pack(">III", AUTH, 1, 1) + text("devlink3"))
        with silent() as s, Client(s.address) as idle, Client(s.address) as slow, Client(s.address) as tester:
            began = time.monotonic()
            for octet in whole[:-1]:
                if time.monotonic() - began > 40:
                    break
                try:
                    slow.raw(bytes([octet]))
                    tester.test(b"")
                except (ConnectionError, Gone):
                    break
                time.sleep(2)
            for c in (idle, slow, tester):
                c.gone(timeout=15)
            with logged_in(s) as c:
                self.same(c.stream("")[0], 0)


class Faults(Base):
    def busy(self, *options):
        return Sim(PROGRAM, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--rate", "600", "--speed", "10",
                   *options, world=world())

    def stream_of(self, c, n):
        while len(c.events) < n:
            c.read()
        return c.events

    def test_pieces(self):
        with self.busy("--fault", "pieces,octets=3") as s, listening(s) as c:
            self.stream_of(c, 50)

    def test_delay(self):
        with self.busy("--fault", "delay,ms=20000") as s, Client(s.address) as c:
            c.sock.settimeout(0.5)  # 20 s of simulated time are 2
            with self.assertRaises(socket.timeout):
                c.test(b"late")
            c.sock.settimeout(20)
            self.same(c.answer(TEST, c.request), struct.pack(">II", 0, 4) + b"late")

    def test_gap_skip_and_duplicate(self):
        for name, step in (("gap,events=4", 5), ("skip,events=4", 5), ("duplicate", 0)):
            with self.busy() as s, listening(s) as c:
                self.stream_of(c, 5)
                s.fault(name)
                end, steps = time.monotonic() + 20, {1}
                while steps == {1}:
                    self.assertLess(time.monotonic(), end, name)
                    n = len(c.events)
                    self.stream_of(c, n + 5)
                    steps = {b.counter - a.counter for a, b in zip(c.events, c.events[1:]) if a.pbx == b.pbx}
                self.same((name, steps), (name, {1, step}))

    def test_reset_close_cut_and_garbage(self):
        for name in ("reset", "close", "cut"):
            with self.busy() as s, listening(s) as c:
                s.fault(name)
                how = c.gone()
                self.same((name, "in a frame" in how), (name, name == "cut"))
        with self.busy() as s, listening(s) as c:
            s.fault("garbage")
            with self.assertRaises(ValueError):
                self.stream_of(c, 100000)

    def test_malformed(self):
        with self.busy() as s, listening(s) as c:
            s.fault("malformed")
            with self.assertRaises(struct.error):
                self.stream_of(c, 100000)

    def test_half_open(self):
        with self.busy() as s, listening(s) as c:
            self.stream_of(c, 5)
            s.fault("half_open")
            c.sock.settimeout(1)
            with self.assertRaises(socket.timeout):
                while True:
                    c.read()
            with listening(s) as d:
                self.stream_of(d, 5)

    def test_stall(self):
        with self.busy() as s, listening(s) as c:
            self.stream_of(c, 5)
            s.fault("stall,ms=3000")
            self.stream_of(c, 50)

    def test_refusals_and_lockouts(self):
        for name in ("refuse,ms=86400000", "lockout,ms=86400000"):
            with self.busy("--fault", name) as s, Client(s.address) as c:
                self.same((name, c.login()), (name, LATER))

    def test_slow_start(self):
        with self.busy("--fault", "slow_start,ms=5000") as s, listening(s) as c:
            self.stream_of(c, 5)

    def test_reboot(self):
        with self.busy() as s, listening(s) as c:
            self.stream_of(c, 200)
            s.fault("reboot,ms=2000,node=Office")
            c.gone()
            end = time.monotonic() + 20
            while True:
                try:
                    d = listening(s)
                    break
                except (ConnectionError, Gone):
                    self.assertLess(time.monotonic(), end, "it does not come back")
                    time.sleep(0.05)
            with d:
                self.stream_of(d, 5)
                self.assertLess(d.events[0].counter, 200)


class Repeatable(Base):
    def run_of(self, seed, *options):
        with Sim(PROGRAM, "--listen", "127.0.0.1:0", "--wait", "--seed", seed, "--rate", "600", "--speed", "50", *options) as s:
            with listening(s, "-SCN -SIPTrack -CMExtn") as c:
                while len(c.events) < 2000:
                    c.read()
                return [(e.pbx, e.counter, e.code, e.data) for e in c.events[:2000]]

    def test_the_same_seed_tells_the_same_story(self):
        self.same(self.run_of("7"), self.run_of("7"))
        self.assertNotEqual(self.run_of("7"), self.run_of("8"))


class Truth(Base):
    def test_of_a_scenario(self):
        with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as f:
            with silent("--truth", f.name) as s:
                s.do("incoming", call="c", trunk=5, did="5678", cli="01707123456")
                s.do("answer", user="4001")
                s.do("hang_up", user="4001")
            lines = [json.loads(x) for x in f]
        self.same(len(lines), 1)
        r = lines[0]
        self.same([r[k] for k in ("direction", "outcome", "cli", "did", "group", "answered_by", "transfers", "parties", "cause")],
                  ["incoming", "answered", "01707123456", "5678", "200", "4001", 0, ["4001"], 16])


class Scenarios(Base):
    """The examples, as they are played from the command line."""

    def test_the_examples_give_their_records(self):
        examples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")
        expected = {"abandoned-in-the-queue": ["abandoned"], "across-two-nodes": ["answered"], "blind-transfer": ["answered"],
                    "consult-conference-park": ["answered"] * 3, "group-call-answered": ["answered"],
                    "hold-and-retrieve": ["answered"], "left-a-message": ["voicemail"], "names-that-bite": ["answered"],
                    "off-hook-and-away": [], "outgoing-call": ["answered"], "pushed-away-then-answered": ["answered"]}
        files = sorted(os.listdir(os.path.join(examples, "scenarios")))
        self.same(files, [name + ".yaml" for name in sorted(expected)])
        for name, outcomes in expected.items():
            with tempfile.NamedTemporaryFile("r") as f:
                r = subprocess.run([PROGRAM, "sim", os.path.join(examples, "worlds", "scenarios.yaml"), "--listen", "127.0.0.1:0",
                                    "--speed", "100", "--scenario", os.path.join(examples, "scenarios", name + ".yaml"),
                                    "--truth", f.name], capture_output=True, text=True, timeout=60)
                self.same((name, r.returncode, r.stderr if r.returncode else ""), (name, 0, ""))
                records = [json.loads(x) for x in f]
            self.same((name, [x["outcome"] for x in records]), (name, outcomes))
            if name == "blind-transfer":
                self.same((records[0]["transfers"], records[0]["parties"]), (1, ["4001", "4002"]))


class CommandLine(Base):
    def run_with(self, *options):
        return subprocess.run([PROGRAM, "sim", *options], capture_output=True, text=True, timeout=60)

    def test_mistakes(self):
        for options, code, says in (
                (["--rate", "x"], 2, "--rate x: expected a number"),
                (["--nodes", "65"], 2, "from 1 to 64"),
                (["--nodes", "1.5"], 2, "whole number"),
                (["--nonsense"], 2, "no option '--nonsense'"),
                (["--seed"], 2, "wants an argument"),
                (["a.yaml", "b.yaml"], 2, "'b.yaml' is a second"),
                (["a.yaml", "--users", "5"], 2, "size of 'a.yaml'"),
                (["/nonexistent.yaml"], 1, "/nonexistent.yaml"),
                (["--listen", "127.0.0.1"], 1, "ADDRESS:PORT"),
                (["--listen", "192.0.2.1:0"], 1, "192.0.2.1"),
                (["--fault", "fire"], 1, "no fault 'fire'"),
                (["--truth", "/nonexistent/x"], 1, "/nonexistent/x"),
                (["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"], 1, "2 nodes")):
            r = self.run_with(*options)
            self.same((options, r.returncode), (options, code))
            self.assertIn(says, r.stderr)
            self.same(r.stdout, "")

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            r = self.run_with("--listen", "127.0.0.1:%d" % taken.getsockname()[1])
            self.same(r.returncode, 1)

    def test_it_ends_by_itself(self):
        r = self.run_with("--listen", "127.0.0.1:0", "--duration", "600", "--speed", "1000", "--rate", "60")
        self.same(r.returncode, 0)
        self.assertRegex(r.stderr, r"\d{3} calls, \d+ answered")

    def test_help(self):
        r = self.run_with("--help")
        self.same(r.returncode, 0)
        self.assertIn("usage: devlink3 sim", r.stdout)


if __name__ == "__main__":
    if not all(name.partition(".")[0] in globals() for name in sys.argv[2:]):
        sys.exit(f"there is no such test: {sys.argv[2:]}")
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
