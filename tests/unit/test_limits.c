/*
 * Limits of the zip and of a file's rows, each at the limit and one beyond it. Those of lowered.h
 * are lowered for this test; the others are tried as they are here and in test_bundle, test_csv,
 * test_row, test_values, test_manifest and test_finding.
 */
#include "lowered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

#include "package.h"
#include "reader.h"
#include "role_set.h"

static struct error error;

/* Text that deflate makes some 40 times smaller, and nothing that looks like a bomb. */
static char *
make_text(size_t size)
{
    char *text = malloc(size + 1);
    assert_non_null(text);
    for (size_t at = 0; at < size; at++) {
        text[at] = (char)('a' + at / 7 % 26 + (at % 61 == 0 ? at / 4096 % 3 : 0));
    }
    text[size] = '\0';
    return text;
}

/* Reads a file to its end. Returns its bytes, or -1 with `error` set. */
static int64_t
read_all(struct bundle *bundle, enum roster_file file)
{
    static char buffer[1 << 16];
    int64_t total = 0;
    int64_t got = bundle_start(bundle, file, &error) == 0 ? 1 : -1;
    while (got > 0) {
        got = bundle_read(bundle, buffer, sizeof buffer, &error);
        total += got > 0 ? got : 0;
    }
    return got < 0 ? -1 : total;
}

static void
test_bytes_of_a_file(void **state)
{
    (void)state;
    char *text = make_text(LIMIT_FILE_BYTES + 1);
    struct package_entry entry = {.name = "users.csv", .data = text, .size = LIMIT_FILE_BYTES};
    struct bundle *bundle = NULL;
    assert_int_equal(bundle_open(package_make(&entry, 1), &bundle, &error), 0);
    assert_int_equal(read_all(bundle, FILE_USERS), LIMIT_FILE_BYTES);
    bundle_close(bundle);
    entry.size = LIMIT_FILE_BYTES + 1;
    assert_int_equal(bundle_open(package_make(&entry, 1), &bundle, &error), -1);
    assert_int_equal(error.cause, CAUSE_ZIP_LIMIT);
    free(text);
}

static void
test_bytes_of_all_files(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        char *text = make_text(LIMIT_FILE_BYTES);
        struct package_entry entries[] = {
            {.name = "users.csv", .data = text, .size = LIMIT_FILE_BYTES},
            {.name = "orgs.csv",
             .data = text,
             .size = (size_t)(LIMIT_TOTAL_BYTES - LIMIT_FILE_BYTES) + more}};
        struct bundle *bundle = NULL;
        assert_int_equal(bundle_open(package_make(entries, 2), &bundle, &error), 0);
        assert_int_equal(read_all(bundle, FILE_USERS), LIMIT_FILE_BYTES);
        assert_int_equal(read_all(bundle, FILE_USERS), LIMIT_FILE_BYTES); /* counts once */
        if (more == 0) {
            assert_int_equal(read_all(bundle, FILE_ORGS), entries[1].size);
        } else {
            assert_int_equal(read_all(bundle, FILE_ORGS), -1);
            assert_int_equal(error.cause, CAUSE_ZIP_LIMIT);
        }
        bundle_close(bundle);
        free(text);
    }
}

static void
test_bytes_of_the_zip(void **state)
{
    (void)state;
    for (int64_t more = 0; more < 2; more++) {
        struct bundle *bundle = NULL;
        int fd = memfd_create("zip", MFD_CLOEXEC); /* all zeros, and none of them is there */
        assert_true(fd >= 0);
        assert_int_equal(ftruncate(fd, LIMIT_ZIP_BYTES + more), 0);
        assert_int_equal(bundle_open(fd, &bundle, &error), -1);
        assert_int_equal(error.cause, more == 0 ? CAUSE_ZIP_DAMAGED : CAUSE_FILE_TOO_LARGE);
    }
}

/* Whether so many zeros in one file are taken for a bomb. @param ret_packed how small they were */
static bool
is_bomb(const char *zeros, size_t size, uint64_t *ret_packed)
{
    struct package_entry entry = {.name = "users.csv", .data = zeros, .size = size};
    struct bundle *bundle = NULL;
    zip_stat_t stat;
    int code = 0;
    int fd = package_make(&entry, 1);
    zip_t *zip = zip_fdopen(dup(fd), 0, &code);
    assert_non_null(zip);
    assert_int_equal(zip_stat_index(zip, 0, 0, &stat), 0);
    *ret_packed = stat.comp_size;
    zip_discard(zip);
    assert_int_equal(bundle_open(fd, &bundle, &error), 0);
    int64_t got = read_all(bundle, FILE_USERS);
    bundle_close(bundle);
    assert_true(got == (int64_t)size || error.cause == CAUSE_ZIP_LIMIT);
    return got < 0;
}

/* How much larger it gets. Some text in front, so that the limit is met beyond 1 MiB. */
static void
test_ratio(void **state)
{
    (void)state;
    size_t begin = 9000;
    size_t end = (size_t)LIMIT_FILE_BYTES;
    uint64_t packed = 0;
    char *text = calloc(1, end);
    assert_non_null(text);
    unsigned number = 1;
    for (size_t at = 0; at < begin; at++) {
        number = number * 1664525u + 1013904223u;
        text[at] = (char)(number >> 24);
    }
    size_t good = begin; /* the largest that is taken, by halves */
    assert_true(is_bomb(text, end, &packed));
    while (end - good > 1) {
        size_t middle = good + (end - good) / 2;
        *(is_bomb(text, middle, &packed) ? &end : &good) = middle;
    }
    assert_true(good > LIMIT_ZIP_RATIO_FROM_BYTES);
    assert_false(is_bomb(text, good, &packed));
    assert_true(good / LIMIT_ZIP_RATIO <= packed);
    assert_true(is_bomb(text, end, &packed));
    assert_true(end / LIMIT_ZIP_RATIO > packed);
    free(text);
}

static int
take_table(void *context, enum record_table table, struct error *reterr)
{
    (void)context;
    (void)table;
    (void)reterr;
    return 0;
}

static int
take_record(void *context, const struct record *record, struct error *reterr)
{
    (void)context;
    (void)record;
    (void)reterr;
    return 0;
}

/* Reads the small district with other rows in one file. */
static void
read_with(size_t file, const char *data, struct reader_result *ret_result)
{
    const struct reader_options options = {.phone_region = "US"};
    const struct reader_sink sink = {.begin = take_table, .record = take_record, .end = take_table};
    struct package_entry entries[7];
    struct bundle *bundle = NULL;
    struct findings *findings = findings_new(false);
    memcpy(entries, package_district, sizeof entries);
    entries[file].data = data;
    assert_int_equal(bundle_open(package_make(entries, 7), &bundle, &error), 0);
    reader_run(bundle, &options, &sink, findings, ret_result);
    bundle_close(bundle);
    findings_free(findings);
}

static void
test_rows_of_a_file(void **state)
{
    (void)state;
    static char text[64 * (LIMIT_ROWS + 2)];
    struct reader_result result;
    size_t used = (size_t)snprintf(text, sizeof text, "sourcedId,name,type\n");
    for (int row = 0; row < LIMIT_ROWS; row++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "o%d,North,school\n", row);
    }
    read_with(1, text, &result);
    assert_int_equal(result.verdict, READER_DONE);
    assert_int_equal(result.files[FILE_ORGS].rows, LIMIT_ROWS);
    (void)snprintf(text + used, sizeof text - used, "x,North,school\n");
    read_with(1, text, &result);
    assert_int_equal(result.verdict, READER_REJECTED);
    assert_int_equal(result.error.cause, CAUSE_ROSTER_LIMIT);
}

static void
test_roles(void **state)
{
    (void)state;
    struct role_set *set = role_set_new();
    char id[16];
    assert_non_null(set);
    for (int at = 0; at < LIMIT_ROLES; at++) {
        (void)snprintf(id, sizeof id, "u%d", at);
        assert_int_equal(role_set_add(set, text_of(id), TEXT("student"), TEXT("o1"), &error), 0);
    }
    assert_int_equal(role_set_add(set, TEXT("one"), TEXT("student"), TEXT("o1"), &error), -1);
    assert_int_equal(error.cause, CAUSE_ROSTER_LIMIT);
    role_set_free(set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_of_a_file),  cmocka_unit_test(test_bytes_of_all_files),
        cmocka_unit_test(test_bytes_of_the_zip), cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_rows_of_a_file),   cmocka_unit_test(test_roles),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
