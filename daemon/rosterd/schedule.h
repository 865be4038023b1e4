/*
 * When something is due: pure decisions. Whoever acts on them owns the timers. Chance comes in as a
 * number from 0 to below 1, so that tests can choose it.
 */
#ifndef ROSTERD_SCHEDULE_H
#define ROSTERD_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct schedule_policy {
    double jitter; /* 0 to 1: a delay may be that part of itself shorter or longer */
    double retry_min_s;
    double retry_max_s;
};

/* Failures in a row after which what usually mends itself is taken for lasting. */
#define SCHEDULE_PATIENCE 3

/* Polls that a daemon begins a second at most after its start, so that it does not call on all
 * districts at once: 13,000 in five minutes. */
#define SCHEDULE_STARTS_PER_S 44.0

/* Seconds until the next poll after one that went well. */
double schedule_poll_s(const struct schedule_policy *policy, double poll_every_s, double chance);

/* Seconds until a district's first poll after a start of the daemon, among `districts` that all
 * want one. */
double schedule_first_s(double poll_every_s, size_t districts, double chance);

/*
 * Seconds until something that failed is tried again: from retry_min_s, doubled with each failure
 * in a row, up to retry_max_s.
 *
 * @param failures  in a row, from 1
 */
double schedule_retry_s(const struct schedule_policy *policy, unsigned failures, double chance);

/*
 * Seconds until the next poll after one that failed: as schedule_retry_s, but never less often than
 * the source's interval, and not more often than it when only a person can mend the cause.
 */
double schedule_repoll_s(const struct schedule_policy *policy, double poll_every_s,
                         enum cause cause, unsigned failures, double chance);

/* Whether trying again may help without anybody doing something. */
bool schedule_mends_itself(enum cause cause);

/* Whether the district is failing (somebody must act) rather than retrying. */
bool schedule_is_failing(enum cause cause, unsigned failures);

/* Whether it is late: on, nothing is wrong, but its last good poll is much older than its interval.
 * Times in seconds since 1970; last_poll_at 0: none since `since`. */
bool schedule_is_late(double now, double last_poll_at, double since, double poll_every_s);

/* Which starts of a child that keeps dying: when it died often of late, wait longer. */
#define RESTART_RING 8
struct restart {
    double deaths[RESTART_RING]; /* when the last ones were, seconds */
    unsigned count;              /* deaths ever */
};

/* Seconds to wait before starting again a child that died at `now`: at once the first time in five
 * minutes, then from half a second doubling up to 30 s. Remembers the death. */
double restart_delay_s(struct restart *restart, double now);

#endif
