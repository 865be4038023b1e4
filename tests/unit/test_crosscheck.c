/* What only shows across rows: duplicates, references to what is not there. */
#include "crosscheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "package.h"

static char codes[1024];

static int
append_code(void *context, const struct finding *finding)
{
    (void)context;
    (void)snprintf(codes + strlen(codes), sizeof codes - strlen(codes), "%s@%s:%d ", finding->code,
                   roster_file_name(finding->file), (int)finding->line);
    return 0;
}

/* The small district with one of its files replaced (NULL: left out of zip and manifest). */
static void
expect(const char *name, const char *data, const char *wanted)
{
    struct package_entry entries[7];
    memcpy(entries, package_district, sizeof entries);
    for (size_t at = 0; at < 7; at++) {
        if (strcmp(entries[at].name, name) == 0) {
            entries[at].data = data;
            entries[at].size = 0;
        }
    }
    struct bundle *bundle = NULL;
    struct error error;
    struct findings *findings = findings_new(false);
    struct reader_result result = {.verdict = READER_DONE};
    const struct reader_options options = {.phone_region = "US"};
    struct crosscheck *crosscheck = crosscheck_new(&result, false, findings);
    struct reader_sink sink = crosscheck_sink(crosscheck);
    assert_int_equal(bundle_open(package_make(entries, 7), &bundle, &error), 0);
    reader_run(bundle, &options, &sink, findings, &result);
    assert_int_equal(result.verdict, READER_DONE);
    codes[0] = '\0';
    (void)findings_each(findings, append_code, NULL);
    assert_string_equal(codes, wanted);
    bundle_close(bundle);
    crosscheck_free(crosscheck);
    findings_free(findings);
}

static void
test_a_good_package(void **state)
{
    (void)state;
    expect("none", NULL, "");
}

/* rule: SAFE-1 */
static void
test_ids_in_several_rows(void **state)
{
    (void)state;
    /* equal rows are one; of differing ones the first is named, once */
    expect("orgs.csv",
           "sourcedId,name,type\no1,A,school\no1,A,school\no2,B,school\no2,C,school\n"
           "o2,D,school\n",
           "record.duplicate@orgs.csv:4 ");
}

static void
test_references(void **state)
{
    (void)state;
    expect("enrollments.csv",
           "sourcedId,classSourcedId,userSourcedId,schoolSourcedId,role\n"
           "e1,c1,u1,o1,teacher\n"
           "e2,c2,u1,o1,teacher\n"
           "e3,c1,u9,o1,student\n"
           "e4,c1,u9,o9,student\n",
           "enrollment.class@enrollments.csv:3 enrollment.person@enrollments.csv:4 "
           "reference.unknown@enrollments.csv:5 enrollment.person@enrollments.csv:5 ");
    expect("classes.csv",
           "sourcedId,title,schoolSourcedId,courseSourcedId,termSourcedIds\n"
           "c1,A,o1,k9,t1\nc2,B,o9,k1,\"t1,t9\"\n",
           "reference.unknown@classes.csv:2 reference.unknown@classes.csv:3 "
           "class.school@classes.csv:3 ");
    /* the parent may stand further down; a school that is none is no school */
    expect("orgs.csv",
           "sourcedId,name,type,parentSourcedId\no1,A,department,d1\nd1,D,district,d2\n",
           "reference.unknown@orgs.csv:3 class.school@classes.csv:2 ");
}

/* A row that cannot be used is an error of its own, and those that refer to it are not blamed. */
static void
test_unusable_rows_are_known(void **state)
{
    (void)state;
    expect("classes.csv", "sourcedId,title,schoolSourcedId\nc1,,o1\n",
           "row.value_missing@classes.csv:2 ");
    expect("orgs.csv", "sourcedId,name,type\no1,,school\n", "row.value_missing@orgs.csv:2 ");
}

/* rule: IN-5 */
static void
test_pairs(void **state)
{
    (void)state;
    expect("users.csv",
           "sourcedId,orgSourcedIds,role,givenName,familyName,agentSourcedIds\n"
           "u1,o1,teacher,A,A,\n"
           "u2,o1,student,B,B,\"u3,u1,u9\"\n"
           "u3,o9,parent,C,C,u2\n",
           "reference.unknown@users.csv:4 link.pair@users.csv:3 link.person@users.csv:3 ");
    /* somebody whose row cannot be used is there */
    expect("users.csv",
           "sourcedId,orgSourcedIds,role,givenName,familyName,agentSourcedIds\n"
           "u1,o1,teacher,A,A,\nu2,o1,student,B,B,u3\nu3,o1,parent,,C,u2\n",
           "row.value_missing@users.csv:4 ");
}

/* A file that the package does not bring says nothing about what exists. */
static void
test_absent_files(void **state)
{
    (void)state;
    struct package_entry entries[] = {
        {.name = "manifest.csv",
         .data = "propertyName,value\noneroster.version,1.1\nfile.enrollments,bulk\n"},
        {.name = "enrollments.csv",
         .data = "sourcedId,classSourcedId,userSourcedId,role\ne1,c1,u1,teacher\n"}};
    struct bundle *bundle = NULL;
    struct error error;
    struct findings *findings = findings_new(false);
    struct reader_result result = {.verdict = READER_DONE};
    const struct reader_options options = {.phone_region = "US"};
    struct crosscheck *crosscheck = crosscheck_new(&result, false, findings);
    struct reader_sink sink = crosscheck_sink(crosscheck);
    assert_int_equal(bundle_open(package_make(entries, 2), &bundle, &error), 0);
    reader_run(bundle, &options, &sink, findings, &result);
    assert_int_equal(findings_count(findings, FINDING_WARNING), 0);
    assert_int_equal(findings_count(findings, FINDING_ERROR), 0);
    bundle_close(bundle);
    crosscheck_free(crosscheck);
    findings_free(findings);
}

/* The tables grow; each id is still found, and no other. */
static void
test_many_ids(void **state)
{
    (void)state;
    struct findings *findings = findings_new(false);
    struct reader_result result = {.verdict = READER_DONE};
    result.files[FILE_USERS].present = true;
    struct crosscheck *crosscheck = crosscheck_new(&result, false, findings);
    struct reader_sink sink = crosscheck_sink(crosscheck);
    struct error error;
    enum { COUNT = 100000 };
    for (int pass = 0; pass < 2; pass++) {
        enum record_table table = pass == 0 ? TABLE_PERSON : TABLE_ENROLLMENT;
        assert_int_equal(sink.begin(sink.context, table, &error), 0);
        for (int at = 0; at < COUNT; at++) {
            char id[24];
            (void)snprintf(id, sizeof id, "%d-%d", at, at % 7);
            struct record record = {.table = table, .line = at + 2};
            record.values[0] = text_of(id);
            record.values[pass == 0 ? 2 : 3] = text_of(id);
            assert_int_equal(sink.record(sink.context, &record, &error), 0);
        }
        assert_int_equal(sink.end(sink.context, table, &error), 0);
    }
    assert_int_equal(findings_count(findings, FINDING_ERROR), 0);
    assert_int_equal(findings_count(findings, FINDING_WARNING), 0);
    crosscheck_free(crosscheck);
    findings_free(findings);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_package), cmocka_unit_test(test_ids_in_several_rows),
        cmocka_unit_test(test_references),     cmocka_unit_test(test_unusable_rows_are_known),
        cmocka_unit_test(test_pairs),          cmocka_unit_test(test_absent_files),
        cmocka_unit_test(test_many_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
