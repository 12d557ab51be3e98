# SPDX-License-Identifier: MIT
"""A PostgreSQL server of one's own: in a temporary folder, on a socket there, gone afterwards.

PostgreSQL does not run as root; root becomes the user `postgres` for it.
"""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time


def programs():
    """The folder of initdb and postgres; None where there is none."""
    found = shutil.which("initdb")
    folders = [os.path.dirname(os.path.realpath(found))] if found else []
    folders += sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    return next((f for f in folders if os.path.exists(os.path.join(f, "postgres")) and os.path.exists(os.path.join(f, "psql"))), None)


class Server:
    def __init__(self):
        self.bin = programs()
        self.folder = tempfile.mkdtemp(prefix="dl3-pg-")
        self.data = os.path.join(self.folder, "data")
        self.user = None
        self.process = None
        if os.geteuid() == 0:
            self.user = pwd.getpwnam("postgres")
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        secret = os.path.join(self.folder, "secret")
        with open(secret, "w", encoding="ascii") as f:
            f.write("correct horse\n")
        os.chmod(secret, 0o644)
        try:
            self.make(secret)
        except BaseException:
            self.remove()
            raise

    def make(self, secret):
        self.run("initdb", "-D", self.data, "-U", "dl3", "-A", "scram-sha-256", "--pwfile", secret, "-N", "-E", "UTF8",
                 "--locale=C.UTF-8")
        self.start()

    def _become(self):
        if self.user:
            os.setgroups([])
            os.setgid(self.user.pw_gid)
            os.setuid(self.user.pw_uid)

    def run(self, program, *args):
        done = subprocess.run([os.path.join(self.bin, program), *args], cwd=self.folder, preexec_fn=self._become,
                              capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PGPASSWORD": "correct horse", "LC_ALL": "C"}, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        """Tries for a while: the processes of a server that was killed may still be going."""
        end = time.monotonic() + 30
        while not self._start_once():
            if time.monotonic() > end:
                with open(os.path.join(self.folder, "log"), encoding="utf-8") as f:
                    raise RuntimeError(f.read())
            time.sleep(0.1)

    def _start_once(self):
        with open(os.path.join(self.folder, "log"), "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [os.path.join(self.bin, "postgres"), "-D", self.data, "-k", self.folder, "-c", "listen_addresses=",
                 "-c", "fsync=off"], cwd=self.folder, preexec_fn=self._become, stdout=log, stderr=log)
        while self.process.poll() is None:
            try:
                self.sql("SELECT 1")
                return True
            except RuntimeError:
                time.sleep(0.02)
        self.process = None
        return False

    def signal_all(self, how):
        """To the server and all its processes, which are in sessions of their own."""
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            children = [int(c) for c in f.read().split()]
        for each in [pid, *children]:
            try:
                os.kill(each, how)
            except ProcessLookupError:
                pass

    def sql(self, text, database="postgres"):
        return self.run("psql", "-X", "-A", "-t", "-h", self.folder, "-U", "dl3", "-d", database, "-c", text).strip()

    def database(self, name):
        """An empty one, and its URL."""
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name, password="correct%20horse"):
        host = self.folder.replace("/", "%2F")
        return f"postgresql://dl3:{password}@{host}/{name}"

    def stop(self, how=signal.SIGINT):
        """SIGINT: at once, with all connections; SIGKILL with all its children: as when the power goes."""
        if self.process is None:
            return
        if how == signal.SIGKILL:
            self.signal_all(how)
        else:
            self.process.send_signal(how)
        self.process.wait()
        self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
