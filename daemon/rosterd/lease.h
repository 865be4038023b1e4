/*
 * Which districts are this daemon's. Every third of the lease's time a beat tells the database that
 * we live, takes free districts and lists those that are ours; so two daemons on one database share
 * them, and take over each other's when one dies.
 */
#ifndef ROSTERD_LEASE_H
#define ROSTERD_LEASE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config.h"
#include "db.h"

struct lease;

struct lease_params {
    uv_loop_t *loop;
    const struct config *config;
    struct db *db;
    const char *daemon_name;
    void *context;
    /* A new number was given to us: nothing that was ours is ours any more, runs under way are
     * interrupted. The first time too. */
    void (*on_start)(void *context, int64_t daemon_id);
    /* A list of what is ours begins, goes on, and is complete. */
    void (*on_list)(void *context);
    void (*on_district)(void *context, int64_t district_id, int64_t epoch);
    void (*on_listed)(void *context);
    /* The database's schema does not fit us, or it refuses us for a reason that lasts. */
    void (*on_unfit)(void *context, const struct error *error);
};

/* @return NULL when memory ran out */
struct lease *lease_new(const struct lease_params *params);

/* The connection is there: begins, or goes on at once. */
void lease_wake(struct lease *lease);

/* 0: none yet. */
int64_t lease_daemon_id(const struct lease *lease);

/* Whether what was listed last is still surely ours: the last beat was sent less than its time ago.
 */
bool lease_is_held(const struct lease *lease);

/* Of the last beat: when it was answered (seconds since 1970; 0: never), and how long it took. */
double lease_beat_at(const struct lease *lease);
double lease_roundtrip_s(const struct lease *lease);

/* Gives all districts back, if the database answers within `timeout_s`; then `released` is called.
 * No more beats, no more callbacks of the parameters. */
void lease_release(struct lease *lease, double timeout_s, void (*released)(void *context),
                   void *context);

/* Nothing may be under way: after `released`, or when the connection is closed. */
void lease_close(struct lease *lease, void (*closed)(void *context), void *context);

#endif
