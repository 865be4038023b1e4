#include "answer.h"

#include "client.h"
#include "show.h"
#include "systemctl.h"
#include "words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
get_text(const json_t *object, const char *key, const char *unknown)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? unknown : text;
}

json_int_t
get_count(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

double
get_real(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : -1;
}

double
get_when(const json_t *object, const char *key)
{
    return when_parse(json_string_value(json_object_get(object, key)));
}

bool
get_truth(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

void
answer_print_json(const json_t *answer)
{
    /* ASCII only: no byte of a name can reach the terminal as a control sequence. */
    (void)json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
    putchar('\n');
}

char *
answer_target(const char *format, const char *word)
{
    char *encoded = malloc(3 * strlen(word) + 1);
    if (encoded == NULL) {
        return NULL;
    }
    char *out = encoded;
    for (const unsigned char *in = (const unsigned char *)word; *in != '\0'; in++) {
        if (isascii(*in) && (isalnum(*in) || strchr("-._~", *in) != NULL)) {
            *out++ = (char)*in;
        } else {
            out += snprintf(out, sizeof "%FF", "%%%02X", *in);
        }
    }
    *out = '\0';
    char *target = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int length = asprintf(&target, format, encoded);
#pragma GCC diagnostic pop
    free(encoded);
    return length < 0 ? NULL : target;
}

/* Tells of a failure in the four parts that the daemon's own errors have too. */
static json_t *
tell(const struct ctl *ctl, const struct question *question, json_t *error)
{
    if (question->is_quiet) {
        return error;
    }
    if (ctl->options->is_json) {
        answer_print_json(error);
        return error;
    }
    fprintf(stderr, "rosterctl: %s\n", get_text(error, "message", "no reason given"));
    const char *owner = get_text(error, "owner", "");
    const char *hint = get_text(error, "hint", "");
    bool is_ours = strcmp(get_text(error, "code", ""), "usage") == 0; /* who asks acts */
    if (!is_ours && strcmp(owner, "nobody") != 0 && *owner != '\0') {
        fprintf(stderr, "  who acts  %s\n", show_owner(owner));
    }
    if (*hint != '\0') {
        fprintf(stderr, "  do        %s\n", hint);
    }
    return error;
}

static json_t *
make_error(const char *code, const char *owner, const char *message, const char *hint)
{
    return json_pack("{s:i, s:s, s:s, s:s, s:s}", "schema", 1, "code", code, "message", message,
                     "hint", hint, "owner", owner);
}

static json_t *
not_connected_error(const struct question *question, const char *path, enum client_result result,
                    const char *detail)
{
    char message[640];
    char *safe_path = words_safe(path);
    const char *shown = safe_path == NULL ? "the socket" : safe_path;
    json_t *error = NULL;
    char systemd[400] = "";
    switch (result) {
    case CLIENT_NOT_RUNNING:
        (void)systemctl_describe(systemd, sizeof systemd);
        (void)snprintf(message, sizeof message, "rosterd is not running (%s: %s)%s%s", shown,
                       detail, *systemd == '\0' ? "" : "; systemd says: ", systemd);
        error = make_error("ctl.not_running", "ops", message,
                           "journalctl -u rosterd -n 50, then: systemctl start rosterd");
        break;
    case CLIENT_NOT_PERMITTED:
        (void)snprintf(message, sizeof message, "you may not use %s", shown);
        error = make_error("ctl.not_permitted", "ops", message,
                           question->door == DOOR_CONTROL
                               ? "this verb needs membership in the group rosterd-admin"
                               : "looking needs membership in the group rosterd-view");
        break;
    case CLIENT_TIMED_OUT:
        (void)snprintf(message, sizeof message, "%s: %s", shown, detail);
        error = make_error("ctl.timeout", "ops", message,
                           "the daemon may be stuck: systemctl status rosterd (its watchdog "
                           "restarts it after 60 s); or give more time: --timeout SECONDS");
        break;
    case CLIENT_ANSWERED:
    case CLIENT_BROKEN:
    case CLIENT_RESULT_COUNT:
        (void)snprintf(message, sizeof message, "%s: %s", shown, detail);
        error = make_error("ctl.broken", "ops", message,
                           "is rosterd of the same version? rosterctl version");
        break;
    }
    free(safe_path);
    return error;
}

static enum ctl_exit
exit_of_http(int status)
{
    switch (status) {
    case 401:
    case 403:
        return CTL_NOT_PERMITTED;
    case 404:
        return CTL_NO_SUCH;
    case 412:
        return CTL_CHANGED;
    default:
        return CTL_REFUSED;
    }
}

static enum ctl_exit
read_answer(const struct ctl *ctl, const struct question *question, const char *path,
            const struct client_answer *raw, json_t **ret_answer)
{
    json_t *answer = json_loadb(raw->body, raw->length, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(answer)) {
        json_decref(answer);
        *ret_answer = tell(ctl, question,
                           not_connected_error(question, path, CLIENT_BROKEN,
                                               "the answer is not the JSON it should be"));
        return CTL_REFUSED;
    }
    if (!ctl->options->is_json) {
        (void)words_make_safe(answer);
    }
    bool is_answer = raw->status >= 200 && raw->status < 300;
    *ret_answer = is_answer ? answer : tell(ctl, question, answer);
    return is_answer ? CTL_DONE : exit_of_http(raw->status);
}

enum ctl_exit
answer_get(const struct ctl *ctl, const struct question *question, json_t **ret_answer)
{
    static const enum ctl_exit exits[CLIENT_RESULT_COUNT] = {
        [CLIENT_ANSWERED] = CTL_DONE,
        [CLIENT_NOT_RUNNING] = CTL_NOT_RUNNING,
        [CLIENT_NOT_PERMITTED] = CTL_NOT_PERMITTED,
        [CLIENT_TIMED_OUT] = CTL_REFUSED,
        [CLIENT_BROKEN] = CTL_REFUSED,
    };
    const struct options *options = ctl->options;
    const char *path =
        question->door == DOOR_CONTROL ? options->control_socket : options->status_socket;
    int timeout_ms = question->timeout_default_ms == 0 ? 10000 : question->timeout_default_ms;
    char *body = question->body == NULL ? NULL : json_dumps(question->body, JSON_COMPACT);
    json_decref(question->body);
    struct client_request request = {
        .socket = path,
        .method = body == NULL ? "GET" : "POST",
        .target = question->target,
        .body = body,
        .timeout_ms = options->timeout_ms == 0 ? timeout_ms : options->timeout_ms,
    };
    struct client_answer raw;
    enum client_result result = client_call(&request, &raw);
    enum ctl_exit code = exits[result];
    if (result == CLIENT_ANSWERED) {
        code = read_answer(ctl, question, path, &raw, ret_answer);
    } else {
        *ret_answer = tell(ctl, question, not_connected_error(question, path, result, raw.error));
    }
    client_answer_deinit(&raw);
    free(body);
    return code;
}

enum ctl_exit
answer_act(const struct ctl *ctl, const char *format, json_t *body, json_t **ret_answer)
{
    enum { ACT_TIMEOUT_MS = 60000 };
    char *target = answer_target(format, ctl->options->words[0]);
    struct question question = {
        .door = DOOR_CONTROL, .target = target, .body = body, .timeout_default_ms = ACT_TIMEOUT_MS};
    enum ctl_exit code = CTL_REFUSED;
    if (target == NULL || body == NULL) {
        json_decref(body);
    } else {
        code = answer_get(ctl, &question, ret_answer);
    }
    free(target);
    return code;
}
