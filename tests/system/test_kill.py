"""kill -9 at every step: the next try ends in the same directory as an undisturbed run.

A gate in the database stops the run where we want it, so each test kills at a known place.
"""

import os
import signal

import lab
import pytest
from portrait import differences, portrait
from proxy import Throttle

from district import District

SLUG = "maple"
STUDENTS, SEED = 150, 31

# Where a run can be stopped: the table, the event and the row that somebody waits at.
PLACES = {
    "copy": ("stage.enrollment", "INSERT", "true"),
    "plan": ("rosterd.run", "UPDATE", "NEW.state = 'planning'"),
    "apply": ("audit.change", "INSERT", "true"),
    "end": ("rosterd.run", "UPDATE", "NEW.state = 'done'"),
}


@pytest.fixture(scope="module")
def zips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("days")
    paths = []
    for day in (1, 2):
        paths.append(folder / f"day{day}.zip")
        District(STUDENTS, SEED, day=day, churn=True).write(paths[-1], level=0)
    return paths


@pytest.fixture(scope="module")
def undisturbed(home, installation, cluster, sshd, template, zips):
    """What the directory is after both days when nothing happens."""
    database = cluster.create("undisturbed", template)
    daemon = lab.Daemon(home, installation, cluster, database, "undisturbed", sshd)
    districts = lab.Districts(home, cluster, database, sshd)
    daemon.start()
    try:
        districts.add(SLUG)
        after = 0
        for day, path in enumerate(zips, 1):
            districts.put(SLUG, path, f"day{day}.zip")
            after = districts.wait_run(SLUG, after=after)["run_id"]
        return portrait(cluster, database, SLUG)
    finally:
        daemon.stop()


@pytest.fixture
def stopped(daemon, districts, gate, zips):
    """Day 1 is in; day 2's run is brought to a place and stands there."""
    districts.add(SLUG)
    districts.put(SLUG, zips[0], "day1.zip")
    first = districts.wait_run(SLUG)["run_id"]

    def stop_at(place):
        table, event, when = PLACES[place]
        barrier = gate()
        barrier.on_row(table, when, event)
        districts.put(SLUG, zips[1], "day2.zip")
        return barrier, barrier.wait(), first

    return stop_at


def finish(districts, undisturbed, first):
    """The run that comes after the kill ends, and nobody can tell the difference."""
    districts.wait_run(SLUG, ("done",), after=first, deadline_s=90)
    found = portrait(districts.cluster, districts.database, SLUG)
    assert differences(undisturbed, found) == []
    applied = districts.value("SELECT count(*) FROM rosterd.run WHERE state = 'done' AND run_id > %s", (first,))
    assert applied == 1, "the file was applied more than once"


# rule: SAFE-7
def test_stage_killed_in_copy(stopped, daemon, districts, undisturbed):
    barrier, _, first = stopped("copy")
    pids = daemon.children("rosterd-stage")
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    barrier.open()
    finish(districts, undisturbed, first)


# rule: SAFE-7
@pytest.mark.parametrize("place", ["copy", "plan", "apply", "end"])
def test_rosterd_killed(stopped, daemon, districts, undisturbed, place):
    barrier, _, first = stopped(place)
    daemon.kill()
    barrier.open()
    daemon.start()
    finish(districts, undisturbed, first)
    states = [r["state"] for r in districts.runs(SLUG)]
    assert "interrupted" in states, states


# rule: SAFE-7
@pytest.mark.parametrize("place", ["copy", "plan", "apply"])
def test_asked_to_stop(stopped, daemon, districts, undisturbed, place):
    """SIGTERM does not wait for what may take for ever: the run is given up, and done again later."""
    barrier, _, first = stopped(place)
    assert daemon.stop(deadline_s=15) == 0
    barrier.open()
    assert [r["state"] for r in districts.runs(SLUG)] == ["done", "interrupted"]
    daemon.start()
    finish(districts, undisturbed, first)


# rule: SAFE-7
@pytest.mark.parametrize("place", ["copy", "plan", "apply", "end"])
def test_backend_terminated(stopped, cluster, districts, undisturbed, place):
    barrier, backend, first = stopped(place)
    cluster.query("postgres", "SELECT pg_terminate_backend(%s)", (backend,))
    barrier.open()
    finish(districts, undisturbed, first)


# rule: SAFE-7
@pytest.mark.parametrize("place", ["copy", "apply"])
def test_backend_killed_and_with_it_the_server(stopped, cluster, districts, undisturbed, place):
    """kill -9 of one backend makes PostgreSQL start over, through crash recovery."""
    barrier, backend, first = stopped(place)
    os.kill(backend, signal.SIGKILL)
    lab.wait_until(lambda: not os.path.exists(f"/proc/{backend}"), "the backend lives")
    barrier.open()
    lab.wait_until(lambda: answers(cluster), "PostgreSQL does not come back", 60)
    finish(districts, undisturbed, first)


def answers(cluster):
    try:
        return cluster.value("postgres", "SELECT 1") == 1
    except Exception:  # noqa: BLE001 - whatever a server in recovery says, it is not up
        return False


# rule: SAFE-7
@pytest.mark.parametrize("place", ["plan", "apply"])
def test_crash_empties_the_slot_and_nobody_is_removed(stopped, cluster, districts, undisturbed, place):
    """Between staging and plan the slot is full and closed; recovery empties it. Empty is not "all left"."""
    barrier, _, first = stopped(place)
    cluster.crash()
    barrier.open()
    finish(districts, undisturbed, first)


# rule: SAFE-7
@pytest.mark.parametrize("victim", ["rosterd-fetch", "rosterd"])
def test_killed_in_download(daemon, districts, sshd, zips, undisturbed, victim):
    with Throttle(sshd.port) as line:
        districts.add(SLUG, port=line.port)
        districts.put(SLUG, zips[0], "day1.zip")
        first = districts.wait_run(SLUG)["run_id"]
        line.hold_after(60_000)
        districts.put(SLUG, zips[1], "day2.zip")
        line.wait_held()
        if victim == "rosterd":
            daemon.kill()
            line.release()
            daemon.start()
        else:
            for pid in daemon.children(victim):
                os.kill(pid, signal.SIGKILL)
            line.release()
        finish(districts, undisturbed, first)
    assert not list((daemon.folder / "spool").rglob("*.part*")), "a partial download was left behind"
