#include "schedule.h"

#include <math.h>

#define RESTART_WINDOW_S 300.0
#define RESTART_MIN_S 0.5
#define RESTART_MAX_S 30.0
#define LATE_FACTOR 3.0
#define LATE_MIN_S 300.0

static double
jittered(double delay_s, double jitter, double chance)
{
    return delay_s * (1.0 + jitter * (2.0 * chance - 1.0));
}

double
schedule_poll_s(const struct schedule_policy *policy, double poll_every_s, double chance)
{
    return jittered(poll_every_s, policy->jitter, chance);
}

double
schedule_first_s(double poll_every_s, size_t districts, double chance)
{
    return chance * fmin(poll_every_s, (double)districts / SCHEDULE_STARTS_PER_S);
}

double
schedule_retry_s(const struct schedule_policy *policy, unsigned failures, double chance)
{
    unsigned doublings = failures > 1 ? failures - 1 : 0;
    double delay_s = ldexp(policy->retry_min_s, doublings > 30 ? 30 : (int)doublings);
    return jittered(fmin(delay_s, policy->retry_max_s), policy->jitter, chance);
}

double
schedule_repoll_s(const struct schedule_policy *policy, double poll_every_s, enum cause cause,
                  unsigned failures, double chance)
{
    double poll_s = schedule_poll_s(policy, poll_every_s, chance);
    if (!schedule_mends_itself(cause)) {
        return poll_s;
    }
    return fmin(schedule_retry_s(policy, failures, chance), poll_s);
}

bool
schedule_mends_itself(enum cause cause)
{
    switch (cause) {
    case CAUSE_SFTP_DNS:
    case CAUSE_SFTP_CONNECT:
    case CAUSE_SFTP_STALLED:
    case CAUSE_SFTP_TOO_SLOW:
    case CAUSE_SFTP_CHANGED:
    case CAUSE_SPOOL_FULL:
    case CAUSE_DB_UNAVAILABLE:
    case CAUSE_DB_BUSY:
    case CAUSE_DB_QUERY:
    case CAUSE_SLOT_LOST:
    case CAUSE_LEASE_LOST:
    case CAUSE_CONFIG_CHANGED:
    case CAUSE_PLAN_NOT_APPROVED:
    case CAUSE_CHILD_DIED:
    case CAUSE_CHILD_DEADLINE:
    case CAUSE_DAEMON_STOPPED:
    case CAUSE_MEMORY:
        return true;
    default:
        return false;
    }
}

bool
schedule_is_failing(enum cause cause, unsigned failures)
{
    return !schedule_mends_itself(cause) || failures >= SCHEDULE_PATIENCE;
}

bool
schedule_is_late(double now, double last_poll_at, double since, double poll_every_s)
{
    double last = last_poll_at > 0 ? last_poll_at : since;
    return now - last > fmax(LATE_FACTOR * poll_every_s, LATE_MIN_S);
}

double
restart_delay_s(struct restart *restart, double now)
{
    unsigned recent = 0;
    unsigned known = restart->count < RESTART_RING ? restart->count : RESTART_RING;
    for (unsigned at = 0; at < known; at++) {
        recent += now - restart->deaths[at] < RESTART_WINDOW_S;
    }
    restart->deaths[restart->count % RESTART_RING] = now;
    restart->count++;
    if (recent == 0) {
        return 0;
    }
    return fmin(ldexp(RESTART_MIN_S, (int)recent - 1), RESTART_MAX_S);
}
