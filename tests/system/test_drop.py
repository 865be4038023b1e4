"""What may lie in a drop besides one zip: loose CSV files, and several files at once."""

import os
import pathlib
import signal
import time
import zipfile

import lab
import oneroster
from district import District
from expect import directory, expect
from fetcher import Line

SLUG = "lakeside"
# What the second night's files say; who left keeps their family.
STILL_THERE = ("students", "teachers")


def files_of(district, modes=None):
    """A package's files by name."""
    tables = {name: list(rows.values()) for name, rows in district.tables.items()}
    return {"manifest.csv": oneroster.csv_bytes(oneroster.manifest(tables, modes))} | {
        f"{name}.csv": oneroster.csv_bytes([oneroster.COLUMNS[name], *rows]) for name, rows in tables.items()}


class Folder:
    """A drop with loose files."""

    def __init__(self, districts, path, **source):
        self.districts = districts
        self.drop = districts.add(SLUG, pattern="*.csv", **source)
        self.path = path

    def put(self, files, done=True):
        """As an uploader does: one after the other, then the marker."""
        when = max([int(time.time()), *(int(entry.stat().st_mtime) + 1 for entry in self.drop.iterdir())])
        for name, content in [*files.items(), *([("upload.done", b"")] if done else [])]:
            partial = self.drop / f"{name}.part"
            partial.write_bytes(content)
            os.utime(partial, (when, when))
            lab.give(partial)
            os.rename(partial, self.drop / name)

    def expect(self, files, kinds=("students", "teachers", "guardians", "relationships", "refused")):
        """The directory is what an independent hand makes of the files."""
        with zipfile.ZipFile(self.path, "w") as package:
            for name, content in files.items():
                package.writestr(name, content)
        wanted, found = expect(self.path), directory(self.districts, SLUG)
        assert {kind: found[kind] for kind in kinds} == {kind: wanted[kind] for kind in kinds}


def last(districts):
    return max((run["run_id"] for run in districts.runs(SLUG)), default=0)


def test_loose_files_are_one_set(daemon, districts, tmp_path):
    folder = Folder(districts, tmp_path / "set.zip")
    day = files_of(District(60, 3))
    folder.put(day)
    run = districts.wait_run(SLUG)
    assert run["file_name"].startswith("csv-set-with-manifest-") and len(run["file_sha256"]) == 64
    folder.expect(day)
    # Some files of it change.
    changed = files_of(District(60, 3, day=2))
    folder.put({"users.csv": changed["users.csv"], "enrollments.csv": changed["enrollments.csv"],
                "classes.csv": changed["classes.csv"]})
    run = districts.wait_run(SLUG, after=run["run_id"])
    folder.expect(changed, STILL_THERE)
    # The same files, uploaded again: another set of the same content.
    folder.put(changed)
    run = districts.wait_run(SLUG, ("unchanged",), after=run["run_id"])
    assert not [r for r in districts.runs(SLUG) if r["state"] not in ("done", "unchanged")]


def test_a_set_without_manifest_by_two_polls(daemon, districts, tmp_path):
    folder = Folder(districts, tmp_path / "set.zip", ready="two-polls")
    day = files_of(District(60, 4))
    del day["manifest.csv"]
    users = day.pop("users.csv")
    folder.put(day, done=False)
    lab.wait_until(lambda: "some files of the set are missing" in " ".join(daemon.ctl("district", SLUG, check=False)[1].split()),
                   "the district does not say what it waits for")
    assert districts.runs(SLUG) == []
    folder.put({"users.csv": users}, done=False)
    districts.wait_run(SLUG)
    folder.expect(day | {"users.csv": users})


def test_what_the_manifest_lists_must_be_there(daemon, districts, tmp_path):
    folder = Folder(districts, tmp_path / "set.zip")
    day = files_of(District(60, 5))
    users = day.pop("users.csv")
    folder.put(day)
    run = districts.wait_run(SLUG, ("rejected",))
    assert run["reason"] == "roster.manifest" and "users.csv" in run["detail"]
    folder.put({"users.csv": users})
    districts.wait_run(SLUG, after=run["run_id"])
    folder.expect(day | {"users.csv": users})


def test_deleted_after_it_was_applied(daemon, districts, tmp_path):
    folder = Folder(districts, tmp_path / "set.zip", after="delete")
    day = files_of(District(60, 6))
    folder.put(day | {"demographics.csv": b"sourcedId\r\n", "notes.txt": b"stays"})
    districts.wait_run(SLUG)
    lab.wait_until(lambda: {path.name for path in folder.drop.iterdir()} == {"notes.txt", "upload.done"},
                   lambda: f"left: {sorted(path.name for path in folder.drop.iterdir())}")
    folder.expect(day)
    day = files_of(District(60, 6, day=2))
    folder.put(day)
    districts.wait_run(SLUG, after=last(districts))
    folder.expect(day, STILL_THERE)


def test_other_products_files(daemon, districts, tmp_path):
    folder = Folder(districts, tmp_path / "set.zip")
    folder.put({"schools.csv": b"School_id\r\n", "sections.csv": b"Section_id\r\n", "students.csv": b"x\r\n"})
    run = districts.wait_run(SLUG, ("rejected",))
    assert (run["reason"], run["owner"]) == ("roster.empty", "district") and "a Clever export" in run["detail"]


def test_the_fetcher_is_killed_in_mid_set(daemon, districts, sshd, tmp_path):
    day = files_of(District(2000, 7))
    with Line(sshd.port, silent_after=150_000) as line:
        folder = Folder(districts, tmp_path / "set.zip", port=line.port)
        folder.put(day)
        spool = pathlib.Path(daemon.config["spool"]["path"]) / SLUG
        lab.wait_until(lambda: spool.exists() and any(path.stat().st_size > 0 for path in spool.iterdir()),
                       "nothing is being fetched")
        for pid in daemon.children("rosterd-fetch"):
            os.kill(pid, signal.SIGKILL)
        line.speak()
        run = districts.wait_run(SLUG)
        lab.wait_until(lambda: [path.name for path in spool.iterdir() if path.name != "roster.digest"] == [f"{run['file_sha256']}.zip"],
                       "a temporary file is left")
    folder.expect(day)


# --- several files at once ----------------------------------------------------------------------------


def zip_of(path, files):
    """The same files give the same bytes."""
    with zipfile.ZipFile(path, "w") as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name, oneroster.ENTRY_TIME), content)
    return path


class Queue:
    """Packages that lie in the drop before anybody looks."""

    def __init__(self, districts, folder, **source):
        self.districts, self.folder = districts, folder
        self.drop = districts.add(SLUG, on=False, **source)

    def put(self, name, files, **more):
        self.districts.put(SLUG, zip_of(self.folder / name, files), name=name, **more)

    def on(self):
        self.districts.sql("SELECT rosterd.set_sync(%s, true, NULL)", (SLUG,))

    def wait(self, *wanted, deadline_s=60):
        """Until the runs, oldest first, are these: (file, state)."""
        def runs():
            return [(r["file_name"], r["state"]) for r in self.districts.runs(SLUG) if r["file_name"]]
        lab.wait_until(lambda: runs() == list(wanted), lambda: f"{runs()} instead of {list(wanted)}", deadline_s)

    def names(self):
        """Given names of the students that are there, by id."""
        return dict(self.districts.sql("SELECT sourced_id, given_name FROM directory.person WHERE district_id = %s "
                                       "AND sourced_id LIKE 's-%%'", (self.districts.ident(SLUG),)))


def changes(district, **names):
    """A delta of users.csv: students get other given names."""
    rows = []
    for ident, name in names.items():
        row = list(district.tables["users"][f"s-{ident[1:]}"])
        row[1:3] = ["active", "2026-11-20T01:02:03.000Z"]
        row[oneroster.COLUMNS["users"].index("givenName")] = name
        rows.append(row)
    return {"manifest.csv": oneroster.csv_bytes(oneroster.manifest(["users"], {"users": "delta"})),
            "users.csv": oneroster.csv_bytes([oneroster.COLUMNS["users"], *rows])}


def test_the_newest_complete_one_is_enough(daemon, districts, tmp_path):
    queue = Queue(districts, tmp_path)
    for day in (1, 2, 3):
        queue.put(f"day{day}.zip", files_of(District(60, 8, day=day)))
    queue.on()
    queue.wait(("day1.zip", "superseded"), ("day2.zip", "superseded"), ("day3.zip", "done"))
    found = directory(districts, SLUG)
    wanted = expect(zip_of(tmp_path / "wanted.zip", files_of(District(60, 8, day=3))))
    assert {kind: found[kind] for kind in wanted} == wanted, "who is only in the older ones was never there"
    superseded = districts.runs(SLUG)[0]
    assert superseded["detail"] == "day3.zip, which came later, is complete"
    # Nothing older than what was applied is ever applied again.
    queue.put("day4.zip", files_of(District(60, 8, day=3)))
    queue.wait(("day1.zip", "superseded"), ("day2.zip", "superseded"), ("day3.zip", "done"), ("day4.zip", "unchanged"))


def test_strict_reading_begins_with_the_look(daemon, districts, tmp_path):
    """What a district's strict reading will reject makes nothing older unnecessary."""
    queue = Queue(districts, tmp_path)
    districts.sql("UPDATE rosterd.district SET file_reading = 'strict' WHERE slug = %s", (SLUG,))
    files = files_of(District(60, 8))
    queue.put("day1.zip", files)
    queue.put("day2.zip", {**files, "users.csv": files["users.csv"].replace(b",student,", b",Student,")})
    queue.on()
    queue.wait(("day1.zip", "done"), ("day2.zip", "rejected"))
    assert districts.runs(SLUG)[-1]["reason"] == "roster.strict"


def test_changes_are_applied_in_their_order(daemon, districts, tmp_path):
    queue = Queue(districts, tmp_path, after="delete")
    day = District(60, 9)
    queue.put("a-old.zip", changes(day, s000003="Never"))
    queue.put("b-full.zip", files_of(day))
    queue.put("c-delta.zip", changes(day, s000003="First", s000004="Stays"))
    queue.put("d-delta.zip", changes(day, s000003="Last"))
    queue.on()
    queue.wait(("a-old.zip", "superseded"), ("b-full.zip", "done"), ("c-delta.zip", "done"), ("d-delta.zip", "done"))
    names = queue.names()
    assert (names["s-000003"], names["s-000004"]) == ("Last", "Stays")
    lab.wait_until(lambda: not list(queue.drop.glob("*.zip")), lambda: f"left: {list(queue.drop.glob('*.zip'))}")


def test_a_damaged_newest_supersedes_nothing(daemon, districts, tmp_path):
    queue = Queue(districts, tmp_path, after="move")
    queue.put("a.zip", files_of(District(60, 10)))
    broken = files_of(District(60, 10, day=2))
    queue.put("b.zip", broken | {"users.csv": broken["users.csv"] + b'"never closed'})
    queue.on()
    queue.wait(("a.zip", "done"), ("b.zip", "rejected"))
    assert queue.names()
    assert sorted(path.name for path in queue.drop.glob("*.zip")) == ["b.zip"], "what was not used stays"
    assert [path.name.partition("-")[2] for path in (queue.drop / "processed").iterdir()] == ["a.zip"]


def test_changes_wait_for_an_older_file_that_is_not_complete(daemon, districts, tmp_path):
    queue = Queue(districts, tmp_path)
    day = District(60, 11)
    queue.put("a.zip", files_of(day))
    queue.on()
    queue.wait(("a.zip", "done"))
    queue.put("b.zip", changes(day, s000003="First"), marker=False)
    queue.put("c.zip", changes(day, s000003="Last"))
    lab.wait_until(lambda: "an older file is not complete yet" in " ".join(daemon.ctl("district", SLUG, check=False)[1].split()),
                   "the district does not say what it waits for")
    queue.wait(("a.zip", "done"))
    done = queue.drop / "b.zip.done"
    done.write_bytes(b"")
    lab.give(done)
    queue.wait(("a.zip", "done"), ("b.zip", "done"), ("c.zip", "done"))
    assert queue.names()["s-000003"] == "Last"
    # A complete one needs nobody.
    queue.put("d.zip", changes(day, s000003="Never"), marker=False)
    queue.put("e.zip", files_of(day))
    queue.wait(("a.zip", "done"), ("b.zip", "done"), ("c.zip", "done"), ("d.zip", "superseded"), ("e.zip", "done"))


def test_the_order_holds_after_a_kill(make_daemon, districts, gate, tmp_path):
    """rosterd dies while the second of three is applied; another one goes on from there."""
    first = make_daemon()
    queue = Queue(districts, tmp_path)
    day = District(60, 12)
    queue.put("a.zip", files_of(day))
    queue.put("b.zip", changes(day, s000003="First", s000004="Stays"))
    queue.put("c.zip", changes(day, s000003="Last"))
    stop = gate()
    stop.on_row("rosterd.run", "NEW.file_name = 'b.zip' AND NEW.state = 'applying'", event="UPDATE")
    queue.on()
    stop.wait()
    first.kill()
    stop.open()
    make_daemon()
    lab.wait_until(lambda: queue.names().get("s-000003") == "Last", "the last one was not applied")
    states = [(r["file_name"], r["state"]) for r in districts.runs(SLUG) if r["state"] == "done"]
    assert states == [("a.zip", "done"), ("b.zip", "done"), ("c.zip", "done")]
    assert queue.names()["s-000004"] == "Stays"


def test_an_empty_file_is_told(daemon, districts, tmp_path):
    queue = Queue(districts, tmp_path)
    path = queue.drop / "a.zip"
    path.write_bytes(b"")
    lab.give(path)
    queue.on()
    lab.wait_until(lambda: "it is empty (0 bytes)" in " ".join(daemon.ctl("district", SLUG, check=False)[1].split()), "it is not told")
    assert districts.runs(SLUG) == []
