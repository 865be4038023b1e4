#!/usr/bin/python3
"""Does a test notice when the rules are broken? Breaks the SQL in one small place at a time and runs the tests.

Each worker has two databases with the schema: one for the pgTAP files, one for the model's histories.
The one function or view is replaced there and put back afterwards. Of the pgTAP files those run that
call it (known from one run of each over the unbroken schema) or read the text of every function, likeliest
first, until one fails. Functions of the rules meet two random histories first, which are quick and tell most
of it, and the others last.

usage: mutate.py [--sample N] [--seed S] [--only TEXT] [--jobs N] [--histories N] [--files N] [--again LOG] [--list]
       --only judge_,api.connected   only files whose path has one of these in it
       --again LOG                   those that survived in an earlier run, whose output LOG is
       --list                        says which mutants there are and runs nothing

Mutants that change nothing anybody could see are named in equivalent.txt beside this file, with why;
those that need two sessions at a time in elsewhere.txt, with the system test that fails with them.
Status 1 when fewer than 90 % of the others are caught.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import functools
import os
import pathlib
import queue
import random
import re
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(HERE), str(TOP / "tests/tools"), str(TOP / "tests/model")]

import lab  # noqa: E402
import database  # noqa: E402
import test_histories  # noqa: E402
from mutants import mutants_of  # noqa: E402

WANTED = 0.90
FILE_LIMIT_S = 120
FIRST_HISTORIES = 2
# What only words answers or serves operators' pages, and what the C programs' own tests go through.
LEFT_OUT = set("""causes findings finding_tally likeness overview runs run_findings span_words sync_word read_districts report_health
daemon_beat daemon_start daemon_stop schema_version who tidy hostkey_accept whole_from
explain_credentials explain_decision explain_file explain_judge explain_past explain_pending explain_person explain_rules explain_seen
explain_ties undo_words named 20-district-state 20-districts 20-last-runs 20-needs-attention 20-open-findings 20-switch-history""".split())


def sources():
    folders = [TOP / "sql/functions", TOP / "sql/views"]
    return sorted(p for folder in folders for p in folder.rglob("*.sql") if p.stem not in LEFT_OUT)


def named(file):
    """name of a mutant -> what the line above it says: why nobody could tell it from the original, or which test does."""
    file = HERE / file
    known, why = {}, ""
    for line in file.read_text().splitlines() if file.exists() else ():
        if line.startswith("#"):
            why = line[1:].strip()
        elif line.strip():
            known[line.strip()] = why
    return known


class Laboratory:
    """A cluster with the schema in the databases `whole` and `model`, and what each test file calls there."""

    def __init__(self):
        self.home = lab.Home()
        self.cluster = lab.Cluster(self.home, settings={"track_functions": "all", "max_locks_per_transaction": "256"})
        self.cluster.start()
        self.cluster.create("whole")
        self.cluster.apply_schema("whole")
        self.cluster.create("model", "whole")
        database.prepare(self.cluster.dsn("model"))
        self.cluster.query("whole", "CREATE EXTENSION pgtap")
        self.files = sorted((TOP / "tests/sql").glob("*_*.sql"))
        self.calls, self.seconds = {}, {}
        self.readers = {f for f in self.files if "prosrc" in f.read_text()}  # of the text of all functions
        self.kills = collections.Counter()
        self.seeds = []  # of histories that end well without any mutant
        self.roles = threading.Lock()  # roles are the cluster's: files that make some go one by one
        self.texts = {p: p.read_text() for p in sorted((TOP / "sql").rglob("*.sql"))}
        # Plans are kept, as in the histories: planning is most of what the files cost. But for those that look at the plans.
        self.texts[database.FAMILY] = database.plans_kept("current_setting('laboratory.plans')")
        self.cluster.query("whole", self.texts[database.FAMILY])
        self.planned_anew = set()
        # The rules that a function's comment or a test names.
        self.rules = {p: set(re.findall(r"\b[A-Z]+-[A-Z]?\d+\b", p.read_text())) for p in [*self.texts, *self.files]}

    def close(self):
        self.cluster.stop()
        self.home.remove()

    def objects(self, path):
        return re.findall(r"^CREATE OR REPLACE (?:FUNCTION|PROCEDURE|VIEW) ([\w.]+)", self.texts[path], re.M)

    def reach(self, path):
        """The test files that come through the functions or views of a source file. A call that ends with an error is not
        counted by PostgreSQL, so those that name one, or are of its kind, are taken for such, too."""
        kin = {"10": "control_", "20": "control_", "70": "api_", "80": "care_"}.get(path.parent.name[:2], "rule_")
        reached, todo, seen = self.readers & set(self.files), list(self.objects(path)), set()
        if kin != "rule_":
            reached |= {f for f in self.files if f.name.startswith(kin)}
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            word = re.compile(rf"\b{re.escape(name)}\b")
            direct = {f for f in self.files if name in self.calls[f]}
            reached |= direct | {f for f in self.files if word.search(f.read_text())}
            if direct:
                continue
            # Views, and SQL functions that are inlined, are not counted: whoever names them calls them.
            for other, text in self.texts.items():
                if other != path and word.search(text) and "migrations" not in other.parts:
                    todo += self.objects(other)
        rules = self.rules[path]
        return sorted(reached, key=lambda f: (-self.kills[path, f], not f.name.startswith(kin) and f not in self.readers, -len(rules & self.rules[f]),
                                              -self.kills[path.parent, f], self.seconds[f]))


class Worker:
    """Two databases of one's own, and what runs in them."""

    def __init__(self, place, number):
        self.place, self.tests, self.model = place, f"tests{number}", f"model{number}"
        place.cluster.create(self.tests, "whole")
        place.cluster.create(self.model, "model")
        self.connection = place.cluster.connect(self.model, autocommit=False, options=f"-c statement_timeout={FILE_LIMIT_S}s")

    def learn(self, file):
        """Run a file once as it is; tells which functions it calls. One that fails then shows nothing, and is left out."""
        place = self.place
        place.cluster.query(self.tests, "SELECT pg_stat_reset()")
        began = time.monotonic()
        if self.complains([file]):
            place.planned_anew.add(file)
        if file in place.planned_anew and self.complains([file]):
            print(f"{file.name} fails without any mutant and is left out", flush=True)
            place.files.remove(file)
        place.seconds[file] = time.monotonic() - began
        rows = place.cluster.query(self.tests, "SELECT schemaname || '.' || funcname FROM pg_stat_user_functions WHERE calls > 0")
        place.calls[file] = {name for name, in rows}

    def complains(self, files):
        """The first of these test files that says that something is wrong; they run in one session, up to there."""
        if any("CREATE ROLE" in file.read_text() for file in files):
            with self.place.roles:
                return self.first_to_complain(files)
        return self.first_to_complain(files)

    def first_to_complain(self, files):
        script = [word for number, file in enumerate(files) for word in (
            "-c", f"\\echo FILE {number}", "-c", f"SET laboratory.plans = force_{'custom' if file in self.place.planned_anew else 'generic'}_plan", "-f", file)]
        process = lab.spawn(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "client_min_messages=warning", "-P", "pager=off",
                             "-d", self.place.cluster.dsn(self.tests), *script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**os.environ, "PGOPTIONS": f"-c statement_timeout={FILE_LIMIT_S}s"})
        at, planned, passed, wrong = 0, None, 0, False
        for line in process.stdout:
            if match := re.match(r"FILE (\d+)$", line):
                if int(match[1]) and passed != planned:
                    wrong = True
                    break
                at, planned, passed = int(match[1]), None, 0
            elif re.match(r"not ok\b", line):
                wrong = True
                break
            elif re.match(r"ok \d+", line):
                passed += 1
            elif match := re.match(r"1\.\.(\d+)$", line):
                planned = int(match[1])
        if wrong:
            process.kill()
        status = process.wait()
        process.stdout.close()
        if wrong:
            self.clear()
        return files[at] if wrong or status != 0 or passed != planned else None

    def clear(self):
        """Waits until what a killed session did is undone."""
        lab.wait_until(lambda: not self.place.cluster.value("postgres", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                                                            "WHERE datname = %s AND application_name = 'psql'", (self.tests,)), "the session of a killed psql to end")

    def fails(self, files):
        """The first of these test files that says twice that something is wrong."""
        while files:
            file = self.complains(files)
            if file is None or self.complains([file]):
                return file
            files = files[files.index(file) + 1:]
        return None

    def plays(self, seed):
        """Does the history of this seed end as the model says?"""
        try:
            test_histories.test_history(self.connection, seed)
        except (AssertionError, lab.psycopg2.Error, KeyError, TypeError):
            self.connection.rollback()
            return False
        return True

    @contextlib.contextmanager
    def put(self, name, mutant):
        """False if PostgreSQL does not take it."""
        with contextlib.closing(self.place.cluster.connect(name)) as connection, connection.cursor() as cursor:
            try:
                cursor.execute("SET ROLE rosterd_owner; SET check_function_bodies = on;" + mutant.text)
            except lab.psycopg2.Error:
                yield False
                return
            try:
                yield True
            finally:
                cursor.execute(self.place.texts[mutant.path])

    def fate(self, mutant, most):
        """invalid, the name of what caught it, or None."""
        place, played = self.place, re.search(r"/functions/[3-6]\d-|/views/|normal", str(mutant.path)) and mutant.path.stem not in database.REPLACED
        with self.put(self.tests, mutant) as taken:
            if not taken:
                return "invalid"
            seed = self.differs(mutant, place.seeds[:FIRST_HISTORIES]) if played else None
            file = self.fails(place.reach(mutant.path)[:most or None]) if seed is None else None
            if file:
                place.kills[mutant.path, file] += 1
                place.kills[mutant.path.parent, file] += 1
                return file.name
            if seed is None and played:
                seed = self.differs(mutant, place.seeds[FIRST_HISTORIES:])
            return None if seed is None else f"history {seed}"

    def differs(self, mutant, seeds):
        """The first of these seeds whose history ends otherwise with this mutant."""
        with self.put(self.model, mutant):
            return next((seed for seed in seeds if not self.plays(seed)), None)


def run(mutants, jobs, histories, files):
    """mutant -> fate."""
    place, fates, lock, workers = Laboratory(), {}, threading.Lock(), queue.SimpleQueue()

    def with_worker(work, item):
        worker = workers.get()
        try:
            return work(worker, item)
        finally:
            workers.put(worker)

    def judge(worker, mutant):
        ended = worker.fate(mutant, files)
        with lock:
            fates[mutant] = ended
            print(f"{len(fates)}/{len(mutants)} {ended or 'SURVIVED'}: {mutant.name}", flush=True)

    try:
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for number in range(jobs):
                workers.put(Worker(place, number))
            try:
                list(pool.map(functools.partial(with_worker, Worker.learn), list(place.files)))
                # Odd seeds: those beside a neighbour.
                seeds = range(1, 2 * histories, 2)
                place.seeds = [seed for seed, well in zip(seeds, pool.map(functools.partial(with_worker, Worker.plays), seeds)) if well]
                list(pool.map(functools.partial(with_worker, judge), mutants))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        place.close()
    return fates


def report(fates):
    known, elsewhere = named("equivalent.txt"), named("elsewhere.txt")
    fates = {m: ended or elsewhere.get(m.name) for m, ended in fates.items()}
    tried = [m for m, ended in fates.items() if ended != "invalid"]
    survivors = sorted((m for m in tried if fates[m] is None), key=lambda m: (str(m.path), m.line))
    equal = [m for m in survivors if m.name in known]
    open_ones = [m for m in survivors if m.name not in known]
    caught = len(tried) - len(survivors)
    score = caught / max(1, len(tried) - len(equal))
    print(f"\n{len(tried)} mutants ({len(fates) - len(tried)} more that PostgreSQL does not take), {caught} caught, "
          f"{len(equal)} known to change nothing, {len(open_ones)} survived: {100 * score:.1f} %")
    by = collections.Counter(("history" if (fates[m] or "").startswith("history") else fates[m]) for m in tried if fates[m])
    print("caught by: " + ", ".join(f"{name} {n}" for name, n in by.most_common()))
    for mutant in open_ones:
        print(f"{mutant.path.relative_to(TOP)}:{mutant.line}: {mutant.name}")
    return score


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sample", type=int, default=400, help="so many of them, 0 for all (default 400)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="files whose path has one of these, by commas")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--histories", type=int, default=40, help="of the model, for who survives the tests (default 40)")
    parser.add_argument("--files", type=int, default=0, help="no more than so many test files a mutant, the likeliest; 0 for all (default 0)")
    parser.add_argument("--again", type=pathlib.Path)
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    mutants = [m for p in sources() for m in mutants_of(p)]
    if stale := (set(named("equivalent.txt")) | set(named("elsewhere.txt"))) - {m.name for m in mutants}:
        parser.error("named, but no mutant any more:\n" + "\n".join(sorted(stale)))
    mutants = [m for m in mutants if any(part in str(m.path) for part in args.only.split(","))]
    if args.again:
        earlier = set(re.findall(r" SURVIVED: (.*)", args.again.read_text()))
        mutants = [m for m in mutants if m.name in earlier]
    if args.sample and args.sample < len(mutants):
        mutants = random.Random(args.seed).sample(mutants, args.sample)
    if args.list:
        print("\n".join(f"{m.path.relative_to(TOP)}:{m.line}: {m.name}" for m in mutants))
        return 0
    print(f"{len(mutants)} mutants, seed {args.seed}", flush=True)
    return 0 if report(run(mutants, args.jobs, args.histories, args.files)) >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
