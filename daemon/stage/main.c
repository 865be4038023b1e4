/*
 * rosterd-stage: one zip, one process, one verdict. In the order the data flows:
 *
 *   job.c         one line of JSON on standard input says what to read and where to put it
 *   main.c        opens the zip (a descriptor, nothing is read of it yet)
 *   database.c    the connection, as the login of one staging slot
 *   sandbox.c     (daemon/common) from here on nothing can be opened, connected or started
 *   lib/bundle.c  the zip's directory: limits, names, methods
 *   lib/reader.c  manifest → headers → rows; calls lib/csv.c, lib/row.c, lib/finding.c
 *   slot.c        each record into the slot by COPY (lib/copy_binary.c), findings, header, COMMIT
 *   event.c       lines of JSON on standard output: progress, and what became of it
 *
 * Ends with 0 after "staged" and "rejected": both are verdicts. Ends with 1 after "error": nothing
 * is committed then, and the daemon may try again. Whenever it is killed nothing is committed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "database.h"
#include "event.h"
#include "finding.h"
#include "job.h"
#include "reader.h"
#include "sandbox.h"
#include "slot.h"

#ifdef ROSTERD_SANITIZE
/* Looking for leaks at the end needs a second process, which the sandbox forbids; unit tests look.
 */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

/* What is held over the whole run, in the order it is got. */
struct worker {
    struct job job;
    int zip_fd; /* -1: none, or the bundle's */
    struct database *database;
    struct findings *findings;
    struct bundle *bundle;
    struct slot *slot;
};

static int
open_zip(struct worker *worker, struct error *reterr)
{
    worker->zip_fd = open(worker->job.zip, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (worker->zip_fd < 0) {
        return error_set_errno(reterr, CAUSE_SPOOL_IO, errno, "opening the zip");
    }
    return 0;
}

/* Reads the package into the slot. Returns -1 only when nothing was committed. */
static int
stage(struct worker *worker, struct error *reterr)
{
    struct reader_result result = {.verdict = READER_DONE};
    const struct reader_options options = {.phone_region = worker->job.phone_region};
    uint64_t finding_rows = 0;
    int fd = worker->zip_fd;
    worker->zip_fd = -1; /* the bundle's from here on */
    if (bundle_open(fd, &worker->bundle, &result.error) != 0) {
        reader_refuse(&result.error, worker->findings, &result);
    }
    if (result.verdict != READER_FAILED &&
        slot_open(worker->database, &worker->job, &worker->slot, reterr) != 0) {
        return -1;
    }
    if (worker->bundle != NULL) {
        struct reader_sink sink = slot_sink(worker->slot);
        reader_run(worker->bundle, &options, &sink, worker->findings, &result);
    }
    if (result.verdict == READER_FAILED) {
        *reterr = result.error;
        return -1;
    }
    if (slot_close(worker->slot, &result, worker->findings, &finding_rows, reterr) != 0) {
        return -1;
    }
    return result.verdict == READER_REJECTED
               ? event_rejected(&result, worker->findings, NULL)
               : event_staged(&result, worker->findings, finding_rows, NULL);
}

/* The map above, executed. */
static int
work(struct worker *worker, struct error *reterr)
{
    struct sandbox_result sandbox;
    if (job_read(STDIN_FILENO, &worker->job, reterr) != 0 || open_zip(worker, reterr) != 0 ||
        database_open(worker->job.conninfo, worker->job.run, &worker->database, reterr) != 0) {
        return -1;
    }
    worker->findings = findings_new(false);
    if (worker->findings == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "beginning");
    }
    if (sandbox_enter(&sandbox, reterr) != 0) {
        return -1;
    }
    return stage(worker, reterr);
}

static void
worker_deinit(struct worker *worker)
{
    slot_free(worker->slot);
    bundle_close(worker->bundle);
    findings_free(worker->findings);
    database_close(worker->database);
    if (worker->zip_fd >= 0) {
        (void)close(worker->zip_fd);
    }
    job_deinit(&worker->job);
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        return printf("rosterd-stage %s\n", ROSTERD_VERSION) < 0;
    }
    if (argc != 1) {
        (void)fputs("rosterd-stage is started by rosterd; it takes no arguments\n", stderr);
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a daemon that is gone shows as EPIPE */
    struct worker worker = {.job = {.slot = -1}, .zip_fd = -1};
    struct error error = {.cause = CAUSE_NONE};
    int failed = work(&worker, &error);
    if (failed != 0 && error.cause != CAUSE_NONE) {
        (void)event_error(&error, database_sqlstate(worker.database), NULL);
    }
    worker_deinit(&worker);
    return failed == 0 ? 0 : 1;
}
