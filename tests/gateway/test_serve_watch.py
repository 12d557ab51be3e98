#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What those who watch `devlink3 serve` are told: metrics, the rules for them, readiness. Usage: test_serve_watch.py PROGRAM [CLASS]"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from gateway import PROGRAM, TIMEOUT, Gateway, WebSocket
from sim import Sim
from watched import Reader, free_port, metrics, traffic

ALERTS = pathlib.Path(__file__).parents[2] / "packaging" / "prometheus" / "alerts.yaml"


def promtool(*words, **more):
    if not shutil.which("promtool"):
        raise unittest.SkipTest("there is no promtool (Debian: prometheus)")
    return subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=TIMEOUT, **more)


def quiet():
    return Sim(PROGRAM, "--listen", "127.0.0.1:0", "--quiet", "--rate", "0", "--control", "127.0.0.1:0")


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """With a PBX, one that is not there, the proxy, consumers, and requests of each kind."""
        port, other, proxy = free_port(), free_port(), free_port()
        config = ("listen: [{address: '127.0.0.1:0'}]\npbxs:\n"
                  f"  - {{name: main, url: 'devlink3://devlink3@127.0.0.1:{port}', flags: '-CMExtn'}}\n"
                  f"  - {{name: away, url: 'devlink3://devlink3@127.0.0.1:{other}'}}\n"
                  f"proxy:\n  listen: [{{address: '127.0.0.1:{proxy}'}}]\n  users: [{{name: app, password_env: DEVLINK3_PASSWORD}}]\n")
        with traffic(port, 20) as sim, Gateway(config=config) as g, Reader(g, "kind=call"), WebSocket(g, "kind=call"):
            g.get("/nothing")
            sim.wait()
            g.until(lambda: metrics(g)['devlink3_link_up{pbx="main"}'] == 0, "the end")
            cls.text, cls.values = g.get("/metrics").body.decode(), metrics(g)

    def test_prometheus_understands_and_has_nothing_to_remark(self):
        done = promtool("check", "metrics", input=self.text)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_the_histogram_is_one(self):
        buckets = [v for k, v in self.values.items() if k.startswith("devlink3_delivery_seconds_bucket")]
        count, total = self.values["devlink3_delivery_seconds_count"], self.values["devlink3_delivery_seconds_sum"]
        self.assertEqual(buckets, sorted(buckets))
        self.assertEqual(buckets[-1], count)
        # Each record and what it caused; what the clock causes has not come from anywhere.
        caused = sum(self.values[f'devlink3_messages_total{{kind="{k}"}}'] for k in ("record", "call", "user", "group"))
        self.assertGreaterEqual(count, self.values['devlink3_messages_total{kind="record"}'])
        self.assertLessEqual(count, caused + self.values['devlink3_messages_total{kind="link"}'])
        self.assertGreater(total, 0)
        bounds = [float(b) for b in re.findall(r'delivery_seconds_bucket\{le="([^"]+)"', self.text)]
        below = sum(n * b for n, b in zip([b - a for a, b in zip(buckets, buckets[1:])], bounds))
        self.assertGreaterEqual(total, below * 0.999, "the sum is not less than the buckets say")

    def test_consumers_links_and_requests_are_told_apart(self):
        v = self.values
        self.assertEqual([v[f'devlink3_consumers{{kind="{k}"}}'] for k in ("sse", "websocket", "proxy")], [1, 1, 0])
        for pbx in ("main", "away"):
            self.assertEqual(sum(n for k, n in v.items() if k.startswith(f'devlink3_link_state{{pbx="{pbx}"')), 1)
        self.assertEqual(v['devlink3_link_connections_total{pbx="main"}'], 1)
        self.assertEqual(v['devlink3_link_connections_total{pbx="away"}'], 0)
        self.assertGreater(v["devlink3_http_requests_total"], 3)
        self.assertGreaterEqual(v['devlink3_http_answers_total{class="4xx"}'], 1)
        self.assertEqual(v['devlink3_store_stored_total{kind="event"}'], v['devlink3_messages_total{kind="record"}'])

    def test_the_rules_are_rules_about_what_there_is(self):
        done = promtool("check", "rules", str(ALERTS))
        self.assertEqual(done.returncode, 0, done.stderr)
        told = {re.sub(r"\{.*", "", k) for k in self.values}
        used = set(re.findall(r"\bdevlink3_\w+", ALERTS.read_text()))
        self.assertGreater(len(used), 10)
        self.assertEqual(used - told, set())

    def test_the_rules_say_what_they_should(self):
        cases = """
rule_files: [%s]
evaluation_interval: 30s
tests:
  - interval: 30s
    input_series:
      - {series: 'devlink3_link_up{pbx="a"}', values: '1x4 0x20'}
      - {series: 'devlink3_link_up{pbx="b"}', values: '1x4 0x2 1x20'}
      - {series: 'devlink3_store_lost_total{kind="event"}', values: '0x4 5x20'}
      - {series: 'devlink3_delivery_seconds_bucket{le="0.1"}', values: '0+50x40'}
      - {series: 'devlink3_delivery_seconds_bucket{le="0.25"}', values: '0+100x40'}
      - {series: 'devlink3_delivery_seconds_bucket{le="+Inf"}', values: '0+100x40'}
    alert_rule_test:
      - {eval_time: 2m, alertname: Devlink3LinkDown, exp_alerts: []}
      - eval_time: 6m
        alertname: Devlink3LinkDown
        exp_alerts:
          - exp_labels: {severity: critical, pbx: a}
            exp_annotations:
              summary: a has not been connected for two minutes.
              description: What calls there are meanwhile is not known, and no history will have those that began and ended.
      - {eval_time: 1m, alertname: Devlink3StoreLost, exp_alerts: []}
      - eval_time: 16m
        alertname: Devlink3DeliverySlow
        exp_alerts:
          - exp_labels: {severity: warning}
            exp_annotations: {summary: A hundredth of the messages of  takes longer than 247ms.}
"""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
            f.write(cases % ALERTS)
            f.flush()
            done = promtool("test", "rules", f.name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Ready(unittest.TestCase):
    def test_one_of_two_is_enough_and_which_is_said(self):
        with quiet() as one, quiet() as two:
            config = ("listen: [{address: '127.0.0.1:0'}]\npbxs:\n"
                      f"  - {{name: one, url: 'devlink3://devlink3@{one.address}', flags: '-CMExtn'}}\n"
                      f"  - {{name: two, url: 'devlink3://devlink3@{two.address}', flags: '-CMExtn'}}\n")
            with Gateway(config=config) as g:
                g.until(lambda: g.get("/readyz").json()["links_up"] == 2, "both")
                one.stop()
                g.until(lambda: g.get("/readyz").json()["links_up"] == 1, "one")
                a = g.get("/readyz")
                self.assertEqual((a.status, a.json()["ready"], a.json()["reasons"], a.json()["links"]), (200, True, [], 2))
                self.assertEqual(a.json()["pbxs"]["two"], "up")
                self.assertNotEqual(a.json()["pbxs"]["one"], "up")
                two.stop()
                g.until(lambda: g.get("/readyz").status == 503, "none")
                self.assertEqual(g.get("/readyz").json()["reasons"], ["no link to a PBX is up"])
                self.assertEqual(g.get("/healthz").status, 200)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
