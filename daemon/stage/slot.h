/*
 * The slot as a reader's sink: one COPY a table, all in one transaction that the header ends. Until
 * then nobody else sees any of it; a worker that dies leaves the slot as it was.
 */
#ifndef STAGE_SLOT_H
#define STAGE_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "database.h"
#include "digest.h"
#include "error.h"
#include "finding.h"
#include "job.h"
#include "reader.h"

struct slot;

/* How the district's files are read: its settings, and what the mirror holds. */
struct slot_reading {
    char phone_region[8];
    bool preferred_names;
    bool windows_1252;
    bool strict;
    char digest[DIGEST_TOKEN_SIZE]; /* token of what the mirror holds; "": send all */
    json_t *unsettled;              /* ids to send all the same, a list a table; NULL: none */
};

/* How the package was sent. */
struct slot_sending {
    bool is_short; /* classes, people and enrollments that are as in the mirror were not */
    char digest[DIGEST_TOKEN_SIZE]; /* token of the package's digest; "": there is none */
};

/*
 * Begins the transaction and empties the slot.
 *
 * @param ret_reading  for slot_reading_deinit, also after -1
 * @return 0, or -1 with ret_slot NULL
 */
int slot_open(struct database *database, const struct job *job, struct slot **ret_slot,
              struct slot_reading *ret_reading, struct error *reterr);

void slot_reading_deinit(struct slot_reading *reading);

/* NULL is allowed. Does not end the transaction. */
void slot_free(struct slot *slot);

/* Takes all rows back, also in the middle of a COPY. */
int slot_take_back(struct slot *slot, struct error *reterr);

/* Rows that are in it, a table. */
const uint64_t *slot_rows(const struct slot *slot);

/* A sink that copies records into the slot and tells the daemon of the progress. */
struct reader_sink slot_sink(struct slot *slot);

/*
 * Writes the findings and the header, and commits. Of a rejected package the rows are taken back
 * first: only its findings stay.
 *
 * @param ret_finding_rows  rows that went to stage.finding
 */
int slot_close(struct slot *slot, const struct reader_result *result,
               const struct slot_sending *sending, const struct findings *findings,
               uint64_t *ret_finding_rows, struct error *reterr);

#endif
