/*
 * The OneRoster standard as a table: which files there are, which columns they have, and what of
 * them rosterd uses. The rows stand in oneroster.def.
 */
#ifndef ROSTER_ONEROSTER_H
#define ROSTER_ONEROSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "text.h"

enum roster_file {
#define ROSTER_FILE(file, name, flags) FILE_##file,
#define ROSTER_COLUMN(file, column, name, type, flags)
#define ROSTER_ALIAS(file, column, name)
#include "oneroster.def"
#undef ROSTER_FILE
#undef ROSTER_COLUMN
#undef ROSTER_ALIAS
    FILE_COUNT
};

/* Columns of all files, numbered through. */
enum roster_column {
#define ROSTER_FILE(file, name, flags)
#define ROSTER_COLUMN(file, column, name, type, flags) file##_##column,
#define ROSTER_ALIAS(file, column, name)
#include "oneroster.def"
#undef ROSTER_FILE
#undef ROSTER_COLUMN
#undef ROSTER_ALIAS
    COLUMN_COUNT
};

enum roster_type {
    TYPE_ID,         /* the row's own id */
    TYPE_REFERENCE,  /* another row's id */
    TYPE_REFERENCES, /* several, separated by commas in one cell */
    TYPE_STATUS,
    TYPE_STRING,
    TYPE_STRINGS,
    TYPE_ENUM,
    TYPE_BOOLEAN,
    TYPE_DATE,
    TYPE_DATETIME,
    TYPE_YEAR,
    TYPE_COUNT
};

enum roster_flag {
    ROSTER_READ = 1,
    ROSTER_REQUIRED = 2,
    ROSTER_USED = 4,
    ROSTER_NEEDED = 8,
    ROSTER_VALUE = 16,
    ROSTER_ONLY_1_1 = 32,
    ROSTER_ONLY_1_2 = 64,
    ROSTER_LEFT_OUT = 128
};

struct roster_column_row {
    enum roster_file file;
    const char *name;
    enum roster_type type;
    unsigned flags; /* enum roster_flag */
};

const struct roster_column_row *roster_column(enum roster_column column);

/* The first column of a file: its sourcedId. The file must be one that is read, or roles.csv. */
enum roster_column roster_first_column(enum roster_file file);

/* "users.csv": the name in the zip, in findings and in messages. */
const char *roster_file_name(enum roster_file file);

/* Whether the rows of a file go to the database. */
bool roster_file_is_read(enum roster_file file);

/* Whether the file came with 1.2. */
bool roster_file_is_new(enum roster_file file);

/* The file of a name such as "Users.CSV" (case does not matter), or FILE_COUNT. */
enum roster_file roster_file_of(struct text name);

/* The file of a manifest's property such as "file.users", or FILE_COUNT. */
enum roster_file roster_file_of_property(struct text property);

/* How a header writes the name of a column. */
enum roster_naming { NAMING_EXACT, NAMING_CASE, NAMING_ALIAS };

/* Where the columns of a file stand in its rows. */
struct roster_header {
    enum roster_file file;
    size_t count;            /* named cells of the header; those after them are blank */
    size_t whole_count;      /* with those */
    size_t used_count;       /* 1 + the last cell that rosterd uses */
    int cells[COLUMN_COUNT]; /* index of the cell, -1: the file does not have the column */
    enum roster_naming namings[COLUMN_COUNT];
    bool has_blanks; /* cells without a name */
    bool has_extras; /* names that the standard does not have, metadata.… apart */
    /* columns rosterd could use that are not there, while one of those is named nearly so */
    bool is_near[COLUMN_COUNT];
};

/* What is wrong with a header that cannot be used. */
struct roster_header_fault {
    enum roster_column column; /* COLUMN_COUNT: none in particular */
};

/*
 * Finds the columns by their names; order and letter case do not matter, unknown names are skipped.
 * Other names of a column (oneroster.def) count where its own name is not there.
 *
 * @param cells     of the file's first row
 * @param ret_fault set when -1 is returned
 * @return 0, or -1 (roster.header) when a needed column is missing or a used one stands there twice
 */
int roster_header_resolve(enum roster_file file, const struct text *cells, size_t count,
                          struct roster_header *ret_header, struct roster_header_fault *ret_fault,
                          struct error *reterr);

/* The cell of a column in a row, trimmed; size 0 when the row or the file does not have it. */
static inline struct text
roster_cell(const struct roster_header *header, const struct text *cells, size_t count,
            enum roster_column column)
{
    int at = header->cells[column];
    return at < 0 || (size_t)at >= count ? (struct text){"", 0} : text_trim(cells[at]);
}

#endif
