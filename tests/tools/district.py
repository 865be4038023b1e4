#!/usr/bin/python3
"""Make a school district's OneRoster 1.1 export: the same students, seed and day give the same bytes.

Families have one to four children and one or two guardians. Some guardians share an e-mail, some
have no credential at all, some files state a relationship from the student's side, some from the
guardian's, some from both; a few teachers work in two schools; an administrator is there to be
skipped. Day 2 tells the story of the demo: a family leaves, a class is gone, a guardian got an
e-mail, another's phone changed, a student moved to another class. --churn adds to each later day
what a night brings: about 0.5 % of the rows.
"""

import argparse
import contextlib
import gc
import json
import random
import sys

import oneroster

GIVEN = (
    "Ada Amir Ana Bea Ben Cam Carla Chen Dana Dev Eli Elsa Emre Eva Fay Finn Gia Gus Hana Hugo Ida "
    "Ike Ines Ivan Jade Jin Joy Kai Kira Lars Lea Leo Lin Lola Mae Malik Mia Mina Nia Noah Nora "
    "Olga Omar Oona Otis Pia Quinn Ravi Rosa Ruth Sam Sara Sven Tao Tess Theo Uma Vera Will Yara "
    "Yuki Zane Zoë José Łucja"
).split()
FAMILY = (
    "Abbott Alvarez Anders Baker Bianchi Brook Castro Chandra Cole Costa Dahl Diaz Dupont Eriksen "
    "Farah Fisher Flores Garcia Gupta Haddad Hansen Hill Horvat Ito Jensen Jones Kaya Keller Kim "
    "Kowalski Lam Larsen Lopez Marsh Mbeki Meyer Moreau Nagy Nguyen Novak O'Neill Okafor Olsen Ortiz "
    "Park Patel Peters Quist Ramos Reyes Rossi Sato Schmidt Silva Singh Smith Sosa Stone Tanaka "
    "Torres Vega Walsh Weber Wong Young Zhang Zimmer Müller"
).split()
SUBJECTS = "Algebra Art Biology Chemistry Drama English French Geometry History Music Physics Spanish".split()
AREA_CODES = "206 212 213 303 312 404 415 503 512 602 617 702 713 718 773 801 805 901 916 949".split()
EXCHANGES = [n for n in range(220, 500) if n % 100 != 11]  # 311 and 411 are services

CLASSES_A_STUDENT = 5
CLASS_SIZE = 25
STUDENTS_A_SCHOOL = 620
STUDENTS_A_TEACHER = 17
CHILDREN = (1, 1, 1, 1, 1, 1, 2, 2, 2, 3)  # 1.5 a family
RELATIVES_PERCENT = 2

# Families with a part in the story, or of a kind the demo shows; they come first.
LEAVES, GETS_EMAIL, NEW_PHONE, MOVES_CLASS, SHARE_ALL, SHARE_EMAIL, LONELY_SHARE = range(7)


def user(ident, role, orgs, given, family, **more):
    more.setdefault("enabledUser", "true")
    more.setdefault("username", ident)
    return oneroster.row("users", sourcedId=ident, role=role, orgSourcedIds=orgs, givenName=given,
                         familyName=family, **more)


USER, ENROLLMENT = oneroster.PLACES["users"], oneroster.PLACES["enrollments"]
CHURN_PERCENT = 0.5


@contextlib.contextmanager
def no_collector():
    """Millions of rows and no cycle among them: looking for one takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class District:
    """One district on one day. tables: file -> {sourcedId: row}; story: who is who in day 2."""

    def __init__(self, students, seed, day=1, churn=False, name=None):
        if students < 40:
            raise ValueError("a district needs 40 students for its story")
        self.seed, self.day = seed, 1
        self.random = random.Random(f"district {seed}")
        self.name = name or f"District {seed}"
        self.domain = "".join(c for c in self.name.lower() if c.isalnum()) + ".example"
        self.tables = {file: {} for file in oneroster.COLUMNS}
        self.families = []  # (student ids, guardian ids)
        self.classes_of_school = {}
        self.phones = 0
        self.next_enrollment = 0
        with no_collector():
            self._make_orgs(students)
            self._make_classes(students)
            self._make_families(students)
        self.story = self._cast()
        if day > 1:
            self._tell_story()
        while self.day < day:
            self.next_night(churn)

    def next_night(self, churn=True, percent=CHURN_PERCENT):
        """Become the district of the next day: about so many percent of the rows changed, or none."""
        self.day += 1
        if churn and percent > 0:
            self._churn(random.Random(f"churn {self.seed} {self.day}"), percent)

    # -- day 1 ------------------------------------------------------------------------------

    def _put(self, file, /, **values):
        self.tables[file][values["sourcedId"]] = oneroster.row(file, **values)

    def _make_orgs(self, students):
        self._put("orgs", sourcedId="d-1", name=self.name, type="district", identifier="0001")
        self.schools = []
        for n in range(max(2, students // STUDENTS_A_SCHOOL)):
            ident = f"o-{n + 1:04}"
            self.schools.append(ident)
            kind = ("Elementary", "Middle", "High")[n % 3]
            self._put("orgs", sourcedId=ident, name=f"{FAMILY[n % len(FAMILY)]} {kind} School {n + 1}",
                      type="school", identifier=f"{n + 1:04}", parentSourcedId="d-1")
        self._put("academicSessions", sourcedId="y-1", title="2026/27", type="schoolYear",
                  startDate="2026-07-01", endDate="2027-06-30", schoolYear="2027")
        self._put("academicSessions", sourcedId="t-1", title="Year", type="term",
                  startDate="2026-07-01", endDate="2027-06-30", parentSourcedId="y-1",
                  schoolYear="2027")
        for n, subject in enumerate(SUBJECTS):
            self._put("courses", sourcedId=f"k-{n + 1:02}", schoolYearSourcedId="y-1",
                      title=subject, courseCode=subject[:3].upper(), orgSourcedId="d-1")

    def _make_classes(self, students):
        choose = self.random
        wanted = max(CLASSES_A_STUDENT + 3,
                     -(-students * CLASSES_A_STUDENT // (CLASS_SIZE * len(self.schools))))
        staff = max(3, students // (STUDENTS_A_TEACHER * len(self.schools)))
        self.class_count = self.teacher_count = 0
        for n, school in enumerate(self.schools):
            teachers = []
            for _ in range(staff):
                self.teacher_count += 1
                ident = f"t-{self.teacher_count:05}"
                orgs = school
                if self.teacher_count % 40 == 1:  # works in two schools
                    orgs = f"{school},{self.schools[(n + 1) % len(self.schools)]}"
                mail = f"{ident}@staff.{self.domain}"
                if self.teacher_count % 150 == 3:  # added, not invited, a finding
                    mail = ""
                self.tables["users"][ident] = user(
                    ident, "teacher", orgs, choose.choice(GIVEN), choose.choice(FAMILY), email=mail)
                teachers.append(ident)
            self.classes_of_school[school] = []
            for number in range(wanted):
                self.class_count += 1
                ident = f"c-{self.class_count:06}"
                subject = number % len(SUBJECTS)
                self._put("classes", sourcedId=ident, classType="scheduled", schoolSourcedId=school,
                          title=f"{SUBJECTS[subject]} {number // len(SUBJECTS) + 1}",
                          courseSourcedId=f"k-{subject + 1:02}", classCode=str(number + 1),
                          termSourcedIds="t-1")
                self.classes_of_school[school].append(ident)
                self.enroll(ident, school, teachers[number % staff], "teacher")
        self.tables["users"]["a-1"] = user(
            "a-1", "administrator", "d-1", "Robin", "Office", email=f"office@{self.domain}")

    def enroll(self, class_id, school, person, role):
        self.next_enrollment += 1
        ident = f"e-{self.next_enrollment:07}"
        self.tables["enrollments"][ident] = [
            ident, "", "", class_id, school, person, role,
            "true" if role == "teacher" else "false", "", ""]
        return ident

    def _phone(self):
        n = self.phones
        self.phones += 1
        exchange = EXCHANGES[n // 10_000 % len(EXCHANGES)]
        area = AREA_CODES[n // (10_000 * len(EXCHANGES)) % len(AREA_CODES)]
        return f"({area}) {exchange}-{n % 10_000:04}"

    def _make_families(self, students):
        choose = self.random
        made = 0
        while made < students:
            number = len(self.families)
            children = 2 if number <= LONELY_SHARE else choose.choice(CHILDREN)
            children = min(children, students - made)
            adults = 2 if number <= LONELY_SHARE or choose.random() < 0.95 else 1
            self._make_family(number, made, children, adults)
            made += children

    def _make_family(self, number, first_student, children, adults):
        choose = self.random
        name = choose.choice(FAMILY)
        home = self.schools[choose.randrange(len(self.schools))]
        student_ids = [f"s-{first_student + n + 1:06}" for n in range(children)]
        guardian_ids = [f"g-{number + 1:06}{'ab'[n]}" for n in range(adults)]
        stated_by = number % 10  # 0-5: the student's row, 6-8: the guardian's, 9: both
        for n, ident in enumerate(student_ids):
            school = home if n == 0 or choose.random() < 0.7 else choose.choice(self.schools)
            agents = ",".join(guardian_ids) if stated_by < 6 or stated_by == 9 else ""
            self.tables["users"][ident] = user(
                ident, "student", school, choose.choice(GIVEN), name, agentSourcedIds=agents,
                email=f"{ident}@students.{self.domain}" if n % 3 == 0 else "", grades=f"{number % 12 + 1:02}")
            for class_id in choose.sample(self.classes_of_school[school], CLASSES_A_STUDENT):
                self.enroll(class_id, school, ident, "student")
        for n, ident in enumerate(guardian_ids):
            role = "relative" if choose.random() * 100 < RELATIVES_PERCENT else ("guardian", "parent")[number % 2]
            agents = ",".join(student_ids) if stated_by >= 6 else ""
            mail, sms, phone = self._contacts(number, n, ident)
            self.tables["users"][ident] = user(
                ident, role, home, choose.choice(GIVEN), name, email=mail, sms=sms, phone=phone,
                agentSourcedIds=agents)
        self.families.append((student_ids, guardian_ids))

    def _contacts(self, number, n, ident):
        """E-mail, SMS and phone of a family's n-th guardian."""
        mail, sms, phone = f"{ident}@home.{self.domain}", "", ""
        shared = f"family-{number + 1}@home.{self.domain}"
        if number == GETS_EMAIL:
            return ("", "", "") if n == 1 else (mail, sms, phone)
        if number == NEW_PHONE:
            return (mail, "", self._phone()) if n == 0 else (mail, "", "")
        if number == SHARE_ALL or (number > LONELY_SHARE and number % 50 == 11):
            return shared, "", ""
        if number == SHARE_EMAIL or (number > LONELY_SHARE and number % 50 == 23):
            return shared, self._phone(), ""
        if number == LONELY_SHARE:
            return (mail, "", "") if n == 0 else ("not an address", "", "")
        if number > LONELY_SHARE and number % 100 == 37 and n == 1:
            return "", "", ""
        if number % 3 == 0:
            sms = self._phone()
        if number % 4 == 0 and n == 0:
            phone = self._phone()
        return mail, sms, phone

    # -- later days ---------------------------------------------------------------------------

    def _cast(self):
        mover = self.families[MOVES_CLASS][0][0]
        enrollment = next(r for r in self.tables["enrollments"].values() if r[ENROLLMENT["userSourcedId"]] == mover)
        school = enrollment[ENROLLMENT["schoolSourcedId"]]
        own = {r[ENROLLMENT["classSourcedId"]] for r in self.tables["enrollments"].values()
               if r[ENROLLMENT["userSourcedId"]] == mover}
        target = next(c for c in self.classes_of_school[school] if c not in own)
        gone = next(c for c in reversed(self.classes_of_school[self.schools[0]])
                    if c not in own and c != target)
        return {
            "family_leaves": {"students": self.families[LEAVES][0], "guardians": self.families[LEAVES][1]},
            "class_gone": gone,
            "gets_email": self.families[GETS_EMAIL][1][1],
            "new_email": f"welcome@home.{self.domain}",
            "new_phone": self.families[NEW_PHONE][1][0],
            "moves": {"student": mover, "from": enrollment[ENROLLMENT["classSourcedId"]], "to": target},
            "share_all": self.families[SHARE_ALL][1],
            "share_email": self.families[SHARE_EMAIL][1],
            "invalid_email": self.families[LONELY_SHARE][1][1],
            "two_schools": "t-00001",
        }

    def remove_family(self, number):
        gone = {*self.families[number][0], *self.families[number][1]}
        for ident in gone:
            self.tables["users"].pop(ident, None)
        return gone

    def drop_enrollments(self, people=(), classes=()):
        people, classes = set(people), set(classes)
        self.tables["enrollments"] = {
            ident: r for ident, r in self.tables["enrollments"].items()
            if r[ENROLLMENT["userSourcedId"]] not in people and r[ENROLLMENT["classSourcedId"]] not in classes}

    def _tell_story(self):
        story, users = self.story, self.tables["users"]
        gone = self.remove_family(LEAVES)
        del self.tables["classes"][story["class_gone"]]
        self.drop_enrollments(gone, {story["class_gone"]})
        for classes in self.classes_of_school.values():
            if story["class_gone"] in classes:
                classes.remove(story["class_gone"])
        users[story["gets_email"]][USER["email"]] = story["new_email"]
        users[story["new_phone"]][USER["phone"]] = "(646) 221-0199"
        move = story["moves"]
        for r in self.tables["enrollments"].values():
            if r[ENROLLMENT["userSourcedId"]] == move["student"] and r[ENROLLMENT["classSourcedId"]] == move["from"]:
                r[ENROLLMENT["classSourcedId"]] = move["to"]
                break

    def _churn(self, choose, percent):
        """Class changes above all, contacts, names, families out and in; at most every family's row changes."""
        users, enrollments = self.tables["users"], self.tables["enrollments"]
        students = [r for r in enrollments.values() if r[ENROLLMENT["role"]] == "student"]
        for r in choose.sample(students, int(len(students) * percent / 100)):
            r[ENROLLMENT["classSourcedId"]] = choose.choice(self.classes_of_school[r[ENROLLMENT["schoolSourcedId"]]])
        settled = [n for n in range(LONELY_SHARE + 1, len(self.families)) if self.families[n][0][0] in users]
        few = max(1, int(len(settled) * percent / 250))
        for number in choose.sample(settled, min(4 * few, len(settled))):
            parent = users[self.families[number][1][0]]
            parent[USER["phone"]] = self._phone()
            parent[USER["givenName"]] = choose.choice(GIVEN)
        gone = set()
        for number in choose.sample(settled, few):
            gone |= self.remove_family(number)
        self.drop_enrollments(gone)
        first = sum(len(f[0]) for f in self.families)
        for n in range(few):
            self._make_family(len(self.families), first + n * 2, 2, 2)

    def write(self, path, level=6):
        with no_collector():
            oneroster.write_zip(path, {name: list(rows.values()) for name, rows in self.tables.items()},
                                level=level)

    def counts(self):
        roles = {}
        for r in self.tables["users"].values():
            roles[r[USER["role"]]] = roles.get(r[USER["role"]], 0) + 1
        return {**{name: len(rows) for name, rows in self.tables.items()}, "roles": roles}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--day", type=int, default=1)
    parser.add_argument("--churn", action="store_true", help="0.5 %% of the rows change each later day")
    parser.add_argument("--name")
    parser.add_argument("--story", action="store_true", help="print who is who in day 2, as JSON")
    parser.add_argument("zip", help="file to write")
    args = parser.parse_args()
    district = District(args.students, args.seed, args.day, args.churn, args.name)
    district.write(args.zip)
    if args.story:
        json.dump(district.story, sys.stdout, indent=1)
        print()
    else:
        print(json.dumps(district.counts()))


if __name__ == "__main__":
    main()
