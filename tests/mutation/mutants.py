"""Mutants of a SQL file: the same file with one small mistake in it.

The text is cut into tokens, not parsed: what the mistakes need is where a condition begins and ends,
and brackets, CASE and a few keywords tell that. A mutant that PostgreSQL does not take is no mutant.
"""

import dataclasses
import re

TOKEN = re.compile(r"""
    (?P<comment> --[^\n]*\n? | /\*.*?\*/ )
  | (?P<string>  [EU]?&?'(?:[^']|'')*' )
  | (?P<word>    IS\s+NOT\s+DISTINCT\s+FROM\b | IS\s+DISTINCT\s+FROM\b | IS\s+NOT\s+NULL\b | IS\s+NULL\b | NOT\s+EXISTS\b
               | (?:LEFT|FULL|RIGHT)\s+JOIN\b | CROSS\s+JOIN\b | ROWS\s+FROM\b | [A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)* )
  | (?P<number>  \d+(?:\.\d+)? )
  | (?P<sign>    := | => | <> | <= | >= | != | \|\| | :: | [-+*/<>=~!@\#%^&|?]+ | [(){}\[\],;:.] )
""", re.X | re.S)

# Where a condition ends, to the left or to the right.
EDGES = set("""WHERE ON WHEN IF ELSIF THEN ELSE HAVING JOIN UNION GROUP ORDER LIMIT FOR LOOP WINDOW RETURNING SELECT FROM INTO RETURN
AS END USING CASE WHILE EXCEPT INTERSECT SET VALUES BY DISTINCT BEGIN INNER PARTITION , ; := =>""".split()) | {
    "LEFT JOIN", "FULL JOIN", "RIGHT JOIN", "CROSS JOIN"}
FLIPS = {"=": "<>", "<>": "=", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "IS NULL": "IS NOT NULL", "IS NOT NULL": "IS NULL",
         "IS DISTINCT FROM": "IS NOT DISTINCT FROM", "IS NOT DISTINCT FROM": "IS DISTINCT FROM", "NOT EXISTS": "EXISTS"}
SWAPS = {"TRUE": "false", "FALSE": "true", "MIN": "max", "MAX": "min", "LEAST": "greatest", "GREATEST": "least", "BOOL_OR": "bool_and",
         "BOOL_AND": "bool_or", "LEFT JOIN": "JOIN", "FULL JOIN": "LEFT JOIN"}
SETTINGS = set("""sync_enabled preview_only unarchive_reappearing update_active_users merge_duplicate_guardians relatives_are_guardians
phone_is_credential sis_rostering""".split())
# What these find is looked at again by the run. Finding more comes to the same, by definition: the rules
# over the whole district are what a run over a part of it has to agree with.
WIDER_IS_EQUAL = set("scope_seed scope_grow claimants_of records_with credentials_of families_of same_people kin_of relatives_of holders_of members_of classrooms_of accounts_of records_of records_with values_of mark_people mark_values".split())
STATEMENTS = {"PERFORM", "RAISE", "INSERT", "UPDATE", "DELETE"}


@dataclasses.dataclass(frozen=True)
class Mutant:
    path: object
    line: int
    kind: str
    what: str  # the place as it was, and as it is: what a list of survivors says
    text: str  # the whole file

    @property
    def name(self):
        return f"{self.path.stem}: {self.kind}: {self.what}"


@dataclasses.dataclass
class Token:
    kind: str
    text: str
    start: int
    end: int
    depth: int = 0

    @property
    def key(self):
        return re.sub(r"\s+", " ", self.text).upper()


def tokens_of(text, start, end):
    tokens, depth, cases = [], 0, []
    for match in TOKEN.finditer(text, start, end):
        if match.lastgroup == "comment":
            continue
        token = Token(match.lastgroup, match[0], match.start(), match.end())
        closing = token.text in ")]" or token.key == "END" and cases and cases[-1] == depth
        if closing:
            depth -= 1
            if token.key == "END":
                cases.pop()
        token.depth = depth
        tokens.append(token)
        if token.text in "([" or token.key == "CASE":
            depth += 1
            if token.key == "CASE":
                cases.append(depth)
    return tokens


def bodies(text):
    """Where code stands in the file: between dollar quotes, or in a view's query."""
    for match in re.finditer(r"\bAS (\$\w*\$)(.*?)\1", text, re.S):
        yield match.start(2), match.end(2)
    for match in re.finditer(r"^CREATE OR REPLACE VIEW [\w.]+(?: \([^)]*\))?(?: WITH \([^)]*\))? AS\b(.*?);$", text, re.S | re.M):
        yield match.start(1), match.end(1)


class Finder:
    def __init__(self, path, text, start, end):
        self.path, self.text = path, text
        self.tokens = tokens_of(text, start, end)
        self.found = []

    def add(self, kind, start, end, new):
        old = self.text[start:end]
        mutated = self.text[:start] + new + self.text[end:]
        before, after = self.text[max(0, start - 40):start], self.text[end:end + 30]
        if len(old) > 80:
            old = f"{old[:50].rstrip()} … {old[-20:].lstrip()}"
        if len(new) > 80:
            new = f"{new[:50].rstrip()} … {new[-20:].lstrip()}"
        show = re.sub(r"\s+", " ", f"{before[before.rfind(chr(10)) + 1:]}[{old} → {new}]{after.split(chr(10))[0]}").strip()
        line = self.text.count("\n", 0, start) + 1
        self.found.append(Mutant(self.path, line, kind, show, mutated))

    def edge(self, at, step):
        """From the token at, where its condition ends in this direction: the index of the last token of it."""
        depth, last = self.tokens[at].depth, at
        at += step
        while 0 <= at < len(self.tokens):
            token = self.tokens[at]
            if token.depth < depth or token.depth == depth and (token.key in EDGES or token.key in ("AND", "OR") and not self.between(at)):
                break
            last = at
            at += step
        return last

    def between(self, at):
        """Is this AND the one of a BETWEEN?"""
        depth = self.tokens[at].depth
        for token in reversed(self.tokens[:at]):
            if token.depth == depth and (token.key in ("AND", "OR") or token.key in EDGES):
                return False
            if token.depth < depth:
                return False
            if token.depth == depth and token.key == "BETWEEN":
                return True
        return False

    def conditions(self):
        """Each member of a chain of AND and OR, and each condition that stands alone."""
        seen = set()
        for at, token in enumerate(self.tokens[:-1]):
            if token.key not in ("AND", "OR", "WHERE", "IF", "ELSIF", "WHEN", "ON", "HAVING") or token.key == "AND" and self.between(at):
                continue
            if token.key == "IF" and at and self.tokens[at - 1].key == "END":
                continue
            ends = [self.edge(at + 1, 1)] if self.tokens[at + 1].depth == token.depth else []
            spans = [(at + 1, end) for end in ends]
            if token.key in ("AND", "OR") and self.tokens[at - 1].depth >= token.depth:
                inside = self.first_of(at)
                spans.append((inside, at - 1))
            for first, last in spans:
                if first > last or (first, last) in seen:
                    continue
                seen.add((first, last))
                self.drop(first, last)

    def first_of(self, at):
        """The first token of the condition that ends before the AND or OR at."""
        depth, first = self.tokens[at].depth, at
        for index in range(at - 1, -1, -1):
            token = self.tokens[index]
            if token.depth < depth or token.depth == depth and (
                    token.key in EDGES or token.key in ("AND", "OR") and not self.between(index)):
                break
            first = index
        return first

    def drop(self, first, last):
        left = self.tokens[first - 1].key if first else ""
        right = self.tokens[last + 1].key if last + 1 < len(self.tokens) else ""
        start, end = self.tokens[first].start, self.tokens[last].end
        if re.match(r"\(?v\.whole OR", self.text[start:end]):
            return  # wider, too
        if ("AND" in (left, right) or left == "WHERE") and self.path.stem in WIDER_IS_EQUAL:
            return
        if "AND" in (left, right):
            self.add("drop a condition", start, end, "true")
        elif "OR" in (left, right):
            self.add("drop a condition", start, end, "false")
        elif left in ("WHERE", "HAVING"):
            self.add("drop a condition", start, end, "true")
        elif left in ("IF", "ELSIF", "WHEN"):
            self.add("drop a branch", start, end, "false")

    def single(self):
        for at, token in enumerate(self.tokens):
            key, before = token.key, self.tokens[at - 1].key if at else ""
            if re.search(r"v\.whole OR [\w.]+ $", self.text[:token.start]) and re.match(r"= ANY", self.text[token.start:]):
                continue  # different from one of several is nearly everybody: wider, too
            if key in FLIPS and before not in ("ERRCODE", "MESSAGE", "HINT", "DETAIL"):
                self.add("flip", token.start, token.end, FLIPS[key])
            if key == "NOT" and before not in ("IS", "FOR"):
                self.add("drop NOT", token.start, self.tokens[at + 1].start, "")
            if key in SWAPS and not (key in ("LEFT", "TRUE", "FALSE") and before == "=>"):
                self.add("swap", token.start, token.end, SWAPS[key])
            if key.rpartition(".")[2].lower() in SETTINGS and token.text.lower() != token.text.upper() and "." in token.text:
                self.add("turn a setting", token.start, token.end, f"(NOT {token.text})")
            if token.kind == "number" and before not in ("[", "-", "LIMIT", "RETURNING", "SELECT") and not self.is_group(at):
                self.add("change a number", token.start, token.end, str(int(float(token.text)) + 1))
            # What a lock is for takes two connections to see: tests/system/test_manual_acts.py.
            if re.match(r"PERFORM api\.lock_", self.text[token.start:]):
                continue
            if key in STATEMENTS and before in (";", "BEGIN", "THEN", "ELSE", "LOOP") and self.statement_end(at):
                self.add("drop a statement", token.start, self.statement_end(at), "NULL;")
            if key == "COALESCE":
                self.swap_arguments(at)
            if key == "CASE":
                self.swap_branches(at)

    def is_group(self, at):
        """A number of GROUP BY, ORDER BY, a code, a length or a hash's seed says nothing about a rule."""
        line = self.text[self.text.rfind("\n", 0, self.tokens[at].start) + 1:self.tokens[at].start]
        return bool(re.search(r"(GROUP|ORDER) BY [\w\s,.]*$", line)) or bool(re.search(r"(substr|left|right|repeat|generate_series)\([^)]*$", line)) or bool(re.search(r"hashtextextended\(.*, $", line))

    def statement_end(self, at):
        for token in self.tokens[at:]:
            if token.text == ";" and token.depth == self.tokens[at].depth:
                return token.end
        return None

    def swap_arguments(self, at):
        if at + 1 >= len(self.tokens) or self.tokens[at + 1].text != "(":
            return
        depth, commas = self.tokens[at + 1].depth + 1, []
        for index in range(at + 2, len(self.tokens)):
            token = self.tokens[index]
            if token.depth < depth:
                if len(commas) == 1:
                    one = self.text[self.tokens[at + 1].end:self.tokens[commas[0]].start]
                    other = self.text[self.tokens[commas[0]].end:token.start].strip()
                    self.add("swap coalesce", self.tokens[at + 1].end, token.start, f"{other}, {one}")
                return
            if token.depth == depth and token.text == ",":
                commas.append(index)

    def swap_branches(self, at):
        """CASE … THEN a ELSE b END → CASE … THEN b ELSE a END, where there is one THEN."""
        depth, marks = self.tokens[at].depth + 1, {}
        for token in self.tokens[at + 1:]:
            if token.depth < depth:
                marks["END"] = token
                break
            if token.depth == depth and token.key in ("THEN", "ELSE"):
                if token.key in marks:
                    return
                marks[token.key] = token
        if set(marks) == {"THEN", "ELSE", "END"}:
            one = self.text[marks["THEN"].end:marks["ELSE"].start].strip()
            other = self.text[marks["ELSE"].end:marks["END"].start].strip()
            self.add("swap branches", marks["THEN"].end, marks["END"].start, f" {other} ELSE {one} ")


def mutants_of(path):
    text = path.read_text()
    found = []
    for start, end in bodies(text):
        finder = Finder(path, text, start, end)
        finder.conditions()
        finder.single()
        found += finder.found
    return found
