/*
 * One run of a district: from a file in the spool, or from what is outstanding without one, to its
 * row in rosterd.run that says how it ended.
 */
#ifndef ROSTERD_RUN_H
#define ROSTERD_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config.h"
#include "db.h"
#include "error.h"
#include "lease.h"
#include "snapshot.h"
#include "worker.h"

/* What every run uses; lives longer than all of them. */
struct run_tools {
    uv_loop_t *loop;
    const struct config *config;
    struct db *control;
    struct workers *workers;
    struct lease *lease;
    struct snapshot_counters *counters;
};

/* A file in the spool. Strings are owned by whoever holds the struct. */
struct run_file {
    char *name; /* escaped, as the fetcher gives it */
    int64_t size;
    int64_t mtime;
    char *sha256;
    char *path;
};

struct run;

/* How a run ended. Lives until the callback returns. */
struct run_end {
    const char *state;               /* as rosterd.run.state; "" if it was never begun */
    struct error error;              /* CAUSE_NONE: done, unchanged, previewed */
    bool is_rejected;                /* the file cannot be used; it is not tried again */
    bool was_cancelled;              /* by run_cancel, or because the district's settings changed */
    const struct snapshot_run *view; /* NULL if it was never begun */
};

/* Strings are copied unless said otherwise. */
struct run_params {
    const struct run_tools *tools;
    int64_t district_id;
    int64_t epoch;
    const char *slug;                 /* lives as long as the run */
    const char *cause;                /* a literal: schedule, manual, retry, approval */
    const char *by;                   /* who asked, or NULL */
    const struct run_file *file;      /* NULL: only the rules */
    int64_t last_bytes;               /* size of the district's last file, 0: unknown */
    void (*on_change)(void *context); /* step, progress or view is another now */
    /* exactly once, never from within run_start or run_cancel; `run` is gone then */
    void (*on_end)(void *context, const struct run_end *end);
    void *context;
};

/* @return NULL when memory ran out */
struct run *run_start(const struct run_params *params);

/*
 * Ends it as soon as it can be ended; nothing of it is applied unless its COMMIT is under way.
 *
 * @param cause  CONFIG_SWITCHED_OFF: it ends as cancelled; DAEMON_STOPPED or LEASE_LOST: as
 *               interrupted
 */
void run_cancel(struct run *run, enum cause cause);

/* Whether it is being applied: it is better to let it end than to cancel it. */
bool run_is_applying(const struct run *run);

enum step run_step(const struct run *run);
double run_step_since(const struct run *run); /* seconds since 1970 */

/* NULL before it is begun. Changes with each step; valid until on_change or on_end. */
const struct snapshot_run *run_view(const struct run *run);

struct run_progress {
    const char *file; /* NULL: none */
    int64_t rows;
    int64_t bytes; /* -1: unknown */
    int64_t bytes_total;
};
struct run_progress run_progress(const struct run *run);

/* Copies a file's strings. Returns 0, or -1 with nothing to free. */
int run_file_copy(const struct run_file *from, struct run_file *ret_file);
void run_file_free(struct run_file *file); /* and zeroes it */

#endif
