/* health: one line and a code for monitoring. metrics: Prometheus text as the daemon writes it. */
#include "answer.h"
#include "client.h"
#include "show.h"
#include "verbs.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Codes and words of monitoring plug-ins. */
enum nagios { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

static const char *const nagios_words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

static enum ctl_exit
say(const struct ctl *ctl, enum nagios verdict, const char *text, const char *performance)
{
    if (ctl->options->is_json) {
        json_t *answer = json_pack("{s:i, s:s, s:s}", "schema", 1, "verdict", nagios_words[verdict],
                                   "text", text);
        answer_print_json(answer);
        json_decref(answer);
    } else {
        printf("ROSTERD %s - %s%s%s\n", nagios_words[verdict], text,
               *performance == '\0' ? "" : " | ", performance);
    }
    return (enum ctl_exit)verdict;
}

static enum ctl_exit
say_daemon(const struct ctl *ctl, const json_t *status)
{
    const json_t *health = json_object_get(json_object_get(status, "districts"), "health");
    const json_t *spool = json_object_get(status, "spool");
    const json_t *database = json_object_get(status, "database");
    char text[SHOW_SIZE];
    char performance[SHOW_SIZE];
    json_int_t failing = get_count(health, "failing");
    json_int_t held = get_count(health, "held");
    json_int_t late = get_count(health, "late");
    (void)snprintf(performance, sizeof performance,
                   "failing=%" JSON_INTEGER_FORMAT " held=%" JSON_INTEGER_FORMAT
                   " late=%" JSON_INTEGER_FORMAT " retrying=%" JSON_INTEGER_FORMAT
                   " ok=%" JSON_INTEGER_FORMAT " spool=%" JSON_INTEGER_FORMAT "B",
                   failing, held, late, get_count(health, "retrying"), get_count(health, "ok"),
                   get_count(spool, "bytes"));
    if (get_truth(status, "stale")) {
        return say(ctl, NAGIOS_CRITICAL, "the daemon's loop is stuck", performance);
    }
    if (!get_truth(database, "up")) {
        (void)snprintf(text, sizeof text, "no database: %.300s",
                       get_text(database, "detail", "no reason known"));
        return say(ctl, NAGIOS_CRITICAL, text, performance);
    }
    if (!get_truth(json_object_get(status, "daemon"), "ready")) {
        return say(ctl, NAGIOS_CRITICAL, "the daemon is not ready", performance);
    }
    json_int_t limit = get_count(spool, "limit_bytes");
    if (limit > 0 && get_count(spool, "bytes") >= limit) {
        return say(ctl, NAGIOS_CRITICAL, "the spool is full", performance);
    }
    (void)snprintf(text, sizeof text,
                   "%" JSON_INTEGER_FORMAT " failing, %" JSON_INTEGER_FORMAT
                   " held, %" JSON_INTEGER_FORMAT " late of %" JSON_INTEGER_FORMAT " districts on",
                   failing, held, late,
                   get_count(json_object_get(json_object_get(status, "districts"), "sync"), "on"));
    return say(ctl, failing + held + late > 0 ? NAGIOS_WARNING : NAGIOS_OK, text, performance);
}

static enum ctl_exit
say_district(const struct ctl *ctl, const json_t *answer)
{
    char text[SHOW_SIZE];
    const json_t *district = json_object_get(answer, "district");
    const char *sync = get_text(district, "sync", "unknown");
    const char *health = get_text(district, "health", "unknown");
    const char *slug = get_text(district, "slug", "unknown");
    if (get_truth(answer, "stale")) {
        return say(ctl, NAGIOS_CRITICAL, "the daemon's loop is stuck", "");
    }
    if (strcmp(sync, "on") != 0) {
        (void)snprintf(text, sizeof text, "%s is %s", slug, sync);
        return say(ctl, NAGIOS_OK, text, "");
    }
    bool is_bad = strcmp(health, "failing") == 0;
    bool is_well = strcmp(health, "ok") == 0 || strcmp(health, "working") == 0;
    const char *what = is_well ? "" : show_what(district);
    (void)snprintf(text, sizeof text, "%s is %s%s%.300s", slug, health, *what == '\0' ? "" : ": ",
                   what);
    return say(ctl,
               is_bad                           ? NAGIOS_CRITICAL
               : strcmp(health, "unknown") == 0 ? NAGIOS_UNKNOWN
               : is_well                        ? NAGIOS_OK
                                                : NAGIOS_WARNING,
               text, "");
}

enum ctl_exit
verb_health(const struct ctl *ctl)
{
    bool is_of_district = ctl->options->words_count > 0;
    char *target =
        is_of_district ? answer_target("/v1/districts/%s", ctl->options->words[0]) : NULL;
    struct question question = {
        .door = DOOR_STATUS, .target = is_of_district ? target : "/v1/status", .is_quiet = true};
    json_t *answer = NULL;
    enum ctl_exit code = CTL_REFUSED;
    if (!is_of_district || target != NULL) {
        code = answer_get(ctl, &question, &answer);
    }
    if (code != CTL_DONE) {
        code = say(ctl, NAGIOS_UNKNOWN, get_text(answer, "message", "no answer"), "");
    } else {
        code = is_of_district ? say_district(ctl, answer) : say_daemon(ctl, answer);
    }
    json_decref(answer);
    free(target);
    return code;
}

enum ctl_exit
verb_metrics(const struct ctl *ctl)
{
    const struct options *options = ctl->options;
    struct client_request request = {
        .socket = options->status_socket,
        .method = "GET",
        .target = (options->given & OPTION_DISTRICTS) != 0 ? "/metrics/districts" : "/metrics",
        .timeout_ms = options->timeout_ms == 0 ? 10000 : options->timeout_ms};
    struct client_answer answer;
    enum client_result result = client_call(&request, &answer);
    enum ctl_exit code = CTL_DONE;
    if (result != CLIENT_ANSWERED) {
        fprintf(stderr, "rosterctl: %s: %s\n", request.socket, answer.error);
        code = result == CLIENT_NOT_RUNNING     ? CTL_NOT_RUNNING
               : result == CLIENT_NOT_PERMITTED ? CTL_NOT_PERMITTED
                                                : CTL_REFUSED;
    } else if (answer.status != 200) {
        fprintf(stderr, "rosterctl: rosterd has no metrics yet (HTTP %d)\n", answer.status);
        code = CTL_REFUSED;
    } else {
        (void)fwrite(answer.body, 1, answer.length, stdout);
    }
    client_answer_deinit(&answer);
    return code;
}
