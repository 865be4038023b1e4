/* The SFTP codec: requests as the draft lays them out, replies within their frame. */
#include "sftp_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
assert_encoded(const struct sftp_codec_request *request, const char *expected, size_t length)
{
    uint8_t buffer[SFTP_CODEC_REQUEST_MAX];
    assert_int_equal(sftp_codec_encode(request, buffer, sizeof buffer), length);
    assert_memory_equal(buffer, expected, length);
    /* Every shorter buffer is refused, none is overrun (the sanitizer build would tell). */
    for (size_t size = 0; size < length; size++) {
        uint8_t *exact = malloc(size + 1);
        assert_non_null(exact);
        assert_int_equal(sftp_codec_encode(request, exact, size), 0);
        free(exact);
    }
}

#define ENCODED(request, text)                                                                     \
    assert_encoded(&(struct sftp_codec_request)request, text, sizeof text - 1)
#define FIELDS(...)                                                                                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static void
test_requests_have_the_draft_s_form(void **state)
{
    (void)state;
    struct sftp_codec_handle handle = {.length = 2, .bytes = "hd"};
    ENCODED(FIELDS(.type = SFTP_CODEC_INIT, .id = 9), "\0\0\0\5\1\0\0\0\3");
    ENCODED(FIELDS(.type = SFTP_CODEC_OPENDIR, .id = 1, .path = "/a"),
            "\0\0\0\13\13\0\0\0\1\0\0\0\2/a");
    ENCODED(FIELDS(.type = SFTP_CODEC_READDIR, .id = 2, .handle = &handle),
            "\0\0\0\13\14\0\0\0\2\0\0\0\2hd");
    ENCODED(FIELDS(.type = SFTP_CODEC_OPEN, .id = 3, .path = "x"),
            "\0\0\0\22\3\0\0\0\3\0\0\0\1x\0\0\0\1\0\0\0\0");
    ENCODED(FIELDS(.type = SFTP_CODEC_READ, .id = 4, .handle = &handle, .offset = 0x100000002ULL,
                   .length = 32768),
            "\0\0\0\27\5\0\0\0\4\0\0\0\2hd\0\0\0\1\0\0\0\2\0\0\x80\0");
    ENCODED(FIELDS(.type = SFTP_CODEC_RENAME, .id = 5, .path = "a", .new_path = "b"),
            "\0\0\0\17\22\0\0\0\5\0\0\0\1a\0\0\0\1b");
    ENCODED(FIELDS(.type = SFTP_CODEC_MKDIR, .id = 6, .path = "d"),
            "\0\0\0\16\16\0\0\0\6\0\0\0\1d\0\0\0\0");
    ENCODED(FIELDS(.type = SFTP_CODEC_LIMITS, .id = 7),
            "\0\0\0\33\xc8\0\0\0\7\0\0\0\22limits@openssh.com");
}

static void
test_too_long_paths_are_refused(void **state)
{
    (void)state;
    char path[SFTP_CODEC_PATH_MAX + 2];
    memset(path, 'p', sizeof path);
    path[SFTP_CODEC_PATH_MAX] = '\0';
    uint8_t buffer[SFTP_CODEC_REQUEST_MAX];
    struct sftp_codec_request request = {
        .type = SFTP_CODEC_RENAME, .id = 1, .path = path, .new_path = path};
    assert_int_not_equal(sftp_codec_encode(&request, buffer, sizeof buffer), 0);
    path[SFTP_CODEC_PATH_MAX] = 'p';
    path[SFTP_CODEC_PATH_MAX + 1] = '\0';
    assert_int_equal(sftp_codec_encode(&request, buffer, sizeof buffer), 0);
}

static void
test_frames_are_measured_before_anything_else(void **state)
{
    (void)state;
    size_t frame = 1;
    assert_int_equal(sftp_codec_frame((const uint8_t *)"\0\0\0", 3, &frame), 0);
    assert_int_equal(frame, 0);
    assert_int_equal(sftp_codec_frame((const uint8_t *)"\0\0\0\5", 4, &frame), 0);
    assert_int_equal(frame, 9);
    assert_int_equal(sftp_codec_frame((const uint8_t *)"\0\0\0\4", 4, &frame), -1);
    assert_int_equal(sftp_codec_frame((const uint8_t *)"\xff\xff\xff\xff", 4, &frame), -1);
    assert_int_equal(sftp_codec_frame((const uint8_t *)"\0\4\3\xfc", 4, &frame), 0);
    assert_int_equal(frame, SFTP_CODEC_FRAME_MAX);
    assert_int_equal(sftp_codec_frame((const uint8_t *)"\0\4\3\xfd", 4, &frame), -1);
}

/* A frame of exactly that size on the heap, its length filled in. */
static uint8_t *
frame_new(const char *text, size_t length)
{
    uint8_t *frame = malloc(length);
    assert_non_null(frame);
    memcpy(frame, text, length);
    frame[0] = frame[1] = 0;
    frame[2] = (uint8_t)((length - 4) >> 8);
    frame[3] = (uint8_t)(length - 4);
    return frame;
}

static void
walk(struct sftp_codec_reply *reply)
{
    struct sftp_codec_entry entry;
    while (sftp_codec_next_entry(reply, &entry) > 0) {
    }
}

/* Decodes a frame, and before it every cut of it: cuts may fail, none may read outside. */
static struct sftp_codec_reply
decode(const char *text, size_t length)
{
    static uint8_t *kept;
    struct sftp_codec_reply reply;
    for (size_t cut = 5; cut < length; cut++) {
        uint8_t *frame = frame_new(text, cut);
        if (sftp_codec_decode(frame, cut, &reply) == 0) {
            walk(&reply);
        }
        free(frame);
    }
    free(kept);
    kept = frame_new(text, length);
    assert_int_equal(sftp_codec_decode(kept, length, &reply), 0);
    return reply;
}

#define DECODED(text) decode(text, sizeof text - 1)

static void
test_replies_are_read(void **state)
{
    (void)state;
    struct sftp_codec_reply reply =
        DECODED("\0\0\0\0\x65\0\0\0\7\0\0\0\2\0\0\0\7no file\0\0\0\2en\0");
    assert_int_equal(reply.type, SFTP_CODEC_STATUS);
    assert_int_equal(reply.id, 7);
    assert_int_equal(reply.status, SFTP_CODEC_NO_SUCH_FILE);
    assert_int_equal(reply.text.length, 7);
    reply = DECODED("\0\0\0\0\x65\0\0\0\7\0\0\0\4"); /* no text at all */
    assert_int_equal(reply.status, SFTP_CODEC_FAILURE);
    assert_int_equal(reply.text.length, 0);
    reply = DECODED("\0\0\0\0\x66\0\0\0\1\0\0\0\2hd");
    assert_int_equal(reply.handle.length, 2);
    reply = DECODED("\0\0\0\0\x67\0\0\0\1\0\0\0\3abc");
    assert_int_equal(reply.data.length, 3);
    assert_memory_equal(reply.data.bytes, "abc", 3);
    reply = DECODED("\0\0\0\0\x69\0\0\0\1\0\0\0\xd\0\0\0\1\0\0\0\2\0\0\x81\xa4\0\0\0\5\0\0\0\6"
                    "\0\0\0\0\0\0\0\0");
    assert_true(reply.attributes.has_size);
    assert_true(reply.attributes.size == 0x100000002ULL);
    assert_int_equal(reply.attributes.mode, 0100644);
    assert_int_equal(reply.attributes.mtime, 6);
    reply = DECODED("\0\0\0\0\xc9\0\0\0\1\0\0\0\0\0\4\0\0\0\0\0\0\0\3\xfc\0\0\0\0\0\0\0\0\0"
                    "\0\0\0\0\0\0\0");
    assert_true(reply.read_max == 261120);
}

static void
test_version_with_extensions(void **state)
{
    (void)state;
    struct sftp_codec_reply reply = DECODED("\0\0\0\0\2\0\0\0\3\0\0\0\22limits@openssh.com"
                                            "\0\0\0\1"
                                            "1");
    assert_int_equal(reply.version, 3);
    assert_true(reply.has_limits);
    reply = DECODED("\0\0\0\0\2\0\0\0\3");
    assert_false(reply.has_limits);
    /* A newline behind the version, as one old server sends it, is no reason to give up. */
    reply = DECODED("\0\0\0\0\2\0\0\0\3\n");
    assert_int_equal(reply.version, 3);
}

static void
test_names_are_taken_one_by_one(void **state)
{
    (void)state;
    struct sftp_codec_reply reply =
        DECODED("\0\0\0\0\x68\0\0\0\1\0\0\0\2\0\0\0\1a\0\0\0\3lng\0\0\0\0"
                "\0\0\0\2.\n\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\7");
    struct sftp_codec_entry entry;
    assert_int_equal(reply.name_count, 2);
    assert_int_equal(sftp_codec_next_entry(&reply, &entry), 1);
    assert_int_equal(entry.name.length, 1);
    assert_false(entry.attributes.has_size);
    assert_int_equal(sftp_codec_next_entry(&reply, &entry), 1);
    assert_memory_equal(entry.name.bytes, ".\n", 2);
    assert_true(entry.attributes.size == 7);
    assert_int_equal(sftp_codec_next_entry(&reply, &entry), 0);
    /* More names announced than sent. */
    reply = DECODED("\0\0\0\0\x68\0\0\0\1\xff\xff\xff\xff");
    assert_int_equal(sftp_codec_next_entry(&reply, &entry), -1);
}

static void
test_lies_are_refused(void **state)
{
    (void)state;
    struct sftp_codec_reply reply;
    static const struct {
        const char *bytes;
        size_t length;
    } lies[] = {
        {"\0\0\0\11\x67\0\0\0\1\0\0\0\1", 13},         /* data longer than its frame */
        {"\0\0\0\11\x67\0\0\0\1\xff\xff\xff\xff", 13}, /* much longer */
        {"\0\0\0\5\x65\0\0\0\1", 9},                   /* status without its number */
        {"\0\0\0\5\x70\0\0\0\1", 9},                   /* a type nobody knows */
        {"\0\0\0\6\x70\0\0\0\1", 9},                   /* length field and length differ */
        {"\0\0\0\x15\x69\0\0\0\1\x80\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 25}, /* pairs */
    };
    for (size_t lie = 0; lie < sizeof lies / sizeof *lies; lie++) {
        assert_int_equal(
            sftp_codec_decode((const uint8_t *)lies[lie].bytes, lies[lie].length, &reply), -1);
    }
    /* A handle of 257 bytes. */
    uint8_t frame[13 + 257] = {0, 0, 1, 10, 102, 0, 0, 0, 1, 0, 0, 1, 1};
    assert_int_equal(sftp_codec_decode(frame, sizeof frame, &reply), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_have_the_draft_s_form),
        cmocka_unit_test(test_too_long_paths_are_refused),
        cmocka_unit_test(test_frames_are_measured_before_anything_else),
        cmocka_unit_test(test_replies_are_read),
        cmocka_unit_test(test_version_with_extensions),
        cmocka_unit_test(test_names_are_taken_one_by_one),
        cmocka_unit_test(test_lies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
