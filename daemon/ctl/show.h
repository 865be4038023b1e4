/*
 * Parts of answers that several verbs show.
 */
#ifndef ROSTERCTL_SHOW_H
#define ROSTERCTL_SHOW_H

#include "ctl.h"
#include "error.h"

#include <jansson.h>
#include <stddef.h>

/* Room for a command or a line made of a district's members. */
#define SHOW_SIZE 1024

/* Whether somebody must act on the district before it goes on as it should. */
bool show_needs_somebody(const json_t *district);

/* The command that is the next step for a district's fault. */
const char *show_next_step(const json_t *district, char buffer[static SHOW_SIZE]);

/* What the owner of a cause does, with the district's name and the run's number (0: none) where
 * the text has SLUG and RUN. */
const char *show_act(enum cause cause, const char *slug, json_int_t run_id,
                     char buffer[static SHOW_SIZE]);

/* Whether a run was held and is decided, or replaced by a newer one: nobody acts on it any more. */
bool show_is_over(const json_t *run);

/* "hostkey changed": what is wrong, in one sentence of the cause, or of the state. */
const char *show_what(const json_t *object);

/* Why a file that lies in the drop is not taken, and whose turn it is; NULL when none waits. */
const char *show_waiting(const json_t *district, const char **ret_owner);

/* Who acts: "ops", "the district", "the CSM", "nobody: it mends itself". */
const char *show_owner(const char *owner);

/* "applying, 218,400 of 358,112 rows, 61 %, 1 m 12 s": what a run is at. */
const char *show_progress(const json_t *running, double now, char buffer[static SHOW_SIZE]);

/* "2 h 10 m" since a member that is a time; "never" or "unknown" when it is not known. */
const char *show_age(const json_t *object, const char *key, double now, const char *unknown,
                     char buffer[static SHOW_SIZE]);

/* The sum of `member` over the kinds of a run's counts; -1 when no kind has it. */
json_int_t show_counts_sum(const json_t *counts, const char *member);

/* Whether what is counted of a run happened, or is what a preview shows; else it was only planned.
 */
bool show_counts_hold(const json_t *run);

/* A table of runs, newest first as they come; with the district's name unless it is always the
 * same. */
void show_runs(const struct ctl *ctl, const json_t *runs, bool with_district);

/* Warns when the daemon's loop stands still, so that old news is not read as news. */
void show_staleness(const struct ctl *ctl, const json_t *answer);

#endif
