/*
 * A file of more than 4 GiB, in the form of zip that has room for its size (Zip64), read to its end
 * as it is. It is the same mebibyte again and again, so that making it takes no time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "bundle.h"
#include "limit.h"

#define PIECE_BYTES (1 << 20)
#define PIECES 4100 /* 4 GiB have 4096 */
#define SIZE ((uint64_t)PIECES * PIECE_BYTES)

static unsigned char piece[PIECE_BYTES];
static unsigned char packed[PIECE_BYTES];
static int fd;

static void
put(const void *bytes, size_t size)
{
    assert_int_equal(write(fd, bytes, size), size);
}

static void
put_number(uint64_t number, size_t bytes)
{
    for (; bytes > 0; bytes--, number >>= 8) {
        put(&(unsigned char){(unsigned char)number}, 1);
    }
}

/* Rows of letters that deflate makes about 100 times smaller. */
static void
fill_piece(void)
{
    unsigned number = 1;
    for (size_t at = 0; at < sizeof piece; at++) {
        if (at % 2048 < 16) {
            number = number * 1664525u + 1013904223u;
        }
        piece[at] =
            (unsigned char)(at % 64 == 63 ? '\n' : 'a' + (at % 2048 < 16 ? number >> 24 : at) % 26);
    }
}

/* The piece as deflate blocks that need nothing from before and end on a whole byte. */
static size_t
pack_piece(void)
{
    z_stream stream = {
        .next_in = piece, .avail_in = sizeof piece, .next_out = packed, .avail_out = sizeof packed};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FULL_FLUSH), Z_OK);
    size_t size = sizeof packed - stream.avail_out;
    (void)deflateEnd(&stream);
    return size;
}

/* What stands alike in the file's own header and in the directory; the sizes follow in the extra.
 */
static void
put_entry(uint32_t checksum, size_t extra)
{
    put_number(45, 2); /* the version that knows Zip64 */
    put_number(0, 2);
    put_number(8, 2); /* deflated */
    put_number(0x5C210000, 4);
    put_number(checksum, 4);
    put_number(UINT32_MAX, 4);
    put_number(UINT32_MAX, 4);
    put_number(strlen("users.csv"), 2);
    put_number(extra, 2);
}

static void
put_sizes(uint64_t size, uint64_t packed_size)
{
    put_number(1, 2);
    put_number(16, 2);
    put_number(size, 8);
    put_number(packed_size, 8);
}

static void
write_zip(uint64_t stated)
{
    static const unsigned char last[] = {3, 0}; /* an empty block that is the last one */
    size_t size = pack_piece();
    uint64_t packed_size = (uint64_t)PIECES * size + sizeof last;
    uLong one = crc32(0, piece, sizeof piece);
    uLong checksum = one;
    for (int at = 1; at < PIECES; at++) {
        checksum = crc32_combine(checksum, one, PIECE_BYTES);
    }
    fd = memfd_create("zip64", MFD_CLOEXEC);
    assert_true(fd >= 0);
    put("PK\3\4", 4);
    put_entry((uint32_t)checksum, 20);
    put("users.csv", 9);
    put_sizes(stated, packed_size);
    for (int at = 0; at < PIECES; at++) {
        put(packed, size);
    }
    put(last, sizeof last);
    off_t directory = lseek(fd, 0, SEEK_CUR);
    put("PK\1\2", 4);
    put_number(45, 2);
    put_entry((uint32_t)checksum, 20);
    put_number(0, 2);
    put_number(0, 2);
    put_number(0, 2);
    put_number(0, 4);
    put_number(0, 4);
    put("users.csv", 9);
    put_sizes(stated, packed_size);
    off_t end = lseek(fd, 0, SEEK_CUR);
    put("PK\5\6", 4);
    put_number(0, 4);
    put_number(1, 2);
    put_number(1, 2);
    put_number((uint64_t)(end - directory), 4);
    put_number((uint64_t)directory, 4);
    put_number(0, 2);
}

/* Reads it to its end. Returns the bytes, or -1 with the error. */
static int64_t
read_whole(struct bundle *bundle, struct error *reterr)
{
    static char buffer[1 << 18];
    int64_t total = 0;
    int64_t got = bundle_start(bundle, FILE_USERS, reterr) == 0 ? 1 : -1;
    while (got > 0) {
        got = bundle_read(bundle, buffer, sizeof buffer, reterr);
        total += got > 0 ? got : 0;
    }
    return got < 0 ? -1 : total;
}

static void
test_more_than_4_gib(void **state)
{
    (void)state;
    struct bundle *bundle = NULL;
    struct error error;
    fill_piece();
    write_zip(SIZE);
    assert_int_equal(bundle_open(fd, &bundle, &error), 0);
    assert_int_equal(bundle_size(bundle, FILE_USERS), SIZE);
    assert_int_equal(read_whole(bundle, &error), SIZE);
    assert_int_equal(bundle_read_bytes(bundle), SIZE);
    bundle_close(bundle);
}

/* Four gibibytes less than there are: a size that was cut to 32 bits somewhere. */
static void
test_size_cut_to_32_bits(void **state)
{
    (void)state;
    struct bundle *bundle = NULL;
    struct error error;
    write_zip(SIZE & UINT32_MAX);
    assert_int_equal(bundle_open(fd, &bundle, &error), 0);
    assert_int_equal(read_whole(bundle, &error), -1);
    assert_int_equal(error.cause, CAUSE_ZIP_DAMAGED);
    bundle_close(bundle);
}

/* What is stated is judged before anything is read: 16 GiB are the most. */
static void
test_stated_size(void **state)
{
    (void)state;
    struct bundle *bundle = NULL;
    struct error error;
    write_zip((uint64_t)LIMIT_FILE_BYTES);
    assert_int_equal(bundle_open(fd, &bundle, &error), 0);
    bundle_close(bundle);
    write_zip((uint64_t)LIMIT_FILE_BYTES + 1);
    assert_int_equal(bundle_open(fd, &bundle, &error), -1);
    assert_int_equal(error.cause, CAUSE_ZIP_LIMIT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_than_4_gib),
        cmocka_unit_test(test_size_cut_to_32_bits),
        cmocka_unit_test(test_stated_size),
    };
    return cmocka_run_group_tests_name("zip64", tests, NULL, NULL);
}
