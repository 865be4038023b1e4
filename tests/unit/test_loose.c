/* Sets of loose CSV files: which files, when ready, and the one zip they become. */
#include "loose.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bundle.h"
#include "limit.h"
#include "oneroster.h"
#include "stored_zip.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define CORE                                                                                       \
    {"orgs.csv", 10, 50}, {"classes.csv", 20, 51}, {"users.csv", 30, 52},                          \
    {                                                                                              \
        "enrollments.csv", 40, 53                                                                  \
    }

static struct loose_set set;
static struct settle_answer answer;

static void
choose(struct settle_question question)
{
    struct error error;
    question.pattern = "*.csv";
    assert_int_equal(loose_choose(&question, &set, &answer, &error), 0);
}

/* What is chosen once it was seen twice. */
static enum settle_verdict
settled(const struct settle_file *files, size_t count, const struct settle_file *known)
{
    choose((struct settle_question){.files = files, .file_count = count, .known = known});
    struct settle_answer before = answer;
    struct loose_set set_before = set;
    for (size_t at = 0; at < before.seen_count; at++) {
        before.seen[at].name = set_before.name;
    }
    choose((struct settle_question){.files = files,
                                    .file_count = count,
                                    .known = known,
                                    .seen = before.seen,
                                    .seen_count = before.seen_count});
    return answer.verdict;
}

static void
test_patterns_and_names(void **state)
{
    (void)state;
    assert_true(loose_is_pattern("*.csv"));
    assert_true(loose_is_pattern("*.CSV"));
    assert_false(loose_is_pattern("*.zip"));
    assert_false(loose_is_pattern("csv"));
    assert_true(loose_is_name("csv-set-0123456789abcdef"));
    assert_true(loose_is_name("csv-set-with-manifest-0123456789abcdef"));
    assert_false(loose_is_name("csv-set-0123456789abcdef.zip"));
    assert_false(loose_is_name("csv-set-"));
    assert_false(loose_is_name("users.csv"));
}

/* The fetcher's table is the standard's. */
static void
test_reads_what_the_worker_reads(void **state)
{
    (void)state;
    for (int file = 0; file < FILE_COUNT; file++) {
        const struct settle_file one[] = {{roster_file_name((enum roster_file)file), 1, 1}};
        struct settle_question question = {.files = one, .file_count = 1, .pattern = "*.csv"};
        struct error error;
        assert_int_equal(loose_gather(&question, &set, &error), 0);
        bool is_wanted = file == FILE_MANIFEST || file == FILE_ROLES ||
                         roster_file_is_read((enum roster_file)file);
        assert_int_equal(set.files[0].is_read, is_wanted);
    }
    assert_int_equal(LOOSE_FILES, LIMIT_ZIP_ENTRIES);
    assert_int_equal(STORED_ZIP_ENTRIES, LIMIT_ZIP_ENTRIES);
}

static void
test_two_polls_of_the_whole_set(void **state)
{
    (void)state;
    struct settle_file files[] = {CORE, {"notes.txt", 5, 99}, {"users.csv.part", 7, 99}};
    choose((struct settle_question){.files = files, .file_count = COUNT(files)});
    assert_int_equal(answer.verdict, SETTLE_WAITING);
    assert_int_equal(answer.why, SETTLE_FIRST_SEEN);
    assert_int_equal(answer.seen_count, 1);
    assert_int_equal(set.count, 4);
    assert_int_equal(set.size, 100);
    assert_int_equal(set.mtime, 53);
    struct loose_set before = set;
    struct settle_file seen = {before.name, before.size, before.mtime};
    choose((struct settle_question){
        .files = files, .file_count = COUNT(files), .seen = &seen, .seen_count = 1});
    assert_int_equal(answer.verdict, SETTLE_READY);
    assert_string_equal(answer.chosen.name, before.name);
    assert_true(loose_is_name(set.name));
    files[2].size = 31; /* one file of it grows */
    choose((struct settle_question){
        .files = files, .file_count = COUNT(files), .seen = &seen, .seen_count = 1});
    assert_int_equal(answer.verdict, SETTLE_WAITING);
    assert_int_equal(answer.why, SETTLE_GROWING);
}

static void
test_not_complete_yet(void **state)
{
    (void)state;
    struct settle_file files[] = {CORE};
    for (size_t missing = 0; missing < COUNT(files); missing++) {
        struct settle_file some[COUNT(files)];
        size_t count = 0;
        for (size_t at = 0; at < COUNT(files); at++) {
            if (at != missing) {
                some[count++] = files[at];
            }
        }
        assert_int_equal(settled(some, count, NULL), SETTLE_WAITING);
        assert_string_equal(settle_why_word(answer.why), "incomplete");
    }
    files[1].size = 0; /* an upload that has begun */
    assert_int_equal(settled(files, COUNT(files), NULL), SETTLE_WAITING);
    assert_int_equal(answer.why, SETTLE_INCOMPLETE);
    /* what the manifest lists, the worker compares */
    const struct settle_file delta[] = {{"manifest.csv", 5, 1}, {"users.csv", 5, 1}};
    assert_int_equal(settled(delta, 2, NULL), SETTLE_READY);
    /* other products' sets are taken, to be refused by their names */
    const struct settle_file clever[] = {{"schools.csv", 5, 7}, {"Sections.csv", 5, 1}};
    assert_int_equal(settled(clever, 2, NULL), SETTLE_READY);
    assert_int_equal(answer.chosen.mtime, 7);
    assert_int_equal(settled(NULL, 0, NULL), SETTLE_NOTHING);
}

static void
test_known_and_changed_sets(void **state)
{
    (void)state;
    struct settle_file files[] = {CORE};
    assert_int_equal(settled(files, COUNT(files), NULL), SETTLE_READY);
    struct loose_set taken = set;
    const struct settle_file known = {taken.name, taken.size, taken.mtime};
    assert_int_equal(settled(files, COUNT(files), &known), SETTLE_NOTHING);
    choose((struct settle_question){
        .files = files, .file_count = COUNT(files), .known = &known, .again = true});
    assert_int_equal(answer.verdict, SETTLE_READY); /* at once: it was complete before */
    files[0].mtime = 5;                             /* one file changes, whatever its time */
    assert_int_equal(settled(files, COUNT(files), &known), SETTLE_READY);
    /* after zips: only what is newer */
    const struct settle_file older = {"a.zip", 5, 10};
    const struct settle_file newer = {"a.zip", 5, 100};
    assert_int_equal(settled(files, COUNT(files), &older), SETTLE_READY);
    assert_int_equal(settled(files, COUNT(files), &newer), SETTLE_NOTHING);
}

/* Without its manifest a set of changes would pass for a complete one. */
static void
test_a_manifest_that_went_missing(void **state)
{
    (void)state;
    const struct settle_file files[] = {CORE, {"manifest.csv", 9, 60}};
    assert_int_equal(settled(files, COUNT(files), NULL), SETTLE_READY);
    struct loose_set taken = set;
    assert_string_equal(set.files[set.count - 1].file.name, "manifest.csv");
    const struct settle_file known = {taken.name, taken.size, taken.mtime};
    assert_int_equal(settled(files, COUNT(files) - 1, &known), SETTLE_WAITING);
    assert_int_equal(answer.why, SETTLE_INCOMPLETE);
    choose((struct settle_question){.files = files,
                                    .file_count = COUNT(files) - 1,
                                    .known = &known,
                                    .again = true}); /* a person wants it */
    assert_int_equal(answer.why, SETTLE_FIRST_SEEN);
}

static enum settle_verdict
marked(const struct settle_file *files, size_t count)
{
    choose((struct settle_question){.mode = SETTLE_MARKER, .files = files, .file_count = count});
    return answer.verdict;
}

static void
test_markers(void **state)
{
    (void)state;
    struct settle_file files[] = {CORE, {"upload.done", 0, 53}, {"", 0, 0}, {"", 0, 0}, {"", 0, 0}};
    assert_int_equal(marked(files, 4), SETTLE_WAITING);
    assert_string_equal(settle_why_word(answer.why), "no-marker");
    assert_int_equal(marked(files, 5), SETTLE_READY);
    files[4].mtime = 52; /* older than the newest file */
    assert_int_equal(marked(files, 5), SETTLE_WAITING);
    files[4] = (struct settle_file){"users.csv.done", 0, 99}; /* of one file */
    assert_int_equal(marked(files, 5), SETTLE_WAITING);
    files[5] = (struct settle_file){"orgs.done", 0, 99};
    files[6] = (struct settle_file){"classes.done", 0, 99};
    assert_int_equal(marked(files, 7), SETTLE_WAITING);
    files[7] = (struct settle_file){"enrollments.csv.done", 0, 99}; /* each has its own */
    assert_int_equal(marked(files, 8), SETTLE_READY);
    struct settle_file with_manifest[] = {
        CORE, {"manifest.csv", 9, 60}, {"manifest.csv.done", 0, 60}};
    assert_int_equal(marked(with_manifest, 6), SETTLE_READY);
}

static void
test_many_files(void **state)
{
    (void)state;
    char names[LOOSE_FILES + 1][16];
    struct settle_file files[LOOSE_FILES + 1];
    struct error error;
    for (size_t at = 0; at <= LOOSE_FILES; at++) {
        (void)snprintf(names[at], sizeof names[at], "%zu.csv", at);
        files[at] = (struct settle_file){names[at], 1, 1};
    }
    struct settle_question question = {
        .files = files, .file_count = LOOSE_FILES, .pattern = "*.csv"};
    assert_int_equal(loose_choose(&question, &set, &answer, &error), 0);
    question.file_count++;
    assert_int_equal(loose_choose(&question, &set, &answer, &error), -1);
    assert_int_equal(error.cause, CAUSE_ZIP_LIMIT);
}

static void
test_unchanged(void **state)
{
    (void)state;
    struct settle_file files[] = {CORE, {"demographics.csv", 9, 60}};
    struct settle_question question = {.files = files, .file_count = 5, .pattern = "*.csv"};
    struct loose_set now;
    struct error error;
    assert_int_equal(loose_gather(&question, &set, &error), 0);
    files[4].size = 1; /* it is not read */
    assert_int_equal(loose_gather(&question, &now, &error), 0);
    assert_true(loose_is_unchanged(&set, &now));
    question.file_count = 2; /* some are gone */
    assert_int_equal(loose_gather(&question, &now, &error), 0);
    assert_true(loose_is_unchanged(&set, &now));
    files[1].mtime++;
    assert_int_equal(loose_gather(&question, &now, &error), 0);
    assert_false(loose_is_unchanged(&set, &now));
    files[1] = (struct settle_file){"roles.csv", 5, 1}; /* one came */
    assert_int_equal(loose_gather(&question, &now, &error), 0);
    assert_false(loose_is_unchanged(&set, &now));
}

/* --- the zip --------------------------------------------------------------------------------- */

static int
put(void *context, const uint8_t *bytes, size_t length, struct error *reterr)
{
    (void)reterr;
    assert_int_equal(write(*(int *)context, bytes, length), (ssize_t)length);
    return 0;
}

static int
make(const char *const (*entries)[2], size_t count, uint64_t *ret_size)
{
    struct stored_zip zip;
    struct error error;
    int fd = memfd_create("zip", MFD_CLOEXEC);
    stored_zip_init(&zip, put, &fd);
    uint64_t overhead = STORED_ZIP_END_BYTES;
    for (size_t at = 0; at < count; at++) {
        size_t length = strlen(entries[at][1]);
        overhead += stored_zip_entry_overhead(entries[at][0]) + length;
        assert_int_equal(stored_zip_begin(&zip, entries[at][0], &error), 0);
        assert_int_equal(
            stored_zip_write(&zip, (const uint8_t *)entries[at][1], length / 2, &error), 0);
        assert_int_equal(stored_zip_write(&zip, (const uint8_t *)entries[at][1] + length / 2,
                                          length - length / 2, &error),
                         0);
        assert_int_equal(stored_zip_end(&zip, &error), 0);
    }
    assert_int_equal(stored_zip_finish(&zip, &error), 0);
    assert_int_equal(zip.written, overhead);
    *ret_size = zip.written;
    return fd;
}

static void
test_zip_is_read_by_the_bundle(void **state)
{
    (void)state;
    static const char *const entries[][2] = {
        {"demographics.csv", ""}, {"Users.csv", "sourcedId\n1\n"}, {"orgs.csv", "x"}};
    uint64_t size = 0;
    struct bundle *bundle = NULL;
    struct error error;
    char text[64];
    assert_int_equal(bundle_open(make(entries, COUNT(entries), &size), &bundle, &error), 0);
    assert_true(bundle_has(bundle, FILE_DEMOGRAPHICS));
    assert_true(bundle_is_renamed(bundle, FILE_USERS));
    assert_int_equal(bundle_start(bundle, FILE_USERS, &error), 0);
    assert_int_equal(bundle_read(bundle, text, sizeof text, &error), 12);
    assert_memory_equal(text, "sourcedId\n1\n", 12);
    assert_int_equal(bundle_read(bundle, text, sizeof text, &error), 0);
    assert_int_equal(bundle_start(bundle, FILE_DEMOGRAPHICS, &error), 0);
    assert_int_equal(bundle_read(bundle, text, sizeof text, &error), 0);
    bundle_close(bundle);
}

static void
test_zip_knows_its_limits(void **state)
{
    (void)state;
    struct stored_zip zip;
    struct error error;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    stored_zip_init(&zip, put, &fd);
    for (int entry = 0; entry < STORED_ZIP_ENTRIES; entry++) {
        assert_int_equal(stored_zip_begin(&zip, "a", &error), 0);
        assert_int_equal(stored_zip_end(&zip, &error), 0);
    }
    assert_int_equal(stored_zip_begin(&zip, "a", &error), -1);
    assert_int_equal(error.cause, CAUSE_FILE_TOO_LARGE);
    zip.written = STORED_ZIP_BYTES - 4;
    assert_int_equal(stored_zip_write(&zip, (const uint8_t *)"four", 4, &error), 0);
    assert_int_equal(stored_zip_write(&zip, (const uint8_t *)"5", 1, &error), -1);
    assert_int_equal(error.cause, CAUSE_FILE_TOO_LARGE);
    (void)close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_and_names),
        cmocka_unit_test(test_reads_what_the_worker_reads),
        cmocka_unit_test(test_two_polls_of_the_whole_set),
        cmocka_unit_test(test_not_complete_yet),
        cmocka_unit_test(test_known_and_changed_sets),
        cmocka_unit_test(test_a_manifest_that_went_missing),
        cmocka_unit_test(test_markers),
        cmocka_unit_test(test_many_files),
        cmocka_unit_test(test_unchanged),
        cmocka_unit_test(test_zip_is_read_by_the_bundle),
        cmocka_unit_test(test_zip_knows_its_limits),
    };
    return cmocka_run_group_tests_name("loose", tests, NULL, NULL);
}
