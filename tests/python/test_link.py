# SPDX-License-Identifier: MIT
"""The link with asyncio: against the simulator, in clear and with TLS, and against PBXs that do not do as they should."""
import asyncio
import functools
import hashlib
import logging
import os
import ssl
import sys
import tempfile
import unittest
import unittest.mock

import support

sys.path.insert(0, str(support.ROOT / "tests" / "peer"))
from bad_pbx import BadPbx  # noqa: E402

import devlink3

logging.getLogger("devlink3").setLevel(logging.CRITICAL)
SOON = devlink3.Retry(first_s=0.01, longest_s=0.02, refused_s=0.05)


def arun(work):
    return asyncio.run(asyncio.wait_for(work, support.TIMEOUT))


def url(port, user=support.USER, tls=False, host="127.0.0.1"):
    return f"devlink3{'s' if tls else ''}://{user}@{host}:{port}"


def connect(pbx, **options):
    return devlink3.connect(pbx.url(), **{"password": "secret", "retry": SOON, **options})


async def until(link, kind):
    async for event in link:
        if isinstance(event, kind):
            return event
    raise AssertionError(f"no {kind}")


class Simulated(unittest.TestCase):
    def test_events_files_and_calls(self):
        async def work(port):
            tracker, ended, snapshot = devlink3.Tracker(records_only=True), [], False
            async with devlink3.connect(url(port), password=support.PASSWORD, flags="-SIPTrack", application="Tests") as link:
                self.assertTrue(link.up)
                self.assertIn(b"\n", await link.read_file("nasystem/user_list"))
                with self.assertRaises(devlink3.FileNotThere):
                    await link.read_file("nasystem/nothing")
                self.assertGreater(await link.ping(b"hello"), 0)
                async for event in link:
                    snapshot = snapshot or isinstance(event, devlink3.SnapshotEnd)
                    ended += [t.call for t in tracker.feed(event) if isinstance(t, devlink3.CallEnded) and t.call.counts]
                    if len(ended) >= 5:
                        break
            self.assertTrue(snapshot)
            self.assertFalse(link.up)
            self.assertEqual(len({c.id for c in ended}), 5)
        with support.Simulator("--rate", "120", "--speed", "50", "--wait") as sim:
            arun(work(sim.port))

    def test_many_who_share_a_loop(self):
        async def one(port):
            async with devlink3.connect(url(port), password=support.PASSWORD, events=False) as link:
                return await asyncio.gather(*(link.read_file("nasystem/user_list") for _ in range(20)))
        async def work(port):
            return await asyncio.gather(one(port), one(port))
        with support.Simulator("--rate", "0") as sim:
            self.assertEqual(len({bytes(c) for files in arun(work(sim.port)) for c in files}), 1)

    def test_nobody_fetches(self):
        async def work(port):
            async with devlink3.connect(url(port), password=support.PASSWORD, max_queue=20) as link:
                await asyncio.sleep(0.5)
                held = len(link._queue)
                # One read's worth may lie above the limit; then no more is read.
                self.assertGreaterEqual(held, 20)
                await asyncio.sleep(0.5)
                self.assertEqual(len(link._queue), held)
                for _ in range(2 * held):
                    await link.__anext__()
                self.assertTrue(link.up)
        with support.Simulator("--rate", "600", "--speed", "50") as sim:
            arun(work(sim.port))

    def test_a_wrong_password_is_not_tried_again(self):
        async def work(port):
            with self.assertRaises(devlink3.Refused) as caught:
                await devlink3.connect(url(port), password="wrong", retry=SOON)
            self.assertIs(caught.exception.result, devlink3.AuthResult.AUTHENTICATION_FAILED)
            self.assertTrue(caught.exception.final)
        with support.Simulator("--rate", "0") as sim:
            arun(work(sim.port))

    def test_from_the_environment(self):
        async def work(port):
            async with devlink3.connect(url(port), events=False) as link:
                await link.ping()
        with support.Simulator("--rate", "0") as sim, unittest.mock.patch.dict(os.environ, DEVLINK3_PASSWORD=support.PASSWORD):
            arun(work(sim.port))


class Tls(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.cert, self.key = support.certificate(self.folder)
        with open(self.cert, encoding="ascii") as f:
            self.pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(f.read())).hexdigest()

    def reach(self, *sim_options, host="127.0.0.1", **options):
        async def work(port):
            async with devlink3.connect(url(port, tls=True, host=host), password=support.PASSWORD, events=False, retry=SOON,
                                        **options) as link:
                return await link.read_file("nasystem/user_list")
        with support.Simulator("--rate", "0", "--cert", self.cert, "--key", self.key, *sim_options, listen="--tls-listen") as sim:
            return arun(work(sim.port))

    def test_trusted(self):
        self.assertTrue(self.reach(cafile=self.cert))
        self.assertTrue(self.reach(fingerprint=self.pin))
        self.assertTrue(self.reach(fingerprint=":".join(self.pin[i:i + 2] for i in range(0, 64, 2)).upper()))

    def test_plain_challenge(self):
        self.assertTrue(self.reach("--plain", cafile=self.cert))

    def test_not_trusted_by_default(self):
        with self.assertRaises(devlink3.TLSError) as caught:
            self.reach()
        self.assertIn("certificate verify failed", str(caught.exception))

    def test_another_name(self):
        with self.assertRaises(devlink3.TLSError):
            self.reach(cafile=self.cert, server_name="pbx.example.com")

    def test_another_certificate(self):
        with self.assertRaises(devlink3.TLSError) as caught:
            self.reach(fingerprint="00" * 32)
        self.assertIn(self.pin, str(caught.exception))

    def test_nothing_is_said_to_another_certificate(self):
        heard = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        def manner(c):
            try:
                heard.append(c.sock.recv(100))
            except OSError:
                heard.append(b"")
        async def work(pbx):
            with self.assertRaises(devlink3.TLSError):
                await connect(pbx, fingerprint="11" * 32)
        with BadPbx(manner, tls=context) as pbx:
            arun(work(pbx))
        self.assertFalse(any(heard), heard)

    def test_our_own_certificate(self):
        ours = support.certificate(self.folder, "client")
        options = ("--client-ca", ours[0], "--mutual-tls")
        self.assertTrue(self.reach(*options, cafile=self.cert, certfile=ours[0], keyfile=ours[1]))
        with self.assertRaises(devlink3.LinkError):
            self.reach(*options, cafile=self.cert)


class Trouble(unittest.TestCase):
    def test_lost_and_made_anew(self):
        async def work(pbx):
            async with connect(pbx) as link:
                down = await until(link, devlink3.LinkDown)
                self.assertTrue(down.was_up)
                self.assertIsInstance(down.error, devlink3.ConnectionLost)
                self.assertIsNotNone(down.retry_s)
                await until(link, devlink3.LinkUp)
        with BadPbx(lambda c: c.up()) as pbx:
            arun(work(pbx))
            self.assertGreaterEqual(pbx.connections, 2)

    def test_without_retry(self):
        async def work(pbx):
            async with connect(pbx, retry=None) as link:
                with self.assertRaises(devlink3.ConnectionLost):
                    async for _ in link:
                        pass
        with BadPbx(lambda c: c.up()) as pbx:
            arun(work(pbx))
            self.assertEqual(pbx.connections, 1)

    def test_later_and_limits_wait_long(self):
        for result in (0x80000042, 0x80000043):
            answers = [lambda c: c.refuse(result), lambda c: (c.up(), c.wait_for_the_end())]
            async def work(pbx):
                async with connect(pbx) as link:
                    down = await until(link, devlink3.LinkDown)
                    self.assertGreaterEqual(down.retry_s, SOON.refused_s)
                    self.assertEqual(down.error.result, result)
            with BadPbx(lambda c: answers.pop(0)(c)) as pbx:
                arun(work(pbx))

    def test_final_refusals(self):
        for result in (0x80000041, 0x80000044, 0x80001234):
            async def work(pbx):
                with self.assertRaises(devlink3.Refused) as caught:
                    await connect(pbx)
                self.assertEqual(caught.exception.result, result)
            with BadPbx(lambda c: c.refuse(result)) as pbx:
                arun(work(pbx))
                self.assertEqual(pbx.connections, 1)

    def test_stream_refused(self):
        async def work(pbx):
            with self.assertRaises(devlink3.StreamRefused) as caught:
                await connect(pbx)
            self.assertIs(caught.exception.result, devlink3.EventResult.UNKNOWN_FLAG)
        with BadPbx(lambda c: c.stream(0x80000021)) as pbx:
            arun(work(pbx))

    def test_half_open(self):
        def manner(c):
            c.up()
            c.wait_for_the_end()
        async def work(pbx):
            limits = devlink3.Limits(keepalive_ms=50, answer_timeout_ms=100)
            async with connect(pbx, limits=limits) as link:
                down = await until(link, devlink3.LinkDown)
                self.assertIn("does not answer any more", str(down.error))
        with BadPbx(manner) as pbx:
            arun(work(pbx))

    def test_lost_while_a_file_is_read(self):
        async def work(pbx):
            async with connect(pbx) as link:
                with self.assertRaises(devlink3.ConnectionLost):
                    await link.read_file("nasystem/user_list")
        with BadPbx(lambda c: (c.up(), c.message())) as pbx:
            arun(work(pbx))

    def test_no_devlink3(self):
        async def work(pbx):
            with self.assertRaises(devlink3.ConnectionLost) as caught:
                await connect(pbx, retry=None)
            self.assertIn("0x49", str(caught.exception))
        with BadPbx(lambda c: (c.raw(b"HTTP/1.1 400 Bad Request\r\n"), c.wait_for_the_end())) as pbx:
            arun(work(pbx))

    def test_nobody_there(self):
        with BadPbx(lambda c: None) as pbx:
            gone = pbx.url()
        async def work():
            with self.assertRaises(devlink3.Unreachable):
                await devlink3.connect(gone, password="x", retry=None)
        arun(work())

    def test_a_name_too_long(self):
        async def work(pbx):
            with self.assertRaisesRegex(devlink3.ConnectionLost, "too long"):
                await connect(pbx, user="x" * 2000)
        with BadPbx(lambda c: c.wait_for_the_end()) as pbx:
            arun(work(pbx))
            self.assertLessEqual(pbx.connections, 1)

    def test_closing_ends_the_iteration(self):
        async def work(pbx):
            async with connect(pbx) as link:
                reader = asyncio.ensure_future(until(link, devlink3.FileAnswer))
                await asyncio.sleep(0)
                await link.close()
                with self.assertRaises(AssertionError):
                    await reader
                with self.assertRaises(devlink3.ConnectionLost):
                    await link.ping()
        with BadPbx(lambda c: (c.up(), c.wait_for_the_end())) as pbx:
            arun(work(pbx))


class Arguments(unittest.TestCase):
    def test_urls(self):
        parse = devlink3.URL.parse
        self.assertEqual(parse("devlink3://a%40b@192.0.2.1"), devlink3.URL(False, "a@b", "192.0.2.1", 50797))
        self.assertEqual(parse("devlink3s://app@[2001:db8::1]:99"), devlink3.URL(True, "app", "2001:db8::1", 99))
        self.assertEqual(parse("devlink3s://app@pbx.example.com").port, 50796)
        for bad in ("http://app@h", "devlink3://app@", "devlink3://app@h:0", "devlink3://app@h:99999", "devlink3://app@h/x",
                    "devlink3://app@h?x", "192.0.2.1", ""):
            self.assertRaisesRegex(ValueError, "expected devlink3://USER@HOST", parse, bad)

    def test_passwords_are_not_shown(self):
        with self.assertRaises(ValueError) as caught:
            devlink3.connect("devlink3://app:hunter2@192.0.2.1")
        self.assertNotIn("hunter2", str(caught.exception))
        self.assertIn("DEVLINK3_PASSWORD", str(caught.exception))

    def test_what_is_missing_or_wrong(self):
        with unittest.mock.patch.dict(os.environ):
            os.environ.pop("DEVLINK3_PASSWORD", None)
            self.assertRaisesRegex(ValueError, "no password", devlink3.connect, "devlink3://app@192.0.2.1")
        wrong = functools.partial(devlink3.connect, password="x")
        self.assertRaisesRegex(ValueError, "no user", wrong, "devlink3://192.0.2.1")
        self.assertRaisesRegex(ValueError, "without a NUL", wrong, "devlink3://a%00b@192.0.2.1")
        self.assertRaisesRegex(ValueError, "in the clear", wrong, "devlink3://app@192.0.2.1", fingerprint="00" * 32)
        self.assertRaisesRegex(ValueError, "64 hexadecimal", wrong, "devlink3s://app@192.0.2.1", fingerprint="12")
        self.assertRaisesRegex(ValueError, "-Nonsense", wrong, "devlink3://app@192.0.2.1", flags="-SCN -Nonsense")

    def test_pauses(self):
        retry = devlink3.Retry()
        for failures, low, high in ((1, 0.5, 1), (2, 1, 2), (3, 2, 4), (50, 30, 60), (10**6, 30, 60)):
            for _ in range(50):
                self.assertTrue(low <= retry.wait(failures, False) <= high)
        self.assertGreaterEqual(retry.wait(1, True), 120)


if __name__ == "__main__":
    unittest.main()
