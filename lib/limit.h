/*
 * Every limit on what a district may send, each with its reason. A file beyond one of them is
 * refused as a whole (roster.limit, zip.limit, file.too_large) unless the line says otherwise.
 * Units stand last. Tests try each at the limit and at the limit plus one; the bytes of files, rows
 * and roles with the limit lowered, in tests/unit/test_limits.c.
 */
#ifndef ROSTER_LIMIT_H
#define ROSTER_LIMIT_H

#include <stdint.h>

/* The zip as it lies in the spool: a million students are some 0.2 GB; 20 times that. */
#define LIMIT_ZIP_BYTES (INT64_C(4) << 30)
/* OneRoster knows 22 files; the rest is what Finders and explorers leave behind. */
#define LIMIT_ZIP_ENTRIES 64
/* The longest name of the standard has 36 bytes; one folder in front of it. */
#define LIMIT_ZIP_NAME_BYTES 255
/* Rosters shrink 5 to 30 times; deflate could do 1,032 times. Beyond this it is a bomb. */
#define LIMIT_ZIP_RATIO 200
/* Below this an entry is harmless whatever its ratio (a header-only file, a column of zeros). */
#define LIMIT_ZIP_RATIO_FROM_BYTES (INT64_C(1) << 20)
/* One entry, as really inflated: LIMIT_ROWS rows of 160 bytes. */
#define LIMIT_FILE_BYTES (INT64_C(16) << 30)
/* All entries that are read, together: no district fills two such files. */
#define LIMIT_TOTAL_BYTES (INT64_C(32) << 30)

/* The largest district of the country has some 7 million enrollments; 14 times that. */
#define LIMIT_ROWS 100000000
/* The widest header of the standard has 22 columns; the rest is room for extensions. */
#define LIMIT_COLUMNS 256
/* A cell: a list of 255 ids of 255 bytes. */
#define LIMIT_FIELD_BYTES 65536
/* A row: four such cells. It also bounds how far an unclosed quote can reach. */
#define LIMIT_ROW_BYTES (4 * LIMIT_FIELD_BYTES)
/* The manifest has 26 properties at most. */
#define LIMIT_MANIFEST_ROWS 256

/* An id: the standard says fewer than 256 characters. The row or reference is not used. */
#define LIMIT_ID_BYTES 255
/* A name or title: 255 characters, as the standard demands; longer ones are cut, with a finding. */
#define LIMIT_TEXT_CHARACTERS 255
/* A role or type word; longer ones are cut. */
#define LIMIT_WORD_BYTES 64
/* Items of one list cell (orgs, terms, agents): nobody has more children. The row is not used. */
#define LIMIT_LIST_ITEMS 500
/* Rows of roles.csv: the largest district has some 2.6 million people; four times that. */
#define LIMIT_ROLES 10000000
/* Different pairs of role and org in it: 12 roles at each of 8,000 schools. */
#define LIMIT_ROLE_PAIRS 100000

/* An e-mail address: what RFC 5321 allows. The value is not used. */
#define LIMIT_EMAIL_BYTES 254
/* What stands before its @, likewise. */
#define LIMIT_EMAIL_LOCAL_BYTES 64
/* An e-mail address as written: characters of four bytes, and invisible ones. Likewise. */
#define LIMIT_EMAIL_RAW_BYTES 1016
/* A telephone number, invisible characters apart: an E.164 number has 15 digits. Likewise. */
#define LIMIT_PHONE_BYTES 64
/* A telephone number as written, likewise. */
#define LIMIT_PHONE_RAW_BYTES 256

/* Findings of one code in one file that are kept one by one; the rest is counted. */
#define LIMIT_FINDINGS_PER_CODE 1000
/* Findings kept in all, so that they never need more than a few megabytes. */
#define LIMIT_FINDINGS 20000

/* A digest: an entry of 48 bytes for each of 20 million classes, people and enrollments. Beyond
 * this there is none, and the nights are read whole.
 */
#define LIMIT_DIGEST_BYTES (INT64_C(1) << 30)
/* Records whose rows a digest tells to send every night. Beyond this there is none. */
#define LIMIT_DIGEST_DISTRUSTED 50000

/* One line of JSON between the daemon and its children. */
#define LIMIT_JSON_LINE_BYTES 65536

#endif
