#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 serve` when the PBX dies, and when those who come to it mean harm. Usage: test_serve_faults.py PROGRAM [CLASS]"""
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from gateway import PROGRAM, Gateway, read_answer
from sim import Sim
from watched import free_port, memory_kib, metrics


def pbx(port, *options):
    return Sim(PROGRAM, "--listen", f"127.0.0.1:{port}", "--quiet", "--rate", "0", "--control", "127.0.0.1:0", *options)


class Pbx(unittest.TestCase):
    """A PBX that is killed, and another that takes its place at the same address."""

    def kill(self, sim):
        sim.process.kill()
        sim.stop()

    def test_its_calls_are_closed_and_marked_and_it_comes_back_by_itself(self):
        port = free_port()
        with Gateway(pbx=f"127.0.0.1:{port}", wait_up=False) as g, g.stream("kind=call,link,gap,user") as s:
            sim = pbx(port)
            try:
                s.until(lambda m: m["kind"] == "link" and m["link"]["state"] == "up")
                sim.do("incoming", trunk=17, cli="01707000001", to="2001", call="c1")
                sim.do("answer", user="2001", call="c1")
                seen = s.until(lambda m: m["kind"] == "call" and m["call"]["state"] == "connected")
                old = seen[-1]["call"]["id"]
            finally:
                self.kill(sim)
            message = s.until(lambda m: m["kind"] == "link" and m["link"]["state"] == "waiting")[-1]
            down = message["link"]
            self.assertEqual(down["reason"], "closed")
            self.assertGreater(down["retry_s"], 0)
            self.assertEqual(g.get("/readyz").status, 503)
            # Nobody knows meanwhile what became of it: it is still shown, and its end comes with the next snapshot.
            self.assertEqual([c["id"] for c in g.get("/v1/calls").json()["calls"]], [old])
            sim = pbx(port)
            try:
                seen = s.until(lambda m: m["kind"] == "call" and m["what"] == "ended")
                self.assertEqual((seen[-1]["call"]["id"], seen[-1]["call"]["incomplete"]), (old, True))
                self.assertTrue(any(m["kind"] == "link" and m["link"]["state"] == "up" for m in seen)
                                or s.until(lambda m: m["kind"] == "link" and m["link"]["state"] == "up"))
                sim.do("incoming", trunk=17, cli="01707000002", to="2002", call="c2")
                began = s.until(lambda m: m["kind"] == "call" and m["what"] == "began")[-1]["call"]
                self.assertEqual((began["cli"], began["incomplete"]), ("01707000002", False))
                g.until(lambda: g.get("/readyz").status == 200, "ready again")
                g.until(lambda: g.get("/v1/history").json()["calls"], "history")
                over, = g.get("/v1/history").json()["calls"]
                self.assertEqual((over["id"], over["incomplete"]), (old, True))
                self.assertAlmostEqual(over["ended"], message["time"], delta=0.2, msg="as far as anybody can know")
            finally:
                self.kill(sim)
            self.assertEqual(metrics(g)['devlink3_link_connections_total{pbx="127.0.0.1"}'], 2)

    def test_a_counter_that_jumps_is_a_gap_for_all_who_listen(self):
        port = free_port()
        with pbx(port) as sim, Gateway(pbx=f"127.0.0.1:{port}") as g, g.stream("kind=call") as s:
            sim.do("incoming", trunk=17, cli="01707000001", to="2001", call="c1")
            s.until(lambda m: m["kind"] == "call")
            sim.fault("gap,events=3")
            for user in ("2002", "2003", "2004", "2005"):
                sim.do("incoming", trunk=17, cli="01707000001", to=user, call=f"c{user}")
            gap = s.until(lambda m: m["kind"] == "gap")[-1]
            self.assertEqual(gap["scope"], "pbx")
            self.assertGreaterEqual(gap["missed"], 1)
            g.until(lambda: metrics(g)['devlink3_link_missed_events_total{pbx="127.0.0.1"}'] == gap["missed"], "counted")

    def test_a_wrong_password_is_never_tried_again_until_there_is_another(self):
        port = free_port()
        with tempfile.TemporaryDirectory() as folder, pbx(port) as sim:
            secret = os.path.join(folder, "secret")

            def write(text):
                with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
                    f.write(text)
            write("wrong\n")
            config = ("listen: [{address: '127.0.0.1:0'}]\n"
                      f"pbxs: [{{name: main, url: 'devlink3://devlink3@127.0.0.1:{port}', password_file: {secret}}}]\n")
            with Gateway(config=config, wait_up=False) as g:
                g.until(lambda: metrics(g)['devlink3_link_state{pbx="main",state="stopped"}'] == 1, "stopped")
                # A link that is only down has tried again twice by then.
                time.sleep(5)
                m = metrics(g)
                self.assertEqual((m['devlink3_link_attempts_total{pbx="main"}'], m['devlink3_link_state{pbx="main",state="stopped"}']), (1, 1))
                self.assertIn("wrong_password", g.said())
                write("devlink3\n")
                g.process.send_signal(signal.SIGHUP)
                g.until(lambda: g.get("/readyz").status == 200, "up with another")
                self.assertEqual(metrics(g)['devlink3_link_attempts_total{pbx="main"}'], 2)


def certificate(folder):
    """One that is made for the test."""
    path = os.path.join(folder, "tls.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
                    "-days", "2", "-keyout", path, "-out", path + ".crt"], check=True, capture_output=True)
    with open(path, "a") as f, open(path + ".crt") as crt:
        f.write(crt.read())
    return path


class Abuse(unittest.TestCase):
    """Those who hold connections, send nonsense or too much, in the clear and over TLS, while a consumer listens at each address."""
    LIMIT = 300

    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 8 * self.LIMIT:
            self.skipTest(f"no more than {hard} descriptors are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 8 * self.LIMIT), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        config = (f"listen:\n  - address: 127.0.0.1:0\n  - {{address: '127.0.0.1:0', tls: {{certificate: {certificate(self.folder)}}}}}\n"
                  f"limits: {{connections: {self.LIMIT}, connections_per_address: {self.LIMIT - 20}, request_timeout_s: 2}}\nlog: {{level: error}}\nstate: {self.folder}/state\n")
        self.g = self.enterContext(Gateway("--demo", config=config))
        self.clear = self.g.address
        self.secure = self.g.process.stdout.readline().split("//")[1].strip()
        self.crowd = []
        self.addCleanup(lambda: [s.close() for s in self.crowd])
        self.heard, self.stop = [0, 0], threading.Event()
        listeners = [self.listen(0, self.plain(self.clear)), self.listen(1, self.tls())]
        self.addCleanup(lambda: (self.stop.set(), [t.join() for t in listeners]))

    def plain(self, address):
        host, port = address.rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=30)

    def tls(self):
        context = ssl.create_default_context(cafile=os.path.join(self.folder, "tls.pem.crt"))
        return context.wrap_socket(self.plain(self.secure), server_hostname="localhost")

    def listen(self, which, sock):
        """Counts the events of a stream, whose numbers follow one another."""
        address = (self.clear, self.secure)[which]
        sock.sendall(f"GET /v1/stream?kind=call,user,group,record,link,gap HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
        self.assertTrue(sock.recv(65536).startswith(b"HTTP/1.1 200"))
        sock.settimeout(0.2)

        def run():
            data, last = b"", None
            while not self.stop.is_set():
                try:
                    piece = sock.recv(65536)
                except TimeoutError:
                    continue
                if not piece:
                    self.heard[which] = float("nan")
                    break
                data += piece
                *lines, data = data.split(b"\n")
                for line in lines:
                    if line.startswith(b"data: "):
                        n = json.loads(line[6:])["seq"]
                        if last is not None and n != last + 1:
                            self.heard[which] = float("nan")
                        last = n
                        self.heard[which] += 1
            sock.close()
        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def check_served(self):
        """Both who listen hear what comes, and whoever asks is answered."""
        before = list(self.heard)
        self.g.until(lambda: all(now > b for now, b in zip(self.heard, before)) or any(n != n for n in self.heard), "something new")
        self.assertEqual([n for n in self.heard if n != n], [], "a number was missing, or the stream broke")

    def ask(self, path="/healthz"):
        with self.plain(self.clear) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.clear}\r\nConnection: close\r\n\r\n".encode())
            return read_answer(s)

    def counted(self, name):
        values = dict(line.rsplit(" ", 1) for line in self.ask("/metrics").body.decode().splitlines() if not line.startswith("#"))
        return float(values[f"devlink3_{name}"])

    def held(self, send, address=None, count=200):
        """So many connections that begin like that and go no further; @return them."""
        mine = []
        for _ in range(count):
            s = self.plain(address or self.clear)
            s.sendall(send)
            mine.append(s)
        self.crowd += mine
        return mine

    def check_cut_off(self, mine, trickle=b""):
        """All of them, within the time that a request may take and a few seconds of a slow machine."""
        end = time.monotonic() + 20
        open_ones = list(mine)
        while open_ones and time.monotonic() < end:
            for s in list(open_ones):
                try:
                    s.setblocking(False)
                    if trickle:
                        s.send(trickle)
                    if s.recv(4096) == b"":
                        open_ones.remove(s)
                except BlockingIOError:
                    pass
                except OSError:
                    open_ones.remove(s)
            time.sleep(0.1)
        self.assertEqual(len(open_ones), 0, "some are still held")

    def test_requests_that_never_end_are_cut_off(self):
        mine = self.held(f"GET /v1/calls HTTP/1.1\r\nHost: {self.clear}\r\n".encode())
        self.check_served()
        self.assertEqual(self.ask().status, 200)
        self.check_cut_off(mine, trickle=b"X-A: b\r\n")
        self.assertGreaterEqual(self.counted("http_timed_out_total"), 1)
        self.check_served()

    def test_bodies_that_never_end_are_cut_off(self):
        mine = self.held(f"POST /v1/login HTTP/1.1\r\nHost: {self.clear}\r\nContent-Length: 60000\r\n\r\n".encode())
        self.check_served()
        self.check_cut_off(mine, trickle=b"x")
        self.check_served()

    def test_handshakes_that_never_end_are_cut_off(self):
        """The first half of a client's hello."""
        begin, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        hello = ssl.create_default_context().wrap_bio(begin, outgoing, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            hello.do_handshake()
        whole = outgoing.read()
        mine = self.held(whole[:len(whole) // 2], self.secure, 70) + self.held(whole, self.secure, 70) + self.held(b"", self.secure, 60)
        self.check_served()
        self.check_cut_off(mine)
        self.assertEqual(self.tls_status(), 200)
        self.check_served()

    def tls_status(self):
        with self.tls() as s:
            s.sendall(f"GET /healthz HTTP/1.1\r\nHost: {self.secure}\r\nConnection: close\r\n\r\n".encode())
            return read_answer(s).status

    def test_what_is_too_much_is_refused_and_costs_nothing(self):
        host = f"Host: {self.clear}\r\n".encode()
        for send, status in ((b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * (32 << 20), b"431"), (b"GET /" + b"a" * (32 << 20), b"431"),
                             (b"GET / HTTP/1.1\r\n" + host + b"X: y\r\n" * 1000000, b"431"),
                             (b"POST /v1/login HTTP/1.1\r\n" + host + b"Content-Length: 33554432\r\n\r\n" + bytes(32 << 20), b"413"),
                             (b"POST /v1/login HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n" + (b"1\r\nx\r\n" * 1000000), b"413"),
                             (b"\x16\x03\x01" + bytes(32 << 20), b"400")):
            with self.plain(self.clear) as s:
                try:
                    s.sendall(send)
                except OSError:
                    pass
                try:
                    answer = s.recv(4096)
                except ConnectionResetError:
                    answer = b""
                # Whoever still sends may have the answer swept away by the reset.
                self.assertIn(answer[9:12], (status, b""), send[:40])
        self.check_served()

    def test_more_connections_than_allowed_are_turned_away(self):
        mine = self.held(b"", count=3 * self.LIMIT)
        self.check_served()
        # Who comes from elsewhere is served meanwhile.
        host, port = self.clear.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=30, source_address=("127.0.0.2", 0)) as s:
            s.sendall(f"GET /healthz HTTP/1.1\r\nHost: {self.clear}\r\nConnection: close\r\n\r\n".encode())
            self.assertEqual(read_answer(s).status, 200)
        self.check_cut_off(mine)
        self.assertEqual(self.ask().status, 200)
        self.assertGreaterEqual(self.counted("http_turned_away_total"), self.LIMIT)
        self.check_served()

    def test_all_of_it_at_once_and_memory_stays(self):
        with open(PROGRAM, "rb") as f:
            sanitized = b"__asan_init" in f.read()
        before = memory_kib(self.g)
        for _ in range(3):
            mine = self.held(b"GET / HTTP/1.1\r\n", count=90) + self.held(b"\x16\x03\x01\x02", self.secure, 90)
            mine += self.held(b"GET / HTTP/1.1\r\nX: " + b"y" * 15000, count=90)
            self.check_served()
            self.check_cut_off(mine)
        self.assertEqual((self.ask().status, self.tls_status()), (200, 200))
        if not sanitized:
            self.assertLess(memory_kib(self.g) - before, 48 * 1024)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
