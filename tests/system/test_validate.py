"""rosterctl validate: what a district runs before it uploads. No daemon, no database.

ROSTERCTL names the program, else the installed one is taken.
"""

import csv
import io
import json
import os
import subprocess
import zipfile

import lab
import oneroster
import pytest
from district import District
from oneroster import row

# Nothing of this may be shown: it stands in the rows.
SECRETS = ("Quixote", "quixote", "555-0100x", "secret-id")


@pytest.fixture
def validate(tmp_path):
    program = os.environ.get("ROSTERCTL") or lab.default_prefix() / "bin/rosterctl"

    def run(tables, *options, name="package.zip", **more):
        path = tmp_path / name
        if tables is not None:
            oneroster.write_zip(path, tables, **more)
        done = subprocess.run([program, "validate", path, *options, "--socket", "/nonexistent"],
                              capture_output=True, text=True, timeout=60, check=False)
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr, done.stdout
        return done
    return run


def tables_of(students=40):
    return {name: list(rows.values()) for name, rows in District(students, 5).tables.items()}


def record(done, status):
    assert done.returncode == status, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["schema"] == 1 and answer["package"] and answer["date"].endswith("Z")
    return answer


def small():
    """A package without a word to say about it."""
    return {
        "orgs": [row("orgs", sourcedId="o1", name="School", type="school")],
        "academicSessions": [row("academicSessions", sourcedId="t1", title="Year", type="schoolYear",
                                 startDate="2026-08-01", endDate="2027-07-01", schoolYear="2027")],
        "courses": [row("courses", sourcedId="k1", title="Art", orgSourcedId="o1")],
        "classes": [row("classes", sourcedId="c1", title="Art", courseSourcedId="k1", classType="scheduled",
                        schoolSourcedId="o1", termSourcedIds="t1")],
        "users": [row("users", sourcedId="u1", role="student", orgSourcedIds="o1", givenName="Don",
                      familyName="Quixote", username="x", enabledUser="true")],
        "enrollments": [row("enrollments", sourcedId="e1", classSourcedId="c1", schoolSourcedId="o1",
                            userSourcedId="u1", role="student")],
    }


def test_clean(validate):
    done = validate(small())
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("package.zip: clean (0 errors, 0 warnings)\n")
    answer = record(validate(small(), "--json"), 0)
    assert answer["verdict"] == "clean" and answer["findings"] == []
    assert {f["file"]: f["verdict"] for f in answer["files"]}["users.csv"] == "imported"
    assert validate(small(), "--csv").stdout.count("\n") == 1


def test_warnings_and_errors(validate):
    tables = small()
    tables["users"] += [
        row("users", sourcedId="secret-id", role="student", orgSourcedIds="o1", givenName="Quixote",
            familyName="Quixote", phone="555-0100x", username="x", enabledUser="true"),
    ]
    answer = record(validate(tables, "--json"), 1)
    assert answer["verdict"] == "warnings"
    assert [(f["file"], f["line"], f["column"], f["code"]) for f in answer["findings"]] == [
        ("users.csv", 3, "phone", "value.phone")]
    assert answer["findings"][0]["fix"]

    tables["users"] += [row("users", sourcedId="secret-id", role="teacher", orgSourcedIds="o9", givenName="Quixote",
                            familyName="Quixote", username="x", enabledUser="true")]
    tables["enrollments"] += [
        row("enrollments", sourcedId="e2", classSourcedId="c1", userSourcedId="secret-id"),
        row("enrollments", sourcedId="e3", classSourcedId="c1", userSourcedId="nobody", role="student"),
    ]
    done = validate(tables, "--json")
    answer = record(done, 2)
    assert answer["verdict"] == "errors"
    assert sorted((f["file"], f["line"], f["code"]) for f in answer["findings"]) == [
        ("enrollments.csv", 3, "row.value_missing"), ("enrollments.csv", 4, "enrollment.person"),
        ("users.csv", 3, "record.duplicate"), ("users.csv", 3, "value.phone"), ("users.csv", 4, "reference.unknown")]
    users = next(f for f in answer["files"] if f["file"] == "users.csv")
    assert (users["rows"], users["errors"], users["warnings"]) == (3, 1, 2)
    text = validate(tables).stdout
    assert "error users.csv, line 3, column sourcedId (record.duplicate)" in text
    assert "more: --limit N" in validate(tables, "--limit", "2").stdout


def test_the_files_that_a_manifest_forgets_are_named(validate):
    manifest = b"propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\n" + b"".join(
        f"file.{name},{'bulk' if name in small() else 'absent'}\n".encode() for name in oneroster.MANIFEST_FILES if name not in ("results", "resources"))
    text = validate(small(), "--strict", extra={"manifest.csv": manifest}).stdout
    assert "error manifest.csv, row of results.csv (manifest.row)" in text
    assert "error manifest.csv, row of resources.csv (manifest.row)" in text and text.count("manifest.row") == 2


def test_findings_of_one_kind_are_told_once(validate):
    tables = small()
    tables["users"] += [row("users", sourcedId=f"x{n}", role="student", orgSourcedIds="o1", givenName="Jo", familyName="Ash",
                            phone="12", username="x", enabledUser="true") for n in range(20)]
    tables["users"] += [row("users", sourcedId="y", role="student", orgSourcedIds="o1", givenName="Jo", familyName="Ash", sms="12",
                            username="x", enabledUser="true")]
    text = validate(tables).stdout
    lines = ", ".join(str(n) for n in range(3, 15))
    assert f"\nwarning users.csv, lines {lines} and 8 more, column phone (value.phone)\n" in text
    assert "\nwarning users.csv, line 23, column sms (value.phone)\n" in text
    assert text.count("value.phone") == 2 and "--limit" not in text
    text = validate(tables, "--limit", "1").stdout
    assert text.count("value.phone") == 1 and "… 1 more: --limit N" in text
    assert len(record(validate(tables, "--json"), 1)["findings"]) == 21
    assert validate(tables, "--csv").stdout.count("value.phone") == 21


def test_csv_is_safe_in_a_spreadsheet(validate):
    tables = small()
    tables["enrollments"][0][6] = ""
    tables["enrollments"][0][5] = ""
    done = validate(tables, "--csv", name='=cmd|"x".zip')
    assert done.returncode == 2
    rows = list(csv.reader(io.StringIO(done.stdout, newline="")))
    assert rows[0][:6] == ["package", "severity", "rule", "file", "line", "column"]
    assert rows[1][0] == "'=cmd|\"x\".zip" and rows[1][2:5] == ["row.value_missing", "enrollments.csv", "2"]
    assert not any(cell[:1] in tuple("=+-@\t\r") for line in rows for cell in line if cell)


def test_a_name_cannot_steer_the_terminal(validate):
    done = validate(small(), name="a\x1b[31m.zip")
    assert done.returncode == 0 and "\x1b" not in done.stdout and "\\x1b" in done.stdout.lower()


def test_refused_packages(validate, tmp_path):
    answer = record(validate(small(), "--json", extra={"manifest.csv": b"propertyName,value\noneroster.version,9\n"}), 2)
    assert (answer["verdict"], answer["reason"]) == ("rejected", "roster.manifest")
    assert {f["file"]: f["verdict"] for f in answer["files"]}["manifest.csv"] == "rejected"
    answer = record(validate({**small(), "users": b"sourcedId,role\n"}, "--json"), 2)
    users = next(f for f in answer["files"] if f["file"] == "users.csv")
    assert users["verdict"] == "rejected" and "givenName" in users["why"]
    assert next(f for f in answer["files"] if f["file"] == "orgs.csv")["verdict"] == "not read"
    (tmp_path / "text.zip").write_text("no zip at all")
    assert record(validate(None, "--json", name="text.zip"), 2)["reason"] == "zip.damaged"


def test_strict(validate):
    """What is understood is an error only where the letter counts; tests/conformance has all cases."""
    tables = small()
    tables["users"][0][5] = "Student"
    assert validate(tables).returncode == 0
    answer = record(validate(tables, "--strict", "--json"), 2)
    assert answer["strict"] and answer["verdict"] == "errors"
    assert next(f for f in answer["files"] if f["file"] == "users.csv")["verdict"] == "rejected"
    assert validate(small(), "--strict").returncode == 0
    assert record(validate(small(), "--json", extra={"manifest.csv": None}), 1)["files"][0]["verdict"] == "missing"


def unpack(tmp_path, name="export", **more):
    oneroster.write_zip(tmp_path / "made.zip", **more)
    with zipfile.ZipFile(tmp_path / "made.zip") as package:
        package.extractall(tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize("options", [(), ("--strict",)])
def test_a_folder_is_as_good_as_a_zip(validate, tmp_path, options):
    tables = tables_of()
    tables["users"][0][5] = "Student"
    folder = unpack(tmp_path, tables=tables)
    (folder / "notes.txt").write_text("overlooked")
    (folder / ".users.csv").write_text("overlooked")
    (folder / "sub").mkdir()
    done = validate(tables, "--json", *options)
    from_zip = record(done, done.returncode)
    answer = record(validate(None, "--json", *options, name="export/"), done.returncode)
    assert answer["package"] == "export" and len(answer["findings"]) > 0
    assert answer | {"package": 0, "date": 0} == from_zip | {"package": 0, "date": 0}


def test_a_folder_in_other_letter_case_and_with_more(validate, tmp_path):
    folder = unpack(tmp_path, tables=small())
    (folder / "users.csv").rename(folder / "Users.CSV")
    (folder / "extra.csv").write_text("what,ever\n")
    answer = record(validate(None, "--json", name="export"), 0)
    assert {f["code"] for f in answer["findings"]} == {"file.name_case", "entry.unknown"}
    (folder / "users.csv").write_text("sourcedId\n")
    answer = record(validate(None, "--json", name="export"), 2)
    assert (answer["reason"], answer["detail"]) == ("zip.limit", "the folder has users.csv twice, in other letter case")


def test_folders_that_are_no_package(validate, tmp_path):
    (tmp_path / "empty").mkdir()
    answer = record(validate(None, "--json", name="empty"), 2)
    assert (answer["reason"], answer["detail"]) == ("roster.empty", "the folder has no file of OneRoster in it")
    (tmp_path / "many").mkdir()
    for number in range(65):
        (tmp_path / "many" / f"{number}.csv").write_text("x\n")
    assert record(validate(None, "--json", name="many"), 2)["reason"] == "zip.limit"
    (tmp_path / "many" / "64.csv").unlink()
    assert record(validate(None, "--json", name="many"), 2)["reason"] == "roster.empty"
    folder = unpack(tmp_path, tables=small())
    (folder / "users.csv").unlink()
    (folder / "users.csv").mkdir()
    assert validate(None, name="export").returncode == 2
    (folder / "users.csv").rmdir()
    answer = record(validate(None, "--json", name="export"), 2)
    assert answer["reason"] == "roster.manifest" and "users.csv" in answer["detail"]


def test_no_such_file(validate):
    done = validate(None)
    assert done.returncode == 4 and "package.zip" in done.stderr


def test_what_a_sync_would_find(validate):
    """A made-up district: guardians without or with shared credentials are the database's business."""
    answer = record(validate(tables_of(), "--json"), 1)
    assert [f["code"] for f in answer["findings"]] == ["value.email"]
