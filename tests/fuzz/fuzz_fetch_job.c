/* Any line as a job of rosterd-fetch: what is taken is within the bounds the session counts on. */
#include "fuzz.h"

#include "bounds.h"
#include "job.h"
#include "sftp_codec.h"

static void
check_server(const struct job *job)
{
    const struct job_deadlines *deadlines = &job->deadlines;
    PROMISE(job->host != NULL && *job->host != '\0' && job->port > 0);
    PROMISE(deadlines->connect_ms > 0 && deadlines->connect_ms <= BOUNDS_DEADLINE_MS);
    PROMISE(deadlines->silence_ms > 0 && deadlines->silence_ms <= BOUNDS_DEADLINE_MS);
    PROMISE(deadlines->total_ms > 0 && deadlines->total_ms <= BOUNDS_DEADLINE_MS);
}

/* A name is one part of a path, as the server has it. */
static void
check_name(const char *name)
{
    PROMISE(name != NULL && *name != '\0' && strlen(name) <= BOUNDS_NAME);
    PROMISE(strchr(name, '/') == NULL);
}

static void
check_poll(const struct job *job)
{
    PROMISE(job->pattern != NULL && job->spool != NULL && job->path != NULL);
    PROMISE(strlen(job->path) < SFTP_CODEC_PATH_MAX);
    PROMISE(job->depth >= 1 && job->depth <= BOUNDS_DEPTH);
    PROMISE(job->seen_count <= SETTLE_SEEN_MAX);
    for (size_t at = 0; at < job->seen_count; at++) {
        check_name(job->seen[at].name);
    }
    for (size_t at = 0; at < job->host_key_count; at++) {
        PROMISE(job->host_keys[at] != NULL);
    }
    if (job->has_known) {
        check_name(job->known.name);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct job *job = NULL;
    struct error error = {.cause = CAUSE_NONE};
    int64_t id = 0;
    if (job_parse((const char *)data, size, &job, &id, &error) != 0) {
        PROMISE(error.cause == CAUSE_CHILD_PROTOCOL && id >= -1 && job == NULL);
        return 0;
    }
    PROMISE(job->id == id && id >= 0);
    if (job->op != JOB_CANCEL) {
        check_server(job);
    }
    if (job->op == JOB_POLL) {
        check_poll(job);
    }
    if (job->op == JOB_SETTLE) {
        check_name(job->name);
        PROMISE(strlen(job->sha256) == 64);
    }
    job_free(job);
    return 0;
}
