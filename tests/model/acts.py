"""What people do by hand, as a leader of the district does it, where it is allowed."""

from records import STUDENT, Account, Claim, Classroom, Role


class Acts:
    """The part of a District that is done by hand."""

    def accept(self, label):
        """ACC-2"""
        self.accounts[label].active = True
        self.answered.add((label, min(value for owner, value in self.invitations if owner == label)))
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
                self._suspend_absent(key, claim)

    def add_guardian(self, label, student, given, family, email):
        """GRD-1: somebody new, with a credential nobody holds"""
        self.accounts[label] = Account(label, given, family)
        self.credentials[email] = (label, "email", True)
        self.answered.add((label, email))
        self.relationships[(student, label)] = Claim(manual=True)
        self._judge_invitations()

    def remove_guardian(self, student, guardian):
        """GRD-1, UPD-2: the SIS may state the pair again"""
        claim = self.relationships[(student, guardian)]
        claim.sis, claim.manual, claim.suspended = False, False, True
        self._judge_invitations()

    def _suspend_absent(self, key, claim):
        if claim.detached:
            return
        present = self._in_school(key[1], self.classrooms[key[0]].school, key[2])
        if present != claim.counts:
            claim.suspended = not present
            claim.sis = present and (claim.sis or not claim.manual)

    def create_student(self, label, school, given, family):
        """OFF-2"""
        self.accounts[label] = Account(label, given, family)
        self.roles[(label, school, STUDENT)] = Role(manual=True)

    def _move_student(self, label, old, new):
        for (owner, school, name), role in self.roles.items():
            if owner == label and name == STUDENT and role.state == old:
                role.state = new
                for key, claim in self.memberships.items():
                    room = self.classrooms[key[0]]
                    if key[1:] == (label, STUDENT) and room.school == school and not room.archived:
                        self._suspend_absent(key, claim)
        self._judge_invitations()

    def archive_student(self, label):
        """OFF-2"""
        self._move_student(label, "active", "archived")

    def restore_student(self, label):
        """OFF-2"""
        self._move_student(label, "archived", "active")

    def link_person(self, label, sid):
        """CRED-9"""
        if self.by_sid.get(sid, label) != label:
            self.left[sid] = self.by_sid[sid]
            left = self.left[sid]
            made_one = self.accounts[left].shown or any(owner == left and name == STUDENT for owner, _, name in self.roles)
            if self.people[sid].role == STUDENT and made_one:
                self.accounts[left].was_student = True
        self._attach(sid, label, "hand")

    def apply_extreme(self):
        """ABN-E4"""
        for label in self.accounts:
            mine = [role for (owner, _, name), role in self.roles.items() if owner == label and name == STUDENT and role.state == "archived"]
            family = self.family(label)
            if any(role.sis for role in mine) and not any(self.people[sid].live for sid in family | set(self.records(label))):
                for role in mine:
                    role.state = "detached"
                for key, claim in self.memberships.items():
                    if key[1:] == (label, STUDENT) and self.classrooms[key[0]].archived:
                        claim.detached = True

    def pin_person(self, label):
        self.pins.add(label)
        self.frozen.discard(label)

    def unpin_person(self, label):
        self.pins.discard(label)
        self.frozen.discard(label)

    def pin_classroom(self, room):
        self.pins.add(("classroom", room))
        self.frozen.discard(("classroom", room))

    def unpin_classroom(self, room):
        self.pins.discard(("classroom", room))
        self.frozen.discard(("classroom", room))

    def erase_person(self, label):
        """ABN-E3: nothing of them is left, also not in the mirror"""
        sids = set(self.records(label))
        del self.accounts[label]
        for sid in sids:
            del self.people[sid], self.by_sid[sid]
            self.attached.pop(sid, None), self.left.pop(sid, None)
        self.left = {sid: before for sid, before in self.left.items() if before != label}
        self.links = {pair: link for pair, link in self.links.items() if not sids & set(pair)}
        self.enrollments = {eid: row for eid, row in self.enrollments.items() if row.person not in sids}
        self.credentials = {value: held for value, held in self.credentials.items() if held[0] != label}
        self.answered = {(owner, value) for owner, value in self.answered if owner != label}
        self.roles = {key: role for key, role in self.roles.items() if key[0] != label}
        self.memberships = {key: claim for key, claim in self.memberships.items() if key[1] != label}
        self.relationships = {pair: claim for pair, claim in self.relationships.items() if label not in pair}
        self.pins.discard(label)
        self.frozen.discard(label)
        self._judge_invitations()

    def edit_person(self, label, given):
        """GRD-4"""
        self.accounts[label].given = given
