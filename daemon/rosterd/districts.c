/*
 * Two readings, one after the other on the control connection:
 *
 *   sync.read_districts   the rows of ours: their machines are made or told (also acknowledges
 * them) sync.overview         every district: the base of its view
 *
 * An entry is kept for each district of the overview or the lease. A machine exists from the first
 * reading of a district that is ours until it is listed no more.
 */
#include "districts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"

/* Changes of so many are read one by one; of more, all at once. */
#define NOTIFIED_MAX 8
/* What comes in so short a time is read in one go. */
#define NOTIFY_WAIT_MS 10
/* After a run the findings are counted anew: soon while the districts are few. */
#define FEW_DISTRICTS 500
#define RECOUNT_MS 1000
#define READ_TIMEOUT_S 60.0
#define REPORT_MAX 500

struct entry {
    int64_t district_id;
    const struct snapshot_district *base; /* from the overview; NULL: not seen there yet */
    const struct snapshot_district *view; /* what the snapshot shows */
    struct district *machine;             /* NULL: not ours, or not read yet */
    int64_t epoch;                        /* as listed; 0: not ours */
    unsigned listed;                      /* number of the list it was in last */
    unsigned seen;                        /* number of the overview it was in last */
    bool is_dirty;                        /* the view is old */
    bool is_leaving;
    bool is_reported; /* the database knows the health */
    enum health reported;
    char reported_reason[32];
    double reported_retry_at;
};

struct districts {
    uv_loop_t *loop;
    const struct config *config;
    struct db *control;
    struct district_tools tools;
    uv_timer_t timer;     /* the next reading */
    struct entry **by_id; /* sorted by district_id */
    size_t count;
    size_t capacity;
    unsigned list_number;
    unsigned overview_number;
    bool is_list_changed;
    bool is_reading;
    bool wants_reading;
    bool wants_overview; /* alone */
    double read_at;      /* seconds since 1970; 0: never */
    double next_reading; /* steady */
    unsigned notified_count;
    char notified[NOTIFIED_MAX][64];
    unsigned ones_pending; /* readings of one district under way */
    bool is_reporting;
    bool is_stopped;
    bool is_order_dirty; /* the list for the snapshot is to be made anew */
    const struct snapshot_districts *list;
    const struct snapshot_runs *runs;
    const struct snapshot_run *ring[SNAPSHOT_RUNS_MAX]; /* newest first */
    size_t ring_count;
    size_t leaving;
    bool is_closing;
    bool is_timer_closed;
    void (*closed)(void *context);
    void *closed_context;
};

static void plan_reading(struct districts *districts, double delay_s);
static void try_close(struct districts *districts);

/* --- entries --------------------------------------------------------------------------------- */

/* Where an id is, or would be. */
static size_t
position_of(const struct districts *districts, int64_t id)
{
    size_t low = 0;
    size_t high = districts->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (districts->by_id[middle]->district_id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct entry *
find_entry(const struct districts *districts, int64_t id)
{
    size_t at = position_of(districts, id);
    return at < districts->count && districts->by_id[at]->district_id == id ? districts->by_id[at]
                                                                            : NULL;
}

static struct entry *
get_entry(struct districts *districts, int64_t id)
{
    size_t at = position_of(districts, id);
    if (at < districts->count && districts->by_id[at]->district_id == id) {
        return districts->by_id[at];
    }
    if (districts->count == districts->capacity) {
        size_t capacity = districts->capacity == 0 ? 64 : districts->capacity * 2;
        struct entry **by_id = realloc(districts->by_id, capacity * sizeof(struct entry *));
        if (by_id == NULL) {
            return NULL;
        }
        districts->by_id = by_id;
        districts->capacity = capacity;
    }
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL) {
        return NULL;
    }
    entry->district_id = id;
    memmove(districts->by_id + at + 1, districts->by_id + at,
            (districts->count - at) * sizeof(struct entry *));
    districts->by_id[at] = entry;
    districts->count++;
    return entry;
}

static void
free_entry(struct entry *entry)
{
    snapshot_district_put(entry->base);
    snapshot_district_put(entry->view);
    free(entry);
}

/* --- machines -------------------------------------------------------------------------------- */

struct leaver {
    struct districts *districts;
    int64_t district_id;
};

static void
on_left(void *context)
{
    struct leaver *leaver = context;
    struct districts *districts = leaver->districts;
    struct entry *entry = find_entry(districts, leaver->district_id);
    free(leaver);
    districts->leaving--;
    if (entry != NULL) {
        entry->machine = NULL;
        entry->is_leaving = false;
        entry->is_dirty = true;
        districts->is_order_dirty = true;
        if (entry->epoch > 0) {
            districts_reread(districts); /* it came back meanwhile */
        }
    }
    try_close(districts);
}

static void
let_go(struct districts *districts, struct entry *entry)
{
    entry->epoch = 0;
    if (entry->machine == NULL || entry->is_leaving) {
        return;
    }
    struct leaver *leaver = malloc(sizeof *leaver);
    if (leaver == NULL) {
        abort(); /* a district that stays would be worked on by two daemons */
    }
    *leaver = (struct leaver){districts, entry->district_id};
    entry->is_leaving = true;
    districts->leaving++;
    district_leave(entry->machine, on_left, leaver);
}

void
districts_list_begin(struct districts *districts)
{
    districts->list_number++;
    districts->is_list_changed = false;
}

void
districts_list_one(struct districts *districts, int64_t district_id, int64_t epoch)
{
    struct entry *entry = get_entry(districts, district_id);
    if (entry == NULL) {
        return;
    }
    entry->listed = districts->list_number;
    if (entry->epoch != epoch) {
        entry->epoch = epoch;
        entry->is_reported = false;
        districts->is_list_changed = true;
        districts->tools.run.counters->takeovers++;
    }
}

void
districts_list_end(struct districts *districts)
{
    size_t lost = 0;
    for (size_t at = 0; at < districts->count; at++) {
        struct entry *entry = districts->by_id[at];
        if (entry->epoch > 0 && entry->listed != districts->list_number) {
            let_go(districts, entry);
            lost++;
        }
    }
    if (lost > 0) {
        LOG(LEVEL_INFO, "districts were given to another daemon", F_INT("count", lost));
    }
    if (districts->is_list_changed || lost > 0 || districts->read_at <= 0) {
        districts_reread(districts);
    }
}

void
districts_disown(struct districts *districts)
{
    for (size_t at = 0; at < districts->count; at++) {
        let_go(districts, districts->by_id[at]);
    }
}

/* --- reading rows of ours -------------------------------------------------------------------- */

#define MOMENT(column) "extract(epoch FROM " column ")::float8"
#define ROW_COLUMNS                                                                                \
    "district_id, epoch, slug, sync_enabled, " MOMENT(                                             \
        "paused_until") ", settings_version, host, port, username, path, pattern, "                \
                        "array_to_string(host_keys, ' '), "                                        \
                        "credential, poll_every_s, ready, after, phone_region, last_file_name, "   \
                        "last_file_size, "                                                         \
                        "last_file_mtime, last_sha256, last_run_id, last_state, last_reason, "     \
                        "last_detail, " MOMENT("last_ended_at") ", " MOMENT("last_success_at")

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
        .phone_region = db_text(rows, 0, 16),
        .file_name = db_text(rows, 0, 17),
        .file_size = db_integer(rows, 0, 18, 0),
        .file_mtime = db_integer(rows, 0, 19, 0),
        .file_sha256 = db_text(rows, 0, 20),
        .last_run_id = db_integer(rows, 0, 21, 0),
        .last_state = db_text(rows, 0, 22),
        .last_reason = db_text(rows, 0, 23),
        .last_detail = db_text(rows, 0, 24),
        .last_ended_at = db_real(rows, 0, 25, 0),
        .last_success_at = db_real(rows, 0, 26, 0),
    };
    struct entry *entry = find_entry(districts, row.district_id);
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
    districts->is_order_dirty = true;
}

/* --- reading all for the views --------------------------------------------------------------- */

#define OVERVIEW_COLUMNS                                                                                                                                          \
    "district_id, slug, name, note, daemon, preview_only, epoch, sync_enabled, " MOMENT("paused_"                                                                 \
                                                                                        "until") ", pause_reason, changed_by, " MOMENT("changed_at") ", " MOMENT( \
        "seen_at") ", host, port, username, path, pattern, array_to_string(host_keys, ' '), "                                                                     \
                   "poll_every_s, health, health_reason, health_owner, health_detail, " MOMENT("h"                                                                \
                                                                                               "e"                                                                \
                                                                                               "a"                                                                \
                                                                                               "l"                                                                \
                                                                                               "t"                                                                \
                                                                                               "h"                                                                \
                                                                                               "_"                                                                \
                                                                                               "s"                                                                \
                                                                                               "i"                                                                \
                                                                                               "n"                                                                \
                                                                                               "c"                                                                \
                                                                                               "e") ", " MOMENT("retry_at") ", " MOMENT(                          \
                       "last_poll_at") ", " MOMENT("last_success_at") ", errors, warnings, "                                                                      \
                                                                      "last_run_id, last_cause, "                                                                 \
                                                                      "last_state, last_reason, "                                                                 \
                                                                      "last_owner, "                                                                              \
                                                                      "last_detail, "                                                                             \
                                                                      "last_file_name, "                                                                          \
                                                                      "last_file_size, "                                                                          \
                                                                      "last_sha256, last_counts, "                                                                \
                                                                      "last_requested_by,"                                                                        \
                                                                      " " MOMENT("last_created_"                                                                  \
                                                                                 "at") ","                                                                        \
                                                                                       " " MOMENT("last_staged_at") ", " MOMENT(                                  \
                                                                                           "last_"                                                                \
                                                                                           "plann"                                                                \
                                                                                           "ed_"                                                                  \
                                                                                           "at") ", " MOMENT("last_applied_at") ", " MOMENT("last_ended_at")
enum { LAST_RUN = 30 };

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
    struct entry *entry = get_entry(districts, view.district_id);
    const struct snapshot_district *base = entry == NULL ? NULL : snapshot_district_new(&view);
    if (base != NULL) {
        snapshot_district_put(entry->base);
        entry->base = base;
        entry->seen = districts->overview_number;
        entry->is_dirty = true;
    }
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
            free_entry(entry);
        }
    }
    districts->count = kept;
    districts->is_order_dirty = true;
}

static void
on_overview(void *context, const struct db_outcome *outcome)
{
    struct districts *districts = context;
    districts->is_reading = false;
    if (outcome->is_ok) {
        districts->read_at = clock_now();
        sweep(districts);
    } else if (!districts->is_closing) {
        LOG(LEVEL_WARNING, "the districts cannot be read", F_TEXT("error", outcome->error.text));
    }
    if (districts->is_closing) {
        try_close(districts);
        return;
    }
    plan_reading(districts, districts->wants_reading ? 0 : districts->config->schedule.reread_s);
}

static void
begin_overview(struct districts *districts)
{
    districts->overview_number++;
    districts->wants_overview = false;
    districts->is_reading =
        db_call(districts->control,
                &(struct db_query){.sql = "SELECT " OVERVIEW_COLUMNS " FROM sync.overview()",
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
    districts->notified_count = 0;
    districts->is_reading =
        db_call(districts->control,
                &(struct db_query){.sql = "SELECT " ROW_COLUMNS " FROM sync.read_districts($1)",
                                   .params_count = 1,
                                   .params = {daemon},
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
        try_close(districts);
    }
}

static void
read_one(struct districts *districts, const char *slug)
{
    char daemon[24];
    (void)snprintf(daemon, sizeof daemon, "%lld",
                   (long long)lease_daemon_id(districts->tools.run.lease));
    districts->ones_pending +=
        db_call(districts->control,
                &(struct db_query){.sql = "SELECT " ROW_COLUMNS " FROM sync.read_districts($1, $2)",
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
        plan_reading(districts, 1.0); /* the lease's first list will ask for it */
    } else if (!districts->wants_reading && districts->wants_overview) {
        begin_overview(districts);
    } else {
        begin_reading(districts);
    }
}

static void
plan_reading(struct districts *districts, double delay_s)
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
        plan_reading(districts, NOTIFY_WAIT_MS / 1000.0);
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
        read_one(districts, slug);
        districts->wants_overview = true;
        if (!districts->is_reading && !districts->wants_reading) {
            plan_reading(districts, districts->count <= FEW_DISTRICTS ? NOTIFY_WAIT_MS / 1000.0
                                                                      : RECOUNT_MS / 1000.0);
        }
    } else {
        districts_reread(districts);
    }
}

/* --- what the machines tell ------------------------------------------------------------------ */

static size_t
on_districts_count(void *context)
{
    const struct districts *districts = context;
    return districts->count;
}

static void
on_change(void *context, struct district *district)
{
    struct districts *districts = context;
    struct entry *entry = find_entry(districts, district_id(district));
    if (entry != NULL) {
        entry->is_dirty = true;
        districts->is_order_dirty = true;
    }
}

static void
on_stale(void *context, struct district *district)
{
    struct districts *districts = context;
    if (!districts->is_stopped) {
        read_one(districts, district_slug(district));
    }
}

/* Puts a view of a run into the ring: in place of its older one, or in front. */
static void
on_run(void *context, const struct snapshot_run *view, bool is_ended)
{
    struct districts *districts = context;
    const struct snapshot_run *copy = snapshot_run_new(view);
    size_t at = 0;
    if (copy == NULL) {
        return;
    }
    while (at < districts->ring_count && districts->ring[at]->run_id > copy->run_id) {
        at++;
    }
    bool is_known = at < districts->ring_count && districts->ring[at]->run_id == copy->run_id;
    if (is_known) {
        snapshot_run_put(districts->ring[at]);
    } else if (at == SNAPSHOT_RUNS_MAX) {
        snapshot_run_put(copy);
        return;
    } else {
        if (districts->ring_count == SNAPSHOT_RUNS_MAX) {
            snapshot_run_put(districts->ring[--districts->ring_count]);
        }
        memmove(districts->ring + at + 1, districts->ring + at,
                (districts->ring_count - at) * sizeof(districts->ring[0]));
        districts->ring_count++;
    }
    districts->ring[at] = copy;
    snapshot_runs_put(districts->runs);
    districts->runs = NULL;
    if (is_ended && districts->count <= FEW_DISTRICTS && !districts->is_reading &&
        !districts->wants_reading) {
        districts->wants_overview = true;
        plan_reading(districts, RECOUNT_MS / 1000.0);
    }
}

/* --- views ----------------------------------------------------------------------------------- */

static void
refresh_view(struct entry *entry)
{
    struct snapshot_district view;
    if (!entry->is_dirty || entry->base == NULL) {
        return;
    }
    view = *entry->base;
    if (entry->machine != NULL && !entry->is_leaving) {
        district_fill(entry->machine, &view);
    }
    const struct snapshot_district *fresh = snapshot_district_new(&view);
    if (fresh != NULL) {
        snapshot_district_put(entry->view);
        entry->view = fresh;
        entry->is_dirty = false;
    }
}

static int
compare_slugs(const void *left, const void *right)
{
    return strcmp((*(const struct snapshot_district *const *)left)->slug,
                  (*(const struct snapshot_district *const *)right)->slug);
}

static int
refresh_list(struct districts *districts)
{
    if (!districts->is_order_dirty && districts->list != NULL) {
        return 0;
    }
    const struct snapshot_district **items =
        calloc(districts->count + 1, sizeof(struct snapshot_district *));
    size_t count = 0;
    if (items == NULL) {
        return -1;
    }
    for (size_t at = 0; at < districts->count; at++) {
        refresh_view(districts->by_id[at]);
        if (districts->by_id[at]->view != NULL) {
            items[count++] = districts->by_id[at]->view;
        }
    }
    qsort(items, count, sizeof(struct snapshot_district *), compare_slugs);
    const struct snapshot_districts *list = snapshot_districts_new(items, count);
    free(items);
    if (list == NULL) {
        return -1;
    }
    snapshot_districts_put(districts->list);
    districts->list = list;
    districts->is_order_dirty = false;
    return 0;
}

int
districts_snapshot(struct districts *districts, struct snapshot *ret_snapshot)
{
    if (districts->runs == NULL) {
        districts->runs = snapshot_runs_new(districts->ring, districts->ring_count);
    }
    if (refresh_list(districts) != 0 || districts->runs == NULL) {
        return -1;
    }
    ret_snapshot->districts = districts->list;
    ret_snapshot->runs = districts->runs;
    ret_snapshot->districts_read_at = districts->read_at;
    for (size_t at = 0; at < districts->count; at++) {
        const struct entry *entry = districts->by_id[at];
        const struct snapshot_district *view = entry->view;
        if (view == NULL) {
            continue;
        }
        ret_snapshot->districts_total++;
        ret_snapshot->districts_by_sync[view->sync]++;
        if (view->sync == SYNC_ON) {
            ret_snapshot->districts_by_health[view->health]++;
        }
        if (entry->machine != NULL) {
            ret_snapshot->districts_ours++;
            ret_snapshot->polls_running += district_is_polling(entry->machine);
            ret_snapshot->runs_running += district_is_running(entry->machine);
            if (entry->epoch > ret_snapshot->epoch_max) {
                ret_snapshot->epoch_max = entry->epoch;
            }
        }
    }
    return 0;
}

bool
districts_are_read(const struct districts *districts)
{
    return districts->read_at > 0;
}

struct district *
districts_find(struct districts *districts, const char *slug, const char **ret_daemon,
               bool *ret_exists)
{
    *ret_daemon = NULL;
    *ret_exists = false;
    for (size_t at = 0; at < districts->count; at++) {
        const struct entry *entry = districts->by_id[at];
        const char *name = entry->machine != NULL ? district_slug(entry->machine)
                           : entry->base != NULL  ? entry->base->slug
                                                  : NULL;
        if (name != NULL && strcmp(name, slug) == 0) {
            *ret_exists = true;
            *ret_daemon = entry->base == NULL ? NULL : entry->base->daemon;
            return entry->is_leaving ? NULL : entry->machine;
        }
    }
    return NULL;
}

/* --- reporting ------------------------------------------------------------------------------- */

static json_t *
moment(double at)
{
    return at > 0 ? json_real(at) : json_null();
}

static json_t *
text_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

/* Whether the database knows it so. A poll that finds nothing changes nothing of this. */
static bool
needs_report(const struct entry *entry)
{
    const struct snapshot_district *view = entry->view;
    const char *reason = view->reason == NULL ? "" : view->reason;
    return !entry->is_reported || entry->reported != view->health ||
           strcmp(entry->reported_reason, reason) != 0 ||
           (view->retry_at > 0) != (entry->reported_retry_at > 0) ||
           view->retry_at - entry->reported_retry_at > 60;
}

static void
on_reported(void *context, const struct db_outcome *outcome)
{
    struct districts *districts = context;
    districts->is_reporting = false;
    if (!outcome->is_ok && !districts->is_closing) {
        LOG(LEVEL_WARNING, "the health of the districts was not written",
            F_TEXT("error", outcome->error.text));
        for (size_t at = 0; at < districts->count; at++) {
            districts->by_id[at]->is_reported = false;
        }
    }
    if (districts->is_closing) {
        try_close(districts);
    }
}

static json_t *
collect_reports(struct districts *districts)
{
    json_t *reports = json_array();
    for (size_t at = 0; at < districts->count && json_array_size(reports) < REPORT_MAX; at++) {
        struct entry *entry = districts->by_id[at];
        const struct snapshot_district *view = entry->view;
        if (view == NULL || entry->machine == NULL || entry->epoch == 0 || !needs_report(entry)) {
            continue;
        }
        (void)json_array_append_new(
            reports,
            json_pack("{s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "district",
                      (json_int_t)view->district_id, "epoch", (json_int_t)entry->epoch, "health",
                      health_word(view->health), "reason", text_or_null(view->reason), "owner",
                      text_or_null(view->owner), "detail", text_or_null(view->detail), "since",
                      moment(view->since), "retry_at", moment(view->retry_at), "last_poll_at",
                      moment(view->last_poll_at)));
        entry->is_reported = true;
        entry->reported = view->health;
        entry->reported_retry_at = view->retry_at;
        (void)snprintf(entry->reported_reason, sizeof entry->reported_reason, "%s",
                       view->reason == NULL ? "" : view->reason);
    }
    return reports;
}

void
districts_report(struct districts *districts)
{
    char daemon[24];
    if (districts->is_reporting || districts->is_stopped || !db_is_up(districts->control)) {
        return;
    }
    json_t *reports = collect_reports(districts);
    char *text = json_array_size(reports) == 0 ? NULL : json_dumps(reports, JSON_COMPACT);
    json_decref(reports);
    if (text == NULL) {
        return;
    }
    (void)snprintf(daemon, sizeof daemon, "%lld",
                   (long long)lease_daemon_id(districts->tools.run.lease));
    districts->is_reporting =
        db_call(districts->control, &(struct db_query){.sql = "SELECT sync.report_health($1, $2)",
                                                       .params_count = 2,
                                                       .params = {daemon, text},
                                                       .timeout_s = READ_TIMEOUT_S,
                                                       .done = on_reported,
                                                       .context = districts}) == 0;
    free(text);
}

/* --- beginning and end ----------------------------------------------------------------------- */

struct districts *
districts_new(uv_loop_t *loop, const struct config *config, struct db *control,
              struct snapshot_counters *counters)
{
    struct districts *districts = calloc(1, sizeof *districts);
    if (districts != NULL) {
        districts->loop = loop;
        districts->config = config;
        districts->control = control;
        districts->tools = (struct district_tools){
            .run = {.loop = loop, .config = config, .control = control, .counters = counters},
            .control = control,
            .districts_count = on_districts_count,
            .on_change = on_change,
            .on_stale = on_stale,
            .on_run = on_run,
            .context = districts,
        };
        (void)uv_timer_init(loop, &districts->timer);
        districts->timer.data = districts;
    }
    return districts;
}

void
districts_set_tools(struct districts *districts, struct lease *lease, struct workers *workers,
                    struct fetcher *fetcher, struct spool *spool)
{
    districts->tools.run.lease = lease;
    districts->tools.run.workers = workers;
    districts->tools.fetcher = fetcher;
    districts->tools.spool = spool;
}

void
districts_stop(struct districts *districts, bool is_now)
{
    districts->is_stopped = true;
    for (size_t at = 0; at < districts->count; at++) {
        struct entry *entry = districts->by_id[at];
        if (entry->machine != NULL && !entry->is_leaving) {
            district_stop(entry->machine, is_now);
        }
    }
}

size_t
districts_busy(const struct districts *districts)
{
    size_t busy = 0;
    for (size_t at = 0; at < districts->count; at++) {
        const struct entry *entry = districts->by_id[at];
        busy += entry->machine != NULL && !district_is_idle(entry->machine);
    }
    return busy;
}

static void
try_close(struct districts *districts)
{
    if (!districts->is_closing || districts->leaving > 0 || districts->is_reading ||
        districts->ones_pending > 0 || districts->is_reporting || !districts->is_timer_closed) {
        return;
    }
    void (*closed)(void *context) = districts->closed;
    void *context = districts->closed_context;
    for (size_t at = 0; at < districts->count; at++) {
        free_entry(districts->by_id[at]);
    }
    for (size_t at = 0; at < districts->ring_count; at++) {
        snapshot_run_put(districts->ring[at]);
    }
    snapshot_districts_put(districts->list);
    snapshot_runs_put(districts->runs);
    free(districts->by_id);
    free(districts);
    closed(context);
}

static void
on_timer_closed(uv_handle_t *handle)
{
    struct districts *districts = handle->data;
    districts->is_timer_closed = true;
    try_close(districts);
}

void
districts_close(struct districts *districts, void (*closed)(void *context), void *context)
{
    districts->closed = closed;
    districts->closed_context = context;
    districts->is_stopped = true;
    districts->is_closing = true;
    districts_disown(districts);
    uv_close((uv_handle_t *)&districts->timer, on_timer_closed);
}
