"""Driving rosterd-fetch as the daemon does, and the servers and lines it is tried against."""

import base64
import collections
import contextlib
import hashlib
import json
import os
import pathlib
import selectors
import shutil
import signal
import subprocess
import sys
import time

import lab

HERE = pathlib.Path(__file__).resolve().parent


class Fetcher:
    """One rosterd-fetch with its folders. Jobs go in, events come out; nothing waits without a deadline."""

    def __init__(self, home, program, name="fetch", sshd=None):
        self.folder = home.folder(name)
        self.spool = home.folder(f"{name}/spool")
        self.credentials = home.folder(f"{name}/credentials")
        if sshd:
            shutil.copy(sshd.client_key, self.credentials / "drop.key")
        lab.give(self.folder)
        self.errors = open(self.folder / "stderr", "w+b")
        self.events = collections.defaultdict(list)
        self.last_id = 0
        self.buffer = b""
        self.process = lab.spawn([program, "--credentials", self.credentials], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=self.errors, env=self.environment())
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    @staticmethod
    def environment():
        """The daemon gives none; the sanitizers' own settings come from outside."""
        return {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}

    def secret(self, name, text, mode=0o600):
        path = self.credentials / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        lab.give(path)

    def send(self, job):
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        self.process.stdin.flush()

    def start(self, job):
        """Send a job under a new number, which is returned."""
        self.last_id += 1
        self.send({"id": self.last_id, **job})
        return self.last_id

    def read(self, deadline):
        """Take what has come; False at the end of the output."""
        if not self.selector.select(max(0, deadline - time.monotonic())):
            raise lab.LabError(f"no event in time\n{self.complaints()}")
        data = os.read(self.process.stdout.fileno(), 65536)
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            event = json.loads(line)
            self.events[event["id"]].append(event)
        return data != b""

    def final(self, number, deadline_s=30):
        """The last event of a job; there must not be another."""
        deadline = time.monotonic() + deadline_s
        while not self.events[number] or self.events[number][-1]["event"] == "progress":
            if not self.read(deadline):
                raise lab.LabError(f"rosterd-fetch ended without an answer\n{self.complaints()}")
        return self.events[number][-1]

    def run(self, job, deadline_s=30):
        return self.final(self.start(job), deadline_s)

    def close(self, deadline_s=30):
        """End the input; the exit status, after all output was read."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        deadline = time.monotonic() + deadline_s
        while self.read(deadline):
            pass
        return self.process.wait(max(1, deadline - time.monotonic()))

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def complaints(self):
        self.errors.flush()
        return pathlib.Path(self.errors.name).read_text(errors="replace")

    def spooled(self):
        return sorted(path.name for path in self.spool.iterdir())

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.errors.close()


class KeyedSshd(lab.Sshd):
    """OpenSSH with host keys of every kind, or of those asked for."""

    def __init__(self, home, name, kinds=("ed25519", "ecdsa", "rsa"), extra=""):
        self.kinds, self.extra = kinds, extra
        self.keys = {}
        super().__init__(home, name)

    def write_config(self):
        for kind in self.kinds:
            path = self.folder / f"host_{kind}"
            if not path.exists():
                lab.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", path])
            blob = base64.b64decode(pathlib.Path(f"{path}.pub").read_text().split()[1])
            self.keys[kind] = "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        super().write_config()
        config = self.folder / "sshd_config"
        lines = [line for line in config.read_text().splitlines() if not line.startswith("HostKey ")]
        # The first of several values counts.
        config.write_text("\n".join([self.extra, *lines,
                                     *(f"HostKey {self.folder}/host_{kind}" for kind in self.kinds)]) + "\n")
        lab.give(self.folder)


class Line:
    """line.py as a context: Line(port, latency_ms=40).port"""

    def __init__(self, to, **options):
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        self.process = subprocess.Popen([sys.executable, HERE / "line.py", f"--to={to}", *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def speak(self):
        """Ends the silence of silent_after."""
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)
