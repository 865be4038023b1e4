"""One bad byte anywhere, through the worker and the rules: of a package of 200 rows that was applied,
many single bytes (ROSTERD_FLIPS; 200 when it is not set) are changed one at a time, each file staged by the
real worker into a real slot, planned
and applied, looked at, and rolled back.

tests/unit/test_flips.c does all bytes, as far as the worker's output. What a byte may do here:

  in a row's own id             that record may go, for the file says another id
  in agentSourcedIds            relationships of that row may change
  in another cell that means something (roles, schools, references, dates, contacts)
                                no record goes
  in any other place (names, titles, commas, quotes, line ends, the manifest)
                                nobody and nothing goes, in the mirror and in what people see
"""

import collections
import contextlib
import os
import random

import oneroster
from test_stage import database, stage, template, worker  # noqa: F401 (fixtures)

FLIPS = int(os.environ.get("ROSTERD_FLIPS", "200"))
# Cells whose value decides something.
MEANING = {"role", "orgSourcedIds", "email", "sms", "phone", "type", "parentSourcedId", "schoolSourcedId", "termSourcedIds", "startDate", "endDate",
           "classSourcedId", "userSourcedId", "beginDate", "status", "dateLastModified"}
STRUCTURAL = b',"\n\r\0\xff'

SEEN = {
    "org": "SELECT sourced_id FROM sis.org WHERE district_id = %(d)s AND live",
    "session": "SELECT sourced_id FROM sis.session WHERE district_id = %(d)s AND live",
    "class": "SELECT sourced_id FROM sis.class WHERE district_id = %(d)s AND live",
    "person": "SELECT sourced_id FROM sis.person WHERE district_id = %(d)s AND live",
    "enrollment": "SELECT sourced_id FROM sis.enrollment WHERE district_id = %(d)s",
    "link": "SELECT student, guardian FROM sis.link WHERE district_id = %(d)s AND (by_student OR by_guardian)",
    "school": "SELECT school_id FROM directory.school WHERE district_id = %(d)s AND NOT archived",
    "account": "SELECT person_id, role, state FROM directory.role WHERE district_id = %(d)s",
    "classroom": "SELECT classroom_id FROM directory.classroom WHERE district_id = %(d)s AND state = 'active'",
    "member": "SELECT classroom_id, person_id FROM directory.member WHERE district_id = %(d)s",
    "guardianship": "SELECT student_id, guardian_id FROM directory.guardianship WHERE district_id = %(d)s",
    "invitation": "SELECT person_id, value FROM directory.invitation WHERE district_id = %(d)s AND state = 'open'",
}
KIND = {"orgs": "org", "academicSessions": "session", "classes": "class", "users": "person", "enrollments": "enrollment"}


class File:
    """A CSV, and for each of its bytes the row and the column it stands in (None: in no cell)."""

    def __init__(self, name, rows):
        self.data, self.where = bytearray(), []
        for row in [dict(zip(oneroster.COLUMNS[name], oneroster.COLUMNS[name])), *rows]:
            ident = None if row["sourcedId"] == "sourcedId" else row["sourcedId"]
            for at, column in enumerate(oneroster.COLUMNS[name]):
                value = row.get(column, "")
                quote = '"' if "," in value or '"' in value else ""
                self._put(("," if at else "") + quote, ident, None)
                self._put(value.replace('"', '""'), ident, column if ident else None)
                self._put(quote, ident, None)
            self._put("\r\n", ident, None)

    def _put(self, text, ident, column):
        self.data += text.encode()
        self.where += [(ident, column)] * len(text.encode())


def people():
    for n in range(10):
        yield {"sourcedId": f"t-{n}", "role": "teacher", "orgSourcedIds": f"o{n % 5}", "givenName": f"Ada{n}", "familyName": "L, Jr",
               "email": f"ada{n}@example.org"}
    for n in range(50):
        yield {"sourcedId": f"s1{n:02}", "role": "student", "orgSourcedIds": f"o{n % 5}", "givenName": f"Bo{n}", "familyName": f"Ross{n % 25}",
               "agentSourcedIds": f"g{n % 30},g{(n + 7) % 30}", "grades": "05"}
    for n in range(30):
        yield {"sourcedId": f"g{n}", "role": "parent", "givenName": f"Cy{n}", "familyName": 'of "Ross"', "email": f"cy{n}@example.org",
               "sms": f"415555{1000 + n}", "agentSourcedIds": f"s1{n:02}" if n % 3 else ""}


def files():
    tables = {
        "orgs": [{"sourcedId": f"o{n}", "name": f"School {n}", "type": "district" if n == 5 else "school"} for n in range(6)],
        "academicSessions": [{"sourcedId": f"y{n}", "title": f"Quarter {n}", "type": "term", "startDate": "2026-08-01", "endDate": "2099-06-30",
                              "schoolYear": "2027"} for n in range(4)],
        "courses": [{"sourcedId": f"k{n}", "title": f"Maths {n}", "orgSourcedId": "o5"} for n in range(10)],
        "classes": [{"sourcedId": f"c{n}", "title": f"Maths {n}", "courseSourcedId": f"k{n % 10}", "classType": "scheduled",
                     "schoolSourcedId": f"o{n % 5}", "termSourcedIds": "y0,y1"} for n in range(20)],
        "users": [{"enabledUser": "true", "username": user["sourcedId"], **user} for user in people()],
        "enrollments": [{"sourcedId": f"e-{n}", "classSourcedId": f"c{n % 20}", "schoolSourcedId": f"o{n % 5}", "userSourcedId": f"s1{n % 50:02}",
                         "role": "student", "beginDate": "2026-08-20", "endDate": "2099-06-01"} for n in range(70)],
    }
    assert sum(map(len, tables.values())) == 200
    return {name: File(name, rows) for name, rows in tables.items()}


class Trial:
    def __init__(self, stage, package):
        self.stage, self.package, self.files = stage, package, files()
        self.manifest = bytearray(oneroster.csv_bytes(oneroster.manifest(self.files)))
        assert stage.stage(self.zip())[0] == 0
        # one connection for all: what PostgreSQL has compiled and planned is there for the next
        self.connection = stage.cluster.connect(stage.database, autocommit=False)
        self.cursor = self.connection.cursor()
        self.apply()
        self.cursor.execute("SELECT sync.check(%s)", (stage.run,))
        self.connection.commit()
        stage.sql("SELECT sync.run_end(%s, 'done', NULL, NULL, NULL)", stage.run)
        stage.run = stage.sql("SELECT sync.run_begin(%s, %s, %s, 'schedule', NULL)", stage.daemon, stage.district, stage.epoch)[0][0]
        stage.slot = stage.sql("SELECT sync.slot_take(%s)", stage.run)[0][0]
        self.before = self.look()
        self.connection.rollback()
        assert all(self.before.values()), {kind for kind, found in self.before.items() if not found}

    def close(self):
        self.connection.close()

    def zip(self):
        return self.package({name: bytes(file.data) for name, file in self.files.items()}, extra={"manifest.csv": bytes(self.manifest)})

    def apply(self):
        cursor = self.cursor
        cursor.execute("SELECT sync.run_state(%s, 'planning')", (self.stage.run,))
        cursor.execute("SELECT sync.plan(%s)", (self.stage.run,))
        verdict = cursor.fetchone()[0]["verdict"]
        if verdict == "apply":
            cursor.execute("SELECT sync.run_state(%s, 'applying')", (self.stage.run,))
            cursor.execute("SELECT sync.apply(%s)", (self.stage.run,))
        return verdict

    def look(self):
        found = {}
        for kind, query in SEEN.items():
            self.cursor.execute(query, {"d": self.stage.district})
            found[kind] = set(self.cursor.fetchall())
        return found

    def lost(self):
        return {kind: gone for kind, now in self.look().items() if (gone := self.before[kind] - now)}

    def flip(self, name, at, byte):
        """How it ended, and what was lost."""
        data = self.manifest if name == "manifest" else self.files[name].data
        was, data[at] = data[at], byte
        status, event = self.stage.stage(self.zip())
        data[at] = was
        assert status == 0 and event["event"] in ("staged", "rejected"), event
        if event["event"] == "rejected":
            return "rejected", {}
        try:
            return self.apply(), self.lost()
        finally:
            self.connection.rollback()


def may_lose(name, ident, column):
    """kind -> ids that may go; None: anything that people see (what they see follows from the mirror)."""
    if name == "manifest" or ident is None or column is None:
        return {}
    seen = {kind: None for kind in ("school", "account", "classroom", "member", "guardianship", "invitation")}
    if column == "sourcedId":
        gone = {KIND[name]: {(ident,)}} if name in KIND else {}
        return {**gone, **seen, "link": None} if name == "users" else {**gone, **seen}
    if column == "agentSourcedIds":
        return {**seen, "link": None}
    if column == "role" and name == "users":
        return {**seen, "link": None}
    return seen if column in MEANING else {}


# rule: SAFE-1
def test_one_bad_byte_anywhere(stage, package):  # noqa: F811
    with contextlib.closing(Trial(stage, package)) as trial:
        flip_bytes(trial)


def flip_bytes(trial):
    places = [("manifest", at) for at in range(len(trial.manifest))] + [(n, at) for n, file in trial.files.items() for at in range(len(file.data))]
    dice = random.Random("flips")
    ends = collections.Counter()
    for name, at in dice.sample(places, FLIPS):
        data = trial.manifest if name == "manifest" else trial.files[name].data
        byte = dice.choice([data[at] ^ 1 << dice.randrange(8), dice.choice([b for b in STRUCTURAL if b != data[at]])])
        ident, column = (None, None) if name == "manifest" else trial.files[name].where[at]
        end, lost = trial.flip(name, at, byte)
        ends[end] += 1
        allowed = may_lose(name, ident, column)
        # the header's names are not rows: a column that is not there says nothing, which the guard is for
        wrong = {kind: gone for kind, gone in lost.items()
                 if kind not in allowed or (allowed[kind] is not None and not gone <= allowed[kind])}
        if name != "manifest" and ident is None and at < trial.files[name].data.index(b"\r\n"):
            wrong = {kind: gone for kind, gone in wrong.items() if kind in ("org", "session", "class", "person", "enrollment")}
        assert not wrong, (name, at, chr(data[at]), byte, ident, column, wrong)
    assert sum(ends.values()) == FLIPS and min(ends["rejected"], ends["apply"]) > 10, ends
