/*
 * The end of a run: its last word to the database, what it leaves on the disk and in its slot, and
 * what whoever began it is told.
 */
#include "run_private.h"

#include <string.h>

#include "clock.h"
#include "log.h"

static void
run_release(struct run *run)
{
    workers_forget(run->tools->workers, &run->wish);
    if (run->worker != NULL) {
        worker_release(run->worker);
        run->worker = NULL;
    }
}

void
run_begin_end(struct run *run)
{
    char id[RUN_NUMBER_SIZE];
    enum cause cause = run->end.error.cause;
    bool has_cause = cause != CAUSE_NONE;
    if (has_cause || !run->wish.is_large) {
        run_release(run); /* but for a large one's SHRINK */
    }
    run_call(
        run, run->tools->control,
        (struct db_query){.sql = "SELECT sync.run_end($1, $2, $3, $4, $5)",
                          .params_count = 5,
                          .params = {run_number(id, run->view.run_id), run->end.state,
                                     has_cause ? cause_word(cause) : NULL,
                                     *run->end.error.text == '\0' ? NULL : run->end.error.text,
                                     has_cause ? error_owner_word(cause_owner(cause)) : NULL}});
}

void
run_after_end(struct run *run)
{
    bool is_other_end = strcmp(run->result.sqlstate, "RS105") == 0;
    if (!run->result.is_ok && !is_other_end && ++run->ends < RUN_LOST_MAX) {
        run_pause_then(run, RUN_LEASE_WAIT_S, RUN_END);
        return;
    }
    if (!run->result.is_ok) {
        LOG(is_other_end ? LEVEL_INFO : LEVEL_ERROR, "the end of a run was not written",
            F_TEXT("district", run->params.slug), F_INT("run", run->view.run_id),
            F_TEXT("state", run->end.state), F_TEXT("error", run->result.error.text));
    }
    run_count_end(run);
    run_enter(run, run->next_digest == NULL ? RUN_SHRINK : RUN_DIGEST);
}

void
run_after_digest(struct run *run)
{
    run_enter(run, RUN_SHRINK);
}

void
run_begin_shrink(struct run *run)
{
    if (run->worker == NULL) {
        run_set_timer(run, 0);
        return;
    }
    run_call(
        run, run->worker->db,
        (struct db_query){.sql = "SELECT sync.slot_shrink()", .timeout_s = RUN_CALL_TIMEOUT_S});
}

/* However it went: the next run in a slot begins with emptying it. */
void
run_after_shrink(struct run *run)
{
    run_enter(run, RUN_GONE);
}

static void
on_gone(uv_handle_t *handle)
{
    struct run *run = handle->data;
    if (run->is_begun) {
        run->view.state = run->end.state;
        run->view.ended_at = clock_now();
        const struct error *why =
            strcmp(run->end.state, "held") == 0 ? &run->held : &run->end.error;
        bool has_cause = why->cause != CAUSE_NONE;
        run->view.reason = has_cause ? cause_word(why->cause) : NULL;
        run->view.owner = has_cause ? error_owner_word(cause_owner(why->cause)) : NULL;
        run->view.detail = *why->text == '\0' ? NULL : why->text;
        run->end.view = &run->view;
    }
    run->params.on_end(run->params.context, &run->end);
    run_free(run);
}

void
run_begin_gone(struct run *run)
{
    run_release(run);
    uv_close((uv_handle_t *)&run->timer, on_gone);
}

void
run_after_gone(struct run *run)
{
    (void)run;
}
