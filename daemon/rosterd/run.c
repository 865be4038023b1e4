/*
 * Happy path, a step a line (the machine below has the same order):
 *
 *   BEGIN      sync.run_begin                                    rules only ─┐
 *   FILE       sync.run_file: stage it, rules only ─────────────────────────┤ or unchanged ─▶ GONE
 *   WORKER     wait for a turn and its connection  ◀────────────────────────┘
 *   SLOT       sync.slot_take; none free: SLOT_WAIT, again
 *   STAGE      rosterd-stage; rejected: FINDINGS, END
 *   TO_PLAN    state planning
 *   PLAN       sync.plan: apply, or nothing to do ─▶ END
 *   TO_APPLY   state applying; only while the lease is surely held
 *   APPLY      BEGIN; sync.apply
 *   CHECK      sync.check; COMMIT in one message
 *   END        sync.run_end
 *   GONE       tell, free
 *
 * What goes wrong:
 *   the connection breaks      LOOK what the database says of the run, then again where we were.
 * After a COMMIT without an answer that is how we learn whether it happened. the row is busy
 * (RS103)    PAUSE, then apply again the slot is lost (RS104)   stage again the lease is lost
 * (RS101)  END as interrupted switched off (RS102)       END as cancelled anything else END as
 * failed; the district decides when to try again cancelled by us            the step under way is
 * broken off (but for CHECK and later), ROLLBACK, END a run of ours is open that nobody knows
 * (RS105 at BEGIN; its number was lost with a connection): STALE ends it, BEGIN again
 */
#include "run.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "stager.h"

#define CALL_TIMEOUT_S 60.0
#define SLOT_WAIT_S 1.0
#define LEASE_WAIT_S 0.25
#define BUSY_MIN_S 0.05
#define BUSY_MAX_S 5.0
/* Tries in one run, of each kind; the district tries again later. */
#define LOST_MAX 8
#define BUSY_MAX 20
#define STAGE_MAX 3

enum run_state {
    RUN_BEGIN,
    RUN_STALE,
    RUN_FILE,
    RUN_WORKER,
    RUN_SLOT,
    RUN_SLOT_WAIT,
    RUN_STAGE,
    RUN_FINDINGS,
    RUN_TO_PLAN,
    RUN_PLAN,
    RUN_TO_APPLY,
    RUN_APPLY,
    RUN_CHECK,
    RUN_ROLLBACK,
    RUN_LOOK,
    RUN_PAUSE,
    RUN_END,
    RUN_GONE,
    RUN_STATE_COUNT
};

/* What came of the step under way. */
struct result {
    bool is_ok;
    bool is_lost;
    char sqlstate[6];
    struct error error;
    char *text;     /* first column of the first row, or NULL */
    int64_t number; /* second column, or 0 */
    size_t rows;
};

struct run {
    struct run_params params;
    const struct run_tools *tools;
    enum run_state state;
    enum run_state next; /* after PAUSE, LOOK or ROLLBACK */
    enum cause cancel;   /* CAUSE_NONE: not cancelled */
    uv_timer_t timer;
    struct worker_wish wish;
    struct worker *worker;
    struct stager *stager;
    struct result result;
    struct stage_end staged;
    struct run_file file;
    bool has_file;
    bool is_rules_only;
    bool is_begun;
    int64_t slot;
    unsigned lost, busy, stages, ends;
    struct run_end end;
    struct snapshot_run view;
    char *by;
    char *slug;
    char *region;
    char *counts;
    char progress_file[64];
    struct run_progress progress;
    double step_since;
    double began_at;    /* steady */
    double phase_since; /* steady: for the durations */
};

struct machine_row {
    const char *word; /* rosterd.run.state while in it; NULL: as before */
    enum step step;
    bool may_cancel; /* a cancel ends the run here */
    void (*begin)(struct run *run);
    void (*after)(struct run *run);
};
static const struct machine_row machine[RUN_STATE_COUNT];

static void advance(struct run *run);

static void set_timer(struct run *run, double delay_s);

/* --- moving ---------------------------------------------------------------------------------- */

static void
enter(struct run *run, enum run_state state)
{
    const struct machine_row *row = &machine[state];
    if (row->step != machine[run->state].step || !run->is_begun) {
        run->step_since = clock_now();
    }
    run->state = state;
    free(run->result.text);
    run->result = (struct result){0};
    if (row->word != NULL) {
        run->view.state = row->word;
    }
    row->begin(run);
    if (state != RUN_GONE) {
        run->params.on_change(run->params.context);
    }
}

static bool
may_cancel(const struct run *run)
{
    enum run_state state = run->state == RUN_PAUSE ? run->next : run->state;
    return run->cancel != CAUSE_NONE && machine[state].may_cancel;
}

/* Where the machine goes when its step is over: given by the step, unless the run is cancelled. */
static void
advance(struct run *run)
{
    if (!may_cancel(run)) {
        machine[run->state].after(run);
        return;
    }
    (void)error_set(&run->end.error, run->cancel, "%s", "");
    run->end.state = run->cancel == CAUSE_CONFIG_SWITCHED_OFF ? "cancelled" : "interrupted";
    run->end.was_cancelled = true;
    if (run->state == RUN_BEGIN && run->result.is_ok) {
        machine[RUN_BEGIN].after(run); /* it has a number now, so it is to be ended */
        return;
    }
    if (!run->is_begun) {
        enter(run, RUN_GONE);
    } else if (run->state == RUN_APPLY && run->result.is_ok) {
        run->next = RUN_END;
        enter(run, RUN_ROLLBACK);
    } else {
        enter(run, RUN_END);
    }
}

static void
pause_then(struct run *run, double delay_s, enum run_state next)
{
    run->next = next;
    enter(run, RUN_PAUSE);
    set_timer(run, delay_s);
}

static void
end_as(struct run *run, const char *state, const struct error *error)
{
    run->end.state = state;
    if (error != NULL) {
        run->end.error = *error;
    }
    enter(run, RUN_END);
}

static void
fail(struct run *run, enum cause cause, const char *text)
{
    struct error error;
    (void)error_set(&error, cause, "%s", text);
    end_as(run, "failed", &error);
}

/* A database call of the run's work did not go well. `again`: the step to try once more. */
static void
judge(struct run *run, enum run_state again)
{
    struct error error = run->result.error;
    const char *sqlstate = run->result.sqlstate;
    if (run->result.is_lost || error.cause == CAUSE_DB_UNAVAILABLE) {
        run->next = again;
        if (++run->lost > LOST_MAX) {
            end_as(run, "failed", &error);
        } else {
            enter(run, RUN_LOOK);
        }
    } else if (error.cause == CAUSE_DB_BUSY) {
        double delay_s = BUSY_MIN_S * (double)(1u << (run->busy < 10 ? run->busy : 10));
        run->tools->counters->apply_retries++;
        if (++run->busy > BUSY_MAX) {
            end_as(run, "failed", &error);
        } else {
            pause_then(run, delay_s < BUSY_MAX_S ? delay_s : BUSY_MAX_S, again);
        }
    } else if (error.cause == CAUSE_SLOT_LOST && run->has_file && !run->is_rules_only &&
               ++run->stages < STAGE_MAX) {
        run->tools->counters->stage_retries++;
        LOG(LEVEL_WARNING, "the slot is not what was staged: staging again",
            F_TEXT("district", run->params.slug), F_INT("run", run->view.run_id),
            F_TEXT("detail", error.text));
        enter(run, RUN_SLOT);
    } else if (error.cause == CAUSE_LEASE_LOST) {
        end_as(run, "interrupted", &error);
    } else if (strcmp(sqlstate, "RS102") == 0) {
        run->end.was_cancelled = true;
        end_as(run, "cancelled", &error);
    } else if (strcmp(sqlstate, "RS105") == 0) {
        run->next = again;
        if (++run->lost > LOST_MAX) {
            end_as(run, "failed", &error);
        } else {
            enter(run, RUN_LOOK);
        }
    } else {
        end_as(run, "failed", &error);
    }
}

/* --- calls ----------------------------------------------------------------------------------- */

static void
on_called(void *context, const struct db_outcome *outcome)
{
    struct run *run = context;
    run->result.is_ok = outcome->is_ok;
    run->result.is_lost = outcome->is_lost;
    run->result.error = outcome->error;
    memcpy(run->result.sqlstate, outcome->sqlstate, sizeof run->result.sqlstate);
    run->result.rows = db_rows_count(outcome->rows);
    if (run->result.rows > 0) {
        const char *text = db_text(outcome->rows, 0, 0);
        run->result.text = text == NULL ? NULL : strdup(text);
        if (db_columns_count(outcome->rows) > 1) {
            run->result.number = db_integer(outcome->rows, 0, 1, 0);
        }
    }
    advance(run);
}

static void
call(struct run *run, struct db *db, struct db_query query)
{
    query.done = on_called;
    query.context = run;
    if (db_call(db, &query) != 0) {
        (void)error_set(&run->result.error, CAUSE_DB_UNAVAILABLE, "the daemon is stopping");
        set_timer(run, 0);
    }
}

#define NUMBER_SIZE 24
static const char *
number(char buffer[static NUMBER_SIZE], int64_t value)
{
    (void)snprintf(buffer, NUMBER_SIZE, "%lld", (long long)value);
    return buffer;
}

/* A verb with the run's number as its only parameter. */
static void
call_verb(struct run *run, struct db *db, const char *sql, double timeout_s)
{
    char id[NUMBER_SIZE];
    call(run, db,
         (struct db_query){.sql = sql,
                           .params_count = 1,
                           .params = {number(id, run->view.run_id)},
                           .timeout_s = timeout_s});
}

/* --- steps ----------------------------------------------------------------------------------- */

static void
begin_begin(struct run *run)
{
    char daemon[NUMBER_SIZE], district[NUMBER_SIZE], epoch[NUMBER_SIZE];
    call(run, run->tools->control,
         (struct db_query){.sql = "SELECT sync.run_begin($1, $2, $3, $4, $5)",
                           .params_count = 5,
                           .params = {number(daemon, lease_daemon_id(run->tools->lease)),
                                      number(district, run->params.district_id),
                                      number(epoch, run->params.epoch), run->params.cause, run->by},
                           .timeout_s = CALL_TIMEOUT_S});
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
            enter(run, RUN_END);
        } else {
            enter(run, run->has_file ? RUN_FILE : RUN_WORKER);
        }
        return;
    }
    if (strcmp(run->result.sqlstate, "RS105") == 0 && ++run->lost < STAGE_MAX) {
        enter(run, RUN_STALE);
        return;
    }
    run->end.error = run->result.error;
    run->end.was_cancelled = strcmp(run->result.sqlstate, "RS102") == 0;
    enter(run, RUN_GONE);
}

static void
begin_stale(struct run *run)
{
    char daemon[NUMBER_SIZE];
    call(run, run->tools->control,
         (struct db_query){
             .sql = "SELECT sync.run_end(d.last_run_id, 'interrupted', 'daemon.stopped', NULL, "
                    "'nobody') FROM sync.read_districts($1, $2) AS d WHERE d.last_state IN "
                    "('fetching', 'staging', 'planning', 'applying')",
             .params_count = 2,
             .params = {number(daemon, lease_daemon_id(run->tools->lease)), run->params.slug},
             .timeout_s = CALL_TIMEOUT_S});
}

static void
after_stale(struct run *run)
{
    enter(run, RUN_BEGIN);
}

static void
begin_file(struct run *run)
{
    char id[NUMBER_SIZE], size[NUMBER_SIZE], mtime[NUMBER_SIZE];
    call(run, run->tools->control,
         (struct db_query){.sql = "SELECT sync.run_file($1, $2, $3, $4, $5)",
                           .params_count = 5,
                           .params = {number(id, run->view.run_id), run->file.name,
                                      number(size, run->file.size), number(mtime, run->file.mtime),
                                      run->file.sha256},
                           .timeout_s = CALL_TIMEOUT_S});
}

static void
after_file(struct run *run)
{
    const char *verdict = run->result.text;
    if (!run->result.is_ok || verdict == NULL) {
        judge(run, RUN_FILE);
    } else if (strcmp(verdict, "unchanged") == 0) {
        end_as(run, "unchanged", NULL);
    } else {
        run->is_rules_only = strcmp(verdict, "rules") == 0;
        enter(run, RUN_WORKER);
    }
}

static void
on_granted(void *context, struct worker *worker)
{
    struct run *run = context;
    run->worker = worker;
    advance(run);
}

static void
begin_worker(struct run *run)
{
    run->wish.granted = on_granted;
    run->wish.context = run;
    workers_wish(run->tools->workers, &run->wish);
}

static void
after_worker(struct run *run)
{
    run->phase_since = clock_steady();
    enter(run, run->has_file && !run->is_rules_only ? RUN_SLOT : RUN_TO_PLAN);
}

static void
begin_slot(struct run *run)
{
    call_verb(run, run->tools->control, "SELECT sync.slot_take($1)", CALL_TIMEOUT_S);
}

static void
after_slot(struct run *run)
{
    if (!run->result.is_ok) {
        judge(run, RUN_SLOT);
    } else if (run->result.text == NULL) {
        enter(run, RUN_SLOT_WAIT);
    } else {
        run->slot = strtoll(run->result.text, NULL, 10);
        enter(run, RUN_STAGE);
    }
}

static void
begin_slot_wait(struct run *run)
{
    set_timer(run, SLOT_WAIT_S);
}

static void
after_slot_wait(struct run *run)
{
    enter(run, RUN_SLOT);
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
    advance(run);
}

static void
begin_stage(struct run *run)
{
    run->phase_since = clock_steady();
    run->progress = (struct run_progress){.bytes = -1, .bytes_total = -1};
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
                .phone_region = run->params.phone_region},
        .on_progress = on_stage_progress,
        .on_end = on_staged,
        .context = run,
    };
    run->staged = (struct stage_end){.verdict = STAGE_FAILED};
    if (stager_start(&params, &run->stager, &run->staged.error) != 0) {
        set_timer(run, 0);
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
        run->tools->counters->rows_staged += (uint64_t)run->staged.rows;
        run->view.staged_at = clock_now();
        enter(run, RUN_TO_PLAN);
        break;
    case STAGE_REJECTED:
        enter(run, RUN_FINDINGS);
        break;
    case STAGE_FAILED:
        end_as(run, "failed", &run->staged.error);
        break;
    }
}

static void
begin_findings(struct run *run)
{
    call_verb(run, run->tools->control, "SELECT sync.run_findings($1)", CALL_TIMEOUT_S);
}

static void
after_findings(struct run *run)
{
    if (!run->result.is_ok && (run->result.is_lost || ++run->busy < STAGE_MAX)) {
        judge(run, RUN_FINDINGS);
        return;
    }
    run->end.is_rejected = true;
    end_as(run, "rejected", &run->staged.error);
}

static void
begin_to_plan(struct run *run)
{
    call_verb(run, run->worker->db, "SELECT sync.run_state($1, 'planning')", CALL_TIMEOUT_S);
}

static void
after_to_plan(struct run *run)
{
    if (run->result.is_ok) {
        enter(run, RUN_PLAN);
    } else {
        judge(run, RUN_TO_PLAN);
    }
}

static void
begin_plan(struct run *run)
{
    run->phase_since = clock_steady();
    call_verb(run, run->worker->db, "SELECT sync.plan($1)", run->tools->config->deadlines.plan_s);
}

/* Keeps the counts of a plan's or an apply's answer for the view; *ret_verdict gets what to do. */
static void
read_answer(struct run *run, char ret_verdict[static 16])
{
    json_t *answer = run->result.text == NULL ? NULL : json_loads(run->result.text, 0, NULL);
    const char *verdict = json_string_value(json_object_get(answer, "verdict"));
    const json_t *counts = json_object_get(answer, "counts");
    (void)snprintf(ret_verdict, 16, "%s", verdict == NULL ? "" : verdict);
    char *text = json_dumps(counts == NULL ? answer : counts, JSON_COMPACT);
    if (text != NULL) {
        free(run->counts);
        run->counts = text;
        run->view.counts = text;
    }
    json_decref(answer);
}

static void
after_plan(struct run *run)
{
    char verdict[16];
    if (!run->result.is_ok) {
        judge(run, RUN_PLAN);
        return;
    }
    (void)lap(run, DURATION_PLAN);
    read_answer(run, verdict);
    run->view.planned_at = clock_now();
    if (strcmp(verdict, "apply") == 0) {
        enter(run, RUN_TO_APPLY);
    } else if (strcmp(verdict, "nothing") == 0) {
        end_as(run, "unchanged", NULL);
    } else if (strcmp(verdict, "previewed") == 0 || strcmp(verdict, "held") == 0) {
        end_as(run, *verdict == 'p' ? "previewed" : "held", NULL);
    } else {
        fail(run, CAUSE_INTERNAL, "sync.plan gave no verdict that is known");
    }
}

static void
begin_to_apply(struct run *run)
{
    call_verb(run, run->worker->db, "SELECT sync.run_state($1, 'applying')", CALL_TIMEOUT_S);
}

static void
after_to_apply(struct run *run)
{
    if (!run->result.is_ok) {
        judge(run, RUN_TO_APPLY);
    } else if (!lease_is_held(run->tools->lease)) {
        pause_then(run, LEASE_WAIT_S, RUN_TO_APPLY);
    } else {
        enter(run, RUN_APPLY);
    }
}

/* Two statements in one message, so without parameters; a number cannot be anything else. */
static void
call_pair(struct run *run, const char *before, const char *after)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "%s(%lld)%s", before, (long long)run->view.run_id, after);
    call(run, run->worker->db,
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
    char verdict[16];
    if (!run->result.is_ok) {
        judge(run, RUN_APPLY);
        return;
    }
    read_answer(run, verdict);
    if (lease_is_held(run->tools->lease)) {
        enter(run, RUN_CHECK);
        return;
    }
    run->next = RUN_TO_APPLY;
    enter(run, RUN_ROLLBACK);
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
        end_as(run, "done", NULL);
        return;
    }
    if (run->result.is_lost) {
        run->tools->counters->db_commit_unknown++;
        LOG(LEVEL_WARNING, "the connection broke during the commit: looking what became of it",
            F_TEXT("district", run->params.slug), F_INT("run", run->view.run_id));
    }
    judge(run, RUN_APPLY);
}

static void
begin_rollback(struct run *run)
{
    call(run, run->worker->db,
         (struct db_query){
             .sql = "ROLLBACK", .params_count = DB_SIMPLE, .timeout_s = CALL_TIMEOUT_S});
}

static void
after_rollback(struct run *run)
{
    enter(run, run->next);
}

static void
begin_look(struct run *run)
{
    char daemon[NUMBER_SIZE];
    call(run, run->tools->control,
         (struct db_query){
             .sql = "SELECT last_state, last_run_id FROM sync.read_districts($1, $2)",
             .params_count = 2,
             .params = {number(daemon, lease_daemon_id(run->tools->lease)), run->params.slug}});
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
        if (run->result.error.cause == CAUSE_DB_UNAVAILABLE && ++run->lost <= LOST_MAX) {
            pause_then(run, LEASE_WAIT_S, RUN_LOOK);
        } else {
            end_as(run, "failed", &run->result.error);
        }
        return;
    }
    const char *word = run->result.text;
    if (run->result.rows == 0 || word == NULL || run->result.number != run->view.run_id) {
        (void)error_set(&error, CAUSE_LEASE_LOST, "another daemon has the district");
        end_as(run, "interrupted", &error);
    } else if (is_open_word(word)) {
        pause_then(run, LEASE_WAIT_S, run->next);
    } else if (strcmp(word, "done") == 0) {
        run->view.applied_at = clock_now();
        end_as(run, "done", NULL);
    } else if (strcmp(word, "unchanged") == 0) {
        end_as(run, "unchanged", NULL);
    } else {
        (void)error_set(&error, CAUSE_DAEMON_STOPPED, "the run was ended by somebody else");
        end_as(run, "interrupted", &error);
    }
}

static void
begin_pause(struct run *run)
{
    (void)run; /* whoever pauses sets the timer */
}

/* --- the end --------------------------------------------------------------------------------- */

static void
count_end(struct run *run)
{
    struct snapshot_counters *counters = run->tools->counters;
    const struct {
        const char *state;
        uint64_t *counter;
    } rows[] = {
        {"done", &counters->runs_done},      {"unchanged", &counters->runs_unchanged},
        {"held", &counters->runs_held},      {"rejected", &counters->runs_rejected},
        {"failed", &counters->runs_failed},  {"cancelled", &counters->runs_cancelled},
        {"previewed", &counters->runs_done}, {"interrupted", &counters->runs_interrupted},
    };
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        *rows[at].counter += strcmp(rows[at].state, run->end.state) == 0;
    }
    if (strcmp(run->end.state, "failed") == 0 || run->end.is_rejected) {
        counters->causes[run->end.error.cause]++;
    }
    snapshot_histogram_add(&counters->durations[DURATION_RUN], clock_steady() - run->began_at);
}

static void
release(struct run *run)
{
    workers_forget(run->tools->workers, &run->wish);
    if (run->worker != NULL) {
        worker_release(run->worker);
        run->worker = NULL;
    }
}

static void
begin_end(struct run *run)
{
    char id[NUMBER_SIZE];
    enum cause cause = run->end.error.cause;
    bool has_cause = cause != CAUSE_NONE;
    release(run);
    call(run, run->tools->control,
         (struct db_query){.sql = "SELECT sync.run_end($1, $2, $3, $4, $5)",
                           .params_count = 5,
                           .params = {number(id, run->view.run_id), run->end.state,
                                      has_cause ? cause_word(cause) : NULL,
                                      *run->end.error.text == '\0' ? NULL : run->end.error.text,
                                      has_cause ? error_owner_word(cause_owner(cause)) : NULL}});
}

static void
after_end(struct run *run)
{
    bool is_other_end = strcmp(run->result.sqlstate, "RS105") == 0;
    if (!run->result.is_ok && !is_other_end && ++run->ends < LOST_MAX) {
        pause_then(run, LEASE_WAIT_S, RUN_END);
        return;
    }
    if (!run->result.is_ok) {
        LOG(is_other_end ? LEVEL_INFO : LEVEL_ERROR, "the end of a run was not written",
            F_TEXT("district", run->params.slug), F_INT("run", run->view.run_id),
            F_TEXT("state", run->end.state), F_TEXT("error", run->result.error.text));
    }
    count_end(run);
    enter(run, RUN_GONE);
}

static void
free_run(struct run *run)
{
    free(run->result.text);
    free(run->counts);
    free(run->by);
    free(run->slug);
    free(run->region);
    run_file_free(&run->file);
    free(run);
}

static void
on_gone(uv_handle_t *handle)
{
    struct run *run = handle->data;
    if (run->is_begun) {
        run->view.state = run->end.state;
        run->view.ended_at = clock_now();
        run->view.reason =
            run->end.error.cause == CAUSE_NONE ? NULL : cause_word(run->end.error.cause);
        run->view.owner = run->end.error.cause == CAUSE_NONE
                              ? NULL
                              : error_owner_word(cause_owner(run->end.error.cause));
        run->view.detail = *run->end.error.text == '\0' ? NULL : run->end.error.text;
        run->end.view = &run->view;
    }
    run->params.on_end(run->params.context, &run->end);
    free_run(run);
}

static void
begin_gone(struct run *run)
{
    release(run);
    uv_close((uv_handle_t *)&run->timer, on_gone);
}

static void
after_gone(struct run *run)
{
    (void)run;
}

static const struct machine_row machine[RUN_STATE_COUNT] = {
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
    [RUN_END] = {NULL, STEP_APPLYING, false, begin_end, after_end},
    [RUN_GONE] = {NULL, STEP_IDLE, false, begin_gone, after_gone},
};

/* --- what others call ------------------------------------------------------------------------ */

static void
on_timer(uv_timer_t *timer)
{
    advance(timer->data);
}

static void
set_timer(struct run *run, double delay_s)
{
    (void)uv_timer_start(&run->timer, on_timer, (uint64_t)(delay_s * 1000.0), 0);
}

struct run *
run_start(const struct run_params *params)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return NULL;
    }
    run->params = *params;
    run->tools = params->tools;
    run->end.state = "";
    run->by = params->by == NULL ? NULL : strdup(params->by);
    run->slug = strdup(params->slug);
    run->region = strdup(params->phone_region);
    run->has_file = params->file != NULL;
    if ((params->by != NULL && run->by == NULL) || run->slug == NULL || run->region == NULL ||
        (run->has_file && run_file_copy(params->file, &run->file) != 0)) {
        free_run(run);
        return NULL;
    }
    run->params.slug = run->slug;
    run->params.phone_region = run->region;
    run->progress = (struct run_progress){.bytes = -1, .bytes_total = -1};
    run->view = (struct snapshot_run){
        .district_id = params->district_id,
        .slug = run->slug,
        .cause = params->cause,
        .requested_by = run->by,
        .file_name = run->file.name,
        .file_sha256 = run->file.sha256,
        .file_size = run->has_file ? run->file.size : -1,
    };
    (void)uv_timer_init(params->tools->loop, &run->timer);
    run->timer.data = run;
    enter(run, RUN_BEGIN);
    return run;
}

void
run_cancel(struct run *run, enum cause cause)
{
    if (run->cancel != CAUSE_NONE || run->state >= RUN_END) {
        return;
    }
    run->cancel = cause;
    switch (run->state) {
    case RUN_WORKER:
        workers_forget(run->tools->workers, &run->wish);
        set_timer(run, 0);
        break;
    case RUN_SLOT_WAIT:
    case RUN_PAUSE:
        set_timer(run, 0);
        break;
    case RUN_STAGE:
        if (run->stager != NULL) {
            stager_stop(run->stager);
        }
        break;
    case RUN_TO_PLAN:
    case RUN_PLAN:
    case RUN_TO_APPLY:
    case RUN_APPLY:
        db_cancel(run->worker->db);
        break;
    default: /* short, or past cancelling */
        break;
    }
}

bool
run_is_applying(const struct run *run)
{
    return run->state >= RUN_TO_APPLY;
}

enum step
run_step(const struct run *run)
{
    return machine[run->state].step;
}

double
run_step_since(const struct run *run)
{
    return run->step_since;
}

const struct snapshot_run *
run_view(const struct run *run)
{
    return run->is_begun ? &run->view : NULL;
}

struct run_progress
run_progress(const struct run *run)
{
    return run->progress;
}
