/*
 * One connection to PostgreSQL on the loop. It connects by itself, again and again with back-off,
 * and sends what is queued one by one. The rest of the daemon sees verbs, texts and SQLSTATEs, and
 * nothing of libpq.
 *
 * A server's messages may quote rows, so of errors only the SQLSTATE and names of constraints and
 * functions are kept; our own classes (RS…) speak of districts and runs, so their text is kept too.
 */
#ifndef ROSTERD_DB_H
#define ROSTERD_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "error.h"

#define DB_PARAMS_MAX 12

struct db;
struct db_rows;

struct db_stats {
    uint64_t statements;
    uint64_t failures;
    uint64_t connects;
};

struct db_params {
    uv_loop_t *loop;
    const char *conninfo;
    const char *name;       /* goes into application_name: "rosterd NAME" */
    const char *setup;      /* a statement after each connect, beside our own settings; or NULL */
    double connect_s;       /* for one attempt */
    double keepalive_s;     /* an idle connection is tried so often; 0: never */
    struct db_stats *stats; /* shared by connections; lives as long as they */
    /* each may be NULL */
    void (*on_up)(void *context);
    void (*on_down)(void *context, const struct error *error); /* also for each failed attempt */
    void (*on_notify)(void *context, const char *payload);
    void *context;
};

/* How a call ended. Lives until the callback returns. */
struct db_outcome {
    bool is_ok;
    /* The connection broke, or the time was up, after the call was sent: it may have happened. */
    bool is_lost;
    char sqlstate[6];           /* "" if the server said none */
    struct error error;         /* when not ok: a cause, and a text for people */
    char hint[256];             /* the server's hint of an RS error, or "" */
    const struct db_rows *rows; /* of the last statement that has rows; NULL: none */
};

typedef void (*db_done_fn)(void *context, const struct db_outcome *outcome);
typedef void (*db_row_fn)(void *context, const struct db_rows *rows);

struct db_query {
    const char *sql; /* several statements in one message only when params_count is DB_SIMPLE */
    int params_count;
    const char *params[DB_PARAMS_MAX]; /* text; NULL: SQL NULL */
    double timeout_s; /* from now, waiting for a connection included; 0: waits for ever */
    bool is_plain;    /* touches no district's data: what the server says may be shown */
    db_row_fn on_row; /* if set: called for each row (number 0 of `rows`), and done gets no rows */
    db_done_fn done;  /* exactly once, never from within db_call; may be NULL */
    void *context;
};

/* No parameters, sent as it is. */
#define DB_SIMPLE (-1)

/* @return NULL when memory ran out. Nothing is connected yet. */
struct db *db_new(const struct db_params *params);

/* Begins to connect. */
void db_start(struct db *db);

/*
 * Queues a call; texts are copied.
 *
 * @return 0, or -1: memory ran out or the connection is closing, `done` is not called
 */
int db_call(struct db *db, const struct db_query *query);

/* Asks the server to end the call that is under way; it then ends with SQLSTATE 57014, or lost. */
void db_cancel(struct db *db);

bool db_is_up(const struct db *db);

/* Ends what is open as lost or failed and takes nothing more, but stays until db_close. */
void db_refuse(struct db *db);

/* Ends the connection; open calls end as lost or failed, then `closed` is called and `db` is gone.
 */
void db_close(struct db *db, void (*closed)(void *context), void *context);

size_t db_rows_count(const struct db_rows *rows);
bool db_is_null(const struct db_rows *rows, size_t row, int column);
/* NULL for SQL NULL. Lives as long as the rows. */
const char *db_text(const struct db_rows *rows, size_t row, int column);
/* The value, or `otherwise` for SQL NULL. */
int64_t db_integer(const struct db_rows *rows, size_t row, int column, int64_t otherwise);
double db_real(const struct db_rows *rows, size_t row, int column, double otherwise);
bool db_boolean(const struct db_rows *rows, size_t row, int column);

/* What a column holds, for turning rows into JSON. */
enum db_type { DB_TEXT, DB_INTEGER, DB_REAL, DB_BOOLEAN, DB_JSON, DB_MOMENT };
int db_columns_count(const struct db_rows *rows);
const char *db_column_name(const struct db_rows *rows, int column);
enum db_type db_column_type(const struct db_rows *rows, int column);

#endif
