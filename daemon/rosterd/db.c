/*
 * Happy path: connecting → setting up → ready ⇄ busy.
 *
 *   DOWN ──timer──▶ CONNECTING ──▶ SETTING_UP ──▶ READY ⇄ BUSY
 *    ▲                  │              │            │      │
 *    └──────────────────┴── lost ──────┴────────────┴──────┘      any ──▶ CLOSED
 *
 * The connection breaks, an attempt takes too long, or a call does: the call under way ends as
 * lost, everything queued waits on, and the next attempt comes after a delay that grows. A call
 * that fails leaves its transaction broken: we roll back before its end is told, so whoever gets
 * the outcome finds the connection clean.
 *
 * Nobody is called back from within db_call: what it finds broken is left to the timer.
 */
#include "db.h"
#include "db_queue.h"
#include "db_result.h"
#include "db_session.h"
#include "db_watch.h"

#include <libpq-fe.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECONNECT_MIN_S 0.1
#define RECONNECT_MAX_S 3.0
#define KEEPALIVE_TIMEOUT_S 10.0

enum db_state { DB_DOWN, DB_CONNECTING, DB_SETTING_UP, DB_READY, DB_BUSY, DB_CLOSED };

struct db {
    struct db_params params;
    char *conninfo;
    char *name;
    char *setup;
    uv_timer_t timer;
    enum db_state state;
    PGconn *connection;
    struct db_watch *watch;
    struct db_queue queue;
    struct db_item *current;
    struct db_outcome outcome; /* of current, as far as it is known */
    PGresult *result;
    bool is_rolling_back;
    bool is_refusing;
    bool is_broken; /* found while nobody may be called back */
    unsigned failures;
    double wake_at; /* next attempt, or end of the one under way */
    double idle_since;
    unsigned cancels; /* under way in the thread pool */
    void (*closed)(void *context);
    void *closed_context;
    bool is_timer_closed;
};

static void advance(struct db *db);
static void arm(struct db *db);
static void on_timer(uv_timer_t *timer);

static double
now_s(const struct db *db)
{
    return (double)uv_now(db->params.loop) / 1000.0;
}

/* --- watching the socket --------------------------------------------------------------------- */

static void on_socket(void *context, int status, int events);

static void
unwatch(struct db *db)
{
    db_watch_close(db->watch);
    db->watch = NULL;
}

/* Watches the connection's socket of now for `events`. Returns 0 or -1. */
static int
watch_socket(struct db *db, int events)
{
    if (db->watch == NULL) {
        db->watch = db_watch_new(db->params.loop, PQsocket(db->connection), on_socket, db);
    }
    return db->watch == NULL ? -1 : db_watch_start(db->watch, events);
}

/* --- calls ----------------------------------------------------------------------------------- */

/* Ends a call: tells whoever waits, and gives it back. */
static void
end_call(struct db *db, struct db_item *call, const struct db_outcome *outcome)
{
    if (!call->is_internal) {
        db->params.stats->statements++;
        db->params.stats->failures += !outcome->is_ok;
        if (call->done != NULL) {
            call->done(call->context, outcome);
        }
    }
    free(call);
}

/* Ends a call that the server did not answer. */
static void
end_unanswered(struct db *db, struct db_item *call, bool is_lost, const char *text)
{
    struct db_outcome outcome = {.is_lost = is_lost};
    (void)error_set(&outcome.error, CAUSE_DB_UNAVAILABLE, "%s", text);
    end_call(db, call, &outcome);
}

int
db_call(struct db *db, const struct db_query *query)
{
    if (db->state == DB_CLOSED || db->is_refusing) {
        return -1;
    }
    struct db_item *call = db_item_new(query, now_s(db));
    if (call == NULL) {
        return -1;
    }
    db_queue_push(&db->queue, call);
    arm(db);
    return 0;
}

/* --- the connection -------------------------------------------------------------------------- */

static void
disconnect(struct db *db)
{
    unwatch(db);
    PQfinish(db->connection);
    db->connection = NULL;
    PQclear(db->result);
    db->result = NULL;
    db->is_rolling_back = false;
}

/* The connection is gone: tells the call under way, and plans the next attempt. */
static void
lose(struct db *db, const char *text)
{
    struct error error;
    char line[256];
    db_one_line(*text == '\0' ? "the connection broke" : text, line, sizeof line);
    (void)error_set(&error, CAUSE_DB_UNAVAILABLE, "%s", line);
    disconnect(db);
    struct db_item *call = db->current;
    db->current = NULL;
    db->state = DB_DOWN;
    db->is_broken = false;
    double delay_s =
        fmin(ldexp(RECONNECT_MIN_S, db->failures < 10 ? (int)db->failures : 10), RECONNECT_MAX_S);
    /* half to the whole of it, so that many daemons do not come back at once */
    delay_s *= 0.5 + 0.5 * ((double)(uv_hrtime() % 1000) / 1000.0);
    db->failures++;
    db->wake_at = now_s(db) + delay_s;
    if (db->params.on_down != NULL) {
        db->params.on_down(db->params.context, &error);
    }
    if (call != NULL) {
        end_unanswered(db, call, true, line);
    }
}

static void
begin_connect(struct db *db)
{
    db->state = DB_CONNECTING;
    db->wake_at = now_s(db) + db->params.connect_s;
    db->connection = db_session_begin(db->conninfo, db->name);
    if (db->connection == NULL || PQstatus(db->connection) == CONNECTION_BAD) {
        lose(db, db->connection == NULL ? "memory ran out" : PQerrorMessage(db->connection));
        return;
    }
    if (watch_socket(db, UV_WRITABLE) != 0) {
        lose(db, "cannot watch the socket");
    }
}

/* Sends the call that stands first, or rolls back what the last one left. */
static void
send_call(struct db *db, struct db_item *call)
{
    int sent;
    db->current = call;
    db->outcome = (struct db_outcome){.is_ok = true};
    if (call->params_count == DB_SIMPLE) {
        sent = PQsendQuery(db->connection, call->sql);
    } else {
        sent = PQsendQueryParams(db->connection, call->sql, call->params_count, NULL, call->params,
                                 NULL, NULL, 0);
    }
    if (sent == 1 && call->on_row != NULL) {
        sent = PQsetSingleRowMode(db->connection);
    }
    int flushed = sent == 1 ? PQflush(db->connection) : -1;
    if (flushed < 0 || watch_socket(db, UV_READABLE | (flushed == 1 ? UV_WRITABLE : 0)) != 0) {
        db->is_broken = true;
    }
}

static void
begin_setup(struct db *db)
{
    char sql[1024];
    (void)snprintf(sql, sizeof sql, "%s%s", db_session_setup, db->setup == NULL ? "" : db->setup);
    struct db_item *call =
        db_item_new(&(struct db_query){.sql = sql, .params_count = DB_SIMPLE}, now_s(db));
    db->state = DB_SETTING_UP;
    if (call == NULL || PQsetnonblocking(db->connection, 1) != 0) {
        free(call);
        lose(db, "memory ran out");
        return;
    }
    (void)PQsetErrorVerbosity(db->connection, PQERRORS_SQLSTATE);
    call->is_internal = true;
    send_call(db, call);
}

static void
poll_connect(struct db *db)
{
    PostgresPollingStatusType status = PQconnectPoll(db->connection);
    /* the socket may be another one now */
    unwatch(db);
    int watched = 0;
    switch (status) {
    case PGRES_POLLING_READING:
        watched = watch_socket(db, UV_READABLE);
        break;
    case PGRES_POLLING_WRITING:
        watched = watch_socket(db, UV_WRITABLE);
        break;
    case PGRES_POLLING_OK:
        begin_setup(db);
        return;
    default:
        lose(db, PQerrorMessage(db->connection));
        return;
    }
    if (watched != 0) {
        lose(db, "cannot watch the socket");
    }
}

/* The call under way has ended, and its transaction with it. */
static void
finish_call(struct db *db)
{
    struct db_item *call = db->current;
    struct db_outcome outcome = db->outcome;
    PGresult *result = db->result;
    db->current = NULL;
    db->result = NULL;
    db->idle_since = now_s(db);
    if (db->state == DB_SETTING_UP) {
        if (!outcome.is_ok) {
            end_call(db, call, &outcome);
            PQclear(result);
            lose(db, outcome.error.text);
            return;
        }
        db->state = DB_READY;
        db->failures = 0;
        db->params.stats->connects++;
        end_call(db, call, &outcome);
        PQclear(result);
        if (db->params.on_up != NULL) {
            db->params.on_up(db->params.context);
        }
        return;
    }
    db->state = DB_READY;
    outcome.rows = outcome.is_ok ? (const struct db_rows *)result : NULL;
    end_call(db, call, &outcome);
    PQclear(result);
}

/* All results of the call are in: rolls back first if it left a broken transaction. */
static void
end_results(struct db *db)
{
    if (!db->is_rolling_back && PQtransactionStatus(db->connection) == PQTRANS_INERROR) {
        db->is_rolling_back = true;
        if (PQsendQuery(db->connection, "ROLLBACK") != 1 || PQflush(db->connection) < 0) {
            db->is_broken = true;
        }
        return;
    }
    db->is_rolling_back = false;
    finish_call(db);
}

static void
take_result(struct db *db, PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE:
        if (db->current->on_row != NULL) {
            db->current->on_row(db->current->context, (const struct db_rows *)result);
        }
        PQclear(result);
        return;
    case PGRES_TUPLES_OK:
        PQclear(db->result);
        db->result = result;
        return;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        db_note_error(&db->outcome, (const struct db_rows *)result, db->current->is_plain);
        break;
    default: /* a command, an empty query; we never COPY */
        break;
    }
    PQclear(result);
}

static void
read_results(struct db *db)
{
    while (db->current != NULL && db->connection != NULL && !db->is_broken &&
           PQisBusy(db->connection) == 0) {
        PGresult *result = PQgetResult(db->connection);
        if (result != NULL) {
            take_result(db, result);
        } else {
            end_results(db);
            break; /* the next call is sent by advance() */
        }
    }
}

static void
read_notifies(struct db *db)
{
    PGnotify *notify;
    while (db->connection != NULL && (notify = PQnotifies(db->connection)) != NULL) {
        if (db->params.on_notify != NULL) {
            db->params.on_notify(db->params.context, notify->extra);
        }
        PQfreemem(notify);
    }
}

static void
on_socket(void *context, int status, int events)
{
    struct db *db = context;
    if (db->state == DB_CONNECTING) {
        poll_connect(db);
        advance(db);
        return;
    }
    if (status < 0) {
        db->is_broken = true;
    }
    if (!db->is_broken && (events & UV_READABLE) != 0) {
        db->is_broken = PQconsumeInput(db->connection) != 1;
    }
    if (!db->is_broken) {
        int flushed = PQflush(db->connection);
        db->is_broken =
            flushed < 0 || watch_socket(db, UV_READABLE | (flushed == 1 ? UV_WRITABLE : 0)) != 0;
    }
    if (!db->is_broken) {
        read_results(db);
        read_notifies(db);
    }
    advance(db);
}

/* --- time ------------------------------------------------------------------------------------ */

/* Ends the calls whose time was up before they could be sent. */
static void
expire_queue(struct db *db)
{
    struct db_item *item;
    while ((item = db_queue_pop_expired(&db->queue, now_s(db))) != NULL) {
        end_unanswered(db, item, false, "no connection to the database in time");
    }
}

static double
sooner(double at, double other)
{
    return other > 0 && (at <= 0 || other < at) ? other : at;
}

/* Sets the timer to the next moment at which something is to be done. */
static void
arm(struct db *db)
{
    double at = 0;
    if (db->state == DB_CLOSED) {
        return;
    }
    if (db->is_broken || (db->state == DB_READY && db->queue.head != NULL)) {
        at = now_s(db);
    }
    if (db->state == DB_DOWN || db->state == DB_CONNECTING || db->state == DB_SETTING_UP) {
        at = sooner(at, db->wake_at);
    }
    if (db->state == DB_READY && db->params.keepalive_s > 0) {
        at = sooner(at, db->idle_since + db->params.keepalive_s);
    }
    if (db->current != NULL) {
        at = sooner(at, db->current->deadline);
    }
    at = sooner(at, db_queue_deadline(&db->queue));
    if (at <= 0) {
        (void)uv_timer_stop(&db->timer);
        return;
    }
    double delay_ms = ceil((at - now_s(db)) * 1000.0);
    (void)uv_timer_start(&db->timer, on_timer, delay_ms > 0 ? (uint64_t)delay_ms : 0, 0);
}

static void
queue_keepalive(struct db *db)
{
    struct db_item *call = db_item_new(&(struct db_query){.sql = "SELECT 1",
                                                          .params_count = DB_SIMPLE,
                                                          .timeout_s = KEEPALIVE_TIMEOUT_S},
                                       now_s(db));
    if (call != NULL) {
        call->is_internal = true;
        db_queue_push_front(&db->queue, call);
    }
}

/* Ends everything that is open. */
static void
end_all(struct db *db)
{
    struct db_item *call = db->current;
    db->current = NULL;
    if (call != NULL) {
        end_unanswered(db, call, true, "the daemon is stopping");
    }
    while ((call = db_queue_pop(&db->queue)) != NULL) {
        end_unanswered(db, call, false, "the daemon is stopping");
    }
}

/* Does whatever is due now. */
static void
advance(struct db *db)
{
    double now = now_s(db);
    if (db->state == DB_CLOSED) {
        return;
    }
    if (db->is_refusing) {
        disconnect(db);
        db->state = DB_DOWN;
        end_all(db);
        return;
    }
    if (db->is_broken) {
        lose(db, PQerrorMessage(db->connection));
    }
    if (db->current != NULL && db->current->deadline > 0 && db->current->deadline <= now) {
        lose(db, "the call took too long");
    }
    if ((db->state == DB_CONNECTING || db->state == DB_SETTING_UP) && db->wake_at <= now) {
        lose(db, "connecting took too long");
    }
    if (db->state == DB_DOWN && db->wake_at <= now) {
        begin_connect(db);
    }
    if (db->state == DB_READY && db->queue.head == NULL && db->params.keepalive_s > 0 &&
        db->idle_since + db->params.keepalive_s <= now) {
        queue_keepalive(db);
    }
    expire_queue(db);
    if (db->state == DB_READY && db->queue.head != NULL) {
        db->state = DB_BUSY;
        send_call(db, db_queue_pop(&db->queue));
    }
    arm(db);
}

static void
on_timer(uv_timer_t *timer)
{
    advance(timer->data);
}

/* --- cancelling ------------------------------------------------------------------------------ */

static void try_close(struct db *db);

static void
on_cancelled(void *context)
{
    struct db *db = context;
    db->cancels--;
    try_close(db);
}

void
db_cancel(struct db *db)
{
    if (db->state == DB_BUSY && !db->is_rolling_back &&
        db_session_cancel(db->params.loop, db->connection, on_cancelled, db) == 0) {
        db->cancels++;
    }
}

/* --- beginning and end ----------------------------------------------------------------------- */

struct db *
db_new(const struct db_params *params)
{
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL) {
        return NULL;
    }
    db->params = *params;
    db_queue_init(&db->queue);
    db->conninfo = strdup(params->conninfo);
    db->name = strdup(params->name);
    db->setup = params->setup == NULL ? NULL : strdup(params->setup);
    if (db->conninfo == NULL || db->name == NULL || (params->setup != NULL && db->setup == NULL) ||
        uv_timer_init(params->loop, &db->timer) != 0) {
        free(db->conninfo);
        free(db->name);
        free(db->setup);
        free(db);
        return NULL;
    }
    db->timer.data = db;
    return db;
}

void
db_start(struct db *db)
{
    db->wake_at = now_s(db);
    (void)uv_timer_start(&db->timer, on_timer, 0, 0);
}

void
db_refuse(struct db *db)
{
    db->is_refusing = true;
    if (db->state != DB_CLOSED) {
        (void)uv_timer_start(&db->timer, on_timer, 0, 0);
    }
}

bool
db_is_up(const struct db *db)
{
    return db->state == DB_READY || db->state == DB_BUSY;
}

static void
try_close(struct db *db)
{
    if (db->state != DB_CLOSED || db->cancels > 0 || !db->is_timer_closed) {
        return;
    }
    void (*closed)(void *context) = db->closed;
    void *context = db->closed_context;
    free(db->conninfo);
    free(db->name);
    free(db->setup);
    free(db);
    if (closed != NULL) {
        closed(context);
    }
}

static void
on_timer_closed(uv_handle_t *handle)
{
    struct db *db = handle->data;
    end_all(db);
    db->is_timer_closed = true;
    try_close(db);
}

void
db_close(struct db *db, void (*closed)(void *context), void *context)
{
    if (db->state == DB_CLOSED) {
        return;
    }
    disconnect(db);
    db->state = DB_CLOSED;
    db->closed = closed;
    db->closed_context = context;
    uv_close((uv_handle_t *)&db->timer, on_timer_closed);
}
