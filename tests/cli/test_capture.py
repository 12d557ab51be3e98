#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 decode` of captures. Usage: test_capture.py PROGRAM"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest

from packets import (ACK, ETHERNET, FIN, LOOP, NULL, PSH, RAW, SLL, SLL2, SYN, Talk, block, ether, ip4, ip6, pcap,
                     pcapng, sll, sll2, tcp)

PROGRAM = sys.argv[1]
CLIENT, PBX = 0, 1


def run(*arguments, stdin=b""):
    p = subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, timeout=120)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def decode(data, *options):
    with tempfile.NamedTemporaryFile() as f:
        f.write(data)
        f.flush()
        code, out, err = run("decode", *options, f.name)
        return code, out, err.replace(f.name, "FILE")


def lines(output):
    return [json.loads(line) for line in output.splitlines()]


def frame(payload):
    return bytes([0x49]) + struct.pack(">H", len(payload) + 3) + payload


def test_packet(request, payload=b""):
    return frame(struct.pack(">III", 0x2a0001, request, len(payload)) + payload)


def test_answer(request, payload=b""):
    return frame(struct.pack(">IIII", 0x802a0001, request, 0, len(payload)) + payload)


def event(counter, who="4001"):
    text = b"<AttemptReject>c0000201,c000020100000001,%s,dnd,%d</AttemptReject>\0" % (who.encode(), counter)
    return frame(struct.pack(">IIIIH", 0x10300011, 0xc0000201, counter, 0x760001, len(text)) + text)


def events(*counters):
    return b"".join(event(n) for n in counters)


class Case(unittest.TestCase):
    def all_of(self, data, *options, code=0, err=""):
        got = decode(data, *options)
        self.assertEqual((got[0], got[2]), (code, err), got[1][-500:])
        return lines(got[1])

    def counters(self, got):
        return [m["counter"] for m in got if "counter" in m]

    def holes(self, got):
        return [(m["offset"], m["missing"], m["dropped"]) for m in got if m.get("error") == "hole"]


class Lines(Case):
    def talk(self, **how):
        t = Talk(**how)
        return t.open() + t.say(CLIENT, test_packet(7)) + t.say(PBX, test_answer(7) + event(1)) + t.close()

    def test_each_line_says_when_from_whom_to_whom(self):
        got = self.all_of(pcap([ether(p) for p in self.talk()]))
        self.assertEqual([m["message"] for m in got], ["test_request", "test_reply", "event"])
        self.assertEqual([m["direction"] for m in got], ["client", "pbx", "pbx"])
        self.assertEqual([m["time"] for m in got], ["2026-03-01T09:30:00.003000Z"] + ["2026-03-01T09:30:00.004000Z"] * 2)
        self.assertEqual([m["frame"] for m in got], [0, 0, 19])
        for m in got:
            ends = (m["from"], m["to"]) if m["direction"] == "client" else (m["to"], m["from"])
            self.assertEqual(ends, ("192.0.2.9:40000", "192.0.2.5:50797"))

    def test_text_has_time_client_and_direction(self):
        code, out, err = decode(pcap([ether(p) for p in self.talk()]), "--text")
        got = out.splitlines()
        self.assertTrue(got[0].startswith("2026-03-01T09:30:00.003000Z 192.0.2.9:40000 > test_request"), got[0])
        self.assertTrue(got[2].startswith("2026-03-01T09:30:00.004000Z 192.0.2.9:40000 < event"), got[2])
        self.assertEqual((len(got), code, err), (3, 0, ""))

    def test_every_link_layer(self):
        def tagged(*kinds):
            return lambda p: ether(p, kinds)
        wraps = {"ethernet": (ETHERNET, ether), "padding": (ETHERNET, lambda p: ether(p, padding=bytes(30))),
                 "vlan": (ETHERNET, tagged(0x8100)), "two tags": (ETHERNET, tagged(0x88a8, 0x8100)),
                 "three tags": (ETHERNET, tagged(0x9100, 0x8100, 0x8100)), "sll": (SLL, sll), "sll2": (SLL2, sll2),
                 "raw": (RAW, bytes), "null": (NULL, lambda p: struct.pack("<I", 30 if p[0] >> 4 == 6 else 2) + p),
                 "null, turned": (NULL, lambda p: struct.pack(">I", 28 if p[0] >> 4 == 6 else 2) + p),
                 "loop": (LOOP, lambda p: struct.pack(">I", 24 if p[0] >> 4 == 6 else 2) + p),
                 "ipv4": (228, bytes), "ipv6": (229, bytes)}
        ends = {4: (("192.0.2.9", 40000), ("192.0.2.5", 50797)), 6: (("2001:db8::9", 40000), ("2001:db8::5", 50797))}
        for version, (client, pbx) in ends.items():
            packets = self.talk(client=client, pbx=pbx)
            for name, (link, wrap) in wraps.items():
                for order, nano in (("<", False), (">", True)):
                    with self.subTest((version, name, order)):
                        got = self.all_of(pcap([wrap(p) for p in packets], link, order, nano))
                        self.assertEqual([m["message"] for m in got], ["test_request", "test_reply", "event"])
                        self.assertEqual(got[0]["time"], "2026-03-01T09:30:00.003000Z")
                        self.assertEqual(got[0]["to"], "192.0.2.5:50797" if version == 4 else "[2001:db8::5]:50797")

    def test_a_link_layer_that_is_not_understood_is_named(self):
        code, out, err = decode(pcap([ether(p) for p in self.talk()], 105))
        self.assertEqual((code, out), (1, ""))
        self.assertIn("IEEE802_11 (105) are not understood; Ethernet", err)

    def test_ipv6_with_headers_between(self):
        t = Talk(("2001:db8::9", 40000), ("2001:db8::5", 50797))
        for chain in ((0,), (60, 43), (51,), (44,), (0, 60, 43, 60)):
            body = tcp(40000, 50797, 1, 1, PSH | ACK, test_packet(3))
            for i, kind in enumerate(reversed(chain)):
                following = 6 if i == 0 else chain[len(chain) - i]
                body = bytes([following, 0 if kind == 44 else 1]) + bytes(6 if kind == 44 else 10 if kind == 51 else 14) + body
            got = self.all_of(pcap([ether(ip6(t.ends[0][0], t.ends[1][0], body, chain[0]))]))
            self.assertEqual([m["request_id"] for m in got], [3], chain)

    def test_options_of_ip_and_tcp_are_passed_over(self):
        body = tcp(40000, 50797, 1, 1, PSH | ACK, test_packet(3), options=bytes([1] * 12))
        got = self.all_of(pcap([ether(ip4("192.0.2.9", "192.0.2.5", body, options=bytes([1] * 8)))]))
        self.assertEqual([m["request_id"] for m in got], [3])

    def test_a_packet_without_a_length_is_as_long_as_it_was_captured(self):
        body = tcp(40000, 50797, 1, 1, PSH | ACK, test_packet(3) + test_packet(4))
        got = self.all_of(pcap([ether(ip4("192.0.2.9", "192.0.2.5", body, total=0))]))
        self.assertEqual([m["request_id"] for m in got], [3, 4])

    def test_pcapng_with_several_interfaces_and_either_order(self):
        packets = self.talk()
        for order in "<>":
            for resolution in (6, 9):
                data = pcapng([(i % 2, ether(p)) for i, p in enumerate(packets)], (ETHERNET, ETHERNET), order, resolution)
                got = self.all_of(data)
                self.assertEqual([m["message"] for m in got], ["test_request", "test_reply", "event"])
                self.assertEqual(got[0]["time"], "2026-03-01T09:30:00.003000Z")

    def test_pcapng_with_interfaces_of_different_kinds(self):
        packets = self.talk()
        for order in "<>":
            data = pcapng([(i % 2, p if i % 2 else ether(p)) for i, p in enumerate(packets)], (ETHERNET, RAW), order)
            self.assertEqual([m["message"] for m in self.all_of(data)], ["test_request", "test_reply", "event"])

    def test_pcapng_with_an_interface_that_is_not_understood(self):
        data = pcapng([*((0, ether(p)) for p in self.talk()), (1, b"usb")], (ETHERNET, 189))
        code, out, err = decode(data)
        self.assertEqual((code, len(lines(out))), (1, 3))
        self.assertIn("1 packets of the kind 189 are not understood", err)

    def test_pcapng_that_is_damaged_is_shown_as_far_as_it_is_good(self):
        whole = pcapng([(0, ether(p)) for p in self.talk()])
        for bad, wanted in ((whole[:-4] + b"\0\0\0\0", "ends with its length"), (whole[:-5], "the end of a block"),
                            (whole + block(6, struct.pack("<IIIII", 9, 0, 0, 0, 0)), "interface that was described"),
                            (whole + block(6, struct.pack("<IIIII", 0, 0, 0, 99, 99)), "ends inside its block"),
                            (whole + b"\6\0\0\0\7\0\0\0", "in fours"), (whole + b"\6\0\0", "a block's header"),
                            (whole + block(1, b"\1"), "description of at least 8")):
            code, out, err = decode(bad)
            self.assertEqual(code, 1, wanted)
            self.assertIn(wanted, err)
            self.assertGreaterEqual(len(lines(out)), 2)

    def test_pcapng_in_sections_of_either_order_and_simple_packets(self):
        packets = self.talk()
        data = pcapng([(0, ether(p)) for p in packets[:4]])
        data += block(0x0a0d0d0a, struct.pack(">IHHq", 0x1a2b3c4d, 1, 0, -1), ">") + block(1, struct.pack(">HHI", ETHERNET, 0, 0), ">")
        data += b"".join(block(3, struct.pack(">I", len(ether(p))) + ether(p), ">") for p in packets[4:])
        self.assertEqual([m["message"] for m in self.all_of(data)], ["test_request", "test_reply", "event"])

    def test_blocks_that_are_no_packets_are_passed_over(self):
        data = pcapng([(0, ether(p)) for p in self.talk()])
        data += block(4, b"\1\0\5\0\xc0\0\2\5a\0\0\0\0\0\0\0") + block(5, struct.pack("<III", 0, 0, 0)) + block(0x0bad, b"x" * 40)
        self.assertEqual(len(self.all_of(data)), 3)

    def test_standard_input_is_read_too(self):
        code, out, err = run("decode", "-", stdin=pcap([ether(p) for p in self.talk()]))
        self.assertEqual((code, len(lines(out)), err), (0, 3, ""))

    def test_a_pipe_shows_what_has_come_before_it_waits(self):
        data = pcap([ether(p) for p in self.talk()])
        with subprocess.Popen([PROGRAM, "decode", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
            p.stdin.write(data[:-1])
            p.stdin.flush()
            self.assertEqual([json.loads(p.stdout.readline())["message"] for _ in range(3)],
                             ["test_request", "test_reply", "event"])
            p.stdin.close()
            self.assertEqual(p.stdout.read(), b"")


class Order(Case):
    """Segments as networks and captures have them."""

    def split(self, t, data, size=10):
        return t.say(PBX, data, size)

    def check(self, packets, counters, holes=(), code=None):
        got = decode(pcap([ether(p) for p in packets]))
        self.assertEqual((self.counters(lines(got[1])), self.holes(lines(got[1])), got[0]),
                         (list(counters), list(holes), 1 if holes else 0))
        return lines(got[1])

    def test_segments_in_any_order(self):
        for seed in range(30):
            t = Talk()
            head = t.open() + t.say(PBX, event(0))
            body = self.split(t, events(*range(1, 9)))
            random.Random(seed).shuffle(body)
            self.check(head + body + t.close(), range(9))

    def test_segments_repeated_and_overlapping(self):
        for seed in range(30):
            r = random.Random(seed)
            t = Talk()
            packets = t.open()
            data, start = events(*range(8)), t.next[PBX]
            pieces = [(at, at + 10) for at in range(0, len(data), 10)]
            pieces += [(a, a + r.randrange(1, 200)) for a in (r.randrange(len(data)) for _ in range(30))]
            r.shuffle(pieces)
            packets += [t.packet(PBX, PSH | ACK, data[a:b], seq=start + a) for a, b in pieces]
            t.next[PBX] += len(data)
            self.check(packets + t.close(), range(8))

    def test_of_different_octets_for_the_same_place_the_first_count(self):
        t = Talk()
        packets = t.open()
        first = t.say(PBX, event(1))
        t.next[PBX] -= len(event(1))
        self.check(packets + first + t.say(PBX, event(2)) + t.say(PBX, event(3)) + t.close(), [1, 3])

    def test_sequence_numbers_wrap(self):
        for isn in range(2**32 - 300, 2**32, 13):
            t = Talk(isn=(isn, isn))
            body = t.open() + self.split(t, events(*range(5)), 37)
            body[4], body[6] = body[6], body[4]
            self.check(body + t.close(), range(5))

    def test_keepalives_of_tcp_are_nothing(self):
        t = Talk()
        packets = t.open() + t.say(PBX, event(1))
        packets += [t.packet(PBX, ACK, b"\xff", seq=t.next[PBX] - 1), t.packet(PBX, ACK, seq=t.next[PBX] - 1)]
        self.check(packets + t.say(PBX, event(2)) + t.close(), [1, 2])

    def test_the_time_is_that_of_the_packet_that_completes_a_message(self):
        t = Talk()
        packets = t.open() + self.split(t, event(1), 50)
        packets[3], packets[4] = packets[4], packets[3]
        (line,) = self.check(packets, [1])
        self.assertEqual(line["time"], "2026-03-01T09:30:00.004000Z")

    def test_a_hole_that_was_acknowledged_is_said_and_passed(self):
        t = Talk()
        packets = t.open() + t.say(PBX, events(1, 2)) + t.skip(PBX, event(3)) + t.say(PBX, events(4))
        packets += t.acked(CLIENT) * 4 + t.say(CLIENT, test_packet(1)) + t.say(PBX, event(5))
        n = len(event(1))
        got = self.check(packets, [1, 2, 4, 5], [(2 * n, n, 0)])
        self.assertEqual([m.get("message", m.get("error")) for m in got],
                         ["event", "event", "hole", "event", "test_request", "event"])
        hole = got[2]
        self.assertEqual((hole["direction"], hole["from"]), ("pbx", "192.0.2.5:50797"))
        self.assertEqual(hole["reason"], f"{n} octets are not in the capture")
        self.assertEqual(got[3]["frame"], 3 * n)

    def test_a_hole_in_a_frame_loses_that_frame(self):
        for lost in range(2, 8):
            t = Talk()
            data, n = events(*range(10)), len(event(1))
            size = 53
            start, end = lost * size, lost * size + size
            packets = t.open()
            packets += t.say(PBX, data[:start], size) + t.skip(PBX, data[start:end]) + t.say(PBX, data[end:], size) + t.close()
            self.check(packets, [i for i in range(10) if i * n + n <= start or i * n >= end], [(start, size, start % n)])

    def test_a_hole_is_passed_when_too_much_waits_behind_it(self):
        t = Talk()
        packets = t.open() + t.say(PBX, event(0)) + t.skip(PBX, event(1))
        body = t.say(PBX, events(*range(2, 6000)))
        late = Talk(isn=t.next)
        self.assertGreater(len(body) * 1460, 2 * 262144)
        got = self.check(packets + body + late.say(CLIENT, test_packet(9)), [0, *range(2, 6000)],
                         [(len(event(0)), len(event(1)), 0)])
        at = [m.get("counter", "other") for m in got].index(2)
        self.assertLess(got[at + 1]["time"], got[-2]["time"])
        self.assertEqual(got[-1]["message"], "test_request")

    def test_a_hole_at_the_end_is_said(self):
        t = Talk()
        packets = t.open() + t.say(PBX, event(0)) + t.skip(PBX, event(1)) + t.close()
        self.check(packets, [0], [(len(event(0)), len(event(1)), 0)])
        t = Talk()
        packets = t.open() + t.say(PBX, event(0)) + t.skip(PBX, event(1)) + t.say(PBX, event(2)[:50])
        got = lines(decode(pcap([ether(p) for p in packets]))[1])
        self.assertEqual(self.holes(got), [(len(event(0)), len(event(1)), 0)])

    def test_packets_of_which_not_all_was_captured_leave_a_hole(self):
        n = len(event(0))
        for kept in (14, 33, 40, 54, 60, 54 + n - 1):
            t = Talk()
            packets = [ether(p) for p in t.open() + t.say(PBX, event(0)) + t.say(PBX, event(1)) + t.say(PBX, event(2)) + t.close()]
            packets[4] = (packets[4][:kept], len(packets[4]))
            code, out, err = decode(pcap(packets))
            got = lines(out)
            there = max(kept - 54, 0)
            self.assertEqual((self.counters(got), self.holes(got), code), ([0, 2], [(n + there, n - there, there)], 1))
            self.assertEqual("1 packets without whole headers" in err, kept < 54)

    def test_fragments_are_a_hole(self):
        t = Talk()
        packets = t.open() + t.say(PBX, event(0))
        segment = t.say(PBX, event(1))[0][20:]
        parts = [ip4("192.0.2.5", "192.0.2.9", segment[:40], more=True), ip4("192.0.2.5", "192.0.2.9", segment[40:], part=40)]
        packets += parts + t.say(PBX, event(2)) + t.acked(CLIENT) * 4
        code, out, err = decode(pcap([ether(p) for p in packets]))
        got = lines(out)
        self.assertEqual((code, self.counters(got)), (1, [0, 2]))
        self.assertEqual(self.holes(got), [(len(event(0)) + 20, len(event(1)) - 20, 20)])
        self.assertIn("1 fragments of IP packets", err)

    def test_fragments_of_ipv6_too(self):
        a, b = ("2001:db8::9", 40000), ("2001:db8::5", 50797)
        t = Talk(a, b)
        packets = t.open() + t.say(PBX, event(0))
        segment = t.say(PBX, event(1))[0][40:]
        packets += [ip6(b[0], a[0], struct.pack(">BBHI", 6, 0, 1, 9) + segment[:40], 44),
                    ip6(b[0], a[0], struct.pack(">BBHI", 6, 0, 40, 9) + segment[40:], 44)]
        code, out, err = decode(pcap([ether(p) for p in packets + t.say(PBX, event(2)) + t.close()]))
        self.assertEqual((code, self.counters(lines(out)), len(self.holes(lines(out)))), (1, [0, 2], 1))
        self.assertIn("1 fragments of IP packets", err)

    def test_a_message_that_breaks_off_with_its_connection_is_said(self):
        for end in (lambda t: t.close(PBX), lambda t: t.reset(), lambda t: []):
            t = Talk()
            got = lines(decode(pcap([ether(p) for p in t.open() + t.say(PBX, event(1) + event(2)[:30]) + end(t)]))[1])
            self.assertEqual([m.get("error") for m in got], [None, "truncated frame"])
            self.assertEqual(got[1]["frame"], len(event(1)))

    def test_a_damaged_length_is_found_as_in_a_file(self):
        t = Talk()
        damaged = bytearray(events(*range(10)))
        damaged[4 * len(event(0)) + 1] = 0x1f
        got = lines(decode(pcap([ether(p) for p in t.open() + t.say(PBX, bytes(damaged)) + t.close()]))[1])
        self.assertEqual(self.counters(got), [i for i in range(10) if i != 4])
        self.assertEqual([m["error"] for m in got if "error" in m and "message" not in m], ["truncated frame"])

    def test_every_split_of_a_stream_gives_the_same(self):
        data = events(1, 2) + test_answer(5, b"I" * 40) + event(3)
        whole = None
        for size in range(1, 120):
            t = Talk()
            got = self.all_of(pcap([ether(p) for p in t.open() + t.say(PBX, data, size)]))
            got = [{k: v for k, v in m.items() if k != "time"} for m in got]
            whole = whole or got
            self.assertEqual(got, whole, size)
        self.assertEqual(len(whole), 4)


class Connections(Case):
    def test_several_at_the_same_time_stay_apart(self):
        talks = [Talk(("192.0.2.9", 40000 + i)) for i in range(20)]
        packets = [p for t in talks for p in t.open()]
        parts = [[p for n in range(20) for p in t.say(PBX, event(100 * i + n), 29)] for i, t in enumerate(talks)]
        r = random.Random(3)
        while any(parts):
            packets.append(r.choice([p for p in parts if p]).pop(0))
        got = self.all_of(pcap([ether(p) for p in packets]))
        for i in range(20):
            mine = [m["counter"] for m in got if m["to"] == f"192.0.2.9:{40000 + i}"]
            self.assertEqual(mine, [100 * i + n for n in range(20)])
        self.assertEqual([m["time"] for m in got], sorted(m["time"] for m in got))

    def test_one_that_was_under_way_is_read_from_its_next_frame_on(self):
        for cut in (0, 1, 3, 40, len(event(1)) - 1):
            t = Talk()
            t.open()
            data = events(1, 2, 3)
            t.skip(PBX, data[:cut])
            code, out, err = decode(pcap([ether(p) for p in t.say(PBX, data[cut:]) + t.close()]))
            got = lines(out)
            self.assertEqual((code, self.counters(got)), (0, [1, 2, 3] if cut == 0 else [2, 3]))
            self.assertEqual({m["direction"] for m in got}, {"pbx"})
            self.assertEqual(f"{len(event(1)) - cut} octets passed over" in err, cut > 0, err)

    def test_ports_used_again_are_another_connection(self):
        packets = []
        for i, end in enumerate((Talk.close, Talk.reset, lambda t: [], Talk.close)):
            t = Talk(isn=(1000 * i, 5000 * i))
            packets += t.open() + t.say(PBX, event(i)) + end(t)
        got = self.all_of(pcap([ether(p) for p in packets]))
        self.assertEqual([(m["counter"], m["frame"]) for m in got], [(i, 0) for i in range(4)])

    def test_what_comes_again_after_the_end_is_nothing(self):
        t = Talk()
        packets = t.open() + t.say(CLIENT, test_packet(1)) + t.say(PBX, event(1)) + t.close()
        self.assertEqual(len(self.all_of(pcap([ether(p) for p in packets + packets]))), 2)

    def test_the_pbx_is_who_has_the_port_or_took_the_call_or_speaks_as_one(self):
        for how in ("port", "syn", "syn-ack", "messages"):
            t = Talk(("192.0.2.9", 40000), ("192.0.2.5", 50797 if how == "port" else 6000))
            opened = t.open()
            packets = {"syn": opened[:1], "syn-ack": opened[1:2]}.get(how, [])
            packets += t.say(PBX, event(1)) + t.say(CLIENT, test_packet(1))
            got = self.all_of(pcap([ether(p) for p in packets]))
            self.assertEqual([m["direction"] for m in got], ["pbx", "client"], how)

    def test_on_another_port_it_is_known_by_its_first_octets(self):
        for size in (1, 2, 7, 1460):
            t = Talk(pbx=("192.0.2.5", 6000))
            packets = t.open() + t.say(CLIENT, test_packet(1), size) + t.say(PBX, test_answer(1), size) + t.say(PBX, event(1))
            got = self.all_of(pcap([ether(p) for p in packets]))
            self.assertEqual([m["message"] for m in got], ["test_request", "test_reply", "event"], size)

    def test_what_begins_otherwise_is_not_shown(self):
        for data in (b"GET / HTTP/1.1\r\n\r\n" * 40, b"I am no frame at all", b"I\0\x10\xff\xff\xff\xff" + bytes(30)):
            t = Talk(pbx=("192.0.2.5", 6000))
            packets = t.open() + t.say(CLIENT, data) + t.say(PBX, data) + t.say(PBX, events(1, 2))
            code, out, err = decode(pcap([ether(p) for p in packets]))
            self.assertEqual((code, out), (0, ""))
            self.assertEqual(err, "devlink3 decode: FILE: no DevLink3 in it (--port says on which port to expect it)\n")

    def test_a_port_that_is_said_is_the_only_one(self):
        packets = []
        for i, port in enumerate((50797, 6000, 7000)):
            t = Talk(("192.0.2.9", 41000 + i), ("192.0.2.5", port))
            packets += t.open() + t.say(PBX, b"\xff" + event(port))
        for ports in ((6000,), (7000, 50797)):
            got = decode(pcap([ether(p) for p in packets]), *[o for p in ports for o in ("--port", str(p))])
            self.assertEqual(sorted(self.counters(lines(got[1]))), sorted(ports))

    def test_encrypted_ones_are_named_once_each(self):
        packets = []
        for i in range(3):
            t = Talk(("192.0.2.9", 41000 + i), ("192.0.2.5", 50796))
            packets += t.open() + t.say(CLIENT, b"\x16\3\1" * 200) + t.say(PBX, b"\x16\3\3" * 900)
        code, out, err = decode(pcap([ether(p) for p in packets]))
        self.assertEqual((code, out, err.count("\n")), (0, "", 3))
        for i in range(3):
            self.assertIn(f"192.0.2.9:{41000 + i} to 192.0.2.5:50796 is TLS and cannot be read", err)

    def test_other_protocols_are_passed_over(self):
        t = Talk()
        others = [ether(ip4("192.0.2.9", "192.0.2.5", b"x" * 40, protocol=17)), ether(b"\0\1" * 20, what=0x0806),
                  ether(ip6("2001:db8::9", "2001:db8::5", b"x" * 40, 58)), ether(b"x" * 40, what=0x88cc)]
        packets = [ether(p) for p in t.open() + t.say(PBX, event(1))]
        self.assertEqual(self.counters(self.all_of(pcap(others + packets + others))), [1])

    def test_of_too_many_those_silent_longest_are_forgotten_and_counted(self):
        def ends(i):
            return (f"198.18.{i >> 8}.{i & 255}", 40000)
        talks = [Talk(ends(i)) for i in range(5000)]
        packets = [p for t in talks for p in t.open()[:1]]
        packets += talks[4999].open()[1:2] + talks[4999].say(PBX, event(9))
        got = json.loads(decode(pcap([ether(p) for p in packets]), "--count")[1])
        self.assertEqual((got["dropped"], got["connections"]), (5000 - 4096, 5000))


class Count(Case):
    def packets(self):
        t = Talk()
        packets = t.open() + t.say(CLIENT, test_packet(1)) + t.say(PBX, events(*range(50))) + t.skip(PBX, event(50))
        return packets + t.say(PBX, events(51, 52) + frame(b"\0\0\1\x23") + frame(b"\0\x2a")) + t.close()

    def test_json(self):
        code, out, err = decode(pcap([ether(p) for p in self.packets()]), "--count")
        (got,) = lines(out)
        n = len(events(*range(50), 51, 52)) + len(test_packet(1)) + 7 + 5
        self.assertEqual((code, err, got["messages"], got["octets"]), (1, "", 55, n))
        self.assertEqual(got["by_message"], {"unknown": 2, "test_request": 1, "event": 52})
        self.assertEqual(got["records"], {"attempt_reject": 52})
        self.assertEqual((got["faults"], got["holes"], got["missing"], got["connections"]), (1, 1, len(event(50)), 1))

    def test_text(self):
        code, out, err = decode(pcap([ether(p) for p in self.packets()]), "--count", "--text")
        for line in ("55 messages", "  52 event", "    52 attempt_reject", "1 faults", "1 holes", "1 connections"):
            self.assertIn(line, out.splitlines())

    def test_octets_and_hex_are_counted_too(self):
        for data in (events(1, 2, 3), events(1, 2, 3).hex().encode() + b"\n"):
            got = json.loads(decode(data, "--count")[1])
            self.assertEqual((got["messages"], got["records"], got["faults"]), (3, {"attempt_reject": 3}, 0))
            self.assertNotIn("packets", got)


class Damaged(Case):
    def good(self):
        t = Talk()
        return pcap([ether(p) for p in t.open() + t.say(PBX, events(1, 2), 60) + t.say(PBX, event(3))])

    def test_one_cut_off_anywhere_shows_what_was_good(self):
        whole = self.good()
        full = len(lines(decode(whole)[1]))
        between, at = {24}, 24
        while at < len(whole):
            at += 16 + struct.unpack_from("<I", whole, at + 8)[0]
            between.add(at)
        for n in range(4, len(whole)):
            code, out, err = decode(whole[:n])
            got = lines(out)
            self.assertLessEqual(len(got), full)
            if n not in between:
                self.assertEqual((code, err.count("\n")), (1, 1), n)
                self.assertRegex(err, "damaged behind packet|no capture")

    def test_an_absurd_length_is_said(self):
        data = self.good()
        for length in (2**31, 2**32 - 1, 300000):
            broken = data + struct.pack("<IIII", 1, 1, length, length) + b"x" * 100
            code, out, err = decode(broken)
            self.assertEqual((code, self.counters(lines(out))), (1, [1, 2, 3]))
            self.assertRegex(err, "FILE: damaged behind packet 7: ")

    def test_no_capture_at_all_is_said(self):
        for data in (b"", b"no capture", test_packet(1), b"\x0a\x0d\x0d\x0a" + bytes(50)):
            code, out, err = decode(data, "--pcap")
            self.assertEqual((code, out, err.count("\n")), (1, "", 1), data)
            self.assertIn("FILE: no capture: ", err)

    def test_a_capture_of_nothing_is_no_lines(self):
        code, out, err = decode(pcap([]))
        self.assertEqual((code, out), (0, ""))

    def test_random_damage_never_crashes_it(self):
        r = random.Random(5)
        for make in (self.good, lambda: pcapng([(0, p) for p in [ether(x) for x in Talk().open()]])):
            for _ in range(150):
                data = bytearray(make())
                for _ in range(r.randrange(1, 12)):
                    data[r.randrange(24, len(data))] = r.randrange(256)
                code, out, err = decode(bytes(data), "--pcap")
                lines(out)
                self.assertIn(code, (0, 1))

    def test_many_holes_and_connections_stay_in_memory(self):
        r = random.Random(6)
        packets = []
        for i in range(400):
            t = Talk(("198.18.0.%d" % (i % 250), 40000 + i))
            packets.append(ether(t.open()[0]))
            t.next[PBX] += r.randrange(1000)
            for _ in range(150):
                packets.append(ether(t.say(PBX, b"I\xff\x7f\xff\x80\x30\0\x41" + bytes(1400))[0]))
                t.next[PBX] += r.randrange(3)
        with tempfile.NamedTemporaryFile() as f:
            f.write(pcap(packets))
            f.flush()
            with subprocess.Popen([PROGRAM, "decode", "--count", f.name], stdout=subprocess.DEVNULL) as p:
                _, status, usage = os.wait4(p.pid, 0)
                p.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(p.returncode, 1)
        self.assertLess(usage.ru_maxrss << 10, 300 << 20)


class Wireshark(unittest.TestCase):
    """What `record` writes, as another reader of captures sees it."""

    def tshark(self, file, *options):
        p = subprocess.run(["tshark", "-r", file, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", *options],
                           capture_output=True, timeout=60)
        self.assertEqual(p.returncode, 0, p.stderr)
        return p.stdout.decode()

    def test_every_packet_is_well_formed_and_carries_what_decode_reads(self):
        with tempfile.TemporaryDirectory() as folder, subprocess.Popen(
                [PROGRAM, "sim", "--listen", "127.0.0.1:0", "--quiet"], stdout=subprocess.PIPE, text=True) as sim:
            address = sim.stdout.readline().split()[-1]
            file = os.path.join(folder, "x.pcap")
            p = subprocess.run([PROGRAM, "record", "--duration", "1", f"devlink3://devlink3@{address}", file],
                               capture_output=True, timeout=60, env={**os.environ, "DEVLINK3_PASSWORD": "devlink3"})
            sim.terminate()
            self.assertEqual(p.returncode, 0, p.stderr)
            bad = "tcp.checksum.status!=1 || ip.checksum.status!=1 || _ws.malformed || tcp.analysis.flags"
            self.assertEqual(self.tshark(file, "-Y", bad), "")
            octets = sum(int(n) for n in self.tshark(file, "-T", "fields", "-e", "tcp.len").split())
            code, out, err = run("decode", "--count", file)
            got = json.loads(out)
            self.assertEqual((code, got["octets"], got["connections"], got["holes"]), (0, octets, 1, 0))
            self.assertGreater(got["messages"], 7)


class CommandLine(unittest.TestCase):
    def test_usage_errors(self):
        for options in (("--port",), ("--port", "0"), ("--port", "65536"), ("--port", "x"), ("--port", "-1"), ("--port", "")):
            code, out, err = run("decode", *options)
            self.assertEqual((code, out), (2, ""), options)
            self.assertIn("--port expects a number from 1 to 65535", err)
        code, out, err = run("decode", *["--port", "1"] * 17, "x")
        self.assertEqual(code, 2)

    def test_a_full_disk_is_said_once(self):
        t = Talk()
        data = pcap([ether(p) for p in t.open() + t.say(PBX, events(*range(2000)))])
        for options in ((), ("--count",)):
            with tempfile.NamedTemporaryFile() as f, open("/dev/full", "wb") as full:
                f.write(data)
                f.flush()
                p = subprocess.run([PROGRAM, "decode", *options, f.name], stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(p.returncode, 1)
            self.assertEqual(p.stderr.decode(), "devlink3: standard output could not be written: No space left on device\n")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=1)
