/*
 * Happy path, a step a line (the machine below has the same order):
 *
 *   BEGIN      sync.run_begin                                    rules only ─┐
 *   FILE       sync.run_file: stage it, rules only ─────────────────────────┤ or unchanged ─▶ GONE
 *   WORKER     wait for a turn and its connection  ◀────────────────────────┘
 *   SLOT       sync.slot_take; none free: SLOT_WAIT, again
 *   STAGE      rosterd-stage; rejected: FINDINGS, END
 *   TO_PLAN    state planning
 *   PLAN       sync.plan: apply, or nothing to do ─▶ END; or the whole file: SLOT, again
 *   TO_APPLY   state applying; only while the lease is surely held
 *   APPLY      BEGIN; sync.apply
 *   CHECK      sync.check; COMMIT in one message
 *   END        sync.run_end
 *   DIGEST     of this file instead of the last one's, if all of it was applied
 *   SHRINK     a large district that ended well: sync.slot_shrink, then the turn is given back
 *   GONE       tell, free
 *
 * What goes wrong:
 *
 *   the connection breaks            LOOK what the database says of the run, then again where we
 *                                    were; after a COMMIT without an answer that is how we learn
 *                                    whether it happened
 *   the row is busy (RS103)          PAUSE, then apply again
 *   the slot is lost (RS104)         stage again
 *   the lease is lost (RS101)        END as interrupted
 *   switched off (RS102)             END as cancelled
 *   anything else                    END as failed; the district decides when to try again
 *   cancelled by us                  the step under way is broken off (but for CHECK and later),
 *                                    ROLLBACK, END
 *   a run of ours that nobody knows  (RS105 at BEGIN; its number was lost with a connection)
 *   is open                          STALE ends it, BEGIN again
 */
#include "run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"

#define SLOT_WAIT_S 1.0

/* --- steps ----------------------------------------------------------------------------------- */

static void
begin_begin(struct run *run)
{
    char daemon[RUN_NUMBER_SIZE], district[RUN_NUMBER_SIZE], epoch[RUN_NUMBER_SIZE];
    run_call(run, run->tools->control,
             (struct db_query){.sql = "SELECT sync.run_begin($1, $2, $3, $4, $5)",
                               .params_count = 5,
                               .params = {run_number(daemon, lease_daemon_id(run->tools->lease)),
                                          run_number(district, run->params.district_id),
                                          run_number(epoch, run->params.epoch), run->params.cause,
                                          run->by},
                               .timeout_s = RUN_CALL_TIMEOUT_S});
}

static void
after_begin(struct run *run)
{
    if (run->result.is_ok && run->result.text != NULL) {
        run->is_begun = true;
        run->view.run_id = strtoll(run->result.text, NULL, 10);
        run->view.created_at = clock_now();
        run->began_at = clock_steady();
        run->tools->counters->runs_started++;
        LOG(LEVEL_INFO, "run began", F_TEXT("district", run->params.slug),
            F_INT("run", run->view.run_id), F_TEXT("cause", run->params.cause));
        if (run->cancel != CAUSE_NONE) {
            run_enter(run, RUN_END);
        } else {
            run_enter(run, run->has_file ? RUN_FILE : RUN_WORKER);
        }
        return;
    }
    if (strcmp(run->result.sqlstate, "RS105") == 0 && ++run->lost < RUN_STAGE_MAX) {
        run_enter(run, RUN_STALE);
        return;
    }
    run->end.error = run->result.error;
    run->end.was_cancelled = strcmp(run->result.sqlstate, "RS102") == 0;
    run_enter(run, RUN_GONE);
}

static void
begin_stale(struct run *run)
{
    char daemon[RUN_NUMBER_SIZE];
    run_call(
        run, run->tools->control,
        (struct db_query){
            .sql = "SELECT sync.run_end(d.last_run_id, 'interrupted', 'daemon.stopped', NULL, "
                   "'nobody') FROM sync.read_districts($1, $2) AS d WHERE d.last_state IN "
                   "('fetching', 'staging', 'planning', 'applying')",
            .params_count = 2,
            .params = {run_number(daemon, lease_daemon_id(run->tools->lease)), run->params.slug},
            .timeout_s = RUN_CALL_TIMEOUT_S});
}

static void
after_stale(struct run *run)
{
    run_enter(run, RUN_BEGIN);
}

static void
begin_file(struct run *run)
{
    char id[RUN_NUMBER_SIZE], size[RUN_NUMBER_SIZE], mtime[RUN_NUMBER_SIZE];
    run_call(run, run->tools->control,
             (struct db_query){.sql = "SELECT sync.run_file($1, $2, $3, $4, $5)",
                               .params_count = 5,
                               .params = {run_number(id, run->view.run_id), run->file.name,
                                          run_number(size, run->file.size),
                                          run_number(mtime, run->file.mtime), run->file.sha256},
                               .timeout_s = RUN_CALL_TIMEOUT_S});
}

static void
after_file(struct run *run)
{
    const char *verdict = run->result.text;
    if (!run->result.is_ok || verdict == NULL) {
        run_judge(run, RUN_FILE);
    } else if (strcmp(verdict, "unchanged") == 0) {
        run_end_as(run, "unchanged", NULL);
    } else {
        run->is_rules_only = strcmp(verdict, "rules") == 0;
        run_enter(run, RUN_WORKER);
    }
}

static void
on_granted(void *context, struct worker *worker)
{
    struct run *run = context;
    run->worker = worker;
    run_advance(run);
}

static void
begin_worker(struct run *run)
{
    if (run->worker != NULL) { /* it comes here again after a loss */
        run_set_timer(run, 0);
        return;
    }
    /* rules alone may go through a whole district, which is as large as its last file was */
    run->wish.is_large =
        (run->has_file ? run->file.size : run->params.last_bytes) >= WORKER_LARGE_BYTES;
    run->wish.granted = on_granted;
    run->wish.context = run;
    workers_wish(run->tools->workers, &run->wish);
}

static void
after_worker(struct run *run)
{
    run->phase_since = clock_steady();
    run_enter(run, run->has_file && !run->is_rules_only ? RUN_SLOT : RUN_TO_PLAN);
}

static void
begin_slot(struct run *run)
{
    run_call_verb(run, run->tools->control, "SELECT sync.slot_take($1)", RUN_CALL_TIMEOUT_S);
}

static void
after_slot(struct run *run)
{
    if (!run->result.is_ok) {
        run_judge(run, RUN_SLOT);
    } else if (run->result.text == NULL) {
        run_enter(run, RUN_SLOT_WAIT);
    } else {
        run->slot = strtoll(run->result.text, NULL, 10);
        run_enter(run, RUN_STAGE);
    }
}

static void
begin_slot_wait(struct run *run)
{
    run_set_timer(run, SLOT_WAIT_S);
}

static void
after_slot_wait(struct run *run)
{
    run_enter(run, RUN_SLOT);
}

static void
on_stage_progress(void *context, const struct stage_progress *progress)
{
    struct run *run = context;
    (void)snprintf(run->progress_file, sizeof run->progress_file, "%s", progress->file);
    run->progress = (struct run_progress){.file = run->progress_file,
                                          .rows = progress->rows,
                                          .bytes = progress->bytes,
                                          .bytes_total = progress->bytes_total};
    run->params.on_change(run->params.context);
}

static void
on_staged(void *context, const struct stage_end *end)
{
    struct run *run = context;
    run->stager = NULL;
    run->staged = *end;
    run_advance(run);
}

static void
begin_stage(struct run *run)
{
    run->phase_since = clock_steady();
    run->progress = (struct run_progress){.bytes = -1, .bytes_total = -1};
    run_digest_begin(run);
    const struct stager_params params = {
        .loop = run->tools->loop,
        .config = run->tools->config,
        .counters = run->tools->counters,
        .job = {.run = run->view.run_id,
                .district = run->params.district_id,
                .epoch = run->params.epoch,
                .slot = run->slot,
                .zip = run->file.path,
                .sha256 = run->file.sha256,
                .last_digest = run->is_whole ? NULL : run->last_digest,
                .next_digest = run->next_digest},
        .on_progress = on_stage_progress,
        .on_end = on_staged,
        .context = run,
    };
    run->staged = (struct stage_end){.verdict = STAGE_FAILED};
    if (stager_start(&params, &run->stager, &run->staged.error) != 0) {
        run_set_timer(run, 0);
    }
}

static double
lap(struct run *run, enum duration duration)
{
    double now = clock_steady();
    double elapsed_s = now - run->phase_since;
    snapshot_histogram_add(&run->tools->counters->durations[duration], elapsed_s);
    run->phase_since = now;
    return elapsed_s;
}

static void
after_stage(struct run *run)
{
    run->progress = (struct run_progress){.bytes = -1, .bytes_total = -1};
    switch (run->staged.verdict) {
    case STAGE_STAGED:
        (void)lap(run, DURATION_STAGE);
        LOG(LEVEL_INFO, "file staged", F_TEXT("district", run->params.slug),
            F_INT("run", run->view.run_id), F_INT("rows", run->staged.rows_read),
            F_INT("rows_sent", run->staged.rows));
        run->tools->counters->rows_read += (uint64_t)run->staged.rows_read;
        run->tools->counters->rows_staged += (uint64_t)run->staged.rows;
        run->view.staged_at = clock_now();
        run_enter(run, RUN_TO_PLAN);
        break;
    case STAGE_REJECTED:
        run_enter(run, RUN_FINDINGS);
        break;
    case STAGE_FAILED:
        run_end_as(run, "failed", &run->staged.error);
        break;
    }
}

static void
begin_findings(struct run *run)
{
    run_call_verb(run, run->tools->control, "SELECT sync.run_findings($1)", RUN_CALL_TIMEOUT_S);
}

static void
after_findings(struct run *run)
{
    if (!run->result.is_ok && (run->result.is_lost || ++run->busy < RUN_STAGE_MAX)) {
        run_judge(run, RUN_FINDINGS);
        return;
    }
    run->end.is_rejected = true;
    run_end_as(run, "rejected", &run->staged.error);
}

static void
begin_to_plan(struct run *run)
{
    run_call_verb(run, run->worker->db, "SELECT sync.run_state($1, 'planning')",
                  RUN_CALL_TIMEOUT_S);
}

static void
after_to_plan(struct run *run)
{
    if (run->result.is_ok) {
        run_enter(run, RUN_PLAN);
    } else {
        run_judge(run, RUN_TO_PLAN);
    }
}

static void
begin_plan(struct run *run)
{
    run->phase_since = clock_steady();
    run_call_verb(run, run->worker->db, "SELECT sync.plan($1)",
                  run->tools->config->deadlines.plan_s);
}

static void
after_plan(struct run *run)
{
    char verdict[RUN_VERDICT_SIZE];
    if (!run->result.is_ok) {
        run_judge(run, RUN_PLAN);
        return;
    }
    (void)lap(run, DURATION_PLAN);
    run_read_answer(run, verdict);
    run->view.planned_at = clock_now();
    if (strcmp(verdict, "apply") == 0) {
        run_enter(run, RUN_TO_APPLY);
    } else if (strcmp(verdict, "whole") == 0 && !run->is_whole) {
        run->tools->counters->stage_wholes++;
        run->is_whole = true;
        run_enter(run, RUN_SLOT);
    } else if (strcmp(verdict, "rejected") == 0) {
        run_end_as_told(run);
    } else if (strcmp(verdict, "previewed") == 0 || strcmp(verdict, "held") == 0) {
        run_end_as(run, *verdict == 'p' ? "previewed" : "held", NULL);
    } else {
        struct error error;
        (void)error_set(&error, CAUSE_INTERNAL, "sync.plan gave no verdict that is known");
        run_end_as(run, "failed", &error);
    }
}

static void
begin_to_apply(struct run *run)
{
    run_call_verb(run, run->worker->db, "SELECT sync.run_state($1, 'applying')",
                  RUN_CALL_TIMEOUT_S);
}

static void
after_to_apply(struct run *run)
{
    if (!run->result.is_ok) {
        run_judge(run, RUN_TO_APPLY);
    } else if (!lease_is_held(run->tools->lease)) {
        run_pause_then(run, RUN_LEASE_WAIT_S, RUN_TO_APPLY);
    } else {
        run_enter(run, RUN_APPLY);
    }
}

/* Two statements in one message, so without parameters; a number cannot be anything else. */
static void
call_pair(struct run *run, const char *before, const char *after)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "%s(%lld)%s", before, (long long)run->view.run_id, after);
    run_call(run, run->worker->db,
             (struct db_query){.sql = sql,
                               .params_count = DB_SIMPLE,
                               .timeout_s = run->tools->config->deadlines.apply_s});
}

static void
begin_apply(struct run *run)
{
    run->phase_since = clock_steady();
    call_pair(run, "BEGIN; SELECT sync.apply", "");
}

static void
after_apply(struct run *run)
{
    char verdict[RUN_VERDICT_SIZE];
    if (!run->result.is_ok) {
        run_judge(run, RUN_APPLY);
        return;
    }
    run_read_answer(run, verdict);
    run->is_partly_held = strcmp(verdict, "held") == 0;
    if (lease_is_held(run->tools->lease)) {
        run_enter(run, RUN_CHECK);
        return;
    }
    run->next = RUN_TO_APPLY;
    run_enter(run, RUN_ROLLBACK);
}

static void
begin_check(struct run *run)
{
    call_pair(run, "SELECT sync.check", "; COMMIT");
}

static void
after_check(struct run *run)
{
    if (run->result.is_ok) {
        (void)lap(run, DURATION_APPLY);
        run->view.applied_at = clock_now();
        run_end_as(run, run->is_partly_held ? "held" : "done", NULL);
        return;
    }
    if (run->result.is_lost) {
        run->tools->counters->db_commit_unknown++;
        LOG(LEVEL_WARNING, "the connection broke during the commit: looking what became of it",
            F_TEXT("district", run->params.slug), F_INT("run", run->view.run_id));
    }
    run_judge(run, RUN_APPLY);
}

static void
begin_rollback(struct run *run)
{
    run_call(run, run->worker->db,
             (struct db_query){
                 .sql = "ROLLBACK", .params_count = DB_SIMPLE, .timeout_s = RUN_CALL_TIMEOUT_S});
}

static void
after_rollback(struct run *run)
{
    run_enter(run, run->next);
}

static void
begin_look(struct run *run)
{
    char daemon[RUN_NUMBER_SIZE];
    run_call(
        run, run->tools->control,
        (struct db_query){
            .sql = "SELECT last_state, last_run_id FROM sync.read_districts($1, $2)",
            .params_count = 2,
            .params = {run_number(daemon, lease_daemon_id(run->tools->lease)), run->params.slug}});
}

static bool
is_open_word(const char *word)
{
    return strcmp(word, "fetching") == 0 || strcmp(word, "staging") == 0 ||
           strcmp(word, "planning") == 0 || strcmp(word, "applying") == 0;
}

static void
after_look(struct run *run)
{
    struct error error;
    if (!run->result.is_ok) {
        if (run->result.error.cause == CAUSE_DB_UNAVAILABLE && ++run->lost <= RUN_LOST_MAX) {
            run_pause_then(run, RUN_LEASE_WAIT_S, RUN_LOOK);
        } else {
            run_end_as(run, "failed", &run->result.error);
        }
        return;
    }
    const char *word = run->result.text;
    if (run->result.rows == 0 || word == NULL || run->result.number != run->view.run_id) {
        (void)error_set(&error, CAUSE_LEASE_LOST, "another daemon has the district");
        run_end_as(run, "interrupted", &error);
    } else if (strcmp(word, "fetching") == 0 && run->has_file && !run->is_rules_only &&
               run->resume > RUN_SLOT) {
        /* it forgot our slot (a server that was restored, or lost its last commits): without one
         * the run would pass for one without a file */
        run_pause_then(run, RUN_LEASE_WAIT_S, RUN_FILE);
    } else if (is_open_word(word)) {
        bool has_plan = strcmp(word, "applying") == 0;
        run_pause_then(run, RUN_LEASE_WAIT_S,
                       run->resume > RUN_PLAN && !has_plan ? RUN_TO_PLAN : run->resume);
    } else if (run_end_word(word) != NULL) {
        run->view.applied_at = strcmp(word, "done") == 0 ? clock_now() : 0;
        run_end_as(run, run_end_word(word), NULL);
    } else {
        (void)error_set(&error, CAUSE_DAEMON_STOPPED, "the run was ended by somebody else");
        run_end_as(run, "interrupted", &error);
    }
}

static void
begin_pause(struct run *run)
{
    (void)run; /* whoever pauses sets the timer */
}

const struct run_machine_row run_machine[RUN_STATE_COUNT] = {
    [RUN_BEGIN] = {"fetching", STEP_WAITING, true, begin_begin, after_begin},
    [RUN_STALE] = {"fetching", STEP_WAITING, true, begin_stale, after_stale},
    [RUN_FILE] = {"fetching", STEP_WAITING, true, begin_file, after_file},
    [RUN_WORKER] = {"fetching", STEP_WAITING, true, begin_worker, after_worker},
    [RUN_SLOT] = {"staging", STEP_WAITING, true, begin_slot, after_slot},
    [RUN_SLOT_WAIT] = {"staging", STEP_WAITING, true, begin_slot_wait, after_slot_wait},
    [RUN_STAGE] = {"staging", STEP_STAGING, true, begin_stage, after_stage},
    [RUN_FINDINGS] = {"staging", STEP_STAGING, true, begin_findings, after_findings},
    [RUN_TO_PLAN] = {"planning", STEP_PLANNING, true, begin_to_plan, after_to_plan},
    [RUN_PLAN] = {"planning", STEP_PLANNING, true, begin_plan, after_plan},
    [RUN_TO_APPLY] = {"applying", STEP_APPLYING, true, begin_to_apply, after_to_apply},
    [RUN_APPLY] = {"applying", STEP_APPLYING, true, begin_apply, after_apply},
    [RUN_CHECK] = {"applying", STEP_APPLYING, false, begin_check, after_check},
    [RUN_ROLLBACK] = {NULL, STEP_APPLYING, false, begin_rollback, after_rollback},
    [RUN_LOOK] = {NULL, STEP_APPLYING, false, begin_look, after_look},
    [RUN_PAUSE] = {NULL, STEP_WAITING, false, begin_pause, after_rollback},
    [RUN_END] = {NULL, STEP_APPLYING, false, run_begin_end, run_after_end},
    [RUN_DIGEST] = {NULL, STEP_APPLYING, false, run_digest_end, run_after_digest},
    [RUN_SHRINK] = {NULL, STEP_APPLYING, false, run_begin_shrink, run_after_shrink},
    [RUN_GONE] = {NULL, STEP_IDLE, false, run_begin_gone, run_after_gone},
};
