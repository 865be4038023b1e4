/* Lines out of a stream, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"

struct seen {
    char text[200];
    size_t count;
};

static void
on_line(void *context, const char *line, size_t length)
{
    struct seen *seen = context;
    assert_int_equal(strlen(line), length);
    size_t used = strlen(seen->text);
    (void)snprintf(seen->text + used, sizeof seen->text - used, "%s|", line);
    seen->count++;
}

/* The same lines come out wherever the stream is cut in two. */
static void
test_every_cut(void **state)
{
    (void)state;
    static const char stream[] = "{\"a\":1}\n\nxyz\n{}\nrest";
    size_t size = sizeof stream - 1;
    for (size_t cut = 0; cut <= size; cut++) {
        struct frame frame;
        struct seen seen = {.count = 0};
        frame_init(&frame, 16);
        assert_int_equal(frame_feed(&frame, stream, cut, on_line, &seen), 0);
        assert_int_equal(frame_feed(&frame, stream + cut, size - cut, on_line, &seen), 0);
        assert_string_equal(seen.text, "{\"a\":1}|xyz|{}|");
        assert_int_equal(frame_rest(&frame), 4);
        frame_deinit(&frame);
    }
}

static void
test_the_cap(void **state)
{
    (void)state;
    struct frame frame;
    struct seen seen = {.count = 0};
    frame_init(&frame, 4);
    assert_int_equal(frame_feed(&frame, "1234\n", 5, on_line, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(frame_feed(&frame, "12345\n", 6, on_line, &seen), -1);
    assert_int_equal(seen.count, 1);
    /* and no more after it */
    assert_int_equal(frame_feed(&frame, "1\n", 2, on_line, &seen), -1);
    assert_int_equal(seen.count, 1);
    frame_deinit(&frame);
}

static void
test_a_line_that_never_ends_costs_its_cap(void **state)
{
    (void)state;
    struct frame frame;
    struct seen seen = {.count = 0};
    int result = 0;
    frame_init(&frame, 1000);
    for (int turn = 0; turn < 2000; turn++) {
        result = frame_feed(&frame, "x", 1, on_line, &seen);
    }
    assert_int_equal(result, -1);
    assert_int_equal(seen.count, 0);
    assert_true(frame.capacity <= 2048);
    frame_deinit(&frame);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_the_cap),
        cmocka_unit_test(test_a_line_that_never_ends_costs_its_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
