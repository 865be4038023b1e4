"""Explain, undo and erase through the daemon; and behind the gate, over several connections."""

import concurrent.futures
import json
import pathlib

import lab
import psycopg2
import pytest

from district import District

SLUG = "maple"
HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture
def days(daemon, districts, package):
    """A district on its second day; its runs of both."""
    districts.add(SLUG, "Maple Valley", poll_every="1 hour")
    lab.wait_until(lambda: daemon.get(f"/v1/districts/{SLUG}")[0] == 200, "the daemon does not know the district")
    runs = []
    for day in (1, 2):
        districts.put(SLUG, package(District(80, 71, day=day)), f"day{day}.zip")
        status, out, err = daemon.ctl("sync", SLUG, "--wait", "--timeout", "60", check=False)
        assert status == 0, out + err
        runs.append(districts.wait_run(SLUG, after=runs[-1] if runs else 0)["run_id"])
    return runs


def json_of(daemon, *words, status=0):
    code, out, err = daemon.ctl(*words, "--json", check=False)
    assert code == status, (words, code, out, err)
    return json.loads(out)


# rule: CRED-1
def test_why_was_this_parent_not_added(daemon, districts, days):
    refused = districts.value("SELECT min(sourced_id) FROM rosterd.finding WHERE code = 'guardian.shared' AND closed_by_run IS NULL")
    names = [row[0] for row in districts.cluster.query(districts.database, "SELECT DISTINCT family_name FROM sis.person")]
    answer = json_of(daemon, "explain", SLUG, refused)
    told = {step["subject"]: step["verdict"] for step in answer["steps"]}
    assert told["record"] == "present" and told["decision"] == "not added" and "shared" in told.values()
    assert [step["step"] for step in answer["steps"]] == list(range(1, len(answer["steps"]) + 1))
    out = daemon.ctl("explain", SLUG, refused)[1]
    assert "users.csv, line" in out and "also claimed by" in out and "not added" in out
    assert "@" not in out and not any(f" {name} " in out for name in names)
    assert json_of(daemon, "explain", SLUG, "nobody-has-this-id")["steps"][0]["verdict"] == "unknown"
    # Who asked is kept, what was asked is not.
    kept = districts.cluster.query(districts.database, "SELECT act, key::text FROM audit.change WHERE relation = 'rosterd.explain_person'")
    assert len(kept) == 3 and all(act.startswith("explain by uid:") for act, _ in kept)
    assert not any(refused in key for _, key in kept)
    # The way is the control socket: whoever may only look has no way to ask for a person.
    assert daemon.get(f"/v1/districts/{SLUG}/explain")[0] == 404
    assert refused not in daemon.log.read_text()
    assert daemon.ctl("explain", "nobody", refused, check=False)[0] == 4
    # As before with one word.
    assert "All is well" in daemon.ctl("explain", SLUG)[1]


# rule: UPD-7
def test_undo(daemon, districts, days):
    before = districts.value("SELECT count(*) FROM directory.member")
    preview = json_of(daemon, "undo", str(days[1]), "--preview")
    back = sum(change["count"] for change in preview["changes"] if change["verdict"] == "would be put back")
    assert back > 0 and preview["undo_run_id"] is None
    assert districts.value("SELECT count(*) FROM directory.member") == before
    status, out, err = daemon.ctl("undo", str(days[1]), check=False)
    assert status == 0, out + err
    assert "put back" in out and f"Run {days[1]} of {SLUG} was undone by run" in out
    run, by = districts.cluster.query(districts.database, "SELECT run_id, requested_by FROM rosterd.run WHERE undoes = %s", (days[1],))[0]
    assert by.startswith("uid:")
    assert districts.value("SELECT count(*) FROM audit.change WHERE run_id = %s", (run,)) >= back
    assert json_of(daemon, "run", str(run))["run"]["cause"] == "undo"
    for words, code, text in ((("undo", str(days[1])), 6, "undone already"), (("undo", str(run)), 6, "an undo itself"),
                              (("undo", "999999"), 4, "no run"), (("undo", "maple"), 4, "run")):
        status, _, err = daemon.ctl(*words, check=False)
        assert status == code and text in err, (words, status, err)
    # The next look takes up what was put back, and leaves it.
    after = districts.value("SELECT count(*) FROM directory.member")
    assert after > before
    daemon.ctl("sync", SLUG, "--wait", "--timeout", "60", check=False)
    assert districts.value("SELECT count(*) FROM directory.member") == after


# rule: ABN-E3
def test_erased_from_the_spool(make_daemon, daemon, districts, days):
    lab.wait_until(lambda: not daemon.get(f"/v1/districts/{SLUG}")[1]["district"]["running"], "it still works")
    spooled = list((daemon.folder / "spool" / SLUG).glob("*.*"))
    assert {path.suffix for path in spooled} == {".zip", ".digest"} and len(spooled) == 3
    person = districts.value("SELECT min(person_id) FROM directory.person WHERE sourced_id IS NOT NULL")
    district = districts.value("SELECT district_id FROM rosterd.district WHERE slug = %s", (SLUG,))
    said = districts.value("SELECT rosterd.erase_person(%s, %s, 'a request')", (district, person))
    assert "erased for good" in said
    # It looks once a minute; a start is quicker.
    daemon.stop()
    daemon.start()
    lab.wait_until(lambda: not any(path.exists() for path in spooled), "the spooled files are still there", 30)


# --- behind the gate ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dsn(home):
    cluster = lab.Cluster(home)
    cluster.start()
    cluster.create("care")
    where = cluster.dsn("care")
    cluster.apply_schema("care")
    with psycopg2.connect(where) as connection, connection.cursor() as cursor:
        cursor.execute((HERE.parent / "sql" / "lib.sql").read_text())
    yield where
    cluster.stop()


class Session:
    def __init__(self, dsn, autocommit=True):
        self.connection = psycopg2.connect(dsn)
        self.connection.autocommit = autocommit

    def ask(self, sql, *args):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, args)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def refused(self, sql, *args):
        with pytest.raises(psycopg2.Error) as caught:
            self.ask(sql, *args)
        return caught.value.pgcode


# rule: SAFE-8
def test_behind_the_gate(dsn):
    admin, other = Session(dsn), Session(dsn, autocommit=False)
    d = admin.ask("SELECT test.district('gate')")
    for n in range(3):
        admin.ask("SELECT test.student(%s, %s, 'Ash'), test.class(%s, 'Class')", f"s{n}", f"S{n}", f"c{n}")
        admin.ask("SELECT test.enroll(%s, %s)", f"c{n}", f"s{n}")
    admin.ask("SELECT test.sync()")
    person = admin.ask("SELECT test.person('s0')")
    admin.ask("SELECT test.drop_person('s1')")
    run = admin.ask("SELECT test.sync()")
    calls = {
        "pin": ("SELECT rosterd.pin(%s, 'person', %s, 'x')", d, person),
        "unpin": ("SELECT rosterd.unpin(%s, 'person', %s)", d, person),
        "explain": ("SELECT count(*) FROM rosterd.explain_person(%s, 's0')", d),
        "preview": ("SELECT count(*) FROM rosterd.undo(%s, true)", run),
        "undo": ("SELECT count(*) FROM rosterd.undo(%s, false)", run),
        "erase": ("SELECT rosterd.erase_person(%s, %s, 'x')", d, person),
    }

    # While a run applies nobody comes in, and nobody waits for ever.
    other.ask("SELECT sync.close_gate(%s)", d)
    for name, call in calls.items():
        assert admin.refused(*call) == "RS012", name
    other.connection.rollback()

    # While a person is inside, who only reads or pins comes in too; an undo and an erasure do not.
    other.ask("SELECT sync.enter_gate(%s)", d)
    for name in ("pin", "unpin", "explain", "preview"):
        admin.ask(*calls[name])
    for name in ("undo", "erase"):
        assert admin.refused(*calls[name]) == "RS012", name
    other.connection.rollback()

    # Two of them at once: one after the other, and the second finds it done, also one that has waited. No deadlock.
    other.ask(*calls["undo"])
    assert admin.refused(*calls["undo"]) == "RS012"
    waiting = Session(dsn)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        refused = pool.submit(waiting.refused, *calls["undo"])
        lab.wait_until(lambda: admin.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = %s",
                                         waiting.connection.info.backend_pid), "the second undo to wait at the gate")
        other.connection.commit()
        assert refused.result() == "RS010"
    waiting.connection.close()
    assert admin.refused(*calls["undo"]) == "RS010"

    # A snapshot from before the gate would judge what is no longer there.
    strict = Session(dsn, autocommit=False)
    for name, call in calls.items():
        strict.connection.rollback()
        strict.ask("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert strict.refused(*call) == ("RS010" if name in ("undo", "preview") else "0A000"), name
    strict.connection.rollback()

    # A run that had planned before an undo takes into account what was put back.
    admin.ask("SELECT test.drop_person('s2')")
    bad = admin.ask("SELECT test.sync()")
    planned = admin.ask("SELECT test.begin_run()")
    admin.ask("SELECT test.plan(%s)", planned)
    admin.ask("SELECT sync.undo_asked(%s, false, 'uid:1000')", bad)
    assert admin.ask("SELECT requested_by FROM rosterd.run WHERE undoes = %s", bad) == "uid:1000"
    assert not admin.ask("SELECT current_setting('rosterd.changed_by', true)"), "who asked is forgotten with the call"
    admin.ask("SELECT test.apply(%s)", planned)
    assert admin.ask("SELECT test.schools('s2')") == "s1"
    assert admin.ask("SELECT test.findings('pin.keeps')") == "s1 s2"
    for session in (admin, other, strict):
        session.connection.close()
