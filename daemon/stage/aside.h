/* Records that wait until the COPY that is under way has ended: a connection has one at a time. */
#ifndef STAGE_ASIDE_H
#define STAGE_ASIDE_H

#include <stdbool.h>

#include "error.h"
#include "record.h"

struct aside;

/* @return NULL when memory ran out */
struct aside *aside_new(void);
void aside_free(struct aside *aside);

/* Keeps a record. @return false: it does not fit any more */
bool aside_add(struct aside *aside, const struct record *record);

bool aside_has(const struct aside *aside, enum record_table table);

/* Visits the records of a table, in the order they came. @return 0, or -1 as `visit` does */
int aside_each(const struct aside *aside, enum record_table table,
               int (*visit)(void *context, const struct record *record, struct error *reterr),
               void *context, struct error *reterr);

/*
 * The next record of any table, as a view.
 *
 * @param at  0 at first; then as it was left
 * @return false: there is none
 */
bool aside_next(const struct aside *aside, size_t *at, struct record *ret_record);

void aside_clear(struct aside *aside);

#endif
