/* The error vocabulary: every cause can be told by its word, has an owner and two sentences. */
#include "error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_every_cause_is_complete(void **state)
{
    (void)state;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        const char *word = cause_word((enum cause)cause);
        assert_non_null(word);
        assert_int_equal(cause_from_word(word), cause);
        assert_true(cause_owner((enum cause)cause) < OWNER_COUNT);
        assert_non_null(error_owner_word(cause_owner((enum cause)cause)));
        assert_true(strlen(cause_what((enum cause)cause)) > 0);
        assert_true(strlen(cause_act((enum cause)cause)) > 0);
    }
    assert_int_equal(cause_from_word("no.such"), CAUSE_COUNT);
}

static void
test_wrap_keeps_the_cause(void **state)
{
    (void)state;
    struct error error = {.cause = CAUSE_NONE};
    assert_int_equal(error_set(&error, CAUSE_ZIP_DAMAGED, "entry %d", 3), -1);
    assert_int_equal(error_wrap(&error, "package %s", "a.zip"), -1);
    assert_int_equal(error.cause, CAUSE_ZIP_DAMAGED);
    assert_string_equal(error.text, "package a.zip: entry 3");
    assert_int_equal(error_set_errno(&error, CAUSE_SPOOL_IO, ENOENT, "open"), -1);
    assert_string_equal(error.text, "open: No such file or directory");
    assert_int_equal(error_set(NULL, CAUSE_USAGE, "nothing to write to"), -1);
}

static void
test_long_texts_are_cut(void **state)
{
    (void)state;
    char text[2 * ERROR_TEXT_SIZE];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct error error = {.cause = CAUSE_NONE};
    (void)error_set(&error, CAUSE_INTERNAL, "%s", text);
    assert_int_equal(strlen(error.text), ERROR_TEXT_SIZE - 1);
    (void)error_wrap(&error, "again");
    assert_int_equal(strlen(error.text), ERROR_TEXT_SIZE - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cause_is_complete),
        cmocka_unit_test(test_wrap_keeps_the_cause),
        cmocka_unit_test(test_long_texts_are_cut),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
