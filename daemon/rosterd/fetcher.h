/*
 * The long-lived rosterd-fetch processes and the jobs they do. Jobs wait here, not in the
 * processes: so a host is not called more often at once than it may be, and a process that dies
 * takes few jobs with it.
 */
#ifndef ROSTERD_FETCHER_H
#define ROSTERD_FETCHER_H

#include <jansson.h>
#include <uv.h>

#include "config.h"
#include "error.h"
#include "snapshot.h"

struct fetcher;
struct fetch_job;

/* How a job ended. Lives until the callback returns. */
struct fetch_end {
    const json_t *event; /* its last event, by the interface; NULL: it failed, `error` says why */
    bool was_cancelled;
    struct error error;
};

struct fetch_request {
    const char *host; /* for the cap of a host */
    /* Makes the job without "id" when its turn has come: thousands may wait, and what they would
     * say changes meanwhile. NULL: it cannot be made, *reterr says why, and the job fails. */
    json_t *(*message)(void *context, struct error *reterr);
    double total_s; /* its deadline as the message says it; a while later it is given up */
    /* may be NULL */
    void (*on_progress)(void *context, int64_t bytes, int64_t size);
    /* exactly once, never from within fetcher_submit or fetcher_cancel; the job is gone then */
    void (*on_end)(void *context, const struct fetch_end *end);
    void *context;
};

/*
 * Starts the processes; one that dies is started again, later and later if it dies often.
 *
 * @param config    must outlive it; sessions and sessions_per_host are read anew for each job
 * @return NULL when memory ran out
 */
struct fetcher *fetcher_new(uv_loop_t *loop, const struct config *config,
                            struct snapshot_counters *counters);

/* @return NULL when memory ran out: on_end is not called */
struct fetch_job *fetcher_submit(struct fetcher *fetcher, const struct fetch_request *request);

/* The job ends soon, as cancelled unless it had ended just before. */
void fetcher_cancel(struct fetcher *fetcher, struct fetch_job *job);

size_t fetcher_running(const struct fetcher *fetcher);

/* Ends the processes; open jobs end as cancelled. Then `closed` is called and `fetcher` is gone. */
void fetcher_close(struct fetcher *fetcher, void (*closed)(void *context), void *context);

#endif
