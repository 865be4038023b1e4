/* Takes jobs, runs as many sessions at once as are allowed, keeps the rest in order. */
#ifndef FETCH_DESK_H
#define FETCH_DESK_H

#include <stdbool.h>
#include <stddef.h>

#include "session.h"

struct desk;

/* on_idle: called each time the last job has ended. NULL: no memory. */
struct desk *desk_new(const struct session_shared *shared, void (*on_idle)(void *context),
                      void *context);

/* Only when idle. NULL is fine. */
void desk_free(struct desk *desk);

/*
 * Takes one line of a job. A line that is no job is answered by an error event if it has a number.
 *
 * @return  0, or -1: it has none, so nobody can be answered; reterr says what is wrong
 */
int desk_take(struct desk *desk, const char *line, size_t length, struct error *reterr);

/* Breaks everything off. */
void desk_cancel_all(struct desk *desk);

bool desk_is_idle(const struct desk *desk);

#endif
