/*
 * What the reader hands on: rows of the staging tables. Names and order of the columns are those of
 * the schema `stage`, without the slot; a test holds them against it.
 */
#ifndef ROSTER_RECORD_H
#define ROSTER_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "oneroster.h"
#include "text.h"

enum record_table {
    TABLE_ORG,
    TABLE_SESSION,
    TABLE_COURSE,
    TABLE_CLASS,
    TABLE_PERSON,
    TABLE_LINK,
    TABLE_ENROLLMENT,
    TABLE_ROLE, /* of roles.csv, as it says them */
    TABLE_BAD,  /* rows that cannot be used (SAFE-1) */
    TABLE_GONE, /* rows of a delta that say their record is gone */
    TABLE_COUNT
};

/* The widest table has so many columns after `line`. */
#define RECORD_VALUES_MAX 9

/* Between the items of one value, and between the parts of one item. Cleaned text has neither. */
#define RECORD_ITEM_SEPARATOR '\x1F'
#define RECORD_PART_SEPARATOR '\x1E'

struct record {
    enum record_table table;
    int64_t line; /* in its file, from 1 */
    struct text values[RECORD_VALUES_MAX];
    const struct text *links; /* TABLE_PERSON: the agents that the row names, each once */
    size_t link_count;
};

struct record_table_row {
    const char *name;    /* as in the schema stage */
    size_t count;        /* of its columns after `line` */
    const char *columns; /* their names, separated by ", " */
};

const struct record_table_row *record_table(enum record_table table);

/* The table that a file's rows feed (users.csv: TABLE_PERSON). The file must be one that is read,
 * or roles.csv.
 */
enum record_table record_table_of(enum roster_file file);

/*
 * A number of what a record says besides its id: that of equal ones is the same. A quick mixing:
 * whoever makes two different rows look alike only hides their own mistake from themselves.
 */
uint32_t record_content(const struct record *record);

#endif
