#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 record`: what is in the file, read here octet by octet. Usage: test_record.py PROGRAM [CLASS]"""
import os
import re
import signal
import ssl
import stat
import struct
import subprocess
import sys
import tempfile
import unittest

from tool import PROGRAM, TIMEOUT, USER, run, start
from bad_pbx import BadPbx
from pbx import LOGIN_REPLY, STREAM_REPLY, TEST_REPLY, words, xml_event
from sim import Sim

LOST = xml_event(0xc0000201, 1, "<CallLost>c0000201,c000020100000001,1,16,50</CallLost>")


def connections(pcap):
    """Of each connection its ports and what either side sent."""
    magic, _, _, _, _, _, link = struct.unpack(">IHHiIII", pcap[:24])
    assert (magic, link) == (0xa1b2c3d4, 101), "microseconds, raw IP"
    at, found = 24, {}
    while at < len(pcap):
        n = struct.unpack(">I", pcap[at + 8:at + 12])[0]
        ip = pcap[at + 16:at + 16 + n]
        at += 16 + n
        assert ip[0] == 0x45 and ip[9] == 6, "IPv4, TCP"
        tcp = ip[20:]
        source, to = struct.unpack(">HH", tcp[:4])
        data = tcp[(tcp[12] >> 4) * 4:]
        if tcp[13] & 0x12 == 2:
            found[source, to] = [b"", b""]
        key, side = ((source, to), 0) if (source, to) in found else ((to, source), 1)
        found[key][side] += data
    return found


class Record(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = os.path.join(self.folder.name, "x.pcap")

    def read(self):
        with open(self.file, "rb") as f:
            return connections(f.read())

    def test_every_octet_of_both_sides(self):
        def manner(c):
            c.up()
            c.raw(LOST)
            c.wait_for_the_end()
        with BadPbx(manner) as pbx:
            code, out, err = run("record", pbx.url(), self.file, "--count", "1")
        self.assertEqual((code, out), (0, ""))
        self.assertRegex(err, r"^1 records, \d+ octets, 1 connection recorded\. In it is the SHA-1 proof")
        (ports, (client, server)), = self.read().items()
        self.assertEqual(ports[1], pbx.port)
        self.assertIn(b"app\0", client)
        self.assertTrue(server.endswith(LOST))
        self.assertEqual(int(re.search(r"(\d+) octets", err)[1]), len(client) + len(server))
        self.assertNotIn(b"secret", client + server)

    def test_the_file_is_its_owners_alone(self):
        with BadPbx(lambda c: c.up()) as pbx:
            run("record", pbx.url(), self.file, "--no-retry")
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)

    def test_a_connection_for_each_attempt(self):
        with BadPbx(lambda c: c.up()) as pbx:
            p = start("record", pbx.url(), self.file)
            said = b""
            while said.count(b"next attempt") < 2:
                said += p.stderr.readline()
            p.send_signal(signal.SIGINT)
            p.communicate(timeout=TIMEOUT)
        self.assertEqual(p.returncode, 0)
        self.assertGreaterEqual(len(self.read()), 2)
        self.assertEqual({port for _, port in self.read()}, {pbx.port})

    def test_a_file_that_is_there_is_kept_unless_forced(self):
        with open(self.file, "wb") as f:
            f.write(b"mine")
        with BadPbx(lambda c: c.up()) as pbx:
            code, out, err = run("record", pbx.url(), self.file, "--no-retry")
            self.assertEqual(code, 1)
            self.assertIn("--force", err)
            with open(self.file, "rb") as f:
                self.assertEqual(f.read(), b"mine")
            run("record", pbx.url(), self.file, "--no-retry", "--force")
            self.assertEqual(len(self.read()), 1)

    def test_files_that_cannot_be_written(self):
        with BadPbx(lambda c: c.up() or c.wait_for_the_end()) as pbx:
            code, out, err = run("record", pbx.url(), "/nonexistent/x.pcap")
            self.assertEqual(code, 1)
            self.assertIn("/nonexistent/x.pcap", err)
            code, out, err = run("record", pbx.url(), "/dev/full", "--duration", "5")
            self.assertEqual(code, 1)
            self.assertIn("No space left", err)

    def test_to_standard_output_as_it_comes(self):
        with BadPbx(lambda c: c.up() or c.wait_for_the_end()) as pbx:
            p = start("record", pbx.url(), "-")
            came = b""
            while b"\x80\x2a\x00\x01" not in came:  # the answer to the test packet
                came += os.read(p.stdout.fileno(), 65536)
            p.send_signal(signal.SIGTERM)
            rest, err = p.communicate(timeout=TIMEOUT)
        self.assertEqual(p.returncode, 0)
        self.assertEqual(len(connections(came + rest)), 1)

    def test_after_a_while(self):
        with BadPbx(lambda c: c.up() or c.wait_for_the_end()) as pbx:
            self.assertEqual(run("record", pbx.url(), self.file, "--duration", "0.3")[0], 0)
        self.assertEqual(len(self.read()), 1)

    def test_a_password_itself_is_not_in_it(self):
        """Asked for in PLAIN, on an encrypted link."""
        cert, key = (os.path.join(self.folder.name, n) for n in ("c.pem", "k.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        heard = []

        def manner(c):
            _, request, _ = c.message()
            c.say(LOGIN_REPLY, request, 1)
            _, request, body = c.message()
            heard.append(body)
            c.say(LOGIN_REPLY, request, 0)
            _, request, body = c.message()
            c.say(STREAM_REPLY, request, 0, body)
            _, request, _ = c.message()
            c.say(TEST_REPLY, request, 0, 0)
            c.raw(LOST)
            c.wait_for_the_end()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        with BadPbx(manner, tls=context) as pbx:
            code, out, err = run("record", pbx.url(host="localhost"), self.file, "--count", "1", "--ca", cert)
        self.assertEqual(code, 0, err)
        self.assertIn("Zeros stand in place of the password", err)
        self.assertEqual(heard[0][8:], b"secret".ljust(32, b"\0"))
        (ports, (client, server)), = self.read().items()
        self.assertEqual(ports[1], 50797)  # in the clear, so not taken for TLS
        at = client.index(words(0x51, 32)) + 8
        self.assertEqual(client[at:at + 32], bytes(32))
        self.assertEqual(client[at + 32:at + 33], b"I")  # the next frame, as it was
        self.assertNotIn(b"secret", client + server)
        self.assertIn(b"-SIPTrack", client)

    def test_against_the_simulator(self):
        with Sim(PROGRAM, "--rate", "600", "--speed", "20", "--listen", "127.0.0.1:0", "--quiet") as sim:
            code, out, err = run("record", f"devlink3://{USER}@{sim.address}", self.file, "--count", "200", password=USER)
        self.assertEqual(code, 0, err)
        (ports, (client, server)), = self.read().items()
        self.assertGreaterEqual(server.count(b"<CallLost>") + server.count(b"<Detail>"), 50)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
