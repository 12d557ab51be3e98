#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 serve`, from a simulated PBX to those who listen and ask. Usage: test_serve.py PROGRAM [CLASS]"""
import csv
import io
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from gateway import PROGRAM, TIMEOUT, Gateway, WebSocket, faults, read_answer
from sim import Sim

ROOT = pathlib.Path(__file__).parents[2]


def simulator(*options, rate=120, speed=20, duration=60, seed=3, **more):
    return Sim(PROGRAM, "--listen", "127.0.0.1:0", "--quiet", "--seed", str(seed), "--rate", str(rate), "--speed", str(speed),
               *(["--duration", str(duration)] if duration else []), *options, **more)


def quiet():
    """One that has no calls but those that are asked for."""
    return Sim(PROGRAM, "--listen", "127.0.0.1:0", "--quiet", "--rate", "0", "--control", "127.0.0.1:0")


def ring(sim, user="2001", call="c1", cli="01707123456"):
    sim.do("incoming", trunk=17, cli=cli, to=user, call=call)


class Truth(unittest.TestCase):
    def test_history_is_what_happened(self):
        with tempfile.TemporaryDirectory() as d:
            with simulator("--wait", "--nodes", "1", "--truth", f"{d}/truth", duration=240) as sim, Gateway(pbx=sim.address) as g:
                self.assertEqual(sim.wait(), 0)
                g.until(lambda: g.get("/v1/calls").json()["calls"] == [] or "link_lost" in g.said() or "waiting" in g.said(), "the end")
                with open(f"{d}/truth") as f:
                    truth = {c["id"]: c for c in map(json.loads, f)}
                self.assertGreater(len(truth), 100)
                g.until(lambda: len(g.get("/v1/history?limit=1000").json()["calls"]) >= len(truth) - 5, "stored")
                told = {c["id"]: c for c in g.get("/v1/history?limit=1000").json()["calls"]}
        self.assertEqual(set(told) - set(truth), set(), "nothing is invented")
        # Those that were up when the connection ended have no end yet.
        self.assertLess(len(set(truth) - set(told)), 5)
        for id, c in told.items():
            if not c["incomplete"]:
                for name in ("direction", "outcome", "cli", "parties", "transfers", "group", "answered_by"):
                    self.assertEqual(c[name], truth[id][name], (id, name))
                for name in ("talk_s", "ring_s", "hold_s", "queue_s"):
                    self.assertAlmostEqual(c[name], truth[id][name], delta=0.21, msg=(id, name))

    def test_records_of_a_call_lead_to_it(self):
        with quiet() as sim, Gateway(pbx=sim.address) as g:
            ring(sim)
            sim.do("answer", user="2001", call="c1")
            g.until(lambda: any(c["state"] == "connected" for c in g.get("/v1/calls").json()["calls"]), "connected")
            call, = g.get("/v1/calls").json()["calls"]
            g.until(lambda: len(g.get(f"/v1/calls/{call['id']}").json()["records"]) >= 2, "stored records")
            up = g.get(f"/v1/calls/{call['id']}?pbx={call['pbx']}").json()
            self.assertEqual(up["call"]["id"], call["id"])
            sim.do("hang_up", call="c1")
            g.until(lambda: g.get(f"/v1/calls/{call['id']}").json().get("call", {}).get("ended"), "over and stored")
            over = g.get(f"/v1/calls/{call['id']}").json()
            self.assertGreater(len(over["records"]), len(up["records"]))
            for r in over["records"]:
                self.assertIn("<", r["raw"] + "<")
                self.assertIn("kind", r["record"])
                self.assertRegex(r["node"], r"^\d+\.\d+\.\d+\.\d+$")
            self.assertEqual([r["seq"] for r in over["records"]], sorted(r["seq"] for r in over["records"]))
            self.assertEqual(g.get("/v1/calls/nosuchcall").status, 404)


    def test_a_call_that_has_just_ended_is_there_before_the_store_has_it(self):
        with simulator(duration=None) as sim, Gateway(pbx=sim.address) as g, g.stream("kind=call") as stream:
            for _ in range(20):
                call = stream.until(lambda m: m["what"] == "ended" and m["call"]["outcome"] == "answered")[-1]["call"]
                answer = g.get(f"/v1/calls/{call['id']}")
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(answer.json()["call"], call)


class Streams(unittest.TestCase):
    def collect(self, stream, count):
        return [stream.next() for _ in range(count)]

    def test_server_sent_events_and_websocket_tell_the_same(self):
        with simulator("--wait", duration=60) as sim, Gateway(pbx=sim.address, wait_up=False) as g:
            with g.stream("kind=call,user,group,record") as a, WebSocket(g, "kind=call,user,group,record") as b:
                events = [m for _, m in self.collect(a, 400)]
                start = events[0]["seq"]
                messages = b.until(lambda m: m["seq"] == events[-1]["seq"])
        self.assertEqual([m for m in messages if m["seq"] >= start], [m for m in events if m["seq"] >= messages[0]["seq"]])
        numbers = [m["seq"] for m in events]
        self.assertEqual(numbers, sorted(set(numbers)))

    def test_a_break_at_any_place_loses_nothing_and_repeats_nothing(self):
        with simulator("--wait", duration=90) as sim, Gateway(pbx=sim.address, wait_up=False) as g:
            with g.stream("kind=call,record") as whole:
                got, at = [], None
                for n in (1, 7, 30, 2, 90, 60):
                    headers = {"Last_Event_ID": str(at)} if at is not None else {}
                    query = "kind=call,record" if at is not None else "kind=call,record&from=0"
                    with g.stream(query, **headers) as s:
                        for _ in range(n):
                            id, m = s.next()
                            if m["kind"] != "gap":
                                got.append(m)
                                at = id
                expected = []
                while not expected or expected[-1]["seq"] < got[-1]["seq"]:
                    expected.append(whole.next()[1])
        first = expected[0]["seq"]
        self.assertEqual([m for m in got if m["seq"] >= first], expected)

    def test_a_snapshot_is_what_is_up_and_then_goes_on(self):
        with quiet() as sim, Gateway(pbx=sim.address) as g:
            ring(sim)
            g.until(lambda: g.get("/v1/calls").json()["calls"], "a call")
            with g.stream("snapshot=1") as s:
                seen = s.until(lambda m: m["kind"] == "snapshot" and m["what"] == "end")
                self.assertEqual(seen[0]["what"], "begin")
                kinds = [m["kind"] for m in seen[1:-1]]
                self.assertEqual(kinds.count("call"), 1)
                self.assertEqual(kinds.count("link"), 1)
                self.assertGreater(kinds.count("user"), 10)
                ring(sim, user="2002", call="c2")
                id, m = next((i, m) for i, m in iter(s.next, None) if m["kind"] == "call")
                self.assertEqual((m["what"], m["call"]["cli"]), ("began", "01707123456"))
                self.assertGreater(id, seen[-1]["seq"])

    def test_filters(self):
        with quiet() as sim, Gateway(pbx=sim.address) as g:
            with g.stream("extension=2001&kind=call,user") as one, WebSocket(g, "kind=link") as links:
                ring(sim, user="2002", call="c2")
                ring(sim, user="2001", call="c1", cli="01707000001")
                seen = one.until(lambda m: m["kind"] == "call")
                self.assertEqual(seen[-1]["call"]["cli"], "01707000001")
                self.assertTrue(all(m["kind"] == "call" or m["user"]["extension"] == "2001" for m in seen))
                links.say({"subscribe": {"kind": ["call"], "extension": "2002", "snapshot": True}})
                seen = links.until(lambda m: m["kind"] == "snapshot" and m["what"] == "end")
                self.assertEqual([m["call"]["targets"][0]["extension"] for m in seen if m["kind"] == "call"], ["2002"])

    def test_what_cannot_be_asked_for_is_said(self):
        with Gateway("--demo") as g:
            for query, wanted in (("kind=sms", "record, call, user, group, link or gap"), ("policy=hope", "disconnect, skip or latest"),
                                  ("from=yesterday", "sequence number"), ("queue=0", "from 1"), ("colour=red", "there is no parameter 'colour'")):
                a = g.get(f"/v1/stream?{query}")
                self.assertEqual((a.status, a.headers["content-type"]), (400, "application/problem+json"), query)
                self.assertIn(wanted, a.json()["detail"])
            with WebSocket(g) as s:
                for text, wanted in (("{", "no JSON"), ("[]", "expected"), ('{"subscribe": {"kind": "sms"}}', "record, call"),
                                     ('{"subscribe": {"kind": [1]}}', "list of text")):
                    s.send(1, text.encode())
                    m = s.until(lambda m: m["kind"] == "error")[-1]
                    self.assertIn(wanted, m["detail"])

    def test_websocket_pings_closes_and_refuses_what_is_no_frame(self):
        with Gateway("--demo") as g:
            with WebSocket(g, "kind=gap") as s:
                s.send(9, b"hello")
                self.assertEqual(s.frame(), (10, b"hello"))
                s.send(8, b"\x03\xe8")
                with self.assertRaises(EOFError) as e:
                    s.next()
                self.assertEqual(e.exception.args, (1000,))
            for opcode, payload, mask in ((1, b"{}", b""), (3, b"x", b"abcd"), (2, b"x", b"abcd")):
                with WebSocket(g, "kind=gap") as s:
                    s.send(opcode, payload, mask)
                    with self.assertRaises(EOFError) as e:
                        s.next()
                    self.assertIn(e.exception.args[0] if e.exception.args else None, (1002, 1003))
            a = g.get("/v1/ws")
            self.assertEqual((a.status, a.headers["upgrade"]), (426, "websocket"))

    def test_a_history_that_does_not_reach_back_is_told_with_its_size(self):
        config = "listen: [{address: '127.0.0.1:0'}]\nlimits: {ring_messages: 1024}\n"
        with simulator(rate=600, duration=None) as sim, Gateway(pbx=sim.address, config=config) as g:
            g.until(lambda: g.get("/v1/calls").json()["seq"] > 3000, "enough messages")
            with g.stream("from=10&kind=call,user,group,link,gap,record") as s:
                id, m = s.next()
                self.assertEqual((m["kind"], m["scope"]), ("gap", "history"))
                _, following = s.next()
                self.assertEqual(following["seq"], 10 + m["missed"] + 1)

    def test_whoever_stops_reading_is_skipped_ahead_and_told(self):
        with simulator(rate=2000, speed=30, duration=None) as sim, Gateway(pbx=sim.address) as g:
            with g.stream("kind=record,call,user&queue=100&policy=skip") as slow, g.stream("kind=record,call,user") as quick:
                deliver = [m for _, m in (quick.next() for _ in range(30000))]
                self.assertEqual([m for m in deliver if m["kind"] == "gap"], [])
                seen = slow.until(lambda m: m["kind"] == "gap")
                self.assertEqual(seen[-1]["scope"], "slow")
                # What came, what is said to be missing, and what follows, add up.
                # The slow one was the first to listen.
                before = {m["seq"] for m in seen[:-1] if m["seq"] >= deliver[0]["seq"]}
                follows = slow.next()[1]["seq"]
                wanted = [m["seq"] for m in deliver if min(before) <= m["seq"] < follows]
                if wanted and wanted[-1] >= follows - 1:
                    self.assertEqual(len(wanted), len(before) + seen[-1]["missed"])

    def test_stopping_says_goodbye(self):
        with Gateway("--demo") as g:
            with g.stream() as s, WebSocket(g) as w:
                self.assertEqual(g.stop(), 0)
                self.assertEqual(s.rest()[-1]["kind"], "bye")
                with self.assertRaises(EOFError) as e:
                    while True:
                        w.next()
                self.assertEqual(e.exception.args, (1001,))


class Rest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = simulator("--nodes", "1", rate=120, speed=40, duration=300)
        cls.g = Gateway(pbx=cls.sim.address)
        cls.sim.wait()
        cls.g.until(lambda: len(cls.g.get("/v1/history?limit=1000").json()["calls"]) > 100, "history")

    @classmethod
    def tearDownClass(cls):
        cls.g.__exit__(None)
        cls.sim.stop()

    def test_info_and_links(self):
        info = self.g.get("/v1/info").json()
        self.assertEqual((info["demo"], info["auth"], info["threshold_s"], info["short_s"]), (False, False, 20, 5))
        link, = self.g.get("/v1/pbx").json()["pbxs"]
        self.assertGreater(link["events"], 1000)
        self.assertEqual(link["connections"]["limit"], 3)
        self.assertNotIn("password", json.dumps(link))

    def test_history_pages_follow_one_another(self):
        every, cursor = [], ""
        while cursor is not None:
            page = self.g.get(f"/v1/history?limit=37{cursor and '&cursor=' + cursor}").json()
            self.assertLessEqual(len(page["calls"]), 37)
            every += page["calls"]
            cursor = page["next"]
        whole = self.g.get("/v1/history?limit=1000").json()["calls"]
        self.assertEqual([c["id"] for c in every], [c["id"] for c in whole])
        self.assertEqual([c["started"] for c in every], sorted((c["started"] for c in every), reverse=True))

    def test_history_filters(self):
        whole = self.g.get("/v1/history?limit=1000").json()["calls"]
        for query, test in (("direction=incoming", lambda c: c["direction"] == "incoming"), ("outcome=abandoned", lambda c: c["outcome"] == "abandoned"),
                            ("min_s=60", lambda c: c["duration_s"] >= 60), (f"number={whole[0]['cli']}", lambda c: whole[0]["cli"] in (c["cli"], c["did"], c["dialled"])),
                            ("order=asc&limit=1", lambda c: c["started"] == whole[-1]["started"])):
            got = self.g.get(f"/v1/history?limit=1000&{query}").json()["calls"]
            self.assertTrue(got, query)
            self.assertTrue(all(map(test, got)), query)
            if "limit=1" not in query:
                self.assertEqual(len(got), sum(map(test, whole)), query)
        middle = whole[len(whole) // 2]["started"]
        self.assertEqual(len(self.g.get(f"/v1/history?limit=1000&from={middle}").json()["calls"]), sum(c["started"] >= middle for c in whole))

    def test_history_as_csv(self):
        a = self.g.get("/v1/history?format=csv&order=asc")
        self.assertEqual((a.status, a.headers["content-type"]), (200, "text/csv; charset=utf-8"))
        rows = list(csv.DictReader(io.StringIO(a.body.decode())))
        whole = self.g.get("/v1/history?limit=1000&order=asc").json()["calls"]
        self.assertEqual([r["id"] for r in rows], [c["id"] for c in whole])
        self.assertEqual(self.g.get("/v1/history", Accept="text/csv").body[:200], self.g.get("/v1/history?format=csv").body[:200])

    def test_series_add_up(self):
        whole = self.g.get("/v1/history?limit=1000").json()["calls"]
        series = self.g.get("/v1/series?step=60").json()
        self.assertEqual(series["step_s"], 60)
        today = [c for c in whole if c["started"] >= self.g.get("/v1/info").json()["day_start"]]
        self.assertEqual(sum(p["calls"] for p in series["points"]), len(today))
        self.assertEqual(sum(p["answered"] for p in series["points"]), sum(c["outcome"] == "answered" for c in today))

    def test_users_and_groups_have_names(self):
        users = self.g.get("/v1/users").json()["users"]
        self.assertGreater(sum(bool(u["name"]) for u in users), 10)
        self.assertEqual([u["extension"] for u in self.g.get("/v1/users?extension=2001").json()["users"]], ["2001"])
        groups = self.g.get("/v1/groups?minutes=60").json()["groups"]
        self.assertGreater(sum(g["window"]["offered"] for g in groups), 0)

    def test_what_is_wrong_is_a_problem(self):
        for path, status, wanted in (("/v1/nothing", 404, "there is no /v1/nothing"), ("/nothing", 404, ""), ("/v1/history?limit=0", 400, "from 1 to 1000"),
                                     ("/v1/history?direction=up", 400, "incoming, outgoing"), ("/v1/history?from=soon", 400, "2026-01-31T09:05:00Z"),
                                     ("/v1/history?colour=1", 400, "no parameter 'colour'"), ("/v1/history?cursor=x", 400, ""),
                                     ("/v1/calls?group=" + "1," * 40, 400, "at most 32"), ("/v1/pbx/none/files/nasystem/user_list", 404, "no PBX 'none'"),
                                     ("/v1/%ff", 400, "UTF-8"), ("/v1/calls?extension=%zz", 400, "percent")):
            a = self.g.get(path)
            self.assertEqual((a.status, a.headers["content-type"]), (status, "application/problem+json"), path)
            problem = a.json()
            self.assertEqual((problem["type"], problem["status"]), ("about:blank", status))
            self.assertIn(wanted, problem["detail"], path)
        a = self.g.ask("DELETE", "/v1/calls")
        self.assertEqual((a.status, a.headers["allow"]), (405, "GET, HEAD"))

    def test_every_answer_is_as_the_interface_is_described(self):
        document = self.g.get("/openapi.json").json()
        call = self.g.get("/v1/history?limit=1").json()["calls"][0]
        checked = 0
        for path, methods in document["paths"].items():
            if "get" not in methods or path in ("/v1/stream", "/v1/ws", "/v1/pbx/{name}/files/{path}"):
                continue
            real = path.replace("{id}", call["id"]).replace("{group}", "2900")
            if path == "/v1/groups":
                real += "?minutes=60"
            a = self.g.get(real)
            described = methods["get"]["responses"][str(a.status)]["content"]
            kind = a.headers["content-type"].split(";")[0]
            self.assertIn(kind, described, path)
            if kind == "application/json":
                self.assertEqual(faults(document, described[kind]["schema"], a.json())[:5], [], path)
                checked += 1
            wrong = self.g.get(path.split("{")[0].rstrip("/") + "?nosuchparameter=1")
            if wrong.status == 400:
                self.assertEqual(faults(document, {"$ref": "#/components/schemas/Problem"}, wrong.json()), [])
        self.assertGreaterEqual(checked, 10)

    def test_what_is_described_is_what_there_is(self):
        """Each parameter that is described is taken, and what a path does not know it names."""
        document = self.g.get("/openapi.json").json()
        for path, methods in document["paths"].items():
            if not path.startswith("/v1/") or "get" not in methods:
                continue
            real = path.replace("{id}", "x").replace("{group}", "2900").replace("{name}", "x").replace("{path}", "y")
            a = self.g.get(real + "?nosuchparameter=1", **({"Upgrade": "websocket", "Connection": "close, Upgrade", "Sec_WebSocket_Version": "13",
                                                            "Sec_WebSocket_Key": "MDEyMzQ1Njc4OWFiY2RlZg=="} if path == "/v1/ws" else {}))
            self.assertEqual(a.status, 400, path)
            listed = set(re.findall(r"[a-z_]+", a.json()["detail"].split("there are: ")[1])) - {"none"}
            self.assertEqual(listed, {p["name"] for p in methods["get"]["parameters"] if p["in"] == "query"}, path)

    def test_metrics(self):
        text = self.g.get("/metrics").body.decode()
        names = set()
        for line in text.splitlines():
            if not line.startswith("#"):
                self.assertRegex(line, r'^devlink3_[a-z0-9_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+$')
                names.add(re.split(r"[{ ]", line)[0])
        for name in ("link_up", "link_records_total", "calls", "consumers", "messages_total", "store_queued", "store_lost_total", "http_answers_total"):
            self.assertIn(f"devlink3_{name}", names)
        for name in re.findall(r"^# TYPE (\S+) counter", text, re.M):
            self.assertTrue(name.endswith("_total"), name)


class Files(unittest.TestCase):
    def test_files_come_on_a_connection_of_their_own(self):
        with quiet() as sim, Gateway(pbx=sim.address) as g:
            a = g.get("/v1/pbx/127.0.0.1/files/nasystem/user_list")
            self.assertEqual((a.status, a.headers["content-type"]), (200, "text/plain; charset=utf-8"))
            self.assertIn("2001", a.body.decode())
            a = g.get("/v1/pbx/127.0.0.1/files/nasystem/nothing")
            self.assertEqual(a.status, 404)
            self.assertIn("no such file", a.json()["detail"])
            sim.stop()
            g.until(lambda: g.get("/readyz").status == 503, "down")
            self.assertIn(g.get("/v1/pbx/127.0.0.1/files/nasystem/hunt_list").status, (502, 504))


class Tokens(unittest.TestCase):
    CONFIG = "listen: [{address: '127.0.0.1:0'}]\ntokens_file: tokens.yaml\n"

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def add(self, gateway_folder, name, *options):
        return subprocess.run([PROGRAM, "token", "add", name, "--file", f"{gateway_folder}/tokens.yaml", *options], check=True,
                              capture_output=True, text=True).stdout.strip()

    def gateway(self, *more):
        """With a file of tokens that is there already."""
        path = os.path.join(self.folder.name, "g.yaml")
        with open(path, "w") as f:
            f.write(self.CONFIG + f"state: {self.folder.name}/state\n" + "".join(more))
        return Existing(path)

    def test_who_has_none_gets_nothing_but_the_page_and_health(self):
        token = self.add(self.folder.name, "wall", "--scope", "live")
        with self.gateway() as g:
            for path in ("/v1/info", "/v1/calls", "/v1/stream", "/v1/ws", "/v1/history", "/metrics", "/v1/pbx/demo/files/x"):
                self.assertEqual(g.get(path).status, 401, path)
                self.assertEqual(g.get(path, Authorization="Bearer dl3_" + "A" * 43).status, 401, path)
            self.assertEqual(g.get("/healthz").status, 200)
            self.assertNotIn("demo", g.get("/readyz").body.decode())
            self.assertEqual(g.get("/v1/calls", Authorization=f"Bearer {token}").status, 200)
            for path in ("/v1/history", "/metrics", "/v1/pbx/demo/files/nasystem/user_list"):
                a = g.get(path, Authorization=f"Bearer {token}")
                self.assertEqual(a.status, 403, path)
                self.assertIn("does not have the scope", a.json()["detail"])
            self.assertNotIn(token, g.said())

    def test_the_page_logs_in_with_a_cookie(self):
        token = self.add(self.folder.name, "wall", "--scope", "live")
        with self.gateway() as g:
            self.assertEqual(g.ask("POST", "/v1/login", body=b'{"token": "dl3_no"}').status, 401)
            self.assertEqual(g.ask("POST", "/v1/login", body=b"{").status, 400)
            a = g.ask("POST", "/v1/login", body=json.dumps({"token": token}).encode())
            self.assertEqual(a.status, 204)
            cookie = a.headers["set-cookie"]
            for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
                self.assertIn(word, cookie)
            value = cookie.split(";")[0]
            self.assertEqual(g.get("/v1/info", Cookie=f"a=b; {value}; c=d").status, 200)
            self.assertEqual(g.get("/v1/info", Cookie=value[:-1] + "x").status, 401)
            self.assertEqual(g.get("/v1/info", Cookie=value, Origin="https://evil.example").status, 403)

    def test_a_token_for_one_pbx_sees_that_one(self):
        token = self.add(self.folder.name, "other", "--scope", "live,history", "--pbx", "elsewhere")
        with self.gateway() as g:
            h = {"Authorization": f"Bearer {token}"}
            self.assertEqual(g.get("/v1/pbx", **h).json(), {"pbxs": []})
            self.assertEqual(g.get("/v1/users", **h).json()["users"], [])
            self.assertEqual(g.get("/v1/users?pbx=demo", **h).status, 403)
            self.assertEqual(g.get("/v1/history?pbx=demo", **h).status, 403)
            with WebSocket(g, **h) as s:
                s.say({"subscribe": {"pbx": "demo", "snapshot": True}})
                m = s.until(lambda m: m["kind"] in ("error", "snapshot"))[-1]
                self.assertEqual(m["kind"], "error")

    def test_a_token_that_is_removed_ends_its_streams(self):
        token = self.add(self.folder.name, "wall", "--scope", "live")
        with self.gateway() as g, g.stream(Authorization=f"Bearer {token}") as s:
            subprocess.run([PROGRAM, "token", "remove", "wall", "--file", f"{self.folder.name}/tokens.yaml"], check=True)
            self.assertEqual(s.rest()[-1]["kind"], "bye")
            self.assertEqual(g.get("/v1/calls", Authorization=f"Bearer {token}").status, 401)

    def test_without_tokens_other_names_and_origins_are_refused(self):
        with Gateway("--demo") as g:
            a = g.ask("GET", "/v1/calls", {"Host": "pbx.evil.example"})
            self.assertEqual(a.status, 421)
            self.assertEqual(g.get("/v1/calls", Origin="http://evil.example").status, 403)
            self.assertEqual(g.get("/v1/calls", Origin=f"http://{g.address}").status, 200)
            for path in ("/", "/v1/info"):
                a = g.get(path)
                self.assertIn("default-src 'none'", a.headers["content-security-policy"])
                self.assertEqual(a.headers["x-content-type-options"], "nosniff")


class Existing(Gateway):
    """With a demonstration beside a configuration that is there."""

    def __init__(self, path):
        self.folder = tempfile.TemporaryDirectory()
        self.log = open(self.path("log"), "w+")
        self.process = subprocess.Popen([PROGRAM, "serve", path, "--demo"], stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        env={**os.environ, "TZ": "UTC"})
        line = self.process.stdout.readline()
        m = re.fullmatch(r"listening on http://(\S+)\n", line)
        assert m, f"{line!r} {self.said()}"
        self.address = m[1]


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.g = Gateway("--demo", config="listen: [{address: '127.0.0.1:0'}]\nlimits: {request_timeout_s: 1, connections: 400}\nlog: {level: error}\n"
                        f"state: {tempfile.mkdtemp()}\n")

    @classmethod
    def tearDownClass(cls):
        cls.g.__exit__(None)

    def raw(self, octets, shut=False):
        with self.g.connect() as s:
            s.sendall(octets)
            if shut:
                s.shutdown(socket.SHUT_WR)
            return read_answer(s)

    def test_what_is_no_request_is_refused(self):
        for octets in (b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET\r\n\r\n", b"I\0\x08\0\x2a\0\x01\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
            self.assertEqual(self.raw(octets).status, 400, octets)
        self.assertEqual(self.raw(b"GET / HTTP/9.9\r\n\r\n").status, 505)

    def test_heads_and_bodies_have_limits(self):
        host = f"Host: {self.g.address}\r\n".encode()
        self.assertEqual(self.raw(b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + host + b"\r\n").status, 431)
        self.assertEqual(self.raw(b"GET / HTTP/1.1\r\n" + host + b"X: y\r\n" * 100 + b"\r\n").status, 431)
        self.assertEqual(self.raw(b"POST /v1/login HTTP/1.1\r\n" + host + b"Content-Length: 99999999\r\n\r\n").status, 413)
        self.assertEqual(self.raw(b"POST /v1/login HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n" +
                                  b"8000\r\n" + b"x" * 0x8000 + b"\r\n" + b"8001\r\n" + b"x" * 0x8001 + b"\r\n0\r\n\r\n").status, 413)

    def test_requests_one_behind_the_other_are_answered_in_order(self):
        host = f"Host: {self.g.address}\r\n".encode()
        with self.g.connect() as s:
            s.sendall((b"GET /healthz HTTP/1.1\r\n" + host + b"\r\n") * 50 + b"GET /v1/info HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n")
            data = b""
            while more := s.recv(65536):
                data += more
        self.assertEqual(data.count(b"HTTP/1.1 200 OK"), 51)
        self.assertTrue(data.endswith(b"}"))

    def test_head_has_no_body_and_a_page_that_is_known_none_either(self):
        a = self.g.ask("HEAD", "/v1/info")
        self.assertEqual((a.status, a.body), (200, b""))
        self.assertGreater(int(a.headers["content-length"]), 50)
        page = self.g.get("/")
        if page.status == 200:
            again = self.g.get("/", If_None_Match=page.headers["etag"])
            self.assertEqual((again.status, again.body), (304, b""))

    def test_one_who_sends_a_little_at_a_time_is_cut_off(self):
        with self.g.connect() as s:
            s.sendall(b"GET / HTTP/1.1\r\n")
            try:
                for i in range(300):
                    s.sendall(b"X-%d: y\r\n" % i)
                    time.sleep(0.05)
            except OSError:
                return
        self.fail("it took fifteen seconds of headers")

    def is_served(self):
        try:
            return self.g.get("/healthz").status == 200
        except ConnectionResetError:
            return False  # turned away, as long as the crowd has not been seen to be gone

    def test_a_flood_of_connections_is_turned_away_and_leaves_the_others_be(self):
        with self.g.stream("kind=call") as listener:
            crowd = [self.g.connect() for _ in range(600)]
            self.assertEqual(listener.next()[1]["kind"], "call")
            for s in crowd:
                s.close()
            self.g.until(self.is_served, "served again")


def without_time(record):
    """Field 15 of Call is when the record was written, and a PBX writes those of a snapshot anew."""
    head, call, rest = re.fullmatch(r"(.*<Call>)([^<]*)(<.*)", record).groups()
    fields = call.split(",")
    fields[14] = ""
    return head + ",".join(fields) + rest


class Proxy(unittest.TestCase):
    def config(self, sim, more=""):
        return ("listen: [{address: '127.0.0.1:0'}]\n"
                f"pbxs: [{{name: main, url: 'devlink3://devlink3@{sim.address}', flags: '-SIPTrack -CMExtn'}}]\n"
                "proxy:\n  listen: [{address: '127.0.0.1:0'}]\n  users: [{name: app, password_env: APP}]\n" + more)

    def run_tool(self, *words, password="sesame"):
        p = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=TIMEOUT, env={**os.environ, "DEVLINK3_PASSWORD": password})
        return p.returncode, p.stdout, p.stderr

    def test_an_application_that_speaks_devlink3_is_served_as_by_the_pbx(self):
        with quiet() as sim, Gateway(config=self.config(sim), APP="sesame") as g:
            m = re.fullmatch(r"listening on devlink3://(127\.0\.0\.1:\d+)\n", g.process.stdout.readline())
            g.until(lambda: g.get("/readyz").status == 200, "ready")
            ring(sim)
            g.until(lambda: g.get("/v1/calls").json()["calls"], "a call")
            direct = self.run_tool("watch", "--once", "--json", "--raw", f"devlink3://devlink3@{sim.address}", password="devlink3")
            through = self.run_tool("watch", "--once", "--json", "--raw", f"devlink3://app@{m[1]}")
            self.assertEqual((direct[0], through[0]), (0, 0), through[2])
            texts = [[without_time(json.loads(line)["record"]["raw"]) for line in out.splitlines() if '"record"' in line] for _, out, _ in (direct, through)]
            self.assertEqual(*texts)
            self.assertEqual(len(texts[0]), 1)
            code, out, err = self.run_tool("cat", f"devlink3://app@{m[1]}", "nasystem/user_list")
            self.assertEqual(code, 0)
            self.assertEqual(out, g.get("/v1/pbx/main/files/nasystem/user_list").body.decode().replace("\r\n", "\n"))
            self.assertEqual(self.run_tool("watch", "--once", f"devlink3://app@{m[1]}", password="wrong")[0], 3)


class Life(unittest.TestCase):
    def test_after_a_kill_history_is_there_and_numbers_go_on(self):
        with tempfile.TemporaryDirectory() as state, simulator(rate=600, duration=None) as sim:
            with Gateway(pbx=sim.address, state=state) as g:
                g.until(lambda: len(g.get("/v1/history?limit=1000").json()["calls"]) > 50, "history")
                before = {c["id"]: c for c in g.get("/v1/history?limit=1000").json()["calls"]}
                seq = g.get("/v1/calls").json()["seq"]
                g.process.kill()
                g.process.wait(TIMEOUT)
            with Gateway(pbx=sim.address, state=state) as g:
                after = {c["id"]: c for c in g.get("/v1/history?limit=1000").json()["calls"]}
                self.assertEqual({i: after.get(i) for i in before}, before)
                self.assertGreater(g.get("/v1/calls").json()["seq"], seq)

    def test_a_pbx_that_goes_and_comes_back(self):
        with quiet() as sim:
            with Gateway(pbx=sim.address) as g, g.stream("kind=link,call") as s:
                ring(sim)
                s.until(lambda m: m["kind"] == "call")
                # It hits any of the connections, of which one for files may be there too.
                sim.fault("reset")
                sim.fault("reset")
                down = s.until(lambda m: m["kind"] == "link" and m["link"]["state"] == "waiting")[-1]
                self.assertEqual(down["link"]["reason"], "closed")
                self.assertGreater(down["link"]["retry_s"], 0)
                s.until(lambda m: m["kind"] == "link" and m["link"]["state"] == "up")
                call, = g.get("/v1/calls").json()["calls"]
                sim.do("hang_up", call="c1")
                over = s.until(lambda m: m["kind"] == "call" and m["what"] == "ended")[-1]
                self.assertTrue(over["call"]["incomplete"])

    def test_a_wrong_password_is_said_and_not_tried_again(self):
        with quiet() as sim, Gateway(pbx=sim.address, wait_up=False, DEVLINK3_PASSWORD="wrong") as g:
            g.until(lambda: g.get("/v1/pbx").json()["pbxs"][0]["state"] == "stopped", "stopped")
            link, = g.get("/v1/pbx").json()["pbxs"]
            self.assertEqual(link["reason"], "wrong_password")
            self.assertEqual(g.get("/readyz").status, 503)
            self.assertEqual(g.get("/healthz").status, 200)
            self.assertNotIn("wrong\n", g.said())

    def test_a_reload_adds_a_pbx_and_keeps_those_who_listen(self):
        with quiet() as one, quiet() as two:
            config = ("listen: [{address: '127.0.0.1:0'}]\npbxs:\n"
                      f"  - {{name: one, url: 'devlink3://devlink3@{one.address}', flags: '-CMExtn'}}\n")
            with Gateway(config=config) as g, g.stream("kind=link") as s:
                with open(g.path("gateway.yaml"), "a") as f:
                    f.write(f"  - {{name: two, url: 'devlink3://devlink3@{two.address}', flags: '-CMExtn'}}\n")
                g.process.send_signal(signal.SIGHUP)
                s.until(lambda m: m["pbx"] == "two" and m["link"]["state"] == "up")
                with open(g.path("gateway.yaml"), "a") as f:
                    f.write("nonsense: true\n")
                g.process.send_signal(signal.SIGHUP)
                g.until(lambda: "refused" in g.said(), "refused")
                self.assertIn("nonsense", g.said())
                self.assertEqual({p["pbx"]: p["state"] for p in g.get("/v1/pbx").json()["pbxs"]}, {"one": "up", "two": "up"})

    def test_a_configuration_can_be_checked(self):
        def check(text):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
                f.write(text)
                f.flush()
                p = subprocess.run([PROGRAM, "serve", "--check", f.name], capture_output=True, text=True, timeout=TIMEOUT,
                                   env={**os.environ, "DEVLINK3_PASSWORD": "x"})
                return p.returncode, p.stdout, p.stderr
        code, out, err = check("pbxs: [{name: a, url: 'devlink3://u@127.0.0.1'}]\n")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(out.endswith(": good\n"))
        for text, wanted in (("pbxs: [{name: a}]", "url"), ("listen: [{address: '0.0.0.0:80'}]", "TLS"), ("pbx: []", "pbx"),
                             ("pbxs: [{name: a, url: 'devlink3://u:p@h'}]", "password")):
            code, out, err = check(text)
            self.assertEqual((code, out), (1, ""), text)
            self.assertIn(wanted, err)

    def test_a_taken_port_and_words_that_are_not_understood(self):
        with Gateway("--demo") as g:
            p = subprocess.run([PROGRAM, "serve", "--demo", "--listen", g.address], capture_output=True, text=True, timeout=TIMEOUT)
            self.assertEqual(p.returncode, 1)
            self.assertIn("choose another port", p.stderr)
        for words in ([], ["a.yaml", "b.yaml"], ["--no-such-option"], ["--pbx"]):
            p = subprocess.run([PROGRAM, "serve", *words], capture_output=True, text=True, timeout=TIMEOUT)
            self.assertEqual(p.returncode, 2, words)
            self.assertIn("usage: devlink3 serve", p.stderr)

    def test_systemd_is_told(self):
        with tempfile.TemporaryDirectory() as d:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
                s.bind(f"{d}/notify")
                s.settimeout(TIMEOUT)
                with Gateway("--demo", NOTIFY_SOCKET=f"{d}/notify", WATCHDOG_USEC="200000") as g:
                    heard = [s.recv(100) for _ in range(3)]
                    self.assertEqual(heard[0], b"READY=1")
                    self.assertIn(b"WATCHDOG=1", heard)
                    g.stop()
                    while s.recv(100) != b"STOPPING=1":
                        pass


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
