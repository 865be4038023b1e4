/*
 * Two readings, one after the other on the control connection:
 *
 *   sync.read_districts   the rows of ours: their machines are made or told (also acknowledges
 * them) sync.overview         every district: the base of its view
 *
 * An entry is kept for each district of the overview or the lease. A machine exists from the first
 * reading of a district that is ours until it is listed no more.
 */
#include "districts_private.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

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

struct entry *
districts_entry(const struct districts *districts, int64_t id)
{
    size_t at = position_of(districts, id);
    return at < districts->count && districts->by_id[at]->district_id == id ? districts->by_id[at]
                                                                            : NULL;
}

struct entry *
districts_get_entry(struct districts *districts, int64_t id)
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

void
districts_free_entry(struct entry *entry)
{
    snapshot_district_put(entry->base);
    snapshot_district_put(entry->view);
    free(entry->kept);
    free(entry);
}

void
districts_keep(struct districts *districts, struct entry *entry, const char *slug,
               const char *sha256)
{
    struct spool *spool = districts->tools.spool;
    char path[SPOOL_PATH_SIZE] = "";
    if (sha256 != NULL) {
        spool_path(spool, slug, sha256, path);
    }
    if (strcmp(path, entry->kept == NULL ? "" : entry->kept) == 0) {
        return;
    }
    char *kept = *path == '\0' ? NULL : strdup(path);
    if (kept != NULL) {
        spool_hold(spool, kept);
    }
    if (entry->kept != NULL) {
        spool_release(spool, entry->kept);
    }
    free(entry->kept);
    entry->kept = kept;
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
    struct entry *entry = districts_entry(districts, leaver->district_id);
    free(leaver);
    districts->leaving--;
    if (entry != NULL) {
        entry->machine = NULL;
        entry->is_leaving = false;
        entry->is_dirty = true;
        districts->is_list_dirty = true;
        if (entry->epoch > 0) {
            districts_reread(districts); /* it came back meanwhile */
        }
    }
    districts_try_close(districts);
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
    struct entry *entry = districts_get_entry(districts, district_id);
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

bool
districts_are_read(const struct districts *districts)
{
    return districts->read_at > 0;
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
    struct entry *entry = districts_entry(districts, district_id(district));
    if (entry != NULL) {
        entry->is_dirty = true;
        districts->is_list_dirty = true;
    }
}

static void
on_stale(void *context, struct district *district)
{
    struct districts *districts = context;
    if (!districts->is_stopped) {
        districts_read_one(districts, district_slug(district));
    }
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
            .on_run = districts_on_run,
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

void
districts_try_close(struct districts *districts)
{
    if (!districts->is_closing || districts->leaving > 0 || districts->is_reading ||
        districts->ones_pending > 0 || districts->is_reporting || !districts->is_timer_closed) {
        return;
    }
    void (*closed)(void *context) = districts->closed;
    void *context = districts->closed_context;
    for (size_t at = 0; at < districts->count; at++) {
        districts_free_entry(districts->by_id[at]);
    }
    for (size_t at = 0; at < districts->ring_count; at++) {
        snapshot_run_put(districts->ring[at]);
    }
    snapshot_districts_put(districts->list);
    snapshot_runs_put(districts->runs);
    free(districts->by_id);
    free(districts->by_slug);
    free(districts);
    closed(context);
}

static void
on_timer_closed(uv_handle_t *handle)
{
    struct districts *districts = handle->data;
    districts->is_timer_closed = true;
    districts_try_close(districts);
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
