#!/usr/bin/python3
"""rosterd beside what people would use otherwise, on one district's files. ./dev bench peers

In turn, so that what disturbs the machine disturbs each: `unzip -p` and `rosterctl validate` of the zip; psql that copies
the CSVs; psql that fills rosterd's tables too, without any rule (the script); pgloader of the two large files; a plain Python
script (csv, COPY, upsert; plain_upsert.py) on an empty database and on the same rows again; rosterd's first sync, the same
rows in a new zip, and a night with 0.5 % changed. What brings files (sftp, lftp, bare libssh) is in ./dev bench fetch.
Medians and the spread of wall seconds, and CPU seconds of client and server together. Prints a table and, as
the last line, JSON.
"""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import shutil
import sys
import time

import common
from common import SETTINGS, median, tree_s

import lab
import nightly
from district import CHURN_PERCENT

HERE = pathlib.Path(__file__).resolve().parent
ROWS = {
    "unzip": "unzip -p, to nowhere",
    "validate": "rosterctl validate: read and judged",
    "copy": "psql: COPY alone",
    "script": "psql: COPY and fill rosterd's tables, no rule",
    "pgloader": "pgloader: users and enrollments alone",
    "upsert": "Python script, first time",
    "upsert_again": "Python script, the same rows again",
    "first": "rosterd: first sync",
    "same": "rosterd: the same rows in a new zip",
    "night": "rosterd: a night, 0.5 % changed",
}


class Bench:
    def __init__(self, home, cluster, installation, files):
        self.home, self.cluster, self.installation, self.files = home, cluster, installation, files
        self.plain = home.write("plain_upsert.py", (HERE / "plain_upsert.py").read_bytes(), 0o755)

    def timed(self, argv, **options):
        """Wall seconds, and CPU seconds of the client and PostgreSQL."""
        def used():
            mine = resource.getrusage(resource.RUSAGE_CHILDREN)
            return mine.ru_utime + mine.ru_stime + tree_s(self.cluster.process.pid)

        before, began = used(), time.monotonic()
        lab.run(argv, timeout=3600, cwd=self.home.path, **options)
        return {"wall_s": time.monotonic() - began, "cpu_s": used() - before}

    def unzip(self):
        return self.timed(["sh", "-c", 'exec unzip -p "$0" >/dev/null', self.files.zips[0]])

    def validate(self):
        return self.timed([self.installation.rosterctl, "validate", self.files.zips[0]], check=False)

    def pgloader(self):
        """Its connection string knows the folder of a socket and the port."""
        self.cluster.create("loaded", "template0")
        for name in ("users", "enrollments"):
            columns = ", ".join(f'"{column}" text' for column in (self.files.folders[0] / f"{name}.csv").open().readline().strip().split(","))
            self.cluster.query("loaded", f"CREATE UNLOGGED TABLE {name} ({columns})")
        script = "".join(
            f"LOAD CSV FROM '{self.files.folders[0]}/{name}.csv' INTO postgresql://postgres@unix:{self.cluster.sockets}:5432/loaded\n"
            f"  TARGET TABLE public.{name} WITH skip header = 1, fields optionally enclosed by '\"', fields terminated by ',';\n"
            for name in ("users", "enrollments"))
        try:
            result = self.timed(["pgloader", "--root-dir", self.home.folder("pgloader"), self.home.write("load.pgloader", script)])
            loaded = self.cluster.value("loaded", "SELECT count(*) FROM enrollments")
            if loaded < 1:
                raise lab.LabError("pgloader loaded nothing")
            return result
        finally:
            self.cluster.drop("loaded")

    def upserts(self, samples):
        self.cluster.create("plain", "template0")
        for kind in ("upsert", "upsert_again"):
            samples[kind].append(self.timed(["/usr/bin/python3", self.plain, self.cluster.dsn("plain"), self.files.zips[0]]))
        self.cluster.drop("plain")


def measure(home, args):
    samples = {kind: [] for kind in (*ROWS, "again")}
    with contextlib.ExitStack() as stack:
        cluster, sshd = common.servers(stack, home)
        installation = lab.Installation(home, lab.default_prefix())
        files = nightly.Files(home, args.students, [CHURN_PERCENT] * args.nights)
        nightly.small_district(home, installation, cluster, sshd, args.small)
        bench, box = Bench(home, cluster, installation, files), common.machine()
        for number in range(args.rounds):
            for kind in ("unzip", "validate"):
                samples[kind].append(getattr(bench, kind)())
            nightly.one_round(home, installation, cluster, sshd, files, args, number, samples)
            bench.upserts(samples)
            if shutil.which("pgloader"):
                samples["pgloader"].append(bench.pgloader())
        version = cluster.value("postgres", "SHOW server_version")
    return {"students": args.students, "rows": files.rows, "changed_rows": files.changed, "rounds": args.rounds, "nights": args.nights,
            "machine": box, "load_after": round(os.getloadavg()[0], 1), "postgresql": version, "settings": SETTINGS, "samples": samples,
            "summary": nightly.summary({"samples": samples})}


def report(result):
    samples = result["samples"]
    copy = median(samples["copy"], "wall_s")
    print(f"  {result['students']:,} students, {result['rows']:,} rows; {common.sentence(result['machine'])} (afterwards {result['load_after']}); "
          f"PostgreSQL {result['postgresql']}, {', '.join(f'{name} = {value}' for name, value in result['settings'].items())}")
    print(f"  medians of {result['rounds']} rounds, {result['nights']} nights each\n")
    print(f"  {'':48} {'wall':>9} {'spread':>16} {'CPU':>9} {'rows/s':>11} {'beside COPY':>12}")
    for kind, title in ROWS.items():
        if samples[kind]:
            walls = [one["wall_s"] for one in samples[kind]]
            wall = median(samples[kind], "wall_s")
            print(f"  {title:48} {wall:7.2f} s {min(walls):6.2f}–{max(walls):6.2f} s {median(samples[kind], 'cpu_s'):7.2f} s "
                  f"{result['rows'] / wall:11,.0f} {wall / copy:10.2f} x")
    print(json.dumps(result, default=str))


def main():
    parser = argparse.ArgumentParser(prog="./dev bench peers", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--students", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=10_000, help="students of the district that was there before")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nights", type=int, default=2, help="nights in each round")
    parser.add_argument("--deadline", type=float, default=1800, help="seconds a run may take")
    parser.add_argument("--save", action="store_true", help="keep the result in tests/bench/results")
    args = parser.parse_args()
    with common.own_home() as home:
        result = measure(home, args)
    report(result)
    if args.save:
        common.save("peers", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
