/* Which file of a drop is taken, name patterns, and foreign names made printable. */
#include "settle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "glob.h"
#include "printable.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct settle_answer
choose(enum settle_mode mode, const struct settle_file *files, size_t count,
       const struct settle_file *seen, size_t seen_count, const struct settle_file *known)
{
    struct settle_question question = {.mode = mode,
                                       .files = files,
                                       .file_count = count,
                                       .pattern = "*.zip",
                                       .seen = seen,
                                       .seen_count = seen_count,
                                       .known = known};
    struct settle_answer answer;
    settle_choose(&question, &answer);
    return answer;
}

static void
test_two_polls_must_agree(void **state)
{
    (void)state;
    const struct settle_file now[] = {{"a.zip", 100, 50}};
    struct settle_answer answer = choose(SETTLE_TWO_POLLS, now, 1, NULL, 0, NULL);
    assert_int_equal(answer.verdict, SETTLE_WAITING);
    assert_string_equal(settle_why_word(answer.why), "first-seen");
    assert_int_equal(answer.seen_count, 1);
    answer = choose(SETTLE_TWO_POLLS, now, 1, &(struct settle_file){"a.zip", 99, 50}, 1, NULL);
    assert_int_equal(answer.verdict, SETTLE_WAITING);
    assert_string_equal(settle_why_word(answer.why), "growing");
    answer = choose(SETTLE_TWO_POLLS, now, 1, &(struct settle_file){"a.zip", 100, 49}, 1, NULL);
    assert_int_equal(answer.verdict, SETTLE_WAITING);
    answer = choose(SETTLE_TWO_POLLS, now, 1, now, 1, NULL);
    assert_int_equal(answer.verdict, SETTLE_READY);
    assert_string_equal(answer.chosen.name, "a.zip");
}

static void
test_newest_ready_is_taken(void **state)
{
    (void)state;
    const struct settle_file now[] = {{"a.zip", 1, 50}, {"c.zip", 1, 60}, {"b.zip", 1, 60}};
    struct settle_answer answer = choose(SETTLE_TWO_POLLS, now, 3, now, 3, NULL);
    assert_string_equal(answer.chosen.name, "c.zip");
    /* The newest is still growing: the one before it is ready. */
    const struct settle_file seen[] = {{"a.zip", 1, 50}, {"b.zip", 1, 60}, {"c.zip", 0, 60}};
    answer = choose(SETTLE_TWO_POLLS, now, 3, seen, 3, NULL);
    assert_int_equal(answer.verdict, SETTLE_READY);
    assert_string_equal(answer.chosen.name, "b.zip");
}

static void
test_never_back_in_time(void **state)
{
    (void)state;
    const struct settle_file now[] = {{"day1.zip", 5, 10}, {"day2.zip", 6, 20}};
    struct settle_answer answer = choose(SETTLE_TWO_POLLS, now, 2, now, 2, &now[1]);
    assert_int_equal(answer.verdict, SETTLE_NOTHING);
    assert_int_equal(answer.seen_count, 0);
    /* The taken one is gone from the drop; the older one is still not wanted. */
    answer = choose(SETTLE_TWO_POLLS, now, 1, now, 1, &now[1]);
    assert_int_equal(answer.verdict, SETTLE_NOTHING);
    /* The same name with another content is a new file, even with an older time. */
    const struct settle_file known = {"day2.zip", 6, 30};
    answer = choose(SETTLE_TWO_POLLS, now, 2, now, 2, &known);
    assert_int_equal(answer.verdict, SETTLE_READY);
    assert_string_equal(answer.chosen.name, "day2.zip");
}

/* Back from the newest: a package that needs the one before it. */
static void
test_the_one_before(void **state)
{
    (void)state;
    const struct settle_file now[] = {{"d.zip", 1, 40},
                                      {"b.zip", 1, 20},
                                      {"a.zip", 1, 10},
                                      {"c.zip", 1, 30},
                                      {"c.zip.done", 0, 30}};
    struct settle_question question = {.mode = SETTLE_TWO_POLLS,
                                       .files = now,
                                       .file_count = 4,
                                       .pattern = "*.zip",
                                       .seen = now,
                                       .seen_count = 4,
                                       .known = &now[2]};
    struct settle_answer answer;
    settle_choose(&question, &answer);
    assert_string_equal(answer.chosen.name, "d.zip");
    assert_int_equal(answer.older_count, 2); /* a.zip is known */
    question.before = &now[0];
    settle_choose(&question, &answer);
    assert_string_equal(answer.chosen.name, "c.zip");
    assert_int_equal(answer.older_count, 1);
    assert_int_equal(answer.seen_count, 3); /* all of them are remembered */
    question.before = &now[3];
    settle_choose(&question, &answer);
    assert_string_equal(answer.chosen.name, "b.zip");
    assert_int_equal(answer.older_count, 0);
    question.before = &now[1];
    settle_choose(&question, &answer);
    assert_int_equal(answer.verdict, SETTLE_NOTHING);
    /* The one before is not ready: none older than it is taken in its place. */
    question.before = &now[3];
    question.seen = &now[2];
    question.seen_count = 1;
    question.known = NULL;
    settle_choose(&question, &answer);
    assert_int_equal(answer.verdict, SETTLE_WAITING);
    assert_string_equal(settle_why_word(answer.why), "older");
    question.mode = SETTLE_MARKER;
    question.file_count = 5;
    question.before = &now[0];
    settle_choose(&question, &answer);
    assert_string_equal(answer.chosen.name, "c.zip");
}

static void
test_an_empty_file_is_told(void **state)
{
    (void)state;
    const struct settle_file now[] = {{"a.zip", 0, 50}, {"b.zip", 1, 40}};
    struct settle_answer answer = choose(SETTLE_TWO_POLLS, now, 1, NULL, 0, NULL);
    assert_int_equal(answer.verdict, SETTLE_WAITING);
    assert_string_equal(settle_why_word(answer.why), "empty");
    assert_int_equal(answer.seen_count, 0);
    answer = choose(SETTLE_TWO_POLLS, now, 2, now, 2, NULL); /* another is there */
    assert_string_equal(answer.chosen.name, "b.zip");
    const struct settle_file newer = {"c.zip", 1, 60};
    answer = choose(SETTLE_TWO_POLLS, now, 1, NULL, 0, &newer);
    assert_int_equal(answer.verdict, SETTLE_NOTHING);
}

static void
test_again_is_the_taken_one_and_none_older(void **state)
{
    (void)state;
    const struct settle_file now[] = {
        {"day1.zip", 5, 10}, {"day2.zip", 6, 20}, {"day3.zip", 7, 30}};
    struct settle_question question = {.mode = SETTLE_TWO_POLLS,
                                       .files = now,
                                       .file_count = 2,
                                       .pattern = "*.zip",
                                       .known = &now[1],
                                       .again = true};
    struct settle_answer answer;
    settle_choose(&question, &answer);
    assert_int_equal(answer.verdict, SETTLE_READY); /* at once: it was complete before */
    assert_string_equal(answer.chosen.name, "day2.zip");
    question.mode = SETTLE_MARKER;
    settle_choose(&question, &answer);
    assert_int_equal(answer.verdict, SETTLE_READY);
    question.file_count = 1; /* settled at its source: what lies there still is older */
    settle_choose(&question, &answer);
    assert_int_equal(answer.verdict, SETTLE_NOTHING);
    question.files = &now[2]; /* a newer one is ready by the usual rules */
    settle_choose(&question, &answer);
    assert_int_equal(answer.verdict, SETTLE_WAITING);
}

static void
test_markers(void **state)
{
    (void)state;
    struct settle_file now[] = {{"a.zip", 5, 10}, {"a.zip.done", 0, 10}};
    assert_int_equal(choose(SETTLE_MARKER, now, 2, NULL, 0, NULL).verdict, SETTLE_READY);
    assert_int_equal(choose(SETTLE_MARKER, now, 1, now, 1, NULL).verdict, SETTLE_WAITING);
    now[1].mtime = 9; /* older than the file: of the upload before */
    struct settle_answer answer = choose(SETTLE_MARKER, now, 2, NULL, 0, NULL);
    assert_int_equal(answer.verdict, SETTLE_WAITING);
    assert_string_equal(settle_why_word(answer.why), "no-marker");
    now[1] = (struct settle_file){"a.DONE", 0, 10};
    assert_int_equal(choose(SETTLE_MARKER, now, 2, NULL, 0, NULL).verdict, SETTLE_READY);
    now[1] = (struct settle_file){"b.done", 0, 10};
    assert_int_equal(choose(SETTLE_MARKER, now, 2, NULL, 0, NULL).verdict, SETTLE_WAITING);
    now[0].name = "a.b.zip"; /* only the last extension may be missing */
    now[1] = (struct settle_file){"a.done", 0, 10};
    assert_int_equal(choose(SETTLE_MARKER, now, 2, NULL, 0, NULL).verdict, SETTLE_WAITING);
}

static void
test_unfit_names_are_skipped(void **state)
{
    (void)state;
    static const char *const unfit[] = {
        "",
        ".",
        "..",
        ".hidden.zip",
        ".in.a.zip.",
        "a.zip.filepart",
        "a.zip.part",
        "a.zip.tmp",
        "a.zip.partial",
        "~$a.zip",
        "a.zip~",
        "../a.zip",
        "b/a.zip",
        "a\n.zip",
        "\x1b[2Ja.zip",
        "a\\b.zip",

        "a.zip.done",
        "a.done",
        ".sftpgo-upload.x.a.zip",
    };
    for (size_t index = 0; index < COUNT(unfit); index++) {
        assert_false(settle_is_file("*", unfit[index]));
    }
    assert_false(settle_is_file("*.zip", "a.csv"));
    assert_true(settle_is_file("*.zip", "A.ZIP"));
    assert_true(settle_is_file("*.zip", "Sch\xfcler.zip"));
    const struct settle_file empty[] = {{"a.zip", 0, 10}};
    assert_int_equal(choose(SETTLE_TWO_POLLS, empty, 1, empty, 1, NULL).verdict, SETTLE_WAITING);
}

static void
test_memory_for_the_next_poll_is_bounded(void **state)
{
    (void)state;
    struct settle_file now[3 * SETTLE_SEEN_MAX];
    static char names[3 * SETTLE_SEEN_MAX][16];
    for (size_t index = 0; index < COUNT(now); index++) {
        /* A scattered order: 7 has no factor in common with the count. */
        size_t age = index * 7 % COUNT(now);
        (void)snprintf(names[index], sizeof names[index], "%03zu.zip", age);
        now[index] = (struct settle_file){names[index], 1, (int64_t)(age / 2)};
    }
    struct settle_answer answer = choose(SETTLE_TWO_POLLS, now, COUNT(now), NULL, 0, NULL);
    assert_int_equal(answer.seen_count, SETTLE_SEEN_MAX);
    for (size_t index = 0; index < SETTLE_SEEN_MAX; index++) {
        char expected[16];
        (void)snprintf(expected, sizeof expected, "%03zu.zip", COUNT(now) - 1 - index);
        assert_string_equal(answer.seen[index].name, expected);
    }
}

static void
test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *name;
        bool fits;
    } cases[] = {
        {"*.zip", "a.zip", true},
        {"*.zip", "a.ZIP", true},
        {"*.zip", "a.zipx", false},
        {"*", "", true},
        {"", "a", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"[a-c]x", "bx", true},
        {"[!a-c]x", "bx", false},
        {"[a", "[a", true},
        {"[a", "a", false},
        {"[]]", "]", true},
        {"a*b*c", "a-b-b-c", true},
        {"a*b*c", "a-c-b", false},
        {"**", "x", true},
        {"oneroster-[0-9]*.zip", "OneRoster-2026.zip", true},
        {"*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    for (size_t index = 0; index < COUNT(cases); index++) {
        assert_true(glob_matches(cases[index].pattern, cases[index].name) == cases[index].fits);
    }
}

static void
assert_printable(const char *raw, const char *expected)
{
    char text[256];
    char back[256];
    assert_int_equal(printable_encode(raw, strlen(raw), text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
    assert_int_equal(printable_decode(text, back, sizeof back), strlen(raw));
    assert_string_equal(back, raw);
}

static void
test_foreign_bytes_are_escaped(void **state)
{
    (void)state;
    assert_printable("plain.zip", "plain.zip");
    assert_printable("Sch\xc3\xbcler \xf0\x9f\x8e\x93.zip", "Sch\xc3\xbcler \xf0\x9f\x8e\x93.zip");
    assert_printable("a\nb\x1b[2J\x7f", "a\\x0ab\\x1b[2J\\x7f");
    assert_printable("a\\x0ab", "a\\x5cx0ab");
    assert_printable("\xfc.zip", "\\xfc.zip");
    assert_printable("\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80");
    assert_printable("a\xe2\x80\xae\xe2\x80\x8bz", "a\\xe2\\x80\\xae\\xe2\\x80\\x8bz");
    assert_printable("\xc2\x85", "\\xc2\\x85");
    char text[8];
    assert_int_equal(printable_encode("123456789", 9, text, sizeof text), 7);
    assert_string_equal(text, "1234...");
    assert_int_equal(printable_encode("1234567", 7, text, sizeof text), 7);
    assert_string_equal(text, "1234567");
    assert_int_equal(printable_encode("12345\n", 6, text, sizeof text), 7);
    assert_string_equal(text, "1234...");
    assert_int_equal(printable_decode("1234567", text, sizeof text), 7);
    assert_true(printable_decode("12345678", text, sizeof text) == (size_t)-1);
    assert_true(printable_decode("\\x0", text, sizeof text) == (size_t)-1);
    assert_true(printable_decode("\\x00", text, sizeof text) == (size_t)-1);
    assert_true(printable_decode("\\", text, sizeof text) == (size_t)-1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_polls_must_agree),
        cmocka_unit_test(test_newest_ready_is_taken),
        cmocka_unit_test(test_never_back_in_time),
        cmocka_unit_test(test_the_one_before),
        cmocka_unit_test(test_an_empty_file_is_told),
        cmocka_unit_test(test_again_is_the_taken_one_and_none_older),
        cmocka_unit_test(test_markers),
        cmocka_unit_test(test_unfit_names_are_skipped),
        cmocka_unit_test(test_memory_for_the_next_poll_is_bounded),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_foreign_bytes_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
