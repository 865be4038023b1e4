"""Runs and manual acts at the same moment, on real connections; and what a crash leaves.

The SQL fixture (tests/sql/lib.sql) plays the worker and the daemon's statements, so that a run can be
stopped at its worst point.
"""

import contextlib
import pathlib
import subprocess
import threading

import psycopg2
import pytest

import lab

TREE = pathlib.Path(__file__).resolve().parent.parent
FAMILY = """
    SELECT test.district();
    SELECT test.class('c1', 'Class 1');
    SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Ash');
    SELECT test.guardian('gus', 'Gus', 'Ash', '{ann,bob}', email => 'gus@example.org');
    SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob');
    SELECT test.sync();
"""
# Everything people see, without numbers that are drawn anew at each try.
SEEN = """
    SELECT 'person', test.name_of(person_id), given_name, family_name, status FROM directory.person
    UNION ALL SELECT 'credential', test.name_of(person_id), kind, value, manual::text FROM directory.credential
    UNION ALL SELECT 'member', test.name_of(person_id), c.sourced_id, role, c.state FROM directory.member JOIN directory.classroom c USING (classroom_id)
    UNION ALL SELECT 'guardianship', test.name_of(student_id), test.name_of(guardian_id), NULL, NULL FROM directory.guardianship
    UNION ALL SELECT 'role', test.name_of(person_id), role, state, NULL FROM directory.role
    UNION ALL SELECT 'invitation', test.name_of(person_id), value, state, NULL FROM directory.invitation
    UNION ALL SELECT 'mirror', sourced_id, given_name, live::text, NULL FROM sis.person
    ORDER BY 1, 2, 3, 4, 5
"""


def fill(cluster, name):
    """A database with the schema and the fixture, by psql alone."""
    cluster.create(name)
    cluster.apply_schema(name)
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", cluster.dsn(name), "-f", TREE / "sql" / "lib.sql", "-c", FAMILY],
                   check=True, stdout=subprocess.DEVNULL)
    return name


@pytest.fixture(scope="module")
def synced(cluster):
    return fill(cluster, "reconcile")


@pytest.fixture
def database(cluster, synced, request):
    name = cluster.create("r_" + request.node.name[:40].lower(), synced)
    yield name
    cluster.drop(name)


@pytest.fixture
def connect(cluster, database):
    with contextlib.ExitStack() as stack:
        def make(user="postgres", autocommit=True):
            return stack.enter_context(contextlib.closing(cluster.connect(database, user, autocommit))).cursor()
        yield make


def ask(cursor, sql, *args):
    cursor.execute(sql, args or None)
    row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def refused(cursor, sqlstate, sql, *args):
    with pytest.raises(psycopg2.Error) as caught:
        cursor.execute(sql, args or None)
    assert caught.value.pgcode == sqlstate, caught.value
    return caught.value


def planned(cursor, changes):
    """A run whose file has these changes, staged and planned, not applied."""
    cursor.execute(changes)
    run = ask(cursor, "SELECT test.begin_run()")
    ask(cursor, "SELECT test.plan(%s)", run)
    ask(cursor, "SELECT test.as_daemon(format('SELECT sync.run_state(%%s, %%L)', %s, 'applying'))", run)
    return run


def secret(cursor):
    return ask(cursor, "SELECT secret FROM directory.invitation WHERE value = 'gus@example.org' AND state = 'open'")


NEW_DETAILS = "SELECT test.guardian('gus', 'August', 'Ash', '{ann}', email => 'new@example.org')"
LEAVES = "SELECT test.drop_person('ann')"


# rule: ACC-2
# rule: UPD-4
# rule: SAFE-8
def test_accepted_between_plan_and_apply(connect):
    run_side, app = connect(), connect()
    run = planned(run_side, NEW_DETAILS)
    person = ask(app, "SELECT api.accept_invitation(test.d(), %s)", secret(app))
    ask(app, "SELECT api.update_account(test.d(), %s, NULL, NULL, 'mine@example.org', NULL, NULL)", person)
    ask(run_side, "SELECT test.apply(%s)", run)
    assert ask(app, "SELECT test.credentials('gus')") == "mine@example.org"
    assert ask(app, "SELECT given_name || ' ' || status FROM directory.person WHERE person_id = %s", person) == "Gus active"
    assert ask(app, "SELECT test.guardians('ann') || '|' || test.guardians('bob')") == "gus|", "relationships are still the SIS's"
    assert ask(app, "SELECT count(*) FROM sync.mark") == 0


# rule: ACC-2
# rule: SAFE-8
def test_accepting_while_the_run_is_applied_waits_and_is_told(connect):
    run_side, app = connect(autocommit=False), connect()
    run = planned(run_side, "SELECT test.student('cyd', 'Cyd', 'Cedar')")
    run_side.connection.commit()
    ask(run_side, "SELECT sync.apply(%s)", run)
    assert "try again" in str(refused(app, "RS012", "SELECT api.accept_invitation(test.d(), %s)", secret(app))).lower()
    ask(run_side, "SELECT sync.check(%s)", run)
    run_side.connection.commit()
    assert ask(app, "SELECT api.accept_invitation(test.d(), %s)", secret(app)) == ask(app, "SELECT test.person('gus')")


# rule: SAFE-8
def test_a_run_waits_for_an_act_under_way_and_sees_it_whole(cluster, database, connect):
    run_side, app = connect(), connect(autocommit=False)
    run = planned(run_side, NEW_DETAILS)
    person = ask(app, "SELECT api.accept_invitation(test.d(), %s)", secret(app))
    ask(app, "SELECT api.update_account(test.d(), %s, 'Own', NULL, NULL, NULL, NULL)", person)
    applying = threading.Thread(target=ask, args=(run_side, "SELECT test.apply(%s)", run))
    applying.start()
    lab.wait_until(lambda: cluster.value(database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"), "the run to wait")
    app.connection.commit()
    applying.join(30)
    assert not applying.is_alive()
    assert ask(run_side, "SELECT given_name FROM directory.person WHERE person_id = %s", person) == "Own"
    assert ask(run_side, "SELECT test.credentials('gus')") == "gus@example.org"


# rule: SAFE-8
def test_an_edit_by_hand_after_the_plan_is_judged(connect):
    """What the plan would have given to one is taken meanwhile by another, active one."""
    run_side, app = connect(), connect()
    run = planned(run_side, "SELECT test.guardian('hal', 'Hal', 'Ash', '{ann}', email => 'hal@example.org')")
    person = ask(app, "SELECT api.accept_invitation(test.d(), %s)", secret(app))
    ask(app, "SELECT api.update_account(test.d(), %s, NULL, NULL, 'hal@example.org', NULL, NULL)", person)
    ask(run_side, "SELECT test.apply(%s)", run)
    assert ask(app, "SELECT test.credentials('gus')") == "hal@example.org"
    assert ask(app, "SELECT test.findings('guardian.held')") == "hal"


# rule: SAFE-8
def test_two_runs_of_a_district_never_overlap(connect):
    one = connect()
    planned(one, LEAVES)
    refused(one, "RS105", "SELECT test.begin_run()")


# rule: OFF-1
def test_switched_off_between_plan_and_apply(connect):
    run_side, csm = connect(autocommit=False), connect()
    run = planned(run_side, LEAVES)
    run_side.connection.commit()
    csm.execute("UPDATE rosterd.district SET sync_enabled = false WHERE slug = 'oak'")
    ask(run_side, "SELECT sync.apply(%s)", run)
    refused(run_side, "RS102", "SELECT sync.check(%s)", run)
    run_side.connection.rollback()
    assert ask(csm, "SELECT test.members('c1') || test.schools('ann')") == "ann bobs1"


# rule: OFF-1
def test_the_switch_and_the_check_at_one_moment(connect):
    """The CSM's UPDATE is not committed yet: the run does not wait for it and does not commit."""
    run_side, csm = connect(autocommit=False), connect(autocommit=False)
    run = planned(run_side, LEAVES)
    run_side.connection.commit()
    ask(run_side, "SELECT sync.apply(%s)", run)
    csm.execute("UPDATE rosterd.district SET sync_enabled = false WHERE slug = 'oak'")
    refused(run_side, "RS103", "SELECT sync.check(%s)", run)
    run_side.connection.rollback()
    csm.connection.commit()
    ask(run_side, "SELECT sync.apply(%s)", run)
    refused(run_side, "RS102", "SELECT sync.check(%s)", run)


# rule: OFF-1
@pytest.mark.parametrize("change, sqlstate", [
    ("paused_until = now() + interval '1 hour', pause_reason = 'holidays'", "RS102"),
    ("relatives_are_guardians = false", "RS102"),
    ("note = 'called them'", None)], ids=["paused", "setting", "note"])
def test_what_cancels_a_run(connect, change, sqlstate):
    run_side, csm = connect(autocommit=False), connect()
    run = planned(run_side, LEAVES)
    run_side.connection.commit()
    csm.execute(f"UPDATE rosterd.district SET {change} WHERE slug = 'oak'")
    ask(run_side, "SELECT sync.apply(%s)", run)
    if sqlstate:
        refused(run_side, sqlstate, "SELECT sync.check(%s)", run)
    else:
        ask(run_side, "SELECT sync.check(%s)", run)


# rule: SAFE-8
def test_another_daemon_took_over(connect):
    run_side, other = connect(autocommit=False), connect()
    run = planned(run_side, LEAVES)
    run_side.connection.commit()
    ask(run_side, "SELECT sync.apply(%s)", run)
    other.execute("UPDATE rosterd.lease SET epoch = epoch + 1")
    refused(run_side, "RS101", "SELECT sync.check(%s)", run)
    run_side.connection.rollback()
    refused(run_side, "RS101", "SELECT sync.apply(%s)", run)


# rule: SAFE-7
def test_killed_while_applying_the_next_try_ends_the_same(cluster, database, connect, synced):
    """The backend dies with everything written and nothing committed; then the plan is applied again."""
    run_side, other = connect(), connect()
    run = planned(run_side, f"{LEAVES}; {NEW_DETAILS}")
    victim = cluster.connect(database, autocommit=False)
    killed = victim.cursor()
    pid = victim.info.backend_pid
    ask(killed, "SELECT sync.apply(%s)", run)
    other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with pytest.raises(psycopg2.Error):
        killed.execute("SELECT 1")
    victim.close()
    lab.wait_until(lambda: not ask(other, "SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid), "the backend to end")
    assert ask(other, "SELECT test.schools('ann')") == "s1"
    ask(run_side, "SELECT test.apply(%s)", run)
    run_side.execute(SEEN)
    disturbed = run_side.fetchall()

    with contextlib.closing(cluster.connect(cluster.create("undisturbed_plan", synced))) as connection, connection.cursor() as calm:
        ask(calm, "SELECT test.apply(%s)", planned(calm, f"{LEAVES}; {NEW_DETAILS}"))
        calm.execute(SEEN)
        assert calm.fetchall() == disturbed
    cluster.drop("undisturbed_plan")


# rule: SAFE-7
@pytest.mark.parametrize("steps", ["staged", "planned"])
def test_a_crash_empties_the_slot_and_removes_nobody(steps):
    """The server goes down at once between two steps of a run. Recovery empties unlogged tables, and an
    empty slot must not read as "everybody left"."""
    home = lab.Home()
    cluster = lab.Cluster(home, settings={"synchronous_commit": "on"})
    try:
        cluster.start()
        name = fill(cluster, "crash")
        with contextlib.closing(cluster.connect(name)) as connection, connection.cursor() as cursor:
            run = ask(cursor, "SELECT test.begin_run()")
            if steps == "planned":
                ask(cursor, "SELECT test.plan(%s)", run)
        cluster.crash()
        with contextlib.closing(cluster.connect(name)) as connection, connection.cursor() as cursor:
            refused(cursor, "RS104", f"SELECT sync.{'plan' if steps == 'staged' else 'apply'}(%s)", run)
            assert ask(cursor, "SELECT test.members('c1') || '|' || test.guardians('ann') || '|' || test.schools('bob')") == "ann bob|gus|s1"
            ask(cursor, "SELECT sync.run_end(%s, 'failed', 'slot.lost', NULL, NULL)", run)
            ask(cursor, "SELECT test.sync()")
            assert ask(cursor, "SELECT test.members('c1') || '|' || test.guardians('ann') || '|' || test.schools('bob')") == "ann bob|gus|s1"
    finally:
        cluster.stop()
        home.remove()


GROW = """
    DO $do$
    DECLARE
        v_insert text;
    BEGIN
        FOR v_insert IN
            SELECT format('INSERT INTO %s (%s) SELECT %s FROM generate_series(1, 8000) n', t.name, string_agg(quote_ident(a.attname), ', '),
                          string_agg(format('CAST(%s AS %s)', CASE WHEN a.attname = 'slot' THEN '0' WHEN a.attndims > 0 THEN '''{}''' WHEN a.atttypid = 'boolean'::regtype THEN 'true'
                                                                   WHEN a.atttypid = 'date'::regtype THEN '''2020-01-01''' WHEN a.atttypid = 'jsonb'::regtype THEN '''{}'''
                                                                   ELSE 'n' END, format_type(a.atttypid, NULL)), ', '))
            FROM unnest(sync.slot_tables('judged')) AS t (name)
            JOIN pg_attribute a ON a.attrelid = t.name::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            GROUP BY t.name LOOP
            EXECUTE v_insert;
        END LOOP;
    END $do$;
"""
LEAVES_OF_0 = "SELECT string_agg(t.name || '_0', ', ') FROM unnest(sync.slot_tables('judged')) AS t (name)"
GROWN = "SELECT count(*) FROM unnest(sync.slot_tables('judged')) AS t (name) WHERE stage.has_grown(t.name, 0::smallint)"
LEFT = "SELECT sum((xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || t.name || '_0', false, true, '')))[1]::text::bigint) FROM unnest(sync.slot_tables('judged')) AS t (name)"


# rule: SAFE-7
def test_a_dump_that_reads_the_slot_is_not_waited_for_table_by_table(connect):
    """pg_dump holds every table until it has ended: the next run in the slot empties it all the same."""
    dump, run = connect(autocommit=False), connect()
    run.execute(GROW)
    assert ask(run, GROWN) > 20
    dump.execute(f"LOCK TABLE {ask(run, LEAVES_OF_0)} IN ACCESS SHARE MODE")
    run.execute("SET statement_timeout = '40s'")
    ask(run, "SELECT stage.empty_slot(sync.slot_tables('judged'), 0::smallint)")
    assert ask(run, LEFT) == 0
    dump.connection.rollback()
    run.execute(GROW)
    ask(run, "SELECT stage.empty_slot(sync.slot_tables('judged'), 0::smallint)")
    assert ask(run, GROWN) == 0
