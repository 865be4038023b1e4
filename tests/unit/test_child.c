/* Children: what they get, and that they end whatever they do. Each test ends with an empty loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

struct place {
    uv_loop_t loop;
    struct child *child;
    unsigned messages;
    char first[400]; /* of the first message, "text" */
    unsigned ends;
    struct child_end end;
    char last_words[400];
};

static void
on_message(void *context, const json_t *message)
{
    struct place *place = context;
    const char *text = json_string_value(json_object_get(message, "text"));
    if (place->messages++ == 0 && text != NULL) {
        (void)snprintf(place->first, sizeof place->first, "%s", text);
    }
}

static void
on_end(void *context, const struct child_end *end)
{
    struct place *place = context;
    place->ends++;
    place->end = *end;
    (void)snprintf(place->last_words, sizeof place->last_words, "%s", end->last_words);
    place->child = NULL;
}

static void
start(struct place *place, const char *script, double deadline_s)
{
    const char *const args[] = {"-c", script, NULL};
    struct error error;
    memset(place, 0, sizeof *place);
    assert_int_equal(uv_loop_init(&place->loop), 0);
    assert_int_equal(child_start(&(struct child_params){.loop = &place->loop,
                                                        .program = "/bin/sh",
                                                        .args = args,
                                                        .deadline_s = deadline_s,
                                                        .on_message = on_message,
                                                        .on_end = on_end,
                                                        .context = place},
                                 &place->child, &error),
                     0);
}

static void
finish(struct place *place)
{
    assert_int_equal(uv_run(&place->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(place->ends, 1);
    assert_int_equal(uv_loop_close(&place->loop), 0);
}

/* A worker's work is not taken from the processor time of the loop's session. */
static void
test_child_has_a_session_of_its_own(void **state)
{
    (void)state;
    struct place place;
    start(&place, "read line", 30);
    assert_int_equal(getsid(child_pid(place.child)), child_pid(place.child));
    child_close_input(place.child);
    finish(&place);
}

static void
test_messages_in_and_out(void **state)
{
    (void)state;
    struct place place;
    start(&place, "read line; echo \"$line\"; read line; echo \"$line\"; echo bye >&2", 30);
    json_t *message = json_pack("{s:s}", "text", "hello");
    assert_int_equal(child_send(place.child, message), 0);
    assert_int_equal(child_send(place.child, message), 0);
    json_decref(message);
    finish(&place);
    assert_int_equal(place.messages, 2);
    assert_string_equal(place.first, "hello");
    assert_int_equal(place.end.exit_status, 0);
    assert_string_equal(place.last_words, "bye");
}

/* Nothing of ours reaches it: no open file, no variable. */
static void
test_it_gets_three_descriptors_and_a_clean_environment(void **state)
{
    (void)state;
    struct place place;
    int leak = fcntl(STDERR_FILENO, F_DUPFD, 77); /* without O_CLOEXEC */
    assert_true(leak >= 77);
    assert_int_equal(setenv("PGPASSWORD", "secret", 1), 0);
    start(&place,
          "printf '{\"text\": \"'; for f in /proc/self/fd/*; do printf '%s ' \"${f##*/}\"; done; "
          "env | while IFS='=' read -r name rest; do printf '%s ' \"$name\"; done; echo '\"}'",
          30);
    finish(&place);
    (void)close(leak);
    (void)unsetenv("PGPASSWORD");
    assert_int_equal(place.messages, 1);
    assert_null(strstr(place.first, "PGPASSWORD"));
    assert_non_null(strstr(place.first, "PATH"));
    char number[16];
    (void)snprintf(number, sizeof number, " %d ", leak);
    assert_null(strstr(place.first, number));
}

/* The daemon ignores SIGPIPE; a child would inherit that, and what is blocked. */
static void
test_its_signals_are_as_by_default(void **state)
{
    (void)state;
    struct place place;
    sigset_t blocked, before;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR2);
    (void)pthread_sigmask(SIG_BLOCK, &blocked, &before);
    (void)signal(SIGPIPE, SIG_IGN);
    start(&place,
          "printf '{\"text\": \"'; while read -r name mask; do case $name in Sig[BI][lg]*) "
          "printf '%s ' $mask;; esac; done < /proc/self/status; echo '\"}'",
          30);
    finish(&place);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    char *rest;
    assert_int_equal(strtoull(place.first, &rest, 16), 0);
    /* 32 and 33 are the C library's own: it sets them up anew */
    assert_int_equal(strtoull(rest, NULL, 16) & ~(3ULL << 31), 0);
}

/* Where SIGCHLD is ignored the kernel forgets how a child ended. */
static void
test_an_end_that_is_not_known_is_told_too(void **state)
{
    (void)state;
    struct place place;
    (void)signal(SIGCHLD, SIG_IGN);
    start(&place, "read line", 30);
    child_close_input(place.child);
    finish(&place);
    (void)signal(SIGCHLD, SIG_DFL);
    assert_int_equal(place.end.exit_status, 255);
}

static void
test_a_deadline_ends_it(void **state)
{
    (void)state;
    struct place place;
    start(&place, "exec sleep 1000", 0.05);
    finish(&place);
    assert_true(place.end.was_over_time);
    assert_int_equal(place.end.signal, SIGTERM);
}

static void
test_no_json_ends_it(void **state)
{
    (void)state;
    struct place place;
    start(&place, "echo '{}'; echo 'not json'; exec sleep 1000", 30);
    finish(&place);
    assert_int_equal(place.messages, 1);
    assert_true(place.end.has_spoken_badly);
    assert_int_equal(place.end.signal, SIGTERM);
}

static void
test_an_endless_line_ends_it(void **state)
{
    (void)state;
    struct place place;
    start(&place, "exec tr '\\0' x < /dev/zero", 30);
    finish(&place);
    assert_int_equal(place.messages, 0);
    assert_true(place.end.has_spoken_badly);
}

static void
test_a_kill_is_told(void **state)
{
    (void)state;
    struct place place;
    start(&place, "kill -9 $$", 30);
    finish(&place);
    assert_int_equal(place.end.signal, SIGKILL);
    assert_false(place.end.was_stopped);
}

static void
test_closing_its_input_ends_a_reader(void **state)
{
    (void)state;
    struct place place;
    start(&place, "while read line; do :; done; echo '{\"text\": \"done\"}'", 30);
    child_close_input(place.child);
    finish(&place);
    assert_string_equal(place.first, "done");
    assert_int_equal(place.end.exit_status, 0);
}

/* A grandchild that keeps the pipes open does not keep us. */
static void
test_a_grandchild_delays_but_does_not_hold(void **state)
{
    (void)state;
    struct place place;
    start(&place, "sleep 20 & echo \"{\\\"text\\\": \\\"$!\\\"}\"", 30);
    finish(&place);
    assert_int_equal(place.end.exit_status, 0);
    (void)kill((pid_t)strtol(place.first, NULL, 10), SIGKILL);
}

static void
test_what_is_not_there_cannot_be_started(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct child *child;
    struct error error;
    const char *const no_args[] = {NULL};
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(child_start(&(struct child_params){.loop = &loop,
                                                        .program = "/nonexistent/program",
                                                        .args = no_args,
                                                        .on_message = on_message,
                                                        .on_end = on_end},
                                 &child, &error),
                     -1);
    assert_int_equal(error.cause, CAUSE_CHILD_DIED);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_child_has_a_session_of_its_own),
        cmocka_unit_test(test_messages_in_and_out),
        cmocka_unit_test(test_it_gets_three_descriptors_and_a_clean_environment),
        cmocka_unit_test(test_its_signals_are_as_by_default),
        cmocka_unit_test(test_an_end_that_is_not_known_is_told_too),
        cmocka_unit_test(test_a_deadline_ends_it),
        cmocka_unit_test(test_no_json_ends_it),
        cmocka_unit_test(test_an_endless_line_ends_it),
        cmocka_unit_test(test_a_kill_is_told),
        cmocka_unit_test(test_closing_its_input_ends_a_reader),
        cmocka_unit_test(test_a_grandchild_delays_but_does_not_hold),
        cmocka_unit_test(test_what_is_not_there_cannot_be_started),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
