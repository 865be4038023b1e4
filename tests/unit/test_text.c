/* Texts: what is UTF-8, what a name looks like after cleaning. */
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "limit.h"

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
test_scan_at_every_place_of_a_block(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        unsigned flags;
    } cases[] = {
        {"\xC3\xA9", 2, TEXT_NOT_ASCII},
        {"\xF0\x9F\x98\x80", 4, TEXT_NOT_ASCII},
        {"\xEF\xBF\xBF", 3, TEXT_NOT_ASCII}, /* a noncharacter is valid UTF-8 */
        {"\xC0\x80", 2, TEXT_NOT_ASCII | TEXT_NOT_UTF8},
        {"\xE0\x80\x80", 3, TEXT_NOT_ASCII | TEXT_NOT_UTF8},
        {"\xED\xA0\x80", 3, TEXT_NOT_ASCII | TEXT_NOT_UTF8},
        {"\xF4\x90\x80\x80", 4, TEXT_NOT_ASCII | TEXT_NOT_UTF8},
        {"\xE9", 1, TEXT_NOT_ASCII | TEXT_NOT_UTF8},
        {"\0", 1, TEXT_HAS_NUL | TEXT_HAS_CONTROL},
        {"\n", 1, TEXT_HAS_CONTROL},
        {"\x7F", 1, TEXT_HAS_CONTROL},
        {"~", 1, 0},
    };
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        for (size_t place = 0; place < 40; place++) {
            char data[64];
            memset(data, 'a', sizeof data);
            memcpy(data + place, cases[at].bytes, cases[at].size);
            assert_int_equal(text_scan(data, sizeof data), cases[at].flags);
            assert_int_equal(text_scan(data, place + cases[at].size), cases[at].flags);
            assert_int_equal(text_scan(data, place), 0);
        }
    }
}

static void
expect_clean(const char *from, const char *to)
{
    struct text text;
    scratch_reset(&scratch);
    assert_int_equal(text_clean(text_of(from), &scratch, &text, NULL), 0);
    assert_int_equal(text.size, strlen(to));
    assert_memory_equal(text.data, to, text.size);
}

/* rule: CRED-3 */
static void
test_clean(void **state)
{
    (void)state;
    expect_clean("Ada", "Ada");
    expect_clean("  Ada \t", "Ada");
    expect_clean("Mary  Ann", "Mary  Ann");
    expect_clean("Jose\xCC\x81", "Jos\xC3\xA9"); /* e and an accent become one */
    expect_clean("\xC2\xA0"
                 "Ada\xE2\x80\xAF",
                 "Ada"); /* no-break spaces */
    expect_clean("A\xE2\x80\x8B"
                 "da\xEF\xBB\xBF",
                 "Ada"); /* zero width space, BOM */
    expect_clean("\xE2\x80\x8F"
                 "Ada\xE2\x80\xAC",
                 "Ada"); /* direction marks */
    expect_clean("Ada\nLovelace", "Ada Lovelace");
    expect_clean("a\x1E"
                 "b\x1F"
                 "c",
                 "a b c");
    expect_clean("\xE2\x80\x8B \xC2\xAD", "");
    expect_clean("\xE1\xBC\x82", "\xE1\xBC\x82"); /* three points when decomposed */
    expect_clean("\xEF\xAC\x81", "\xEF\xAC\x81"); /* a ligature is not taken apart */
}

static void
test_clean_cuts_at_the_limit(void **state)
{
    (void)state;
    char data[2 * (LIMIT_TEXT_CHARACTERS + 1)];
    for (size_t at = 0; at < sizeof data; at += 2) {
        memcpy(data + at, "\xC3\xA9", 2);
    }
    struct text text;
    bool cut = false;
    scratch_reset(&scratch);
    assert_int_equal(
        text_clean((struct text){data, 2 * LIMIT_TEXT_CHARACTERS}, &scratch, &text, &cut), 0);
    assert_false(cut);
    assert_int_equal(text_length(text), LIMIT_TEXT_CHARACTERS);
    assert_int_equal(text_clean((struct text){data, sizeof data}, &scratch, &text, &cut), 0);
    assert_true(cut);
    assert_int_equal(text_length(text), LIMIT_TEXT_CHARACTERS);
}

static void
test_scratch_runs_out(void **state)
{
    (void)state;
    struct scratch small;
    struct text text;
    assert_int_equal(scratch_init(&small, 16), 0);
    assert_int_equal(text_clean(text_of("Jose\xCC\x81"), &small, &text, NULL), -1);
    scratch_deinit(&small);
}

/* No code point needs more room than is set aside for it, and none changes when cleaned again. */
static void
test_every_code_point(void **state)
{
    (void)state;
    for (utf8proc_int32_t point = 1; point <= 0x10FFFF; point++) {
        utf8proc_uint8_t bytes[4];
        if (point >= 0xD800 && point <= 0xDFFF) {
            continue;
        }
        size_t size = (size_t)utf8proc_encode_char(point, bytes);
        struct text text = {(const char *)bytes, size};
        struct text once;
        struct text twice;
        scratch_reset(&scratch);
        assert_int_equal(text_compose(text, TEXT_FOLD, &scratch, &once), 0);
        assert_int_equal(text_clean(text, &scratch, &once, NULL), 0);
        assert_int_equal(text_clean(once, &scratch, &twice, NULL), 0);
        assert_true(text_equals(once, twice));
    }
}

static void
test_words(void **state)
{
    (void)state;
    assert_true(text_equals_nocase(text_of("Users.CSV"), "users.csv"));
    assert_false(text_equals_nocase(text_of("users.cs"), "users.csv"));
    assert_false(text_equals_nocase(text_of("users.csvx"), "users.csv"));
    assert_int_equal(text_trim(text_of(" \t ")).size, 0);
    assert_int_equal(text_cut(text_of("a\xC3\xA9"), 2).size, 1);
    assert_int_equal(text_cut(text_of("a\xC3\xA9"), 3).size, 3);
    assert_null(text_of(NULL).data);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan_at_every_place_of_a_block),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_clean_cuts_at_the_limit),
        cmocka_unit_test(test_scratch_runs_out),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests_name("text", tests, set_up, tear_down);
}
