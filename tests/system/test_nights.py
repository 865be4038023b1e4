"""Seven nights of one messy district and the one after, through the real daemon.

No two nights' exports look alike: each brings other deviations from the standard that real exports
have. Meanwhile people leave and come back, a class goes and returns, a school is missing for a night,
ids get another prefix. Who is added, archived, restored or kept each night is written down by hand
below; it follows from the rules and from nothing that the program says.

The cast. Oak and Elm are schools; Tim teaches Math and Tea Art at Oak, nobody is enrolled as the
teacher of Chem at Elm.
  Ash    Ann; Gus has an e-mail            Birch    Bob; Bea has a mobile number
  Cedar  Cat; Cora, active                 Dogwood  Dan; Dee
  Fir    Fay at Elm; Fred                  Holly    Hal and Hana come on the fifth night
"""

import csv
import io
import zipfile

import oneroster
from test_faq import SLUG, Town, day

MAC = {"__MACOSX/export/._users.csv": b"\0\5\26\7", "export/.DS_Store": b"\0\0\0\1Bud1"}


def written(rows, columns, *, names=None, quoting=csv.QUOTE_MINIMAL, end="\r\n", tail=(), last_end=True, encoding="utf-8"):
    """A CSV of rows (dictionaries).

    columns: what is written, in this order       names: column -> what the header calls it
    tail: cells that stand behind each row, and in the header if they are names
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end, quoting=quoting)
    writer.writerow([(names or {}).get(column, column) for column in columns] + list(tail[:1]))
    for row in rows:
        writer.writerow([row.get(column, "") for column in columns] + list(tail[1:]))
    whole = text.getvalue()
    return (whole if last_end else whole[:-len(end)]).encode(encoding)


class Messy(Town):
    """The district, and how its SIS writes things down tonight."""

    def export(self, *, folder="", manifest=None, names=None, styles=None, drop=(), extra=None, change=None):
        """The zip's entries. styles: file -> arguments of written(); change: called with the rows first."""
        rows = {file: [dict(row) for row in table.values()] for file, table in self.sis.rows.items()}
        if change:
            change(rows)
        entries = {}
        if manifest != "none":
            entries["manifest.csv"] = manifest or oneroster.csv_bytes(oneroster.manifest([f for f in rows if f not in drop]))
        for file, table in rows.items():
            if file not in drop:
                style = {"columns": oneroster.COLUMNS[file], **(styles or {}).get("*", {}), **(styles or {}).get(file, {})}
                entries[(names or {}).get(file, f"{file}.csv")] = written(table, **style)
        return {**{folder + name: data for name, data in entries.items()}, **(extra or {})}

    def night(self, states=("done",), **how):
        self.nights += 1
        name = f"night{self.nights}.zip"
        self.sis.change("courses", "k1", courseCode=name)
        path = self.districts.home.path / f"{self.districts.database}-{name}"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for entry, data in self.export(**how).items():
                package.writestr(entry, data)
        self.districts.put(SLUG, path, name)
        while True:
            run = self.districts.wait_run(SLUG, states, after=self.last)
            self.last = run["run_id"]
            if run["file_name"] == name:
                return run

    def codes(self):
        """What tonight's file was told."""
        return {row[0] for row in self.csm("SELECT code FROM rosterd.open_findings WHERE slug = %s", SLUG)}

    def state(self, room):
        return self.districts.value("SELECT state FROM directory.classroom WHERE district_id = %s AND sourced_id = %s", (self.d, room))

    def archived(self):
        return self.directory("oak", "archived")


def opening(town):
    sis = town.sis
    sis.school("oak", "Oak School")
    sis.school("elm", "Elm School")
    for room, title, school in (("math", "Math", "oak"), ("art", "Art", "oak"), ("chem", "Chem", "elm")):
        sis.room(room, title, school)
    sis.user("tim", "teacher", "Tim", "Teach", email="tim@staff.example")
    sis.user("tea", "teacher", "Tea", "Teach", email="tea@staff.example")
    sis.user("ann", "student", "Ann", "Ash", agentSourcedIds="gus")
    sis.user("gus", "guardian", "Gus", "Ash", email="gus@home.example")
    sis.user("bob", "student", "Bob", "Birch", agentSourcedIds="bea")
    sis.user("bea", "parent", "Bea", "Birch", sms="(212) 555-0101")
    sis.user("cat", "student", "Cat", "Cedar")
    sis.user("cora", "guardian", "Cora", "Cedar", email="cora@home.example", agentSourcedIds="cat")  # stated by her row alone
    sis.user("dan", "student", "Dan", "Dogwood", agentSourcedIds="dee")
    sis.user("dee", "guardian", "Dee", "Dogwood", email="dee@home.example", agentSourcedIds="dan")
    sis.user("fay", "student", "Fay", "Fir", "elm", agentSourcedIds="fred")
    sis.user("fred", "guardian", "Fred", "Fir", "elm", email="fred@home.example")
    sis.enroll("math", "tim", "teacher")
    sis.enroll("art", "tea", "teacher")
    for student in ("ann", "bob", "cat", "dan"):
        sis.enroll("math", student, beginDate=day(-30))
    for student in ("ann", "bob"):
        sis.enroll("art", student)
    sis.enroll("chem", "fay")


def night_1(town):
    """No manifest; all in a folder; what macOS leaves behind; a byte order mark; columns of their own."""
    town.night(manifest="none", folder="export/", extra={**MAC, "export/readme.txt": b"made by hand"}, styles={
        "users": {"encoding": "utf-8-sig", "tail": ("busRoute", "7")}, "orgs": {"tail": ("metadata.color", "red")}})
    assert town.directory("oak", "active") == {"Ann": {"Gus"}, "Bob": {"Bea"}, "Cat": {"Cora"}, "Dan": {"Dee"}}
    assert town.directory("elm", "active") == {"Fay": {"Fred"}}
    assert town.archived() == {} == town.directory("elm", "archived")
    assert (town.roster("math"), town.roster("art")) == ({"Tim", "Ann", "Bob", "Cat", "Dan"}, {"Tea", "Ann", "Bob"})
    assert town.roster("chem") == {"Fay"}
    assert {"manifest.missing", "zip.folder", "header.extra", "entry.unknown"} <= town.codes()
    letters = town.mail()
    assert set(letters) == {"gus@home.example", "+12125550101", "cora@home.example", "dee@home.example", "fred@home.example",
                            "tim@staff.example", "tea@staff.example"}
    town.call("accept_invitation", letters["cora@home.example"][1])
    town.accounts = {name: town.who(name) for name in ("ann", "bob", "cat", "dan", "dee", "fay", "fred", "cora", "gus")}


def night_2(town):
    """UTF-16, columns in another order and letter case, TRUE and 1, times behind dates.

    The Dogwoods leave: Dan's row is not there, Dee's says inactive.
    """
    town.sis.leave("dan")

    def change(rows):
        for row in rows["users"]:
            row["enabledUser"] = {"student": "TRUE", "teacher": "1"}.get(row["role"], "yes")
            if row["sourcedId"] == "dee":
                row["status"] = "Inactive"
        for row in rows["enrollments"]:
            row["beginDate"] = row["beginDate"] + "T00:00:00.000Z" if row.get("beginDate") else ""

    users = oneroster.COLUMNS["users"]
    town.night(change=change, styles={
        "users": {"encoding": "utf-16", "columns": users[:3] + users[:2:-1], "names": {"givenName": "GIVENNAME", "agentSourcedIds": "agentsourcedids"}}})
    assert town.directory("oak", "active") == {"Ann": {"Gus"}, "Bob": {"Bea"}, "Cat": {"Cora"}}
    assert town.archived() == {"Dan": {"Dee"}}
    assert town.roster("math") == {"Tim", "Ann", "Bob", "Cat"}
    assert town.schools("dee") == set() == town.rooms("dee") and town.children("dee") == {"Dan"}
    assert not town.hears("dee") and not town.hears("dee", "oak")
    assert {"file.utf16", "header.case", "value.date_time", "row.gone"} <= town.codes()
    assert town.mail() == {}
    del town.sis.rows["users"]["dee"]


def night_3(town):
    """File names and roles in other letter case, status and dateLastModified in bulk files, LF.

    The class Art is gone, and its enrollments with it.
    """
    before = town.roster("art")
    town.art = town.sis.rows["classes"]["art"]
    town.art_enrollments = {i: r for i, r in town.sis.rows["enrollments"].items() if r["classSourcedId"] == "art"}
    town.sis.close("art")

    def change(rows):
        for table in rows.values():
            for row in table:
                row.update(status="active", dateLastModified="2026-11-20 03:00:00")
        for row in rows["users"]:
            row["role"] = row["role"].title()
        for row in rows["classes"]:
            row["classType"] = "Scheduled"

    town.night(change=change, names={"users": "Users.CSV", "academicSessions": "academicsessions.csv"}, styles={"*": {"end": "\n"}})
    assert (town.state("math"), town.state("art"), town.state("chem")) == ("active", "archived", "active")
    assert town.roster("art") == before == {"Tea", "Ann", "Bob"}
    assert town.directory("oak", "active") == {"Ann": {"Gus"}, "Bob": {"Bea"}, "Cat": {"Cora"}}
    assert town.archived() == {"Dan": {"Dee"}}
    assert {"file.name_case", "value.case", "bulk.status"} <= town.codes()
    assert town.mail() == {}


def night_4(town):
    """NULL for nothing, commas too many at the end of each row, every cell quoted, no last line end, a manifest that went
    through a spreadsheet.

    Elm is missing from orgs.csv for this night; all that is of it is still in the other files.
    """
    def change(rows):
        rows["orgs"] = [row for row in rows["orgs"] if row["sourcedId"] != "elm"]
        for row in rows["users"]:
            row.update({column: "NULL" for column in ("middleName", "identifier", "grades", "phone") if not row.get(column)})

    manifest = [["propertyName", "propertyValue"], ["source.systemName", " Messy"], ["manifest.version", "1"], ["oneroster.version", " 1.1"],
                *([f"file.{name}", " bulk"] for name in town.sis.rows), ["file.demographics", ""]]
    town.night(change=change, manifest=oneroster.csv_bytes(manifest), styles={
        "*": {"quoting": csv.QUOTE_ALL, "last_end": False}, "enrollments": {"tail": ("", "", ""), "quoting": csv.QUOTE_MINIMAL}})
    assert town.districts.value("SELECT archived FROM directory.school WHERE district_id = %s AND sourced_id = 'elm'", (town.d,))
    assert (town.state("math"), town.state("art"), town.state("chem")) == ("active", "archived", "archived")
    assert town.roster("chem") == {"Fay"}
    assert town.schools("fred") == set() and not town.hears("fred") and town.children("fred") == {"Fay"}
    # nothing of Oak changed
    assert town.directory("oak", "active") == {"Ann": {"Gus"}, "Bob": {"Bea"}, "Cat": {"Cora"}}
    assert town.archived() == {"Dan": {"Dee"}}
    assert {"value.null", "header.blank", "header.alias", "manifest.mode_blank"} <= town.codes()
    assert town.mail() == {}


def night_5(town):
    """Column names of 1.0, lists with blanks and twice the same, the same row twice, references to nowhere.

    Elm is back, and so is Art; so are the Dogwoods; the Hollys are new.
    """
    sis = town.sis
    sis.rows["classes"]["art"] = town.art
    sis.rows["enrollments"].update(town.art_enrollments)
    sis.user("dan", "student", "Dan", "Dogwood", agentSourcedIds="dee")
    sis.user("dee", "guardian", "Dee", "Dogwood", email="dee@home.example", agentSourcedIds="dan")
    sis.enroll("math", "dan")
    sis.user("hal", "student", "Hal", "Holly", "oak, oak", agentSourcedIds="hana, hana ,nobody")
    sis.user("hana", "guardian", "Hana", "Holly", sms="212.555.0103")
    sis.enroll("math", "hal")
    sis.put("enrollments", "lost", classSourcedId="gone", schoolSourcedId="oak", userSourcedId="hal", role="student")

    def change(rows):
        rows["users"].append(dict(rows["users"][0]))
        for row in rows["classes"]:
            row["termSourcedIds"] = "year, next"

    town.night(change=change, styles={
        "users": {"names": {"agentSourcedIds": "agents", "userIds": "userId", "grades": "grade"}},
        "classes": {"names": {"termSourcedIds": "termSourcedId", "grades": "grade"}},
        "courses": {"names": {"schoolYearSourcedId": "schoolYearId"}}})
    assert town.directory("oak", "active") == {"Ann": {"Gus"}, "Bob": {"Bea"}, "Cat": {"Cora"}, "Dan": {"Dee"}, "Hal": {"Hana"}}
    assert town.archived() == {}
    assert town.directory("elm", "active") == {"Fay": {"Fred"}} and town.schools("fred") == {"elm"} and town.hears("fred", "elm")
    assert (town.state("art"), town.state("chem")) == ("active", "active")
    assert town.roster("math") == {"Tim", "Ann", "Bob", "Cat", "Dan", "Hal"}
    assert (town.roster("art"), town.roster("chem")) == ({"Tea", "Ann", "Bob"}, {"Fay"})
    # the same people as before they left
    assert {name: town.who(name) for name in town.accounts} == town.accounts
    assert {"header.alias", "enrollment.class", "link.person"} <= town.codes()
    # who is back is invited again, as is who is new; Fred was
    assert set(town.mail()) == {"dee@home.example", "fred@home.example", "+12125550103"}
    del sis.rows["enrollments"]["lost"]


def night_6(town):
    """A comma too many in one row, a row without an id, an e-mail that is none.

    Bob's row cannot be read, whatever it says; Gus has no address of his own any more; Cat and Cora
    come under other ids.
    """
    sis = town.sis
    sis.change("users", "gus", email="gus at home")
    sis.leave("cat", "cora")
    sis.user("s-cat", "student", "Cat", "Cedar", agentSourcedIds="g-cora")
    sis.user("g-cora", "guardian", "Cora", "Cedar", email="cora@home.example", agentSourcedIds="s-cat")
    sis.enroll("math", "s-cat")

    def export(how, whole=town.export):
        entries = whole(**how)
        entries["users.csv"] = entries["users.csv"].replace(b"Bob,Birch", b"Robert,Jr,Birch")
        return entries

    town.export = lambda **how: export(how)
    town.night()
    # without a row for it nobody would know whether Cat's old record is gone: she is, as each row's id can be read
    assert town.archived() == {"Cat": {"Cora"}}
    assert town.directory("oak", "active") == {"Ann": set(), "Bob": {"Bea"}, "Cat": {"Cora"}, "Dan": {"Dee"}, "Hal": {"Hana"}}
    assert town.who("g-cora") == town.accounts["cora"] and town.who("s-cat") != town.accounts["cat"]
    assert town.children("cora") == {"Cat"} and town.schools("cora") == {"oak"}
    assert town.roster("math") == {"Tim", "Ann", "Bob", "Cat", "Dan", "Hal"}
    assert {("bob", "row.long"), ("gus", "guardian.invalid")} <= town.findings()
    assert town.named("bob") == "Bob Birch" and town.children("gus") == set()
    assert town.mail() == {}


def night_7(town):
    """A row without an id, a class whose quotes do not match, and a file that is absent.

    As long as a user's id cannot be read, no user is removed, though Bob and Bea are not there; no
    enrollment is, because the file is absent. Gus has his address again.
    """
    sis = town.sis
    sis.change("users", "gus", email="gus@home.example")
    sis.leave("bob", "bea")
    sis.put("users", "", role="student", givenName="Nobody", familyName="Knows", orgSourcedIds="oak")

    def export(how, whole=Messy.export):
        entries = whole(town, **how)
        entries["classes.csv"] = entries["classes.csv"].replace(b",Chem,", b',Chem "advanced,')
        return entries

    town.export = lambda **how: export(how)
    town.night(drop=("enrollments",))
    assert town.directory("oak", "active") == {"Ann": {"Gus"}, "Bob": {"Bea"}, "Cat": {"Cora"}, "Dan": {"Dee"}, "Hal": {"Hana"}}
    assert town.roster("math") == {"Tim", "Ann", "Bob", "Cat", "Dan", "Hal"} and town.roster("chem") == {"Fay"}
    assert town.state("chem") == "active" and town.directory("elm", "active") == {"Fay": {"Fred"}}
    assert {"row.id_blank", "row.quote", "file.absent"} <= town.codes()
    assert set(town.mail()) == {"gus@home.example"}


def the_night_after(town):
    """Another system: every id has a prefix. All would leave and strangers of the same names come; the run is held."""
    sis = town.sis
    del sis.rows["users"][""]
    before = {school: town.directory(school, "all") for school in ("oak", "elm")}, {room: town.roster(room) for room in ("math", "art", "chem")}
    accounts = {name: town.who(name) for name in town.accounts}

    def change(rows):
        for row in rows["users"]:
            row["sourcedId"] = "new-" + row["sourcedId"]
            row["agentSourcedIds"] = ",".join("new-" + agent.strip() for agent in row.get("agentSourcedIds", "").split(",") if agent)
        for row in rows["enrollments"]:
            row["userSourcedId"] = "new-" + row["userSourcedId"]

    town.export = lambda **how: Messy.export(town, **how)
    assert town.night(states=("held",), change=change)["state"] == "held"
    assert before == ({school: town.directory(school, "all") for school in ("oak", "elm")},
                      {room: town.roster(room) for room in ("math", "art", "chem")})
    assert {name: town.who(name) for name in town.accounts} == accounts
    assert town.who("new-ann") is None and town.mail() == {}


# rule: SAFE-3, SAFE-5, SAFE-1, SAFE-2, ABN-1, ABN-3, ABN-S1, ABN-S2, ABN-B1, CLS-7, CRED-8, CRED-9, UPD-2
def test_seven_nights(daemon, districts, package):
    town = Messy(districts, package)
    opening(town)
    for night in (night_1, night_2, night_3, night_4, night_5, night_6, night_7, the_night_after):
        night(town)
