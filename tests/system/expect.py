"""Work out from a package's CSVs, without SQL and without rosterd, who must be in the directory.

Written apart from the rules' own code, and short enough to be checked by eye: students are the
usable student rows; a guardian with a student is added if one e-mail or number is theirs alone
among the guardians and no teacher's; a relationship counts if either side states it.
"""

import collections
import csv
import io
import re
import zipfile

GONE = {"tobedeleted", "inactive"}
GUARDIAN = {"guardian", "parent", "relative"}


def read(package, name):
    with zipfile.ZipFile(package) as entries:
        text = io.TextIOWrapper(entries.open(f"{name}.csv"), "utf-8-sig", newline="")
        rows = list(csv.reader(text))
    heads = [h.strip() for h in rows[0]]
    return [dict(zip(heads, row)) for row in rows[1:] if any(row)]


def number(text):
    """A North American number as +1…; None for anything else."""
    digits = re.sub(r"\D", "", text)
    digits = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return f"+1{digits}" if re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", digits) else None


def credentials(user):
    mail = user.get("email", "").strip().lower()
    values = {mail} if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", mail) else set()
    return values | {n for n in (number(user.get("sms", "")), number(user.get("phone", ""))) if n}


def expect(package):
    """{"students", "guardians", "relationships", "refused"}: sets of SIS ids, or pairs of them."""
    users = {u["sourcedId"]: u for u in read(package, "users")
             if u.get("status", "").lower() not in GONE and u["givenName"].strip() and u["familyName"].strip()}
    by_role = collections.defaultdict(set)
    for ident, user in users.items():
        role = user["role"].strip().lower()
        by_role["guardian" if role in GUARDIAN else role].add(ident)
    pairs = set()
    for ident, user in users.items():
        for other in filter(None, (a.strip() for a in user.get("agentSourcedIds", "").split(","))):
            if ident in by_role["student"] and other in by_role["guardian"]:
                pairs.add((ident, other))
            if ident in by_role["guardian"] and other in by_role["student"]:
                pairs.add((other, ident))
    claimants = {guardian for _, guardian in pairs}
    claims = collections.Counter(v for g in claimants for v in credentials(users[g]))
    staff = {v for t in by_role["teacher"] for v in credentials(users[t])}
    added = {g for g in claimants if any(claims[v] == 1 and v not in staff for v in credentials(users[g]))}
    return {"students": by_role["student"], "guardians": added, "refused": claimants - added,
            "relationships": {p for p in pairs if p[1] in added}, "teachers": by_role["teacher"]}


def directory(districts, slug):
    """The same sets, from the directory's contract tables and the open findings."""
    district = districts.ident(slug)

    def ids(sql):
        rows = districts.sql(sql, {"d": district})
        return {row[0] if len(row) == 1 else tuple(row) for row in rows}

    # An account that stands for a live record of that role; where no school of theirs is known, without a school.
    account = ("SELECT p.sourced_id FROM directory.person AS p JOIN sis.person AS s ON s.district_id = p.district_id "
               "AND s.person_id = p.person_id WHERE p.district_id = %(d)s AND s.live AND sync.has_role(s.roles, '{}')")
    return {
        "students": ids(account.format("student")),
        "teachers": ids(account.format("teacher")),
        "guardians": ids("SELECT p.sourced_id FROM directory.guardianship AS g JOIN directory.person AS p "
                         "ON p.district_id = g.district_id AND p.person_id = g.guardian_id WHERE g.district_id = %(d)s"),
        "relationships": ids("SELECT s.sourced_id, p.sourced_id FROM directory.guardianship AS g "
                             "JOIN directory.person AS p ON p.district_id = g.district_id AND p.person_id = g.guardian_id "
                             "JOIN directory.person AS s ON s.district_id = g.district_id AND s.person_id = g.student_id "
                             "WHERE g.district_id = %(d)s"),
        "refused": ids("SELECT DISTINCT sourced_id FROM rosterd.finding WHERE district_id = %(d)s "
                       "AND closed_by_run IS NULL AND code IN ('guardian.none', 'guardian.invalid', 'guardian.shared', 'guardian.held')"),
    }
