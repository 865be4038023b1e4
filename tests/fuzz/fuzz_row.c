/*
 * Any bytes as one of the six files, or roles.csv (the first byte says which, its highest bit that
 * it is a delta): what is handed on can go to PostgreSQL, and a second look without normalising
 * comes to the same verdicts.
 */
#include "fuzz.h"

#include "csv.h"
#include "limit.h"
#include "row.h"
#include "strict.h"

static struct csv_reader *reader;
static struct row_checker *checker;
static struct role_set *roles;
static struct scratch scratch;

static const struct text no_text = {NULL, 0};

/* Text columns take UTF-8 without NUL; separators belong to lists only. */
static void
check_record(const struct record *record)
{
    size_t count = record_table(record->table)->count;
    PROMISE(record->line >= 1);
    for (size_t at = 0; at < RECORD_VALUES_MAX; at++) {
        struct text value = record->values[at];
        PROMISE(at < count || value.data == no_text.data);
        if (value.data != NULL) {
            PROMISE((text_scan(value.data, value.size) & (TEXT_NOT_UTF8 | TEXT_HAS_NUL)) == 0);
        }
    }
    PROMISE(record->table == TABLE_ROLE || record->values[0].data != NULL);
    PROMISE(record->table != TABLE_GONE || record->values[1].data != NULL);
}

/* What goes into the set comes out of it again. */
static void
check_role(const struct record *record)
{
    struct text joined;
    struct error error;
    if (role_set_add(roles, record->values[1], record->values[2], record->values[3], &error) == 0) {
        scratch_reset(&scratch);
        PROMISE(role_set_join(roles, record->values[1], &scratch, &joined) == 0);
        PROMISE(joined.size > record->values[3].size);
    } else {
        PROMISE(error.cause == CAUSE_ROSTER_LIMIT);
    }
}

/* Goes through the file. Returns a sum over the verdicts, ids and links. */
static uint64_t
look(enum roster_file file, bool is_delta, const uint8_t *data, size_t size, bool verdict_only)
{
    const struct row_options options = {
        .phone_region = "US", .is_delta = is_delta, .verdict_only = verdict_only};
    struct fuzz_source source = {data, size, SIZE_MAX};
    struct findings *findings = verdict_only ? NULL : findings_new(false);
    struct roster_header header;
    struct roster_header_fault fault;
    struct csv_row row;
    struct error error;
    uint64_t sum = 0;
    role_set_free(roles);
    roles = role_set_new();
    csv_reader_start(reader, fuzz_give, &source);
    if (csv_reader_next(reader, &row, &error) == 1 &&
        roster_header_resolve(file, row.cells, row.count, &header, &fault, &error) == 0) {
        size_t header_count = row.count;
        strict_header(file, ONEROSTER_1_2, &row, findings);
        row_checker_start(checker, &header, &options, findings);
        while (csv_reader_next(reader, &row, &error) == 1) {
            struct record record;
            strict_row(&header, header_count, ONEROSTER_1_1, is_delta, &row, findings);
            enum row_verdict verdict = row_check(checker, &row, &record);
            PROMISE(verdict != ROW_FAILED);
            if (verdict != ROW_BLANK) {
                check_record(&record);
            }
            if (verdict == ROW_USED && file == FILE_ROLES) {
                check_role(&record);
            }
            size_t links = row_link_count(checker);
            for (size_t at = 0; at < links; at++) {
                row_link(checker, at, &record);
                check_record(&record);
            }
            sum = sum * 1099511628211u + (uint64_t)verdict + 16 * links;
        }
    }
    findings_free(findings);
    return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum roster_file files[] = {FILE_ORGS,    FILE_SESSIONS, FILE_COURSES,
                                             FILE_CLASSES, FILE_USERS,    FILE_ENROLLMENTS};
    if (reader == NULL) {
        reader = csv_reader_new();
        checker = row_checker_new();
        PROMISE(scratch_init(&scratch, 1 << 20) == 0);
    }
    if (size > 0) {
        bool is_delta = (data[0] & 0x80) != 0;
        unsigned which = data[0] & 0x7F;
        enum roster_file file =
            which == 'r' ? FILE_ROLES : files[which % (sizeof files / sizeof files[0])];
        uint64_t whole = look(file, is_delta, data + 1, size - 1, /* verdict_only= */ false);
        PROMISE(look(file, is_delta, data + 1, size - 1, /* verdict_only= */ true) == whole);
    }
    return 0;
}
