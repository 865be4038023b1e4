/* Dates, e-mail addresses and telephone numbers (CRED-3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "date.h"
#include "email.h"
#include "phone.h"

static struct scratch scratch;

static int
set_up(void **state)
{
    (void)state;
    return scratch_init(&scratch, 1 << 20);
}

static int
tear_down(void **state)
{
    (void)state;
    scratch_deinit(&scratch);
    return 0;
}

static void
test_dates(void **state)
{
    (void)state;
    static const char *const good[] = {"2026-08-20", "2024-02-29", "2000-02-29",
                                       "2026-08-20T00:00:00.000Z", "2026-08-20 08:01:05"};
    static const char *const bad[] = {
        "",           "2026-8-20",   "8/20/2026",   "2026-02-29", "1900-02-29",
        "2026-13-01", "2026-00-10",  "2026-04-31",  "2026-08-00", "0000-01-01",
        "20260820",   "2026-08-20x", "2026-08-20T", "+026-08-20"};
    struct text date;
    for (size_t at = 0; at < sizeof good / sizeof good[0]; at++) {
        assert_int_equal(date_read(text_of(good[at]), &date), 0);
        assert_int_equal(date.size, 10);
        assert_memory_equal(date.data, good[at], 10);
    }
    for (size_t at = 0; at < sizeof bad / sizeof bad[0]; at++) {
        assert_int_equal(date_read(text_of(bad[at]), &date), -1);
    }
}

/* --- the table of hard cases, which the database's test reads too ------------------------------
 */

enum { KIND, REGION, GIVEN, WORKER, DATABASE, WHAT, CELLS };

/* A value as COPY writes it; NULL for \N. Changes the text in place. */
static const char *
undo_escapes(char *text)
{
    if (strcmp(text, "\\N") == 0) {
        return NULL;
    }
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        unsigned byte = 0;
        if (*from == '\\' && sscanf(from, "\\x%2X", &byte) == 1) {
            from += 4;
            *to = (char)byte;
        } else {
            from += *from == '\\';
            *to = *from++;
        }
    }
    *to = '\0';
    return text;
}

/* The normalised value of a case, or NULL. */
static const char *
normalise(const char *kind, const char *region, const char *given, char *value, size_t size)
{
    struct text text = text_trim(text_of(given)); /* as the reader hands cells on */
    struct text normal;
    struct email email;
    struct phone phone;
    struct phone slow;
    scratch_reset(&scratch);
    if (strcmp(kind, "email") == 0) {
        struct email by_long_way = {.size = 0};
        int result = email_normalise(text, &scratch, &email);
        assert_int_equal(email_normalise_slowly(text, &scratch, &by_long_way), result);
        if (result != 0) {
            return NULL;
        }
        assert_int_equal(by_long_way.size, email.size);
        assert_memory_equal(by_long_way.data, email.data, email.size);
        normal = (struct text){email.data, email.size};
    } else {
        int result = phone_normalise(text, region, &scratch, &phone);
        assert_int_equal(phone_normalise_slowly(text, region, &scratch, &slow), result);
        if (result != 0) {
            return NULL;
        }
        assert_int_equal(slow.size, phone.size);
        assert_memory_equal(slow.data, phone.data, phone.size);
        normal = (struct text){phone.data, phone.size};
    }
    (void)snprintf(value, size, "%.*s", (int)normal.size, normal.data);
    return value;
}

static bool
is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Returns whether the case came out as the table has it; says so if not. */
static bool
try_case(char *line)
{
    const char *cells[CELLS];
    char value[512];
    char again[512];
    for (int cell = 0; cell < CELLS; cell++) {
        char *text = strsep(&line, "\t\n");
        assert_non_null(text);
        cells[cell] = undo_escapes(text);
    }
    const char *got = normalise(cells[KIND], cells[REGION], cells[GIVEN], value, sizeof value);
    if (!is_same(got, cells[WORKER])) {
        print_error("%s (%s): %s\n", cells[GIVEN], cells[WHAT], got == NULL ? "refused" : got);
        return false;
    }
    /* the database takes less, and never something else */
    assert_true(cells[DATABASE] == NULL || is_same(cells[DATABASE], got));
    return got == NULL ||
           is_same(normalise(cells[KIND], cells[REGION], got, again, sizeof again), got);
}

/* rule: CRED-3 */
static void
test_hard_cases(void **state)
{
    (void)state;
    FILE *file = fopen("credentials.copy", "re");
    char *line = NULL;
    size_t size = 0;
    int cases = 0;
    int wrong = 0;
    assert_non_null(file);
    assert_true(getline(&line, &size, file) > 0); /* the statement */
    while (getline(&line, &size, file) > 0 && strcmp(line, "\\.\n") != 0) {
        cases++;
        wrong += !try_case(line);
    }
    (void)fclose(file);
    free(line);
    assert_int_equal(wrong, 0);
    assert_true(cases > 150);
}

static void
test_regions(void **state)
{
    (void)state;
    assert_true(phone_region_is_known("US"));
    assert_true(phone_region_is_known("DE"));
    assert_false(phone_region_is_known("XX"));
}

/*
 * The fast path and the library never disagree: every area code, with exchanges and lines spread
 * over their range, in the shapes people write.
 */
static void
test_fast_path_agrees_with_the_library(void **state)
{
    (void)state;
    static const char *const shapes[] = {"##########", "(###) ###-####", "1-###-###-####",
                                         "+1##########", "###.###.####"};
    unsigned number = 1;
    for (int area = 0; area < 1000; area++) {
        for (int round = 0; round < 12; round++) {
            number = number * 1664525u + 1013904223u;
            char text[32];
            char digits[16];
            int exchange = round < 2 ? 199 + round : (int)(number >> 8) % 1000;
            (void)snprintf(digits, sizeof digits, "%03d%03d%04d", area, exchange,
                           (int)(number >> 18) % 10000);
            const char *digit = digits;
            (void)snprintf(text, sizeof text, "%s", shapes[round % 5]);
            for (char *p = text; *p != '\0'; p++) {
                *p = *p == '#' ? *digit++ : *p;
            }
            struct phone fast = {.size = 0};
            struct phone slow = {.size = 0};
            struct text given = text_of(text);
            int fast_result = phone_normalise(given, "US", &scratch, &fast);
            int slow_result = phone_normalise_slowly(given, "US", &scratch, &slow);
            if (fast_result != slow_result || fast.size != slow.size) {
                fail_msg("%s: %d and %d", text, fast_result, slow_result);
            }
            assert_memory_equal(fast.data, slow.data, fast.size);
        }
    }
}

/* Addresses made of what decides: signs at every place, long parts, letters of both cases. */
static void
test_short_way_of_emails_agrees_with_the_long_one(void **state)
{
    (void)state;
    static const char *const parts[] = {"a",  "B", "z9", "0", "-",  "--", ".",  "_", "+",     "@",
                                        "@x", "'", " ",  "ä", "xn", "co", ".c", ",", "x.com", "63"};
    uint32_t number = 1;
    int taken = 0;
    for (int round = 0; round < 400000; round++) {
        char text[512];
        size_t size = 0;
        for (int part = 0; part < 3 + round % 7; part++) {
            number = number * 1664525u + 1013904223u;
            const char *word = parts[(number >> 16) % (sizeof parts / sizeof parts[0])];
            for (int times = strcmp(word, "63") == 0 ? 61 : 1; times > 0; times--) {
                const char *next = times > 1 || strcmp(word, "63") == 0 ? "k" : word;
                memcpy(text + size, next, strlen(next));
                size += strlen(next);
            }
        }
        struct text given = text_trim((struct text){text, size});
        struct email fast = {.size = 0};
        struct email slow = {.size = 0};
        scratch_reset(&scratch);
        int fast_result = email_normalise(given, &scratch, &fast);
        int slow_result = email_normalise_slowly(given, &scratch, &slow);
        if (fast_result != slow_result || fast.size != slow.size ||
            memcmp(fast.data, slow.data, fast.size) != 0) {
            fail_msg("%.*s: %d and %d", (int)given.size, given.data, fast_result, slow_result);
        }
        taken += fast_result == 0;
    }
    assert_true(taken > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_hard_cases),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_fast_path_agrees_with_the_library),
        cmocka_unit_test(test_short_way_of_emails_agrees_with_the_long_one),
    };
    return cmocka_run_group_tests_name("values", tests, set_up, tear_down);
}
