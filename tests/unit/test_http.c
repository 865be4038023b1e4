/* The two sockets: what they answer, what is asked of the loop, what they measure. */
#include "client.h"
#include "http_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- looking --------------------------------------------------------------------------------- */

static void
test_status(void **state)
{
    struct place *place = *state;
    json_t *status = place_ask(place->status, "/v1/status", NULL, 200);
    json_t *needs = json_object_get(status, "needs");
    json_t *running = json_object_get(status, "running");
    assert_true(json_is_false(json_object_get(status, "stale")));
    assert_int_equal(json_array_size(needs), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(needs, 0), "slug")),
                        "beta");
    assert_int_equal(json_array_size(running), 1);
    /* What is not known is null, never 0. */
    assert_true(json_is_null(json_object_get(json_object_get(status, "spool"), "bytes")));
    json_t *progress = json_object_get(json_array_get(running, 0), "running");
    assert_true(json_is_null(json_object_get(progress, "bytes")));
    assert_true(json_is_null(json_object_get(progress, "run_id")));
    assert_string_equal(json_string_value(json_object_get(progress, "step")), "staging");
    json_decref(status);
}

static void
test_health_and_staleness(void **state)
{
    struct place *place = *state;
    (void)place_ask(place->status, "/healthz", NULL, 200);
    (void)place_ask(place->status, "/readyz", NULL, 200);
    place_publish(place, place_now(), false);
    (void)place_ask(place->status, "/healthz", NULL, 200);
    (void)place_ask(place->status, "/readyz", NULL, 503);
    place_publish(place, place_now() - SNAPSHOT_STALE_S - 2, true);
    (void)place_ask(place->status, "/healthz", NULL, 503);
    (void)place_ask(place->status, "/readyz", NULL, 503);
    json_t *status = place_ask(place->status, "/v1/status", NULL, 200);
    assert_true(json_is_true(json_object_get(status, "stale")));
    json_decref(status);
}

static size_t
count_districts(struct place *place, const char *query, const char **ret_next, json_t **ret_answer)
{
    char target[200];
    (void)snprintf(target, sizeof target, "/v1/districts%s", query);
    json_t *answer = place_ask(place->status, target, NULL, 200);
    *ret_next = json_string_value(json_object_get(answer, "next"));
    *ret_answer = answer;
    return json_array_size(json_object_get(answer, "districts"));
}

static void
test_districts(void **state)
{
    static const struct {
        const char *query;
        size_t count;
        const char *next;
    } cases[] = {{"", 3, NULL},
                 {"?needs=1", 1, NULL},
                 {"?state=ok", 1, NULL},
                 {"?state=staging", 1, NULL},
                 {"?state=paused", 0, NULL},
                 {"?limit=2", 2, "beta"},
                 {"?limit=2&after=beta", 1, NULL},
                 {"?limit=3", 3, NULL}};
    struct place *place = *state;
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        const char *next = NULL;
        json_t *answer = NULL;
        assert_int_equal(count_districts(place, cases[index].query, &next, &answer),
                         cases[index].count);
        assert_int_equal(next == NULL, cases[index].next == NULL);
        if (next != NULL) {
            assert_string_equal(next, cases[index].next);
        }
        json_decref(answer);
    }
    json_decref(place_ask(place->status, "/v1/districts?limit=501", NULL, 400));
    json_decref(place_ask(place->status, "/v1/districts/nobody", NULL, 404));
    json_t *answer = place_ask(place->status, "/v1/districts/beta", NULL, 200);
    json_t *district = json_object_get(answer, "district");
    assert_int_equal(json_array_size(json_object_get(district, "runs")), 1);
    assert_int_equal(
        json_array_size(json_object_get(json_object_get(district, "source"), "host_keys")), 1);
    json_decref(answer);
}

static void
test_runs_from_memory_and_database(void **state)
{
    struct place *place = *state;
    place->queue.status = 200;
    place->queue.body = "{\"runs\": [{\"run_id\": 3, \"slug\": \"alpha\", \"state\": \"done\"},"
                        "{\"run_id\": 2, \"slug\": \"alpha\", \"state\": \"failed\"}]}";
    /* As many as were wanted are in memory: nobody is asked. */
    json_t *answer = place_ask(place->status, "/v1/runs?limit=2", NULL, 200);
    json_t *first = json_array_get(json_object_get(answer, "runs"), 0);
    assert_int_equal(place->queue.asked, 0);
    assert_int_equal(json_integer_value(json_object_get(first, "run_id")), 12);
    assert_string_equal(json_string_value(json_object_get(first, "created_at")),
                        "2026-09-21T14:13:20.500Z");
    json_decref(answer);
    /* More: the database, whose rows name the district as ours do. */
    answer = place_ask(place->status, "/v1/runs?district=alpha&state=failed&limit=5", NULL, 200);
    json_t *runs = json_object_get(answer, "runs");
    assert_int_equal(place->queue.asked, 1);
    assert_string_equal(place->queue.slug, "alpha");
    assert_int_equal(json_array_size(runs), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(runs, 0), "district")),
                        "alpha");
    json_decref(answer);
    /* One run, in memory and not. */
    json_decref(place_ask(place->status, "/v1/runs/11", NULL, 200));
    assert_int_equal(place->queue.asked, 1);
    json_decref(place_ask(place->status, "/v1/runs/3", NULL, 200));
    json_decref(place_ask(place->status, "/v1/runs/4", NULL, 404));
    json_decref(place_ask(place->status, "/v1/runs/x", NULL, 404));
    /* No database: what memory has, and that it may not be all. */
    place->queue.status = 503;
    place->queue.body = "{\"code\": \"db.unavailable\"}";
    answer = place_ask(place->status, "/v1/runs?limit=5", NULL, 200);
    assert_true(json_is_false(json_object_get(answer, "complete")));
    assert_int_equal(json_array_size(json_object_get(answer, "runs")), 2);
    json_decref(answer);
}

static void
test_findings(void **state)
{
    struct place *place = *state;
    place->queue.status = 200;
    place->queue.body = "{\"findings\": [{\"line\": 2, \"slug\": \"beta\"}, {\"line\": 3}]}";
    json_t *answer = place_ask(place->status, "/v1/districts/beta/findings?limit=1", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(answer, "findings")), 1);
    assert_true(json_is_true(json_object_get(answer, "more")));
    assert_int_equal(place->queue.limit, 2);
    json_decref(answer);
    answer = place_ask(place->status, "/v1/runs/12/findings", NULL, 200);
    assert_int_equal(place->queue.run, 12);
    assert_true(json_is_false(json_object_get(answer, "more")));
    json_decref(answer);
    json_decref(place_ask(place->status, "/v1/districts/nobody/findings", NULL, 404));
    place->queue.status = 0;
    json_decref(place_ask(place->status, "/v1/runs/12/findings", NULL, 503));
}

/* --- held runs ------------------------------------------------------------------------------- */

static void
test_holds_from_memory_and_a_plan_from_the_database(void **state)
{
    struct place *place = *state;
    json_t *answer = place_ask(place->status, "/v1/holds", NULL, 200);
    json_t *holds = json_object_get(answer, "holds");
    json_t *hold = json_array_get(holds, 0);
    assert_int_equal(json_array_size(holds), 1);
    assert_string_equal(json_string_value(json_object_get(hold, "district")), "gamma");
    assert_int_equal(json_integer_value(json_object_get(hold, "run_id")), 9);
    assert_string_equal(json_string_value(json_object_get(hold, "decided_by")), "uid:1000");
    assert_int_equal(place->queue.asked, 0);
    json_decref(answer);
    answer = place_ask(place->status, "/v1/districts/alpha", NULL, 200);
    assert_true(json_is_null(json_object_get(json_object_get(answer, "district"), "hold")));
    json_decref(answer);
    place->queue.status = 200;
    place->queue.body = "{\"plan\": {\"run_id\": 9}}";
    json_decref(place_ask(place->status, "/v1/plans/9", NULL, 200));
    assert_int_equal(place->queue.verb, ASK_PLAN);
    assert_int_equal(place->queue.run, 9);
    json_decref(place_ask(place->status, "/v1/plans/nine", NULL, 404));
    json_decref(place_ask(place->status, "/v1/plans", NULL, 404));
    assert_int_equal(place->queue.asked, 1);
}

static void
test_decisions(void **state)
{
    struct place *place = *state;
    place->queue.status = 200;
    place->queue.body = "{\"run_id\": 9, \"message\": \"run 9 is approved\"}";
    json_decref(
        place_ask(place->control, "/v1/plans/9/approve", "{\"reason\": \"it closed\"}", 200));
    assert_int_equal(place->queue.verb, ASK_APPROVE);
    assert_int_equal(place->queue.run, 9);
    assert_string_equal(place->queue.what, "all");
    assert_string_equal(place->queue.reason, "it closed");
    assert_string_equal(place->queue.slug, "");
    json_decref(place_ask(place->control, "/v1/plans/9/approve",
                          "{\"reason\": \"x\", \"what\": \"mapping\"}", 200));
    assert_string_equal(place->queue.what, "mapping");
    json_decref(place_ask(place->control, "/v1/plans/9/refuse", "{\"reason\": \"no\"}", 200));
    assert_int_equal(place->queue.verb, ASK_REFUSE);
    place->queue.status = 412;
    json_decref(place_ask(place->control, "/v1/plans/9/refuse", "{\"reason\": \"no\"}", 412));
}

/* --- acting ---------------------------------------------------------------------------------- */

static void
test_acts(void **state)
{
    struct place *place = *state;
    char by[64];
    (void)snprintf(by, sizeof by, "uid:%u", (unsigned)geteuid());
    place->queue.status = 202;
    place->queue.body = "{\"slug\": \"alpha\", \"started\": true}";
    json_decref(place_ask(place->control, "/v1/districts/alpha/sync", "{}", 202));
    assert_int_equal(place->queue.verb, ASK_SYNC);
    assert_string_equal(place->queue.slug, "alpha");
    assert_string_equal(place->queue.by, by);
    json_decref(place_ask(place->control, "/v1/districts/alpha/pause",
                          "{\"until\": \"2026-12-01T06:00:00Z\", \"reason\": \"holidays\"}", 202));
    assert_int_equal(place->queue.verb, ASK_PAUSE);
    assert_string_equal(place->queue.until, "2026-12-01T06:00:00Z");
    assert_string_equal(place->queue.reason, "holidays");
    json_decref(place_ask(place->control, "/v1/districts/alpha/hostkey-accept",
                          "{\"fingerprint\": \"" FINGERPRINT "\"}", 202));
    assert_string_equal(place->queue.fingerprint, FINGERPRINT);
    assert_int_equal(place->queue.asked, 3);
}

static void
test_one_person_and_one_run(void **state)
{
    struct place *place = *state;
    place->queue.status = 200;
    place->queue.body = "{}";
    json_decref(place_ask(place->control, "/v1/districts/alpha/explain",
                          "{\"sourced_id\": \"P-1 \\u00e4\"}", 200));
    assert_int_equal(place->queue.verb, ASK_EXPLAIN);
    assert_string_equal(place->queue.slug, "alpha");
    assert_string_equal(place->queue.sourced_id, "P-1 \xc3\xa4");
    json_decref(place_ask(place->control, "/v1/runs/9/undo", "{\"preview\": true}", 200));
    assert_int_equal(place->queue.verb, ASK_UNDO);
    assert_int_equal(place->queue.run, 9);
    assert_true(place->queue.is_preview);
    json_decref(place_ask(place->control, "/v1/runs/9/undo", "{\"preview\": false}", 200));
    assert_false(place->queue.is_preview);
    /* to look, nobody is let in here */
    json_decref(place_ask(place->status, "/v1/districts/alpha/explain", NULL, 404));
    assert_int_equal(place->queue.asked, 3);
}

static void
test_wrong_acts_ask_nobody(void **state)
{
    static const struct {
        const char *target;
        const char *body;
        int status;
    } cases[] = {
        {"/v1/districts/alpha/explode", "{}", 404},
        {"/v1/districts/alpha", "{}", 404},
        {"/v1/districts//sync", "{}", 404},
        {"/v1/districts/alpha/sync/more", "{}", 404},
        {"/v1/districts/alpha/sync", "[]", 400},
        {"/v1/districts/alpha/sync", "{\"a\": 1}", 400},
        {"/v1/districts/alpha/sync", "{\"a\": 1, \"a\": 2}", 400},
        {"/v1/districts/alpha/pause", "{}", 400},
        {"/v1/districts/alpha/pause", "{\"until\": \"tomorrow\", \"reason\": \"x\"}", 400},
        {"/v1/districts/alpha/pause", "{\"until\": \"2026-12-01T06:00:00Z\", \"reason\": \" \"}",
         400},
        {"/v1/districts/alpha/hostkey-accept", "{\"fingerprint\": \"SHA256:short\"}", 400},
        {"/v1/districts/alpha/hostkey-accept", "{\"fingerprint\": 7}", 400},
        {"/v1/districts/alpha/explain", "{}", 400},
        {"/v1/districts/alpha/explain", "{\"sourced_id\": \"\"}", 400},
        {"/v1/districts/alpha/explain", "{\"sourced_id\": 7}", 400},
        {"/v1/districts/alpha/explain", "{\"sourced_id\": \"p\", \"by\": \"uid:0\"}", 400},
        {"/v1/runs/9/undo", "{}", 400},
        {"/v1/runs/9/undo", "{\"preview\": \"yes\"}", 400},
        {"/v1/runs/9/undo", "{\"preview\": true, \"by\": \"uid:0\"}", 400},
        {"/v1/runs/alpha/undo", "{\"preview\": true}", 404},
        {"/v1/districts/alpha/undo", "{\"preview\": true}", 404},
        {"/v1/plans/9/sync", "{}", 404},
        {"/v1/districts/9/approve", "{\"reason\": \"x\"}", 404},
        {"/v1/plans/alpha/approve", "{\"reason\": \"x\"}", 404},
        {"/v1/plans/9/approve", "{}", 400},
        {"/v1/plans/9/approve", "{\"reason\": \"\"}", 400},
        {"/v1/plans/9/approve", "{\"reason\": \"x\", \"what\": \"removals\"}", 400},
        {"/v1/plans/9/approve", "{\"reason\": \"x\", \"by\": \"uid:0\"}", 400},
        {"/v1/plans/9/refuse", "{\"reason\": \"x\", \"what\": \"all\"}", 400},
    };
    struct place *place = *state;
    place->queue.status = 200;
    place->queue.body = "{}";
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        json_decref(
            place_ask(place->control, cases[index].target, cases[index].body, cases[index].status));
    }
    assert_int_equal(place->queue.asked, 0);
}

/* --- metrics --------------------------------------------------------------------------------- */

/* Every line of the text is a HELP, a TYPE, or a sample of the family that was announced last. */
static void
check_exposition(char *text)
{
    char name[128] = "";
    int families = 0;
    assert_int_equal(text[strlen(text) - 1], '\n');
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "# HELP ", 7) == 0) {
            assert_int_equal(sscanf(line, "# HELP %127s", name), 1);
            families++;
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            assert_int_equal(strncmp(line + 7, name, strlen(name)), 0);
        } else if (strncmp(line, name, strlen(name)) != 0) {
            fail_msg("not of %s: %s", name, line);
        } else {
            char *end = NULL;
            const char *value = strrchr(line, ' ');
            assert_non_null(value);
            (void)strtod(value, &end);
            assert_int_equal(*end, '\0');
        }
    }
    assert_true(families > 1);
}

static char *
get_text(struct place *place, const char *target)
{
    struct client_request request = {
        .socket = place->status, .method = "GET", .target = target, .timeout_ms = 20000};
    struct client_answer answer;
    assert_int_equal(client_call(&request, &answer), CLIENT_ANSWERED);
    assert_int_equal(answer.status, 200);
    return answer.body;
}

static void
test_metrics(void **state)
{
    static const char *const samples[] = {
        "\nrosterd_districts{sync=\"on\"} 3\n",
        "\nrosterd_districts_health{health=\"failing\"} 1\n",
        "\nrosterd_failures_total{cause_class=\"sftp\"} 9\n",
        "\nrosterd_step_duration_seconds_bucket{step=\"apply\",le=\"+Inf\"} 3\n",
        "\nrosterd_step_duration_seconds_count{step=\"apply\"} 3\n",
        "\nrosterd_holds 2\n",
        "\nrosterd_oldest_hold_timestamp_seconds 1790000000\n",
        "\nrosterd_build_info{version=\"1.2.3\"} 1\n",
        "\nrosterd_socket_requests_total{socket=\"status\"} 1\n",
    };
    struct place *place = *state;
    char *text = get_text(place, "/metrics");
    for (size_t index = 0; index < sizeof samples / sizeof *samples; index++) {
        if (strstr(text, samples[index]) == NULL) {
            fail_msg("no %s in\n%s", samples[index], text);
        }
    }
    /* The spool's size is not known, so it is not said. */
    assert_null(strstr(text, "rosterd_spool_bytes "));
    check_exposition(text);
    free(text);
    text = get_text(place, "/metrics/districts");
    assert_non_null(strstr(text, "rosterd_district_sync_enabled{district=\"beta\"} 1\n"));
    check_exposition(text);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_status, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_health_and_staleness, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_districts, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_runs_from_memory_and_database, place_set_up,
                                        place_tear_down),
        cmocka_unit_test_setup_teardown(test_findings, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_holds_from_memory_and_a_plan_from_the_database,
                                        place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_decisions, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_acts, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_one_person_and_one_run, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_acts_ask_nobody, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_metrics, place_set_up, place_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
