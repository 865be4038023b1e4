#!/usr/bin/python3
"""Whether anything became slower since the last results that were committed; under 3 minutes. ./dev bench quick

The reader's work is counted in instructions a row, under callgrind, of `rosterctl validate` (the worker's code;
a small package taken off a larger one, so that starting up does not count): no load of the machine changes
them, only code and compiler. The rest are ratios to a peer that is measured beside it, in CPU seconds where
both can be had, and the bytes of write-ahead log, which hardly vary. Each line has its tolerance and why.
Prints a table and, as the last line, JSON. Status 1 when a line is worse than
tests/bench/results/quick.json by more than its tolerance; --update writes that file instead.
"""

import argparse
import contextlib
import json
import re
import statistics
import subprocess
import sys
import time

import common

import fetch
import lab
import nightly
from district import District

# line: title, unit, tolerance in percent, why so much
LINES = {
    "reader": ("validate, the whole", "Ir/row", 3, "instructions are counted, not timed; what the linker moves"),
    "inflate": ("  reading and inflating", "Ir/row", 3, "as above"),
    "split": ("  splitting into cells", "Ir/row", 3, "as above"),
    "judge": ("  judging", "Ir/row", 3, "as above"),
    "digest_hash": ("digest: hashing a row", "Ir/row", 3, "as above"),
    "digest_compare": ("  comparing it with last night's", "Ir/row", 3, "as above"),
    "digest_add": ("  writing it for the next", "Ir/row", 3, "as above"),
    "first_wal": ("WAL of a first sync", "MiB", 5, "checkpoints put whole pages into it"),
    "night_wal": ("WAL of a night, 0.5 % changed", "MiB", 25, "as above; a night writes little"),
    "same_wal": ("WAL of the same rows in a new zip", "MiB", 25, "as above"),
    "first": ("first sync : script, CPU", "x", 35, "few rounds on a machine with other work"),
    "night": ("a night : COPY, CPU", "x", 40, "as above, and the floor is some tenths of a second"),
    "same": ("the same rows in a new zip : COPY, CPU", "x", 40, "as above"),
    "poll": ("idle poll : bare libssh, CPU", "x", 25, "clock ticks of 10 ms over 100 looks"),
    "download": ("download at 0 ms, sftp : rosterd-fetch", "1/x", 40, "the wall clock, and a disk that syncs"),
}
COUNTED = {"reader": ("reader_run",), "inflate": ("bundle_read",), "split": ("csv_reader_next", "-bundle_read"), "judge": ("row_check",)}
DIGESTED = {"digest_hash": ("digest_hash",), "digest_compare": ("digest_compare",), "digest_add": ("digest_draft_add",)}
LIBRARIES = ("zip", "isal", "utf8proc", "idn2", "phonenumber", "stdc++", "m")
STUDENTS = (500, 4500)  # of the two packages whose instructions are compared


def compiler():
    return subprocess.run(["cc", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def callgrind(home, argv, students):
    """function -> instructions in it and what it calls, and the rows that were read."""
    package, out = home.path / f"counted{students}.zip", home.path / f"callgrind{students}"
    out.unlink(missing_ok=True)
    district = District(students, 11, name="counted")
    district.write(package)
    lab.give(package)
    status, text, errors = lab.run(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", *argv, package],
                                   check=False, timeout=150, cwd=home.path)
    if status > 1 or not out.exists():
        raise lab.LabError(f"{argv[0]} under callgrind: status {status}\n{text[-500:]}{errors}")
    listing = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", out], capture_output=True, text=True, check=True).stdout
    costs = {}
    for cost, function in re.findall(r"^\s*([\d,]+) \([^)]*\)\s+\S+:(\w+) \[", listing, re.M):
        costs.setdefault(function, int(cost.replace(",", "")))
    return costs, sum(map(len, district.tables.values()))


def instructions(home, argv, counted):
    """line -> instructions a row"""
    (small, few), (large, many) = (callgrind(home, argv, students) for students in STUDENTS)
    out = {}
    for line, functions in counted.items():
        total = 0
        for name in functions:
            sign, name = (-1, name[1:]) if name[0] == "-" else (1, name)
            if name not in large:
                raise lab.LabError(f"callgrind does not know {name}: was it inlined or renamed?")
            total += sign * (large[name] - small[name])
        out[line] = round(total / (many - few), 1)
    return out


def count_digest(home):
    """The program that reads a package and compares it with its digest, linked with the library of the build."""
    program, built = home.path / "count_digest", lab.default_prefix().parent / "lib"
    subprocess.run(["cc", "-O2", "-g", "-D_GNU_SOURCE", "-I", lab.SOURCE / "lib", "-o", program, common.HERE / "count_digest.c",
                    built / "libroster_reader.a", built / "libroster.a", *(f"-l{name}" for name in LIBRARIES)], check=True)
    return lab.give(program)


def database(home):
    samples = nightly.measure(home, argparse.Namespace(students=6000, small=1000, rounds=2, nights=2, deadline=120))["samples"]
    out = {f"{kind}_wal": round(common.median(samples[kind], "wal_mib"), 2) for kind in ("first", "night", "same")}
    for kind, floor in (("first", "script"), ("night", "copy"), ("same", "copy")):
        out[kind] = common.ratios(samples[kind], samples[floor], "cpu_s")["median"]
    return out


def fetching():
    with contextlib.closing(fetch.Bench(64)) as bench:
        polls, downloads = bench.polls(100, 3), bench.downloads(0, 5)
    median = {name: common.median(samples, "wall_s") for name, samples in downloads.items()}
    return {"poll": round(statistics.median(polls["rosterd-fetch"]) / statistics.median(polls["bare libssh"]), 2),
            "download": round(median["rosterd-fetch"] / median["sftp"], 2)}


def judge(values, last, same_compiler):
    """line -> percent more than last time, or None where nothing can be said."""
    return {line: 100 * (value / last[line] - 1) if last.get(line) and (same_compiler or LINES[line][1] != "Ir/row") else None
            for line, value in values.items()}


def report(result, last):
    """Prints the table; the lines that became worse."""
    values, before = result["values"], (last or {}).get("values", {})
    more = judge(values, before, (last or {}).get("compiler") == result["compiler"])
    worse = [line for line, percent in more.items() if percent is not None and percent > LINES[line][2]]
    print(f"  {common.sentence(common.machine())}; {result['compiler']}; took {result['took_s']} s")
    print(f"  last results: {last['commit']} of {last['at']}, load {last['machine']['load']}\n" if last else "  no last results\n")
    print(f"  {'':42} {'last':>9} {'now':>9} {'':7} {'more':>7}  allowed")
    for line, value in values.items():
        title, unit, tolerance, why = LINES[line]
        grown = "" if more[line] is None else f"{more[line]:+.1f} %"
        word = "SLOWER" if line in worse else ""
        print(f"  {title:42} {before.get(line, ''):>9} {value:>9} {unit:7} {grown:>7}  {tolerance:>3} %  {word or why}")
    print(json.dumps(result))
    return worse


def main():
    parser = argparse.ArgumentParser(prog="./dev bench quick", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only-counted", action="store_true", help="the instructions alone, in 10 s")
    parser.add_argument("--update", action="store_true", help="keep the result as the one to compare with")
    args = parser.parse_args()
    began = time.monotonic()
    with common.own_home() as home:
        values = instructions(home, [lab.Installation(home, lab.default_prefix()).rosterctl, "validate", "--json"], COUNTED)
        values.update(instructions(home, [count_digest(home)], DIGESTED))
        if not args.only_counted:
            (home.path / "prefix").rename(home.path / "counted")  # nightly brings its own
            values.update(database(home))
            values.update(fetching())
    last = common.load("quick")
    result = {"values": values, "compiler": compiler(), "took_s": round(time.monotonic() - began)}
    worse = report(result, last)
    if args.update:
        common.save("quick", {**result, "values": {**(last or {}).get("values", {}), **values}})
        return 0
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
