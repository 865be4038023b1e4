#!/usr/bin/python3
"""Does a test notice when the rules are broken? Breaks the SQL in one small place at a time and runs the tests.

Each mutant is put into a copy of a database that has the schema; then the pgTAP files run that call
the changed function (known from one run of each over the unbroken schema), likeliest first, until
one fails. Who gets past them meets a few of the model's random histories.

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
import itertools
import os
import pathlib
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
from mutants import mutants_of  # noqa: E402

WANTED = 0.90
FILE_LIMIT_S = 120
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
    """A cluster with the schema in the database `whole`, and what each test file calls there."""

    def __init__(self):
        self.home = lab.Home()
        self.cluster = lab.Cluster(self.home, settings={"track_functions": "all", "autovacuum": "off", "max_locks_per_transaction": "256"})
        self.cluster.start()
        self.cluster.create("whole")
        subprocess.run([str(TOP / "tests/tools/apply_sql.sh"), self.cluster.dsn("whole")], check=True)
        self.cluster.query("whole", "CREATE EXTENSION pgtap")
        self.files = sorted((TOP / "tests/sql").glob("*_*.sql"))
        self.calls, self.seconds = {}, {}
        self.kills = collections.Counter()
        self.seeds = []  # of histories that end well without any mutant
        self.roles = threading.Lock()  # roles are the cluster's: files that make some go one by one
        self.texts = {p: p.read_text() for p in sorted((TOP / "sql").rglob("*.sql"))}
        # The rules that a function's comment or a test names.
        self.rules = {p: set(re.findall(r"\b[A-Z]+-[A-Z]?\d+\b", p.read_text())) for p in [*self.texts, *self.files]}

    def close(self):
        self.cluster.stop()
        self.home.remove()

    def learn(self, file, database):
        """Run a file once as it is; tells which functions it calls. One that fails then shows nothing, and is left out."""
        self.cluster.create(database, "whole")
        began = time.monotonic()
        if self.fails(file, database):
            print(f"{file.name} fails without any mutant and is left out", flush=True)
            self.files.remove(file)
        self.seconds[file] = time.monotonic() - began
        rows = self.cluster.query(database, "SELECT schemaname || '.' || funcname FROM pg_stat_user_functions WHERE calls > 0")
        self.calls[file] = {name for name, in rows}
        self.cluster.drop(database)

    def objects(self, path):
        return re.findall(r"^CREATE OR REPLACE (?:FUNCTION|PROCEDURE|VIEW) ([\w.]+)", self.texts[path], re.M)

    def reach(self, path):
        """The test files that come through the functions or views of a source file."""
        reached, todo, seen = set(), list(self.objects(path)), set()
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            direct = {f for f in self.files if name in self.calls[f]}
            if direct:
                reached |= direct
                continue
            # Views, and SQL functions that are inlined, are not counted: whoever names them calls them.
            word = re.compile(rf"\b{re.escape(name)}\b")
            reached |= {f for f in self.files if word.search(f.read_text())}
            for other, text in self.texts.items():
                if other != path and word.search(text) and "migrations" not in other.parts:
                    todo += self.objects(other)
        rules = self.rules[path]
        kin = {"10": "control_", "20": "control_", "70": "api_", "80": "care_"}.get(path.parent.name[:2], "rule_")
        return sorted(reached, key=lambda f: (-self.kills[path, f], not f.name.startswith(kin), -len(rules & self.rules[f]),
                                              -self.kills[path.parent, f], self.seconds[f]))

    def fails(self, file, database):
        """Does this test file say that something is wrong, and say it again?"""
        with self.roles if "CREATE ROLE" in file.read_text() else contextlib.nullcontext():
            return self.complains(file, database) and self.complains(file, database)

    def complains(self, file, database):
        """Ends the file at the first line that says so."""
        process = lab.spawn(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "client_min_messages=warning", "-P", "pager=off",
                             "-d", self.cluster.dsn(database), "-f", file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**os.environ, "PGOPTIONS": f"-c statement_timeout={FILE_LIMIT_S}s"})
        planned, passed, wrong = None, 0, False
        for line in process.stdout:
            if re.match(r"not ok\b", line):
                wrong = True
                break
            if re.match(r"ok \d+", line):
                passed += 1
            elif match := re.match(r"1\.\.(\d+)$", line):
                planned = int(match[1])
        if wrong:
            process.kill()
        status = process.wait()
        return wrong or status != 0 or passed != planned

    def put(self, mutant, database):
        """False if PostgreSQL does not take it."""
        with self.cluster.connect(database) as connection, connection.cursor() as cursor:
            try:
                cursor.execute("SET ROLE rosterd_owner; SET check_function_bodies = on;" + mutant.text)
            except lab.psycopg2.Error:
                return False
        return True


def plays(dsn, seed):
    """Does the history of this seed end as the model says?"""
    import test_histories
    try:
        test_histories.test_history(dsn, seed)
    except (AssertionError, lab.psycopg2.Error, KeyError, TypeError):
        return False
    return True


def fate(place, mutant, database, files):
    """invalid, the name of what caught it, or None."""
    place.cluster.create(database, "whole")
    try:
        if not place.put(mutant, database):
            return "invalid"
        for file in place.reach(mutant.path)[:files or None]:
            if place.fails(file, database):
                place.kills[mutant.path, file] += 1
                place.kills[mutant.path.parent, file] += 1
                return file.name
        if place.seeds and re.search(r"/functions/[3-6]\d-|/views/|normal", str(mutant.path)):
            for seed in place.seeds:
                if not plays(place.cluster.dsn(database), seed):
                    return f"history {seed}"
        return None
    finally:
        place.cluster.drop(database)


def run(mutants, jobs, histories, files):
    """mutant -> fate."""
    place, fates, lock, numbers = Laboratory(), {}, threading.Lock(), itertools.count()

    def judge(mutant):
        ended = fate(place, mutant, f"mutant{next(numbers)}", files)
        with lock:
            fates[mutant] = ended
            print(f"{len(fates)}/{len(mutants)} {ended or 'SURVIVED'}: {mutant.name}", flush=True)

    try:
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            try:
                list(pool.map(lambda file: place.learn(file, f"learn{next(numbers)}"), list(place.files)))
                # Odd seeds: those beside a neighbour.
                place.seeds = [seed for seed in range(1, 2 * histories, 2) if plays(place.cluster.dsn("whole"), seed)]
                list(pool.map(judge, mutants))
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
    parser.add_argument("--histories", type=int, default=4, help="of the model, for who survives the tests (default 4)")
    parser.add_argument("--files", type=int, default=0, help="no more than so many test files a mutant, the likeliest; 0 for all (default 0)")
    parser.add_argument("--again", type=pathlib.Path)
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    mutants = [m for p in sources() if any(part in str(p) for part in args.only.split(",")) for m in mutants_of(p)]
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
