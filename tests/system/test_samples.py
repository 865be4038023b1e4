"""Files that others made, or like those: what odd exporters write, counted by an independent hand."""

import os
import pathlib
import random

import oneroster
import pytest
from expect import directory, expect

SLUG = "others"
# Copies of public sample sets, named as owner+repository, if somebody has them; no part of the project.
SAMPLES = pathlib.Path(os.environ.get("ROSTERD_SAMPLES", "/nonexistent"))


def check(districts, zip_file):
    if not districts.sql("SELECT 1 FROM rosterd.district"):
        districts.add(SLUG)
    after = max((run["run_id"] for run in districts.runs(SLUG)), default=0)
    districts.put(SLUG, zip_file)
    districts.wait_run(SLUG, after=after)
    wanted, found = expect(zip_file), directory(districts, SLUG)
    for kind in ("students", "guardians", "relationships", "refused"):
        assert found[kind] == wanted[kind], f"{kind}: {len(found[kind])} instead of {len(wanted[kind])}"
    counts = {kind: len(ids) for kind, ids in wanted.items()}
    print(counts)
    return counts


def with_classes(users, school, seed=1, classes=60):
    """Classes and enrollments for a users.csv that came without."""
    choose = random.Random(seed)
    students = [u["sourcedId"] for u in users if u["role"] == "student"]
    tables = {
        "academicSessions": [oneroster.row("academicSessions", sourcedId="t1", title="Year", type="term",
                                           startDate="2026-07-01", endDate="2027-06-30", schoolYear="2027")],
        "courses": [oneroster.row("courses", sourcedId="k1", title="Course", orgSourcedId=school)],
        "classes": [oneroster.row("classes", sourcedId=f"c{n}", title=f"Class {n}", courseSourcedId="k1",
                                  classType="scheduled", schoolSourcedId=school, termSourcedIds="t1")
                    for n in range(classes)],
        "enrollments": [],
    }
    for ident in students:
        for number in choose.sample(range(classes), 4):
            tables["enrollments"].append(oneroster.row(
                "enrollments", sourcedId=f"{ident}-{number}", classSourcedId=f"c{number}", schoolSourcedId=school,
                userSourcedId=ident, role="student", primary="false"))
    return tables


def test_an_export_with_many_oddities(daemon, districts, package):
    """No sms and phone columns, blank header cells, month-first dates, dangling schools and terms,
    mixed-case booleans, a principal, an inactive row, a byte order mark."""
    def text(*lines):
        return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()

    zip_file = package({
        "orgs": text("sourcedId,status,dateLastModified,name,type,identifier",
                     "S1,active,2012-04-23T18:25:43.511Z,Hill School,school,", "S2,active,,Lake School,school,"),
        "academicSessions": text("sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
                                 "T1,active,,FYT,term,8/27/2018,5/31/2019,2019,2019"),
        "courses": text("sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,orgSourcedId",
                        "K1,active,,2019,Reading,R1,Nowhere"),
        "classes": text("sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
                        "schoolSourcedId,termSourcedIds",
                        "C1,active,,Reading 1,5,K1,R1,scheduled,Room 1,S1,other_term"),
        "users": text("sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,"
                      "middleName,agentSourcedIds,password,email",
                      "1,active,,TRUE,S1,student,a,Joe,Smith,,,secret,Joe@Hill.example",
                      "2,active,,FALSE,S1,student,b,Randall,Jones,Jon,\"4, 5\",secret,",
                      "3,inactive,,TRUE,S2,student,c,Gone,Girl,,,x,",
                      "4,active,,TRUE,S1,Parent,d,Pa,Jones,,,x,PA@home.example",
                      "5,active,,TRUE,S1,parent,e,Ma,Jones,,,x,",
                      "6,active,,TRUE,S1,principal,f,Boss,Lady,,,x,boss@hill.example"),
        "enrollments": text("sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,,,",
                            "e1,active,,C1,Nowhere,1,student,,,", "e2,active,,C1,S1,2,student,,,"),
    })
    counts = check(districts, zip_file)
    assert counts == {"students": 2, "guardians": 1, "relationships": 1, "refused": 1, "teachers": 0}


def test_families_by_the_hundred(daemon, districts, package):
    """Families whose members share a mail domain and sometimes a mailbox; parents without orgs of their own."""
    choose = random.Random(4)
    users = []
    for family in range(300):
        parents = [f"p{family}-{n}" for n in range(choose.choice((1, 2, 2, 3)))]
        same_box = choose.random() < 0.1
        for number, ident in enumerate(parents):
            mail = f"family{family}@x.example" if same_box else f"{ident}@x.example"
            users.append(dict(sourcedId=ident, status="active", enabledUser="true", orgSourcedIds="unknown-org",
                              role="parent", givenName=f"P{number}", familyName=f"F{family}", email=mail))
        for number in range(choose.choice((1, 1, 2, 3))):
            users.append(dict(sourcedId=f"s{family}-{number}", status="active", enabledUser="true",
                              orgSourcedIds="o1", role="student", givenName=f"S{number}", familyName=f"F{family}",
                              email=f"s{family}-{number}@x.example", agentSourcedIds=",".join(parents)))
    choose.shuffle(users)
    tables = with_classes(users, "o1")
    tables["orgs"] = [oneroster.row("orgs", sourcedId="o1", name="Academy", type="school")]
    tables["users"] = [oneroster.row("users", **u) for u in users]
    counts = check(districts, package(tables))
    assert counts["refused"] > 10


def rjeike(step=""):
    folder = SAMPLES / "rjeike+OneRoster.Net/CSVSample" / step
    return {path.stem: path.read_bytes() for path in folder.glob("*.csv")}


@pytest.mark.skipif(not (SAMPLES / "rjeike+OneRoster.Net").exists(), reason="ROSTERD_SAMPLES names no such set")
def test_rjeike_with_a_manifest(daemon, districts, package):
    counts = check(districts, package(rjeike()))
    assert counts["students"] == 4


@pytest.mark.skipif(not (SAMPLES / "rjeike+OneRoster.Net").exists(), reason="ROSTERD_SAMPLES names no such set")
def test_rjeike_as_it_is_five_nights_in_a_row(daemon, districts, package):
    """Without a manifest: each night is complete."""
    classes = []
    for step in ("", "Step1-UpdateCourse", "Step2-AddCourse", "Step3-DeleteCourse", "Step4-AddClass"):
        tables = rjeike(step)
        check(districts, package(tables, extra={"manifest.csv": None}))
        found = districts.sql("SELECT c.sourced_id FROM sis.class AS c WHERE c.live")
        classes.append({row[0] for row in found})
    print(classes)
    codes = {row[0] for row in districts.sql("SELECT code FROM rosterd.finding WHERE closed_by_run IS NULL")}
    assert {"manifest.missing", "header.blank", "value.date"} <= codes, codes


@pytest.mark.skipif(not (SAMPLES / "nicelion+oneroster-mocker").exists(), reason="ROSTERD_SAMPLES names no such set")
def test_nicelion_templates(daemon, districts, package):
    """Headers and no rows: taken, and nobody is there."""
    folder = SAMPLES / "nicelion+oneroster-mocker/oneroster-example-csv"
    files = {p.name: p.read_bytes() for p in folder.glob("*.csv")}
    counts = check(districts, package({}, extra=files))
    assert set(counts.values()) == {0}


@pytest.mark.skipif(not (SAMPLES / "nicelion+oneroster-mocker").exists(), reason="ROSTERD_SAMPLES names no such set")
def test_nicelion_with_classes(daemon, districts, package):
    import csv
    source = SAMPLES / "nicelion+oneroster-mocker/outputs/test-csv.csv"
    with open(source, newline="", encoding="utf-8") as text:
        users = list(csv.DictReader(text))
    # The people name a school that no file describes; describe it.
    school = users[0]["orgSourcedIds"]
    tables = with_classes(users, school)
    tables["orgs"] = [oneroster.row("orgs", sourcedId=school, name="Academy", type="school")]
    tables["users"] = source.read_bytes()
    counts = check(districts, package(tables))
    assert counts["students"] == 1187
