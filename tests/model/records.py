"""What the model of a district is made of."""

from dataclasses import dataclass, field
from datetime import date

STUDENT, TEACHER = "student", "teacher"


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
    left: int = 0  # in which night

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
    was_student: bool = field(default=False, compare=False)  # a student's record has left it; nothing an undo looks at
    shown: str | None = None  # the SIS id people see


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
    detached: bool = False  # by EXTREME; memberships only

    @property
    def counts(self):
        return not self.detached and (self.sis or (self.manual and not self.suspended))


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
    update_active_users: bool = False
    merge_duplicate_guardians: bool = False
    abandonment: str = "soft"
