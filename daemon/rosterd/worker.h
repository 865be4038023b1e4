/*
 * How many runs may stage, plan and apply at once: as many as there are workers. A worker is a turn
 * and the database connection that goes with it. Whoever comes first is served first, but for this:
 * one worker is never given to a large district, so that a small one does not wait until it is
 * done, which may take minutes. A daemon with a single worker has none to keep back.
 */
#ifndef ROSTERD_WORKER_H
#define ROSTERD_WORKER_H

#include <uv.h>

#include "config.h"
#include "db.h"

/* A zip of so many bytes is a large district's: some 50,000 students, whose first sync takes a
 * quarter of a minute. */
#define WORKER_LARGE_BYTES (4 << 20)

struct workers;

struct worker {
    struct db *db;
    /* private */
    struct workers *owner;
    bool is_busy;
    bool is_large; /* who has it */
    bool is_started;
};

/* Embedded in whoever waits; zeroed at first. */
struct worker_wish {
    void (*granted)(void *context, struct worker *worker); /* never from within workers_wish */
    void *context;
    bool is_large; /* it may take minutes */
    /* private */
    struct worker_wish *next;
    bool is_waiting;
};

/* @return NULL when memory ran out; connections are made when first needed */
struct workers *workers_new(uv_loop_t *loop, const struct config *config, struct db_stats *stats);

/* Waits for a worker. */
void workers_wish(struct workers *workers, struct worker_wish *wish);

/* Waits no more; nothing happens when it did not wait. */
void workers_forget(struct workers *workers, struct worker_wish *wish);

/* Gives a worker back; nothing may be under way on its connection. */
void worker_release(struct worker *worker);

/* Ends what is open on the connections, and takes nothing more. */
void workers_refuse(struct workers *workers);

/* Nobody waits any more. Closes the connections; then `closed` is called and `workers` is gone. */
void workers_close(struct workers *workers, void (*closed)(void *context), void *context);

#endif
