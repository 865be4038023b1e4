#!/usr/bin/python3
"""docs/rules.md: each rule, where it is kept, and what shows it. A rule without either fails the build.

Where a rule is kept is said by the COMMENT ON of a function or view, which names it; a test names it by
a line `rule: ID` above or in it.

usage: rules.py            writes the page
       rules.py --check    status 1 when a rule lacks a place or a test, or the page is not what it would write
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = TOP / "docs/rules.md"
ID = r"(?:IN|CRED|UPD|CLS|GRD|STU|ACC|OFF|ABN|SAFE)-[A-Z]?\d+"

GROUPS = {
    "IN": "What the sync brings",
    "CRED": "The one credential that is a guardian's own",
    "UPD": "What later syncs change",
    "CLS": "Classrooms",
    "GRD": "Guardians by hand",
    "STU": "Students by hand",
    "ACC": "Accounts",
    "OFF": "Switching off, pausing",
    "ABN": "Who and what left the SIS",
    "SAFE": "What stands between people and a bad file",
}

RULES = """
IN-1 Schools, classrooms and rosters come from the file; an enrollment counts from a month before it begins to the day after it ends, by the district's calendar.
IN-2 Teachers come with name and e-mail; one who cannot be written to is added, not invited, and reported.
IN-3 Students come with name and e-mail; no e-mail is no obstacle.
IN-4 Guardians, parents and (by setting) relatives come with every way to reach them, if a student of theirs is here.
IN-5 A student and a guardian are tied whichever of the two rows says so; what cannot be a pair is reported; what one side takes back is over.
IN-6 Whoever is new is invited once per credential, students only when enabled; the invitation follows the credential and closes when nothing connects the person any more.
IN-7 Other roles are passed over and counted; an id that turns from student to adult or back is reported, not believed.
CRED-1 A guardian without a credential of their own is not added; one finding says why and whom they collide with.
CRED-2 As soon as the SIS gives them one, they are added with their children.
CRED-3 E-mails and numbers are compared in one normal form; a number given twice is one; whether phone counts is a setting.
CRED-4 Who gets a contested credential is decided over all claims at once: active holder, then rank, then last run's holder, else nobody.
CRED-5 One own credential is enough; the contested one is reported.
CRED-6 A clash that ends, for whatever reason, is mended by the next sync without a change of the person's own row.
CRED-7 By setting, several SIS records of one guardian become one person, and come apart again when that no longer holds.
CRED-8 An invitee whose last own credential is gone is withdrawn until there is one again; not the active, not those somebody added by hand.
CRED-9 A newcomer to the SIS who is here already, by hand and by a proved credential, is that person and no second one.
UPD-1 Rosters follow the file in every sync.
UPD-2 New people and pairs are added; a pair the SIS ends is over at once, by hand too, while the student is in the file.
UPD-3 Invitees are as the SIS says after every sync, whoever edited them meanwhile.
UPD-4 The details of active people are theirs: no sync changes them; differences can be seen.
UPD-5 By setting, the sync keeps the contact details of active people too, who then cannot edit them and are told of each change.
UPD-6 The same data again write nothing; a known file is passed over only if nothing else is due.
UPD-7 Every change of a sync can be found again with run, rule, before and after.
UPD-8 Who changes school follows the SIS: out of the old one's directory and running classes, into the new one's, guardians too.
CLS-1 Leaders make and change classrooms; teachers where their school allows it.
CLS-2 Only students in the school's directory get into a classroom; by name only on an exact, single match.
CLS-3 A name given by hand to a synced classroom stays until it is taken back.
CLS-4 A directory student is put into a synced classroom only where the school allows it.
CLS-5 A co-teacher likewise.
CLS-6 The sync leaves classrooms made by hand alone.
CLS-7 A synced classroom that leaves the SIS is archived or becomes one kept by hand; if it returns it is the same one.
CLS-8 Who may add, take out, make codes and items in which classroom.
CLS-9 An archived classroom keeps the roster it had; only EXTREME takes somebody out.
CLS-10 A class whose last students end by date is archived with them in it.
GRD-1 Leaders tie guardians to students and untie them; a credential somebody else has is refused.
GRD-2 A guardian joins by a classroom's code and the student's exact name; every failure reads the same.
GRD-3 What was added by hand outlives every sync.
GRD-4 Active guardians edit themselves; USERS_MANAGER edits others, invitees until the next sync.
GRD-5 USERS_MANAGER is given on the backend, to leaders only, reaches only so far, and ends with the office.
STU-1 Nobody creates a student by hand while the sync is on or paused.
STU-2 Teachers and leaders put directory students into classrooms.
STU-3 Leaders enable a student's account.
STU-4 USERS_MANAGER edits a synced student's name and nothing else; students do not edit themselves while the sync is on.
ACC-1 Active people change their own names and credentials, if those are free.
ACC-2 An invitation makes active once, by its newest secret, also in the middle of a run.
OFF-1 One UPDATE switches a district off; once it has returned nothing more is applied.
OFF-2 Off means by hand: nothing is undone, and leaders may do everything.
OFF-3 On again: the same people are found by id, then by proof, then by a single exact name; nobody by hand is lost.
OFF-4 Paused means no runs until then; all else is as while on.
ABN-1 A student who left while a guardian stayed is treated as under SOFT; other children keep a guardian connected.
ABN-2 Teachers who left lose the school and its running classes, and keep account, archives and other roles.
ABN-3 A school that left is archived with its manual classrooms, and comes back with them.
ABN-S1 SOFT: the family is out of running classrooms and stays in archived ones.
ABN-S2 SOFT: the student is found among the archived, parents beside them.
ABN-S3 SOFT: backpack items of archived classrooms live on.
ABN-S4 SOFT: the guardians reach the student and those items, and nothing else of the school.
ABN-S5 SOFT: they are in no audience.
ABN-E1 EXTREME: the family is out of school, classrooms and directory.
ABN-E2 EXTREME: the guardians' accounts go on, with the student in their settings and nothing on the record.
ABN-E3 EXTREME: rows are detached, not deleted.
ABN-E4 EXTREME counts for those who leave from then on; earlier leavers only by an explicit call.
ABN-B1 Who comes back is the same person, with what they had; another name under an old id is reported instead.
SAFE-1 A row that cannot be used removes nobody.
SAFE-2 A file that is not there removes nothing and is reported.
SAFE-3 Losses are counted by kind, school and district before anything is applied; beyond the limit they wait for a person.
SAFE-4 What is held can be seen in people, is decided by somebody, and only what was shown is approved.
SAFE-5 Ids that were renumbered are recognised, and offered as a mapping.
SAFE-6 Preview: everything is computed and shown, nothing applied.
SAFE-7 All of a run or none of it, wherever it is killed.
SAFE-8 Runs of one district never overlap, and acts by hand beside them are neither lost nor half seen.
SAFE-9 Additions and changes beyond the limit wait too; nobody is invited before that.
"""
RULES = dict(line.split(" ", 1) for line in RULES.strip().splitlines())

HEAD = """# The rules, where they are kept, and what shows it

Made by `tests/tools/rules.py` from the comments of functions and views, and from the lines `rule: ID` of
the tests; do not edit it. The build fails when a rule has no place or no test, and when this page is old.
What a function does for a rule is in its comment: `\\df+` in psql, or the file of its name.
"""


def places():
    """rule -> names of the functions and views that say they keep it."""
    found = {}
    for path in sorted(p for part in ("functions", "views") for p in (TOP / "sql" / part).rglob("*.sql")):
        for name, words in re.findall(r"COMMENT ON (?:FUNCTION|VIEW) ([\w.]+).*?\bIS\s+((?:'[^']*')+);", path.read_text(), re.S):
            for rule in re.findall(ID, words):
                found.setdefault(rule, set()).add(name)
    return found


def shows(path, text):
    """(rules, test) for each line `rule: …` of a file. One that no test follows is (rules, None)."""
    name = path.relative_to(TOP)
    for line in re.finditer(rf"^.*\brule: ({ID}(?:, {ID})*)", text, re.M):
        rules, after = re.findall(ID, line[1]), text[line.end():]
        if path.suffix == ".py":
            # Inside a test when indented, else above it.
            defs = re.findall(r"^def (\w+)", text[:line.start()], re.M)[-1:] if line[0][0].isspace() else re.findall(r"^def (\w+)", after, re.M)[:1]
            test = f"{name}::{defs[0]}" if defs and defs[0].startswith("test_") else None
        elif path.suffix == ".c":
            test = str(name) if re.search(r"\btest_\w+\(", after) else None
        else:
            test = str(name) if re.search(r"^\s*SELECT\b", after, re.M) else None
        yield rules, test


def tests():
    """rule -> the tests that show it; and complaints."""
    found, wrong = {}, []
    for path in sorted(p for p in (TOP / "tests").rglob("*") if p.suffix in (".sql", ".py", ".c")):
        if path.is_relative_to(TOP / "tests/tools"):
            continue
        for rules, test in shows(path, path.read_text(errors="replace")):
            if test is None:
                wrong.append(f"{path.relative_to(TOP)}: `rule: {', '.join(rules)}` stands before no test")
                continue
            for rule in rules:
                found.setdefault(rule, set()).add(test)
    return found, wrong


def row(rule, kept, shown):
    def cell(names):
        return "<br>".join(f"`{name}`" for name in sorted(names))
    return f"| {rule} | {RULES[rule]} | {cell(kept.get(rule, ()))} | {cell(shown.get(rule, ()))} |"


def page(kept, shown):
    parts = [HEAD]
    for prefix, title in GROUPS.items():
        rules = [rule for rule in RULES if rule.split("-")[0] == prefix]
        parts.append(f"\n## {prefix}: {title}\n\n| rule | in short | kept by | shown by |\n|---|---|---|---|\n"
                     + "\n".join(row(rule, kept, shown) for rule in rules) + "\n")
    return "".join(parts)


def complaints():
    """What is wrong with the rules, one line each."""
    kept, (shown, wrong) = places(), tests()
    for rule in RULES:
        if rule not in kept:
            wrong.append(f"{rule}: no COMMENT ON of a function or view names it")
        if rule not in shown:
            wrong.append(f"{rule}: no test says `rule: {rule}`")
    for rule in sorted((kept.keys() | shown.keys()) - RULES.keys()):
        wrong.append(f"{rule}: there is no such rule in tests/tools/rules.py")
    there = PAGE.read_text() if PAGE.exists() else ""
    if there != page(kept, shown):
        gone = set(re.findall(r"`(tests/(?!tools/)[^`]+)`", there)) - set().union(*shown.values())
        wrong += [f"docs/rules.md names {test}, which is gone" for test in sorted(gone)]
        wrong.append("docs/rules.md is old; run tests/tools/rules.py and commit it")
    return wrong


if __name__ == "__main__":
    if "--check" in sys.argv:
        wrong = complaints()
        print("\n".join(wrong))
        sys.exit(bool(wrong))
    PAGE.write_text(page(places(), tests()[0]))
