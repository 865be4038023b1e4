/*
 * validate: what a sync would find in a package, with the worker's own code and neither daemon nor
 * database. Shows rules and places, never what stands in a row.
 */
#include "answer.h"
#include "bundle.h"
#include "crosscheck.h"
#include "finding.h"
#include "printable.h"
#include "reader.h"
#include "table.h"
#include "verbs.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Kinds of findings shown to people without --limit. */
#define SHOWN 100
/* Lines named of one kind. */
#define LINES_SHOWN 12

/* One package, and what was found in it. */
struct validation {
    const struct ctl *ctl;
    char package[PRINTABLE_SIZE(NAME_MAX)]; /* its name, safe to print */
    bool strict;
    struct findings *findings;
    struct reader_result result;
    /* while findings are shown */
    json_t *array;
    int limit;
};

/* What became of a file: the words of the record. */
enum outcome { IMPORTED, REJECTED, IGNORED, MISSING, ABSENT, NOT_READ };

static const char *const outcome_words[] = {
    [IMPORTED] = "imported", [REJECTED] = "rejected", [IGNORED] = "ignored",
    [MISSING] = "missing",   [ABSENT] = "absent",     [NOT_READ] = "not read",
};

static uint64_t
count_of(const struct validation *validation, enum finding_severity severity)
{
    return findings_count(validation->findings, severity);
}

static enum outcome
outcome_of(const struct validation *validation, enum roster_file file)
{
    const struct reader_result *result = &validation->result;
    const struct reader_file *counts = &result->files[file];
    bool rejected = result->verdict == READER_REJECTED;
    if (rejected && result->refused == file) {
        return REJECTED;
    }
    bool failed =
        validation->strict && findings_count_of(validation->findings, FINDING_ERROR, file) > 0;
    if (file == FILE_MANIFEST && !rejected && !counts->in_package) {
        return MISSING;
    }
    if (file == FILE_MANIFEST || counts->present) {
        bool not_read = rejected && (counts->present || result->refused == FILE_COUNT);
        return not_read ? NOT_READ : failed ? REJECTED : IMPORTED;
    }
    if (counts->in_package) {
        return IGNORED;
    }
    return counts->mode == MODE_BULK || counts->mode == MODE_DELTA ? MISSING : ABSENT;
}

static const char *
why(const struct validation *validation, enum roster_file file)
{
    switch (outcome_of(validation, file)) {
    case REJECTED:
        return validation->result.verdict == READER_REJECTED ? validation->result.error.text
                                                             : "it is not as the standard has it";
    case NOT_READ:
        return "the package was rejected";
    case IGNORED:
        return roster_file_is_read(file) ? "manifest.csv does not list it as bulk or delta"
                                         : "rosterd does not use this file";
    case MISSING:
        return file == FILE_MANIFEST ? "every package has one" : "manifest.csv lists it";
    case IMPORTED:
        return findings_count_of(validation->findings, FINDING_ERROR, file) > 0
                   ? "rows with errors were left out"
                   : "";
    case ABSENT:
        break;
    }
    return "";
}

static const char *
verdict_word(const struct validation *validation)
{
    if (validation->result.verdict == READER_REJECTED) {
        return "rejected";
    }
    return count_of(validation, FINDING_ERROR) > 0     ? "errors"
           : count_of(validation, FINDING_WARNING) > 0 ? "warnings"
                                                       : "clean";
}

static const char *
file_of(const struct finding *finding)
{
    return finding->file == FILE_COUNT ? NULL : roster_file_name(finding->file);
}

static const char *
column_of(const struct finding *finding)
{
    return finding->column == COLUMN_COUNT ? NULL : roster_column(finding->column)->name;
}

static int
add_json(void *context, const struct finding *finding)
{
    struct validation *validation = context;
    json_t *line = finding->line == 0 ? json_null() : json_integer((json_int_t)finding->line);
    return json_array_append_new(
        validation->array,
        json_pack("{s:s, s:s, s:s?, s:o, s:s?, s:I, s:s, s:s}", "severity",
                  finding_severity_word(finding->severity), "code", finding->code, "file",
                  file_of(finding), "line", line, "column", column_of(finding), "count",
                  (json_int_t)finding->count, "message", finding->what, "fix", finding->fix));
}

static json_t *
files_json(const struct validation *validation)
{
    json_t *files = json_array();
    for (int at = 0; at < FILE_COUNT; at++) {
        enum roster_file file = (enum roster_file)at;
        const struct reader_file *counts = &validation->result.files[file];
        enum outcome outcome = outcome_of(validation, file);
        if (outcome == ABSENT) {
            continue;
        }
        json_array_append_new(
            files,
            json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "file",
                      roster_file_name(file), "verdict", outcome_words[outcome], "why",
                      why(validation, file), "rows", (json_int_t)counts->rows, "used",
                      (json_int_t)counts->used, "gone", (json_int_t)counts->gone, "bad",
                      (json_int_t)counts->bad, "errors",
                      (json_int_t)findings_count_of(validation->findings, FINDING_ERROR, file),
                      "warnings",
                      (json_int_t)findings_count_of(validation->findings, FINDING_WARNING, file)));
    }
    return files;
}

static int
print_json(struct validation *validation)
{
    char date[WORDS_SIZE];
    bool rejected = validation->result.verdict == READER_REJECTED;
    validation->array = json_array();
    int failed = findings_each(validation->findings, add_json, validation);
    json_t *record = json_pack("{s:i, s:s, s:s, s:b, s:s, s:s?, s:s?, s:I, s:I, s:I, s:o, s:o}",
                               "schema", 1, "package", validation->package, "date",
                               format_utc(date, (time_t)validation->ctl->now), "strict",
                               validation->strict, "verdict", verdict_word(validation), "reason",
                               rejected ? cause_word(validation->result.error.cause) : NULL,
                               "detail", rejected ? validation->result.error.text : NULL, "errors",
                               (json_int_t)count_of(validation, FINDING_ERROR), "warnings",
                               (json_int_t)count_of(validation, FINDING_WARNING), "notes",
                               (json_int_t)count_of(validation, FINDING_INFO), "files",
                               files_json(validation), "findings", validation->array);
    if (failed != 0 || record == NULL) {
        json_decref(record);
        return -1;
    }
    answer_print_json(record);
    json_decref(record);
    return 0;
}

/*
 * One cell, always quoted. What a spreadsheet would take for a formula gets an apostrophe in front:
 * the name of a package comes from outside.
 */
static void
print_cell(const char *text, bool last)
{
    putchar('"');
    if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL) {
        putchar('\'');
    }
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            putchar('"');
        }
        putchar(*text);
    }
    fputs(last ? "\"\r\n" : "\",", stdout);
}

static int
add_csv(void *context, const struct finding *finding)
{
    const struct validation *validation = context;
    const char *file = file_of(finding);
    const char *column = column_of(finding);
    char line[24] = "";
    char count[24];
    if (finding->line != 0) {
        (void)snprintf(line, sizeof line, "%" PRIu64, finding->line);
    }
    (void)snprintf(count, sizeof count, "%" PRIu64, finding->count);
    print_cell(validation->package, false);
    print_cell(finding_severity_word(finding->severity), false);
    print_cell(finding->code, false);
    print_cell(file == NULL ? "" : file, false);
    print_cell(line, false);
    print_cell(column == NULL ? "" : column, false);
    print_cell(count, false);
    print_cell(finding->what, false);
    print_cell(finding->fix, true);
    return 0;
}

static int
print_csv(struct validation *validation)
{
    fputs("package,severity,rule,file,line,column,count,message,fix\r\n", stdout);
    return findings_each(validation->findings, add_csv, validation);
}

static void
print_files(const struct validation *validation)
{
    static const char *const headings[] = {"FILE",      ">ROWS",   ">USED", ">ERRORS",
                                           ">WARNINGS", "VERDICT", NULL};
    struct table *table = table_new(headings);
    char text[WORDS_SIZE];
    for (int at = 0; table != NULL && at < FILE_COUNT; at++) {
        enum roster_file file = (enum roster_file)at;
        const struct reader_file *counts = &validation->result.files[file];
        enum outcome outcome = outcome_of(validation, file);
        uint64_t errors = findings_count_of(validation->findings, FINDING_ERROR, file);
        uint64_t warnings = findings_count_of(validation->findings, FINDING_WARNING, file);
        char verdict[2 * ERROR_TEXT_SIZE];
        const char *reason = why(validation, file);
        if (outcome == ABSENT ||
            (file == FILE_MANIFEST && outcome == IMPORTED && errors == 0 && warnings == 0)) {
            continue;
        }
        (void)snprintf(verdict, sizeof verdict, "%s%s%s", outcome_words[outcome],
                       *reason == '\0' ? "" : ": ", reason);
        table_add(table, PAINT_STRONG, roster_file_name(file));
        table_add(table, PAINT_PLAIN, format_count(text, (json_int_t)counts->rows));
        table_add(table, PAINT_PLAIN, format_count(text, (json_int_t)counts->used));
        table_add(table, errors > 0 ? PAINT_BAD : PAINT_PLAIN,
                  format_count(text, (json_int_t)errors));
        table_add(table, warnings > 0 ? PAINT_CARE : PAINT_PLAIN,
                  format_count(text, (json_int_t)warnings));
        table_add(table, outcome == REJECTED || outcome == MISSING ? PAINT_BAD : PAINT_PLAIN,
                  verdict);
    }
    if (table != NULL) {
        table_print(table, &validation->ctl->painter, 2, false);
    }
    table_free(table);
}

/* Findings that say the same of one column, told once with their lines. */
struct group {
    struct finding first;
    size_t findings;
    uint64_t lines[LINES_SHOWN];
};

struct groups {
    struct group *groups;
    size_t count;
};

static int
add_to_group(void *context, const struct finding *finding)
{
    struct groups *groups = context;
    size_t at = 0;
    for (; at < groups->count; at++) {
        const struct finding *first = &groups->groups[at].first;
        if (first->code == finding->code && first->file == finding->file &&
            first->column == finding->column && first->line != 0 && finding->line != 0) {
            break;
        }
    }
    if (at == groups->count) {
        struct group *more = realloc(groups->groups, (groups->count + 1) * sizeof *more);
        if (more == NULL) {
            return -1;
        }
        groups->groups = more;
        groups->groups[groups->count++] = (struct group){.first = *finding};
    }
    struct group *group = &groups->groups[at];
    if (group->findings < LINES_SHOWN) {
        group->lines[group->findings] = finding->line;
    }
    group->findings++;
    return 0;
}

static void
print_lines(const struct group *group)
{
    char count[WORDS_SIZE];
    size_t shown = group->findings < LINES_SHOWN ? group->findings : LINES_SHOWN;
    if (group->lines[0] != 0) {
        printf(group->findings > 1 ? ", lines " : ", line ");
        for (size_t at = 0; at < shown; at++) {
            printf("%s%" PRIu64, at > 0 ? ", " : "", group->lines[at]);
        }
    }
    if (group->findings > shown) {
        printf(" and %s more", format_count(count, (json_int_t)(group->findings - shown)));
    }
    if (group->first.count > 1) {
        printf(", %s more rows", format_count(count, (json_int_t)group->first.count));
    }
}

static void
print_group(const struct validation *validation, const struct group *group)
{
    const struct finding *finding = &group->first;
    const char *file = file_of(finding);
    const char *column = column_of(finding);
    char *what = words_safe(finding->what);
    enum paint paint = finding->severity == FINDING_ERROR     ? PAINT_BAD
                       : finding->severity == FINDING_WARNING ? PAINT_CARE
                                                              : PAINT_QUIET;
    printf("\n");
    paint_print(&validation->ctl->painter, paint, "%s", finding_severity_word(finding->severity));
    printf(" %s", file == NULL ? "package" : file);
    print_lines(group);
    if (column != NULL) {
        printf(", column %s", column);
    }
    if (finding->file == FILE_MANIFEST && finding->sourced_id.size > 0) {
        printf(", row of %.*s", (int)finding->sourced_id.size, finding->sourced_id.data);
    }
    printf(" (%s)\n  %s\n  %s\n", finding->code, what == NULL ? "" : what, finding->fix);
    free(what);
}

/* The worst first, each kind once. */
static int
print_findings(const struct validation *validation)
{
    struct groups groups = {.count = 0};
    char left[WORDS_SIZE];
    size_t shown = 0;
    int failed = findings_each(validation->findings, add_to_group, &groups);
    for (int severity = 0; severity < FINDING_SEVERITY_COUNT; severity++) {
        for (size_t at = 0; at < groups.count; at++) {
            const struct group *group = &groups.groups[at];
            if ((int)group->first.severity == severity && shown++ < (size_t)validation->limit) {
                print_group(validation, group);
            }
        }
    }
    if (shown > (size_t)validation->limit) {
        printf("\n… %s more: --limit N; --json and --csv have every line\n",
               format_count(left, (json_int_t)(shown - (size_t)validation->limit)));
    }
    free(groups.groups);
    return failed;
}

static int
print_text(struct validation *validation)
{
    const struct painter *painter = &validation->ctl->painter;
    char errors[WORDS_SIZE];
    char warnings[WORDS_SIZE];
    const char *word = verdict_word(validation);
    paint_print(painter, PAINT_STRONG, "%s", validation->package);
    printf(": ");
    paint_print(painter,
                count_of(validation, FINDING_ERROR) > 0     ? PAINT_BAD
                : count_of(validation, FINDING_WARNING) > 0 ? PAINT_CARE
                                                            : PAINT_GOOD,
                "%s", word);
    json_int_t errors_count = (json_int_t)count_of(validation, FINDING_ERROR);
    json_int_t warnings_count = (json_int_t)count_of(validation, FINDING_WARNING);
    printf(" (%s error%s, %s warning%s)\n\n", format_count(errors, errors_count),
           errors_count == 1 ? "" : "s", format_count(warnings, warnings_count),
           warnings_count == 1 ? "" : "s");
    print_files(validation);
    return print_findings(validation);
}

/* Reads the package. Returns 0 with a verdict, -1 with `reterr` set when there is none. */
static int
read_package(struct validation *validation, int fd, struct error *reterr)
{
    const struct reader_options options = {.phone_region = "US", .strict = validation->strict};
    struct bundle *bundle = NULL;
    struct crosscheck *crosscheck =
        crosscheck_new(&validation->result, validation->strict, validation->findings);
    if (crosscheck == NULL) {
        (void)close(fd);
        return error_set(reterr, CAUSE_MEMORY, "beginning to read");
    }
    struct stat status;
    bool is_folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
    int opened = is_folder ? bundle_open_folder(fd, &bundle, &validation->result.error)
                           : bundle_open(fd, &bundle, &validation->result.error);
    if (opened != 0) {
        reader_refuse(&validation->result.error, validation->findings, &validation->result);
    } else {
        struct reader_sink sink = crosscheck_sink(crosscheck);
        reader_run(bundle, &options, &sink, validation->findings, &validation->result);
    }
    bundle_close(bundle);
    crosscheck_free(crosscheck);
    if (validation->result.verdict == READER_FAILED) {
        *reterr = validation->result.error;
        return -1;
    }
    return 0;
}

static enum ctl_exit
complain(const char *package, const char *text, enum ctl_exit code)
{
    fprintf(stderr, "rosterctl: %s: %s\n", package, text);
    return code;
}

static enum ctl_exit
validate(struct validation *validation, const char *path)
{
    struct error error = {.cause = CAUSE_NONE};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        enum ctl_exit code = errno == ENOENT   ? CTL_NO_SUCH
                             : errno == EACCES ? CTL_NOT_PERMITTED
                                               : CTL_USAGE;
        return complain(validation->package, strerror(errno), code);
    }
    if (read_package(validation, fd, &error) != 0) {
        return complain(validation->package, error.text, CTL_USAGE);
    }
    const struct options *options = validation->ctl->options;
    int failed = options->is_json                     ? print_json(validation)
                 : (options->given & OPTION_CSV) != 0 ? print_csv(validation)
                                                      : print_text(validation);
    if (failed != 0) {
        return complain(validation->package, "memory ran out", CTL_USAGE);
    }
    return count_of(validation, FINDING_ERROR) > 0     ? CTL_USAGE
           : count_of(validation, FINDING_WARNING) > 0 ? CTL_REFUSED
                                                       : CTL_DONE;
}

enum ctl_exit
verb_validate(const struct ctl *ctl)
{
    const char *path = ctl->options->words[0];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--; /* of a folder */
    }
    const char *slash = memrchr(path, '/', length);
    const char *name = slash == NULL || length == 1 ? path : slash + 1;
    bool strict = (ctl->options->given & OPTION_STRICT) != 0;
    struct validation validation = {.ctl = ctl,
                                    .strict = strict,
                                    .findings = findings_new(strict),
                                    .limit = ctl->options->limit > 0 ? ctl->options->limit : SHOWN};
    (void)printable_encode(name, length - (size_t)(name - path), validation.package,
                           sizeof validation.package);
    enum ctl_exit code = validation.findings == NULL
                             ? complain(validation.package, "memory ran out", CTL_USAGE)
                             : validate(&validation, path);
    findings_free(validation.findings);
    return code;
}
