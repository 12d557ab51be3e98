# SPDX-License-Identifier: MIT
"""What the tests of the Python package share."""
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
COMMAND = os.environ["DEVLINK3_COMMAND"]
USER = PASSWORD = "devlink3"  # of the simulator's made world
TIMEOUT = 60


def command(*arguments, stdin=b""):
    """The lines of JSON that a command prints."""
    done = subprocess.run([COMMAND, *map(str, arguments)], input=stdin, capture_output=True, timeout=TIMEOUT)
    assert done.returncode in (0, 1), done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def sample():
    """The octets of each frame of examples/sample-stream.hex."""
    lines = (ROOT / "examples" / "sample-stream.hex").read_text().splitlines()
    return [bytes.fromhex(line) for line in lines if line.strip() and not line.startswith("#")]


def frame(payload):
    size = len(payload) + 3
    if size < 0x8000:
        return b"\x49" + size.to_bytes(2, "big") + payload
    size += 1
    return b"\x49" + bytes([0x80 | size >> 15, size >> 8 & 0x7f, size & 255]) + payload


def event(pbx, counter, *tuples):
    """A frame with an event of tuples (code, octets)."""
    table = b"".join(code.to_bytes(4, "big") + len(data).to_bytes(2, "big") + data for code, data in tuples)
    return frame(b"\x10\x30\x00\x11" + pbx.to_bytes(4, "big") + counter.to_bytes(4, "big") + table)


class Simulator:
    """`devlink3 sim`, from its first address on."""

    def __init__(self, *options, listen="--listen", nodes=True):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([COMMAND, "sim", listen, "127.0.0.1:0", "--quiet", *(["--nodes", "1"] if nodes else []),
                                         *map(str, options)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors)
        self.addresses = [self.address() for o in (listen, *options) if o in ("--listen", "--tls-listen", "--control")]
        self.port = int(self.addresses[0].rpartition(":")[2])

    def address(self):
        ready = select.select([self.process.stdout], [], [], TIMEOUT)[0]
        line = self.process.stdout.readline().decode() if ready else ""
        if " on " not in line:
            self.stop()
            raise AssertionError(f"the simulator did not begin: {line!r}")
        return line.split()[-1]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def certificate(folder, name="localhost"):
    """Paths of a certificate for this machine and of its key."""
    cert, key = os.path.join(folder, f"{name}.pem"), os.path.join(folder, f"{name}.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", cert, "-keyout", key],
                   check=True, capture_output=True)
    return cert, key


def python(code, **environment):
    """Exit code and standard error of an interpreter of its own."""
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, timeout=TIMEOUT)
    return done.returncode, done.stderr.decode()
