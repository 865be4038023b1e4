/*
 * How late the loop is: a timer that compares when it was called with when it wanted to be.
 */
#ifndef ROSTERD_PULSE_H
#define ROSTERD_PULSE_H

#include <uv.h>

#define PULSE_MS 250
#define PULSE_RING 1200 /* five minutes */

struct pulse {
    uv_timer_t timer;
    double due_at;
    double last_at;
    float lags[PULSE_RING]; /* seconds */
    unsigned count;         /* ever */
};

void pulse_start(uv_loop_t *loop, struct pulse *pulse);
void pulse_stop(struct pulse *pulse, uv_close_cb closed);

/* Of the last five minutes. */
void pulse_read(const struct pulse *pulse, double *ret_p99_s, double *ret_max_s);

/* Whether the loop turned of late: what the watchdog wants to know. */
int pulse_is_alive(const struct pulse *pulse);

#endif
