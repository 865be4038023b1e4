/* What row.c (is the row usable) and row_values.c (what does it say) share. */
#ifndef ROSTER_ROW_PRIVATE_H
#define ROSTER_ROW_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* The cell of a column, trimmed; size 0 when there is nothing. */
struct text row_cell(struct row_checker *checker, enum roster_column column);

/* An id is taken byte for byte; it must be printable and not too long. */
bool row_is_usable_id(const struct row_checker *checker, struct text id);

/* Takes the values of a row of the file that is checked. */
void row_take_values(struct row_checker *checker, struct text *values);

#endif
