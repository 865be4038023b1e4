#include "http_place.h"

#include "client.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

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
    copy(queue->what, ask->what);
    copy(queue->fingerprint, ask->fingerprint);
    copy(queue->sourced_id, ask->sourced_id);
    queue->is_preview = ask->is_preview;
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

double
place_now(void)
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
        .since = place_now() - 60,
        .host = "sftp.example",
        .port = 22,
        .host_keys = FINGERPRINT,
        .step = step,
        .progress_bytes = -1,
        .progress_bytes_total = -1,
        .progress_rows = -1,
    };
    if (health == HEALTH_WORKING) { /* with a run that was approved */
        district.hold = (struct snapshot_hold){.run_id = 9,
                                               .since = place_now() - 7200,
                                               .withholds = "all",
                                               .reason = cause_word(CAUSE_PLAN_REMOVALS),
                                               .what = "62 students would leave",
                                               .decision = "all",
                                               .decided_by = "uid:1000",
                                               .decided_at = place_now()};
    }
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

void
place_publish(struct place *place, double taken_at, bool is_db_up)
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
        .started_at = place_now() - 3600,
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
        .holds = 2,
        .hold_oldest_at = 1790000000,
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

int
place_set_up(void **state)
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
    place_publish(place, place_now(), true);
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

int
place_tear_down(void **state)
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
json_t *
place_ask(const char *socket, const char *target, const char *body, int status)
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

int
place_dial(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Reads till the end, at most 10 s for each piece; the number of bytes, or -1 if it did not end. */
ssize_t
place_read_to_end(int fd, char *bytes, size_t size)
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
int
place_raw(const char *socket, const char *text, char *answer, size_t size)
{
    int fd = place_dial(socket);
    int status = 0;
    assert_true(send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0);
    assert_true(place_read_to_end(fd, answer, size) >= 0);
    (void)sscanf(answer, "HTTP/1.1 %d", &status);
    (void)close(fd);
    return status;
}

void
place_restart(struct place *place)
{
    struct error error = {0};
    if (http_server_start(&place->options, &place->server, &error) != 0) {
        fail_msg("%s", error.text);
    }
}
