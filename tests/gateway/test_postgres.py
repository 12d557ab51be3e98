# SPDX-License-Identifier: MIT
"""The store in PostgreSQL: all that test_gateway_store and test_gateway_store_history show of SQLite, and what a
server does that a file does not: it is away, comes back, is killed in the middle, freezes, asks for a password.

    test_postgres.py WRITER PROGRAM... [-- unittest's arguments]

WRITER is tests/gateway/writer.c: it stores calls without end, and says what is committed.
"""
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import unittest

import postgres

WRITER = ""
PROGRAMS = []
SERVER = None
PATIENCE = 60


def setUpModule():
    global SERVER
    if postgres.programs() is None:
        raise unittest.SkipTest("no PostgreSQL is installed")
    SERVER = postgres.Server()


def tearDownModule():
    if SERVER:
        SERVER.remove()


class Writer:
    """The program, and the lines it writes: "state ok", "committed 17", "lost 3"."""

    def __init__(self, url, *args):
        self.process = subprocess.Popen([WRITER, url, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = queue.Queue()
        self.last = {}
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put(None)

    def until(self, what, test):
        """Reads on until the value of `what` passes; @return it."""
        end = time.monotonic() + PATIENCE
        while True:
            line = self.lines.get(timeout=max(0.1, end - time.monotonic()))
            if line is None:
                raise AssertionError(f"the writer ended: {self.last}")
            key, _, value = line.partition(" ")
            self.last[key] = value
            if key == what and test(value):
                return value

    def grows(self):
        """Until something is committed that was not before."""
        before = int(self.last.get("committed", 0))
        return int(self.until("committed", lambda v: int(v) > before))

    def end(self, patience=PATIENCE):
        self.process.terminate()
        return self.process.wait(timeout=patience)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class Same(unittest.TestCase):
    """Each test of the programs, on a database of its own."""

    def test_all(self):
        for program in PROGRAMS:
            names = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
            self.assertGreater(len(names), 5)
            for name in names:
                with self.subTest(name):
                    env = {**os.environ, "DL3T_STORE": SERVER.database("same")}
                    done = subprocess.run([program, name], env=env, capture_output=True, text=True, timeout=300,
                                          check=False)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    self.assertEqual(SERVER.sql("SELECT value FROM devlink3.meta WHERE key = 'schema_version'", "same"), "1")


class Faults(unittest.TestCase):
    def setUp(self):
        if SERVER.process is None:
            SERVER.start()
        self.url = SERVER.database("faults")
        self.addCleanup(lambda: SERVER.process or SERVER.start())

    def count(self, where="true"):
        return int(SERVER.sql(f"SELECT count(*) FROM devlink3.calls WHERE {where}", "faults"))

    def begin(self, *args):
        w = Writer(self.url, *args)
        self.addCleanup(w.kill)
        return w

    def test_a_server_that_stops_loses_nothing(self):
        w = self.begin()
        w.grows()
        SERVER.stop()
        w.until("state", lambda v: v.startswith("failing"))
        SERVER.start()
        w.until("state", lambda v: v.startswith("ok"))
        done = w.grows()
        self.assertEqual(w.end(), 0)
        self.assertGreaterEqual(self.count(), done)
        # The calls are numbered: none is missing in between.
        self.assertEqual(self.count(), int(SERVER.sql("SELECT max(started) / 1000 + 1 FROM devlink3.calls", "faults")))

    def test_a_server_that_is_killed_has_all_that_was_acknowledged(self):
        w = self.begin()
        for _ in range(3):
            w.grows()
            SERVER.stop(signal.SIGKILL)
            w.until("state", lambda v: v.startswith("failing"))
            SERVER.start()
            w.until("state", lambda v: v.startswith("ok"))
        done = w.grows()
        w.kill()
        self.assertEqual(self.count(f"started < {done}000"), done)
        self.assertEqual(int(SERVER.sql("SELECT count(*) FROM devlink3.lookup", "faults")), 2 * self.count())

    def test_a_writer_that_is_killed_has_stored_all_it_acknowledged(self):
        for _ in range(5):
            self.url = SERVER.database("faults")
            w = self.begin()
            w.grows()
            done = w.grows()
            w.kill()
            self.assertEqual(self.count(f"started < {done}000"), done)

    def test_a_connection_that_is_cut_is_made_again(self):
        w = self.begin()
        w.grows()
        SERVER.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'faults'")
        w.grows()
        w.grows()
        self.assertEqual(w.end(), 0)

    def test_a_server_that_is_away_at_first(self):
        SERVER.stop()
        w = self.begin()
        w.until("state", lambda v: v.startswith("failing"))
        SERVER.start()
        w.until("state", lambda v: v.startswith("ok"))
        w.grows()

    def test_a_full_queue_is_counted_and_does_not_stop_the_caller(self):
        w = self.begin("100")
        w.grows()
        SERVER.stop()
        w.until("lost", lambda v: int(v) > 1000)
        SERVER.start()
        w.grows()

    def test_a_wrong_password_is_refused_at_once_and_not_told(self):
        done = subprocess.run([WRITER, SERVER.url("faults", "s3cret")], capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("password authentication failed", done.stdout + done.stderr)
        self.assertNotIn("s3cret", done.stdout + done.stderr)

    def test_what_cannot_be_stored_is_passed_over(self):
        w = self.begin()
        w.grows()
        w.end()
        SERVER.sql("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS"
                   " $$ BEGIN RAISE integrity_constraint_violation; END $$;"
                   " DELETE FROM devlink3.calls; CREATE TRIGGER t BEFORE INSERT ON devlink3.calls FOR EACH ROW"
                   " WHEN (new.id = '50' OR new.id = '99') EXECUTE FUNCTION no()", "faults")
        w = self.begin()
        w.until("unstorable", lambda v: int(v) == 2)
        while int(w.last.get("committed", 0)) < 100:
            w.grows()
        self.assertEqual(self.count("started < 100000"), 98)

    def test_a_newer_version_is_refused(self):
        w = self.begin()
        w.grows()
        w.end()
        SERVER.sql("UPDATE devlink3.meta SET value = 99 WHERE key = 'schema_version'", "faults")
        done = subprocess.run([WRITER, self.url], capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("a newer devlink3 has written it", done.stdout + done.stderr)

    def test_a_server_that_freezes_does_not_keep_the_program_from_ending(self):
        w = self.begin()
        w.grows()
        SERVER.signal_all(signal.SIGSTOP)
        try:
            # It tries for a second. The half minute after which a server is given up would be too long.
            self.assertEqual(w.end(20), 3)
        finally:
            SERVER.signal_all(signal.SIGCONT)


if __name__ == "__main__":
    rest = sys.argv[1:]
    at = rest.index("--") if "--" in rest else len(rest)
    WRITER, PROGRAMS = rest[0], rest[1:at]
    unittest.main(argv=[sys.argv[0], *rest[at + 1:]])
