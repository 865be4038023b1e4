#include "pulse.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define ALIVE_S 5.0

static void
on_timer(uv_timer_t *timer)
{
    struct pulse *pulse = timer->data;
    double now = clock_steady();
    double lag = now - pulse->due_at;
    pulse->lags[pulse->count++ % PULSE_RING] = (float)(lag > 0 ? lag : 0);
    pulse->last_at = now;
    pulse->due_at = now + PULSE_MS / 1000.0;
    (void)uv_timer_start(timer, on_timer, PULSE_MS, 0);
}

void
pulse_start(uv_loop_t *loop, struct pulse *pulse)
{
    memset(pulse, 0, sizeof *pulse);
    (void)uv_timer_init(loop, &pulse->timer);
    pulse->timer.data = pulse;
    pulse->last_at = clock_steady();
    pulse->due_at = pulse->last_at + PULSE_MS / 1000.0;
    (void)uv_timer_start(&pulse->timer, on_timer, PULSE_MS, 0);
}

void
pulse_stop(struct pulse *pulse, uv_close_cb closed)
{
    uv_close((uv_handle_t *)&pulse->timer, closed);
}

static int
compare(const void *left, const void *right)
{
    float difference = *(const float *)left - *(const float *)right;
    return (difference > 0) - (difference < 0);
}

void
pulse_read(const struct pulse *pulse, double *ret_p99_s, double *ret_max_s)
{
    static float sorted[PULSE_RING];
    size_t count = pulse->count < PULSE_RING ? pulse->count : PULSE_RING;
    *ret_p99_s = 0;
    *ret_max_s = 0;
    if (count > 0) {
        memcpy(sorted, pulse->lags, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare);
        *ret_p99_s = (double)sorted[(count - 1) * 99 / 100];
        *ret_max_s = (double)sorted[count - 1];
    }
}

int
pulse_is_alive(const struct pulse *pulse)
{
    return clock_steady() - pulse->last_at < ALIVE_S;
}
