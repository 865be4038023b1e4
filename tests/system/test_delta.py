"""A week of nights that say only what changed, through the daemon."""

import oneroster
import pytest
from oneroster import row

SLUG = "maple"
NIGHT = "2026-08-20T02:00:00.000Z"


def user(ident, role, given, status="", **more):
    return row("users", sourcedId=ident, status=status, dateLastModified=NIGHT if status else "", orgSourcedIds="s1",
               role=role, givenName=given, familyName="Ash", **more)


def enrolled(student, status="", room="c1"):
    return row("enrollments", sourcedId=f"{room}-{student}", status=status, dateLastModified=NIGHT if status else "",
               classSourcedId=room, schoolSourcedId="s1", userSourcedId=student, role="student")


def gone(file, ident):
    return row(file, sourcedId=ident, status="tobedeleted", dateLastModified=NIGHT)


def whole():
    return {
        "orgs": [row("orgs", sourcedId="s1", name="North", type="school")],
        "classes": [row("classes", sourcedId=ident, title=ident, classType="scheduled", schoolSourcedId="s1") for ident in ("c1", "c2")],
        "users": [user("ann", "student", "Ann", agentSourcedIds="gus"), user("bob", "student", "Bob", agentSourcedIds="gus"),
                  user("cyd", "student", "Cyd"), user("gus", "parent", "Gus", email="gus@example.org")],
        "enrollments": [enrolled("ann"), enrolled("bob"), enrolled("cyd", room="c2")],
    }


class Nights:
    def __init__(self, districts, folder):
        self.districts, self.folder, self.after, self.number = districts, folder, 0, 0
        districts.add(SLUG)

    def put(self, tables, modes=None):
        self.number += 1
        path = self.folder / f"night{self.number}.zip"
        oneroster.write_zip(path, tables, modes)
        self.districts.put(SLUG, path, path.name)
        return path

    def run(self, tables, *deltas, state="done"):
        self.put(tables, dict.fromkeys(deltas, "delta"))
        return self.wait(state)

    def wait(self, *states):
        run = self.districts.wait_run(SLUG, states, after=self.after)
        self.after = run["run_id"]
        return run

    def rooms(self):
        rows = self.districts.sql(
            "SELECT c.sourced_id, array_agg(p.sourced_id ORDER BY p.sourced_id) FROM directory.member AS m "
            "JOIN directory.classroom AS c USING (district_id, classroom_id) JOIN directory.person AS p USING (district_id, person_id) "
            "WHERE m.district_id = %s AND c.state = 'active' GROUP BY 1", (self.districts.ident(SLUG),))
        return dict(rows)

    def guarded(self):
        return {row[0] for row in self.districts.sql(
            "SELECT s.sourced_id FROM directory.guardianship AS g JOIN directory.person AS s ON (s.district_id, s.person_id) = "
            "(g.district_id, g.student_id) WHERE g.district_id = %s", (self.districts.ident(SLUG),))}

    def findings(self):
        return {row[0] for row in self.districts.sql(
            "SELECT code FROM rosterd.finding WHERE district_id = %s AND closed_by_run IS NULL AND severity <> 'info'",
            (self.districts.ident(SLUG),))}


@pytest.fixture
def nights(daemon, districts, tmp_path):
    return Nights(districts, tmp_path)


# rule: SAFE-2
def test_a_delta_needs_a_complete_file_first(nights):
    run = nights.run(whole(), "users", state="rejected")
    assert (run["reason"], run["owner"]) == ("roster.base", "district")
    assert "users.csv" in run["detail"] and nights.findings() == {"roster.base"}
    nights.run(whole())
    assert nights.rooms() == {"c1": ["ann", "bob"], "c2": ["cyd"]} and nights.findings() == set()


# rule: SAFE-1
def test_no_delta_goes_over_a_hole(nights):
    nights.run(whole())
    damaged = nights.folder / "tuesday.zip"
    oneroster.write_zip(damaged, {"users": [gone("users", "cyd")]}, {"users": "delta"})
    sound = damaged.read_bytes()
    damaged.write_bytes(sound[:-40] + b"!" * 40)
    nights.districts.put(SLUG, damaged, damaged.name)
    assert nights.wait("rejected")["reason"] == "zip.damaged"
    wednesday = {"users": [user("dee", "student", "Dee", "active")]}
    run = nights.run(wednesday, "users", state="rejected")
    assert (run["reason"], run["owner"]) == ("roster.gap", "district")
    assert "was rejected (zip.damaged)" in run["detail"] and "users.csv" in run["detail"]
    assert nights.findings() == {"roster.gap"} and nights.rooms()["c2"] == ["cyd"]
    # A complete package ends it.
    tables = whole()
    tables["users"] = [person for person in tables["users"] if person[0] != "cyd"] + [user("dee", "student", "Dee")]
    tables["enrollments"].pop()
    nights.run(tables)
    nights.run({"users": [user("eve", "student", "Eve", "active")], "enrollments": [enrolled("eve", "active")]}, "users", "enrollments")
    assert nights.rooms() == {"c1": ["ann", "bob", "eve"]}
    # So does the damaged file itself, uploaded once more under its name before others come.
    late = nights.folder / "thursday.zip"
    oneroster.write_zip(late, {"enrollments": [gone("enrollments", "c1-eve")]}, {"enrollments": "delta"})
    sound = late.read_bytes()
    late.write_bytes(sound[:-40] + b"!" * 40)
    nights.districts.put(SLUG, late, late.name)
    assert nights.wait("rejected")["reason"] == "zip.damaged"
    late.write_bytes(sound)
    nights.districts.put(SLUG, late, late.name)
    nights.wait("done")
    nights.run({"enrollments": [enrolled("dee", "active")]}, "enrollments")
    assert nights.rooms() == {"c1": ["ann", "bob", "dee"]}


# rule: SAFE-1, SAFE-2, UPD-2, UPD-6
def test_a_week_of_deltas(nights):
    nights.run(whole())
    # Tuesday: a new student, one who leaves, one who changes class; nobody else is mentioned.
    nights.run({"users": [user("dee", "student", "Dee", "active", agentSourcedIds="gus"), gone("users", "bob")],
                "enrollments": [enrolled("dee", "active"), enrolled("cyd", "active"), gone("enrollments", "c2-cyd")]},
               "users", "enrollments")
    assert nights.rooms() == {"c1": ["ann", "cyd", "dee"]}
    assert {"ann", "dee"} <= nights.guarded()
    assert nights.findings() == {"file.absent", "file.mode_changed"}
    # Wednesday: the student is back, and the guardian's tie to Ann ends where it was stated.
    nights.run({"users": [user("bob", "student", "Bob", "active", agentSourcedIds="gus"), user("ann", "student", "Ann", "active")],
                "enrollments": []}, "users", "enrollments")
    assert nights.rooms() == {"c1": ["ann", "bob", "cyd", "dee"]}
    assert nights.guarded() == {"bob", "dee"}
    # Thursday: one bad row. It removes nobody, and its neighbours count.
    nights.run({"users": [user("cyd", "student", "", "active"), user("eve", "student", "Eve", "active")],
                "enrollments": [enrolled("eve", "active")]}, "users", "enrollments")
    assert nights.rooms() == {"c1": ["ann", "bob", "cyd", "dee", "eve"]}
    assert "row.value_missing" in nights.findings()
    # Friday: complete enrollments beside a delta of users.
    nights.run({"users": [gone("users", "eve")], "enrollments": [enrolled("ann"), enrolled("bob"), enrolled("dee")]}, "users")
    assert nights.rooms() == {"c1": ["ann", "bob", "dee"]}
    # Saturday: Tuesday's file again is not applied on top of the later ones.
    before = nights.rooms()
    tuesday = nights.folder / "night2.zip"
    nights.districts.put(SLUG, tuesday, "again.zip")
    nights.wait("unchanged")
    assert nights.rooms() == before
    # Sunday: everything, complete.
    nights.run(whole())
    assert nights.rooms() == {"c1": ["ann", "bob"], "c2": ["cyd"]} and {"ann", "bob"} <= nights.guarded()
    assert nights.findings() == {"file.mode_changed"}
