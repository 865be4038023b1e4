#include "database.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

struct database {
    PGconn *connection;
    bool copying;
    char sqlstate[6]; /* "" when there is none */
};

/* Whether a SQLSTATE says that the server, not the statement, was the trouble: another try may do.
 */
static bool
is_server_trouble(const char *sqlstate)
{
    return strncmp(sqlstate, "08", 2) == 0 || strncmp(sqlstate, "57P", 3) == 0 ||
           strncmp(sqlstate, "53", 2) == 0;
}

/* Notes the failure. The server's first line only: detail and context could hold values of a row.
 */
static int
fail(struct database *database, const PGresult *result, const char *what, struct error *reterr)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    (void)snprintf(database->sqlstate, sizeof database->sqlstate, "%s",
                   sqlstate == NULL ? "" : sqlstate);
    if (PQstatus(database->connection) == CONNECTION_BAD) {
        return error_set(reterr, CAUSE_DB_UNAVAILABLE, "%s: the connection was lost", what);
    }
    /* a data exception's own line quotes the value */
    bool quotes = strncmp(database->sqlstate, "22", 2) == 0;
    return error_set(reterr,
                     is_server_trouble(database->sqlstate) ? CAUSE_DB_UNAVAILABLE : CAUSE_DB_QUERY,
                     "%s: %s", what, message == NULL || quotes ? "refused" : message);
}

/* The connection's own message, first line. */
static int
fail_connection(const struct database *database, struct error *reterr)
{
    char text[256];
    (void)snprintf(text, sizeof text, "%s", PQerrorMessage(database->connection));
    text[strcspn(text, "\n")] = '\0';
    return error_set(reterr, CAUSE_DB_UNAVAILABLE, "connecting: %s", text);
}

/* Messages of the server (notices) are nobody's business here. */
static void
on_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

int
database_open(const char *conninfo, int64_t run, struct database **ret_database,
              struct error *reterr)
{
    struct database *database = calloc(1, sizeof *database);
    *ret_database = database;
    if (database == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "connecting");
    }
    char name[64];
    (void)snprintf(name, sizeof name, "rosterd-stage run %lld", (long long)run);
    /* what follows dbname stands above what the conninfo says */
    const char *const keys[] = {"dbname",
                                "application_name",
                                "client_encoding",
                                "keepalives",
                                "keepalives_idle",
                                "keepalives_interval",
                                "keepalives_count",
                                "tcp_user_timeout",
                                "connect_timeout",
                                "gssencmode",
                                NULL};
    const char *const values[] = {conninfo, name,    "UTF8", "1",       "30", "10",
                                  "3",      "60000", "15",   "disable", NULL};
    database->connection = PQconnectdbParams(keys, values, 1);
    if (PQstatus(database->connection) != CONNECTION_OK) {
        return fail_connection(database, reterr);
    }
    (void)PQsetNoticeReceiver(database->connection, on_notice, NULL);
    return 0;
}

void
database_close(struct database *database)
{
    if (database != NULL) {
        PQfinish(database->connection);
        free(database);
    }
}

const char *
database_sqlstate(const struct database *database)
{
    return database == NULL || database->sqlstate[0] == '\0' ? NULL : database->sqlstate;
}

int
database_run(struct database *database, const char *statement, int count, const char *const *values,
             struct error *reterr)
{
    PGresult *result = PQexecParams(database->connection, statement, count, NULL, values, NULL,
                                    NULL, /* resultFormat= text */ 0);
    ExecStatusType status = PQresultStatus(result);
    int failed = 0;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        failed = fail(database, result, statement, reterr);
    } else if (strcmp(PQcmdStatus(result), "ROLLBACK") == 0 && strcmp(statement, "COMMIT") == 0) {
        /* committing a failed transaction is no error to PostgreSQL */
        failed = error_set(reterr, CAUSE_DB_QUERY, "COMMIT: the transaction had failed");
    }
    PQclear(result);
    return failed;
}

int
database_ask(struct database *database, const char *statement, int count, const char *const *values,
             char **ret_text, struct error *reterr)
{
    PGresult *result = PQexecParams(database->connection, statement, count, NULL, values, NULL,
                                    NULL, /* resultFormat= text */ 0);
    int failed = 0;
    *ret_text = NULL;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        failed = fail(database, result, statement, reterr);
    } else if (PQntuples(result) != 1 || PQgetisnull(result, 0, 0)) {
        failed = error_set(reterr, CAUSE_DB_QUERY, "%s: no answer", statement);
    } else if ((*ret_text = strdup(PQgetvalue(result, 0, 0))) == NULL) {
        failed = error_set(reterr, CAUSE_MEMORY, "taking an answer");
    }
    PQclear(result);
    return failed;
}

int
database_copy_begin(struct database *database, const char *statement, struct error *reterr)
{
    PGresult *result = PQexec(database->connection, statement);
    int failed = 0;
    if (PQresultStatus(result) != PGRES_COPY_IN) {
        failed = fail(database, result, "COPY", reterr);
    }
    PQclear(result);
    database->copying = failed == 0;
    return failed;
}

/* What the server says to a COPY that has ended. */
static int
copy_result(struct database *database, struct error *reterr)
{
    int failed = 0;
    PGresult *result;
    database->copying = false;
    while ((result = PQgetResult(database->connection)) != NULL) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && failed == 0) {
            failed = fail(database, result, "COPY", reterr);
        }
        PQclear(result);
        if (PQstatus(database->connection) == CONNECTION_BAD) {
            break;
        }
    }
    if (failed == 0 && PQstatus(database->connection) == CONNECTION_BAD) {
        failed = error_set(reterr, CAUSE_DB_UNAVAILABLE, "COPY: the connection was lost");
    }
    return failed;
}

int
database_copy_put(void *context, const char *data, size_t size, struct error *reterr)
{
    struct database *database = context;
    if (PQputCopyData(database->connection, data, (int)size) == 1) {
        return 0;
    }
    if (copy_result(database, reterr) == 0) {
        (void)error_set(reterr, CAUSE_DB_UNAVAILABLE, "COPY: the server took no more");
    }
    return -1;
}

int
database_copy_end(struct database *database, struct error *reterr)
{
    if (PQputCopyEnd(database->connection, NULL) != 1) {
        if (copy_result(database, reterr) == 0) {
            (void)error_set(reterr, CAUSE_DB_UNAVAILABLE, "COPY: the server took no more");
        }
        return -1;
    }
    return copy_result(database, reterr);
}

void
database_copy_abort(struct database *database)
{
    if (database->copying) {
        (void)PQputCopyEnd(database->connection, "the package was refused");
        (void)copy_result(database, NULL);
        database->sqlstate[0] = '\0'; /* it was our own doing */
    }
}
