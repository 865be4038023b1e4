/*
 * One rosterd-stage process for one zip: the job goes in, progress and one verdict come out. What
 * it says is not trusted further than its own slot: the database checks the rest.
 */
#ifndef ROSTERD_STAGER_H
#define ROSTERD_STAGER_H

#include <jansson.h>
#include <stdint.h>
#include <uv.h>

#include "config.h"
#include "error.h"
#include "snapshot.h"

struct stager;

enum stage_verdict {
    STAGE_STAGED,   /* the slot is closed and can be planned; or it was looked at */
    STAGE_REJECTED, /* the file cannot be used; the slot holds its findings */
    STAGE_FAILED    /* no verdict on the file */
};

/* What became of the digest of the file. */
enum stage_digest {
    STAGE_DIGEST_NONE,   /* there is none */
    STAGE_DIGEST_KEPT,   /* the last one is its digest too */
    STAGE_DIGEST_WRITTEN /* it is where the job said */
};

struct stage_progress {
    const char *file; /* lives until the callback returns */
    int64_t rows;
    int64_t bytes;
    int64_t bytes_total; /* -1: unknown */
};

/* Lives until the callback returns. */
struct stage_end {
    enum stage_verdict verdict;
    struct error error; /* rejected, failed */
    int64_t rows_read;  /* all files together */
    int64_t rows;       /* of them sent, all tables together */
    enum stage_digest digest;
    bool is_complete; /* looked at: what came before it is not needed */
    bool was_stopped; /* by stager_stop */
};

struct stager_job {
    int64_t run;
    int64_t district;
    int64_t epoch;
    int64_t slot;
    const char *zip;
    const char *sha256;
    const char *last_digest; /* path; NULL: all rows are sent */
    const char *next_digest; /* path of the one to be written; NULL: none */
    bool is_look;   /* only whether the package is complete; run, epoch and slot do not matter */
    bool is_strict; /* of a look; else the database says how the file is read */
};

struct stager_params {
    uv_loop_t *loop;
    const struct config *config;
    struct snapshot_counters *counters;
    struct stager_job job;
    void (*on_progress)(void *context, const struct stage_progress *progress);
    /* exactly once, after the process has ended; `stager` is gone then */
    void (*on_end)(void *context, const struct stage_end *end);
    void *context;
};

/* @return 0, or -1 when it cannot be started: nothing is called back then */
int stager_start(const struct stager_params *params, struct stager **ret_stager,
                 struct error *reterr);

void stager_stop(struct stager *stager);

#endif
