#include "shape.h"

#include <string.h>

#include "date.h"
#include "vocabulary.h"

/* Commas behind a line break inside a cell: so many follow the id in any row, and few a title. */
#define ROW_COMMAS 3

static enum roster_column
column_of(const struct roster_header *header, enum roster_column orgs_column)
{
    return (enum roster_column)(roster_first_column(header->file) +
                                (orgs_column - ORGS_SOURCED_ID));
}

/*
 * Whether the id of a row that has not as many cells as the header can be believed: a lost or added
 * comma must stand behind it. It does if status and dateLastModified follow the id and hold what
 * they should, and the cell after them is not one of the two, pushed on by a comma inside the id.
 */
static bool
is_id_in_place(const struct roster_header *header, const struct csv_row *row)
{
    int first = header->cells[column_of(header, ORGS_SOURCED_ID)];
    int status = header->cells[column_of(header, ORGS_STATUS)];
    int modified = header->cells[column_of(header, ORGS_MODIFIED)];
    int next = modified + 1;
    if (status != first + 1 || modified != first + 2 || (size_t)next >= row->count) {
        return false;
    }
    struct text date = text_trim(row->cells[modified]);
    struct text value = text_trim(row->cells[next]);
    struct text day;
    bool is_switch = header->cells[USERS_ENABLED] == next;
    return vocabulary_has_status(text_trim(row->cells[status])) &&
           (date.size == 0 || date_read(date, &day) == 0) && value.size > 0 &&
           (!is_switch || vocabulary_has_switch(value));
}

/* Whether a cell seems to hold the beginning of another row: an id and the commas behind it. */
static bool
holds_row(struct text text)
{
    const char *end = text.data + text.size;
    const char *feed = text.size == 0 ? NULL : memchr(text.data, '\n', text.size);
    int commas = 0;
    for (const char *p = feed; p != NULL && p < end && commas < ROW_COMMAS; p++) {
        commas += *p == ',';
    }
    return commas == ROW_COMMAS;
}

static bool
has_other_rows(const struct csv_row *row)
{
    size_t at = 0;
    while (at < row->count && !holds_row(row->cells[at])) {
        at++;
    }
    return at < row->count;
}

bool
shape_may_be_width(const struct roster_header *header, const struct csv_row *row)
{
    size_t at = header->count;
    while (at < row->count && text_trim(row->cells[at]).size == 0) {
        at++;
    }
    return row->count >= header->used_count && at >= row->count;
}

/*
 * One cell more or fewer may be blank or of no use itself, but the values behind the comma that
 * makes the difference stand in the wrong columns. So a row is as wide as the header, or as all
 * rows are.
 */
enum shape
shape_of(const struct roster_header *header, size_t width, const struct csv_row *row,
         bool *ret_is_id_in_place)
{
    if ((row->flags & CSV_LINE_BREAK) != 0 && has_other_rows(row)) {
        *ret_is_id_in_place = false;
        return SHAPE_LINES;
    }
    bool is_wide = row->count == header->count || row->count == header->whole_count ||
                   (width > 0 && row->count == width);
    if (is_wide && shape_may_be_width(header, row)) {
        return SHAPE_GOOD;
    }
    /* a lost line end makes one long row of two, and only one of them has an id here */
    if (row->count + 1 >= 2 * header->count || !is_id_in_place(header, row)) {
        *ret_is_id_in_place = false;
    }
    return row->count > header->count ? SHAPE_LONG : SHAPE_SHORT;
}
