#!/usr/bin/python3
"""Keep the database's list of causes in step with the programs'.

Prints sql/functions/10-control/causes.sql as lib/causes.def asks for it; --check says whether the
file is that; --write makes it so.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "lib" / "causes.def"
TARGET = ROOT / "sql" / "functions" / "10-control" / "causes.sql"
CAUSE = re.compile(
    r'CAUSE\(\s*\w+\s*,\s*"([^"]*)"\s*,\s*OWNER_(\w+)\s*,((?:\s*"(?:[^"\\]|\\.)*")+)\s*,((?:\s*"(?:[^"\\]|\\.)*")+)\s*\)'
)

HEAD = """\
-- Made from lib/causes.def by tests/tools/causes_sql.py: change it there.
CREATE OR REPLACE FUNCTION rosterd.causes() RETURNS TABLE (reason text, owner text, means text, what_to_do text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
"""
FOOT = """
$function$;

COMMENT ON FUNCTION rosterd.causes() IS 'Every reason a run or a district may give: who acts, what it means, what to do.';
REVOKE ALL ON FUNCTION rosterd.causes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.causes() TO rosterd_csm, rosterd_ops;
"""


def literal(words):
    """One SQL literal of C string literals set side by side."""
    text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', words)).replace('\\"', '"')
    return "'" + text.replace("'", "''") + "'"


def render():
    text = SOURCE.read_text(encoding="utf-8")
    causes = CAUSE.findall(text)
    if len(causes) != len(re.findall(r"^CAUSE\(", text, re.MULTILINE)):
        sys.exit(f"{SOURCE}: a cause is written in a way this program does not read")
    rows = [
        f"    ('{word}', '{owner.lower()}', {literal(means)}, {literal(todo)})"
        for word, owner, means, todo in causes
    ]
    return HEAD + ",\n".join(rows) + ";" + FOOT


def main():
    wanted = render()
    if sys.argv[1:] == ["--write"]:
        TARGET.write_text(wanted, encoding="utf-8")
    elif sys.argv[1:] == ["--check"]:
        if TARGET.read_text(encoding="utf-8") != wanted:
            sys.exit(f"{TARGET.relative_to(ROOT)} is not what lib/causes.def says; run: tests/tools/causes_sql.py --write")
    else:
        print(wanted, end="")


if __name__ == "__main__":
    main()
