#include "slot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copy_binary.h"
#include "event.h"
#include "phone.h"

struct slot {
    struct database *database;
    const struct job *job;
    struct copy_binary *copy;
    uint64_t rows[TABLE_COUNT];
    uint64_t finding_rows;
    struct error *error; /* where a findings visit reports */
};

static int
run(struct slot *slot, const char *statement, struct error *reterr)
{
    return database_run(slot->database, statement, 0, NULL, reterr);
}

static int
take_reading(const char *text, struct slot_reading *ret_reading, struct error *reterr)
{
    json_t *root = json_loads(text, 0, NULL);
    const char *region = NULL;
    const char *digest = json_string_value(json_object_get(root, "digest"));
    int preferred = 0;
    int windows = 0;
    int strict = 0;
    int failed =
        json_unpack(root, "{s:s, s:b, s:b, s:b}", "phone_region", &region, "preferred_names",
                    &preferred, "windows_1252", &windows, "strict", &strict) != 0
            ? error_set(reterr, CAUSE_DB_SCHEMA, "stage.open said something unknown")
            : 0;
    if (failed == 0 && !phone_region_is_known(region)) {
        failed = error_set(reterr, CAUSE_CONFIG_INVALID,
                           "phone_region is not a region with telephone numbers of its own");
    }
    if (failed == 0) {
        ret_reading->preferred_names = preferred;
        ret_reading->windows_1252 = windows;
        ret_reading->strict = strict;
        (void)snprintf(ret_reading->phone_region, sizeof ret_reading->phone_region, "%s", region);
        (void)snprintf(ret_reading->digest, sizeof ret_reading->digest, "%s",
                       digest == NULL ? "" : digest);
        ret_reading->unsettled = json_incref(json_object_get(root, "unsettled"));
    }
    json_decref(root);
    return failed;
}

int
slot_open(struct database *database, const struct job *job, struct slot **ret_slot,
          struct slot_reading *ret_reading, struct error *reterr)
{
    char *reading = NULL;
    struct slot *slot = calloc(1, sizeof *slot);
    *ret_slot = NULL;
    *ret_reading = (struct slot_reading){.unsettled = NULL};
    if (slot == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "opening the slot");
    }
    slot->database = database;
    slot->job = job;
    slot->copy = copy_binary_new(database_copy_put, database);
    if (slot->copy == NULL) {
        slot_free(slot);
        return error_set(reterr, CAUSE_MEMORY, "opening the slot");
    }
    char run_text[24];
    char epoch_text[24];
    (void)snprintf(run_text, sizeof run_text, "%" PRId64, job->run);
    (void)snprintf(epoch_text, sizeof epoch_text, "%" PRId64, job->epoch);
    const char *const values[] = {run_text, epoch_text};
    if (run(slot, "BEGIN", reterr) != 0 ||
        database_ask(database, "SELECT stage.open($1, $2)", 2, values, &reading, reterr) != 0 ||
        take_reading(reading, ret_reading, reterr) != 0 ||
        run(slot, "SAVEPOINT rows", reterr) != 0) {
        free(reading);
        slot_free(slot);
        return -1;
    }
    free(reading);
    *ret_slot = slot;
    return 0;
}

void
slot_reading_deinit(struct slot_reading *reading)
{
    json_decref(reading->unsettled);
    *reading = (struct slot_reading){.unsettled = NULL};
}

void
slot_free(struct slot *slot)
{
    if (slot != NULL) {
        copy_binary_free(slot->copy);
        free(slot);
    }
}

static int
begin_copy(struct slot *slot, const char *table, const char *columns, struct error *reterr)
{
    char statement[256];
    (void)snprintf(statement, sizeof statement,
                   "COPY stage.%s_%d (line, %s) FROM STDIN (FORMAT binary)", table, slot->job->slot,
                   columns);
    copy_binary_start(slot->copy);
    return database_copy_begin(slot->database, statement, reterr);
}

static int
end_copy(struct slot *slot, struct error *reterr)
{
    if (copy_binary_finish(slot->copy, reterr) != 0) {
        return -1;
    }
    return database_copy_end(slot->database, reterr);
}

static int
on_begin(void *context, enum record_table table, struct error *reterr)
{
    return begin_copy(context, record_table(table)->name, record_table(table)->columns, reterr);
}

static int
on_record(void *context, const struct record *record, struct error *reterr)
{
    struct slot *slot = context;
    size_t count = record_table(record->table)->count;
    if (copy_binary_row(slot->copy, 1 + (int)count, reterr) != 0) {
        return -1;
    }
    copy_binary_int8(slot->copy, record->line);
    for (size_t at = 0; at < count; at++) {
        copy_binary_text(slot->copy, record->values[at]);
    }
    slot->rows[record->table]++;
    return 0;
}

static int
on_end(void *context, enum record_table table, struct error *reterr)
{
    (void)table;
    return end_copy(context, reterr);
}

static int
on_progress(void *context, const struct reader_progress *progress, struct error *reterr)
{
    (void)context;
    return event_progress(progress, reterr);
}

struct reader_sink
slot_sink(struct slot *slot)
{
    return (struct reader_sink){.begin = on_begin,
                                .record = on_record,
                                .end = on_end,
                                .progress = on_progress,
                                .context = slot};
}

static int
copy_finding(void *context, const struct finding *finding)
{
    struct slot *slot = context;
    struct copy_binary *copy = slot->copy;
    if (copy_binary_row(copy, 8, slot->error) != 0) {
        return -1;
    }
    if (finding->line == 0) {
        copy_binary_text(copy, TEXT_NONE); /* NULL has no type */
    } else {
        copy_binary_int8(copy, (int64_t)finding->line);
    }
    copy_binary_text(copy, text_of(finding_severity_word(finding->severity)));
    copy_binary_text(copy, text_of(finding->code));
    copy_binary_text(copy, finding->file == FILE_COUNT ? TEXT_NONE
                                                       : text_of(roster_file_name(finding->file)));
    copy_binary_text(copy, finding->column == COLUMN_COUNT
                               ? TEXT_NONE
                               : text_of(roster_column(finding->column)->name));
    copy_binary_text(copy, finding->sourced_id);
    copy_binary_text(copy, text_of(finding->message));
    copy_binary_int8(copy, (int64_t)finding->count);
    slot->finding_rows++;
    return 0;
}

static int
copy_findings(struct slot *slot, const struct findings *findings, struct error *reterr)
{
    slot->error = reterr;
    if (begin_copy(slot, "finding", "severity, code, file, column_name, sourced_id, message, count",
                   reterr) != 0 ||
        findings_each(findings, copy_finding, slot) != 0) {
        return -1;
    }
    return end_copy(slot, reterr);
}

int
slot_take_back(struct slot *slot, struct error *reterr)
{
    database_copy_abort(slot->database);
    memset(slot->rows, 0, sizeof slot->rows);
    return run(slot, "ROLLBACK TO SAVEPOINT rows", reterr);
}

const uint64_t *
slot_rows(const struct slot *slot)
{
    return slot->rows;
}

static int
write_header(struct slot *slot, const struct reader_result *result,
             const struct slot_sending *sending, struct error *reterr)
{
    bool rejected = result->verdict == READER_REJECTED;
    char run_text[24];
    char epoch_text[24];
    (void)snprintf(run_text, sizeof run_text, "%" PRId64, slot->job->run);
    (void)snprintf(epoch_text, sizeof epoch_text, "%" PRId64, slot->job->epoch);
    json_t *files_json = rejected ? NULL : event_files(result, sending->is_short);
    json_t *rows_json = event_rows(slot->rows, slot->finding_rows);
    char *files = files_json == NULL ? NULL : json_dumps(files_json, JSON_COMPACT);
    char *rows = json_dumps(rows_json, JSON_COMPACT);
    int failed = 0;
    if (rows == NULL || (files == NULL && !rejected)) {
        failed = error_set(reterr, CAUSE_MEMORY, "writing the slot's header");
    } else {
        const char *digest = rejected || sending->digest[0] == '\0' ? NULL : sending->digest;
        const char *const values[] = {run_text, epoch_text, slot->job->sha256, files, rows, digest};
        failed = database_run(slot->database,
                              "SELECT stage.close($1, $2, $3, $4::jsonb, $5::jsonb, $6::uuid)", 6,
                              values, reterr);
    }
    json_decref(files_json);
    json_decref(rows_json);
    free(files);
    free(rows);
    return failed;
}

int
slot_close(struct slot *slot, const struct reader_result *result,
           const struct slot_sending *sending, const struct findings *findings,
           uint64_t *ret_finding_rows, struct error *reterr)
{
    slot->finding_rows = 0;
    if ((result->verdict == READER_REJECTED && slot_take_back(slot, reterr) != 0) ||
        copy_findings(slot, findings, reterr) != 0 ||
        write_header(slot, result, sending, reterr) != 0 || run(slot, "COMMIT", reterr) != 0) {
        return -1;
    }
    *ret_finding_rows = slot->finding_rows;
    return 0;
}
