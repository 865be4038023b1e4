"""Whose a record is (CRED-7, CRED-9, OFF-3), as obvious as the rest of the model.

A claimant is an account's label, or ("new", id) for one who has none yet; duplicates without an
account go under the first of their ids.
"""

from records import STUDENT, TEACHER


def same_name(record):
    return (" ".join(record.given.split()).casefold(), " ".join(record.family.split()).casefold())


class Identity:
    """The part of a District that decides whose its records are. by_sid: id → label; attached and
    left: how the record came to its account, and which one it had before."""

    def records(self, label):
        return sorted(sid for sid, owner in self.by_sid.items() if owner == label)

    def live_records(self, label):
        return [sid for sid in self.records(label) if self.people[sid].live]

    def states(self, student, link):
        """Whether the pair stands: of a student's ids the last one speaks (UPD-2)."""
        known = self.people[student]
        if known.live:
            return link.live
        ids = [self.people[sid] for sid in self.records(self.by_sid.get(student)) if self.people[sid].role == STUDENT]
        return link.live and not any(record.live or record.left > known.left for record in ids)

    def claimant(self, sid):
        return self.by_sid.get(sid) or ("new", self.first.get(sid, sid))

    def identify(self, today, mirror):
        self.first = {}  # of duplicates without an account: id → the first of them
        self.before = dict(self.by_sid)
        self._identify_students(today)
        self._identify_holders()
        self._end_frozen(self._news(mirror))
        self._identify_duplicates()
        self._end_by_moving()

    def _attach(self, sid, label, how):
        self.by_sid[sid] = label
        self.attached[sid] = how

    # --- OFF-3 -------------------------------------------------------------------------------------

    def _identify_students(self, today):
        def name(label):
            return (self.accounts[label].given, self.accounts[label].family)

        here = [(label, school) for (label, school, role), known in self.roles.items() if role == STUDENT and known.state == "active"]
        by_hand = {label for label, school in here if self.roles[(label, school, STUDENT)].manual and not self.records(label)}
        pairs = set()
        for sid, record in self.people.items():
            if record.role != STUDENT or not record.live or sid in self.by_sid:
                continue
            for school in self.schools_of(sid, today):
                namesakes = {label for label, where in here if where == school and name(label) == (record.given, record.family)}
                if namesakes & by_hand:
                    pairs |= {(sid, label) for label in namesakes}
        for sid, label in sorted(pairs):
            alone = sum(one == sid for one, _ in pairs) == 1 and sum(other == label for _, other in pairs) == 1
            if alone and label in by_hand:
                self._attach(sid, label, "match")

    # --- who claims what, as the records state it ----------------------------------------------------

    def _has_student(self, sid):
        owner = self.before.get(sid)
        of_owner = [other for other, record in self.people.items() if record.live and self.is_guardian(record) and self.before.get(other) == owner]
        for (student, guardian), link in self.links.items():
            if guardian != sid or not self.states(student, link):
                continue
            if self.people[student].live:
                return True
            pair = (self.before.get(student), owner)
            ended = pair in self.relationships and self.relationships[pair].suspended
            if student in self.by_sid and (not ended or len(of_owner) > 1):  # of several records, whose pair was it?
                return True
        return False

    def _stated(self):
        """value → the ids whose records claim it"""
        stated = {}
        for sid, record in self.people.items():
            if record.live and (record.role in (STUDENT, TEACHER) or self.is_guardian(record) and self._has_student(sid)):
                for value in record.values(self.settings.phone_is_credential):
                    stated.setdefault(value, set()).add(sid)
        return stated

    def _children(self, sids):
        """The students of any of these guardians."""
        return {student for (student, guardian), link in self.links.items() if guardian in sids and self.states(student, link)}

    # --- CRED-9 --------------------------------------------------------------------------------------

    def _identify_holders(self):
        stated, matches = self._stated(), set()
        for value, (owner, _, _) in self.credentials.items():
            if (owner, value) not in self.answered or self.live_records(owner) or self.is_childs(owner):
                continue
            claimants = stated.get(value, set())
            guardians = {sid for sid in claimants if self.is_guardian(self.people[sid])}
            claimants = {sid for sid in claimants if self.people[sid].role != STUDENT or sid not in self._children(guardians)}
            theirs = all(same_name(self.people[sid]) == same_name(self.accounts[owner]) and self.people[sid].role != STUDENT for sid in claimants)
            duplicates = self.settings.merge_duplicate_guardians and claimants <= guardians
            new = sorted(sid for sid in claimants if sid not in self.before)
            if new and theirs and (len(claimants) == 1 or duplicates):
                matches.add((new[0], owner))
        for sid, owner in sorted(matches):
            if sum(one == sid for one, _ in matches) == 1 and sum(other == owner for _, other in matches) == 1:
                self._attach(sid, owner, "match")

    # --- CRED-7 --------------------------------------------------------------------------------------

    def _guardians(self):
        return sorted(sid for sid, record in self.people.items() if record.live and self.is_guardian(record))

    def _bunches(self):
        """id → all ids it is connected with"""
        guardians = set(self._guardians())
        merged = {sid for sid, how in self.attached.items() if how == "merge" and sid in self.people and self.people[sid].live}
        bunch = {sid: {sid} for sid in sorted(guardians | merged)}

        def connect(sids):
            joined = set().union(*(bunch[sid] for sid in sids))
            for sid in joined:
                bunch[sid] = joined

        if self.settings.merge_duplicate_guardians:
            for value, claimants in self._stated().items():
                for name in {same_name(self.people[sid]) for sid in claimants}:
                    group = {sid for sid in claimants if sid in guardians and same_name(self.people[sid]) == name}
                    if len(group) > 1 and not self._of_others(value, claimants, group, name):
                        connect(group)
        for label in self.accounts:
            rooted = [sid for sid in self.live_records(label) if sid in bunch and self.attached.get(sid) != "merge"]
            if rooted:
                connect(rooted)
        return bunch

    def _of_others(self, value, claimants, group, name):
        own = self._children(group)
        if any(same_name(self.people[sid]) != name and not (self.people[sid].role == STUDENT and sid in own) for sid in claimants):
            return True
        for sid in self._guardians():
            label, record = self.by_sid.get(sid), self.people[sid]
            theirs = label in {self.by_sid.get(one) for one in group} or same_name(record) == name
            if label in self.accounts and not theirs and value in record.values(self.settings.phone_is_credential) and self._claims_as_account(label):
                return True
        if value not in self.credentials:
            return False
        owner, _, manual = self.credentials[value]
        by_hand = manual or (owner, value) in self.answered
        records = [self.people[sid] for sid in self.live_records(owner)]
        speaking = [record for record in records if record.role in (STUDENT, TEACHER) or self.is_guardian(record)]
        is_given = any(record.values(self.settings.phone_is_credential) for record in speaking)
        pinned = owner in self.frozen or owner in self.pins and not records
        counts = self.accounts[owner].active or pinned or by_hand and not is_given
        return counts and owner not in {self.by_sid.get(sid) for sid in group} and same_name(self.accounts[owner]) != name

    def _claims_as_account(self, label):
        """By a student of whom that record says nothing: by hand, or another record's."""
        if self.accounts[label].active and not self.settings.update_active_users:
            return False
        return self._linked(label) or any(guardian == label and claim.manual and not claim.suspended for (_, guardian), claim in self.relationships.items())

    def _identify_duplicates(self):
        bunch = self._bunches()
        for label in sorted(self.accounts):
            self._take_apart(label, bunch)
        for sids in {frozenset(sids) for sids in bunch.values() if len(sids) > 1}:
            self._put_together(sorted(sids))

    def _take_apart(self, label, bunch):
        parts = {frozenset(bunch[sid]) & set(self.live_records(label)) for sid in self.live_records(label) if sid in bunch}
        if len(parts) < 2:
            return
        held = {value for value, (owner, _, _) in self.credentials.items() if owner == label and self.accounts[label].active}

        def claim(part):
            bound = any(self.attached.get(sid) in ("match", "hand") for sid in part)
            gives = any({self.people[sid].email, self.people[sid].sms, self.people[sid].phone} & held for sid in part)
            has_student = any(
                guardian in part and self.states(student, link) and (self.people[student].live or student in self.by_sid)
                for (student, guardian), link in self.links.items()
            )
            rooted = any(self.attached.get(sid) != "merge" for sid in part)
            return (not bound, not gives, not has_student, not rooted, min(part))

        for part in sorted(parts, key=claim)[1:]:
            for sid in part:
                own = self.left.pop(sid, None)
                if own in self.accounts and own not in self.before.values():
                    self.by_sid[sid] = own
                else:
                    del self.by_sid[sid]
                self.attached.pop(sid, None)

    def _end_by_moving(self):
        """UPD-2: a pair that ended before its student left is not taken up again by another account."""
        for (student, guardian), link in self.links.items():
            pair = (self.before.get(student), self.before.get(guardian))
            moved = pair[1] and self.by_sid.get(guardian) != pair[1]
            if moved and not self.people[student].live and pair in self.relationships and self.relationships[pair].suspended:
                link.by_student = link.by_guardian = False

    def _established(self, label):
        """More than the SIS's guardian records made it."""
        return (
            self.accounts[label].active
            or label in self.pins
            or any(owner == label and (manual or (owner, value) in self.answered) for value, (owner, _, manual) in self.credentials.items())
            or any(guardian == label and claim.manual for (_, guardian), claim in self.relationships.items())
            or any(owner == label and role.manual for (owner, _, _), role in self.roles.items())
            or any(self.attached.get(sid) in ("match", "hand") or not self.is_guardian(self.people[sid]) for sid in self.live_records(label))
        )

    def _put_together(self, sids):
        owners = {sid: self.by_sid.get(sid) for sid in sids}
        established = {label: self._established(label) for label in owners.values() if label}

        def rank(sid):
            return (not (owners[sid] and established[owners[sid]]), owners[sid] is None, sid)

        chief = owners[min(sids, key=rank)]
        for sid in sids:
            if chief is None:
                self.first[sid] = sids[0]
            elif owners[sid] != chief and not (owners[sid] and established[owners[sid]]):
                if self.attached.get(sid) != "merge":
                    self.left.pop(sid, None)
                    if owners[sid]:
                        self.left[sid] = owners[sid]
                self._attach(sid, chief, "merge")
