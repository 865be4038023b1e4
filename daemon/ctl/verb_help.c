/* help, version, and the words for the shell's completion. */
#include "answer.h"
#include "error.h"
#include "verbs.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
print_options(void)
{
    puts(
        "\nOptions everywhere:\n"
        "  --json             for programs; text may change, JSON only grows\n"
        "  --socket PATH      to look (default /run/rosterd/status.sock, or $ROSTERCTL_SOCKET)\n"
        "  --control PATH     to act (default /run/rosterd/control.sock, or $ROSTERCTL_CONTROL)\n"
        "  --timeout SECONDS  how long to wait for an answer\n"
        "  --color WHEN       auto, always or never; NO_COLOR is heeded\n"
        "\nExit: 0 done · 1 refused or failed · 2 usage · 3 daemon not running · 4 no such name ·\n"
        "      5 not permitted · 6 changed meanwhile · with --wait: 7 run failed, 8 held, 9 time "
        "up\n"
        "      check, validate: 0 well, 1 warnings, 2 failures · health: 0 to 3 as in Nagios\n"
        "More: man rosterctl, man rosterd-errors");
}

static enum ctl_exit
help_on(const char *name)
{
    const struct verb *verb = verb_find(name);
    if (verb == NULL || verb->summary == NULL) {
        const struct verb *closest = verb_closest(name);
        char *safe = words_safe(name);
        fprintf(stderr, "rosterctl: there is no verb \"%s\"", safe == NULL ? "" : safe);
        fprintf(stderr,
                closest == NULL ? "; rosterctl help lists them\n" : "; did you mean \"%s\"?\n",
                closest == NULL ? "" : closest->name);
        free(safe);
        return CTL_USAGE;
    }
    printf("rosterctl %s%s%s\n  %s\nMore: man rosterctl\n", verb->name,
           *verb->synopsis == '\0' ? "" : " ", verb->synopsis, verb->summary);
    return CTL_DONE;
}

enum ctl_exit
verb_help(const struct ctl *ctl)
{
    if (ctl->options->words_count > 0) {
        return help_on(ctl->options->words[0]);
    }
    puts("rosterctl: look at rosterd, and act on it. Without a verb: status.\n");
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        if (verb->summary != NULL) {
            char usage[128];
            (void)snprintf(usage, sizeof usage, "%s %s", verb->name, verb->synopsis);
            if (words_width(usage) > 34) {
                printf("  %s\n  %34s  %s\n", usage, "", verb->summary);
            } else {
                printf("  %s%*s  %s\n", usage, (int)(34 - words_width(usage)), "", verb->summary);
            }
        }
    }
    print_options();
    return CTL_DONE;
}

enum ctl_exit
verb_version(const struct ctl *ctl)
{
    json_t *answer = NULL;
    struct question question = {.door = DOOR_STATUS, .target = "/v1/version", .is_quiet = true};
    enum ctl_exit code = answer_get(ctl, &question, &answer);
    const char *daemon = code == CTL_DONE ? get_text(answer, "version", "unknown") : NULL;
    if (ctl->options->is_json) {
        json_t *versions = json_pack("{s:i, s:s, s:o}", "schema", 1, "rosterctl", ROSTERD_VERSION,
                                     "rosterd", daemon == NULL ? json_null() : json_string(daemon));
        answer_print_json(versions);
        json_decref(versions);
    } else {
        printf("rosterctl %s\nrosterd   %s\n", ROSTERD_VERSION,
               daemon == NULL ? "not asked: it is not running, or not for this user" : daemon);
    }
    json_decref(answer);
    return CTL_DONE;
}

/* Names of districts, one a line; silent when they cannot be had at once. */
static enum ctl_exit
complete_districts(const struct ctl *ctl)
{
    json_t *answer = NULL;
    struct question question = {.door = DOOR_STATUS,
                                .target = "/v1/districts?limit=500",
                                .timeout_default_ms = 200,
                                .is_quiet = true};
    if (answer_get(ctl, &question, &answer) == CTL_DONE) {
        size_t index = 0;
        json_t *district = NULL;
        json_array_foreach(json_object_get(answer, "districts"), index, district)
        {
            puts(get_text(district, "slug", ""));
        }
    }
    json_decref(answer);
    return CTL_DONE;
}

/* Numbers of held runs, likewise. */
static enum ctl_exit
complete_holds(const struct ctl *ctl)
{
    json_t *answer = NULL;
    struct question question = {
        .door = DOOR_STATUS, .target = "/v1/holds", .timeout_default_ms = 200, .is_quiet = true};
    if (answer_get(ctl, &question, &answer) == CTL_DONE) {
        size_t index = 0;
        json_t *hold = NULL;
        json_array_foreach(json_object_get(answer, "holds"), index, hold)
        {
            printf("%" JSON_INTEGER_FORMAT "\n", get_count(hold, "run_id"));
        }
    }
    json_decref(answer);
    return CTL_DONE;
}

enum ctl_exit
verb_complete(const struct ctl *ctl)
{
    const char *what = ctl->options->words[0];
    if (strcmp(what, "districts") == 0) {
        return complete_districts(ctl);
    }
    if (strcmp(what, "holds") == 0) {
        return complete_holds(ctl);
    }
    if (strcmp(what, "codes") == 0) {
        for (int cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++) {
            puts(cause_word((enum cause)cause));
        }
    }
    if (strcmp(what, "verbs") == 0) {
        for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
            if (verb->summary != NULL) {
                puts(verb->name);
            }
        }
    }
    return CTL_DONE;
}
