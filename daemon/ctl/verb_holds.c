/* holds: what waits for a decision. plan: what a held run would do. approve, refuse: the decision.
 */
#include "answer.h"
#include "show.h"
#include "table.h"
#include "verbs.h"
#include "words.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
is_run(const char *text)
{
    if (*text != '\0' && text[strspn(text, "0123456789")] == '\0') {
        return true;
    }
    fprintf(stderr, "rosterctl: a held run has a number; list them with: rosterctl holds\n");
    return false;
}

/* --- holds ----------------------------------------------------------------------------------- */

static void
add_hold(const struct ctl *ctl, struct table *table, const json_t *hold)
{
    char text[SHOW_SIZE];
    const char *decided_by = get_text(hold, "decided_by", "");
    bool is_removals = strcmp(get_text(hold, "withholds", ""), "removals") == 0;
    (void)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, get_count(hold, "run_id"));
    table_add(table, PAINT_STRONG, text);
    table_add(table, PAINT_STRONG, get_text(hold, "district", "unknown"));
    table_add(table, PAINT_PLAIN, show_age(hold, "since", ctl->now, "unknown", text));
    table_add(table, PAINT_PLAIN, is_removals ? "removals" : "everything");
    table_add(table, PAINT_PLAIN, get_text(hold, "what", ""));
    if (*decided_by != '\0') {
        (void)snprintf(text, sizeof text, "approved (%s) by %s, is carried out next",
                       get_text(hold, "decision", "all"), decided_by);
    } else {
        (void)snprintf(text, sizeof text, "-> rosterctl plan %" JSON_INTEGER_FORMAT,
                       get_count(hold, "run_id"));
    }
    table_note(table, PAINT_PLAIN, text);
}

enum ctl_exit
verb_holds(const struct ctl *ctl)
{
    static const char *const headings[] = {"RUN",   "DISTRICT",         "SINCE",
                                           "WAITS", "WHAT IT WOULD DO", NULL};
    json_t *answer = NULL;
    struct question question = {.door = DOOR_STATUS, .target = "/v1/holds"};
    enum ctl_exit code = answer_get(ctl, &question, &answer);
    const json_t *holds = json_object_get(answer, "holds");
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        show_staleness(ctl, answer);
        struct table *table = table_new(headings);
        size_t index = 0;
        json_t *hold = NULL;
        json_array_foreach((json_t *)(uintptr_t)holds, index, hold)
        {
            add_hold(ctl, table, hold);
        }
        if (table_rows(table) == 0) {
            puts("Nothing is held: no run waits for a decision.");
        } else {
            table_print(table, &ctl->painter, 0, false);
        }
        table_free(table);
    }
    json_decref(answer);
    return code;
}

/* --- plan ------------------------------------------------------------------------------------ */

/* "held for 2 h 10 m; nothing of it was applied": where the run stands. */
static void
print_state(const struct ctl *ctl, const json_t *plan)
{
    char age[SHOW_SIZE];
    char when[WORDS_SIZE];
    const char *state = get_text(plan, "state", "unknown");
    const char *decision = get_text(plan, "decision", "");
    bool is_open = get_truth(plan, "open");
    bool is_removals = strcmp(get_text(plan, "withholds", ""), "removals") == 0;
    printf("%s: run %" JSON_INTEGER_FORMAT " ", get_text(plan, "district", "unknown"),
           get_count(plan, "run_id"));
    paint_print(&ctl->painter, paint_of_word(state), "%s", state);
    if (is_open) {
        printf(" for %s; %s\n", show_age(plan, "since", ctl->now, "an unknown time", age),
               is_removals ? "only what it would take away waits, the rest was applied"
                           : "nothing of it was applied");
    } else {
        printf("\n");
    }
    const char *name = get_text(plan, "file_name", "");
    if (*name != '\0') {
        printf("file      %s   %s   sha256 %.12s…   read %s\n", name,
               format_bytes(age, get_count(plan, "file_size")),
               get_text(plan, "file_sha256", "unknown"),
               format_when_short(when, get_when(plan, "created_at"), ctl->now));
    } else {
        puts("file      none: it judges what is there by other settings, dates or acts");
    }
    if (*decision != '\0') {
        printf("decided   %s", decision);
        if (strcmp(decision, "approved") == 0) {
            printf(" (%s)", get_text(plan, "approved", "all"));
        }
        printf(" by %s, %s: \"%s\"\n", get_text(plan, "decided_by", "unknown"),
               format_when_short(when, get_when(plan, "decided_at"), ctl->now),
               get_text(plan, "decided_why", ""));
    }
    if (get_count(plan, "closed_by_run") > 0) {
        printf("then      run %" JSON_INTEGER_FORMAT " %s\n", get_count(plan, "closed_by_run"),
               strcmp(decision, "approved") == 0 ? "carried it out" : "replaced it");
    }
}

static void
print_words(const struct ctl *ctl, const json_t *shown)
{
    size_t index = 0;
    json_t *word = NULL;
    const json_t *words = json_object_get(shown, "words");
    if (json_array_size(words) == 0) {
        return;
    }
    paint_print(&ctl->painter, PAINT_STRONG, "\nWHAT IT WOULD DO\n");
    json_array_foreach((json_t *)(uintptr_t)words, index, word)
    {
        printf(" %s\n", json_string_value(word));
    }
}

static void
add_count(struct table *table, const json_t *kind, const char *member, enum paint paint)
{
    char text[WORDS_SIZE];
    json_int_t count = get_count(kind, member);
    table_add(table, paint, count < 0 ? "-" : format_count(text, count));
}

/* In numbers, by kind: the whole district first, then the schools where something changes. */
static void
print_kinds(const struct ctl *ctl, const json_t *shown)
{
    static const char *const headings[] = {"",     "",     ">IN USE", ">IN FILE", ">LOST",
                                           ">MAY", ">NEW", ">MAY",    "",         NULL};
    struct table *table = table_new(headings);
    size_t index = 0;
    json_t *kind = NULL;
    json_array_foreach(json_object_get(shown, "kinds"), index, kind)
    {
        const char *school = get_text(kind, "school", NULL);
        const char *over = get_text(kind, "over", "");
        bool is_lost = strstr(over, "removals") != NULL;
        bool is_new = strstr(over, "additions") != NULL;
        if (table == NULL) {
            return;
        }
        table_add(table, PAINT_STRONG, school == NULL ? get_text(kind, "kind", "unknown") : "");
        table_add(table, PAINT_PLAIN, school == NULL ? "whole district" : school);
        add_count(table, kind, "in_use", PAINT_PLAIN);
        add_count(table, kind, "in_file", PAINT_PLAIN);
        add_count(table, kind, "lost", is_lost ? PAINT_BAD : PAINT_PLAIN);
        add_count(table, kind, "removal_limit", PAINT_QUIET);
        add_count(table, kind, "added", is_new ? PAINT_BAD : PAINT_PLAIN);
        add_count(table, kind, "change_limit", PAINT_QUIET);
        table_add(table, PAINT_BAD,
                  is_lost && is_new ? "<- over both limits"
                  : is_lost         ? "<- more lost than may be"
                  : is_new          ? "<- more new than may be"
                                    : "");
    }
    if (table != NULL && table_rows(table) > 0) {
        paint_print(&ctl->painter, PAINT_STRONG, "\nIN NUMBERS\n");
        table_print(table, &ctl->painter, 1, false);
    }
    table_free(table);
}

static void
print_choices(const struct ctl *ctl, const json_t *plan)
{
    json_int_t run_id = get_count(plan, "run_id");
    bool is_removals = strcmp(get_text(plan, "withholds", ""), "removals") == 0;
    const json_t *mapping = json_object_get(json_object_get(plan, "shown"), "mapping");
    bool is_preview = strcmp(get_text(plan, "state", ""), "previewed") == 0;
    if (!get_truth(plan, "open") && !is_preview) {
        return;
    }
    paint_print(&ctl->painter, PAINT_STRONG, "\nNEXT\n");
    if (is_preview) {
        printf(" nothing was applied; to apply what comes from now on:\n"
               " UPDATE rosterd.district SET preview_only = false WHERE slug = '%s';\n",
               get_text(plan, "district", "NAME"));
        return;
    }
    if (*get_text(plan, "decision", "") != '\0') {
        printf(" approved: rosterd carries it out with its next run\n"
               " not after all?        rosterctl refuse %" JSON_INTEGER_FORMAT " --reason TEXT\n",
               run_id);
        return;
    }
    if (mapping != NULL && !json_is_null(mapping)) {
        printf(" numbered anew?        rosterctl approve %" JSON_INTEGER_FORMAT
               " --mapping --reason TEXT\n",
               run_id);
    }
    printf(" as it should be?      rosterctl approve %" JSON_INTEGER_FORMAT " --reason TEXT\n",
           run_id);
    if (!is_removals) {
        printf(" only what is new?     rosterctl approve %" JSON_INTEGER_FORMAT
               " --additions --reason TEXT\n",
               run_id);
    }
    printf(" a mistake?            rosterctl refuse %" JSON_INTEGER_FORMAT
           " --reason TEXT, and tell the district\n"
           " or do nothing: the district's next good file is judged anew and replaces it\n",
           run_id);
}

enum ctl_exit
verb_plan(const struct ctl *ctl)
{
    json_t *answer = NULL;
    if (!is_run(ctl->options->words[0])) {
        return CTL_USAGE;
    }
    char *target = answer_target("/v1/plans/%s", ctl->options->words[0]);
    struct question question = {.door = DOOR_STATUS, .target = target, .timeout_default_ms = 30000};
    enum ctl_exit code = target == NULL ? CTL_REFUSED : answer_get(ctl, &question, &answer);
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        const json_t *plan = json_object_get(answer, "plan");
        const json_t *shown = json_object_get(plan, "shown");
        print_state(ctl, plan);
        print_words(ctl, shown);
        print_kinds(ctl, shown);
        print_choices(ctl, plan);
    }
    json_decref(answer);
    free(target);
    return code;
}

/* --- approve and refuse ---------------------------------------------------------------------- */

/* Sends the decision, and tells what happens next. */
static enum ctl_exit
decide(const struct ctl *ctl, const char *format, const char *what, const char *next)
{
    const char *reason = ctl->options->reason;
    if (!is_run(ctl->options->words[0])) {
        return CTL_USAGE;
    }
    if (reason == NULL) {
        fprintf(stderr, "rosterctl: a decision needs --reason TEXT, so that others know why\n");
        return CTL_USAGE;
    }
    json_t *body = what == NULL ? json_pack("{s:s}", "reason", reason)
                                : json_pack("{s:s, s:s}", "reason", reason, "what", what);
    if (body == NULL) {
        fprintf(stderr, "rosterctl: --reason is not UTF-8\n");
        return CTL_USAGE;
    }
    json_t *answer = NULL;
    enum ctl_exit code = answer_act(ctl, format, body, &answer);
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        printf("%s.\n%s\n-> rosterctl plan %s\n", get_text(answer, "message", "Done"), next,
               ctl->options->words[0]);
    }
    json_decref(answer);
    return code;
}

enum ctl_exit
verb_approve(const struct ctl *ctl)
{
    bool is_additions = (ctl->options->given & OPTION_ADDITIONS) != 0;
    bool is_mapping = (ctl->options->given & OPTION_MAPPING) != 0;
    if (is_additions && is_mapping) {
        fprintf(stderr, "rosterctl: --additions and --mapping exclude each other\n");
        return CTL_USAGE;
    }
    return decide(ctl, "/v1/plans/%s/approve",
                  is_additions ? "additions"
                  : is_mapping ? "mapping"
                               : "all",
                  "rosterd reads its file once more and applies it. If that finds other or more "
                  "than was shown, it is held again.");
}

enum ctl_exit
verb_refuse(const struct ctl *ctl)
{
    return decide(ctl, "/v1/plans/%s/refuse", NULL,
                  "Nothing of what waited is applied, and this file is not looked at again.");
}
