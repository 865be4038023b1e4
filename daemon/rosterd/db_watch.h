/* For db.c: waiting for a connection's socket. */
#ifndef ROSTERD_DB_WATCH_H
#define ROSTERD_DB_WATCH_H

#include <uv.h>

struct db_watch;

typedef void (*db_watch_fn)(void *context, int status, int events);

/* Watches a duplicate of the socket: libpq closes its own whenever it likes, and a handle must not
 * lose its descriptor. NULL: it cannot be watched. */
struct db_watch *db_watch_new(uv_loop_t *loop, int socket, db_watch_fn ready, void *context);

/* @return 0 or -1 */
int db_watch_start(struct db_watch *watch, int events);

/* `ready` is not called any more; NULL is fine. */
void db_watch_close(struct db_watch *watch);

#endif
