/* What the worker tells the daemon: lines of JSON on standard output. */
#ifndef STAGE_EVENT_H
#define STAGE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "digest.h"
#include "error.h"
#include "finding.h"
#include "reader.h"

/* Each returns 0, or -1 (daemon.stopped) when nobody reads any more. */

/* At most four a second; calls in between do nothing. */
int event_progress(const struct reader_progress *progress, struct error *reterr);

/* What is told of a package that was staged. */
struct event_staging {
    const struct reader_result *result;
    const struct findings *findings;
    const uint64_t *rows; /* in the slot, a table */
    uint64_t
        finding_rows; /* of stage.finding: fewer than the findings when some are only counted */
    bool is_short;    /* classes, people and enrollments that are as in the mirror were not sent */
    enum digest_end digest;
};

/* The last line of a run that ended as it should. */
int event_staged(const struct event_staging *staging, struct error *reterr);
/* Whether every file that the rules use came whole (bulk) in a package that can be used. */
int event_looked(const struct reader_result *result, struct error *reterr);
int event_rejected(const struct reader_result *result, const struct findings *findings,
                   struct error *reterr);

/* The last line of a run that failed. @param sqlstate NULL, or five characters */
int event_error(const struct error *error, const char *sqlstate, struct error *reterr);

/*
 * Rows a table and counts a file as the slot's header and the events have them. A new reference,
 * NULL when memory ran out.
 */
json_t *event_rows(const uint64_t *rows, uint64_t finding_rows);
json_t *event_files(const struct reader_result *result, bool is_short);

#endif
