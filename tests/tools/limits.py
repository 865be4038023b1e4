#!/usr/bin/python3
"""docs/limits.md from lib/limit.h: the limits are said once, beside the code that keeps them.

usage: limits.py            writes the page
       limits.py --check    status 1 when the page is not what it would write
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
HEADER, PAGE = TOP / "lib/limit.h", TOP / "docs/limits.md"

HEAD = """# Limits

What rosterd takes from a district. Made from `lib/limit.h` by `tests/tools/limits.py`.
Where the reason does not say otherwise, a file beyond a limit is refused as a whole, with the limit in the finding.

| limit | value | reason |
|---|---|---|
"""


def readable(value):
    """The C constant as people read it."""
    value = re.sub(r"\s*/\*.*", "", value).strip()
    known = dict(re.findall(r"#define (LIMIT_\w+) (\d+)\n", HEADER.read_text()))
    expression = re.sub(r"INT64_C\((\d+)\)", r"\1", value)
    expression = re.sub(r"LIMIT_\w+", lambda m: known[m.group()], expression)
    if not re.fullmatch(r"[\d\s()*<]+", expression):
        sys.exit(f"{HEADER}: what is {value}?")
    number = eval(expression)  # digits, brackets, * and << only
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if number >= 1024 and number % unit == 0:
            return f"{number // unit} {name}"
    return f"{number:,}"


def page():
    rows = []
    comment = ""
    for text, define in re.findall(r"/\*(.*?)\*/|#define (LIMIT_\w+ [^\n]*)", HEADER.read_text(), re.S):
        if text:
            comment = " ".join(line.strip(" *") for line in text.strip().splitlines())
            continue
        name, value = define.split(None, 1)
        words = name.removeprefix("LIMIT_").replace("_", " ").lower()
        rows.append(f"| {words} | {readable(value)} | {comment} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        sys.exit("docs/limits.md is not what lib/limit.h says: run tests/tools/limits.py")
