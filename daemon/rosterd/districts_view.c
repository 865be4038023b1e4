/*
 * What is shown of the districts (the lists of the snapshot), and what the database is told of
 * their health.
 */
#include "districts_private.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

/* Districts in one report. */
#define REPORT_MAX 500

/* Puts a view of a run into the ring: in place of its older one, or in front. */
void
districts_on_run(void *context, const struct snapshot_run *view, bool is_ended)
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
    if (is_ended && strcmp(copy->state, "held") == 0 && copy->file_sha256 != NULL) {
        struct entry *entry = districts_entry(districts, copy->district_id);
        if (entry != NULL) {
            districts_keep(districts, entry, copy->slug, copy->file_sha256);
        }
    }
    snapshot_runs_put(districts->runs);
    districts->runs = NULL;
    if (is_ended && districts->count <= FEW_DISTRICTS && !districts->is_reading &&
        !districts->wants_reading) {
        districts->wants_overview = true;
        districts_plan_reading(districts, RECOUNT_S);
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
    return strcmp((*(const struct entry *const *)left)->base->slug,
                  (*(const struct entry *const *)right)->base->slug);
}

/* Sorts anew: only when a district came, went or got another slug. */
static int
refresh_order(struct districts *districts)
{
    struct entry **by_slug = calloc(districts->count + 1, sizeof(struct entry *));
    size_t count = 0;
    if (by_slug == NULL) {
        return -1;
    }
    for (size_t at = 0; at < districts->count; at++) {
        if (districts->by_id[at]->base != NULL) {
            by_slug[count++] = districts->by_id[at];
        }
    }
    qsort(by_slug, count, sizeof(struct entry *), compare_slugs);
    free(districts->by_slug);
    districts->by_slug = by_slug;
    districts->by_slug_count = count;
    districts->is_order_dirty = false;
    districts->is_list_dirty = true;
    return 0;
}

static int
refresh_list(struct districts *districts)
{
    if ((districts->is_order_dirty || districts->by_slug == NULL) &&
        refresh_order(districts) != 0) {
        return -1;
    }
    if (!districts->is_list_dirty && districts->list != NULL) {
        return 0;
    }
    const struct snapshot_district **items =
        calloc(districts->by_slug_count + 1, sizeof(struct snapshot_district *));
    size_t count = 0;
    if (items == NULL) {
        return -1;
    }
    for (size_t at = 0; at < districts->by_slug_count; at++) {
        refresh_view(districts->by_slug[at]);
        if (districts->by_slug[at]->view != NULL) {
            items[count++] = districts->by_slug[at]->view;
        }
    }
    const struct snapshot_districts *list = snapshot_districts_new(items, count);
    free(items);
    if (list == NULL) {
        return -1;
    }
    snapshot_districts_put(districts->list);
    districts->list = list;
    districts->is_list_dirty = false;
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
        if (view->hold.run_id != 0 && view->hold.decision == NULL) {
            ret_snapshot->holds++;
            if (ret_snapshot->hold_oldest_at <= 0 ||
                view->hold.since < ret_snapshot->hold_oldest_at) {
                ret_snapshot->hold_oldest_at = view->hold.since;
            }
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
        districts_try_close(districts);
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
