/*
 * Several files wait in a drop. Which of them are needed nobody knows who has not read them: a
 * complete package makes everything older unnecessary, one with changes only (delta) needs the one
 * before it. So we go back from the newest:
 *
 *   fetched, nothing older ──────────────────────────────▶ run it
 *   fetched, something older ─▶ LOOKING ─ complete ──────▶ the older ones are superseded; run
 *                                  │ no
 *                                  ▼
 *                               poll for the next older ─ none ─▶ run, the oldest first
 *                                                        ─ not ready ─▶ wait: another poll begins
 *                                                                       anew
 *
 * A file that waits to be tried again (`pending`) is older than all of the chain. LOOKING is
 * rosterd-stage reading the package to its end without a database, so a damaged one supersedes
 * nothing. What is not applied yet is known by the database (`known`), so after a restart or on
 * another daemon the same walk gives the same order.
 */
#include "district_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

/* More files than a year has nights, and none complete: something else is wrong. */
#define CHAIN_MAX 400

/* --- the chain ------------------------------------------------------------------------------- */

int
district_chain_push(struct district *district, const struct run_file *file, struct error *reterr)
{
    struct chain *chain = &district->chain;
    if (chain->count == CHAIN_MAX) {
        return error_set(reterr, CAUSE_SFTP_LISTING,
                         "more than %d files wait, and none of them is complete (bulk)", CHAIN_MAX);
    }
    struct run_file *files = realloc(chain->files, (chain->count + 1) * sizeof *files);
    if (files == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for a file");
    }
    chain->files = files;
    if (run_file_copy(file, &files[chain->count]) != 0) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for a file");
    }
    chain->count++;
    spool_hold(district->tools->spool, file->path);
    return 0;
}

void
district_chain_forget(struct district *district)
{
    struct chain *chain = &district->chain;
    for (size_t at = 0; at < chain->count; at++) {
        spool_release(district->tools->spool, chain->files[at].path);
        run_file_free(&chain->files[at]);
    }
    free(chain->files);
    chain->files = NULL;
    chain->count = 0;
    chain->is_whole = false;
}

const struct run_file *
district_chain_oldest(const struct district *district)
{
    const struct chain *chain = &district->chain;
    return chain->count == 0 ? NULL : &chain->files[chain->count - 1];
}

bool
district_chain_run(struct district *district)
{
    struct chain *chain = &district->chain;
    if (!chain->is_whole || (district->pending.name == NULL && chain->count == 0)) {
        return false;
    }
    if (district->pending.name != NULL && district->waits_for_hold) {
        return false; /* a held file is to be decided first */
    }
    if (district->pending.name == NULL) {
        district->pending = chain->files[--chain->count]; /* and its hold on the spool */
        district->is_retry = false;
        district->waits_for_hold = false;
    }
    chain->is_whole = chain->count > 0;
    district_begin_run(district, &district->pending);
    return true;
}

/* --- what is superseded ---------------------------------------------------------------------- */

static void
on_recorded(void *context, const struct db_outcome *outcome)
{
    (void)context;
    if (!outcome->is_ok) {
        LOG(LEVEL_WARNING, "superseded files were not recorded",
            F_TEXT("detail", outcome->error.text));
    }
}

/* Rows of rosterd.run for files that are not needed any more. Losing them loses only words. */
static void
record(struct district *district, const char *by)
{
    const struct district_row *row = &district->settings->row;
    char daemon[24], id[24], epoch[24];
    char *files = json_dumps(district->chain.passed, JSON_COMPACT);
    (void)snprintf(daemon, sizeof daemon, "%lld",
                   (long long)lease_daemon_id(district->tools->run.lease));
    (void)snprintf(id, sizeof id, "%lld", (long long)row->district_id);
    (void)snprintf(epoch, sizeof epoch, "%lld", (long long)row->epoch);
    if (files != NULL) {
        (void)db_call(district->tools->control,
                      &(struct db_query){.sql = "SELECT sync.run_supersede($1, $2, $3, $4, $5)",
                                         .params_count = 5,
                                         .params = {daemon, id, epoch, files, by},
                                         .timeout_s = 30,
                                         .done = on_recorded});
    }
    free(files);
}

/* The newest of the chain is complete, so nothing older is needed. */
static void
supersede(struct district *district)
{
    struct chain *chain = &district->chain;
    const struct run_file *base = district_chain_oldest(district);
    json_decref(chain->passed);
    chain->passed = chain->older == NULL ? json_array() : json_incref(chain->older);
    if (district->pending.name != NULL) {
        (void)json_array_append_new(chain->passed, district_file_message(&district->pending));
        spool_release(district->tools->spool, district->pending.path);
        run_file_free(&district->pending);
        district->retry_at = 0;
        district->waits_for_hold = false;
        district->run_problem = (struct problem){.cause = CAUSE_NONE};
    }
    LOG(LEVEL_INFO, "older files are superseded", F_TEXT("district", district->settings->row.slug),
        F_TEXT("file", base->name), F_INT("files", (double)json_array_size(chain->passed)));
    record(district, base->name);
}

bool
district_chain_next_passed(struct district *district)
{
    struct chain *chain = &district->chain;
    const json_t *file = json_array_get(chain->passed, 0);
    const char *name = NULL;
    json_int_t size = 0, mtime = 0;
    char sha256[65];
    run_file_free(&district->settling);
    if (json_unpack((json_t *)(uintptr_t)file, "{s:s, s:I, s:I}", "name", &name, "size", &size,
                    "mtime", &mtime) != 0) {
        district_chain_forget_passed(district);
        return false;
    }
    /* It was not read, so it has no hash; where it is moved to its time stands for that. */
    (void)snprintf(sha256, sizeof sha256, "%016llx%048d", (unsigned long long)mtime, 0);
    const struct run_file passed = {.name = (char *)(uintptr_t)name,
                                    .size = size,
                                    .mtime = mtime,
                                    .sha256 = sha256,
                                    .path = (char *)(uintptr_t) ""};
    bool is_taken = run_file_copy(&passed, &district->settling) == 0;
    (void)json_array_remove(chain->passed, 0);
    return is_taken;
}

void
district_chain_forget_passed(struct district *district)
{
    json_decref(district->chain.passed);
    district->chain.passed = NULL;
}

/* --- looking --------------------------------------------------------------------------------- */

/* The look is over, or never was. */
static void
go_on(struct district *district, const struct stage_end *looked)
{
    struct chain *chain = &district->chain;
    district_move(district, DISTRICT_IDLE);
    if (looked->was_stopped || chain->count == 0 || !district_is_on(district)) {
        district_chain_forget(district);
        district_decide(district);
        return;
    }
    if (looked->verdict == STAGE_FAILED) {
        /* not the package's fault: from the beginning, after the usual pause */
        district_poll_failed(district, &looked->error);
        district_chain_forget(district);
        district_decide(district);
        return;
    }
    if (looked->is_complete) {
        supersede(district);
    }
    chain->is_whole = looked->is_complete || !chain->has_older;
    if (!chain->is_whole) {
        district_begin_poll(district); /* for the one before */
    } else if (!district_chain_run(district)) {
        district_decide(district);
    }
}

static void
on_looked(void *context, const struct stage_end *end)
{
    struct district *district = context;
    district->chain.stager = NULL;
    worker_release(district->chain.worker);
    district->chain.worker = NULL;
    go_on(district, end);
}

static void
on_progress(void *context, const struct stage_progress *progress)
{
    (void)context;
    (void)progress;
}

static void
on_granted(void *context, struct worker *worker)
{
    struct district *district = context;
    struct chain *chain = &district->chain;
    const struct run_file *file = district_chain_oldest(district);
    struct stage_end end = {.verdict = STAGE_FAILED};
    const struct stager_params params = {
        .loop = district->tools->run.loop,
        .config = district->tools->run.config,
        .counters = district->tools->run.counters,
        .job = {.district = district->settings->row.district_id,
                .epoch = district->settings->row.epoch,
                .zip = file->path,
                .sha256 = file->sha256,
                .is_look = true,
                .is_strict = district->settings->row.is_strict},
        .on_progress = on_progress,
        .on_end = on_looked,
        .context = district,
    };
    chain->worker = worker;
    if (stager_start(&params, &chain->stager, &end.error) != 0) {
        on_looked(district, &end);
    }
}

void
district_chain_look(struct district *district)
{
    struct chain *chain = &district->chain;
    chain->is_whole = false;
    if (district->pending.name == NULL && !chain->has_older && chain->count == 1) {
        chain->is_whole = true; /* the usual night: one file, and nothing to choose */
        (void)district_chain_run(district);
        return;
    }
    district_move(district, DISTRICT_LOOKING);
    chain->wish.granted = on_granted;
    chain->wish.context = district;
    workers_wish(district->tools->run.workers, &chain->wish);
    district_changed(district);
}

void
district_chain_stop(struct district *district)
{
    struct chain *chain = &district->chain;
    if (district->state != DISTRICT_LOOKING) {
        return;
    }
    if (chain->stager != NULL) {
        stager_stop(chain->stager);
        return;
    }
    workers_forget(district->tools->run.workers, &chain->wish);
    district_move(district, DISTRICT_IDLE);
    district_chain_forget(district);
    district_changed(district);
}
