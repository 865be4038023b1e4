"""The control plane with several sessions at once: what one transaction cannot show."""

import contextlib
import select
import threading
import time

import lab
import psycopg2
import pytest

KEY = "SHA256:4YmHXxN0ZbzUaGYQqnLMfPVPvDq8xT5b8w3WzZr1k2A"


@pytest.fixture(scope="module")
def schema(cluster):
    """A database with the schema put there by psql: these tests need no program of ours."""
    cluster.create("control")
    cluster.apply_schema("control")
    if not cluster.value("control", "SELECT to_regrole('amy') IS NOT NULL"):
        cluster.query("control", "CREATE ROLE amy LOGIN IN ROLE rosterd_csm")
    return "control"


@pytest.fixture
def plane(cluster, schema):
    name = f"control_{time.monotonic_ns()}"
    cluster.create(name, schema)
    with contextlib.closing(Plane(cluster, name)) as place:
        yield place
    cluster.drop(name)


class Plane:
    """A database, and sessions in it that are closed with it."""

    def __init__(self, cluster, name):
        self.cluster, self.name, self.sessions = cluster, name, []

    def close(self):
        for session in self.sessions:
            session.close()

    def session(self, user="rosterd_daemon", autocommit=True, patience_ms=5000):
        connection = self.cluster.connect(
            self.name, user, autocommit, options=f"-c lock_timeout={patience_ms} -c application_name=test")
        self.sessions.append(connection)
        return Session(connection)

    def root(self, sql, *args):
        return self.cluster.query(self.name, sql, args or None)

    def districts(self, number, on=True):
        self.root("""SELECT rosterd.onboard('d' || n, 'District ' || n, 'localhost', 22, 'u', '/', 'k')
                     FROM generate_series(1, %s) n""", number)
        self.root("UPDATE rosterd.source SET host_keys = ARRAY[%s]", KEY)
        if on:
            self.root("SET rosterd.allow_bulk = 'on'; UPDATE rosterd.district SET sync_enabled = true")
        return [row[0] for row in self.root("SELECT district_id FROM rosterd.district ORDER BY 1")]


class Session:
    def __init__(self, connection):
        self.connection = connection

    def rows(self, sql, *args):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, args)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    def value(self, sql, *args):
        return self.rows(sql, *args)[0][0]

    def start(self, ttl_s=600):
        daemon = self.value("SELECT sync.daemon_start('test', '1')")
        return daemon, dict(self.rows("SELECT * FROM sync.lease_districts(%s, %s)", daemon, ttl_s))

    def begin(self, daemon, district, epoch):
        return self.value("SELECT sync.run_begin(%s, %s, %s, 'schedule', NULL)", daemon, district, epoch)


@contextlib.contextmanager
def refused(sqlstate):
    with pytest.raises(psycopg2.Error) as caught:
        yield
    assert caught.value.pgcode == sqlstate, caught.value


def at_once(*calls):
    """Run the calls in threads that set out together; their results or errors, in order."""
    barrier, results = threading.Barrier(len(calls)), [None] * len(calls)

    def one(number, call):
        barrier.wait(20)
        try:
            results[number] = call()
        except psycopg2.Error as error:
            results[number] = error

    threads = [threading.Thread(target=one, args=pair, daemon=True) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"
    return results


# rule: OFF-1
def test_a_switch_that_has_returned_is_obeyed(plane):
    (district,) = plane.districts(1)
    daemon, csm = plane.session(), plane.session("amy", patience_ms=200)
    number, epochs = daemon.start()
    run = daemon.begin(number, district, epochs[district])
    off = "UPDATE rosterd.district SET sync_enabled = false WHERE slug = 'd1'"

    # The check holds the row until the commit: the switch comes either before it or after.
    daemon.rows("SELECT sync.plan(%s)", run)
    applying = plane.session(autocommit=False)
    applying.rows("SELECT sync.apply(%s)", run)
    applying.rows("SELECT sync.check(%s)", run)
    with refused("55P03"):
        csm.rows(off)
    applying.connection.rollback()
    assert csm.rows(off) == 1

    applying.rows("SELECT sync.apply(%s)", run)
    with refused("RS102"):
        applying.rows("SELECT sync.check(%s)", run)
    applying.connection.rollback()
    with refused("RS102"):
        daemon.begin(number, district, epochs[district])


# rule: OFF-1
def test_the_check_waits_for_nobody(plane):
    (district,) = plane.districts(1)
    daemon, csm = plane.session(), plane.session("amy", autocommit=False)
    number, epochs = daemon.start()
    run = daemon.begin(number, district, epochs[district])
    daemon.rows("SELECT sync.plan(%s)", run)
    csm.rows("UPDATE rosterd.district SET note = 'let me think' WHERE slug = 'd1'")
    with refused("RS103"):
        daemon.rows(f"BEGIN; SELECT sync.apply({run}); SELECT sync.check({run})")
    daemon.rows("ROLLBACK")
    csm.connection.commit()
    # a changed note cancels nothing
    daemon.rows(f"BEGIN; SELECT sync.apply({run}); SELECT sync.check({run}); COMMIT")
    assert plane.root("SELECT state FROM rosterd.run") == [("done",)]


# rule: OFF-1
def test_a_switch_never_waits_for_a_plan(plane):
    """A plan of a large district takes minutes; whoever switches it off has other things to do."""
    (district,) = plane.districts(1)
    daemon, csm = plane.session(), plane.session("amy", patience_ms=300)
    number, epochs = daemon.start()
    run = daemon.begin(number, district, epochs[district])
    planning = plane.session(autocommit=False)
    planning.rows("SELECT sync.plan(%s)", run)
    assert csm.rows("UPDATE rosterd.district SET sync_enabled = false WHERE slug = 'd1'") == 1
    planning.connection.commit()
    with refused("RS102"):
        daemon.rows(f"BEGIN; SELECT sync.apply({run}); SELECT sync.check({run})")
    daemon.rows("ROLLBACK")


# rule: SAFE-7
def test_what_was_not_applied_is_not_committed_as_applied(plane):
    """As if the connection had broken after sync.apply, and the check went to a new session."""
    (district,) = plane.districts(1)
    daemon = plane.session()
    number, epochs = daemon.start()
    run = daemon.begin(number, district, epochs[district])
    daemon.rows("SELECT sync.plan(%s)", run)
    daemon.rows(f"BEGIN; SELECT sync.apply({run}); ROLLBACK")
    with refused("RS105"):
        daemon.rows(f"SELECT sync.check({run}); COMMIT")
    daemon.rows("ROLLBACK")


# rule: SAFE-8
def test_ending_a_run_waits_a_second_at_most(plane):
    """All districts of a daemon share the connection that says how a run ended."""
    (district,) = plane.districts(1)
    daemon = plane.session(patience_ms=20000)
    number, epochs = daemon.start()
    run = daemon.begin(number, district, epochs[district])
    applying = plane.session(autocommit=False)
    applying.rows("SELECT sync.plan(%s)", run)
    begun = time.monotonic()
    with refused("RS103"):
        daemon.rows("SELECT sync.run_end(%s, 'interrupted', NULL, NULL, 'nobody')", run)
    assert time.monotonic() - begun < 10
    applying.connection.rollback()
    daemon.rows("SELECT sync.run_end(%s, 'interrupted', NULL, NULL, 'nobody')", run)


# rule: SAFE-8
def test_one_run_of_a_district_at_a_time(plane):
    (district,) = plane.districts(1)
    first, second = plane.session(), plane.session()
    number, epochs = first.start()
    results = at_once(*[lambda s=s: s.begin(number, district, epochs[district]) for s in (first, second)])
    assert sorted(getattr(r, "pgcode", "begun") for r in results) == ["RS105", "begun"]


def test_daemons_share_fairly_and_nobody_owns_twice(plane):
    everything = plane.districts(20)
    daemons = [plane.session() for _ in range(4)]
    numbers = [daemon.value("SELECT sync.daemon_start('test', '1')") for daemon in daemons]

    def lease(session, number):
        return session.rows("SELECT * FROM sync.lease_districts(%s, 600)", number)

    for _ in range(5):
        shares = at_once(*[lambda s=s, n=n: lease(s, n) for s, n in zip(daemons, numbers)])
    owned = [district for share in shares for district, _ in share]
    assert sorted(owned) == everything
    assert [len(share) for share in shares] == [5, 5, 5, 5]
    assert {epoch for share in shares for _, epoch in share} == {1}

    # One leaves: the rest take its five, under a new epoch, and keep their own as they are.
    daemons[0].rows("SELECT sync.daemon_stop(%s)", numbers[0])
    for _ in range(3):
        rest = at_once(*[lambda s=s, n=n: lease(s, n) for s, n in list(zip(daemons, numbers))[1:]])
    assert sorted(district for share in rest for district, _ in share) == everything
    assert sorted(epoch for share in rest for _, epoch in share) == [1] * 15 + [2] * 5


def test_taking_over_waits_for_nobody(plane):
    (district,) = plane.districts(1)
    dead, heir = plane.session(), plane.session(patience_ms=300)
    number, epochs = dead.start()
    run = dead.begin(number, district, epochs[district])

    # The dead one's last transaction is still at work on its run.
    working = plane.session("postgres", autocommit=False)
    working.rows("SELECT FROM rosterd.run WHERE run_id = %s FOR UPDATE", run)
    plane.root("UPDATE rosterd.daemon SET alive_until = now() - interval '1 second' WHERE daemon_id = %s", number)
    other, epochs = heir.start()
    assert epochs == {district: 2}
    assert plane.root("SELECT state FROM rosterd.run") == [("fetching",)]
    with refused("RS105"):
        heir.begin(other, district, 2)
    working.connection.rollback()
    assert heir.value("SELECT sync.daemon_beat(%s, 600)", other)
    assert plane.root("SELECT state, reason FROM rosterd.run") == [("interrupted", "daemon.stopped")]
    assert heir.begin(other, district, 2)
    assert not dead.value("SELECT sync.daemon_beat(%s, 600)", number)


def test_slots_run_out_and_come_back(plane):
    districts = plane.districts(9)
    daemon = plane.session()
    number, epochs = daemon.start()
    runs = [daemon.begin(number, district, epochs[district]) for district in districts]
    slots = [daemon.value("SELECT sync.slot_take(%s)", run) for run in runs]
    assert slots == [0, 1, 2, 3, 4, 5, 6, 7, None]
    assert plane.root("SELECT state FROM rosterd.run WHERE run_id = %s", runs[8]) == [("fetching",)]
    daemon.rows("SELECT sync.run_end(%s, 'failed', 'zip.damaged', NULL, 'district')", runs[3])
    assert daemon.value("SELECT sync.slot_take(%s)", runs[8]) == 3

    # A slot that a worker's transaction still holds is freed by a later beat, and not waited for.
    worker = plane.session("postgres", autocommit=False)
    worker.rows("SELECT FROM stage.slot WHERE slot = 5 FOR UPDATE")
    daemon.rows("SELECT sync.run_end(%s, 'failed', 'child.died', NULL, 'nobody')", runs[5])
    assert plane.root("SELECT run_id FROM stage.slot WHERE slot = 5") == [(runs[5],)]
    worker.connection.rollback()
    daemon.value("SELECT sync.daemon_beat(%s, 600)", number)
    assert plane.root("SELECT run_id FROM stage.slot WHERE slot = 5") == [(None,)]


def test_changes_are_told_at_once(plane):
    plane.districts(2, on=False)
    daemon, csm = plane.session(), plane.session("amy")
    daemon.rows("LISTEN rosterd_config")

    def told(deadline_s=10):
        connection = daemon.connection
        end = time.monotonic() + deadline_s
        while not connection.notifies and time.monotonic() < end:
            select.select([connection], [], [], max(0, end - time.monotonic()))
            connection.poll()
        payloads = [note.payload for note in connection.notifies]
        connection.notifies.clear()
        return payloads

    csm.rows("UPDATE rosterd.district SET sync_enabled = true WHERE slug = 'd1'")
    assert told() == ["d1"]
    plane.root("UPDATE rosterd.source SET port = 2222 WHERE district_id = (SELECT district_id FROM rosterd.district WHERE slug = 'd2')")
    assert told() == ["d2"]
    # What changes nothing, and what rosterd writes itself, is not told: the next is what a person did.
    csm.rows("UPDATE rosterd.district SET sync_enabled = true WHERE slug = 'd1'")
    number, _ = daemon.start()
    daemon.rows("SELECT * FROM sync.read_districts(%s)", number)
    csm.rows("UPDATE rosterd.district SET note = 'x' WHERE slug = 'd2'")
    assert told() == ["d2"]
    plane.root("UPDATE rosterd.district SET slug = 'd3' WHERE slug = 'd2'")
    assert told() == ["d3"]
    # So is a decision.
    plane.root("""WITH held AS (INSERT INTO rosterd.run (district_id, epoch, cause, state, ended_at)
                              SELECT district_id, 0, 'schedule', 'held', now() FROM rosterd.district WHERE slug = 'd1' RETURNING run_id, district_id)
                  INSERT INTO rosterd.hold (run_id, district_id, withholds, since, shown, settings_version, rules_version, judged_on, marks)
                  SELECT run_id, district_id, 'all', now(), '{}', 1, 1, now(), '{}' FROM held""")
    csm.rows("SELECT rosterd.approve(run_id, 'seen') FROM rosterd.hold")
    assert told() == ["d1"]


def test_who_asked_is_forgotten_with_the_call(plane):
    plane.districts(1)
    daemon = plane.session()
    daemon.rows("SELECT sync.set_pause('d1', now() + interval '1 hour', 'test', 'uid:1000')")
    daemon.rows("SELECT sync.hostkey_accept('d1', %s, 'uid:1001')", KEY.replace("4Y", "5Y"))
    assert plane.root("SELECT changed_by FROM rosterd.config_change ORDER BY change_id DESC LIMIT 2") == [("uid:1001",), ("uid:1000",)]
    assert not daemon.value("SELECT current_setting('rosterd.changed_by', true)")


def test_an_undecided_csm_delays_nobody(plane):
    plane.districts(2)
    daemon, csm = plane.session(patience_ms=300), plane.session("amy", autocommit=False)
    number, _ = daemon.start()
    csm.rows("UPDATE rosterd.district SET note = 'let me think' WHERE slug = 'd1'")
    read = dict(daemon.rows("SELECT slug, version FROM sync.read_districts(%s)", number))
    assert set(read) == {"d1", "d2"}
    seen = dict(plane.root("SELECT slug, seen_version FROM rosterd.district"))
    assert seen == {"d1": 0, "d2": read["d2"]}
    csm.connection.commit()
    read = dict(daemon.rows("SELECT slug, version FROM sync.read_districts(%s)", number))
    assert dict(plane.root("SELECT slug, seen_version FROM rosterd.district")) == read


def test_an_undecided_csm_holds_up_no_call_of_the_socket(plane):
    """These calls come by the connection that all districts of the daemon share."""
    plane.districts(1)
    daemon, csm = plane.session(patience_ms=20000), plane.session("amy", autocommit=False)
    csm.rows("UPDATE rosterd.district SET note = 'let me think' WHERE slug = 'd1'")
    for call in ("sync.set_pause('d1', now() + interval '1 hour', 'test', 'uid:0')", f"sync.hostkey_accept('d1', '{KEY[:-1]}B', 'uid:0')"):
        begun = time.monotonic()
        with refused("RS103"):
            daemon.rows(f"SELECT {call}")
        assert time.monotonic() - begun < 8
    csm.connection.commit()
    assert "paused" in daemon.value("SELECT sync.set_pause('d1', now() + interval '1 hour', 'test', 'uid:0')")


def test_the_schema_is_applied_again_without_harm(plane):
    plane.districts(2)
    before = plane.root("SELECT slug, version, sync_enabled FROM rosterd.district ORDER BY slug")
    plane.cluster.apply_schema(plane.name)
    assert plane.root("SELECT slug, version, sync_enabled FROM rosterd.district ORDER BY slug") == before
    assert plane.session().value("SELECT sync.schema_version()") == plane.root("SELECT max(number) FROM rosterd.schema_migration")[0][0]
