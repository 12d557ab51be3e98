# SPDX-License-Identifier: MIT
"""Calls out of a stream: the same as `devlink3 calls` makes of it."""
import json
import unittest

import support

import devlink3

VECTORS = {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in sorted((support.DATA / "calls").glob("*.json"))}
START = 1700000000


def address(text):
    return int.from_bytes(bytes(map(int, text.split("."))), "big")


def messages(vector):
    """Time and message of each event."""
    counters = {}
    for e in vector["events"]:
        pbx = address(e["pbx"])
        counters[pbx] = counters.get(pbx, 0) + 1
        yield START + e["t"], devlink3.decode(support.event(pbx, counters[pbx], (0x760001, e["xml"].encode() + b"\0")))[0]


class Vectors(unittest.TestCase):
    def test_as_the_command_has_it(self):
        self.assertGreaterEqual(len(VECTORS), 10)
        for name, vector in VECTORS.items():
            with self.subTest(name):
                tracker = devlink3.Tracker(records_only=True)
                ended, lines, now = [], [], 0.0
                for now, message in messages(vector):
                    ended += tracker.feed(message, now)
                    lines.append({"time": now, "pbx_address": message.pbx_address, "counter": message.counter,
                                  "record": {"kind": message.records[0].kind.label, "raw": message.records[0].raw}})
                ended += tracker.tick(now + 10)
                fed = "".join(json.dumps(line) + "\n" for line in lines).encode()
                wanted = support.command("calls", "--json", "--timeline", "-", stdin=fed)
                self.assertEqual([e.call.to_dict() for e in ended if e.call.counts], wanted)
                self.assertEqual(len(wanted), len(vector["expect"]["calls"]))


class Telling(unittest.TestCase):
    def setUp(self):
        self.vector = VECTORS["group-call-answered"]
        self.messages = list(messages(self.vector))

    def test_events_and_looking(self):
        tracker, told = devlink3.Tracker(), []
        tracker.name_user("4001", "Alice")
        for now, message in self.messages:
            told += tracker.feed(message, now)
            for call in tracker.calls():
                self.assertEqual(tracker.call(call.id).id, call.id)
                self.assertEqual(tracker.call_of_end(call.ends[0]).id, call.id)
        kinds = {type(t) for t in told}
        self.assertLessEqual({devlink3.CallBegan, devlink3.CallChanged, devlink3.CallEnded, devlink3.UserChanged,
                              devlink3.GroupChanged}, kinds)
        ended = [t.call for t in told if isinstance(t, devlink3.CallEnded)][0]
        self.assertIs(ended.outcome, devlink3.Outcome.ANSWERED)
        self.assertIs(ended.state, devlink3.CallState.OVER)
        self.assertIsInstance(ended.segments[0], devlink3.Segment)
        self.assertIsInstance(ended.timeline[0].what, devlink3.CallStep)
        self.assertEqual(tracker.calls(), [])
        self.assertTrue(tracker.users())
        self.assertEqual(tracker.user("4001").name, "Alice")
        self.assertIsNone(tracker.user("nobody"))
        self.assertEqual(tracker.groups()[0].today.offered, 1)
        self.assertIsNone(tracker.group("999"))
        self.assertEqual(json.loads(tracker.groups()[0].to_json())["today"]["offered"], 1)

    def test_a_call_that_goes_on(self):
        tracker = devlink3.Tracker()
        now, message = self.messages[0]
        list(tracker.feed(message, now))
        call, = tracker.calls()
        self.assertIsInstance(call.a, devlink3.CallParty)
        self.assertIsInstance(call.a.state, devlink3.State)
        self.assertIsInstance(call.since, float)
        saved = tracker.save()
        other = devlink3.Tracker()
        other.restore(saved)
        self.assertEqual([c.id for c in other.calls()], [call.id])
        with self.assertRaises(devlink3.UsageError) as caught:
            other.restore(saved[:-1])
        self.assertEqual(caught.exception.code, devlink3.ErrorCode.ERR_SAVED)
        closed = [t.call for t in tracker.close(now + 5) if isinstance(t, devlink3.CallEnded)]
        self.assertEqual([c.incomplete for c in closed], [True])

    def test_what_cannot_be_read_marks_a_call(self):
        tracker = devlink3.Tracker(records_only=True)
        now, message = self.messages[0]
        list(tracker.feed(message, now))
        list(tracker.feed(devlink3.decode(support.event(message.pbx, 9, (0x760001, b"<Detail>")))[0], now + 1))
        self.assertTrue(tracker.calls()[0].incomplete)

    def test_limits(self):
        self.assertRaises(TypeError, devlink3.Tracker, max_nonsense=1)
        self.assertRaises(ValueError, devlink3.Tracker, max_calls=-1)


if __name__ == "__main__":
    unittest.main()
