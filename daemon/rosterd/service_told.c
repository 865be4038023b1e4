/* What is told of the daemon: the snapshot, systemd's status line; and its housekeeping. */
#include "service_private.h"

#include <stdio.h>

#include "clock.h"
#include "log.h"
#include "notify.h"
#include "paths.h"

#define START_EXTEND_S 30.0
#define LAG_EVERY 5

/* --- the snapshot ---------------------------------------------------------------------------- */

void
service_publish(struct service *service)
{
    struct snapshot *next = &service->snapshot;
    struct spool_state spool = spool_state(service->spool);
    *next = (struct snapshot){
        .daemon_name = service->daemon_name,
        .version = ROSTERD_VERSION,
        .started_at = next->started_at,
        .taken_at = clock_now(),
        .is_draining = service->phase != PHASE_RUNNING,
        .is_ready = service->is_ready,
        .is_db_up = db_is_up(service->control),
        .db_roundtrip_s = lease_roundtrip_s(service->lease),
        .db_down_since = next->db_down_since,
        .db_error = *service->db_error == '\0' ? NULL : service->db_error,
        .heartbeat_at = lease_beat_at(service->lease),
        .lag_p99_s = next->lag_p99_s,
        .lag_max_s = next->lag_max_s,
        .spool_bytes = spool.bytes,
        .spool_limit_bytes = service->config->spool.max_bytes,
        .spool_files = spool.files,
        .spool_oldest_at = spool.oldest_at,
        .config_seen_version = next->config_seen_version,
        .config_loaded_at = next->config_loaded_at,
    };
    if (service->seconds % LAG_EVERY == 0) {
        pulse_read(&service->pulse, &next->lag_p99_s, &next->lag_max_s);
    }
    service->counters.db_statements = service->db_stats.statements;
    service->counters.db_failures = service->db_stats.failures;
    service->counters.db_connects = service->db_stats.connects;
    service->counters.log_errors = log_count(LEVEL_ERROR);
    service->counters.log_warnings = log_count(LEVEL_WARNING);
    next->counters = service->counters;
    if (districts_snapshot(service->districts, next) != 0 ||
        snapshot_publish(service->board, next) != 0) {
        LOG(LEVEL_ERROR, "no memory for a snapshot");
    }
}

void
service_tell_systemd(struct service *service)
{
    const struct snapshot *now = &service->snapshot;
    char status[320];
    if (!service->is_ready) {
        (void)snprintf(status, sizeof status, "waiting for the database: %s", service->db_error);
        notify_extend_s(START_EXTEND_S);
    } else {
        (void)snprintf(status, sizeof status,
                       "%s%lld districts on; %lld running; %lld held, %lld failing (rosterctl "
                       "status)",
                       now->is_draining ? "stopping; " : "",
                       (long long)now->districts_by_sync[SYNC_ON], (long long)now->runs_running,
                       (long long)now->districts_by_health[HEALTH_HELD],
                       (long long)now->districts_by_health[HEALTH_FAILING]);
    }
    notify_status(status);
}

/* --- housekeeping in the database ------------------------------------------------------------ */

static void
on_tidied(void *context, const struct db_outcome *outcome)
{
    struct service *service = context;
    bool has_more =
        outcome->is_ok && db_rows_count(outcome->rows) > 0 && db_boolean(outcome->rows, 0, 0);
    service->tidy_at = clock_steady() + (has_more ? 1.0 : SERVICE_TIDY_EVERY_S);
}

void
service_tidy(struct service *service)
{
    char runs[24], findings[24], audit[24];
    if (clock_steady() < service->tidy_at || !service->is_ready) {
        return;
    }
    (void)snprintf(runs, sizeof runs, "%lld", (long long)service->config->retention.runs_days);
    (void)snprintf(findings, sizeof findings, "%lld",
                   (long long)service->config->retention.findings_days);
    (void)snprintf(audit, sizeof audit, "%lld", (long long)service->config->retention.audit_days);
    service->tidy_at = clock_steady() + SERVICE_TIDY_EVERY_S;
    (void)db_call(service->control, &(struct db_query){.sql = "SELECT sync.tidy($1, $2, $3)",
                                                       .params_count = 3,
                                                       .params = {runs, findings, audit},
                                                       .timeout_s = 60,
                                                       .done = on_tidied,
                                                       .context = service});
}

static void
on_disposals(void *context, const struct db_outcome *outcome)
{
    const struct service *service = context;
    for (size_t row = 0; outcome->is_ok && row < db_rows_count(outcome->rows); row++) {
        spool_dispose(service->spool, db_text(outcome->rows, row, 0),
                      clock_now() - db_real(outcome->rows, row, 1, 0));
    }
}

void
service_dispose(struct service *service)
{
    if (clock_steady() < service->dispose_at || !service->is_ready ||
        service->phase != PHASE_RUNNING) {
        return;
    }
    service->dispose_at = clock_steady() + SERVICE_DISPOSE_EVERY_S;
    (void)db_call(service->control,
                  &(struct db_query){.sql = "SELECT slug, age_s FROM sync.disposals()",
                                     .timeout_s = 60,
                                     .done = on_disposals,
                                     .context = service});
}
