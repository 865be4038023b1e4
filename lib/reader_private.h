/* What reader.c and reader_beside.c share. */
#ifndef ROSTER_READER_PRIVATE_H
#define ROSTER_READER_PRIVATE_H

#include "csv.h"
#include "reader.h"
#include "role_set.h"
#include "row.h"

struct beside;

struct reader {
    struct bundle *bundle;
    const struct reader_options *options;
    const struct reader_sink *sink;
    struct findings *findings;
    struct reader_result *result;
    struct csv_reader *csv;
    struct row_checker *checker;
    struct manifest manifest;
    enum row_roles roles_are;
    struct role_set *roles; /* for ROLES_IN_SET */
    struct roster_header headers[FILE_COUNT];
    size_t widths[FILE_COUNT]; /* of the rows, if it is not the header's; else 0 */

    /* where reading stands: what a refusal points at */
    enum roster_file file;
    uint64_t line;
    enum roster_column column;

    struct beside *beside; /* enrollments.csv, on another thread; or NULL */
};

/* Pass by pass. */
int reader_read_file(struct reader *reader, enum roster_file file, struct error *reterr);

/* Begins to read enrollments.csv on the helper's thread, if there is one and the sink has a place.
 */
void reader_begin_beside(struct reader *reader);

/* Its turn: waits till it is read, and has the sink take what it said. */
int reader_end_beside(struct reader *reader, struct error *reterr);

/* In any case, before the reader goes. */
void reader_forget_beside(struct reader *reader);

#endif
