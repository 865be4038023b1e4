#!/usr/bin/python3
"""The script that people write: each CSV of a zip through csv and COPY into a temporary table, then an upsert by id.

    plain_upsert.py DSN ZIP

A peer for the bench: it knows one table a file, no rule, no removal, and believes every row. Prints seconds.
"""

import csv
import io
import sys
import time
import zipfile

import psycopg2

FILES = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")


def load(cursor, name, text):
    reader = csv.reader(text)
    columns = next(reader)
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(f'CREATE TABLE IF NOT EXISTS "{name}" ({", ".join(f""""{column}" text""" for column in columns)}, PRIMARY KEY ("sourcedId"))')
    cursor.execute(f'CREATE TEMP TABLE incoming (LIKE "{name}") ON COMMIT DROP')
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in reader:
        writer.writerow([value.strip() for value in row])
    buffer.seek(0)
    cursor.copy_expert("COPY incoming FROM STDIN (FORMAT csv)", buffer)
    changes = ", ".join(f'"{column}" = excluded."{column}"' for column in columns if column != "sourcedId")
    cursor.execute(f'INSERT INTO "{name}" ({names}) SELECT {names} FROM incoming ON CONFLICT ("sourcedId") DO UPDATE SET {changes}')


def main():
    began = time.monotonic()
    connection = psycopg2.connect(sys.argv[1])
    with zipfile.ZipFile(sys.argv[2]) as package:
        for name in FILES:
            with connection, connection.cursor() as cursor, package.open(f"{name}.csv") as entry:
                load(cursor, name, io.TextIOWrapper(entry, "utf-8", newline=""))
    connection.close()
    print(f"{time.monotonic() - began:.3f}")


if __name__ == "__main__":
    main()
