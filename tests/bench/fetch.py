#!/usr/bin/python3
"""How fast rosterd-fetch brings a file, beside sftp and lftp, and what a poll that finds nothing costs. ./dev bench fetch

Every round goes once through all of them, in turn, so that what disturbs the machine disturbs each; medians,
and the spread of rosterd-fetch over the medians beside it. Its figures hold the SHA-256 of every byte and the
fsync, which the others do without. The round trip is made by a proxy on loopback. CPU of a download is the
client's. Prints a table and, as the last line, JSON; status 0 whether the budgets are met or not.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import time

import common

import fetcher
import lab

HERE = pathlib.Path(__file__).resolve().parent
POLL_BUDGET, DOWNLOAD_BUDGET = 1.4, 1.0


def children_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Bench:
    def __init__(self, mib, program=None):
        self.mib = mib
        self.home = lab.Home()
        self.sshd = lab.Sshd(self.home)
        self.sshd.start()
        program = program or lab.default_prefix() / "libexec/rosterd/rosterd-fetch"
        copy = self.home.write("rosterd-fetch", pathlib.Path(program).read_bytes(), 0o700)
        self.fetcher = fetcher.Fetcher(self.home, copy, sshd=self.sshd)
        self.drop = self.home.folder("drop")
        self.zip = self.home.write("drop/big.zip", os.urandom(1 << 20) * mib)
        self.empty = self.home.folder("empty")
        self.ssh_options = ["-F", "/dev/null", "-o", f"IdentityFile={self.sshd.client_key}", "-o", "StrictHostKeyChecking=no",
                            "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        self.target = self.home.path / "target.zip"

    def close(self):
        self.fetcher.stop()
        self.sshd.stop()
        self.home.remove()

    def job(self, port, folder, **more):
        return {"op": "poll", "host": "127.0.0.1", "port": port, "username": self.sshd.user, "credential": "drop",
                "host_keys": [self.sshd.fingerprint], "path": str(folder), "pattern": "*.zip",
                "ready": "two-polls", "spool": str(self.fetcher.spool), **more}

    def ours(self, port):
        status = self.zip.stat()
        seen = [{"name": "big.zip", "size": status.st_size, "mtime": int(status.st_mtime)}]
        cpu, begin = self.fetcher.cpu_s(), time.monotonic()
        event = self.fetcher.run(self.job(port, self.drop, seen=seen), 600)
        spent = {"wall_s": time.monotonic() - begin, "cpu_s": self.fetcher.cpu_s() - cpu}
        if event["event"] != "fetched":
            raise lab.LabError(json.dumps(event))
        os.unlink(event["file"])
        return spent

    def client(self, argv):
        cpu, begin = children_s(), time.monotonic()
        lab.run(argv, timeout=600)
        spent = {"wall_s": time.monotonic() - begin, "cpu_s": children_s() - cpu}
        if self.target.stat().st_size != self.zip.stat().st_size:
            raise lab.LabError(f"{argv[0]} brought another size")
        self.target.unlink()
        return spent

    def sftp(self, port):
        return self.client(["sftp", "-q", *self.ssh_options, "-P", port, f"{self.sshd.user}@127.0.0.1:{self.zip}", self.target])

    def lftp(self, port):
        connect = " ".join(["ssh -a -x", *self.ssh_options])
        return self.client(["lftp", "-e", f'set sftp:connect-program "{connect}"; get {self.zip} -o {self.target}; bye',
                            f"sftp://{self.sshd.user}:none@127.0.0.1:{port}"])

    def downloads(self, latency_ms, rounds):
        """name -> samples"""
        ways = {"rosterd-fetch": self.ours, "sftp": self.sftp, **({"lftp": self.lftp} if shutil.which("lftp") else {})}
        samples = {name: [] for name in ways}
        with fetcher.Line(self.sshd.port, latency_ms=latency_ms) as line:
            port = line.port if latency_ms else self.sshd.port
            for number in range(rounds):
                for name in list(ways)[::-1] if number % 2 else list(ways):
                    samples[name].append(ways[name](port))
        return samples

    def polls(self, count, rounds):
        """CPU of one look that finds nothing, in ms; name -> samples"""
        bare = self.home.path / "bare_poll"
        subprocess.run(["cc", "-O2", "-o", bare, HERE / "bare_poll.c", "-lssh"], check=True)
        os.chmod(bare, 0o755)
        lab.give(bare)
        self.fetcher.run(self.job(self.sshd.port, self.empty))
        samples = {"bare libssh": [], "rosterd-fetch": []}
        for _ in range(rounds):
            samples["bare libssh"].append(float(lab.run([bare, self.sshd.port, self.sshd.user, self.sshd.client_key, self.empty, count])[1]))
            before = self.fetcher.cpu_s()
            for _ in range(count):
                event = self.fetcher.run(self.job(self.sshd.port, self.empty))
                if event["event"] != "nothing":
                    raise lab.LabError(json.dumps(event))
            samples["rosterd-fetch"].append((self.fetcher.cpu_s() - before) * 1e3 / count)
        return samples


def measure(args):
    bench = Bench(args.mb, args.program)
    try:
        polls = bench.polls(args.polls, args.rounds)
        downloads = {str(ms): bench.downloads(ms, args.rounds) for ms in (0, 40)}
    finally:
        bench.close()
    return {"mib": args.mb, "polls": args.polls, "rounds": args.rounds, "machine": common.machine(),
            "poll_cpu_ms": polls, "download": downloads, "summary": summary(polls, downloads)}


def summary(polls, downloads):
    poll = statistics.median(polls["rosterd-fetch"]) / statistics.median(polls["bare libssh"])
    out = {"poll": {"ratio": round(poll, 2), "budget": POLL_BUDGET, "is_met": poll <= POLL_BUDGET}}
    for ms, samples in downloads.items():
        own = common.median(samples["rosterd-fetch"], "wall_s")
        speed = common.median(samples["sftp"], "wall_s") / own
        each = [common.median(samples["sftp"], "wall_s") / sample["wall_s"] for sample in samples["rosterd-fetch"]]
        out[f"download_{ms}_ms"] = {"ratio": round(speed, 2), "least": round(min(each), 2), "most": round(max(each), 2),
                                    "budget": DOWNLOAD_BUDGET, "is_met": speed >= DOWNLOAD_BUDGET}
    return out


def report(result):
    kinds = result["summary"]
    print(f"  {common.sentence(result['machine'])}; medians of {result['rounds']}; {result['mib']} MiB\n")
    for name, samples in result["poll_cpu_ms"].items():
        print(f"  a look that finds nothing   {name:14} {statistics.median(samples):8.2f} ms CPU")
    poll = kinds["poll"]
    print(f"  {'':27} {poll['ratio']:.2f} × bare libssh, ≤ {poll['budget']:g}: {common.verdict(poll['is_met'])}")
    for ms, downloads in result["download"].items():
        for name, samples in downloads.items():
            wall = common.median(samples, "wall_s")
            print(f"  download, {ms:>2} ms round trip   {name:14} {result['mib'] / wall:8.1f} MiB/s {wall:7.2f} s "
                  f"{common.median(samples, 'cpu_s'):6.2f} s CPU")
        one = kinds[f"download_{ms}_ms"]
        print(f"  {'':27} {one['ratio']:.2f} × the speed of sftp ({one['least']:.2f}–{one['most']:.2f}), "
              f"≥ {one['budget']:g}: {common.verdict(one['is_met'])}")
    print(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(prog="./dev bench fetch", description=__doc__.split("\n", 1)[0])
    parser.add_argument("program", nargs="?", help="another rosterd-fetch than the one built")
    parser.add_argument("--mb", type=int, default=200)
    parser.add_argument("--polls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", action="store_true", help="keep the result in tests/bench/results")
    args = parser.parse_args()
    result = measure(args)
    report(result)
    if args.save:
        common.save("fetch", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
