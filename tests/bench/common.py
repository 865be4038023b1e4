"""What the benches share: who used how much CPU, what a run took, the floors, the machine, results that are kept."""

import contextlib
import datetime
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

import lab  # noqa: E402

RESULTS = HERE / "results"
TICKS = os.sysconf("SC_CLK_TCK")
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "8GB", "autovacuum": "off"}
LOOK_S = 0.01


def stat_s(pid, reaped):
    """CPU seconds of a process, with those of its children that are gone if `reaped`."""
    with contextlib.suppress(OSError):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15 if reaped else 13])) / TICKS
    return 0.0


def tree_s(pid, leave_out=()):
    """CPU seconds of a process and its children, living or gone."""
    return stat_s(pid, True) + sum(stat_s(child, True) for child in lab._children(pid) if child not in leave_out)


class Meter:
    """One connection that watches a district's runs and its gate, and the CPU of everybody else."""

    QUERY = """SELECT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND l.granted
                                AND ((l.classid::bigint << 32) | l.objid::bigint) = %s),
                      r.run_id, r.state, r.reason, r.detail, extract(epoch FROM r.ended_at - r.created_at)::float8, r.counts
               FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT * FROM rosterd.run r WHERE r.district_id = %s AND r.run_id > %s
                                                      ORDER BY r.run_id LIMIT 1) r ON true"""

    def __init__(self, cluster, database, daemon, district):
        self.cluster, self.daemon, self.district = cluster, daemon, district
        self.connection = cluster.connect(database)
        self.cursor = self.connection.cursor()
        self.pid = self.connection.info.backend_pid
        self.cursor.execute("SELECT sync.gate_key(%s)", (district,))
        self.key = self.cursor.fetchone()[0]
        self.last = 0

    def close(self):
        self.connection.close()

    def wal(self):
        self.cursor.execute("SELECT pg_current_wal_lsn() - '0/0'")
        return int(self.cursor.fetchone()[0])

    def cpu_s(self):
        return tree_s(self.daemon.process.pid), tree_s(self.cluster.process.pid, (self.pid,))

    def run(self, put, states, deadline_s):
        """What the next run of the district took, begun by put()."""
        ours, postgres, wal = *self.cpu_s(), self.wal()
        put()
        end = time.monotonic() + deadline_s
        gate_s, since = 0.0, None
        while True:
            self.cursor.execute(self.QUERY, (self.key, self.district, self.last))
            held, run, state, reason, detail, seconds, counts = self.cursor.fetchone()
            now = time.monotonic()
            if held and since is None:
                since = now
            elif not held and since is not None:
                gate_s, since = gate_s + now - since, None
            if state in lab.SETTLED:
                break
            if now > end:
                raise lab.LabError(f"no run settled within {deadline_s:g} s; the last one is {run} {state}")
            time.sleep(LOOK_S)
        if state not in states:
            raise lab.LabError(f"run {run} ended as {state}: {reason} {detail}")
        self.last = run
        after = self.cpu_s()
        return {"wall_s": seconds, "ours_s": after[0] - ours, "postgres_s": after[1] - postgres, "cpu_s": sum(after) - ours - postgres,
                "gate_s": gate_s, "wal_mib": (self.wal() - wal) / (1 << 20), "counts": counts}


class Peaks:
    """The highest RSS of rosterd and of its children, by program, for which the kernel keeps a mark; and what of it was of no mapped file."""

    def __init__(self, daemon, mib=None):
        self.daemon = daemon
        self.mib = {} if mib is None else mib
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.is_over.wait(0.02):
            self.look()

    def look(self):
        pid = self.daemon.process.pid
        for each in [pid, *lab._children(pid)]:
            with contextlib.suppress(OSError, KeyError, ValueError):
                fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{each}/status").read_text().splitlines())
                name = pathlib.Path(os.readlink(f"/proc/{each}/exe")).name
                own = (int(fields["RssAnon"].split()[0]) + int(fields["RssShmem"].split()[0])) / 1024
                for what, mib in ((name, int(fields["VmHWM"].split()[0]) / 1024), (f"{name}, without mapped files", own)):
                    self.mib[what] = max(self.mib.get(what, 0), mib)

    def close(self):
        self.is_over.set()
        self.thread.join()
        self.look()


def psql(home, cluster, database, script, folder):
    """What the floor took: its own words on the wall, also of the COPY in it; its CPU and that of PostgreSQL."""
    for name in ("copy.sql", script):
        home.write(name, (HERE / name).read_bytes())

    def used():
        mine = resource.getrusage(resource.RUSAGE_CHILDREN)
        return mine.ru_utime + mine.ru_stime + tree_s(cluster.process.pid)

    before = used()
    out = lab.run(["psql", "-X", "-q", "-A", "-t", "-F", " ", "-v", f"folder={folder}", "-v", "district=1",
                   "-f", home.path / script, "-d", cluster.dsn(database)], timeout=3600)[1]
    took = {words[0]: float(words[1]) for words in map(str.split, out.splitlines()) if len(words) == 2}
    return {"wall_s": took["floor_s" if script == "floor.sql" else "copy_s"], "copy_s": took["copy_s"], "cpu_s": used() - before}


def copy(home, cluster, folder):
    cluster.create("copy", "template0")
    try:
        return psql(home, cluster, "copy", "copy.sql", folder)
    finally:
        cluster.drop("copy")


def script(home, cluster, folder):
    cluster.create("floor", "migrated")
    try:
        return psql(home, cluster, "floor", "floor.sql", folder)
    finally:
        cluster.drop("floor")


@contextlib.contextmanager
def own_home():
    """A folder of the bench's own, gone at the end."""
    home = lab.Home()
    try:
        yield home
    finally:
        home.remove()


def servers(stack, home, **settings):
    """A cluster, with SETTINGS and what is said instead, and an sshd; both are stopped with the stack."""
    cluster, sshd = lab.Cluster(home, durable=True, settings={**SETTINGS, **settings}), lab.Sshd(home)
    for server in (cluster, sshd):
        stack.callback(server.stop)
        server.start()
    return cluster, sshd


def start(stack, home, installation, cluster, database, sshd):
    daemon = lab.Daemon(home, installation, cluster, database, name=database, sshd=sshd, config={"workers": {"stage": 1}})
    stack.callback(daemon.stop)
    return daemon


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return {"cpu": model, "cores": os.cpu_count(), "memory_gib": round(memory), "kernel": platform.release(),
            "load": round(os.getloadavg()[0], 1)}


def sentence(box):
    """A machine in one line."""
    return f"{box['cpu']}, {box['cores']} cores, {box['memory_gib']} GiB, Linux {box['kernel']}, load {box['load']}"


def save(name, result):
    """Keep what a bench found, with when, of which commit and on what machine; the documents quote these files."""
    commit = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    RESULTS.mkdir(exist_ok=True)
    kept = {"bench": name, "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="minutes"),
            "commit": commit.stdout.strip(), "machine": machine(), **result}
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=1, default=str) + "\n")


def load(name):
    """What save() kept, or None."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def median(samples, what):
    return statistics.median(sample[what] for sample in samples)


def ratios(samples, floors, what):
    """Median over median, and the least and most of each sample over the floors' median."""
    floor = max(median(floors, what), 1 / TICKS)
    each = [sample[what] / floor for sample in samples]
    return {"median": round(statistics.median(each), 3), "least": round(min(each), 3), "most": round(max(each), 3)}


def verdict(is_met):
    return "met" if is_met else "NOT MET"
