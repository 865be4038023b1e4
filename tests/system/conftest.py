"""Fixtures of the system tests: real PostgreSQL, real OpenSSH, the installed programs.

One cluster and one sshd for the whole session; a fresh, migrated database for each test.
"""

import itertools
import os
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import fetcher as fetchers  # noqa: E402
import lab  # noqa: E402
import oneroster  # noqa: E402
from district import District  # noqa: E402
from fetching import Place  # noqa: E402

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def home():
    place = lab.Home()
    yield place
    if os.environ.get("ROSTERD_KEEP"):
        print(f"\nkept: {place.path}")
    else:
        place.remove()


@pytest.fixture(scope="session")
def installation(home):
    return lab.Installation(home, lab.default_prefix())


@pytest.fixture(scope="session")
def cluster(home):
    server = lab.Cluster(home)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sshd(home):
    server = lab.Sshd(home)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template(home, installation, cluster):
    """A database that `rosterd --migrate` made; tests get copies."""
    cluster.create("migrated")
    lab.Daemon(home, installation, cluster, "migrated", name="migrator").migrate()
    return "migrated"


@pytest.fixture
def database(cluster, template):
    name = cluster.create(f"t{next(NUMBERS)}", template)
    yield name
    cluster.drop(name)


@pytest.fixture
def districts(home, cluster, database, sshd):
    return lab.Districts(home, cluster, database, sshd)


@pytest.fixture
def make_daemon(request, home, installation, cluster, database, sshd):
    """Start a daemon on the test's database: make_daemon(name="b", config={…}, start=False)."""
    made = []

    def make(name="r", config=None, start=True):
        daemon = lab.Daemon(home, installation, cluster, database, f"{name}{next(NUMBERS)}", sshd, config)
        made.append(daemon)
        if start:
            daemon.start()
        return daemon

    yield make
    complaints = []
    for daemon in made:
        try:
            daemon.stop()
        except lab.LabError as error:
            complaints.append(str(error))
        text = daemon.log.read_text(errors="replace") if daemon.log.exists() else ""
        # What the sanitizers say ends up in the daemon's log, its children's through their stderr.
        for sign in ("AddressSanitizer", "LeakSanitizer", "runtime error:"):
            if sign in text:
                complaints.append(f"{sign} in {daemon.log}:\n{text[text.index(sign) - 200:][:4000]}")
    if getattr(request.node, "failed", False):
        for daemon in made:
            print(f"--- {daemon.log}\n{lab.tail(daemon.log, 60)}")
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def daemon(make_daemon):
    return make_daemon()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call" and outcome.get_result().failed:
        item.failed = True


@pytest.fixture
def package(tmp_path_factory):
    """Write a zip: package(District(...)) or package({"users": rows, …}, modes=…, extra=…)."""
    folder = tmp_path_factory.mktemp("zip")

    def write(what, **options):
        path = folder / f"{next(NUMBERS)}.zip"
        if isinstance(what, District):
            what.write(path)
        else:
            oneroster.write_zip(path, what, **options)
        return path

    return write


class Gate:
    """Stops the database at a row of our choice, until the gate is opened.

    A trigger on the table takes an advisory lock that we hold; whoever comes there waits. So a test
    knows where a run stands without waiting for time to pass.
    """

    KEY = 4_711

    def __init__(self, cluster, database):
        self.cluster, self.database = cluster, database
        self.holder = cluster.connect(database)
        self._do(f"SELECT pg_advisory_lock({self.KEY})")
        self._do("CREATE SCHEMA gate; GRANT USAGE ON SCHEMA gate TO PUBLIC;"
                 "CREATE FUNCTION gate.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                 f"PERFORM pg_advisory_xact_lock_shared({self.KEY}); RETURN NEW; END $$;"
                 "GRANT EXECUTE ON FUNCTION gate.wait() TO PUBLIC")

    def _do(self, sql):
        with self.holder.cursor() as cursor:
            cursor.execute(sql)

    def on_row(self, table, when="true", event="INSERT"):
        self._do(f"CREATE TRIGGER gate BEFORE {event} ON {table} FOR EACH ROW WHEN ({when}) "
                 "EXECUTE FUNCTION gate.wait()")

    def on_commit(self, table, event="INSERT OR UPDATE"):
        """Waits when a transaction that touched the table commits."""
        self._do(f"CREATE CONSTRAINT TRIGGER gate AFTER {event} ON {table} DEFERRABLE INITIALLY DEFERRED "
                 "FOR EACH ROW EXECUTE FUNCTION gate.wait()")

    def waiting(self):
        """Process ids of the backends that stand at the gate."""
        return [row[0] for row in self.cluster.query(
            self.database, "SELECT l.pid FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database "
            "WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted "
            "AND l.classid = 0 AND l.objid = %s", (self.KEY,))]

    def wait(self, deadline_s=60):
        """Until somebody stands at the gate; returns the backend's process id."""
        return lab.wait_until(self.waiting, "nobody came to the gate", deadline_s)[0]

    def open(self):
        self.holder.close()

    def remove(self, *tables):
        """Take the triggers away, over a connection of its own (ours may have died with the server)."""
        for table in tables:
            self.cluster.query(self.database, f"DROP TRIGGER gate ON {table}")


@pytest.fixture
def gate(cluster, database):
    made = []

    def make():
        made.append(Gate(cluster, database))
        return made[-1]

    yield make
    for one in made:
        one.open()


# --- rosterd-fetch alone, driven as the daemon drives it ---------------------------------------------


@pytest.fixture(scope="session")
def program(request, home):
    """ROSTERD_FETCH names a program that is not installed."""
    built = os.environ.get("ROSTERD_FETCH")
    if not built:
        return request.getfixturevalue("installation").fetch
    return home.write("rosterd-fetch", pathlib.Path(built).read_bytes(), 0o700)


@pytest.fixture(scope="session")
def keyed_sshd(home):
    server = fetchers.KeyedSshd(home, "keyed")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make_fetcher(home, program, keyed_sshd):
    made = []

    def make():
        made.append(fetchers.Fetcher(home, program, f"fetch{random.getrandbits(32):x}", keyed_sshd))
        return made[-1]

    yield make
    for one in made:
        words = one.complaints()
        one.stop()
        assert "Sanitizer" not in words and "runtime error" not in words, words


@pytest.fixture
def fetcher(make_fetcher):
    """Ends by itself at the end of the test, with nothing left on its loop."""
    one = make_fetcher()
    yield one
    if one.process.poll() is None:
        assert one.close() == 0, one.complaints()
        assert [name for name in one.spooled() if not name.endswith(".zip")] == []


@pytest.fixture
def place(home, keyed_sshd, fetcher):
    return Place(home, keyed_sshd, fetcher)
