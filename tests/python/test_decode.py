# SPDX-License-Identifier: MIT
"""Octets to messages and records: the same as `devlink3 decode` says, and nothing that breaks the interpreter."""
import json
import random
import unittest

import support

import devlink3
from devlink3 import wire

PLACES = ("line", "frame", "offset", "reason", "resumed_at")


def without_places(line):
    return {k: v for k, v in line.items() if k not in PLACES}


def hexadecimal(frames):
    return "\n".join(f.hex() for f in frames).encode()


def tuples(code, data):
    return support.event(0xc0000205, 1, (code, data))


class Vectors(unittest.TestCase):
    def compare(self, frames):
        lines = support.command("decode", "--json", "--hex", "-", stdin=hexadecimal(frames))
        self.assertEqual(len(lines), len(frames))
        for octets, line in zip(frames, lines):
            message = devlink3.decode(octets)[0]
            with self.subTest(octets=octets.hex()[:80]):
                self.assertEqual(message.to_dict(), without_places(line))
                self.assertEqual(json.loads(message.to_json()), message.to_dict())
                if message.fault:
                    # The command counts from the line's first octet, of which three are the frame's.
                    self.assertEqual((message.fault.name, message.fault.offset + 3), (line["error"], line["offset"]))

    def test_sample(self):
        self.compare(support.sample())

    def test_frames(self):
        wanted = json.loads((support.DATA / "wire.json").read_text())
        frames = [bytes.fromhex(f["hex"]) for f in wanted["frames"]]
        self.assertGreater(len(frames), 20)
        self.compare(frames)

    def test_party_rows(self):
        wanted = json.loads((support.DATA / "wire.json").read_text())["party_rows"]
        self.assertTrue(wanted)
        self.compare([tuples(0x760001, f"<Detail><PartyA>{v['party']}</PartyA></Detail>".encode()) for v in wanted])
        for v in wanted:
            party = devlink3.decode_record(f"<Detail><PartyA>{v['party']}</PartyA></Detail>").party_a
            for name, value in v["expect"].items():
                self.assertEqual(getattr(party, name), value, v["name"])

    def test_malformed(self):
        wanted = json.loads((support.DATA / "wire.json").read_text())["malformed"]
        self.assertTrue(wanted)
        for v in wanted:
            with self.subTest(v["name"]):
                try:
                    fault = devlink3.decode(bytes.fromhex(v["hex"]))[0].fault
                except devlink3.ProtocolError as e:
                    fault = e
                self.assertEqual(fault.name if fault else None, v.get("error"))

    def test_calls(self):
        for path in sorted((support.DATA / "calls").glob("*.json")):
            events = json.loads(path.read_text(encoding="utf-8"))["events"]
            self.compare([tuples(0x760001, e["xml"].encode()) for e in events])

    def test_texts_that_bite(self):
        texts = ['<CallLost>a,,x,16,9</CallLost>', '<CallLost>,,,,</CallLost>', '<CallLost></CallLost>', '<CallLost>a</CallLost>',
                 '<CallLost>n,e,1,99999,7,more,"and, more"</CallLost>', '<Detail></Detail>', '<Other>1</Other>', '<Detail>',
                 '<Detail><Call>c</Call><Target_list></Target_list></Detail>', '<Detail><Call>1</Call><Call>2</Call></Detail>',
                 '<Detail><PartyA>' + ",".join(map(str, range(21))) + '</PartyA></Detail>',
                 '<Detail><PartyA>' + ",".join(map(str, range(22))) + '</PartyA></Detail>',
                 '<Detail><PartyA>e,1,2,1,0,0,0,-1,99999999999999999999</PartyA></Detail>',
                 '<Detail><PartyA>e,1,2,1,0,0,0,127' + "," * 17 + '"&amp;""x"" &lt;",r</PartyA></Detail>', '', '\ufeff<CallLost>a</CallLost>']
        frames = [tuples(0x760001, t.encode()) for t in texts] + [tuples(0x760001, b"<CallLost>\xff\xe9,\x80</CallLost>\0junk")]
        frames += [tuples(0x760002, t.encode()) for t in ("CALL:S 1.2.0,,2", "CALL:D a,b,3", "CALL:A a,b,x", "CALL:", "CALL:Q 1", "")]
        frames += [tuples(0x760002, "CALL:D 1.2.0,,7".encode("utf-16-be")), tuples(0x760003, "START,e,l".encode("utf-16-be")),
                   tuples(0x760003, b"odd"), tuples(0x760004, "text".encode("utf-16-be")), tuples(0x760004, b"\0\0"),
                   tuples(0x760009, b"\1\2\3"), tuples(0x760001, b"")]
        frames.append(support.frame(b"\x10\x30\x00\x11\0\0\0\1\0\0\0\2\x00\x76\x00\x01\x00\xff<CallLost>"))
        frames.append(support.frame(b"\x10\x30\x00\x11\0\0"))
        self.compare(frames)


class Records(unittest.TestCase):
    def test_absent_empty_and_zero(self):
        lost = devlink3.decode_record("<CallLost>,e,0,</CallLost>")
        self.assertEqual((lost.node, lost.end, lost.cleared_inbound, lost.cause, lost.timestamp), ("", "e", 0, None, None))
        self.assertEqual([lost.has(f) for f in ("node", "cleared_inbound", "cause", "timestamp")], [True, True, True, False])
        self.assertEqual(lost.to_dict(), {"kind": "call_lost", "node": "", "end": "e", "cleared_inbound": 0, "cause": None})
        absent = devlink3.decode_record("<CallLost>n</CallLost>")
        self.assertIsNone(absent.end)
        with self.assertRaises(AttributeError):
            lost.has("nonsense")

    def test_numbers_that_are_none(self):
        lost = devlink3.decode_record("<CallLost>n,e,maybe,16</CallLost>")
        self.assertIsNone(lost.cleared_inbound)
        self.assertEqual(lost.unread, {"cleared_inbound": "maybe"})
        self.assertEqual(lost.to_dict()["cleared_inbound"], "maybe")

    def test_extra_and_raw(self):
        text = '<CallLost>n,e,1,16,5,"six, & more",7</CallLost>'
        lost = devlink3.decode_record(text)
        self.assertEqual((lost.extra, lost.raw), ('"six, & more",7', text))

    def test_codes(self):
        lost = devlink3.decode_record("<CallLost>n,e,1,16</CallLost>")
        self.assertIs(lost.cause, devlink3.Cause.NORMAL)
        self.assertEqual(devlink3.decode_record("<CallLost>n,e,1,4711</CallLost>").cause, 4711)
        self.assertEqual(lost.kind, devlink3.Kind.CALL_LOST)

    def test_made_by_hand(self):
        lost = devlink3.CallLost(end="e", cause=devlink3.Cause.NORMAL)
        self.assertEqual(lost.to_json(), '{"kind":"call_lost","end":"e","cause":"normal"}')
        self.assertEqual(lost, devlink3.CallLost(end="e", cause=devlink3.Cause(16)))
        self.assertEqual(repr(lost), "CallLost(end='e', cause=<Cause.NORMAL: 16>)")

    def test_names_and_quotes(self):
        party = devlink3.decode_record('<Detail><PartyA>e' + "," * 24 + '"Caf\u00e9 ""Zo\u00eb"", Lyon &amp; Co"</PartyA></Detail>').party_a
        self.assertEqual(party.name, 'Caf\u00e9 "Zo\u00eb", Lyon & Co')

    def test_not_well_formed(self):
        with self.assertRaises(devlink3.ProtocolError) as caught:
            devlink3.decode_record("<Detail><Call>1")
        e = caught.exception
        self.assertEqual((e.code, e.name), (devlink3.ErrorCode.ERR_DELTA3, "delta3"))
        self.assertIn("expected", e.reason)
        self.assertIsInstance(e.offset, int)
        self.assertIn("expected", str(e))


class Streams(unittest.TestCase):
    def test_in_any_pieces(self):
        octets = b"".join(support.sample())
        whole = devlink3.decode(octets)
        self.assertEqual(len(whole), len(support.sample()))
        for size in (1, 2, 3, 7, 1000):
            decoder, found = devlink3.Decoder(), []
            for at in range(0, len(octets), size):
                found += decoder.feed(octets[at:at + size])
            decoder.end()
            self.assertEqual([m.to_dict() for m in found], [m.to_dict() for m in whole])
            self.assertEqual(decoder.offset, len(octets))

    def test_a_long_frame(self):
        payload = b"\x80\x30\x00\x41\0\0\0\7\0\0\0\0" + b"x" * 100000
        reply, = devlink3.decode(support.frame(payload))
        self.assertIsInstance(reply, wire.ReadReply)
        self.assertEqual(reply.contents, b"x" * 100000)

    def test_framing_lost(self):
        decoder = devlink3.Decoder()
        with self.assertRaises(devlink3.ProtocolError) as caught:
            list(decoder.feed(support.sample()[0] + b"HTTP/1.1 400"))
        self.assertEqual((caught.exception.code, caught.exception.offset),
                         (devlink3.ErrorCode.ERR_DISCRIMINATOR, len(support.sample()[0])))
        with self.assertRaises(devlink3.ProtocolError):
            list(decoder.feed(support.sample()[0]))

    def test_cut_off(self):
        with self.assertRaises(devlink3.ProtocolError) as caught:
            devlink3.decode(support.sample()[0][:-1])
        self.assertEqual(caught.exception.code, devlink3.ErrorCode.ERR_TRUNCATED_FRAME)


class Random(unittest.TestCase):
    def test_random_octets(self):
        chance = random.Random(3)
        frames = support.sample()
        for _ in range(3000):
            octets = bytearray(chance.choice(frames))
            for _ in range(chance.randrange(6)):
                octets[chance.randrange(3, len(octets))] = chance.choice((0, 0xff, 0x22, 0x2c, 0x3c, chance.randrange(256)))
            message = wire.decode_message(bytes(octets[3:chance.randrange(3, len(octets) + 1)]))
            json.loads(message.to_json())
            repr(message)

    def test_random_records(self):
        chance = random.Random(4)
        words = ["<Detail>", "</Detail>", "<Call>", "</Call>", "<PartyA>", "</PartyA>", "<Target_list>", "<Target>", "</Target>", ",",
                 "1", "-9999999999999999999", '"', "&amp;", "&#x0;", "<!--", "-->", "CALL:S ", "CALL:D", "\0", "\udcff"]
        for _ in range(3000):
            data = "".join(chance.choice(words) for _ in range(chance.randrange(30))).encode("utf-8", "surrogateescape")
            try:
                record = devlink3.decode_record(data, chance.choice((0x760001, 0x760002, 0x760003, 0x760004, 5)))
            except devlink3.ProtocolError:
                continue
            record.to_json()
            repr(record)

    def test_random_streams(self):
        chance = random.Random(5)
        for _ in range(500):
            try:
                devlink3.decode(b"\x49" + chance.randbytes(chance.randrange(200)))
            except devlink3.ProtocolError:
                pass


if __name__ == "__main__":
    unittest.main()
