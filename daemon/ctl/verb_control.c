/* sync, pause, resume, hostkey: what is done through control.sock. */
#include "answer.h"
#include "show.h"
#include "table.h"
#include "verbs.h"
#include "words.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAIT_TIMEOUT_S = 3600 };

/* --- sync ------------------------------------------------------------------------------------ */

static enum ctl_exit
get_district(const struct ctl *ctl, json_t **ret_answer)
{
    char *target = answer_target("/v1/districts/%s", ctl->options->words[0]);
    struct question question = {.door = DOOR_STATUS, .target = target};
    enum ctl_exit code = target == NULL ? CTL_REFUSED : answer_get(ctl, &question, ret_answer);
    free(target);
    return code;
}

/* What changes in a district when a look at its drop has ended, however it ended. */
struct look {
    double last_poll_at;
    double next_poll_at;
    double retry_at;
    json_int_t run_id;
};

static struct look
look_of(const json_t *district)
{
    return (struct look){.last_poll_at = get_when(district, "last_poll_at"),
                         .next_poll_at = get_when(district, "next_poll_at"),
                         .retry_at = get_when(district, "retry_at"),
                         .run_id = get_count(json_object_get(district, "last_run"), "run_id")};
}

static bool
has_looked(const struct look *before, const json_t *district, double asked_at)
{
    struct look after = look_of(district);
    bool is_over = after.last_poll_at > before->last_poll_at || after.run_id > before->run_id ||
                   after.retry_at > before->retry_at ||
                   (after.next_poll_at > before->next_poll_at && after.next_poll_at > asked_at);
    return is_over && !json_is_object(json_object_get(district, "running"));
}

/* The exit code of a district's run that has ended, or CTL_STILL_GOING. */
static enum ctl_exit
exit_of_run(const char *state)
{
    static const struct {
        const char *state;
        enum ctl_exit code;
    } states[] = {
        {"done", CTL_DONE},         {"unchanged", CTL_DONE},         {"previewed", CTL_DONE},
        {"held", CTL_RUN_HELD},     {"rejected", CTL_RUN_FAILED},    {"refused", CTL_RUN_FAILED},
        {"failed", CTL_RUN_FAILED}, {"interrupted", CTL_RUN_FAILED}, {"cancelled", CTL_RUN_FAILED},
        {"superseded", CTL_DONE}};
    for (size_t index = 0; index < sizeof states / sizeof *states; index++) {
        if (strcmp(states[index].state, state) == 0) {
            return states[index].code;
        }
    }
    return CTL_STILL_GOING;
}

static enum ctl_exit
tell_end(const struct ctl *ctl, const json_t *answer, const struct look *before)
{
    const json_t *district = json_object_get(answer, "district");
    const json_t *run = json_object_get(district, "last_run");
    const char *health = get_text(district, "health", "unknown");
    const char *slug = get_text(district, "slug", "NAME");
    bool has_new_run = get_count(run, "run_id") > before->run_id;
    bool is_bad = strcmp(health, "failing") == 0 || strcmp(health, "retrying") == 0;
    enum ctl_exit code = has_new_run ? exit_of_run(get_text(run, "state", "")) : CTL_DONE;
    if (!has_new_run && is_bad) {
        code = CTL_RUN_FAILED;
    }
    if (ctl->options->is_json) {
        answer_print_json(answer);
    } else if (has_new_run) {
        json_t *runs = json_pack("[O]", run);
        show_runs(ctl, runs, false);
        json_decref(runs);
    } else if (is_bad) {
        paint_print(&ctl->painter, PAINT_BAD, "%s", health);
        printf("   %s\n-> rosterctl explain %s\n", show_what(district), slug);
    } else {
        printf("%s: nothing new in the drop.\n", slug);
    }
    return code;
}

static enum ctl_exit
wait_for_end(const struct ctl *ctl, const struct look *before, double asked_at)
{
    const struct timespec pause = {.tv_nsec = 250 * 1000 * 1000};
    double limit_s =
        ctl->options->timeout_ms > 0 ? ctl->options->timeout_ms / 1000.0 : WAIT_TIMEOUT_S;
    while (when_now() < asked_at + limit_s) {
        json_t *answer = NULL;
        enum ctl_exit code = get_district(ctl, &answer);
        const json_t *district = json_object_get(answer, "district");
        bool is_waiting = json_is_string(json_object_get(district, "waiting"));
        if (code != CTL_DONE || (has_looked(before, district, asked_at) && !is_waiting)) {
            code = code != CTL_DONE ? code : tell_end(ctl, answer, before);
            json_decref(answer);
            return code;
        }
        json_decref(answer);
        (void)nanosleep(&pause, NULL);
    }
    if (!ctl->options->is_json) {
        fprintf(stderr, "rosterctl: time is up; the work goes on. Look with: rosterctl district "
                        "NAME\n");
    }
    return CTL_STILL_GOING;
}

enum ctl_exit
verb_sync(const struct ctl *ctl)
{
    json_t *before_answer = NULL;
    json_t *answer = NULL;
    bool waits = (ctl->options->given & OPTION_WAIT) != 0;
    struct look before = {0};
    if (waits) {
        enum ctl_exit code = get_district(ctl, &before_answer);
        before = look_of(json_object_get(before_answer, "district"));
        json_decref(before_answer);
        if (code != CTL_DONE) {
            return code;
        }
    }
    enum ctl_exit code = answer_act(ctl, "/v1/districts/%s/sync", json_object(), &answer);
    if (code == CTL_DONE && waits) {
        code = wait_for_end(ctl, &before, ctl->now);
    } else if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        const char *slug = get_text(answer, "slug", "the district");
        printf(get_truth(answer, "started") ? "%s: rosterd looks at its drop now.\n"
                                            : "%s: a look was under way already.\n",
               slug);
        printf("-> rosterctl district %s\n", slug);
    }
    json_decref(answer);
    return code;
}

/* --- pause and resume ------------------------------------------------------------------------ */

/* Waits a moment until the daemon shows the switch it was given, so that the next look agrees with
 * what was just said. It need not: what was answered is done. */
static void
wait_till_shown(const struct ctl *ctl, bool is_paused)
{
    const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
    double limit = when_now() + 3;
    bool is_shown = false;
    while (!is_shown && when_now() < limit) {
        json_t *answer = NULL;
        char *target = answer_target("/v1/districts/%s", ctl->options->words[0]);
        struct question question = {
            .door = DOOR_STATUS, .target = target == NULL ? "" : target, .is_quiet = true};
        enum ctl_exit code = answer_get(ctl, &question, &answer);
        const char *sync = get_text(json_object_get(answer, "district"), "sync", "");
        is_shown = code != CTL_DONE || (strcmp(sync, "paused") == 0) == is_paused ||
                   strcmp(sync, "off") == 0;
        json_decref(answer);
        free(target);
        if (!is_shown) {
            (void)nanosleep(&pause, NULL);
        }
    }
}

enum ctl_exit
verb_pause(const struct ctl *ctl)
{
    const struct options *options = ctl->options;
    char utc[WORDS_SIZE];
    char when_text[WORDS_SIZE];
    time_t until = 0;
    if (options->until == NULL || options->reason == NULL) {
        fprintf(stderr, "rosterctl: a pause needs --until TIME and --reason TEXT, so that others "
                        "know when it ends and why\n");
        return CTL_USAGE;
    }
    if (when_read(options->until, ctl->now, &until) != 0) {
        fprintf(stderr, "rosterctl: --until is like +2h, +3d, 2026-12-01, \"2026-12-01 06:30\" or "
                        "an RFC 3339 time\n");
        return CTL_USAGE;
    }
    if ((double)until <= ctl->now) {
        fprintf(stderr, "rosterctl: --until is in the past (%s)\n",
                format_when(when_text, (double)until));
        return CTL_USAGE;
    }
    json_t *answer = NULL;
    json_t *body =
        json_pack("{s:s, s:s}", "until", format_utc(utc, until), "reason", options->reason);
    if (body == NULL) {
        fprintf(stderr, "rosterctl: --reason is not UTF-8\n");
        return CTL_USAGE;
    }
    enum ctl_exit code = answer_act(ctl, "/v1/districts/%s/pause", body, &answer);
    if (code == CTL_DONE) {
        wait_till_shown(ctl, true);
    }
    if (code == CTL_DONE && options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        printf("%s is paused until %s. No run of it can commit from now on.\n",
               get_text(answer, "slug", options->words[0]), format_when(when_text, (double)until));
    }
    json_decref(answer);
    return code;
}

enum ctl_exit
verb_resume(const struct ctl *ctl)
{
    json_t *answer = NULL;
    enum ctl_exit code = answer_act(ctl, "/v1/districts/%s/resume", json_object(), &answer);
    if (code == CTL_DONE) {
        wait_till_shown(ctl, false);
    }
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        const char *slug = get_text(answer, "slug", "the district");
        printf("%s is not paused any more.\n-> rosterctl district %s\n", slug, slug);
    }
    json_decref(answer);
    return code;
}

/* --- hostkey --------------------------------------------------------------------------------- */

static void
print_offered(const struct ctl *ctl, const json_t *offered)
{
    static const char *const headings[] = {"", "OFFERED BY THE SERVER", "", NULL};
    struct table *table = table_new(headings);
    size_t index = 0;
    json_t *key = NULL;
    json_array_foreach(offered, index, key)
    {
        bool is_pinned = get_truth(key, "pinned");
        table_add(table, PAINT_PLAIN, get_text(key, "type", "unknown"));
        table_add(table, PAINT_PLAIN, get_text(key, "fingerprint", "unknown"));
        table_add(table, is_pinned ? PAINT_GOOD : PAINT_CARE, is_pinned ? "pinned" : "not pinned");
    }
    table_print(table, &ctl->painter, 0, false);
    table_free(table);
}

static bool
is_any_pinned(const json_t *offered)
{
    size_t index = 0;
    json_t *key = NULL;
    json_array_foreach((json_t *)(uintptr_t)offered, index, key)
    {
        if (get_truth(key, "pinned")) {
            return true;
        }
    }
    return false;
}

static void
print_hostkeys(const struct ctl *ctl, const json_t *answer)
{
    const json_t *pinned = json_object_get(answer, "pinned");
    const json_t *offered = json_object_get(answer, "offered");
    const char *slug = get_text(answer, "slug", "NAME");
    printf("%s: %s:%" JSON_INTEGER_FORMAT "\n", slug, get_text(answer, "host", "unknown"),
           get_count(answer, "port"));
    print_offered(ctl, offered);
    size_t index = 0;
    json_t *key = NULL;
    if (json_array_size(pinned) == 0) {
        printf("pinned: none, so nothing is fetched yet\n");
    }
    json_array_foreach(pinned, index, key)
    {
        printf("pinned: %s\n", json_string_value(key));
    }
    if (is_any_pinned(offered)) {
        paint_print(&ctl->painter, PAINT_GOOD, "The server shows a key that is pinned.\n");
        return;
    }
    if (json_array_size(pinned) > 0) {
        paint_print(&ctl->painter, PAINT_BAD,
                    "The server shows none of the pinned keys: another server, or somebody in "
                    "between.\n");
    }
    printf("Compare with the district, by telephone or a page you trust; only then:\n"
           "-> rosterctl hostkey %s --accept %s\n",
           slug, get_text(json_array_get(offered, 0), "fingerprint", "SHA256:…"));
}

enum ctl_exit
verb_hostkey(const struct ctl *ctl)
{
    json_t *answer = NULL;
    const char *accept = ctl->options->accept;
    enum ctl_exit code = CTL_DONE;
    if (accept == NULL) {
        code = answer_act(ctl, "/v1/districts/%s/hostkey", json_object(), &answer);
    } else {
        json_t *body = json_pack("{s:s}", "fingerprint", accept);
        code = answer_act(ctl, "/v1/districts/%s/hostkey-accept",
                          body == NULL ? json_object() : body, &answer);
    }
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE && accept == NULL) {
        print_hostkeys(ctl, answer);
    } else if (code == CTL_DONE) {
        const char *slug = get_text(answer, "slug", "the district");
        printf("%s: this key is pinned, in place of what was pinned before.\n"
               "-> rosterctl sync %s --wait\n",
               slug, slug);
    }
    json_decref(answer);
    return code;
}
