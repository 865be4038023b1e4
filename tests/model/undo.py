"""Undoing a run, row by row (UPD-7)."""

import copy

FIELDS = {
    "classrooms": ("school", "sis_name", "synced", "archived", "archived_by"),
    "accounts": ("shown", "given", "family"),
    "credentials": None,
    "roles": ("sis", "manual", "state"),
    "memberships": ("sis", "manual", "suspended", "detached"),
    "relationships": ("sis", "manual", "suspended"),
}


def values(district, kind):
    """key → what there is to put back of it"""
    fields = FIELDS[kind]
    return {key: row if fields is None else tuple(getattr(row, name) for name in fields) for key, row in getattr(district, kind).items()}


def owner(kind, key, value):
    """The label of whose it is; of a relationship, the guardian's."""
    return {"classrooms": None, "accounts": key, "credentials": value and value[0], "roles": key[0], "memberships": key[1],
            "relationships": key[1]}[kind]


class Undo:
    """The part of a District that goes back behind a run."""

    def undo(self, before, after, since):
        """before, after: the district round the run; since: how it was at each later moment, up to now."""
        back = [(kind, key, was) for kind in FIELDS for key, was in values(before, kind).items()
                if values(after, kind).get(key) != was and self._goes(before, after, since, kind, key, was)]
        back = self._but_the_last(back)
        given_back = {key for kind, key, _ in back if kind == "credentials"}
        holders = {was[0] for kind, _, was in back if kind == "credentials"}
        for value, (label, _, _) in list(self.credentials.items()):
            # what came in its place goes: it may be somebody else's
            came_by_run = after.credentials.get(value, ("",))[0] == label != before.credentials.get(value, ("",))[0]
            if value in given_back or label in holders and (value not in before.credentials or came_by_run):
                del self.credentials[value]
        for kind, key, was in back:
            if FIELDS[kind] is None:
                self.credentials[key] = was
                continue
            row = getattr(self, kind).setdefault(key, copy.deepcopy(getattr(before, kind)[key]))
            for name, value in zip(FIELDS[kind], was):
                setattr(row, name, value)
            if kind == "memberships" and not self.classrooms[key[0]].synced:
                row.sis, row.manual = False, True  # CLS-7
        pins = {owner(kind, key, was) for kind, key, was in back} - {None}
        pins |= {("classroom", key) for kind, key, _ in back if kind == "classrooms"}
        self.frozen |= pins - self.pins
        self.pins |= pins
        proved = self.answered | {(was[0], key) for kind, key, was in back if kind == "credentials" and (was[0], key) in before.answered}
        self.answered = {(label, value) for label, value in proved if self.credentials.get(value, ("",))[0] == label}
        self._judge_invitations()
        return bool(back)

    def _goes(self, before, after, since, kind, key, was):
        """Not what anything happened to since, nor a detail that is a person's own by now."""
        now = getattr(after, kind).get(key)
        if any(getattr(district, kind).get(key) != now for district in [*since, self]):
            return False
        whose = owner(kind, key, was)
        if whose is not None and whose not in self.accounts or kind == "relationships" and key[0] not in self.accounts:
            return False  # erased since
        if kind not in ("accounts", "credentials"):
            return True
        holders = [whose, now[0]] if kind == "credentials" and now else [whose]
        if before.settings.update_active_users and any(self._is_managed(after, label) for label in holders):
            return True
        return not any(label in self.accounts and self.accounts[label].active for label in holders)

    def _but_the_last(self, back):
        """UPD-5: nor what would leave an active person without any credential."""
        given = {key: was[0] for kind, key, was in back if kind == "credentials"}
        shut_out = {
            label for label, account in self.accounts.items()
            if account.active and label not in given.values() and all(value in given for value, held in self.credentials.items() if held[0] == label)
        }
        return [(kind, key, was) for kind, key, was in back
                if kind != "credentials" or self.credentials.get(key, ("",))[0] not in shut_out]

    def _is_managed(self, after, label):
        """UPD-5: the sync had changed it although it was an active person's."""
        return label in after.accounts and after.accounts[label].active and after.live_records(label)

    def _end_frozen(self, news):
        """What an undo put back stays until the SIS says something new about it."""
        self.pins -= self.frozen & news
        self.frozen -= news
