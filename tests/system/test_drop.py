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
        lab.wait_until(lambda: [path.name for path in spool.iterdir()] == [f"{run['file_sha256']}.zip"],
                       "a temporary file is left")
    folder.expect(day)
