/* districts: one line each. district: all about one. */
#include "answer.h"
#include "show.h"
#include "table.h"
#include "verbs.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Joins the pages of the list into one answer with all districts. */
static enum ctl_exit
get_all(const struct ctl *ctl, json_t **ret_answer)
{
    char *after = NULL;
    json_t *all = NULL;
    enum ctl_exit code = CTL_DONE;
    do {
        char target[1200];
        char *safe_after = answer_target("&after=%s", after == NULL ? "" : after);
        char *state =
            answer_target("&state=%s", ctl->options->state == NULL ? "" : ctl->options->state);
        (void)snprintf(target, sizeof target, "/v1/districts?limit=500%s%s%s",
                       after == NULL || safe_after == NULL ? "" : safe_after,
                       ctl->options->state == NULL || state == NULL ? "" : state,
                       (ctl->options->given & OPTION_NEEDS) != 0 ? "&needs=1" : "");
        free(safe_after);
        free(state);
        free(after);
        after = NULL;
        json_t *page = NULL;
        struct question question = {.door = DOOR_STATUS, .target = target};
        code = answer_get(ctl, &question, &page);
        if (code != CTL_DONE) {
            json_decref(page);
            break;
        }
        const char *next = get_text(page, "next", NULL);
        after = next == NULL ? NULL : strdup(next);
        if (all == NULL) {
            all = page;
        } else {
            (void)json_array_extend(json_object_get(all, "districts"),
                                    json_object_get(page, "districts"));
            json_decref(page);
        }
    } while (after != NULL);
    free(after);
    if (code != CTL_DONE) {
        json_decref(all);
        all = NULL;
    } else {
        (void)json_object_del(all, "next");
    }
    *ret_answer = all;
    return code;
}

/* "on", "off", "paused until 18 Aug 09:14". */
static const char *
sync_words(const struct ctl *ctl, const json_t *district, char buffer[static SHOW_SIZE])
{
    char when[WORDS_SIZE];
    const char *sync = get_text(district, "sync", "unknown");
    if (strcmp(sync, "paused") != 0) {
        return sync;
    }
    (void)snprintf(buffer, SHOW_SIZE, "paused until %s",
                   format_when_short(when, get_when(district, "paused_until"), ctl->now));
    return buffer;
}

static void
add_district(const struct ctl *ctl, struct table *table, const json_t *district)
{
    char text[SHOW_SIZE];
    const char *sync = get_text(district, "sync", "unknown");
    const char *health = get_text(district, "health", "unknown");
    bool is_on = strcmp(sync, "on") == 0;
    table_add(table, PAINT_STRONG, get_text(district, "slug", "unknown"));
    table_add(table, paint_of_word(sync), sync_words(ctl, district, text));
    table_add(table, is_on ? paint_of_word(health) : PAINT_QUIET, is_on ? health : "-");
    table_add(table, PAINT_PLAIN, show_age(district, "last_success_at", ctl->now, "never", text));
    json_int_t errors = get_count(district, "errors");
    table_add(table, errors > 0 ? PAINT_CARE : PAINT_PLAIN, format_count(text, errors));
    table_add(table, PAINT_PLAIN, format_count(text, get_count(district, "warnings")));
    const json_t *running = json_object_get(district, "running");
    if (json_is_object(running)) {
        table_add(table, PAINT_PLAIN, show_progress(running, ctl->now, text));
    } else if (is_on && strcmp(health, "ok") != 0 && strcmp(health, "working") != 0) {
        table_add(table, PAINT_PLAIN, show_what(district));
    } else {
        table_add(table, PAINT_PLAIN, get_text(district, "pause_reason", ""));
    }
}

enum ctl_exit
verb_districts(const struct ctl *ctl)
{
    static const char *const headings[] = {"DISTRICT", "SYNC",      "HEALTH",      "LAST SUCCESS",
                                           ">ERRORS",  ">WARNINGS", "NOW, OR WHY", NULL};
    json_t *answer = NULL;
    enum ctl_exit code = get_all(ctl, &answer);
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        show_staleness(ctl, answer);
        struct table *table = table_new(headings);
        size_t index = 0;
        json_t *district = NULL;
        json_array_foreach(json_object_get(answer, "districts"), index, district)
        {
            add_district(ctl, table, district);
        }
        if (table_rows(table) == 0) {
            puts(ctl->options->given != 0 ? "No district is like that." : "No districts yet.");
        } else {
            table_print(table, &ctl->painter, 0, false);
        }
        table_free(table);
    }
    json_decref(answer);
    return code;
}

static void
print_headline(const struct ctl *ctl, const json_t *district)
{
    char age[SHOW_SIZE];
    const char *health = get_text(district, "health", "unknown");
    bool is_on = strcmp(get_text(district, "sync", ""), "on") == 0;
    paint_print(&ctl->painter, PAINT_STRONG, "%s", get_text(district, "name", "unknown"));
    printf(" (%s)   ", get_text(district, "slug", "unknown"));
    if (!is_on) {
        paint_print(&ctl->painter, PAINT_CARE, "%s", get_text(district, "sync", "unknown"));
    } else {
        paint_print(&ctl->painter, paint_of_word(health), "%s", health);
    }
    if (is_on && get_when(district, "since") >= 0) {
        printf(" for %s", show_age(district, "since", ctl->now, "", age));
    }
    bool is_well = strcmp(health, "ok") == 0 || strcmp(health, "working") == 0;
    const char *owner = get_text(district, "owner", "");
    if (!is_on || is_well) {
        printf("\n");
        return;
    }
    if (*owner == '\0') {
        printf("\n          %s\n          -> %s\n", show_what(district),
               show_next_step(district, age));
        return;
    }
    printf(", who acts: %s\n", show_owner(owner));
    printf("          %s\n", show_what(district));
    const char *detail = get_text(district, "detail", "");
    if (*detail != '\0') {
        printf("          %s\n", detail);
    }
    printf("          -> %s\n", show_next_step(district, age));
}

static void
print_now(const struct ctl *ctl, const json_t *district)
{
    char text[SHOW_SIZE];
    char when[WORDS_SIZE];
    const json_t *running = json_object_get(district, "running");
    double next = get_when(district, "retry_at");
    const char *next_word = "tries again";
    if (next < 0) {
        next = get_when(district, "next_poll_at");
        next_word = "next look";
    }
    printf("now       ");
    if (json_is_object(running)) {
        json_int_t run_id = get_count(running, "run_id");
        printf("%s", show_progress(running, ctl->now, text));
        printf(run_id < 0 ? "\n" : " (run %" JSON_INTEGER_FORMAT ")\n", run_id);
    } else if (strcmp(get_text(district, "sync", ""), "on") != 0) {
        puts("nothing is looked at and nothing is written");
    } else if (next >= 0) {
        double wait = next - ctl->now;
        printf("idle, %s %s (%s%s)\n", next_word, format_when_short(when, next, ctl->now),
               wait > 0 ? "in " : "due", wait > 0 ? format_duration(text, wait) : "");
    } else {
        puts("idle, time of the next look unknown");
    }
}

static void
print_file(const json_t *district)
{
    const json_t *run = json_object_get(district, "last_run");
    const char *name = get_text(run, "file_name", "");
    char size[WORDS_SIZE];
    if (*name != '\0') {
        printf("file      %s   %s   sha256 %.12s…   (run %" JSON_INTEGER_FORMAT ")\n", name,
               format_bytes(size, get_count(run, "file_size")),
               get_text(run, "file_sha256", "unknown"), get_count(run, "run_id"));
    }
    const char *waiting = show_waiting(district, NULL);
    if (waiting != NULL) {
        printf("drop      %s\n", waiting);
    }
}

/* The run that waits for a decision, or to be carried out. */
static void
print_hold(const struct ctl *ctl, const json_t *district)
{
    char age[SHOW_SIZE];
    const json_t *hold = json_object_get(district, "hold");
    json_int_t run_id = get_count(hold, "run_id");
    const char *decided_by = get_text(hold, "decided_by", "");
    if (run_id <= 0) {
        return;
    }
    printf("held      ");
    paint_print(&ctl->painter, PAINT_BAD, "run %" JSON_INTEGER_FORMAT, run_id);
    if (*decided_by != '\0') {
        printf(", approved by %s: is carried out next\n", decided_by);
    } else {
        printf(", for %s: %s\n", show_age(hold, "since", ctl->now, "an unknown time", age),
               get_text(hold, "what", "a decision is due"));
    }
    printf("          -> rosterctl plan %" JSON_INTEGER_FORMAT "\n", run_id);
}

static void
print_findings_count(const struct ctl *ctl, const json_t *district)
{
    char numbers[2][WORDS_SIZE];
    json_int_t errors = get_count(district, "errors");
    json_int_t warnings = get_count(district, "warnings");
    printf("findings  ");
    if (errors == 0 && warnings == 0) {
        puts("none");
        return;
    }
    paint_print(&ctl->painter, errors > 0 ? PAINT_CARE : PAINT_PLAIN, "%s error%s",
                format_count(numbers[0], errors), errors == 1 ? "" : "s");
    printf(", %s warning%s   -> rosterctl findings %s\n", format_count(numbers[1], warnings),
           warnings == 1 ? "" : "s", get_text(district, "slug", "NAME"));
}

static void
print_source(const json_t *district)
{
    char every[WORDS_SIZE];
    const json_t *source = json_object_get(district, "source");
    if (!json_is_object(source)) {
        puts("drop      none: rosterd.source has no row for this district");
        return;
    }
    const json_t *keys = json_object_get(source, "host_keys");
    printf("drop      %s@%s:%" JSON_INTEGER_FORMAT " %s/%s, every %s, %zu host key%s pinned\n",
           get_text(source, "username", "unknown"), get_text(source, "host", "unknown"),
           get_count(source, "port"), get_text(source, "path", "."),
           get_text(source, "pattern", "*.zip"),
           format_duration(every, get_real(source, "poll_every_s")), json_array_size(keys),
           json_array_size(keys) == 1 ? "" : "s");
}

static void
print_switch(const struct ctl *ctl, const json_t *district)
{
    char text[SHOW_SIZE];
    char when[WORDS_SIZE];
    const char *reason = get_text(district, "pause_reason", "");
    printf("sync      %s%s%s%s", sync_words(ctl, district, text), *reason == '\0' ? "" : ": \"",
           reason, *reason == '\0' ? "" : "\"");
    const char *by = get_text(district, "changed_by", "");
    if (*by != '\0') {
        printf("   (last change by %s, %s)", by,
               format_when_short(when, get_when(district, "changed_at"), ctl->now));
    }
    printf("%s\n",
           get_truth(district, "preview_only") ? "   preview only: nothing is applied" : "");
    const char *note = get_text(district, "note", "");
    if (*note != '\0') {
        printf("note      %s\n", note);
    }
}

static void
print_district(const struct ctl *ctl, const json_t *district)
{
    char text[SHOW_SIZE];
    char when[WORDS_SIZE];
    print_headline(ctl, district);
    print_switch(ctl, district);
    print_now(ctl, district);
    double success = get_when(district, "last_success_at");
    if (success < 0) {
        puts("in use    nothing yet: no run has succeeded");
    } else {
        printf("in use    confirmed %s, %s ago\n", format_when_short(when, success, ctl->now),
               format_duration(text, ctl->now > success ? ctl->now - success : 0));
    }
    print_file(district);
    print_hold(ctl, district);
    print_findings_count(ctl, district);
    print_source(district);
    printf("daemon    %s%s\n", get_text(district, "daemon", "no daemon looks after it"),
           get_truth(district, "here") ? "" : " (another one: what it does now is not known here)");
    const json_t *runs = json_object_get(district, "runs");
    if (json_array_size(runs) > 0) {
        printf("\n");
        show_runs(ctl, runs, false);
    }
}

enum ctl_exit
verb_district(const struct ctl *ctl)
{
    json_t *answer = NULL;
    char *target = answer_target("/v1/districts/%s", ctl->options->words[0]);
    struct question question = {.door = DOOR_STATUS, .target = target};
    enum ctl_exit code = target == NULL ? CTL_REFUSED : answer_get(ctl, &question, &answer);
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        show_staleness(ctl, answer);
        print_district(ctl, json_object_get(answer, "district"));
    }
    json_decref(answer);
    free(target);
    return code;
}
