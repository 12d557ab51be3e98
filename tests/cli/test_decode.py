#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 decode` as its user meets it. Usage: test_decode.py PROGRAM DATA SAMPLE"""
import json
import os
import pathlib
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM, DATA, SAMPLE = sys.argv[1:4]
EMULATOR = os.environ.get("DEVLINK3_EMULATOR", "").split()


def decode(data, *options, env=None):
    """The exit code, the output as it is, and what went to standard error."""
    if isinstance(data, str):
        data = data.encode()
    with tempfile.NamedTemporaryFile() as f:
        f.write(data)
        f.flush()
        return run("decode", *options, f.name, env=env)


def run(*arguments, stdin=b"", env=None):
    p = subprocess.run([*EMULATOR, PROGRAM, *arguments], input=stdin, capture_output=True, timeout=120,
                       env={**os.environ, **(env or {})})
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def lines(output):
    assert output == "" or output.endswith("\n")
    return [json.loads(line) for line in output.split("\n")[:-1]]


def frame(payload):
    n = len(payload)
    if n + 3 <= 0x7fff:
        return bytes([0x49]) + struct.pack(">H", n + 3) + payload
    n += 4
    return bytes([0x49, n >> 15 | 0x80, n >> 8 & 0x7f, n & 0xff]) + payload


def test_packet(request, payload=b""):
    return frame(struct.pack(">III", 0x2a0001, request, len(payload)) + payload)


def event(counter, xml):
    text = xml.encode() + b"\0"
    return frame(struct.pack(">IIIIH", 0x10300011, 0xc0000201, counter, 0x760001, len(text)) + text)


LOST = "<CallLost>c0000201,c000020100000001,1,16,%d</CallLost>"


class Vectors(unittest.TestCase):
    def setUp(self):
        self.vectors = json.loads(pathlib.Path(DATA, "wire.json").read_text())

    def test_every_frame_is_one_line_without_an_error(self):
        text = "".join(f"# {v['name']}\n{v['hex']}\n" for v in self.vectors["frames"])
        code, out, err = decode(text)
        got = lines(out)
        self.assertEqual((code, err, len(got)), (0, "", len(self.vectors["frames"])))
        plain = ("message", "request_id", "result", "step", "user", "application", "payload", "challenge", "response",
                 "password", "pbx", "variant", "flags", "pbx_address", "counter", "tuples", "file", "contents")
        for vector, line in zip(self.vectors["frames"], got):
            for key in set(plain) & set(vector["expect"]):
                self.assertEqual(line[key], vector["expect"][key], f"{vector['name']}: {key}")

    def test_every_malformed_frame_is_named(self):
        for v in self.vectors["malformed"]:
            with self.subTest(v["name"]):
                code, out, err = decode(v["hex"] + "\n")
                (line,) = lines(out)
                self.assertEqual(line.get("error"), v["error"])
                self.assertEqual(code, 1 if v["error"] else 0)
                if v["error"]:
                    self.assertIsInstance(line["offset"], int)
                    self.assertIn("expected", line["reason"])

    def test_decoding_goes_on_behind_each_malformed_line(self):
        good = self.vectors["frames"][0]["hex"]
        text = "".join(f"{v['hex']}\n{good}\n" for v in self.vectors["malformed"])
        code, out, err = decode(text)
        got = lines(out)
        self.assertEqual(code, 1)
        self.assertEqual(len(got), 2 * len(self.vectors["malformed"]))
        for line in got[1::2]:
            self.assertEqual(line["message"], "test_request")


class Raw(unittest.TestCase):
    def test_raw_octets_are_told_from_hex(self):
        data = test_packet(1) + event(7, LOST % 5) + test_packet(2, b"x" * 900)
        code, out, err = decode(data)
        self.assertEqual([m["message"] for m in lines(out)], ["test_request", "event", "test_request"])
        self.assertEqual([m["frame"] for m in lines(out)], [0, 15, 15 + len(event(7, LOST % 5))])
        self.assertEqual(code, 0)

    def test_standard_input_is_read_too(self):
        code, out, err = run("decode", "-", stdin=test_packet(3))
        self.assertEqual((code, lines(out)[0]["request_id"]), (0, 3))

    def test_noise_between_frames_is_passed_over_and_said(self):
        noise = b"\xffI\x00\x40IIII no frame I\x80"
        data = test_packet(1) + noise + test_packet(2) + test_packet(3)
        code, out, err = decode(data, "--raw")
        got = lines(out)
        self.assertEqual(code, 1)
        self.assertEqual([m["request_id"] for m in got if "request_id" in m][-1], 3)
        self.assertTrue(any("error" in m for m in got))

    def test_a_wrong_discriminator_names_its_place_and_where_decoding_goes_on(self):
        code, out, err = decode(test_packet(1) + b"\xff\xfe\xfd" + test_packet(2), "--raw")
        got = lines(out)
        self.assertEqual(got[1]["error"], "discriminator")
        self.assertEqual((got[1]["offset"], got[1]["resumed_at"]), (15, 18))
        self.assertEqual((got[2]["request_id"], len(got), code), (2, 3, 1))

    def test_noise_to_the_end_resumes_nowhere(self):
        code, out, err = decode(test_packet(1) + b"\xff" * 200000, "--raw")
        got = lines(out)
        self.assertEqual((len(got), code), (2, 1))
        self.assertNotIn("resumed_at", got[1])

    def test_a_frame_cut_short_says_how_much_was_there(self):
        whole = event(1, LOST % 1)
        for n in range(1, len(whole)):
            code, out, err = decode(whole[:n], "--raw")
            (line,) = lines(out)
            self.assertEqual((line["error"], code), ("truncated frame", 1))
            self.assertIn(str(n), line["reason"])

    def test_the_longest_frame_is_one_line(self):
        contents = bytes(range(256)) * (0x3ffff0 // 256)
        data = frame(struct.pack(">III", 0x80300041, 9, 0) + contents) + test_packet(1)
        code, out, err = decode(data)
        got = lines(out)
        self.assertEqual((len(got), code), (2, 0))
        self.assertEqual(len(got[0]["contents"]), len(contents))

    def test_many_frames_over_many_reads(self):
        data = b"".join(event(i, LOST % i) for i in range(5000))
        code, out, err = decode(data)
        self.assertEqual([m["counter"] for m in lines(out)], list(range(5000)))

    def test_random_octets_never_crash_it(self):
        r = random.Random(12)
        for _ in range(40):
            data = r.randbytes(r.randrange(1, 3000)) if r.random() < .5 else test_packet(1) + r.randbytes(300)
            for form in ("--raw", "--hex"):
                code, out, err = decode(data, form)
                lines(out)
                self.assertIn(code, (0, 1))

    def test_an_event_that_breaks_off_anywhere_is_one_line(self):
        payload = event(1, LOST % 1)[3:]
        for n in range(4, len(payload)):
            for form in ("--json", "--text"):
                code, out, err = decode(frame(payload[:n]), "--raw", form)
                self.assertEqual((len(out.splitlines()), err), (1, ""), n)
                self.assertEqual(code, 0 if n == 12 else 1, n)

    def test_an_empty_file_is_no_lines(self):
        self.assertEqual(decode(b"")[:2], (0, ""))


def with_length(whole, n):
    """The frame with another length in its header, short form."""
    return whole[:1] + struct.pack(">H", n) + whole[3:]


class DamagedLength(unittest.TestCase):
    """Frames with the letter I in them all over; the length of one is wrong."""

    XML = "<AttemptReject>c0000201,c000020100000001,IIII I\0\x10I,dnd,%d</AttemptReject>"

    def setUp(self):
        self.frames = [event(i, self.XML % i) for i in range(12)]
        self.frames[3] = test_packet(1003, b"I\0\x10IIII\x10\x30\0")
        self.frames[8] = frame(struct.pack(">III", 0x80300041, 1008, 0) + b"I,II,III\r\nI\0\x0f\0\x2a\0\x02")

    def number(self, line):
        return line.get("counter", line.get("request_id", -1) - 1000)

    def place(self, n):
        return sum(map(len, self.frames[:n]))

    def check(self, damaged, length, error):
        frames = list(self.frames)
        frames[damaged] = with_length(frames[damaged], length)
        code, out, err = decode(b"".join(frames), "--raw")
        got = lines(out)
        self.assertEqual((code, err), (1, ""))
        faults = [m for m in got if "error" in m and "message" not in m]
        self.assertEqual([m["error"] for m in faults], [error], got)
        self.assertEqual(faults[0]["frame"], self.place(damaged))
        self.assertEqual(faults[0]["resumed_at"], self.place(damaged + 1))
        numbers = [self.number(m) for m in got if "message" in m]
        self.assertEqual(numbers, [i for i in range(len(frames)) if i != damaged])

    def test_one_past_the_end_of_the_file_loses_one_frame(self):
        for damaged in (0, 3, 5, 8, 10):
            with self.subTest(damaged):
                self.check(damaged, 0x7fff, "truncated frame")

    def test_one_that_swallows_others_loses_one_frame(self):
        for damaged in (0, 3, 5, 8):
            size = len(self.frames[damaged])
            whole = self.place(damaged + 3) - self.place(damaged)
            for length in (size + 1, size + 9, size + 40, whole - 1, whole + 1, whole + 30):
                with self.subTest((damaged, length)):
                    self.check(damaged, length, "length")

    def test_one_that_ends_where_another_frame_ends_is_seen_too(self):
        for damaged in (0, 3, 5):
            for to in (damaged + 2, damaged + 4, len(self.frames)):
                with self.subTest((damaged, to)):
                    self.check(damaged, self.place(to) - self.place(damaged), "length")

    def test_one_that_is_too_short_loses_one_frame(self):
        for length in (0, 2, 3, 5, 7, 20, 50):
            frames = list(self.frames)
            frames[5] = with_length(frames[5], length)
            code, out, err = decode(b"".join(frames), "--raw")
            numbers = [self.number(m) for m in lines(out) if "message" in m and "error" not in m and m["frame"] != self.place(5)]
            self.assertEqual((code, numbers), (1, [i for i in range(12) if i != 5]), length)

    def test_every_single_octet_damaged_loses_no_frame_but_one(self):
        for at in range(self.place(4), self.place(5)):
            data = bytearray(b"".join(self.frames))
            data[at] ^= 0x55
            code, out, err = decode(bytes(data), "--raw")
            numbers = [self.number(m) for m in lines(out) if "message" in m and m["frame"] != self.place(4)]
            self.assertEqual(numbers, [i for i in range(12) if i != 4], at - self.place(4))

    def test_a_long_form_past_the_end_loses_one_frame(self):
        data = self.frames[0] + b"I\xff\x7f\xff" + self.frames[1][3:] + b"".join(self.frames[2:])
        got = lines(decode(data, "--raw")[1])
        self.assertEqual([self.number(m) for m in got if "message" in m], [0, *range(2, 12)])

    def test_what_follows_a_damaged_one_may_be_cut_short_too(self):
        frames = self.frames[:4] + [with_length(self.frames[4], 0x7000)] + self.frames[5:]
        got = lines(decode(b"".join(frames)[:-3], "--raw")[1])
        self.assertEqual([m.get("error") for m in got], [None] * 4 + ["truncated frame"] + [None] * 6 + ["truncated frame"])

    def test_a_file_that_holds_frames_is_left_whole(self):
        reply = frame(struct.pack(">III", 0x80300041, 9, 0) + b"".join(self.frames))
        got = lines(decode(test_packet(1) + reply + test_packet(2) + reply, "--raw")[1])
        self.assertEqual([m["message"] for m in got], ["test_request", "read_reply"] * 2)

    def test_messages_nobody_knows_are_no_damage(self):
        unknown = frame(struct.pack(">I", 0x123) + b"I am unknown") * 3
        code, out, err = decode(test_packet(1) + unknown + test_packet(2))
        self.assertEqual((code, [m["message"] for m in lines(out)]), (0, ["test_request", *["unknown"] * 3, "test_request"]))


class SlowPipe(unittest.TestCase):
    """What has come is shown, however little it is; the pipe stays open meanwhile."""

    def show(self, pieces, *options):
        """The line that each piece gives before the next one is sent."""
        with subprocess.Popen([*EMULATOR, PROGRAM, "decode", *options, "-"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, bufsize=0) as p:
            killer = threading.Timer(60, p.kill)
            killer.start()
            reader = os.fdopen(p.stdout.fileno(), "rb", closefd=False)
            got = []
            for piece in pieces:
                for part in piece:
                    p.stdin.write(part)
                got.append(reader.readline().decode())
            p.stdin.close()
            self.assertEqual(reader.read(), b"")
            killer.cancel()
            self.assertEqual(p.wait(), 0)
        return got

    def test_each_raw_frame_is_shown_before_the_next_is_sent(self):
        got = self.show([[test_packet(i)] for i in range(1, 4)], "--json")
        self.assertEqual([json.loads(line)["request_id"] for line in got], [1, 2, 3])

    def test_a_frame_may_come_octet_by_octet(self):
        got = self.show([[bytes([o]) for o in event(i, LOST % i)] for i in range(1, 3)], "--json")
        self.assertEqual([json.loads(line)["counter"] for line in got], [1, 2])

    def test_each_line_of_hex_is_shown_before_the_next_is_sent(self):
        got = self.show([[b"# first\n", b"\n", test_packet(1).hex().encode(), b"\n"],
                         [test_packet(2).hex().encode(), b"\n"]], "--text")
        self.assertEqual([line.split()[:3] for line in got], [[">", "test_request", f"#{i}"] for i in (1, 2)])

    def test_a_file_reply_is_shown_at_once_too(self):
        reply = frame(struct.pack(">III", 0x80300041, 9, 0) + b"row,1\r\n" * 40)
        got = self.show([[reply], [reply]], "--json")
        self.assertEqual([json.loads(line)["message"] for line in got], ["read_reply"] * 2)

    def test_an_input_that_does_not_wait_is_waited_for(self):
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        with subprocess.Popen([*EMULATOR, PROGRAM, "decode", "--json", "-"], stdin=reader, stdout=subprocess.PIPE) as p:
            os.close(reader)
            for i in (1, 2):
                os.write(writer, test_packet(i))
                self.assertEqual(json.loads(p.stdout.readline())["request_id"], i)
            os.close(writer)
            self.assertEqual(p.wait(60), 0)

    def test_output_that_is_lost_ends_it_while_the_input_is_open(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        with open("/dev/full", "wb") as full, \
             subprocess.Popen([*EMULATOR, PROGRAM, "decode", "-"], stdin=subprocess.PIPE, stdout=full,
                              stderr=subprocess.PIPE) as p:
            p.stdin.write(test_packet(1))
            p.stdin.flush()
            self.assertEqual(p.wait(60), 1)
            self.assertIn(b"standard output could not be written: No space left", p.stderr.read())


class Hex(unittest.TestCase):
    def test_comments_blanks_and_spaces(self):
        text = "# a comment\n\n  49 00 0f 00 2a 00 01  00 00 00 07 00 00 00 00   # behind it\r\n"
        code, out, err = decode(text)
        self.assertEqual((code, [m["request_id"] for m in lines(out)]), (0, [7]))

    def test_several_frames_on_a_line(self):
        code, out, err = decode((test_packet(1) + test_packet(2)).hex())
        self.assertEqual([m["request_id"] for m in lines(out)], [1, 2])

    def test_what_is_no_hex_is_said_with_its_line(self):
        code, out, err = decode("# x\n4900zz\n49000f002a00010000000700000000\n4900f\n")
        got = lines(out)
        self.assertEqual([m.get("error") for m in got], ["hex", None, "hex"])
        self.assertEqual([m["line"] for m in got], [2, 3, 4])
        self.assertEqual([m.get("column") for m in got], [5, None, 5])
        self.assertEqual(got[0]["reason"], "expected a hexadecimal digit, came the character 'z', at column 5")
        self.assertNotIn("octet", got[2]["reason"])
        self.assertEqual(code, 1)

    def forms(self):
        octets = [f"{o:02x}" for o in test_packet(0xabcdef)]
        whole = "".join(octets)
        yield from (whole, whole.upper(), " ".join(octets), ":".join(octets), "-".join(octets), ",".join(octets),
                    ", ".join(octets), "\t".join(octets), "0x" + whole, "0X" + whole.upper(), " ".join("0x" + o for o in octets),
                    ",".join("0x" + o for o in octets), ", ".join("0X" + o.upper() for o in octets) + ",",
                    " ".join("0x" + a + b for a, b in zip(octets[::2], octets[1::2])) + " 0x" + octets[-1])

    def test_every_form_of_hex_is_known_and_read(self):
        for form in self.forms():
            for around in ("%s", "%s\n", "%s\r\n", "\ufeff%s\n", "\ufeff# mark\r\n%s", "\r\n \n%s # c", "#\n%s", "%s#\n"):
                with self.subTest(around % form):
                    for option in ((), ("--hex",)):
                        code, out, err = decode(around % form, *option)
                        self.assertEqual((code, [m.get("request_id") for m in lines(out)]), (0, [0xabcdef]), out)

    def test_half_an_octet_is_said_where_it_stands(self):
        for text, column in (("49 0 0f", 4), ("0x4,0x9", 3), ("49:000:0f", 6), ("49000", 5), ("49 0", 4)):
            code, out, err = decode(text, "--hex")
            (line,) = lines(out)
            self.assertEqual((code, line["error"], line["column"], line["line"]), (1, "hex", column, 1), text)
            self.assertIn("even number", line["reason"])

    def test_0x_stands_in_front_of_digits_only(self):
        for text, column in (("0x", 2), ("0x 49", 3), ("49 0x0x00", 7), ("x49", 1), ("490x00", 4), ("1x00", 2)):
            code, out, err = decode(text, "--hex")
            (line,) = lines(out)
            self.assertEqual((code, line["error"], line["column"]), (1, "hex", column), text)

    def test_text_says_line_and_column(self):
        code, out, err = decode("# x\n49 0g\n", "--hex", "--text")
        self.assertEqual(out, "line 2: malformed (hex): expected a hexadecimal digit, came the character 'g', at column 5\n")
        self.assertIn("came the character 0x0, at column 2", decode("4\0", "--hex", "--text")[1])

    def test_octets_that_begin_like_hex_are_raw(self):
        for head in (b"#\0\1", b"4\xff", b"ab\0", b"\xef\xbbI", b" \0", b"49\x80"):
            code, out, err = decode(head + test_packet(5))
            got = lines(out)
            self.assertEqual((got[0]["error"], got[-1].get("request_id")), ("discriminator", 5), head)


class Hostile(unittest.TestCase):
    """Big and senseless files: an answer in the end, one clear line for each fault, little memory."""

    MEMORY = 200 << 20

    def decode_big(self, pieces, *options):
        """The exit code, how many lines, and the last of them, of a file made of pieces."""
        with tempfile.NamedTemporaryFile() as f, tempfile.TemporaryFile() as out:
            for piece in pieces:
                f.write(piece)
            f.flush()
            with subprocess.Popen([*EMULATOR, PROGRAM, "decode", "--json", *options, f.name], stdout=out,
                                  stderr=subprocess.PIPE) as p:
                self.assertEqual(p.stderr.read(), b"")
                _, status, usage = os.wait4(p.pid, 0)
                p.returncode = os.waitstatus_to_exitcode(status)
            self.assertLess(usage.ru_maxrss << 10, self.MEMORY)
            out.seek(0)
            count, last = 0, b"{}"
            for line in out:
                count, last = count + 1, line
            return p.returncode, count, json.loads(last)

    def test_noise_is_one_line(self):
        noise = random.Random(7).randbytes(1 << 20)
        for piece in (noise, bytes(1 << 20), b"\xff" * (1 << 20), b"hello, I am no frame\n" * 50000):
            code, count, last = self.decode_big([b"\xff"] + [piece] * 10, "--raw")
            self.assertEqual((code, count, last["error"]), (1, 1, "discriminator"))

    def test_a_frame_behind_much_noise_is_found(self):
        noise = random.Random(8).randbytes(1 << 20)
        code, count, last = self.decode_big([b"\xff"] + [noise] * 10 + [test_packet(5)])
        self.assertEqual((code, count, last["request_id"]), (1, 2, 5))

    def test_a_file_of_nothing_but_the_discriminator(self):
        code, count, last = self.decode_big([b"I" * (10 << 20)])
        self.assertEqual((code, last["error"]), (1, "truncated frame"))
        self.assertEqual(decode(b"I")[0], 1)

    def test_octets_that_all_look_like_the_beginning_of_a_long_frame(self):
        for head in (b"I\xff\x7f\xff\0\x2a\0\1", b"I\xff\x7f\xff\0\x30\0\x41", b"I\xff\x7f\xff\x10\x30\0\x11" + b"\0" * 8,
                     b"I\x04\0\0\x30\0\1", b"I\x7f\xff\x80\x30\0\x41", b"I\x04\0\x10\x30\0\x11" + b"\0" * 8 + b"\0\x76\0\1\0\x0f"):
            with self.subTest(head.hex()):
                code, count, last = self.decode_big([b"\xff"] + [head * (1 << 17)] * 10)
                self.assertEqual(code, 1)
                self.assertLess(count, 12 << 17)

    def test_a_line_without_an_end(self):
        for piece in (b"4" * (1 << 20), b"4a " * 300000, b"4 " * 500000, b"0x4a," * 200000):
            code, count, last = self.decode_big([piece] * 20, "--hex")
            self.assertEqual((code, count), (1, 1))
        code, count, last = self.decode_big([b"#" * (1 << 20)] * 100)
        self.assertEqual((code, count), (0, 0))
        code, count, last = self.decode_big([b" " * (1 << 20)] * 100)
        self.assertEqual((code, count), (0, 0))

    def test_a_line_longer_than_any_frames_is_said_and_the_next_is_read(self):
        code, count, last = self.decode_big([b"49" * (1 << 20)] * 9 + [b"\n", test_packet(5).hex().encode()])
        self.assertEqual((code, count, last["line"], last["request_id"]), (1, 2, 2, 5))

    def test_noise_in_lines_is_a_fault_a_line(self):
        noise = random.Random(9).randbytes(1 << 20)
        code, out, err = decode(noise, "--hex")
        faults = [m["error"] for m in lines(out)]
        self.assertEqual((code, err), (1, ""))
        self.assertLessEqual(len(faults), noise.count(b"\n") + 1)
        self.assertGreater(faults.count("hex"), 1000)

    def test_nul_octets_between_frames(self):
        code, out, err = decode(b"".join(test_packet(i) + b"\0" * i for i in range(1, 9)))
        got = lines(out)
        self.assertEqual([m["request_id"] for m in got if "message" in m], list(range(1, 9)))
        self.assertEqual((code, [m["error"] for m in got if "error" in m]), (1, ["discriminator"] * 8))

    def test_both_directions_mixed(self):
        octets = b"".join(bytes.fromhex(line) for line in pathlib.Path(SAMPLE).read_text().splitlines()
                          if line and not line.startswith("#"))
        by_line = [{k: v for k, v in m.items() if k not in ("line", "frame")} for m in lines(run("decode", SAMPLE)[1])]
        code, out, err = decode(octets)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([{k: v for k, v in m.items() if k != "frame"} for m in lines(out)], by_line)

    def test_an_empty_name_and_an_unreadable_input_are_one_line(self):
        for name in ("", "/nonexistent", "/"):
            code, out, err = run("decode", name)
            self.assertEqual((code, out, err.count("\n")), (1, "", 1), name)

    def test_standard_input_that_is_closed_is_one_line(self):
        p = subprocess.run(["sh", "-c", '"$@" <&-', "sh", *EMULATOR, PROGRAM, "decode", "-"], capture_output=True, timeout=60)
        self.assertEqual((p.returncode, p.stdout, p.stderr), (1, b"", b"devlink3 decode: standard input: Bad file descriptor\n"))


class Text(unittest.TestCase):
    def test_the_sample_stream_is_readable_and_whole(self):
        code, out, err = run("decode", "--text", SAMPLE)
        frames = [line for line in pathlib.Path(SAMPLE).read_text().splitlines() if line.strip() and not line.startswith("#")]
        self.assertEqual((code, err, len(out.splitlines())), (0, "", len(frames)))
        for word in ("offered to 4005, 4006", "Café Zoë, Lyon", "hold_music", "call_lost", "192.0.2.5"):
            self.assertIn(word, out)
        self.assertNotIn("\033", out)

    def test_terminal_escapes_in_names_are_not_passed_on(self):
        xml = "<AttemptReject>c0000201,c000020100000001,\x1b[31mred\x07,dnd,1</AttemptReject>"
        code, out, err = decode(event(1, xml), "--text")
        self.assertNotIn("\x1b", out)
        self.assertNotIn("\x07", out)
        self.assertIn("[31mred", out)

    def test_what_turns_the_direction_of_text_is_not_passed_on(self):
        obeyed = "\x9b31m\x7f\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069"
        xml = f"<AttemptReject>c0000201,c000020100000001,a{obeyed}é\u2014\u200bb,dnd,1</AttemptReject>"
        for options in ((), ("--text",)):
            code, out, err = decode(event(1, xml), *options)
            self.assertEqual(set(out) & (set(obeyed) - set("31m")), set())
            self.assertIn("é\u2014\u200bb", out)

    def test_codes_without_a_name_are_shown_as_the_description_writes_them(self):
        def pair(code, request, result):
            return frame(struct.pack(">III", code, request, result) + (b"\0" * 4 if code == 0x802a0001 else b""))
        tuples = struct.pack(">IH", 0x00760099, 2) + b"\0\0"
        data = (pair(0x802a0001, 1, 0x80000009) + pair(0x80300001, 2, 0x8000004f) + pair(0x80300011, 3, 0x8000002f) +
                pair(0x80300041, 4, 0x80000051) + frame(struct.pack(">III", 0x300001, 5, 0x52)) +
                frame(struct.pack(">I", 0x123)) + frame(struct.pack(">III", 0x10300011, 0xc0000201, 1) + tuples))
        got = decode(data, "--text")[1].splitlines()
        for line, code in zip(got, ("0x80000009", "0x8000004f", "0x8000002f", "0x80000051", "0x00000052", "0x00000123",
                                    "0x00760099"), strict=True):
            self.assertIn(code, line)
        numbers = [m.get("code", m.get("result", m.get("step"))) for m in lines(decode(data, "--json")[1])]
        self.assertEqual(numbers[:6], [0x80000009, 0x8000004f, 0x8000002f, 0x80000051, 0x52, 0x123])

    def test_malformed_is_said_in_words(self):
        code, out, err = decode("48000f\n", "--text")
        self.assertEqual(code, 1)
        self.assertIn("line 1: malformed (discriminator): expected", out)


class CommandLine(unittest.TestCase):
    def test_usage_errors_end_with_2_and_say_what_was_expected(self):
        for arguments in ([], ["nonsense"], ["decode"], ["decode", "--nonsense", SAMPLE], ["decode", SAMPLE, SAMPLE]):
            code, out, err = run(*arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertIn("usage: devlink3", err)

    def test_help_goes_to_standard_output(self):
        for arguments in (["--help"], ["decode", "--help"]):
            code, out, err = run(*arguments)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("usage: devlink3", out)

    def test_the_help_of_decode_has_examples_that_work_and_the_exit_codes(self):
        out = run("decode", "--help")[1]
        self.assertIn("Exit codes: 0 all was well; 1 ", out)
        self.assertIn("2 usage", out)
        examples = [line.split() for line in out.split("Examples:\n")[1].splitlines()]
        self.assertEqual(len(examples), 2)
        self.assertEqual(run(*examples[0][1:-1], SAMPLE)[0], 0)
        self.assertEqual(run(*examples[1][1:3], SAMPLE)[0], 0)
        for form in re.split(r",\s+", out[out.index("apart: ") + 7:out.index(". Lines end")]):
            code, got, err = decode(form + "\n", "--json")
            self.assertEqual([m["error"] for m in lines(got)], ["truncated frame"], form)
            self.assertIn("octets: 4", lines(got)[0]["reason"])

    def test_the_version_is_printed(self):
        self.assertRegex(run("--version")[1], r"^devlink3 \d+\.\d+\.\d+\n$")

    def test_a_file_that_is_not_there(self):
        code, out, err = run("decode", "/nonexistent/file")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("/nonexistent/file: No such file", err)

    def test_output_that_cannot_be_written_is_said_once_and_the_input_is_not_blamed(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        many = b"".join(event(i, LOST % i) for i in range(3000))
        for data in (test_packet(1), test_packet(1) + b"\xff", many, many + b"\xff"):
            with open("/dev/full", "wb") as full, tempfile.NamedTemporaryFile() as f:
                f.write(data)
                f.flush()
                p = subprocess.run([*EMULATOR, PROGRAM, "decode", "--raw", f.name], stdout=full, stderr=subprocess.PIPE)
                err = p.stderr.decode()
                self.assertEqual(p.returncode, 1)
                self.assertEqual(err.count("\n"), 1, err)
                self.assertIn("standard output could not be written: No space left", err)
                self.assertNotIn(f.name, err)

    def closed_pipe(self, **how):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            return subprocess.run([*EMULATOR, PROGRAM, "decode", "--json", SAMPLE], stdout=pipe, stderr=subprocess.PIPE,
                                  **how)

    def test_a_reader_that_went_away_is_said_where_the_signal_is_ignored(self):
        p = self.closed_pipe(restore_signals=False)
        self.assertEqual(p.returncode, 1)
        self.assertEqual(p.stderr.decode(), "devlink3: standard output could not be written: Broken pipe\n")

    @unittest.skipIf(EMULATOR, "the emulator's own signals")
    def test_a_reader_that_went_away_ends_it_silently_otherwise(self):
        p = self.closed_pipe()
        self.assertEqual((p.returncode, p.stderr), (-signal.SIGPIPE, b""))

    def test_a_folder_is_not_a_file(self):
        for options in ((), ("--raw",), ("--hex",)):
            code, out, err = run("decode", *options, DATA)
            self.assertEqual((code, out, err), (1, "", f"devlink3 decode: {DATA}: Is a directory\n"))

    def test_help_that_cannot_be_written_is_a_failure(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        with open("/dev/full", "wb") as full:
            p = subprocess.run([*EMULATOR, PROGRAM, "decode", "--help"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual((p.returncode, p.stderr.count(b"\n")), (1, 1))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
