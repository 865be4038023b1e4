"""Nights with the digest of the night before end as nights without one.

Two districts get the same files. One keeps its digest; the other one's is taken away before each
night, so all its rows are staged.
"""

import os
import random
import signal

import lab
import oneroster
import pytest
from oneroster import row
from portrait import differences, portrait
from test_shorten import say

from district import District

SHORT, WHOLE = "maple", "birch"


class Twins:
    """The two districts, and what their SIS holds."""

    def __init__(self, daemon, districts, package, slugs=(SHORT, WHOLE)):
        self.daemon, self.districts, self.package, self.slugs = daemon, districts, package, slugs
        self.tables = {name: list(rows.values()) for name, rows in District(150, 11).tables.items()}
        self.nights, self.last = 0, dict.fromkeys(slugs, 0)
        for slug in slugs:
            districts.add(slug)

    def digest(self, slug):
        return self.daemon.folder / "spool" / slug / "roster.digest"

    def metric(self, name):
        return next(int(line.rsplit(" ", 1)[1]) for line in self.daemon.ctl("metrics")[1].splitlines() if line.startswith(f"{name} "))

    def staged(self, slug):
        """Rows that the last staging read, and those it sent."""
        lines = [line for line in self.daemon.log.read_text().splitlines() if f": file staged district={slug} " in line]
        words = dict(word.split("=") for word in lines[-1].split() if "=" in word)
        return int(words["rows"]), int(words["rows_sent"])

    def is_short(self, slug=SHORT):
        """Whether the last staging sent but a part of what it read."""
        rows, sent = self.staged(slug)
        return sent < rows / 2

    def put(self, slug):
        self.districts.put(slug, self.zip, f"night{self.nights}.zip")

    def wait(self, slug, states):
        run = self.districts.wait_run(slug, states, after=self.last[slug])
        self.last[slug] = run["run_id"]
        # the file has been settled, and the digest lies where it belongs
        lab.wait_until(lambda: self.has_ended(slug, run["run_id"]), "it still works")
        return run

    def has_ended(self, slug, run_id):
        """By the daemon's word, which may be of before the run, or of one that came at once after it."""
        district = self.daemon.get(f"/v1/districts/{slug}")[1].get("district")
        return district is not None and not district["running"] and (district["last_run"] or {"run_id": 0})["run_id"] >= run_id

    def write(self, rows=None):
        """Tonight's zip; a course's code makes each another one."""
        self.nights += 1
        tables = {**self.tables, **(rows or {})}
        tables["courses"] = [say("courses", cells, courseCode=f"N{self.nights}") for cells in tables["courses"]]
        self.zip = self.package(tables)

    def night(self, rows=None, states=("done",)):
        self.write(rows)
        runs = []
        for slug in self.slugs:
            if slug == WHOLE:
                self.digest(slug).unlink(missing_ok=True)
            self.put(slug)
            runs.append(self.wait(slug, states))
        return runs

    def at(self, file, ident):
        return next(n for n, cells in enumerate(self.tables[file]) if cells[0] == ident)

    def change(self, file, ident, **values):
        at = self.at(file, ident)
        self.tables[file][at] = say(file, self.tables[file][at], **values)

    def assert_equal(self, runs):
        short, whole = (portrait(self.districts.cluster, self.districts.database, slug) for slug in self.slugs)
        assert differences(short, whole) == []
        for column in ("state", "reason", "detail", "counts"):
            assert runs[0][column] == runs[1][column]


@pytest.fixture
def twins(daemon, districts, package):
    return Twins(daemon, districts, package)


def somebody(twins, role, at=0):
    """Ids of a role, in their order."""
    place = oneroster.PLACES["users"]["role"]
    return [cells[0] for cells in twins.tables["users"] if cells[place] == role][at]


def newcomers_and_leavers(twins):
    leaver = somebody(twins, "student", 7)
    twins.left = {"users": [twins.tables["users"].pop(twins.at("users", leaver))],
                  "enrollments": [cells for cells in twins.tables["enrollments"] if leaver in cells]}
    twins.tables["enrollments"] = [cells for cells in twins.tables["enrollments"] if leaver not in cells]
    twins.tables["users"].insert(40, row("users", sourcedId="s-new", orgSourcedIds="o-0001", role="student", givenName="New", familyName="Kid",
                                         agentSourcedIds="g-new"))
    twins.tables["users"].append(row("users", sourcedId="g-new", orgSourcedIds="o-0001", role="guardian", givenName="Pa", familyName="Kid",
                                     email="pa@kid.example"))
    twins.change("users", somebody(twins, "guardian", 3), email="other@home.example")


def a_return_and_a_bad_row(twins):
    for file, rows in twins.left.items():
        twins.tables[file] += rows
    twins.bad = somebody(twins, "student", 2)
    twins.kept = twins.tables["users"][twins.at("users", twins.bad)]
    twins.change("users", twins.bad, givenName="", familyName="Changed")


def rows_of_one_id(twins):
    """The bad row can be read again; two rows of an id differ, and two are the same."""
    twins.tables["users"][twins.at("users", twins.bad)] = twins.kept
    twins.double = somebody(twins, "teacher", 1)
    twins.tables["users"].append(say("users", twins.tables["users"][twins.at("users", twins.double)], familyName="Other"))
    twins.tables["enrollments"].append(twins.tables["enrollments"][5])


def a_class_goes_and_its_enrollments_stay(twins):
    twins.room = twins.tables["classes"].pop(3)
    twins.tables["enrollments"].append(row("enrollments", sourcedId="e-lost", classSourcedId="nowhere",
                                           userSourcedId=somebody(twins, "student", 4), role="student"))


def the_class_is_back(twins):
    twins.tables["classes"].append(twins.room)
    twins.tables["users"].pop()  # the second of the two


def another_order(twins):
    random.Random(5).shuffle(twins.tables["users"])
    random.Random(6).shuffle(twins.tables["enrollments"])
    twins.change("users", somebody(twins, "guardian", 9), sms="(415) 555-0187")


# rule: SAFE-1
# rule: UPD-6
def test_seven_nights(twins):
    """Leavers and one that returns, rows that cannot be used, ids with two rows, a class without which its enrollments stand."""
    short = []
    for act in (None, newcomers_and_leavers, a_return_and_a_bad_row, rows_of_one_id, a_class_goes_and_its_enrollments_stay,
                the_class_is_back, another_order):
        if act:
            act(twins)
        twins.assert_equal(twins.night())
        short.append(twins.is_short())
        assert not twins.is_short(WHOLE)
    # the second row of an id and the enrollments of the class want the whole file
    assert short == [False, True, True, False, False, True, True]
    lab.wait_until(lambda: twins.metric("rosterd_stage_wholes_total") == 1, "the count of whole stagings is another")
    assert 0 < twins.metric("rosterd_rows_staged_total") < twins.metric("rosterd_rows_read_total")


# rule: SAFE-3
def test_a_held_night(twins):
    """What would be held is staged whole, and so is what follows until the hold is decided and the mirror is as a file again."""
    twins.night()
    users = [cells for cells in twins.tables["users"] if cells[oneroster.PLACES["users"]["role"]] != "student"]
    twins.assert_equal(twins.night({"users": users}, states=("held",)))
    before = portrait(twins.districts.cluster, twins.districts.database, SHORT)
    twins.assert_equal(twins.night())
    assert differences(before, portrait(twins.districts.cluster, twins.districts.database, SHORT)) != before
    twins.assert_equal(twins.night())
    assert twins.is_short()


# rule: UPD-6
def test_the_same_rows_write_nothing(twins):
    twins.night()
    tables = ("sis.person", "sis.enrollment", "sis.link", "sis.unsettled", "directory.person", "directory.membership", "directory.role")
    digest = twins.digest(SHORT).read_bytes()

    def written():
        return {table: twins.districts.value(f"SELECT string_agg(t.ctid::text || t.xmin::text, ',' ORDER BY t.ctid) FROM {table} AS t "
                                             "WHERE district_id = (SELECT district_id FROM rosterd.district WHERE slug = %s)", (SHORT,))
                for table in tables}

    before = written()
    twins.assert_equal(twins.night())
    assert twins.is_short() and written() == before
    assert twins.digest(SHORT).read_bytes() == digest
    assert twins.digest(SHORT).stat().st_mode & 0o777 == 0o600
    newest = max((twins.daemon.folder / "spool" / SHORT).glob("*.zip"), key=lambda path: path.stat().st_mtime_ns)
    assert twins.digest(SHORT).stat().st_mtime_ns == newest.stat().st_mtime_ns


@pytest.mark.parametrize("how", ["flipped", "cut off", "of the night before", "of the other district"])
def test_a_digest_that_is_none(twins, how):
    """It changes nothing but the time."""
    twins.night()
    path = twins.digest(SHORT)
    first = path.read_bytes()
    newcomers_and_leavers(twins)
    twins.night()
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0x10
    path.write_bytes({"flipped": bytes(damaged), "cut off": bytes(damaged[:-8]), "of the night before": first,
                      "of the other district": twins.digest(WHOLE).read_bytes()}[how])
    a_return_and_a_bad_row(twins)
    twins.assert_equal(twins.night())
    assert not twins.is_short()
    twins.assert_equal(twins.night())
    assert twins.is_short()


# rule: SAFE-7
def test_killed_between_the_commit_and_the_digest(twins, gate):
    twins.night()
    newcomers_and_leavers(twins)
    twins.write()
    twins.digest(WHOLE).unlink()
    twins.put(WHOLE)
    other = twins.wait(WHOLE, ("done",))
    old = twins.digest(SHORT).read_bytes()
    barrier = gate()
    barrier.on_commit("sis.judged")
    twins.put(SHORT)
    barrier.wait()
    twins.daemon.kill()
    barrier.open()
    run = lab.wait_until(lambda: next((r for r in twins.districts.runs(SHORT) if r["run_id"] > twins.last[SHORT] and r["state"] == "done"), None),
                         "the commit did not come")
    twins.last[SHORT] = run["run_id"]
    barrier.remove("sis.judged")
    assert twins.digest(SHORT).read_bytes() == old
    left = list((twins.daemon.folder / "spool" / SHORT).glob(".digest-*.part"))
    assert len(left) == 1 and left[0].stat().st_size > 0
    twins.daemon.start()
    twins.assert_equal([run, other])
    a_return_and_a_bad_row(twins)
    twins.assert_equal(twins.night())
    assert not twins.is_short()
    twins.assert_equal(twins.night())
    assert twins.is_short()


# rule: SAFE-7
def test_whoever_dies_of_a_digest_dies_once(twins, gate):
    """A worker that died may have died of what it read: the next one does without."""
    twins.night()
    newcomers_and_leavers(twins)
    barrier = gate()
    barrier.on_row("stage.person", "true", "INSERT")
    twins.write()
    twins.put(SHORT)
    barrier.wait()
    for pid in twins.daemon.children("rosterd-stage"):
        os.kill(pid, signal.SIGKILL)
    barrier.open()
    assert twins.wait(SHORT, ("failed",))["reason"] == "child.died"
    twins.wait(SHORT, ("done",))
    assert [path.name for path in (twins.daemon.folder / "spool" / SHORT).glob("*.part")] == []
    assert not twins.is_short() and twins.digest(SHORT).exists()
