#include "show.h"

#include "answer.h"
#include "error.h"
#include "table.h"
#include "words.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

bool
show_needs_somebody(const json_t *district)
{
    const char *health = get_text(district, "health", "");
    return strcmp(health, "failing") == 0 || strcmp(health, "held") == 0 ||
           strcmp(health, "late") == 0;
}

const char *
show_next_step(const json_t *district, char buffer[static SHOW_SIZE])
{
    const char *reason = get_text(district, "reason", "");
    const char *slug = get_text(district, "slug", "NAME");
    const char *verb = "explain";
    json_int_t held = get_count(json_object_get(district, "hold"), "run_id");
    if (held > 0 && strcmp(get_text(district, "health", ""), "held") == 0) {
        (void)snprintf(buffer, SHOW_SIZE, "rosterctl plan %" JSON_INTEGER_FORMAT, held);
        return buffer;
    }
    if (strncmp(reason, "sftp.hostkey", 12) == 0) {
        verb = "hostkey";
    } else if (strncmp(reason, "roster.", 7) == 0) {
        verb = "findings";
    }
    (void)snprintf(buffer, SHOW_SIZE, "rosterctl %s %s", verb, slug);
    return buffer;
}

const char *
show_act(enum cause cause, const char *slug, json_int_t run_id, char buffer[static SHOW_SIZE])
{
    char run[WORDS_SIZE];
    const char *text = cause_act(cause);
    size_t length = 0;
    (void)snprintf(run, sizeof run, run_id > 0 ? "%" JSON_INTEGER_FORMAT : "RUN", run_id);
    for (const char *at = text; *at != '\0' && length + 1 < SHOW_SIZE;) {
        bool is_slug = strncmp(at, "SLUG", 4) == 0;
        bool is_run = strncmp(at, "RUN", 3) == 0;
        if (is_slug || is_run) {
            length +=
                (size_t)snprintf(buffer + length, SHOW_SIZE - length, "%s", is_slug ? slug : run);
            at += is_slug ? 4 : 3;
        } else {
            buffer[length++] = *at++;
        }
    }
    buffer[length < SHOW_SIZE ? length : SHOW_SIZE - 1] = '\0';
    return buffer;
}

bool
show_is_over(const json_t *run)
{
    const char *state = get_text(run, "state", "");
    return strcmp(state, "refused") == 0 || strcmp(state, "superseded") == 0;
}

const char *
show_waiting(const json_t *district, const char **ret_owner)
{
    static const struct {
        const char *word;
        const char *owner;
        const char *text;
    } reasons[] = {
        {"first-seen", "nobody",
         "a file is there; it is taken when the next look finds it unchanged"},
        {"growing", "nobody", "a file is there and still growing"},
        {"no-marker", "district",
         "a file is there, but not yet the marker that says it is complete; the district uploads "
         "it last (NAME.zip.done or NAME.done)"},
        {"empty", "district",
         "a file is there, but it is empty (0 bytes): still being uploaded, or the export failed; "
         "the district looks at it"},
        {"older", "district",
         "an older file is not complete yet, and the newer ones hold changes that need it; the "
         "district completes it, removes it, or uploads a complete (bulk) export"},
        {"incomplete", "district",
         "some files of the set are missing or empty: it needs manifest.csv, or orgs, "
         "classes, users and enrollments; the district uploads them"},
    };
    const char *waiting = get_text(district, "waiting", "");
    for (size_t index = 0; index < sizeof reasons / sizeof *reasons; index++) {
        if (strcmp(reasons[index].word, waiting) == 0) {
            if (ret_owner != NULL) {
                *ret_owner = reasons[index].owner;
            }
            return reasons[index].text;
        }
    }
    return NULL;
}

/* Why nothing of a district is in use yet although nothing went wrong. */
static const char *
what_is_missing(const json_t *district)
{
    const char *state = get_text(json_object_get(district, "last_run"), "state", "");
    if (strcmp(state, "previewed") == 0) {
        return "Only previewed so far: its runs show what they would do, and apply nothing.";
    }
    if (show_waiting(district, NULL) != NULL) {
        return "Its first file is not taken yet.";
    }
    return get_when(district, "last_poll_at") >= 0 ? "No file has come yet." : "Not looked at yet.";
}

const char *
show_what(const json_t *object)
{
    enum cause cause = cause_from_word(get_text(object, "reason", "none"));
    if (cause != CAUSE_COUNT && cause != CAUSE_NONE) {
        return cause_what(cause);
    }
    const char *health = get_text(object, "health", "");
    if (strcmp(health, "unknown") == 0) {
        return what_is_missing(object);
    }
    return get_text(object, "reason", "");
}

const char *
show_owner(const char *owner)
{
    static const struct {
        const char *word;
        const char *text;
    } owners[] = {{"district", "the district"},
                  {"ops", "ops"},
                  {"csm", "the CSM"},
                  {"nobody", "nobody, it mends itself"}};
    for (size_t index = 0; index < sizeof owners / sizeof *owners; index++) {
        if (strcmp(owners[index].word, owner) == 0) {
            return owners[index].text;
        }
    }
    return *owner == '\0' ? "unknown" : owner;
}

static size_t
append_amount(char *text, size_t length, const char *what, const char *done, const char *total)
{
    int added = total == NULL ? snprintf(text + length, SHOW_SIZE - length, ", %s%s", done, what)
                              : snprintf(text + length, SHOW_SIZE - length, ", %s of %s%s", done,
                                         total, what);
    return length + (size_t)added;
}

const char *
show_progress(const json_t *running, double now, char buffer[static SHOW_SIZE])
{
    char done[WORDS_SIZE];
    char total[WORDS_SIZE];
    const char *file = get_text(running, "file", "");
    json_int_t bytes = get_count(running, "bytes");
    json_int_t bytes_total = get_count(running, "bytes_total");
    json_int_t rows = get_count(running, "rows");
    const char *step = get_text(running, "step", "working");
    bool is_download = strcmp(step, "polling") == 0 && bytes >= 0;
    size_t length =
        (size_t)snprintf(buffer, SHOW_SIZE, "%s%s%.200s", is_download ? "fetching" : step,
                         *file == '\0' ? "" : " ", file);
    bool reads_rows = strcmp(step, "staging") == 0;
    if (rows >= 0 && reads_rows) {
        length = append_amount(buffer, length, " rows", format_count(done, rows), NULL);
    }
    if (bytes >= 0) {
        length = append_amount(buffer, length, "", format_bytes(done, bytes),
                               bytes_total > 0 ? format_bytes(total, bytes_total) : NULL);
    }
    if (bytes >= 0 && bytes_total > 0) {
        length += (size_t)snprintf(buffer + length, SHOW_SIZE - length, " (%.0f %%)",
                                   100.0 * (double)bytes / (double)bytes_total);
    }
    double since = get_when(running, "since");
    double elapsed = now > since ? now - since : 0;
    if (since >= 0) {
        length += (size_t)snprintf(buffer + length, SHOW_SIZE - length, ", for %s",
                                   format_duration(done, elapsed));
    }
    /* A guess only when there is enough to guess from. */
    if (since >= 0 && elapsed >= 2 && bytes > 0 && bytes_total > bytes) {
        double left = elapsed * (double)(bytes_total - bytes) / (double)bytes;
        (void)snprintf(buffer + length, SHOW_SIZE - length, ", about %s left",
                       format_duration(done, left < 1 ? 1 : left));
    }
    return buffer;
}

const char *
show_age(const json_t *object, const char *key, double now, const char *unknown,
         char buffer[static SHOW_SIZE])
{
    double when = get_when(object, key);
    if (when < 0) {
        (void)snprintf(buffer, SHOW_SIZE, "%s", unknown);
        return buffer;
    }
    return format_duration(buffer, now > when ? now - when : 0);
}

json_int_t
show_counts_sum(const json_t *counts, const char *member)
{
    json_int_t sum = -1;
    const char *kind = NULL;
    json_t *count = NULL;
    json_object_foreach((json_t *)(uintptr_t)counts, kind, count)
    {
        json_int_t amount = get_count(count, member);
        if (amount >= 0) {
            sum = (sum < 0 ? 0 : sum) + amount;
        }
    }
    return sum;
}

bool
show_counts_hold(const json_t *run)
{
    return get_when(run, "applied_at") >= 0 || strcmp(get_text(run, "state", ""), "previewed") == 0;
}

static void
add_sum(struct table *table, const json_t *run, const char *member)
{
    char text[WORDS_SIZE];
    json_int_t sum =
        show_counts_hold(run) ? show_counts_sum(json_object_get(run, "counts"), member) : -1;
    table_add(table, PAINT_PLAIN, sum < 0 ? "-" : format_count(text, sum));
}

static void
add_run(const struct ctl *ctl, struct table *table, const json_t *run, bool with_district)
{
    char text[WORDS_SIZE];
    (void)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, get_count(run, "run_id"));
    table_add(table, PAINT_STRONG, text);
    if (with_district) {
        table_add(table, PAINT_PLAIN, get_text(run, "district", "unknown"));
    }
    double begun = get_when(run, "created_at");
    double ended = get_when(run, "ended_at");
    table_add(table, PAINT_PLAIN, format_when_short(text, begun, ctl->now));
    double took = ended >= 0 ? ended - begun : ctl->now - begun;
    table_add(table, PAINT_PLAIN, begun < 0 ? "-" : format_duration(text, took > 0 ? took : 0));
    const char *state = get_text(run, "state", "unknown");
    table_add(table, paint_of_word(state), state);
    add_sum(table, run, "added");
    add_sum(table, run, "changed");
    add_sum(table, run, "removed");
    const char *reason = get_text(run, "reason", "");
    table_add(table, PAINT_PLAIN, *reason == '\0' ? get_text(run, "file_name", "") : reason);
}

void
show_runs(const struct ctl *ctl, const json_t *runs, bool with_district)
{
    static const char *const all[] = {"RUN",    "DISTRICT", "START",    "TOOK",         "STATE",
                                      ">ADDED", ">CHANGED", ">REMOVED", "WHY, OR FILE", NULL};
    static const char *const one[] = {"RUN",      "START",    "TOOK",         "STATE", ">ADDED",
                                      ">CHANGED", ">REMOVED", "WHY, OR FILE", NULL};
    struct table *table = table_new(with_district ? all : one);
    if (table == NULL) {
        return;
    }
    size_t index = 0;
    json_t *run = NULL;
    json_array_foreach(runs, index, run)
    {
        add_run(ctl, table, run, with_district);
    }
    table_print(table, &ctl->painter, 0, false);
    table_free(table);
}

void
show_staleness(const struct ctl *ctl, const json_t *answer)
{
    char age[SHOW_SIZE];
    if (get_truth(answer, "stale")) {
        paint_print(&ctl->painter, PAINT_BAD,
                    "STALE: rosterd's loop has not moved for %s; what follows is that old.\n",
                    show_age(answer, "taken_at", ctl->now, "an unknown time", age));
        printf("  -> systemctl status rosterd (its watchdog restarts it)\n\n");
    }
}
