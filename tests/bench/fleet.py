#!/usr/bin/python3
"""Thousands of districts on one daemon: what watching their drops costs, and whether it keeps up. ./dev bench fleet

The drops are simulated by one light SFTP server on many loopback addresses (sftp_responder.c); each poll
resolves, connects, compares the host key, signs in, lists. After the first look at every drop the bench
measures for a while: looks a second against what the schedule asks for, CPU of the daemon and its fetchers,
of PostgreSQL beside them, their memory, how long a status answer takes and how late the loop's timers are.
Prints a table and, as the last line, JSON. Status 1 when a budget is missed.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import common  # noqa: E402
import lab  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
CORE_SHARE, DAEMON_MIB, STATUS_MS, LAG_MS = 0.25, 64, 10, 10


def cpu_s(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def peak_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


class Responder:
    """The simulated SFTP servers."""

    def __init__(self, home, sshd, hosts):
        program = home.path / "sftp_responder"
        subprocess.run(["cc", "-O2", "-w", "-o", program, HERE / "sftp_responder.c", "-lssh", "-lpthread"], check=True)
        self.port = lab.free_port()
        self.hosts = [f"127.1.{(1 + n) >> 8}.{(1 + n) & 255}" for n in range(hosts)]
        self.process = subprocess.Popen([program, sshd.host_key, str(self.port), "1", str(hosts)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise lab.LabError("the simulated servers do not start")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Asker:
    """Asks for the status all the time, and beside it a program that does nothing but answer: see asker.c."""

    def __init__(self, home, daemon):
        program = home.path / "asker"
        subprocess.run(["cc", "-O2", "-o", program, HERE / "asker.c"], check=True)
        self.process = subprocess.Popen([program, daemon.status_socket, home.path / "floor.sock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end(self):
        """{"status_p99_ms", "status_floor_p99_ms", "lag_floor_p99_ms", "answers"}"""
        out = self.process.communicate(timeout=30)[0]
        if self.process.returncode:
            raise lab.LabError("the status was not answered")
        return json.loads(out)


def metric(daemon, name):
    text = daemon.get("/metrics")[1]
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
    return float(found[1]) if found else None


def onboard(cluster, database, responder, sshd, count, poll_s):
    with contextlib.closing(cluster.connect(database, autocommit=False)) as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL rosterd.allow_bulk = 'on'")
        cursor.execute("INSERT INTO rosterd.district (slug, name, sync_enabled) SELECT 'd-' || n, 'District ' || n, true FROM generate_series(1, %s) n", (count,))
        cursor.execute("INSERT INTO rosterd.source (district_id, host, port, username, path, host_keys, credential, poll_every, ready) "
                       "SELECT d.district_id, (%s::text[])[1 + d.district_id %% %s], %s, 'district', '/drop', %s, 'drop', make_interval(secs => %s), 'two-polls' "
                       "FROM rosterd.district d",
                       (responder.hosts, len(responder.hosts), responder.port, [sshd.fingerprint], poll_s))
        connection.commit()
    cluster.query(database, "ANALYZE")


def measure(home, args):
    cluster = lab.Cluster(home, settings={"shared_buffers": "256MB"})
    sshd = lab.Sshd(home)  # for its keys alone
    with contextlib.ExitStack() as stack:
        stack.callback(cluster.stop)
        cluster.start()
        cluster.create("rosterd")
        daemon = lab.Daemon(home, lab.Installation(home, lab.default_prefix()), cluster, "rosterd", sshd=sshd,
                            config={"workers": {"fetch": 2, "sessions": 64, "sessions_per_host": 4},
                                    "schedule": {"jitter_percent": 10, "reread_s": 30}, "lease": {"ttl_s": 15}})
        daemon.migrate()
        responder = Responder(home, sshd, args.hosts)
        stack.callback(responder.stop)
        onboard(cluster, "rosterd", responder, sshd, args.districts, args.poll_s)
        stack.callback(daemon.stop)
        began = time.monotonic()
        daemon.start()
        lab.wait_until(lambda: (metric(daemon, "rosterd_polls_total") or 0) >= args.districts,
                       lambda: f"only {metric(daemon, 'rosterd_polls_total')} looks", args.poll_s * 3 + 60, step_s=1)
        first_s = time.monotonic() - began
        ours = [daemon.process.pid, *daemon.children("rosterd-fetch")]
        postgres = [cluster.process.pid, *lab._children(cluster.process.pid)]
        asker = Asker(home, daemon)
        polls, cpu, fetch_cpu, pg_cpu, began = (metric(daemon, "rosterd_polls_total"), cpu_s(ours), cpu_s(ours[1:]), cpu_s(postgres),
                                                time.monotonic())
        time.sleep(args.seconds)
        spent = time.monotonic() - began
        polls = metric(daemon, "rosterd_polls_total") - polls
        result = {
            "districts": args.districts, "hosts": args.hosts, "poll_s": args.poll_s, "measured_s": round(spent, 1),
            "first_look_s": round(first_s, 1), "polls_per_s": round(polls / spent, 1),
            "wanted_per_s": round(args.districts / args.poll_s, 1),
            "failures": metric(daemon, "rosterd_poll_failures_total"),
            "core_share": round((cpu_s(ours) - cpu) / spent, 3), "fetch_share": round((cpu_s(ours[1:]) - fetch_cpu) / spent, 3),
            "cpu_ms_a_poll": round((cpu_s(ours) - cpu) * 1000 / polls, 2),
            "postgres_share": round((cpu_s(postgres) - pg_cpu) / spent, 3),
            "rosterd_mib": round(peak_mib(ours[0]), 1), "fetch_mib": round(max(map(peak_mib, ours[1:])), 1),
            "bytes_a_district": round(peak_mib(ours[0]) * (1 << 20) / args.districts),
            **asker.end(),
            "lag_p99_ms": round(1000 * (metric(daemon, 'rosterd_loop_lag_seconds{quantile="0.99"}') or 0), 2),
        }
        return result


def report(result):
    share = CORE_SHARE * result["wanted_per_s"] / (13000 / 300)
    rows = [
        (f"looks a second, {result['districts']:,} districts", result["polls_per_s"], "1/s", f"wanted {result['wanted_per_s']}"),
        ("looks that failed", result["failures"], "", "none"),
        ("first look at every drop", result["first_look_s"], "s", ""),
        ("rosterd and its fetchers", result["core_share"], "core", f"at most {share:.2f}"),
        ("  the fetchers alone", result["fetch_share"], "core", ""),
        ("  a look", result["cpu_ms_a_poll"], "ms", ""),
        ("PostgreSQL meanwhile", result["postgres_share"], "core", ""),
        ("rosterd, most memory", result["rosterd_mib"], "MiB", f"at most {DAEMON_MIB}"),
        ("  a district", result["bytes_a_district"], "B", ""),
        ("rosterd-fetch, most memory", result["fetch_mib"], "MiB", ""),
        ("status answer, p99", result["status_p99_ms"], "ms", f"at most {STATUS_MS}"),
        ("  of a program that only answers", result["status_floor_p99_ms"], "ms", ""),
        ("lateness of the loop's timers, p99", result["lag_p99_ms"], "ms", f"at most {LAG_MS}"),
        ("  of a program that only waits", result["lag_floor_p99_ms"], "ms", ""),
    ]
    for what, value, unit, limit in rows:
        print(f"  {what:44} {value:>9} {unit:5} {limit}")
    print(json.dumps(result))
    return (result["failures"] == 0 and result["core_share"] <= share and result["rosterd_mib"] <= DAEMON_MIB
            and result["polls_per_s"] >= 0.9 * result["wanted_per_s"]
            and result["status_p99_ms"] <= STATUS_MS and result["lag_p99_ms"] <= LAG_MS)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench fleet", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--districts", type=int, default=13_000)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--poll-s", type=float, default=300, dest="poll_s")
    parser.add_argument("--seconds", type=float, default=120, help="how long to measure")
    parser.add_argument("--save", action="store_true", help="keep the result in tests/bench/results")
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    with common.own_home() as home:
        result = measure(home, args)
        if args.save:
            common.save("fleet", result)
        return 0 if report(result) else 1


if __name__ == "__main__":
    sys.exit(main())
