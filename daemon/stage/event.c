#include "event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Between two progress lines. */
#define PROGRESS_EVERY_MS 250

static int
write_all(const char *data, size_t size, struct error *reterr)
{
    while (size > 0) {
        ssize_t done = write(STDOUT_FILENO, data, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return error_set_errno(reterr, CAUSE_DAEMON_STOPPED, errno, "telling the daemon");
        }
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

/* Writes an event as one line and gives the reference back. */
static int
tell(json_t *event, struct error *reterr)
{
    char *line = event == NULL ? NULL : json_dumps(event, JSON_COMPACT);
    json_decref(event);
    if (line == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "writing an event");
    }
    size_t size = strlen(line);
    line[size] = '\n'; /* in place of the NUL: one write, one line */
    int result = write_all(line, size + 1, reterr);
    free(line);
    return result;
}

int
event_progress(const struct reader_progress *progress, struct error *reterr)
{
    static int64_t last_ms = 0;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (last_ms != 0 && now_ms - last_ms < PROGRESS_EVERY_MS) {
        return 0;
    }
    last_ms = now_ms;
    return tell(json_pack("{s:s, s:s, s:I, s:I, s:I}", "event", "progress", "file",
                          roster_file_name(progress->file), "rows", (json_int_t)progress->rows,
                          "bytes", (json_int_t)progress->bytes, "bytes_total",
                          (json_int_t)progress->bytes_total),
                reterr);
}

json_t *
event_rows(const uint64_t *rows, uint64_t finding_rows)
{
    json_t *counts = json_object();
    for (int table = 0; table < TABLE_COUNT; table++) {
        (void)json_object_set_new(counts, record_table((enum record_table)table)->name,
                                  json_integer((json_int_t)rows[table]));
    }
    (void)json_object_set_new(counts, "finding", json_integer((json_int_t)finding_rows));
    return counts;
}

json_t *
event_files(const struct reader_result *result, bool is_short)
{
    json_t *files = json_object();
    for (int at = 0; at < FILE_COUNT; at++) {
        const struct reader_file *file = &result->files[at];
        if (!roster_file_is_read((enum roster_file)at) && at != FILE_ROLES) {
            continue;
        }
        (void)json_object_set_new(
            files, roster_file_name((enum roster_file)at),
            json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:I}", "present", file->present, "mode",
                      file->mode == MODE_DELTA ? "delta" : "bulk", "rows", (json_int_t)file->rows,
                      "used", (json_int_t)file->used, "gone", (json_int_t)file->gone, "bad",
                      (json_int_t)file->bad, "unreadable", (json_int_t)file->unreadable));
        if (is_short && (at == FILE_CLASSES || at == FILE_USERS || at == FILE_ENROLLMENTS)) {
            (void)json_object_set_new(
                json_object_get(files, roster_file_name((enum roster_file)at)), "shortened",
                json_true());
        }
    }
    return files;
}

int
event_staged(const struct event_staging *staging, struct error *reterr)
{
    static const char *const ends[] = {
        [DIGEST_LOST] = "none", [DIGEST_KEPT] = "kept", [DIGEST_WRITTEN] = "written"};
    const struct findings *findings = staging->findings;
    return tell(json_pack("{s:s, s:o, s:o, s:s, s:I, s:I}", "event", "staged", "rows",
                          event_rows(staging->rows, staging->finding_rows), "files",
                          event_files(staging->result, staging->is_short), "digest",
                          ends[staging->digest], "errors",
                          (json_int_t)findings_count(findings, FINDING_ERROR), "warnings",
                          (json_int_t)findings_count(findings, FINDING_WARNING)),
                reterr);
}

int
event_looked(const struct reader_result *result, struct error *reterr)
{
    static const enum roster_file needed[] = {FILE_ORGS, FILE_SESSIONS, FILE_CLASSES, FILE_USERS,
                                              FILE_ENROLLMENTS};
    bool is_complete = result->verdict == READER_DONE;
    for (size_t at = 0; at < sizeof needed / sizeof needed[0]; at++) {
        const struct reader_file *file = &result->files[needed[at]];
        is_complete = is_complete && file->present && file->mode == MODE_BULK;
    }
    return tell(json_pack("{s:s, s:b}", "event", "looked", "complete", is_complete), reterr);
}

int
event_rejected(const struct reader_result *result, const struct findings *findings,
               struct error *reterr)
{
    return tell(json_pack("{s:s, s:s, s:s, s:I, s:I}", "event", "rejected", "reason",
                          cause_word(result->error.cause), "detail", result->error.text, "errors",
                          (json_int_t)findings_count(findings, FINDING_ERROR), "warnings",
                          (json_int_t)findings_count(findings, FINDING_WARNING)),
                reterr);
}

int
event_error(const struct error *error, const char *sqlstate, struct error *reterr)
{
    return tell(json_pack("{s:s, s:s, s:s?, s:s}", "event", "error", "reason",
                          cause_word(error->cause), "sqlstate", sqlstate, "detail", error->text),
                reterr);
}
