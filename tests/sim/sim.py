# SPDX-License-Identifier: MIT
"""Runs `devlink3 sim` for a test, and asks it things."""
import json
import os
import re
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request


class Sim:
    def __init__(self, program, *options, world=None):
        self.files, args = [], [program, "sim", *options]
        if world is not None:
            self.files.append(tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False))
            self.files[0].write(world)
            self.files[0].close()
            args.append(self.files[0].name)
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.addresses, self.control = [], None
        wanted = sum(o in ("--listen", "--tls-listen", "--control") for o in options) or 1
        while len(self.addresses) + (self.control is not None) < wanted:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"it did not start: {self.errors()}")
            if m := re.fullmatch(r"listening on (\S+)\n", line):
                self.addresses.append(m[1])
            elif m := re.fullmatch(r"control on (http://\S+)\n", line):
                self.control = m[1]
            else:
                raise AssertionError(f"unexpected line {line!r}")

    @property
    def address(self):
        return self.addresses[0]

    def errors(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        code = self.stop()
        for f in self.files:
            os.unlink(f.name)
        if _[0] is None:
            assert code == 0, f"it ended with {code}: {self.errors()}"

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        code = self.process.wait(timeout=30)
        self.process.stdout.close()
        return code

    def wait(self, timeout=60):
        return self.process.wait(timeout=timeout)

    # ---- control ----

    def ask(self, method, path, body=None, headers=None, raw=None):
        """@return status, decoded JSON."""
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        h = {"Content-Type": "application/json"} if data is not None else {}
        h.update(headers or {})
        request = urllib.request.Request(self.control + path, data=data, method=method, headers=h)
        try:
            with urllib.request.urlopen(request, timeout=20) as r:
                return r.status, json.loads(r.read() or b"null")
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b"null")

    def do(self, action, **arguments):
        status, answer = self.ask("POST", "/v1/do", {"action": action, **arguments})
        assert status == 200, f"{action} {arguments}: {status} {answer}"
        return answer

    def fault(self, text):
        status, answer = self.ask("POST", "/v1/fault", {"fault": text})
        assert status == 200, f"fault {text}: {status} {answer}"
