/* A job as the daemon writes it: one JSON object a line. */
#ifndef FETCH_JOB_H
#define FETCH_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "settle.h"

enum job_op {
    JOB_POLL,    /* look into the drop, bring what is ready */
    JOB_HOSTKEY, /* list the keys a server shows */
    JOB_SETTLE,  /* move or remove a file that was applied */
    JOB_BRING,   /* bring one file once more, if it is still the same */
    JOB_CANCEL,  /* break another job off */
    JOB_OP_COUNT
};

struct job_deadlines {
    uint64_t connect_ms; /* from the start of a connection until signed in */
    uint64_t silence_ms; /* without a byte of the conversation */
    uint64_t total_ms;   /* the whole job */
};

/* Everything is owned by the job and lives until job_free. Names are raw bytes: the escapes of the
 * message are undone. Fields that an operation does not use are NULL or 0. */
struct job {
    int64_t id;
    enum job_op op;
    const char *host;
    uint16_t port;
    const char *username;
    const char *credential;
    const char **host_keys; /* pinned fingerprints, "SHA256:…" */
    size_t host_key_count;
    const char *path; /* the drop's folder, as the server shall get it */
    struct job_deadlines deadlines;

    const char *pattern;
    enum settle_mode ready;
    struct settle_file *seen;
    size_t seen_count;
    struct settle_file known;
    bool has_known;
    struct settle_file before; /* only what is older than this one */
    bool has_before;
    bool again; /* the known file is taken once more */
    const char *spool;
    uint64_t max_bytes;
    uint64_t quota_bytes;
    uint32_t depth;

    const char *name; /* settle, bring: the file, and what it was when it was taken */
    const char *sha256;
    struct settle_file taken;
    bool removes; /* settle: remove it; else move it */

    void *message; /* what the strings are borrowed from */
};

/*
 * Reads one line.
 *
 * @param ret_job  a new job for job_free; not set on failure
 * @param ret_id   the job's number, also on failure if it could be read; else -1
 * @return         0, or -1 with CAUSE_CHILD_PROTOCOL: no JSON, a field missing or out of range
 */
int job_parse(const char *line, size_t length, struct job **ret_job, int64_t *ret_id,
              struct error *reterr);

/* Frees a job; NULL is fine. */
void job_free(struct job *job);

#endif
