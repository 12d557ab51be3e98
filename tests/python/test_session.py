# SPDX-License-Identifier: MIT
"""The session without a socket: fed by hand."""
import hashlib
import unittest

import support

import devlink3
from devlink3 import wire

CHALLENGE = bytes(range(16))


def reply(code, request, *rest):
    return support.frame(b"".join(w.to_bytes(4, "big") if isinstance(w, int) else w for w in (code, request, *rest)))


class Conversation(unittest.TestCase):
    def setUp(self):
        self.session = devlink3.Session()
        self.session.tick(100.0)

    def said(self):
        """What the session wants sent, decoded."""
        octets = self.session.output()
        self.session.sent(len(octets))
        return devlink3.decode(octets)

    def hear(self, octets):
        return list(self.session.feed(octets))

    def log_in(self):
        self.session.authenticate("zo\u00eb", "secret", "Tests 1.0")
        hello, = self.said()
        self.assertEqual((hello.user, hello.application), ("zo\u00eb", "Tests 1.0"))
        self.hear(reply(0x80300001, hello.request_id, 2, 16, CHALLENGE))
        proof, = self.said()
        self.assertEqual(proof.response, hashlib.sha1(CHALLENGE + b"secret".ljust(16, b"\0")).digest())
        return proof.request_id

    def up(self):
        return self.hear(reply(0x80300001, self.log_in(), 0))

    def test_login_stream_and_files(self):
        self.assertEqual(self.up(), [devlink3.Authenticated()])
        number = self.session.stream(devlink3.StreamFlag.SCN)
        ask, barrier = self.said()
        self.assertEqual((ask.request_id, ask.flags), (number, ("-SCN",)))
        answer, = self.hear(reply(0x80300011, number, 0, b"\0\5-SCN\0"))
        self.assertTrue(answer.streaming)
        self.assertEqual(answer.accepted, devlink3.StreamFlag.SCN)
        text = b"<CallLost>n,e,1,16,7</CallLost>\0"
        record, end = self.hear(support.event(0xc0a82a03, 5, (0x760001, text)) + reply(0x802a0001, barrier.request_id, 0, 0))
        self.assertEqual((record.pbx_address, record.counter, record.record.cause), ("192.168.42.3", 5, 16))
        self.assertEqual(end, devlink3.SnapshotEnd(number))
        gap, later = self.hear(support.event(0xc0a82a03, 9, (0x760001, text)))
        self.assertEqual((gap.change, gap.missed), (devlink3.Change.GAP, 3))
        # What came before is not overwritten by what came after.
        self.assertEqual((record.counter, record.record.end, later.counter), (5, "e", 9))
        file = self.session.read("nasystem/user_list")
        self.assertEqual(self.said()[0].file, "nasystem/user_list")
        self.assertEqual(self.hear(reply(0x80300041, file, 0, b"list")), [devlink3.FileAnswer(file, devlink3.ReadResult(0), b"list")])

    def test_octet_by_octet(self):
        last = self.log_in()
        events = [e for octet in reply(0x80300001, last, 0) for e in self.hear(bytes([octet]))]
        self.assertEqual(events, [devlink3.Authenticated()])

    def test_refused(self):
        last = self.log_in()
        events = self.session.feed(reply(0x80300001, last, 0x80000041))
        self.assertEqual(next(events), devlink3.LoginRefused(devlink3.AuthResult.AUTHENTICATION_FAILED))
        for _ in range(2):
            with self.assertRaises(devlink3.PeerError) as caught:
                list(self.session.events())
            self.assertEqual(caught.exception.code, devlink3.ErrorCode.ERR_REFUSED)

    def test_framing_lost(self):
        with self.assertRaises(devlink3.ProtocolError) as caught:
            self.hear(b"HTTP/1.1 400 Bad Request")
        e = caught.exception
        self.assertEqual((e.code, e.offset, e.name), (devlink3.ErrorCode.ERR_DISCRIMINATOR, 0, "discriminator"))
        self.assertIn("expected the discriminator 0x49", e.reason)

    def test_malformed_record(self):
        self.up()
        bad, = self.hear(support.event(1, 1, (0x760001, b"<Detail>")))
        self.assertIsInstance(bad, devlink3.Malformed)
        self.assertEqual((bad.in_tuple, bad.octets, bad.error.name), (True, b"<Detail>", "delta3"))

    def test_unasked(self):
        self.up()
        unasked, = self.hear(reply(0x12345678, 1))
        self.assertEqual(unasked.message, wire.UnknownMessage(request_id=0, code=0x12345678, body=b"\0\0\0\1"))

    def test_a_large_feed(self):
        self.up()
        many = b"".join(support.event(1, i, (0x760001, b"<CallLost>n</CallLost>")) for i in range(3000))
        self.assertEqual(len(self.hear(many)), 3000)

    def test_keepalive_and_silence(self):
        self.up()
        due = self.session.deadline()
        self.assertAlmostEqual(due, 130, delta=0.1)
        self.session.tick(due)
        self.assertIsInstance(self.said()[0], wire.TestRequest)
        self.session.tick(self.session.deadline())
        with self.assertRaises(devlink3.PeerError) as caught:
            list(self.session.events())
        self.assertEqual(caught.exception.code, devlink3.ErrorCode.ERR_TIMEOUT)

    def test_the_end(self):
        self.up()
        with self.assertRaises(devlink3.PeerError) as caught:
            list(self.session.end_of_input())
        self.assertEqual(caught.exception.code, devlink3.ErrorCode.ERR_CLOSED)

    def test_misuse(self):
        for wrong in (self.session.stream, lambda: self.session.read("x"), lambda: self.session.authenticate("", "")):
            self.assertRaises(devlink3.UsageError, wrong)
        self.assertRaises(devlink3.LimitError, self.session.test, b"x" * 1001)
        self.assertRaises(ValueError, self.session.authenticate, "a\0b", "secret")
        self.assertRaises(ValueError, self.session.sent, 1)
        self.assertRaises(ValueError, devlink3.Session, limits=devlink3.Limits(max_frame=-1))
        self.session.close()
        self.assertEqual(self.session.output(), b"")

    def test_plain_in_the_clear(self):
        self.session.authenticate("app", "secret")
        request = self.said()[0].request_id
        with self.assertRaises(devlink3.ProtocolError) as caught:
            self.hear(reply(0x80300001, request, 1))
        self.assertEqual(caught.exception.code, devlink3.ErrorCode.ERR_PLAIN_IN_CLEAR)
        self.assertEqual(self.session.output(), b"")


if __name__ == "__main__":
    unittest.main()
