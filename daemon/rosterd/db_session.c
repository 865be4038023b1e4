#include "db_session.h"

#include <stdio.h>
#include <stdlib.h>

/* A client that is gone ends its statement within 2 s. */
const char db_session_setup[] =
    "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; "
    "SET client_connection_check_interval = '2s'; SET idle_in_transaction_session_timeout = "
    "'60s'; SET search_path = pg_catalog; ";

static void
discard_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result; /* notices may quote rows */
}

PGconn *
db_session_begin(const char *conninfo, const char *name)
{
    const char *const keywords[] = {"gssencmode",       "target_session_attrs",
                                    "keepalives_idle",  "keepalives_interval",
                                    "keepalives_count", "tcp_user_timeout",
                                    "application_name", "dbname",
                                    "client_encoding",  NULL};
    char application[64];
    (void)snprintf(application, sizeof application, "rosterd %s", name);
    const char *const values[] = {"disable", "read-write", "30",     "10",   "3",
                                  "30000",   application,  conninfo, "UTF8", NULL};
    PGconn *connection = PQconnectStartParams(keywords, values, 1);
    if (connection != NULL) {
        (void)PQsetNoticeReceiver(connection, discard_notice, NULL);
    }
    return connection;
}

/*
 * PQcancel opens a connection of its own and waits for it, so it runs in the thread pool. What it
 * says does not matter: the call ends by it, or by its deadline.
 */

struct cancel {
    uv_work_t work;
    PGcancel *key;
    void (*done)(void *context);
    void *context;
};

static void
do_cancel(uv_work_t *work)
{
    struct cancel *cancel = work->data;
    char text[256];
    (void)PQcancel(cancel->key, text, sizeof text);
}

static void
on_done(uv_work_t *work, int status)
{
    struct cancel *cancel = work->data;
    (void)status;
    cancel->done(cancel->context);
    PQfreeCancel(cancel->key);
    free(cancel);
}

int
db_session_cancel(uv_loop_t *loop, PGconn *connection, void (*done)(void *context), void *context)
{
    struct cancel *cancel = calloc(1, sizeof *cancel);
    if (cancel == NULL) {
        return -1;
    }
    cancel->key = PQgetCancel(connection);
    cancel->done = done;
    cancel->context = context;
    cancel->work.data = cancel;
    if (cancel->key == NULL || uv_queue_work(loop, &cancel->work, do_cancel, on_done) != 0) {
        PQfreeCancel(cancel->key);
        free(cancel);
        return -1;
    }
    return 0;
}
