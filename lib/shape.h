/*
 * Whether a row has the shape of its file: as many cells as the header, none of them a piece of
 * another row. A comma or a quote too many or too few moves values into columns that are not
 * theirs, or swallows rows.
 */
#ifndef ROSTER_SHAPE_H
#define ROSTER_SHAPE_H

#include "csv.h"
#include "oneroster.h"

enum shape {
    SHAPE_GOOD,
    SHAPE_LONG,
    SHAPE_SHORT,
    SHAPE_LINES /* a cell seems to hold other rows */
};

/*
 * @param width               cells of the file's rows, where these are not as wide as the header; 0
 * @param ret_is_id_in_place  set to false when what stands in the id's column of a row that is not
 *                            good may be something else; else untouched
 */
enum shape shape_of(const struct roster_header *header, size_t width, const struct csv_row *row,
                    bool *ret_is_id_in_place);

/*
 * Whether the rows of a file may all be as wide as this one: what is missing is of no use, what is
 * beyond the header is blank.
 */
bool shape_may_be_width(const struct roster_header *header, const struct csv_row *row);

#endif
