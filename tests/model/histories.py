"""Random histories: what a district's SIS, its people and the calendar do, seeded and small enough
that credentials clash, families leave and come back, and classes vanish every few steps."""

import copy
import random
from collections import Counter
from datetime import timedelta

from records import STUDENT, TEACHER, Class, Enrollment, File, Record

GIVEN = ["Ada", "Ben", "Cleo", "Dan", "Eve", "Finn"]
FAMILY = ["Moss", "Reed", "Stone", "Vale"]
EMAILS = [f"e{n}@x.example" for n in range(14)]
NUMBERS = [f"+1212555{n:04d}" for n in range(100, 112)]


class History:
    def __init__(self, seed, today):
        self.seed, self.random = seed, random.Random(seed)
        self.others = random.Random(-seed - 1)  # for what came later, so that the seeds' stories stay
        self.today = today
        self.file = File()
        self.left = {}  # people who are gone: id → Record, so that they can come back
        self.classes_gone = {}
        self.schools_gone = {}
        self.by_hand = []  # (given, family, e-mail, a school): whom leaders added, guardians and students
        self.serial = Counter()
        self._begin()

    def _id(self, prefix, kind="person"):
        """Ids are of their kind: what is a student's is a class's, an enrollment's and a school's, too."""
        self.serial[kind] += 1
        return f"{prefix}{self.serial[kind]}"

    def _begin(self):
        for n in range(3):
            self.file.orgs[self._id("s", "org")] = f"School {n}"
        for _ in range(4):
            self.new_class()
        for _ in range(2):
            self.new_teacher()
        for _ in range(5):
            self.new_family()
        for _ in range(10):
            self.new_enrollment()

    # --- the pieces --------------------------------------------------------------------------

    def _of(self, *roles):
        return [sid for sid, row in self.file.people.items() if row.role in roles]

    def _contacts(self):
        pick = self.random
        return {
            "email": pick.choice(EMAILS) if pick.random() < 0.6 else None,
            "sms": pick.choice(NUMBERS) if pick.random() < 0.4 else None,
            "phone": pick.choice(NUMBERS) if pick.random() < 0.3 else None,
        }

    def _person(self, role, **more):
        pick = self.random
        row = Record(pick.choice(GIVEN), pick.choice(FAMILY), role, **self._contacts(), **more)
        sid = self._id(role[0])
        self.file.people[sid] = row
        return sid

    def new_class(self):
        school = self.random.choice(list(self.file.orgs))
        self.file.classes[self._id("s", "class")] = Class(f"Class {self.serial['class']}", school)

    def new_teacher(self):
        orgs = tuple(self.random.sample(list(self.file.orgs), min(len(self.file.orgs), self.random.choice([1, 1, 2]))))
        self._person(TEACHER, orgs=orgs)

    def new_family(self):
        guardians = [self._person(self.random.choice(["guardian", "parent", "relative"])) for _ in range(self.random.choice([0, 1, 1, 2]))]
        for _ in range(self.random.choice([1, 1, 2])):
            sid = self._person(STUDENT, orgs=(self.random.choice(list(self.file.orgs)),))
            for guardian in guardians:
                self._tie(sid, guardian)

    def _tie(self, student, guardian):
        side = self.random.choice(["student", "guardian", "both"])
        if side != "guardian":
            self._state(student, guardian)
        if side != "student":
            self._state(guardian, student)

    def _state(self, one, other):
        row = self.file.people[one]
        if other not in row.agents:
            row.agents = row.agents + (other,)

    def new_enrollment(self):
        people = self._of(STUDENT, TEACHER)
        if not people or not self.file.classes:
            return
        sid = self.random.choice(people)
        begin = end = None
        if self.random.random() < 0.3:
            begin = self.today + timedelta(days=self.random.randint(-40, 40))
            end = begin + timedelta(days=self.random.randint(0, 60))
        self.file.enrollments[self._id("s", "enrollment")] = Enrollment(
            self.random.choice(list(self.file.classes)), sid, self.file.people[sid].role, begin, end
        )

    # --- what happens in a night ---------------------------------------------------------------

    def night(self):
        """Changes the file by one to four events and returns their names."""
        events = [
            self.new_family, self.new_enrollment, self.new_enrollment, self.new_class, self.new_teacher,
            self.leaves, self.leaves, self.family_leaves, self.comes_back, self.comes_back, self.contacts_change,
            self.contacts_change, self.contacts_change, self.name_changes, self.moves_school, self.class_goes,
            self.class_returns, self.enrollment_ends, self.link_changes, self.link_changes, self.swap, self.nothing,
            self.enrollment_moves, self.days_pass, self.duplicate, self.duplicate, self.re_keyed, self.known_enters, self.known_enters,
            self.school_goes, self.school_returns, self.many_leave, self.many_come,
        ]
        done = []
        for _ in range(self.random.randint(1, 4)):
            event = self.random.choice(events)
            event()
            done.append(event.__name__)
        return done

    def many_leave(self):
        people = list(self.file.people)
        for sid in self.random.sample(people, len(people) // self.random.choice([2, 3])):
            self._leave(sid)

    def many_come(self):
        if self.random.random() < 0.3:
            for _ in range(16):
                self.new_family()

    def nothing(self):
        pass

    def days_pass(self):
        self.today += timedelta(days=self.random.choice([1, 1, 7, 31, -1, -7]))  # back: the clock was wrong, or the time is another zone's

    def _leave(self, sid):
        self.left[sid] = self.file.people.pop(sid)

    def leaves(self):
        if self.file.people:
            self._leave(self.random.choice(list(self.file.people)))

    def family_leaves(self):
        students = self._of(STUDENT)
        if not students:
            return
        sid = self.random.choice(students)
        family = {sid} | set(self.file.people[sid].agents)
        family |= {g for g, row in self.file.people.items() if sid in row.agents}
        for member in sorted(family & set(self.file.people)):
            self._leave(member)

    def duplicate(self):
        """The same guardian once more, for another child."""
        guardians, students = self._of("guardian", "parent", "relative"), self._of(STUDENT)
        if guardians and students:
            row = copy.copy(self.file.people[self.random.choice(guardians)])
            row.agents = ()
            if self.random.random() < 0.5:
                setattr(row, self.random.choice(["email", "sms", "phone"]), None)
            sid = self._id("g")
            self.file.people[sid] = row
            self._tie(self.random.choice(students), sid)

    def re_keyed(self):
        """Gone under one id, there under another."""
        people = self._of("guardian", "parent", TEACHER)
        if people:
            sid = self.random.choice(people)
            self._leave(sid)
            row = copy.copy(self.left[sid])
            new = self._id(row.role[0])
            self.file.people[new] = row
            for other in self.file.people.values():
                other.agents = tuple(new if agent == sid else agent for agent in other.agents)

    def known_enters(self):
        """The SIS brings whom a leader has added."""
        if not self.by_hand:
            return
        given, family, email, school = self.random.choice(self.by_hand)
        if email is None:
            self.file.people[self._id("s")] = Record(given, family, STUDENT, (school,))
            return
        sid = self._id("g")
        self.file.people[sid] = Record(given, family, self.random.choice(["guardian", "parent", TEACHER]), (school,), email)
        if self.file.people[sid].role != TEACHER and self._of(STUDENT):
            self._tie(self.random.choice(self._of(STUDENT)), sid)

    def comes_back(self):
        if self.left:
            sid = self.random.choice(list(self.left))
            row = self.left.pop(sid)
            if self.random.random() < 0.2:
                row.given, row.family = self.random.choice(GIVEN), self.random.choice(FAMILY)
                vars(row).update(self._contacts())
            self.file.people[sid] = row

    def contacts_change(self):
        if self.file.people:
            vars(self.file.people[self.random.choice(list(self.file.people))]).update(self._contacts())

    def name_changes(self):
        if self.file.people:
            self.file.people[self.random.choice(list(self.file.people))].given = self.random.choice(GIVEN)

    def swap(self):
        people = list(self.file.people)
        if len(people) > 1:
            one, other = (self.file.people[sid] for sid in self.random.sample(people, 2))
            one.email, other.email = other.email, one.email

    def moves_school(self):
        people = self._of(STUDENT, TEACHER)
        if people:
            self.file.people[self.random.choice(people)].orgs = (self.random.choice(list(self.file.orgs)),)

    def class_goes(self):
        if self.file.classes:
            cid = self.random.choice(list(self.file.classes))
            self.classes_gone[cid] = self.file.classes.pop(cid)
            if self.random.random() < 0.7:
                self.file.enrollments = {e: r for e, r in self.file.enrollments.items() if r.class_id != cid}

    def school_goes(self):
        if len(self.file.orgs) > 1:
            org = self.random.choice(list(self.file.orgs))
            self.schools_gone[org] = self.file.orgs.pop(org)
            if self.random.random() < 0.3:
                for cid in [cid for cid, row in self.file.classes.items() if row.school == org]:
                    self.classes_gone[cid] = self.file.classes.pop(cid)

    def school_returns(self):
        if self.schools_gone:
            org = self.random.choice(list(self.schools_gone))
            self.file.orgs[org] = self.schools_gone.pop(org)

    def class_returns(self):
        if self.classes_gone:
            cid = self.random.choice(list(self.classes_gone))
            self.file.classes[cid] = self.classes_gone.pop(cid)

    def enrollment_ends(self):
        if self.file.enrollments:
            del self.file.enrollments[self.random.choice(list(self.file.enrollments))]

    def enrollment_moves(self):
        if self.file.enrollments and self.file.classes:
            row = self.file.enrollments[self.random.choice(list(self.file.enrollments))]
            row.class_id = self.random.choice(list(self.file.classes))

    def link_changes(self):
        students, guardians = self._of(STUDENT), self._of("guardian", "parent", "relative")
        if not students or not guardians:
            return
        student, guardian = self.random.choice(students), self.random.choice(guardians)
        if self.random.random() < 0.5:
            self._tie(student, guardian)
        else:
            for one, other in ((student, guardian), (guardian, student)):
                if self.random.random() < 0.7:
                    row = self.file.people[one]
                    row.agents = tuple(agent for agent in row.agents if agent != other)

    # --- what people do between two nights -------------------------------------------------------

    def act(self, model):
        """One manual act that is allowed now: (name of the model's method, its arguments), or None.

        Accounts and classrooms go by the model's labels."""
        acts = [
            self._accept, self._accept, self._create_classroom, self._add_student, self._add_student, self._add_co_teacher,
            self._remove_member, self._rename_classroom, self._archive, self._unarchive, self._add_guardian,
            self._remove_guardian, self._edit_person, self._link_person, self._apply_extreme, self._pin, self._pin, self._unpin, self._erase,
        ]
        return self.random.choice(acts)(model)

    def _pick(self, things):
        things = sorted(things)
        return self.random.choice(things) if things else None

    def _accept(self, model):
        invited = self._pick(model.invitations)
        return invited and ("accept", (invited[0],))

    def _create_classroom(self, model):
        school = self._pick(org for org, (_, archived) in model.schools.items() if not archived)
        return school and ("create_classroom", (self._id("Room "), school))

    def _add_member(self, model, role):
        pairs = [(room, label) for room in model.classrooms for (label, _, r) in model.roles if r == role and model.may_join(room, label, role)]
        pair = self._pick(pairs)
        return pair and ("add_member", (*pair, role))

    def _add_student(self, model):
        return self._add_member(model, STUDENT)

    def _add_co_teacher(self, model):
        return self._add_member(model, TEACHER)

    def _remove_member(self, model):
        pair = self._pick({key[:2] for key in model.memberships if model.may_remove(*key[:2])})
        return pair and ("remove_member", pair)

    def _rename_classroom(self, model):
        room = self._pick(label for label, known in model.classrooms.items() if known.sis_name)
        return room and ("rename_classroom", (room, f"Renamed {self.random.randint(1, 9)}"))

    def _archive(self, model):
        room = self._pick(model.classrooms)
        return room and ("archive_classroom", (room,))

    def _unarchive(self, model):
        room = self._pick(label for label, known in model.classrooms.items() if known.archived and not model.schools[known.school][1])
        return room and ("unarchive_classroom", (room,))

    def _add_guardian(self, model):
        student = self._pick({label for (label, _, r), role in model.roles.items() if r == STUDENT and role.state == "active"})
        label = self._id("Hand")
        email = self.random.choice([*EMAILS, f"{label.lower()}@x.example"])
        if not student or email in model.credentials:
            return None
        given, family = self.random.choice(GIVEN), self.random.choice(FAMILY)
        ended = {g for (s, g), claim in model.relationships.items() if s == student and claim.suspended}
        if any((model.accounts[g].given, model.accounts[g].family) == (given, family) for g in ended):
            return None
        self.by_hand.append((given, family, email, self.random.choice(list(self.file.orgs))))
        return "add_guardian", (label, student, given, family, email)

    def _remove_guardian(self, model):
        active = {label for (label, _, r), role in model.roles.items() if r == STUDENT and role.state == "active"}
        pair = self._pick(pair for pair, claim in model.relationships.items() if claim.counts and pair[0] in active)
        return pair and ("remove_guardian", pair)

    def _edit_person(self, model):
        label = self._pick(label for label in model.accounts if not any(r == STUDENT for (o, _, r) in model.roles if o == label)
                           and model.connected(label)
                           and not (model.settings.update_active_users and model.accounts[label].active and model.live_records(label)))
        return label and ("edit_person", (label, self.random.choice(GIVEN)))

    def _link_person(self, model):
        guardians = [sid for sid, row in model.people.items() if row.role not in (STUDENT, TEACHER)]
        adults = [label for label in model.accounts if not any(owner == label for (owner, _, _) in model.roles) and not model.is_childs(label)
                  and all(model.people[sid].role not in (STUDENT, TEACHER) for sid in model.records(label))]
        students = [sid for sid, row in model.people.items() if row.role == STUDENT]
        by_hand = [label for (label, _, r), role in model.roles.items() if r == STUDENT and role.manual]
        left = [label for label in model.accounts if not model.live_records(label) and any(model.people[sid].role == STUDENT for sid in model.records(label))]
        if by_hand and students and self.random.random() < 0.5:
            return "link_person", (self._pick(by_hand), self._pick(students))
        if left and students and self.random.random() < 0.5:
            return "link_person", (self._pick(left), self._pick(students))
        return guardians and adults and ("link_person", (self._pick(adults), self._pick(guardians)))

    def _apply_extreme(self, model):
        return ("apply_extreme", ()) if model.settings.abandonment == "extreme" else None

    def _pin(self, model):
        if self.random.random() < 0.3:
            room = self._pick(model.classrooms)
            return room and ("pin_classroom", (room,))
        label = self._pick(model.accounts)
        return label and ("pin_person", (label,))

    def _unpin(self, model):
        pin = self._pick(pin if isinstance(pin, str) else "#" + pin[1] for pin in model.pins)
        return pin and (("unpin_classroom", (pin[1:],)) if pin.startswith("#") else ("unpin_person", (pin,)))

    def _erase(self, model):
        label = self._pick(model.accounts) if self.random.random() < 0.5 else None
        return label and ("erase_person", (label,))

    def act_while_off(self, model):
        """OFF-2: what leaders do while the sync is off."""
        return self.random.choice([self._create_student, self._create_student, self._archive_student, self._restore_student,
                                   self._add_guardian, self._accept])(model)

    def _create_student(self, model):
        school = self._pick(org for org, (_, archived) in model.schools.items() if not archived)
        given, family = self.random.choice(GIVEN), self.random.choice(FAMILY)
        self.by_hand.append((given, family, None, school))
        return school and ("create_student", (self._id("Kid"), school, given, family))

    def _archive_student(self, model):
        label = self._pick({label for (label, _, r), role in model.roles.items() if r == STUDENT and role.state == "active"})
        return label and ("archive_student", (label,))

    def _restore_student(self, model):
        label = self._pick({label for (label, _, r), role in model.roles.items() if r == STUDENT and role.state == "archived"})
        return label and ("restore_student", (label,))

    def settings(self):
        """What a CSM sets, by the column of rosterd.district."""
        return {
            "abandoned_classrooms": self.random.choice(["archive", "archive", "disconnect"]),
            "unarchive_reappearing": self.random.random() < 0.7,
            "relatives_are_guardians": self.random.random() < 0.7,
            "phone_is_credential": self.random.random() < 0.7,
            "update_active_users": self.random.random() < 0.3,
            "merge_duplicate_guardians": self.random.random() < 0.5,
            "abandonment": self.random.choice(["soft", "soft", "extreme"]),
        }

    def limits(self):
        """From which numbers on somebody is asked (SAFE-3, SAFE-9), by the column of rosterd.district."""
        return {
            "removal_limit_percent": self.random.choice([10, 25, 50]),
            "removal_limit_min": self.random.choice([0, 1, 3, 20]),
            "change_limit_percent": self.random.choice([25, 100]),
            "on_limit": "hold-removals" if self.seed % 5 in (0, 4) else "hold-all",
        }

    def undoes(self):
        """Whether the night just applied is undone."""
        return self.seed % 5 in (2, 4) and self.others.random() < 0.4

    def decision(self):
        return self.random.choice(["approve", "approve", "refuse", "wait"])

    def snapshot(self):
        return copy.deepcopy(self.file)
