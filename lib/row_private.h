/* What row.c (is the row usable) and row_values.c (what does it say) share. */
#ifndef ROSTER_ROW_PRIVATE_H
#define ROSTER_ROW_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "limit.h"
#include "row.h"

struct row_checker {
    struct roster_header header;
    struct row_options options;
    struct findings *findings;
    struct scratch scratch;

    /* the row being checked */
    const struct csv_row *row;
    int64_t line;
    struct text id;
    bool failed; /* memory ran out */
    bool is_bad;

    struct text items[LIMIT_LIST_ITEMS];
    size_t item_count;
};

void row_note(struct row_checker *checker, enum finding_code code, enum roster_column column);

/* Notes an error: the row will not be used. */
void row_refuse(struct row_checker *checker, enum finding_code code, enum roster_column column);

/*
 * What a cell says that holds the word NULL: a name may be that; anywhere else a database writes so
 * that there is nothing.
 */
struct text row_null(struct row_checker *checker, enum roster_column column, struct text text);

/* The cell of a column, trimmed; size 0 when there is nothing. */
static inline struct text
row_cell(struct row_checker *checker, enum roster_column column)
{
    struct text text =
        roster_cell(&checker->header, checker->row->cells, checker->row->count, column);
    return text.size == 4 && memcmp(text.data, "NULL", 4) == 0 ? row_null(checker, column, text)
                                                               : text;
}

/* An id is taken byte for byte; it must be printable and not too long. */
static inline bool
row_is_usable_id(const struct row_checker *checker, struct text id)
{
    return id.size > 0 && id.size <= LIMIT_ID_BYTES &&
           (checker->row->flags == 0 ||
            (text_scan(id.data, id.size) & ~(unsigned)TEXT_NOT_ASCII) == 0);
}

/* Takes the values of a row of the file that is checked. */
void row_take_values(struct row_checker *checker, struct text *values);

#endif
