"""Manual acts beside runs and beside each other, over real connections.

What one transaction can show is in tests/sql/api_*.sql. Here: that acts wait for each other and for
runs without a deadlock reaching anybody, and that nothing of them is lost or half seen (SAFE-8).
"""

import pathlib
import random
import threading

import psycopg2
import pytest

import lab

HERE = pathlib.Path(__file__).resolve().parent
STUDENTS = 12
REFUSALS = {"RS001", "RS003", "RS004", "RS005", "RS006", "RS007", "RS008", "RS009", "RS011", "RS012", "55000"}


@pytest.fixture(scope="module")
def dsn(home):
    """A cluster of its own, the schema, and the fixture of the SQL tests, committed."""
    cluster = lab.Cluster(home)
    cluster.start()
    cluster.create("acts")
    where = cluster.dsn("acts")
    cluster.apply_schema("acts")
    with psycopg2.connect(where) as connection, connection.cursor() as cursor:
        cursor.execute((HERE.parent / "sql" / "lib.sql").read_text())
    yield where
    cluster.stop()


class Person:
    """Somebody with a connection of their own."""

    def __init__(self, dsn, autocommit=True):
        self.connection = psycopg2.connect(dsn)
        self.connection.autocommit = autocommit
        self.cursor = self.connection.cursor()

    def ask(self, sql, *args):
        self.cursor.execute(sql, args)
        row = self.cursor.fetchone() if self.cursor.description else None
        return row[0] if row else None

    def state(self, sql, *args):
        """What became of a call: ok, or its SQLSTATE."""
        try:
            self.ask(sql, *args)
            return "ok"
        except psycopg2.Error as error:
            return error.pgcode

    def close(self):
        self.connection.close()


@pytest.fixture
def district(dsn, request):
    """A synced district with a leader; test.d() is it for every connection."""
    admin = Person(dsn)
    d = admin.ask("SELECT test.district(%s)", request.node.name.replace("_", "-")[:40].rstrip("-"))
    for n in range(STUDENTS):
        admin.ask("SELECT test.student(%s, %s, 'Ash')", f"s{n}", f"S{n}")
        admin.ask("SELECT test.guardian(%s, %s, 'Ash', ARRAY[%s, %s], email => %s)", f"g{n}", f"G{n}", f"s{n}",
                  f"s{(n + 1) % STUDENTS}", f"g{n}@example.org")
    for c in ("c0", "c1", "c2"):
        admin.ask("SELECT test.class(%s, %s)", c, c)
        for n in range(STUDENTS):
            admin.ask("SELECT test.enroll(%s, %s)", c, f"s{n}")
    admin.ask("SELECT test.sync()")
    admin.ask("SELECT rosterd.appoint_leader(%s, NULL, 'Lea', 'Lead', %s)", d, "lea@example.org")
    leader = admin.ask("SELECT person_id FROM directory.role WHERE district_id = %s AND role = 'district_leader'", d)
    admin.ask("SELECT rosterd.grant_users_manager(%s, %s)", d, leader)
    admin.ask("SELECT api.set_sis_rostering(%s, %s, test.school('s1'), true)", d, leader)
    yield admin, d, leader
    admin.close()


def secret_of(person, d, sourced_id):
    return person.ask("SELECT secret FROM directory.invitation WHERE district_id = %s AND person_id = test.person(%s) AND state = 'open'",
                      d, sourced_id)


def blocked(admin, pid):
    return lab.wait_until(lambda: admin.ask("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", pid),
                          "the call waits for a lock")


# rule: ACC-2
def test_of_two_acceptances_one_is_refused(dsn, district):
    admin, d, _ = district
    secret = secret_of(admin, d, "g0")
    first, second = Person(dsn, autocommit=False), Person(dsn)
    first.ask("SELECT api.accept_invitation(%s, %s)", d, secret)
    pid = second.connection.get_backend_pid()
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(second.state("SELECT api.accept_invitation(%s, %s)", d, secret)))
    thread.start()
    blocked(admin, pid)
    first.connection.commit()
    thread.join(10)
    assert outcome == ["RS011"]
    assert admin.ask("SELECT status FROM directory.person WHERE person_id = test.person('g0')") == "active"
    first.close()
    second.close()


def act(person, d, leader, dice):
    """One random act; what became of it."""
    n, m, c = dice.randrange(STUDENTS), dice.randrange(STUDENTS), f"c{dice.randrange(3)}"
    calls = [
        ("SELECT api.rename_classroom(%s, %s, test.classroom(%s), %s)", (d, leader, c, f"R{n}")),
        ("SELECT api.archive_classroom(%s, %s, test.classroom(%s))", (d, leader, c)),
        ("SELECT api.unarchive_classroom(%s, %s, test.classroom(%s))", (d, leader, c)),
        ("SELECT api.add_student(%s, %s, test.classroom(%s), test.person(%s))", (d, leader, c, f"s{n}")),
        ("SELECT api.remove_member(%s, %s, test.classroom(%s), test.person(%s))", (d, leader, c, f"s{n}")),
        ("SELECT api.edit_person(%s, %s, test.person(%s), %s, NULL, %s, NULL, NULL)", (d, leader, f"g{n}", f"E{m}", f"g{m}@example.org")),
        ("SELECT api.update_account(%s, test.person(%s), NULL, NULL, %s, NULL, NULL)", (d, f"g{n}", f"own{m}@example.org")),
        ("SELECT api.add_guardian(%s, %s, test.person(%s), %s, 'Ash', %s, NULL, NULL)", (d, leader, f"s{n}", f"G{m}", f"g{m}@example.org")),
        ("SELECT api.add_guardian(%s, %s, test.person(%s), %s, 'Hand', %s, NULL, NULL)", (d, leader, f"s{n}", f"H{m}", f"h{m}@example.org")),
        ("SELECT api.remove_guardian(%s, %s, test.person(%s), test.person(%s))", (d, leader, f"s{n}", f"g{n}")),
        ("SELECT api.enable_student_account(%s, %s, test.person(%s))", (d, leader, f"s{n}")),
        ("SELECT api.outbox_sent(%s, ARRAY(SELECT o.id FROM api.take_outbox(%s, 30) AS o ORDER BY random()))", (d, d)),
    ]
    pick = dice.randrange(len(calls) + 2)
    if pick == len(calls):
        secret = person.ask("SELECT secret FROM directory.invitation WHERE district_id = %s AND state = 'open' LIMIT 1", d)
        return person.state("SELECT api.accept_invitation(%s, %s)", d, secret)
    if pick > len(calls):
        try:
            code = person.ask("SELECT api.create_join_code(%s, %s, test.classroom(%s))", d, leader, c)
        except psycopg2.Error as error:
            return error.pgcode
        return person.state("SELECT api.join_with_code(%s, %s, %s, 'Ash', %s, 'Joiner', %s, NULL)", d, code, f"S{n}", f"J{m}", f"j{m}@example.org")
    return person.state(calls[pick][0], *calls[pick][1])


# rule: SAFE-8
def test_many_acts_at_once_and_runs_among_them(dsn, district):
    admin, d, leader = district
    outcomes, lock, over = [], threading.Lock(), threading.Event()

    def someone(seed):
        person, dice = Person(dsn), random.Random(seed)
        for _ in range(50):
            outcome = act(person, d, leader, dice)
            with lock:
                outcomes.append(outcome)
        person.close()

    def runs():
        person, dice = Person(dsn), random.Random(0)
        while not over.is_set():
            n = dice.randrange(STUDENTS)
            person.ask("SELECT test.guardian(%s, %s, 'Ash', ARRAY[%s], email => %s)", f"g{n}", f"G{n}", f"s{n}",
                       f"g{dice.randrange(STUDENTS)}@example.org")
            person.ask("SELECT test.sync()")
        person.close()

    people = [threading.Thread(target=someone, args=(seed,)) for seed in range(1, 7)]
    runner = threading.Thread(target=runs)
    runner.start()
    for thread in people:
        thread.start()
    for thread in people:
        thread.join(240)
    over.set()
    runner.join(60)
    assert len(outcomes) == 300, "somebody did not come back"
    assert set(outcomes) - {"ok"} <= REFUSALS
    assert outcomes.count("ok") > 60
    # and the end is one that the rules themselves would come to
    admin.ask("SELECT test.sync(p_file => false)")
    before = admin.ask("SELECT test.versions()")
    admin.ask("UPDATE sis.judged SET rules_version = -1 WHERE district_id = %s", d)
    admin.ask("SELECT test.sync(p_file => false)")
    assert admin.ask("SELECT test.versions()") == before
