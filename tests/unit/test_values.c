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

static void
expect_email(const char *from, const char *to)
{
    struct email email;
    scratch_reset(&scratch);
    int result = email_normalise(text_of(from), &scratch, &email);
    if (to == NULL) {
        if (result == 0) {
            fail_msg("taken: %s", from);
        }
        return;
    }
    assert_int_equal(result, 0);
    assert_int_equal(email.size, strlen(to));
    assert_memory_equal(email.data, to, email.size);
    if (email.size > 0) {
        struct email again;
        assert_int_equal(email_normalise((struct text){email.data, email.size}, &scratch, &again),
                         0);
        assert_int_equal(again.size, email.size);
        assert_memory_equal(again.data, email.data, email.size);
    }
}

/* rule: CRED-3 */
static void
test_emails(void **state)
{
    (void)state;
    expect_email("", "");
    expect_email(" \xE2\x80\x8B", "");
    expect_email("Ada@Example.ORG", "ada@example.org");
    expect_email(" ada@example.org\xC2\xA0", "ada@example.org");
    expect_email("\xEF\xBB\xBF"
                 "ada@example.org",
                 "ada@example.org");
    expect_email("a.b+kid1@mail.example.co.uk", "a.b+kid1@mail.example.co.uk");
    expect_email("o'hara@example.org", "o'hara@example.org");
    expect_email("x@b\xC3\xBC"
                 "cher.example",
                 "x@xn--bcher-kva.example");
    expect_email("x@BU\xCC\x88"
                 "CHER.example",
                 "x@xn--bcher-kva.example");
    expect_email("x@xn--bcher-kva.example", "x@xn--bcher-kva.example");
    expect_email("x@XN--BCHER-KVA.example", "x@xn--bcher-kva.example");
    expect_email("JOSE\xCC\x81@example.org", "jos\xC3\xA9@example.org");
    expect_email("stra\xC3\x9F"
                 "e@example.org",
                 "strasse@example.org");

    expect_email("none", NULL);
    expect_email("a@b", NULL);
    expect_email("@example.org", NULL);
    expect_email("a@", NULL);
    expect_email("a b@example.org", NULL);
    expect_email("a@exa mple.org", NULL);
    expect_email("a@b@example.org", NULL);
    expect_email("a@example.org; b@example.org", NULL);
    expect_email("a@example.org, b@example.org", NULL);
    expect_email("Ada <ada@example.org>", NULL);
    expect_email("mailto:ada@example.org", NULL);
    expect_email("\"ada\"@example.org", NULL);
    expect_email(".ada@example.org", NULL);
    expect_email("ada.@example.org", NULL);
    expect_email("a..b@example.org", NULL);
    expect_email("ada@example..org", NULL);
    expect_email("ada@.example.org", NULL);
    expect_email("ada@example.org.", NULL);
    expect_email("ada@-example.org", NULL);
    expect_email("ada@example-.org", NULL);
    expect_email("ada@exa_mple.org", NULL);
    expect_email("ada@10.0.0.1", NULL);
    expect_email("ada@[10.0.0.1]", NULL);
    expect_email("ada@xn--\xC3\xBC.example", NULL);
    expect_email("ada@xn--a.example", NULL);
    expect_email("https://example.org/?a@b.c", NULL);
}

static void
test_email_limits(void **state)
{
    (void)state;
    char text[512];
    char local[80];
    memset(local, 'l', sizeof local);
    (void)snprintf(text, sizeof text, "%.*s@example.org", LIMIT_EMAIL_LOCAL_BYTES, local);
    expect_email(text, text);
    (void)snprintf(text, sizeof text, "%.*s@example.org", LIMIT_EMAIL_LOCAL_BYTES + 1, local);
    expect_email(text, NULL);
    /* four labels of 46 and the rest: 254 bytes in all, then 255 */
    for (int more = 0; more < 2; more++) {
        int used = snprintf(text, sizeof text, "%.*s@", LIMIT_EMAIL_LOCAL_BYTES, local);
        while (used < LIMIT_EMAIL_BYTES - 50) {
            used += snprintf(text + used, sizeof text - (size_t)used, "%.*s.", 46, local);
        }
        int rest = LIMIT_EMAIL_BYTES + more - used;
        (void)snprintf(text + used, sizeof text - (size_t)used, "%.*s", rest, local);
        assert_int_equal(strlen(text), LIMIT_EMAIL_BYTES + more);
        expect_email(text, more == 0 ? text : NULL);
    }
}

static void
expect_phone(const char *from, const char *region, const char *to)
{
    struct phone phone;
    struct phone slow;
    int result = phone_normalise(text_of(from), region, &phone);
    assert_int_equal(result, phone_normalise_slowly(text_of(from), region, &slow));
    if (to == NULL) {
        if (result == 0) {
            fail_msg("taken: %s", from);
        }
        return;
    }
    assert_int_equal(result, 0);
    assert_int_equal(phone.size, strlen(to));
    assert_memory_equal(phone.data, to, phone.size);
    assert_int_equal(slow.size, phone.size);
    assert_memory_equal(slow.data, phone.data, phone.size);
}

/* rule: CRED-3 */
static void
test_phones(void **state)
{
    (void)state;
    assert_true(phone_region_is_known("US"));
    assert_true(phone_region_is_known("DE"));
    assert_false(phone_region_is_known("XX"));
    expect_phone("", "US", "");
    expect_phone("4155550132", "US", "+14155550132");
    expect_phone("415-555-0132", "US", "+14155550132");
    expect_phone("(415) 555-0132", "US", "+14155550132");
    expect_phone("(415)555-0132", "US", "+14155550132");
    expect_phone("415.555.0132", "US", "+14155550132");
    expect_phone("1-415-555-0132", "US", "+14155550132");
    expect_phone("1 (415) 555 0132", "CA", "+14155550132");
    expect_phone("+1 415 555 0132", "US", "+14155550132");
    expect_phone("+1 415 555 0132", "DE", "+14155550132");
    expect_phone("415 - 555 - 0132", "US", "+14155550132");
    expect_phone("+44 20 7946 0958", "US", "+442079460958");
    expect_phone("020 7946 0958", "GB", "+442079460958");
    expect_phone("030 123456", "DE", "+4930123456");
    expect_phone("555-0132", "US", NULL);
    expect_phone("911", "US", NULL);
    expect_phone("999-555-0132", "US", NULL);
    expect_phone("415-155-0132", "US", NULL);
    expect_phone("415-555-013", "US", NULL);
    expect_phone("415-555-01322", "US", NULL);
    expect_phone("4155550132 x12", "US", NULL);
    expect_phone("415-555-0132 / 415-555-0133", "US", NULL);
    expect_phone("none", "US", NULL);
    expect_phone("+", "US", NULL);
    expect_phone("1", "US", NULL);
    expect_phone("(415 555-0132", "US", "+14155550132");
    expect_phone("0044 20 7946 0958", "US", NULL);
}

static void
test_phone_limit(void **state)
{
    (void)state;
    char text[LIMIT_PHONE_BYTES + 2];
    struct phone phone;
    memset(text, ' ', sizeof text);
    memcpy(text, "415", 3);
    memcpy(text + LIMIT_PHONE_BYTES - 7, "5550132", 7);
    assert_int_equal(phone_normalise((struct text){text, LIMIT_PHONE_BYTES}, "US", &phone), 0);
    memmove(text + LIMIT_PHONE_BYTES - 6, "5550132", 7);
    assert_int_equal(phone_normalise((struct text){text, LIMIT_PHONE_BYTES + 1}, "US", &phone), -1);
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
            int fast_result = phone_normalise(given, "US", &fast);
            int slow_result = phone_normalise_slowly(given, "US", &slow);
            if (fast_result != slow_result || fast.size != slow.size) {
                fail_msg("%s: %d and %d", text, fast_result, slow_result);
            }
            assert_memory_equal(fast.data, slow.data, fast.size);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_emails),
        cmocka_unit_test(test_email_limits),
        cmocka_unit_test(test_phones),
        cmocka_unit_test(test_phone_limit),
        cmocka_unit_test(test_fast_path_agrees_with_the_library),
    };
    return cmocka_run_group_tests_name("values", tests, set_up, tear_down);
}
