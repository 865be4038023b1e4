/* status: everything on one screen, what is bad first. */
#include "answer.h"
#include "show.h"
#include "table.h"
#include "verbs.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

static void
print_daemon(const struct ctl *ctl, const json_t *status)
{
    char up[SHOW_SIZE];
    char age[SHOW_SIZE];
    char when[WORDS_SIZE];
    const json_t *daemon = json_object_get(status, "daemon");
    paint_print(&ctl->painter, PAINT_STRONG, "rosterd %s", get_text(daemon, "version", "unknown"));
    printf(" on %s   up %s   answer %s old   %s\n", get_text(daemon, "name", "unknown"),
           show_age(daemon, "started_at", ctl->now, "unknown", up),
           show_age(status, "taken_at", ctl->now, "unknown", age), format_when(when, ctl->now));
    if (get_truth(daemon, "draining")) {
        paint_print(&ctl->painter, PAINT_CARE,
                    "draining: it finishes what runs and starts nothing new\n");
    }
}

static void
print_database(const struct ctl *ctl, const json_t *status)
{
    const json_t *database = json_object_get(status, "database");
    char text[WORDS_SIZE];
    printf("database  ");
    if (!get_truth(database, "up")) {
        char age[SHOW_SIZE];
        paint_print(&ctl->painter, PAINT_BAD, "DOWN");
        printf(" for %s: nothing can be staged or applied; rosterd goes on trying\n",
               show_age(database, "down_since", ctl->now, "an unknown time", age));
        const char *detail = get_text(database, "detail", "");
        if (*detail != '\0') {
            printf("          %s\n", detail);
        }
        printf("          -> rosterctl check\n");
        return;
    }
    paint_print(&ctl->painter, PAINT_GOOD, "ok");
    double roundtrip_ms = get_real(database, "roundtrip_ms");
    if (roundtrip_ms >= 0) {
        (void)snprintf(text, sizeof text, "%.1f ms", roundtrip_ms);
    }
    printf("   %s\n", roundtrip_ms >= 0 ? text : "round trip unknown");
}

static void
print_spool(const struct ctl *ctl, const json_t *status)
{
    const json_t *spool = json_object_get(status, "spool");
    json_int_t bytes = get_count(spool, "bytes");
    json_int_t limit = get_count(spool, "limit_bytes");
    json_int_t files = get_count(spool, "files");
    char used[WORDS_SIZE];
    char total[WORDS_SIZE];
    char number[WORDS_SIZE];
    printf("spool     ");
    if (bytes >= 0 && limit > 0 && bytes >= limit) {
        paint_print(&ctl->painter, PAINT_BAD, "FULL");
    } else if (bytes >= 0 && limit > 0 && bytes > limit / 10 * 8) {
        paint_print(&ctl->painter, PAINT_CARE, "nearly full");
    } else {
        paint_print(&ctl->painter, bytes < 0 ? PAINT_CARE : PAINT_GOOD,
                    bytes < 0 ? "unknown" : "ok");
    }
    printf("   %s of %s, %s file%s\n", format_bytes(used, bytes), format_bytes(total, limit),
           format_count(number, files), files == 1 ? "" : "s");
}

/* The loop is mentioned only when it is slow enough for somebody to notice. */
static void
print_loop(const struct ctl *ctl, const json_t *status)
{
    double lag_ms = get_real(json_object_get(status, "loop"), "lag_p99_ms");
    if (lag_ms > 100) {
        printf("loop      ");
        paint_print(&ctl->painter, PAINT_CARE, "slow");
        printf("   p99 %.0f ms late: is the machine short of CPU?\n", lag_ms);
    }
}

/* "203 ok, 4 late": the health words that occur, in their order of urgency. */
static void
print_health(const struct ctl *ctl, const json_t *health)
{
    static const char *const words[] = {"failing", "held",    "late", "retrying",
                                        "unknown", "working", "ok"};
    char number[WORDS_SIZE];
    const char *separator = "";
    for (size_t index = 0; index < sizeof words / sizeof *words; index++) {
        json_int_t count = get_count(health, words[index]);
        if (count > 0) {
            printf("%s%s ", separator, format_count(number, count));
            paint_print(&ctl->painter, paint_of_word(words[index]), "%s", words[index]);
            separator = ", ";
        }
    }
}

static void
print_districts(const struct ctl *ctl, const json_t *status)
{
    const json_t *districts = json_object_get(status, "districts");
    const json_t *sync = json_object_get(districts, "sync");
    char number[4][WORDS_SIZE];
    json_int_t total = get_count(districts, "total");
    if (total == 0) {
        printf("\nNo districts yet. The first one, in psql:\n"
               "  SELECT rosterd.onboard('springfield-usd', 'Springfield USD', HOST, 22, USER, "
               "PATH, CREDENTIAL);\n");
        return;
    }
    printf("\n%s district%s   %s on, %s paused, %s off", format_count(number[0], total),
           total == 1 ? "" : "s", format_count(number[1], get_count(sync, "on")),
           format_count(number[2], get_count(sync, "paused")),
           format_count(number[3], get_count(sync, "off")));
    json_int_t here = get_count(districts, "here");
    if (here >= 0 && here != total) {
        printf(", %s looked after by this daemon", format_count(number[0], here));
    }
    if (get_count(sync, "on") > 0) {
        printf("   of those on: ");
        print_health(ctl, json_object_get(districts, "health"));
    }
    printf("\n");
}

static void
print_needs(const struct ctl *ctl, const json_t *status)
{
    static const char *const headings[] = {"", "", "SINCE", "WHO ACTS", "WHAT", NULL};
    const json_t *needs = json_object_get(status, "needs");
    char buffer[SHOW_SIZE];
    char line[2 * SHOW_SIZE];
    if (json_array_size(needs) == 0) {
        if (!get_truth(status, "stale") && get_truth(json_object_get(status, "database"), "up")) {
            paint_print(&ctl->painter, PAINT_GOOD, "\nNobody has to do anything.\n");
        }
        return;
    }
    struct table *table = table_new(headings);
    if (table == NULL) {
        return;
    }
    paint_print(&ctl->painter, PAINT_STRONG, "\nNEEDS SOMEBODY\n");
    size_t index = 0;
    json_t *district = NULL;
    json_array_foreach(needs, index, district)
    {
        const char *health = get_text(district, "health", "unknown");
        table_add(table, paint_of_word(health), health);
        table_add(table, PAINT_STRONG, get_text(district, "slug", "unknown"));
        table_add(table, PAINT_PLAIN, show_age(district, "since", ctl->now, "unknown", buffer));
        table_add(table, PAINT_PLAIN, show_owner(get_text(district, "owner", "")));
        table_add(table, PAINT_PLAIN, show_what(district));
        const char *detail = get_text(district, "detail", "");
        (void)snprintf(line, sizeof line, "-> %s%s%s", show_next_step(district, buffer),
                       *detail == '\0' ? "" : "   ", detail);
        table_note(table, PAINT_PLAIN, line);
    }
    table_print(table, &ctl->painter, 1, false);
    table_free(table);
    json_int_t total = get_count(status, "needs_total");
    json_int_t more = total - (json_int_t)json_array_size(needs);
    if (more > 0) {
        printf(" … %s more: rosterctl districts --needs\n", format_count(buffer, more));
    }
}

static void
print_running(const struct ctl *ctl, const json_t *status)
{
    static const char *const headings[] = {"", "", NULL};
    const json_t *running = json_object_get(status, "running");
    char buffer[SHOW_SIZE];
    struct table *table = json_array_size(running) == 0 ? NULL : table_new(headings);
    if (table == NULL) {
        return;
    }
    paint_print(&ctl->painter, PAINT_STRONG, "\nRUNNING\n");
    size_t index = 0;
    json_t *district = NULL;
    json_array_foreach(running, index, district)
    {
        table_add(table, PAINT_PLAIN, get_text(district, "slug", "unknown"));
        table_add(table, PAINT_PLAIN,
                  show_progress(json_object_get(district, "running"), ctl->now, buffer));
    }
    table_print(table, &ctl->painter, 1, true);
    table_free(table);
    json_int_t more = get_count(status, "running_total") - (json_int_t)json_array_size(running);
    if (more > 0) {
        printf(" … %s more: rosterctl districts --state working\n", format_count(buffer, more));
    }
}

enum ctl_exit
verb_status(const struct ctl *ctl)
{
    json_t *status = NULL;
    struct question question = {.door = DOOR_STATUS, .target = "/v1/status"};
    enum ctl_exit code = answer_get(ctl, &question, &status);
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(status);
    } else if (code == CTL_DONE) {
        show_staleness(ctl, status);
        print_daemon(ctl, status);
        print_database(ctl, status);
        print_spool(ctl, status);
        print_loop(ctl, status);
        print_districts(ctl, status);
        print_needs(ctl, status);
        print_running(ctl, status);
    }
    json_decref(status);
    return code;
}
