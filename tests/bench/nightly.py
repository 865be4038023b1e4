#!/usr/bin/python3
"""What a district's nights cost beside merely copying its files. ./dev bench nightly

Each round begins with a database that was last analysed with a small district. The large one arrives: its
first sync, then the same zip again; then, night after night, the rows of before in a new zip, and a file in
which 0.5 % of the rows changed. Each stands beside its floor, measured in between: psql that copies the same
CSVs as text into unlogged tables, and for the first sync fills the same tables too, without any rule.
Times are the database's, from the file in the spool to the end of its run (the fetcher brings it before the run
begins); CPU is what rosterd with its children and PostgreSQL used meanwhile. How long the gate was held is
looked up some hundred times a second. Medians; the spread is that of the ratios. Prints a table that says
which budgets are met, and, as the last line, JSON. Status 0 whether they are met or not.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import resource
import statistics
import sys
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import lab  # noqa: E402
from district import District  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "8GB", "autovacuum": "off"}
LOOK_S = 0.01
GATE_S = 1.0
# what: title, floor, budget in times the floor
KINDS = {
    "first": ("first sync", "script", 1.5),
    "again": ("the same zip again", "copy", 0.05),
    "same": ("the same rows in a new zip", "copy", 0.6),
    "night": ("a night, 0.5 % changed", "copy", 0.75),
}
FLOORS = {"script": "psql: COPY and fill the tables", "copy": "psql: COPY alone"}


def stat_s(pid, reaped):
    """CPU seconds of a process, with those of its children that are gone if `reaped`."""
    with contextlib.suppress(OSError):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15 if reaped else 13])) / TICKS
    return 0.0


def tree_s(pid, leave_out=()):
    """CPU seconds of a process and its children, living or gone."""
    return stat_s(pid, True) + sum(stat_s(child, True) for child in lab._children(pid) if child not in leave_out)


class Meter:
    """One connection that watches a district's runs and its gate, and the CPU of everybody else."""

    QUERY = """SELECT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND l.granted
                                AND ((l.classid::bigint << 32) | l.objid::bigint) = %s),
                      r.run_id, r.state, r.reason, r.detail, extract(epoch FROM r.ended_at - r.created_at)::float8, r.counts
               FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT * FROM rosterd.run r WHERE r.district_id = %s AND r.run_id > %s
                                                      ORDER BY r.run_id LIMIT 1) r ON true"""

    def __init__(self, cluster, database, daemon, district):
        self.cluster, self.daemon, self.district = cluster, daemon, district
        self.connection = cluster.connect(database)
        self.cursor = self.connection.cursor()
        self.pid = self.connection.info.backend_pid
        self.cursor.execute("SELECT sync.gate_key(%s)", (district,))
        self.key = self.cursor.fetchone()[0]
        self.last = 0

    def close(self):
        self.connection.close()

    def wal(self):
        self.cursor.execute("SELECT pg_current_wal_lsn() - '0/0'")
        return int(self.cursor.fetchone()[0])

    def cpu_s(self):
        return tree_s(self.daemon.process.pid), tree_s(self.cluster.process.pid, (self.pid,))

    def run(self, put, states, deadline_s):
        """What the next run of the district took, begun by put()."""
        ours, postgres, wal = *self.cpu_s(), self.wal()
        put()
        end = time.monotonic() + deadline_s
        gate_s, since = 0.0, None
        while True:
            self.cursor.execute(self.QUERY, (self.key, self.district, self.last))
            held, run, state, reason, detail, seconds, counts = self.cursor.fetchone()
            now = time.monotonic()
            if held and since is None:
                since = now
            elif not held and since is not None:
                gate_s, since = gate_s + now - since, None
            if state in lab.SETTLED:
                break
            if now > end:
                raise lab.LabError(f"no run settled within {deadline_s:g} s; the last one is {run} {state}")
            time.sleep(LOOK_S)
        if state not in states:
            raise lab.LabError(f"run {run} ended as {state}: {reason} {detail}")
        self.last = run
        after = self.cpu_s()
        return {"wall_s": seconds, "ours_s": after[0] - ours, "postgres_s": after[1] - postgres, "cpu_s": sum(after) - ours - postgres,
                "gate_s": gate_s, "wal_mib": (self.wal() - wal) / (1 << 20), "counts": counts}


def psql(home, cluster, database, script, folder):
    """What the floor took: its own words on the wall, its CPU and that of PostgreSQL."""
    for name in ("copy.sql", script):
        home.write(name, (HERE / name).read_bytes())

    def used():
        mine = resource.getrusage(resource.RUSAGE_CHILDREN)
        return mine.ru_utime + mine.ru_stime + tree_s(cluster.process.pid)

    before = used()
    out = lab.run(["psql", "-X", "-q", "-A", "-t", "-F", " ", "-v", f"folder={folder}", "-v", "district=1",
                   "-f", home.path / script, "-d", cluster.dsn(database)], timeout=3600)[1]
    took = {words[0]: float(words[1]) for words in map(str.split, out.splitlines()) if len(words) == 2}
    return {"wall_s": took["floor_s" if script == "floor.sql" else "copy_s"], "cpu_s": used() - before}


def copy(home, cluster, folder):
    cluster.create("copy", "template0")
    try:
        return psql(home, cluster, "copy", "copy.sql", folder)
    finally:
        cluster.drop("copy")


def script(home, cluster, folder):
    cluster.create("floor", "migrated")
    try:
        return psql(home, cluster, "floor", "floor.sql", folder)
    finally:
        cluster.drop("floor")


class Files:
    """Of each day the zip, the same rows in another zip, and the CSVs; made before anything is measured."""

    def __init__(self, home, students, days):
        self.zips, self.others, self.folders, self.changed = [], [], [], []
        district = District(students, 7, name="large")
        before, known = set(), set()
        for day in range(1, days + 1):
            if day > 1:
                district.next_night()
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

    @staticmethod
    def _write(district, path, level):
        district.write(path, level=level)
        return path


def start(stack, home, installation, cluster, database, sshd):
    daemon = lab.Daemon(home, installation, cluster, database, name=database, sshd=sshd, config={"workers": {"stage": 1}})
    stack.callback(daemon.stop)
    return daemon


def small_district(home, installation, cluster, sshd, students):
    """The database each round begins with."""
    with contextlib.ExitStack() as stack:
        cluster.create("small")
        daemon = start(stack, home, installation, cluster, "small", sshd)
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


def one_round(home, installation, cluster, sshd, files, args, number, samples):
    database = f"round{number}"
    cluster.create(database, "small")
    with contextlib.ExitStack() as stack:
        daemon = start(stack, home, installation, cluster, database, sshd)
        daemon.start()
        districts = lab.Districts(home, cluster, database, sshd)
        districts.add("large")
        meter = Meter(cluster, database, daemon, districts.ident("large"))
        stack.callback(meter.close)

        def measure(kind, package, states=("done",)):
            name = f"n{len(samples[kind])}-{kind}.zip"
            samples[kind].append(meter.run(lambda: districts.put("large", package, name), states, args.deadline))

        # Every other round the other way round, so that what warms up favours neither.
        steps = [lambda: samples["script"].append(script(home, cluster, files.folders[0])), lambda: measure("first", files.zips[0])]
        for step in steps[::-1] if number % 2 else steps:
            step()
        measure("again", files.zips[0], ("unchanged",))
        for night in range(1, args.nights + 1):
            measure("same", files.others[night - 1])
            samples["copy"].append(copy(home, cluster, files.folders[night]))
            measure("night", files.zips[night])
    cluster.drop(database)


def measure(home, args):
    cluster = lab.Cluster(home, durable=True, settings=SETTINGS)
    sshd = lab.Sshd(home)
    samples = {kind: [] for kind in (*KINDS, *FLOORS)}
    with contextlib.ExitStack() as stack:
        stack.callback(cluster.stop)
        cluster.start()
        stack.callback(sshd.stop)
        sshd.start()
        installation = lab.Installation(home, lab.default_prefix())
        files = Files(home, args.students, args.nights + 1)
        small_district(home, installation, cluster, sshd, args.small)
        for number in range(args.rounds):
            one_round(home, installation, cluster, sshd, files, args, number, samples)
        version = cluster.value("postgres", "SHOW server_version")
    return {"students": args.students, "small": args.small, "rows": files.rows, "changed_rows": files.changed, "rounds": args.rounds,
            "nights": args.nights, "machine": machine(), "postgresql": version, "settings": SETTINGS, "samples": samples}


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load": round(os.getloadavg()[0], 1)}


def median(samples, what):
    return statistics.median(sample[what] for sample in samples)


def ratios(samples, floors, what):
    """Median over median, and the least and most of each sample over the floors' median."""
    floor = max(median(floors, what), 1 / TICKS)
    each = [sample[what] / floor for sample in samples]
    return {"median": round(statistics.median(each), 3), "least": round(min(each), 3), "most": round(max(each), 3)}


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


def verdict(is_met):
    return "met" if is_met else "NOT MET"


def report(result):
    kinds, box = summary(result), result["machine"]
    print(f"  {result['students']:,} students, {result['rows']:,} rows; rows changed a night: {', '.join(f'{n:,}' for n in result['changed_rows'])}")
    print(f"  {box['cpu']}, {box['cores']} cores, Linux {box['kernel']}, load {box['load']}; PostgreSQL {result['postgresql']}, "
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
    print(json.dumps({**result, "summary": kinds}, default=str))


def main():
    parser = argparse.ArgumentParser(prog="./dev bench nightly", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--students", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=10_000, help="students of the district that was there before")
    parser.add_argument("--rounds", type=int, default=3, help="first syncs")
    parser.add_argument("--nights", type=int, default=2, help="nights in each round")
    parser.add_argument("--deadline", type=float, default=1800, help="seconds a run may take")
    home = lab.Home()
    try:
        report(measure(home, parser.parse_args()))
        return 0
    finally:
        home.remove()


if __name__ == "__main__":
    sys.exit(main())
