"""Conformance cases, made from a table of files and columns: a package each, and what to say of it.

Each case is (name, entries, error): entries are the zip's files, name -> bytes; error is None for a
package that conforms, else the file that must be named in an error ("" for the package itself).
The classes are those of the certification's test set: the package, blank where required, wrong type,
unresolved reference, missing column, wrong order, vocabulary; for OneRoster 1.1 and 1.2, bulk and delta.
"""

import collections
import csv
import io

# What a package is made as. mode: of all its files.
Form = collections.namedtuple("Form", "version mode")

ROLES_1_1 = "administrator aide guardian parent proctor relative student teacher".split()
ROLES_1_2 = ("aide counselor districtAdministrator guardian parent principal proctor relative siteAdministrator "
             "student systemAdministrator teacher").split()
VOCABULARY = {
    ("orgs", "type"): "department school district local state national".split(),
    ("academicSessions", "type"): "gradingPeriod semester schoolYear term".split(),
    ("classes", "classType"): "homeroom scheduled".split(),
    ("users", "role"): ROLES_1_1,
    ("roles", "role"): ROLES_1_2,
    ("roles", "roleType"): "primary secondary".split(),
    ("enrollments", "role"): "administrator proctor student teacher".split(),
}
EXTENDABLE = {("orgs", "type"), ("academicSessions", "type"), ("classes", "classType"), ("roles", "role"),
              ("enrollments", "role")}

# column, type, required (!), a value. Types: id, ref FILE, refs FILE, text, texts, enum, bool, date, year.
NIGHT = "2026-08-20T02:00:00.000Z"
FIRST = {"bulk": [("sourcedId", "id", "!", None), ("status", "blank", "", ""), ("dateLastModified", "blank", "", "")],
         "delta": [("sourcedId", "id", "!", None), ("status", "status", "!", "active"), ("dateLastModified", "moment", "!", NIGHT)]}
TABLES = {
    "orgs": [("name", "text", "!", "North School"), ("type", "enum", "!", "school"), ("identifier", "text", "", "77"),
             ("parentSourcedId", "ref orgs", "", "orgs-2")],
    "academicSessions": [("title", "text", "!", "2026"), ("type", "enum", "!", "schoolYear"),
                         ("startDate", "date", "!", "2026-08-01"), ("endDate", "date", "!", "2027-07-01"),
                         ("parentSourcedId", "ref academicSessions", "", "academicSessions-2"),
                         ("schoolYear", "year", "!", "2027")],
    "courses": [("schoolYearSourcedId", "id ref", "", "academicSessions-1"), ("title", "text", "!", "Art"),
                ("courseCode", "text", "", "A1"), ("grades", "texts", "", "01,02"),
                ("orgSourcedId", "ref orgs", "!", "orgs-1"), ("subjects", "texts", "", "Art,Music"),
                ("subjectCodes", "texts", "", "1,2")],
    "classes": [("title", "text", "!", "Art 1"), ("grades", "texts", "", "01"),
                ("courseSourcedId", "ref courses", "!", "courses-1"), ("classCode", "text", "", "A1-1"),
                ("classType", "enum", "!", "scheduled"), ("location", "text", "", "Room 2"),
                ("schoolSourcedId", "ref orgs", "!", "orgs-1"),
                ("termSourcedIds", "refs academicSessions", "!", "academicSessions-1,academicSessions-2"),
                ("subjects", "texts", "", "Art"), ("subjectCodes", "texts", "", "1"), ("periods", "texts", "", "1,3")],
    "enrollments": [("classSourcedId", "ref classes", "!", "classes-1"), ("schoolSourcedId", "ref orgs", "!", "orgs-1"),
                    ("userSourcedId", "ref users", "!", "users-1"), ("role", "enum", "!", "student"),
                    ("primary", "bool", "", "false"), ("beginDate", "date", "", "2026-08-01"),
                    ("endDate", "date", "", "2027-07-01")],
}
NAMES = [("username", "text", "!", "ann"), ("userIds", "texts", "", "{LDAP:ann}"), ("givenName", "text", "!", "Ann"),
         ("familyName", "text", "!", "Archer"), ("middleName", "text", "", "B"), ("identifier", "text", "", "9"),
         ("email", "text", "", "ann@example.org"), ("sms", "text", "", "+14155550132"),
         ("phone", "text", "", "+14155550133"), ("agentSourcedIds", "refs users", "", "users-2"),
         ("grades", "texts", "", "01"), ("password", "text", "", "x")]
USERS_1_1 = [("enabledUser", "bool", "!", "true"), ("orgSourcedIds", "refs orgs", "!", "orgs-1"),
             ("role", "enum", "!", "student"), *NAMES]
USERS_1_2 = [("enabledUser", "bool", "!", "true"), *NAMES, ("userMasterIdentifier", "text", "", "m"),
             ("preferredGivenName", "text", "", "A"), ("preferredMiddleName", "text", "", "B"),
             ("preferredFamilyName", "text", "", "C"), ("primaryOrgSourcedId", "id ref", "", "orgs-1"),
             ("pronouns", "text", "", "she/her/hers")]
ROLES = [("userSourcedId", "id ref", "!", "users-1"), ("roleType", "enum", "!", "primary"),
         ("role", "enum", "!", "student"), ("beginDate", "date", "", "2026-08-01"), ("endDate", "date", "", ""),
         ("orgSourcedId", "id ref", "!", "orgs-1"), ("userProfileSourcedId", "id ref", "", "")]
FILES_1_1 = ("academicSessions categories classes classResources courses courseResources demographics enrollments "
             "lineItems orgs resources results users").split()
FILES_1_2 = FILES_1_1 + ("lineItemLearningObjectiveIds lineItemScoreScales resultLearningObjectiveIds resultScoreScales "
                         "roles scoreScales userProfiles userResources").split()

BAD_BY_TYPE = {
    "id": ["a b", "x" * 256, "a:b", "é"],
    "ref": ["a b", "a:b"],
    "refs": ["a b", "%s,,%s"],
    "texts": ["a,,b", ","],
    "bool": ["TRUE", "yes", "1"],
    "date": ["1/8/2026", "2026-13-01", "2026-8-1", "2026-08-01T00:00:00Z"],
    "year": ["27", "2026-2027"],
    "status": ["Active", "ACTIVE", "toBeDeleted", "inactive", "deleted", "gone"],
    "moment": ["2026-08-20", "2026-08-20 02:00:00", "2026-08-20T02:00:00", "2026-08-20T02:00:00+01:00", "2026-13-20T02:00:00Z",
               "2026-08-20T24:00:00Z", "20/08/2026"],
}


def tables(form):
    """file -> (columns, two rows as dicts); a package that conforms."""
    first, version = FIRST[form.mode], form.version
    columns = {file: first + rows for file, rows in TABLES.items()}
    columns["users"] = first + (USERS_1_1 if version == "1.1" else USERS_1_2)
    if version == "1.2":
        columns["roles"] = first + ROLES
    made = {}
    for file, of_file in columns.items():
        rows = []
        for number in (1, 2):
            row = {name: value for name, _, _, value in of_file}
            row["sourcedId"] = f"{file}-{number}"
            rows.append(row)
        rows[1].update({name: "" for name, kind, need, _ in of_file if not need and name != "sourcedId"})
        made[file] = ([name for name, *_ in of_file], rows)
    second = made["users" if version == "1.1" else "roles"][1][1]
    second["role"] = "parent"
    if version == "1.2":
        second["userSourcedId"] = "users-2"
    made["enrollments"][1][1]["userSourcedId"] = "users-1"
    return columns, made


def text(rows, end="\r\n"):
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows(rows)
    return out.getvalue().encode()


def manifest(version, modes, drop=(), own="1.0", says=None):
    files = FILES_1_1 if version == "1.1" else FILES_1_2
    rows = [["propertyName", "value"], ["manifest.version", own], ["oneroster.version", says or version]]
    rows += [[f"file.{file}", modes.get(file, "absent")] for file in files if file not in drop]
    return rows + [["source.systemName", "cases.py"], ["source.systemCode", "1"]]


def package(form, made, modes=None, **more):
    entries = {"manifest.csv": text(manifest(form.version, modes or dict.fromkeys(made, form.mode), **more))}
    for file, (header, rows) in made.items():
        entries[f"{file}.csv"] = text([header, *[[row.get(name, "") for name in header] for row in rows]])
    return entries


def changed(form, file, row, **values):
    _, made = tables(form)
    made[file][1][row].update(values)
    return package(form, made)


def header_cases(form, file, names):
    def with_header(header):
        _, made = tables(form)
        made[file] = (header, made[file][1])
        return package(form, made)

    def renamed(old, new):
        entries = package(form, tables(form)[1])
        entries[f"{file}.csv"] = entries[f"{file}.csv"].replace(old.encode(), new.encode(), 1)
        return entries

    error = f"{file}.csv"
    for at, name in enumerate(names):
        yield f"missing-{name}", with_header(names[:at] + names[at + 1:]), error
        if at + 1 < len(names):
            swapped = names[:at] + [names[at + 1], name] + names[at + 2:]
            yield f"order-{name}", with_header(swapped), error
        wrong = [n.swapcase() if n == name else n for n in names]
        yield f"case-{name}", renamed(",".join(names), ",".join(wrong)), error
    yield "metadata", with_header([*names, "metadata.a", "metadata.b.c"]), None
    yield "extra", with_header([*names, "vendor"]), error
    yield "metadata-first", with_header(["metadata.a", *names]), error
    yield "unnamed", with_header([*names, ""]), error
    if file == "users" and form.version == "1.2":
        at = names.index("preferredGivenName")
        yield "resourceSourcedIds", with_header(names[:at] + ["resourceSourcedIds"] + names[at:]), None


def value_cases(form, file, columns):
    error = f"{file}.csv"
    for name, kind, need, value in columns:
        kind, _, target = kind.partition(" ")
        if need:
            yield f"blank-{name}", changed(form, file, 0, **{name: ""}), error
        elif kind != "blank":
            yield f"optional-{name}", changed(form, file, 0, **{name: ""}), None
        if kind == "blank":
            filled = "active" if name == "status" else "2026-08-01T00:00:00.000Z"
            yield f"filled-{name}", changed(form, file, 0, **{name: filled}), error
        for at, bad in enumerate(BAD_BY_TYPE.get(kind, [])):
            if "%s" in bad:
                bad = bad % (value, value)
            yield f"type-{name}-{at}", changed(form, file, 0, **{name: bad}), error
        # a delta may refer to records of earlier packages
        dangling = error if form.mode == "bulk" else None
        if kind in ("ref", "refs") and target:
            if target != "ref":
                yield f"unresolved-{name}", changed(form, file, 0, **{name: "nowhere"}), dangling
        if kind == "refs":
            yield f"unresolved-second-{name}", changed(form, file, 0, **{name: f"{value},nowhere"}), dangling
        if kind == "enum":
            for word in VOCABULARY[file, name]:
                school = file == "orgs" and word != "school"
                row = 1 if school else 0
                yield f"word-{name}-{word}", changed(form, file, row, **{name: word}), None
                yield f"word-case-{name}-{word}", changed(form, file, row, **{name: word.upper()}), error
            yield f"word-{name}-unknown", changed(form, file, 1, **{name: "something"}), error
            ext = None if form.version == "1.2" and (file, name) in EXTENDABLE else error
            yield f"word-{name}-ext", changed(form, file, 1, **{name: "ext:something"}), ext
    if file != "roles":  # rosterd has no use for the ids of its rows
        yield "duplicate", changed(form, file, 1, sourcedId=f"{file}-1", **{columns[3][0]: columns[3][3]}), error
    if file in ("courses", "classes", "enrollments"):  # nobody refers to their second rows
        yield "longest-id", changed(form, file, 1, sourcedId="x" * 255), None


def delta_cases(form, file):
    """What only a delta can be right or wrong about; and files of both modes in one package."""
    error = f"{file}.csv"
    yield "gone", changed(form, file, 1, status="tobedeleted"), None
    yield "no-fraction", changed(form, file, 1, dateLastModified="2026-08-20T02:00:00Z"), None
    made = tables(form)[1]
    made[file][1][0].update({name: "" for name in made[file][0][3:]}, status="tobedeleted")
    yield "gone-blank", package(form, made), error
    if file != "roles":
        yield "gone-and-there", changed(form, file, 1, sourcedId=f"{file}-1", status="tobedeleted"), error
    made = tables(form)[1]
    whole = tables(Form(form.version, "bulk"))[1]
    modes = dict.fromkeys(made, "delta")
    yield "bulk-among-deltas", package(form, {**made, file: whole[file]}, {**modes, file: "bulk"}), None
    yield "delta-among-bulk", package(form, {**whole, file: made[file]}, {**dict.fromkeys(made, "bulk"), file: "delta"}), None
    yield "delta-as-bulk", package(form, made, {**modes, file: "bulk"}), error
    yield "bulk-as-delta", package(form, {**made, file: whole[file]}, modes), error


def file_cases(form, file, columns):
    names = [name for name, *_ in columns]
    yield from header_cases(form, file, names)
    yield from value_cases(form, file, columns)
    if form.mode == "delta":
        yield from delta_cases(form, file)
    error = f"{file}.csv"
    base = package(form, tables(form)[1])
    data = base[error]
    yield "bom", {**base, error: b"\xef\xbb\xbf" + data}, None
    yield "lf", {**base, error: data.replace(b"\r\n", b"\n")}, None
    yield "no-final-newline", {**base, error: data[:-2]}, None
    yield "empty", {**base, error: b""}, error
    yield "header-only", {**base, error: data[:data.index(b"\n") + 1]}, error
    yield "not-utf8", {**base, error: data[:-2] + b"\xff\r\n"}, error
    yield "utf16", {**base, error: data.decode().encode("utf-16")}, error
    yield "short-row", {**base, error: data[:-3] + b"\r\n"}, error
    yield "long-row", {**base, error: data[:-2] + b",\r\n"}, error
    yield "listed-not-there", {name: d for name, d in base.items() if name != error}, error
    made = tables(form)[1]
    modes = {name: "bulk" for name in made}
    yield "absent-but-there", package(form, made, {**modes, file: "absent"}), error
    yield "name-case", {(name.upper() if name == error else name): d for name, d in base.items()}, error


def package_cases(form):
    made = tables(form)[1]
    base = package(form, made)
    modes = {name: "bulk" for name in made}
    yield "base", base, None
    yield "stored-order", dict(reversed(base.items())), None
    yield "no-manifest", {name: d for name, d in base.items() if name != "manifest.csv"}, "manifest.csv"
    for says in ("1.0", "1.3", "", "one"):
        yield f"version-{says or 'blank'}", package(form, made, says=says or " "), "manifest.csv"
    for own in ("1.1", "", "1"):
        yield f"own-version-{own or 'blank'}", package(form, made, own=own), "manifest.csv"
    for file in FILES_1_1 if form.version == "1.1" else FILES_1_2:
        if file not in made:
            yield f"row-missing-{file}", package(form, made, drop=(file,)), "manifest.csv"
            yield f"mode-blank-{file}", package(form, made, {**modes, file: ""}), f"{file}.csv"
            yield f"mode-unknown-{file}", package(form, made, {**modes, file: "full"}), "manifest.csv"
            yield f"listed-not-there-{file}", package(form, made, {**modes, file: "bulk"}), f"{file}.csv"
    yield "property", {**base, "manifest.csv": base["manifest.csv"] + b"vendor.x,1\r\n"}, "manifest.csv"
    yield "unknown-file", {**base, "notes.txt": b"x"}, ""
    yield "folder", {f"export/{name}": d for name, d in base.items()}, ""
    yield "nothing", {}, ""


def cases():
    for form in (Form(version, mode) for version in ("1.1", "1.2") for mode in ("bulk", "delta")):
        begin = "/".join(form)
        for name, entries, error in package_cases(form):
            yield f"{begin}/package/{name}", entries, error
        for file, columns in tables(form)[0].items():
            for name, entries, error in file_cases(form, file, columns):
                yield f"{begin}/{file}/{name}", entries, error
