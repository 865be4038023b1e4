#!/usr/bin/python3
"""How much more a fleet gets done with 1, 2 and 3 daemons on one database. ./dev bench daemons

A few hundred small districts, the same for each number of daemons, in a database of its own: a first sync of
each, then a night with 0.5 % of the rows changed. All daemons run on this machine, beside the database, so more of
them cannot bring more cores: what is measured is whether they share the work, and where it stops. Told are
districts a second, what each daemon did, and the CPU of the daemons with their children beside that of
PostgreSQL. Prints a table and, as the last line, JSON. Status 1 when a daemon had no share of the work.
"""

import argparse
import contextlib
import json
import sys
import time

import common
from common import tree_s

import lab
from district import District

def make(home, count, students):
    """Packages of a few districts, two days; all districts have one of them."""
    days = ({}, {})
    for kind in range(min(8, count)):
        district = District(students, 300 + kind, name=f"kind-{kind}")
        for day, packages in enumerate(days):
            if day:
                district.next_night()
            packages[kind] = home.path / f"kind-{kind}-{day}.zip"
            district.write(packages[kind])
            lab.give(packages[kind])
    return days


def play(districts, slugs, packages, name, daemons, cluster, deadline_s):
    """All districts get a file at once; how long until the last run has ended, and who did how many."""
    last = districts.value("SELECT coalesce(max(run_id), 0) FROM rosterd.run")
    districts.sql("SELECT rosterd.set_sync(slug, false, NULL) FROM rosterd.district")
    for number, slug in enumerate(slugs):
        districts.put(slug, packages[number % len(packages)], name)
    ours, postgres = sum(tree_s(daemon.process.pid) for daemon in daemons), tree_s(cluster.process.pid)
    began = time.monotonic()
    districts.sql("SELECT rosterd.set_sync(slug, true, NULL) FROM rosterd.district")

    def ended():
        return districts.value("SELECT count(*) FROM rosterd.run WHERE run_id > %s AND state = 'done'", (last,)) >= len(slugs)

    lab.wait_until(ended, lambda: str(districts.sql("SELECT state, count(*) FROM rosterd.run WHERE run_id > %s GROUP BY 1", (last,))),
                   deadline_s, step_s=0.1)
    spent = time.monotonic() - began
    shares = districts.sql("SELECT count(r.run_id) FROM rosterd.daemon d LEFT JOIN rosterd.run r ON r.daemon_id = d.daemon_id AND r.run_id > %s GROUP BY d.daemon_id",
                           (last,))
    return {"s": round(spent, 2), "districts_per_s": round(len(slugs) / spent, 2), "shares": sorted(row[0] for row in shares),
            "daemons_cpu_s": round(sum(tree_s(daemon.process.pid) for daemon in daemons) - ours, 2),
            "postgres_cpu_s": round(tree_s(cluster.process.pid) - postgres, 2)}


def one_fleet(home, installation, cluster, sshd, days, number, args):
    database = cluster.create(f"fleet{number}", "migrated")
    districts = lab.Districts(home, cluster, database, sshd)
    slugs = [f"d-{n}" for n in range(1, args.districts + 1)]
    config = {"workers": {"stage": args.workers, "sessions_per_host": 8}, "lease": {"ttl_s": 3}}
    with contextlib.ExitStack() as stack:
        for slug in slugs:
            districts.add(slug, poll_every="5 seconds", on=False)
        daemons = [lab.Daemon(home, installation, cluster, database, name=f"{database}-{n}", sshd=sshd, config=config) for n in range(number)]
        for daemon in daemons:
            stack.callback(daemon.stop)
            daemon.start()
        share = -(-args.districts // number)
        lab.wait_until(lambda: [row[0] for row in districts.sql("SELECT count(*) FROM rosterd.lease GROUP BY daemon_id")] and
                       max(row[0] for row in districts.sql("SELECT count(*) FROM rosterd.lease GROUP BY daemon_id")) <= share and
                       districts.value("SELECT count(*) FROM rosterd.lease") == args.districts, "the daemons did not share the districts", 60)
        result = {phase: play(districts, slugs, packages, f"{phase}.zip", daemons, cluster, args.deadline)
                  for phase, packages in zip(("first", "night"), days)}
    cluster.drop(database)
    return result


def measure(home, args):
    with contextlib.ExitStack() as stack:
        cluster, sshd = common.servers(stack, home, autovacuum="on")
        installation = lab.Installation(home, lab.default_prefix())
        cluster.create("migrated")
        lab.Daemon(home, installation, cluster, "migrated", name="migrator").migrate()
        days = make(home, args.districts, args.students)
        box = common.machine()
        fleets = {number: one_fleet(home, installation, cluster, sshd, days, number, args) for number in range(1, args.most + 1)}
    return {"districts": args.districts, "students": args.students, "machine": box, "workers": args.workers, "daemons": fleets}


def report(result):
    print(f"  {result['districts']} districts of {result['students']} students, {result['workers']} workers a daemon; {common.sentence(result['machine'])}\n")
    print(f"  {'':22} {'took':>8} {'districts/s':>12} {'beside one':>11} {'daemons':>10} {'PostgreSQL':>11}   runs of each")
    fair = True
    for phase, title in (("first", "first sync"), ("night", "a night")):
        for number, phases in result["daemons"].items():
            one, alone = phases[phase], result["daemons"][1][phase]
            fair = fair and min(one["shares"]) > 0.5 * result["districts"] / int(number)
            print(f"  {title:10} {number} daemon{'' if number == 1 else 's':3} {one['s']:6.1f} s {one['districts_per_s']:12.2f} "
                  f"{one['districts_per_s'] / alone['districts_per_s']:9.2f} x {one['daemons_cpu_s']:6.1f} s {one['postgres_cpu_s']:9.1f} s   {one['shares']}")
    print(json.dumps(result))
    return fair


def main():
    parser = argparse.ArgumentParser(prog="./dev bench daemons", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--districts", type=int, default=300)
    parser.add_argument("--students", type=int, default=150, help="of each")
    parser.add_argument("--workers", type=int, default=2, help="of each daemon")
    parser.add_argument("--most", type=int, default=3, help="daemons")
    parser.add_argument("--deadline", type=float, default=900, help="seconds until the bench gives up")
    parser.add_argument("--save", action="store_true", help="keep the result in tests/bench/results")
    args = parser.parse_args()
    with common.own_home() as home:
        result = measure(home, args)
    if args.save:
        common.save("daemons", result)
    return 0 if report(result) else 1


if __name__ == "__main__":
    sys.exit(main())
