/*
 * All of it happens in one transaction under an advisory lock, so several processes may try at once
 * (each of several hosts at an upgrade), and one that fails leaves the schema as it was. Only the
 * roles come before: they belong to the cluster, and the transaction runs as the role that owns
 * the schema.
 */
#include "migrate.h"

#include <errno.h>
#include <fts.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"

#define SQL_FILE_MAX_BYTES (4 * 1024 * 1024)
#define LOCK "SELECT pg_advisory_xact_lock(hashtextextended('rosterd migrate', 0))"
/* The roles that sql/roles.sql makes; one is enough to tell whether it has run. */
#define ROLES_MISSING                                                                              \
    "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rosterd_owner')"          \
    " OR NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rosterd_daemon')"            \
    " OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)"

/* Paths of *.sql below a folder, sorted byte by byte. */
struct files {
    char **paths;
    size_t count;
};

static void
files_deinit(struct files *files)
{
    for (size_t at = 0; at < files->count; at++) {
        free(files->paths[at]);
    }
    free(files->paths);
    *files = (struct files){0};
}

static int
compare_paths(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool
is_sql(const FTSENT *entry)
{
    return entry->fts_info == FTS_F && entry->fts_namelen > 4 &&
           strcmp(entry->fts_name + entry->fts_namelen - 4, ".sql") == 0;
}

static int
add_path(struct files *files, const char *path)
{
    char **paths = realloc(files->paths, (files->count + 1) * sizeof *paths);
    if (paths == NULL) {
        return -1;
    }
    files->paths = paths;
    if ((paths[files->count] = strdup(path)) == NULL) {
        return -1;
    }
    files->count++;
    return 0;
}

static int
list_files(const char *root, const char *folder, struct files *ret_files, struct error *reterr)
{
    char path[1100];
    (void)snprintf(path, sizeof path, "%s/%s", root, folder);
    char *const roots[] = {path, NULL};
    struct files files = {0};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL) {
        return error_set_errno(reterr, CAUSE_CONFIG_INVALID, errno, "%s", path);
    }
    const FTSENT *entry;
    int failed = 0;
    while (failed == 0 && (entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS) {
            failed = error_set_errno(reterr, CAUSE_CONFIG_INVALID, entry->fts_errno, "%s",
                                     entry->fts_path);
        } else if (is_sql(entry) && add_path(&files, entry->fts_path) != 0) {
            failed = error_set(reterr, CAUSE_MEMORY, "memory ran out");
        }
    }
    (void)fts_close(walk);
    if (failed != 0) {
        files_deinit(&files);
        return -1;
    }
    qsort(files.paths, files.count, sizeof *files.paths, compare_paths);
    *ret_files = files;
    return 0;
}

/* "0003-stage" out of ".../0003-stage.sql"; *ret_number gets 3. Returns 0 or -1. */
static int
parse_name(const char *path, char ret_name[static 128], int *ret_number)
{
    const char *base = strrchr(path, '/') + 1;
    char *end;
    long number = strtol(base, &end, 10);
    if (end == base || *end != '-' || number < 1 || number > 9999) {
        return -1;
    }
    (void)snprintf(ret_name, 128, "%.*s", (int)(strlen(base) - 4), base);
    *ret_number = (int)number;
    return 0;
}

int
migrate_newest(const char *sql_path, int *ret_number, struct error *reterr)
{
    struct files files;
    if (list_files(sql_path, "migrations", &files, reterr) != 0) {
        return -1;
    }
    int newest = 0;
    for (size_t at = 0; at < files.count; at++) {
        char name[128];
        int number;
        if (parse_name(files.paths[at], name, &number) == 0 && number > newest) {
            newest = number;
        }
    }
    files_deinit(&files);
    if (newest == 0) {
        return error_set(reterr, CAUSE_CONFIG_INVALID, "%s/migrations holds no migration",
                         sql_path);
    }
    *ret_number = newest;
    return 0;
}

static char *
read_sql(const char *path, struct error *reterr)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)error_set_errno(reterr, CAUSE_CONFIG_INVALID, errno, "%s", path);
        return NULL;
    }
    char *text = malloc(SQL_FILE_MAX_BYTES + 1);
    size_t length = text == NULL ? 0 : fread(text, 1, SQL_FILE_MAX_BYTES, file);
    bool is_whole = text != NULL && feof(file) != 0 && ferror(file) == 0;
    (void)fclose(file);
    if (!is_whole) {
        free(text);
        (void)error_set(reterr, CAUSE_CONFIG_INVALID, "%s: cannot be read", path);
        return NULL;
    }
    text[length] = '\0';
    char *fitting = realloc(text, length + 1);
    /* cppcheck-suppress memleak ; a realloc that failed left text as it was */
    return fitting == NULL ? text : fitting;
}

/* Runs SQL that came from our own files or is ours: its messages may be shown. */
static int
run_sql(PGconn *connection, const char *sql, const char *name, struct error *reterr)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    int failed = 0;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
        failed =
            error_set(reterr, sqlstate == NULL ? CAUSE_DB_UNAVAILABLE : CAUSE_DB_QUERY,
                      "%s: SQLSTATE %s: %s%s%s", name, sqlstate == NULL ? "none" : sqlstate,
                      message == NULL ? PQerrorMessage(connection) : message,
                      position == NULL ? "" : ", at character ", position == NULL ? "" : position);
    }
    PQclear(result);
    return failed;
}

static int
run_file(PGconn *connection, const char *path, struct error *reterr)
{
    char *sql = read_sql(path, reterr);
    int failed = sql == NULL ? -1 : run_sql(connection, sql, path, reterr);
    free(sql);
    return failed;
}

/* The first column of the first row as a number; -1 when the query fails. */
static int
ask_number(PGconn *connection, const char *sql, int *ret_number, struct error *reterr)
{
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
        PQclear(result);
        return error_set(reterr, CAUSE_DB_QUERY, "%s", PQerrorMessage(connection));
    }
    const char *text = PQgetvalue(result, 0, 0);
    *ret_number = *text == 't' ? 1 : (int)strtol(text, NULL, 10);
    PQclear(result);
    return 0;
}

static int
make_roles(PGconn *connection, const char *sql_path, struct error *reterr)
{
    char path[1100];
    int is_missing = 0;
    (void)snprintf(path, sizeof path, "%s/roles.sql", sql_path);
    if (ask_number(connection, ROLES_MISSING, &is_missing, reterr) != 0) {
        return -1;
    }
    if (is_missing == 0) {
        return 0;
    }
    /* in a transaction of its own, one at a time: two CREATE ROLE at once would fail */
    if (run_sql(connection, "BEGIN; " LOCK, "lock", reterr) != 0 ||
        run_file(connection, path, reterr) != 0) {
        return -1;
    }
    return run_sql(connection, "COMMIT", "commit", reterr);
}

static int
run_migrations(PGconn *connection, const struct files *files, struct error *reterr)
{
    for (size_t at = 0; at < files->count; at++) {
        char name[128], sql[512];
        int number = 0;
        int is_in = 0;
        if (parse_name(files->paths[at], name, &number) != 0 || strchr(name, '\'') != NULL) {
            return error_set(reterr, CAUSE_CONFIG_INVALID, "%s: not NNNN-name.sql",
                             files->paths[at]);
        }
        (void)snprintf(sql, sizeof sql,
                       "SELECT count(*) FROM rosterd.schema_migration WHERE number = %d", number);
        if (ask_number(connection, sql, &is_in, reterr) != 0) {
            return -1;
        }
        if (is_in != 0) {
            continue;
        }
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO rosterd.schema_migration (number, name) VALUES (%d, '%s')",
                       number, name);
        if (run_sql(connection, sql, name, reterr) != 0 ||
            run_file(connection, files->paths[at], reterr) != 0) {
            return -1;
        }
        LOG(LEVEL_INFO, "migrated", F_TEXT("migration", name));
    }
    return 0;
}

static int
refuse_newer(PGconn *connection, int newest, struct error *reterr)
{
    int theirs = 0;
    if (ask_number(connection, "SELECT coalesce(max(number), 0) FROM rosterd.schema_migration",
                   &theirs, reterr) != 0) {
        return -1;
    }
    if (theirs > newest) {
        return error_set(reterr, CAUSE_DB_SCHEMA,
                         "the schema is of migration %d, newer than this program's %d: install the "
                         "newer rosterd",
                         theirs, newest);
    }
    return 0;
}

static int
run_files(PGconn *connection, const struct files *files, struct error *reterr)
{
    for (size_t at = 0; at < files->count; at++) {
        if (run_file(connection, files->paths[at], reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

/* What belongs together, as the role that owns it all. */
static int
migrate_schema(PGconn *connection, const char *sql_path, struct error *reterr)
{
    struct files migrations = {0}, functions = {0}, views = {0};
    int newest = 0;
    int failed =
        migrate_newest(sql_path, &newest, reterr) != 0 ||
        list_files(sql_path, "migrations", &migrations, reterr) != 0 ||
        list_files(sql_path, "functions", &functions, reterr) != 0 ||
        list_files(sql_path, "views", &views, reterr) != 0 ||
        run_sql(connection, "BEGIN; SET LOCAL ROLE rosterd_owner; " LOCK, "lock", reterr) != 0 ||
        run_sql(connection,
                "SET LOCAL client_min_messages = warning; SET LOCAL search_path = pg_catalog; "
                "CREATE SCHEMA IF NOT EXISTS rosterd; "
                "CREATE TABLE IF NOT EXISTS rosterd.schema_migration (number integer PRIMARY KEY, "
                "name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
                "schema_migration", reterr) != 0 ||
        refuse_newer(connection, newest, reterr) != 0 ||
        run_migrations(connection, &migrations, reterr) != 0 ||
        run_sql(connection, "SET LOCAL check_function_bodies = off", "functions", reterr) != 0 ||
        run_files(connection, &functions, reterr) != 0 ||
        run_files(connection, &views, reterr) != 0 ||
        run_sql(connection, "COMMIT", "commit", reterr) != 0;
    files_deinit(&migrations);
    files_deinit(&functions);
    files_deinit(&views);
    return failed != 0 ? -1 : 0;
}

static void
discard_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

int
migrate_run(const struct config *config, struct error *reterr)
{
    const char *conninfo = *config->database.migrate_conninfo != '\0'
                               ? config->database.migrate_conninfo
                               : config->database.conninfo;
    char timeout[16];
    (void)snprintf(timeout, sizeof timeout, "%d", (int)config->deadlines.connect_s + 1);
    const char *const keywords[] = {"gssencmode",      "target_session_attrs",
                                    "connect_timeout", "application_name",
                                    "dbname",          NULL};
    const char *const values[] = {"disable",         "read-write", timeout,
                                  "rosterd migrate", conninfo,     NULL};
    PGconn *connection = PQconnectdbParams(keywords, values, 1);
    int failed;
    if (PQstatus(connection) != CONNECTION_OK) {
        failed = error_set(reterr, CAUSE_DB_UNAVAILABLE, "%s", PQerrorMessage(connection));
        char *feed = strchr(reterr->text, '\n');
        if (feed != NULL) {
            *feed = '\0';
        }
    } else {
        (void)PQsetNoticeReceiver(connection, discard_notice, NULL);
        failed = make_roles(connection, config->sql, reterr) != 0 ||
                 migrate_schema(connection, config->sql, reterr) != 0;
    }
    PQfinish(connection);
    return failed != 0 ? -1 : 0;
}
