#!/usr/bin/python3
"""The first sync of a large district, in a database that knows only a small one. ./dev bench first

A district of 10,000 students is synced and the database analysed. Then one of 100,000 arrives
(0.77 million rows), and the same zip once more. Beside it the floor: psql that copies the same CSVs
into the same tables and knows no rule, in a database of its own. Prints a table and, as the last
line, JSON. Status 1 when the first sync takes over 60 s or a process is over its memory.
"""

import argparse
import contextlib
import json
import os
import pathlib
import sys
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import common  # noqa: E402
import lab  # noqa: E402
from district import District  # noqa: E402

LIMIT_S, STAGE_MIB, DAEMON_MIB = 60, 64, 32


def seconds(run, begin, end):
    return round((run[end] - run[begin]).total_seconds(), 2) if run[begin] and run[end] else None


def floor(home, cluster, package):
    folder = home.folder("csv")
    with zipfile.ZipFile(package) as entries:
        entries.extractall(folder)
    lab.give(folder)
    took = common.script(home, cluster, folder)
    return {"copy_s": round(took["copy_s"], 2), "floor_s": round(took["wall_s"], 2)}


def measure(home, args):
    with contextlib.ExitStack() as stack:
        cluster, sshd = common.servers(stack, home)
        cluster.create("rosterd")
        daemon = lab.Daemon(home, lab.Installation(home, lab.default_prefix()), cluster, "rosterd", sshd=sshd,
                            config={"workers": {"stage": 1}})
        daemon.migrate()
        cluster.create("migrated", "rosterd")
        districts = lab.Districts(home, cluster, "rosterd", sshd)
        zips = {}
        for slug, count in (("small", args.small), ("large", args.students)):
            zips[slug] = home.path / f"{slug}.zip"
            District(count, 7, name=slug).write(zips[slug])
            lab.give(zips[slug])
        floors = floor(home, cluster, zips["large"])
        stack.callback(daemon.stop)
        daemon.start()
        peaks = common.Peaks(daemon)
        stack.callback(peaks.close)
        districts.add("small")
        districts.put("small", zips["small"])
        small = districts.wait_run("small", deadline_s=120)
        cluster.query("rosterd", "ANALYZE")
        districts.add("large")
        began = time.monotonic()
        districts.put("large", zips["large"])
        large = districts.wait_run("large", deadline_s=args.deadline)
        wall = time.monotonic() - began
        districts.put("large", zips["large"], "again.zip")
        began = time.monotonic()
        again = districts.wait_run("large", ("done", "unchanged"), after=large["run_id"], deadline_s=120)
        again_wall = time.monotonic() - began
        peaks.close()
        return {
            "students": args.students, "counts": large["counts"], "cores": os.cpu_count(),
            "small_s": seconds(small, "created_at", "ended_at"),
            "first_s": seconds(large, "created_at", "ended_at"), "first_wall_s": round(wall, 2),
            "stage_s": seconds(large, "created_at", "staged_at"), "plan_s": seconds(large, "staged_at", "planned_at"),
            "apply_s": seconds(large, "planned_at", "applied_at"),
            "again_state": again["state"], "again_s": seconds(again, "created_at", "ended_at"),
            "again_wall_s": round(again_wall, 2), **floors,
            "rss_mib": {name: round(mib, 1) for name, mib in peaks.mib.items()},
        }


def report(result):
    floor_s, first_s = result["floor_s"], result["first_s"]
    rows = [
        ("first sync of the small district", result["small_s"], "s", ""),
        (f"first sync, {result['students']:,} students", first_s, "s", f"at most {LIMIT_S} s"),
        ("  fetch and stage", result["stage_s"], "s", ""),
        ("  plan", result["plan_s"], "s", ""),
        ("  apply", result["apply_s"], "s", ""),
        ("the same zip again: " + result["again_state"], result["again_s"], "s", ""),
        ("psql alone: COPY", result["copy_s"], "s", ""),
        ("psql alone: COPY and fill the tables", floor_s, "s", ""),
        ("first sync : psql alone", round(first_s / floor_s, 2), "x", ""),
        ("rosterd-stage, most memory", result["rss_mib"].get("rosterd-stage"), "MiB", f"under {STAGE_MIB} MiB"),
        ("rosterd, most memory", result["rss_mib"].get("rosterd"), "MiB", f"under {DAEMON_MIB} MiB"),
        ("rosterd-fetch, most memory", result["rss_mib"].get("rosterd-fetch"), "MiB", ""),
    ]
    for what, value, unit, limit in rows:
        print(f"  {what:44} {'' if value is None else value:>8} {unit:4} {limit}")
    print(json.dumps(result, default=str))
    return (first_s <= LIMIT_S and result["again_state"] == "unchanged"
            and result["rss_mib"].get("rosterd-stage", 0) < STAGE_MIB and result["rss_mib"].get("rosterd", 0) < DAEMON_MIB)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench first", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--students", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--deadline", type=float, default=600, help="seconds until the bench gives up")
    parser.add_argument("--save", metavar="NAME", help="keep the result as tests/bench/results/NAME.json")
    args = parser.parse_args()
    with common.own_home() as home:
        result = measure(home, args)
        if args.save:
            common.save(args.save, result)
        return 0 if report(result) else 1


if __name__ == "__main__":
    sys.exit(main())
