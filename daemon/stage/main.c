/*
 * rosterd-stage: one zip, one process, one verdict. In the order the data flows:
 *
 *   job.c         one line of JSON on standard input says what to read and where to put it
 *   main.c        opens the zip and the digests (descriptors, nothing is read of them yet)
 *   database.c    the connection, as the login of one staging slot
 *   sandbox.c     (daemon/common) from here on nothing can be opened, connected or started
 *   lib/bundle.c  the zip's directory: limits, names, methods
 *   lib/reader.c  manifest → headers → rows; calls lib/csv.c, lib/row.c, lib/finding.c
 *   shortener.c   leaves out what the mirror has, by last night's digest (lib/digest.c)
 *   slot.c        each record into the slot by COPY (lib/copy_binary.c), findings, header, COMMIT
 *   event.c       lines of JSON on standard output: progress, and what became of it
 *
 * A job that only looks goes the same way without database and slot, and says "looked": whether the
 * package is complete, so that what came before it is not needed.
 *
 * Ends with 0 after "looked", "staged" and "rejected": both are verdicts. Ends with 1 after
 * "error": nothing is committed then, and the daemon may try again. Whenever it is killed nothing
 * is committed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "crosscheck.h"
#include "database.h"
#include "event.h"
#include "finding.h"
#include "helper.h"
#include "job.h"
#include "limit.h"
#include "phone.h"
#include "reader.h"
#include "sandbox.h"
#include "shortener.h"
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

/* Of a zip; what is smaller is read before a second thread is ready. */
#define LARGE_ZIP_BYTES (64 << 10)

/* What is held over the whole run, in the order it is got. */
struct worker {
    struct job job;
    int zip_fd;  /* -1: none, or the bundle's */
    int twin_fd; /* the same, opened once more for the helper */
    int last_fd; /* the last digest; -1: none */
    int next_fd; /* the one to be written; -1: none */
    struct database *database;
    struct slot *slot;
    struct slot_reading reading;
    struct slot_sending sending;
    enum digest_end digest;
    struct findings *findings;
    struct bundle *bundle;
    struct helper *helper; /* NULL: none */
    struct bundle *twin;   /* what it reads */
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

/* Two files of a large package are read at once, if most of their rows are not to be sent. */
static void
open_twin(struct worker *worker)
{
    struct stat status;
    if (worker->last_fd < 0 || fstat(worker->zip_fd, &status) != 0 ||
        status.st_size < LARGE_ZIP_BYTES) {
        return;
    }
    worker->twin_fd = open(worker->job.zip, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (worker->twin_fd >= 0) {
        worker->helper = helper_new();
    }
}

/* Without a digest the work takes longer, and that is all. */
static void
open_digests(struct worker *worker, struct sandbox_needs *needs)
{
    struct stat status;
    if (worker->job.last_digest != NULL) {
        worker->last_fd = open(worker->job.last_digest, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (worker->last_fd >= 0 && fstat(worker->last_fd, &status) == 0 && status.st_size > 0 &&
        status.st_size <= LIMIT_DIGEST_BYTES) {
        needs->mapped_bytes = (uint64_t)status.st_size;
    }
    if (worker->job.next_digest != NULL) {
        worker->next_fd = open(worker->job.next_digest,
                               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (worker->next_fd >= 0) {
        needs->written_bytes = LIMIT_DIGEST_BYTES;
    }
}

/* Once; again file by file if two at once do not do for this package, or without the last digest if
 * that does not.
 */
static int
read_by_digest(struct worker *worker, struct reader_options *options, struct reader_result *result,
               struct error *reterr)
{
    struct shortener_params params = {.last_fd = worker->last_fd,
                                      .next_fd = worker->next_fd,
                                      .token = worker->reading.digest,
                                      .unsettled = worker->reading.unsettled,
                                      .result = result,
                                      .to = slot_sink(worker->slot)};
    for (;;) {
        struct shortener *shortener = shortener_new(&params);
        if (shortener == NULL) {
            return error_set(reterr, CAUSE_MEMORY, "beginning to read");
        }
        reader_run(worker->bundle, options, shortener_sink(shortener), worker->findings, result);
        bool is_torn = shortener_is_torn(shortener);
        bool wants_turns = shortener_wants_turns(shortener);
        worker->sending.is_short = shortener_is_short(shortener);
        if (result->verdict == READER_DONE) {
            worker->digest = shortener_finish(shortener, worker->sending.digest);
        }
        shortener_free(shortener);
        if (!is_torn) {
            return 0;
        }
        if (wants_turns) {
            options->helper = NULL;
        } else {
            params.token = "";
        }
        findings_free(worker->findings);
        worker->findings = findings_new(worker->reading.strict);
        if (worker->findings == NULL) {
            return error_set(reterr, CAUSE_MEMORY, "beginning again");
        }
        if (slot_take_back(worker->slot, reterr) != 0) {
            return -1;
        }
    }
}

/*
 * Looks at references too, and rejects a package with an error.
 *
 * @param to  who takes the records besides, or NULL
 */
static int
read_strictly(struct worker *worker, const struct reader_options *options,
              const struct reader_sink *to, struct reader_result *result, struct error *reterr)
{
    struct crosscheck *crosscheck = crosscheck_new(result, true, worker->findings);
    if (crosscheck == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "beginning to read");
    }
    if (to != NULL) {
        crosscheck_pass_on(crosscheck, to);
    }
    struct reader_sink sink = crosscheck_sink(crosscheck);
    reader_run(worker->bundle, options, &sink, worker->findings, result);
    crosscheck_free(crosscheck);
    uint64_t errors = findings_count(worker->findings, FINDING_ERROR);
    if (result->verdict == READER_DONE && errors > 0) {
        struct error error;
        (void)error_set(&error, CAUSE_ROSTER_STRICT, "%llu errors by strict reading",
                        (unsigned long long)errors);
        reader_refuse(&error, worker->findings, result);
    }
    return 0;
}

/* Lenient reading leaves references to the database. */
static int
read_package(struct worker *worker, struct reader_result *result, struct error *reterr)
{
    struct reader_helper helper = helper_for(worker->helper, worker->twin);
    struct reader_options options = {.phone_region = worker->reading.phone_region,
                                     .strict = worker->reading.strict,
                                     .preferred_names = worker->reading.preferred_names,
                                     .windows_1252 = worker->reading.windows_1252,
                                     .helper = worker->twin == NULL ? NULL : &helper};
    if (!options.strict) {
        return read_by_digest(worker, &options, result, reterr);
    }
    struct reader_sink sink = slot_sink(worker->slot);
    return read_strictly(worker, &options, &sink, result, reterr);
}

static int
ignore_table(void *context, enum record_table table, struct error *reterr)
{
    (void)context, (void)table, (void)reterr;
    return 0;
}

static int
ignore_record(void *context, const struct record *record, struct error *reterr)
{
    (void)context, (void)record, (void)reterr;
    return 0;
}

/* Reads the whole package, so that one that will be rejected does not pass for complete. */
static int
look(struct worker *worker, struct error *reterr)
{
    struct reader_result result = {.verdict = READER_DONE};
    const struct reader_options options = {.phone_region = "US", .strict = worker->job.is_strict};
    const struct reader_sink ignore = {
        .begin = ignore_table, .record = ignore_record, .end = ignore_table};
    int fd = worker->zip_fd;
    worker->zip_fd = -1; /* the bundle's from here on */
    worker->findings = findings_new(options.strict);
    if (worker->findings == NULL) {
        (void)close(fd);
        return error_set(reterr, CAUSE_MEMORY, "beginning");
    }
    if (bundle_open(fd, &worker->bundle, &result.error) != 0) {
        reader_refuse(&result.error, worker->findings, &result);
    } else if (!options.strict) {
        reader_run(worker->bundle, &options, &ignore, worker->findings, &result);
    } else if (read_strictly(worker, &options, NULL, &result, reterr) != 0) {
        return -1;
    }
    if (result.verdict == READER_FAILED) {
        *reterr = result.error;
        return -1;
    }
    return event_looked(&result, reterr);
}

static void
open_twin_bundle(struct worker *worker)
{
    int fd = worker->twin_fd;
    struct error error;
    if (worker->helper == NULL) {
        return;
    }
    worker->twin_fd = -1; /* the bundle's from here on */
    if (bundle_open(fd, &worker->twin, &error) != 0) {
        worker->twin = NULL; /* the package will be refused, when it is opened once more */
    }
}

/* Reads the package into the slot. Returns -1 only when nothing was committed. */
static int
stage(struct worker *worker, struct error *reterr)
{
    struct reader_result result = {.verdict = READER_DONE};
    uint64_t finding_rows = 0;
    int fd = worker->zip_fd;
    worker->zip_fd = -1; /* the bundle's from here on */
    if (slot_open(worker->database, &worker->job, &worker->slot, &worker->reading, reterr) != 0) {
        (void)close(fd);
        return -1;
    }
    worker->findings = findings_new(worker->reading.strict);
    if (worker->findings == NULL) {
        (void)close(fd);
        return error_set(reterr, CAUSE_MEMORY, "beginning");
    }
    open_twin_bundle(worker);
    if (bundle_open(fd, &worker->bundle, &result.error) != 0) {
        reader_refuse(&result.error, worker->findings, &result);
    } else if (read_package(worker, &result, reterr) != 0) {
        return -1;
    }
    if (result.verdict == READER_FAILED) {
        *reterr = result.error;
        return -1;
    }
    if (slot_close(worker->slot, &result, &worker->sending, worker->findings, &finding_rows,
                   reterr) != 0) {
        return -1;
    }
    if (result.verdict == READER_REJECTED) {
        return event_rejected(&result, worker->findings, NULL);
    }
    const struct event_staging staging = {.result = &result,
                                          .findings = worker->findings,
                                          .rows = slot_rows(worker->slot),
                                          .finding_rows = finding_rows,
                                          .is_short = worker->sending.is_short,
                                          .digest = worker->digest};
    return event_staged(&staging, NULL);
}

/* The map above, executed. */
static int
work(struct worker *worker, struct error *reterr)
{
    struct sandbox_result sandbox;
    struct sandbox_needs needs = {.mapped_bytes = 0};
    if (job_read(STDIN_FILENO, &worker->job, reterr) != 0 || open_zip(worker, reterr) != 0) {
        return -1;
    }
    if (!worker->job.is_look &&
        database_open(worker->job.conninfo, worker->job.run, &worker->database, reterr) != 0) {
        return -1;
    }
    open_digests(worker, &needs);
    open_twin(worker);
    (void)phone_region_is_known("US"); /* reads the tables, while it still may */
    if (sandbox_enter(&needs, &sandbox, reterr) != 0) {
        return -1;
    }
    return worker->job.is_look ? look(worker, reterr) : stage(worker, reterr);
}

static void
worker_deinit(struct worker *worker)
{
    slot_free(worker->slot);
    slot_reading_deinit(&worker->reading);
    helper_free(worker->helper);
    bundle_close(worker->twin);
    bundle_close(worker->bundle);
    findings_free(worker->findings);
    database_close(worker->database);
    const int fds[] = {worker->zip_fd, worker->twin_fd, worker->last_fd, worker->next_fd};
    for (size_t at = 0; at < sizeof fds / sizeof *fds; at++) {
        if (fds[at] >= 0) {
            (void)close(fds[at]);
        }
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
    struct worker worker = {
        .job = {.slot = -1}, .zip_fd = -1, .twin_fd = -1, .last_fd = -1, .next_fd = -1};
    struct error error = {.cause = CAUSE_NONE};
    int failed = work(&worker, &error);
    if (failed != 0 && error.cause != CAUSE_NONE) {
        (void)event_error(&error, database_sqlstate(worker.database), NULL);
    }
    worker_deinit(&worker);
    return failed == 0 ? 0 : 1;
}
