#!/usr/bin/python3
"""Run `rosterctl validate --strict --json` over every conformance case.

usage: run.py ROSTERCTL [PART OF A NAME]

Checks verdict, exit status and that the right file is named in an error. Status 1 when any differs.
"""

import collections
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import cases


def judge(program, path, entries, error):
    """None, or what is wrong with the answer."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, data in entries.items():
            package.writestr(name, data)
    done = subprocess.run([program, "validate", "--strict", "--json", path], capture_output=True, text=True,
                          timeout=60, check=False)
    path.unlink()
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return f"status {done.returncode}, no answer: {done.stderr[:200]}"
    errors = [f for f in answer["findings"] if f["severity"] == "error"]
    told = sorted({f"{f['file'] or 'package'}:{f['code']}" for f in errors})
    if error is None:
        return f"conforms, but: {told}" if done.returncode == 2 or errors else None
    if done.returncode != 2 or not errors:
        return f"status {done.returncode}, nothing said; expected an error of {error or 'the package'}"
    if not any((f["file"] or "") == error for f in errors):
        return f"expected an error of {error or 'the package'}, got {told}"
    return None


def main(program, part=""):
    wanted = [case for case in cases.cases() if part in case[0]]
    count = collections.Counter("valid" if error is None else "invalid" for _, _, error in wanted)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        paths = [pathlib.Path(folder) / f"{number}.zip" for number in range(len(wanted))]
        answers = pool.map(lambda path, case: judge(program, path, *case[1:]), paths, wanted)
        wrong = [(case[0], answer) for case, answer in zip(wanted, answers) if answer]
    for name, answer in wrong:
        print(f"{name}: {answer}")
    print(f"{count['valid']} valid and {count['invalid']} invalid packages, {len(wrong)} judged wrongly")
    return 1 if wrong or not wanted else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
