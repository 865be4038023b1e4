/* The zip: what is taken, what is refused and by which name. Real archives, some with patched
 * bytes. */
#include "bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

#include "limit.h"
#include "package.h"

static struct error error;

static struct bundle *
expect_open(int fd)
{
    struct bundle *bundle = NULL;
    error.text[0] = '\0';
    if (bundle_open(fd, &bundle, &error) != 0) {
        fail_msg("refused: %s", error.text);
    }
    return bundle;
}

static void
expect_refused(int fd, enum cause cause)
{
    struct bundle *bundle = NULL;
    assert_int_equal(bundle_open(fd, &bundle, &error), -1);
    assert_string_equal(cause_word(error.cause), cause_word(cause));
    assert_null(bundle);
}

/* Reads a file to its end. Returns its bytes, or -1. */
static int64_t
read_all(struct bundle *bundle, enum roster_file file)
{
    char buffer[4096];
    int64_t bytes = 0;
    int64_t got = bundle_start(bundle, file, &error);
    while (got == 0 && (got = bundle_read(bundle, buffer, sizeof buffer, &error)) > 0) {
        bytes += got;
        got = 0;
        if (bundle_read_bytes(bundle) != (uint64_t)bytes) {
            fail_msg("miscounted");
        }
    }
    return got < 0 ? -1 : bytes;
}

static void
expect_unreadable(struct bundle *bundle, enum roster_file file, enum cause cause)
{
    char buffer[65536];
    int64_t got = bundle_start(bundle, file, &error) == 0 ? 1 : -1;
    while (got > 0) {
        got = bundle_read(bundle, buffer, sizeof buffer, &error);
    }
    assert_int_equal(got, -1);
    assert_string_equal(cause_word(error.cause), cause_word(cause));
    bundle_close(bundle);
}

static int
make(const char *name, const char *data)
{
    struct package_entry entry = {.name = name, .data = data};
    return package_make(&entry, 1);
}

static void
test_reads_files_again_and_again(void **state)
{
    (void)state;
    struct package_entry entries[] = {{.name = "users.csv", .data = "abc"},
                                      {.name = "orgs.csv", .data = "stored", .method = -1}};
    struct bundle *bundle = expect_open(package_make(entries, 2));
    assert_true(bundle_has(bundle, FILE_USERS));
    assert_false(bundle_has(bundle, FILE_CLASSES));
    assert_int_equal(bundle_size(bundle, FILE_USERS), 3);
    assert_int_equal(read_all(bundle, FILE_USERS), 3);
    assert_int_equal(read_all(bundle, FILE_USERS), 3);
    assert_int_equal(bundle_start(bundle, FILE_USERS, &error), 0); /* given up half way */
    assert_int_equal(read_all(bundle, FILE_ORGS), 6);
    assert_int_equal(bundle_read(bundle, (char[1]){0}, 1, &error), 0);
    bundle_close(bundle);
    bundle_close(NULL);
}

static void
test_names(void **state)
{
    (void)state;
    struct package_entry entries[] = {
        {.name = "export/"},
        {.name = "export/Users.CSV", .data = "x"},
        {.name = "export/.DS_Store", .data = "x"},
        {.name = "__MACOSX/export/._Users.CSV", .data = "x"},
        {.name = "export/readme.txt", .data = "x"},
        {.name = "export/deeper/orgs.csv", .data = "x"},
    };
    struct bundle *bundle = expect_open(package_make(entries, 6));
    assert_true(bundle_has(bundle, FILE_USERS));
    assert_false(bundle_has(bundle, FILE_ORGS));
    assert_int_equal(bundle_unknown_count(bundle), 2);
    bundle_close(bundle);

    struct package_entry mixed[] = {{.name = "a/users.csv", .data = "x"},
                                    {.name = "orgs.csv", .data = "x"}};
    bundle = expect_open(package_make(mixed, 2));
    assert_false(bundle_has(bundle, FILE_USERS)); /* a folder that is not around everything */
    assert_true(bundle_has(bundle, FILE_ORGS));
    bundle_close(bundle);

    expect_refused(make("../users.csv", "x"), CAUSE_ZIP_LIMIT);
    expect_refused(make("a/../users.csv", "x"), CAUSE_ZIP_LIMIT);
    expect_refused(make("/users.csv", "x"), CAUSE_ZIP_LIMIT);
    expect_refused(make("a\\users.csv", "x"), CAUSE_ZIP_LIMIT);
    expect_refused(make("readme.txt", "x"), CAUSE_ROSTER_EMPTY);
    struct package_entry twice[] = {{.name = "users.csv", .data = "x"},
                                    {.name = "USERS.csv", .data = "x"}};
    expect_refused(package_make(twice, 2), CAUSE_ZIP_LIMIT);
}

static void
test_limits_of_the_directory(void **state)
{
    (void)state;
    struct package_entry entries[LIMIT_ZIP_ENTRIES + 1];
    char names[LIMIT_ZIP_ENTRIES + 1][16];
    for (size_t at = 0; at <= LIMIT_ZIP_ENTRIES; at++) {
        (void)snprintf(names[at], sizeof names[at], "%zu.txt", at);
        entries[at] = (struct package_entry){.name = names[at], .data = "x"};
    }
    entries[0].name = "users.csv";
    struct bundle *bundle = expect_open(package_make(entries, LIMIT_ZIP_ENTRIES));
    assert_int_equal(bundle_unknown_count(bundle), LIMIT_ZIP_ENTRIES - 1);
    bundle_close(bundle);
    expect_refused(package_make(entries, LIMIT_ZIP_ENTRIES + 1), CAUSE_ZIP_LIMIT);

    char name[LIMIT_ZIP_NAME_BYTES + 2];
    memset(name, 'n', sizeof name);
    name[LIMIT_ZIP_NAME_BYTES + 1] = '\0';
    struct package_entry named[] = {{.name = "users.csv", .data = "x"},
                                    {.name = name, .data = "x"}};
    expect_refused(package_make(named, 2), CAUSE_ZIP_LIMIT);
    name[LIMIT_ZIP_NAME_BYTES] = '\0';
    bundle_close(expect_open(package_make(named, 2)));
}

/* Sets the lowest flag of the one header with this signature. */
static void
set_flag(int fd, const char *signature, off_t at)
{
    char data[4096];
    ssize_t size = pread(fd, data, sizeof data, 0);
    assert_true(size > 0);
    char *header = memmem(data, (size_t)size, signature, 4);
    assert_non_null(header);
    char flags = (char)(header[at] | 1);
    assert_int_equal(pwrite(fd, &flags, 1, header - data + at), 1);
}

static void
test_features_that_are_refused(void **state)
{
    (void)state;
    struct package_entry link = {
        .name = "users.csv", .data = "/etc/passwd", .mode = S_IFLNK | 0777};
    expect_refused(package_make(&link, 1), CAUSE_ZIP_FEATURE);
    struct package_entry plain = {.name = "users.csv", .data = "x", .mode = S_IFREG | 0644};
    bundle_close(expect_open(package_make(&plain, 1)));
    struct package_entry packed = {.name = "users.csv", .data = "xxxxxxxx", .method = ZIP_CM_BZIP2};
    expect_refused(package_make(&packed, 1), CAUSE_ZIP_FEATURE);
    /* the bit that says "encrypted", in the file's own header and in the directory */
    int fd = make("users.csv", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    set_flag(fd, "PK\3\4", 6);
    set_flag(fd, "PK\1\2", 8);
    expect_refused(fd, CAUSE_ZIP_FEATURE);
}

static void
test_damage(void **state)
{
    (void)state;
    static const char text[] = "sourcedId,name\n1,some bytes that are stored as they are\n";
    struct package_entry stored = {.name = "users.csv", .data = text, .method = -1};
    struct stat status;

    int fd = package_make(&stored, 1);
    assert_int_equal(package_patch(fd, "bytes", "BYTES", 5), 1); /* the checksum is wrong now */
    expect_unreadable(expect_open(fd), FILE_USERS, CAUSE_ZIP_DAMAGED);

    fd = package_make(&stored, 1);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(ftruncate(fd, status.st_size - 30), 0);
    expect_refused(fd, CAUSE_ZIP_DAMAGED);

    fd = package_make(&stored, 1);
    assert_int_equal(ftruncate(fd, status.st_size / 2), 0);
    expect_refused(fd, CAUSE_ZIP_DAMAGED);

    fd = package_make(&stored, 1);
    assert_int_equal(pwrite(fd, "junk", 4, status.st_size), 4);
    expect_refused(fd, CAUSE_ZIP_DAMAGED);

    fd = package_make(&stored, 1);
    assert_int_equal(ftruncate(fd, 0), 0);
    expect_refused(fd, CAUSE_ZIP_DAMAGED);
}

static void
test_not_a_zip(void **state)
{
    (void)state;
    int fd = make("users.csv", "x");
    assert_int_equal(ftruncate(fd, 0), 0);
    static const char page[] = "<html><body>404 Not Found</body></html>";
    assert_int_equal(pwrite(fd, page, sizeof page - 1, 0), sizeof page - 1);
    expect_refused(fd, CAUSE_ZIP_DAMAGED);
    static const struct {
        const char *begin;
        const char *says;
    } others[] = {
        {"sourcedId,status\n", "single CSV"},
        {"7z\xBC\xAF", "7z"},
        {"Rar!", "RAR"},
        {"\x1F\x8B\x08", "gzip"},
        {"%PDF-1.7", "PDF"},
        {"\xD0\xCF\x11\xE0", "Excel"},
    };
    for (size_t at = 0; at < sizeof others / sizeof others[0]; at++) {
        fd = make("users.csv", "x");
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, others[at].begin, strlen(others[at].begin), 0),
                         strlen(others[at].begin));
        expect_refused(fd, CAUSE_ROSTER_EMPTY);
        assert_non_null(strstr(error.text, others[at].says));
    }
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    expect_refused(ends[0], CAUSE_SPOOL_IO);
    (void)close(ends[1]);
    /* a sparse file one byte over the limit */
    fd = make("users.csv", "x");
    assert_int_equal(ftruncate(fd, LIMIT_ZIP_BYTES + 1), 0);
    expect_refused(fd, CAUSE_FILE_TOO_LARGE);
}

/* Other products' packages are called by their names. */
static void
test_foreign_packages(void **state)
{
    (void)state;
    static const struct {
        const char *names[4];
        const char *says; /* NULL: taken */
    } packages[] = {
        {{"x/schools.csv", "x/Sections.csv", "x/students.csv", "x/enrollments.csv"}, "Clever"},
        {{"School.csv", "Section.csv", "Student.csv", "Teacher.csv"}, "Microsoft"},
        {{"orgs.csv", "users.csv", "roles.csv", "relationships.csv"}, "Microsoft"},
        {{"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/styles.xml"}, "spreadsheet"},
        {{"manifest.csv", "users.csv", "relationships.csv", "orgs.csv"}, NULL},
        {{"manifest.csv", "enrollments.csv", "schools.csv", "sections.csv"}, NULL},
    };
    for (size_t at = 0; at < sizeof packages / sizeof packages[0]; at++) {
        struct package_entry entries[4];
        for (size_t entry = 0; entry < 4; entry++) {
            entries[entry] = (struct package_entry){.name = packages[at].names[entry], .data = "x"};
        }
        int fd = package_make(entries, 4);
        if (packages[at].says == NULL) {
            bundle_close(expect_open(fd));
        } else {
            expect_refused(fd, CAUSE_ROSTER_EMPTY);
            assert_non_null(strstr(error.text, packages[at].says));
        }
    }
}

static void
test_bomb(void **state)
{
    (void)state;
    size_t size = 8 << 20;
    char *zeros = calloc(1, size);
    assert_non_null(zeros);
    struct package_entry entry = {.name = "users.csv", .data = zeros, .size = size};
    expect_unreadable(expect_open(package_make(&entry, 1)), FILE_USERS, CAUSE_ZIP_LIMIT);
    entry.size = LIMIT_ZIP_RATIO_FROM_BYTES; /* too small to be one */
    struct bundle *bundle = expect_open(package_make(&entry, 1));
    assert_int_equal(read_all(bundle, FILE_USERS), LIMIT_ZIP_RATIO_FROM_BYTES);
    bundle_close(bundle);
    free(zeros);
}

/* A directory that states fewer bytes than come out: libzip delivers them all without a word. */
static void
test_stated_size_is_not_believed(void **state)
{
    (void)state;
    size_t size = 70000;
    char *data = malloc(size);
    assert_non_null(data);
    for (size_t at = 0; at < size; at++) {
        data[at] = (char)('a' + at * at % 23);
    }
    struct package_entry entry = {.name = "users.csv", .data = data, .size = size};
    int fd = package_make(&entry, 1);
    const uint32_t stated = (uint32_t)size;
    const uint32_t lie = 10;
    assert_int_equal(package_patch(fd, &stated, &lie, sizeof lie), 2);
    expect_unreadable(expect_open(fd), FILE_USERS, CAUSE_ZIP_DAMAGED);
    free(data);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_files_again_and_again),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_limits_of_the_directory),
        cmocka_unit_test(test_features_that_are_refused),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_not_a_zip),
        cmocka_unit_test(test_foreign_packages),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_stated_size_is_not_believed),
    };
    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
