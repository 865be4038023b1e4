"""What real exports do otherwise than the standard, one by one, through rosterctl validate: what is found,
whether the package is used, and that docs/oneroster.md has a word about it."""

import json
import os
import pathlib
import re
import subprocess
import zipfile

import lab
import pytest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs/oneroster.md"

FILES = "academicSessions classes courses enrollments orgs users"
GOOD = {
    "manifest.csv": "propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,1.1\r\n"
    + "".join(f"file.{name},bulk\r\n" for name in FILES.split())
    + "".join(f"file.{name},absent\r\n" for name in
              "categories classResources courseResources demographics lineItems resources results".split())
    + "source.systemName,SIS\r\nsource.systemCode,s\r\n",
    "orgs.csv": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\r\n"
    "d1,,,Town,district,,\r\no1,,,North School,school,,d1\r\n",
    "academicSessions.csv": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\r\n"
    "y1,,,Year,schoolYear,2026-08-01,2027-07-01,,2027\r\n",
    "courses.csv": "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\r\n"
    "k1,,,y1,Art,A1,,o1,,\r\n",
    "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,"
    "termSourcedIds,subjects,subjectCodes,periods\r\nc1,,,Art 1,03,k1,A1-1,scheduled,,o1,y1,,,1\r\n",
    "users.csv": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,"
    "identifier,email,sms,phone,agentSourcedIds,grades,password\r\n"
    "u1,,,true,o1,student,jo,,Jo,Ash,,,,,,p1,03,\r\n"
    "p1,,,true,o1,parent,gus,,Gus,Ash,,,gus@town.example,,,u1,,\r\n"
    "t1,,,true,o1,teacher,al,,Al,Elm,,,al@town.example,,,,,\r\n",
    "enrollments.csv": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\r\n"
    "e1,,,c1,o1,u1,student,,2026-08-20,2027-06-30\r\ne2,,,c1,o1,t1,teacher,true,,\r\n",
}
USERS_1_2 = ("sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,"
             "agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,"
             "primaryOrgSourcedId,pronouns\r\nu1,,,true,jo,,Jo,Ash,,,,,,p1,03,,,,,,,\r\np1,,,true,gus,,Gus,Ash,,,,,,,,,,,,,,\r\n"
             "t1,,,true,al,,Al,Elm,,,,,,,,,,,,,,\r\n")
ROLES_1_2 = ("sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId\r\n"
             "r1,,,u1,primary,student,,,o1,\r\nr2,,,p1,primary,parent,,,o1,\r\nr3,,,t1,primary,teacher,,,o1,\r\n")
NEW_1_2 = ("lineItemLearningObjectiveIds lineItemScoreScales resultLearningObjectiveIds resultScoreScales scoreScales userProfiles "
           "userResources").split()


def change(name, *pairs):
    """The good package with words of one file replaced; each must be there."""
    text = GOOD[name]
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return {**GOOD, name: text}


def each(edit):
    return {name: edit(text) for name, text in GOOD.items()}


def without(*names, **more):
    return {name: text for name, text in {**GOOD, **more}.items() if name not in names}


def version_1_2(users=USERS_1_2, roles=ROLES_1_2):
    manifest = GOOD["manifest.csv"].replace("oneroster.version,1.1", "oneroster.version,1.2") + "file.roles,bulk\r\n" + "".join(
        f"file.{name},absent\r\n" for name in NEW_1_2)
    return {**GOOD, "manifest.csv": manifest, "users.csv": users, "roles.csv": roles}


def as_delta(users):
    manifest = GOOD["manifest.csv"].replace("file.users,bulk", "file.users,delta")
    return {**GOOD, "manifest.csv": manifest, "users.csv": GOOD["users.csv"].split("\r\n", 1)[0] + "\r\n" + users}


def crop(text):
    return text.rstrip("\r\n")


NOTHING = set()
TWINS = "U1,,,true,o1,student,jo2,,Jo,Elm,,,,,,,,\r\n"
# what is done: (package, what is found, verdict, what strict reading says of it)
CASES = {
    "as the standard has it": (GOOD, NOTHING, "clean", "clean"),
    "no manifest": (without("manifest.csv"), {"manifest.missing"}, "warnings", "errors"),
    "a folder in the zip": ({f"export/{name}": text for name, text in GOOD.items()}, {"zip.folder"}, "clean", "errors"),
    "a path that leads out": ({f"../{name}": text for name, text in GOOD.items()}, {"zip.limit"}, "rejected", "rejected"),
    "an absolute path": ({f"/{name}": text for name, text in GOOD.items()}, {"zip.limit"}, "rejected", "rejected"),
    "leftovers of macOS": ({**GOOD, "__MACOSX/._users.csv": "x", ".DS_Store": "x"}, NOTHING, "clean", "clean"),
    "file names in other case": ({name.lower(): text for name, text in GOOD.items()}, {"file.name_case"}, "clean", "errors"),
    "a file nobody knows": ({**GOOD, "readme.txt": "x"}, {"entry.unknown"}, "clean", "errors"),
    "a byte order mark": (each(lambda text: "\ufeff" + text), NOTHING, "clean", "clean"),
    "UTF-16": (each(lambda text: text.encode("utf-16")), {"file.utf16"}, "clean", "errors"),
    "bytes that are not UTF-8": ({**GOOD, "users.csv": GOOD["users.csv"].replace("Al,Elm", "Ál,Elm").encode("latin-1")},
                                 {"row.encoding"}, "errors", "errors"),
    "line feeds only": (each(lambda text: text.replace("\r\n", "\n")), NOTHING, "clean", "clean"),
    "no line end at the end": (each(crop), NOTHING, "clean", "clean"),
    "carriage returns only": (each(lambda text: text.replace("\r\n", "\r")), {"roster.csv"}, "rejected", "rejected"),
    "columns in other case": (change("users.csv", ("orgSourcedIds", "orgSourcedIDs"), ("userIds", "userIDs")),
                              {"header.case"}, "clean", "errors"),
    "sourceId for sourcedId": (change("users.csv", ("sourcedId,", "sourceId,"), ("agentSourcedIds", "agentSourceIds")),
                               {"header.alias"}, "clean", "errors"),
    "sourceID": (change("orgs.csv", ("sourcedId,", "sourceID,")), {"header.alias"}, "clean", "errors"),
    "columns of 1.0": ({**change("classes.csv", ("grades", "grade"), ("termSourcedIds", "termSourcedId(s)")),
                        "users.csv": GOOD["users.csv"].replace("userIds", "userId").replace("agentSourcedIds", "agents")},
                       {"header.alias"}, "clean", "errors"),
    "orgs and agents": (change("users.csv", ("orgSourcedIds", "orgs"), ("agentSourcedIds", "agents")), {"header.alias"}, "clean", "errors"),
    "dataLastModified": (change("orgs.csv", ("dateLastModified", "dataLastModified")), {"header.alias"}, "clean", "errors"),
    "a 1.0 exporter's names": (change("courses.csv", ("schoolYearSourcedId", "schoolYearId"), ("grades", "grade")), {"header.alias"},
                               "clean", "errors"),
    "prefferedGivenName": (version_1_2(users=USERS_1_2.replace("preferred", "preffered")), {"header.alias"}, "clean", "errors"),
    "sourceId in roles.csv": (version_1_2(roles=ROLES_1_2.replace("sourcedId,", "sourceId,").replace("userSourcedId", "userSourceId")),
                              {"header.alias"}, "clean", "errors"),
    "a name with a slip": (change("users.csv", ("email", "e-mail")), {"header.near", "header.extra"}, "warnings", "errors"),
    "columns in another order": (change("orgs.csv", ("name,type", "type,name"), ("Town,district", "district,Town"),
                                        ("North School,school", "school,North School")), NOTHING, "clean", "errors"),
    "a column that is not needed is missing": (change("orgs.csv", (",identifier,", ","), ("district,,", "district,"), ("school,,", "school,")),
                                               NOTHING, "clean", "errors"),
    "a column that is needed is missing": (change("orgs.csv", (",name,", ",title,")), {"roster.header"}, "rejected", "rejected"),
    "a column twice": (change("orgs.csv", ("identifier", "name")), {"roster.header"}, "rejected", "rejected"),
    "ext_ columns": (change("orgs.csv", ("identifier", "ext_key"), ), {"header.extra"}, "clean", "errors"),
    "metadata columns at the end": (change("orgs.csv", ("parentSourcedId\r\n", "parentSourcedId,metadata.key\r\n"), ("district,,\r\n", "district,,,\r\n"),
                                           (",d1\r\n", ",d1,7\r\n")), NOTHING, "clean", "clean"),
    "metadata columns in the middle": (change("orgs.csv", ("name,", "metadata.key,name,"), (",Town", ",x,Town"), (",North", ",x,North")),
                                       NOTHING, "clean", "errors"),
    "a header with commas too many": (change("enrollments.csv", ("endDate\r\n", "endDate,,,\r\n")), {"header.blank"}, "clean", "errors"),
    "rows with commas too many": (change("orgs.csv", ("district,,", "district,,,,"), (",d1", ",d1,,")), NOTHING, "clean", "errors"),
    "one row of another width": (change("users.csv", ("Al,Elm", "Al,Elm,x")), {"row.long"}, "errors", "errors"),
    "a quote inside quotes": (change("users.csv", ("Jo,Ash", '"Jo "JJ" Lee",Ash')), {"roster.csv"}, "rejected", "rejected"),
    "a quote in a bare value": (change("users.csv", ("Jo,Ash", 'Jo "JJ",Ash')), {"row.quote"}, "errors", "errors"),
    "typographic quotes": (change("users.csv", ("Jo,Ash", "“Jo”,Ash")), NOTHING, "clean", "clean"),
    "a line break in a cell": (change("users.csv", ("Jo,Ash", '"Jo\nLee",Ash')), {"cell.line_break"}, "warnings", "errors"),
    "a header and no rows": ({**GOOD, "courses.csv": GOOD["courses.csv"].split("\r\n", 1)[0] + "\r\n"}, {"reference.unknown"}, "warnings", "errors"),
    "propertyValue": (change("manifest.csv", ("propertyName,value", "propertyName,propertyValue")), {"header.alias"}, "clean", "errors"),
    "1 for 1.0 in the manifest": (change("manifest.csv", ("manifest.version,1.0", "manifest.version,1")), NOTHING, "clean", "errors"),
    "a blank before the manifest's values": (change("manifest.csv", (",bulk", ", bulk"), (",1.1", ", 1.1")), NOTHING, "clean", "clean"),
    "a quoted manifest": (change("manifest.csv", ("oneroster.version,1.1", '"oneroster.version","1.1"')), NOTHING, "clean", "clean"),
    "a file that is not listed": (change("manifest.csv", ("file.courses,bulk\r\n", "")), {"file.unlisted"}, "warnings", "errors"),
    "a mode left blank": (change("manifest.csv", ("file.courses,bulk", "file.courses,")), {"manifest.mode_blank", "file.unlisted"}, "warnings", "errors"),
    "a listed file that is missing": (without("users.csv"), {"roster.manifest"}, "rejected", "rejected"),
    "a file listed as absent that is there": (change("manifest.csv", ("file.courses,bulk", "file.courses,absent")), {"file.unlisted"}, "warnings", "errors"),
    "file.systemName": (change("manifest.csv", ("source.system", "file.system")), {"manifest.property"}, "clean", "errors"),
    "no manifest.version": (change("manifest.csv", ("manifest.version,1.0\r\n", "")), NOTHING, "clean", "errors"),
    "status in a bulk file": (change("orgs.csv", ("d1,,", "d1,active,2026-08-01")), {"bulk.status"}, "clean", "errors"),
    "inactive": (change("users.csv", ("t1,,", "t1,inactive,")), {"status.word", "row.gone", "enrollment.person"}, "warnings", "errors"),
    "toBeDeleted": (change("enrollments.csv", ("e2,,", "e2,toBeDeleted,")), {"status.word", "row.gone"}, "clean", "errors"),
    "deleted": (change("enrollments.csv", ("e2,,", "e2,Deleted,")), {"status.word", "row.gone"}, "clean", "errors"),
    "a status nobody knows": (change("enrollments.csv", ("e2,,", "e2,dropped,")), {"value.status"}, "warnings", "errors"),
    "a time behind a date": (change("enrollments.csv", ("2026-08-20", "2026-08-20T00:00:00.0000000-05:00")), {"value.date_time"}, "clean", "errors"),
    "day first": (change("enrollments.csv", ("2026-08-20", "20/08/2026")), {"value.date"}, "warnings", "errors"),
    "month first": (change("academicSessions.csv", ("2026-08-01", "8/1/2026")), {"value.date"}, "warnings", "errors"),
    "dateLastModified as a database writes it": (change("orgs.csv", ("d1,,", "d1,,2017-05-06 08:01:05")), {"bulk.status"}, "clean", "errors"),
    "the year in which school begins": (change("academicSessions.csv", (",2027\r\n", ",2026\r\n")), NOTHING, "clean", "clean"),
    "TRUE": (change("users.csv", ("u1,,,true", "u1,,,TRUE")), {"value.boolean"}, "clean", "errors"),
    "1 and 0": (change("enrollments.csv", ("teacher,true", "teacher,1")), {"value.boolean"}, "clean", "errors"),
    "a login that is off": (change("users.csv", ("p1,,,true", "p1,,,false")), NOTHING, "clean", "clean"),
    "NULL": (change("users.csv", ("jo,,Jo,Ash,,", "jo,,Jo,Ash,,NULL"), ("gus@town.example,,,", "gus@town.example,NULL,,")), {"value.null"}, "clean", "errors"),
    "a person named Null": (change("users.csv", ("Jo,Ash", "NULL,NULL")), NOTHING, "clean", "clean"),
    "roles with capitals": (change("users.csv", ("o1,student", "o1,Student")), {"value.case"}, "clean", "errors"),
    "a role of 1.2 in 1.1": (change("users.csv", ("o1,teacher", "o1,principal")), NOTHING, "clean", "errors"),
    "a role nobody knows": (change("users.csv", ("o1,teacher", "o1,user")), NOTHING, "clean", "errors"),
    "a person without a role": (change("users.csv", ("o1,teacher", "o1,")), {"row.value_missing"}, "errors", "errors"),
    "an aide's enrollment": (change("enrollments.csv", ("t1,teacher", "t1,aide")), NOTHING, "clean", "errors"),
    "a parent's enrollment": (change("enrollments.csv", ("t1,teacher", "p1,parent")), NOTHING, "clean", "errors"),
    "Scheduled": (change("classes.csv", ("scheduled", "Scheduled")), {"value.case"}, "clean", "errors"),
    "a school that is a department": (change("orgs.csv", ("School,school", "School,department")), {"class.school"}, "errors", "errors"),
    "departments": (change("orgs.csv", ("Town,district", "Town,departments")), NOTHING, "clean", "errors"),
    "grades of all kinds": (change("users.csv", (",03,", ",K-5,")), NOTHING, "clean", "clean"),
    "orgs with repeats and blanks": (change("users.csv", ("p1,,,true,o1", 'p1,,,true,"o1, o1,o1"')), NOTHING, "clean", "errors"),
    "orgs as JSON": (change("users.csv", ("t1,,,true,o1", 't1,,,true,"[{""sourceId"":""o1""}]"')), {"reference.unknown"}, "warnings", "errors"),
    "bare userIds": (change("users.csv", ("jo,,Jo", "jo,4711,Jo")), NOTHING, "clean", "clean"),
    "ids with colons": (each(lambda text: re.sub(r"\b(u1|p1|t1)\b", r"town:\1", text)), NOTHING, "clean", "errors"),
    "ids that differ in case only": ({**GOOD, "users.csv": GOOD["users.csv"] + TWINS}, NOTHING, "clean", "clean"),
    "a reference in other case": (change("enrollments.csv", ("o1,u1", "o1,U1")), {"enrollment.person"}, "warnings", "errors"),
    "leading zeros lost": (change("users.csv", ("\nu1,,", "\n01,,")), {"link.person", "enrollment.person"}, "warnings", "errors"),
    "a term nobody has": (change("classes.csv", (",y1,", ",y9,")), {"reference.unknown"}, "warnings", "errors"),
    "an enrollment of a class nobody has": (change("enrollments.csv", ("e2,,,c1", "e2,,,c9")), {"enrollment.class"}, "warnings", "errors"),
    "an agent nobody has": (change("users.csv", (",p1,03", ",p9,03")), {"link.person"}, "warnings", "errors"),
    "an agent who teaches": (change("users.csv", (",p1,03", ",t1,03")), {"link.pair"}, "warnings", "warnings"),
    "a parent that is itself": (change("academicSessions.csv", ("07-01,,2027", "07-01,y1,2027")), {"reference.self"}, "warnings", "warnings"),
    "equal rows": (change("enrollments.csv", ("e2,,,c1,o1,t1,teacher,true,,\r\n", "e2,,,c1,o1,t1,teacher,true,,\r\n" * 2)), NOTHING, "clean", "clean"),
    "differing rows": (change("users.csv", ("t1,,,true,o1,teacher,al,,Al,Elm,,,al@town.example,,,,,\r\n",
                                            "t1,,,true,o1,teacher,al,,Al,Elm,,,,,,,,\r\nt1,,,true,o1,student,al,,Al,Elm,,,,,,,,\r\n")),
                       {"record.duplicate"}, "errors", "errors"),
    "one id in two files": (each(lambda text: re.sub(r"\bc1\b", "u1", text)), NOTHING, "clean", "clean"),
    "a class by its code": (change("classes.csv", ("Art 1", "")), NOTHING, "clean", "errors"),
    "a class without any name": (change("classes.csv", ("Art 1", ""), ("A1-1", "")), {"row.value_missing"}, "errors", "errors"),
    "no usernames": (change("users.csv", ("student,jo", "student,"), ("parent,gus", "parent,")), NOTHING, "clean", "errors"),
    "demographics with cut names": ({**change("manifest.csv", ("file.demographics,absent", "file.demographics,bulk")),
                                     "demographics.csv": "sourcedId,status,dateLastModified,birthDate,nativeHawaiianOrOtherPacificIs\r\nu1,,,,\r\n"},
                                    NOTHING, "clean", "clean"),
    "delta rows of who is gone": (as_delta("t9,tobedeleted,2026-08-20T02:00:00.000Z,,,,,,,,,,,,,,,\r\n"), NOTHING, "clean", None),
    "semicolons": (each(lambda text: text.replace(",", ";")), {"roster.manifest"}, "rejected", "rejected"),
    "tabs in one file": ({**GOOD, "users.csv": GOOD["users.csv"].replace(",", "\t")}, {"roster.header"}, "rejected", "rejected"),
}


def validate(path, *options):
    program = os.environ.get("ROSTERCTL") or lab.default_prefix() / "bin/rosterctl"
    done = subprocess.run([program, "validate", path, "--json", *options], capture_output=True, text=True, timeout=60, check=False)
    answer = json.loads(done.stdout)
    assert done.returncode == {"clean": 0, "warnings": 1, "errors": 2, "rejected": 2}[answer["verdict"]]
    return answer


def write(path, package, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as entries:
        for name, text in package.items():
            entries.writestr(name, text)
    return path


@pytest.mark.parametrize("name", CASES)
def test_each(tmp_path, name):
    package, codes, verdict, strictly = CASES[name]
    answer = validate(write(tmp_path / "package.zip", package))
    assert ({finding["code"] for finding in answer["findings"]}, answer["verdict"]) == (codes, verdict)
    for finding in answer["findings"]:
        assert finding["message"] and finding["fix"]
    if strictly is not None:
        assert validate(tmp_path / "package.zip", "--strict")["verdict"] == strictly


def test_the_page_has_a_word_about_each():
    page = DOCS.read_text(encoding="utf-8")
    found = set().union(*(codes for _, codes, _, _ in CASES.values()))
    assert {code for code in found if f"`{code}`" not in page} == set()


def test_stored_entries_and_folders(tmp_path):
    assert validate(write(tmp_path / "stored.zip", GOOD, zipfile.ZIP_STORED))["verdict"] == "clean"
    (tmp_path / "loose").mkdir()
    for name, text in GOOD.items():
        (tmp_path / "loose" / name).write_bytes(text.encode())
    assert validate(tmp_path / "loose")["verdict"] == "clean"


@pytest.mark.parametrize(("name", "sentence"), [
    ("semicolons", "the values of manifest.csv are separated by semicolons, not by commas"),
    ("tabs in one file", "the values of users.csv are separated by tabs, not by commas"),
    ("a column that is needed is missing", "orgs.csv has no column name"),
    ("a column twice", "orgs.csv has the column name twice"),
    ("carriage returns only", "a carriage return without a line feed"),
    ("a quote inside quotes", "text follows a closing quote"),
    ("a listed file that is missing", "the manifest lists users.csv as bulk, but it is not in the zip"),
])
def test_refusals_say_what_it_is(tmp_path, name, sentence):
    assert sentence in validate(write(tmp_path / "package.zip", CASES[name][0]))["detail"]


def test_what_is_lost(tmp_path):
    """A row that cannot be used is left out, and nothing else."""
    answer = validate(write(tmp_path / "package.zip", CASES["a quote in a bare value"][0]))
    users = next(file for file in answer["files"] if file["file"] == "users.csv")
    assert (users["rows"], users["used"], users["bad"]) == (3, 2, 1)
