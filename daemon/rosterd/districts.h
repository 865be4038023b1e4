/*
 * All districts: those that are ours with their machines, the others as the database shows them.
 * Reads them when the lease lists them, when the database says that one changed, and every so
 * often; keeps the views for the snapshot, and tells the database how ours are.
 */
#ifndef ROSTERD_DISTRICTS_H
#define ROSTERD_DISTRICTS_H

#include <stdbool.h>
#include <stdint.h>

#include "district.h"
#include "snapshot.h"

struct districts;

/* @return NULL when memory ran out */
struct districts *districts_new(uv_loop_t *loop, const struct config *config, struct db *control,
                                struct snapshot_counters *counters);

/* What the districts work with; before anything is listed. */
void districts_set_tools(struct districts *districts, struct lease *lease, struct workers *workers,
                         struct fetcher *fetcher, struct spool *spool);

/* The lease's list of what is ours. */
void districts_list_begin(struct districts *districts);
void districts_list_one(struct districts *districts, int64_t district_id, int64_t epoch);
void districts_list_end(struct districts *districts);

/* We have a new number: nothing is ours any more. */
void districts_disown(struct districts *districts);

/* The database says that a district changed; slug "": some did. */
void districts_notified(struct districts *districts, const char *slug);

/* Reads everything soon. */
void districts_reread(struct districts *districts);

/* The district of a slug if it is ours, else NULL. *ret_daemon gets who has it (NULL: nobody, or
 * there is no such district), *ret_exists whether there is one. */
struct district *districts_find(struct districts *districts, const char *slug,
                                const char **ret_daemon, bool *ret_exists);

/* Fills in the lists and numbers of a snapshot. The lists have one reference more.
 *
 * @return 0, or -1 when memory ran out */
int districts_snapshot(struct districts *districts, struct snapshot *ret_snapshot);

/* Whether they were read at least once. */
bool districts_are_read(const struct districts *districts);

/* Tells the database what changed in the health of ours since the last call. */
void districts_report(struct districts *districts);

/* No new work; see district_stop. */
void districts_stop(struct districts *districts, bool is_now);

/* Runs and jobs of the fetcher that are under way. */
size_t districts_busy(const struct districts *districts);

/* Stops now; when the last is gone `closed` is called and `districts` is freed. */
void districts_close(struct districts *districts, void (*closed)(void *context), void *context);

#endif
