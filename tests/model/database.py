"""The reconciler as the model's histories see it: fed by the calls of the SQL tests' fixture, inside one
transaction a history that is never committed."""

import json
import pathlib
import random

import psycopg2

HERE = pathlib.Path(__file__).resolve().parent
FAMILY = HERE.parent.parent / "sql/functions/40-scope/use_plan_family.sql"

# What prepare() replaces. Histories have a clock of their own; and they keep plans from one run to the next:
# which plan is taken decides about time alone, and planning is most of what a run over a handful of people costs.
REPLACED = {"today", FAMILY.stem}
CLOCK = """
CREATE TABLE test.clock (today date);
GRANT SELECT ON test.clock TO PUBLIC;
CREATE OR REPLACE FUNCTION sync.today(p_district bigint) RETURNS date LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS 'SELECT c.today FROM test.clock c';
"""

FILL = """
DELETE FROM test.sis_org; DELETE FROM test.sis_class; DELETE FROM test.sis_person; DELETE FROM test.sis_enroll;
INSERT INTO test.sis_org SELECT test.d(), x ->> 'id', x ->> 'name', 'school', NULL FROM jsonb_array_elements(%(orgs)s::jsonb) x;
INSERT INTO test.sis_class SELECT test.d(), x ->> 'id', x ->> 'title', x ->> 'school', '{}' FROM jsonb_array_elements(%(classes)s::jsonb) x;
INSERT INTO test.sis_person SELECT test.d(), x ->> 'id', ARRAY[x ->> 'role'], x ->> 'given', x ->> 'family',
       x ->> 'email', x ->> 'sms', x ->> 'phone', NULL,
       ARRAY(SELECT jsonb_array_elements_text(x -> 'orgs')), ARRAY(SELECT jsonb_array_elements_text(x -> 'agents'))
  FROM jsonb_array_elements(%(people)s::jsonb) x;
INSERT INTO test.sis_enroll SELECT test.d(), x ->> 'id', x ->> 'class', x ->> 'person', x ->> 'role', x ->> 'begin', x ->> 'end'
  FROM jsonb_array_elements(%(enrollments)s::jsonb) x;
"""

# An account goes by its first SIS id, else by the family name, as in the model.
SEEN = {
    "school": "SELECT sourced_id, name FROM directory.school WHERE district_id = %(d)s",
    "person": "SELECT coalesce(sourced_id, family_name), given_name, family_name, status FROM directory.person WHERE district_id = %(d)s AND family_name <> 'Leader'",
    "credential": """SELECT coalesce(p.sourced_id, p.family_name), c.kind, c.value FROM directory.credential c
                     JOIN directory.person p USING (district_id, person_id)
                     WHERE c.district_id = %(d)s AND p.family_name <> 'Leader'""",
    "role": """SELECT coalesce(p.sourced_id, p.family_name), s.sourced_id, r.role, r.state FROM directory.role r
               JOIN directory.person p USING (district_id, person_id)
               JOIN directory.school s ON s.district_id = r.district_id AND s.school_id = r.school_id WHERE r.district_id = %(d)s""",
    "classroom": """SELECT coalesce(c.sourced_id, c.edited_name), s.sourced_id, c.name, c.state FROM directory.classroom c
                    JOIN directory.school s ON s.district_id = c.district_id AND s.school_id = c.school_id WHERE c.district_id = %(d)s""",
    "member": """SELECT coalesce(c.sourced_id, c.edited_name), coalesce(p.sourced_id, p.family_name), m.role FROM directory.member m
                 JOIN directory.classroom c USING (district_id, classroom_id)
                 JOIN directory.person p USING (district_id, person_id) WHERE m.district_id = %(d)s""",
    "guardianship": """SELECT coalesce(s.sourced_id, s.family_name), coalesce(g.sourced_id, g.family_name) FROM directory.guardianship x
                       JOIN directory.person s ON s.district_id = x.district_id AND s.person_id = x.student_id
                       JOIN directory.person g ON g.district_id = x.district_id AND g.person_id = x.guardian_id
                       WHERE x.district_id = %(d)s""",
    "invitation": """SELECT coalesce(p.sourced_id, p.family_name), i.value FROM directory.invitation i
                     JOIN directory.person p USING (district_id, person_id) WHERE i.district_id = %(d)s AND i.state = 'open'""",
}


# Which arguments of an act are people: an id says nothing of what it is the id of.
PEOPLE = {
    "accept": (0,), "create_classroom": (), "add_member": (1,), "remove_member": (1,), "rename_classroom": (), "archive_classroom": (),
    "unarchive_classroom": (), "add_guardian": (1,), "remove_guardian": (0, 1), "create_student": (), "archive_student": (0,),
    "restore_student": (0,), "link_person": (0,), "pin_person": (0,), "unpin_person": (0,), "pin_classroom": (), "unpin_classroom": (),
    "erase_person": (0,), "apply_extreme": (), "edit_person": (0,),
}


def plans_kept(how):
    """The function that says how the planner works, with this for the mode of its plan cache."""
    family = FAMILY.read_text()
    assert "'force_custom_plan'" in family
    return family.replace("'force_custom_plan'", how)


def prepare(dsn):
    """Puts into a database with the schema, for good, what histories need."""
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute((HERE.parent / "sql" / "lib.sql").read_text())
        cursor.execute(CLOCK)
        cursor.execute((HERE / "neighbour.sql").read_text())
        cursor.execute(plans_kept("'force_generic_plan'"))
        cursor.execute((HERE / "plans.sql").read_text())
    connection.close()


class Person:
    """An account in both worlds: the model's label, the directory's number."""

    def __init__(self, label, number):
        self.label, self.number = label, number


class Database:
    """A district of a prepared database."""

    def __init__(self, connection, beside_neighbour, seed):
        self.random = random.Random(seed)
        self.connection = connection
        self.cursor = connection.cursor()
        self.cursor.execute("SELECT test.district('oak')")
        self.district = self.cursor.fetchone()[0]
        self.cursor.execute("INSERT INTO test.sis_digest VALUES (test.d(), true)")
        self.made = {}  # the model's label of who was made by hand → person_id
        self.neighbour = None
        if beside_neighbour:
            self.neighbour = self._one("INSERT INTO rosterd.district (slug, name, sync_enabled) VALUES ('elm', 'Elm', true) RETURNING district_id")

    def close(self):
        self.connection.rollback()

    def sync(self, file, today):
        self.cursor.execute("DELETE FROM test.clock; INSERT INTO test.clock VALUES (%s)", (today,))
        self.cursor.execute(FILL, {
            "orgs": json.dumps([{"id": o, "name": n} for o, n in file.orgs.items()]),
            "classes": json.dumps([{"id": c, "title": r.title, "school": r.school} for c, r in file.classes.items()]),
            "people": json.dumps([{"id": s, "role": r.role, "given": r.given, "family": r.family, "email": r.email, "sms": r.sms,
                                   "phone": r.phone, "orgs": r.orgs, "agents": r.agents} for s, r in file.people.items()]),
            "enrollments": json.dumps([{"id": e, "class": r.class_id, "person": r.person, "role": r.role,
                                        "begin": r.begin and r.begin.isoformat(), "end": r.end and r.end.isoformat()}
                                       for e, r in file.enrollments.items()]),
        })
        return self._beside_neighbour(self._night)

    def _night(self):
        """By way of the digest, which must not be seen in the end: now and then the night is played whole before, to be
        compared in more than the model tells. Or as if the digest had been lost, with or without a new one."""
        chance = self.random.random()
        if chance < 0.2:
            self.cursor.execute("SELECT * FROM test.shortened()")
            run, wrong = self.cursor.fetchone()
            assert wrong is None, f"shortened, the night ends otherwise:\n{wrong}"
            return run
        if chance < 0.9:
            self.cursor.execute("UPDATE test.sis_digest SET use = %s", (chance < 0.6,))
        else:
            self.cursor.execute("DELETE FROM test.digest")
        return self._one("SELECT test.night()")

    def _beside_neighbour(self, run):
        if not self.neighbour:
            return run()
        self.cursor.execute("SELECT test.become_opposite(%s, %s)", (self.neighbour, self.district))
        before = self._one("SELECT test.sum_of(%s)", self.neighbour)
        answer = run()
        assert self._one("SELECT test.sum_of(%s)", self.neighbour) == before, "the run has changed another district"
        return answer

    def end(self, run):
        """Its state, the reason for it, and whether anything was applied."""
        self.cursor.execute("SELECT state, reason, applied_at IS NOT NULL FROM rosterd.run WHERE run_id = %s", (run,))
        return self.cursor.fetchone()

    def withheld(self):
        """(kind, id) of each record that the last plan has left as it was."""
        self.cursor.execute("SELECT kind, sourced_id, other FROM sync.delta_withheld WHERE slot = 0")
        return [(kind, (sid, other) if kind == "link" else sid) for kind, sid, other in self.cursor.fetchall()]

    def decide(self, run, what):
        """A held run: approved and carried out, refused, or left to wait. The run that did it in the end, and its state."""
        if what == "approve":
            self._one("SELECT rosterd.approve(%s, 'model')", run)
            run = self._beside_neighbour(lambda: self._one("SELECT test.carry_out()"))
        elif what == "refuse":
            self._one("SELECT rosterd.refuse(%s, 'model')", run)
        return run, self.end(run)[0]

    def undo(self, run):
        """Whether anything is put back."""
        return self._one("SELECT bool_or(verdict = 'put back') FROM rosterd.undo(%s, false)", run) or False

    def is_marked(self):
        """Whether the next run has to look at somebody, whatever the file."""
        return self._one("SELECT EXISTS (SELECT FROM sync.mark WHERE district_id = %s)", self.district)

    def look_again(self):
        """A run without a file."""
        return self._one("SELECT test.night(p_file => false)")

    def judge_everything(self):
        """As if the rules were new: the whole district is looked at again."""
        self.cursor.execute("UPDATE sis.judged SET rules_version = 0 WHERE district_id = %s", (self.district,))
        self.look_again()

    def set(self, settings):
        for column, value in settings.items():
            self.cursor.execute("SELECT test.setting(%s, %s)", (column, str(value).lower()))

    def appoint(self):
        """The district leader and users manager who does the manual acts."""
        self.cursor.execute("SELECT rosterd.appoint_leader(%s, NULL, 'Lee', 'Leader', 'lee@leader.example')", (self.district,))
        self.leader = self.cursor.fetchone()[0]
        self.cursor.execute("SELECT rosterd.grant_users_manager(%s, %s)", (self.district, self.leader))
        self.cursor.execute("SELECT count(api.set_sis_rostering(%s, %s, school_id, true)) FROM directory.school WHERE district_id = %s",
                            (self.district, self.leader, self.district))

    def _one(self, query, *arguments):
        self.cursor.execute(query, arguments)
        return self.cursor.fetchone()[0]

    def person(self, model, label):
        if label in self.made:
            return self.made[label]
        # a record that somebody has linked to one of those still shows with the account it was of before
        self.cursor.execute("SELECT person_id FROM directory.person WHERE district_id = %s AND sourced_id = %s AND person_id <> ALL (%s)",
                            (self.district, model.accounts[label].shown, list(self.made.values())))
        found = self.cursor.fetchone()
        return found and found[0]

    def _classroom(self, label):
        return self._one("SELECT classroom_id FROM directory.classroom WHERE district_id = %s AND coalesce(sourced_id, edited_name) = %s",
                         self.district, label)

    def _call(self, function, *arguments):
        marks = ", ".join(["%s"] * (len(arguments) + 2))
        return self._one(f"SELECT api.{function}({marks})", self.district, self.leader, *arguments)

    def act(self, model, name, *args):
        """The model's manual act, through the app's procedure; false: nobody could tell whom it is about."""
        args = [Person(arg, self.person(model, arg)) if n in PEOPLE[name] else arg for n, arg in enumerate(args)]
        if any(isinstance(arg, Person) and arg.number is None for arg in args):
            return False
        self._act(name, *args)
        return True

    def _act(self, name, *args):
        if name == "accept":
            self._one("""SELECT api.accept_invitation(%s, (SELECT secret FROM directory.invitation WHERE district_id = %s AND person_id = %s
                         AND state = 'open' ORDER BY value LIMIT 1))""", self.district, self.district, args[0].number)
        elif name == "create_classroom":
            self._call(name, self._one("SELECT test.school(%s)", args[1]), args[0])
        elif name == "add_member":
            self._call("add_student" if args[2] == "student" else "add_co_teacher", self._classroom(args[0]), args[1].number)
        elif name == "remove_member":
            self._call(name, self._classroom(args[0]), args[1].number)
        elif name == "rename_classroom":
            self._call(name, self._classroom(args[0]), args[1])
        elif name in ("archive_classroom", "unarchive_classroom"):
            self._call(name, self._classroom(args[0]))
        elif name == "add_guardian":
            self.made[args[0]] = self._call(name, args[1].number, args[2], args[3], args[4], None, None)
        elif name == "remove_guardian":
            self._call(name, args[0].number, args[1].number)
        elif name == "create_student":
            self.made[args[0]] = self._call(name, self._one("SELECT test.school(%s)", args[1]), args[2], args[3])
        elif name in ("archive_student", "restore_student"):
            self._call(name, args[0].number)
        elif name == "link_person":
            self._one("SELECT rosterd.link_person(%s, %s, %s, 'a reason')", self.district, args[0].number, args[1])
        elif name in ("pin_person", "unpin_person"):
            call = "pin(%s, 'person', %s, 'a reason')" if name == "pin_person" else "unpin(%s, 'person', %s)"
            self._one(f"SELECT rosterd.{call}", self.district, args[0].number)
        elif name in ("pin_classroom", "unpin_classroom"):
            call = "pin(%s, 'classroom', %s, 'a reason')" if name == "pin_classroom" else "unpin(%s, 'classroom', %s)"
            self._one(f"SELECT rosterd.{call}", self.district, self._classroom(args[0]))
        elif name == "erase_person":
            self._one("SELECT rosterd.erase_person(%s, %s, 'a reason')", self.district, args[0].number)
            self.made.pop(args[0].label, None)
        elif name == "apply_extreme":
            self._one("SELECT count(*) FROM rosterd.apply_extreme(%s, false)", self.district)
        else:
            self._call(name, args[0].number, args[1], None, None, None, None)

    def seen(self):
        answer = {}
        for what, query in SEEN.items():
            self.cursor.execute(query, {"d": self.district})
            answer[what] = sorted(self.cursor.fetchall())
        return answer
