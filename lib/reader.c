/*
 * reader_run
 *   read_manifest    which files are to be read, and how
 *   plan_files       listed and there? else a finding or a refusal
 *   read_headers     of each file, before the first row of any goes anywhere
 *   settle_roles     does roles.csv say the roles (1.2) or users.csv (1.1)
 *   read_file        pass by pass; enrollments.csv beside the others, if there is a helper
 */
#include "reader_private.h"

#include <stdlib.h>

#include "foreign.h"
#include "limit.h"
#include "shape.h"
#include "strict.h"

/* How many rows go by between two looks at the progress. */
#define PROGRESS_ROWS 2048

/* One reading of a file. */
enum pass {
    PASS_MAIN, /* its table; counts and findings are made here */
    PASS_BAD,  /* rows that cannot be used */
    PASS_GONE, /* of a delta: whose records are gone */
    PASS_LINK, /* who names whom; last, so that all the people are known */
    PASS_COUNT
};

/* The order of the schema: what is referred to comes first. */
static const enum roster_file read_order[] = {
    FILE_ORGS, FILE_SESSIONS, FILE_COURSES, FILE_CLASSES, FILE_ROLES, FILE_USERS, FILE_ENROLLMENTS};
#define READ_COUNT (sizeof read_order / sizeof read_order[0])

static void
stand_at(struct reader *reader, enum roster_file file, uint64_t line)
{
    reader->file = file;
    reader->line = line;
    reader->column = COLUMN_COUNT;
}

static int
start_file(struct reader *reader, enum roster_file file, struct error *reterr)
{
    stand_at(reader, file, 0);
    if (bundle_start(reader->bundle, file, reterr) != 0) {
        return -1;
    }
    csv_reader_start(reader->csv, bundle_read, reader->bundle);
    if (reader->options->windows_1252) {
        csv_reader_take_windows_1252(reader->csv);
    }
    return 0;
}

/* The next row; keeps in mind where it stands. */
static int
next_row(struct reader *reader, struct csv_row *ret_row, struct error *reterr)
{
    int got = csv_reader_next(reader->csv, ret_row, reterr);
    if (got == 1) {
        reader->line = ret_row->line;
    } else if (got < 0) {
        struct csv_place place = csv_reader_place(reader->csv);
        reader->line = place.fault == CSV_FAULT_SOURCE ? 0 : place.line;
    }
    return got;
}

/* A package without a manifest, as 1.0 has it: what is there is complete. */
static void
assume_manifest(struct reader *reader)
{
    findings_add(reader->findings, FINDING_CODE_MANIFEST_MISSING, FILE_MANIFEST, 0, COLUMN_COUNT,
                 TEXT_NONE);
    reader->manifest.version =
        bundle_has(reader->bundle, FILE_ROLES) ? ONEROSTER_1_2 : ONEROSTER_1_1;
    for (int file = FILE_MANIFEST + 1; file < FILE_COUNT; file++) {
        if (bundle_has(reader->bundle, (enum roster_file)file)) {
            reader->manifest.modes[file] = MODE_BULK;
        }
    }
}

static int
read_manifest(struct reader *reader, struct error *reterr)
{
    stand_at(reader, FILE_MANIFEST, 0);
    reader->result->files[FILE_MANIFEST].in_package = bundle_has(reader->bundle, FILE_MANIFEST);
    if (!bundle_has(reader->bundle, FILE_MANIFEST)) {
        assume_manifest(reader);
        return 0;
    }
    struct csv_place place = {.line = 0};
    if (start_file(reader, FILE_MANIFEST, reterr) != 0) {
        return -1;
    }
    if (manifest_read(reader->csv, reader->findings, &reader->manifest, &place, reterr) != 0) {
        reader->line = place.fault == CSV_FAULT_SOURCE ? 0 : place.line;
        return -1;
    }
    return 0;
}

/* Every file of the version has its row in the manifest. */
static void
check_manifest(struct reader *reader)
{
    const struct manifest *manifest = &reader->manifest;
    if (!manifest->has_own_version) {
        findings_add(reader->findings, FINDING_CODE_MANIFEST_OWN_VERSION, FILE_MANIFEST, 0,
                     COLUMN_COUNT, TEXT_NONE);
    }
    for (int at = FILE_MANIFEST + 1; at < FILE_COUNT; at++) {
        enum roster_file file = (enum roster_file)at;
        bool wanted = manifest->version == ONEROSTER_1_2 || !roster_file_is_new(file);
        if (wanted && manifest->modes[file] == MODE_UNLISTED) {
            findings_add(reader->findings, FINDING_CODE_MANIFEST_ROW, FILE_MANIFEST, 0,
                         COLUMN_COUNT, text_of(roster_file_name(file)));
        }
    }
}

/* Compares what the manifest says of a file with what the zip has. */
static int
plan_file(struct reader *reader, enum roster_file file, struct error *reterr)
{
    enum manifest_mode mode = reader->manifest.modes[file];
    bool has = bundle_has(reader->bundle, file);
    bool read = roster_file_is_read(file) || file == FILE_ROLES;
    stand_at(reader, file, 0);
    reader->result->files[file].in_package = has;
    reader->result->files[file].mode = mode;
    if (has && (mode == MODE_UNLISTED || mode == MODE_ABSENT)) {
        findings_add(reader->findings, FINDING_CODE_FILE_UNLISTED, file, 0, COLUMN_COUNT,
                     TEXT_NONE);
    }
    if (!read) {
        if (!has && (mode == MODE_BULK || mode == MODE_DELTA)) {
            findings_add(reader->findings, FINDING_CODE_FILE_MISSING, file, 0, COLUMN_COUNT,
                         TEXT_NONE);
        }
        return 0;
    }
    bool listed = mode == MODE_BULK || mode == MODE_DELTA;
    if (listed && !has) {
        return error_set(reterr, CAUSE_ROSTER_MANIFEST,
                         "the manifest lists %s as %s, but it is not in the zip",
                         roster_file_name(file), mode == MODE_BULK ? "bulk" : "delta");
    }
    reader->result->files[file].present = listed;
    return 0;
}

static int
plan_files(struct reader *reader, struct error *reterr)
{
    bool any = false;
    if (reader->options->strict && bundle_has(reader->bundle, FILE_MANIFEST)) {
        check_manifest(reader);
    }
    for (int file = FILE_MANIFEST + 1; file < FILE_COUNT; file++) {
        if (plan_file(reader, (enum roster_file)file, reterr) != 0) {
            return -1;
        }
        any |= reader->result->files[file].present;
    }
    if (bundle_has_folder(reader->bundle)) {
        findings_add(reader->findings, FINDING_CODE_ZIP_FOLDER, FILE_COUNT, 0, COLUMN_COUNT,
                     TEXT_NONE);
    }
    if (bundle_unknown_count(reader->bundle) > 0) {
        findings_add(reader->findings, FINDING_CODE_ENTRY_UNKNOWN, FILE_COUNT, 0, COLUMN_COUNT,
                     TEXT_NONE);
    }
    stand_at(reader, FILE_COUNT, 0);
    return any ? 0
               : error_set(reterr, CAUSE_ROSTER_EMPTY,
                           "the manifest lists no file that rosterd reads as bulk or delta");
}

/* Reads a header that must be there. @param note whether strict reading says what it finds */
static int
read_header(struct reader *reader, enum roster_file file, bool note, struct error *reterr)
{
    struct csv_row row;
    struct roster_header_fault fault = {COLUMN_COUNT};
    if (start_file(reader, file, reterr) != 0) {
        return -1;
    }
    int got = next_row(reader, &row, reterr);
    if (got < 0) {
        return -1;
    }
    reader->line = 1;
    if (got == 0) {
        return error_set(reterr, CAUSE_ROSTER_HEADER, "%s is empty", roster_file_name(file));
    }
    if (foreign_is_page(row.cells[0])) {
        return error_set(reterr, CAUSE_ROSTER_CSV, "%s is a web page, not a CSV file",
                         roster_file_name(file));
    }
    if ((row.flags & (CSV_NOT_UTF8 | CSV_HAS_NUL)) != 0) {
        return error_set(reterr, CAUSE_ROSTER_ENCODING, "the header of %s is not UTF-8",
                         roster_file_name(file));
    }
    if (roster_header_resolve(file, row.cells, row.count, &reader->headers[file], &fault, reterr) !=
        0) {
        reader->column = fault.column;
        return -1;
    }
    if (note && reader->options->strict) {
        strict_header(file, reader->manifest.version, &row, reader->findings);
    }
    return 0;
}

/*
 * How wide the rows of a file are, when its first two agree that it is not as its header: exporters
 * add a comma to each row, or leave the blank cells at the end out. A fault shows when the rows are
 * read.
 */
static void
find_width(struct reader *reader, enum roster_file file)
{
    const struct roster_header *header = &reader->headers[file];
    struct csv_row row;
    struct error error;
    size_t width = 0;
    for (int seen = 0; seen < 2; seen++) {
        if (csv_reader_next(reader->csv, &row, &error) != 1 || (seen == 1 && row.count != width) ||
            row.count == header->count || !shape_may_be_width(header, &row)) {
            return;
        }
        width = row.count;
    }
    reader->widths[file] = width;
}

/* What was overlooked so that the file could be read. */
static void
note_leniencies(struct reader *reader, enum roster_file file)
{
    const struct roster_header *header = &reader->headers[file];
    struct findings *findings = reader->findings;
    if (bundle_is_renamed(reader->bundle, file)) {
        findings_add(findings, FINDING_CODE_FILE_NAME_CASE, file, 0, COLUMN_COUNT, TEXT_NONE);
    }
    if (csv_reader_is_utf16(reader->csv)) {
        findings_add(findings, FINDING_CODE_FILE_UTF16, file, 0, COLUMN_COUNT, TEXT_NONE);
    }
    if (csv_reader_is_windows_1252(reader->csv)) {
        findings_add(findings, FINDING_CODE_FILE_WINDOWS_1252, file, 0, COLUMN_COUNT, TEXT_NONE);
    }
    if (header->has_blanks) {
        findings_add(findings, FINDING_CODE_HEADER_BLANK, file, 1, COLUMN_COUNT, TEXT_NONE);
    }
    if (header->has_extras) {
        findings_add(findings, FINDING_CODE_HEADER_EXTRA, file, 1, COLUMN_COUNT, TEXT_NONE);
    }
    for (int column = 0; column < COLUMN_COUNT; column++) {
        if (header->is_near[column]) {
            findings_add(findings, FINDING_CODE_HEADER_NEAR, file, 1, (enum roster_column)column,
                         TEXT_NONE);
        }
        if (header->cells[column] >= 0 && header->namings[column] != NAMING_EXACT) {
            findings_add(findings,
                         header->namings[column] == NAMING_CASE ? FINDING_CODE_HEADER_CASE
                                                                : FINDING_CODE_HEADER_ALIAS,
                         file, 1, (enum roster_column)column, TEXT_NONE);
        }
    }
}

static int
read_headers(struct reader *reader, struct error *reterr)
{
    for (size_t at = 0; at < READ_COUNT; at++) {
        if (reader->result->files[read_order[at]].present) {
            if (read_header(reader, read_order[at], true, reterr) != 0) {
                return -1;
            }
            note_leniencies(reader, read_order[at]);
            find_width(reader, read_order[at]);
        }
    }
    return 0;
}

/*
 * Who says the roles: roles.csv in 1.2, or when users.csv does not; else users.csv itself. Only two
 * complete files can be put together here; what a delta leaves out the database knows.
 */
static int
settle_roles(struct reader *reader, struct error *reterr)
{
    struct reader_file *files = reader->result->files;
    const struct reader_file *users = &files[FILE_USERS];
    struct reader_file *roles = &files[FILE_ROLES];
    bool is_new = reader->manifest.version == ONEROSTER_1_2;
    bool has_column = users->present && reader->headers[FILE_USERS].cells[USERS_ROLE] >= 0;
    if (roles->present && (is_new || (users->present && !has_column))) {
        bool whole = roles->mode == MODE_BULK && users->present && users->mode == MODE_BULK;
        reader->roles_are = whole ? ROLES_IN_SET : ROLES_LATER;
        reader->roles = whole ? role_set_new() : NULL;
        return whole && reader->roles == NULL
                   ? error_set(reterr, CAUSE_MEMORY, "beginning the roles")
                   : 0;
    }
    if (roles->present) {
        roles->present = false;
        findings_add(reader->findings, FINDING_CODE_ROLES_UNUSED, FILE_ROLES, 0, COLUMN_COUNT,
                     TEXT_NONE);
    }
    if (users->present && !has_column) {
        if (is_new && users->mode == MODE_DELTA) {
            reader->roles_are = ROLES_LATER;
            return 0;
        }
        stand_at(reader, FILE_USERS, 1);
        reader->column = USERS_ROLE;
        return error_set(reterr, CAUSE_ROSTER_HEADER,
                         "users.csv has no column role, and roles.csv is not there instead");
    }
    return 0;
}

static int
give(struct reader *reader, const struct record *record, struct error *reterr)
{
    reader->result->rows[record->table]++;
    return reader->sink->record(reader->sink->context, record, reterr);
}

static int
give_links(struct reader *reader, struct error *reterr)
{
    size_t count = row_link_count(reader->checker);
    for (size_t at = 0; at < count; at++) {
        struct record record;
        row_link(reader->checker, at, &record);
        if (give(reader, &record, reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

static void
count_row(struct reader *reader, enum row_verdict verdict, const struct record *record)
{
    struct reader_file *file = &reader->result->files[reader->file];
    file->rows += verdict != ROW_BLANK;
    file->used += verdict == ROW_USED;
    file->gone += verdict == ROW_GONE;
    file->bad += verdict == ROW_BAD;
    file->unreadable += verdict == ROW_BAD && record->values[1].data == NULL;
    file->links += row_link_count(reader->checker);
}

static int
take_row(struct reader *reader, enum pass pass, const struct csv_row *row, struct error *reterr)
{
    struct record record;
    if (pass == PASS_MAIN && reader->options->strict) {
        strict_row(&reader->headers[reader->file], reader->headers[reader->file].whole_count,
                   reader->manifest.version, reader->result->files[reader->file].mode == MODE_DELTA,
                   row, reader->findings);
    }
    enum row_verdict verdict = row_check(reader->checker, row, &record);
    if (verdict == ROW_FAILED) {
        return error_set(reterr, CAUSE_MEMORY, "checking a row");
    }
    switch (pass) {
    case PASS_MAIN:
        count_row(reader, verdict, &record);
        if (verdict == ROW_USED && reader->file == FILE_ROLES && reader->roles != NULL &&
            role_set_add(reader->roles, record.values[1], record.values[2], record.values[3],
                         reterr) != 0) {
            return -1;
        }
        if (verdict == ROW_BAD && reader->sink->takes_bad_at_once) {
            return give(reader, &record, reterr);
        }
        if (verdict != ROW_USED || give(reader, &record, reterr) != 0) {
            return verdict != ROW_USED ? 0 : -1;
        }
        return reader->sink->takes_links_at_once ? give_links(reader, reterr) : 0;
    case PASS_LINK:
        return give_links(reader, reterr);
    case PASS_BAD:
        return verdict == ROW_BAD ? give(reader, &record, reterr) : 0;
    case PASS_GONE:
        return verdict == ROW_GONE ? give(reader, &record, reterr) : 0;
    default:
        return 0;
    }
}

static int
tell_progress(struct reader *reader, uint64_t rows, struct error *reterr)
{
    if (reader->sink->progress == NULL) {
        return 0;
    }
    struct reader_progress progress = {.file = reader->file,
                                       .rows = rows,
                                       .bytes = bundle_read_bytes(reader->bundle),
                                       .bytes_total = bundle_size(reader->bundle, reader->file)};
    return reader->sink->progress(reader->sink->context, &progress, reterr);
}

static int
take_rows(struct reader *reader, enum pass pass, struct error *reterr)
{
    struct csv_row row;
    int got = 0;
    for (uint64_t rows = 1; (got = next_row(reader, &row, reterr)) == 1; rows++) {
        if (rows > LIMIT_ROWS) {
            return error_set(reterr, CAUSE_ROSTER_LIMIT, "%s has more than %d rows",
                             roster_file_name(reader->file), LIMIT_ROWS);
        }
        if (take_row(reader, pass, &row, reterr) != 0) {
            return -1;
        }
        if (rows % PROGRESS_ROWS == 0 && tell_progress(reader, rows, reterr) != 0) {
            return -1;
        }
    }
    return got;
}

static int
read_pass(struct reader *reader, enum roster_file file, enum pass pass, struct error *reterr)
{
    const enum record_table tables[PASS_COUNT] = {record_table_of(file), TABLE_BAD, TABLE_GONE,
                                                  TABLE_LINK};
    const struct row_options options = {.phone_region = reader->options->phone_region,
                                        .roles_are = reader->roles_are,
                                        .roles = reader->roles,
                                        .width = reader->widths[file],
                                        .preferred_names = reader->options->preferred_names,
                                        .is_delta = reader->result->files[file].mode == MODE_DELTA,
                                        .verdict_only = pass != PASS_MAIN};
    const struct reader_sink *sink = reader->sink;
    if (read_header(reader, file, false, reterr) != 0) {
        return -1;
    }
    row_checker_start(reader->checker, &reader->headers[file], &options,
                      pass == PASS_MAIN ? reader->findings : NULL);
    if (sink->begin(sink->context, tables[pass], reterr) != 0 ||
        take_rows(reader, pass, reterr) != 0) {
        return -1;
    }
    return sink->end(sink->context, tables[pass], reterr);
}

int
reader_read_file(struct reader *reader, enum roster_file file, struct error *reterr)
{
    const struct reader_file *counts = &reader->result->files[file];
    if (read_pass(reader, file, PASS_MAIN, reterr) != 0) {
        return -1;
    }
    if (csv_reader_seems_utf8(reader->csv)) {
        findings_add(reader->findings, FINDING_CODE_FILE_SEEMS_UTF8, file, 0, COLUMN_COUNT,
                     TEXT_NONE);
    }
    if (reader->options->strict && counts->rows == 0) {
        findings_add(reader->findings, FINDING_CODE_FILE_NO_ROWS, file, 0, COLUMN_COUNT, TEXT_NONE);
    }
    if (counts->bad > 0 && !reader->sink->takes_bad_at_once &&
        read_pass(reader, file, PASS_BAD, reterr) != 0) {
        return -1;
    }
    if (counts->mode == MODE_DELTA && counts->gone > 0 &&
        read_pass(reader, file, PASS_GONE, reterr) != 0) {
        return -1;
    }
    return counts->links > 0 && !reader->sink->takes_links_at_once
               ? read_pass(reader, file, PASS_LINK, reterr)
               : 0;
}

static int
read_package(struct reader *reader, struct error *reterr)
{
    const struct reader_file *files = reader->result->files;
    if (read_manifest(reader, reterr) != 0 || plan_files(reader, reterr) != 0 ||
        read_headers(reader, reterr) != 0 || settle_roles(reader, reterr) != 0) {
        return -1;
    }
    reader->result->version = reader->manifest.version;
    for (size_t at = 0; at < READ_COUNT; at++) {
        enum roster_file file = read_order[at];
        if (file == FILE_USERS) {
            reader_begin_beside(reader);
        }
        bool is_beside = file == FILE_ENROLLMENTS && reader->beside != NULL;
        if (files[file].present && (is_beside ? reader_end_beside(reader, reterr)
                                              : reader_read_file(reader, file, reterr)) != 0) {
            return -1;
        }
    }
    return 0;
}

/* A cause that the district has to mend is a verdict on the package; any other is a failure. */
static void
refuse(const struct error *error, struct findings *findings, enum roster_file file, uint64_t line,
       enum roster_column column, struct reader_result *result)
{
    result->error = *error;
    result->verdict = READER_FAILED;
    result->refused = file;
    if (cause_owner(error->cause) == OWNER_DISTRICT) {
        result->verdict = READER_REJECTED;
        findings_refuse(findings, error, file, line, column);
    }
}

void
reader_refuse(const struct error *error, struct findings *findings,
              struct reader_result *ret_result)
{
    const struct error copy = *error; /* it may be the result's own */
    *ret_result = (struct reader_result){.verdict = READER_REJECTED};
    refuse(&copy, findings, FILE_COUNT, 0, COLUMN_COUNT, ret_result);
}

void
reader_run(struct bundle *bundle, const struct reader_options *options,
           const struct reader_sink *sink, struct findings *findings,
           struct reader_result *ret_result)
{
    struct error error = {.cause = CAUSE_NONE};
    *ret_result = (struct reader_result){.verdict = READER_DONE};
    struct reader reader = {.bundle = bundle,
                            .options = options,
                            .sink = sink,
                            .findings = findings,
                            .result = ret_result,
                            .csv = csv_reader_new(),
                            .checker = row_checker_new(),
                            .file = FILE_COUNT,
                            .column = COLUMN_COUNT};
    if (reader.csv == NULL || reader.checker == NULL) {
        (void)error_set(&error, CAUSE_MEMORY, "beginning to read");
    } else {
        (void)read_package(&reader, &error);
    }
    if (error.cause != CAUSE_NONE) {
        refuse(&error, findings, reader.file, reader.line, reader.column, ret_result);
    }
    reader_forget_beside(&reader);
    role_set_free(reader.roles);
    row_checker_free(reader.checker);
    csv_reader_free(reader.csv);
}
