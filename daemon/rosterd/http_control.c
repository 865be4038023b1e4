/*
 * POST: what may be done to one district, held run or run: /v1/districts/{slug}/{verb},
 * /v1/plans/{run}/{verb}, /v1/runs/{run}/{verb}; and what is asked about one person, because
 * whoever asks is noted. Here arguments are read and checked for their form; what they mean is
 * judged by the loop and the database, which also keep who it was.
 */
#include "http_call.h"

#include <string.h>

enum { REASON_MAX = 500, FINGERPRINT_LENGTH = 50, SOURCED_ID_MAX = 255 };

struct verb {
    const char *of; /* districts, plans, runs */
    const char *word;
    enum ask_verb ask;
    /* Reads the verb's arguments out of the body; what is wrong, or NULL. */
    const char *(*read)(const json_t *body, struct ask *ask);
};

static const char *
read_nothing(const json_t *body, struct ask *ask)
{
    (void)ask;
    return json_object_size(body) == 0 ? NULL : "this act takes no members: send {}";
}

static bool
is_reason(const char *text)
{
    return strspn(text, " \t\r\n") < strlen(text) && strlen(text) <= REASON_MAX;
}

static const char *
read_pause(const json_t *body, struct ask *ask)
{
    ask->until = json_string_value(json_object_get(body, "until"));
    ask->reason = json_string_value(json_object_get(body, "reason"));
    if (json_object_size(body) != 2 || ask->until == NULL || ask->reason == NULL) {
        return "a pause is {\"until\": an RFC 3339 time, \"reason\": text}";
    }
    /* A date, a T, a time and a zone; whether there is such a day, PostgreSQL says. */
    if (strspn(ask->until, "0123456789-T:.+Z") != strlen(ask->until) ||
        strlen(ask->until) < strlen("2026-01-01T00:00:00Z") || ask->until[10] != 'T') {
        return "until is no RFC 3339 time, such as 2026-12-01T06:00:00Z";
    }
    return is_reason(ask->reason) ? NULL : "reason has 1 to 500 bytes";
}

static const char *
read_approve(const json_t *body, struct ask *ask)
{
    static const char *const words[] = {"all", "additions", "mapping"};
    const json_t *what = json_object_get(body, "what");
    const char *word = what == NULL ? "all" : json_string_value(what);
    ask->reason = json_string_value(json_object_get(body, "reason"));
    for (size_t index = 0; word != NULL && index < sizeof words / sizeof *words; index++) {
        if (strcmp(words[index], word) == 0) {
            ask->what = words[index];
        }
    }
    if (json_object_size(body) != (what == NULL ? 1U : 2U) || ask->reason == NULL ||
        ask->what == NULL) {
        return "an approval is {\"reason\": text, \"what\": all, additions or mapping}";
    }
    return is_reason(ask->reason) ? NULL : "reason has 1 to 500 bytes";
}

static const char *
read_refuse(const json_t *body, struct ask *ask)
{
    ask->reason = json_string_value(json_object_get(body, "reason"));
    if (json_object_size(body) != 1 || ask->reason == NULL) {
        return "a refusal is {\"reason\": text}";
    }
    return is_reason(ask->reason) ? NULL : "reason has 1 to 500 bytes";
}

static const char *
read_fingerprint(const json_t *body, struct ask *ask)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char prefix[] = "SHA256:";
    const char *fingerprint = json_string_value(json_object_get(body, "fingerprint"));
    if (json_object_size(body) != 1 || fingerprint == NULL) {
        return "a host key is {\"fingerprint\": \"SHA256:…\"}";
    }
    if (strlen(fingerprint) != FINGERPRINT_LENGTH ||
        strncmp(fingerprint, prefix, sizeof prefix - 1) != 0 ||
        strspn(fingerprint + sizeof prefix - 1, base64) !=
            FINGERPRINT_LENGTH - (sizeof prefix - 1)) {
        return "a fingerprint is SHA256: and 43 letters, as ssh-keygen -l prints it";
    }
    ask->fingerprint = fingerprint;
    return NULL;
}

static const char *
read_sourced_id(const json_t *body, struct ask *ask)
{
    ask->sourced_id = json_string_value(json_object_get(body, "sourced_id"));
    if (json_object_size(body) != 1 || ask->sourced_id == NULL || *ask->sourced_id == '\0' ||
        strlen(ask->sourced_id) > SOURCED_ID_MAX) {
        return "a person is {\"sourced_id\": the sourcedId of users.csv}";
    }
    return NULL;
}

static const char *
read_preview(const json_t *body, struct ask *ask)
{
    const json_t *preview = json_object_get(body, "preview");
    if (json_object_size(body) != 1 || !json_is_boolean(preview)) {
        return "an undo is {\"preview\": true or false}";
    }
    ask->is_preview = json_is_true(preview);
    return NULL;
}

static const struct verb control_verbs[] = {
    {"districts", "sync", ASK_SYNC, read_nothing},
    {"districts", "pause", ASK_PAUSE, read_pause},
    {"districts", "resume", ASK_RESUME, read_nothing},
    {"districts", "hostkey", ASK_HOSTKEY, read_nothing},
    {"districts", "hostkey-accept", ASK_HOSTKEY_ACCEPT, read_fingerprint},
    {"plans", "approve", ASK_APPROVE, read_approve},
    {"plans", "refuse", ASK_REFUSE, read_refuse},
    {"districts", "explain", ASK_EXPLAIN, read_sourced_id},
    {"runs", "undo", ASK_UNDO, read_preview},
};

static const struct verb *
find_verb(const char *of, const char *word)
{
    for (size_t index = 0; index < sizeof control_verbs / sizeof *control_verbs; index++) {
        if (strcmp(control_verbs[index].of, of) == 0 &&
            strcmp(control_verbs[index].word, word) == 0) {
            return &control_verbs[index];
        }
    }
    return NULL;
}

static enum MHD_Result
do_verb(struct http_call *call, const struct verb *verb, const char *name, const json_t *body)
{
    bool is_district = strcmp(verb->of, "districts") == 0;
    struct ask ask = {.verb = verb->ask,
                      .slug = is_district ? name : NULL,
                      .run = is_district ? 0 : http_run_id(name),
                      .by = call->by};
    if (ask.run < 0) {
        return http_send_error(call, MHD_HTTP_NOT_FOUND, CAUSE_USAGE,
                               "there is no run of that number", "List them with: rosterctl runs");
    }
    const char *wrong = verb->read(body, &ask);
    if (wrong != NULL) {
        return http_send_error(call, MHD_HTTP_BAD_REQUEST, CAUSE_USAGE, wrong, "");
    }
    return http_ask(call, &ask, NULL);
}

enum MHD_Result
http_control_route(struct http_call *call, const char *path)
{
    char parts[HTTP_PARTS_MAX][HTTP_PART_SIZE] = {{0}};
    size_t count = http_split_path(path, parts);
    const struct verb *verb = count == 3 ? find_verb(parts[0], parts[2]) : NULL;
    if (verb == NULL) {
        return http_send_error(call, MHD_HTTP_NOT_FOUND, CAUSE_USAGE, "there is no such act",
                               "POST /v1/districts/{slug}/sync, pause, resume, hostkey, "
                               "hostkey-accept or explain; /v1/plans/{run}/approve or refuse; "
                               "/v1/runs/{run}/undo");
    }
    json_t *body = call->body_length == 0
                       ? json_object()
                       : json_loadb(call->body, call->body_length, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(body)) {
        json_decref(body);
        return http_send_error(call, MHD_HTTP_BAD_REQUEST, CAUSE_USAGE,
                               "the body is not a JSON object", "");
    }
    enum MHD_Result result = do_verb(call, verb, parts[1], body);
    json_decref(body);
    return result;
}
