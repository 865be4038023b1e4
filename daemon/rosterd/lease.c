/*
 * IDLE ──timer──▶ CHECKING (the schema's number) ──▶ STARTING ──▶ LISTING ──▶ IDLE, and LISTING
 * again with each beat. An empty list with `false` for a beat means that we were taken for dead:
 * from STARTING again, under a new number. A call that fails is tried again at the next beat.
 */
#include "lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "migrate.h"
#include "paths.h"

enum lease_state { LEASE_NEW, LEASE_UNKNOWN, LEASE_KNOWN, LEASE_RELEASED };

struct lease {
    struct lease_params params;
    uv_timer_t timer;
    enum lease_state state;
    int64_t daemon_id;
    bool is_calling;
    bool is_alive;    /* the beat under way found us living */
    double sent_at;   /* steady: of the beat under way */
    double held_till; /* steady */
    double beat_at;
    double roundtrip_s;
    void (*released)(void *context);
    void *released_context;
    void (*closed)(void *context);
    void *closed_context;
};

static void on_timer(uv_timer_t *timer);

static void
next_in(struct lease *lease, double delay_s)
{
    if (lease->state != LEASE_RELEASED) {
        (void)uv_timer_start(&lease->timer, on_timer, (uint64_t)(delay_s * 1000.0), 0);
    }
}

static double
beat_s(const struct lease *lease)
{
    return lease->params.config->lease.ttl_s / 3.0;
}

static void
call(struct lease *lease, const struct db_query *query)
{
    lease->is_calling = db_call(lease->params.db, query) == 0;
}

/* A call failed. The schema or our rights do not fit: that lasts. */
static void
judge(struct lease *lease, const struct db_outcome *outcome)
{
    if (outcome->error.cause == CAUSE_DB_SCHEMA && lease->beat_at <= 0) {
        lease->params.on_unfit(lease->params.context, &outcome->error);
        return;
    }
    LOG(LEVEL_WARNING, "the heartbeat was not written: another daemon may take the districts over",
        F_TEXT("error", outcome->error.text));
    next_in(lease, beat_s(lease) / 2.0);
}

/* --- listing --------------------------------------------------------------------------------- */

static void
on_row(void *context, const struct db_rows *rows)
{
    struct lease *lease = context;
    if (lease->state == LEASE_RELEASED) {
        return;
    }
    if (!lease->is_alive) {
        lease->is_alive = true;
        lease->params.on_list(lease->params.context);
    }
    if (!db_is_null(rows, 0, 0)) {
        lease->params.on_district(lease->params.context, db_integer(rows, 0, 0, 0),
                                  db_integer(rows, 0, 1, 0));
    }
}

static void
on_listed(void *context, const struct db_outcome *outcome)
{
    struct lease *lease = context;
    lease->is_calling = false;
    if (lease->state == LEASE_RELEASED) {
        return;
    }
    if (!outcome->is_ok) {
        judge(lease, outcome);
        return;
    }
    if (!lease->is_alive) {
        LOG(LEVEL_WARNING, "this daemon was taken for dead: beginning anew");
        lease->state = LEASE_UNKNOWN;
        next_in(lease, 0);
        return;
    }
    lease->beat_at = clock_now();
    lease->roundtrip_s = clock_steady() - lease->sent_at;
    lease->held_till = lease->sent_at + lease->params.config->lease.ttl_s;
    lease->params.on_listed(lease->params.context);
    next_in(lease, beat_s(lease));
}

/* One row at least as long as we live: the beat's own. */
static void
list(struct lease *lease)
{
    char daemon[24], ttl[32];
    (void)snprintf(daemon, sizeof daemon, "%lld", (long long)lease->daemon_id);
    (void)snprintf(ttl, sizeof ttl, "%.3f", lease->params.config->lease.ttl_s);
    lease->sent_at = clock_steady();
    lease->is_alive = false;
    call(lease,
         &(struct db_query){
             .sql = "SELECT l.district_id, l.epoch FROM (SELECT sync.daemon_beat($1, $2) AS "
                    "lives) AS b LEFT JOIN LATERAL sync.lease_districts($1, $2) AS l ON true "
                    "WHERE b.lives",
             .params_count = 2,
             .params = {daemon, ttl},
             .timeout_s = lease->params.config->lease.ttl_s,
             .on_row = on_row,
             .done = on_listed,
             .context = lease});
}

/* --- starting -------------------------------------------------------------------------------- */

static void
on_started(void *context, const struct db_outcome *outcome)
{
    struct lease *lease = context;
    lease->is_calling = false;
    if (lease->state == LEASE_RELEASED) {
        return;
    }
    if (!outcome->is_ok) {
        judge(lease, outcome);
        return;
    }
    lease->daemon_id = db_integer(outcome->rows, 0, 0, 0);
    lease->state = LEASE_KNOWN;
    lease->params.on_start(lease->params.context, lease->daemon_id);
    list(lease);
}

static void
start(struct lease *lease)
{
    call(lease, &(struct db_query){.sql = "SELECT sync.daemon_start($1, $2)",
                                   .params_count = 2,
                                   .params = {lease->params.daemon_name, ROSTERD_VERSION},
                                   .timeout_s = lease->params.config->lease.ttl_s,
                                   .done = on_started,
                                   .context = lease});
}

static void
on_checked(void *context, const struct db_outcome *outcome)
{
    struct lease *lease = context;
    struct error error;
    int ours = 0;
    lease->is_calling = false;
    if (lease->state == LEASE_RELEASED) {
        return;
    }
    if (!outcome->is_ok) {
        judge(lease, outcome);
        return;
    }
    int theirs = (int)db_integer(outcome->rows, 0, 0, 0);
    if (migrate_newest(lease->params.config->sql, &ours, &error) != 0) {
        lease->params.on_unfit(lease->params.context, &error);
    } else if (ours != theirs) {
        (void)error_set(&error, CAUSE_DB_SCHEMA,
                        "the database's schema is of migration %d, this program knows %d", theirs,
                        ours);
        lease->params.on_unfit(lease->params.context, &error);
    } else {
        lease->state = LEASE_UNKNOWN;
        start(lease);
    }
}

static void
check(struct lease *lease)
{
    call(lease, &(struct db_query){.sql = "SELECT sync.schema_version()",
                                   .timeout_s = lease->params.config->lease.ttl_s,
                                   .done = on_checked,
                                   .context = lease});
}

static void
on_timer(uv_timer_t *timer)
{
    struct lease *lease = timer->data;
    if (lease->is_calling) {
        return;
    }
    switch (lease->state) {
    case LEASE_NEW:
        check(lease);
        break;
    case LEASE_UNKNOWN:
        start(lease);
        break;
    case LEASE_KNOWN:
        list(lease);
        break;
    case LEASE_RELEASED:
        break;
    }
}

/* --- what others call ------------------------------------------------------------------------ */

struct lease *
lease_new(const struct lease_params *params)
{
    struct lease *lease = calloc(1, sizeof *lease);
    if (lease != NULL) {
        lease->params = *params;
        (void)uv_timer_init(params->loop, &lease->timer);
        lease->timer.data = lease;
    }
    return lease;
}

void
lease_wake(struct lease *lease)
{
    next_in(lease, 0);
}

int64_t
lease_daemon_id(const struct lease *lease)
{
    return lease->daemon_id;
}

bool
lease_is_held(const struct lease *lease)
{
    return lease->state == LEASE_KNOWN && clock_steady() < lease->held_till;
}

double
lease_beat_at(const struct lease *lease)
{
    return lease->beat_at;
}

double
lease_roundtrip_s(const struct lease *lease)
{
    return lease->roundtrip_s;
}

static void
on_released(void *context, const struct db_outcome *outcome)
{
    struct lease *lease = context;
    if (!outcome->is_ok) {
        LOG(LEVEL_WARNING, "the leases were not given back: they end with their time",
            F_TEXT("error", outcome->error.text));
    }
    lease->released(lease->released_context);
}

void
lease_release(struct lease *lease, double timeout_s, void (*released)(void *context), void *context)
{
    char daemon[24];
    (void)snprintf(daemon, sizeof daemon, "%lld", (long long)lease->daemon_id);
    lease->state = LEASE_RELEASED;
    lease->released = released;
    lease->released_context = context;
    (void)uv_timer_stop(&lease->timer);
    if (lease->daemon_id == 0 ||
        db_call(lease->params.db, &(struct db_query){.sql = "SELECT sync.daemon_stop($1)",
                                                     .params_count = 1,
                                                     .params = {daemon},
                                                     .timeout_s = timeout_s,
                                                     .done = on_released,
                                                     .context = lease}) != 0) {
        released(context);
    }
}

static void
on_closed(uv_handle_t *handle)
{
    struct lease *lease = handle->data;
    void (*closed)(void *context) = lease->closed;
    void *context = lease->closed_context;
    free(lease);
    closed(context);
}

void
lease_close(struct lease *lease, void (*closed)(void *context), void *context)
{
    lease->closed = closed;
    lease->closed_context = context;
    uv_close((uv_handle_t *)&lease->timer, on_closed);
}
