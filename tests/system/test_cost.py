"""What a district's night costs: its own size, whatever else is in the database.

Counted in buffers and rows, not in time. The night is rolled back, so the same one is measured again
beside other neighbours. Runs go through the fixture of the SQL tests, under the daemon's role.
"""

import pathlib
import subprocess

import lab
import pytest

HERE = pathlib.Path(__file__).resolve().parent
NEIGHBOURS = 200
SMALL, LARGE = 60, 600

FILL = """
INSERT INTO test.sis_class SELECT %(d)s, 'c' || i, 'Class ' || i, 's1', '{}' FROM generate_series(1, %(n)s / 20) i;
INSERT INTO test.sis_person SELECT %(d)s, 't' || i, '{teacher}', 'T' || i, 'Teach', 't' || i || '@staff.example', NULL, NULL, NULL, '{s1}', '{}'
    FROM generate_series(1, %(n)s / 20) i;
INSERT INTO test.sis_person SELECT %(d)s, 's' || i, '{student}', 'S' || i, 'Kid', NULL, NULL, NULL, NULL, '{s1}', ARRAY['g' || i]
    FROM generate_series(1, %(n)s) i;
INSERT INTO test.sis_person SELECT %(d)s, 'g' || i, '{guardian}', 'G' || i, 'Kid', 'g' || i || '@home.example', NULL, NULL, NULL, '{s1}', '{}'
    FROM generate_series(1, %(n)s) i;
INSERT INTO test.sis_enroll SELECT %(d)s, 'e' || i || '/' || k, 'c' || 1 + (i + k) %% (%(n)s / 20), 's' || i, 'student', NULL, NULL
    FROM generate_series(1, %(n)s) i, generate_series(1, 3) k;
"""
# One in 60 families leaves, two people change their name, a student changes class.
NIGHT = """
UPDATE test.now_at SET district_id = %(d)s;
UPDATE test.sis_person SET given = 'New' WHERE d = %(d)s AND id IN ('g3', 's4');
DELETE FROM test.sis_person WHERE d = %(d)s AND id ~ '^[sg]\\d+$' AND substr(id, 2)::integer %% 60 = 5;
DELETE FROM test.sis_enroll WHERE d = %(d)s AND substr(person, 2)::integer %% 60 = 5;
UPDATE test.sis_enroll SET class = 'c1' WHERE d = %(d)s AND id = 'e7/1';
"""
# Every row of a district once more for each neighbour: numbers need only be unique within a district.
COPY = """
INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE
SELECT {columns} FROM (SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(x) || {other})).*
    FROM {table} x, rosterd.district d WHERE x.district_id = %(d)s AND d.slug ~ '^neighbour') y
"""


class Accounts:
    """A cluster, and what things cost in it."""

    def __init__(self, home):
        # Nobody else works in it, and nothing is cleaned up between two measurements.
        self.cluster = lab.Cluster(home, settings={"autovacuum": "off"})
        self.cluster.start()
        self.cluster.create("cost")
        subprocess.run([str(HERE.parent / "tools" / "apply_sql.sh"), self.cluster.dsn("cost")], check=True)
        self.cursor = self.cluster.connect("cost").cursor()
        self.cursor.execute((HERE.parent / "sql" / "lib.sql").read_text())

    def rows(self, sql, **args):
        self.cursor.execute(sql, args)
        return self.cursor.fetchall() if self.cursor.description else []

    def district(self, slug, students):
        daemon = self.rows("SELECT daemon_id FROM test.now_at")
        d = self.rows("SELECT test.district(%(slug)s)", slug=slug)[0][0]
        if daemon:
            self.rows("UPDATE test.now_at SET daemon_id = %(daemon)s", daemon=daemon[0][0])
        self.rows(FILL, d=d, n=students)
        self.rows("SELECT test.sync(%(d)s)", d=d)
        self.rows("VACUUM ANALYZE")
        return d

    def neighbours(self, d):
        self.rows("INSERT INTO rosterd.district (slug, name, sync_enabled) SELECT 'neighbour-' || i, 'N', true FROM generate_series(1, %(n)s) i",
                  n=NEIGHBOURS)
        tables = self.rows("""SELECT c.oid::regclass::text, string_agg(quote_ident(a.attname), ', '), bool_or(a.attname = 'secret')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            WHERE c.relkind = 'r' AND n.nspname IN ('sis', 'directory') GROUP BY c.oid HAVING bool_or(a.attname = 'district_id') ORDER BY c.oid""")
        for table, columns, secret in tables:
            other = "jsonb_build_object('district_id', d.district_id)" + (
                " || jsonb_build_object('secret', md5(d.district_id || x.secret))" if secret else "")
            self.rows(COPY.format(table=table, columns=columns, other=other), d=d)
        self.rows("VACUUM ANALYZE")

    def night(self, d):
        """(buffers, rows of people's data read) of the plan and the apply of one night."""
        self.rows("BEGIN")
        self.rows(NIGHT, d=d)
        run = self.rows("SELECT test.begin_run(true, %(d)s)", d=d)[0][0]
        before, buffers = self.read(), 0
        for step in ("plan", "apply"):
            plan = self.rows(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT test.{step}({run})")[0][0][0]["Plan"]
            buffers += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        read = self.read() - before
        assert self.rows("SELECT state FROM rosterd.run WHERE run_id = %(run)s", run=run) == [("done",)]
        self.rows("ROLLBACK")
        return buffers, read

    def read(self):
        return int(self.rows("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables "
                             "WHERE schemaname IN ('sis', 'directory')")[0][0])


@pytest.fixture
def accounts(home):
    made = Accounts(home)
    yield made
    made.cluster.stop()


def test_a_night_costs_what_the_district_is(accounts):
    small = accounts.district("small", SMALL)
    alone = accounts.night(small)
    accounts.neighbours(small)
    among = accounts.night(small)
    print(f"small: {alone} (buffers, rows) alone, {among} among {NEIGHBOURS} more")
    # An index is a page deeper here and there; nobody else's row is looked at.
    assert among[0] <= 1.25 * alone[0]
    assert among[1] <= alone[1]
    # After a large neighbour in the same slot, whose size does not show.
    large = accounts.district("large", LARGE)
    cost = accounts.night(large)
    after_large = accounts.night(small)
    larger = accounts.district("larger", 4 * LARGE)
    cost_of_larger = accounts.night(larger)
    after_larger = accounts.night(small)
    print(f"small: {after_large} after one of {LARGE} students, {after_larger} after one of {4 * LARGE}")
    beside = accounts.night(large)
    print(f"large: {cost} with {LARGE} students, {cost_of_larger} with {4 * LARGE}; {beside} for {LARGE} beside those")
    assert max(after_large[1], after_larger[1]) <= alone[1]
    assert max(after_large[0], after_larger[0]) <= 4 * alone[0]
    # A large one pays for itself, no more than in proportion. Not counted in rows: what is a good part of a
    # table is read in the table's order, past the neighbours' rows, where that is fewer buffers.
    assert cost_of_larger[0] <= 4.4 * cost[0]
    assert beside[0] <= 1.25 * cost[0]
