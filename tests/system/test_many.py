"""Large and small districts at once: nobody waits for a neighbour's size."""

import contextlib
import os

import lab
import oneroster
from district import District

LARGE, SMALL = ("large-1", "large-2"), tuple(f"small-{n}" for n in range(1, 6))


def heavy_zip(path, students, seed):
    """As heavy as a large district's, with the rows of a small one: what else is in it is not read."""
    tables = {name: list(rows.values()) for name, rows in District(students, seed).tables.items()}
    oneroster.write_zip(path, tables, extra={"notes.bin": os.urandom(5 << 20)})
    return path


def test_small_districts_are_applied_while_large_ones_run(make_daemon, districts, gate, package, tmp_path, cluster, database):
    """Two workers, two large districts, one of them stopped in its apply: the other waits, the small ones do not."""
    for slug in (*LARGE, *SMALL):
        districts.add(slug)
    barrier = gate()
    barrier.on_row("directory.person", f"NEW.district_id IN ({', '.join(str(districts.ident(slug)) for slug in LARGE)})")
    for number, slug in enumerate(LARGE):
        districts.put(slug, heavy_zip(tmp_path / f"{slug}.zip", 60, number))
    make_daemon(config={"workers": {"stage": 2}})
    barrier.wait()
    lab.wait_until(lambda: all(districts.runs(slug) for slug in LARGE), "the second large run did not begin")

    for number, slug in enumerate(SMALL):
        districts.put(slug, package(District(40, 20 + number)))
    for slug in SMALL:
        districts.wait_run(slug, deadline_s=30)
    assert sorted(districts.runs(slug)[-1]["state"] for slug in LARGE) == ["applying", "fetching"]

    # The app goes on: it writes in a small district, and reads in the one that is being applied.
    applying = next(slug for slug in LARGE if districts.runs(slug)[-1]["state"] == "applying")
    with contextlib.closing(cluster.connect(database)) as app, app.cursor() as cursor:
        cursor.execute("SET ROLE rosterd_app; SET statement_timeout = '2s'")
        ident = districts.ident(SMALL[0])
        school = districts.value("SELECT min(school_id) FROM directory.school WHERE district_id = %s", (ident,))
        leader = districts.value("SELECT rosterd.appoint_leader(%s, NULL, 'Lea', 'Der', 'lead@small.example')", (ident,))
        cursor.execute("SELECT api.create_classroom(%s, %s, %s, 'Chess')", (ident, leader, school))
        assert cursor.fetchone()[0] > 0
        cursor.execute("SELECT count(*) FROM api.audience(%s, NULL)", (districts.ident(applying),))
        assert cursor.fetchone()[0] == 0

    barrier.open()
    for slug in LARGE:
        districts.wait_run(slug)


def test_large_district_leaves_nothing_in_its_slot(make_daemon, districts, tmp_path, package):
    """What it has filled is empty soon after its run, and its worker goes on with the next one."""
    tables = ("stage.enrollment", "sync.delta_person", "sync.plan_membership")

    def filled():
        return [table for table in tables if districts.value(f"SELECT EXISTS (SELECT FROM {table})")]

    for slug in ("large", "small"):
        districts.add(slug)
    districts.put("large", heavy_zip(tmp_path / "large.zip", 3000, 7))
    make_daemon(config={"workers": {"stage": 1}})
    districts.wait_run("large")
    lab.wait_until(lambda: not filled(), lambda: f"rows of it are still in {filled()}")
    districts.put("small", package(District(40, 8)))
    districts.wait_run("small")
    assert filled() == list(tables), "a small one's go when the slot is used again"
