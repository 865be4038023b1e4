/* The stream that PostgreSQL gets, byte by byte. */
#include "copy_binary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct stream {
    char data[1 << 20];
    size_t size;
    int pieces;
    int fail_at;
};

static int
take(void *context, const char *data, size_t size, struct error *reterr)
{
    struct stream *stream = context;
    if (++stream->pieces == stream->fail_at) {
        return error_set(reterr, CAUSE_DB_UNAVAILABLE, "gone");
    }
    assert_true(stream->size + size <= sizeof stream->data);
    memcpy(stream->data + stream->size, data, size);
    stream->size += size;
    return 0;
}

static void
test_bytes(void **state)
{
    (void)state;
    static struct stream stream;
    struct error error;
    struct copy_binary *copy = copy_binary_new(take, &stream);
    assert_non_null(copy);
    copy_binary_start(copy);
    assert_int_equal(copy_binary_row(copy, 3, &error), 0);
    copy_binary_int8(copy, 258);
    copy_binary_text(copy, TEXT("a\tb"));
    copy_binary_text(copy, TEXT_NONE);
    assert_int_equal(copy_binary_row(copy, 1, &error), 0);
    copy_binary_text(copy, TEXT(""));
    assert_int_equal(copy_binary_finish(copy, &error), 0);
    static const char expected[] = "PGCOPY\n\377\r\n\0"
                                   "\0\0\0\0"
                                   "\0\0\0\0"
                                   "\0\3"
                                   "\0\0\0\10"
                                   "\0\0\0\0\0\0\1\2"
                                   "\0\0\0\3"
                                   "a\tb"
                                   "\377\377\377\377"
                                   "\0\1"
                                   "\0\0\0\0"
                                   "\377\377";
    assert_int_equal(stream.size, sizeof expected - 1);
    assert_memory_equal(stream.data, expected, sizeof expected - 1);
    assert_int_equal(stream.pieces, 1);
    copy_binary_free(copy);
    copy_binary_free(NULL);
}

static void
test_goes_out_in_pieces(void **state)
{
    (void)state;
    static struct stream stream;
    struct error error;
    struct copy_binary *copy = copy_binary_new(take, &stream);
    copy_binary_start(copy);
    for (int row = 0; row < 30000; row++) {
        assert_int_equal(copy_binary_row(copy, 1, &error), 0);
        copy_binary_int8(copy, row);
    }
    assert_int_equal(copy_binary_finish(copy, &error), 0);
    assert_int_equal(stream.size, 19 + 30000 * 14 + 2);
    assert_int_equal(stream.pieces, 7);
    /* a failure comes back, and a new stream begins afresh */
    stream = (struct stream){.fail_at = 1};
    copy_binary_start(copy);
    assert_int_equal(copy_binary_finish(copy, &error), -1);
    assert_int_equal(error.cause, CAUSE_DB_UNAVAILABLE);
    copy_binary_free(copy);
}

static void
test_a_row_that_cannot_be(void **state)
{
    (void)state;
    static struct stream stream;
    struct error error;
    struct copy_binary *copy = copy_binary_new(take, &stream);
    size_t size = 3 << 20;
    char *data = calloc(1, size);
    assert_non_null(data);
    copy_binary_start(copy);
    assert_int_equal(copy_binary_row(copy, 1, &error), 0);
    copy_binary_text(copy, (struct text){data, size});
    assert_int_equal(copy_binary_finish(copy, &error), -1);
    assert_int_equal(error.cause, CAUSE_INTERNAL);
    assert_int_equal(stream.pieces, 0);
    free(data);
    copy_binary_free(copy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_goes_out_in_pieces),
        cmocka_unit_test(test_a_row_that_cannot_be),
    };
    return cmocka_run_group_tests_name("copy_binary", tests, NULL, NULL);
}
