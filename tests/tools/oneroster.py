"""Write OneRoster 1.1 CSV packages: the columns of each file, the manifest, the zip.

For tests, the demo and the bench. Values are written as given, so a test can also write nonsense.
"""

import csv
import io
import zipfile

COLUMNS = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate,"
    "parentSourcedId,schoolYear",
    "courses": "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,"
    "orgSourcedId,subjects,subjectCodes",
    "classes": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,"
    "location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
    "users": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"
    "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password",
    "enrollments": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,"
    "userSourcedId,role,primary,beginDate,endDate",
}
COLUMNS = {name: columns.split(",") for name, columns in COLUMNS.items()}
PLACES = {name: {column: n for n, column in enumerate(columns)} for name, columns in COLUMNS.items()}

# Every file a 1.1 manifest speaks about.
MANIFEST_FILES = (
    "academicSessions categories classes classResources courses courseResources demographics "
    "enrollments lineItems orgs resources results users"
).split()

# A fixed time in every entry: the same rows give the same bytes.
ENTRY_TIME = (2026, 1, 1, 0, 0, 0)


def row(file, /, **values):
    """One row of a file, blank where nothing is said."""
    places = PLACES[file]
    cells = [""] * len(places)
    for column, value in values.items():
        if column not in places:
            raise KeyError(f"{file}.csv has no column {column}")
        cells[places[column]] = value
    return cells


def manifest(present, modes=None):
    """The manifest's rows: bulk for the files that are there, else absent; modes overrides."""
    rows = [
        ["propertyName", "value"],
        ["manifest.version", "1.0"],
        ["oneroster.version", "1.1"],
    ]
    for name in MANIFEST_FILES:
        mode = (modes or {}).get(name, "bulk" if name in present else "absent")
        rows.append([f"file.{name}", mode])
    rows += [["source.systemName", "district.py"], ["source.systemCode", "test"]]
    return rows


def csv_bytes(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def write_zip(path, tables, modes=None, extra=None, level=6):
    """Write a package.

    tables: file name without .csv -> rows without header (the standard's columns in its order), or
            bytes, taken as they are
    modes:  manifest modes that differ from bulk for what is there and absent for the rest
    extra:  further entries, name -> bytes; may replace manifest.csv (None leaves it out)
    """
    entries = {"manifest.csv": csv_bytes(manifest(tables, modes))}
    for name, rows in tables.items():
        if isinstance(rows, bytes):
            entries[f"{name}.csv"] = rows
        else:
            entries[f"{name}.csv"] = csv_bytes([COLUMNS[name], *rows])
    entries.update(extra or {})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as package:
        for name, data in entries.items():
            if data is None:
                continue
            info = zipfile.ZipInfo(name, ENTRY_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, data, compresslevel=level)
