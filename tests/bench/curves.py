#!/usr/bin/python3
"""Cost against the size of a district, and of a night against how much has changed, as curves. ./dev bench curves

Sizes: first sync, the same rows in a new zip, a night with 0.5 % changed, psql's COPY of the files and the script, each once or
more for each size. Change: nights of one district in which from nothing to all enrollments and families change; the
limits that would hold such a night are lifted. What is drawn are CPU seconds of rosterd (or psql) and PostgreSQL together, for
those are the same on a busy machine; the result has the wall's too. Writes by-size.svg and by-change.svg beside the result that --save keeps
(else into the folder named by --out). Prints a table and, as the last line, JSON. --most 1000000 takes
half an hour.
"""

import argparse
import contextlib
import json
import math
import pathlib
import sys

import common
from common import median

import lab
import nightly
import plot

SIZES = (1000, 3000, 10_000, 30_000, 100_000)
CHANGES = (0, 0.1, 0.5, 2, 10, 30, 100)
LINES = {"script": "the script", "first": "first sync", "copy": "COPY alone", "same": "same rows, new zip", "night": "night, 0.5 % changed"}


def by_size(home, cluster, sshd, installation, args):
    """size -> medians"""
    sizes = {}
    for students in sorted({size for size in SIZES if size < args.most} | {args.most}):
        files = nightly.Files(home, students, [nightly.CHURN_PERCENT] * args.nights)
        samples = {kind: [] for kind in (*LINES, "again")}
        for number in range(args.rounds):
            nightly.one_round(home, installation, cluster, sshd, files, args, len(sizes) * args.rounds + number, samples)
        sizes[students] = {"rows": files.rows, **{kind: round(median(samples[kind], "cpu_s"), 3) for kind in LINES},
                           "wall_s": {kind: round(median(samples[kind], "wall_s"), 3) for kind in LINES},
                           "gate_s": round(median(samples["night"], "gate_s"), 3)}
        print(f"  {students:>9,} students: {sizes[students]}", file=sys.stderr, flush=True)
        files.remove()
    return sizes


def by_change(home, cluster, sshd, installation, args):
    """One night each; the share that changed as counted, with what it took."""
    files = nightly.Files(home, args.changing, CHANGES)
    nights = []
    database = cluster.create("changing", "small")
    with contextlib.ExitStack() as stack:
        daemon = common.start(stack, home, installation, cluster, database, sshd)
        daemon.start()
        districts = lab.Districts(home, cluster, database, sshd)
        districts.add("large")
        districts.sql("UPDATE rosterd.district SET removal_limit_percent = 100, removal_limit_min = 10000000, change_limit_percent = 100 WHERE slug = 'large'")
        meter = common.Meter(cluster, database, daemon, districts.ident("large"))
        stack.callback(meter.close)
        meter.run(lambda: districts.put("large", files.zips[0], "first.zip"), ("done",), args.deadline)
        for night, changed in enumerate(files.changed, 1):
            copied = common.copy(home, cluster, files.folders[night])
            one = meter.run(lambda night=night: districts.put("large", files.others[night], f"n{night}.zip"), ("done",), args.deadline)
            nights.append({"percent": round(100 * changed / files.rows, 3), "cpu_s": round(one["cpu_s"], 3), "wall_s": round(one["wall_s"], 3),
                           "gate_s": round(one["gate_s"], 3), "wal_mib": round(one["wal_mib"], 1), "copy_cpu_s": round(copied["cpu_s"], 3)})
    cluster.drop(database)
    return nights


def exponent(sizes):
    """Of the growth of a first sync with the rows, from 10,000 students on."""
    large = {students: one for students, one in sizes.items() if students >= 10_000}
    if len(large) < 2:
        return None
    least, most = large[min(large)], large[max(large)]
    return round(math.log(most["first"] / least["first"]) / math.log(most["rows"] / least["rows"]), 2)


def measure(home, args):
    installation = lab.Installation(home, lab.default_prefix())
    with contextlib.ExitStack() as stack:
        cluster, sshd = common.servers(stack, home)
        nightly.small_district(home, installation, cluster, sshd, args.small)
        box = common.machine()
        sizes = by_size(home, cluster, sshd, installation, args)
        nights = by_change(home, cluster, sshd, installation, args)
    return {"machine": box, "rounds": args.rounds, "nights": args.nights, "sizes": sizes, "exponent": exponent(sizes),
            "changing": args.changing, "changes": nights}


def draw(result, folder):
    folder.mkdir(exist_ok=True)
    plot.svg(folder / "by-size.svg", "A run against the size of a district", "students", "CPU seconds",
             {title: [(int(students), one[kind]) for students, one in result["sizes"].items()] for kind, title in LINES.items()})
    plot.svg(folder / "by-change.svg", f"A night against what has changed, {result['changing']:,} students", "rows new, changed or gone, percent of all", "CPU seconds",
             {"the run": [(night["percent"], night["cpu_s"]) for night in result["changes"]],
              "COPY alone": [(night["percent"], night["copy_cpu_s"]) for night in result["changes"]]}, log_x=False, log_y=False)


def report(result):
    print(f"  {common.sentence(result['machine'])}; medians of {result['rounds']}; CPU seconds\n")
    print(f"  {'students':>10} {'rows':>11} " + " ".join(f"{title:>21}" for title in LINES.values()))
    for students, one in result["sizes"].items():
        print(f"  {int(students):>10,} {one['rows']:>11,} " + " ".join(f"{one[kind]:>19.2f} s" for kind in LINES))
    print(f"  a first sync grows with rows^{result['exponent']}\n")
    for night in result["changes"]:
        print(f"  {night['percent']:>7} % changed: {night['cpu_s']:7.2f} s CPU, {night['wall_s']:7.2f} s, gate {night['gate_s']:5.2f} s, WAL {night['wal_mib']:6.1f} MiB; "
              f"COPY alone {night['copy_cpu_s']:5.2f} s CPU")
    print(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(prog="./dev bench curves", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--most", type=int, default=100_000, help="students of the largest district")
    parser.add_argument("--changing", type=int, default=20_000, help="students of the district of the nights")
    parser.add_argument("--small", type=int, default=2000, help="students of the district that was there before")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--nights", type=int, default=2, help="nights in each round")
    parser.add_argument("--deadline", type=float, default=3600, help="seconds a run may take")
    parser.add_argument("--out", type=pathlib.Path, help="folder for the curves")
    parser.add_argument("--save", action="store_true", help="keep result and curves in tests/bench/results")
    args = parser.parse_args()
    with common.own_home() as home:
        result = measure(home, args)
    report(result)
    if args.save:
        common.save("curves", result)
    if args.save or args.out:
        draw(result, common.RESULTS if args.save else args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
