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
#include "service_private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "notify.h"
#include "paths.h"

#define SECOND_MS 1000
#define LISTEN_KEEPALIVE_S 30.0
#define CUT_S 10.0
#define RELEASE_S 3.0

static void begin_phase(struct service *service, enum phase phase);

/* --- each second ----------------------------------------------------------------------------- */

static void
check_ready(struct service *service)
{
    if (!service->is_ready && service->phase == PHASE_RUNNING &&
        districts_are_read(service->districts)) {
        service->is_ready = true;
        service_publish(service);
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
    service_publish(service);
    check_ready(service);
    service_tell_systemd(service);
    if (service->is_ready) {
        districts_report(service->districts);
    }
    service_tidy(service);
    service_dispose(service);
}

/* Ten times a second while stopping, so that nobody waits for a second to be over. */
static void
on_stopping(uv_timer_t *timer)
{
    struct service *service = timer->data;
    if (service->seconds++ % 10 == 0) {
        service_publish(service);
        service_tell_systemd(service);
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
    service_publish(service);
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
    service->tidy_at = clock_steady() + SERVICE_TIDY_EVERY_S * (0.05 + 0.1 * clock_chance());
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
