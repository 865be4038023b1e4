"""rosterd-stage alone, on a real database: what ends up in the slot, what is said, what a kill leaves.

The worker gets its job as the daemon gives it. The schema is applied by psql, so that this file
needs no other program: ROSTERD_STAGE names the worker, else the installed one is taken.
"""

import hashlib
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import zipfile

import lab
import oneroster
import pytest
from conftest import Gate
from district import District
from oneroster import row

SLOT_TABLES = ["org", "session", "course", "class", "person", "link", "enrollment", "role", "bad", "gone", "finding"]


@pytest.fixture(scope="module")
def template(request, home, cluster):
    """A database with the schema, without any program of ours."""
    name = cluster.create(f"template_{request.module.__name__}")
    sql = home.path / f"sql_{request.module.__name__}"
    shutil.copytree(lab.SOURCE / "sql", sql)
    script = shutil.copy(lab.SOURCE / "tests/tools/apply_sql.sh", sql / "apply_sql.sh")
    lab.give(sql)
    lab.run(["sh", script, cluster.dsn(name), sql])
    return name


@pytest.fixture(scope="module")
def database(cluster, template):
    """One database for all tests here: each has a district, a run and a slot of its own."""
    cluster.query(template, "SELECT sync.daemon_start('test', '0')")
    return template


@pytest.fixture
def gate(cluster, database):
    made = []

    def make():
        made.append(Gate(cluster, database))
        return made[-1]

    yield make
    for one in made:
        one.open()
        cluster.query(database, "DROP SCHEMA IF EXISTS gate CASCADE")


@pytest.fixture(scope="module")
def worker(home):
    """The program, where the account of the tests may run it."""
    path = os.environ.get("ROSTERD_STAGE") or lab.default_prefix() / "libexec/rosterd/rosterd-stage"
    copy = shutil.copy(path, home.folder("stage") / "rosterd-stage")
    lab.give(copy)
    return pathlib.Path(copy)


class Stage:
    """A district with a run and a slot, as the daemon would have made them."""

    def __init__(self, home, cluster, database, worker):
        self.home, self.cluster, self.database, self.worker = home, cluster, database, worker
        self.daemon = self.sql("SELECT max(daemon_id) FROM rosterd.daemon")[0][0]
        self.district = self.sql("INSERT INTO rosterd.district (slug, name, sync_enabled) SELECT 'maple-' || count(*), 'Maple', "
                                 "true FROM rosterd.district RETURNING district_id")[0][0]
        self.epoch = dict(self.sql("SELECT * FROM sync.lease_districts(%s, 600)", self.daemon))[self.district]
        self.folder = home.folder(f"stage/{self.district}")
        self.run = self.sql("SELECT sync.run_begin(%s, %s, %s, 'schedule', NULL)",
                            self.daemon, self.district, self.epoch)[0][0]
        self.slot = self.sql("SELECT sync.slot_take(%s)", self.run)[0][0]

    def sql(self, statement, *args):
        return self.cluster.query(self.database, statement, args or None)

    def rows(self, table, columns="*", order="line"):
        return self.sql(f"SELECT {columns} FROM stage.{table} WHERE slot = {self.slot} ORDER BY {order}")

    def counts(self):
        return {table: self.sql(f"SELECT count(*) FROM stage.{table} WHERE slot = {self.slot}")[0][0]
                for table in SLOT_TABLES}

    def header(self):
        return self.sql(f"SELECT closed_at IS NOT NULL, file_sha256, files, rows FROM stage.slot WHERE slot = {self.slot}")[0]

    def job(self, path, **changes):
        return {"run": self.run, "district": self.district, "epoch": self.epoch, "slot": self.slot,
                "zip": str(path), "sha256": hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest(),
                "conninfo": self.cluster.dsn(self.database, f"rosterd_stage_{self.slot}"), **changes}

    def set(self, **settings):
        for column, value in settings.items():
            self.sql(f"UPDATE rosterd.district SET {column} = %s WHERE district_id = %s", value, self.district)

    def put(self, path):
        copy = shutil.copy(path, self.folder)
        return lab.give(copy)

    def start(self, path, **changes):
        """The process, with its job given."""
        process = lab.spawn([self.worker], env={}, cwd="/", dies_with=signal.SIGKILL, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdin.write(json.dumps(self.job(self.put(path), **changes)) + "\n")
        process.stdin.flush()
        return process

    def stage(self, path, **changes):
        """Status and last event of a whole run."""
        process = self.start(path, **changes)
        out, err = process.communicate(timeout=300)
        assert err == ""
        events = [json.loads(line) for line in out.splitlines()]
        assert all(e["event"] == "progress" for e in events[:-1])
        return process.returncode, events[-1]


@pytest.fixture
def stage(home, cluster, database, worker):
    one = Stage(home, cluster, database, worker)
    yield one
    one.sql("SELECT sync.run_end(%s, 'failed', 'internal', NULL, 'ops')", one.run)


def small(**changes):
    """A district of three people, each file's rows replaceable."""
    tables = {
        "orgs": [row("orgs", sourcedId="o1", name="North", type="school")],
        "academicSessions": [row("academicSessions", sourcedId="t1", title="2026", type="schoolYear",
                                 startDate="2026-08-01", endDate="2027-06-30", schoolYear="2027")],
        "courses": [row("courses", sourcedId="k1", title="Maths", orgSourcedId="o1")],
        "classes": [row("classes", sourcedId="c1", title="Maths 1", courseSourcedId="k1", classType="scheduled",
                        schoolSourcedId="o1", termSourcedIds="t1")],
        "users": [
            row("users", sourcedId="u1", orgSourcedIds="o1", role="teacher", givenName="Ada", familyName="L",
                email="ADA@Example.org"),
            row("users", sourcedId="u2", orgSourcedIds="o1,o2", role="Student", givenName="Bob", familyName="Ross",
                agentSourcedIds="u3,u4"),
            row("users", sourcedId="u3", role="parent", givenName="Cy", familyName="Ross", email="nonsense",
                sms="(415) 555-0132", phone="911", agentSourcedIds="u2"),
        ],
        "enrollments": [
            row("enrollments", sourcedId="e1", classSourcedId="c1", schoolSourcedId="o1", userSourcedId="u1",
                role="teacher", beginDate="2026-08-20", endDate="next year"),
        ],
    }
    return {**tables, **changes}


# rule: IN-1
def test_rows_of_a_good_package(stage, package):
    path = package(small())
    status, event = stage.stage(path)
    assert (status, event["event"]) == (0, "staged")
    assert stage.rows("org") == [(stage.slot, 2, "o1", "North", "school", None, None)]
    assert stage.rows("session", "sourced_id, title, type, start_date, end_date, parent, school_year") == [
        ("t1", "2026", "schoolYear", "2026-08-01", "2027-06-30", None, "2027")]
    assert stage.rows("course", "sourced_id, title, course_code, org") == [("k1", "Maths", None, "o1")]
    assert stage.rows("class", "sourced_id, title, class_code, class_type, course, school, terms") == [
        ("c1", "Maths 1", None, "scheduled", "k1", "o1", "t1")]
    assert stage.rows("person", "line, sourced_id, roles, given_name, family_name, email, sms, phone, invalid") == [
        (2, "u1", "teacher\x1eo1", "Ada", "L", "ada@example.org", None, None, None),
        (3, "u2", "student\x1eo1\x1fstudent\x1eo2", "Bob", "Ross", None, None, None, None),
        (4, "u3", "parent\x1e", "Cy", "Ross", None, "+14155550132", None, "ep")]
    assert stage.rows("link", "line, sourced_id, agent", "line, agent") == [(3, "u2", "u3"), (3, "u2", "u4"), (4, "u3", "u2")]
    assert stage.rows("enrollment", "sourced_id, class, school, person, role, begin_date, end_date") == [
        ("e1", "c1", "o1", "u1", "teacher", "2026-08-20", None)]
    assert stage.rows("finding", "severity, code, file, line, column_name, sourced_id, count", "file, line, column_name") == [
        ("warning", "value.date", "enrollments.csv", 2, "endDate", "e1", 1),
        ("info", "value.case", "users.csv", 3, "role", "u2", 1),
        ("warning", "value.email", "users.csv", 4, "email", "u3", 1),
        ("warning", "value.phone", "users.csv", 4, "phone", "u3", 1)]
    closed, sha256, files, rows = stage.header()
    assert closed and sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert rows == stage.counts() == event["rows"]
    assert files["users.csv"] == {"present": True, "mode": "bulk", "rows": 3, "used": 3, "gone": 0, "bad": 0, "unreadable": 0}
    assert event["files"] == files and (event["errors"], event["warnings"]) == (0, 3)


# rule: IN-1
def test_counts_of_a_whole_district(stage, package):
    district = District(400, 5)
    status, event = stage.stage(package(district))
    expected = district.counts()
    assert (status, event["event"]) == (0, "staged")
    assert stage.counts() == stage.header()[3]
    for table, file in (("org", "orgs"), ("class", "classes"), ("person", "users"), ("enrollment", "enrollments")):
        assert stage.counts()[table] == expected[file]
    for role, number in expected["roles"].items():
        assert stage.sql("SELECT count(*) FROM stage.person WHERE roles LIKE %s", f"%{role}%")[0][0] == number


# rule: SAFE-1
def test_bad_rows_are_named(stage, package):
    status, event = stage.stage(package(small(enrollments=[
        row("enrollments", sourcedId="e1", classSourcedId="c1", userSourcedId="u1", role="teacher"),
        row("enrollments", sourcedId="", classSourcedId="c1", userSourcedId="u1", role="teacher"),
        row("enrollments", sourcedId="e3", classSourcedId="c1", role="student"),
        row("enrollments", sourcedId="e4", classSourcedId="c1", userSourcedId="u2", role="student", status="toBeDeleted"),
    ])))
    assert (status, event["event"], event["errors"]) == (0, "staged", 2)
    assert stage.rows("enrollment", "sourced_id") == [("e1",)]
    assert stage.rows("bad", "line, kind, sourced_id") == [(3, "enrollment", None), (4, "enrollment", "e3")]
    assert stage.header()[2]["enrollments.csv"] == {
        "present": True, "mode": "bulk", "rows": 4, "used": 1, "gone": 1, "bad": 2, "unreadable": 1}


# rule: SAFE-1
def test_a_delta_names_who_is_gone(stage, package):
    users = [row("users", sourcedId="u1", status="active", dateLastModified="2026-08-20", role="teacher", givenName="Ada", familyName="L"),
             row("users", sourcedId="u2", status="tobedeleted", dateLastModified="2026-08-20"),
             row("users", sourcedId="u3", status="perhaps", dateLastModified="2026-08-20", role="parent", givenName="Cy", familyName="Ross")]
    status, event = stage.stage(package(small(users=users), modes={"users": "delta"}))
    assert (status, event["event"], event["errors"]) == (0, "staged", 1)
    assert stage.rows("person", "sourced_id") == [("u1",)]
    assert stage.rows("gone", "line, kind, sourced_id") == [(3, "person", "u2")]
    assert stage.rows("bad", "line, kind, sourced_id") == [(4, "person", "u3")]
    assert stage.header()[2]["users.csv"] == {
        "present": True, "mode": "delta", "rows": 3, "used": 1, "gone": 1, "bad": 1, "unreadable": 0}
    assert stage.counts() == stage.header()[3]


# rule: SAFE-1
def test_findings_beyond_the_limit_are_counted(stage, package):
    users = [row("users", sourcedId=f"u{n}", role="student", givenName="A", familyName="B", email="x") for n in range(1500)]
    status, event = stage.stage(package(small(users=users)))
    assert (status, event["warnings"]) == (0, 1501)
    found = stage.rows("finding", "line, sourced_id, count", "line")
    assert sum(count for _, _, count in found) == 1501
    assert (None, None, 500) in found
    assert len(found) == event["rows"]["finding"] == stage.header()[3]["finding"]


# rule: SAFE-2
def test_absent_files_are_told_from_empty_ones(stage, package):
    tables = small(courses=[])
    del tables["enrollments"]
    status, _ = stage.stage(package(tables))
    files = stage.header()[2]
    assert status == 0
    assert files["courses.csv"]["present"] and files["courses.csv"]["rows"] == 0
    assert not files["enrollments.csv"]["present"]


def expect_rejected(stage, path, reason, file=None, line=None, column=None):
    status, event = stage.stage(path)
    assert (status, event["event"], event["reason"]) == (0, "rejected", reason)
    counts = stage.counts()
    assert {table for table, count in counts.items() if count} == {"finding"}
    closed, _, files, rows = stage.header()
    assert closed and files is None and rows == counts
    first = stage.sql("SELECT severity, code, file, line, column_name FROM stage.finding "
                      f"WHERE slot = {stage.slot} AND code = %s", reason)
    assert first == [("error", reason, file, line, column)]
    return event


def test_truncated_zip(stage, package, tmp_path):
    data = package(District(50, 1)).read_bytes()
    for cut in (len(data) - 30, len(data) // 2, 10, 0):
        (tmp_path / "cut.zip").write_bytes(data[:cut])
        expect_rejected(stage, tmp_path / "cut.zip", "zip.damaged")


def test_damaged_byte_in_an_entry(stage, package, tmp_path):
    path = package(District(50, 1))
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("enrollments.csv")
    data = bytearray(path.read_bytes())
    data[entry.header_offset + 200] ^= 0xFF
    (tmp_path / "bad.zip").write_bytes(data)
    status, event = stage.stage(tmp_path / "bad.zip")
    assert (status, event["event"], event["reason"]) == (0, "rejected", "zip.damaged")
    assert stage.counts()["person"] == 0  # already copied when the damage showed


def test_bomb(stage, package):
    bomb = oneroster.csv_bytes([oneroster.COLUMNS["users"]]) + b"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu\n" * 8_000_000
    path = package(small(users=bomb))
    event = expect_rejected(stage, path, "zip.limit", "users.csv")
    # it stopped where the ratio was reached, not at the end: every row so far was too short
    assert event["errors"] < 201 * path.stat().st_size / 36


def test_quoting(stage, package):
    users = oneroster.csv_bytes([oneroster.COLUMNS["users"], *small()["users"]])
    broken = users.replace(b"Bob", b'"Bob" Jr')
    expect_rejected(stage, package(small(users=broken)), "roster.csv", "users.csv", 3)
    status, event = stage.stage(package(small(users=users.replace(b"Bob", b'Bob "Bo"'))))
    assert (status, event["event"]) == (0, "staged")
    assert stage.rows("bad", "line, kind, sourced_id") == [(3, "person", "u2")]


def test_missing_column(stage, package):
    users = oneroster.csv_bytes([[c for c in oneroster.COLUMNS["users"] if c != "role"]])
    event = expect_rejected(stage, package(small(users=users)), "roster.header", "users.csv", 1, "role")
    assert "role" in event["detail"]


def test_encoding(stage, package):
    users = oneroster.csv_bytes([oneroster.COLUMNS["users"], *small()["users"]])
    status, event = stage.stage(package(small(users=users.decode().encode("utf-16"))))
    assert (status, event["event"], event["rows"]["person"]) == (0, "staged", 3)
    assert ("file.utf16",) in stage.rows("finding", "code")
    status, event = stage.stage(package(small(users=users.replace(b"Bob", b"B\xf6b"))))
    assert (status, event["event"]) == (0, "staged")
    assert stage.rows("bad", "kind, sourced_id") == [("person", "u2")]


def test_settings_say_how_files_are_read(stage, package):
    header = b"sourcedId,role,givenName,familyName,preferredGivenName,phone\r\n"
    path = package(small(users=header + b"u1,parent,Ren\xe9e,L\xf6w,,020 7946 0018\r\nu2,student,Bob,Ross,Bobby,\r\n"))
    assert stage.stage(path)[1]["errors"] == 1
    assert stage.rows("person", "given_name, family_name") == [("Bob", "Ross")]
    stage.set(file_encoding="windows-1252", use_preferred_names=True, phone_region="GB")
    assert stage.stage(path)[1]["errors"] == 0
    assert stage.rows("person", "given_name, family_name, phone") == [("Renée", "Löw", "+442079460018"), ("Bobby", "Ross", None)]
    assert ("file.windows_1252",) in stage.rows("finding", "code")


def test_strict_reading(stage, package):
    stage.set(file_reading="strict")
    expect_rejected(stage, package(small()), "roster.strict", None)
    assert {("value.case",), ("reference.unknown",), ("link.person",)} <= set(stage.rows("finding", "code"))
    strict = small(users=[], enrollments=[])
    del strict["users"], strict["enrollments"]
    status, event = stage.stage(package(strict))
    assert (status, event["event"], event["errors"], event["rows"]["class"]) == (0, "staged", 0, 1)


def test_manifest(stage, package):
    status, event = stage.stage(package(small(), extra={"manifest.csv": None}))
    assert (status, event["event"]) == (0, "staged")
    assert ("manifest.missing",) in stage.rows("finding", "code")
    tables = small()
    del tables["users"]
    expect_rejected(stage, package(tables, modes={"users": "bulk"}), "roster.manifest", "users.csv")


def test_no_value_of_a_row_is_said(stage, package):
    secret = "Xylophonia"
    tables = small(users=[row("users", sourcedId="u1", role="student", givenName=secret, familyName=secret * 30,
                              email=secret, sms=secret, phone=secret, status=secret),
                          row("users", sourcedId="u2", role="student", givenName=secret, familyName="")])
    process = stage.start(package(tables))
    out, err = process.communicate(timeout=60)
    assert secret not in out + err
    assert secret not in str(stage.rows("finding", "message"))
    assert stage.counts()["finding"] >= 5


def test_a_slot_of_another_run_is_refused(stage, package):
    status, event = stage.stage(package(small()), run=stage.run + 1)
    assert (status, event["event"], event["reason"], event["sqlstate"]) == (1, "error", "db.query", "RS105")
    stage.sql("UPDATE rosterd.lease SET epoch = epoch + 1 WHERE district_id = %s", stage.district)
    status, event = stage.stage(package(small()))
    assert (status, event["sqlstate"]) == (1, "RS101")
    assert stage.header()[0] is False
    stage.sql("UPDATE rosterd.lease SET epoch = epoch - 1 WHERE district_id = %s", stage.district)


def test_unreachable_database(stage, package):
    status, event = stage.stage(package(small()), conninfo="host=/nonexistent dbname=x user=y")
    assert (status, event["event"], event["reason"], event["sqlstate"]) == (1, "error", "db.unavailable", None)


def test_bad_jobs(stage, package):
    path = stage.put(package(small()))
    for job in ("", "{", "[]\n", json.dumps({"run": 1}) + "\n",
                json.dumps(stage.job(path, sha256="x")) + "\n", "x" * 100_000):
        process = lab.spawn([stage.worker], env={}, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
        out, err = process.communicate(job, timeout=60)
        assert (process.returncode, err) == (1, "")
        assert json.loads(out)["event"] == "error"


# rule: SAFE-7
def test_killed_in_mid_copy(stage, package, gate):
    """The slot stays as the worker before left it."""
    assert stage.stage(package(small()))[0] == 0
    before = stage.counts(), stage.header()
    stop = gate()
    stop.on_row(f"stage.enrollment_{stage.slot}", "NEW.line > 100")
    process = stage.start(package(District(150, 3)))
    backend = stop.wait()
    process.kill()
    process.wait(30)
    stop.open()
    lab.wait_until(lambda: not stage.sql("SELECT FROM pg_stat_activity WHERE pid = %s", backend), "the backend lives on")
    assert (stage.counts(), stage.header()) == before
    stop.remove(f"stage.enrollment_{stage.slot}")
    status, event = stage.stage(package(District(150, 3)))
    assert (status, event["event"]) == (0, "staged")
    assert stage.counts() == stage.header()[3]


# rule: SAFE-7
def test_backend_killed_in_mid_copy(stage, package, gate):
    before = stage.counts(), stage.header()
    stop = gate()
    stop.on_row(f"stage.enrollment_{stage.slot}", "NEW.line > 100")
    process = stage.start(package(District(150, 3)))
    stage.sql("SELECT pg_terminate_backend(%s)", stop.wait())
    out, err = process.communicate(timeout=60)
    stop.open()
    event = json.loads(out.splitlines()[-1])
    assert (process.returncode, err) == (1, "")
    assert (event["event"], event["reason"]) == ("error", "db.unavailable")
    assert (stage.counts(), stage.header()) == before


# rule: SAFE-7
def test_daemon_gone(stage, package):
    """Nobody reads the events any more: the worker ends, nothing is committed."""
    process = stage.start(package(District(3000, 3)))
    process.stdout.close()
    assert process.wait(60) == 1
    assert stage.header()[0] is False


def test_application_name_and_sandbox(stage, package, gate):
    stop = gate()
    stop.on_row(f"stage.person_{stage.slot}")
    process = stage.start(package(District(50, 3)))
    backend = stop.wait()
    assert stage.sql("SELECT application_name FROM pg_stat_activity WHERE pid = %s", backend) == [
        (f"rosterd-stage run {stage.run}",)]
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
                  if ":\t" in line)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    stop.open()
    assert process.wait(60) == 0


def test_large_district_in_little_memory(stage, tmp_path):
    """A file of 24 MB, and every row of it with a finding: the worker stays as small as ever."""
    if b"__asan_init" in stage.worker.read_bytes():
        pytest.skip("sanitizers need memory of their own")
    path = tmp_path / "large.zip"
    head = oneroster.csv_bytes([oneroster.COLUMNS["users"]])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, rows in small().items():
            if name != "users":
                archive.writestr(f"{name}.csv", oneroster.csv_bytes([oneroster.COLUMNS[name], *rows]))
        archive.writestr("manifest.csv", oneroster.csv_bytes(oneroster.manifest(small())))
        body = io.BytesIO()
        body.write(head)
        for n in range(200_000):
            body.write(b"user-%d,odd,,true,o1,student,u%d,,Given%d,Family%d,,,not an address,555,,g-%d,%d,\r\n"
                       % (n, n * 7919, n * 104729, n * 15485863, n, n * 32452843))
        archive.writestr("users.csv", body.getvalue())
    process = stage.start(path)
    peak = 0
    events = []
    for line in process.stdout:
        events.append(json.loads(line))
        status = pathlib.Path(f"/proc/{process.pid}/status")
        try:
            peak = max([peak] + [int(l.split()[1]) for l in status.read_text().splitlines() if l.startswith("VmHWM")])
        except OSError:
            pass
    assert process.wait(60) == 0
    assert events[-1]["warnings"] == 1 + 3 * 200_000  # a date; the status, the e-mail, the number
    assert stage.counts()["person"] == 200_000
    assert 0 < peak < 64 * 1024, f"{peak} KiB"
