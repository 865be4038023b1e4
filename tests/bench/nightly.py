#!/usr/bin/python3
"""What a district's nights cost beside merely copying its files. ./dev bench nightly

Each round begins with a database that was last analysed with a small district. The large one arrives: its
first sync, then the same zip again; then, night after night, the rows of before in a new zip, and a file in
which 0.5 % of the rows changed. Each stands beside its floor, measured in between: psql that copies the same
CSVs as text into unlogged tables, and for the first sync fills the same tables too, without any rule.
Times are the database's, from the file in the spool to the end of its run (the fetcher brings it before the run
begins); CPU is what rosterd with its children and PostgreSQL used meanwhile. How long the gate was held is
looked up some hundred times a second, and so is the most memory that each program had. Medians; the spread is that of the ratios. Prints a table that says
which budgets are met, and, as the last line, JSON. Status 0 whether they are met or not.
"""

import argparse
import contextlib
import json
import shutil
import sys
import zipfile

import common
from common import SETTINGS, Meter, median, ratios, verdict

import lab
from district import CHURN_PERCENT, District

GATE_S = 1.0
# what: title, floor, budget in times the floor
KINDS = {
    "first": ("first sync", "script", 1.5),
    "again": ("the same zip again", "copy", 0.05),
    "same": ("the same rows in a new zip", "copy", 0.6),
    "night": ("a night, 0.5 % changed", "copy", 0.75),
}
FLOORS = {"script": "psql: COPY and fill the tables", "copy": "psql: COPY alone"}


class Files:
    """Of each day the zip, the same rows in another zip, and the CSVs; made before anything is measured."""

    def __init__(self, home, students, percents):
        """percents: of the rows that change in each night"""
        self.zips, self.others, self.folders, self.changed = [], [], [], []
        district = District(students, 7, name="large")
        before, known = set(), set()
        for day, percent in enumerate([0, *percents], 1):
            if day > 1:
                district.next_night(percent=percent)
            rows = {hash((name, *row)) for name, table in district.tables.items() for row in table.values()}
            ids = {(name, ident) for name, table in district.tables.items() for ident in table}
            if day > 1:
                self.changed.append(len(rows - before) + len(known - ids))
            before, known, self.rows = rows, ids, len(rows)
            for level, packages in ((6, self.zips), (5, self.others)):
                packages.append(lab.give(self._write(district, home.path / f"day{day}-{level}.zip", level)))
            folder = home.folder(f"csv{day}")
            with zipfile.ZipFile(self.zips[-1]) as entries:
                entries.extractall(folder)
            self.folders.append(lab.give(folder))

    def remove(self):
        for package in (*self.zips, *self.others):
            package.unlink()
        for folder in self.folders:
            shutil.rmtree(folder)

    @staticmethod
    def _write(district, path, level):
        district.write(path, level=level)
        return path


def small_district(home, installation, cluster, sshd, students):
    """The database each round begins with."""
    with contextlib.ExitStack() as stack:
        cluster.create("small")
        daemon = common.start(stack, home, installation, cluster, "small", sshd)
        daemon.migrate()
        cluster.create("migrated", "small")
        districts = lab.Districts(home, cluster, "small", sshd)
        package = home.path / "small.zip"
        District(students, 8, name="small").write(package)
        districts.add("small")
        districts.put("small", lab.give(package))
        daemon.start()
        districts.wait_run("small", deadline_s=600)
        districts.sql("SELECT rosterd.set_sync('small', false, NULL)")
    cluster.query("small", "VACUUM (ANALYZE)")


def one_round(home, installation, cluster, sshd, files, args, number, samples, peaks=None):
    """peaks: program -> the most memory it had, MiB; grows"""
    database = f"round{number}"
    cluster.create(database, "small")
    with contextlib.ExitStack() as stack:
        daemon = common.start(stack, home, installation, cluster, database, sshd)
        daemon.start()
        districts = lab.Districts(home, cluster, database, sshd)
        districts.add("large")
        meter = Meter(cluster, database, daemon, districts.ident("large"))
        stack.callback(meter.close)
        if peaks is not None:
            stack.callback(common.Peaks(daemon, peaks).close)

        def measure(kind, package, states=("done",)):
            name = f"n{len(samples[kind])}-{kind}.zip"
            samples[kind].append(meter.run(lambda: districts.put("large", package, name), states, args.deadline))

        # Every other round the other way round, so that what warms up favours neither.
        steps = [lambda: samples["script"].append(common.script(home, cluster, files.folders[0])), lambda: measure("first", files.zips[0])]
        for step in steps[::-1] if number % 2 else steps:
            step()
        measure("again", files.zips[0], ("unchanged",))
        for night in range(1, args.nights + 1):
            measure("same", files.others[night - 1])
            samples["copy"].append(common.copy(home, cluster, files.folders[night]))
            measure("night", files.zips[night])
    cluster.drop(database)


def measure(home, args):
    samples, peaks = {kind: [] for kind in (*KINDS, *FLOORS)}, {}
    with contextlib.ExitStack() as stack:
        cluster, sshd = common.servers(stack, home)
        installation = lab.Installation(home, lab.default_prefix())
        files = Files(home, args.students, [CHURN_PERCENT] * args.nights)
        small_district(home, installation, cluster, sshd, args.small)
        for number in range(args.rounds):
            one_round(home, installation, cluster, sshd, files, args, number, samples, peaks)
        version = cluster.value("postgres", "SHOW server_version")
    return {"students": args.students, "small": args.small, "rows": files.rows, "changed_rows": files.changed, "rounds": args.rounds,
            "nights": args.nights, "machine": common.machine(), "postgresql": version, "settings": SETTINGS, "rss_mib": {name: round(mib, 1) for name, mib in peaks.items()},
            "samples": samples}


def summary(result):
    """kind -> medians, ratios and verdicts."""
    samples = result["samples"]
    kinds = {}
    for kind, (_, floor, budget) in KINDS.items():
        wall = ratios(samples[kind], samples[floor], "wall_s")
        kinds[kind] = {
            **{what: round(median(samples[kind], what), 3) for what in ("wall_s", "cpu_s", "ours_s", "postgres_s", "gate_s", "wal_mib")},
            "floor": floor, "wall_ratio": wall, "cpu_ratio": ratios(samples[kind], samples[floor], "cpu_s"),
            "budget": budget, "is_met": wall["median"] <= budget}
    for floor in FLOORS:
        kinds[floor] = {what: round(median(samples[floor], what), 3) for what in ("wall_s", "cpu_s")}
    gate = round(max(sample["gate_s"] for sample in samples["night"]), 3)
    kinds["gate"] = {"most_s": gate, "budget": GATE_S, "is_met": gate <= GATE_S}
    return kinds


def report(result):
    kinds, box = summary(result), result["machine"]
    print(f"  {result['students']:,} students, {result['rows']:,} rows; rows changed a night: {', '.join(f'{n:,}' for n in result['changed_rows'])}")
    print(f"  {common.sentence(box)}; PostgreSQL {result['postgresql']}, "
          + ", ".join(f"{name} = {value}" for name, value in result["settings"].items()))
    print(f"  medians of {result['rounds']} first syncs and {result['rounds'] * result['nights']} nights\n")
    print(f"  {'':30} {'wall':>8} {'CPU':>8} {'rosterd':>8} {'postgres':>8} {'gate':>7} {'WAL':>8}  {'wall : floor':>12} {'spread':>13} {'CPU : floor':>11}  budget")
    for kind, (title, _, budget) in KINDS.items():
        one = kinds[kind]
        wall = one["wall_ratio"]
        spread = f"{wall['least']:.2f}–{wall['most']:.2f}"
        print(f"  {title:30} {one['wall_s']:6.2f} s {one['cpu_s']:6.2f} s {one['ours_s']:6.2f} s {one['postgres_s']:6.2f} s {one['gate_s']:5.2f} s "
              f"{one['wal_mib']:4.0f} MiB  {wall['median']:12.2f} {spread:>13} {one['cpu_ratio']['median']:11.2f}  ≤ {budget:g}: {verdict(one['is_met'])}")
    for floor, title in FLOORS.items():
        print(f"  {title:30} {kinds[floor]['wall_s']:6.2f} s {kinds[floor]['cpu_s']:6.2f} s")
    gate = kinds["gate"]
    print(f"  {'gate held in a night, at most':30} {gate['most_s']:6.2f} s {'':90} ≤ {gate['budget']:g} s: {verdict(gate['is_met'])}")
    print("  most memory: " + ", ".join(f"{name} {mib:g} MiB" for name, mib in sorted(result["rss_mib"].items())))
    print(json.dumps({**result, "summary": kinds}, default=str))


def main():
    parser = argparse.ArgumentParser(prog="./dev bench nightly", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--students", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=10_000, help="students of the district that was there before")
    parser.add_argument("--rounds", type=int, default=3, help="first syncs")
    parser.add_argument("--nights", type=int, default=2, help="nights in each round")
    parser.add_argument("--deadline", type=float, default=1800, help="seconds a run may take")
    parser.add_argument("--save", metavar="NAME", help="keep the result as tests/bench/results/NAME.json")
    args = parser.parse_args()
    with common.own_home() as home:
        result = measure(home, args)
        report(result)
        if args.save:
            common.save(args.save, {**result, "summary": summary(result)})
        return 0


if __name__ == "__main__":
    sys.exit(main())
