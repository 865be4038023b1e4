#!/usr/bin/python3
"""Thirty nights of one district: do tables and write-ahead log stay as they are? ./dev bench year

A first sync, then night after night a file with 0.5 % of the rows changed. Between two nights a day passes in
short: a checkpoint, so that each night pays for its full page images, and as long as autovacuum wants. The same
nights are played with each way of setting PostgreSQL up: its defaults, tables vacuumed at 2 % dead rows instead of 20 %,
and pages filled to 90 % or full page images compressed besides. Told are WAL a night, the size of sis and directory, dead rows and empty room in them
at the end (pgstattuple), the time of a night, and how often autovacuum came. Prints a table and, as the last line,
JSON. Status 1 when WAL a night or the tables grow by more than they may.
"""

import argparse
import contextlib
import json
import statistics
import sys
import time

import common

import lab
from district import District

# Last ten nights beside the first ten; the tables after the last night beside after the fifth. Who has left stays in the
# directory, and as many families come as leave: that alone is 5 % more rows in 30 nights.
WAL_GROWTH, SIZE_GROWTH = 1.25, 1.15
TABLES = """SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname IN ('sis', 'directory') AND c.relkind = 'r' ORDER BY 1"""
WAYS = {
    "defaults": None,
    "2 %": "autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02",
    "2 %, filled to 90 %": "autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02, fillfactor = 90",
    "2 %, wal_compression": "autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02",
}
COMPRESSED = "2 %, wal_compression"


def set_up(cluster, database, way):
    if way == COMPRESSED:
        cluster.query(database, f"ALTER DATABASE {database} SET wal_compression = 'lz4'")
    for (table,) in cluster.query(database, TABLES) if WAYS[way] else ():
        cluster.query(database, f"ALTER TABLE {table} SET ({WAYS[way]})")


def size_mib(cluster, database, schemas):
    return round(float(cluster.value(database, "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                                         "WHERE n.nspname = ANY (%s) AND c.relkind = 'r'", (list(schemas),))) / (1 << 20), 1)


def bloat(cluster, database):
    """Of the tables' bytes: dead rows, and room that is empty, in percent; and autovacuum's visits."""
    cluster.query(database, "CREATE EXTENSION IF NOT EXISTS pgstattuple")
    length, dead, free = cluster.query(database, f"SELECT sum(s.table_len), sum(s.dead_tuple_len), sum(s.free_space) FROM ({TABLES}) t (name) "
                                                 "CROSS JOIN LATERAL pgstattuple(t.name) s")[0]
    visits = cluster.value(database, "SELECT sum(autovacuum_count) FROM pg_stat_user_tables WHERE schemaname IN ('sis', 'directory')")
    hot = cluster.query(database, "SELECT sum(n_tup_upd), sum(n_tup_hot_upd) FROM pg_stat_user_tables WHERE schemaname IN ('sis', 'directory')")[0]
    return {"dead_percent": round(100 * float(dead) / float(length), 1), "free_percent": round(100 * float(free) / float(length), 1),
            "autovacuums": int(visits), "hot_percent": round(100 * float(hot[1]) / max(1, float(hot[0])))}


def day_passes(cluster, database):
    cluster.query(database, "CHECKPOINT")
    time.sleep(2.5)  # two of autovacuum's naps: it looks at the statistics once in each
    lab.wait_until(lambda: cluster.value(database, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'") == 0,
                   "autovacuum does not end", 120)


def play(home, installation, cluster, sshd, way, files, args):
    database = cluster.create(f"way{list(WAYS).index(way)}", "migrated")
    set_up(cluster, database, way)
    nights = []
    with contextlib.ExitStack() as stack:
        daemon = common.start(stack, home, installation, cluster, database, sshd)
        daemon.start()
        districts = lab.Districts(home, cluster, database, sshd)
        districts.add("town")
        meter = common.Meter(cluster, database, daemon, districts.ident("town"))
        stack.callback(meter.close)
        for number, package in enumerate(files):
            one = meter.run(lambda package=package, number=number: districts.put("town", package, f"n{number:02}.zip"), ("done",), args.deadline)
            day_passes(cluster, database)
            nights.append({"wal_mib": round(one["wal_mib"], 2), "wall_s": round(one["wall_s"], 2), "gate_s": round(one["gate_s"], 2),
                           "tables_mib": size_mib(cluster, database, ("sis", "directory")), "audit_mib": size_mib(cluster, database, ("audit",))})
        end = bloat(cluster, database)
    cluster.drop(database)
    return {"nights": nights, **end}


def summary(one):
    nights = one["nights"][1:]
    early, late = nights[:10], nights[-10:]
    wal = statistics.median(night["wal_mib"] for night in late) / statistics.median(night["wal_mib"] for night in early)
    size = nights[-1]["tables_mib"] / nights[min(4, len(nights) - 1)]["tables_mib"]
    return {"wal_mib": round(statistics.median(night["wal_mib"] for night in nights), 2), "wal_growth": round(wal, 2), "size_growth": round(size, 2),
            "night_s": round(statistics.median(night["wall_s"] for night in nights), 2),
            "audit_mib": round((late[-1]["audit_mib"] - nights[0]["audit_mib"]) / max(1, len(nights) - 1), 2),
            "is_flat": wal <= WAL_GROWTH and size <= SIZE_GROWTH}


def measure(home, args):
    with contextlib.ExitStack() as stack:
        cluster, sshd = common.servers(stack, home, autovacuum="on", autovacuum_naptime="1s")
        installation = lab.Installation(home, lab.default_prefix())
        cluster.create("migrated")
        lab.Daemon(home, installation, cluster, "migrated", name="migrator").migrate()
        district, files = District(args.students, 7, name="town"), []
        for number in range(args.nights + 1):
            if number:
                district.next_night()
            files.append(home.path / f"n{number}.zip")
            district.write(files[-1])
            lab.give(files[-1])
        box = common.machine()
        ways = {way: play(home, installation, cluster, sshd, way, files, args) for way in args.way or WAYS}
    return {"students": args.students, "nights": args.nights, "machine": box, "ways": ways, "summary": {way: summary(one) for way, one in ways.items()}}


def report(result):
    print(f"  {result['students']:,} students, {result['nights']} nights with 0.5 % changed rows; {common.sentence(result['machine'])}\n")
    print(f"  {'autovacuum':22} {'WAL a night':>12} {'grew':>6} {'tables':>18} {'grew':>6} {'dead':>6} {'empty':>6} {'HOT':>5} {'a night':>8} {'visits':>7} {'audit a night':>14}")
    for way, one in result["ways"].items():
        short, nights = result["summary"][way], one["nights"]
        print(f"  {way:22} {short['wal_mib']:8.2f} MiB {short['wal_growth']:5.2f}x {nights[1]['tables_mib']:6.1f} → {nights[-1]['tables_mib']:5.1f} MiB "
              f"{short['size_growth']:5.2f}x {one['dead_percent']:4.1f} % {one['free_percent']:4.1f} % {one['hot_percent']:3} % {short['night_s']:6.2f} s "
              f"{one['autovacuums']:7} {short['audit_mib']:10.2f} MiB  {'flat' if short['is_flat'] else 'GROWS'}")
    print(json.dumps(result))
    return all(short["is_flat"] for short in result["summary"].values())


def main():
    parser = argparse.ArgumentParser(prog="./dev bench year", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--students", type=int, default=20_000)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--way", choices=WAYS, action="append", help="only this way of setting up; may be given again")
    parser.add_argument("--deadline", type=float, default=300, help="seconds a run may take")
    parser.add_argument("--save", action="store_true", help="keep the result in tests/bench/results")
    args = parser.parse_args()
    with common.own_home() as home:
        result = measure(home, args)
    if args.save:
        common.save("year", result)
    return 0 if report(result) else 1


if __name__ == "__main__":
    sys.exit(main())
