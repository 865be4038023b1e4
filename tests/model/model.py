"""The rules of the sync, row by row: slow and obvious on purpose.

The model keeps a district the way the rules talk about it and computes every run over the whole
district. It shares no code and no SQL with the reconciler; the histories test holds the two against
each other. Rule ids stand where a rule is decided.
"""

import copy
from datetime import timedelta

from acts import Acts
from claims import Claims
from identity import Identity, same_name
from records import STUDENT, TEACHER, Account, Claim, Class, Classroom, Link, Record, Role, Settings
from undo import Undo

GUARDIAN_ROLES = {"guardian", "parent", "relative"}


class District(Identity, Claims, Acts, Undo):
    def __init__(self, settings=None):
        self.settings = settings or Settings()
        self.nights = 0
        self.schools = {}  # org id → [name, archived]
        self.people = {}  # mirror
        self.links = {}  # (student id, guardian id) → Link
        self.classes = {}
        self.enrollments = {}
        self.accounts = {}  # label → Account
        self.by_sid = {}  # SIS id → label
        self.attached = {}  # SIS id → "merge", "match" or "hand", where the account is not its own
        self.left = {}  # SIS id → the account it had before
        self.credentials = {}  # value → (label, kind, manual)
        self.answered = set()  # (label, value): proved by the person, or given by a leader who added them
        self.roles = {}  # (label, school, role) → Role
        self.classrooms = {}  # label → Classroom
        self.memberships = {}  # (classroom, label, role) → Claim
        self.relationships = {}  # (student label, guardian label) → Claim
        self.invitations = set()  # (label, value), the open ones
        self.pins = set()  # labels of people, ("classroom", label)
        self.frozen = set()  # those of them that an undo made

    # --- a run -------------------------------------------------------------------------------

    def sync(self, file, today, withheld=()):
        """withheld: (kind, id) of what is left as it was, against the file (SAFE-3, hold-removals)."""
        live_before = {sid for sid, record in self.people.items() if record.live}
        mirror = {"org": self.schools, "class": self.classes, "person": self.people, "link": self.links, "enrollment": self.enrollments,
                  "attached": self.attached}
        before = copy.deepcopy(mirror)
        self.nights += 1
        self._accept_orgs(file)
        self._accept_classes(file)
        flips = self._accept_people(file)
        self._accept_links(file, flips)
        self._accept_enrollments(file)
        for kind, key in withheld:
            if key not in before[kind]:
                continue  # erased since
            mirror[kind][key] = before[kind][key]
            if kind == "person" and key in before["attached"]:
                self.attached[key] = before["attached"][key]
        self._judge(today, before, live_before)

    def look_again(self, today):
        """A run without a file."""
        mirror = {"org": self.schools, "class": self.classes, "person": self.people, "link": self.links, "enrollment": self.enrollments}
        self._judge(today, mirror, {sid for sid, record in self.people.items() if record.live})

    def _judge(self, today, before, live_before):
        self.identify(today, before)
        self._judge_classrooms(today)
        self._add_staff_and_students()
        abandoned = self._abandoned(live_before)
        self._judge_guardians_and_credentials()
        for label in self.accounts:
            self._follow_names(label)
            self._judge_roles(label, today, abandoned)
        self._judge_memberships(today, abandoned)
        self._judge_relationships()
        self._judge_invitations()

    def _news(self, before):
        """Whom and which classes the SIS says something new about."""
        people = {sid for sid, record in self.people.items() if sid not in before["person"] or self._says(record) != self._says(before["person"][sid])}
        for pair in {pair for pair, link in self.links.items() if before["link"].get(pair) != link}:
            people |= set(pair)
        for eid in {*self.enrollments, *before["enrollment"]}:
            now, then = self.enrollments.get(eid), before["enrollment"].get(eid)
            if now != then:
                people.add((now or then).person)
        classes = {cid for cid, row in self.classes.items() if before["class"].get(cid) != row}
        return {self.by_sid[sid] for sid in people if sid in self.by_sid} | {("classroom", cid) for cid in classes}

    @staticmethod
    def _says(record):
        return (record.given, record.family, record.role, set(record.orgs), record.email, record.sms, record.phone, record.live)

    def is_guardian(self, record):
        if record.role == "relative" and not self.settings.relatives_are_guardians:
            return False
        return record.role in GUARDIAN_ROLES

    def _accept_orgs(self, file):
        for org, name in file.orgs.items():
            self.schools[org] = [name, False]
        for org, school in self.schools.items():
            school[1] = org not in file.orgs

    def _accept_classes(self, file):
        for cid, row in file.classes.items():
            if row.school in file.orgs:
                self.classes[cid] = Class(row.title, row.school)
        for cid, known in self.classes.items():
            if cid not in file.classes:
                known.live = False

    def _accept_people(self, file):
        """The ids whose rows cannot be used: what is known of them stays (SAFE-1)."""
        unusable = set()
        for sid, row in file.people.items():
            known = self.people.get(sid)
            if known and (known.role == STUDENT) != (row.role == STUDENT):
                unusable.add(sid)  # IN-7
                continue
            if known and not known.live and self.attached.get(sid) != "hand" and self._is_somebody_else(sid, known, row):
                unusable.add(sid)  # ABN-B1
                continue
            self.people[sid] = Record(row.given, row.family, row.role, row.orgs, row.email, row.sms, row.phone, row.agents)
        for sid, known in self.people.items():
            if sid not in file.people:
                if known.live and self.attached.get(sid) == "hand":
                    self.attached[sid] = "match"  # a return is asked about again
                if known.live:
                    known.left = self.nights
                known.live = False
        return unusable

    def _is_somebody_else(self, sid, known, row):
        held = {value for value, (owner, _, _) in self.credentials.items() if owner == self.by_sid.get(sid)}
        shared = set(known.values()) & set(row.values()) or held & {row.email, row.sms, row.phone}
        return same_name(known) != same_name(row) and not shared

    def _accept_links(self, file, unusable):
        stated_by_student, stated_by_guardian = set(), set()
        for sid, row in file.people.items():
            if sid in unusable:
                continue
            for agent in row.agents:
                other = self.people.get(agent)
                if other is None:
                    continue
                if row.role == STUDENT and other.role in GUARDIAN_ROLES:
                    stated_by_student.add((sid, agent))
                elif other.role == STUDENT and row.role in GUARDIAN_ROLES:
                    stated_by_guardian.add((agent, sid))
        for pair in stated_by_student | stated_by_guardian:
            if self.people[pair[0]].live:
                self.links.setdefault(pair, Link(False, False, False))
        for (student, guardian), link in list(self.links.items()):
            if not self.people[student].live:
                continue  # UPD-2: as last accepted
            if student not in unusable:
                link.by_student = (student, guardian) in stated_by_student
            if guardian not in unusable and self.people[guardian].live:
                link.by_guardian = (student, guardian) in stated_by_guardian
            # IN-5: once neither side says it any more, whichever says it next is enough
            link.both_needed = link.by_student and link.by_guardian or link.both_needed and (link.by_student or link.by_guardian)

    def _accept_enrollments(self, file):
        accepted = {}
        for eid, row in file.enrollments.items():
            # Of an id that came back as somebody else's there is nobody here (ABN-B1), nor a class that came back without its school
            ends = self.classes.get(row.class_id), self.people.get(row.person)
            usable = all(end is not None and end.live for end in ends)
            if usable:
                accepted[eid] = row
            elif eid in self.enrollments:
                accepted[eid] = self.enrollments[eid]  # SAFE-1
        self.enrollments.clear()
        self.enrollments.update(accepted)

    # --- judging -----------------------------------------------------------------------------

    def _has_ended(self, cid, today):
        """CLS-10: no student's enrollment counts by its dates."""
        rows = [row for row in self.enrollments.values() if row.class_id == cid and row.role == STUDENT]
        return not any(self._in_dates(row, today) for row in rows)

    def _leaves_by_date(self, cid, today):
        """CLS-10: somebody is in the classroom by an enrollment whose end has passed, and no student by hand or by a pin."""
        for (room, label, role), claim in self.memberships.items():
            if room == cid and role == STUDENT and (claim.manual and not claim.suspended or claim.sis and label in self.pins):
                return False
        return any(
            row.class_id == cid and row.role == STUDENT and row.end and row.end < today
            and self.memberships.get((cid, self.by_sid.get(row.person), STUDENT), Claim()).sis
            for row in self.enrollments.values()
        )

    def _judge_classrooms(self, today):
        for cid, row in self.classes.items():
            room, pinned = self.classrooms.get(cid), ("classroom", cid) in self.pins
            if room is not None and row.live:
                room.sis_name = row.title
            if room is None:
                if self._stands(row):
                    self.classrooms[cid] = Classroom(cid, row.school, row.title)
            elif self._stands(row):
                room.school = row.school
                room.synced = True
                back = room.archived_by == "sis" or room.archived_by == "ended" and not self._has_ended(cid, today)
                if room.archived_by == "school" or back and self.settings.unarchive_reappearing:  # ABN-3, CLS-7
                    room.archived, room.archived_by = False, None
                elif not pinned and not room.archived and self._has_ended(cid, today) and self._leaves_by_date(cid, today):
                    room.archived, room.archived_by = True, "ended"
            elif room.synced and not room.archived and not pinned:
                if self.settings.abandoned_classrooms == "archive":
                    room.archived, room.archived_by = True, "sis"  # CLS-9: the roster freezes here
                elif self.schools[room.school][1]:
                    room.archived, room.archived_by = True, "school"  # ABN-3
                else:
                    room.synced = False
                    for (classroom, _, _), claim in self.memberships.items():
                        if classroom == cid and claim.sis:
                            claim.sis, claim.manual = False, True

        for room in self.classrooms.values():  # ABN-3, CLS-6
            if not room.synced:
                gone = self.schools[room.school][1]
                if gone and not room.archived and ("classroom", room.label) not in self.pins:
                    room.archived, room.archived_by = True, "school"
                elif not gone and room.archived_by == "school":
                    room.archived, room.archived_by = False, None

    def _stands(self, row):
        return row.live and row.school in self.schools and not self.schools[row.school][1]

    def _counts_today(self, row, today):
        """IN-1"""
        person = self.people.get(row.person)
        known = self.classes.get(row.class_id)
        if not (person and person.live and person.role == row.role and known and self._stands(known)):
            return False
        return self._in_dates(row, today)

    @staticmethod
    def _in_dates(row, today):
        if row.begin and today < row.begin - timedelta(days=30):
            return False
        return not (row.end and today > row.end)

    def schools_of(self, sid, today):
        record = self.people[sid]
        named = set(record.orgs)
        for row in self.enrollments.values():
            if row.person == sid and self._counts_today(row, today):
                named.add(self.classes[row.class_id].school)
        return {org for org in named if org in self.schools and not self.schools[org][1]}

    def _new_account(self, sids):
        """sids: one id, or duplicates that have none yet."""
        label = sids[0]
        while label in self.accounts:
            label += "'"
        self.accounts[label] = Account(label, self.people[sids[0]].given, self.people[sids[0]].family)
        for sid in sids:
            self.by_sid[sid] = label
            if sid != sids[0]:
                self.attached[sid] = "merge"
        return label

    def _add_staff_and_students(self):
        for sid, record in self.people.items():
            if record.role in (STUDENT, TEACHER) and record.live and sid not in self.by_sid:
                self._new_account([sid])

    def _abandoned(self, live_before):
        """ABN-E1: students whose family's last one goes in this run, under EXTREME."""
        if self.settings.abandonment != "extreme":
            return set()
        found = set()
        for label in self.accounts:
            family = self.family(label)
            if label not in self.pins and family and not any(self.people[sid].live for sid in family) and family & live_before:
                found.add(label)
        return found

    def family(self, label):
        """The records of a student and the guardians of their last accepted relationships."""
        own = {sid for sid in self.records(label) if self.people[sid].role == STUDENT}
        return own | {guardian for (student, guardian), link in self.links.items() if student in own and self.states(student, link)}

    def _follow_names(self, label):
        """UPD-3, UPD-4, UPD-5"""
        account, records, live = self.accounts[label], self.records(label), self.live_records(label)
        if account.shown not in records:
            account.shown = min(live or records, default=None)
        if live and label not in self.frozen and (not account.active or self.settings.update_active_users):
            record = self.people[min(live)]
            account.given, account.family = record.given, record.family

    def _judge_roles(self, label, today, abandoned):
        live = self.live_records(label)
        wanted = {(school, self.people[sid].role) for sid in live if self.people[sid].role in (STUDENT, TEACHER)
                  for school in self.schools_of(sid, today)}
        if any(self.people[sid].role == STUDENT for sid in live):
            for (owner, _, name), role in self.roles.items():
                if owner == label and name == STUDENT and role.manual:
                    role.sis, role.manual = True, False  # OFF-3: whom the SIS has is the SIS's
        for school, name in wanted:
            role = self.roles.setdefault((label, school, name), Role(state="absent"))
            role.sis, role.state = True, "active"
        stays = not any(name == STUDENT for _, name in wanted) and self.records(label)
        for (owner, school, name), role in list(self.roles.items()):
            if owner != label or (school, name) in wanted or not role.sis or label in self.pins:
                continue
            if name == STUDENT and stays:
                if label in abandoned:
                    role.state = "detached"  # ABN-E1
                elif role.state == "active":
                    role.state = "archived"  # ABN-S2
            elif not role.manual:
                del self.roles[(owner, school, name)]  # UPD-8, ABN-2
            else:
                role.sis = False

    def _moved(self, label):
        """The students of whom a pair with this guardian has gone with its record to another account (CRED-7)."""
        before, moved = self.before, set()
        for (student, guardian), link in self.links.items():
            students = {self.by_sid.get(student), before.get(student), self.left.get(student)}
            guardians = {self.by_sid.get(guardian), before.get(guardian), self.left.get(guardian)}
            other = len(students - {None}) > 1 or len(guardians - {None}) > 1 or before.get(guardian) and guardian not in self.by_sid
            if other and label in guardians and self.states(student, link) and self.people[guardian].live:
                moved |= students
        return moved

    def _judge_relationships(self):
        for label in sorted(self.accounts):
            pairs = {}  # the student's label → whether the SIS states it now
            for (student, guardian), link in self.links.items():
                record = self.people[guardian]
                if student in self.by_sid and self.by_sid.get(guardian) == label:
                    stands = self.states(student, link) and record.live and self.is_guardian(record)
                    pairs[self.by_sid[student]] = pairs.get(self.by_sid[student], False) or stands
            moved = self._moved(label)
            for student in set(pairs) | {s for s, g in self.relationships if g == label}:
                self._judge_pair((student, label), pairs.get(student, False), student in moved)

    def _judge_pair(self, key, stands, moved):
        claim, student_live = self.relationships.get(key), any(self.people[sid].role == STUDENT for sid in self.live_records(key[0]))
        if stands and key[1] in self.added:
            if claim is None:
                self.relationships[key] = Claim(sis=True)
            elif student_live:
                claim.sis, claim.suspended = True, False
        elif claim is not None and claim.sis and (not stands and moved or student_live and key[1] not in self.pins):
            claim.sis = False
            if not stands and not moved:
                claim.suspended = True  # UPD-2; remembered, so that no join code restores it
            elif not claim.manual:
                del self.relationships[key]  # CRED-8, CRED-7

    # --- memberships, invitations --------------------------------------------------------------

    def _judge_memberships(self, today, abandoned):
        wanted = set()
        for row in self.enrollments.values():
            if self._counts_today(row, today) and row.role in (STUDENT, TEACHER) and row.class_id in self.classrooms:
                wanted.add((row.class_id, self.by_sid[row.person], row.role))
        for key, claim in list(self.memberships.items()):
            room = self.classrooms[key[0]]
            if room.archived:  # CLS-9, ABN-E1, ABN-B1
                if key[2] == STUDENT:
                    claim.detached = not self._attends(key[1]) if claim.detached else key[1] in abandoned
                continue
            claim.detached = claim.detached and key not in wanted and not self._in_school(key[1], room.school, key[2])
            if room.synced:
                claim.sis = key in wanted or claim.sis and self._is_kept(key)
            # ABN-S1, ABN-B1: by hand counts while its member is of the school
            claim.suspended = claim.manual and not self._in_school(key[1], room.school, key[2])
            if not claim.sis and not claim.manual:
                del self.memberships[key]
        for key in wanted:
            room = self.classrooms[key[0]]
            if room.synced and not room.archived:
                self.memberships.setdefault(key, Claim()).sis = True

    def _is_kept(self, key):
        """A pinned person stays in; a pinned classroom whose class has left keeps who is of the school."""
        room, label, role = key
        stands = room in self.classes and self._stands(self.classes[room])
        return label in self.pins or ("classroom", room) in self.pins and not stands and self._in_school(label, self.classrooms[room].school, role)

    def _in_school(self, label, school, role):
        known = self.roles.get((label, school, role))
        return known is not None and known.state == "active"

    def _attends(self, label):
        return any(owner == label and name == STUDENT and role.state == "active" for (owner, _, name), role in self.roles.items())

    def connected(self, label):
        for (owner, _, _), role in self.roles.items():
            if owner == label and role.state == "active":
                return True
        for (student, guardian), claim in self.relationships.items():
            if guardian == label and claim.counts:
                for (owner, _, name), role in self.roles.items():
                    if owner == student and name == STUDENT and role.state == "active":
                        return True
        return False

    def _is_student(self, label):
        return any(owner == label and role == STUDENT for (owner, _, role) in self.roles)

    def _is_pupil(self, label):
        """IN-6: also one of whom only the record is left"""
        return self._is_student(label) or any(self.people[sid].role == STUDENT for sid in self.records(label))

    def is_childs(self, label):
        """CRED-9: also an account that its student's record has left"""
        return self._is_pupil(label) or self.accounts[label].enabled or self.accounts[label].was_student

    def _judge_invitations(self):
        """IN-6"""
        due = set()
        for value, (label, _, _) in self.credentials.items():
            account = self.accounts[label]
            if account.active or not self.connected(label):
                continue
            if self._is_pupil(label) and not account.enabled:
                continue
            due.add((label, value))
        self.invitations = due

    # --- what people see, for comparing ----------------------------------------------------------

    def name(self, label):
        """How the directory's readers tell an account: by its first SIS id, else by the family name."""
        return self.accounts[label].shown or self.accounts[label].family

    def seen(self):
        name = self.name
        return {
            "school": sorted((org, title) for org, (title, _) in self.schools.items()),
            "person": sorted((name(a.label), a.given, a.family, "active" if a.active else "invitee") for a in self.accounts.values()),
            "credential": sorted((name(label), kind, value) for value, (label, kind, _) in self.credentials.items()),
            "role": sorted((name(label), school, role, known.state) for (label, school, role), known in self.roles.items()),
            "classroom": sorted(
                (r.label, r.school, r.edited_name or r.sis_name, "archived" if r.archived else "active")
                for r in self.classrooms.values()
            ),
            "member": sorted((room, name(label), role) for (room, label, role), claim in self.memberships.items() if claim.counts),
            "guardianship": sorted((name(s), name(g)) for (s, g), claim in self.relationships.items() if claim.counts),
            "invitation": sorted((name(label), value) for label, value in self.invitations),
        }
