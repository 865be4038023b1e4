/*
 * The snapshot's parts as JSON: the contract of the local API. Fields are only ever added.
 */
#include "http_call.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How many of those that need somebody, and of those running, the status shows. */
enum { STATUS_NEEDS_MAX = 10, STATUS_RUNNING_MAX = 20 };

json_t *
http_json_when(double when)
{
    char text[64];
    char whole[40];
    struct tm utc;
    if (!(when > 0)) {
        return json_null();
    }
    /* Rounded to milliseconds first: .9996 must not be written as .1000. */
    double milliseconds = round(when * 1000);
    time_t seconds = (time_t)(milliseconds / 1000);
    if (gmtime_r(&seconds, &utc) == NULL ||
        strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &utc) == 0) {
        return json_null();
    }
    (void)snprintf(text, sizeof text, "%s.%03dZ", whole,
                   (int)(milliseconds - (double)seconds * 1000));
    return json_string(text);
}

static json_t *
text_or_null(const char *text)
{
    json_t *value = text == NULL ? NULL : json_string(text);
    /* Not UTF-8, against the promise of snapshot.h: unknown rather than no answer at all. */
    return value == NULL ? json_null() : value;
}

static json_t *
count_or_null(int64_t count)
{
    return count < 0 ? json_null() : json_integer(count);
}

static json_t *
seconds_or_null(double seconds)
{
    return seconds > 0 ? json_real(seconds) : json_null();
}

static json_t *
milliseconds_or_null(double seconds)
{
    return seconds > 0 ? json_real(round(seconds * 1e6) / 1e3) : json_null();
}

static json_t *
counts_or_empty(const char *text)
{
    json_t *counts = text == NULL ? NULL : json_loads(text, 0, NULL);
    return counts == NULL ? json_object() : counts;
}

json_t *
http_json_run(const struct snapshot_run *run)
{
    return json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "run_id", (json_int_t)run->run_id, "district", text_or_null(run->slug), "cause",
        text_or_null(run->cause), "state", text_or_null(run->state), "reason",
        text_or_null(run->reason), "owner", text_or_null(run->owner), "detail",
        text_or_null(run->detail), "file_name", text_or_null(run->file_name), "file_size",
        count_or_null(run->file_size), "file_sha256", text_or_null(run->file_sha256), "counts",
        counts_or_empty(run->counts), "requested_by", text_or_null(run->requested_by), "created_at",
        http_json_when(run->created_at), "staged_at", http_json_when(run->staged_at), "planned_at",
        http_json_when(run->planned_at), "applied_at", http_json_when(run->applied_at), "ended_at",
        http_json_when(run->ended_at));
}

/* The district's run that waits for a decision, or to be carried out; null: none. */
json_t *
http_json_hold(const struct snapshot_district *district)
{
    const struct snapshot_hold *hold = &district->hold;
    if (hold->run_id == 0) {
        return json_null();
    }
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "run_id",
                     (json_int_t)hold->run_id, "district", text_or_null(district->slug), "since",
                     http_json_when(hold->since), "withholds", text_or_null(hold->withholds),
                     "reason", text_or_null(hold->reason), "what", text_or_null(hold->what),
                     "file_name", text_or_null(hold->file_name), "decision",
                     text_or_null(hold->decision), "decided_by", text_or_null(hold->decided_by),
                     "decided_at", http_json_when(hold->decided_at));
}

/* What the district is doing; null when that is nothing or not known here. */
static json_t *
running_of(const struct snapshot_district *district)
{
    if (!district->is_ours || district->step == STEP_IDLE) {
        return json_null();
    }
    bool has_run = district->last.run_id != 0 && !(district->last.ended_at > 0);
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "run_id",
                     has_run ? json_integer(district->last.run_id) : json_null(), "step",
                     step_word(district->step), "since", http_json_when(district->step_since),
                     "file", text_or_null(district->progress_file), "bytes",
                     count_or_null(district->progress_bytes), "bytes_total",
                     count_or_null(district->progress_bytes_total), "rows",
                     count_or_null(district->progress_rows));
}

static json_t *
source_of(const struct snapshot_district *district)
{
    if (!district->has_source) {
        return json_null();
    }
    json_t *keys = json_array();
    const char *at = district->host_keys == NULL ? "" : district->host_keys;
    for (at += strspn(at, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        (void)json_array_append_new(keys, json_stringn(at, length));
        at += length;
    }
    return json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "host", text_or_null(district->host),
                     "port", district->port, "username", text_or_null(district->username), "path",
                     text_or_null(district->path), "pattern", text_or_null(district->pattern),
                     "host_keys", keys, "poll_every_s", seconds_or_null(district->poll_every_s));
}

static int
add_switch(json_t *object, const struct snapshot_district *district)
{
    json_t *members = json_pack(
        "{s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "sync", sync_word(district->sync),
        "paused_until", http_json_when(district->paused_until), "pause_reason",
        text_or_null(district->pause_reason), "preview_only", (int)district->is_preview_only,
        "note", text_or_null(district->note), "changed_by", text_or_null(district->changed_by),
        "changed_at", http_json_when(district->changed_at), "seen_at",
        http_json_when(district->seen_at));
    int added = members == NULL ? -1 : json_object_update(object, members);
    json_decref(members);
    return added;
}

static int
add_health(json_t *object, const struct snapshot_district *district)
{
    json_t *members = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "health",
        health_word(district->health), "reason", text_or_null(district->reason), "owner",
        text_or_null(district->owner), "detail", text_or_null(district->detail), "since",
        http_json_when(district->since), "next_poll_at", http_json_when(district->next_poll_at),
        "retry_at", http_json_when(district->retry_at), "last_poll_at",
        http_json_when(district->last_poll_at), "last_success_at",
        http_json_when(district->last_success_at), "waiting", text_or_null(district->waiting));
    int added = members == NULL ? -1 : json_object_update(object, members);
    json_decref(members);
    return added;
}

json_t *
http_json_district(const struct snapshot_district *district)
{
    json_t *object =
        json_pack("{s:I, s:o, s:o, s:o, s:b}", "district_id", (json_int_t)district->district_id,
                  "slug", text_or_null(district->slug), "name", text_or_null(district->name),
                  "daemon", text_or_null(district->daemon), "here", (int)district->is_ours);
    if (object == NULL || add_switch(object, district) != 0 || add_health(object, district) != 0) {
        json_decref(object);
        return NULL;
    }
    json_t *rest =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "running", running_of(district), "errors",
                  count_or_null(district->errors), "warnings", count_or_null(district->warnings),
                  "source", source_of(district), "hold", http_json_hold(district), "last_run",
                  district->last.run_id == 0 ? json_null() : http_json_run(&district->last));
    if (rest == NULL || json_object_update(object, rest) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(rest);
    return object;
}

/* --- status ---------------------------------------------------------------------------------- */

/* Lower is more urgent; -1: nobody need act. */
static int
urgency(const struct snapshot_district *district)
{
    if (district->sync != SYNC_ON) {
        return -1;
    }
    switch (district->health) {
    case HEALTH_FAILING:
        return 0;
    case HEALTH_HELD:
        return 1;
    case HEALTH_LATE:
        return 2;
    default:
        return -1;
    }
}

static int
compare_urgency(const void *left, const void *right)
{
    const struct snapshot_district *const *a = left;
    const struct snapshot_district *const *b = right;
    int difference = urgency(*a) - urgency(*b);
    if (difference != 0) {
        return difference;
    }
    return ((*a)->since > (*b)->since) - ((*a)->since < (*b)->since);
}

static json_t *
first_districts(const struct snapshot_district **districts, size_t count, size_t max)
{
    json_t *list = json_array();
    for (size_t index = 0; index < count && index < max; index++) {
        (void)json_array_append_new(list, http_json_district(districts[index]));
    }
    return list;
}

/* Adds those who need somebody, most urgent first, and those at work. */
static int
add_lists(json_t *status, const struct snapshot *snapshot)
{
    size_t total = snapshot_districts_count(snapshot);
    const struct snapshot_district **needs =
        calloc(2 * total + 1, sizeof(struct snapshot_district *));
    if (needs == NULL) {
        return -1;
    }
    const struct snapshot_district **running = needs + total;
    size_t needs_count = 0;
    size_t running_count = 0;
    for (size_t index = 0; index < total; index++) {
        const struct snapshot_district *district = snapshot_district_at(snapshot, index);
        if (urgency(district) >= 0) {
            needs[needs_count++] = district;
        }
        if (district->is_ours && district->step != STEP_IDLE) {
            running[running_count++] = district;
        }
    }
    qsort(needs, needs_count, sizeof(struct snapshot_district *), compare_urgency);
    json_t *members = json_pack("{s:o, s:I, s:o, s:I}", "needs",
                                first_districts(needs, needs_count, STATUS_NEEDS_MAX),
                                "needs_total", (json_int_t)needs_count, "running",
                                first_districts(running, running_count, STATUS_RUNNING_MAX),
                                "running_total", (json_int_t)running_count);
    int added = members == NULL ? -1 : json_object_update(status, members);
    json_decref(members);
    free((void *)(uintptr_t)needs);
    return added;
}

static json_t *
districts_of(const struct snapshot *snapshot)
{
    json_t *sync = json_object();
    json_t *health = json_object();
    for (int word = 0; word < SYNC_COUNT; word++) {
        (void)json_object_set_new(sync, sync_word((enum sync_word)word),
                                  json_integer(snapshot->districts_by_sync[word]));
    }
    for (int word = 0; word < HEALTH_COUNT; word++) {
        (void)json_object_set_new(health, health_word((enum health)word),
                                  json_integer(snapshot->districts_by_health[word]));
    }
    return json_pack("{s:I, s:I, s:o, s:o}", "total", (json_int_t)snapshot->districts_total, "here",
                     (json_int_t)snapshot->districts_ours, "sync", sync, "health", health);
}

static json_t *
database_of(const struct snapshot *snapshot)
{
    return json_pack("{s:b, s:o, s:o, s:o, s:o}", "up", (int)snapshot->is_db_up, "roundtrip_ms",
                     milliseconds_or_null(snapshot->is_db_up ? snapshot->db_roundtrip_s : 0),
                     "down_since", http_json_when(snapshot->db_down_since), "detail",
                     text_or_null(snapshot->db_error), "heartbeat_at",
                     http_json_when(snapshot->heartbeat_at));
}

json_t *
http_json_status(const struct snapshot *snapshot, double now)
{
    json_t *daemon = json_pack(
        "{s:o, s:o, s:o, s:b, s:b}", "name", text_or_null(snapshot->daemon_name), "version",
        text_or_null(snapshot->version), "started_at", http_json_when(snapshot->started_at),
        "ready", (int)snapshot->is_ready, "draining", (int)snapshot->is_draining);
    json_t *loop = json_pack("{s:f, s:f}", "lag_p99_ms", snapshot->lag_p99_s * 1e3, "lag_max_ms",
                             snapshot->lag_max_s * 1e3);
    json_t *spool = json_pack("{s:o, s:o, s:o, s:o}", "bytes", count_or_null(snapshot->spool_bytes),
                              "limit_bytes", count_or_null(snapshot->spool_limit_bytes), "files",
                              count_or_null(snapshot->spool_files), "oldest_at",
                              http_json_when(snapshot->spool_oldest_at));
    json_t *status = json_pack(
        "{s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "taken_at", http_json_when(snapshot->taken_at),
        "stale", (int)snapshot_is_stale(snapshot, now), "daemon", daemon, "database",
        database_of(snapshot), "loop", loop, "spool", spool, "districts", districts_of(snapshot));
    if (status == NULL || add_lists(status, snapshot) != 0) {
        json_decref(status);
        return NULL;
    }
    return status;
}
