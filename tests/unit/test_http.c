/*
 * The two sockets with a hand-made snapshot and a loop that is a thread of the test: what they
 * answer, what they refuse, and that nobody can keep the others waiting.
 */
#include "client.h"
#include "http_server.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define FINGERPRINT "SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"

/* --- the loop's side ------------------------------------------------------------------------- */

/* Remembers what was asked, and answers on a thread of its own. */
struct ask_queue {
    int status;           /* of the next answer; 0: refuse to be asked */
    const char *body;     /* JSON text of it */
    pthread_mutex_t hold; /* held: the answer waits */
    int asked;
    enum ask_verb verb;
    char slug[64];
    char until[64];
    char reason[64];
    char fingerprint[64];
    char by[64];
    int64_t run;
    int limit;
};

struct answer {
    struct ask_queue *queue;
    ask_done_fn done;
    void *context;
};

static void *
answer_later(void *argument)
{
    struct answer *answer = argument;
    (void)pthread_mutex_lock(&answer->queue->hold);
    (void)pthread_mutex_unlock(&answer->queue->hold);
    answer->done(answer->context, answer->queue->status, json_loads(answer->queue->body, 0, NULL));
    free(answer);
    return NULL;
}

static void
copy(char to[static 64], const char *from)
{
    (void)snprintf(to, 64, "%s", from == NULL ? "" : from);
}

int
ask_submit(struct ask_queue *queue, const struct ask *ask, ask_done_fn done, void *context)
{
    pthread_t thread;
    if (queue->status == 0) {
        return -1;
    }
    queue->asked++;
    queue->verb = ask->verb;
    queue->run = ask->run;
    queue->limit = ask->limit;
    copy(queue->slug, ask->slug);
    copy(queue->until, ask->until);
    copy(queue->reason, ask->reason);
    copy(queue->fingerprint, ask->fingerprint);
    copy(queue->by, ask->by);
    struct answer *answer = malloc(sizeof *answer);
    assert_non_null(answer);
    *answer = (struct answer){.queue = queue, .done = done, .context = context};
    assert_int_equal(pthread_create(&thread, NULL, answer_later, answer), 0);
    assert_int_equal(pthread_detach(thread), 0);
    return 0;
}

json_t *
ask_error(enum cause cause, const char *message, const char *hint)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "code", cause_word(cause), "message", message, "hint",
                     hint, "owner", error_owner_word(cause_owner(cause)));
}

/* --- a server with three districts ----------------------------------------------------------- */

struct place {
    char folder[64];
    char status[100];
    char control[100];
    struct snapshot_board *board;
    struct ask_queue queue;
    struct http_server *server;
    struct http_options options;
};

static double
now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec;
}

static const struct snapshot_district *
make_district(const char *slug, enum health health, enum cause cause, enum step step)
{
    struct snapshot_district district = {
        .district_id = slug[0],
        .slug = slug,
        .name = slug,
        .daemon = "ops-03",
        .is_ours = true,
        .has_source = true,
        .sync = SYNC_ON,
        .health = health,
        .reason = cause == CAUSE_NONE ? NULL : cause_word(cause),
        .owner = cause == CAUSE_NONE ? NULL : error_owner_word(cause_owner(cause)),
        .since = now() - 60,
        .host = "sftp.example",
        .port = 22,
        .host_keys = FINGERPRINT,
        .step = step,
        .progress_bytes = -1,
        .progress_bytes_total = -1,
        .progress_rows = -1,
    };
    return snapshot_district_new(&district);
}

static const struct snapshot_run *
make_run(int64_t run_id, const char *slug, const char *state)
{
    struct snapshot_run run = {.run_id = run_id,
                               .district_id = slug[0],
                               .slug = slug,
                               .cause = "schedule",
                               .state = state,
                               .file_size = -1,
                               .counts = "{\"students\": {\"added\": 3}}",
                               .created_at = 1790000000.5,
                               .ended_at = 1790000002};
    return snapshot_run_new(&run);
}

static void
publish(struct place *place, double taken_at, bool is_db_up)
{
    const struct snapshot_district *districts[] = {
        make_district("alpha", HEALTH_OK, CAUSE_NONE, STEP_IDLE),
        make_district("beta", HEALTH_FAILING, CAUSE_SFTP_HOSTKEY_CHANGED, STEP_IDLE),
        make_district("gamma", HEALTH_WORKING, CAUSE_NONE, STEP_STAGING)};
    const struct snapshot_run *runs[] = {make_run(12, "beta", "failed"),
                                         make_run(11, "alpha", "done")};
    struct snapshot snapshot = {
        .daemon_name = "ops-03",
        .version = "1.2.3",
        .started_at = now() - 3600,
        .taken_at = taken_at,
        .is_ready = true,
        .is_db_up = is_db_up,
        .spool_bytes = -1,
        .spool_files = -1,
        .spool_limit_bytes = 1000,
        .districts_total = 3,
        .districts_ours = 3,
        .districts_by_sync = {[SYNC_ON] = 3},
        .districts_by_health = {[HEALTH_OK] = 1, [HEALTH_FAILING] = 1, [HEALTH_WORKING] = 1},
        .districts = snapshot_districts_new(districts, 3),
        .runs = snapshot_runs_new(runs, 2),
    };
    snapshot.counters.durations[DURATION_APPLY].buckets[0] = 2;
    snapshot.counters.durations[DURATION_APPLY].buckets[SNAPSHOT_BUCKETS] = 1;
    snapshot.counters.durations[DURATION_APPLY].count = 3;
    snapshot.counters.causes[CAUSE_SFTP_AUTH] = 4;
    snapshot.counters.causes[CAUSE_SFTP_STALLED] = 5;
    assert_int_equal(snapshot_publish(place->board, &snapshot), 0);
    snapshot_districts_put(snapshot.districts);
    snapshot_runs_put(snapshot.runs);
    for (size_t index = 0; index < 3; index++) {
        snapshot_district_put(districts[index]);
    }
    for (size_t index = 0; index < 2; index++) {
        snapshot_run_put(runs[index]);
    }
}

static int
set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct error error = {0};
    assert_non_null(place);
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/test-http-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    assert_int_equal(chmod(place->folder, 0755), 0);
    (void)snprintf(place->status, sizeof place->status, "%s/status.sock", place->folder);
    (void)snprintf(place->control, sizeof place->control, "%s/control.sock", place->folder);
    (void)pthread_mutex_init(&place->queue.hold, NULL);
    place->board = snapshot_board_new();
    publish(place, now(), true);
    place->options = (struct http_options){.status_path = place->status,
                                           .control_path = place->control,
                                           .status_group = "",
                                           .control_group = "",
                                           .board = place->board,
                                           .asks = &place->queue};
    if (http_server_start(&place->options, &place->server, &error) != 0) {
        fail_msg("%s", error.text);
    }
    *state = place;
    return 0;
}

static int
tear_down(void **state)
{
    struct place *place = *state;
    if (place->server != NULL) {
        http_server_quiesce(place->server);
        http_server_stop(place->server);
    }
    assert_int_equal(access(place->status, F_OK), -1);
    char lock[128];
    (void)snprintf(lock, sizeof lock, "%s.lock", place->status);
    (void)unlink(lock);
    (void)snprintf(lock, sizeof lock, "%s.lock", place->control);
    (void)unlink(lock);
    assert_int_equal(rmdir(place->folder), 0);
    snapshot_board_free(place->board);
    free(place);
    return 0;
}

/* --- asking ---------------------------------------------------------------------------------- */

/* The JSON of an answer, which must have this HTTP status. */
static json_t *
ask_for(const char *socket, const char *target, const char *body, int status)
{
    struct client_request request = {.socket = socket,
                                     .method = body == NULL ? "GET" : "POST",
                                     .target = target,
                                     .body = body,
                                     .timeout_ms = 20000};
    struct client_answer answer;
    assert_int_equal(client_call(&request, &answer), CLIENT_ANSWERED);
    if (answer.status != status) {
        fail_msg("%s: %d instead of %d: %s", target, answer.status, status, answer.body);
    }
    json_t *json = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    client_answer_deinit(&answer);
    if (json != NULL) {
        assert_int_equal(json_integer_value(json_object_get(json, "schema")), 1);
    }
    return json;
}

static int
dial(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Reads till the end, at most 10 s for each piece; the number of bytes, or -1 if it did not end. */
static ssize_t
read_to_end(int fd, char *bytes, size_t size)
{
    size_t length = 0;
    for (;;) {
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        if (poll(&poller, 1, 10000) <= 0) {
            return -1;
        }
        ssize_t got = recv(fd, bytes + length, size - 1 - length, 0);
        if (got <= 0) {
            bytes[length] = '\0';
            return (ssize_t)length;
        }
        length += (size_t)got;
    }
}

/* Sends bytes as they are; the HTTP status of the answer, 0 if there is none. */
static int
raw(const char *socket, const char *text, char *answer, size_t size)
{
    int fd = dial(socket);
    int status = 0;
    assert_true(send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0);
    assert_true(read_to_end(fd, answer, size) >= 0);
    (void)sscanf(answer, "HTTP/1.1 %d", &status);
    (void)close(fd);
    return status;
}

static int
raw_status(const char *socket, const char *text)
{
    char answer[65536];
    return raw(socket, text, answer, sizeof answer);
}

/* --- looking --------------------------------------------------------------------------------- */

static void
test_status(void **state)
{
    struct place *place = *state;
    json_t *status = ask_for(place->status, "/v1/status", NULL, 200);
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
    (void)ask_for(place->status, "/healthz", NULL, 200);
    (void)ask_for(place->status, "/readyz", NULL, 200);
    publish(place, now(), false);
    (void)ask_for(place->status, "/healthz", NULL, 200);
    (void)ask_for(place->status, "/readyz", NULL, 503);
    publish(place, now() - SNAPSHOT_STALE_S - 2, true);
    (void)ask_for(place->status, "/healthz", NULL, 503);
    (void)ask_for(place->status, "/readyz", NULL, 503);
    json_t *status = ask_for(place->status, "/v1/status", NULL, 200);
    assert_true(json_is_true(json_object_get(status, "stale")));
    json_decref(status);
}

static size_t
count_districts(struct place *place, const char *query, const char **ret_next, json_t **ret_answer)
{
    char target[200];
    (void)snprintf(target, sizeof target, "/v1/districts%s", query);
    json_t *answer = ask_for(place->status, target, NULL, 200);
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
    json_decref(ask_for(place->status, "/v1/districts?limit=501", NULL, 400));
    json_decref(ask_for(place->status, "/v1/districts/nobody", NULL, 404));
    json_t *answer = ask_for(place->status, "/v1/districts/beta", NULL, 200);
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
    json_t *answer = ask_for(place->status, "/v1/runs?limit=2", NULL, 200);
    json_t *first = json_array_get(json_object_get(answer, "runs"), 0);
    assert_int_equal(place->queue.asked, 0);
    assert_int_equal(json_integer_value(json_object_get(first, "run_id")), 12);
    assert_string_equal(json_string_value(json_object_get(first, "created_at")),
                        "2026-09-21T14:13:20.500Z");
    json_decref(answer);
    /* More: the database, whose rows name the district as ours do. */
    answer = ask_for(place->status, "/v1/runs?district=alpha&state=failed&limit=5", NULL, 200);
    json_t *runs = json_object_get(answer, "runs");
    assert_int_equal(place->queue.asked, 1);
    assert_string_equal(place->queue.slug, "alpha");
    assert_int_equal(json_array_size(runs), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(runs, 0), "district")),
                        "alpha");
    json_decref(answer);
    /* One run, in memory and not. */
    json_decref(ask_for(place->status, "/v1/runs/11", NULL, 200));
    assert_int_equal(place->queue.asked, 1);
    json_decref(ask_for(place->status, "/v1/runs/3", NULL, 200));
    json_decref(ask_for(place->status, "/v1/runs/4", NULL, 404));
    json_decref(ask_for(place->status, "/v1/runs/x", NULL, 404));
    /* No database: what memory has, and that it may not be all. */
    place->queue.status = 503;
    place->queue.body = "{\"code\": \"db.unavailable\"}";
    answer = ask_for(place->status, "/v1/runs?limit=5", NULL, 200);
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
    json_t *answer = ask_for(place->status, "/v1/districts/beta/findings?limit=1", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(answer, "findings")), 1);
    assert_true(json_is_true(json_object_get(answer, "more")));
    assert_int_equal(place->queue.limit, 2);
    json_decref(answer);
    answer = ask_for(place->status, "/v1/runs/12/findings", NULL, 200);
    assert_int_equal(place->queue.run, 12);
    assert_true(json_is_false(json_object_get(answer, "more")));
    json_decref(answer);
    json_decref(ask_for(place->status, "/v1/districts/nobody/findings", NULL, 404));
    place->queue.status = 0;
    json_decref(ask_for(place->status, "/v1/runs/12/findings", NULL, 503));
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
    json_decref(ask_for(place->control, "/v1/districts/alpha/sync", "{}", 202));
    assert_int_equal(place->queue.verb, ASK_SYNC);
    assert_string_equal(place->queue.slug, "alpha");
    assert_string_equal(place->queue.by, by);
    json_decref(ask_for(place->control, "/v1/districts/alpha/pause",
                        "{\"until\": \"2026-12-01T06:00:00Z\", \"reason\": \"holidays\"}", 202));
    assert_int_equal(place->queue.verb, ASK_PAUSE);
    assert_string_equal(place->queue.until, "2026-12-01T06:00:00Z");
    assert_string_equal(place->queue.reason, "holidays");
    json_decref(ask_for(place->control, "/v1/districts/alpha/hostkey-accept",
                        "{\"fingerprint\": \"" FINGERPRINT "\"}", 202));
    assert_string_equal(place->queue.fingerprint, FINGERPRINT);
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
    };
    struct place *place = *state;
    place->queue.status = 200;
    place->queue.body = "{}";
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        json_decref(
            ask_for(place->control, cases[index].target, cases[index].body, cases[index].status));
    }
    assert_int_equal(place->queue.asked, 0);
}

/* --- guards ---------------------------------------------------------------------------------- */

#define HEAD "HTTP/1.1\r\nHost: localhost\r\n"
#define ACT HEAD "X-Roster: 1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"

static void
test_guards(void **state)
{
    static const struct {
        enum { LOOK, DO } door;
        const char *request;
        int status;
    } cases[] = {
        {LOOK, "GET /healthz HTTP/1.1\r\nHost: LOCALHOST:8480\r\n\r\n", 200},
        {LOOK, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200},
        {LOOK, "GET /healthz HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200},
        {LOOK, "HEAD /healthz " HEAD "\r\n", 200},
        {LOOK, "GET /healthz " HEAD "Sec-Fetch-Site: none\r\n\r\n", 200},
        {LOOK, "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},
        {LOOK, "GET /healthz HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 403},
        {LOOK, "GET /healthz HTTP/1.1\r\nHost: localhost:80x\r\n\r\n", 403},
        {LOOK, "GET /healthz HTTP/1.0\r\n\r\n", 403},
        {LOOK, "GET /healthz " HEAD "Sec-Fetch-Site: cross-site\r\n\r\n", 403},
        {LOOK, "GET /healthz " HEAD "Sec-Fetch-Site: same-site\r\n\r\n", 403},
        {LOOK, "GET /healthz " HEAD "Origin: http://localhost:3000\r\n\r\n", 403},
        {LOOK, "POST /v1/districts/alpha/sync " ACT "\r\n{}", 405},
        {LOOK, "DELETE /v1/status " HEAD "\r\n", 405},
        {LOOK, "GET /v2/status " HEAD "\r\n", 404},
        {LOOK, "GET /v1/../etc/passwd " HEAD "\r\n", 404},
        {DO, "POST /v1/districts/alpha/sync " ACT "\r\n{}", 202},
        {DO, "GET /v1/status " HEAD "\r\n", 405},
        {DO, "POST /v1/districts/alpha/sync " ACT "Origin: http://localhost\r\n\r\n{}", 403},
        {DO, "POST /v1/districts/alpha/sync " ACT "Referer: http://localhost/\r\n\r\n{}", 403},
        {DO, "POST /v1/districts/alpha/sync " ACT "Sec-Fetch-Site: none\r\n\r\n{}", 403},
        {DO, "POST /v1/districts/alpha/sync " ACT "Sec-Fetch-Mode: cors\r\n\r\n{}", 403},
        {DO, "POST /v1/districts/alpha/sync " HEAD "Content-Length: 2\r\n\r\n{}", 415},
        {DO,
         "POST /v1/districts/alpha/sync " HEAD
         "Content-Type: text/plain\r\nX-Roster: 1\r\nContent-Length: 2\r\n\r\n{}",
         415},
        {DO,
         "POST /v1/districts/alpha/sync " HEAD
         "Content-Type: application/json\r\nX-Roster: 1\r\nContent-Length: 1000000000\r\n\r\n",
         413},
    };
    struct place *place = *state;
    place->queue.status = 202;
    place->queue.body = "{}";
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        char answer[65536];
        int status = raw(cases[index].door == LOOK ? place->status : place->control,
                         cases[index].request, answer, sizeof answer);
        if (status != cases[index].status) {
            fail_msg("%d instead of %d: %s", status, cases[index].status, cases[index].request);
        }
        assert_non_null(strstr(answer, "Cache-Control: no-store"));
        assert_null(strstr(answer, "Access-Control-Allow"));
    }
    assert_int_equal(place->queue.asked, 1);
}

static void
test_sizes(void **state)
{
    struct place *place = *state;
    char answer[65536];
    static char text[200000];
    /* A head that is too long is refused, and costs no more than its limit. */
    size_t length = (size_t)snprintf(text, sizeof text, "GET /healthz " HEAD "X-Long: ");
    memset(text + length, 'a', 32768);
    (void)snprintf(text + length + 32768, 16, "\r\n\r\n");
    int status = raw(place->status, text, answer, sizeof answer);
    assert_true(status == 431 || status == 413 || status == 400);
    /* A body in chunks has no length to judge by: it is cut off. */
    length = (size_t)snprintf(text, sizeof text,
                              "POST /v1/districts/alpha/sync " HEAD
                              "X-Roster: 1\r\nContent-Type: application/json\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n18000\r\n");
    memset(text + length, ' ', 0x18000);
    (void)snprintf(text + length + 0x18000, 16, "\r\n0\r\n\r\n");
    assert_int_equal(raw_status(place->control, text), 0);
    assert_int_equal(place->queue.asked, 0);
}

/* --- connections ----------------------------------------------------------------------------- */

/* Whether a look is answered 200 as another user; only root can become one. */
static bool
is_answered_for_another_user(const char *socket)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char answer[4096];
        bool is_ok = setgid(65534) == 0 && setuid(65534) == 0 &&
                     raw(socket, "GET /healthz " HEAD "\r\n", answer, sizeof answer) == 200;
        _exit(is_ok ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
test_one_user_cannot_take_all_connections(void **state)
{
    struct place *place = *state;
    int fds[HTTP_CONNECTIONS_PER_UID];
    char answer[4096];
    for (size_t index = 0; index < HTTP_CONNECTIONS_PER_UID; index++) {
        fds[index] = dial(place->status);
        assert_true(send(fds[index], "GET", 3, 0) == 3); /* and then nothing */
    }
    assert_int_equal(raw(place->status, "GET /healthz " HEAD "\r\n", answer, sizeof answer), 503);
    assert_non_null(strstr(answer, "ctl.connections"));
    /* Acting has a door of its own. */
    place->queue.status = 202;
    place->queue.body = "{}";
    json_decref(ask_for(place->control, "/v1/districts/alpha/sync", "{}", 202));
    if (geteuid() == 0) {
        assert_int_equal(chmod(place->status, 0666), 0);
        assert_true(is_answered_for_another_user(place->status));
    }
    /* The silent ones are closed after a while, and then there is room again. */
    for (size_t index = 0; index < HTTP_CONNECTIONS_PER_UID; index++) {
        assert_true(read_to_end(fds[index], answer, sizeof answer) >= 0);
        (void)close(fds[index]);
    }
    assert_int_equal(raw_status(place->status, "GET /healthz " HEAD "\r\n"), 200);
}

static void
test_stop_answers_what_is_open(void **state)
{
    struct place *place = *state;
    char answer[4096];
    place->queue.status = 202;
    place->queue.body = "{}";
    (void)pthread_mutex_lock(&place->queue.hold);
    int fd = dial(place->control);
    static const char request[] = "POST /v1/districts/alpha/sync " ACT "\r\n{}";
    assert_true(send(fd, request, strlen(request), 0) > 0);
    while (((volatile struct ask_queue *)&place->queue)->asked == 0) {
        (void)sched_yield();
    }
    http_server_quiesce(place->server);
    /* Now nothing more is asked … */
    json_decref(ask_for(place->control, "/v1/districts/alpha/sync", "{}", 503));
    assert_int_equal(place->queue.asked, 1);
    /* … and what was open is answered before the end. */
    (void)pthread_mutex_unlock(&place->queue.hold);
    assert_true(read_to_end(fd, answer, sizeof answer) > 0);
    assert_non_null(strstr(answer, "HTTP/1.1 202"));
    (void)close(fd);
    http_server_stop(place->server);
    place->server = NULL;
}

/* --- the sockets' files ---------------------------------------------------------------------- */

static void
test_mode_and_second_daemon(void **state)
{
    struct place *place = *state;
    struct http_server *second = NULL;
    struct error error = {0};
    struct stat status;
    assert_int_equal(stat(place->control, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0660);
    assert_int_equal(status.st_gid, getegid());
    /* The sockets of a living daemon are not taken from it. */
    assert_int_equal(http_server_start(&place->options, &second, &error), -1);
    assert_int_equal(error.cause, CAUSE_CONFIG_INVALID);
    assert_non_null(strstr(error.text, "another rosterd"));
    json_decref(ask_for(place->status, "/v1/status", NULL, 200));
}

static void
restart(struct place *place)
{
    struct error error = {0};
    if (http_server_start(&place->options, &place->server, &error) != 0) {
        fail_msg("%s", error.text);
    }
}

static void
test_socket_left_by_a_crash(void **state)
{
    struct place *place = *state;
    http_server_quiesce(place->server);
    http_server_stop(place->server);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", place->status);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    (void)close(fd); /* the file stays */
    restart(place);
    json_decref(ask_for(place->status, "/v1/status", NULL, 200));
}

static void
test_bad_places(void **state)
{
    struct place *place = *state;
    struct error error = {0};
    struct http_server *server = NULL;
    struct http_options options = place->options;
    char path[120];
    http_server_quiesce(place->server);
    http_server_stop(place->server);
    place->server = NULL;
    options.status_group = "no-such-group-here";
    assert_int_equal(http_server_start(&options, &server, &error), -1);
    assert_non_null(strstr(error.text, "no-such-group-here"));
    /* A file that is no socket is somebody's file. */
    options = place->options;
    FILE *file = fopen(place->status, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(http_server_start(&options, &server, &error), -1);
    assert_non_null(strstr(error.text, "no socket"));
    assert_int_equal(unlink(place->status), 0);
    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    options.control_path = path;
    assert_int_equal(http_server_start(&options, &server, &error), -1);
    assert_non_null(strstr(error.text, "107"));
    assert_int_equal(access(place->status, F_OK), -1);
    restart(place);
}

static void
test_group(void **state)
{
    struct place *place = *state;
    struct stat status;
    const struct group *group = getgrgid(1);
    if (geteuid() != 0 || group == NULL) {
        skip();
    }
    http_server_quiesce(place->server);
    http_server_stop(place->server);
    place->options.control_group = group->gr_name;
    restart(place);
    assert_int_equal(stat(place->control, &status), 0);
    assert_int_equal(status.st_gid, 1);
    assert_int_equal(status.st_mode & 07777, 0660);
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
        cmocka_unit_test_setup_teardown(test_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_health_and_staleness, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_districts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_runs_from_memory_and_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_findings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_acts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_acts_ask_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_guards, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_user_cannot_take_all_connections, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_stop_answers_what_is_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mode_and_second_daemon, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_socket_left_by_a_crash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_metrics, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
