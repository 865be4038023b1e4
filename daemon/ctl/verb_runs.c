/* runs: what was done. run: one of them. findings: what was wrong in a file. */
#include "answer.h"
#include "error.h"
#include "show.h"
#include "table.h"
#include "verbs.h"
#include "words.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_DEFAULT = 20, FINDINGS_DEFAULT = 100 };

static void
append_query(char *target, size_t size, const char *format, const char *value)
{
    char *part = value == NULL ? NULL : answer_target(format, value);
    size_t length = strlen(target);
    if (part != NULL) {
        (void)snprintf(target + length, size - length, "%s", part);
    }
    free(part);
}

/* "2 d", "+2 d" and "-2 d" all mean two days back. */
static int
read_since(const struct ctl *ctl, char ret_utc[static WORDS_SIZE])
{
    char relative[64];
    time_t when = 0;
    const char *text = ctl->options->since + (*ctl->options->since == '-');
    (void)snprintf(relative, sizeof relative, "+%s", text + (*text == '+'));
    if (when_read(relative, ctl->now, &when) == 0) {
        when = (time_t)(2 * ctl->now - (double)when);
    } else if (when_read(text, ctl->now, &when) != 0) {
        fprintf(stderr, "rosterctl: --since is like 12h, 7d, 2026-08-18 or an RFC 3339 time\n");
        return -1;
    }
    (void)format_utc(ret_utc, when);
    return 0;
}

enum ctl_exit
verb_runs(const struct ctl *ctl)
{
    const struct options *options = ctl->options;
    char target[1200];
    char since[WORDS_SIZE];
    (void)snprintf(target, sizeof target, "/v1/runs?limit=%d",
                   options->limit == 0 ? RUNS_DEFAULT : options->limit);
    append_query(target, sizeof target, "&district=%s",
                 options->words_count > 0 ? options->words[0] : NULL);
    append_query(target, sizeof target, "&state=%s", options->state);
    if (options->since != NULL) {
        if (read_since(ctl, since) != 0) {
            return CTL_USAGE;
        }
        append_query(target, sizeof target, "&since=%s", since);
    }
    json_t *answer = NULL;
    struct question question = {.door = DOOR_STATUS, .target = target, .timeout_default_ms = 30000};
    enum ctl_exit code = answer_get(ctl, &question, &answer);
    const json_t *runs = json_object_get(answer, "runs");
    if (code == CTL_DONE && options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE && json_array_size(runs) == 0) {
        puts("No such run.");
    } else if (code == CTL_DONE) {
        show_runs(ctl, runs, options->words_count == 0);
    }
    json_decref(answer);
    return code;
}

static bool
is_number(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* The things counted, in the order of their columns. */
static const char *const members[] = {"added",     "changed", "removed", "restored",
                                      "unchanged", "skipped", "held"};
static const char *const member_headings[] = {">ADDED",     ">CHANGED", ">REMOVED", ">RESTORED",
                                              ">UNCHANGED", ">SKIPPED", ">HELD"};
enum { MEMBERS_COUNT = sizeof members / sizeof *members };

/* Kinds in the order they depend on each other; others come after them. */
static const char *const kinds[] = {
    "schools",       "classrooms",    "students",    "teachers",    "guardians",  "student_roles",
    "teacher_roles", "guardianships", "memberships", "credentials", "invitations"};
enum { KINDS_COUNT = sizeof kinds / sizeof *kinds };

static bool
is_known_kind(const char *kind)
{
    for (size_t index = 0; index < KINDS_COUNT; index++) {
        if (strcmp(kinds[index], kind) == 0) {
            return true;
        }
    }
    return false;
}

/* "student_roles" as people write it. */
static const char *
kind_words(const char *kind, char buffer[static WORDS_SIZE])
{
    (void)snprintf(buffer, WORDS_SIZE, "%s", kind);
    for (char *at = buffer; *at != '\0'; at++) {
        *at = *at == '_' ? ' ' : *at;
    }
    return buffer;
}

static void
add_kind(struct table *table, const json_t *counts, const char *kind, const size_t *shown,
         size_t columns)
{
    char text[WORDS_SIZE];
    const json_t *count = json_object_get(counts, kind);
    if (!json_is_object(count)) {
        return;
    }
    table_add(table, PAINT_PLAIN, kind_words(kind, text));
    for (size_t column = 0; column < columns; column++) {
        json_int_t amount = get_count(count, members[shown[column]]);
        table_add(table, PAINT_PLAIN, amount < 0 ? "-" : format_count(text, amount));
    }
}

/* What is counted once for the run, such as guardians that were refused. */
static void
print_plain_counts(const json_t *counts)
{
    char words[WORDS_SIZE];
    char number[WORDS_SIZE];
    const char *name = NULL;
    json_t *count = NULL;
    json_object_foreach((json_t *)(uintptr_t)counts, name, count)
    {
        if (json_is_integer(count)) {
            printf("%s: %s\n", kind_words(name, words),
                   format_count(number, json_integer_value(count)));
        }
    }
}

/* The table of a run's counts: a row a kind, a column for each thing that any kind has. */
static void
print_counts(const struct ctl *ctl, const json_t *counts)
{
    const char *headings[MEMBERS_COUNT + 2] = {""};
    size_t shown[MEMBERS_COUNT];
    size_t columns = 0;
    for (size_t index = 0; index < MEMBERS_COUNT; index++) {
        if (show_counts_sum(counts, members[index]) >= 0) {
            shown[columns++] = index;
            headings[columns] = member_headings[index];
        }
    }
    struct table *table = columns == 0 ? NULL : table_new(headings);
    if (table == NULL) {
        return;
    }
    for (size_t index = 0; index < KINDS_COUNT; index++) {
        add_kind(table, counts, kinds[index], shown, columns);
    }
    const char *kind = NULL;
    json_t *count = NULL;
    json_object_foreach((json_t *)(uintptr_t)counts, kind, count)
    {
        if (!is_known_kind(kind)) {
            add_kind(table, counts, kind, shown, columns);
        }
    }
    printf("\n");
    table_print(table, &ctl->painter, 0, false);
    table_free(table);
    print_plain_counts(counts);
}

/* When a step ended, as time since the run began. */
static void
print_step(const json_t *run, const char *key, const char *label)
{
    char text[WORDS_SIZE];
    double moment = get_when(run, key);
    double begun = get_when(run, "created_at");
    if (moment >= 0 && begun >= 0) {
        printf("%-10safter %s\n", label,
               format_duration(text, moment > begun ? moment - begun : 0));
    }
}

static void
print_outcome(const struct ctl *ctl, const json_t *run)
{
    const char *state = get_text(run, "state", "unknown");
    const char *reason = get_text(run, "reason", "");
    const char *detail = get_text(run, "detail", "");
    enum cause cause = cause_from_word(reason);
    printf("run %" JSON_INTEGER_FORMAT " of %s   ", get_count(run, "run_id"),
           get_text(run, "district", "unknown"));
    paint_print(&ctl->painter, paint_of_word(state), "%s", state);
    if (*reason == '\0') {
        printf("\n");
        return;
    }
    if (show_is_over(run)) {
        printf("   nobody acts on it any more\n");
    } else {
        printf("   who acts: %s\n", show_owner(get_text(run, "owner", "")));
    }
    printf("why       %s (%s)\n", show_what(run), reason);
    if (*detail != '\0') {
        printf("detail    %s\n", detail);
    }
    if (show_is_over(run)) {
        printf("decided   rosterctl plan %" JSON_INTEGER_FORMAT "\n", get_count(run, "run_id"));
    } else if (cause != CAUSE_COUNT && cause != CAUSE_NONE) {
        char act[SHOW_SIZE];
        printf("do        %s\n",
               show_act(cause, get_text(run, "district", "SLUG"), get_count(run, "run_id"), act));
    }
}

static void
print_run(const struct ctl *ctl, const json_t *run)
{
    char text[WORDS_SIZE];
    print_outcome(ctl, run);
    printf("begun by  %s", get_text(run, "cause", "unknown"));
    const char *by = get_text(run, "requested_by", "");
    printf("%s%s%s\n", *by == '\0' ? "" : " (", by, *by == '\0' ? "" : ")");
    const char *name = get_text(run, "file_name", "");
    if (*name != '\0') {
        printf("file      %s   %s\n", name, format_bytes(text, get_count(run, "file_size")));
        printf("sha256    %s\n", get_text(run, "file_sha256", "unknown"));
    }
    double begun = get_when(run, "created_at");
    double ended = get_when(run, "ended_at");
    printf("begun     %s\n", format_when(text, begun));
    print_step(run, "staged_at", "staged");
    print_step(run, "planned_at", "planned");
    print_step(run, "applied_at", "applied");
    print_step(run, "ended_at", "ended");
    if (begun >= 0 && ended < 0) {
        printf("so far    %s\n", format_duration(text, ctl->now > begun ? ctl->now - begun : 0));
    }
    if (show_counts_hold(run)) {
        print_counts(ctl, json_object_get(run, "counts"));
    }
    printf("\n-> rosterctl findings %" JSON_INTEGER_FORMAT "\n", get_count(run, "run_id"));
}

enum ctl_exit
verb_run(const struct ctl *ctl)
{
    if (!is_number(ctl->options->words[0])) {
        fprintf(stderr, "rosterctl: a run has a number; list them with: rosterctl runs\n");
        return CTL_USAGE;
    }
    json_t *answer = NULL;
    char *target = answer_target("/v1/runs/%s", ctl->options->words[0]);
    struct question question = {.door = DOOR_STATUS, .target = target, .timeout_default_ms = 30000};
    enum ctl_exit code = target == NULL ? CTL_REFUSED : answer_get(ctl, &question, &answer);
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        print_run(ctl, json_object_get(answer, "run"));
    }
    json_decref(answer);
    free(target);
    return code;
}

static void
add_finding(struct table *table, const json_t *finding)
{
    char text[WORDS_SIZE];
    const char *severity = get_text(finding, "severity", "unknown");
    table_add(table, paint_of_word(severity), severity);
    table_add(table, PAINT_PLAIN, get_text(finding, "code", "unknown"));
    table_add(table, PAINT_PLAIN, get_text(finding, "file", "-"));
    json_int_t line = get_count(finding, "line");
    (void)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, line);
    table_add(table, PAINT_PLAIN, line < 0 ? "-" : text);
    table_add(table, PAINT_PLAIN, get_text(finding, "column_name", "-"));
    table_add(table, PAINT_PLAIN, get_text(finding, "sourced_id", "-"));
    json_int_t count = get_count(finding, "count");
    table_add(table, PAINT_PLAIN, format_count(text, count));
    table_add(table, PAINT_PLAIN, get_text(finding, "message", ""));
}

static void
print_findings(const struct ctl *ctl, const json_t *answer)
{
    static const char *const headings[] = {"SEVERITY", "CODE",   "FILE",    ">LINE", "COLUMN",
                                           "ID",       ">TIMES", "MESSAGE", NULL};
    const json_t *findings = json_object_get(answer, "findings");
    if (json_array_size(findings) == 0) {
        puts("No findings: nothing was wrong in what was read.");
        return;
    }
    struct table *table = table_new(headings);
    size_t index = 0;
    json_t *finding = NULL;
    json_array_foreach(findings, index, finding)
    {
        add_finding(table, finding);
    }
    table_print(table, &ctl->painter, 0, false);
    table_free(table);
    if (get_truth(answer, "more")) {
        printf("… there are more: --limit N, or the view rosterd.open_findings\n");
    }
}

enum ctl_exit
verb_findings(const struct ctl *ctl)
{
    const char *word = ctl->options->words[0];
    char target[1200] = "";
    append_query(target, sizeof target,
                 is_number(word) ? "/v1/runs/%s/findings" : "/v1/districts/%s/findings", word);
    size_t length = strlen(target);
    (void)snprintf(target + length, sizeof target - length, "?limit=%d",
                   ctl->options->limit == 0 ? FINDINGS_DEFAULT : ctl->options->limit);
    json_t *answer = NULL;
    struct question question = {.door = DOOR_STATUS, .target = target, .timeout_default_ms = 30000};
    enum ctl_exit code = answer_get(ctl, &question, &answer);
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        print_findings(ctl, answer);
    }
    json_decref(answer);
    return code;
}
