/* What the two sockets refuse, that nobody can keep the others waiting, and whose files they are.
 */
#include "http_place.h"

#include <grp.h>
#include <sched.h>
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
#include <unistd.h>

#include <cmocka.h>

static int
raw_status(const char *socket, const char *text)
{
    char answer[65536];
    return place_raw(socket, text, answer, sizeof answer);
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
        int status = place_raw(cases[index].door == LOOK ? place->status : place->control,
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
    int status = place_raw(place->status, text, answer, sizeof answer);
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
                     place_raw(socket, "GET /healthz " HEAD "\r\n", answer, sizeof answer) == 200;
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
        fds[index] = place_dial(place->status);
        assert_true(send(fds[index], "GET", 3, 0) == 3); /* and then nothing */
    }
    assert_int_equal(place_raw(place->status, "GET /healthz " HEAD "\r\n", answer, sizeof answer),
                     503);
    assert_non_null(strstr(answer, "ctl.connections"));
    /* Acting has a door of its own. */
    place->queue.status = 202;
    place->queue.body = "{}";
    json_decref(place_ask(place->control, "/v1/districts/alpha/sync", "{}", 202));
    if (geteuid() == 0) {
        assert_int_equal(chmod(place->status, 0666), 0);
        assert_true(is_answered_for_another_user(place->status));
    }
    /* The silent ones are closed after a while, and then there is room again. */
    for (size_t index = 0; index < HTTP_CONNECTIONS_PER_UID; index++) {
        assert_true(place_read_to_end(fds[index], answer, sizeof answer) >= 0);
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
    int fd = place_dial(place->control);
    static const char request[] = "POST /v1/districts/alpha/sync " ACT "\r\n{}";
    assert_true(send(fd, request, strlen(request), 0) > 0);
    while (((volatile struct ask_queue *)&place->queue)->asked == 0) {
        (void)sched_yield();
    }
    http_server_quiesce(place->server);
    /* Now nothing more is asked … */
    json_decref(place_ask(place->control, "/v1/districts/alpha/sync", "{}", 503));
    assert_int_equal(place->queue.asked, 1);
    /* … and what was open is answered before the end. */
    (void)pthread_mutex_unlock(&place->queue.hold);
    assert_true(place_read_to_end(fd, answer, sizeof answer) > 0);
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
    json_decref(place_ask(place->status, "/v1/status", NULL, 200));
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
    place_restart(place);
    json_decref(place_ask(place->status, "/v1/status", NULL, 200));
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
    place_restart(place);
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
    place_restart(place);
    assert_int_equal(stat(place->control, &status), 0);
    assert_int_equal(status.st_gid, 1);
    assert_int_equal(status.st_mode & 07777, 0660);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_guards, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_sizes, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_one_user_cannot_take_all_connections, place_set_up,
                                        place_tear_down),
        cmocka_unit_test_setup_teardown(test_stop_answers_what_is_open, place_set_up,
                                        place_tear_down),
        cmocka_unit_test_setup_teardown(test_mode_and_second_daemon, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_socket_left_by_a_crash, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_bad_places, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_group, place_set_up, place_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
