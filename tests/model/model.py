"""The rules of the sync, row by row: slow and obvious on purpose.

The model keeps a district the way the rules talk about it and computes every run over the whole
district. It shares no code and no SQL with the reconciler; the histories test holds the two against
each other. Rule ids stand where a rule is decided.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

STUDENT, TEACHER = "student", "teacher"
GUARDIAN_ROLES = {"guardian", "parent", "relative"}
RANK = {TEACHER: 0, "guardian": 1, STUDENT: 2}


@dataclass
class Record:
    """A row of users.csv, its contact details already normalised."""

    given: str
    family: str
    role: str
    orgs: tuple = ()
    email: str | None = None
    sms: str | None = None
    phone: str | None = None
    agents: tuple = ()
    live: bool = True

    def values(self, phone_counts=True):
        """CRED-3: value → kind; a number given twice is one credential. Of students and teachers
        the e-mail is taken only (IN-2, IN-3)."""
        found = {}
        if self.role not in (STUDENT, TEACHER):
            if phone_counts and self.phone:
                found[self.phone] = "phone"
            if self.sms:
                found[self.sms] = "sms"
        if self.email:
            found[self.email] = "email"
        return found


@dataclass
class Class:
    title: str
    school: str
    live: bool = True


@dataclass
class Enrollment:
    class_id: str
    person: str
    role: str
    begin: date | None = None
    end: date | None = None


@dataclass
class File:
    """One night's export."""

    orgs: dict = field(default_factory=dict)  # id → name
    classes: dict = field(default_factory=dict)
    people: dict = field(default_factory=dict)
    enrollments: dict = field(default_factory=dict)


@dataclass
class Link:
    by_student: bool
    by_guardian: bool
    both_needed: bool

    @property
    def live(self):
        if self.both_needed:
            return self.by_student and self.by_guardian
        return self.by_student or self.by_guardian


@dataclass
class Account:
    label: str  # the first SIS id, or a name the history gave
    given: str
    family: str
    active: bool = False
    enabled: bool = False
    sids: list = field(default_factory=list)


@dataclass
class Classroom:
    label: str
    school: str
    sis_name: str | None
    edited_name: str | None = None
    synced: bool = True
    archived: bool = False
    archived_by: str | None = None


@dataclass
class Claim:
    sis: bool = False
    manual: bool = False
    suspended: bool = False

    @property
    def counts(self):
        return self.sis or (self.manual and not self.suspended)


@dataclass
class Role:
    sis: bool = False
    manual: bool = False
    state: str = "active"


@dataclass
class Settings:
    abandoned_classrooms: str = "archive"
    unarchive_reappearing: bool = True
    relatives_are_guardians: bool = True
    phone_is_credential: bool = True


class District:
    def __init__(self, settings=None):
        self.settings = settings or Settings()
        self.schools = {}  # org id → [name, archived]
        self.people = {}  # mirror
        self.links = {}  # (student id, guardian id) → Link
        self.classes = {}
        self.enrollments = {}
        self.accounts = {}  # label → Account
        self.by_sid = {}  # SIS id → label
        self.credentials = {}  # value → (label, kind, manual)
        self.roles = {}  # (label, school, role) → Role
        self.classrooms = {}  # label → Classroom
        self.memberships = {}  # (classroom, label, role) → Claim
        self.relationships = {}  # (student label, guardian label) → Claim
        self.invitations = set()  # (label, value), the open ones

    # --- a run -------------------------------------------------------------------------------

    def sync(self, file, today):
        held_before = {value: owner for value, (owner, _, _) in self.credentials.items()}
        self._accept_orgs(file)
        self._accept_classes(file)
        flips = self._accept_people(file)
        self._accept_links(file, flips)
        self._accept_enrollments(file, flips)
        self._judge_classrooms(today)
        self._judge_staff_and_students(today)
        self._judge_guardians(held_before)
        self._judge_memberships(today)
        self._judge_invitations()

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
            if known and not known.live and self._is_somebody_else(known, row):
                unusable.add(sid)  # ABN-B1
                continue
            self.people[sid] = Record(row.given, row.family, row.role, row.orgs, row.email, row.sms, row.phone, row.agents)
        for sid, known in self.people.items():
            if sid not in file.people:
                known.live = False
        return unusable

    @staticmethod
    def _is_somebody_else(known, row):
        same_name = (known.given.casefold(), known.family.casefold()) == (row.given.casefold(), row.family.casefold())
        shared = set(known.values()) & set(row.values())
        return not same_name and not shared

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
            link.both_needed = link.both_needed or (link.by_student and link.by_guardian)  # IN-5

    def _accept_enrollments(self, file, unusable):
        accepted = {}
        for eid, row in file.enrollments.items():
            usable = row.class_id in file.classes and row.class_id in self.classes and row.person in file.people
            if usable:
                accepted[eid] = row
            elif eid in self.enrollments:
                accepted[eid] = self.enrollments[eid]  # SAFE-1
        self.enrollments = accepted

    # --- judging -----------------------------------------------------------------------------

    def _has_ended(self, cid, today):
        """CLS-10: no student's enrollment counts by its dates."""
        rows = [row for row in self.enrollments.values() if row.class_id == cid and row.role == STUDENT]
        return not any(self._in_dates(row, today) for row in rows)

    def _leaves_by_date(self, cid, today):
        """CLS-10: somebody is in the classroom by an enrollment whose end has passed, and no student by hand."""
        if any(k[0] == cid and k[2] == STUDENT and c.manual and not c.suspended for k, c in self.memberships.items()):
            return False
        return any(
            row.class_id == cid and row.role == STUDENT and row.end and row.end < today
            and self.memberships.get((cid, self.by_sid.get(row.person), STUDENT), Claim()).sis
            for row in self.enrollments.values()
        )

    def _judge_classrooms(self, today):
        for cid, row in self.classes.items():
            room = self.classrooms.get(cid)
            school_known = row.school in self.schools
            if room is None:
                if row.live and school_known:
                    self.classrooms[cid] = Classroom(cid, row.school, row.title)
            elif row.live:
                room.sis_name = row.title
                room.school = row.school
                room.synced = True
                back = room.archived_by == "sis" or room.archived_by == "ended" and not self._has_ended(cid, today)
                if back and self.settings.unarchive_reappearing:  # CLS-7
                    room.archived, room.archived_by = False, None
                elif not room.archived and self._has_ended(cid, today) and self._leaves_by_date(cid, today):
                    room.archived, room.archived_by = True, "ended"
            elif room.synced and not room.archived:
                if self.settings.abandoned_classrooms == "archive":
                    room.archived, room.archived_by = True, "sis"  # CLS-9: the roster freezes here
                else:
                    room.synced = False
                    for (classroom, _, _), claim in self.memberships.items():
                        if classroom == cid and claim.sis:
                            claim.sis, claim.manual = False, True

    def _counts_today(self, row, today):
        """IN-1"""
        person = self.people.get(row.person)
        known = self.classes.get(row.class_id)
        if not (person and person.live and person.role == row.role and known and known.live):
            return False
        return self._in_dates(row, today)

    @staticmethod
    def _in_dates(row, today):
        if row.begin and today < row.begin - timedelta(days=30):
            return False
        return not (row.end and today > row.end)

    def _schools_of(self, sid, today):
        record = self.people[sid]
        named = set(record.orgs)
        for row in self.enrollments.values():
            if row.person == sid and self._counts_today(row, today):
                named.add(self.classes[row.class_id].school)
        return {org for org in named if org in self.schools and not self.schools[org][1]}

    def _account_for(self, sid):
        record = self.people[sid]
        label = self.by_sid.get(sid)
        if label is None:
            label = self.by_sid[sid] = sid
            self.accounts[sid] = Account(sid, record.given, record.family, sids=[sid])
        return self.accounts[label]

    def _follow_names(self, sid):
        """UPD-3, UPD-4"""
        record, account = self.people[sid], self.accounts[self.by_sid[sid]]
        if record.live and not account.active:
            account.given, account.family = record.given, record.family

    def _judge_staff_and_students(self, today):
        for sid, record in self.people.items():
            if record.role not in (STUDENT, TEACHER):
                continue
            if record.live:
                self._account_for(sid)
            if sid not in self.by_sid:
                continue
            self._follow_names(sid)
            self._judge_roles(sid, today)

    def _judge_roles(self, sid, today):
        record, label = self.people[sid], self.by_sid[sid]
        now = self._schools_of(sid, today) if record.live else set()
        for school in now:
            role = self.roles.setdefault((label, school, record.role), Role(state="absent"))
            role.sis, role.state = True, "active"
        for key, role in list(self.roles.items()):
            if key[0] != label or key[2] != record.role or key[1] in now or not role.sis:
                continue
            if record.role == STUDENT and not record.live:
                role.state = "archived"  # ABN-S2
            elif not role.manual:
                del self.roles[key]  # UPD-8, ABN-2
            else:
                role.sis = False

    def _linked_students(self, sid):
        """Labels of the students in the directory a guardian's record is linked to; not one who left
        after the pair had ended."""
        found = set()
        for (student, guardian), link in self.links.items():
            if guardian == sid and link.live and student in self.by_sid:
                ended = self.relationships.get((self.by_sid[student], self.by_sid.get(sid)), Claim()).suspended
                if self.people[student].live or not ended:
                    found.add(self.by_sid[student])
        return found

    def _manual_students(self, label):
        return {s for (s, g), claim in self.relationships.items() if g == label and claim.manual and not claim.suspended}

    def _judge_guardians(self, held_before):
        guardians = [sid for sid, record in self.people.items() if record.role in GUARDIAN_ROLES]
        winners = self._judge_credentials(held_before)
        for sid in guardians:
            record = self.people[sid]
            own = {value for value, claimant in winners.items() if claimant == self.by_sid.get(sid, ("new", sid))}
            label = self.by_sid.get(sid)
            if label is None and record.live and self.is_guardian(record) and own and self._linked_students(sid):
                label = self._account_for(sid).label  # CRED-2
            if label is not None:
                self._follow_names(sid)
        self._settle_credentials(winners)
        for sid in guardians:
            if sid in self.by_sid:
                self._judge_relationships(sid)

    def _is_in(self, sid):
        """CRED-1, CRED-8: whether a guardian takes part at all."""
        label = self.by_sid[sid]
        holds = any(owner == label for owner, _, _ in self.credentials.values())
        return self.accounts[label].active or bool(self._manual_students(label)) or holds

    def _judge_relationships(self, sid):
        guardian, label = self.people[sid], self.by_sid[sid]
        for (student, other), link in self.links.items():
            if other != sid or student not in self.by_sid:
                continue
            key = (self.by_sid[student], label)
            claim = self.relationships.get(key)
            stated = link.live and guardian.live and self.is_guardian(guardian)
            student_live = self.people[student].live
            if stated and self._is_in(sid):
                if claim is None:
                    self.relationships[key] = Claim(sis=True)
                elif student_live:
                    claim.sis, claim.suspended = True, False
            elif claim is not None and claim.sis and student_live:
                claim.sis = False
                if not stated:
                    claim.suspended = True  # UPD-2; remembered, so that no join code restores it
                elif not claim.manual:
                    del self.relationships[key]  # CRED-8

    # --- credentials -------------------------------------------------------------------------

    def _claims(self):
        """value → {claimant: (rank, kind)}; a claimant is an account's label or ("new", SIS id)."""
        claims = {}

        def claim(claimant, rank, values):
            for value, kind in values.items():
                claims.setdefault(value, {})[claimant] = (rank, kind)

        for sid, record in self.people.items():
            label = self.by_sid.get(sid)
            if not record.live or (label and self.accounts[label].active):
                continue
            values = record.values(self.settings.phone_is_credential)
            if record.role in (STUDENT, TEACHER):
                claim(label, RANK[record.role], values)
            elif self.is_guardian(record):
                by_hand = self._manual_students(label) if label else set()
                if self._linked_students(sid) or by_hand:  # IN-4
                    if not values and by_hand:
                        values = self._given_by_hand(label)  # CRED-8
                    claim(label or ("new", sid), RANK["guardian"], values)
        for label, account in self.accounts.items():
            if not account.active and not any(self.people[sid].live for sid in account.sids):
                claim(label, self._rank_by_hand(label), self._given_by_hand(label))
        return claims

    def _given_by_hand(self, label):
        return {value: kind for value, (owner, kind, manual) in self.credentials.items() if owner == label and manual}

    def _rank_by_hand(self, label):
        roles = {role for (owner, _, role) in self.roles if owner == label}
        if TEACHER in roles:
            return RANK[TEACHER]
        return RANK[STUDENT] if STUDENT in roles else RANK["guardian"]

    def _judge_credentials(self, held_before):
        """CRED-4"""
        winners = {}
        for value, (owner, _, _) in self.credentials.items():
            if self.accounts[owner].active:
                winners[value] = owner
        for value, claimants in self._claims().items():
            if value in winners:
                continue
            best = min(rank for rank, _ in claimants.values())
            first = [claimant for claimant, (rank, _) in claimants.items() if rank == best]
            if len(first) == 1:
                winners[value] = first[0]
            elif held_before.get(value) in first:
                winners[value] = held_before[value]
        return winners

    def _settle_credentials(self, winners):
        claims = self._claims()
        settled = {}
        for value, claimant in winners.items():
            label = self.by_sid.get(claimant[1]) if isinstance(claimant, tuple) else claimant
            if label is None:
                continue
            before = self.credentials.get(value)
            if before and before[0] == label and self.accounts[label].active:
                settled[value] = before
                continue
            key = claimant if claimant in claims.get(value, {}) else label
            kind = claims[value][key][1]
            by_hand = bool(before and before[0] == label and before[2]) and not self._sis_gives(label, value)
            settled[value] = (label, kind, by_hand)
        self.credentials = settled

    def _sis_gives(self, label, value):
        return any(
            self.people[sid].live and value in self.people[sid].values(self.settings.phone_is_credential)
            for sid in self.accounts[label].sids
        )

    # --- memberships, invitations --------------------------------------------------------------

    def _judge_memberships(self, today):
        wanted = set()
        for row in self.enrollments.values():
            if self._counts_today(row, today) and row.role in (STUDENT, TEACHER) and row.class_id in self.classrooms:
                wanted.add((row.class_id, self.by_sid[row.person], row.role))
        for key, claim in list(self.memberships.items()):
            room = self.classrooms[key[0]]
            if room.archived:
                continue  # CLS-9
            if room.synced:
                claim.sis = key in wanted
            # ABN-S1, ABN-B1: by hand counts while its member is of the school
            claim.suspended = claim.manual and not self._in_school(key[1], room.school, key[2])
            if not claim.sis and not claim.manual:
                del self.memberships[key]
        for key in wanted:
            room = self.classrooms[key[0]]
            if room.synced and not room.archived:
                self.memberships.setdefault(key, Claim()).sis = True

    def _in_school(self, label, school, role):
        known = self.roles.get((label, school, role))
        return known is not None and known.state == "active"

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

    def _judge_invitations(self):
        """IN-6"""
        due = set()
        for value, (label, _, _) in self.credentials.items():
            account = self.accounts[label]
            if account.active or not self.connected(label):
                continue
            if self._is_student(label) and not account.enabled:
                continue
            due.add((label, value))
        self.invitations = due

    # --- manual acts, as a leader of the district does them; None: it would be refused -------------

    def accept(self, label):
        """ACC-2"""
        self.accounts[label].active = True
        self.invitations = {(owner, value) for owner, value in self.invitations if owner != label}

    def create_classroom(self, label, school):
        """CLS-1"""
        self.classrooms[label] = Classroom(label, school, None, edited_name=label, synced=False)

    def may_join(self, room, label, role):
        """CLS-2: people of the room's school; the histories switch every school's sis_rostering on."""
        return not self.classrooms[room].archived and self._in_school(label, self.classrooms[room].school, role)

    def add_member(self, room, label, role):
        """CLS-4, CLS-5, CLS-8"""
        claim = self.memberships.setdefault((room, label, role), Claim())
        claim.manual, claim.suspended = True, False

    def may_remove(self, room, label):
        if self.classrooms[room].archived:
            return False
        return any(k[:2] == (room, label) and c.manual and not c.suspended for k, c in self.memberships.items())

    def remove_member(self, room, label):
        """CLS-8: what the SIS says stays"""
        for key, claim in list(self.memberships.items()):
            if key[:2] == (room, label):
                claim.manual = claim.suspended = False
                if not claim.sis:
                    del self.memberships[key]

    def rename_classroom(self, room, name):
        """CLS-3"""
        self.classrooms[room].edited_name = name

    def archive_classroom(self, room):
        self.classrooms[room].archived, self.classrooms[room].archived_by = True, "hand"

    def unarchive_classroom(self, room):
        known = self.classrooms[room]
        known.archived, known.archived_by = False, None
        for key, claim in list(self.memberships.items()):
            if key[0] == room:
                claim.suspended = not self._in_school(key[1], known.school, key[2])
                claim.sis = not claim.suspended and (claim.sis or not claim.manual)

    def add_guardian(self, label, student, given, family, email):
        """GRD-1: somebody new, with a credential nobody holds"""
        self.accounts[label] = Account(label, given, family)
        self.credentials[email] = (label, "email", True)
        self.relationships[(student, label)] = Claim(manual=True)
        self._judge_invitations()

    def remove_guardian(self, student, guardian):
        """GRD-1, UPD-2: the SIS may state the pair again"""
        claim = self.relationships[(student, guardian)]
        claim.sis, claim.manual, claim.suspended = False, False, True
        self._judge_invitations()

    def edit_person(self, label, given):
        """GRD-4"""
        self.accounts[label].given = given

    # --- what people see, for comparing ----------------------------------------------------------

    def seen(self):
        return {
            "school": sorted((org, name) for org, (name, _) in self.schools.items()),
            "person": sorted((a.label, a.given, a.family, "active" if a.active else "invitee") for a in self.accounts.values()),
            "credential": sorted((label, kind, value) for value, (label, kind, _) in self.credentials.items()),
            "role": sorted((*key, role.state) for key, role in self.roles.items()),
            "classroom": sorted(
                (r.label, r.school, r.edited_name or r.sis_name, "archived" if r.archived else "active")
                for r in self.classrooms.values()
            ),
            "member": sorted(key for key, claim in self.memberships.items() if claim.counts),
            "guardianship": sorted(key for key, claim in self.relationships.items() if claim.counts),
            "invitation": sorted(self.invitations),
        }
