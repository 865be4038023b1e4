/*
 *              due                 fetched                  done, and the source wants it
 *    IDLE ───────────▶ POLLING ─────────────▶ RUNNING ───────────────────────▶ SETTLING ──▶ IDLE
 *     ▲ │                │ nothing, waiting     ▲ │
 *     │ │ settings       ▼                      │ │ any other end
 *     │ └───────────▶ ASKING ── outstanding ────┘ │
 *     │                  │ no                     │
 *     ├──────────────────┴────────────────────────┘
 *     │ approved         brought
 *     └───────▶ BRINGING ───────▶ RUNNING      (in the spool: RUNNING at once)
 *
 * Several files wait: POLLING ⇄ LOOKING, see district_chain.c.
 *
 * POLLING   a job of the fetcher: list, decide, download.
 * ASKING    does the database have something for the rules to do without a file?
 * BRINGING  a job of the fetcher: the file of a held run that was approved, if it is not here.
 * LOOKING   rosterd-stage reads a file: is it complete, or does it need an older one?
 * RUNNING   run.c has it.
 * SETTLING  a job of the fetcher: move or delete the file at its source.
 * LEAVING   from any state when it is not ours any more.
 *
 * Fails:
 *   a poll    tried again with back-off, never less often than the source's interval
 *   a run     its file stays in the spool as `pending` and runs again from there, with back-off,
 * until a newer file replaces it; a rejected file is remembered as known and not run again switched
 * off or paused in between: the poll or run is cancelled, `pending` is forgotten; when it is on
 * again the drop is looked into at once
 *   a run that is held does not fail: its file is known, and stays in the spool till it is decided
 */
#include "district_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

void
district_move(struct district *district, enum district_state state)
{
    district->state = state;
    district->state_since = clock_now();
    district->bytes = -1;
    district->bytes_total = -1;
}

/* --- when ------------------------------------------------------------------------------------ */

static struct schedule_policy
policy(const struct district *district)
{
    const struct config *config = district->tools->run.config;
    return (struct schedule_policy){.jitter = config->schedule.jitter_percent / 100.0,
                                    .retry_min_s = config->schedule.retry_min_s,
                                    .retry_max_s = config->schedule.retry_max_s};
}

void
district_poll_went_well(struct district *district)
{
    struct schedule_policy rules = policy(district);
    double delay_s = schedule_poll_s(&rules, district->settings->row.poll_every_s, clock_chance());
    district->poll_problem = (struct problem){.cause = CAUSE_NONE};
    district->last_poll_at = clock_now();
    district->poll_at = clock_steady() + delay_s;
}

void
district_poll_failed(struct district *district, const struct error *error)
{
    struct snapshot_counters *counters = district->tools->run.counters;
    struct schedule_policy rules = policy(district);
    if (error->cause == CAUSE_SFTP_CHANGED) {
        district_poll_went_well(district);
        return;
    }
    counters->polls_failed++;
    counters->causes[error->cause]++;
    bool is_new = district->poll_problem.cause != error->cause;
    district_set_problem(&district->poll_problem, error);
    double delay_s = schedule_repoll_s(&rules, district->settings->row.poll_every_s, error->cause,
                                       district->poll_problem.failures, clock_chance());
    district->poll_at = clock_steady() + delay_s;
    LOG(is_new ? LEVEL_WARNING : LEVEL_DEBUG, "poll failed",
        F_TEXT("district", district->settings->row.slug), F_TEXT("cause", cause_word(error->cause)),
        F_TEXT("owner", error_owner_word(cause_owner(error->cause))), F_TEXT("detail", error->text),
        F_INT("retry_ms", delay_s * 1000.0));
}

void
district_retry_run(struct district *district)
{
    struct schedule_policy rules = policy(district);
    district->retry_at =
        clock_steady() + schedule_retry_s(&rules, district->run_problem.failures, clock_chance());
}

/* Sets the timer to what comes next. */
void
district_arm(struct district *district)
{
    const struct district_row *row = &district->settings->row;
    double now = clock_steady();
    double delay_s = -1;
    if (district->state != DISTRICT_IDLE || district->is_stopped) {
        (void)uv_timer_stop(&district->timer);
        return;
    }
    if (district_is_on(district)) {
        double at = district->poll_at;
        if (district->retry_at > 0 && (at <= 0 || district->retry_at < at)) {
            at = district->retry_at;
        }
        if (district->has_approval && (at <= 0 || district->approval_at < at)) {
            at = fmax(district->approval_at, now);
        }
        if (district->wants_rules && district->pending.name == NULL) {
            at = now;
        }
        delay_s = at > 0 ? fmax(at - now, 0) : -1;
    } else if (row->is_enabled && row->paused_until > clock_now()) {
        delay_s = row->paused_until - clock_now() + 0.01;
    }
    if (delay_s < 0) {
        (void)uv_timer_stop(&district->timer);
    } else {
        (void)uv_timer_start(&district->timer, district_on_timer,
                             (uint64_t)(fmin(delay_s, 86400.0) * 1000.0) + 1, 0);
    }
}

/* --- deciding -------------------------------------------------------------------------------- */

static void
on_timer_closed(uv_handle_t *handle)
{
    struct district *district = handle->data;
    void (*left)(void *context) = district->left;
    void *context = district->left_context;
    district_forget_pending(district);
    run_file_free(&district->known);
    run_file_free(&district->approved);
    run_file_free(&district->carried);
    run_file_free(&district->settling);
    snapshot_run_put(district->last);
    json_decref(district->chain.older);
    json_decref(district->seen);
    free(district->by);
    free(district->settings);
    free(district);
    if (left != NULL) {
        left(context);
    }
}

/* What is due is begun; else the timer waits for it. */
void
district_decide(struct district *district)
{
    double now = clock_steady();
    if (district->state == DISTRICT_IDLE && district->left != NULL) {
        district_move(district, DISTRICT_LEAVING);
        uv_close((uv_handle_t *)&district->timer, on_timer_closed);
        return;
    }
    if (district->state == DISTRICT_IDLE && district_is_on(district)) {
        bool retries = district->retry_at > 0 && district->retry_at <= now;
        bool has_source = district->settings->row.host != NULL;
        if (district->has_approval && district->approval_at <= now) {
            district_begin_approval(district);
            return;
        }
        if (retries && district->pending.name != NULL &&
            access(district->pending.path, R_OK) == 0) {
            district_begin_run(district, &district->pending);
            return;
        }
        if (district->pending.name == NULL && district_chain_run(district)) {
            return;
        }
        if (retries && district->pending.name != NULL) {
            district_forget_pending(district); /* its file is gone: fetched again */
            district->poll_at = now;
        }
        if (has_source && district->poll_at > 0 && district->poll_at <= now) {
            district_begin_poll(district);
            return;
        }
        /* a file that waits to be tried again brings what is outstanding along */
        if (district->pending.name == NULL && (retries || district->wants_rules)) {
            district_begin_asking(district);
            return;
        }
    }
    district_changed(district);
    district_arm(district);
}

void
district_on_timer(uv_timer_t *timer)
{
    district_decide(timer->data);
}

/* --- what others call ------------------------------------------------------------------------ */

/* After a start: what the latest run left, as the database tells it. */
static void
take_history(struct district *district, const struct district_row *row)
{
    struct run_file file = {.name = (char *)(uintptr_t)row->file_name,
                            .size = row->file_size,
                            .mtime = row->file_mtime,
                            .sha256 = (char *)(uintptr_t)row->file_sha256,
                            .path = (char *)(uintptr_t) ""};
    if (row->last_run_id < district->last_run_id) {
        return; /* read before our latest run ended */
    }
    district_take_hold(district, row);
    if (row->last_success_at > district->last_success_at) {
        district->last_success_at = row->last_success_at;
    }
    run_file_free(&district->known);
    if (file.name != NULL && file.sha256 != NULL) {
        (void)run_file_copy(&file, &district->known);
    }
    if (district->last_run_id == 0 && row->last_state != NULL) {
        enum cause cause =
            row->last_reason == NULL ? CAUSE_NONE : cause_from_word(row->last_reason);
        bool is_rejected = strcmp(row->last_state, "rejected") == 0;
        bool is_bad = is_rejected || strcmp(row->last_state, "failed") == 0;
        if (is_bad && cause != CAUSE_NONE && cause != CAUSE_COUNT) {
            struct error error;
            (void)error_set(&error, cause, "%s", row->last_detail == NULL ? "" : row->last_detail);
            district_set_problem(is_rejected ? &district->file_problem : &district->run_problem,
                                 &error);
            district->health_since = row->last_ended_at;
            district->health = district_judge_health(district);
            (void)snprintf(district->health_reason, sizeof district->health_reason, "%s",
                           cause_word(cause));
        }
    }
}

struct district *
district_new(const struct district_tools *tools, const struct district_row *row)
{
    struct district *district = calloc(1, sizeof *district);
    struct settings *settings = district_settings_new(row);
    if (district == NULL || settings == NULL) {
        free(district);
        free(settings);
        return NULL;
    }
    district->tools = tools;
    district->settings = settings;
    (void)uv_timer_init(tools->run.loop, &district->timer);
    district->timer.data = district;
    district->bytes = -1;
    district->bytes_total = -1;
    district->on_since = clock_now();
    district->health_since = clock_now();
    district->state_since = clock_now();
    take_history(district, row);
    district->poll_at =
        clock_steady() +
        schedule_first_s(row->poll_every_s, tools->districts_count(tools->context), clock_chance());
    district_arm(district);
    return district;
}

/* Switched off or paused, or lost and taken again: nothing of before goes on. */
static void
cancel(struct district *district, enum cause cause)
{
    if (district->job != NULL &&
        (district->state == DISTRICT_POLLING || district->state == DISTRICT_BRINGING)) {
        fetcher_cancel(district->tools->fetcher, district->job);
    }
    if (district->run != NULL) {
        run_cancel(district->run, cause);
    }
    district_chain_stop(district);
    free(district->by);
    district->by = NULL;
    if (district->run == NULL) {
        district_forget_pending(district);
    }
}

/* Whether the files come from another place than before. */
static bool
is_other_drop(const struct district_row *old, const struct district_row *row)
{
    return old->host != NULL &&
           (row->host == NULL || strcmp(old->host, row->host) != 0 || old->port != row->port ||
            strcmp(old->username, row->username) != 0 || strcmp(old->path, row->path) != 0 ||
            strcmp(old->pattern, row->pattern) != 0);
}

/* Files of the drop before are not wanted any more: it may have been another district's. */
static void
change_drop(struct district *district)
{
    cancel(district, CAUSE_CONFIG_CHANGED);
    district->is_of_other_drop = district->run != NULL;
    district->run_problem = (struct problem){.cause = CAUSE_NONE};
}

void
district_configure(struct district *district, const struct district_row *row)
{
    const struct district_row *old = &district->settings->row;
    bool was_on = district_is_on(district);
    bool is_new_epoch = row->epoch != old->epoch;
    bool has_new_settings = row->settings_version != old->settings_version;
    bool has_other_drop = is_other_drop(old, row);
    bool has_new_source = has_other_drop || (old->host == NULL) != (row->host == NULL) ||
                          (row->host != NULL && (strcmp(old->host_keys, row->host_keys) != 0 ||
                                                 strcmp(old->credential, row->credential) != 0));
    bool has_new_interval = fabs(row->poll_every_s - old->poll_every_s) > 1e-6;
    struct settings *settings = district_settings_new(row);
    if (settings == NULL) {
        return; /* the next reading tries again */
    }
    free(district->settings);
    district->settings = settings;
    take_history(district, row);
    if (is_new_epoch) {
        cancel(district, CAUSE_LEASE_LOST);
    } else if (was_on && !district_is_on(district)) {
        cancel(district, CAUSE_CONFIG_SWITCHED_OFF);
        LOG(LEVEL_INFO, "switched off or paused", F_TEXT("district", row->slug));
    } else if (has_other_drop) {
        change_drop(district);
    }
    if (district_is_on(district) && (!was_on || has_new_source || has_new_interval)) {
        district->poll_at = clock_steady();
        district->on_since = clock_now();
    }
    if (has_new_source) {
        district->poll_problem = (struct problem){.cause = CAUSE_NONE};
        json_decref(district->seen);
        district->seen = NULL;
    }
    district->wants_rules = district->wants_rules || has_new_settings;
    if (district->state == DISTRICT_IDLE) {
        district_decide(district);
    } else {
        district_changed(district);
    }
}

int
district_sync(struct district *district, const char *by, struct error *reterr)
{
    const struct district_row *row = &district->settings->row;
    if (!row->is_enabled || row->paused_until > clock_now()) {
        return error_set(reterr, CAUSE_CONFIG_SWITCHED_OFF, "%s is %s", row->slug,
                         row->is_enabled ? "paused" : "off");
    }
    if (row->host == NULL) {
        return error_set(reterr, CAUSE_CONFIG_INVALID, "%s has no source", row->slug);
    }
    char *copy = strdup(by);
    if (copy == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "memory ran out");
    }
    district->poll_at = clock_steady();
    if (district->state == DISTRICT_IDLE) {
        free(district->by);
        district->by = copy;
        district_decide(district);
    } else {
        free(copy); /* what is under way is what was asked for; the drop is looked into after it */
    }
    return 0;
}

void
district_stop(struct district *district, bool is_now)
{
    district->is_stopped = true;
    if (district->job != NULL) {
        fetcher_cancel(district->tools->fetcher, district->job);
    }
    if (district->run != NULL && (is_now || !run_is_applying(district->run))) {
        run_cancel(district->run, CAUSE_DAEMON_STOPPED);
    }
    district_chain_stop(district);
    district_arm(district);
}

void
district_leave(struct district *district, void (*left)(void *context), void *context)
{
    district->left = left;
    district->left_context = context;
    district->is_stopped = true;
    cancel(district, CAUSE_LEASE_LOST);
    if (district->job != NULL) {
        fetcher_cancel(district->tools->fetcher, district->job);
    }
    if (district->state == DISTRICT_IDLE) {
        district_decide(district);
    }
}
