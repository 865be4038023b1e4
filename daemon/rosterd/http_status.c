/*
 * GET: what may be looked at. Everything comes from one snapshot; findings and runs older than the
 * snapshot's are asked of the loop, which asks the database.
 */
#include "http_call.h"
#include "spelling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISTRICTS_DEFAULT = 200, DISTRICTS_MAX = 500 };
enum { RUNS_DEFAULT = 50, RUNS_MAX = 10000, FINDINGS_DEFAULT = 200 };
enum { RUNS_OF_DISTRICT = 7 };

static enum MHD_Result
send_not_ready(struct http_call *call)
{
    return http_send_error(call, MHD_HTTP_SERVICE_UNAVAILABLE, CAUSE_DB_UNAVAILABLE,
                           "rosterd is starting and knows nothing yet", "Try again in a moment.");
}

static enum MHD_Result
send_no_such_path(struct http_call *call)
{
    return http_send_error(call, MHD_HTTP_NOT_FOUND, CAUSE_USAGE, "there is no such path here",
                           "See SOCKETS in rosterd(8).");
}

/* --- health ---------------------------------------------------------------------------------- */

/* Alive: the loop moves. Says nothing of the database: a restart would not bring it back. */
static enum MHD_Result
send_healthz(struct http_call *call, const struct snapshot *snapshot)
{
    if (snapshot == NULL || snapshot_is_stale(snapshot, http_now())) {
        return http_send_text(call, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain; charset=utf-8",
                              strdup(snapshot == NULL ? "starting\n" : "stale\n"));
    }
    return http_send_text(call, MHD_HTTP_OK, "text/plain; charset=utf-8", strdup("ok\n"));
}

/* Ready: districts can be synced. */
static enum MHD_Result
send_readyz(struct http_call *call, const struct snapshot *snapshot)
{
    const char *why = snapshot == NULL                          ? "starting\n"
                      : snapshot_is_stale(snapshot, http_now()) ? "stale\n"
                      : snapshot->is_draining                   ? "draining\n"
                      : !snapshot->is_db_up                     ? "no database\n"
                      : !snapshot->is_ready                     ? "starting\n"
                                                                : "ready\n";
    bool is_ready = strcmp(why, "ready\n") == 0;
    return http_send_text(call, is_ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                          "text/plain; charset=utf-8", strdup(why));
}

/* --- districts ------------------------------------------------------------------------------- */

/* What every list says of its age. */
static json_t *
begin_answer(const struct snapshot *snapshot)
{
    return json_pack("{s:o, s:b}", "taken_at", http_json_when(snapshot->taken_at), "stale",
                     (int)snapshot_is_stale(snapshot, http_now()));
}

/* Whether `word` names the district's switch, its health or its step. */
static bool
has_state(const struct snapshot_district *district, const char *word)
{
    return word == NULL || strcmp(word, sync_word(district->sync)) == 0 ||
           (district->sync == SYNC_ON && strcmp(word, health_word(district->health)) == 0) ||
           (district->is_ours && strcmp(word, step_word(district->step)) == 0);
}

static bool
needs_somebody(const struct snapshot_district *district)
{
    return district->sync == SYNC_ON &&
           (district->health == HEALTH_FAILING || district->health == HEALTH_HELD ||
            district->health == HEALTH_LATE);
}

static enum MHD_Result
send_districts(struct http_call *call, const struct snapshot *snapshot)
{
    int limit = http_query_limit(call, DISTRICTS_DEFAULT, DISTRICTS_MAX);
    const char *state = http_query(call, "state");
    const char *needs = http_query(call, "needs");
    const char *after = http_query(call, "after");
    if (limit < 0) {
        return http_send_error(call, MHD_HTTP_BAD_REQUEST, CAUSE_USAGE,
                               "limit is a number from 1 to 500", "");
    }
    json_t *list = json_array();
    const char *next = NULL;
    for (size_t index = 0; index < snapshot_districts_count(snapshot); index++) {
        const struct snapshot_district *district = snapshot_district_at(snapshot, index);
        if ((after != NULL && strcmp(district->slug, after) <= 0) || !has_state(district, state) ||
            (needs != NULL && strcmp(needs, "1") == 0 && !needs_somebody(district))) {
            continue;
        }
        size_t length = json_array_size(list);
        if (length == (size_t)limit) {
            next = json_string_value(json_object_get(json_array_get(list, length - 1), "slug"));
            break;
        }
        (void)json_array_append_new(list, http_json_district(district));
    }
    json_t *answer = begin_answer(snapshot);
    (void)json_object_set_new(answer, "next", next == NULL ? json_null() : json_string(next));
    (void)json_object_set_new(answer, "districts", list);
    return http_send_json(call, MHD_HTTP_OK, answer);
}

/* Says which district was probably meant: one that begins so, or differs by a third
 * or two letters at most. */
static enum MHD_Result
send_no_such_district(struct http_call *call, const struct snapshot *snapshot, const char *slug)
{
    char hint[HTTP_PART_SIZE + 80] = "List them with: rosterctl districts";
    size_t third = strlen(slug) / 3;
    size_t least = (third > 2 ? third : 2) + 1;
    for (size_t index = 0; index < snapshot_districts_count(snapshot); index++) {
        const struct snapshot_district *district = snapshot_district_at(snapshot, index);
        bool begins_so = *slug != '\0' && strncmp(district->slug, slug, strlen(slug)) == 0;
        size_t edits = begins_so ? 0
                                 : spelling_distance(slug, strlen(slug), district->slug,
                                                     strlen(district->slug));
        if (edits < least) {
            least = edits;
            (void)snprintf(hint, sizeof hint, "Did you mean %s?", district->slug);
        }
    }
    return http_send_error(call, MHD_HTTP_NOT_FOUND, CAUSE_USAGE,
                           "there is no district of that name", hint);
}

/* --- runs ------------------------------------------------------------------------------------ */

/* Whether the run was held and is not any more: how it ended, only the database knows. */
static bool
is_decided(const struct snapshot *snapshot, const struct snapshot_run *run)
{
    const struct snapshot_district *district = run->slug == NULL || strcmp(run->state, "held") != 0
                                                   ? NULL
                                                   : snapshot_district_find(snapshot, run->slug);
    return district != NULL && district->hold.run_id != run->run_id && snapshot->is_db_up;
}

/* The filters of the query over a run as JSON. */
static bool
is_wanted(const json_t *run, const char *slug, const char *state)
{
    const char *run_slug = json_string_value(json_object_get(run, "district"));
    const char *run_state = json_string_value(json_object_get(run, "state"));
    return (slug == NULL || (run_slug != NULL && strcmp(run_slug, slug) == 0)) &&
           (state == NULL || (run_state != NULL && strcmp(run_state, state) == 0));
}

static json_t *
runs_from_memory(struct http_call *call, const struct snapshot *snapshot, const char *since,
                 bool *ret_is_sure)
{
    const char *slug = http_query(call, "district");
    const char *state = http_query(call, "state");
    json_t *list = json_array();
    *ret_is_sure = true;
    for (size_t index = 0;
         index < snapshot_runs_count(snapshot) && json_array_size(list) < (size_t)call->limit;
         index++) {
        json_t *run = http_json_run(snapshot_run_at(snapshot, index));
        *ret_is_sure = *ret_is_sure && !is_decided(snapshot, snapshot_run_at(snapshot, index));
        const char *created = json_string_value(json_object_get(run, "created_at"));
        /* Both are RFC 3339 in UTC, so that their order is that of their letters. */
        bool is_older = since != NULL && created != NULL && strcmp(created, since) < 0;
        if (run != NULL && !is_older && is_wanted(run, slug, state)) {
            (void)json_array_append(list, run);
        }
        json_decref(run);
    }
    return list;
}

static json_t *
runs_answer(json_t *list, bool is_complete)
{
    return json_pack("{s:b, s:o}", "complete", (int)is_complete, "runs", list);
}

/* Rows of the database name their district "slug", as its views do; here it is "district". */
static void
name_district(json_t *row)
{
    json_t *slug = json_object_get(row, "slug");
    if (slug != NULL) {
        (void)json_object_set(row, "district", slug);
        (void)json_object_del(row, "slug");
    }
}

/* The database's runs, or what memory has when it cannot be reached. */
static json_t *
finish_runs(struct http_call *call, int *status, json_t *body)
{
    json_t *runs = json_object_get(body, "runs");
    const char *since = http_query(call, "since");
    if (*status == MHD_HTTP_SERVICE_UNAVAILABLE || *status == MHD_HTTP_GATEWAY_TIMEOUT) {
        bool is_sure;
        json_decref(body);
        *status = MHD_HTTP_OK;
        return runs_answer(runs_from_memory(call, call->snapshot, since, &is_sure), false);
    }
    if (*status != MHD_HTTP_OK || !json_is_array(runs)) {
        return body;
    }
    json_t *list = json_array();
    size_t index = 0;
    json_t *run = NULL;
    json_array_foreach(runs, index, run)
    {
        name_district(run);
        if (json_array_size(list) < (size_t)call->limit &&
            is_wanted(run, NULL, http_query(call, "state"))) {
            (void)json_array_append(list, run);
        }
    }
    json_decref(body);
    return runs_answer(list, true);
}

static enum MHD_Result
send_runs(struct http_call *call, const struct snapshot *snapshot)
{
    const char *slug = http_query(call, "district");
    const char *since = http_query(call, "since");
    call->limit = http_query_limit(call, RUNS_DEFAULT, RUNS_MAX);
    if (call->limit < 0) {
        return http_send_error(call, MHD_HTTP_BAD_REQUEST, CAUSE_USAGE,
                               "limit is a number from 1 to 10000", "");
    }
    if (slug != NULL && snapshot_district_find(snapshot, slug) == NULL) {
        return send_no_such_district(call, snapshot, slug);
    }
    bool is_sure;
    json_t *list = runs_from_memory(call, snapshot, since, &is_sure);
    /* The newest runs are all in memory; a shorter list than wanted may go on in the database. */
    if ((is_sure && json_array_size(list) >= (size_t)call->limit) || !snapshot->is_db_up) {
        return http_send_json(call, MHD_HTTP_OK,
                              runs_answer(list, json_array_size(list) >= (size_t)call->limit));
    }
    json_decref(list);
    call->snapshot = http_snapshot(call);
    bool is_filtered = http_query(call, "state") != NULL;
    const struct ask ask = {.verb = ASK_RUNS,
                            .slug = slug,
                            .since = since,
                            .limit = is_filtered ? RUNS_MAX : call->limit,
                            .by = call->by};
    return http_ask(call, &ask, finish_runs);
}

/* A district with its last runs as memory has them. */
static json_t *
district_answer(const struct snapshot *snapshot, const struct snapshot_district *district,
                bool *ret_is_sure)
{
    json_t *runs = json_array();
    *ret_is_sure = true;
    for (size_t index = 0;
         index < snapshot_runs_count(snapshot) && json_array_size(runs) < RUNS_OF_DISTRICT;
         index++) {
        const struct snapshot_run *run = snapshot_run_at(snapshot, index);
        if (run->district_id == district->district_id) {
            *ret_is_sure = *ret_is_sure && !is_decided(snapshot, run);
            (void)json_array_append_new(runs, http_json_run(run));
        }
    }
    json_t *object = http_json_district(district);
    json_t *answer = begin_answer(snapshot);
    (void)json_object_set_new(object, "runs", runs);
    (void)json_object_set_new(answer, "district", object);
    return answer;
}

/* The district with the database's runs, if it gave them. */
static json_t *
finish_district(struct http_call *call, int *status, json_t *body)
{
    bool is_sure;
    json_t *runs = json_incref(json_object_get(body, "runs"));
    json_t *answer = district_answer(call->snapshot, call->district, &is_sure);
    if (*status == MHD_HTTP_OK && json_is_array(runs)) {
        size_t index = 0;
        json_t *run = NULL;
        json_array_foreach(runs, index, run)
        {
            name_district(run);
        }
        (void)json_object_set(json_object_get(answer, "district"), "runs", runs);
    }
    *status = MHD_HTTP_OK;
    json_decref(runs);
    json_decref(body);
    return answer;
}

static enum MHD_Result
send_district(struct http_call *call, const struct snapshot *snapshot, const char *slug)
{
    bool is_sure;
    const struct snapshot_district *district = snapshot_district_find(snapshot, slug);
    if (district == NULL) {
        return send_no_such_district(call, snapshot, slug);
    }
    json_t *answer = district_answer(snapshot, district, &is_sure);
    call->snapshot = is_sure ? NULL : http_snapshot(call);
    call->district = is_sure ? NULL : snapshot_district_find(call->snapshot, slug);
    if (call->district == NULL) {
        return http_send_json(call, MHD_HTTP_OK, answer);
    }
    json_decref(answer);
    const struct ask ask = {
        .verb = ASK_RUNS, .slug = slug, .limit = RUNS_OF_DISTRICT, .by = call->by};
    return http_ask(call, &ask, finish_district);
}

static json_t *
error_no_such_run(int *status)
{
    *status = MHD_HTTP_NOT_FOUND;
    return ask_error(CAUSE_USAGE, "there is no run of that number",
                     "List them with: rosterctl runs");
}

/* One run out of the database's list. */
static json_t *
finish_run(struct http_call *call, int *status, json_t *body)
{
    if (*status != MHD_HTTP_OK) {
        return body;
    }
    json_t *found = NULL;
    size_t index = 0;
    json_t *run = NULL;
    json_array_foreach(json_object_get(body, "runs"), index, run)
    {
        if (json_integer_value(json_object_get(run, "run_id")) == call->run_id) {
            name_district(run);
            found = json_incref(run);
        }
    }
    json_decref(body);
    return found == NULL ? error_no_such_run(status) : json_pack("{s:o}", "run", found);
}

static enum MHD_Result
send_run(struct http_call *call, const struct snapshot *snapshot, int64_t run_id)
{
    const struct snapshot_run *run = snapshot_run_find(snapshot, run_id);
    if (run != NULL && !is_decided(snapshot, run)) {
        return http_send_json(call, MHD_HTTP_OK, json_pack("{s:o}", "run", http_json_run(run)));
    }
    call->run_id = run_id;
    const struct ask ask = {.verb = ASK_RUNS, .run = run_id, .limit = RUNS_MAX, .by = call->by};
    return http_ask(call, &ask, finish_run);
}

/* --- holds ----------------------------------------------------------------------------------- */

/* Each district has one at most, so this list needs no pages. */
static enum MHD_Result
send_holds(struct http_call *call, const struct snapshot *snapshot)
{
    json_t *list = json_array();
    for (size_t index = 0; index < snapshot_districts_count(snapshot); index++) {
        const struct snapshot_district *district = snapshot_district_at(snapshot, index);
        if (district->hold.run_id != 0) {
            (void)json_array_append_new(list, http_json_hold(district));
        }
    }
    json_t *answer = begin_answer(snapshot);
    (void)json_object_set_new(answer, "holds", list);
    return http_send_json(call, MHD_HTTP_OK, answer);
}

/* What a held or previewed run would do: asked of the loop, which asks the database. */
static enum MHD_Result
send_plan(struct http_call *call, const char *id)
{
    int64_t run_id = http_run_id(id);
    if (run_id < 0) {
        int status = MHD_HTTP_NOT_FOUND;
        json_t *error = error_no_such_run(&status);
        return error == NULL ? MHD_NO : http_send_json(call, status, error);
    }
    const struct ask ask = {.verb = ASK_PLAN, .run = run_id, .by = call->by};
    return http_ask(call, &ask, NULL);
}

/* --- findings -------------------------------------------------------------------------------- */

/* One more than was wanted was asked for: whether it came says whether there are more. */
static json_t *
finish_findings(struct http_call *call, int *status, json_t *body)
{
    json_t *findings = json_object_get(body, "findings");
    if (*status == MHD_HTTP_OK && json_is_array(findings)) {
        bool has_more = json_array_size(findings) > (size_t)call->limit;
        if (has_more) {
            (void)json_array_remove(findings, (size_t)call->limit);
        }
        (void)json_object_set_new(body, "more", json_boolean(has_more));
        size_t index = 0;
        json_t *finding = NULL;
        json_array_foreach(findings, index, finding)
        {
            name_district(finding);
        }
    }
    return body;
}

static enum MHD_Result
send_findings(struct http_call *call, const char *slug, int64_t run_id)
{
    call->limit = http_query_limit(call, FINDINGS_DEFAULT, RUNS_MAX - 1);
    if (call->limit < 0) {
        return http_send_error(call, MHD_HTTP_BAD_REQUEST, CAUSE_USAGE,
                               "limit is a number from 1 to 9999", "");
    }
    const struct ask ask = {.verb = ASK_FINDINGS,
                            .slug = slug,
                            .run = run_id,
                            .limit = call->limit + 1,
                            .by = call->by};
    return http_ask(call, &ask, finish_findings);
}

/* --- routes ---------------------------------------------------------------------------------- */

static enum MHD_Result
send_of_run(struct http_call *call, const struct snapshot *snapshot, const char *id,
            bool wants_findings)
{
    int64_t run_id = http_run_id(id);
    if (run_id < 0) {
        int status = MHD_HTTP_NOT_FOUND;
        json_t *error = error_no_such_run(&status);
        return error == NULL ? MHD_NO : http_send_json(call, status, error);
    }
    return wants_findings ? send_findings(call, NULL, run_id) : send_run(call, snapshot, run_id);
}

static enum MHD_Result
route_parts(struct http_call *call, const struct snapshot *snapshot,
            char parts[HTTP_PARTS_MAX][HTTP_PART_SIZE], size_t count)
{
    bool is_districts = strcmp(parts[0], "districts") == 0;
    bool is_runs = strcmp(parts[0], "runs") == 0;
    bool is_findings = count == 3 && strcmp(parts[2], "findings") == 0;
    if (count == 1 && strcmp(parts[0], "status") == 0) {
        json_t *status = http_json_status(snapshot, http_now());
        return status == NULL ? MHD_NO : http_send_json(call, MHD_HTTP_OK, status);
    }
    if (count == 1 && strcmp(parts[0], "version") == 0) {
        return http_send_json(
            call, MHD_HTTP_OK,
            json_pack("{s:s, s:s}", "version", snapshot->version, "name", snapshot->daemon_name));
    }
    if (count == 1 && (is_districts || is_runs)) {
        return is_districts ? send_districts(call, snapshot) : send_runs(call, snapshot);
    }
    if (count == 1 && strcmp(parts[0], "holds") == 0) {
        return send_holds(call, snapshot);
    }
    if (count == 2 && strcmp(parts[0], "plans") == 0) {
        return send_plan(call, parts[1]);
    }
    if (is_runs && (count == 2 || is_findings)) {
        return send_of_run(call, snapshot, parts[1], is_findings);
    }
    if (is_districts && count == 2) {
        return send_district(call, snapshot, parts[1]);
    }
    if (is_districts && is_findings) {
        return snapshot_district_find(snapshot, parts[1]) == NULL
                   ? send_no_such_district(call, snapshot, parts[1])
                   : send_findings(call, parts[1], 0);
    }
    return send_no_such_path(call);
}

static enum MHD_Result
route(struct http_call *call, const struct snapshot *snapshot, const char *path)
{
    static const char prometheus[] = "text/plain; version=0.0.4; charset=utf-8";
    char parts[HTTP_PARTS_MAX][HTTP_PART_SIZE] = {{0}};
    if (strcmp(path, "/healthz") == 0) {
        return send_healthz(call, snapshot);
    }
    if (strcmp(path, "/readyz") == 0) {
        return send_readyz(call, snapshot);
    }
    if (snapshot == NULL) {
        return send_not_ready(call);
    }
    if (strcmp(path, "/metrics") == 0) {
        return http_send_text(call, MHD_HTTP_OK, prometheus,
                              http_metrics_text(snapshot, http_counters_of(call)));
    }
    if (strcmp(path, "/metrics/districts") == 0) {
        return http_send_text(call, MHD_HTTP_OK, prometheus, http_metrics_districts_text(snapshot));
    }
    size_t count = http_split_path(path, parts);
    return count == 0 ? send_no_such_path(call) : route_parts(call, snapshot, parts, count);
}

enum MHD_Result
http_status_route(struct http_call *call, const char *path)
{
    const struct snapshot *snapshot = http_snapshot(call);
    enum MHD_Result result = route(call, snapshot, path);
    if (snapshot != NULL) {
        snapshot_put(snapshot);
    }
    return result;
}
