#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the simulator can carry. usage: sim_load.py DEVLINK3 [calls|sites|memory]...

  calls    1,000 calls a second to three monitors, the simulator on one core: its CPU time for that
  sites    10,000 PBXs in one process: memory of each, and CPU time when nothing happens
  memory   an hour of heavy traffic: resident memory every few minutes"""
import json
import os
import re
import resource
import selectors
import socket
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "sim"))
from wire import Client  # noqa: E402: from the tests

PROGRAM = sys.argv[1]


class Sim:
    def __init__(self, *options, core=None):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        pin = ["taskset", "-c", str(core)] if core is not None else []
        self.p = subprocess.Popen([*pin, PROGRAM, "sim", "--quiet", *options, "--control", "127.0.0.1:0"],
                                  stdout=subprocess.PIPE, text=True)
        self.address, self.control = None, None
        for line in self.p.stdout:
            if m := re.match(r"listening on (\S+)", line):
                self.address = self.address or m[1]
            elif m := re.match(r"control on (\S+)", line):
                self.control = m[1]
                break
        assert self.address and self.control, "it did not start"

    def counts(self):
        with urllib.request.urlopen(self.control + "/v1/counts") as r:
            return json.load(r)

    def cpu(self):
        with open(f"/proc/{self.p.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss(self):
        with open(f"/proc/{self.p.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])

    def stop(self):
        self.p.terminate()
        self.p.wait()


def drain(clients, seconds):
    """Takes what comes and counts octets; nothing is decoded, so that this is not what is measured."""
    chosen, octets, end = selectors.DefaultSelector(), 0, time.monotonic() + seconds
    for c in clients:
        c.sock.setblocking(False)
        chosen.register(c.sock, selectors.EVENT_READ)
    while (left := end - time.monotonic()) > 0:
        for key, _ in chosen.select(left):
            got = key.fileobj.recv(1 << 20)
            assert got, "a monitor was cut off"
            octets += len(got)
    return octets


def monitors(sim, n, flags="-SCN"):
    out = []
    for _ in range(n):
        c = Client(sim.address)
        assert c.login() == 0 and c.stream(flags)[0] == 0
        out.append(c)
    return out


def bench_calls():
    sim = Sim("--listen", "127.0.0.1:0", "--nodes", "2", "--users", "10000", "--groups", "400", "--trunks", "40",
              "--channels", "1000", "--rate", "300000", "--talk", "5", core=0)
    clients = monitors(sim, 3)
    drain(clients, 10)  # until it is as busy as it gets
    before, cpu, began = sim.counts(), sim.cpu(), time.monotonic()
    octets = drain(clients, 30)
    after, cpu, took = sim.counts(), sim.cpu() - cpu, time.monotonic() - began
    events = after["events"] - before["events"]
    print(f"calls: {(after['calls'] - before['calls']) / took:.0f} calls/s, {after['calls_now']} up, {events / took:.0f} events/s, "
          f"{(after['deliveries'] - before['deliveries']) / took:.0f} deliveries/s, {octets / took / 1e6:.1f} MB/s out; "
          f"{100 * cpu / took:.0f} % of a core, {cpu / events * 1e6:.1f} us an event; overruns {after['overruns']}, "
          f"behind {after['lag_s']} s; {sim.rss() / 1024:.0f} MiB")
    sim.stop()


def bench_sites():
    n = 10000
    one = Sim("--listen", "127.0.0.1:0", "--nodes", "1", "--users", "5", "--groups", "1", "--trunks", "1", "--rate", "0")
    base = one.rss()
    one.stop()
    sim = Sim("--listen", "127.0.0.1:20000", "--sites", str(n), "--nodes", "1", "--users", "5", "--groups", "1", "--trunks", "1",
              "--rate", "0.1")
    cpu, began = sim.cpu(), time.monotonic()
    time.sleep(10)
    cpu = (sim.cpu() - cpu) / (time.monotonic() - began)
    print(f"sites: {n} PBXs, {(sim.rss() - base) / n:.1f} KiB each, {100 * cpu:.1f} % of a core at {n * 0.1 / 60:.0f} calls/s in all")
    clients = []
    for i in range(1000):
        c = Client(f"127.0.0.1:{20000 + i * 10}")
        assert c.login() == 0 and c.stream("")[0] == 0
        clients.append(c)
    print(f"sites: 1000 of them listened to, {sim.rss() / 1024:.0f} MiB in all")
    sim.stop()


def bench_memory():
    sim = Sim("--listen", "127.0.0.1:0", "--users", "400", "--groups", "20", "--trunks", "8", "--channels", "60", "--rate", "600",
              "--speed", "60")
    clients, sizes = monitors(sim, 3), []
    for _ in range(12):
        drain(clients, 5)  # five minutes of simulated time
        sizes.append(sim.rss())
    c = sim.counts()
    print(f"memory: an hour at 600 calls a minute, {c['calls']} calls, {c['events']} events; resident every five minutes: "
          f"{' '.join(str(s) for s in sizes)} KiB")
    sim.stop()


for name in sys.argv[2:] or ["calls", "sites", "memory"]:
    {"calls": bench_calls, "sites": bench_sites, "memory": bench_memory}[name]()
