/*
 * enrollments.csv and users.csv are most of a package, and no row of one is judged by the other. So
 * with a second thread they are read at once, each from a bundle of its own; what becomes of the
 * enrollments is settled when it is their turn, as if they had been read then.
 */
#include "reader_private.h"

#include <stdlib.h>

struct beside {
    struct reader reader; /* the other one, as far as it had come */
    struct reader_result result;
    struct error error;
    bool is_running;
    bool is_whole;
};

/* On the other thread. */
static void
read_beside(void *argument)
{
    struct beside *beside = argument;
    beside->is_whole = reader_read_file(&beside->reader, FILE_ENROLLMENTS, &beside->error) == 0;
}

static void
free_beside(struct beside *beside)
{
    if (beside != NULL) {
        row_checker_free(beside->reader.checker);
        csv_reader_free(beside->reader.csv);
        findings_free(beside->reader.findings);
        free(beside);
    }
}

/* A reader of what is read beside. NULL: no memory, so it is read in its turn. */
static struct beside *
make_beside(const struct reader *reader, const struct reader_sink *sink)
{
    struct beside *beside = calloc(1, sizeof *beside);
    if (beside == NULL) {
        return NULL;
    }
    beside->reader = *reader;
    beside->reader.bundle = reader->options->helper->bundle;
    beside->reader.sink = sink;
    beside->reader.roles = NULL; /* of people */
    beside->reader.result = &beside->result;
    beside->reader.csv = csv_reader_new();
    beside->reader.checker = row_checker_new();
    beside->reader.findings = findings_new(false);
    beside->result.files[FILE_ENROLLMENTS] = reader->result->files[FILE_ENROLLMENTS];
    if (beside->reader.csv == NULL || beside->reader.checker == NULL ||
        beside->reader.findings == NULL) {
        free_beside(beside);
        return NULL;
    }
    return beside;
}

void
reader_begin_beside(struct reader *reader)
{
    const struct reader_helper *helper = reader->options->helper;
    const struct reader_file *file = &reader->result->files[FILE_ENROLLMENTS];
    if (helper == NULL || reader->sink->beside == NULL || reader->options->strict ||
        !file->present || file->mode != MODE_BULK) {
        return;
    }
    const struct reader_sink *sink = reader->sink->beside(reader->sink->context);
    struct beside *beside = sink == NULL ? NULL : make_beside(reader, sink);
    if (beside == NULL) {
        return;
    }
    beside->is_running = helper->start(helper->context, read_beside, beside);
    if (!beside->is_running) {
        free_beside(beside);
        return;
    }
    reader->beside = beside;
}

static void
wait_beside(struct reader *reader)
{
    const struct reader_helper *helper = reader->options->helper;
    if (reader->beside->is_running) {
        helper->wait(helper->context);
        reader->beside->is_running = false;
    }
}

int
reader_end_beside(struct reader *reader, struct error *reterr)
{
    const struct reader_sink *sink = reader->sink;
    struct beside *beside = reader->beside;
    wait_beside(reader);
    reader->file = FILE_ENROLLMENTS;
    reader->line = 0;
    reader->column = COLUMN_COUNT;
    if (sink->begin(sink->context, TABLE_ENROLLMENT, reterr) != 0 ||
        sink->take_beside(sink->context, beside->is_whole, reterr) != 0) {
        return -1;
    }
    reader->result->files[FILE_ENROLLMENTS] = beside->result.files[FILE_ENROLLMENTS];
    for (int table = 0; table < TABLE_COUNT; table++) {
        reader->result->rows[table] += beside->result.rows[table];
    }
    findings_take(reader->findings, beside->reader.findings);
    return sink->end(sink->context, TABLE_ENROLLMENT, reterr);
}

void
reader_forget_beside(struct reader *reader)
{
    if (reader->beside != NULL) {
        wait_beside(reader);
        free_beside(reader->beside);
        reader->beside = NULL;
    }
}
