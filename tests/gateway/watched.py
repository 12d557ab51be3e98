# SPDX-License-Identifier: MIT
"""An office in which everybody phones, somebody who takes all that the gateway says of it, and what the gateway says of itself."""
import json
import re
import socket
import subprocess

from gateway import PROGRAM
from sim import Sim

BUSY = ("--users", "1000", "--nodes", "1", "--channels", "200", "--trunks", "20", "--rate", "6000", "--speed", "30",
        "--talk", "10")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def traffic(port, seconds):
    """So many seconds of a simulated office in which everybody phones."""
    return Sim(PROGRAM, "--listen", f"127.0.0.1:{port}", "--quiet", "--wait", "--seed", "5", "--duration", str(seconds), *BUSY)


def metrics(g):
    """Each sample by its name with labels."""
    return {name: float(value) for name, value in re.findall(r"^(devlink3_\S+) (\S+)$", g.get("/metrics").body.decode(), re.M)}


def memory_kib(g):
    with open(f"/proc/{g.process.pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


class Reader:
    """Takes all that comes at once: a process of its own, which Python's other threads do not hold up."""

    def __init__(self, g, query):
        self.path, self.seen, self.count = g.path("reader"), 0, 0
        self.process = subprocess.Popen(["curl", "--silent", "--no-buffer", "--output", self.path, f"http://{g.address}/v1/stream?{query}"])
        g.until(lambda: metrics(g)['devlink3_consumers{kind="sse"}'] == 1, "the reader")

    def messages(self):
        with open(self.path, "rb") as f:
            lines = f.read().split(b"\n")[:-1]
        return [json.loads(line[6:]) for line in lines if line.startswith(b"data: ")]

    def so_far(self):
        """How many messages it has."""
        mark = b"\ndata: "
        with open(self.path, "rb") as f:
            f.seek(max(0, self.seen + 1 - len(mark)))
            more = f.read()
            self.seen = f.tell()
        self.count += more.count(mark)
        return self.count

    def end(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
