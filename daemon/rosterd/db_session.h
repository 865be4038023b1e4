/* For db.c: how every connection of ours begins, and how what it does is cancelled. */
#ifndef ROSTERD_DB_SESSION_H
#define ROSTERD_DB_SESSION_H

#include <libpq-fe.h>
#include <uv.h>

/* The settings of a session, as statements each ended by a semicolon. */
extern const char db_session_setup[];

/* PQconnectStartParams with what is ours; `conninfo` overrides it. */
PGconn *db_session_begin(const char *conninfo, const char *name);

/* @return 0: `done` is called once it was sent or could not be; -1: it is not */
int db_session_cancel(uv_loop_t *loop, PGconn *connection, void (*done)(void *context),
                      void *context);

#endif
