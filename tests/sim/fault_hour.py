# SPDX-License-Identifier: MIT
"""A link while things go wrong: what `devlink3 watch` delivered, against all that the same simulated day tells a client
of plain sockets to whom nothing happens. A simulator with the same seed tells the same story, whatever its connections suffer."""
import json
import os
import re
import signal
import subprocess
import threading
import time

from sim import Sim
from wire import DELTA3, Client, Gone

USER = "devlink3"
# In times a minute of simulated time, at which an hour has a few dozen of each and there is time in between to recover.
KINDS = {
    "nothing": [],
    "reset": ["reset=0.1"],
    "close": ["close=0.1"],
    "cut": ["cut=0.1"],
    "garbage": ["garbage=0.1"],
    "half_open": ["half_open=0.03"],
    "stall": ["stall=0.3,ms=1500"],
    "delay": ["delay=0.2,ms=300"],
    "pieces": ["pieces,octets=1000"],
    "slow_start": ["slow_start,ms=500", "reset=0.1"],
    "refuse": ["refuse=0.1,ms=3000", "reset=0.1"],
    "gap": ["gap=1,events=3"],
    "skip": ["skip=1,events=2"],
    "duplicate": ["duplicate=3"],
    "malformed": ["malformed=1"],
    "reboot": ["reboot=0.4,ms=60000"],  # another story from there on: only the counters are followed
    "everything": ["reset=0.04", "cut=0.04", "garbage=0.04", "stall=0.1,ms=1000", "gap=0.3", "duplicate=0.5", "malformed=0.3"],
}


def options(seed, speed, seconds, faults=()):
    words = [w for f in faults for w in ("--fault", f)]
    return ["--listen", "127.0.0.1:0", "--wait", "--quiet", "--seed", str(seed), "--speed", str(speed), "--rate", "20",
            "--duration", str(seconds), *words]


def tenths(text):
    """The time in an event's text."""
    if m := re.match(r"<Detail>\s*<Call>(.*?)</Call>", text, re.S):
        return int(m[1].split(",")[14])
    return int(re.match(r"<\w+>(.*?)</", text, re.S)[1].split(",")[4])


def in_time(text, seconds):
    """When the day is over no further call begins; which was the last depends on the clock. What is behind is not compared."""
    return tenths(text) < (seconds - 5) * 10


def whole_story(program, seed, speed, seconds):
    """The text of every event, in their order."""
    with Sim(program, *options(seed, speed, seconds)) as sim, Client(sim.address, timeout=120) as c:
        assert c.login(USER, USER) == 0
        assert c.stream("")[0] == 0
        try:
            while True:
                c.read()
        except Gone:
            pass
        assert sim.wait() == 0
    return [e.text for e in c.events if e.code == DELTA3 and in_time(e.text, seconds)]


class Process:
    """What a process costs, read while it runs."""

    def __init__(self, pid):
        self.pid, self.sizes = pid, []

    def look(self):
        with open(f"/proc/{self.pid}/status") as f:
            if m := re.search(r"VmRSS:\s+(\d+)", f.read()):
                self.sizes.append(int(m[1]))

    def cpu(self):
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Run:
    """One `watch` beside a simulator with faults, to the end of its day."""

    def __init__(self, program, seed, speed, seconds, faults):
        self.lines, self.sizes, self.cpu = [], [], 0.0
        env = {**os.environ, "DEVLINK3_PASSWORD": USER}
        with Sim(program, *options(seed, speed, seconds, faults)) as sim:
            w = subprocess.Popen([program, "watch", "--json", "--raw", "--flags", "", "--timeout", "2", f"devlink3://{USER}@{sim.address}"],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
            reader = threading.Thread(target=lambda: self.lines.extend(json.loads(line) for line in w.stdout))
            reader.start()
            process = Process(w.pid)
            while sim.process.poll() is None:
                time.sleep(0.2)
                process.look()
            time.sleep(0.3)
            self.sizes, self.cpu = process.sizes, process.cpu()
            w.send_signal(signal.SIGTERM)
            reader.join(30)
            w.stdout.close()
            assert w.wait(30) == 0

    def growth(self):
        """KiB, from the first third's largest to the last third's."""
        third = max(1, len(self.sizes) // 3)
        return max(self.sizes[-third:]) - max(self.sizes[:third])


class Account:
    """Holds what was delivered against the whole story. Each piece that is missing must have been told of: by a gap
    of at least that size, by a message that could not be read, or by a connection that was down."""

    def __init__(self, story, lines, seconds):
        self.story, self.at, self.seconds = story, 0, seconds
        self.delivered = self.missing = self.reported = self.snapshots = self.connections = self.malformed = 0
        self.wrong, self.gap, self.down, self.unread = [], 0, False, 0
        self.counters = {}
        for line in lines:
            self.count(line)
            self.take(line)
        left = len(story) - self.at if story else 0
        self.missing += left
        if left > 0 and not self.down and left > self.gap + self.unread:
            self.wrong.append(("the rest is missing, and nothing was said", left, self.gap))

    def count(self, line):
        """In a connection, each event of a PBX is the next by its counter, or what is between was told."""
        if line.get("link") == "asking":
            self.counters = {}
        for kind in ("gap", "restart"):
            if kind in line:
                self.counters[line[kind]["pbx_address"]] = line[kind]["came"] - 1
        if "record" in line:
            pbx, came = line["pbx_address"], line["counter"]
            if came not in (self.counters.get(pbx, came - 1), self.counters.get(pbx, came - 1) + 1):
                self.wrong.append(("a counter of which nothing was said", self.counters[pbx], came))
            self.counters[pbx] = came

    def take(self, line):
        if line.get("link") == "up":
            self.connections += 1
        if line.get("link") in ("waiting", "stopped"):
            self.down = True
        if "gap" in line:
            self.gap += line["gap"]["missed"]
            self.reported += line["gap"]["missed"]
        if "malformed" in line:
            self.unread += 1
            self.malformed += 1
        if "record" in line and line.get("snapshot"):
            self.snapshots += 1
        elif "record" in line and in_time(line["record"]["raw"], self.seconds):
            self.record(line["record"]["raw"])

    def record(self, text):
        if not self.story:
            self.delivered += 1
            return
        try:
            found = self.story.index(text, self.at)
        except ValueError:
            before = text in self.story[:self.at]
            self.wrong.append(("again, or out of order" if before else "never happened", text[:120]))
            return
        hole = found - self.at
        if hole > 0:
            self.missing += hole
            if not self.down and hole > self.gap + self.unread:
                self.wrong.append(("a hole of which nothing was said", hole, self.gap, text[:120]))
        self.delivered += 1
        self.at, self.gap, self.down, self.unread = found + 1, 0, False, 0

    def row(self, kind, run):
        return (f"| `{kind}` | {len(self.story) or 'another story'} | {self.delivered} | {self.missing} | {self.reported} | {self.connections} | {self.snapshots} "
                f"| {len(self.wrong)} | {run.growth():+d} | {run.cpu:.2f} |")


HEADER = ("| fault | events that happened | delivered | missing | said by gaps | connections | in snapshots | not accounted for | memory, KiB | CPU, s |\n"
          "|---|---|---|---|---|---|---|---|---|---|")
