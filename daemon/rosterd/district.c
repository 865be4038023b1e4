/*
 *              due                 fetched                  done, and the source wants it
 *    IDLE ───────────▶ POLLING ─────────────▶ RUNNING ───────────────────────▶ SETTLING ──▶ IDLE
 *     ▲ │                │ nothing, waiting     ▲ │
 *     │ │ settings       ▼                      │ │ any other end
 *     │ └───────────▶ ASKING ── outstanding ────┘ │
 *     │                  │ no                     │
 *     └──────────────────┴────────────────────────┘
 *
 * POLLING   a job of the fetcher: list, decide, download.
 * ASKING    does the database have something for the rules to do without a file?
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
 */
#include "district.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "limit.h"
#include "log.h"
#include "schedule.h"

enum district_state {
    DISTRICT_IDLE,
    DISTRICT_POLLING,
    DISTRICT_ASKING,
    DISTRICT_RUNNING,
    DISTRICT_SETTLING,
    DISTRICT_LEAVING
};

/* A copy of a row with its strings in one block. */
struct settings {
    struct district_row row;
    size_t strings_size;
    char strings[];
};

/* What went wrong last, and how often in a row. */
struct problem {
    enum cause cause; /* CAUSE_NONE: nothing */
    unsigned failures;
    char detail[160];
};

struct district {
    const struct district_tools *tools;
    struct settings *settings;
    uv_timer_t timer;
    enum district_state state;
    bool is_stopped;
    struct fetch_job *job;
    struct run *run;
    void (*left)(void *context);
    void *left_context;

    char *by;         /* a person asked: the next poll and run are theirs */
    bool wants_rules; /* ask the database without a poll */
    json_t *seen;     /* candidates of the poll before */
    char waiting[16];
    struct run_file known; /* name NULL: none */
    struct run_file pending;
    bool is_retry;

    /* the clock that never jumps; 0: none */
    double poll_at;
    double retry_at;
    double state_since;
    /* seconds since 1970 */
    double last_poll_at;
    double last_success_at;
    double on_since;
    struct problem poll_problem;
    struct problem run_problem;
    bool is_held;
    int64_t bytes, bytes_total;
    const struct snapshot_run *last; /* our latest run; NULL: as the database says */
    int64_t last_run_id;
    enum health health;
    char health_reason[32];
    double health_since;
};

static void decide(struct district *district);

/* --- settings -------------------------------------------------------------------------------- */

#define ROW_STRINGS(row)                                                                           \
    &(row)->slug, &(row)->host, &(row)->username, &(row)->path, &(row)->pattern,                   \
        &(row)->host_keys, &(row)->credential, &(row)->ready, &(row)->after, &(row)->phone_region
enum { ROW_STRINGS_COUNT = 10 };

static struct settings *
settings_new(const struct district_row *row)
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
    return settings;
}

static bool
is_on(const struct district *district)
{
    const struct district_row *row = &district->settings->row;
    return row->is_enabled && row->paused_until <= clock_now() && !district->is_stopped;
}

/* --- what people are told -------------------------------------------------------------------- */

static void
set_problem(struct problem *problem, const struct error *error)
{
    problem->failures = problem->cause == error->cause ? problem->failures + 1 : 1;
    problem->cause = error->cause;
    (void)snprintf(problem->detail, sizeof problem->detail, "%.*s", (int)sizeof problem->detail - 1,
                   error->text);
}

static const struct problem *
worst_problem(const struct district *district)
{
    const struct problem *poll = &district->poll_problem;
    const struct problem *run = &district->run_problem;
    if (poll->cause == CAUSE_NONE || run->cause == CAUSE_NONE) {
        return poll->cause != CAUSE_NONE ? poll : run;
    }
    return schedule_is_failing(poll->cause, poll->failures) ? poll : run;
}

static enum health
judge_health(const struct district *district)
{
    const struct problem *problem = worst_problem(district);
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
    if (is_on(district) && district->settings->row.host != NULL &&
        schedule_is_late(clock_now(), district->last_poll_at, district->on_since,
                         district->settings->row.poll_every_s)) {
        return HEALTH_LATE;
    }
    return district->last_success_at > 0 ? HEALTH_OK : HEALTH_UNKNOWN;
}

/* Something changed: how is it now, and since when? */
static void
changed(struct district *district)
{
    enum health health = judge_health(district);
    const char *reason = cause_word(worst_problem(district)->cause);
    if (health != district->health || strcmp(reason, district->health_reason) != 0) {
        district->health = health;
        district->health_since = clock_now();
        (void)snprintf(district->health_reason, sizeof district->health_reason, "%s", reason);
    }
    district->tools->on_change(district->tools->context, district);
}

static void
move(struct district *district, enum district_state state)
{
    district->state = state;
    district->state_since = clock_now();
    district->bytes = -1;
    district->bytes_total = -1;
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
        [DISTRICT_IDLE] = STEP_IDLE,         [DISTRICT_POLLING] = STEP_POLLING,
        [DISTRICT_ASKING] = STEP_IDLE,       [DISTRICT_RUNNING] = STEP_WAITING,
        [DISTRICT_SETTLING] = STEP_SETTLING, [DISTRICT_LEAVING] = STEP_IDLE,
    };
    const struct district_row *row = &district->settings->row;
    const struct problem *problem = worst_problem(district);
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
    view->next_poll_at = is_on(district) ? wall(district->poll_at) : 0;
    view->retry_at = is_on(district) ? wall(district->retry_at) : 0;
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

/* --- when ------------------------------------------------------------------------------------ */

static struct schedule_policy
policy(const struct district *district)
{
    const struct config *config = district->tools->run.config;
    return (struct schedule_policy){.jitter = config->schedule.jitter_percent / 100.0,
                                    .retry_min_s = config->schedule.retry_min_s,
                                    .retry_max_s = config->schedule.retry_max_s};
}

static void
poll_after_success(struct district *district)
{
    struct schedule_policy rules = policy(district);
    double delay_s = schedule_poll_s(&rules, district->settings->row.poll_every_s, clock_chance());
    district->poll_problem = (struct problem){.cause = CAUSE_NONE};
    district->last_poll_at = clock_now();
    district->poll_at = clock_steady() + delay_s;
}

static void
poll_after_failure(struct district *district, const struct error *error)
{
    struct snapshot_counters *counters = district->tools->run.counters;
    struct schedule_policy rules = policy(district);
    if (error->cause == CAUSE_SFTP_CHANGED) {
        poll_after_success(district);
        return;
    }
    counters->polls_failed++;
    counters->causes[error->cause]++;
    bool is_new = district->poll_problem.cause != error->cause;
    set_problem(&district->poll_problem, error);
    double delay_s = schedule_repoll_s(&rules, district->settings->row.poll_every_s, error->cause,
                                       district->poll_problem.failures, clock_chance());
    district->poll_at = clock_steady() + delay_s;
    LOG(is_new ? LEVEL_WARNING : LEVEL_DEBUG, "poll failed",
        F_TEXT("district", district->settings->row.slug), F_TEXT("cause", cause_word(error->cause)),
        F_TEXT("owner", error_owner_word(cause_owner(error->cause))), F_TEXT("detail", error->text),
        F_INT("retry_ms", delay_s * 1000.0));
}

static void
retry_run(struct district *district)
{
    struct schedule_policy rules = policy(district);
    district->retry_at =
        clock_steady() + schedule_retry_s(&rules, district->run_problem.failures, clock_chance());
}

static void on_timer(uv_timer_t *timer);

/* Sets the timer to what comes next. */
static void
arm(struct district *district)
{
    const struct district_row *row = &district->settings->row;
    double now = clock_steady();
    double delay_s = -1;
    if (district->state != DISTRICT_IDLE || district->is_stopped) {
        (void)uv_timer_stop(&district->timer);
        return;
    }
    if (is_on(district)) {
        double at = district->poll_at;
        if (district->retry_at > 0 && (at <= 0 || district->retry_at < at)) {
            at = district->retry_at;
        }
        if (district->wants_rules) {
            at = now;
        }
        delay_s = at > 0 ? fmax(at - now, 0) : -1;
    } else if (row->is_enabled && row->paused_until > clock_now()) {
        delay_s = row->paused_until - clock_now() + 0.01;
    }
    if (delay_s < 0) {
        (void)uv_timer_stop(&district->timer);
    } else {
        (void)uv_timer_start(&district->timer, on_timer,
                             (uint64_t)(fmin(delay_s, 86400.0) * 1000.0) + 1, 0);
    }
}

/* --- polling --------------------------------------------------------------------------------- */

static json_t *
file_message(const struct run_file *file)
{
    return json_pack("{s:s, s:I, s:I}", "name", file->name, "size", (json_int_t)file->size, "mtime",
                     (json_int_t)file->mtime);
}

static json_t *
keys_message(const char *keys)
{
    json_t *list = json_array();
    while (keys != NULL && *keys != '\0') {
        size_t length = strcspn(keys, " ");
        (void)json_array_append_new(list, json_stringn(keys, length));
        keys += length + strspn(keys + length, " ");
    }
    return list;
}

json_t *
district_job(const struct district *district, const char *op)
{
    const struct district_row *row = &district->settings->row;
    const struct config *config = district->tools->run.config;
    if (row->host == NULL) {
        return NULL;
    }
    return json_pack("{s:s, s:s, s:i, s:s, s:s, s:o, s:s, s:I, s:I, s:I}", "op", op, "host",
                     row->host, "port", row->port, "username", row->username, "credential",
                     row->credential, "host_keys", keys_message(row->host_keys), "path", row->path,
                     "connect_ms", (json_int_t)(config->deadlines.connect_s * 1000.0), "silence_ms",
                     (json_int_t)(config->deadlines.silence_s * 1000.0), "total_ms",
                     (json_int_t)(config->deadlines.fetch_s * 1000.0));
}

static json_t *
poll_message(const struct district *district, const char *folder)
{
    const struct district_row *row = &district->settings->row;
    json_t *message = district_job(district, "poll");
    /* a person wants to see it done: what was taken before is taken again */
    const struct run_file *known =
        district->pending.name != NULL ? &district->pending : &district->known;
    bool has_known = known->name != NULL && district->by == NULL;
    json_t *rest = json_pack(
        "{s:s, s:s, s:o, s:o, s:s, s:I, s:I}", "pattern", row->pattern, "ready", row->ready, "seen",
        district->seen == NULL ? json_array() : json_deep_copy(district->seen), "known",
        has_known ? file_message(known) : json_null(), "spool", folder, "max_bytes",
        (json_int_t)LIMIT_ZIP_BYTES, "quota_bytes", (json_int_t)spool_room(district->tools->spool));
    if (message == NULL || rest == NULL || json_object_update(message, rest) != 0) {
        json_decref(message);
        message = NULL;
    }
    json_decref(rest);
    return message;
}

static void
on_fetch_progress(void *context, int64_t bytes, int64_t size)
{
    struct district *district = context;
    district->bytes = bytes;
    district->bytes_total = size;
    changed(district);
}

static void begin_run(struct district *district, const struct run_file *file);
static void begin_asking(struct district *district);

/* Takes a file that was fetched as the one to run. Returns 0 or -1. */
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
    struct run_file copy;
    if (run_file_copy(&file, &copy) != 0) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for a file");
    }
    if (district->pending.path != NULL) {
        spool_release(district->tools->spool, district->pending.path);
        run_file_free(&district->pending);
    }
    district->pending = copy;
    spool_hold(district->tools->spool, copy.path);
    spool_added(district->tools->spool, size);
    district->tools->run.counters->files_fetched++;
    district->tools->run.counters->bytes_fetched += (uint64_t)size;
    LOG(LEVEL_INFO, "file fetched", F_TEXT("district", district->settings->row.slug),
        F_TEXT("file", name), F_INT("file_bytes", size), F_TEXT("file_sha256", sha256));
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
    int taken = end->event == NULL ? -1 : take_event(district, end->event, &error);
    move(district, DISTRICT_IDLE);
    if (end->was_cancelled || !is_on(district)) {
        decide(district);
        return;
    }
    if (taken < 0) {
        poll_after_failure(district, &error);
    } else {
        poll_after_success(district);
    }
    if (taken == 1) {
        district->retry_at = 0;
        district->is_retry = false;
        begin_run(district, &district->pending);
    } else if (district->pending.name == NULL) {
        begin_asking(district);
    } else {
        free(district->by);
        district->by = NULL;
        decide(district);
    }
}

static void
begin_poll(struct district *district)
{
    char folder[SPOOL_PATH_SIZE];
    struct error error;
    district->tools->run.counters->polls++;
    if (spool_folder(district->tools->spool, district->settings->row.slug, folder, &error) != 0) {
        poll_after_failure(district, &error);
        decide(district);
        return;
    }
    move(district, DISTRICT_POLLING);
    district->job = fetcher_submit(
        district->tools->fetcher,
        &(struct fetch_request){.host = district->settings->row.host,
                                .message = poll_message(district, folder),
                                .total_s = district->tools->run.config->deadlines.fetch_s,
                                .on_progress = on_fetch_progress,
                                .on_end = on_polled,
                                .context = district});
    if (district->job == NULL) {
        (void)error_set(&error, CAUSE_MEMORY, "no memory for a poll");
        move(district, DISTRICT_IDLE);
        poll_after_failure(district, &error);
        decide(district);
        return;
    }
    changed(district);
}

/* --- settling -------------------------------------------------------------------------------- */

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
    move(district, DISTRICT_IDLE);
    decide(district);
}

/* The file as `known` has it is dealt with as the source wants. */
static void
settle(struct district *district)
{
    const struct district_row *row = &district->settings->row;
    json_t *message = NULL;
    if (strcmp(row->after, "leave") != 0 && row->host != NULL && is_on(district) &&
        (message = district_job(district, "settle")) != NULL) {
        const struct run_file *file = &district->known;
        json_t *rest = file_message(file);
        (void)json_object_set_new(rest, "sha256", json_string(file->sha256));
        (void)json_object_set_new(rest, "after", json_string(row->after));
        (void)json_object_update(message, rest);
        json_decref(rest);
        move(district, DISTRICT_SETTLING);
        district->job = fetcher_submit(
            district->tools->fetcher,
            &(struct fetch_request){.host = row->host,
                                    .message = message,
                                    .total_s = district->tools->run.config->deadlines.fetch_s,
                                    .on_end = on_settled,
                                    .context = district});
    }
    if (district->job == NULL) {
        move(district, DISTRICT_IDLE);
        decide(district);
    } else {
        changed(district);
    }
}

/* --- running --------------------------------------------------------------------------------- */

static void
forget_pending(struct district *district)
{
    if (district->pending.path != NULL) {
        spool_release(district->tools->spool, district->pending.path);
    }
    run_file_free(&district->pending);
    district->retry_at = 0;
    district->is_retry = false;
}

/* The pending file needs no second look. */
static void
pending_is_known(struct district *district)
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
    changed(district);
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
        district->is_held = strcmp(end->state, "held") == 0;
        district->last_success_at = is_success ? clock_now() : district->last_success_at;
        district->retry_at = 0;
        district->is_retry = false;
        if (has_file) {
            pending_is_known(district);
        }
        return has_file && is_success;
    }
    if (end->is_rejected) {
        district->run_problem = (struct problem){.cause = CAUSE_NONE};
        set_problem(&district->run_problem, &end->error);
        district->retry_at = 0;
        district->is_retry = false;
        if (has_file) {
            pending_is_known(district);
        }
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
    set_problem(&district->run_problem, &end->error);
    retry_run(district);
    district->is_retry = true;
    return false;
}

static void
on_run_end(void *context, const struct run_end *end)
{
    struct district *district = context;
    district->run = NULL;
    free(district->by);
    district->by = NULL;
    if (end->view != NULL) {
        log_run_end(district, end);
        district->tools->on_run(district->tools->context, end->view, true);
        snapshot_run_put(district->last);
        district->last = snapshot_run_new(end->view);
        district->last_run_id = end->view->run_id;
    }
    bool settles = take_end(district, end);
    move(district, DISTRICT_IDLE);
    if (!is_on(district)) {
        forget_pending(district);
    }
    if (settles) {
        settle(district);
    } else {
        decide(district);
    }
}

/* @param file  NULL: only the rules */
static void
begin_run(struct district *district, const struct run_file *file)
{
    const struct district_row *row = &district->settings->row;
    struct error error;
    move(district, DISTRICT_RUNNING);
    district->retry_at = 0;
    district->run = run_start(&(struct run_params){
        .tools = &district->tools->run,
        .district_id = row->district_id,
        .epoch = row->epoch,
        .slug = row->slug,
        .phone_region = row->phone_region,
        .cause = district->by != NULL ? "manual"
                 : district->is_retry ? "retry"
                                      : "schedule",
        .by = district->by,
        .file = file,
        .on_change = on_run_change,
        .on_end = on_run_end,
        .context = district,
    });
    if (district->run == NULL) {
        (void)error_set(&error, CAUSE_MEMORY, "no memory for a run");
        set_problem(&district->run_problem, &error);
        retry_run(district);
        move(district, DISTRICT_IDLE);
        decide(district);
        return;
    }
    changed(district);
}

/* --- asking ---------------------------------------------------------------------------------- */

static void
on_asked(void *context, const struct db_outcome *outcome)
{
    struct district *district = context;
    bool is_outstanding =
        outcome->is_ok && db_rows_count(outcome->rows) > 0 && db_boolean(outcome->rows, 0, 0);
    move(district, DISTRICT_IDLE);
    if (is_outstanding && is_on(district)) {
        begin_run(district, NULL);
        return;
    }
    free(district->by);
    district->by = NULL;
    decide(district);
}

static void
begin_asking(struct district *district)
{
    char id[24];
    (void)snprintf(id, sizeof id, "%lld", (long long)district->settings->row.district_id);
    district->wants_rules = false;
    district->retry_at = 0;
    move(district, DISTRICT_ASKING);
    if (db_call(district->tools->control, &(struct db_query){.sql = "SELECT sync.outstanding($1)",
                                                             .params_count = 1,
                                                             .params = {id},
                                                             .timeout_s = 30,
                                                             .done = on_asked,
                                                             .context = district}) != 0) {
        move(district, DISTRICT_IDLE);
    }
    changed(district);
}

/* --- deciding -------------------------------------------------------------------------------- */

static void
on_timer_closed(uv_handle_t *handle)
{
    struct district *district = handle->data;
    void (*left)(void *context) = district->left;
    void *context = district->left_context;
    forget_pending(district);
    run_file_free(&district->known);
    snapshot_run_put(district->last);
    json_decref(district->seen);
    free(district->by);
    free(district->settings);
    free(district);
    if (left != NULL) {
        left(context);
    }
}

/* What is due is begun; else the timer waits for it. */
static void
decide(struct district *district)
{
    double now = clock_steady();
    if (district->state == DISTRICT_IDLE && district->left != NULL) {
        move(district, DISTRICT_LEAVING);
        uv_close((uv_handle_t *)&district->timer, on_timer_closed);
        return;
    }
    if (district->state == DISTRICT_IDLE && is_on(district)) {
        bool retries = district->retry_at > 0 && district->retry_at <= now;
        bool has_source = district->settings->row.host != NULL;
        if (retries && district->pending.name != NULL &&
            access(district->pending.path, R_OK) == 0) {
            begin_run(district, &district->pending);
            return;
        }
        if (retries && district->pending.name != NULL) {
            forget_pending(district); /* its file is gone: fetched again */
            district->poll_at = now;
        }
        if (has_source && district->poll_at > 0 && district->poll_at <= now) {
            begin_poll(district);
            return;
        }
        if (retries || district->wants_rules) {
            begin_asking(district);
            return;
        }
    }
    changed(district);
    arm(district);
}

static void
on_timer(uv_timer_t *timer)
{
    decide(timer->data);
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
        bool is_bad =
            strcmp(row->last_state, "failed") == 0 || strcmp(row->last_state, "rejected") == 0;
        district->is_held = strcmp(row->last_state, "held") == 0;
        if (is_bad && cause != CAUSE_NONE && cause != CAUSE_COUNT) {
            struct error error;
            (void)error_set(&error, cause, "%s", row->last_detail == NULL ? "" : row->last_detail);
            set_problem(&district->run_problem, &error);
            district->health_since = row->last_ended_at;
            district->health = judge_health(district);
            (void)snprintf(district->health_reason, sizeof district->health_reason, "%s",
                           cause_word(cause));
        }
    }
}

struct district *
district_new(const struct district_tools *tools, const struct district_row *row)
{
    struct district *district = calloc(1, sizeof *district);
    struct settings *settings = settings_new(row);
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
    arm(district);
    return district;
}

/* Switched off or paused, or lost and taken again: nothing of before goes on. */
static void
cancel(struct district *district, enum cause cause)
{
    if (district->job != NULL && district->state == DISTRICT_POLLING) {
        fetcher_cancel(district->tools->fetcher, district->job);
    }
    if (district->run != NULL) {
        run_cancel(district->run, cause);
    }
    free(district->by);
    district->by = NULL;
    if (district->run == NULL) {
        forget_pending(district);
    }
}

void
district_configure(struct district *district, const struct district_row *row)
{
    const struct district_row *old = &district->settings->row;
    bool was_on = is_on(district);
    bool is_new_epoch = row->epoch != old->epoch;
    bool has_new_settings = row->settings_version != old->settings_version;
    bool has_new_source =
        (old->host == NULL) != (row->host == NULL) ||
        (row->host != NULL &&
         (strcmp(old->host, row->host) != 0 || strcmp(old->host_keys, row->host_keys) != 0 ||
          strcmp(old->credential, row->credential) != 0 ||
          strcmp(old->username, row->username) != 0 || strcmp(old->path, row->path) != 0 ||
          strcmp(old->pattern, row->pattern) != 0 || old->port != row->port));
    bool has_new_interval = fabs(row->poll_every_s - old->poll_every_s) > 1e-6;
    struct settings *settings = settings_new(row);
    if (settings == NULL) {
        return; /* the next reading tries again */
    }
    free(district->settings);
    district->settings = settings;
    take_history(district, row);
    if (is_new_epoch) {
        cancel(district, CAUSE_LEASE_LOST);
    } else if (was_on && !is_on(district)) {
        cancel(district, CAUSE_CONFIG_SWITCHED_OFF);
        LOG(LEVEL_INFO, "switched off or paused", F_TEXT("district", row->slug));
    }
    if (is_on(district) && (!was_on || has_new_source || has_new_interval)) {
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
        decide(district);
    } else {
        changed(district);
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
        decide(district);
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
    arm(district);
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
        decide(district);
    }
}

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
    return district->state == DISTRICT_POLLING;
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
