"""What districts upload instead of OneRoster, through the daemon and through validate: refused by its name,
with what to do, and whose turn it is."""

import io
import json
import os
import pathlib
import subprocess
import zipfile

import lab
import oneroster
import pytest
from district import District

SLUG = "elsewhere"
# Copies of public sample sets, named as owner+repository, if somebody has them; no part of the project.
SAMPLES = pathlib.Path(os.environ.get("ROSTERD_SAMPLES", "/nonexistent"))
SDS = SAMPLES / "OfficeDev+O365-EDU-Tools/SDS_v2.1"

PAGE = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body></body></html>\n"


def zipped(files):
    """A zip of texts by their names."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            package.writestr(name, text)
    return data.getvalue()


def with_password(data):
    """As zip -e makes it, to whoever looks at the directory: every entry's flag of encryption is set."""
    locked = bytearray(data)
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = locked.find(signature)
        while at >= 0:
            locked[at + flags] |= 1
            at = locked.find(signature, at + 4)
    return bytes(locked)


def package_bytes():
    data = io.BytesIO()
    oneroster.write_zip(data, {name: list(rows.values()) for name, rows in District(40, 1).tables.items()})
    return data.getvalue()


CLEVER = {
    "schools.csv": "School_id,School_name,School_number,State_id\n1,Hill,1,1\n",
    "students.csv": "School_id,Student_id,Student_number,State_id,Last_name,First_name\n1,s1,1,1,Doe,Jo\n",
    "teachers.csv": "School_id,Teacher_id,Last_name,First_name\n1,t1,Roe,Al\n",
    "sections.csv": "School_id,Section_id,Teacher_id\n1,c1,t1\n",
    "enrollments.csv": "School_id,Section_id,Student_id\n1,c1,s1\n",
}
SDS_1 = {
    "School.csv": "SIS ID,Name\n1,Hill\n",
    "Section.csv": "SIS ID,School SIS ID,Section Name\n1,1,Art\n",
    "Student.csv": "SIS ID,School SIS ID,Username\n1,1,jo\n",
    "Teacher.csv": "SIS ID,School SIS ID,Username\n1,1,al\n",
    "StudentEnrollment.csv": "Section SIS ID,SIS ID\n1,1\n",
    "TeacherRoster.csv": "Section SIS ID,SIS ID\n1,1\n",
}
SDS_2 = {
    "orgs.csv": "sourcedId,name,type,parentSourcedId\n1,Hill,school,\n",
    "users.csv": "sourcedId,username,givenName,familyName,password\n1,jo,Jo,Doe,\n",
    "roles.csv": "userSourcedId,orgSourcedId,role\n1,1,student\n",
    "relationships.csv": "userSourcedId,relationshipUserSourcedId,relationshipRole\n1,2,guardian\n",
    "classes.csv": "sourcedId,orgSourcedId,title\n1,1,Art\n",
}
EXCEL = {"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": "<worksheet/>"}
ONE_CSV = b"sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role\nu1,,,true,o1,student\n"

FOREIGN = {
    "clever": (zipped(CLEVER), "roster.empty", "this is a Clever export, not OneRoster; choose OneRoster"),
    "sds": (zipped(SDS_1), "roster.empty", "this is a Microsoft School Data Sync export, not OneRoster; choose"),
    "sds-v2": (zipped(SDS_2), "roster.empty", "this is a Microsoft School Data Sync (v2) export, not OneRoster"),
    "xlsx": (zipped(EXCEL), "roster.empty", "this is a spreadsheet or another Office document"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "roster.empty", "this is an old Excel or Word file"),
    "password": (with_password(package_bytes()), "zip.feature", "is protected by a password"),
    "nothing-in-it": (zipped({}), "roster.empty", "the zip has no file of OneRoster in it"),
    "other-things": (zipped({"readme.txt": "hello"}), "roster.empty", "the zip has no file of OneRoster in it"),
    "page": (PAGE, "zip.damaged", "this is a web page, such as the error page of a server"),
    "page-inside": (zipped({"orgs.csv": PAGE, "users.csv": PAGE}), "roster.csv", "is a web page, not a CSV file"),
    "one-csv": (ONE_CSV, "roster.empty", "this is a single CSV file; upload all files in one zip"),
    "one-csv-quoted": (b'"sourcedId","status"\r\n"u1",""\r\n', "roster.empty", "this is a single CSV file"),
    "one-csv-bom": (b"\xef\xbb\xbf" + ONE_CSV, "roster.empty", "upload all"),
    "one-csv-manifest": (b"propertyName,value\nmanifest.version,1.0\n", "roster.empty", "this is a single CSV file"),
    "json": (b'{"users": []}', "roster.empty", "this is a JSON file"),
    "gzip": (b"\x1f\x8b\x08" + bytes(64), "roster.empty", "this is a gzip or tar.gz file; upload a zip"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(64), "roster.empty", "this is a 7z archive; upload a zip"),
    "rar": (b"Rar!\x1a\x07\x00" + bytes(64), "roster.empty", "this is a RAR archive; upload a zip"),
    "pdf": (b"%PDF-1.7\n" + bytes(64), "roster.empty", "this is a PDF"),
    "zip-in-zip": (zipped({"export.zip": package_bytes()}), "roster.empty", "this is a zip in a zip"),
    "cut-off": (package_bytes()[:-400], "zip.damaged", "cut off"),
}


def check(districts, daemon, name, path, reason, words, after=0):
    """Refused: the run says what it is, the cause what to do and who acts; nobody was added."""
    districts.put(SLUG, path, name=f"{name}.zip")
    run = districts.wait_run(SLUG, ("rejected",), after=after)
    assert (run["reason"], run["owner"]) == (reason, "district"), run
    assert words in run["detail"], run["detail"]
    lab.wait_until(lambda: words in " ".join(daemon.ctl("run", str(run["run_id"]))[1].split()),
                   "rosterctl run does not say it")
    assert districts.value("SELECT count(*) FROM directory.person") == 0
    return run["run_id"]


def test_each_through_the_daemon(daemon, districts, tmp_path):
    # rule: SAFE-1
    districts.add(SLUG)
    after = 0
    for name, (data, reason, words) in FOREIGN.items():
        path = tmp_path / f"{name}.zip"
        path.write_bytes(data)
        after = check(districts, daemon, name, path, reason, words, after)
    lab.wait_until(lambda: "the zip is cut off" in " ".join(daemon.ctl("district", SLUG)[1].split()),
                   "the district does not show it")
    assert "the district" in daemon.ctl("district", SLUG)[1]


def validate(installation, path):
    done = subprocess.run([installation.rosterctl, "validate", path, "--json"], capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("name", FOREIGN)
def test_each_through_validate(installation, tmp_path, name):
    data, reason, words = FOREIGN[name]
    path = tmp_path / f"{name}.zip"
    path.write_bytes(data)
    status, out = validate(installation, path)
    answer = json.loads(out)
    assert (status, answer["verdict"], answer["reason"]) == (2, "rejected", reason), out
    assert words in answer["detail"] and any(words in f["message"] and f["fix"] for f in answer["findings"]), out


@pytest.mark.parametrize("name", ["clever", "sds", "sds-v2"])
def test_in_a_folder(installation, tmp_path, name):
    data, reason, words = FOREIGN[name]
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        package.extractall(tmp_path / name)
    status, out = validate(installation, tmp_path / name)
    answer = json.loads(out)
    assert (status, answer["verdict"], answer["reason"]) == (2, "rejected", reason), out
    assert words in answer["detail"], out


@pytest.mark.skipif(not SDS.exists(), reason="ROSTERD_SAMPLES names no such set")
def test_microsofts_own_sample(daemon, districts, tmp_path):
    path = tmp_path / "sds.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for source in SDS.glob("*.csv"):
            package.write(source, source.name)
    districts.add(SLUG)
    check(districts, daemon, "sds", path, "roster.empty", "this is a Microsoft School Data Sync (v2) export")
    status, out = validate(daemon.installation, SDS)
    assert status == 2 and "Microsoft School Data Sync (v2)" in out
