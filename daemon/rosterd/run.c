/*
 * The machine of a run: how it moves, what it does with what the database says, how it is
 * cancelled. Its states and their steps are in run_steps.c.
 */
#include "run_private.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"

#define BUSY_MIN_S 0.05
#define BUSY_MAX_S 5.0

/* --- moving ---------------------------------------------------------------------------------- */

void
run_enter(struct run *run, enum run_state state)
{
    const struct run_machine_row *row = &run_machine[state];
    if (row->step != run_machine[run->state].step || !run->is_begun) {
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
    return run->cancel != CAUSE_NONE && run_machine[state].may_cancel;
}

/* Where the machine goes when its step is over: given by the step, unless the run is cancelled. */
void
run_advance(struct run *run)
{
    if (!may_cancel(run)) {
        run_machine[run->state].after(run);
        return;
    }
    (void)error_set(&run->end.error, run->cancel, "%s", "");
    run->end.state = run->cancel == CAUSE_CONFIG_SWITCHED_OFF || run->cancel == CAUSE_CONFIG_CHANGED
                         ? "cancelled"
                         : "interrupted";
    run->end.was_cancelled = true;
    if (run->state == RUN_BEGIN && run->result.is_ok) {
        run_machine[RUN_BEGIN].after(run); /* it has a number now, so it is to be ended */
        return;
    }
    if (!run->is_begun) {
        run_enter(run, RUN_GONE);
    } else if (run->state == RUN_APPLY && run->result.is_ok) {
        run->next = RUN_END;
        run_enter(run, RUN_ROLLBACK);
    } else {
        run_enter(run, RUN_END);
    }
}

void
run_pause_then(struct run *run, double delay_s, enum run_state next)
{
    run->next = next;
    run_enter(run, RUN_PAUSE);
    run_set_timer(run, delay_s);
}

void
run_end_as(struct run *run, const char *state, const struct error *error)
{
    run->end.state = state;
    if (error != NULL) {
        run->end.error = *error;
    }
    run_enter(run, RUN_END);
}

void
run_end_as_told(struct run *run)
{
    json_t *answer = run->result.text == NULL ? NULL : json_loads(run->result.text, 0, NULL);
    const char *reason = json_string_value(json_object_get(answer, "reason"));
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    enum cause cause = reason == NULL ? CAUSE_COUNT : cause_from_word(reason);
    struct error error;
    (void)error_set(&error, cause == CAUSE_COUNT ? CAUSE_INTERNAL : cause, "%s",
                    detail == NULL ? "" : detail);
    json_decref(answer);
    run->end.is_rejected = true;
    run_end_as(run, "rejected", &error);
}

/* A database call of the run's work did not go well. `again`: the step to try once more. */
void
run_judge(struct run *run, enum run_state again)
{
    struct error error = run->result.error;
    const char *sqlstate = run->result.sqlstate;
    if (run->result.is_lost || error.cause == CAUSE_DB_UNAVAILABLE) {
        run->resume = again;
        if (++run->lost > RUN_LOST_MAX) {
            run_end_as(run, "failed", &error);
        } else {
            run_enter(run, RUN_LOOK);
        }
    } else if (error.cause == CAUSE_DB_BUSY) {
        double delay_s = BUSY_MIN_S * (double)(1u << (run->busy < 10 ? run->busy : 10));
        run->tools->counters->apply_retries++;
        if (++run->busy > RUN_BUSY_MAX) {
            run_end_as(run, "failed", &error);
        } else {
            run_pause_then(run, delay_s < BUSY_MAX_S ? delay_s : BUSY_MAX_S, again);
        }
    } else if (error.cause == CAUSE_SLOT_LOST && run->has_file && !run->is_rules_only &&
               ++run->stages < RUN_STAGE_MAX) {
        run->tools->counters->stage_retries++;
        LOG(LEVEL_WARNING, "the slot is not what was staged: staging again",
            F_TEXT("district", run->params.slug), F_INT("run", run->view.run_id),
            F_TEXT("detail", error.text));
        run_enter(run, RUN_SLOT);
    } else if (error.cause == CAUSE_LEASE_LOST) {
        run_end_as(run, "interrupted", &error);
    } else if (strcmp(sqlstate, "RS102") == 0) {
        run->end.was_cancelled = true;
        run_end_as(run, "cancelled", &error);
    } else if (strcmp(sqlstate, "RS105") == 0) {
        run->resume = again;
        if (++run->lost > RUN_LOST_MAX) {
            run_end_as(run, "failed", &error);
        } else {
            run_enter(run, RUN_LOOK);
        }
    } else {
        run_end_as(run, "failed", &error);
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
    run_advance(run);
}

void
run_call(struct run *run, struct db *db, struct db_query query)
{
    query.done = on_called;
    query.context = run;
    if (db_call(db, &query) != 0) {
        (void)error_set(&run->result.error, CAUSE_DB_UNAVAILABLE, "the daemon is stopping");
        run_set_timer(run, 0);
    }
}

const char *
run_number(char buffer[static RUN_NUMBER_SIZE], int64_t value)
{
    (void)snprintf(buffer, RUN_NUMBER_SIZE, "%lld", (long long)value);
    return buffer;
}

/* A verb with the run's number as its only parameter. */
void
run_call_verb(struct run *run, struct db *db, const char *sql, double timeout_s)
{
    char id[RUN_NUMBER_SIZE];
    run_call(run, db,
             (struct db_query){.sql = sql,
                               .params_count = 1,
                               .params = {run_number(id, run->view.run_id)},
                               .timeout_s = timeout_s});
}

/* Keeps the counts of a plan's or an apply's answer for the view, and why it is held if it is. */
void
run_read_answer(struct run *run, char ret_verdict[static RUN_VERDICT_SIZE])
{
    json_t *answer = run->result.text == NULL ? NULL : json_loads(run->result.text, 0, NULL);
    const char *verdict = json_string_value(json_object_get(answer, "verdict"));
    const char *reason = json_string_value(json_object_get(answer, "reason"));
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    const json_t *counts = json_object_get(answer, "counts");
    (void)snprintf(ret_verdict, RUN_VERDICT_SIZE, "%s", verdict == NULL ? "" : verdict);
    enum cause cause = reason == NULL ? CAUSE_NONE : cause_from_word(reason);
    (void)error_set(&run->held, cause == CAUSE_COUNT ? CAUSE_NONE : cause, "%s",
                    detail == NULL ? "" : detail);
    char *text = json_dumps(counts == NULL ? answer : counts, JSON_COMPACT);
    if (text != NULL) {
        free(run->counts);
        run->counts = text;
        run->view.counts = text;
    }
    json_decref(answer);
}

/* How a run ended by the database's word, if it ended by a verb of its own; else NULL. */
const char *
run_end_word(const char *state)
{
    static const char *const words[] = {"done", "unchanged", "held", "previewed"};
    for (size_t index = 0; index < sizeof words / sizeof *words; index++) {
        if (strcmp(words[index], state) == 0) {
            return words[index];
        }
    }
    return NULL;
}

void
run_free(struct run *run)
{
    free(run->result.text);
    free(run->counts);
    free(run->last_digest);
    free(run->next_digest);
    free(run->by);
    free(run->slug);
    run_file_free(&run->file);
    free(run);
}

void
run_count_end(struct run *run)
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

/* --- what others call ------------------------------------------------------------------------ */

static void
on_timer(uv_timer_t *timer)
{
    run_advance(timer->data);
}

void
run_set_timer(struct run *run, double delay_s)
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
    run->has_file = params->file != NULL;
    if ((params->by != NULL && run->by == NULL) || run->slug == NULL ||
        (run->has_file && run_file_copy(params->file, &run->file) != 0)) {
        run_free(run);
        return NULL;
    }
    run->params.slug = run->slug;
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
    run_enter(run, RUN_BEGIN);
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
        run_set_timer(run, 0);
        break;
    case RUN_SLOT_WAIT:
    case RUN_PAUSE:
        run_set_timer(run, 0);
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
    return run_machine[run->state].step;
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
