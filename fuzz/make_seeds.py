#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the first inputs of the fuzz targets, fuzz/corpus/TARGET/, from the vectors in
tests/data. A seed's name is the sum of what it holds, so running this again changes nothing.
What fuzzing finds is kept beside them and is never removed here.
"""
import hashlib
import json
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT.parent / "tests" / "cli"))
import packets
DATA = ROOT.parent / "tests" / "data"
CODES = [0x00760004, 0x00760003, 0x00760002, 0x00760001, 0x0076FFFF]


def keep(target, octets):
    folder = ROOT / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("seed-" + hashlib.sha1(octets).hexdigest()[:12])).write_bytes(octets)


def tuples(payload):
    """The tuples of an event's payload, as (code, data)."""
    at = 12
    while at + 6 <= len(payload):
        code, length = struct.unpack_from(">IH", payload, at)
        yield code, payload[at + 6 : at + 6 + length]
        at += 6 + length


def text_of(code, data):
    """A record's text in UTF-8, however its tuple has it."""
    if code == 0x00760001 or data[:1] != b"\0":
        return data.rstrip(b"\0")
    return data.decode("utf-16-be", "replace").rstrip("\0").encode()


def keep_event(payload):
    for code, data in tuples(payload):
        if code in CODES:
            keep("events", bytes([CODES.index(code)]) + data)
        if code == 0x00760001:
            keep("delta3", text_of(code, data))
            keep("planted", text_of(code, data))
        elif code in (0x00760002, 0x00760003):
            keep("delta2", text_of(code, data))


def feeds(frames):
    """A script that feeds the frames, each in two pieces."""
    out = b""
    for frame in frames:
        for piece in (frame[:5], frame[5:]):
            out += struct.pack(">BB", len(piece) >> 8, len(piece) & 255) + piece
    return out


def act(choice):
    return bytes([6, choice])


def keep_conversations(frames):
    """Streams that go far: sessions that authenticate, stream, read and test."""
    pick = {f["name"]: bytes.fromhex(f["hex"]) for f in frames}
    login = [pick["authenticate with application name"], pick["sha1 response, short password"]]
    asked = [pick["event request"], pick["test request with payload"], pick["read file"]]
    keep("server", b"\0\3" + b"".join(login + asked))
    keep("server", b"\1" + feeds(login + asked) + act(12) + b"\4\x64")
    keep("server", b"\5" + feeds(login[:1]) + act(1) + feeds(login[1:]) + act(4) + feeds(asked) + act(0x27) + act(0x38))
    others = [bytes.fromhex(f["hex"]) for f in frames if f["from"] == "client"]
    keep("server", b"\0\7" + b"".join(login + others))
    keep("server", b"\1" + b"".join(act(n) for n in range(16)) + feeds(login) + b"".join(act(n) for n in range(16)))
    keep("server", b"\0\7" + login[0] + pick["sha1 response, password of 16 octets"] + asked[1])
    plain = pick["authenticate, bare user"].replace(b"app\0", b"plain\0").replace(b"I\0\x13", b"I\0\x15")
    keep("server", b"\2\7" + plain + pick["plain response"] + asked[0])
    opened = [pick["sha1 challenge"], pick["authenticated"], pick["event reply, all accepted"]]
    events = [bytes.fromhex(f["hex"]) for f in frames if f["expect"]["message"] == "event"]
    replies = [pick["test reply"], pick["file contents"], pick["test reply"]]
    whole = renumber(opened + events + replies)
    keep("client", b"\0\5" + b"".join(whole))
    keep("client", b"\0\5" + b"".join(renumber(opened + events[:1] + events[:1] + events[2:] + events[:1])))
    keep("client", b"\1" + act(0) + feeds(whole) + b"\4\xff\4\xff")
    keep("client", b"\1" + act(0) + feeds(renumber(opened + replies[:1] + events)) + act(5) + act(6) + act(7))
    keep("client", b"\5" + act(0) + feeds(whole[:2]) + act(0x12) + act(3) * 9 + b"\5\xff\5\xff")
    for fail_at in (1, 4, 9, 16):
        keep("client", bytes([1 | fail_at << 3]) + act(0) + feeds(whole))
        keep("server", bytes([1 | fail_at << 3]) + feeds(login + asked) + act(12))
    keep("client", b"\2\2" + b"".join(renumber([pick["plain challenge"], pick["authenticated"]])))
    keep("client", b"\0\2" + pick["plain challenge"])
    keep("client", b"\1" + act(1) + feeds([pick["refused: retry_later"]]))


def renumber(frames):
    """Gives replies the ids of a client that counts its requests from 1."""
    number = 1
    out = []
    for frame in frames:
        if frame[3] == 0x80:
            frame = frame[:7] + struct.pack(">I", number) + frame[11:]
            number += 1
        out.append(frame)
    return out


def keep_captures(frames):
    """The conversation of the vectors in packets: as they were sent, out of order, and with some missing."""
    both = [(f["from"] != "client", bytes.fromhex(f["hex"])) for f in frames if len(f["hex"]) < 2000]
    wraps = [packets.ether, packets.sll, packets.sll2, lambda p: bytes([0, 0, 0, 2]) + p, lambda p: bytes([0, 0, 0, 2]) + p, bytes]
    for link, wrap in enumerate(wraps):
        talk = packets.Talk()
        said = [p for side, octets in both for p in talk.say(side, octets, 40)]
        whole = talk.open() + said + talk.close() if link % 2 else said
        for order in (whole, whole[:3] + whole[3:][::-1], whole[::2]):
            octets = (wrap(p) for p in order)
            keep("capture", bytes([link]) + b"".join(struct.pack(">HB", len(o), 0) + o for o in octets))


def party(state, texts, cls, remote=0, outside=0, audio=1):
    return bytes([state | audio << 3 | remote << 4 | outside << 5, texts, cls])


def detail(node, at, a, b=None, targets=(), group=0):
    """A Detail as fuzz_tracker reads it: `a` and `b` are (end, party), targets (end, texts)."""
    shape = node | 4 | (8 if b else 0) | len(targets) << 5
    out = bytes([0, shape, a[0], b[0] if b else 0, group, at]) + a[1] + (b[1] if b else b"")
    return out + b"".join(bytes(t) for t in targets)


def lost(end, node, at, cause=None):
    more = node | (8 if cause is not None else 0)
    return bytes([4, end, more, at]) + (bytes([cause]) if cause is not None else b"")


def keep_trackers():
    """Calls that go far: answered, transferred by consultation, over two nodes, through a lost connection."""
    roomy, tight = bytes([0, 0xFF, 0xFF, 0xFF, 0xFF, 0]), bytes([0, 1, 1, 0, 3, 0])
    caller, ann, bob = party(2, 0, 3, outside=1), party(2, 1, 8), party(2, 2, 8)
    rings = detail(0, 0x11, (2, party(3, 0, 3, outside=1)), targets=[(4, 1), (6, 2)], group=5)
    talks = detail(0, 0x15, (2, caller), (4, ann))
    asks = detail(0, 0x12, (8, ann), (10, bob))
    joins = detail(0, 0x15, (2, caller), (10, bob))
    over = lost(10, 0, 0x11) + lost(2, 0, 0x11)
    call = rings + talks + lost(4, 0, 0x12, 0xFD) + over
    transfer = rings + talks + asks + joins + lost(4, 0, 0x11, 0xFD) + lost(8, 0, 0x11, 0xFD) + over
    far = detail(1, 0x11, (3, bob), (4, party(2, 0, 17, remote=1)))
    nodes = talks + far + bytes([6, 4, 1, 0x11]) + lost(4, 0, 0x11) + lost(2, 0, 0x11) + lost(3, 1, 0x11)
    reject = rings + bytes([7, 4, 4, 0x11, 7, 6, 8, 0x11]) + lost(2, 0, 0x11)
    link = rings + bytes([11, 0, 13, 3, 11, 1]) + talks + bytes([11, 2, 11, 3, 11, 4, 13, 6])
    sip = bytes([8, 2, 0x0A]) + rings + bytes([8, 4, 0x12, 9, 1]) + over + bytes([8, 2, 0x0B])
    for script in (call, transfer, nodes, reject, link, sip):
        keep("tracker", roomy + script)
        keep("tracker", tight + script * 2)
    keep("tracker", bytes([1]) + tight[1:] + transfer * 3 + bytes([15, 255]))
    for fail_at in (5, 20, 40):
        keep("tracker", roomy[:5] + bytes([fail_at]) + transfer)


def main():
    wire = json.loads((DATA / "wire.json").read_text())
    for vector in wire["frames"] + wire["malformed"]:
        frame = bytes.fromhex(vector["hex"])
        keep("frame", frame)
        if frame[3:7] == bytes.fromhex("10300011"):
            keep_event(frame[3:])
        if "from" in vector:
            keep("server" if vector["from"] == "client" else "client", b"\0\1" + frame)
    for row in wire["party_rows"]:
        keep("delta3", row["party"].encode())
        keep("delta2", b"CALL:S " + row["party"].encode())
    for path in sorted((DATA / "calls").glob("*.json")):
        for event in json.loads(path.read_text())["events"]:
            keep("delta3", event["xml"].encode())
            if event["xml"].count("<Target>") == 3:
                keep("planted", event["xml"].encode())
    keep_conversations(wire["frames"])
    keep_captures(wire["frames"])
    keep_trackers()


if __name__ == "__main__":
    main()
