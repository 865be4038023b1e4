"""The guard, row by row: what a night would take away and bring in, and whether that is too much."""

import math
from collections import defaultdict

from records import STUDENT, TEACHER

PEOPLE = {STUDENT: "students", TEACHER: "teachers"}
LEAST_CHANGES = 20


class Limits:
    def __init__(self, removal_limit_percent=10, removal_limit_min=20, change_limit_percent=25, on_limit="hold-all"):
        self.on_limit = on_limit
        self.removal_limit_percent = removal_limit_percent
        self.removal_limit_min = removal_limit_min
        self.change_limit_percent = change_limit_percent


def places(district):
    """(label, role) → the schools where somebody is student or teacher now."""
    found = defaultdict(set)
    for (label, school, role), state in district.roles.items():
        if state.state == "active" and role in PEOPLE:
            found[(label, role)].add(school)
    return found


def live(district):
    """kind → {item: its schools}: what people would say there is."""
    at = places(district)
    there = {kind: {} for kind in ("students", "teachers", "guardians", "guardianships", "classrooms", "memberships", "invitees")}
    reached = defaultdict(set)
    for (label, role), schools in at.items():
        there[PEOPLE[role]][label] = schools
        reached[label] |= schools
    for (student, guardian), claim in district.relationships.items():
        schools = at.get((student, STUDENT))
        if claim.counts and schools:
            there["guardianships"][(student, guardian)] = schools
            there["guardians"].setdefault(guardian, set()).update(schools)
            reached[guardian] |= schools
    for label, room in district.classrooms.items():
        if not room.archived:
            there["classrooms"][label] = {room.school}
    for key, claim in district.memberships.items():
        if claim.counts and not district.classrooms[key[0]].archived:
            there["memberships"][key] = {district.classrooms[key[0]].school}
    for label, schools in reached.items():
        if not district.accounts[label].active:
            there["invitees"][label] = schools
    return there


class Dates:
    """SAFE-3: what ends by a date that an accepted file has announced, so by the district's mirror before the run;
    not what an undo had put back and the run takes away again."""

    def __init__(self, before, after, today):
        self.before, self.today = before, today
        self.put_back = before.frozen - after.frozen

    def _enrollments(self, label, role):
        """(class, whether it counts today, whether it has ended)"""
        for row in self.before.enrollments.values():
            if self.before.by_sid.get(row.person) == label and row.role == role:
                yield row.class_id, self.before._in_dates(row, self.today), row.end is not None and row.end < self.today

    def end_place(self, room, label, role):
        mine = [(counts, ended) for class_id, counts, ended in self._enrollments(label, role) if class_id == room]
        over = any(ended for _, ended in mine) and not any(counts for counts, _ in mine)
        return over and label not in self.put_back

    def end_school(self, label, role):
        """The last of their schools in this role."""
        records = [sid for sid in self.before.live_records(label) if self.before.people[sid].role == role]
        named = any(self.before.schools_of(sid, self.today) for sid in records)
        ended = any(ended and self.before._stands(self.before.classes[class_id]) for class_id, _, ended in self._enrollments(label, role))
        return bool(records) and ended and not named and label not in self.put_back

    def end_class(self, room):
        return self.before._has_ended(room, self.today) and ("classroom", room) not in self.put_back


def losses(before, after, today):
    """SAFE-3"""
    was, now, dates = live(before), live(after), Dates(before, after, today)
    lost = {kind: {} for kind in was if kind != "invitees"}
    dated = {(label, role) for role, kind in PEOPLE.items() for label in was[kind] if label not in now[kind] and dates.end_school(label, role)}
    for role, kind in PEOPLE.items():
        for label, schools in was[kind].items():
            if label not in now[kind] and (label, role) not in dated:
                lost[kind][label] = schools
    for pair, schools in was["guardianships"].items():
        if not (pair in after.relationships and after.relationships[pair].counts):
            lost["guardianships"][pair] = schools
    for guardian in was["guardians"]:
        if guardian in now["guardians"]:
            continue
        schools = set()
        for (student, other), at in was["guardianships"].items():
            if other == guardian and (student, STUDENT) not in dated:
                schools |= at
        if schools:
            lost["guardians"][guardian] = schools
    for room, schools in was["classrooms"].items():
        known = after.classrooms[room]
        ended = known.archived_by == "ended" and dates.end_class(room)
        disconnected = before.classrooms[room].synced and not known.synced
        if (known.archived or disconnected) and not ended:
            lost["classrooms"][room] = schools
    for key, schools in was["memberships"].items():
        room, label, role = key
        kept = after.memberships.get(key)
        if kept and kept.counts:  # also in a classroom that is archived by the run; EXTREME takes people out of those, too
            continue
        here = places(after).get((label, role), set())
        if here and not schools & here:
            continue  # goes on at another school
        if (label, role) in dated or not before.memberships[key].manual and dates.end_place(*key):
            continue
        lost["memberships"][key] = schools
    return lost


def gains(before, after):
    """SAFE-9"""
    was, now = live(before), live(after)
    at, gained = places(after), {kind: {} for kind in ("students", "teachers", "guardians", "guardianships", "invitees")}
    left = {label for kind in ("students", "teachers", "guardians") for label in was[kind] if label not in now[kind]}
    records = defaultdict(list)
    for sid, label in after.by_sid.items():
        records[label].append(after.people[sid])
    for label in after.accounts:
        schools = at.get((label, STUDENT), set()) | at.get((label, TEACHER), set()) | now["guardians"].get(label, set())
        if label not in before.accounts:
            roles = {record.role for record in records[label] if record.live}
            gained["students" if STUDENT in roles else "teachers" if TEACHER in roles else "guardians"][label] = schools
            continue
        old, new = before.accounts[label], after.accounts[label]
        held = [{v for v, (owner, _, _) in d.credentials.items() if owner == label} for d in (before, after)]
        changed = (old.given, old.family) != (new.given, new.family) or held[0] != held[1]
        if changed and not new.active and label not in left and any(record.live for record in records[label]):
            gained["invitees"][label] = schools
    for pair, claim in after.relationships.items():
        known = before.relationships.get(pair)
        if claim.counts and not (known and known.counts):
            gained["guardianships"][pair] = at.get((pair[0], STUDENT), set())
    return gained


def over(items, there, limit, all_counts):
    """Whether some kind is over its limit, in the district or at a school."""
    for kind, found in items.items():
        schools = {school for at in found.values() for school in at}
        for place in [None, *schools]:
            n = sum(place is None or place in at for at in found.values())
            m = sum(place is None or place in at for at in there[kind].values())
            if n > limit(m) or all_counts and n >= 2 and n >= m:
                return True
    return False


def loses_too_much(limits, before, after, today):
    """SAFE-3"""
    return over(losses(before, after, today), live(before),
                lambda m: max(math.floor(limits.removal_limit_percent * m / 100), limits.removal_limit_min), True)


def brings_too_much(limits, before, after):
    """SAFE-9"""
    return over(gains(before, after), live(before), lambda m: max(math.floor(limits.change_limit_percent * m / 100), LEAST_CHANGES), False)


def verdict(limits, before, after, today):
    """What is to come of a night: apply, hold all of it, or withhold the losses."""
    if brings_too_much(limits, before, after):
        return "hold"
    if loses_too_much(limits, before, after, today):
        return "hold" if limits.on_limit == "hold-all" else "withhold"
    return "apply"
