/*
 * The worker's one connection. Blocking: the worker has nothing else to do, and the daemon ends it
 * when it takes too long. There is no second try: the sandbox allows no new connection.
 */
#ifndef STAGE_DATABASE_H
#define STAGE_DATABASE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct database;

/*
 * Connects as the login of the slot.
 *
 * @param run  named in application_name, so that ops see whose connection it is
 * @return 0, or -1 (db.unavailable; ret_database is set all the same, for its SQLSTATE)
 */
int database_open(const char *conninfo, int64_t run, struct database **ret_database,
                  struct error *reterr);

/* Whatever was not committed is undone. NULL is allowed. */
void database_close(struct database *database);

/* The SQLSTATE of the last failure, or NULL when the server gave none. */
const char *database_sqlstate(const struct database *database);

/*
 * Runs a statement whose rows, if any, are not looked at.
 *
 * @param values  text of $1 …, NULL for SQL NULL
 * @return 0, or -1 (db.query, or db.unavailable when the connection is gone)
 */
int database_run(struct database *database, const char *statement, int count,
                 const char *const *values, struct error *reterr);

/*
 * Runs a statement that answers one value.
 *
 * @param ret_text  the value, for the caller to free
 */
int database_ask(struct database *database, const char *statement, int count,
                 const char *const *values, char **ret_text, struct error *reterr);

/* COPY … FROM STDIN: begin with the statement, put pieces, end. */
int database_copy_begin(struct database *database, const char *statement, struct error *reterr);
int database_copy_put(void *database, const char *data, size_t size, struct error *reterr);
int database_copy_end(struct database *database, struct error *reterr);

/* Gives a COPY up, if one is running; the transaction has then failed. */
void database_copy_abort(struct database *database);

#endif
