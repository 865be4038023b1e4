/* What a district is set to, how it is, and what is shown of it. */
#include "district_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* --- settings -------------------------------------------------------------------------------- */

#define ROW_STRINGS(row)                                                                           \
    &(row)->slug, &(row)->host, &(row)->username, &(row)->path, &(row)->pattern,                   \
        &(row)->host_keys, &(row)->credential, &(row)->ready, &(row)->after,                       \
        &(row)->held_withholds, &(row)->held_reason, &(row)->held_detail
enum { ROW_STRINGS_COUNT = 12 };

struct settings *
district_settings_new(const struct district_row *row)
{
    const char *const *from[ROW_STRINGS_COUNT] = {ROW_STRINGS(row)};
    size_t size = 0;
    for (size_t at = 0; at < ROW_STRINGS_COUNT; at++) {
        size += *from[at] == NULL ? 0 : strlen(*from[at]) + 1;
    }
    struct settings *settings = calloc(1, sizeof *settings + size);
    if (settings == NULL) {
        return NULL;
    }
    settings->row = *row;
    const char **to[ROW_STRINGS_COUNT] = {ROW_STRINGS(&settings->row)};
    char *string = settings->strings;
    for (size_t at = 0; at < ROW_STRINGS_COUNT; at++) {
        if (*from[at] != NULL) {
            *to[at] = string;
            string = stpcpy(string, *from[at]) + 1;
        }
    }
    /* what is looked at once, in district_configure */
    settings->row.file_name = NULL;
    settings->row.file_sha256 = NULL;
    settings->row.last_state = NULL;
    settings->row.last_reason = NULL;
    settings->row.last_detail = NULL;
    settings->row.approved_file_name = NULL;
    settings->row.approved_sha256 = NULL;
    return settings;
}

bool
district_is_on(const struct district *district)
{
    const struct district_row *row = &district->settings->row;
    return row->is_enabled && row->paused_until <= clock_now() && !district->is_stopped;
}

/* --- what people are told -------------------------------------------------------------------- */

void
district_set_problem(struct problem *problem, const struct error *error)
{
    problem->failures = problem->cause == error->cause ? problem->failures + 1 : 1;
    problem->cause = error->cause;
    (void)snprintf(problem->detail, sizeof problem->detail, "%.*s", (int)sizeof problem->detail - 1,
                   error->text);
}

const struct problem *
district_worst_problem(const struct district *district)
{
    const struct problem *poll = &district->poll_problem;
    const struct problem *run = district->run_problem.cause != CAUSE_NONE ? &district->run_problem
                                : district->approval_problem.cause != CAUSE_NONE
                                    ? &district->approval_problem
                                    : &district->file_problem;
    if (poll->cause == CAUSE_NONE || run->cause == CAUSE_NONE) {
        return poll->cause != CAUSE_NONE ? poll : run;
    }
    return schedule_is_failing(poll->cause, poll->failures) ? poll : run;
}

/* Why a district with which nothing is wrong is late: nobody looked, or nothing came; or it is not.
 */
static enum cause
late_cause(const struct district *district)
{
    const struct district_row *row = &district->settings->row;
    const struct snapshot_run *last = district->last;
    double now = clock_now();
    if (!district_is_on(district) || row->host == NULL) {
        return CAUSE_NONE;
    }
    if (schedule_is_late(now, district->last_poll_at, district->on_since, row->poll_every_s)) {
        return CAUSE_SFTP_LATE;
    }
    /* The row may be older than the last file. */
    bool has_come = last != NULL && last->file_sha256 != NULL && last->created_at > row->late_at;
    return row->late_at > 0 && now > row->late_at && !has_come ? CAUSE_FILE_LATE : CAUSE_NONE;
}

enum health
district_judge_health(const struct district *district)
{
    const struct problem *problem = district_worst_problem(district);
    if (district->run != NULL) {
        return HEALTH_WORKING;
    }
    if (problem->cause != CAUSE_NONE) {
        return schedule_is_failing(problem->cause, problem->failures) ? HEALTH_FAILING
                                                                      : HEALTH_RETRYING;
    }
    if (district->is_held) {
        return HEALTH_HELD;
    }
    if (late_cause(district) != CAUSE_NONE) {
        return HEALTH_LATE;
    }
    return district->last_success_at > 0 ? HEALTH_OK : HEALTH_UNKNOWN;
}

/* The word of the cause of a health. */
static const char *
reason_of(const struct district *district, enum health health)
{
    const char *held = district->settings->row.held_reason;
    if (health == HEALTH_HELD && held != NULL) {
        return held;
    }
    return cause_word(health == HEALTH_LATE ? late_cause(district)
                                            : district_worst_problem(district)->cause);
}

/* Something changed: how is it now, and since when? */
void
district_changed(struct district *district)
{
    enum health health = district_judge_health(district);
    const char *reason = reason_of(district, health);
    if (health != district->health || strcmp(reason, district->health_reason) != 0) {
        district->health = health;
        district->health_since = clock_now();
        (void)snprintf(district->health_reason, sizeof district->health_reason, "%s", reason);
    }
    district->tools->on_change(district->tools->context, district);
}

/* A held run is nobody's failure, but somebody's turn. */
static void
fill_hold(const struct district *district, struct snapshot_district *view)
{
    const struct district_row *row = &district->settings->row;
    if (view->hold.run_id != row->held_run) { /* the overview is older than the row */
        view->hold = (struct snapshot_hold){.run_id = row->held_run,
                                            .since = row->held_since,
                                            .withholds = row->held_withholds,
                                            .reason = row->held_reason,
                                            .what = row->held_detail};
    }
    if (view->health == HEALTH_HELD) {
        view->since = row->held_since > 0 ? row->held_since : view->since;
        view->reason = row->held_reason;
        view->owner = error_owner_word(OWNER_CSM);
        view->detail = row->held_detail;
    }
}

/* The moment of the other clock, of one of the steady clock. */
static double
wall(double steady)
{
    return steady <= 0 ? 0 : clock_now() + steady - clock_steady();
}

void
district_fill(const struct district *district, struct snapshot_district *view)
{
    static const enum step steps[] = {
        [DISTRICT_IDLE] = STEP_IDLE,        [DISTRICT_POLLING] = STEP_POLLING,
        [DISTRICT_ASKING] = STEP_IDLE,      [DISTRICT_RUNNING] = STEP_WAITING,
        [DISTRICT_BRINGING] = STEP_POLLING, [DISTRICT_SETTLING] = STEP_SETTLING,
        [DISTRICT_LEAVING] = STEP_IDLE,     [DISTRICT_LOOKING] = STEP_STAGING,
    };
    const struct district_row *row = &district->settings->row;
    const struct problem *problem = district_worst_problem(district);
    view->is_ours = true;
    view->epoch = row->epoch;
    view->sync = !row->is_enabled                  ? SYNC_OFF
                 : row->paused_until > clock_now() ? SYNC_PAUSED
                                                   : SYNC_ON;
    view->paused_until = row->paused_until;
    view->has_source = row->host != NULL;
    view->host = row->host;
    view->port = row->port;
    view->username = row->username;
    view->path = row->path;
    view->pattern = row->pattern;
    view->host_keys = row->host_keys;
    view->poll_every_s = row->poll_every_s;
    view->health = district->health;
    view->since = district->health_since;
    view->reason = problem->cause == CAUSE_NONE ? NULL : cause_word(problem->cause);
    view->owner =
        problem->cause == CAUSE_NONE ? NULL : error_owner_word(cause_owner(problem->cause));
    view->detail =
        *problem->detail == '\0' || problem->cause == CAUSE_NONE ? NULL : problem->detail;
    if (view->health == HEALTH_LATE) {
        enum cause cause = late_cause(district);
        view->reason = cause_word(cause);
        view->owner = error_owner_word(cause_owner(cause));
        view->since = cause == CAUSE_FILE_LATE ? row->late_at : view->since;
    }
    fill_hold(district, view);
    view->next_poll_at = district_is_on(district) ? wall(district->poll_at) : 0;
    view->retry_at = district_is_on(district) ? wall(district->retry_at) : 0;
    if (view->retry_at <= 0 && district->poll_problem.cause != CAUSE_NONE) {
        view->retry_at = view->next_poll_at;
    }
    view->last_poll_at = district->last_poll_at;
    view->last_success_at = district->last_success_at;
    view->waiting = *district->waiting == '\0' ? NULL : district->waiting;
    view->step = steps[district->state];
    view->step_since = district->state_since;
    view->progress_bytes = district->bytes;
    view->progress_bytes_total = district->bytes_total;
    if (district->run != NULL) {
        struct run_progress progress = run_progress(district->run);
        view->step = run_step(district->run);
        view->step_since = run_step_since(district->run);
        view->progress_file = progress.file;
        view->progress_rows = progress.rows;
        view->progress_bytes = progress.bytes;
        view->progress_bytes_total = progress.bytes_total;
    }
    const struct snapshot_run *run =
        district->run != NULL ? run_view(district->run) : district->last;
    if (run != NULL && run->run_id >= view->last.run_id) {
        view->last = *run;
    }
}

/* --- what others ask ------------------------------------------------------------------------- */

bool
district_is_idle(const struct district *district)
{
    return district->state == DISTRICT_IDLE;
}

bool
district_is_running(const struct district *district)
{
    return district->run != NULL;
}

bool
district_is_polling(const struct district *district)
{
    return district->state == DISTRICT_POLLING || district->state == DISTRICT_BRINGING;
}

int64_t
district_id(const struct district *district)
{
    return district->settings->row.district_id;
}

int64_t
district_epoch(const struct district *district)
{
    return district->settings->row.epoch;
}

const char *
district_slug(const struct district *district)
{
    return district->settings->row.slug;
}

bool
district_has_source(const struct district *district)
{
    return district->settings->row.host != NULL;
}

const char *
district_host(const struct district *district)
{
    return district->settings->row.host;
}

int
district_port(const struct district *district)
{
    return district->settings->row.port;
}

const char *
district_host_keys(const struct district *district)
{
    return district->settings->row.host_keys;
}
