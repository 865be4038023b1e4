/* The whole way from a zip to records: what is read, in which order, what is refused. */
#include "reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limit.h"
#include "package.h"

#define CODES_SIZE 1024

/* A sink that writes down what it is given. */
struct log {
    char text[8192];
    char roles[256]; /* of people, joined by '|', separators as '^' and ';' */
    uint64_t records[TABLE_COUNT];
    int fail_after; /* records; 0: never */
};

static struct log log_;
static struct findings *findings;
static struct reader_result result;

static int
on_begin(void *context, enum record_table table, struct error *reterr)
{
    (void)reterr;
    struct log *log = context;
    (void)snprintf(log->text + strlen(log->text), sizeof log->text - strlen(log->text), "%s(",
                   record_table(table)->name);
    return 0;
}

static int
on_record(void *context, const struct record *record, struct error *reterr)
{
    struct log *log = context;
    log->records[record->table]++;
    if (log->fail_after > 0 && --log->fail_after == 0) {
        return error_set(reterr, CAUSE_DB_UNAVAILABLE, "gone");
    }
    struct text id =
        record->values[record->table == TABLE_BAD || record->table == TABLE_GONE ? 1 : 0];
    if (record->table == TABLE_PERSON) {
        size_t used = strlen(log->roles);
        struct text roles = record->values[1];
        for (size_t at = 0; at < roles.size && used + 2 < sizeof log->roles; at++) {
            char byte = roles.data[at];
            log->roles[used++] = byte == RECORD_ITEM_SEPARATOR   ? ';'
                                 : byte == RECORD_PART_SEPARATOR ? '^'
                                                                 : byte;
        }
        log->roles[used] = '|';
    }
    (void)snprintf(log->text + strlen(log->text), sizeof log->text - strlen(log->text), "%d:%.*s ",
                   (int)record->line, (int)id.size, id.data == NULL ? "" : id.data);
    return 0;
}

static int
on_end(void *context, enum record_table table, struct error *reterr)
{
    (void)table;
    (void)reterr;
    struct log *log = context;
    size_t used = strlen(log->text);
    (void)snprintf(log->text + used, sizeof log->text - used, ") ");
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    findings_free(findings);
    findings = NULL;
    return 0;
}

static bool reads_windows_1252;

static void
read_package(const struct package_entry *entries, size_t count, int fail_after)
{
    struct bundle *bundle = NULL;
    const struct reader_options options = {.phone_region = "US",
                                           .windows_1252 = reads_windows_1252};
    const struct reader_sink sink = {
        .begin = on_begin, .record = on_record, .end = on_end, .context = &log_};
    log_ = (struct log){.fail_after = fail_after};
    findings_free(findings);
    findings = findings_new(false);
    result = (struct reader_result){.verdict = READER_DONE};
    if (bundle_open(package_make(entries, count), &bundle, &result.error) != 0) {
        reader_refuse(&result.error, findings, &result);
        return;
    }
    reader_run(bundle, &options, &sink, findings, &result);
    bundle_close(bundle);
}

static int
append_code(void *context, const struct finding *finding)
{
    char *codes = context;
    (void)snprintf(codes + strlen(codes), CODES_SIZE - strlen(codes), "%s@%s:%d ", finding->code,
                   finding->file == FILE_COUNT ? "package" : roster_file_name(finding->file),
                   (int)finding->line);
    return 0;
}

static void
expect_codes(const char *codes)
{
    char got[CODES_SIZE] = "";
    (void)findings_each(findings, append_code, got);
    assert_string_equal(got, codes);
}

/* The small district with one of its files replaced (NULL: left out). */
static void
read_with(const char *name, const char *data)
{
    struct package_entry entries[7];
    size_t count = 0;
    for (size_t at = 0; at < 7; at++) {
        entries[count] = package_district[at];
        if (strcmp(entries[count].name, name) == 0) {
            entries[count].data = data;
        }
        count += entries[count].data != NULL;
    }
    read_package(entries, count, 0);
}

struct wanted {
    const char *code;
    enum roster_column column;
};

static int
is_wanted(void *context, const struct finding *finding)
{
    const struct wanted *wanted = context;
    return strcmp(finding->code, wanted->code) == 0 && finding->column == wanted->column;
}

/* Whether something was found, of this column. */
static bool
has_code(const char *code, enum roster_column column)
{
    struct wanted wanted = {code, column};
    return findings_each(findings, is_wanted, &wanted) != 0;
}

static void
expect_rejected(enum cause cause, const char *codes)
{
    assert_int_equal(result.verdict, READER_REJECTED);
    assert_string_equal(cause_word(result.error.cause), cause_word(cause));
    char got[CODES_SIZE] = "";
    (void)findings_each(findings, append_code, got);
    got[strcspn(got, " ")] = '\0'; /* the refusal comes first */
    assert_string_equal(got, codes);
}

/* rule: IN-1 */
static void
test_a_good_package(void **state)
{
    (void)state;
    read_package(package_district, 7, 0);
    assert_int_equal(result.verdict, READER_DONE);
    assert_string_equal(log_.text,
                        "org(2:o1 ) session(2:t1 ) course(2:k1 ) class(2:c1 ) "
                        "person(2:u1 3:u2 4:u3 ) link(3:u2 4:u3 ) enrollment(2:e1 3:e2 ) ");
    expect_codes("");
    assert_true(result.files[FILE_USERS].present);
    assert_int_equal(result.files[FILE_USERS].rows, 3);
    assert_int_equal(result.files[FILE_USERS].links, 2);
    assert_int_equal(result.rows[TABLE_LINK], 2);
    assert_int_equal(result.rows[TABLE_BAD], 0);
}

/* rule: SAFE-1 */
static void
test_bad_rows_go_to_their_own_table(void **state)
{
    (void)state;
    read_with("enrollments.csv",
              "sourcedId,status,dateLastModified,classSourcedId,userSourcedId,role\r\n"
              "e1,,,c1,u1,teacher\r\n"
              ",,,c1,u1,teacher\r\n"
              "e3,,,c1,,student\r\n"
              "e4,inactive,,c1,u2,student\r\n"
              ",,,,,\r\n"
              "e6,,,c1,u2,student");
    assert_int_equal(result.verdict, READER_DONE);
    assert_non_null(strstr(log_.text, "enrollment(2:e1 7:e6 ) bad(3: 4:e3 ) "));
    expect_codes(
        "row.id_blank@enrollments.csv:3 row.value_missing@enrollments.csv:4 "
        "status.word@enrollments.csv:5 row.gone@enrollments.csv:5 row.blank@enrollments.csv:6 ");
    const struct reader_file *file = &result.files[FILE_ENROLLMENTS];
    assert_int_equal(file->rows, 5);
    assert_int_equal(file->used, 2);
    assert_int_equal(file->gone, 1);
    assert_int_equal(file->bad, 2);
    assert_int_equal(file->unreadable, 1);
}

/* rule: SAFE-2 */
static void
test_files_that_are_absent_or_empty(void **state)
{
    (void)state;
    read_with("manifest.csv", "propertyName,value\noneroster.version,1.1\nfile.orgs,bulk\n"
                              "file.users,absent\nfile.demographics,bulk\n");
    assert_int_equal(result.verdict, READER_DONE);
    assert_string_equal(log_.text, "org(2:o1 ) ");
    assert_false(result.files[FILE_USERS].present);
    expect_codes("file.unlisted@academicSessions.csv:0 file.unlisted@courses.csv:0 "
                 "file.unlisted@classes.csv:0 file.unlisted@users.csv:0 "
                 "file.unlisted@enrollments.csv:0 file.missing@demographics.csv:0 ");

    read_with("courses.csv", "sourcedId\n");
    assert_int_equal(result.verdict, READER_DONE);
    assert_true(result.files[FILE_COURSES].present);
    assert_int_equal(result.files[FILE_COURSES].rows, 0);
}

static void
test_packages_that_are_refused(void **state)
{
    (void)state;
    read_with("users.csv", NULL);
    expect_rejected(CAUSE_ROSTER_MANIFEST, "roster.manifest@users.csv:0");
    assert_string_equal(log_.text, "");
    read_with("manifest.csv", "propertyName,value\noneroster.version,1.1\nfile.roles,delta\n");
    expect_rejected(CAUSE_ROSTER_MANIFEST, "roster.manifest@roles.csv:0");
    read_with("manifest.csv", "propertyName,value\noneroster.version,1.1\nfile.orgs,absent\n");
    expect_rejected(CAUSE_ROSTER_EMPTY, "roster.empty@package:0");
    /* a header is looked at before the first row of any file goes anywhere */
    read_with("enrollments.csv", "sourcedId,classSourcedId,userSourcedId\n");
    expect_rejected(CAUSE_ROSTER_HEADER, "roster.header@enrollments.csv:1");
    assert_string_equal(log_.text, "");
    read_with("enrollments.csv", "");
    expect_rejected(CAUSE_ROSTER_HEADER, "roster.header@enrollments.csv:1");
    read_with("enrollments.csv", "<!DOCTYPE html>\n<html>\n");
    expect_rejected(CAUSE_ROSTER_CSV, "roster.csv@enrollments.csv:1");
    read_with("enrollments.csv", "sourcedId,\xFF\n");
    expect_rejected(CAUSE_ROSTER_ENCODING, "roster.encoding@enrollments.csv:1");
    read_with("enrollments.csv", "sourcedId,classSourcedId,userSourcedId,role\ne1,c1,u1,student\n"
                                 "e2,\"c1\" x,u1,student\n");
    expect_rejected(CAUSE_ROSTER_CSV, "roster.csv@enrollments.csv:3");
    const struct package_entry none = {.name = "readme.txt", .data = "x"};
    read_package(&none, 1, 0);
    expect_rejected(CAUSE_ROSTER_EMPTY, "roster.empty@package:0");
}

static void
test_a_failing_sink_is_nobodys_file(void **state)
{
    (void)state;
    for (int after = 1; after <= 11; after++) {
        read_package(package_district, 7, after);
        assert_int_equal(result.verdict, READER_FAILED);
        assert_int_equal(result.error.cause, CAUSE_DB_UNAVAILABLE);
        expect_codes("");
    }
}

static void
test_other_entries_are_told(void **state)
{
    (void)state;
    struct package_entry entries[8];
    memcpy(entries, package_district, sizeof package_district);
    entries[7] = (struct package_entry){.name = "notes.txt", .data = "x"};
    read_package(entries, 8, 0);
    assert_int_equal(result.verdict, READER_DONE);
    expect_codes("entry.unknown@package:0 ");
}

/* What is understood although the standard writes it otherwise; each use is told. */
static void
test_leniencies(void **state)
{
    (void)state;
    struct package_entry entries[] = {
        {.name = "export/manifest.csv",
         .data = "propertyName,propertyValue\n\"oneroster.version\", 1.1 \n"
                 "file.ORGS,Bulk\nfile.users,bulk\nfile.systemName,absent\n"},
        {.name = "export/Orgs.csv",
         .data = "sourceId,STATUS,dataLastModified,name,type,ext_id,,\n"
                 "o1,active,2026-01-01,N,School,x,,\no2,,,M,School,x\n"},
        {.name = "export/users.csv",
         .data = "metadata.x,sourcedId,orgs,role,givenName,familyName,agents,agentSourcedIds\n"
                 "x,u1,o1,student,A,B,u9,u2"},
    };
    read_package(entries, 3, 0);
    assert_int_equal(result.verdict, READER_DONE);
    assert_string_equal(log_.text, "org(2:o1 3:o2 ) person(2:u1 ) link(2:u1 ) ");
    assert_int_equal(result.rows[TABLE_LINK], 1); /* the column's own name goes before others */
    expect_codes(
        "header.alias@manifest.csv:1 manifest.property@manifest.csv:5 zip.folder@package:0 "
        "file.name_case@orgs.csv:0 header.blank@orgs.csv:1 header.extra@orgs.csv:1 "
        "header.alias@orgs.csv:1 header.case@orgs.csv:1 header.extra@users.csv:1 "
        "header.alias@users.csv:1 bulk.status@orgs.csv:2 value.case@orgs.csv:2 "
        "header.alias@orgs.csv:0 value.case@orgs.csv:0 ");
}

/* A column whose name has a slip in it is lost: that is told, with the name that was meant. */
static void
test_names_that_are_nearly_right(void **state)
{
    (void)state;
    static const char *const near[] = {"e-mail", "emial", "E_Mail", "emailAddress", "studentEmail"};
    static const char *const far[] = {"mailing", "metadata.e-mail", "gmail.x", "fax", "title"};
    char file[256];
    for (size_t at = 0; at < sizeof near / sizeof near[0]; at++) {
        (void)snprintf(file, sizeof file,
                       "sourcedId,orgSourcedIds,role,givenName,familyName,%s,sms,phone,"
                       "agentSourcedIds\nu1,o1,student,A,B,x@y.example,,,\n",
                       near[at]);
        read_with("users.csv", file);
        assert_int_equal(result.verdict, READER_DONE);
        assert_int_equal(findings_count(findings, FINDING_WARNING), 1);
        assert_true(has_code("header.near", USERS_EMAIL));
    }
    for (size_t at = 0; at < sizeof far / sizeof far[0]; at++) {
        (void)snprintf(file, sizeof file,
                       "sourcedId,orgSourcedIds,role,givenName,familyName,%s,sms,phone,"
                       "agentSourcedIds\nu1,o1,student,A,B,x@y.example,,,\n",
                       far[at]);
        read_with("users.csv", file);
        assert_int_equal(findings_count(findings, FINDING_WARNING), 0);
    }
    /* the column itself is there */
    read_with("users.csv", "sourcedId,orgSourcedIds,role,givenName,familyName,email,e-mail\n"
                           "u1,o1,student,A,B,x@y.example,\n");
    assert_int_equal(findings_count(findings, FINDING_WARNING), 0);
    /* a file without one that is needed is refused */
    read_with("users.csv", "sourcedId,role,given,familyName\nu1,student,A,B\n");
    assert_string_equal(result.error.text, "users.csv has no column givenName");
    read_with("users.csv", "sourcedId,role,giveName,familyName\nu1,student,A,B\n");
    expect_rejected(CAUSE_ROSTER_HEADER, "roster.header@users.csv:1");
    assert_string_equal(result.error.text,
                        "users.csv has no column givenName, but one that is named nearly so");
}

/* The district's setting says Windows-1252, and the file is what everybody else sends. */
static void
test_utf8_taken_for_windows_1252(void **state)
{
    (void)state;
    /* the last ones: Windows-1252 indeed, nothing but ASCII, both, half a letter at the end */
    static const struct {
        const char *name;
        bool seems_utf8;
    } cases[] = {{"\xC3\x89"
                  "cole \xF0\x9F\x98\x80",
                  true},
                 {"\xC9"
                  "cole",
                  false},
                 {"Ecole", false},
                 {"\xC3\x89"
                  "cole \xE9",
                  false},
                 {"cole\xC3", false}};
    reads_windows_1252 = true;
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        char file[128];
        (void)snprintf(file, sizeof file, "sourcedId,type,name\no1,school,%s", cases[at].name);
        read_with("orgs.csv", file);
        assert_int_equal(result.verdict, READER_DONE);
        assert_int_equal(has_code("file.seems_utf8", COLUMN_COUNT), cases[at].seems_utf8);
        assert_int_equal(findings_count(findings, FINDING_WARNING), cases[at].seems_utf8);
    }
    reads_windows_1252 = false;
}

/* 1.0 and careless 1.1: without a manifest, everything that is there is complete. */
static void
test_no_manifest(void **state)
{
    (void)state;
    read_with("manifest.csv", NULL);
    assert_int_equal(result.verdict, READER_DONE);
    expect_codes("manifest.missing@manifest.csv:0 ");
    assert_int_equal(result.rows[TABLE_PERSON], 3);
    assert_int_equal(result.version, ONEROSTER_1_1);
    const struct package_entry old[] = {
        {.name = "classes.csv",
         .data =
             "sourcedId,status,dateLastModified,title,grade,courseSourcedId,classCode,classType,"
             "location,schoolSourcedId,termSourcedId,subjects\nc1,,,A,,k1,,scheduled,,o1,t1,\n"},
        {.name = "users.csv",
         .data = "sourcedId,status,dateLastModified,orgSourcedIds,role,username,userId,givenName,"
                 "familyName,identifier,email,sms,phone,agents\nu1,,,o1,student,x,,A,B,,,,,u2\n"}};
    read_package(old, 2, 0);
    assert_int_equal(result.verdict, READER_DONE);
    assert_string_equal(log_.text, "class(2:c1 ) person(2:u1 ) link(2:u1 ) ");
}

#define USERS_1_2                                                                                  \
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,"         \
    "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,"
#define NAMES_1_2                                                                                  \
    "preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns\n"
#define PEOPLE_1_2(more)                                                                           \
    "u1,,,true,a,,Ann,A,,,,,,,,,," more "\nu2,,,true,b,,Bob,B,,,,,,,,,," more                      \
    "\nu3,,,true,c,,Cy,C,,,,,,,,,," more "\nu4,,,true,d,,Di,D,,,,,,,,,," more "\n"
#define ROLES_1_2                                                                                  \
    "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,"             \
    "orgSourcedId,userProfileSourcedId\n"

/* rule: SAFE-1 */
static void
test_roles_of_1_2(void **state)
{
    (void)state;
    static const char manifest[] = "propertyName,value\noneroster.version,1.2\nfile.users,bulk\n"
                                   "file.roles,bulk\nfile.userProfiles,absent\n";
    static const char *const users[] = {USERS_1_2 NAMES_1_2 PEOPLE_1_2(",,,,"), USERS_1_2
                                        "resourceSourcedIds," NAMES_1_2 PEOPLE_1_2(",,,,,")};
    for (int variant = 0; variant < 2; variant++) {
        struct package_entry entries[] = {{.name = "manifest.csv", .data = manifest},
                                          {.name = "users.csv", .data = users[variant]},
                                          {.name = "roles.csv",
                                           .data =
                                               ROLES_1_2 "r1,,,u1,primary,teacher,,,o1,\n"
                                                         "r2,,,u2,primary,Student,,,o1,\n"
                                                         "r3,,,u1,secondary,parent,,,o2,\n"
                                                         "r4,tobedeleted,,u1,secondary,aide,,,o2,\n"
                                                         "r5,,,u3,primary,,,,o1,\n"
                                                         "r6,,,u1,primary,teacher,,,o1,\n"}};
        read_package(entries, 3, 0);
        assert_int_equal(result.verdict, READER_DONE);
        assert_int_equal(result.version, ONEROSTER_1_2);
        /* whose role cannot be read stays as they were; so does who has none */
        assert_string_equal(log_.text, "role(2:r1 3:r2 4:r3 7:r6 ) bad(6:u3 ) "
                                       "person(2:u1 3:u2 ) bad(4:u3 5:u4 ) ");
        assert_string_equal(log_.roles, "teacher^o1;parent^o2|student^o1|");
        expect_codes("value.case@roles.csv:3 row.gone@roles.csv:5 row.value_missing@roles.csv:6 "
                     "row.no_role@users.csv:4 row.no_role@users.csv:5 ");
        entries[2].data = ROLES_1_2 "r1,,,,primary,teacher,,,o1,\n";
        read_package(entries, 3, 0);
        assert_non_null(strstr(log_.text, "bad(2: ) "));
    }
    struct package_entry lonely[] = {{.name = "users.csv", .data = users[0]}};
    read_package(lonely, 1, 0);
    expect_rejected(CAUSE_ROSTER_HEADER, "roster.header@users.csv:1");
    struct package_entry alone[] = {{.name = "roles.csv", .data = ROLES_1_2},
                                    {.name = "orgs.csv", .data = "sourcedId,name,type\n"}};
    read_package(alone, 2, 0);
    assert_int_equal(result.verdict, READER_DONE);
    expect_codes("manifest.missing@manifest.csv:0 ");
    assert_string_equal(log_.text, "org() role() ");
}

#define DELTA_1_1                                                                                  \
    "propertyName,value\noneroster.version,1.1\nfile.orgs,bulk\nfile.users,delta\n"                \
    "file.enrollments,delta\n"

/* rule: SAFE-1 */
static void
test_deltas_name_who_is_gone(void **state)
{
    (void)state;
    const struct package_entry entries[] = {
        {.name = "manifest.csv", .data = DELTA_1_1},
        {.name = "orgs.csv",
         .data = "sourcedId,status,name,type\no1,,North,school\no2,tobedeleted,,\n"},
        {.name = "users.csv",
         .data = "sourcedId,status,dateLastModified,orgSourcedIds,role,givenName,familyName,"
                 "agentSourcedIds\n"
                 "u1,active,2026-08-20,o1,student,Ann,A,u2\n"
                 "u2,tobedeleted,2026-08-20,,,,,\n"
                 "u3,Inactive,2026-08-20,,,,,u1\n"
                 "u4,,,o1,student,Di,D,\n"
                 "u5,maybe,2026-08-20,o1,student,Ed,E,\n"
                 "u6,tobedeleted,2026-08-20\n"},
        {.name = "enrollments.csv",
         .data = "sourcedId,status,dateLastModified,classSourcedId,userSourcedId,role\n"
                 ",tobedeleted,2026-08-20,,,\n"}};
    read_package(entries, 4, 0);
    assert_int_equal(result.verdict, READER_DONE);
    /* of a bulk file such a row counts as absent; one that cannot be used removes nobody */
    assert_string_equal(log_.text, "org(2:o1 ) person(2:u1 5:u4 ) bad(6:u5 7: ) gone(3:u2 4:u3 ) "
                                   "link(2:u1 ) enrollment() bad(2: ) ");
    assert_int_equal(result.files[FILE_USERS].gone, 2);
    assert_int_equal(result.files[FILE_USERS].mode, MODE_DELTA);
    expect_codes("row.gone@orgs.csv:3 status.word@users.csv:4 delta.status_blank@users.csv:5 "
                 "delta.modified_blank@users.csv:5 delta.status@users.csv:6 row.short@users.csv:7 "
                 "row.id_blank@enrollments.csv:2 ");
}

/* What a delta leaves out of a person's roles is known to the database only. */
static void
test_roles_in_deltas(void **state)
{
    (void)state;
    static const char *const manifests[] = {
        "propertyName,value\noneroster.version,1.2\nfile.users,bulk\nfile.roles,delta\n",
        "propertyName,value\noneroster.version,1.2\nfile.users,delta\nfile.roles,bulk\n",
        "propertyName,value\noneroster.version,1.2\nfile.users,delta\nfile.roles,absent\n",
        "propertyName,value\noneroster.version,1.2\nfile.users,absent\nfile.roles,delta\n"};
    static const char *const texts[] = {
        "role(2:r1 ) bad(4:r3 5: ) gone(3:r2 ) person(2:u1 3:u2 4:u3 5:u4 ) ",
        "role(2:r1 5: ) bad(3: 4:u1 ) person(2:u1 3:u2 4:u3 5:u4 ) ",
        "person(2:u1 3:u2 4:u3 5:u4 ) ", "role(2:r1 ) bad(4:r3 5: ) gone(3:r2 ) "};
    for (int variant = 0; variant < 4; variant++) {
        const struct package_entry entries[] = {
            {.name = "manifest.csv", .data = manifests[variant]},
            {.name = "users.csv", .data = USERS_1_2 NAMES_1_2 PEOPLE_1_2(",,,,")},
            {.name = "roles.csv",
             .data = ROLES_1_2 "r1,active,2026-08-20,u1,primary,student,,,o1,\n"
                               "r2,tobedeleted,2026-08-20,,,,,,,\n"
                               "r3,active,2026-08-20,u1,primary,,,,o1,\n"
                               ",active,2026-08-20,u2,primary,aide,,,o1,\n"}};
        read_package(entries, 3, 0);
        assert_int_equal(result.verdict, READER_DONE);
        assert_string_equal(log_.text, texts[variant]);
        assert_null(strstr(log_.roles, "student"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_package),
        cmocka_unit_test(test_bad_rows_go_to_their_own_table),
        cmocka_unit_test(test_files_that_are_absent_or_empty),
        cmocka_unit_test(test_packages_that_are_refused),
        cmocka_unit_test(test_a_failing_sink_is_nobodys_file),
        cmocka_unit_test(test_other_entries_are_told),
        cmocka_unit_test(test_leniencies),
        cmocka_unit_test(test_names_that_are_nearly_right),
        cmocka_unit_test(test_utf8_taken_for_windows_1252),
        cmocka_unit_test(test_no_manifest),
        cmocka_unit_test(test_roles_of_1_2),
        cmocka_unit_test(test_deltas_name_who_is_gone),
        cmocka_unit_test(test_roles_in_deltas),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, tear_down);
}
