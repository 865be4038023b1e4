/* The manifest and the headers: what a package says of itself. */
#include "manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limit.h"

static struct csv_reader *reader;
static struct findings *findings;
static struct error error;
static struct csv_place place;
static struct manifest manifest;

static int
set_up(void **state)
{
    (void)state;
    reader = csv_reader_new();
    findings = findings_new(false);
    return reader == NULL || findings == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
    (void)state;
    csv_reader_free(reader);
    findings_free(findings);
    return 0;
}

static int64_t
give(void *context, void *buffer, size_t size, struct error *reterr)
{
    (void)reterr;
    struct text *left = context;
    size_t count = left->size < size ? left->size : size;
    memcpy(buffer, left->data, count);
    left->data += count;
    left->size -= count;
    return (int64_t)count;
}

static int
read_text(const char *data)
{
    struct text text = text_of(data);
    csv_reader_start(reader, give, &text);
    return manifest_read(reader, findings, &manifest, &place, &error);
}

#define HEAD "propertyName,value\n"
#define V11 "oneroster.version,1.1\n"

static void
test_modes(void **state)
{
    (void)state;
    assert_int_equal(read_text("\"PropertyName\", \"Value\" \n"), -1); /* a blank before a quote */
    assert_int_equal(read_text("\xEF\xBB\xBF\"propertyName\",\"value\"\r\n"
                               "\"source.systemName\",\"x\"\r\n"
                               "\"file.users\",\"bulk\"\r\n"
                               "file.academicsessions, Bulk \r\n"
                               "file.orgs,absent\r\nfile.classes,delta\r\nfile.courses,\r\n"
                               "manifest.version,1\r\n \"oneroster.version\",1.1"),
                     -1); /* the last line has a quote in a bare cell */
    assert_int_equal(
        read_text("value,propertyName,x\nbulk,file.users\n Bulk ,FILE.academicsessions\n"
                  "absent,file.orgs\ndelta,file.classes\n,file.courses\n1.1,oneroster.version"),
        0);
    assert_int_equal(manifest.version, ONEROSTER_1_1);
    assert_int_equal(manifest.modes[FILE_USERS], MODE_BULK);
    assert_int_equal(manifest.modes[FILE_SESSIONS], MODE_BULK);
    assert_int_equal(manifest.modes[FILE_ORGS], MODE_ABSENT);
    assert_int_equal(manifest.modes[FILE_CLASSES], MODE_DELTA);
    assert_int_equal(manifest.modes[FILE_COURSES], MODE_ABSENT);
    assert_int_equal(manifest.modes[FILE_ENROLLMENTS], MODE_UNLISTED);
    assert_true(findings_count(findings, FINDING_WARNING) >= 1); /* the blank mode */
}

static void
expect_refused(const char *text, enum cause cause, uint64_t line, const char *says)
{
    assert_int_equal(read_text(text), -1);
    assert_string_equal(cause_word(error.cause), cause_word(cause));
    assert_non_null(strstr(error.text, says));
    assert_int_equal(place.line, line);
}

static void
test_refusals(void **state)
{
    (void)state;
    expect_refused("", CAUSE_ROSTER_MANIFEST, 1, "empty");
    expect_refused("a,b\n", CAUSE_ROSTER_MANIFEST, 1, "propertyName");
    expect_refused(HEAD, CAUSE_ROSTER_MANIFEST, 0, "oneroster.version");
    expect_refused(HEAD "oneroster.version,1.3\n", CAUSE_ROSTER_MANIFEST, 2, "another version");
    expect_refused(HEAD "oneroster.version,secret\n", CAUSE_ROSTER_MANIFEST, 2, "another version");
    expect_refused(HEAD V11 "file.users,full\n", CAUSE_ROSTER_MANIFEST, 3, "users.csv");
    expect_refused(HEAD V11 "file.users,bulk\nfile.users,delta\n", CAUSE_ROSTER_MANIFEST, 4,
                   "two modes");
    expect_refused(HEAD "\"x", CAUSE_ROSTER_CSV, 2, "closed");
    assert_null(strstr(error.text, "secret"));
    assert_int_equal(read_text(HEAD V11 "file.users,bulk\nfile.users,bulk\nfile.nonsense,bulk\n"),
                     0);
}

static void
test_limit(void **state)
{
    (void)state;
    char text[LIMIT_MANIFEST_ROWS * 8 + 128];
    int used = snprintf(text, sizeof text, "%s", HEAD V11);
    for (int row = 1; row < LIMIT_MANIFEST_ROWS; row++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "x,y\n");
    }
    assert_int_equal(read_text(text), 0);
    (void)snprintf(text + used, sizeof text - (size_t)used, "x,y\n");
    expect_refused(text, CAUSE_ROSTER_LIMIT, LIMIT_MANIFEST_ROWS + 2, "rows");
}

static void
test_headers(void **state)
{
    (void)state;
    struct roster_header header;
    struct roster_header_fault fault;
    struct text cells[] = {TEXT("NAME"), TEXT(" sourcedid "), TEXT("metadata.x"),
                           TEXT("Type"), TEXT("metadata.y"),  TEXT(""),
                           TEXT(" ")};
    assert_int_equal(roster_header_resolve(FILE_ORGS, cells, 7, &header, &fault, &error), 0);
    assert_int_equal(header.count, 5);
    assert_int_equal(header.used_count, 4);
    struct text row[] = {TEXT(" North "), TEXT("o1")};
    assert_int_equal(roster_cell(&header, row, 2, ORGS_NAME).size, 5);
    assert_int_equal(roster_cell(&header, row, 2, ORGS_TYPE).size, 0);   /* the row is too short */
    assert_int_equal(roster_cell(&header, row, 2, ORGS_PARENT).size, 0); /* the file has none */

    assert_int_equal(roster_header_resolve(FILE_ORGS, cells, 3, &header, &fault, &error), -1);
    assert_int_equal(error.cause, CAUSE_ROSTER_HEADER);
    assert_int_equal(fault.column, ORGS_TYPE);
    assert_string_equal(error.text, "orgs.csv has no column type");

    struct text twice[] = {TEXT("sourcedId"), TEXT("name"), TEXT("Name"), TEXT("type")};
    assert_int_equal(roster_header_resolve(FILE_ORGS, twice, 4, &header, &fault, &error), -1);
    assert_int_equal(fault.column, ORGS_NAME);
    struct text dates[] = {TEXT("sourcedId"), TEXT("dateLastModified"), TEXT("dateLastModified"),
                           TEXT("name"), TEXT("type")};
    assert_int_equal(roster_header_resolve(FILE_ORGS, dates, 5, &header, &fault, &error), 0);
}

static void
test_table(void **state)
{
    (void)state;
    assert_int_equal(roster_file_of(text_of("ACADEMICSESSIONS.csv")), FILE_SESSIONS);
    assert_int_equal(roster_file_of(text_of("users")), FILE_COUNT);
    assert_int_equal(roster_file_of_property(text_of("file.lineItems")), FILE_LINE_ITEMS);
    assert_int_equal(roster_file_of_property(text_of("file.manifest")), FILE_COUNT);
    assert_int_equal(roster_file_of_property(text_of("file.users.csv")), FILE_COUNT);
    assert_true(roster_file_is_read(FILE_USERS));
    assert_false(roster_file_is_read(FILE_DEMOGRAPHICS));
    for (int column = 0; column < COLUMN_COUNT; column++) {
        const struct roster_column_row *row = roster_column((enum roster_column)column);
        /* what is needed is used; what needs a value is needed */
        assert_true((row->flags & ROSTER_NEEDED) == 0 || (row->flags & ROSTER_USED) != 0);
        assert_true((row->flags & ROSTER_VALUE) == 0 || (row->flags & ROSTER_NEEDED) != 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_limit), cmocka_unit_test(test_headers),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests_name("manifest", tests, set_up, tear_down);
}
