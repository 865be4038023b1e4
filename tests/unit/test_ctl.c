/* rosterctl's own small parts: the HTTP client's parser, words for people, the journal's names. */
#include "client.h"
#include "message_id.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int
parse(const char *text, struct client_answer *ret_answer)
{
    char *bytes = strdup(text);
    assert_non_null(bytes);
    *ret_answer = (struct client_answer){0};
    int parsed = client_parse(bytes, strlen(text), ret_answer);
    free(bytes);
    return parsed;
}

static void
test_answers_that_are_whole(void **state)
{
    static const struct {
        const char *text;
        int status;
        const char *body;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"},
        {"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\n{}rest", 200, "{}"},
        {"HTTP/1.0 404 Not Found\r\n\r\nto the end", 404, "to the end"},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 204, ""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x\r\ncde\r\n0\r\n\r\n",
         200, "abcde"},
    };
    (void)state;
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        struct client_answer answer;
        assert_int_equal(parse(cases[index].text, &answer), 0);
        assert_int_equal(answer.status, cases[index].status);
        assert_string_equal(answer.body, cases[index].body);
        assert_int_equal(answer.length, strlen(cases[index].body));
        client_answer_deinit(&answer);
    }
}

static void
test_answers_that_are_not(void **state)
{
    static const char *const texts[] = {
        "",
        "HTTP/1.1 200 OK\r\n",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab\r\n",
    };
    (void)state;
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) {
        struct client_answer answer;
        if (parse(texts[index], &answer) == 0) {
            fail_msg("taken: %s", texts[index]);
        }
    }
}

static void
test_nothing_steers_a_terminal(void **state)
{
    (void)state;
    json_t *answer = json_loads("{\"name\": \"a\\u001b[2Jb\\n\", \"k\\u0007\": [\"\\u202ex\"],"
                                "\"escaped\": \"\\\\x1b\"}",
                                0, NULL);
    assert_int_equal(words_make_safe(answer), 0);
    assert_string_equal(json_string_value(json_object_get(answer, "name")), "a\\x1b[2Jb\\x0a");
    assert_string_equal(json_string_value(json_array_get(json_object_get(answer, "k\\x07"), 0)),
                        "\\xe2\\x80\\xaex");
    assert_null(json_object_get(answer, "k\a"));
    assert_string_equal(json_string_value(json_object_get(answer, "escaped")), "\\x1b");
    json_decref(answer);
}

static void
test_numbers(void **state)
{
    char buffer[WORDS_SIZE];
    (void)state;
    assert_string_equal(format_count(buffer, 0), "0");
    assert_string_equal(format_count(buffer, 999), "999");
    assert_string_equal(format_count(buffer, 1234567), "1,234,567");
    assert_string_equal(format_count(buffer, -1), "unknown");
    assert_string_equal(format_bytes(buffer, 1023), "1023 B");
    assert_string_equal(format_bytes(buffer, 1024 * 1024 - 1), "1 MiB");
    assert_string_equal(format_bytes(buffer, 3328599654), "3.1 GiB");
    assert_string_equal(format_bytes(buffer, -1), "unknown");
    assert_string_equal(format_duration(buffer, 0.42), "0.4 s");
    assert_string_equal(format_duration(buffer, 59.97), "1 m");
    assert_string_equal(format_duration(buffer, 3599.9), "1 h");
    assert_string_equal(format_duration(buffer, 2 * 86400 + 4 * 3600 + 59), "2 d 4 h");
    assert_string_equal(format_duration(buffer, -1), "unknown");
}

static void
test_times(void **state)
{
    char buffer[WORDS_SIZE];
    (void)state;
    assert_int_equal(setenv("TZ", "America/Los_Angeles", 1), 0);
    tzset();
    double when = when_parse("2026-08-18T16:14:07.25Z");
    assert_true(when > 1787069647.2 && when < 1787069647.3);
    assert_true(when_parse("2026-08-18T09:14:07-07:00") == when_parse("2026-08-18T16:14:07Z"));
    assert_true(when_parse("2026-08-18 16:14:07+00") == when_parse("2026-08-18T16:14:07Z"));
    assert_true(when_parse("yesterday") == WHEN_UNKNOWN);
    assert_true(when_parse("2026-08-18T16:14:07") == WHEN_UNKNOWN);
    assert_true(when_parse(NULL) == WHEN_UNKNOWN);
    assert_string_equal(format_when(buffer, when), "Tue 18 Aug 2026 09:14:07 PDT");
    assert_string_equal(format_when_short(buffer, when, when + 60), "09:14:07");
    assert_string_equal(format_when_short(buffer, when, when + 86400), "18 Aug 09:14");
    assert_string_equal(format_when_short(buffer, when, when + 400 * 86400.0), "18 Aug 2026");
    assert_string_equal(format_when(buffer, WHEN_UNKNOWN), "unknown");
}

static void
test_times_as_typed(void **state)
{
    static const struct {
        const char *text;
        time_t when; /* 0: refused */
    } cases[] = {
        {"+90m", 1787069647 + 5400},
        {"+2d", 1787069647 + 2 * 86400},
        {"+1.5h", 1787069647 + 5400},
        {"2026-08-18", 1787036400},
        {"2026-08-18 06:30", 1787059800},
        {"2026-08-18T16:14:07Z", 1787069647},
        {"+2", 0},
        {"+2y", 0},
        {"+-2d", 0},
        {"2d", 0},
        {"18.8.2026", 0},
        {"", 0},
        {"+nand", 0},
        {"2026-08-18 06:30 or so", 0},
    };
    (void)state;
    assert_int_equal(setenv("TZ", "America/Los_Angeles", 1), 0);
    tzset();
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        time_t when = 0;
        int read = when_read(cases[index].text, 1787069647, &when);
        if (read != (cases[index].when == 0 ? -1 : 0) || when != cases[index].when) {
            fail_msg("%s: %ld", cases[index].text, (long)when);
        }
    }
}

static void
test_message_ids(void **state)
{
    char ids[CAUSE_COUNT][MESSAGE_ID_SIZE];
    (void)state;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        message_id_of((enum cause)cause, ids[cause]);
        assert_int_equal(strspn(ids[cause], "0123456789abcdef"), 32);
        for (int other = 0; other < cause; other++) {
            assert_string_not_equal(ids[cause], ids[other]);
        }
    }
    /* Journals that were written must stay readable: an id never changes. */
    assert_string_equal(ids[CAUSE_SFTP_DNS], "c7d39f7734a0819cb8688bff47c414cd");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_that_are_whole),
        cmocka_unit_test(test_answers_that_are_not),
        cmocka_unit_test(test_nothing_steers_a_terminal),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_times_as_typed),
        cmocka_unit_test(test_message_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
