/*
 * The digest of a district lies beside its zips. A run writes the next one under a name of its own;
 * when all of the run is done it takes the last one's place. If we die in between the two differ in
 * their tokens, and the next file is staged whole.
 */
#include "run_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

/* What is to be done with the files, in a thread: the loop does not touch the disk. */
struct run_digest {
    uv_work_t work;
    struct run *run;
    char *zip;
    char *last;
    char *next;
    bool is_new;     /* the next takes the last one's place */
    bool is_kept;    /* the last one is of this file too */
    bool is_doubted; /* whoever read the last one died */
    int error;       /* errno, of what should have gone well */
};

/* Strings of a run; "" where there is no room. */
static char *
beside(const char *zip, const char *name)
{
    const char *slash = strrchr(zip, '/');
    int folder = slash == NULL ? 0 : (int)(slash - zip) + 1;
    char path[SPOOL_PATH_SIZE];
    int size = snprintf(path, sizeof path, "%.*s%s", folder, zip, name);
    return size >= (int)sizeof path ? NULL : strdup(path);
}

void
run_digest_begin(struct run *run)
{
    char name[64];
    if (run->last_digest == NULL) {
        (void)snprintf(name, sizeof name, SPOOL_DIGEST_NEXT, (long long)run->view.run_id);
        run->last_digest = beside(run->file.path, SPOOL_DIGEST);
        run->next_digest = beside(run->file.path, name);
    }
}

/*
 * A digest is as old as its file came: so it goes when that goes, and with everything that came
 * before somebody was erased.
 */
static void
date_as(const char *path, const char *zip)
{
    struct stat status;
    if (stat(zip, &status) == 0) {
        const struct timespec times[2] = {status.st_mtim, status.st_mtim};
        (void)utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
    }
}

static void
do_keep(uv_work_t *work)
{
    struct run_digest *digest = work->data;
    if (digest->is_new) {
        date_as(digest->next, digest->zip);
        if (rename(digest->next, digest->last) == 0) {
            return;
        }
        digest->error = errno;
    }
    if (digest->is_kept) {
        date_as(digest->last, digest->zip);
    }
    if (digest->is_doubted && unlink(digest->last) != 0 && errno != ENOENT) {
        digest->error = errno;
    }
    (void)unlink(digest->next); /* it may never have been begun */
}

static void
free_digest(struct run_digest *digest)
{
    if (digest != NULL) {
        free(digest->zip);
        free(digest->last);
        free(digest->next);
        free(digest);
    }
}

static void
on_kept(uv_work_t *work, int status)
{
    struct run_digest *digest = work->data;
    struct run *run = digest->run;
    if (status == 0 && digest->error != 0) {
        LOG(LEVEL_WARNING, "the digest of a district cannot be kept: its next file is staged whole",
            F_TEXT("district", run->params.slug), F_INT("run", run->view.run_id),
            F_TEXT("error", strerror(digest->error)));
    }
    free_digest(digest);
    run_advance(run);
}

void
run_digest_end(struct run *run)
{
    bool is_done = strcmp(run->end.state, "done") == 0;
    struct run_digest *digest = calloc(1, sizeof *digest);
    if (digest != NULL && run->last_digest != NULL && run->next_digest != NULL) {
        digest->work.data = digest;
        digest->run = run;
        digest->zip = strdup(run->file.path);
        digest->last = strdup(run->last_digest);
        digest->next = strdup(run->next_digest);
        digest->is_new = is_done && run->staged.digest == STAGE_DIGEST_WRITTEN;
        digest->is_kept = is_done && run->staged.digest == STAGE_DIGEST_KEPT;
        digest->is_doubted = run->end.error.cause == CAUSE_CHILD_DIED;
        if (digest->zip != NULL && digest->last != NULL && digest->next != NULL &&
            uv_queue_work(run->tools->loop, &digest->work, do_keep, on_kept) == 0) {
            return;
        }
    }
    free_digest(digest);
    run_set_timer(run, 0);
}
