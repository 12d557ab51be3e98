# SPDX-License-Identifier: MIT
"""The programs of docs/python.md and examples/python do what they say, against a simulator."""
import os
import re
import subprocess
import sys
import tempfile
import threading
import unittest

import support

PAGE = (support.ROOT / "docs" / "python.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
EXAMPLES = support.ROOT / "examples" / "python"


def lines_of(arguments, count):
    """The first lines that a program prints; it is ended when they are there."""
    with tempfile.TemporaryFile() as errors:
        program = subprocess.Popen([sys.executable, "-u", *map(str, arguments)], stdout=subprocess.PIPE, stderr=errors,
                                   env={**os.environ, "DEVLINK3_PASSWORD": support.PASSWORD})
        watchdog = threading.Timer(support.TIMEOUT, program.kill)
        watchdog.start()
        lines = []
        for line in program.stdout:
            lines.append(line.decode().rstrip("\n"))
            if len(lines) == count:
                break
        if len(lines) == count:
            program.kill()
        program.wait()
        program.stdout.close()
        watchdog.cancel()
        errors.seek(0)
        return lines, errors.read().decode()


class Page(unittest.TestCase):
    def program(self, marks, port=50797):
        found = [p for p in PROGRAMS if marks in p]
        self.assertEqual(len(found), 1, f"programs with {marks}")
        return found[0].replace("devlink3@127.0.0.1", f"devlink3@127.0.0.1:{port}").replace("50797", str(port))

    def run_one(self, marks, count, wanted):
        with support.Simulator("--rate", "120", "--speed", "30", "--wait") as sim:
            lines, errors = lines_of(["-c", self.program(marks, sim.port)], count)
        self.assertEqual(len(lines), count, errors)
        for line in lines:
            self.assertRegex(line, wanted)

    def test_events(self):
        self.run_one("party_a", 10, r"^127\.|^\d+\.\d+\.\d+\.\d+ [0-9a-f]{16} \w+ ")

    def test_calls(self):
        self.run_one("CallEnded", 3, r"^(internal|incoming|outgoing|tandem) \w+ ")

    def test_files(self):
        self.run_one("read_file", 2, r".")

    def test_session(self):
        self.run_one("socket.create_connection", 3, r"^(Authenticated|StreamAnswer|RecordEvent|SnapshotEnd)\(")

    def test_recordings(self):
        lines, errors = lines_of(["-c", self.program("Decoder()")], 1)
        self.assertEqual(errors, "")
        self.assertEqual(lines, ['{"kind":"call_lost","node":"c0a82a03","end":"c0a82a0300000413","cleared_inbound":1,"cause":"normal"}'])

    def test_all_are_run(self):
        self.assertEqual(len(PROGRAMS), 5)


class Examples(unittest.TestCase):
    def test_screen_pop(self):
        with support.Simulator("--rate", "0", "--speed", "30", "--wait", "--scenario", support.ROOT / "examples/scenarios/blind-transfer.yaml",
                               support.ROOT / "examples/worlds/scenarios.yaml", nodes=False) as sim:
            lines, errors = lines_of([EXAMPLES / "screen_pop.py", f"devlink3://devlink3@127.0.0.1:{sim.port}", "4002"], 1)
        self.assertEqual(len(lines), 1, errors)
        self.assertTrue(lines[0].startswith("01707123456"), lines)

    def test_screen_pop_without_a_pbx_to_be_had(self):
        lines, errors = lines_of([EXAMPLES / "screen_pop.py", "http://192.0.2.1", "2001"], 1)
        self.assertEqual(lines, [])
        self.assertIn("screen_pop: expected devlink3://USER@HOST", errors)

    def test_decode(self):
        with tempfile.NamedTemporaryFile() as f:
            f.write(b"".join(support.sample()))
            f.flush()
            lines, errors = lines_of([EXAMPLES / "decode.py", f.name], 1000)
        self.assertEqual(errors, "")
        self.assertGreater(len(lines), 5)
        self.assertTrue(any('"kind":"call_lost"' in line for line in lines))


if __name__ == "__main__":
    unittest.main()
