/* For service.c (parts, phases, signals) and service_told.c (what is shown of it, and
 * housekeeping). */
#ifndef ROSTERD_SERVICE_PRIVATE_H
#define ROSTERD_SERVICE_PRIVATE_H

#include <uv.h>

#include "answers.h"
#include "ask.h"
#include "db.h"
#include "districts.h"
#include "fetcher.h"
#include "http_server.h"
#include "lease.h"
#include "pulse.h"
#include "service.h"
#include "snapshot.h"
#include "spool.h"
#include "worker.h"

#define SERVICE_TIDY_EVERY_S 3600.0
#define SERVICE_DISPOSE_EVERY_S 60.0

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
    double tidy_at;    /* steady */
    double dispose_at; /* steady */
    unsigned seconds;
    bool is_ready;
    bool has_listened; /* that it listens was ever logged */
};

/* Makes a snapshot of now. */
void service_publish(struct service *service);

/* STATUS= for systemctl status; while we wait for the database, more time to start. */
void service_tell_systemd(struct service *service);

/* Once an hour: the database removes what is older than its settings say. */
void service_tidy(struct service *service);

/* Once a minute: the spool learns of whom somebody was erased. */
void service_dispose(struct service *service);

#endif
