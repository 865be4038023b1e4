/*
 * What the rows of a file were beside the last digest, till the connection and the next digest come
 * to that file: those that are as they were as runs, the others one by one.
 */
#ifndef STAGE_LEDGER_H
#define STAGE_LEDGER_H

#include <stdbool.h>

#include "digest.h"
#include "record.h"

struct ledger;

/* A run of rows as they were, then one row. */
struct ledger_entry {
    uint32_t from; /* places of the run in the last digest, as in digest_draft_keep */
    uint32_t to;
    uint64_t count;
    bool has_row;
    bool is_compared; /* the row has an id, so there is a match */
    struct digest_match match;
    uint64_t hash;
};

/* @return NULL when memory ran out */
struct ledger *ledger_new(void);

/* NULL is allowed. */
void ledger_free(struct ledger *ledger);

/*
 * Notes a row.
 *
 * @param match  NULL: it was compared with nothing
 * @return false: it does not fit any more
 */
bool ledger_note(struct ledger *ledger, const struct record *record,
                 const struct digest_match *match, uint64_t hash);

/*
 * Visits the entries in their order; the record is NULL where an entry has no row.
 *
 * @return 0, or -1 as `visit` does
 */
int ledger_each(const struct ledger *ledger,
                int (*visit)(void *context, const struct ledger_entry *entry,
                             const struct record *record, struct error *reterr),
                void *context, struct error *reterr);

#endif
