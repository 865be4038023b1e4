"""What customers were promised, as a story: one district, two weeks of nights through the real daemon.

Each night is a zip in the drop; between nights people act through the app's procedures, under the
app's own role. After each step somebody looks: what does this person see now? The days are files,
not clocks: where a date matters, the file's dates stand at so many days from today.

The cast. Oak and Elm are schools. Tim teaches Math at Oak, Tea is his colleague, Tom teaches at Elm.
Lea leads the district, Sue leads Oak. The families:
  Ash     Ann; Gus, with an e-mail of his own; Gia, with nothing at first
  Birch   Bob; Bea and Bill give one e-mail; Bea has a mobile number besides
  Cedar   Cat; Cora, active.                They leave under SOFT, and come back
  Dogwood Dan and Dot; Dee.                 Dan alone leaves
  Elder   Eve; Eli, active.                 They leave under EXTREME
"""

import contextlib
import datetime

import oneroster
import psycopg2
import pytest

SLUG = "maple"


def day(offset):
    """A date so many days from today, as files write it."""
    return (datetime.date.today() + datetime.timedelta(days=offset)).isoformat()


class Sis:
    """What the district's system holds; edited by small calls, written as a zip."""

    def __init__(self):
        self.rows = {file: {} for file in oneroster.COLUMNS}
        self.put("orgs", "d1", name="Maple", type="district")
        self.put("academicSessions", "year", title="Year", type="schoolYear", startDate=day(-200), endDate=day(160), schoolYear="2027")
        self.put("courses", "k1", schoolYearSourcedId="year", title="All", courseCode="A", orgSourcedId="d1")

    def put(self, file, ident, **values):
        self.rows[file][ident] = {"sourcedId": ident, **values}

    def change(self, file, ident, **values):
        self.rows[file][ident].update(values)

    def school(self, ident, name):
        self.put("orgs", ident, name=name, type="school", parentSourcedId="d1")

    def room(self, ident, title, school="oak"):
        self.put("classes", ident, title=title, classType="scheduled", courseSourcedId="k1", schoolSourcedId=school, termSourcedIds="year")

    def user(self, ident, role, given, family, school="oak", **more):
        self.put("users", ident, role=role, givenName=given, familyName=family, orgSourcedIds=school, enabledUser="true", **more)

    def enroll(self, room, person, role="student", **dates):
        self.put("enrollments", f"{room}-{person}", classSourcedId=room, schoolSourcedId=self.rows["classes"][room]["schoolSourcedId"],
                 userSourcedId=person, role=role, **dates)

    def leave(self, *people):
        for ident in people:
            del self.rows["users"][ident]
        self.rows["enrollments"] = {i: r for i, r in self.rows["enrollments"].items() if r["userSourcedId"] not in people}

    def close(self, room):
        del self.rows["classes"][room]
        self.rows["enrollments"] = {i: r for i, r in self.rows["enrollments"].items() if r["classSourcedId"] != room}

    def tables(self):
        return {file: [oneroster.row(file, **values) for values in rows.values()] for file, rows in self.rows.items()}


class Town:
    """The district as its people use it."""

    def __init__(self, districts, package):
        self.districts, self.package = districts, package
        self.sis, self.last, self.nights, self.hands = Sis(), 0, 0, {}
        districts.add(SLUG)
        self.d = districts.ident(SLUG)

    def night(self):
        """The SIS exports; the daemon takes it in. Acts by hand may cause runs without a file before that."""
        self.nights += 1
        name = f"night{self.nights:02}.zip"
        self.sis.change("courses", "k1", courseCode=name)  # no two nights' files are the same
        self.districts.put(SLUG, self.package(self.sis.tables()), name)
        while True:
            run = self.districts.wait_run(SLUG, after=self.last)
            self.last = run["run_id"]
            if run["file_name"] == name:
                return run

    def csm(self, sql, *args):
        return self._ask("rosterd_csm", sql, args)

    def _ask(self, role, sql, args):
        with contextlib.closing(self.districts.cluster.connect(self.districts.database)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {role}")
            cursor.execute(sql, args)
            return cursor.fetchall() if cursor.description else []

    def call(self, procedure, *args):
        """The app calls api.PROCEDURE for somebody; people are named as in the file."""
        marks = ", ".join(["%s"] * (len(args) + 1))
        rows = self._ask("rosterd_app", f"SELECT * FROM api.{procedure}({marks})", (self.d, *args))
        return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows

    def refuses(self, state, procedure, *args):
        with pytest.raises(psycopg2.Error) as caught:
            self.call(procedure, *args)
        assert caught.value.pgcode == state, caught.value

    def who(self, name):
        """The person: by hand, or behind that id of the file."""
        return self.hands.get(name) or self.districts.value(
            "SELECT person_id FROM sis.person WHERE district_id = %s AND sourced_id = %s", (self.d, name))

    def school(self, ident):
        return self.districts.value("SELECT school_id FROM directory.school WHERE district_id = %s AND sourced_id = %s", (self.d, ident))

    def room(self, ident):
        return self.hands.get(ident) or self.districts.value(
            "SELECT classroom_id FROM directory.classroom WHERE district_id = %s AND sourced_id = %s", (self.d, ident))

    def named(self, name):
        return self.districts.value("SELECT given_name || ' ' || family_name FROM directory.person WHERE district_id = %s AND person_id = %s",
                                    (self.d, self.who(name)))

    def reach(self, name):
        """Their credentials."""
        return {row[0] for row in self.districts.sql("SELECT value FROM directory.credential WHERE district_id = %s AND person_id = %s",
                                                     (self.d, self.who(name)))}

    def mail(self):
        """What the mailer sends today: address -> (what, secret)."""
        rows = self._ask("rosterd_outbox", "SELECT id, what, value, secret FROM api.take_outbox(%s, 1000)", (self.d,))
        self._ask("rosterd_outbox", "SELECT api.outbox_sent(%s, %s)", (self.d, [row[0] for row in rows]))
        return {value: (what, secret) for _, what, value, secret in rows}

    def findings(self):
        return {tuple(row) for row in self.csm("SELECT sourced_id, code FROM rosterd.open_findings WHERE slug = %s AND sourced_id IS NOT NULL", SLUG)}

    # -- looking ------------------------------------------------------------------------------

    def directory(self, school, section):
        """Students of the directory, each with their parents: 'Ann' -> {'Gus'}."""
        return {row[1]: {g["given_name"] for g in row[4]} for row in self._rows("school_directory", self.school(school), section)}

    def audience(self, school=None):
        """Whom an announcement reaches, by person."""
        return {row[0] for row in self._rows("audience", self.school(school) if school else None)}

    def rooms(self, name):
        return {row[2] for row in self._rows("visible_classrooms", self.who(name))}

    def schools(self, name):
        return {s for s in ("oak", "elm") if self.call("can_access_school", self.who(name), self.school(s))}

    def children(self, name):
        """Those of the account settings."""
        return {row[1] for row in self._rows("account_students", self.who(name))}

    def bag(self, name, student):
        return {row[2] for row in self._rows("visible_backpack", self.who(name), self.who(student))}

    def opens(self, name, student):
        return self.call("can_access_student", self.who(name), self.who(student))

    def roster(self, room):
        return {row[0] for row in self.districts.sql(
            "SELECT p.given_name FROM directory.member AS m JOIN directory.person AS p USING (district_id, person_id) "
            "WHERE m.district_id = %s AND m.classroom_id = %s", (self.d, self.room(room)))}

    def hears(self, name, school=None):
        return self.who(name) in self.audience(school)

    def _rows(self, procedure, *args):
        marks = ", ".join(["%s"] * (len(args) + 1))
        return self._ask("rosterd_app", f"SELECT * FROM api.{procedure}({marks})", (self.d, *args))


def opening(town):
    """The SIS before anything was synced."""
    sis = town.sis
    sis.school("oak", "Oak School")
    sis.school("elm", "Elm School")
    for ident, title, school in (("math", "Math", "oak"), ("art", "Art", "oak"), ("band", "Band", "oak"), ("chem", "Chem", "elm")):
        sis.room(ident, title, school)
    sis.user("tim", "teacher", "Tim", "Teach", email="tim@staff.example")
    sis.user("tea", "teacher", "Tea", "Teach", email="tea@staff.example")
    sis.user("tom", "teacher", "Tom", "Teach", "elm", email="tom@staff.example")
    sis.user("adm", "administrator", "Robin", "Office", email="office@staff.example")
    sis.user("ann", "student", "Ann", "Ash", email="ann@pupil.example", agentSourcedIds="gus,gia")
    sis.user("gus", "guardian", "Gus", "Ash", email="Gus@Home.example")
    sis.user("gia", "guardian", "Gia", "Ash")
    sis.user("bob", "student", "Bob", "Birch", agentSourcedIds="bea,bill")
    sis.user("bea", "parent", "Bea", "Birch", email="birch@home.example", sms="(212) 555-0101")
    sis.user("bill", "parent", "Bill", "Birch", email="birch@home.example")
    sis.user("cat", "student", "Cat", "Cedar", agentSourcedIds="cora")
    sis.user("cora", "guardian", "Cora", "Cedar", email="cora@home.example")
    sis.user("dan", "student", "Dan", "Dogwood")
    sis.user("dot", "student", "Dot", "Dogwood")
    sis.user("dee", "guardian", "Dee", "Dogwood", email="dee@home.example", agentSourcedIds="dan,dot")  # stated by her row alone
    sis.user("eve", "student", "Eve", "Elder", agentSourcedIds="eli")
    sis.user("eli", "guardian", "Eli", "Elder", email="eli@home.example", phone="212-555-0102")
    sis.user("fay", "student", "Fay", "Fir", "elm")
    sis.enroll("math", "tim", "teacher")
    sis.enroll("art", "tim", "teacher")
    sis.enroll("band", "tea", "teacher")
    sis.enroll("chem", "tom", "teacher")
    for student in ("ann", "bob", "cat", "dan", "eve"):
        sis.enroll("math", student)
    for student in ("cat", "eve", "dot"):
        sis.enroll("band", student)
    sis.enroll("art", "cat")
    sis.enroll("art", "bob", beginDate=day(40))
    sis.enroll("art", "dan", beginDate=day(20), endDate=day(60))
    sis.enroll("chem", "fay")


def day_1_first_sync(town):
    """Sync updates: the initial data, and who is not added."""
    run = town.night()
    assert run["counts"], run
    assert town.directory("oak", "active") == {"Ann": {"Gus"}, "Bob": {"Bea"}, "Cat": {"Cora"}, "Dan": {"Dee"}, "Dot": {"Dee"}, "Eve": {"Eli"}}
    assert town.directory("elm", "all") == {"Fay": set()}
    # an enrollment that begins in 20 days counts, one that begins in 40 not yet
    assert town.roster("math") == {"Tim", "Ann", "Bob", "Cat", "Dan", "Eve"}
    assert town.roster("art") == {"Tim", "Cat", "Dan"}
    # no credential of one's own: not added; one that is, is enough
    assert town.who("gia") is None and town.who("bill") is None
    assert {("gia", "guardian.none"), ("bill", "guardian.shared")} <= town.findings()
    assert town.reach("bea") == {"+12125550101"}
    assert town.who("adm") is None
    town.letters = town.mail()
    assert set(town.letters) == {"gus@home.example", "+12125550101", "cora@home.example", "dee@home.example", "eli@home.example",
                                 "+12125550102", "tim@staff.example", "tea@staff.example", "tom@staff.example"}
    assert town.schools("gus") == {"oak"} and town.rooms("gus") == {"Math"} and town.children("gus") == {"Ann"}
    assert town.rooms("tim") == {"Math", "Art"} and town.schools("tom") == {"elm"}
    assert town.opens("gus", "ann") and not town.opens("gus", "bob") and not town.opens("tom", "ann")
    assert town.hears("gus", "oak") and not town.hears("gus", "elm") and town.hears("gus")


def day_1_people_come(town):
    """Leaders are appointed; some accept their invitation."""
    for address in ("tim@staff.example", "cora@home.example", "eli@home.example"):
        town.call("accept_invitation", town.letters[address][1])
    town.refuses("RS011", "accept_invitation", town.letters["cora@home.example"][1])
    town.hands["lea"] = town.csm("SELECT rosterd.appoint_leader(%s, NULL, 'Lea', 'Lead', 'lea@staff.example')", town.d)[0][0]
    town.hands["sue"] = town.csm("SELECT rosterd.appoint_leader(%s, %s, 'Sue', 'Lead', 'sue@staff.example')", town.d, town.school("oak"))[0][0]
    assert town.rooms("sue") == {"Math", "Art", "Band"} and town.rooms("lea") == {"Math", "Art", "Band", "Chem"}
    for title, room, student in (("poem", "math", "cat"), ("song", "band", "cat"), ("drawing", "band", "eve"), ("sum", "math", "ann")):
        town.call("add_backpack_item", town.who("lea"), town.room(room), town.who(student), title)
    assert town.bag("cora", "cat") == {"poem", "song"} and town.bag("gus", "cat") == set()


def day_2_the_sis_is_mended(town):
    """Updated automatically: rosters, new people, relationships, the contacts of invitees. Not: those of active users."""
    sis = town.sis
    sis.change("users", "gia", email="gia@home.example")
    sis.change("users", "gus", givenName="Gustav", email="gustav@home.example")
    sis.change("users", "cora", givenName="Cordula", email="cordula@home.example")
    sis.user("hal", "student", "Hal", "Holly", email="hal@pupil.example", agentSourcedIds="hana")
    sis.user("hana", "guardian", "Hana", "Holly", sms="+1 212 555 0103")
    sis.enroll("math", "hal")
    sis.enroll("art", "bob", beginDate=day(29))
    sis.enroll("art", "dan", beginDate=day(-20), endDate=day(-2))
    town.night()
    assert town.directory("oak", "active")["Ann"] == {"Gustav", "Gia"}
    assert town.directory("oak", "active")["Hal"] == {"Hana"}
    assert town.roster("art") == {"Tim", "Cat", "Bob"}
    assert "Hal" in town.roster("math") and town.rooms("gia") == {"Math"}
    assert (town.named("gus"), town.reach("gus")) == ("Gustav Ash", {"gustav@home.example"})
    assert (town.named("cora"), town.reach("cora")) == ("Cora Cedar", {"cora@home.example"})
    assert ("gia", "guardian.none") not in town.findings()
    letters = town.mail()
    assert set(letters) == {"gia@home.example", "gustav@home.example", "+12125550103"}
    town.refuses("RS011", "accept_invitation", town.letters["gus@home.example"][1])
    town.letters.update(letters)
    # the difference to what an active person shows can be looked up
    assert town.csm("SELECT count(*) FROM rosterd.drift WHERE district_id = %s", town.d)[0][0] > 0


def day_3_classrooms(town):
    """Classrooms by hand, and edits of synced ones."""
    lea, tim = town.who("lea"), town.who("tim")
    town.refuses("RS001", "create_classroom", tim, town.school("oak"), "Chess")
    town.hands["choir"] = town.call("create_classroom", lea, town.school("oak"), "Choir")
    town.call("add_student_by_name", lea, town.room("choir"), "Cat", "Cedar")
    town.call("add_co_teacher", lea, town.room("choir"), town.who("tea"))
    town.refuses("RS003", "add_student_by_name", lea, town.room("choir"), "cat", "Cedar")
    town.refuses("RS003", "add_student_by_name", lea, town.room("choir"), "Fay", "Fir")
    town.refuses("RS002", "create_student", lea, town.school("oak"), "Zed", "New")
    # a synced classroom: its name always, students and co-teachers where the school's setting is on
    town.call("rename_classroom", tim, town.room("math"), "Tim's Math")
    town.refuses("RS001", "add_student", tim, town.room("math"), town.who("dot"))
    town.refuses("RS001", "add_co_teacher", lea, town.room("math"), town.who("tea"))
    town.call("set_sis_rostering", town.who("sue"), town.school("oak"), True)
    town.call("add_student", tim, town.room("math"), town.who("dot"))
    town.call("add_co_teacher", tim, town.room("math"), town.who("tea"))
    town.hands["chess"] = town.call("create_classroom", tim, town.school("oak"), "Chess")
    town.call("add_student", tim, town.room("chess"), town.who("ann"))
    town.sis.change("classes", "math", title="Mathematics I")
    town.sis.change("classes", "art", title="Fine Art")
    town.night()
    assert town.rooms("gus") == {"Tim's Math", "Chess"} and "Fine Art" in town.rooms("tim")
    assert {"Dot", "Tea"} <= town.roster("math")
    assert town.roster("choir") == {"Cat", "Tea"} and town.roster("chess") == {"Tim", "Ann"}
    assert town.rooms("dee") == {"Tim's Math", "Band"}
    assert "Tim's Math" in town.rooms("tea")


def day_4_guardians(town):
    """Guardians by hand, by join code, and edited."""
    lea, sue = town.who("lea"), town.who("sue")
    town.refuses("RS001", "add_guardian", town.who("tim"), town.who("ann"), "Nan", "Ash", "nan@home.example", None, None)
    town.refuses("RS005", "add_guardian", sue, town.who("ann"), "Nan", "Ash", "dee@home.example", None, None)
    town.hands["nan"] = town.call("add_guardian", sue, town.who("ann"), "Nan", "Ash", "nan@home.example", None, None)
    code = town.call("create_join_code", town.who("tim"), town.room("math"))
    town.refuses("RS006", "join_with_code", code, "ANN", "Ash", "Pop", "Birch", "pop@home.example", None)
    town.refuses("RS006", "join_with_code", "NOSUCHCODE", "Bob", "Birch", "Pop", "Birch", "pop@home.example", None)
    town.hands["pop"] = town.call("join_with_code", code, "Bob", "Birch", "Pop", "Birch", "pop@home.example", None)
    assert town.children("pop") == {"Bob"} and town.hears("pop", "oak")
    # edits: the active edit themselves; a leader only with the role, and an invitee's lasts until the next sync
    town.call("update_account", town.who("cora"), "Corinna", None, "corinna@home.example", None, None)
    town.refuses("RS001", "edit_person", sue, town.who("gus"), "Gussie", None, None, None, None)
    town.csm("SELECT rosterd.grant_users_manager(%s, %s)", town.d, sue)
    town.call("edit_person", sue, town.who("gus"), "Gussie", None, "gussie@home.example", None, None)
    town.call("edit_person", sue, town.who("eli"), "Elias", None, None, None, None)
    town.call("edit_person", sue, town.who("bob"), "Bobby", None, None, None, None)
    assert (town.named("gus"), town.reach("gus")) == ("Gussie Ash", {"gussie@home.example"})
    town.refuses("RS001", "edit_person", lea, town.who("gus"), "Gussie", None, None, None, None)
    town.night()
    assert (town.named("gus"), town.reach("gus")) == ("Gustav Ash", {"gustav@home.example"})
    assert (town.named("eli"), town.named("cora"), town.named("bob")) == ("Elias Elder", "Corinna Cedar", "Bobby Birch")
    assert town.reach("cora") == {"corinna@home.example"}
    assert town.directory("oak", "active")["Ann"] == {"Gustav", "Gia", "Nan"}
    assert town.directory("oak", "active")["Bobby"] == {"Bea", "Pop"}


def day_5_students(town):
    """Students: by the SIS alone; their accounts are enabled by leaders."""
    town.mail()
    town.refuses("RS001", "enable_student_account", town.who("tim"), town.who("ann"))
    town.call("enable_student_account", town.who("sue"), town.who("ann"))
    letters = town.mail()
    assert set(letters) == {"ann@pupil.example"}
    town.call("accept_invitation", letters["ann@pupil.example"][1])
    town.refuses("RS007", "update_account", town.who("ann"), "Annie", None, None, None, None)
    assert town.bag("ann", "ann") == {"sum"}
    # a change of school inside the district
    town.sis.change("users", "ann", orgSourcedIds="elm")
    del town.sis.rows["enrollments"]["math-ann"]
    town.sis.enroll("chem", "ann")
    town.night()
    assert "Ann" not in town.directory("oak", "all") and town.directory("elm", "active")["Ann"] == {"Gustav", "Gia", "Nan"}
    assert town.schools("gus") == {"elm"} and town.rooms("gus") == {"Chem"}
    assert town.hears("gus", "elm") and not town.hears("gus", "oak")
    assert town.roster("chess") == {"Tim"}


def day_6_a_relationship_ends(town):
    """Custody: what the SIS ends is over at once, and no code brings it back."""
    town.sis.change("users", "bob", agentSourcedIds="bill")
    town.sis.change("users", "bill", email="bill@home.example")
    town.night()
    assert town.directory("oak", "active")["Bobby"] == {"Bill", "Pop"}
    assert town.children("bea") == set() and not town.opens("bea", "bob") and town.schools("bea") == set()
    code = town.call("create_join_code", town.who("tim"), town.room("math"))
    town.refuses("RS006", "join_with_code", code, "Bobby", "Birch", "Bea", "Birch", None, "+12125550101")


def day_7_soft(town):
    """A family leaves, SOFT."""
    town.call("archive_classroom", town.who("lea"), town.room("band"))
    town.sis.leave("cat", "cora")
    town.night()
    assert "Cat" not in town.directory("oak", "active")
    assert town.directory("oak", "archived") == {"Cat": {"Corinna"}}
    assert town.directory("oak", "all")["Cat"] == {"Corinna"}
    for room in ("math", "art", "choir"):
        assert "Cat" not in town.roster(room)
    assert town.roster("band") == {"Tea", "Cat", "Eve", "Dot"}
    # the item of the archived classroom lives on; that of a classroom they left does not show
    assert town.bag("cora", "cat") == {"song"} == town.bag("cat", "cat")
    assert town.children("cora") == {"Cat"} and town.opens("cora", "cat")
    assert town.schools("cora") == set() and town.rooms("cora") == set()
    assert not town.hears("cora", "oak") and not town.hears("cora") and not town.hears("cat")


def day_8_one_of_two_leaves(town):
    """Not a family: the guardian is still there, and has another child."""
    town.sis.leave("dan")
    town.night()
    assert town.directory("oak", "archived") == {"Cat": {"Corinna"}, "Dan": {"Dee"}}
    assert town.schools("dee") == {"oak"} and town.children("dee") == {"Dan", "Dot"} and town.hears("dee", "oak")
    assert town.rooms("dee") == {"Tim's Math", "Band"}


def day_9_a_class_goes(town):
    """A classroom that left the SIS is archived; its roster is there to look at."""
    before = town.roster("art")
    town.sis.close("art")
    town.night()
    assert town.roster("art") == before == {"Tim", "Bobby"}
    assert ("Fine Art", "archived") in {(row[2], row[3]) for row in town._rows("visible_classrooms", town.who("tim"))}
    # a teacher who leaves keeps the archived ones
    town.sis.leave("tim")
    town.sis.enroll("math", "tea", "teacher")
    town.night()
    assert town.schools("tim") == set() and town.rooms("tim") == {"Fine Art"}
    assert "Tim" not in town.roster("math") and not town.hears("tim")


def day_11_back(town):
    """Who comes back is the same person, with what they had."""
    cat = town.who("cat")
    town.sis.user("cat", "student", "Cat", "Cedar", agentSourcedIds="cora")
    town.sis.user("cora", "guardian", "Cordula", "Cedar", email="cordula@home.example")
    town.sis.user("dan", "student", "Max", "Moon")  # the id of somebody who left, given to somebody else
    town.sis.enroll("math", "cat")
    town.night()
    assert town.who("cat") == cat
    assert "Dan" in town.directory("oak", "archived") and "Max" not in town.directory("oak", "all")
    assert "dan" in {ident for ident, _ in town.findings()}
    assert town.directory("oak", "active")["Cat"] == {"Corinna"} and "Cat" not in town.directory("oak", "archived")
    assert {"Cat"} <= town.roster("math") & town.roster("choir")
    assert town.bag("cora", "cat") == {"poem", "song"} and town.schools("cora") == {"oak"} and town.hears("cora")


def day_12_extreme(town):
    """By request: EXTREME, for who leaves from now on."""
    town.csm("UPDATE rosterd.district SET abandonment = 'extreme' WHERE slug = %s", SLUG)
    assert town.bag("eli", "eve") == {"drawing"}
    town.sis.leave("eve", "eli")
    town.night()
    for section in ("active", "archived", "all"):
        assert "Eve" not in town.directory("oak", section)
    assert "Dan" in town.directory("oak", "archived")  # left before: as it was
    assert "Eve" not in town.roster("math") | town.roster("band")
    assert town.children("eli") == {"Eve"} and town.bag("eli", "eve") == set() == town.bag("eve", "eve")
    assert town.schools("eli") == set() and town.rooms("eli") == set() and not town.hears("eli")
    assert town.named("eli") == "Elias Elder" and town.reach("eli") == {"eli@home.example", "+12125550102"}


def day_13_off(town):
    """No sync any more: everything stays, and is done by hand."""
    before = {section: town.directory("oak", section) for section in ("active", "archived")}
    assert "is now off" in town.csm("SELECT rosterd.set_sync(%s, false, 'asked by the district')", SLUG)[0][0]
    town.sis.leave("dot", "dee")
    town.districts.put(SLUG, town.package(town.sis.tables()), "ignored.zip")
    sue = town.who("sue")
    town.hands["zed"] = town.call("create_student", sue, town.school("oak"), "Zed", "New")
    town.call("add_student", sue, town.room("math"), town.who("zed"))
    town.call("archive_student", sue, town.who("hal"))
    assert town.schools("hana") == set()
    town.call("restore_student", sue, town.who("hal"))
    town.hands["tia"] = town.call("add_teacher", sue, town.school("oak"), "Tia", "Teach", "tia@staff.example")
    assert town.schools("tia") == {"oak"} and "Zed" in town.roster("math")
    town.call("edit_person", sue, town.who("dot"), "Dorothy", None, None, None, None)
    after = {section: town.directory("oak", section) for section in ("active", "archived")}
    assert after["archived"] == before["archived"]
    assert after["active"] == {"Dorothy" if name == "Dot" else name: seen for name, seen in before["active"].items()} | {"Zed": set()}
    assert [run for run in town.districts.runs(SLUG) if run["run_id"] > town.last and run["state"] == "done"] == []


# rule: IN-1, IN-2, IN-3, IN-4, IN-5, IN-6, IN-7, CRED-1, CRED-2, CRED-5, UPD-1, UPD-2, UPD-3, UPD-4, UPD-8
# rule: CLS-1, CLS-2, CLS-3, CLS-4, CLS-5, CLS-6, CLS-7, CLS-9, GRD-1, GRD-2, GRD-3, GRD-4, GRD-5, STU-1, STU-2, STU-3, STU-4
# rule: ACC-1, ACC-2, OFF-1, OFF-2, ABN-1, ABN-2, ABN-S1, ABN-S2, ABN-S3, ABN-S4, ABN-S5, ABN-E1, ABN-E2, ABN-E3, ABN-E4, ABN-B1
def test_two_weeks(daemon, districts, package):
    town = Town(districts, package)
    opening(town)
    for chapter in (day_1_first_sync, day_1_people_come, day_2_the_sis_is_mended, day_3_classrooms, day_4_guardians, day_5_students,
                    day_6_a_relationship_ends, day_7_soft, day_8_one_of_two_leaves, day_9_a_class_goes, day_11_back, day_12_extreme,
                    day_13_off):
        chapter(town)
