/* What the daemon asks for: one line of JSON on standard input. */
#ifndef STAGE_JOB_H
#define STAGE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct job {
    int64_t run;
    int64_t district;
    int64_t epoch;
    int slot;
    char *zip;         /* path */
    char *sha256;      /* of the zip, as the fetcher found it */
    char *conninfo;    /* of PostgreSQL, with the login of the slot */
    char *last_digest; /* path; NULL: send all rows */
    char *next_digest; /* path of the one to be written; NULL: none */
    bool is_look;      /* only whether it is complete: no database, no slot */
    bool is_strict;    /* of a look: by strict reading */
};

/* Reads the job from a descriptor. @return 0, or -1 (child.protocol); job_deinit in both cases. */
int job_read(int fd, struct job *ret_job, struct error *reterr);
void job_deinit(struct job *job);

#endif
