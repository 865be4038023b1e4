"""Who gets which credential, and which guardians are in the directory (CRED-1 to CRED-8, UPD-3 to UPD-5)."""

from records import STUDENT, TEACHER


class Ended:
    """What there is of a pair that never was."""

    suspended = False


class Claims:
    """The part of a District that compares claims. winners: value → (claimant, kind, manual)."""

    def _records_of(self, claimant):
        if isinstance(claimant, tuple):
            return sorted(sid for sid in self.people if sid not in self.by_sid and self.claimant(sid) == claimant and self.people[sid].live)
        return self.records(claimant)

    def _claimants(self):
        new = {self.claimant(sid) for sid in self._guardians() if sid not in self.by_sid}
        return list(self.accounts) + sorted(new)

    def _linked(self, claimant):
        """IN-4: guardian of a student in the directory; a pair that had ended before its student left is none."""
        records, students = self._records_of(claimant), {}
        for (student, guardian), link in self.links.items():
            if guardian in records and self.states(student, link) and student in self.by_sid:
                label = self.by_sid[student]
                students[label] = students.get(label, False) or self.people[student].live
        return any(live or not self.relationships.get((label, claimant), Ended).suspended for label, live in students.items())

    def _tied(self, label):
        """Guardian of somebody by hand; not by a pair that this run ends, but by one that has moved (CRED-8)."""
        for (student, guardian), claim in self.relationships.items():
            if guardian != label or not claim.manual or claim.suspended:
                continue
            stated = any(
                self.links.get((s, g)) and self.states(s, self.links[(s, g)]) and self.people[g].live and self.is_guardian(self.people[g])
                for s in self.records(student) for g in self.records(label)
            )
            live = any(self.people[sid].role == STUDENT for sid in self.live_records(student))
            if not (claim.sis and live and not stated) or student in self._moved(label):
                return True
        return False

    def _rank(self, claimant):
        live = [self.people[sid] for sid in self._records_of(claimant) if self.people[sid].live]
        manual = {name for (owner, _, name), role in self.roles.items() if owner == claimant and (role.manual or claimant in self.pins)}
        if any(record.role == TEACHER for record in live) or manual - {STUDENT}:
            return 1
        if any(self.is_guardian(record) for record in live):
            return 2
        student = any(self.people[sid].role == STUDENT for sid in self._records_of(claimant)) or STUDENT in manual
        return 3 if student else 2

    def _given(self, claimant, eligible):
        """value → kind, as the SIS gives it to them"""
        given = {}
        for sid in self._records_of(claimant):
            record = self.people[sid]
            if record.live and (record.role in (STUDENT, TEACHER) or self.is_guardian(record) and eligible):
                for value, kind in record.values(self.settings.phone_is_credential).items():
                    given[value] = max(kind, given.get(value, ""))
        return given

    def _judge_guardians_and_credentials(self):
        held = {}
        for value, (owner, kind, manual) in self.credentials.items():
            held.setdefault(owner, {})[value] = (kind, manual)
        claims = []  # (value, claimant, kind, manual, first of all, held last time)
        eligible, managed, tied = {}, set(), set()
        for claimant in self._claimants():
            mine, account = held.get(claimant, {}), self.accounts.get(claimant)
            live = any(self.people[sid].live for sid in self._records_of(claimant))
            if account and self._tied(claimant):
                tied.add(claimant)
            eligible[claimant] = claimant in tied or self._linked(claimant)
            if account and account.active and live and self.settings.update_active_users:
                managed.add(claimant)
            if claimant in self.frozen:
                claims += [(value, claimant, kind, manual, True, True) for value, (kind, manual) in mine.items()]
                continue
            given = self._given(claimant, eligible[claimant])
            if account and account.active and claimant not in managed:
                claims += [(value, claimant, kind, manual, True, True) for value, (kind, manual) in mine.items()]
                continue
            for value, kind in given.items():
                holds = value in mine and (claimant in managed or not mine[value][1])
                claims.append((value, claimant, kind, False, claimant in managed and holds, holds))
            if claimant in self.pins and not live:
                claims += [(value, claimant, kind, manual, False, True) for value, (kind, manual) in mine.items()]
            elif claimant not in managed and (not live or claimant in tied and not given):
                claims += [(value, claimant, kind, manual, False, True) for value, (kind, manual) in mine.items()
                           if manual or (claimant, value) in self.answered]
        winners = self._compare(claims)
        self._keep_last(winners, managed, held)

        owners = {claimant for claimant, _, _ in winners.values()}
        self.added = set()
        for claimant in self._claimants():
            live = [sid for sid in self._records_of(claimant) if self.people[sid].live]
            if not any(self.is_guardian(self.people[sid]) for sid in live):
                continue
            account = self.accounts.get(claimant)
            if eligible[claimant] and (account and account.active or claimant in tied or claimant in owners or claimant in self.pins):  # CRED-1, CRED-8
                self.added.add(claimant if account else self._new_account(live))
        self._settle(winners)

    def _compare(self, claims):
        """CRED-4"""
        winners = {}
        for value in {claim[0] for claim in claims}:
            mine = [claim for claim in claims if claim[0] == value]
            best = min(self._rank(claim[1]) for claim in mine)
            first = [claim for claim in mine if claim[4]] or [claim for claim in mine if self._rank(claim[1]) == best]
            chosen = [claim for claim in first if claim[4] or claim[5]] or first
            if len(chosen) == 1:
                winners[value] = chosen[0][1:4]
        return winners

    def _keep_last(self, winners, managed, held):
        """UPD-5: an active person who gets nothing keeps what they hold, before everybody else."""
        while True:
            empty = [label for label in managed if held.get(label) and not any(owner == label for owner, _, _ in winners.values())]
            if not empty:
                return
            for label in empty:
                for value, (kind, manual) in held[label].items():
                    winners[value] = (label, kind, manual)

    def _settle(self, winners):
        self.credentials = {}
        for value, (claimant, kind, manual) in winners.items():
            label = self.by_sid.get(claimant[1]) if isinstance(claimant, tuple) else claimant
            if label is not None:
                self.credentials[value] = (label, kind, manual)
        self.answered = {(label, value) for label, value in self.answered if self.credentials.get(value, ("",))[0] == label}
