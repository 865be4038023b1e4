#!/usr/bin/python3
"""Two large districts and a hundred small ones at once, and the app beside them. ./dev bench many

First syncs: the large ones begin; once both are at work, a file comes for each of the small ones. Then a night
of all of them, the same way, while people use the app: one writes and one reads in a large district, one
writes in a small one, as fast as they are answered. Tells how long a small district waits from its file in the
drop to its end, how long the large districts' gates were held, how long the app's calls took and how many
were told "busy" (RS012), and the daemon's status answers and loop meanwhile. Prints a table and, as the last
line, JSON. Status 1 when a small district took over 60 s, a call over 2 s, or the status over its budget.
"""

import argparse
import contextlib
import json
import statistics
import sys
import threading
import time

import psycopg2

import common

import lab
from district import District
from fleet import Asker, metric

SMALL_S, CALL_S, GATE_S, STATUS_MS, LAG_MS = 60, 2, 1, 10, 10
BUSY = "RS012"
SPARE_S = 0.2  # what a call that waited its 2 s may need besides


class Gates:
    """How long each gate is held, looked up some hundred times a second."""

    QUERY = """SELECT ((l.classid::bigint << 32) | l.objid::bigint) FROM pg_locks l
               WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND l.granted"""

    def __init__(self, cluster, database, districts):
        self.connection = cluster.connect(database)
        self.cursor = self.connection.cursor()
        self.keys = {}
        for district in districts:
            self.cursor.execute("SELECT sync.gate_key(%s)", (district,))
            self.keys[self.cursor.fetchone()[0]] = district
        self.longest_s, self.is_over = 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        since = {}
        while not self.is_over.wait(common.LOOK_S):
            self.cursor.execute(self.QUERY)
            held, now = {row[0] for row in self.cursor.fetchall()} & self.keys.keys(), time.monotonic()
            for key in held:
                since.setdefault(key, now)
            for key in list(since.keys() - held):
                self.longest_s = max(self.longest_s, now - since.pop(key))

    def close(self):
        self.is_over.set()
        self.thread.join()
        self.connection.close()
        return round(self.longest_s, 2)


class Caller:
    """Somebody who calls the app again and again, as soon as the answer is there."""

    def __init__(self, cluster, database, call, arguments):
        self.cluster, self.database, self.call, self.arguments = cluster, database, call, arguments
        self.times, self.busy, self.is_over = [], 0, threading.Event()
        self.thread = threading.Thread(target=self._call, daemon=True)
        self.thread.start()

    def _call(self):
        with contextlib.closing(self.cluster.connect(self.database)) as connection, connection.cursor() as cursor:
            cursor.execute("SET ROLE rosterd_app")
            while not self.is_over.wait(0.02):
                began = time.perf_counter()
                try:
                    cursor.execute(self.call, self.arguments)
                except psycopg2.Error as error:
                    if error.pgcode != BUSY:
                        raise
                    self.busy += 1
                self.times.append(time.perf_counter() - began)

    def close(self):
        self.is_over.set()
        self.thread.join()
        ordered = sorted(self.times)
        return {"calls": len(ordered), "busy": self.busy, "median_ms": round(1000 * statistics.median(ordered), 1),
                "p99_ms": round(1000 * ordered[int(len(ordered) * 0.99)], 1), "most_ms": round(1000 * ordered[-1], 1)}


def callers(cluster, districts, large, small):
    """who: Caller"""
    people = {}
    for who, slug in (("writes in the large district", large), ("writes in a small one", small)):
        ident = districts.ident(slug)
        school, room = districts.sql("SELECT school_id, min(classroom_id) FROM directory.classroom WHERE district_id = %s GROUP BY 1 ORDER BY 1 LIMIT 1",
                                     (ident,))[0]
        leader = districts.value("SELECT rosterd.appoint_leader(%s, NULL, 'Lea', 'Lead', 'lea@lead.example')", (ident,))
        people[who] = ("SELECT api.rename_classroom(%s, %s, %s, 'Room ' || clock_timestamp())", (ident, leader, room))
        if slug == large:
            people["reads in the large district"] = ("SELECT count(*) FROM api.school_directory(%s, %s, 'active')", (ident, school))
    return {who: Caller(cluster, districts.database, *call) for who, call in people.items()}


def play(districts, packages, larges, smalls, name, deadline_s):
    """Put the large files, then the small ones; slug -> seconds from the drop to the end of the run."""
    last = {slug: max((run["run_id"] for run in districts.runs(slug)), default=0) for slug in packages}
    put = {}

    def lay(slug):
        put[slug] = time.time()
        districts.put(slug, packages[slug], name)

    def at_work(slug):
        return any(run["run_id"] > last[slug] and run["state"] not in ("fetching",) for run in districts.runs(slug))

    for slug in larges:
        lay(slug)
    lab.wait_until(lambda: all(at_work(slug) for slug in larges), "the large districts did not begin", deadline_s)
    for slug in smalls:
        lay(slug)
    end = time.monotonic() + deadline_s
    open_runs = 1
    while open_runs:
        if time.monotonic() > end:
            raise lab.LabError(f"{open_runs} districts did not end within {deadline_s} s")
        time.sleep(0.5)
        rows = districts.sql("SELECT d.slug, r.run_id, r.state, r.created_at, r.ended_at FROM rosterd.run r JOIN rosterd.district d USING (district_id)")
        ended = {slug: (state, at.timestamp()) for slug, run, state, _, at in rows if run > last[slug] and state in lab.SETTLED}
        open_runs = len(packages) - len(ended)
    wrong = {slug: state for slug, (state, _) in ended.items() if state != "done"}
    if wrong:
        raise lab.LabError(f"not done: {wrong}")
    took = {slug: at - put[slug] for slug, (_, at) in ended.items()}
    first_large = min(ended[slug][1] for slug in larges)
    return {"large_s": [round(took[slug], 1) for slug in larges],
            "small_median_s": round(statistics.median(took[slug] for slug in smalls), 1), "small_most_s": round(max(took[slug] for slug in smalls), 1),
            "small_before_large": sum(1 for slug in smalls if ended[slug][1] < first_large)}


def make(home, larges, smalls, args):
    """The packages of two days: slug -> path, each."""
    days = ({}, {})
    for number, slug in enumerate([*larges, *smalls]):
        district = District(args.students if slug in larges else args.small_students, 100 + number, name=slug)
        for day, packages in enumerate(days):
            if day:
                district.next_night()
            packages[slug] = home.path / f"{slug}-{day}.zip"
            district.write(packages[slug])
            lab.give(packages[slug])
    return days


def measure(home, args):
    larges, smalls = ("large-1", "large-2"), [f"small-{n}" for n in range(1, args.smalls + 1)]
    with contextlib.ExitStack() as stack:
        cluster, sshd = common.servers(stack, home, autovacuum="on")
        cluster.create("rosterd")
        daemon = lab.Daemon(home, lab.Installation(home, lab.default_prefix()), cluster, "rosterd", sshd=sshd,
                            config={"workers": {"stage": args.workers}, "lease": {"ttl_s": 15}})
        daemon.migrate()
        districts = lab.Districts(home, cluster, "rosterd", sshd)
        days = make(home, larges, smalls, args)
        for slug in (*larges, *smalls):
            districts.add(slug, poll_every="3 seconds")
        stack.callback(daemon.stop)
        daemon.start()
        asker = Asker(home, daemon)
        result = {"students": args.students, "smalls": args.smalls, "small_students": args.small_students, "workers": args.workers, "machine": common.machine()}
        for phase, packages in zip(("first", "night"), days):
            people = callers(cluster, districts, larges[0], smalls[0]) if phase == "night" else {}
            gates = Gates(cluster, "rosterd", [districts.ident(slug) for slug in larges])
            result[phase] = play(districts, packages, larges, smalls, f"{phase}.zip", args.deadline)
            result[phase]["gate_s"] = gates.close()
            result[phase]["calls"] = {who: caller.close() for who, caller in people.items()}
        result.update(asker.end())
        result["lag_p99_ms"] = round(1000 * (metric(daemon, 'rosterd_loop_lag_seconds{quantile="0.99"}') or 0), 2)
    return result


def report(result):
    print(f"  2 districts of {result['students']:,} students, {result['smalls']} of {result['small_students']:,}, {result['workers']} workers; "
          f"{common.sentence(result['machine'])}\n")
    verdicts = []

    def line(what, value, unit, limit=None):
        word = "" if limit is None else f"at most {limit:g}: {common.verdict(value <= limit)}"
        verdicts.append(limit is None or value <= limit)
        print(f"  {what:58} {value:>8} {unit:4} {word}")

    for phase, title in (("first", "first syncs"), ("night", "a night, 0.5 % changed")):
        one = result[phase]
        print(f"  {title}")
        line("  the large districts, from drop to end, at most", max(one["large_s"]), "s")
        line("  a small district, from drop to end, median", one["small_median_s"], "s")
        line("  a small district, from drop to end, at most", one["small_most_s"], "s", SMALL_S)
        line("  small districts that ended before the first large one", one["small_before_large"], "")
        line("  a large district's gate was held, at most", one["gate_s"], "s", GATE_S if phase == "night" else None)
        for who, calls in one["calls"].items():
            line(f"  somebody {who}, median of {calls['calls']:,}", calls["median_ms"], "ms")
            line(f"    p99 ({calls['busy']} told to try again)", calls["p99_ms"], "ms")
            line("    at most", calls["most_ms"], "ms", 1000 * (CALL_S + SPARE_S))
    line("status answer, p99", result["status_p99_ms"], "ms", STATUS_MS)
    line("  of a program that only answers", result["status_floor_p99_ms"], "ms")
    line("lateness of the loop's timers, p99", result["lag_p99_ms"], "ms", LAG_MS)
    line("  of a program that only waits", result["lag_floor_p99_ms"], "ms")
    print(json.dumps(result))
    return all(verdicts)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench many", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--students", type=int, default=100_000, help="of each of the two large districts")
    parser.add_argument("--smalls", type=int, default=100, help="small districts")
    parser.add_argument("--small-students", type=int, default=400, dest="small_students")
    parser.add_argument("--workers", type=int, default=4, help="of the daemon: two a core, as docs/operating.md advises")
    parser.add_argument("--deadline", type=float, default=900, help="seconds until the bench gives up")
    parser.add_argument("--save", action="store_true", help="keep the result in tests/bench/results")
    args = parser.parse_args()
    with common.own_home() as home:
        result = measure(home, args)
    if args.save:
        common.save("many", result)
    return 0 if report(result) else 1


if __name__ == "__main__":
    sys.exit(main())
