#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the commands that connect say, advise and end with, when something is wrong.
Usage: test_link_errors.py PROGRAM [CLASS]"""
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

from tool import PROGRAM, TIMEOUT, Terminal, lines, options_in_help, run, start
from bad_pbx import READ_REPLY, BadPbx
from pbx import LOGIN_REPLY

FILE = "nasystem/user_list"


class Refused(unittest.TestCase):
    def check(self, manner, code, says, advises, *options):
        with BadPbx(manner) as pbx:
            got, out, err = run("watch", pbx.url(), "--no-retry", *options)
        self.assertEqual(got, code, err)
        said = err.split("\n")
        self.assertEqual(len(said), 3 if advises else 2, err)
        self.assertTrue(said[0].startswith("devlink3 watch: "), err)
        self.assertIn(says, said[0])
        if advises:
            self.assertIn(advises, said[1])
        last = lines(out)[-1]
        self.assertEqual((last["link"], "devlink3 watch: " + last["detail"]), ("stopped", said[0]))


class Refusals(Refused):
    def test_a_wrong_password(self):
        def manner(c):
            c.challenge()
            _, request, _ = c.message()
            c.say(LOGIN_REPLY, request, 0x80000041)
            c.wait_for_the_end()
        self.check(manner, 3, "AUTHENTICATION FAILED", "DevLink3 right")

    def test_a_wrong_password_is_not_tried_again(self):
        with BadPbx(lambda c: c.refuse(0x80000041)) as pbx:
            self.assertEqual(run("watch", pbx.url())[0], 3)
            self.assertEqual(pbx.connections, 1)

    def test_a_licence_that_is_missing(self):
        self.check(lambda c: c.refuse(0x80000044), 4, "LICENCE MISSING", "licence on the PBX")

    def test_limits_exceeded(self):
        self.check(lambda c: c.refuse(0x80000042), 4, "LIMITS EXCEEDED", "three connections")

    def test_retry_later(self):
        self.check(lambda c: c.refuse(0x80000043), 3, "RETRY LATER", "locked")

    def test_a_code_that_nobody_knows(self):
        self.check(lambda c: c.refuse(0x800000aa), 3, "0x800000aa", "")

    def test_feature_not_available(self):
        self.check(lambda c: c.stream(0x80000023), 4, "FEATURE NOT AVAILABLE", "three connections")

    def test_too_few_licences_for_the_network(self):
        self.check(lambda c: c.stream(0x80000022), 4, "INSUFFICIENT LICENCE", "-SCN", "--flags", "-SCN")

    def test_a_flag_that_the_pbx_does_not_know(self):
        self.check(lambda c: c.stream(0x80000021), 4, "UNKNOWN FLAG", "fewer flags")


class Strangers(Refused):
    """What is no PBX, or a broken one."""

    def test_who_answers_is_no_pbx(self):
        for banner, name in ((b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n", "SSH server"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "web server"),
                             (b"\x00\x01\x02garbage that is no frame", "not DevLink3")):
            with self.subTest(name):
                def manner(c):
                    c.message()
                    c.raw(banner)
                    c.wait_for_the_end()
                self.check(manner, 1, name, "50797")

    def test_a_port_that_wants_tls(self):
        def manner(c):
            c.message()
            c.raw(b"\x15\x03\x01\x00\x02\x02\x46")
            c.wait_for_the_end()
        self.check(manner, 1, "TLS", "devlink3s://")

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        for command, more in (("watch", ["--no-retry"]), ("cat", [FILE]), ("ping", [])):
            code, out, err = run(command, f"devlink3://app@127.0.0.1:{port}", *more)
            self.assertEqual(code, 5, err)
            self.assertIn("connection refused", err)
            self.assertIn("50797", err)

    def test_a_host_that_does_not_exist(self):
        code, out, err = run("cat", "devlink3://app@no-such-host.invalid", FILE)
        self.assertEqual(code, 5, err)
        self.assertIn("no-such-host.invalid", err)
        self.assertIn("typing errors", err)

    def test_it_closes_at_each_step(self):
        def after_challenge(c):
            c.challenge()
            c.message()

        def in_a_frame(c):
            c.message()
            c.raw(b"I\x00\x30\x80\x30")

        def after_the_stream(c):
            c.stream()
            c.message()
        for manner, says in ((lambda c: None, "without a word"), (lambda c: c.message(), "without a word"),
                             (lambda c: c.challenge(), "closed"), (after_challenge, "closed"), (lambda c: c.log_in(), "closed"),
                             (in_a_frame, "middle of a message"), (after_the_stream, "closed"), (lambda c: c.up(), "closed")):
            with self.subTest(says):
                with BadPbx(manner) as pbx:
                    code, out, err = run("watch", pbx.url(), "--no-retry")
                self.assertEqual(code, 5, err)
                self.assertIn(says, err)

    def test_it_never_answers(self):
        with BadPbx(lambda c: c.wait_for_the_end()) as pbx:
            for command, more in (("watch", ["--no-retry"]), ("cat", [FILE])):
                code, out, err = run(command, pbx.url(), *more, "--timeout", "0.2")
                self.assertEqual(code, 5, err)
                self.assertIn("said nothing", err)

    def test_it_falls_silent_later(self):
        def manner(c):
            c.challenge()
            c.wait_for_the_end()
        with BadPbx(manner) as pbx:
            code, out, err = run("watch", pbx.url(), "--no-retry", "--timeout", "1")
        self.assertEqual(code, 5, err)
        self.assertIn("does not answer any more", err)

    def test_framing_that_is_lost_later(self):
        def manner(c):
            c.up()
            c.raw(b"no frame at all")
            c.wait_for_the_end()
        self.check(manner, 1, "discriminator", "report")

    def test_a_second_challenge(self):
        def manner(c):
            c.challenge()
            _, request, _ = c.message()
            c.say(LOGIN_REPLY, request, 2, 16, bytes(16))
            c.wait_for_the_end()
        with BadPbx(manner) as pbx:
            code, out, err = run("watch", pbx.url(), "--no-retry")
        self.assertEqual(code, 1, err)

    def test_a_plain_challenge_in_the_clear_gets_no_password(self):
        heard = []

        def manner(c):
            _, request, _ = c.message()
            c.say(LOGIN_REPLY, request, 1)
            c.sock.settimeout(20)
            heard.append(c.sock.recv(100))
        self.check(manner, 1, "", "devlink3s://")
        self.assertEqual(heard, [b""])

    def test_what_a_stranger_says_is_not_obeyed_by_a_terminal(self):
        def manner(c):
            c.message()
            c.raw(b"SSH-\x1b[31m\x1b]0;title\x07\r\n")
            c.wait_for_the_end()
        with BadPbx(manner) as pbx:
            code, out, err = run("watch", pbx.url(), "--no-retry")
        self.assertNotIn("\x1b", err + out)
        self.assertNotIn("\x07", err + out)


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=TIMEOUT)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        d = cls.folder.name
        for ca in ("ca", "other"):
            openssl(d, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{ca}.key", "-out", f"{ca}.pem", "-days", "30",
                    "-subj", f"/CN={ca}")
        for name, host, dates in (("good", "localhost", ["-days", "30"]), ("wrong", "pbx.invalid", ["-days", "30"]),
                                  ("old", "localhost", ["-not_before", "20200101000000Z", "-not_after", "20200201000000Z"]),
                                  ("client", "client", ["-days", "30"])):
            openssl(d, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={host}")
            pathlib.Path(d, f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\n")
            if dates[0] == "-days":
                openssl(d, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", *dates,
                        "-extfile", f"{name}.ext", "-out", f"{name}.pem")
                continue
            pathlib.Path(d, "ca.conf").write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\n"
                                                  "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
            pathlib.Path(d, "index").write_text("")
            pathlib.Path(d, "serial").write_text("77\n")
            openssl(d, "ca", "-batch", "-config", "ca.conf", "-in", f"{name}.csr", "-cert", "ca.pem", "-keyfile", "ca.key",
                    "-startdate", dates[1], "-enddate", dates[3], "-extfile", f"{name}.ext", "-out", f"{name}.pem", "-notext")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def server(self, name, client_ca=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.path(client_ca))
        return context

    def fingerprint(self, name):
        p = subprocess.run(["openssl", "x509", "-fingerprint", "-sha256", "-noout", "-in", self.path(f"{name}.pem")],
                           capture_output=True, check=True, text=True)
        return p.stdout.split("=")[1].strip()

    def ends(self, server, *options, client_ca=None, host="localhost"):
        with BadPbx(lambda c: c.up(), tls=self.server(server, client_ca)) as pbx:
            return run("watch", pbx.url(host=host), "--once", *options)

    def test_a_certificate_of_the_ca(self):
        code, out, err = self.ends("good", "--ca", self.path("ca.pem"))
        self.assertEqual((code, err), (0, ""))

    def test_a_ca_that_is_not_trusted(self):
        for options in ((), ("--ca", self.path("other.pem"))):
            code, out, err = self.ends("good", *options)
            self.assertEqual(code, 1, err)
            self.assertIn("not of a CA that is trusted", err)

    def test_at_the_first_connection_it_is_not_tried_again(self):
        with BadPbx(lambda c: c.up(), tls=self.server("wrong")) as pbx, tempfile.TemporaryDirectory() as folder:
            for command in (["watch"], ["record"]):
                rest = [os.path.join(folder, "x.pcap")] if command == ["record"] else []
                code, out, err = run(*command, pbx.url(host="localhost"), *rest, "--ca", self.path("ca.pem"))
                self.assertEqual(code, 1, err)
                self.assertIn("pbx.invalid", err)
                self.assertNotIn("next attempt", err)

    def test_a_certificate_that_is_out_of_date(self):
        code, out, err = self.ends("old", "--ca", self.path("ca.pem"))
        self.assertEqual(code, 1, err)
        self.assertIn("expired", err)

    def test_a_certificate_for_another_host_and_the_name_that_it_is_for(self):
        code, out, err = self.ends("wrong", "--ca", self.path("ca.pem"))
        self.assertEqual(code, 1, err)
        self.assertIn("localhost", err)
        self.assertEqual(self.ends("wrong", "--ca", self.path("ca.pem"), "--tls-name", "pbx.invalid")[0], 0)

    def test_a_fingerprint(self):
        for pin in (self.fingerprint("old"), self.fingerprint("old").replace(":", "").lower()):
            self.assertEqual(self.ends("old", "--pin", pin)[0], 0)
        code, out, err = self.ends("old", "--pin", self.fingerprint("good"))
        self.assertEqual(code, 1)
        self.assertIn("fingerprint", err)

    def test_a_pbx_that_wants_a_certificate_of_ours(self):
        known = ("--ca", self.path("ca.pem"))
        code, out, err = self.ends("good", *known, client_ca="ca.pem")
        self.assertEqual(code, 1, err)
        self.assertIn("certificate of ours", err)
        cert, key = self.path("client.pem"), self.path("client.key")
        self.assertEqual(self.ends("good", *known, "--cert", cert, "--key", key, client_ca="ca.pem")[0], 0)
        both = self.path("both.pem")
        pathlib.Path(both).write_text(pathlib.Path(cert).read_text() + pathlib.Path(key).read_text())
        self.assertEqual(self.ends("good", *known, "--cert", both, client_ca="ca.pem")[0], 0)

    def test_files_that_are_not_there(self):
        code, out, err = self.ends("good", "--ca", "/nonexistent.pem")
        self.assertEqual(code, 1, err)
        self.assertIn("/nonexistent.pem", err)

    def test_a_port_without_tls(self):
        with BadPbx(lambda c: c.raw(b"SSH-2.0-x\r\n")) as pbx:
            code, out, err = run("watch", pbx.url(host="localhost").replace("devlink3:", "devlink3s:"), "--no-retry")
        self.assertEqual(code, 1, err)
        self.assertIn("does not talk TLS", err)


class CommandLine(unittest.TestCase):
    URL = "devlink3://app@127.0.0.1:1"
    COMMANDS = {"watch": [], "ping": [], "cat": [FILE], "record": ["-"]}

    def refused(self, *arguments, code=2):
        got, out, err = run(*arguments)
        self.assertEqual((got, out), (code, ""), err)
        return err

    def test_no_url_and_what_is_none(self):
        for command, more in self.COMMANDS.items():
            self.assertIn("URL is expected", self.refused(command))
            err = self.refused(command, "app@192.0.2.1", *more)
            self.assertIn("devlink3://USER@HOST", err)
            self.assertIn("usage: devlink3 " + command, err)
            for url in ("http://app@192.0.2.1", "devlink3://app@192.0.2.1:99999", "devlink3://app@", "devlink3://app@h/path"):
                self.refused(command, url, *more)

    def test_a_password_in_a_url_is_refused_and_not_shown(self):
        err = self.refused("watch", "devlink3://app:verysecret@192.0.2.1")
        self.assertNotIn("verysecret", err)

    def test_no_user(self):
        for command, more in (("watch", []), ("cat", [FILE]), ("record", ["-"])):
            self.assertIn("--user", self.refused(command, "devlink3://192.0.2.1", *more))

    def test_options_for_tls_without_tls(self):
        for option in ("--ca", "--pin", "--tls-name", "--cert", "--key"):
            self.assertIn("devlink3s://", self.refused("watch", self.URL, option, "x"))

    def test_options_that_mean_nothing(self):
        secure = self.URL.replace("devlink3:", "devlink3s:")
        for arguments, says in ((("watch", self.URL, "--nonsense"), "--nonsense"), (("watch", self.URL, "--count", "0"), "--count"),
                                (("watch", self.URL, "--count", "1.5"), "whole number"), (("watch", self.URL, "--flags", "-X"), "-X"),
                                (("watch", self.URL, "--timeout", "x"), "--timeout"), (("watch", self.URL, "--count"), "argument"),
                                (("watch", self.URL, "again"), "again"), (("watch", self.URL, "--json", "--text"), "exclude"),
                                (("watch", secure, "--pin", "12"), "64 hexadecimal"), (("watch", secure, "--key", "f"), "--cert"),
                                (("ping", self.URL, "-s", "1001"), "1000"), (("ping", self.URL, "-z"), "-z"),
                                (("ping", self.URL, "--user", "x"), "--user"), (("cat", self.URL), "file is expected"),
                                (("cat", self.URL, ""), "1 to"), (("record", self.URL), "one file"),
                                (("watch", self.URL, "--user", ""), "empty")):
            with self.subTest(arguments):
                self.assertIn(says, self.refused(*arguments))

    def test_help_has_usage_options_exit_codes_and_examples(self):
        for command in self.COMMANDS:
            code, out, err = run(command, "--help")
            self.assertEqual((code, err), (0, ""))
            for word in (f"usage: devlink3 {command} ", "Exit codes:", f"Examples:\n  devlink3 {command} ", "devlink3s://"):
                self.assertIn(word, out)
            self.assertLess(max(map(len, out.split("\n"))), 111, command)

    def test_every_option_of_the_help_is_taken(self):
        for command, more in self.COMMANDS.items():
            for option in options_in_help(command):
                err = run(command, option)[2]
                self.assertNotIn("there is no option", err, (command, option))


class Passwords(unittest.TestCase):
    """Where they come from. The PBX is right about what they are."""

    def cat(self, *options, right="secret", **how):
        def manner(c):
            c.log_in()
            _, request, _ = c.message()
            c.say(READ_REPLY, request, 0, b"rows")
            c.wait_for_the_end()
        with BadPbx(manner, password=right) as pbx:
            return run("cat", pbx.url(), FILE, *options, **how)

    def file(self, octets, mode=0o600):
        f = tempfile.NamedTemporaryFile(delete=False)
        self.addCleanup(os.unlink, f.name)
        f.write(octets)
        f.close()
        os.chmod(f.name, mode)
        return f.name

    def test_the_environment(self):
        self.assertEqual(self.cat(), (0, "rows", ""))

    def test_a_file_and_its_line_breaks_and_that_it_goes_before_the_environment(self):
        for octets in (b"secret", b"secret\n", b"secret\r\n", b"secret\r\nmore\n"):
            self.assertEqual(self.cat("--password-file", self.file(octets), password="other"), (0, "rows", ""))
        self.assertEqual(self.cat("--password-file", self.file(b"p\xc3\xa4ss w\n"), right="p\u00e4ss w")[0], 0)

    def test_a_file_that_others_can_read_is_warned_of(self):
        code, out, err = self.cat("--password-file", self.file(b"secret\n", 0o644))
        self.assertEqual((code, out), (0, "rows"))
        self.assertIn("can be read by others", err)

    def test_files_that_have_no_password(self):
        for octets, says in ((b"", "empty"), (b"\nsecret\n", "empty"), (b"a\0b\n", "NUL"), (b"x" * 300, "longer")):
            code, out, err = run("cat", "devlink3://app@127.0.0.1:1", FILE, "--password-file", self.file(octets))
            self.assertEqual(code, 1)
            self.assertIn(says, err)
        code, out, err = run("cat", "devlink3://app@127.0.0.1:1", FILE, "--password-file", "/nonexistent")
        self.assertEqual((code, err), (1, "devlink3 cat: /nonexistent: No such file or directory\n"))

    def test_without_any_the_three_ways_are_named(self):
        code, out, err = run("cat", "devlink3://app@127.0.0.1:1", FILE, password=None)
        self.assertEqual((code, out), (3, ""))
        for word in ("--password-file", "DEVLINK3_PASSWORD", "terminal"):
            self.assertIn(word, err)

    def test_the_environment_is_wiped(self):
        with BadPbx(lambda c: c.up() or c.wait_for_the_end()) as pbx:
            p = start("watch", pbx.url())
            while b"snapshot_end" not in p.stdout.readline():
                pass
            self.assertNotIn(b"secret", pathlib.Path(f"/proc/{p.pid}/environ").read_bytes())
            p.send_signal(signal.SIGTERM)
            p.communicate(timeout=TIMEOUT)
            self.assertEqual(p.returncode, 0)

    def manner(self, c):
        c.log_in()
        _, request, _ = c.message()
        c.say(READ_REPLY, request, 0, b"rows")
        c.wait_for_the_end()

    def test_it_is_asked_for_without_echo(self):
        with BadPbx(self.manner) as pbx:
            t = Terminal("cat", pbx.url(), FILE, password=None)
            t.until("Password of app at 127.0.0.1: ")
            self.assertFalse(t.echoes())
            t.type("secret\n")
            out = t.end()
        self.assertEqual(t.code, 0, out)
        self.assertIn("rows", out)
        self.assertNotIn("secret", out)

    def test_the_terminal_is_as_before_after_a_signal(self):
        t = Terminal("cat", "devlink3://app@127.0.0.1:1", FILE, password=None)
        t.until("Password of ")
        self.assertFalse(t.echoes())
        # Held open, so that its state can be looked at when the command has gone.
        keep = os.open(os.readlink(f"/proc/{t.pid}/fd/0"), os.O_RDWR | os.O_NOCTTY)
        os.kill(t.pid, signal.SIGTERM)
        status = os.waitpid(t.pid, 0)[1]
        self.assertTrue(t.echoes())
        os.close(keep)
        os.close(t.fd)
        self.assertEqual(os.waitstatus_to_exitcode(status), -signal.SIGTERM)

    def test_nothing_entered(self):
        t = Terminal("cat", "devlink3://app@127.0.0.1:1", FILE, password=None)
        t.until("Password of ")
        t.type("\n")
        out = t.end()
        self.assertEqual(t.code, 3)
        self.assertIn("no password was entered", out)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
