"""A laboratory on loopback: private PostgreSQL, private OpenSSH, rosterd, in one temporary folder.

Used by the system tests, the demo and the bench. Everything runs as one ordinary account: the
caller, or `postgres` when the caller is root (PostgreSQL refuses to run as root). Nothing here
waits without a deadline, and only processes started here are ever stopped.
"""

import base64
import contextlib
import ctypes
import hashlib
import http.client
import itertools
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import psycopg2
import psycopg2.extras

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
SETTLED = ("done", "unchanged", "previewed", "rejected", "refused", "failed", "interrupted",
           "cancelled", "superseded", "held")


class LabError(Exception):
    """Something of the laboratory did not come up, or not in time."""


def wait_until(predicate, what, deadline_s=30.0, step_s=0.03):
    """Call predicate until it returns something true; that is returned. Late: LabError."""
    end = time.monotonic() + deadline_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise LabError(f"not within {deadline_s:g} s: {what() if callable(what) else what}")
        time.sleep(step_s)


def account():
    """The password entry of the account everything runs as."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def spawn(argv, *, dies_with=signal.SIGTERM, **popen):
    """Start a program as account(); it gets the signal dies_with if we die first.

    In a session of its own, so that Ctrl-C reaches us alone and we stop everything in order.
    """
    if os.geteuid() == 0:
        who = account()
        popen.update(user=who.pw_uid, group=who.pw_gid, extra_groups=[])

    def last_words():
        LIBC.prctl(PR_SET_PDEATHSIG, int(dies_with))

    return subprocess.Popen([str(a) for a in argv], preexec_fn=last_words, start_new_session=True,
                            **popen)


def run(argv, *, check=True, timeout=120, **popen):
    """Run a program as account() to its end; returns (status, stdout, stderr)."""
    process = spawn(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    text=True, **popen)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise LabError(f"{argv[0]} did not end within {timeout} s") from None
    if check and process.returncode != 0:
        raise LabError(f"{' '.join(map(str, argv))}: status {process.returncode}\n{out}{err}")
    return process.returncode, out, err


def give(path):
    """Hand a file or a whole folder to account()."""
    if os.geteuid() != 0:
        return path
    who = account()
    for entry in [path, *(pathlib.Path(path).rglob("*") if os.path.isdir(path) else [])]:
        os.chown(entry, who.pw_uid, who.pw_gid, follow_symlinks=False)
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tail(path, lines=30):
    with contextlib.suppress(OSError):
        return "\n".join(pathlib.Path(path).read_text(errors="replace").splitlines()[-lines:])
    return ""


class Home:
    """The temporary folder; short, as Unix sockets have 107 characters."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="rosterd-"))
        os.chmod(self.path, 0o700)
        give(self.path)

    def folder(self, name, mode=0o700):
        path = self.path / name
        path.mkdir(parents=True, exist_ok=True)
        os.chmod(path, mode)
        give(path)
        return path

    def write(self, name, data, mode=0o600):
        path = self.path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        os.chmod(path, mode)
        give(path)
        return path

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Installation:
    """Where the programs are: an installed prefix, copied to where account() may read it."""

    def __init__(self, home, prefix):
        self.prefix = home.path / "prefix"
        shutil.copytree(prefix, self.prefix, symlinks=True)
        os.chmod(self.prefix, 0o755)
        give(self.prefix)
        self.rosterd = self._one("sbin/rosterd")
        self.rosterctl = self._one("bin/rosterctl")
        self.fetch = self._one("libexec/rosterd/rosterd-fetch")
        self.stage = self._one("libexec/rosterd/rosterd-stage")
        self.sql = self._one("share/rosterd/sql")

    def _one(self, name):
        path = self.prefix / name
        if not path.exists():
            raise LabError(f"{name} is not installed in {self.prefix}")
        return path


def pg_bin():
    """The folder of PostgreSQL's server programs."""
    path = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
    candidates = [path] + sorted(map(str, pathlib.Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    for folder in candidates:
        if folder and os.access(os.path.join(folder, "initdb"), os.X_OK):
            return pathlib.Path(folder)
    raise LabError("no initdb: install postgresql-15")


CLUSTERS = itertools.count(1)  # several may share a home


class Cluster:
    """A private PostgreSQL on a Unix socket."""

    def __init__(self, home, durable=False, settings=None):
        self.bin = pg_bin()
        number = next(CLUSTERS)
        self.data = home.path / f"pg{number}"
        self.sockets = home.folder(f"s{number}")
        self.log = home.path / f"pg{number}.log"
        self.process = None
        self.settings = {
            "listen_addresses": "", "unix_socket_directories": self.sockets, "max_connections": 120,
            "shared_buffers": "128MB", "max_wal_size": "2GB", "autovacuum_naptime": "5s",
            "timezone": "UTC", "log_line_prefix": "%m %u@%d ",
            # Commits still reach the kernel before they are acknowledged: tests crash the server, not the machine.
            **({} if durable else {"fsync": "off", "full_page_writes": "off"}),
            **(settings or {})}
        # C.UTF-8: what the tests see does not hang on the machine's locale.
        run([self.bin / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", *([] if durable else ["-N"])], cwd=home.path)

    def start(self):
        options = [f"-c{name}={value}" for name, value in self.settings.items()]
        with open(self.log, "ab") as log:
            self.process = spawn([self.bin / "postgres", "-D", self.data, *options], dies_with=signal.SIGINT,
                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.data)
        wait_until(self._answers, lambda: f"PostgreSQL does not answer\n{tail(self.log)}", 60)

    def _answers(self):
        if self.process.poll() is not None:
            raise LabError(f"PostgreSQL ended with {self.process.returncode}\n{tail(self.log)}")
        try:
            psycopg2.connect(self.dsn("postgres")).close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self, sig=signal.SIGINT):
        """SIGINT: fast; SIGQUIT: at once, as in a crash."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(sig)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def crash(self):
        """Go down at once and come up through crash recovery, which empties unlogged tables."""
        self.stop(signal.SIGQUIT)
        self.start()

    def dsn(self, database, user="postgres"):
        return f"host={self.sockets} dbname={database} user={user}"

    def connect(self, database, user="postgres", autocommit=True, **options):
        connection = psycopg2.connect(self.dsn(database, user), **options)
        connection.autocommit = autocommit
        return connection

    def query(self, database, sql, args=None, user="postgres"):
        """Rows of one statement, as tuples."""
        with contextlib.closing(self.connect(database, user)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, args)
            return cursor.fetchall() if cursor.description else []

    def value(self, database, sql, args=None, user="postgres"):
        rows = self.query(database, sql, args, user)
        return rows[0][0] if rows else None

    def create(self, database, template="template1"):
        self.query("postgres", f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return database

    def apply_schema(self, database):
        """By psql alone, and as ourselves: account() may not be able to read our tree."""
        subprocess.run([SOURCE / "tests/tools/apply_sql.sh", self.dsn(database)], check=True)

    def drop(self, database):
        self.query("postgres", f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


class Sshd:
    """A private OpenSSH server on loopback that offers internal-sftp and nothing else."""

    def __init__(self, home, name="sshd"):
        self.folder = home.folder(name)
        self.port = free_port()
        self.process = None
        self.user = account().pw_name
        self.log = self.folder / "log"
        self.host_key = self.folder / "host_ed25519"
        self.client_key = self.folder / "client_ed25519"
        for key in (self.host_key, self.client_key):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key])
        shutil.copy(f"{self.client_key}.pub", self.folder / "authorized_keys")
        give(self.folder)
        self.write_config()

    def write_config(self):
        config = self.folder / "sshd_config"
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.host_key}\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nAllowTcpForwarding no\n"
            "X11Forwarding no\nMaxStartups 200:30:400\nMaxSessions 100\nLogLevel VERBOSE\n"
            "Subsystem sftp internal-sftp\nForceCommand internal-sftp\n")
        give(config)

    @property
    def fingerprint(self):
        blob = base64.b64decode(pathlib.Path(f"{self.host_key}.pub").read_text().split()[1])
        return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")

    def start(self):
        with open(self.log, "ab") as log:
            self.process = spawn(["/usr/sbin/sshd", "-D", "-e", "-f", self.folder / "sshd_config"],
                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)

        def answers():
            if self.process.poll() is not None:
                raise LabError(f"sshd ended with {self.process.returncode}\n{tail(self.log)}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                return probe.recv(4) == b"SSH-"
            return False

        wait_until(answers, lambda: f"sshd does not answer\n{tail(self.log)}", 20)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def sftp(self, batch):
        """Run OpenSSH's own client with these commands; fails when one of them fails."""
        if not (self.folder / "known_hosts").exists():
            known = self.folder / "known_hosts"
            known.write_text(f"[127.0.0.1]:{self.port} {pathlib.Path(f'{self.host_key}.pub').read_text()}")
            give(known)
        commands = self.folder / "batch"
        commands.write_text("\n".join(batch) + "\n")
        give(commands)
        run(["sftp", "-q", "-F", "/dev/null", "-o", f"IdentityFile={self.client_key}", "-o", "IdentitiesOnly=yes",
             "-o", f"UserKnownHostsFile={self.folder}/known_hosts", "-o", "StrictHostKeyChecking=yes",
             "-P", self.port, "-b", commands, f"{self.user}@127.0.0.1"])


class Silence:
    """A server that takes connections (the kernel does it) and then says nothing."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(128)
        self.port = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


class UnixHTTP(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.unix_path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.unix_path)


def merge(base, over):
    """over on top of base, folder by folder of the JSON."""
    merged = dict(base)
    for key, value in over.items():
        merged[key] = merge(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
    return merged


class Daemon:
    """One rosterd with its own folder; talk to it through its sockets."""

    def __init__(self, home, installation, cluster, database, name="rosterd", sshd=None, config=None):
        self.folder = home.folder(name)
        self.installation, self.cluster, self.database = installation, cluster, database
        for part in ("spool", "credentials", "run"):
            (self.folder / part).mkdir(mode=0o700)
        if sshd:
            shutil.copy(sshd.client_key, self.folder / "credentials" / "drop.key")
        give(self.folder)
        self.status_socket = self.folder / "run" / "status.sock"
        self.control_socket = self.folder / "run" / "control.sock"
        self.log = self.folder / "log"
        self.process = None
        self.config = merge({
            "database": {"conninfo": cluster.dsn(database, "rosterd_daemon"),
                         "stage_conninfo": f"host={cluster.sockets} dbname={database}",
                         "migrate_conninfo": cluster.dsn(database)},
            "spool": {"path": f"{self.folder}/spool", "max_bytes": 4 << 30, "keep_days": 1},
            "credentials": {"path": f"{self.folder}/credentials"},
            "sockets": {"status": str(self.status_socket), "control": str(self.control_socket),
                        "status_group": "", "control_group": ""},
            "programs": {"fetch": str(installation.fetch), "stage": str(installation.stage)},
            "sql": str(installation.sql),
            "workers": {"fetch": 1, "sessions": 32, "sessions_per_host": 16, "stage": 2},
            "schedule": {"jitter_percent": 0, "reread_s": 2, "retry_min_s": 0.5, "retry_max_s": 2},
            "deadlines": {"drain_s": 3},
            "lease": {"ttl_s": 3},
        }, config or {})
        self.config_file = self.folder / "rosterd.json"
        self.write_config()

    def write_config(self):
        self.config_file.write_text(json.dumps(self.config, indent=1))
        give(self.config_file)

    def environment(self):
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "TZ": "UTC", "LANG": "C.UTF-8",
                **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}

    def migrate(self):
        return run([self.installation.rosterd, "--config", self.config_file, "--migrate"],
                   env=self.environment(), cwd=self.folder)

    def start(self, ready=True):
        with open(self.log, "ab") as log:
            self.process = spawn([self.installation.rosterd, "--config", self.config_file],
                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                 env=self.environment())
        if ready:
            self.wait_ready()

    def wait_ready(self, deadline_s=30):
        def is_ready():
            if self.process.poll() is not None:
                raise LabError(f"rosterd ended with {self.process.returncode}\n{tail(self.log)}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.get("/readyz")[0] == 200
            return False

        wait_until(is_ready, lambda: f"rosterd is not ready\n{tail(self.log)}", deadline_s)

    def stop(self, sig=signal.SIGTERM, deadline_s=30):
        """Returns rosterd's exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(sig)
            try:
                self.process.wait(deadline_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise LabError(f"rosterd did not end within {deadline_s} s\n{tail(self.log)}") from None
        return self.process.returncode

    def kill(self):
        """As kill -9 would."""
        self.process.kill()
        self.process.wait()

    def request(self, method, path, body=None, unix=None):
        connection = UnixHTTP(unix or (self.status_socket if method == "GET" else self.control_socket), 20)
        headers = {"Host": "localhost"}
        if body is not None:
            headers.update({"Content-Type": "application/json", "X-Roster": "1"})
        try:
            with contextlib.suppress(BrokenPipeError):  # refused before the body was sent; the answer is there
                connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.headers.get_content_type() == "application/json":
            return answer.status, json.loads(data)
        return answer.status, data.decode()

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body=None):
        return self.request("POST", path, {} if body is None else body)

    def sync(self, slug):
        return self.post(f"/v1/districts/{slug}/sync")

    def ctl(self, *words, check=True):
        """rosterctl, as a person would call it; returns (status, stdout, stderr)."""
        return run([self.installation.rosterctl, "--socket", self.status_socket, "--control", self.control_socket,
                    *words], check=check, env={**self.environment(), "TERM": "dumb"}, cwd=self.folder)

    def children(self, program):
        """Process ids of our children that run the program."""
        found = []
        for pid in _children(self.process.pid):
            with contextlib.suppress(OSError):
                if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == program:
                    found.append(pid)
        return found


def _children(pid):
    with contextlib.suppress(OSError):
        return [int(c) for task in os.listdir(f"/proc/{pid}/task")
                for c in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
    return []


class Districts:
    """Districts of one database, their drops, and the runs they had."""

    def __init__(self, home, cluster, database, sshd):
        self.home, self.cluster, self.database, self.sshd = home, cluster, database, sshd

    def add(self, slug, name=None, host="127.0.0.1", port=None, on=True, **source):
        """Onboard a district with its drop; source: columns of rosterd.source to set."""
        drop = self.home.folder(f"drop/{self.database}/{slug}")
        settings = {"host_keys": [self.sshd.fingerprint], "poll_every": "1 second", "ready": "marker", **source}
        self.sql("SELECT rosterd.onboard(%s, %s, %s, %s, %s, %s, %s)",
                 (slug, name or slug, host, port or self.sshd.port, self.sshd.user, str(drop), "drop"))
        columns = ", ".join(f"{column} = %s" for column in settings)
        self.sql(f"UPDATE rosterd.source SET {columns} WHERE district_id = {self.ident(slug)}", list(settings.values()))
        if on:
            self.sql("SELECT rosterd.set_sync(%s, true, NULL)", (slug,))
        return drop

    def ident(self, slug):
        return self.value("SELECT district_id FROM rosterd.district WHERE slug = %s", (slug,))

    def sql(self, text, args=None):
        return self.cluster.query(self.database, text, args)

    def value(self, text, args=None):
        return self.cluster.value(self.database, text, args)

    def drop(self, slug):
        return self.home.path / "drop" / self.database / slug

    def put(self, slug, package, name="export.zip", marker=True):
        """Put a zip into the drop as an uploader does: under another name, then renamed, then the marker."""
        drop = self.drop(slug)
        # SFTP tells time in seconds, and of two files of one second the name decides: be later than the others.
        when = max([int(time.time()), *(int(entry.stat().st_mtime) + 1 for entry in drop.iterdir())])
        partial = drop / f"{name}.part"
        shutil.copyfile(package, partial)
        os.utime(partial, (when, when))
        give(partial)
        os.rename(partial, drop / name)
        if marker:
            done = drop / f"{name}.done"
            done.write_bytes(b"")
            os.utime(done, (when, when))
            give(done)

    def runs(self, slug):
        """The district's runs, oldest first, as dictionaries."""
        with contextlib.closing(self.cluster.connect(self.database)) as connection:
            with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                cursor.execute("SELECT r.* FROM rosterd.run AS r JOIN rosterd.district AS d USING (district_id) "
                               "WHERE d.slug = %s ORDER BY run_id", (slug,))
                return [dict(r) for r in cursor.fetchall()]

    def wait_run(self, slug, states=("done",), after=0, deadline_s=60):
        """The first run of the district after run `after` that came to one of the states."""
        def found():
            return next((r for r in self.runs(slug) if r["run_id"] > after and r["state"] in states), None)

        def seen():
            return f"{slug}: no run {'|'.join(states)} after {after}: " + ", ".join(
                f"{r['run_id']} {r['state']} {r['reason'] or ''} {r['detail'] or ''}" for r in self.runs(slug))

        return wait_until(found, seen, deadline_s)


def default_prefix():
    """The installed tree to use: what the environment names, else what ./dev builds."""
    for path in (os.environ.get("ROSTERD_PREFIX"), SOURCE / "build/gcc/prefix", SOURCE / "build/asan/prefix"):
        if path and (pathlib.Path(path) / "sbin/rosterd").exists():
            return pathlib.Path(path)
    print("no installed tree: run ./dev test, or set ROSTERD_PREFIX", file=sys.stderr)
    raise LabError("no installed tree of rosterd")
