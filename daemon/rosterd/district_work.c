/* The work of a district: polls, asking, runs, settling. */
#include "district_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"

/* --- polling --------------------------------------------------------------------------------- */

void
district_on_progress(void *context, int64_t bytes, int64_t size)
{
    struct district *district = context;
    district->bytes = bytes;
    district->bytes_total = size;
    district_changed(district);
}

/* A file has come into the spool. */
void
district_fetched(struct district *district, const struct run_file *file)
{
    spool_added(district->tools->spool, file->size);
    district->tools->run.counters->files_fetched++;
    district->tools->run.counters->bytes_fetched += (uint64_t)file->size;
    LOG(LEVEL_INFO, "file fetched", F_TEXT("district", district->settings->row.slug),
        F_TEXT("file", file->name), F_INT("file_bytes", file->size),
        F_TEXT("file_sha256", file->sha256));
}

/* Takes a file that was fetched. Returns 0 or -1. */
static int
take_file(struct district *district, const json_t *event, struct error *reterr)
{
    const char *name = NULL, *sha256 = NULL, *path = NULL;
    json_int_t size = 0, mtime = 0;
    if (json_unpack((json_t *)(uintptr_t)event, "{s:s, s:I, s:I, s:s, s:s}", "name", &name, "size",
                    &size, "mtime", &mtime, "sha256", &sha256, "file", &path) != 0) {
        return error_set(reterr, CAUSE_CHILD_PROTOCOL, "rosterd-fetch did not say what it fetched");
    }
    const struct run_file file = {.name = (char *)(uintptr_t)name,
                                  .size = size,
                                  .mtime = mtime,
                                  .sha256 = (char *)(uintptr_t)sha256,
                                  .path = (char *)(uintptr_t)path};
    if (district_chain_push(district, &file, reterr) != 0) {
        return -1;
    }
    struct chain *chain = &district->chain;
    chain->has_older = json_integer_value(json_object_get(event, "older_count")) > 0;
    json_decref(chain->older);
    chain->older = json_incref(json_object_get(event, "older"));
    district_fetched(district, &file);
    return 0;
}

/* A poll's word. Returns 1: there is a file to run. */
static int
take_event(struct district *district, const json_t *event, struct error *reterr)
{
    const char *word = json_string_value(json_object_get(event, "event"));
    const json_t *seen = json_object_get(event, "seen");
    const char *why = json_string_value(json_object_get(event, "why"));
    if (json_is_array(seen)) {
        json_decref(district->seen);
        district->seen = json_array_size(seen) == 0 ? NULL : json_deep_copy(seen);
    }
    (void)snprintf(district->waiting, sizeof district->waiting, "%s",
                   strcmp(word, "waiting") == 0 && why != NULL ? why : "");
    if (strcmp(word, "fetched") == 0) {
        return take_file(district, event, reterr) == 0 ? 1 : -1;
    }
    if (strcmp(word, "nothing") == 0 || strcmp(word, "waiting") == 0) {
        return 0;
    }
    return error_set(reterr, CAUSE_CHILD_PROTOCOL, "rosterd-fetch answered with something unknown");
}

static void
on_polled(void *context, const struct fetch_end *end)
{
    struct district *district = context;
    struct error error = end->error;
    district->job = NULL;
    snapshot_histogram_add(&district->tools->run.counters->durations[DURATION_POLL],
                           clock_now() - district->state_since);
    district_move(district, DISTRICT_IDLE);
    if (end->was_cancelled || !district_is_on(district)) {
        /* it may have come all the same: left alone, or it would be known and never run */
        district_decide(district);
        return;
    }
    int taken = end->event == NULL ? -1 : take_event(district, end->event, &error);
    if (taken < 0) {
        district_poll_failed(district, &error);
    } else {
        district_poll_went_well(district);
    }
    if (taken == 1) {
        district_chain_look(district);
        return;
    }
    /* There is nothing older; or there is, and it is not ready: another poll begins anew. */
    district->chain.is_whole = taken == 0 && *district->waiting == '\0';
    if (district->chain.count > 0 && district_chain_run(district)) {
        return;
    }
    district_chain_forget(district);
    if (district->pending.name == NULL) {
        district_begin_asking(district);
    } else {
        free(district->by);
        district->by = NULL;
        district_decide(district);
    }
}

/* Its turn has come. */
static json_t *
on_poll_turn(void *context, struct error *reterr)
{
    return district_poll_message(context, reterr);
}

void
district_begin_poll(struct district *district)
{
    struct error error;
    if (district->chain.is_whole) {
        district_chain_forget(district); /* behind a file that fails: perhaps a newer one helps */
    }
    district->tools->run.counters->polls++;
    district_move(district, DISTRICT_POLLING);
    district->job = fetcher_submit(
        district->tools->fetcher,
        &(struct fetch_request){.host = district->settings->row.host,
                                .message = on_poll_turn,
                                .total_s = district->tools->run.config->deadlines.fetch_s,
                                .on_progress = district_on_progress,
                                .on_end = on_polled,
                                .context = district});
    if (district->job == NULL) {
        (void)error_set(&error, CAUSE_MEMORY, "no memory for a poll");
        district_move(district, DISTRICT_IDLE);
        district_poll_failed(district, &error);
        district_decide(district);
        return;
    }
    district_changed(district);
}

/* --- settling -------------------------------------------------------------------------------- */

static void settle(struct district *district);

static void
on_settled(void *context, const struct fetch_end *end)
{
    struct district *district = context;
    district->job = NULL;
    if (end->event == NULL && !end->was_cancelled) {
        LOG(LEVEL_WARNING, "the file was applied but could not be moved or deleted at its source",
            F_TEXT("district", district->settings->row.slug),
            F_TEXT("cause", cause_word(end->error.cause)), F_TEXT("detail", end->error.text));
    }
    district_move(district, DISTRICT_IDLE);
    if (!end->was_cancelled && district_chain_next_passed(district)) {
        settle(district);
    } else {
        district_decide(district);
    }
}

static json_t *
on_settle_turn(void *context, struct error *reterr)
{
    return district_settle_message(context, reterr);
}

/* A file that was applied is dealt with as the source wants. */
static void
settle(struct district *district)
{
    const struct district_row *row = &district->settings->row;
    if (row->host != NULL && strcmp(row->after, "leave") != 0 && district_is_on(district) &&
        district->settling.name != NULL) {
        district_move(district, DISTRICT_SETTLING);
        district->job = fetcher_submit(
            district->tools->fetcher,
            &(struct fetch_request){.host = row->host,
                                    .message = on_settle_turn,
                                    .total_s = district->tools->run.config->deadlines.fetch_s,
                                    .on_end = on_settled,
                                    .context = district});
    }
    if (district->job == NULL) {
        district_move(district, DISTRICT_IDLE);
        district_decide(district);
    } else {
        district_changed(district);
    }
}

/* --- running --------------------------------------------------------------------------------- */

void
district_forget_pending(struct district *district)
{
    if (district->pending.path != NULL) {
        spool_release(district->tools->spool, district->pending.path);
    }
    run_file_free(&district->pending);
    district->retry_at = 0;
    district->waits_for_hold = false;
    district->is_retry = false;
    district_chain_forget(district);
    district_chain_forget_passed(district);
}

/* The pending file needs no second look. */
static void
district_pending_is_known(struct district *district)
{
    struct run_file file = district->pending;
    district->pending = (struct run_file){0};
    spool_release(district->tools->spool, file.path);
    run_file_free(&district->known);
    district->known = file;
}

static void
on_run_change(void *context)
{
    struct district *district = context;
    const struct snapshot_run *view = district->run == NULL ? NULL : run_view(district->run);
    if (view != NULL) {
        district->tools->on_run(district->tools->context, view, false);
    }
    district_changed(district);
}

static void
log_run_end(const struct district *district, const struct run_end *end)
{
    bool is_bad = strcmp(end->state, "failed") == 0 || end->is_rejected;
    LOG(is_bad ? LEVEL_WARNING : LEVEL_INFO, "run ended",
        F_TEXT("district", district->settings->row.slug), F_INT("run", end->view->run_id),
        F_TEXT("state", end->state), F_TEXT("cause", end->view->reason),
        F_TEXT("owner", end->view->owner), F_TEXT("detail", end->view->detail),
        F_INT("duration_ms", (end->view->ended_at - end->view->created_at) * 1000.0));
}

/* What follows from the way the run ended. Returns whether the file is to be settled. */
static bool
take_end(struct district *district, const struct run_end *end)
{
    bool is_good = end->view != NULL && end->error.cause == CAUSE_NONE;
    bool has_file = district->pending.name != NULL;
    if (is_good) {
        bool is_success = strcmp(end->state, "done") == 0 || strcmp(end->state, "unchanged") == 0;
        district->run_problem = (struct problem){.cause = CAUSE_NONE};
        district->is_held = district->is_held || strcmp(end->state, "held") == 0;
        district->last_success_at = is_success ? clock_now() : district->last_success_at;
        district->retry_at = 0;
        district->is_retry = false;
        if (has_file) {
            district->file_problem = (struct problem){.cause = CAUSE_NONE};
            district_pending_is_known(district);
        }
        run_file_free(&district->settling);
        return has_file && is_success && run_file_copy(&district->known, &district->settling) == 0;
    }
    if (end->is_rejected) {
        district->run_problem = (struct problem){.cause = CAUSE_NONE};
        district->file_problem = (struct problem){.cause = CAUSE_NONE};
        district_set_problem(&district->file_problem, &end->error);
        district->retry_at = 0;
        district->is_retry = false;
        if (has_file) {
            district_pending_is_known(district);
        }
        return false;
    }
    if (end->error.cause == CAUSE_PLAN_BASE_HELD) {
        district->waits_for_hold = true; /* and is tried again when nothing is held any more */
        district->is_held = true;
        district->is_retry = true;
        district->retry_at = 0;
        return false;
    }
    if (end->was_cancelled || end->error.cause == CAUSE_LEASE_LOST ||
        end->error.cause == CAUSE_DAEMON_STOPPED) {
        /* by the switch, a changed setting, or a stop: look at the row, then run again if it is on
         */
        district->retry_at = clock_steady() + 1.0;
        district->is_retry = true;
        district->tools->on_stale(district->tools->context, district);
        return false;
    }
    district_set_problem(&district->run_problem, &end->error);
    district_retry_run(district);
    district->is_retry = true;
    return false;
}

static void
on_run_end(void *context, const struct run_end *end)
{
    struct district *district = context;
    bool is_approval = district->is_approval;
    bool was_held = district->is_held;
    district->run = NULL;
    district->is_approval = false;
    if (!is_approval) {
        free(district->by);
        district->by = NULL;
    }
    if (end->view != NULL) {
        log_run_end(district, end);
        district->tools->on_run(district->tools->context, end->view, true);
        snapshot_run_put(district->last);
        district->last = snapshot_run_new(end->view);
        district->last_run_id = end->view->run_id;
    } else {
        LOG(LEVEL_INFO, "no run was begun", F_TEXT("district", district->settings->row.slug),
            F_TEXT("cause", cause_word(end->error.cause)), F_TEXT("detail", end->error.text));
    }
    bool settles = is_approval ? district_end_approval(district, end) : take_end(district, end);
    if (was_held || district->is_held || is_approval || district->has_approval) {
        /* what is held now, and whether something is approved still, the database says */
        district->has_approval = false;
        district->tools->on_stale(district->tools->context, district);
    }
    district_move(district, DISTRICT_IDLE);
    if (!district_is_on(district) || district->is_of_other_drop) {
        district_forget_pending(district);
        district->is_of_other_drop = false;
    }
    if (settles) {
        settle(district);
        return;
    }
    if (!is_approval) {
        district_chain_forget_passed(district);
    }
    district_decide(district);
}

/* @param file  NULL: only the rules */
void
district_begin_run(struct district *district, const struct run_file *file)
{
    const struct district_row *row = &district->settings->row;
    struct error error;
    district_move(district, DISTRICT_RUNNING);
    if (!district->is_approval) { /* or what waits to be tried again would be forgotten */
        district->retry_at = 0;
        district->wants_rules = false;
    }
    district->run = run_start(&(struct run_params){
        .tools = &district->tools->run,
        .district_id = row->district_id,
        .epoch = row->epoch,
        .slug = row->slug,
        .cause = district->is_approval  ? "approval"
                 : district->by != NULL ? "manual"
                 : district->is_retry   ? "retry"
                                        : "schedule",
        .by = district->is_approval ? NULL : district->by,
        .file = file,
        .last_bytes = district->known.name == NULL ? 0 : district->known.size,
        .on_change = on_run_change,
        .on_end = on_run_end,
        .context = district,
    });
    if (district->run == NULL) {
        (void)error_set(&error, CAUSE_MEMORY, "no memory for a run");
        district_move(district, DISTRICT_IDLE);
        if (district->is_approval) {
            district->is_approval = false;
            (void)district_end_approval(district, &(struct run_end){.error = error});
        } else {
            district_set_problem(&district->run_problem, &error);
            district_retry_run(district);
        }
        district_decide(district);
        return;
    }
    district_changed(district);
}

/* --- asking ---------------------------------------------------------------------------------- */

static void
on_asked(void *context, const struct db_outcome *outcome)
{
    struct district *district = context;
    bool is_outstanding =
        outcome->is_ok && db_rows_count(outcome->rows) > 0 && db_boolean(outcome->rows, 0, 0);
    district_move(district, DISTRICT_IDLE);
    if (is_outstanding && district_is_on(district)) {
        district_begin_run(district, NULL);
        return;
    }
    if (!outcome->is_ok) {
        district_retry_run(district); /* asked again: the next poll may be far */
    }
    free(district->by);
    district->by = NULL;
    district_decide(district);
}

void
district_begin_asking(struct district *district)
{
    char id[24];
    (void)snprintf(id, sizeof id, "%lld", (long long)district->settings->row.district_id);
    district->wants_rules = false;
    district->retry_at = 0;
    district_move(district, DISTRICT_ASKING);
    if (db_call(district->tools->control, &(struct db_query){.sql = "SELECT sync.outstanding($1)",
                                                             .params_count = 1,
                                                             .params = {id},
                                                             .timeout_s = 30,
                                                             .done = on_asked,
                                                             .context = district}) != 0) {
        district_move(district, DISTRICT_IDLE);
    }
    district_changed(district);
}
