"""What is said of a district stays true while other things happen to it."""

import hashlib
import os
import shutil

import lab
import pytest

from district import District

SLUG = "maple"


def shown(daemon):
    def found():  # a district is shown from the second after it was taken up
        status, answer = daemon.get(f"/v1/districts/{SLUG}")
        return answer.get("district", answer) if status == 200 else None

    return lab.wait_until(found, "it is not shown", 10)


def test_a_rejected_file_is_not_forgotten_over_a_run_of_the_rules(daemon, districts, package, tmp_path):
    """Every parent who accepts leaves something for the rules to do; the district's file is as broken as before."""
    districts.add(SLUG)
    districts.put(SLUG, package(District(40, 8)), "day1.zip")
    first = districts.wait_run(SLUG)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(package(District(40, 8, day=2)).read_bytes()[:-700])
    districts.put(SLUG, broken, "day2.zip")
    rejected = districts.wait_run(SLUG, ("rejected",), after=first["run_id"])
    districts.sql("UPDATE rosterd.district SET phone_is_credential = false WHERE slug = %s", (SLUG,))
    rules = districts.wait_run(SLUG, ("done",), after=rejected["run_id"])
    assert rules["file_sha256"] is None
    polled = shown(daemon)["last_poll_at"]
    lab.wait_until(lambda: shown(daemon)["last_poll_at"] > polled, "no poll", 20)
    view = shown(daemon)
    assert (view["health"], view["reason"], view["owner"]) == ("failing", "zip.damaged", "district")
    districts.put(SLUG, package(District(40, 8, day=2)), "day3.zip")
    districts.wait_run(SLUG, ("done",), after=rules["run_id"])
    lab.wait_until(lambda: shown(daemon)["health"] == "ok", "not well", 10)


# rule: SAFE-7
def test_asking_for_a_sync_never_goes_back_to_an_older_file(daemon, districts, package):
    """Two complete files came between two polls: the newer one was applied, the older one is superseded."""
    drop = districts.add(SLUG, after="delete", on=False)
    districts.put(SLUG, package(District(40, 9)), "day1.zip")
    for old in drop.iterdir():
        os.utime(old, (1700000000, 1700000000))
    districts.put(SLUG, package(District(40, 9, day=2)), "day2.zip")
    districts.sql("SELECT rosterd.set_sync(%s, true, NULL)", (SLUG,))
    first = districts.wait_run(SLUG)
    assert first["file_name"] == "day2.zip"
    lab.wait_until(lambda: not (drop / "day2.zip").exists(), "day 2 is not settled", 20)
    polled = lab.wait_until(lambda: shown(daemon).get("last_poll_at"), "no poll", 20)
    for _ in range(3):  # one that is asked for while a poll is under way may be that poll
        assert daemon.sync(SLUG)[0] == 202
        lab.wait_until(lambda: shown(daemon)["last_poll_at"] > polled and shown(daemon)["health"] == "ok", "no poll", 20)
        polled = shown(daemon)["last_poll_at"]
    assert [(r["file_name"], r["state"]) for r in districts.runs(SLUG) if r["file_name"]] == [("day1.zip", "superseded"), ("day2.zip", "done")]


FETCHER = """#!/usr/bin/python3
# Speaks for rosterd-fetch: a file for each folder, the first poll answered only when it is called off.
import json, pathlib, shutil, sys
home = pathlib.Path(__file__).parent
held = None
def answer(job):
    name = job["path"].rstrip("/").rpartition("/")[2] + ".zip"
    is_there = (home / name).exists()
    file = {"name": name, "size": (home / name).stat().st_size if is_there else 0, "mtime": 1700000000}
    if not is_there or job["known"] == file and not job["again"]:
        return print(json.dumps({"id": job["id"], "event": "nothing", "seen": []}), flush=True)
    sha256 = (home / (name + ".sha256")).read_text()
    spooled = f"{job['spool']}/{sha256}.zip"
    shutil.copyfile(home / name, spooled)
    print(json.dumps({"id": job["id"], "event": "fetched", "seen": [], "sha256": sha256, "file": spooled, **file}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    if job["op"] == "cancel" and held:
        answer(held)
    elif job["op"] == "poll" and held is None and (home / "hold").exists():
        held = job
        (home / "held").touch()
    elif job["op"] == "poll":
        answer(job)
"""


@pytest.fixture
def scripted(home, make_daemon, request):
    """A daemon whose fetcher does what FETCHER says, and the folder with the fetcher's files."""
    place = home.folder(f"fetcher/{request.node.name}", 0o755)
    program = place / "fetch"
    program.write_text(FETCHER)
    program.chmod(0o755)
    lab.give(place)

    def files(**packages):
        for name, package in packages.items():
            shutil.copyfile(package, place / f"{name}.zip")
            (place / f"{name}.zip.sha256").write_text(hashlib.sha256(package.read_bytes()).hexdigest())
        for path in place.iterdir():
            lab.give(path)
        return make_daemon(config={"programs": {"fetch": str(program)}})

    return place, files


def test_a_file_that_came_when_its_poll_was_called_off_is_run_later(scripted, districts, package):
    """The last moment of a transfer cannot be called off: its "fetched" crosses with the cancel."""
    place, files = scripted
    (place / "hold").touch()
    districts.add(SLUG)
    files(**{SLUG: package(District(40, 10))})
    lab.wait_until((place / "held").exists, "no poll", 20)
    districts.sql("SELECT rosterd.set_sync(%s, false, 'wait')", (SLUG,))
    (place / "hold").unlink()
    lab.wait_until(lambda: districts.value("SELECT seen_version = version FROM rosterd.district"), "not seen", 20)
    districts.sql("SELECT rosterd.set_sync(%s, true, NULL)", (SLUG,))
    assert districts.wait_run(SLUG, deadline_s=20)["file_name"] == f"{SLUG}.zip"


def test_a_corrected_path_is_obeyed_by_what_is_under_way(scripted, districts, package):
    """The file of a wrong folder, perhaps another district's, waits to be tried again: it is forgotten."""
    place, files = scripted
    districts.add(SLUG)
    stagers = [f"rosterd_stage_{slot}" for slot in range(8)]
    for role in stagers:
        districts.sql(f"ALTER ROLE {role} NOLOGIN")
    try:
        daemon = files(**{SLUG: package(District(40, 11))})
        failed = districts.wait_run(SLUG, ("failed",))
        assert failed["file_name"] == f"{SLUG}.zip"
        districts.sql("UPDATE rosterd.source SET path = '/right'")
        lab.wait_until(lambda: districts.value("SELECT seen_version = version FROM rosterd.district"), "not seen", 20)
    finally:
        for role in stagers:
            districts.sql(f"ALTER ROLE {role} LOGIN")
    for _ in range(4):
        polled = shown(daemon)["last_poll_at"] or ""
        lab.wait_until(lambda: (shown(daemon)["last_poll_at"] or "") > polled, "no poll", 20)
    assert [r["file_name"] for r in districts.runs(SLUG) if r["state"] == "done"] == []
    assert shown(daemon)["health"] != "failing"


def test_a_changed_setting_is_taken_up_although_the_database_faltered(make_daemon, districts, package):
    """Whether the rules have something to do is asked once; the next poll may be a day away."""
    districts.add(SLUG, poll_every="1 hour")
    districts.put(SLUG, package(District(40, 13)))
    daemon = make_daemon()
    first = districts.wait_run(SLUG)

    def failures():
        return daemon.get("/metrics")[1].split("\nrosterd_db_statement_failures_total ")[1].split("\n")[0]

    before = failures()
    districts.sql("ALTER FUNCTION sync.outstanding(bigint) RENAME TO gone")
    districts.sql("UPDATE rosterd.district SET phone_is_credential = false WHERE slug = %s", (SLUG,))
    lab.wait_until(lambda: failures() != before, "nobody asked", 20)
    districts.sql("ALTER FUNCTION sync.gone(bigint) RENAME TO outstanding")
    districts.wait_run(SLUG, after=first["run_id"], deadline_s=20)


def test_no_new_file_for_longer_than_usual(daemon, districts, package):
    """A drop that can be read and stays as it is is not well for ever: the district is asked."""
    districts.add(SLUG)
    districts.put(SLUG, package(District(40, 8)), "day1.zip")
    first = districts.wait_run(SLUG)
    lab.wait_until(lambda: shown(daemon)["health"] == "ok", "not well", 10)
    districts.sql("UPDATE rosterd.expected SET late_at = clock_timestamp()")
    view = lab.wait_until(lambda: shown(daemon) if shown(daemon)["health"] == "late" else None, "not late", 20)
    assert (view["reason"], view["owner"]) == ("file.late", "district")
    out = daemon.ctl("explain", SLUG)[1]
    assert "no new file" in out and "WHO     the district" in out and f"rosterctl pause {SLUG} --until" in out
    assert SLUG in daemon.ctl("districts", "--needs")[1]
    districts.put(SLUG, package(District(40, 8, day=2)), "day2.zip")
    districts.wait_run(SLUG, after=first["run_id"])
    lab.wait_until(lambda: shown(daemon)["health"] == "ok", "not well", 10)
