/* One row against the standard: verdicts, whose id can be believed, the values as they are staged.
 */
#include "row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limit.h"

#define USERS                                                                                      \
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"           \
    "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,"           \
    "password\n"
#define ENROLLMENTS                                                                                \
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,"                            \
    "userSourcedId,role,primary,beginDate,endDate\n"
#define CLASSES                                                                                    \
    "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,"                    \
    "classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n"
#define ORGS "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
#define SESSIONS                                                                                   \
    "sourcedId,status,dateLastModified,title,type,startDate,endDate,"                              \
    "parentSourcedId,schoolYear\n"
#define COURSES                                                                                    \
    "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,"               \
    "orgSourcedId,subjects,subjectCodes\n"

static struct csv_reader *reader;
static struct row_checker *checker;
static struct findings *findings;
static struct error error;
static struct text source;
static size_t width; /* of the file's rows; 0: the header's */

static int
set_up(void **state)
{
    (void)state;
    reader = csv_reader_new();
    checker = row_checker_new();
    return reader == NULL || checker == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
    (void)state;
    csv_reader_free(reader);
    row_checker_free(checker);
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

/* Checks the first row of a file with the given header; the text holds both. */
static enum row_verdict
check(enum roster_file file, struct text text, struct record *record)
{
    struct csv_row row;
    struct roster_header header;
    struct roster_header_fault fault;
    const struct row_options options = {.phone_region = "US", .width = width};
    findings_free(findings);
    findings = findings_new(false);
    source = text;
    csv_reader_start(reader, give, &source);
    assert_int_equal(csv_reader_next(reader, &row, &error), 1);
    assert_int_equal(roster_header_resolve(file, row.cells, row.count, &header, &fault, &error), 0);
    assert_int_equal(csv_reader_next(reader, &row, &error), 1);
    row_checker_start(checker, &header, &options, findings);
    return row_check(checker, &row, record);
}

static int
first_code(void *context, const struct finding *finding)
{
    *(const char **)context = finding->code;
    return 1;
}

static int
append_code(void *context, const struct finding *finding)
{
    char *codes = context;
    (void)snprintf(codes + strlen(codes), 256 - strlen(codes), "%s%s", codes[0] == '\0' ? "" : " ",
                   finding->code);
    return 0;
}

static void
expect_codes(const char *codes)
{
    char got[256] = "";
    (void)findings_each(findings, append_code, got);
    assert_string_equal(got, codes);
}

/* The values joined by '|', NULL as '-', separators as '^' and ';'. */
static void
expect_values(const struct record *record, const char *joined)
{
    char text[1024] = "";
    size_t used = 0;
    size_t count = record_table(record->table)->count;
    for (size_t at = 0; at < count; at++) {
        struct text value = record->values[at];
        if (at > 0) {
            text[used++] = '|';
        }
        if (value.data == NULL) {
            text[used++] = '-';
            continue;
        }
        for (size_t byte = 0; byte < value.size; byte++) {
            char c = value.data[byte];
            text[used++] = c == RECORD_PART_SEPARATOR ? '^' : c == RECORD_ITEM_SEPARATOR ? ';' : c;
        }
    }
    assert_string_equal(text, joined);
}

#define CHECK(file, literal, record) check((file), TEXT(literal), (record))

static void
expect_used(enum roster_file file, const char *text, const char *values, const char *codes)
{
    struct record record;
    assert_int_equal(check(file, text_of(text), &record), ROW_USED);
    expect_values(&record, values);
    expect_codes(codes);
}

/* rule: IN-1 */
static void
test_values_of_each_file(void **state)
{
    (void)state;
    expect_used(FILE_ORGS, ORGS "o1,,,North  School ,SCHOOL,77,d1\n",
                "o1|North  School|school|77|d1", "value.case");
    expect_used(FILE_ORGS, ORGS "o1,active,,N,other kind,,\n", "o1|N|other kind|-|-",
                "bulk.status");
    expect_used(FILE_ORGS, ORGS "o1,,2026-08-01,N,school,NULL,NULL\n", "o1|N|school|-|-",
                "bulk.status value.null value.null");
    expect_used(FILE_SESSIONS, SESSIONS "t1,,,Fall,gradingperiod,2026-08-01,8/1/2026,t0,2027\n",
                "t1|Fall|gradingPeriod|2026-08-01|-|t0|2027", "value.case value.date");
    expect_used(FILE_COURSES, COURSES "k1,,,t1,Maths,M1,,o1,,\n", "k1|Maths|M1|o1", "");
    expect_used(FILE_CLASSES, CLASSES "c1,,,Maths 1,,k1,M1,Scheduled,,o1,\"t1, t2,,t1\",,,\n",
                "c1|Maths 1|M1|scheduled|k1|o1|t1;t2", "value.case");
    expect_used(FILE_CLASSES, CLASSES "c1,,,,,k1,M1,homeroom,,o1,,,,\n",
                "c1|M1|M1|homeroom|k1|o1|-", "");
    expect_used(FILE_ENROLLMENTS,
                ENROLLMENTS "e1,,,c1,o1,u1,Student,,2026-08-20T00:00:00Z,2026-02-30\n",
                "e1|c1|o1|u1|student|2026-08-20|-", "value.case value.date_time value.date");
}

/* rule: IN-4 */
static void
test_values_of_people(void **state)
{
    (void)state;
    expect_used(
        FILE_USERS,
        USERS "u3,,,false,\"o1,o2\",Parent,cy,,Jose\xCC\x81,Ross,,,CY@Example.org,(415) 555-0132,"
              "+44 20 7946 0958,u2,,secret\n",
        "u3|parent^o1;parent^o2|Jos\xC3\xA9|Ross|cy@example.org|+14155550132|+442079460958|-",
        "value.case");
    /* somebody may be called so; a database writes it for nothing */
    expect_used(FILE_USERS, USERS "u4,NULL,NULL,,NULL,student,,,Ann,NULL,,,NULL,NULL,null,NULL,,\n",
                "u4|student^|Ann|NULL|-|-|-|p", "value.null value.phone value.null");
    expect_used(FILE_USERS, USERS "u1,,,,,principal,,,Ada,L,,,none,555,911 x2,,,\n",
                "u1|principal^|Ada|L|-|-|-|esp", "value.email value.phone value.phone");
}

/* rule: IN-5 */
static void
test_links(void **state)
{
    (void)state;
    struct record record;
    assert_int_equal(
        CHECK(FILE_USERS, USERS "u2,,,,o1,student,,,Bob,Ross,,,,,,\"u3, u4,u2,,u3\",,\n", &record),
        ROW_USED);
    expect_codes("reference.self");
    assert_int_equal(row_link_count(checker), 2);
    struct record link;
    row_link(checker, 0, &link);
    expect_values(&link, "u2|u3");
    assert_int_equal(link.table, TABLE_LINK);
    assert_int_equal(link.line, 2);
    row_link(checker, 1, &link);
    expect_values(&link, "u2|u4");
    /* a row that is not used links nobody */
    assert_int_equal(CHECK(FILE_USERS, USERS "u2,,,,o1,student,,,,Ross,,,,,,u3,,\n", &record),
                     ROW_BAD);
    assert_int_equal(row_link_count(checker), 0);
}

static void
expect_bad(enum roster_file file, struct text text, const char *id, const char *code)
{
    struct record record;
    const char *first = NULL;
    assert_int_equal(check(file, text, &record), ROW_BAD);
    assert_int_equal(record.table, TABLE_BAD);
    assert_string_equal(record.values[0].data, record_table(record_table_of(file))->name);
    if (id == NULL) {
        if (record.values[1].data != NULL) {
            fail_msg("the id was believed: %s", text.data + text.size - 20);
        }
    } else {
        assert_non_null(record.values[1].data);
        assert_int_equal(record.values[1].size, strlen(id));
        assert_memory_equal(record.values[1].data, id, strlen(id));
    }
    (void)findings_each(findings, first_code, &first);
    assert_string_equal(first, code);
}

/* rule: SAFE-1 */
static void
test_rows_that_cannot_be_used(void **state)
{
    (void)state;
    expect_bad(FILE_USERS, TEXT(USERS ",,,,o1,student,,,Bob,Ross,,,,,,,,\n"), NULL, "row.id_blank");
    expect_bad(FILE_USERS, TEXT(USERS "u\x01,,,,o1,student,,,Bob,Ross,,,,,,,,\n"), NULL,
               "row.id_unusable");
    expect_bad(FILE_USERS, TEXT(USERS "u1,,,,o1,,,,Bob,Ross,,,,,,,,\n"), "u1", "row.value_missing");
    expect_bad(FILE_USERS, TEXT(USERS "u1,,,,o1,student,,,\xE2\x80\x8B,Ross,,,,,,,,\n"), "u1",
               "row.value_missing");
    expect_bad(FILE_USERS, TEXT(USERS "u1,,,,o1,student,,,B\xFF,Ross,,,,,,,,\n"), "u1",
               "row.encoding");
    expect_bad(FILE_USERS, TEXT(USERS "u\xFF,,,,o1,student,,,B,Ross,,,,,,,,\n"), NULL,
               "row.encoding");
    expect_bad(FILE_USERS, TEXT(USERS "u1,,,,o1,student,,,B\0b,Ross,,,,,,,,\n"), "u1", "row.nul");
    expect_bad(FILE_USERS, TEXT(USERS "u1,,,,o1,student,,,Bob \"Bo\",Ross,,,,,,,,\n"), "u1",
               "row.quote");
    expect_bad(FILE_USERS, TEXT(USERS "u\"1,,,,o1,student,,,Bob,Ross,,,,,,,,\n"), NULL,
               "row.quote");
    expect_bad(FILE_ENROLLMENTS, TEXT(ENROLLMENTS "e1,,,,o1,u1,student,,,\n"), "e1",
               "row.value_missing");
    expect_bad(FILE_CLASSES, TEXT(CLASSES "c1,,,,,k1,,homeroom,,o1,,,,\n"), "c1",
               "row.value_missing");
}

/* rule: SAFE-1 */
static void
test_rows_of_another_shape(void **state)
{
    (void)state;
    /* a comma too many or too few behind the third cell: the id is the id */
    expect_bad(FILE_USERS, TEXT(USERS "u1,,,true,o1,student,,,Bob, Jr,Ross,,,,,,,,x\n"), "u1",
               "row.long");
    expect_bad(FILE_USERS, TEXT(USERS "u1,,,true,o1,student,bob,,Bob\n"), "u1", "row.short");
    expect_bad(FILE_USERS, TEXT(USERS "u1,active,2026-01-01,true,o1,student\n"), "u1", "row.short");
    /* in front of it: it may be another's id */
    expect_bad(FILE_USERS, TEXT(USERS "u,1,,,true,o1,student,,,Bob,Ross,,,,,,,,x\n"), NULL,
               "row.long");
    expect_bad(FILE_USERS, TEXT(USERS "u1x,,true,o1,student,,,Bob,Ross,,,,,,\n"), NULL,
               "row.short");
    expect_bad(FILE_USERS, TEXT(USERS "dent,,,Bob\n"), NULL, "row.short");
    expect_bad(FILE_USERS, TEXT(USERS "u,,,,true,o1,student,,,Bob,Ross,,,,,,,,x\n"), NULL,
               "row.long");
    expect_bad(FILE_USERS, TEXT(USERS "Ross,,\n"), NULL, "row.short");
    expect_bad(FILE_USERS, TEXT(USERS "Ross\n"), NULL, "row.short");
    /* a lost line end: the second row's id is inside */
    expect_bad(FILE_ORGS, TEXT(ORGS "o1,,,N,school,,xo2,,,M,school,,\n"), NULL, "row.long");
    /* without the columns that tell there is nothing to go by */
    expect_bad(FILE_ORGS, TEXT("sourcedId,name,type\no1,N\n"), NULL, "row.short");
    /* values stand in the wrong columns, whatever is in the last one */
    expect_bad(FILE_ORGS, TEXT(ORGS "o1,,,N,school,,d1,\n"), "o1", "row.long");
    expect_bad(FILE_USERS, TEXT(USERS "u1,,,true,o1,student,,,Bob,Ross,,,,,,,\n"), "u1",
               "row.short");
    /* unless all rows are so: blanks beyond the header, or missing cells of no use, do no harm */
    width = 9;
    expect_used(FILE_ORGS, ORGS "o1,,,N,school,,d1,, \n", "o1|N|school|-|d1", "");
    expect_used(FILE_ORGS, ORGS "o1,,,N,school,,d1\n", "o1|N|school|-|d1", "");
    expect_bad(FILE_ORGS, TEXT(ORGS "o1,,,N,school,,d1,,x\n"), "o1", "row.long");
    expect_bad(FILE_ORGS, TEXT(ORGS "o1,,,N,school,,d1,\n"), "o1", "row.long");
    width = 16;
    expect_used(FILE_USERS, USERS "u1,,,,o1,student,,,Bob,Ross,,,,,,\n",
                "u1|student^o1|Bob|Ross|-|-|-|-", "");
    width = 15;
    expect_bad(FILE_USERS, TEXT(USERS "u1,,,true,o1,student,,,Bob,Ross,,,,,\n"), "u1", "row.short");
    width = 0;
    /* cells of the header without a name belong to it */
    expect_used(FILE_ORGS, "sourcedId,name,type,parentSourcedId,,\no1,N,school,d1,,\n",
                "o1|N|school|-|d1", "");
    expect_bad(FILE_ORGS, TEXT("sourcedId,name,type,parentSourcedId,,\no1,N,school,d1,\n"), NULL,
               "row.long");
}

/* rule: SAFE-1 */
static void
test_rows_inside_a_cell(void **state)
{
    (void)state;
    /* a quote came in, and the next one closes it: who is inside has not left */
    expect_bad(FILE_ORGS, TEXT(ORGS "o1,,,\"N,school,,\no2,,,\",school,,\n"), NULL, "row.lines");
    expect_bad(FILE_ORGS, TEXT(ORGS "o1,,,\"N,school,,\no2,,,\",M,school,,\n"), NULL, "row.lines");
    expect_used(FILE_ORGS, ORGS "o1,,,\"N,\nnear X, Y\",school,,\n", "o1|N, near X, Y|school|-|-",
                "cell.line_break");
}

/* rule: SAFE-1 */
static void
test_rows_that_are_left_out(void **state)
{
    (void)state;
    struct record record;
    assert_int_equal(CHECK(FILE_USERS, USERS ",, ,,,,,,,,,,,,,,,\n", &record), ROW_BLANK);
    expect_codes("row.blank");
    assert_int_equal(CHECK(FILE_ORGS, ORGS "o1,toBeDeleted,,,,,\n", &record), ROW_GONE);
    expect_codes("status.word row.gone");
    assert_int_equal(CHECK(FILE_ORGS, ORGS "o1,tobedeleted,,,,,\n", &record), ROW_GONE);
    expect_codes("row.gone");
    assert_int_equal(CHECK(FILE_ORGS, ORGS "o1,INACTIVE,,,,,\n", &record), ROW_GONE);
    assert_int_equal(CHECK(FILE_ORGS, ORGS "o1,deleted,,,,,\n", &record), ROW_GONE);
    expect_used(FILE_ORGS, ORGS "o1,weird,,N,school,,\n", "o1|N|school|-|-", "value.status");
    /* a bad id is bad, whatever its status */
    assert_int_equal(CHECK(FILE_ORGS, ORGS ",tobedeleted,,,,,\n", &record), ROW_BAD);
}

static void
test_line_breaks_are_blanks(void **state)
{
    (void)state;
    expect_used(FILE_ORGS, ORGS "o1,,,\"North\nSchool\",school,,\n", "o1|North School|school|-|-",
                "cell.line_break");
}

/* Makes "o1,,,NAME,school,,PARENT" with long ones. */
static void
expect_id_limit(size_t size, const char *codes, bool kept)
{
    char text[1024];
    char id[LIMIT_ID_BYTES + 2];
    struct record record;
    memset(id, 'i', sizeof id);
    int used = snprintf(text, sizeof text, "%s%s%.*s\n", ORGS, "o1,,,N,school,,", (int)size, id);
    assert_int_equal(check(FILE_ORGS, (struct text){text, (size_t)used}, &record), ROW_USED);
    assert_int_equal(record.values[4].size, kept ? size : 0);
    expect_codes(codes);
    used = snprintf(text, sizeof text, "%s%.*s%s\n", ORGS, (int)size, id, ",,,N,school,,");
    assert_int_equal(check(FILE_ORGS, (struct text){text, (size_t)used}, &record),
                     kept ? ROW_USED : ROW_BAD);
}

static void
test_limit_of_ids(void **state)
{
    (void)state;
    expect_id_limit(LIMIT_ID_BYTES, "", true);
    expect_id_limit(LIMIT_ID_BYTES + 1, "reference.unusable", false);
}

static void
test_limit_of_texts_and_words(void **state)
{
    (void)state;
    char text[2048];
    char name[LIMIT_TEXT_CHARACTERS + 1];
    struct record record;
    memset(name, 'n', sizeof name);
    for (int more = 0; more < 2; more++) {
        int used = snprintf(text, sizeof text, "%so1,,,%.*s,%.*s,,\n", ORGS,
                            LIMIT_TEXT_CHARACTERS + more, name, LIMIT_WORD_BYTES + more, name);
        assert_int_equal(check(FILE_ORGS, (struct text){text, (size_t)used}, &record), ROW_USED);
        assert_int_equal(record.values[1].size, LIMIT_TEXT_CHARACTERS);
        assert_int_equal(record.values[2].size, LIMIT_WORD_BYTES);
        expect_codes(more == 0 ? "" : "value.cut");
    }
}

static void
test_limit_of_lists(void **state)
{
    (void)state;
    char text[16384];
    struct record record;
    for (int more = 0; more < 2; more++) {
        int used = snprintf(text, sizeof text, "%su2,,,,\"", USERS);
        for (int at = 0; at < LIMIT_LIST_ITEMS + more; at++) {
            used += snprintf(text + used, sizeof text - (size_t)used, "o%d,o%d,", at, at);
        }
        used +=
            snprintf(text + used, sizeof text - (size_t)used, "\",student,,,Bob,Ross,,,,,,,,\n");
        assert_int_equal(check(FILE_USERS, (struct text){text, (size_t)used}, &record),
                         more == 0 ? ROW_USED : ROW_BAD);
        expect_codes(more == 0 ? "" : "row.list_long");
    }
}

/* Whether only the verdict is wanted or all of it, the verdict is the same. */
static void
test_verdict_only(void **state)
{
    (void)state;
    struct csv_row row;
    struct record record;
    struct roster_header header;
    struct roster_header_fault fault;
    const struct row_options options = {.phone_region = "US", .verdict_only = true};
    source = TEXT(USERS "u1,,,,o1,parent,,,Cy,Ross,,,nonsense,nonsense,nonsense,u2,,\n");
    csv_reader_start(reader, give, &source);
    assert_int_equal(csv_reader_next(reader, &row, &error), 1);
    assert_int_equal(
        roster_header_resolve(FILE_USERS, row.cells, row.count, &header, &fault, &error), 0);
    assert_int_equal(csv_reader_next(reader, &row, &error), 1);
    row_checker_start(checker, &header, &options, NULL);
    assert_int_equal(row_check(checker, &row, &record), ROW_USED);
    assert_int_equal(row_link_count(checker), 1);
}

/* Only where it is asked for; half a preferred name leaves the other half. */
static void
test_preferred_names(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"Liz,,Bee", "Liz Bee"}, {"Liz,,", "Liz Ash"}, {",B,", "Ann Ash"}};
    for (int wanted = 0; wanted < 2; wanted++) {
        for (size_t at = 0; at < 3; at++) {
            char text[512];
            char got[64];
            struct csv_row row;
            struct record record;
            struct roster_header header;
            struct roster_header_fault fault;
            const struct row_options options = {.phone_region = "US", .preferred_names = wanted};
            (void)snprintf(text, sizeof text,
                           "sourcedId,orgSourcedIds,role,givenName,familyName,prefferedGivenName,"
                           "preferredMiddleName,preferredFamilyName\nu1,o1,student,Ann,Ash,%s\n",
                           names[at][0]);
            source = text_of(text);
            csv_reader_start(reader, give, &source);
            assert_int_equal(csv_reader_next(reader, &row, &error), 1);
            assert_int_equal(
                roster_header_resolve(FILE_USERS, row.cells, row.count, &header, &fault, &error),
                0);
            assert_int_equal(csv_reader_next(reader, &row, &error), 1);
            row_checker_start(checker, &header, &options, NULL);
            assert_int_equal(row_check(checker, &row, &record), ROW_USED);
            (void)snprintf(got, sizeof got, "%.*s %.*s", (int)record.values[2].size,
                           record.values[2].data, (int)record.values[3].size,
                           record.values[3].data);
            assert_string_equal(got, wanted ? names[at][1] : "Ann Ash");
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_each_file),
        cmocka_unit_test(test_values_of_people),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_rows_that_cannot_be_used),
        cmocka_unit_test(test_rows_of_another_shape),
        cmocka_unit_test(test_rows_inside_a_cell),
        cmocka_unit_test(test_rows_that_are_left_out),
        cmocka_unit_test(test_line_breaks_are_blanks),
        cmocka_unit_test(test_limit_of_ids),
        cmocka_unit_test(test_limit_of_texts_and_words),
        cmocka_unit_test(test_limit_of_lists),
        cmocka_unit_test(test_verdict_only),
        cmocka_unit_test(test_preferred_names),
    };
    return cmocka_run_group_tests_name("row", tests, set_up, tear_down);
}
