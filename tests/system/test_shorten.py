"""rosterd-stage with a digest of last night's file: what it sends, what it does not, what it does not believe.

The mirror is played: after a night its digest is what the database would name as the mirror's.
"""

import os
import random
import stat

import oneroster
import pytest
from district import District
from oneroster import row
from test_stage import Stage, database, small, template, worker  # noqa: F401

PERSON = "sourced_id, roles, given_name, family_name, email, sms, phone, invalid"
ENROLLMENT = "sourced_id, class, school, person, role, begin_date, end_date"


class Nights(Stage):
    """One night after the other into the same slot, each with the digest of the one before."""

    def __init__(self, *args):
        super().__init__(*args)
        self.sql("INSERT INTO sis.judged (district_id, run_id, judged_on, settings_version, rules_version, token) "
                 "VALUES (%s, %s, current_date, 0, 0, gen_random_uuid())", self.district, self.run)
        self.last, self.next = self.folder / "last.digest", self.folder / "next.digest"

    def night(self, path, **changes):
        """Stages; what the worker wrote is the digest of the next night."""
        jobs = {"last_digest": str(self.last), "next_digest": str(self.next), **changes}
        status, event = self.stage(path, **jobs)
        assert (status, event["event"]) == (0, "staged"), event
        assert self.header()[2:] == (event["files"], event["rows"])
        assert self.counts() == event["rows"]
        token = self.sql("SELECT digest::text FROM stage.slot WHERE slot = %s", self.slot)[0][0]
        assert (token is None) == (event["digest"] == "none")
        self.sql("UPDATE sis.judged SET digest = %s WHERE district_id = %s", token, self.district)
        if event["digest"] == "written":
            os.replace(self.next, self.last)
        return event

    def is_short(self):
        files = self.header()[2]
        short = {name for name, file in files.items() if file.get("shortened")}
        assert short in (set(), {"classes.csv", "users.csv", "enrollments.csv"})
        return bool(short)

    def content(self):
        """What the slot says: each person with their agents, each enrollment; and who is gone."""
        agents = {}
        for ident, agent in self.sql(f"SELECT sourced_id, agent FROM stage.link WHERE slot = {self.slot} ORDER BY line"):
            agents.setdefault(ident, []).append(agent)
        people = {r[0]: (*r[1:], tuple(sorted(set(agents.get(r[0], ()))))) for r in self.rows("person", PERSON)}
        enrollments = {r[0]: r[1:] for r in self.rows("enrollment", ENROLLMENT)}
        gone = self.sql(f"SELECT kind, sourced_id FROM stage.gone WHERE slot = {self.slot} ORDER BY 1, 2")
        return {"person": people, "enrollment": enrollments}, gone

    def findings(self):
        return self.rows("finding", "severity, code, file, line, column_name, sourced_id, message, count",
                         "file, line, code, column_name")


@pytest.fixture(params=["small", "large"])
def package(request, package):  # noqa: F811
    """Of a large zip, two files are read at once; what makes it large is nothing that anybody reads."""
    def write(what, extra=None, **options):
        if isinstance(what, District):
            return package(what)
        bulk = {"photo.jpg": random.Random(1).randbytes(70_000)} if request.param == "large" else {}
        return package(what, extra={**(extra or {}), **bulk}, **options)

    return write


@pytest.fixture
def nights(home, cluster, database, worker):  # noqa: F811
    one = Nights(home, cluster, database, worker)
    yield one
    one.sql("SELECT sync.run_end(%s, 'failed', 'internal', NULL, 'ops')", one.run)


def say(file, cells, **values):
    """The row with other values."""
    return [values.get(column, cell) for column, cell in zip(oneroster.COLUMNS[file], cells)]


def test_the_same_rows_in_a_new_zip(nights, package):
    first = nights.night(package(small()))
    assert first["digest"] == "written" and not nights.is_short()
    assert stat.S_IMODE(nights.last.stat().st_mode) == 0o600
    said, findings = nights.content()[0], nights.findings()
    second = nights.night(package(small(courses=[])))
    assert second["digest"] == "kept" and nights.is_short() and nights.next.stat().st_size == 0
    assert nights.content() == ({"person": {}, "enrollment": {}}, [])
    assert second["rows"]["class"] == 0 < first["rows"]["class"] and second["rows"]["org"] == first["rows"]["org"]
    # every row was read and judged
    assert nights.findings() == findings and second["files"]["users.csv"]["used"] == len(said["person"])


def test_what_differs_is_sent(nights, package):
    nights.night(package(small()))
    tables = small()
    users = tables["users"]
    users[0] = say("users", users[0], email="ada@new.example")
    users[1] = say("users", users[1], agentSourcedIds="u3")  # nothing of the person's own, but whom they name
    users[2] = row("users", sourcedId="u5", orgSourcedIds="o1", role="student", givenName="New", familyName="Kid")
    tables["enrollments"].append(row("enrollments", sourcedId="e2", classSourcedId="c1", userSourcedId="u5", role="student"))
    event = nights.night(package(tables))
    assert event["digest"] == "written" and nights.is_short()
    said, gone = nights.content()
    assert set(said["person"]) == {"u1", "u2", "u5"} and said["person"]["u2"][-1] == ("u3",)
    assert set(said["enrollment"]) == {"e2"} and gone == [("person", "u3")]
    nights.night(package(tables))
    assert nights.content() == ({"person": {}, "enrollment": {}}, [])


def random_night(rng, tables):
    """About what a night brings, and what it should not: rows that move, rows that say nothing usable."""
    for name, column in (("users", "email"), ("users", "agentSourcedIds"), ("enrollments", "beginDate")):
        table = tables[name]
        for _ in range(rng.randrange(6)):
            at = rng.randrange(len(table))
            table[at] = say(name, table[at], **{column: rng.choice(["ray@home.example", "2026-09-01", ""])})
        for _ in range(rng.randrange(4)):
            table.pop(rng.randrange(len(table)))
        if rng.random() < 0.5:
            table.insert(rng.randrange(len(table)), say(name, rng.choice(table), sourcedId=f"new-{rng.random()}"))
        if rng.random() < 0.3:
            table.append(rng.choice(table))
        if rng.random() < 0.3:
            rng.shuffle(table)


# rule: SAFE-1
def test_last_night_and_the_slot_make_the_file(nights, package):
    """Whatever changes: what the mirror had, with the slot laid over it, is what the whole file says."""
    rng = random.Random(7)
    district = District(120, 7)
    tables = {name: list(rows.values()) for name, rows in district.tables.items()}
    nights.night(package(tables))
    mirror = nights.content()[0]
    shorts = 0
    for _ in range(12):
        random_night(rng, tables)
        path = package(tables)
        assert nights.stage(path)[1]["digest"] == "none" and not nights.is_short()
        whole, findings = nights.content()[0], nights.findings()
        nights.night(path)
        if nights.is_short():
            shorts += 1
            said, gone = nights.content()
            for kind in mirror:
                mirror[kind].update(said[kind])
                for which, ident in gone:
                    if which == kind:
                        del mirror[kind][ident]
            assert mirror == whole
        assert nights.findings() == findings
        mirror = whole
    assert shorts >= 6


def test_a_damaged_digest_is_none(nights, package):
    nights.night(package(small()))
    good = nights.last.read_bytes()
    token = nights.sql("SELECT digest FROM sis.judged WHERE district_id = %s", nights.district)[0][0]
    flipped = bytearray(good)
    flipped[20] ^= 1
    for bad in (bytes(flipped), good[:-1], good + b"\0", b"", b"x" * 500):
        nights.last.write_bytes(bad)
        nights.sql("UPDATE sis.judged SET digest = %s WHERE district_id = %s", token, nights.district)
        assert nights.stage(package(small()), last_digest=str(nights.last))[1]["rows"]["person"] == 3
        assert not nights.is_short()
    nights.last.write_bytes(good)
    assert nights.stage(package(small()), last_digest=str(nights.last))[1]["rows"]["person"] == 0
    # of another night: a whole digest, but not of this mirror
    nights.sql("UPDATE sis.judged SET digest = gen_random_uuid() WHERE district_id = %s", nights.district)
    assert nights.stage(package(small()), last_digest=str(nights.last))[1]["rows"]["person"] == 3
    # a folder, a link to it, nothing
    link = nights.folder / "link"
    link.symlink_to(nights.last)
    for path in (nights.folder, link, nights.folder / "not there"):
        assert nights.stage(package(small()), last_digest=str(path))[1]["rows"]["person"] == 3


# rule: SAFE-1
def test_two_rows_of_an_id(nights, package):
    """The first is as it was and left out when the second comes: the package is read again."""
    nights.night(package(small()))
    tables = small()
    tables["users"].append(say("users", tables["users"][0], familyName="Other"))
    event = nights.night(package(tables))
    assert event["rows"]["person"] == 4 and not nights.is_short() and event["digest"] == "written"
    # from then on all rows of the id are sent, the others are not
    event = nights.night(package(tables))
    assert event["rows"]["person"] == 2 and nights.is_short()
    assert [r[0] for r in nights.rows("person", "sourced_id")] == ["u1", "u1"]
    # one is left: sent once more, and nobody is gone
    event = nights.night(package({**tables, "users": tables["users"][1:]}))
    assert event["rows"]["person"] == 1 and nights.content()[1] == []
    event = nights.night(package({**tables, "users": tables["users"][1:3]}))
    assert event["rows"]["person"] == 0 and nights.content()[1] == [("person", "u1")]


def test_classes_that_differ_are_sent(nights, package):
    tables = small()
    tables["classes"] += [say("classes", tables["classes"][0], sourcedId="c2"), say("classes", tables["classes"][0], sourcedId="c3")]
    nights.night(package(tables))
    tables["classes"] = [tables["classes"][0], say("classes", tables["classes"][1], title="Another"),
                         say("classes", tables["classes"][0], sourcedId="c4")]
    event = nights.night(package(tables))
    assert event["digest"] == "written" and nights.is_short()
    assert [r[0] for r in nights.rows("class", "sourced_id", "sourced_id")] == ["c2", "c4"]
    assert nights.content() == ({"person": {}, "enrollment": {}}, [("class", "c3")])
    assert (nights.night(package(tables))["rows"]["class"], nights.content()[1]) == (0, [])
    # one that cannot be used is there all the same, and is sent when it can
    bad = {**tables, "classes": [say("classes", tables["classes"][0], title=""), *tables["classes"][1:]]}
    nights.night(package(bad))
    assert nights.is_short() and nights.rows("bad", "kind, sourced_id") == [("class", "c1")] and nights.content()[1] == []
    nights.sql("INSERT INTO sis.unsettled (district_id, kind, sourced_id) VALUES (%s, 'class', 'c2')", nights.district)
    nights.night(package(tables))
    assert nights.is_short() and [r[0] for r in nights.rows("class", "sourced_id", "sourced_id")] == ["c1", "c2"]


# rule: SAFE-1
def test_a_row_that_cannot_be_used(nights, package):
    """Its id is in the file, so nobody is gone; and when it can be read again it is sent, whatever it says."""
    nights.night(package(small()))
    tables = small()
    tables["users"][0] = say("users", tables["users"][0], givenName="")
    tables["enrollments"][0] = say("enrollments", tables["enrollments"][0], role="")
    event = nights.night(package(tables))
    assert nights.is_short() and event["rows"]["bad"] == 2
    assert nights.rows("bad", "kind, sourced_id", "kind") == [("enrollment", "e1"), ("person", "u1")]
    assert nights.content() == ({"person": {}, "enrollment": {}}, [])
    nights.night(package(small()))
    said, gone = nights.content()
    assert nights.is_short() and (set(said["person"]), set(said["enrollment"]), gone) == ({"u1"}, {"e1"}, [])


# rule: IN-7
def test_roles_of_their_own_file(nights, package):
    """A row of roles.csv that cannot be used keeps its person as they were: sent the next night."""
    tables = small()
    tables["users"] = [say("users", person, role="", orgSourcedIds="") for person in tables["users"]]
    manifest = oneroster.csv_bytes([["oneroster.version", "1.2"] if r[0] == "oneroster.version" else r
                                    for r in oneroster.manifest([*tables])] + [["file.roles", "bulk"]])

    def night(*roles):
        rows = [["sourcedId", "status", "dateLastModified", "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId"],
                *(["", "", "", user, "primary", role, "", "", "o1"] for user, role in roles)]
        nights.night(package({**tables, "roles": oneroster.csv_bytes(rows)}, extra={"manifest.csv": manifest}))
        return nights.is_short(), [r[0] for r in nights.rows("person", "sourced_id")]

    others = ("u2", "student"), ("u3", "parent")
    assert night(("u1", "teacher"), *others) == (False, ["u1", "u2", "u3"])
    assert night(("u1", "teacher"), *others) == (True, [])
    assert night(("u1", ""), ("u1", "teacher"), *others) == (True, ["u1"])
    assert nights.rows("bad", "kind, sourced_id") == [("person", "u1")]
    assert night(("u1", ""), ("u1", "teacher"), *others) == (True, ["u1"])
    assert night(("u1", "teacher"), *others) == (True, ["u1"])
    # the digest stays till something changes: a row too many costs less than writing it anew
    assert night(("u1", "teacher"), ("u2", "student"), ("u3", "guardian")) == (True, ["u1", "u3"])
    assert night(("u1", "teacher"), ("u2", "student"), ("u3", "guardian")) == (True, [])


def test_what_the_database_spoke_of(nights, package):
    nights.night(package(small()))
    nights.sql("INSERT INTO sis.unsettled (district_id, kind, sourced_id) VALUES (%s, 'person', 'u2'), (%s, 'enrollment', 'e1'), "
               "(%s, 'person', 'nobody')", nights.district, nights.district, nights.district)
    nights.night(package(small()))
    said, gone = nights.content()
    assert nights.is_short() and (set(said["person"]), set(said["enrollment"]), gone) == ({"u2"}, {"e1"}, [])
    assert said["person"]["u2"][-1] == ("u3", "u4")
    tables = small()
    del tables["users"][1]
    nights.night(package(tables))
    assert nights.is_short() and nights.content()[1] == [("person", "u2")]


# rule: SAFE-2
def test_a_package_that_does_not_say_all(nights, package):
    """Without one of the three files, or with changes only, the slot is whole and the mirror has no digest."""
    for left_out, modes in (("classes", None), ("users", None), ("enrollments", None), (None, {"classes": "delta"}), (None, {"users": "delta"}),
                            (None, {"enrollments": "delta"})):
        nights.night(package(small()))
        assert nights.night(package(small()))["digest"] == "kept"
        tables = {name: rows for name, rows in small().items() if name != left_out}
        if modes:
            tables = {name: [say(name, cells, status="active") for cells in rows] for name, rows in tables.items()}
        event = nights.night(package(tables, modes=modes))
        assert event["digest"] == "none" and not nights.is_short()
        assert (event["rows"]["person"], event["rows"]["enrollment"]) == (0 if left_out == "users" else 3, 0 if left_out == "enrollments" else 1)
        assert event["rows"]["gone"] == 0 and nights.next.stat().st_size == 0


def test_strict_reading_has_no_digest(nights, package):
    nights.night(package(small()))
    nights.set(file_reading="strict")
    event = nights.stage(package(small()), last_digest=str(nights.last), next_digest=str(nights.next))[1]
    assert event["event"] == "rejected" and nights.next.stat().st_size == 0


def test_more_relationships_than_there_is_room_for(nights, package):
    """Each of many people names others, and all of them change at once: read again, whole."""
    people = 4000
    tables = small()

    def users(name):
        agents = ",".join(f"agent-{n:040}" for n in range(40))
        return [row("users", sourcedId=f"p{n}", orgSourcedIds="o1", role="student", givenName="A", familyName=name,
                    agentSourcedIds=agents) for n in range(people)]

    nights.night(package({**tables, "users": users("One")}))
    event = nights.night(package({**tables, "users": users("Two")}))
    assert not nights.is_short()
    assert (event["rows"]["person"], event["rows"]["link"], event["rows"]["gone"]) == (people, 40 * people, 0)
    assert event["digest"] == "written"
    assert nights.night(package({**tables, "users": users("Two")}))["rows"]["person"] == 0


def test_more_enrollments_than_there_is_room_for(nights, package):
    """Of those that are read beside the people: they are then read in their turn, and the rest is left out all the same."""
    many = 70_000
    tables = small()

    def enrollments(date, count):
        return [row("enrollments", sourcedId=f"enrollment-{n}", classSourcedId="c1", userSourcedId="u2", role="student",
                    beginDate=date if n < count else "2026-08-01") for n in range(many + 10)]

    nights.night(package({**tables, "enrollments": enrollments("2026-08-01", 0)}))
    event = nights.night(package({**tables, "enrollments": enrollments("2026-09-01", many)}))
    assert nights.is_short() and (event["rows"]["person"], event["rows"]["enrollment"]) == (0, many)
    assert event["digest"] == "written" and nights.content()[1] == []
    event = nights.night(package({**tables, "enrollments": enrollments("2026-09-01", many)[1:]}))
    assert nights.is_short() and event["rows"]["enrollment"] == 0
    assert nights.content()[1] == [("enrollment", "enrollment-0")]


def test_no_room_for_the_next(nights, package):
    """The digest cannot be written: the night goes on, and the next one is whole."""
    assert nights.night(package(small()), next_digest="/dev/full")["digest"] == "none"
    assert nights.night(package(small()), next_digest=str(nights.folder / "not there" / "x"))["digest"] == "none"


def test_jobs(nights, package):
    """Neither is needed, and null is none."""
    path = package(small())
    for changes in ({}, {"last_digest": None, "next_digest": None}):
        status, event = nights.stage(path, **changes)
        assert (status, event["event"], event["digest"]) == (0, "staged", "none")
