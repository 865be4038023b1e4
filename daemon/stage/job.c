#include "job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "limit.h"

/* Reads up to the end of the first line. */
static int
read_line(int fd, char *line, size_t size, struct error *reterr)
{
    size_t used = 0;
    while (used == 0 || line[used - 1] != '\n') {
        if (used == size - 1) {
            return error_set(reterr, CAUSE_CHILD_PROTOCOL, "the job is too long");
        }
        /* byte by byte would be as good: there is one line in a process's life */
        ssize_t got = read(fd, line + used, size - 1 - used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return error_set(reterr, CAUSE_CHILD_PROTOCOL, "the job ends before its line does");
        }
        used += (size_t)got;
    }
    line[used] = '\0';
    return 0;
}

static int
take_job(const json_t *root, struct job *job, struct error *reterr)
{
    json_int_t run = 0;
    json_int_t district = 0;
    json_int_t epoch = 0;
    const char *zip = NULL;
    const char *sha256 = NULL;
    const char *conninfo = NULL;
    const char *last = json_string_value(json_object_get(root, "last_digest"));
    const char *next = json_string_value(json_object_get(root, "next_digest"));
    json_error_t error;
    if (json_unpack_ex((json_t *)root, &error, 0, "{s:I, s:I, s:I, s:i, s:s, s:s, s:s}", "run",
                       &run, "district", &district, "epoch", &epoch, "slot", &job->slot, "zip",
                       &zip, "sha256", &sha256, "conninfo", &conninfo) != 0) {
        return error_set(reterr, CAUSE_CHILD_PROTOCOL, "the job: %s", error.text);
    }
    if (job->slot < 0 || job->slot > INT16_MAX || strlen(sha256) != 64) {
        return error_set(reterr, CAUSE_CHILD_PROTOCOL, "the job's slot or hash is none");
    }
    job->is_look = json_is_true(json_object_get(root, "look"));
    job->is_strict = json_is_true(json_object_get(root, "strict"));
    job->run = run;
    job->district = district;
    job->epoch = epoch;
    job->zip = strdup(zip);
    job->sha256 = strdup(sha256);
    job->conninfo = strdup(conninfo);
    job->last_digest = last == NULL ? NULL : strdup(last);
    job->next_digest = next == NULL ? NULL : strdup(next);
    if (job->zip == NULL || job->sha256 == NULL || job->conninfo == NULL ||
        (job->last_digest == NULL) != (last == NULL) ||
        (job->next_digest == NULL) != (next == NULL)) {
        return error_set(reterr, CAUSE_MEMORY, "taking the job");
    }
    return 0;
}

int
job_read(int fd, struct job *ret_job, struct error *reterr)
{
    static char line[LIMIT_JSON_LINE_BYTES];
    *ret_job = (struct job){.slot = -1};
    if (read_line(fd, line, sizeof line, reterr) != 0) {
        return -1;
    }
    json_error_t error;
    json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        return error_set(reterr, CAUSE_CHILD_PROTOCOL, "the job is not JSON: %s", error.text);
    }
    int result = take_job(root, ret_job, reterr);
    json_decref(root);
    explicit_bzero(line, sizeof line); /* the conninfo may hold a password */
    return result;
}

void
job_deinit(struct job *job)
{
    free(job->zip);
    free(job->sha256);
    free(job->conninfo);
    free(job->last_digest);
    free(job->next_digest);
    *job = (struct job){.slot = -1};
}
