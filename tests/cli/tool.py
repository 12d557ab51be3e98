# SPDX-License-Identifier: MIT
"""What the tests of the commands that connect share: running them, also on a terminal."""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "peer"), str(HERE.parent / "sim")]
PROGRAM = sys.argv[1]
TIMEOUT = 60
# A shell's background has it ignored, and what it starts inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
USER = "devlink3"  # of the simulator's made world, and its password


def environment(password="secret", **more):
    env = {k: v for k, v in os.environ.items() if k not in ("DEVLINK3_PASSWORD", "NO_COLOR", "COLUMNS")}
    env.update({"LC_ALL": "C.UTF-8", "TERM": "xterm", "TZ": "UTC"})
    if password is not None:
        env["DEVLINK3_PASSWORD"] = password
    env.update(more)
    return env


def run(*arguments, password="secret", stdin=None, **more):
    """The exit code, standard output, standard error. Without a terminal."""
    p = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, timeout=TIMEOUT, env=environment(password, **more),
                       stdin=stdin or subprocess.DEVNULL, start_new_session=True)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def start(*arguments, password="secret", **more):
    return subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            stdin=subprocess.DEVNULL, env=environment(password, **more), start_new_session=True)


def lines(output):
    assert output == "" or output.endswith("\n"), output[-100:]
    return [json.loads(line) for line in output.split("\n")[:-1]]


def options_in_help(command):
    """The options that --help lists, long and short, but --help itself."""
    out = run(command, "--help")[1]
    listed = re.findall(r"^  ((?:-\w, )?--[\w-]+(?:, --[\w-]+)*)", out, re.M)
    return sorted({o for words in listed for o in words.split(", ")})


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *arguments, password="secret", columns=100, rows=24, **more):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(PROGRAM, [PROGRAM, *map(str, arguments)], environment(password, **more))
        self.output, self.code = b"", None
        self.resize(columns, rows)

    def resize(self, columns, rows=24):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, wanted, timeout=TIMEOUT):
        """Reads until it has come, and returns all that has."""
        return self.read_while(lambda: wanted.encode() not in self.output, wanted, timeout)

    def until_lines(self, count):
        return self.read_while(lambda: self.output.count(b"\n") < count, f"line {count}", TIMEOUT)

    def read_while(self, lacks, wanted, timeout):
        end = time.monotonic() + timeout
        while lacks():
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"{wanted!r} did not come: {self.output!r}")
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                more = b""
            if not more:
                raise AssertionError(f"it ended before {wanted!r} came: {self.output!r}")
            self.output += more
        return self.output.decode()

    def type(self, text):
        os.write(self.fd, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def end(self):
        """The rest of the output; `code` is then the exit code."""
        while True:
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                more = b""
            if not more:
                break
            self.output += more
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return self.output.decode()

    def interrupt(self):
        os.kill(self.pid, signal.SIGINT)
        return self.end()
