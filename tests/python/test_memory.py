# SPDX-License-Identifier: MIT
"""A hundred thousand of everything leave nothing behind."""
import gc
import resource
import tracemalloc
import unittest

import support

import devlink3
from devlink3 import wire

DETAIL = next(f for f in support.sample() if b"<Detail>" in f)[3:]


class Memory(unittest.TestCase):
    def unchanged(self, work, count):
        """Neither Python nor the C library has more afterwards."""
        work(count // 20)
        gc.collect()
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        tracemalloc.start()
        work(10)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        work(200)
        gc.collect()
        more = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        work(count)
        self.assertLess(more, 8192)
        # An octet for each of them would be seen; what an allocator keeps would not.
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - rss, 4096)

    def test_decoding(self):
        def work(count):
            for _ in range(count):
                wire.decode_message(DETAIL)
        self.unchanged(work, 40000)

    def test_records(self):
        def work(count):
            for i in range(count):
                devlink3.decode_record(f"<CallLost>n,e,x,{i},{i},more</CallLost>")
        self.unchanged(work, 60000)

    def test_errors(self):
        def work(count):
            for _ in range(count):
                try:
                    devlink3.decode_record("<Detail><Call>")
                except devlink3.ProtocolError:
                    pass
        self.unchanged(work, 20000)

    def test_sessions_and_trackers(self):
        def work(count):
            for _ in range(count):
                session, tracker = devlink3.Session(), devlink3.Tracker()
                session.authenticate("app", "secret")
                for _ in tracker.feed(wire.decode_message(DETAIL), 1e9):
                    pass
        self.unchanged(work, 5000)


if __name__ == "__main__":
    unittest.main()
