#!/usr/bin/python3
"""How fast rosterd-fetch brings a file, beside OpenSSH's sftp, and what a poll that finds nothing costs.

    tests/bench/fetch.py [PROGRAM] [--mb 200] [--polls 200] [--rounds 3]

Ratios in one run on one machine; the best of the rounds counts on both sides.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

import fetcher  # noqa: E402
import lab  # noqa: E402


class Bench:
    def __init__(self, options):
        self.options = options
        self.home = lab.Home()
        self.sshd = lab.Sshd(self.home)
        self.sshd.start()
        program = options.program or lab.default_prefix() / "libexec/rosterd/rosterd-fetch"
        copy = self.home.write("rosterd-fetch", pathlib.Path(program).read_bytes(), 0o700)
        self.fetcher = fetcher.Fetcher(self.home, copy, sshd=self.sshd)
        self.drop = self.home.folder("drop")
        piece = os.urandom(1 << 20)
        self.zip = self.home.write("drop/big.zip", piece * options.mb)
        self.empty = self.home.folder("empty")

    def close(self):
        self.fetcher.stop()
        self.sshd.stop()
        self.home.remove()

    def job(self, port, folder, **more):
        return {"op": "poll", "host": "127.0.0.1", "port": port, "username": self.sshd.user, "credential": "drop",
                "host_keys": [self.sshd.fingerprint], "path": str(folder), "pattern": "*.zip",
                "ready": "two-polls", "spool": str(self.fetcher.spool), **more}

    def fetch_s(self, port, depth):
        status = self.zip.stat()
        seen = [{"name": "big.zip", "size": status.st_size, "mtime": int(status.st_mtime)}]
        begin = time.monotonic()
        event = self.fetcher.run(self.job(port, self.drop, seen=seen, depth=depth), 600)
        spent = time.monotonic() - begin
        if event["event"] != "fetched":
            raise lab.LabError(json.dumps(event))
        os.unlink(event["file"])
        return spent

    def sftp_s(self, port):
        target = self.home.path / "sftp.zip"
        begin = time.monotonic()
        lab.run(["sftp", "-q", "-F", "/dev/null", "-o", f"IdentityFile={self.sshd.client_key}", "-o",
                 "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-P",
                 port, f"{self.sshd.user}@127.0.0.1:{self.zip}", target], timeout=600)
        spent = time.monotonic() - begin
        target.unlink()
        return spent

    def compare(self, latency_ms):
        with fetcher.Line(self.sshd.port, latency_ms=latency_ms) as line:
            port = line.port if latency_ms else self.sshd.port
            rounds = range(self.options.rounds)
            best = {"sftp": min(self.sftp_s(port) for _ in rounds),
                    "depth 32": min(self.fetch_s(port, 32) for _ in rounds),
                    "depth 64": min(self.fetch_s(port, 64) for _ in rounds)}
        for name, spent in best.items():
            print(f"{latency_ms:3} ms  {name:9} {self.options.mb / spent:8.1f} MiB/s  "
                  f"{best['sftp'] / spent:5.2f} × sftp")

    def polls(self):
        count = self.options.polls
        bare = self.home.path / "bare_poll"
        subprocess.run(["cc", "-O2", "-o", bare, HERE / "bare_poll.c", "-lssh"], check=True)
        os.chmod(bare, 0o755)
        bare_ms = float(lab.run([lab.give(bare), self.sshd.port, self.sshd.user, self.sshd.client_key, self.empty,
                                 count])[1])
        self.fetcher.run(self.job(self.sshd.port, self.empty))
        before = self.fetcher.cpu_s()
        for _ in range(count):
            event = self.fetcher.run(self.job(self.sshd.port, self.empty))
            if event["event"] != "nothing":
                raise lab.LabError(json.dumps(event))
        one_ms = (self.fetcher.cpu_s() - before) * 1e3 / count
        print(f"idle poll   bare libssh {bare_ms:.2f} ms CPU, rosterd-fetch {one_ms:.2f} ms CPU: "
              f"{one_ms / bare_ms:.2f} ×")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--mb", type=int, default=200)
    parser.add_argument("--polls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    bench = Bench(parser.parse_args())
    try:
        bench.polls()
        bench.compare(0)
        bench.compare(40)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
