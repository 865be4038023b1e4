/*
 * What the server answered: rows, and errors cut down to what may be shown.
 */
#include "db_result.h"
#include "db.h"

#include <ctype.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const PGresult *
result_of(const struct db_rows *rows)
{
    return (const PGresult *)(const void *)rows;
}

void
db_one_line(const char *from, char *to, size_t size)
{
    size_t used = 0;
    while (*from != '\0' && used + 1 < size) {
        unsigned char c = (unsigned char)*from++;
        to[used++] = (c < 0x20 || c == 0x7F) ? ' ' : (char)c;
    }
    while (used > 0 && to[used - 1] == ' ') {
        used--;
    }
    to[used] = '\0';
}

/* "function line 12" out of the innermost PL/pgSQL frame; "" if there is none. Names of ours only.
 */
static void
find_function(const PGresult *result, char *to, size_t size)
{
    static const char mark[] = "PL/pgSQL function ";
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    const char *from = context == NULL ? NULL : strstr(context, mark);
    to[0] = '\0';
    if (from == NULL) {
        return;
    }
    from += sizeof mark - 1;
    const char *end = strstr(from, " at ");
    size_t length = end == NULL ? 0 : (size_t)(end - from);
    for (size_t at = 0; at < length; at++) {
        if (!isalnum((unsigned char)from[at]) && strchr("_.(), []", from[at]) == NULL) {
            return;
        }
    }
    (void)snprintf(to, size, " in %.*s", (int)(length < 120 ? length : 120), from);
}

static enum cause
cause_of_sqlstate(const char *sqlstate)
{
    static const struct {
        const char *begin;
        enum cause cause;
    } causes[] = {
        {"RS101", CAUSE_LEASE_LOST},     {"RS102", CAUSE_CONFIG_SWITCHED_OFF},
        {"RS103", CAUSE_DB_BUSY},        {"RS104", CAUSE_SLOT_LOST},
        {"RS012", CAUSE_DB_BUSY},        {"42883", CAUSE_DB_SCHEMA},
        {"3F000", CAUSE_DB_SCHEMA},      {"42P01", CAUSE_DB_SCHEMA},
        {"42501", CAUSE_DB_SCHEMA},      {"55P03", CAUSE_DB_BUSY},
        {"40001", CAUSE_DB_BUSY},        {"40P01", CAUSE_DB_BUSY},
        {"57014", CAUSE_DB_QUERY},       {"57", CAUSE_DB_UNAVAILABLE},
        {"08", CAUSE_DB_UNAVAILABLE},    {"53", CAUSE_DB_UNAVAILABLE},
        {"25006", CAUSE_DB_UNAVAILABLE},
    };
    for (size_t at = 0; at < sizeof causes / sizeof causes[0]; at++) {
        if (strncmp(sqlstate, causes[at].begin, strlen(causes[at].begin)) == 0) {
            return causes[at].cause;
        }
    }
    return CAUSE_DB_QUERY;
}

void
db_note_error(struct db_outcome *outcome, const struct db_rows *rows, bool is_plain)
{
    const PGresult *result = result_of(rows);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    char text[256];
    if (!outcome->is_ok) {
        return;
    }
    outcome->is_ok = false;
    (void)snprintf(outcome->sqlstate, sizeof outcome->sqlstate, "%s",
                   sqlstate == NULL ? "" : sqlstate);
    enum cause cause = cause_of_sqlstate(outcome->sqlstate);
    /* our functions may name the cause itself, by its word, in the detail */
    if (strncmp(outcome->sqlstate, "RS", 2) == 0 && detail != NULL &&
        cause_from_word(detail) != CAUSE_COUNT) {
        cause = cause_from_word(detail);
    }
    if ((is_plain || strncmp(outcome->sqlstate, "RS", 2) == 0) && message != NULL) {
        db_one_line(message, text, sizeof text);
        db_one_line(hint == NULL ? "" : hint, outcome->hint, sizeof outcome->hint);
        (void)error_set(&outcome->error, cause, "%s", text);
        return;
    }
    find_function(result, text, sizeof text);
    (void)error_set(&outcome->error, cause, "SQLSTATE %s%s%s%s",
                    *outcome->sqlstate == '\0' ? "unknown" : outcome->sqlstate,
                    constraint == NULL ? "" : ", constraint ", constraint == NULL ? "" : constraint,
                    text);
}

size_t
db_rows_count(const struct db_rows *rows)
{
    return rows == NULL ? 0 : (size_t)PQntuples(result_of(rows));
}

bool
db_is_null(const struct db_rows *rows, size_t row, int column)
{
    return PQgetisnull(result_of(rows), (int)row, column) == 1;
}

const char *
db_text(const struct db_rows *rows, size_t row, int column)
{
    return db_is_null(rows, row, column) ? NULL : PQgetvalue(result_of(rows), (int)row, column);
}

int64_t
db_integer(const struct db_rows *rows, size_t row, int column, int64_t otherwise)
{
    const char *text = db_text(rows, row, column);
    return text == NULL ? otherwise : strtoll(text, NULL, 10);
}

double
db_real(const struct db_rows *rows, size_t row, int column, double otherwise)
{
    const char *text = db_text(rows, row, column);
    return text == NULL ? otherwise : strtod(text, NULL);
}

bool
db_boolean(const struct db_rows *rows, size_t row, int column)
{
    const char *text = db_text(rows, row, column);
    return text != NULL && *text == 't';
}

int
db_columns_count(const struct db_rows *rows)
{
    return PQnfields(result_of(rows));
}

const char *
db_column_name(const struct db_rows *rows, int column)
{
    return PQfname(result_of(rows), column);
}

enum db_type
db_column_type(const struct db_rows *rows, int column)
{
    switch (PQftype(result_of(rows), column)) { /* numbers of pg_type, fixed for ever */
    case 16:
        return DB_BOOLEAN;
    case 20:
    case 21:
    case 23:
        return DB_INTEGER;
    case 700:
    case 701:
        return DB_REAL;
    case 114:
    case 3802:
        return DB_JSON;
    case 1184:
        return DB_MOMENT;
    default:
        return DB_TEXT;
    }
}
