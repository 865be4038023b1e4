#!/usr/bin/python3
"""The house rules that no other tool knows. Prints file:line: what; status 1 when there is any.

C: no banned calls, no file over 600 lines, no function over 70. SQL: one function a file, named as
the file, with search_path, comment and REVOKE; SECURITY DEFINER only where it may be; words for
rosterd.run.reason are in lib/causes.def. Pages: files they name are there.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
FILE_LINES, FUNCTION_LINES = 600, 70

BANNED = "strcpy strcat strncpy strncat sprintf vsprintf strtok gets alloca system popen tmpnam mktemp atoi atol"
BANNED = re.compile(r"(?<![\w.>])(" + "|".join(BANNED.split()) + r")\s*\(")
# The library neither talks nor ends the program.
LIB_BANNED = re.compile(r"(?<![\w.>])(printf|puts|fprintf|exit|abort|syslog)\s*\(")

DEFINER_SCHEMAS = {"sync", "stage", "api", "rosterd"}

complaints = []


def complain(path, line, what):
    complaints.append(f"{path.relative_to(TOP)}:{line}: {what}")


def files(folder, *suffixes):
    return sorted(p for p in (TOP / folder).rglob("*") if p.suffix in suffixes and p.is_file())


def without_comments(text):
    """C with comments and string contents blanked, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def check_c(path):
    text = path.read_text()
    code = without_comments(text)
    for match in BANNED.finditer(code):
        complain(path, line_of(code, match.start()), f"{match[1]}() is not used here")
    if path.is_relative_to(TOP / "lib"):
        for match in LIB_BANNED.finditer(code):
            complain(path, line_of(code, match.start()), f"the library has no business calling {match[1]}()")
    lines = code.split("\n")
    if len(lines) - 1 > FILE_LINES:
        complain(path, 1, f"{len(lines) - 1} lines; {FILE_LINES} is the most")
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start:
            # A function that is one switch over a machine's states reads best whole.
            body = lines[start - 1:number]
            if number - start - 1 > FUNCTION_LINES and not any("switch (" in b for b in body[:6]):
                complain(path, start, f"a function of {number - start - 1} lines; {FUNCTION_LINES} is the most")
            start = None


def check_function_file(path):
    text = path.read_text()
    found = re.findall(r"^CREATE OR REPLACE (?:FUNCTION|PROCEDURE) (\w+)\.(\w+)\s*\(", text, re.M)
    if len({name for _, name in found}) != 1:
        complain(path, 1, f"one function a file; this has {len(found)}")
        return
    schema, name = found[0]
    if name != path.stem:
        complain(path, 1, f"the file of {schema}.{name} is {name}.sql")
    # A function with a SET clause cannot be inlined into a query; one that must be says so.
    must_inline = "LANGUAGE sql" in text and "so that it is inlined" in text and "SECURITY DEFINER" not in text
    if text.count("SET search_path = pg_catalog, pg_temp") < len(found) and not must_inline:
        complain(path, 1, "SET search_path = pg_catalog, pg_temp is missing")
    if text.count(f"COMMENT ON FUNCTION {schema}.{name}") < len(found):
        complain(path, 1, "COMMENT ON FUNCTION is missing")
    if len(re.findall(rf"REVOKE ALL ON FUNCTION {schema}\.{name}\b.*?FROM PUBLIC", text, re.S)) < len(found):
        complain(path, 1, "REVOKE ALL … FROM PUBLIC is missing")
    if "SECURITY DEFINER" in text and schema not in DEFINER_SCHEMAS:
        complain(path, 1, f"SECURITY DEFINER in schema {schema}")
    for match in re.finditer(r"(?im)^\s*EXCEPTION\s+WHEN\s+OTHERS", text):
        complain(path, line_of(text, match.start()), "WHEN OTHERS hides what went wrong")


def check_view_file(path):
    text = path.read_text()
    for schema, name in re.findall(r"^CREATE OR REPLACE VIEW (\w+)\.(\w+)", text, re.M):
        if f"COMMENT ON VIEW {schema}.{name}" not in text:
            complain(path, 1, f"COMMENT ON VIEW {schema}.{name} is missing")


def check_reasons(paths):
    causes = set(re.findall(r'^CAUSE\(\w+, "([^"]+)"', (TOP / "lib/causes.def").read_text(), re.M))
    for path in paths:
        text = path.read_text()
        for match in re.finditer(r"\b(?:p_|v_)?reason\s*(?::=|=|=>)\s*'([^']+)'", text):
            if match[1] not in causes:
                complain(path, line_of(text, match.start()), f"'{match[1]}' is not in lib/causes.def")


def check_migration(path):
    """Rows that are left out of a shortened slot do not fill a new column: the digests have to go, or the words say why not."""
    text = path.read_text()
    added = re.search(r"(?is)\bALTER\s+TABLE\s+(?:ONLY\s+)?sis\.(?:class|person|link|enrollment)\b[^;]*?\bADD\s+(?!CONSTRAINT\b|CHECK\b|PRIMARY\b|UNIQUE\b|FOREIGN\b)", text)
    if added and path.name >= "0061" and not re.search(r"(?i)\bUPDATE\s+sis\.judged\s+SET\s+digest\s*=\s*NULL\b|--.*no file fills it", text):
        complain(path, line_of(text, added.start()), "a new column that files fill needs UPDATE sis.judged SET digest = NULL; otherwise say: no file fills it")


def check_docs():
    """A page that names a file of ours that is not there leads readers astray."""
    for path in [TOP / "README.md", *files("docs", ".md")]:
        text = path.read_text()
        for match in re.finditer(r"`((?:daemon|lib|sql|systemd|tests|docs)/[\w./-]*)`", text):
            if not (TOP / match[1]).exists():
                complain(path, line_of(text, match.start()), f"there is no {match[1]}")
        for match in re.finditer(r"\]\(([\w./-]+)\)", text):
            if not (path.parent / match[1]).exists():
                complain(path, line_of(text, match.start()), f"there is no {match[1]}")
    index = TOP / "docs/adr/README.md"
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", index.read_text()))
    for path in files("docs/adr", ".md"):
        if path != index and path.name not in listed:
            complain(index, 1, f"{path.name} is not in the list")


def main():
    for path in [*files("lib", ".c", ".h"), *files("daemon", ".c", ".h"), *files("tests", ".c", ".h")]:
        check_c(path)
    functions, views = files("sql/functions", ".sql"), files("sql/views", ".sql")
    for path in functions:
        check_function_file(path)
    for path in views:
        check_view_file(path)
    for path in files("sql/migrations", ".sql"):
        check_migration(path)
    check_reasons([*functions, *views, *files("sql/migrations", ".sql")])
    check_docs()
    print("\n".join(complaints) or "nothing to complain about")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
