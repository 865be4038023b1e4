/*
 * What the database says of the districts: the rows of ours, and the overview of all. Which columns
 * come in which order is said here only.
 */
#include "districts_private.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"

/* What comes in so short a time is read in one go. */
#define NOTIFY_WAIT_S 0.01

/* --- reading rows of ours -------------------------------------------------------------------- */

static const char rows_sql[] =
    "SELECT district_id, epoch, slug, sync_enabled, extract(epoch FROM paused_until)::float8, "
    "settings_version, host, port, username, path, pattern, "
    "array_to_string(host_keys, ' '), credential, poll_every_s, ready, after, "
    "last_file_name, last_file_size, last_file_mtime, last_sha256, "
    "last_run_id, last_state, last_reason, last_detail, "
    "extract(epoch FROM last_ended_at)::float8, "
    "extract(epoch FROM last_success_at)::float8, held_run, "
    "extract(epoch FROM held_since)::float8, held_withholds, held_reason, held_detail, "
    "approved_run, "
    "approved_file_name, approved_file_size, approved_file_mtime, approved_sha256, is_strict, "
    "extract(epoch FROM late_at)::float8 "
    "FROM sync.read_districts($1, $2)";

static void
on_row(void *context, const struct db_rows *rows)
{
    struct districts *districts = context;
    const struct district_row row = {
        .district_id = db_integer(rows, 0, 0, 0),
        .epoch = db_integer(rows, 0, 1, 0),
        .slug = db_text(rows, 0, 2),
        .is_enabled = db_boolean(rows, 0, 3),
        .paused_until = db_real(rows, 0, 4, 0),
        .settings_version = db_integer(rows, 0, 5, 0),
        .host = db_text(rows, 0, 6),
        .port = (int)db_integer(rows, 0, 7, 22),
        .username = db_text(rows, 0, 8),
        .path = db_text(rows, 0, 9),
        .pattern = db_text(rows, 0, 10),
        .host_keys = db_text(rows, 0, 11),
        .credential = db_text(rows, 0, 12),
        .poll_every_s = db_real(rows, 0, 13, 900),
        .ready = db_text(rows, 0, 14),
        .after = db_text(rows, 0, 15),
        .file_name = db_text(rows, 0, 16),
        .file_size = db_integer(rows, 0, 17, 0),
        .file_mtime = db_integer(rows, 0, 18, 0),
        .file_sha256 = db_text(rows, 0, 19),
        .last_run_id = db_integer(rows, 0, 20, 0),
        .last_state = db_text(rows, 0, 21),
        .last_reason = db_text(rows, 0, 22),
        .last_detail = db_text(rows, 0, 23),
        .last_ended_at = db_real(rows, 0, 24, 0),
        .last_success_at = db_real(rows, 0, 25, 0),
        .held_run = db_integer(rows, 0, 26, 0),
        .held_since = db_real(rows, 0, 27, 0),
        .held_withholds = db_text(rows, 0, 28),
        .held_reason = db_text(rows, 0, 29),
        .held_detail = db_text(rows, 0, 30),
        .approved_run = db_integer(rows, 0, 31, 0),
        .approved_file_name = db_text(rows, 0, 32),
        .approved_file_size = db_integer(rows, 0, 33, 0),
        .approved_file_mtime = db_integer(rows, 0, 34, 0),
        .approved_sha256 = db_text(rows, 0, 35),
        .is_strict = db_boolean(rows, 0, 36),
        .late_at = db_real(rows, 0, 37, 0),
    };
    struct entry *entry = districts_entry(districts, row.district_id);
    if (entry == NULL || entry->epoch == 0 || entry->is_leaving || districts->is_stopped) {
        return; /* not ours by the latest list */
    }
    entry->epoch = row.epoch;
    if (entry->machine == NULL) {
        entry->machine = district_new(&districts->tools, &row);
    } else {
        district_configure(entry->machine, &row);
    }
    entry->is_dirty = true;
    districts->is_list_dirty = true;
}

/* --- reading all for the views --------------------------------------------------------------- */

static const char overview_sql[] =
    "SELECT district_id, slug, name, note, daemon, preview_only, epoch, sync_enabled, "
    "extract(epoch FROM paused_until)::float8, pause_reason, changed_by, "
    "extract(epoch FROM changed_at)::float8, extract(epoch FROM seen_at)::float8, host, "
    "port, username, path, pattern, array_to_string(host_keys, ' '), poll_every_s, "
    "health, health_reason, health_owner, health_detail, "
    "extract(epoch FROM health_since)::float8, extract(epoch FROM retry_at)::float8, "
    "extract(epoch FROM last_poll_at)::float8, "
    "extract(epoch FROM last_success_at)::float8, errors, warnings, last_run_id, "
    "last_cause, last_state, last_reason, last_owner, last_detail, last_file_name, "
    "last_file_size, last_sha256, last_counts, last_requested_by, "
    "extract(epoch FROM last_created_at)::float8, "
    "extract(epoch FROM last_staged_at)::float8, "
    "extract(epoch FROM last_planned_at)::float8, "
    "extract(epoch FROM last_applied_at)::float8, "
    "extract(epoch FROM last_ended_at)::float8, held_run, "
    "extract(epoch FROM held_since)::float8, held_withholds, held_reason, held_detail, "
    "held_file_name, held_sha256, held_decision, held_decided_by, "
    "extract(epoch FROM held_decided_at)::float8 "
    "FROM sync.overview()";
enum { LAST_RUN = 30, HOLD = 46 };

static void
read_last_run(const struct db_rows *rows, struct snapshot_district *view)
{
    view->last = (struct snapshot_run){
        .run_id = db_integer(rows, 0, LAST_RUN, 0),
        .district_id = view->district_id,
        .slug = view->slug,
        .cause = db_text(rows, 0, LAST_RUN + 1),
        .state = db_text(rows, 0, LAST_RUN + 2),
        .reason = db_text(rows, 0, LAST_RUN + 3),
        .owner = db_text(rows, 0, LAST_RUN + 4),
        .detail = db_text(rows, 0, LAST_RUN + 5),
        .file_name = db_text(rows, 0, LAST_RUN + 6),
        .file_size = db_integer(rows, 0, LAST_RUN + 7, -1),
        .file_sha256 = db_text(rows, 0, LAST_RUN + 8),
        .counts = db_text(rows, 0, LAST_RUN + 9),
        .requested_by = db_text(rows, 0, LAST_RUN + 10),
        .created_at = db_real(rows, 0, LAST_RUN + 11, 0),
        .staged_at = db_real(rows, 0, LAST_RUN + 12, 0),
        .planned_at = db_real(rows, 0, LAST_RUN + 13, 0),
        .applied_at = db_real(rows, 0, LAST_RUN + 14, 0),
        .ended_at = db_real(rows, 0, LAST_RUN + 15, 0),
    };
}

static void
read_hold(const struct db_rows *rows, struct snapshot_hold *hold)
{
    *hold = (struct snapshot_hold){
        .run_id = db_integer(rows, 0, HOLD, 0),
        .since = db_real(rows, 0, HOLD + 1, 0),
        .withholds = db_text(rows, 0, HOLD + 2),
        .reason = db_text(rows, 0, HOLD + 3),
        .what = db_text(rows, 0, HOLD + 4),
        .file_name = db_text(rows, 0, HOLD + 5),
        .decision = db_text(rows, 0, HOLD + 7),
        .decided_by = db_text(rows, 0, HOLD + 8),
        .decided_at = db_real(rows, 0, HOLD + 9, 0),
    };
}

static enum health
parse_health(const char *word)
{
    for (int health = 0; word != NULL && health < HEALTH_COUNT; health++) {
        if (strcmp(word, health_word((enum health)health)) == 0) {
            return (enum health)health;
        }
    }
    return HEALTH_UNKNOWN;
}

static void
on_overview_row(void *context, const struct db_rows *rows)
{
    struct districts *districts = context;
    struct snapshot_district view = {
        .district_id = db_integer(rows, 0, 0, 0),
        .slug = db_text(rows, 0, 1),
        .name = db_text(rows, 0, 2),
        .note = db_text(rows, 0, 3),
        .daemon = db_text(rows, 0, 4),
        .is_preview_only = db_boolean(rows, 0, 5),
        .epoch = db_integer(rows, 0, 6, 0),
        .paused_until = db_real(rows, 0, 8, 0),
        .pause_reason = db_text(rows, 0, 9),
        .changed_by = db_text(rows, 0, 10),
        .changed_at = db_real(rows, 0, 11, 0),
        .seen_at = db_real(rows, 0, 12, 0),
        .has_source = !db_is_null(rows, 0, 13),
        .host = db_text(rows, 0, 13),
        .port = (int)db_integer(rows, 0, 14, 0),
        .username = db_text(rows, 0, 15),
        .path = db_text(rows, 0, 16),
        .pattern = db_text(rows, 0, 17),
        .host_keys = db_text(rows, 0, 18),
        .poll_every_s = db_real(rows, 0, 19, 0),
        .health = parse_health(db_text(rows, 0, 20)),
        .reason = db_text(rows, 0, 21),
        .owner = db_text(rows, 0, 22),
        .detail = db_text(rows, 0, 23),
        .since = db_real(rows, 0, 24, 0),
        .retry_at = db_real(rows, 0, 25, 0),
        .last_poll_at = db_real(rows, 0, 26, 0),
        .last_success_at = db_real(rows, 0, 27, 0),
        .errors = db_integer(rows, 0, 28, 0),
        .warnings = db_integer(rows, 0, 29, 0),
        .progress_bytes = -1,
        .progress_bytes_total = -1,
    };
    view.sync = !db_boolean(rows, 0, 7)           ? SYNC_OFF
                : view.paused_until > clock_now() ? SYNC_PAUSED
                                                  : SYNC_ON;
    read_last_run(rows, &view);
    read_hold(rows, &view.hold);
    struct entry *entry = districts_get_entry(districts, view.district_id);
    const struct snapshot_district *base = entry == NULL ? NULL : snapshot_district_new(&view);
    if (base == NULL) {
        return;
    }
    entry->seen = districts->overview_number;
    districts_keep(districts, entry, view.slug, db_text(rows, 0, HOLD + 6));
    if (entry->base != NULL && snapshot_district_is_same(entry->base, base)) {
        snapshot_district_put(base);
        return;
    }
    districts->is_order_dirty = districts->is_order_dirty || entry->base == NULL ||
                                strcmp(entry->base->slug, base->slug) != 0;
    snapshot_district_put(entry->base);
    entry->base = base;
    entry->is_dirty = true;
    districts->is_list_dirty = true;
}

/* Forgets the districts that are gone from the database. */
static void
sweep(struct districts *districts)
{
    size_t kept = 0;
    for (size_t at = 0; at < districts->count; at++) {
        struct entry *entry = districts->by_id[at];
        if (entry->seen == districts->overview_number || entry->machine != NULL ||
            entry->epoch > 0) {
            districts->by_id[kept++] = entry;
        } else {
            districts_keep(districts, entry, "", NULL);
            districts_free_entry(entry);
        }
    }
    districts->is_order_dirty = districts->is_order_dirty || kept < districts->count;
    districts->count = kept;
}

static void
on_overview(void *context, const struct db_outcome *outcome)
{
    struct districts *districts = context;
    districts->is_reading = false;
    if (outcome->is_ok) {
        districts->read_at = clock_now();
        sweep(districts);
        spool_begin_removing(districts->tools.spool);
    } else if (!districts->is_closing) {
        LOG(LEVEL_WARNING, "the districts cannot be read", F_TEXT("error", outcome->error.text));
    }
    if (districts->is_closing) {
        districts_try_close(districts);
        return;
    }
    districts_plan_reading(districts,
                           districts->wants_reading ? 0 : districts->config->schedule.reread_s);
}

static void
begin_overview(struct districts *districts)
{
    districts->overview_number++;
    districts->wants_overview = false;
    districts->is_reading =
        db_call(districts->control, &(struct db_query){.sql = overview_sql,
                                                       .timeout_s = READ_TIMEOUT_S,
                                                       .on_row = on_overview_row,
                                                       .done = on_overview,
                                                       .context = districts}) == 0;
}

static void
on_read(void *context, const struct db_outcome *outcome)
{
    struct districts *districts = context;
    if (outcome->is_ok && !districts->is_closing) {
        begin_overview(districts);
    } else {
        on_overview(districts, outcome);
    }
}

static void
begin_reading(struct districts *districts)
{
    char daemon[24];
    (void)snprintf(daemon, sizeof daemon, "%lld",
                   (long long)lease_daemon_id(districts->tools.run.lease));
    districts->wants_reading = false;
    districts->is_reading =
        db_call(districts->control, &(struct db_query){.sql = rows_sql,
                                                       .params_count = 2,
                                                       .params = {daemon, NULL},
                                                       .timeout_s = READ_TIMEOUT_S,
                                                       .on_row = on_row,
                                                       .done = on_read,
                                                       .context = districts}) == 0;
}

static void
on_one_read(void *context, const struct db_outcome *outcome)
{
    struct districts *districts = context;
    districts->ones_pending--;
    if (!outcome->is_ok && !districts->is_closing) {
        districts_reread(districts);
    }
    if (districts->is_closing) {
        districts_try_close(districts);
    }
}

void
districts_read_one(struct districts *districts, const char *slug)
{
    char daemon[24];
    (void)snprintf(daemon, sizeof daemon, "%lld",
                   (long long)lease_daemon_id(districts->tools.run.lease));
    districts->ones_pending +=
        db_call(districts->control, &(struct db_query){.sql = rows_sql,
                                                       .params_count = 2,
                                                       .params = {daemon, slug},
                                                       .timeout_s = READ_TIMEOUT_S,
                                                       .on_row = on_row,
                                                       .done = on_one_read,
                                                       .context = districts}) == 0;
}

static void
on_timer(uv_timer_t *timer)
{
    struct districts *districts = timer->data;
    if (districts->is_reading || districts->is_closing) {
        return;
    }
    if (lease_daemon_id(districts->tools.run.lease) == 0) {
        districts_plan_reading(districts, 1.0); /* the lease's first list will ask for it */
    } else if (!districts->wants_reading && districts->wants_overview) {
        begin_overview(districts);
    } else {
        begin_reading(districts);
    }
}

void
districts_plan_reading(struct districts *districts, double delay_s)
{
    if (!districts->is_closing) {
        (void)uv_timer_start(&districts->timer, on_timer, (uint64_t)(delay_s * 1000.0), 0);
    }
}

void
districts_reread(struct districts *districts)
{
    districts->wants_reading = true;
    if (!districts->is_reading) {
        districts_plan_reading(districts, NOTIFY_WAIT_S);
    }
}

void
districts_notified(struct districts *districts, const char *slug)
{
    const char *daemon;
    bool exists;
    if (districts->is_stopped) {
        return;
    }
    const struct district *district = districts_find(districts, slug, &daemon, &exists);
    if (!exists) {
        lease_wake(districts->tools.run.lease); /* perhaps a new one, for us to take */
        districts_reread(districts);
        return;
    }
    /* at once for ours, so that a switch is obeyed; the rest of what is shown follows */
    if (district != NULL && districts->ones_pending < NOTIFIED_MAX) {
        districts_read_one(districts, slug);
        districts->wants_overview = true;
        if (!districts->is_reading && !districts->wants_reading) {
            districts_plan_reading(districts,
                                   districts->count <= FEW_DISTRICTS ? NOTIFY_WAIT_S : RECOUNT_S);
        }
    } else {
        districts_reread(districts);
    }
}
