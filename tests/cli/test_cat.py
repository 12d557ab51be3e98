#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 cat`. Usage: test_cat.py PROGRAM [CLASS]"""
import os
import signal
import subprocess
import sys
import tempfile
import unittest

from tool import PROGRAM, TIMEOUT, USER, Terminal, environment, run, start
from bad_pbx import READ_REPLY, BadPbx
from sim import Sim


def files(**contents):
    """A PBX that has these; what is missing is not found."""
    def manner(c):
        c.log_in()
        while True:
            code, request, body = c.message()
            assert code == 0x00300041, "only files are asked for"
            name = body[2:].split(b"\0")[0].decode()
            if name in contents:
                c.say(READ_REPLY, request, 0, contents[name])
            else:
                c.say(READ_REPLY, request, 0x80000077)
    return manner


class Cat(unittest.TestCase):
    def cat(self, manner, *arguments):
        """The exit code, the octets as they are, and standard error."""
        with BadPbx(manner) as pbx:
            p = subprocess.run([PROGRAM, "cat", pbx.url(), *arguments], capture_output=True, timeout=TIMEOUT, env=environment(),
                               stdin=subprocess.DEVNULL, start_new_session=True)
            self.connections = pbx.connections
        return p.returncode, p.stdout, p.stderr.decode()

    def test_octets_come_as_they_are(self):
        every = bytes(range(256)) * 40
        self.assertEqual(self.cat(files(f=every), "f"), (0, every, ""))

    def test_a_file_longer_than_a_short_frame_and_an_empty_one(self):
        big = os.urandom(2000000)
        self.assertEqual(self.cat(files(f=big, e=b""), "f", "e"), (0, big, ""))

    def test_several_in_one_login_in_order(self):
        self.assertEqual(self.cat(files(a=b"1\n", b=b"2\n"), "b", "a", "b"), (0, b"2\n1\n2\n", ""))
        self.assertEqual(self.connections, 1)

    def test_one_that_is_not_there(self):
        code, out, err = self.cat(files(a=b"1\n"), "x", "a")
        self.assertEqual((code, out), (1, b"1\n"))
        for part in ("x: the PBX has no such file (0x80000077)", "hunt_list", "user_list8"):
            self.assertIn(part, err)

    def test_to_a_file(self):
        with tempfile.TemporaryDirectory() as d:
            to = os.path.join(d, "out")
            self.assertEqual(self.cat(files(a=b"\0\x1b1\n"), "a", "-o", to), (0, b"", ""))
            with open(to, "rb") as f:
                self.assertEqual(f.read(), b"\0\x1b1\n")
            code, out, err = self.cat(files(a=b"1"), "a", "-o", d)
            self.assertEqual((code, err), (1, f"devlink3 cat: {d}: Is a directory\n"))
        code, out, err = self.cat(files(a=b"1" * 100000), "a", "-o", "/dev/full")
        self.assertEqual((code, err), (1, "devlink3 cat: /dev/full: No space left on device\n"))

    def test_no_answer_in_time(self):
        def manner(c):
            c.log_in()
            c.message()
            _, request, _ = c.message()
            c.say(READ_REPLY, request, 0, b"second")
            c.wait_for_the_end()
        code, out, err = self.cat(manner, "a", "b", "--timeout", "1")
        self.assertEqual((code, out), (1, b"second"))
        self.assertIn("a: the PBX did not answer in time", err)

    def test_it_closes_instead(self):
        def manner(c):
            c.log_in()
            c.message()
        code, out, err = self.cat(manner, "a")
        self.assertEqual((code, out), (5, b""))
        self.assertIn("closed", err)

    def test_a_signal_ends_it_as_a_failure(self):
        def manner(c):
            c.log_in()
            c.message()
            os.write(writer, b"x")
            c.wait_for_the_end()
        reader, writer = os.pipe()
        with BadPbx(manner) as pbx:
            p = start("cat", pbx.url(), "a")
            os.read(reader, 1)
            p.send_signal(signal.SIGTERM)
            p.communicate(timeout=TIMEOUT)
        os.close(reader)
        os.close(writer)
        self.assertEqual(p.returncode, 1)

    def test_a_terminal_is_shown_controls_and_obeys_none(self):
        with BadPbx(files(a="Zoë\x1b[31m\x07\x9b\u202ex\r\n\tend\n".encode())) as pbx:
            t = Terminal("cat", pbx.url(), "a")
            out = t.end()
        self.assertEqual((t.code, out), (0, "Zoë^[[31m^G<U+009B><U+202E>x\r\n\tend\r\n"))

    def test_what_takes_long_shows_how_far_it_is(self):
        def manner(c):
            c.log_in()
            _, request, _ = c.message()
            os.read(reader, 1)
            c.say(READ_REPLY, request, 0, b"rows\n")
            c.wait_for_the_end()
        reader, writer = os.pipe()
        with BadPbx(manner) as pbx:
            t = Terminal("cat", pbx.url(), "a/b")
            t.until(" octets in 1 s")
            os.write(writer, b"x")
            out = t.end()
        os.close(reader)
        os.close(writer)
        self.assertTrue(out.endswith("\r\x1b[Krows\r\n"), out)

    def test_against_the_simulator(self):
        with Sim(PROGRAM, "--rate", "0", "--listen", "127.0.0.1:0", "--quiet") as sim:
            code, out, err = run("cat", f"devlink3://{USER}@{sim.address}", "nasystem/user_list", "nasystem/hunt_list", password=USER)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("Extn2001,2001,", out)
        self.assertGreater(len(out.splitlines()), 20)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
