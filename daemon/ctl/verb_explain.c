/*
 * explain: what happened, why, who acts, what to type. For a code from the list built in, with no
 * daemon; for a district or a run from the daemon's answer and the same list; for a person from the
 * rules, through control.sock, which notes who asked.
 */
#include "answer.h"
#include "error.h"
#include "show.h"
#include "table.h"
#include "verbs.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
print_part(const struct ctl *ctl, const char *label, const char *text)
{
    if (*text != '\0') {
        paint_print(&ctl->painter, PAINT_STRONG, "%-8s", label);
        printf("%s\n", text);
    }
}

static enum ctl_exit
explain_code(const struct ctl *ctl, enum cause cause)
{
    const char *owner = error_owner_word(cause_owner(cause));
    if (ctl->options->is_json) {
        json_t *answer =
            json_pack("{s:i, s:s, s:s, s:s, s:s}", "schema", 1, "code", cause_word(cause), "what",
                      cause_what(cause), "owner", owner, "do", cause_act(cause));
        answer_print_json(answer);
        json_decref(answer);
        return CTL_DONE;
    }
    print_part(ctl, "WHAT", cause_what(cause));
    print_part(ctl, "WHO", show_owner(owner));
    print_part(ctl, "DO", cause_act(cause));
    print_part(ctl, "CODE", cause_word(cause));
    return CTL_DONE;
}

static void
print_retry(const struct ctl *ctl, const json_t *district)
{
    char text[SHOW_SIZE + WORDS_SIZE];
    char when[WORDS_SIZE];
    char wait[WORDS_SIZE];
    double retry = get_when(district, "retry_at");
    double next = retry >= 0 ? retry : get_when(district, "next_poll_at");
    if (next < 0) {
        return;
    }
    (void)snprintf(text, sizeof text, "rosterd %s by itself %s%s (%s)",
                   retry >= 0 ? "tries again" : "looks again", next > ctl->now ? "in " : "now",
                   next > ctl->now ? format_duration(wait, next - ctl->now) : "",
                   format_when_short(when, next, ctl->now));
    print_part(ctl, "NEXT", text);
}

/* Switched off or paused: by whom and why, and how it goes on. */
static void
explain_switch(const struct ctl *ctl, const json_t *district)
{
    char text[SHOW_SIZE];
    char when[WORDS_SIZE];
    const char *slug = get_text(district, "slug", "NAME");
    if (strcmp(get_text(district, "sync", ""), "off") == 0) {
        print_part(ctl, "WHAT", "Sync is switched off: nothing is looked at and nothing written.");
        print_part(ctl, "WHY", get_text(district, "note", ""));
        print_part(ctl, "WHO", show_owner("csm"));
        (void)snprintf(text, sizeof text, "To go on: SELECT rosterd.set_sync('%s', true, 'why');",
                       slug);
    } else {
        (void)snprintf(text, sizeof text, "Sync is paused until %s, and then goes on by itself.",
                       format_when_short(when, get_when(district, "paused_until"), ctl->now));
        print_part(ctl, "WHAT", text);
        print_part(ctl, "WHY", get_text(district, "pause_reason", ""));
        print_part(ctl, "WHO", show_owner("nobody"));
        (void)snprintf(text, sizeof text, "To go on now: rosterctl resume %s", slug);
    }
    print_part(ctl, "DO", text);
}

/* On, and nothing is wrong, but nothing is in use yet. */
static void
explain_unknown(const struct ctl *ctl, const json_t *district)
{
    char text[SHOW_SIZE];
    const json_t *source = json_object_get(district, "source");
    const json_t *run = json_object_get(district, "last_run");
    const char *slug = get_text(district, "slug", "NAME");
    const char *waiting = show_waiting(district, NULL);
    print_part(ctl, "WHAT", show_what(district));
    if (strcmp(get_text(run, "state", ""), "previewed") == 0) {
        print_part(ctl, "WHO", show_owner("csm"));
        (void)snprintf(text, sizeof text,
                       "Look: rosterctl plan %" JSON_INTEGER_FORMAT
                       "; to apply: UPDATE rosterd.district SET preview_only = false WHERE "
                       "slug = '%s';",
                       get_count(run, "run_id"), slug);
        print_part(ctl, "DO", text);
    } else if (waiting == NULL && get_when(district, "last_poll_at") >= 0) {
        print_part(ctl, "WHO", show_owner("district"));
        (void)snprintf(text, sizeof text, "Ask the district to upload its export as %s/%s on %s.",
                       get_text(source, "path", "."), get_text(source, "pattern", "*.zip"),
                       get_text(source, "host", "its server"));
        print_part(ctl, "DO", text);
    }
}

/* One sentence for a district with which nothing is wrong, and what waits in its drop. */
static void
explain_well(const struct ctl *ctl, const json_t *district)
{
    char age[SHOW_SIZE];
    char text[SHOW_SIZE + 64];
    const char *owner = NULL;
    const char *waiting = show_waiting(district, &owner);
    if (strcmp(get_text(district, "sync", "unknown"), "on") != 0) {
        explain_switch(ctl, district);
        return;
    }
    if (strcmp(get_text(district, "health", "unknown"), "unknown") == 0) {
        explain_unknown(ctl, district);
    } else if (strcmp(get_text(district, "health", ""), "working") == 0) {
        const json_t *running = json_object_get(district, "running");
        (void)snprintf(text, sizeof text, "A run is under way: %s.",
                       json_is_object(running) ? show_progress(running, ctl->now, age)
                                               : "what it does is not known here");
        print_part(ctl, "WHAT", text);
    } else {
        (void)snprintf(text, sizeof text, "All is well. The data were last confirmed %s ago.",
                       show_age(district, "last_success_at", ctl->now, "an unknown time", age));
        print_part(ctl, "WHAT", text);
    }
    if (waiting != NULL) {
        print_part(ctl, "DROP", waiting);
        print_part(ctl, "WHO", show_owner(owner));
    }
    print_retry(ctl, district);
}

static void
explain_district(const struct ctl *ctl, const json_t *district)
{
    char buffer[SHOW_SIZE];
    const char *slug = get_text(district, "slug", "NAME");
    json_int_t held = get_count(json_object_get(district, "hold"), "run_id");
    enum cause cause = cause_from_word(get_text(district, "reason", "none"));
    bool is_on = strcmp(get_text(district, "sync", ""), "on") == 0;
    bool is_wrong = is_on && cause != CAUSE_NONE && cause != CAUSE_COUNT &&
                    strcmp(get_text(district, "health", ""), "ok") != 0 &&
                    strcmp(get_text(district, "health", ""), "working") != 0;
    if (!is_wrong) {
        explain_well(ctl, district);
    } else {
        print_part(ctl, "WHAT", cause_what(cause));
        print_part(ctl, "WHY", get_text(district, "detail", ""));
        print_part(ctl, "SINCE", show_age(district, "since", ctl->now, "unknown", buffer));
        print_part(ctl, "WHO",
                   show_owner(get_text(district, "owner", error_owner_word(cause_owner(cause)))));
        print_part(ctl, "DO", show_act(cause, slug, held, buffer));
        if (get_count(district, "errors") > 0) {
            (void)snprintf(buffer, sizeof buffer, "rosterctl findings %s", slug);
            print_part(ctl, "", buffer);
        }
        print_part(ctl, "IN USE",
                   cause == CAUSE_PLAN_WITHHELD
                       ? "The file, but for what waits: of that, what was there before."
                   : get_when(district, "last_success_at") < 0
                       ? "Nothing of this district yet."
                       : "The data of the last good run; nothing of them was changed.");
        const char *waiting = show_waiting(district, NULL);
        print_part(ctl, "DROP", waiting == NULL ? "" : waiting);
        print_retry(ctl, district);
        print_part(ctl, "CODE", cause_word(cause));
    }
}

static void
explain_run(const struct ctl *ctl, const json_t *run)
{
    char buffer[SHOW_SIZE];
    const char *reason = get_text(run, "reason", "none");
    enum cause cause = cause_from_word(reason);
    (void)snprintf(buffer, sizeof buffer, "Run %" JSON_INTEGER_FORMAT " of %s is %s.",
                   get_count(run, "run_id"), get_text(run, "district", "unknown"),
                   get_text(run, "state", "unknown"));
    print_part(ctl, "WHAT", buffer);
    if (cause == CAUSE_NONE || cause == CAUSE_COUNT) {
        print_part(ctl, "WHY", cause == CAUSE_COUNT ? reason : "Nothing went wrong.");
        return;
    }
    print_part(ctl, "WHY", cause_what(cause));
    print_part(ctl, "", get_text(run, "detail", ""));
    if (show_is_over(run)) {
        (void)snprintf(buffer, sizeof buffer,
                       "Nothing any more. What was decided, or which run replaced it: rosterctl "
                       "plan %" JSON_INTEGER_FORMAT,
                       get_count(run, "run_id"));
        print_part(ctl, "DO", buffer);
        print_part(ctl, "CODE", cause_word(cause));
        return;
    }
    print_part(ctl, "WHO",
               show_owner(get_text(run, "owner", error_owner_word(cause_owner(cause)))));
    print_part(
        ctl, "DO",
        show_act(cause, get_text(run, "district", "SLUG"), get_count(run, "run_id"), buffer));
    print_part(ctl, "CODE", cause_word(cause));
}

/* Why a person is in the directory as they are, or is not: the database's steps, in its words. */
static enum ctl_exit
explain_person(const struct ctl *ctl)
{
    static const char *const headings[] = {">STEP", "ABOUT", "VERDICT", "WHY", NULL};
    json_t *answer = NULL;
    char *target = answer_target("/v1/districts/%s/explain", ctl->options->words[0]);
    json_t *body = json_pack("{s:s}", "sourced_id", ctl->options->words[1]);
    struct question question = {.door = DOOR_CONTROL, .target = target, .body = body};
    if (target == NULL || body == NULL) {
        json_decref(body);
        free(target);
        return CTL_REFUSED;
    }
    enum ctl_exit code = answer_get(ctl, &question, &answer);
    free(target);
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        struct table *table = table_new(headings);
        size_t index = 0;
        json_t *step = NULL;
        json_array_foreach(json_object_get(answer, "steps"), index, step)
        {
            char number[WORDS_SIZE];
            (void)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, get_count(step, "step"));
            table_add(table, PAINT_PLAIN, number);
            table_add(table, PAINT_STRONG, get_text(step, "subject", ""));
            table_add(table, PAINT_PLAIN, get_text(step, "verdict", ""));
            table_add(table, PAINT_PLAIN, get_text(step, "detail", ""));
        }
        table_print(table, &ctl->painter, 0, false);
        table_free(table);
    }
    json_decref(answer);
    return code;
}

enum ctl_exit
verb_explain(const struct ctl *ctl)
{
    const char *word = ctl->options->words[0];
    if (ctl->options->words_count == 2) {
        return explain_person(ctl);
    }
    enum cause cause = cause_from_word(word);
    if (cause != CAUSE_COUNT) {
        return explain_code(ctl, cause);
    }
    if (strchr(word, '.') != NULL) {
        fprintf(stderr, "rosterctl: there is no such code; rosterd-errors(7) lists them\n");
        return CTL_NO_SUCH;
    }
    bool is_run = word[strspn(word, "0123456789")] == '\0';
    char *target = answer_target(is_run ? "/v1/runs/%s" : "/v1/districts/%s", word);
    json_t *answer = NULL;
    struct question question = {.door = DOOR_STATUS, .target = target};
    enum ctl_exit code = target == NULL ? CTL_REFUSED : answer_get(ctl, &question, &answer);
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        show_staleness(ctl, answer);
        if (is_run) {
            explain_run(ctl, json_object_get(answer, "run"));
        } else {
            explain_district(ctl, json_object_get(answer, "district"));
        }
    }
    json_decref(answer);
    free(target);
    return code;
}
