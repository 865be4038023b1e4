/*
 * One bad byte anywhere. A good package of 200 rows is read again and again, each time with one
 * byte of one of its files changed and the checksum right. Whatever the byte is, the package is
 * refused or what it says is this: a record whose own id was not touched is there, or its row is
 * among the bad ones, or nothing of its kind may be removed, because a row without a readable id is
 * (SAFE-1); and rows that were not touched say what they said before.
 *
 *   test_flips all    every byte with all its bits turned one by one, and the bytes of CSV
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "reader.h"

#define FILES 7
#define FILE_SIZE 32768
#define ROWS_MAX 256
#define RECORDS_MAX 2048
#define ID_SIZE 32

/* --- the package -------------------------------------------------------------------------------
 */

struct span {
    size_t begin;
    size_t end;
};

struct source_row {
    enum roster_file file;
    struct span row;
    struct span id;
    struct span agents; /* of users */
    char text[ID_SIZE]; /* the id */
};

struct source {
    enum roster_file file;
    char data[FILE_SIZE];
    size_t size;
    size_t header; /* bytes of the first line */
    off_t at;      /* of its data in the zip */
    off_t checksum_at;
    off_t directory_checksum_at;
};

static struct source sources[FILES];
static struct source_row rows[ROWS_MAX];
static size_t row_count;

static struct source *
begin_source(size_t at, enum roster_file file, const char *header)
{
    struct source *source = &sources[at];
    source->file = file;
    source->size = (size_t)snprintf(source->data, FILE_SIZE, "%s\r\n", header);
    source->header = source->size;
    return source;
}

static void add_row(struct source *source, const char *id, const char *agents, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));

/* The first cell is the id. @param agents NULL: the row has none */
static void
add_row(struct source *source, const char *id, const char *agents, const char *format, ...)
{
    va_list rest;
    struct source_row *row = &rows[row_count++];
    row->file = source->file;
    (void)snprintf(row->text, sizeof row->text, "%s", id);
    row->row.begin = source->size;
    source->size +=
        (size_t)snprintf(source->data + source->size, FILE_SIZE - source->size, "%s,,,", id);
    row->id = (struct span){row->row.begin, row->row.begin + strlen(id)};
    va_start(rest, format);
    source->size +=
        (size_t)vsnprintf(source->data + source->size, FILE_SIZE - source->size, format, rest);
    va_end(rest);
    if (agents != NULL) {
        row->agents.begin = source->size;
        source->size += (size_t)snprintf(source->data + source->size, FILE_SIZE - source->size,
                                         "\"%s\"", agents);
        row->agents.end = source->size;
        source->size +=
            (size_t)snprintf(source->data + source->size, FILE_SIZE - source->size, ",,");
    }
    source->size += (size_t)snprintf(source->data + source->size, FILE_SIZE - source->size, "\r\n");
    row->row.end = source->size;
    assert_true(source->size < FILE_SIZE - 256 && row_count < ROWS_MAX);
}

static void
write_users(struct source *users)
{
    char id[ID_SIZE];
    char agents[2 * ID_SIZE];
    for (int at = 0; at < 10; at++) {
        (void)snprintf(id, sizeof id, "t-%d", at);
        add_row(users, id, "", "true,o%d,teacher,,,Ada%d,\"L, Jr\",,,ada%d@example.org,,,", at % 5,
                at, at);
    }
    for (int at = 0; at < 50; at++) {
        (void)snprintf(id, sizeof id, "s1%02d", at);
        (void)snprintf(agents, sizeof agents, "g%d,g%d", at % 30, (at + 7) % 30);
        add_row(users, id, agents, "true,\"o%d,o%d\",student,,,\"Bo \"\"b%d\"\"\",Ross,,,,,,",
                at % 5, (at + 1) % 5, at);
    }
    for (int at = 0; at < 30; at++) {
        (void)snprintf(id, sizeof id, "g%d", at);
        (void)snprintf(agents, sizeof agents, "s1%02d", at);
        add_row(users, id, agents,
                "false,,parent,,,Cy%d,\", of Ross\",,,cy%d@example.org,415555%04d,%s,", at, at,
                1000 + at, at % 3 == 0 ? "\"\"" : "");
    }
}

static void
write_sources(void)
{
    struct source *manifest = begin_source(0, FILE_MANIFEST, "propertyName,value");
    manifest->size += (size_t)snprintf(
        manifest->data + manifest->size, FILE_SIZE - manifest->size, "%s",
        "manifest.version,1.0\r\noneroster.version,1.1\r\nfile.orgs,bulk\r\n"
        "file.academicSessions,bulk\r\nfile.courses,bulk\r\nfile.classes,bulk\r\n"
        "file.users,bulk\r\nfile.enrollments,bulk\r\nfile.demographics,absent\r\n");
    struct source *orgs = begin_source(
        1, FILE_ORGS, "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId");
    struct source *sessions = begin_source(2, FILE_SESSIONS,
                                           "sourcedId,status,dateLastModified,title,type,startDate,"
                                           "endDate,parentSourcedId,schoolYear");
    struct source *courses = begin_source(
        3, FILE_COURSES,
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,"
        "orgSourcedId,subjects,subjectCodes");
    struct source *classes = begin_source(
        4, FILE_CLASSES,
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,"
        "location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods");
    struct source *users = begin_source(
        5, FILE_USERS,
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"
        "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,"
        "password");
    struct source *enrollments = begin_source(
        6, FILE_ENROLLMENTS,
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,"
        "primary,beginDate,endDate");
    char id[ID_SIZE];
    for (int at = 0; at < 6; at++) {
        (void)snprintf(id, sizeof id, "o%d", at);
        add_row(orgs, id, NULL, at == 5 ? "The district,district,," : "School %d,school,,o5", at);
    }
    for (int at = 0; at < 4; at++) {
        (void)snprintf(id, sizeof id, "y%d", at);
        add_row(sessions, id, NULL, "Quarter %d,term,2026-08-01,2027-06-30,,2027", at);
    }
    for (int at = 0; at < 10; at++) {
        (void)snprintf(id, sizeof id, "k%d", at);
        add_row(courses, id, NULL, "y0,Maths %d,M%d,,o5,,", at, at);
    }
    for (int at = 0; at < 20; at++) {
        (void)snprintf(id, sizeof id, "c%d", at);
        add_row(classes, id, NULL, "Maths %d,,k%d,,scheduled,,o%d,\"y0,y1\",,,", at, at % 10,
                at % 5);
    }
    write_users(users);
    for (int at = 0; at < 70; at++) {
        (void)snprintf(id, sizeof id, "e-%d", at);
        add_row(enrollments, id, NULL, "c%d,o%d,s1%02d,student,,2026-08-20,2027-06-01", at % 20,
                at % 5, at % 50);
    }
}

/* --- the zip: stored, so that a byte can be changed where it lies ------------------------------
 */

static int zip_fd;
static uint32_t checksums[256];

static uint32_t
checksum(const char *data, size_t size)
{
    uint32_t sum = UINT32_MAX;
    for (size_t at = 0; at < size; at++) {
        sum = checksums[(sum ^ (unsigned char)data[at]) & 0xFF] ^ sum >> 8;
    }
    return ~sum;
}

static void
make_checksums(void)
{
    for (uint32_t at = 0; at < 256; at++) {
        uint32_t sum = at;
        for (int bit = 0; bit < 8; bit++) {
            sum = (sum & 1) != 0 ? 0xEDB88320u ^ sum >> 1 : sum >> 1;
        }
        checksums[at] = sum;
    }
}

static void
put(const void *bytes, size_t size)
{
    assert_int_equal(write(zip_fd, bytes, size), size);
}

static void
put2(unsigned value)
{
    put((unsigned char[]){(unsigned char)value, (unsigned char)(value >> 8)}, 2);
}

static void
put4(uint32_t value)
{
    put2(value & 0xFFFF);
    put2(value >> 16);
}

static off_t
here(void)
{
    return lseek(zip_fd, 0, SEEK_CUR);
}

/* What a file's own header and the directory say of it alike. Returns where the checksum stands. */
static off_t
put_entry(const struct source *source)
{
    const char *name = roster_file_name(source->file);
    put2(20);
    put2(0);
    put2(0);
    put4(0x5C210000); /* some moment of 2026 */
    off_t at = here();
    put4(checksum(source->data, source->size));
    put4((uint32_t)source->size);
    put4((uint32_t)source->size);
    put2((unsigned)strlen(name));
    put2(0);
    return at;
}

static void
write_zip(void)
{
    off_t headers[FILES];
    zip_fd = memfd_create("package", MFD_CLOEXEC);
    assert_true(zip_fd >= 0);
    for (size_t at = 0; at < FILES; at++) {
        struct source *source = &sources[at];
        const char *name = roster_file_name(source->file);
        headers[at] = here();
        put("PK\3\4", 4);
        source->checksum_at = put_entry(source);
        put(name, strlen(name));
        source->at = here();
        put(source->data, source->size);
    }
    off_t directory = here();
    for (size_t at = 0; at < FILES; at++) {
        const char *name = roster_file_name(sources[at].file);
        put("PK\1\2", 4);
        put2(20);
        sources[at].directory_checksum_at = put_entry(&sources[at]);
        put2(0);
        put2(0);
        put2(0);
        put4(0);
        put4((uint32_t)headers[at]);
        put(name, strlen(name));
    }
    off_t end = here();
    put("PK\5\6", 4);
    put4(0);
    put2(FILES);
    put2(FILES);
    put4((uint32_t)(end - directory));
    put4((uint32_t)directory);
    put2(0);
}

/* Writes the byte as it now is in the source, and the checksum. */
static void
patch(const struct source *source, size_t at)
{
    uint32_t sum = checksum(source->data, source->size);
    const unsigned char bytes[] = {(unsigned char)sum, (unsigned char)(sum >> 8),
                                   (unsigned char)(sum >> 16), (unsigned char)(sum >> 24)};
    assert_int_equal(pwrite(zip_fd, source->data + at, 1, source->at + (off_t)at), 1);
    assert_int_equal(pwrite(zip_fd, bytes, 4, source->checksum_at), 4);
    assert_int_equal(pwrite(zip_fd, bytes, 4, source->directory_checksum_at), 4);
}

/* --- what the reader makes of it ---------------------------------------------------------------
 */

struct seen {
    enum record_table table; /* of a bad row: the one it would have gone to */
    bool is_bad;
    bool has_id;
    char id[ID_SIZE];
    uint64_t sum; /* over all values */
};

struct output {
    struct reader_result result;
    struct seen seen[RECORDS_MAX];
    size_t count;
    uint64_t errors;
};

static struct output base;
static struct output output;

static uint64_t
add_to_sum(uint64_t sum, struct text text)
{
    sum = (sum ^ (text.data == NULL)) * 1099511628211u;
    for (size_t at = 0; at < text.size; at++) {
        sum = (sum ^ (unsigned char)text.data[at]) * 1099511628211u;
    }
    return sum;
}

static int
on_table(void *context, enum record_table table, struct error *reterr)
{
    (void)context;
    (void)table;
    (void)reterr;
    return 0;
}

static int
on_record(void *context, const struct record *record, struct error *reterr)
{
    (void)reterr;
    struct output *to = context;
    assert_true(to->count < RECORDS_MAX);
    struct seen *seen = &to->seen[to->count++];
    bool is_bad = record->table == TABLE_BAD;
    struct text id = record->values[is_bad ? 1 : 0];
    *seen = (struct seen){
        .table = record->table, .is_bad = is_bad, .has_id = id.data != NULL, .sum = 1469598103934u};
    for (int table = 0; is_bad && table < TABLE_COUNT; table++) {
        if (text_equals(record->values[0], text_of(record_table((enum record_table)table)->name))) {
            seen->table = (enum record_table)table;
        }
    }
    (void)snprintf(seen->id, sizeof seen->id, "%.*s", (int)id.size, id.data == NULL ? "" : id.data);
    for (size_t at = 0; at < record_table(record->table)->count; at++) {
        seen->sum = add_to_sum(seen->sum, record->values[at]);
    }
    return 0;
}

static void
read_package(struct output *to)
{
    const struct reader_options options = {.phone_region = "US"};
    const struct reader_sink sink = {
        .begin = on_table, .record = on_record, .end = on_table, .context = to};
    struct findings *findings = findings_new(false);
    struct bundle *bundle = NULL;
    to->count = 0;
    assert_int_equal(bundle_open(dup(zip_fd), &bundle, &to->result.error), 0);
    reader_run(bundle, &options, &sink, findings, &to->result);
    to->errors = findings_count(findings, FINDING_ERROR);
    bundle_close(bundle);
    findings_free(findings);
}

/* --- the judge ---------------------------------------------------------------------------------
 */

struct flip {
    const struct source *source;
    size_t at;
    unsigned char was;
};

static bool
is_within(const struct flip *flip, const struct source_row *row, struct span span)
{
    return flip->source->file == row->file && flip->at >= span.begin && flip->at < span.end;
}

static const struct source_row *
row_of(const struct seen *seen)
{
    for (size_t at = 0; at < row_count; at++) {
        bool fits = seen->table == TABLE_LINK ? rows[at].file == FILE_USERS
                                              : record_table_of(rows[at].file) == seen->table;
        if (fits && strcmp(rows[at].text, seen->id) == 0) {
            return &rows[at];
        }
    }
    fail_msg("no row %s", seen->id);
    return NULL;
}

/* Whether nothing of a kind may be removed, or this record in particular. */
static bool
is_kept(enum record_table table, const char *id)
{
    for (size_t at = 0; at < output.count; at++) {
        const struct seen *seen = &output.seen[at];
        if (seen->is_bad && seen->table == table && (!seen->has_id || strcmp(seen->id, id) == 0)) {
            return true;
        }
    }
    return false;
}

/* The record, with the same values if `exact`; NULL: it is not there. */
static const struct seen *
find(const struct seen *wanted, bool exact)
{
    for (size_t at = 0; at < output.count; at++) {
        const struct seen *seen = &output.seen[at];
        if (!seen->is_bad && seen->table == wanted->table && strcmp(seen->id, wanted->id) == 0 &&
            (!exact || seen->sum == wanted->sum)) {
            return seen;
        }
    }
    return NULL;
}

/* Why a record that was there may not be what it was; NULL: it may. */
static const char *
complaint(const struct flip *flip, const struct seen *was)
{
    const struct source_row *row = row_of(was);
    bool in_header = flip->source->file == row->file && flip->at < flip->source->header;
    bool in_id = is_within(flip, row, row->id);
    if (!output.result.files[row->file].present) {
        return NULL; /* a file that is not there removes nothing (SAFE-2) */
    }
    if (was->table == TABLE_LINK) {
        /* of a row that is not used nothing is taken, and nothing taken back */
        struct seen person = *was;
        person.table = TABLE_PERSON;
        return find(was, true) != NULL || find(&person, false) == NULL || in_header ||
                       is_within(flip, row, row->agents)
                   ? NULL
                   : "a relationship is lost";
    }
    if (find(was, false) == NULL) {
        return in_id || is_kept(was->table, was->id) ? NULL : "a record is lost";
    }
    return in_header || is_within(flip, row, row->row) || find(was, true) != NULL
               ? NULL
               : "another row says something else";
}

static void
judge(const struct flip *flip)
{
    const struct reader_result *result = &output.result;
    const struct reader_file *file = &result->files[flip->source->file];
    const char *what = NULL;
    const char *id = "";
    uint64_t bad = 0;
    if (result->verdict == READER_REJECTED) {
        assert_true(cause_owner(result->error.cause) == OWNER_DISTRICT && output.errors > 0);
        return;
    }
    if (result->verdict != READER_DONE) {
        what = "no verdict";
    }
    for (size_t at = 0; at < base.count && what == NULL; at++) {
        what = complaint(flip, &base.seen[at]);
        id = base.seen[at].id;
    }
    for (size_t at = 0; at < output.count; at++) {
        bad += output.seen[at].is_bad;
    }
    if (what == NULL && (bad != file->bad || output.errors < bad)) {
        what = "bad rows are not counted";
    }
    if (what != NULL) {
        fail_msg("%s, byte %zu, %02X to %02X: %s (%s)", roster_file_name(flip->source->file),
                 flip->at, flip->was, (unsigned char)flip->source->data[flip->at], what, id);
    }
}

/* --- the flips ---------------------------------------------------------------------------------
 */

/* Bytes that mean something to the zip's or the CSV's reader. */
static const unsigned char structural[] = {',', '"', '\n', '\r', 0, 0xFF};
static bool try_all;
static size_t flips;

static void
try_byte(struct source *source, size_t at, unsigned char byte)
{
    const struct flip flip = {source, at, (unsigned char)source->data[at]};
    if (byte == flip.was) {
        return;
    }
    source->data[at] = (char)byte;
    patch(source, at);
    read_package(&output);
    judge(&flip);
    source->data[at] = (char)flip.was;
    patch(source, at);
    flips++;
}

static void
try_place(struct source *source, size_t at)
{
    unsigned char was = (unsigned char)source->data[at];
    for (unsigned bit = 0; bit < 8; bit++) {
        if (try_all || bit == at % 8) {
            try_byte(source, at, (unsigned char)(was ^ 1u << bit));
        }
    }
    for (size_t kind = 0; kind < sizeof structural; kind++) {
        if (try_all || kind == at % sizeof structural) {
            try_byte(source, at, structural[kind]);
        }
    }
}

/* rule: SAFE-1 */
static void
test_one_bad_byte_anywhere(void **state)
{
    (void)state;
    for (size_t source = 0; source < FILES; source++) {
        for (size_t at = 0; at < sources[source].size; at++) {
            try_place(&sources[source], at);
        }
    }
    print_message("%zu flips\n", flips);
    assert_true(flips >= 20000);
}

static int
set_up(void **state)
{
    (void)state;
    make_checksums();
    write_sources();
    write_zip();
    read_package(&base);
    assert_int_equal(base.result.verdict, READER_DONE);
    assert_int_equal(base.errors, 0);
    assert_int_equal(row_count, 200);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    (void)close(zip_fd);
    return 0;
}

int
main(int argc, char **argv)
{
    try_all = argc == 2 && strcmp(argv[1], "all") == 0;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_bad_byte_anywhere)};
    return cmocka_run_group_tests_name("flips", tests, set_up, tear_down);
}
