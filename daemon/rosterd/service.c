/*
 * Starting: spool, connections, workers, fetcher, lease, districts, asks, sockets; READY when the
 * database has answered and the districts are read.
 *
 * Stopping goes through these phases; each begins when the one before is over or its time is up:
 *
 *   RUNNING   ── SIGTERM ─▶
 *   DRAINING  no new work, polls and runs are cancelled, but for runs that are being applied
 *             ── all quiet, deadlines.drain_s, or a second SIGTERM ─▶
 *   CUTTING   those too are cancelled
 *             ── all quiet, or CUT_S ─▶
 *   RELEASING the leases are given back; what the database still owes us is given up
 *   CLOSING   sockets, asks, districts, fetcher; then what they stood on; then the loop is empty
 */
#include "service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "answers.h"
#include "ask.h"
#include "clock.h"
#include "db.h"
#include "districts.h"
#include "fetcher.h"
#include "http_server.h"
#include "lease.h"
#include "log.h"
#include "notify.h"
#include "paths.h"
#include "pulse.h"
#include "snapshot.h"
#include "spool.h"
#include "worker.h"

#define SECOND_MS 1000
#define LISTEN_KEEPALIVE_S 30.0
#define TIDY_EVERY_S 3600.0
#define CUT_S 10.0
#define RELEASE_S 3.0
#define START_EXTEND_S 30.0
#define LAG_EVERY 5

enum phase { PHASE_RUNNING, PHASE_DRAINING, PHASE_CUTTING, PHASE_RELEASING, PHASE_CLOSING };

struct service {
    uv_loop_t loop;
    struct config *config;
    const char *config_path;
    enum phase phase;
    double phase_till; /* steady */
    int exit_code;
    unsigned closing; /* parts that are still to report that they are closed */

    struct db *control;
    struct db *listener;
    struct workers *workers;
    struct fetcher *fetcher;
    struct spool *spool;
    struct lease *lease;
    struct districts *districts;
    struct ask_queue *asks;
    struct http_server *http;
    struct snapshot_board *board;
    struct answers answers;

    uv_signal_t terminate, interrupt, reload;
    uv_timer_t second;
    uv_timer_t watchdog;
    struct pulse pulse;

    struct db_stats db_stats;
    struct snapshot_counters counters;
    struct snapshot snapshot; /* what the next one begins with */
    char daemon_name[65];
    char db_error[256];
    double tidy_at; /* steady */
    unsigned seconds;
    bool is_ready;
    bool has_listened; /* that it listens was ever logged */
};

static void begin_phase(struct service *service, enum phase phase);
static void count_closed(void *context);

/* --- the snapshot ---------------------------------------------------------------------------- */

static void
publish(struct service *service)
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

static void
tell_systemd(struct service *service)
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
    service->tidy_at = clock_steady() + (has_more ? 1.0 : TIDY_EVERY_S);
}

static void
tidy(struct service *service)
{
    char runs[24], findings[24], audit[24];
    if (clock_steady() < service->tidy_at || !service->is_ready) {
        return;
    }
    (void)snprintf(runs, sizeof runs, "%lld", (long long)service->config->retention.runs_days);
    (void)snprintf(findings, sizeof findings, "%lld",
                   (long long)service->config->retention.findings_days);
    (void)snprintf(audit, sizeof audit, "%lld", (long long)service->config->retention.audit_days);
    service->tidy_at = clock_steady() + TIDY_EVERY_S;
    (void)db_call(service->control, &(struct db_query){.sql = "SELECT sync.tidy($1, $2, $3)",
                                                       .params_count = 3,
                                                       .params = {runs, findings, audit},
                                                       .timeout_s = 60,
                                                       .done = on_tidied,
                                                       .context = service});
}

/* --- each second ----------------------------------------------------------------------------- */

static void
check_ready(struct service *service)
{
    if (!service->is_ready && service->phase == PHASE_RUNNING &&
        districts_are_read(service->districts)) {
        service->is_ready = true;
        publish(service);
        notify_ready();
        LOG(LEVEL_INFO, "ready", F_INT("districts", service->snapshot.districts_total),
            F_INT("ours", service->snapshot.districts_ours),
            F_INT("daemon", lease_daemon_id(service->lease)));
    }
}

static void
check_phase(struct service *service)
{
    bool is_quiet = districts_busy(service->districts) == 0;
    bool is_over = clock_steady() >= service->phase_till;
    if (service->phase == PHASE_DRAINING && (is_quiet || is_over)) {
        begin_phase(service, is_quiet ? PHASE_RELEASING : PHASE_CUTTING);
    } else if (service->phase == PHASE_CUTTING && (is_quiet || is_over)) {
        begin_phase(service, PHASE_RELEASING);
    }
}

static void
on_second(uv_timer_t *timer)
{
    struct service *service = timer->data;
    service->seconds++;
    publish(service);
    check_ready(service);
    tell_systemd(service);
    if (service->is_ready) {
        districts_report(service->districts);
    }
    tidy(service);
}

/* Ten times a second while stopping, so that nobody waits for a second to be over. */
static void
on_stopping(uv_timer_t *timer)
{
    struct service *service = timer->data;
    if (service->seconds++ % 10 == 0) {
        publish(service);
        tell_systemd(service);
    }
    check_phase(service);
}

static void
on_watchdog(uv_timer_t *timer)
{
    const struct service *service = timer->data;
    if (pulse_is_alive(&service->pulse) &&
        clock_now() - service->snapshot.taken_at < SNAPSHOT_STALE_S) {
        notify_watchdog();
    }
}

/* --- the database's side --------------------------------------------------------------------- */

static void
on_control_up(void *context)
{
    struct service *service = context;
    if (service->snapshot.db_down_since > 0 || *service->db_error != '\0') {
        LOG(LEVEL_INFO, "the database is there again");
    }
    service->snapshot.db_down_since = 0;
    service->db_error[0] = '\0';
    lease_wake(service->lease);
}

static void
on_control_down(void *context, const struct error *error)
{
    struct service *service = context;
    if (service->snapshot.db_down_since <= 0) {
        service->snapshot.db_down_since = clock_now();
        LOG(LEVEL_ERROR, "the database cannot be reached", F_TEXT("error", error->text));
    }
    (void)snprintf(service->db_error, sizeof service->db_error, "%.*s",
                   (int)sizeof service->db_error - 1, error->text);
}

static void
on_listening(void *context)
{
    struct service *service = context;
    /* what was notified while nobody listened is found by reading */
    if (lease_daemon_id(service->lease) != 0 && service->phase == PHASE_RUNNING) {
        districts_reread(service->districts);
    }
}

static void
on_notified(void *context, const char *payload)
{
    struct service *service = context;
    if (service->phase == PHASE_RUNNING && lease_daemon_id(service->lease) != 0) {
        districts_notified(service->districts, payload);
    }
}

static void
on_lease_start(void *context, int64_t daemon_id)
{
    struct service *service = context;
    LOG(LEVEL_INFO, "known to the database", F_INT("daemon", daemon_id),
        F_TEXT("name", service->daemon_name));
    districts_disown(service->districts);
}

static void
on_list(void *context)
{
    struct service *service = context;
    districts_list_begin(service->districts);
}

static void
on_district(void *context, int64_t district_id, int64_t epoch)
{
    struct service *service = context;
    districts_list_one(service->districts, district_id, epoch);
}

static void
on_listed(void *context)
{
    struct service *service = context;
    districts_list_end(service->districts);
}

static void
on_unfit(void *context, const struct error *error)
{
    struct service *service = context;
    LOG(LEVEL_ERROR, "the database does not fit this program", F_TEXT("error", error->text),
        F_TEXT("do", cause_act(error->cause)));
    service->exit_code = EXIT_CONFIG;
    if (service->phase == PHASE_RUNNING) {
        begin_phase(service, PHASE_CUTTING);
    }
}

/* --- signals --------------------------------------------------------------------------------- */

static void
on_terminate(uv_signal_t *signal, int number)
{
    struct service *service = signal->data;
    LOG(LEVEL_INFO, "stopping", F_INT("signal", number));
    if (service->phase == PHASE_RUNNING) {
        begin_phase(service, PHASE_DRAINING);
    } else if (service->phase == PHASE_DRAINING) {
        begin_phase(service, PHASE_CUTTING);
    }
}

static void
on_reload(uv_signal_t *signal, int number)
{
    struct service *service = signal->data;
    struct config fresh;
    struct error error;
    char fixed[512];
    (void)number;
    if (service->phase != PHASE_RUNNING) {
        return;
    }
    notify_reloading();
    if (config_load(service->config_path, &fresh, &error) != 0) {
        LOG(LEVEL_ERROR, "the configuration stays as it was", F_TEXT("error", error.text));
    } else {
        config_reload(service->config, &fresh, fixed, sizeof fixed);
        config_deinit(&fresh);
        log_set_level(service->config->log.level);
        service->snapshot.config_seen_version++;
        service->snapshot.config_loaded_at = clock_now();
        LOG(LEVEL_INFO, "configuration reloaded",
            F_TEXT("needs_restart", *fixed == '\0' ? NULL : fixed));
    }
    if (lease_daemon_id(service->lease) != 0) {
        districts_reread(service->districts);
    }
    notify_ready();
}

/* --- stopping -------------------------------------------------------------------------------- */

static void
on_last_closed(void *context)
{
    struct service *service = context;
    service->closing--;
}

static void
on_handle_closed(uv_handle_t *handle)
{
    on_last_closed(handle->data);
}

/* Sockets, districts and fetcher are closed: nobody uses what they stood on any more. */
static void
close_ground(struct service *service)
{
    service->closing = 9;
    workers_close(service->workers, on_last_closed, service);
    lease_close(service->lease, on_last_closed, service);
    spool_close(service->spool, on_last_closed, service);
    db_close(service->control, on_last_closed, service);
    db_close(service->listener, on_last_closed, service);
    uv_close((uv_handle_t *)&service->terminate, on_handle_closed);
    uv_close((uv_handle_t *)&service->interrupt, on_handle_closed);
    uv_close((uv_handle_t *)&service->reload, on_handle_closed);
    uv_close((uv_handle_t *)&service->watchdog, on_handle_closed);
}

static void
count_closed(void *context)
{
    struct service *service = context;
    if (--service->closing == 0) {
        close_ground(service);
    }
}

static void
on_timer_closed(uv_handle_t *handle)
{
    count_closed(handle->data);
}

static void
on_released(void *context)
{
    begin_phase(context, PHASE_CLOSING);
}

static void
begin_phase(struct service *service, enum phase phase)
{
    service->phase = phase;
    switch (phase) {
    case PHASE_RUNNING:
        break;
    case PHASE_DRAINING:
        notify_stopping();
        service->phase_till = clock_steady() + service->config->deadlines.drain_s;
        service->seconds = 0;
        districts_stop(service->districts, false);
        (void)uv_timer_start(&service->second, on_stopping, 0, SECOND_MS / 10);
        break;
    case PHASE_CUTTING:
        notify_stopping();
        service->phase_till = clock_steady() + CUT_S;
        districts_stop(service->districts, true);
        (void)uv_timer_start(&service->second, on_stopping, 0, SECOND_MS / 10);
        break;
    case PHASE_RELEASING:
        lease_release(service->lease, RELEASE_S, on_released, service);
        break;
    case PHASE_CLOSING:
        if (service->http != NULL) {
            http_server_quiesce(service->http);
        }
        ask_queue_close(service->asks);
        http_server_stop(service->http);
        db_refuse(service->control);
        workers_refuse(service->workers);
        service->closing = 4;
        fetcher_close(service->fetcher, count_closed, service);
        districts_close(service->districts, count_closed, service);
        pulse_stop(&service->pulse, on_timer_closed);
        service->pulse.timer.data = service;
        uv_close((uv_handle_t *)&service->second, on_timer_closed);
        break;
    }
}

/* --- starting -------------------------------------------------------------------------------- */

static int
make_database(struct service *service, struct error *reterr)
{
    const struct db_params common = {
        .loop = &service->loop,
        .conninfo = service->config->database.conninfo,
        .connect_s = service->config->deadlines.connect_s,
        .stats = &service->db_stats,
        .context = service,
    };
    struct db_params control = common;
    control.name = "control";
    control.on_up = on_control_up;
    control.on_down = on_control_down;
    struct db_params listener = common;
    listener.name = "listen";
    listener.setup = "LISTEN rosterd_config";
    listener.keepalive_s = LISTEN_KEEPALIVE_S;
    listener.on_up = on_listening;
    listener.on_notify = on_notified;
    service->control = db_new(&control);
    service->listener = db_new(&listener);
    service->workers = workers_new(&service->loop, service->config, &service->db_stats);
    return service->control == NULL || service->listener == NULL || service->workers == NULL
               ? error_set(reterr, CAUSE_MEMORY, "no memory for the database's connections")
               : 0;
}

static int
make_parts(struct service *service, struct error *reterr)
{
    if (spool_new(&service->loop, service->config, &service->spool, reterr) != 0 ||
        make_database(service, reterr) != 0) {
        return -1;
    }
    service->board = snapshot_board_new();
    service->fetcher = fetcher_new(&service->loop, service->config, &service->counters);
    service->lease = lease_new(&(struct lease_params){
        .loop = &service->loop,
        .config = service->config,
        .db = service->control,
        .daemon_name = service->daemon_name,
        .context = service,
        .on_start = on_lease_start,
        .on_list = on_list,
        .on_district = on_district,
        .on_listed = on_listed,
        .on_unfit = on_unfit,
    });
    service->districts =
        districts_new(&service->loop, service->config, service->control, &service->counters);
    if (service->board == NULL || service->fetcher == NULL || service->lease == NULL ||
        service->districts == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory to start");
    }
    districts_set_tools(service->districts, service->lease, service->workers, service->fetcher,
                        service->spool);
    service->answers = (struct answers){.config = service->config,
                                        .districts = service->districts,
                                        .control = service->control,
                                        .fetcher = service->fetcher};
    if (ask_queue_new(&service->loop, answers_handle, &service->answers, &service->asks, reterr) !=
        0) {
        return -1;
    }
    service->answers.asks = service->asks;
    return 0;
}

static int
open_sockets(struct service *service, struct error *reterr)
{
    publish(service);
    return http_server_start(
        &(struct http_options){
            .status_path = service->config->sockets.status,
            .control_path = service->config->sockets.control,
            .status_group = service->config->sockets.status_group,
            .control_group = service->config->sockets.control_group,
            .board = service->board,
            .asks = service->asks,
        },
        &service->http, reterr);
}

static void
start_handles(struct service *service)
{
    double watchdog_s = notify_watchdog_s();
    (void)uv_timer_init(&service->loop, &service->second);
    (void)uv_timer_init(&service->loop, &service->watchdog);
    (void)uv_signal_init(&service->loop, &service->terminate);
    (void)uv_signal_init(&service->loop, &service->interrupt);
    (void)uv_signal_init(&service->loop, &service->reload);
    service->second.data = service;
    service->watchdog.data = service;
    service->terminate.data = service;
    service->interrupt.data = service;
    service->reload.data = service;
    (void)uv_timer_start(&service->second, on_second, SECOND_MS / 10, SECOND_MS);
    if (watchdog_s > 0) {
        (void)uv_timer_start(&service->watchdog, on_watchdog, 0, (uint64_t)(watchdog_s * 1000.0));
    }
    (void)uv_signal_start(&service->terminate, on_terminate, SIGTERM);
    (void)uv_signal_start(&service->interrupt, on_terminate, SIGINT);
    (void)uv_signal_start(&service->reload, on_reload, SIGHUP);
    pulse_start(&service->loop, &service->pulse);
}

static void
log_failure(const struct error *error)
{
    LOG(LEVEL_ERROR, "cannot start", F_TEXT("cause", cause_word(error->cause)),
        F_TEXT("error", error->text), F_TEXT("do", cause_act(error->cause)));
}

static int
exit_code_of(const struct error *error)
{
    switch (error->cause) {
    case CAUSE_CONFIG_INVALID:
    case CAUSE_DB_SCHEMA:
        return EXIT_CONFIG;
    case CAUSE_SPOOL_IO:
        return EXIT_RIGHTS;
    default:
        return EXIT_FAILED;
    }
}

int
service_run(struct config *config, const char *config_path)
{
    struct error error = {.cause = CAUSE_NONE};
    struct service *service = calloc(1, sizeof *service);
    if (service == NULL || uv_loop_init(&service->loop) != 0) {
        free(service);
        return EXIT_FAILED;
    }
    service->config = config;
    service->config_path = config_path;
    service->snapshot.started_at = clock_now();
    service->snapshot.config_seen_version = 1;
    service->snapshot.config_loaded_at = clock_now();
    service->tidy_at = clock_steady() + TIDY_EVERY_S * (0.05 + 0.1 * clock_chance());
    if (gethostname(service->daemon_name, sizeof service->daemon_name - 1) != 0) {
        (void)snprintf(service->daemon_name, sizeof service->daemon_name, "unknown");
    }
    if (make_parts(service, &error) != 0) {
        log_failure(&error);
        (void)uv_loop_close(&service->loop);
        free(service);
        return exit_code_of(&error);
    }
    start_handles(service);
    if (open_sockets(service, &error) != 0) {
        log_failure(&error);
        service->exit_code = exit_code_of(&error);
        begin_phase(service, PHASE_CLOSING);
    } else {
        db_start(service->control);
        db_start(service->listener);
        LOG(LEVEL_INFO, "started", F_TEXT("version", ROSTERD_VERSION),
            F_TEXT("name", service->daemon_name));
    }
    (void)uv_run(&service->loop, UV_RUN_DEFAULT);
    snapshot_board_free(service->board);
    int exit_code = service->exit_code;
    if (uv_loop_close(&service->loop) != 0) {
        LOG(LEVEL_ERROR, "something was left open at the end");
        exit_code = EXIT_INTERNAL;
    }
    free(service);
    LOG(LEVEL_INFO, "stopped", F_INT("exit", exit_code));
    return exit_code;
}
