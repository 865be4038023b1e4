#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

#define LIMIT_DEFAULT 200
#define LIMIT_MAX 10000
#define CALL_TIMEOUT_S 10.0
#define HINT_SIZE 512

/* An ask that waits for the database or the fetcher. */
struct pending {
    const struct answers *answers;
    uint64_t number;
    enum ask_verb verb;
    json_t *keys; /* pinned ones, of ASK_HOSTKEY; of others NULL */
    char slug[64];
    char host[256];
    int port;
};

static struct pending *
pending_new(const struct answers *answers, const struct ask_item *item)
{
    struct pending *pending = calloc(1, sizeof *pending);
    const struct ask *ask = ask_item_ask(item);
    if (pending != NULL) {
        pending->answers = answers;
        pending->number = ask_item_number(item);
        pending->verb = ask->verb;
        (void)snprintf(pending->slug, sizeof pending->slug, "%s",
                       ask->slug == NULL ? "" : ask->slug);
    }
    return pending;
}

/* Answers if the ask is still open, and forgets it. */
static void
answer_pending(struct pending *pending, int status, json_t *body)
{
    struct ask_item *item = ask_queue_find(pending->answers->asks, pending->number);
    if (item != NULL) {
        ask_answer(item, status, body);
    } else {
        json_decref(body);
    }
    json_decref(pending->keys);
    free(pending);
}

static void
refuse(struct ask_item *item, int status, const struct error *error, const char *hint)
{
    ask_answer(item, status, ask_error(error->cause, error->text, hint));
}

/* --- errors of the database ------------------------------------------------------------------ */

static int
status_of(const struct db_outcome *outcome)
{
    if (*outcome->sqlstate == '\0' || outcome->error.cause == CAUSE_DB_UNAVAILABLE) {
        return 503;
    }
    if (strcmp(outcome->sqlstate, "RS008") == 0) {
        return 404;
    }
    if (strcmp(outcome->sqlstate, "RS010") == 0) {
        return 412;
    }
    /* bad values (22), refused ones (23), ours (RS) */
    return strncmp(outcome->sqlstate, "22", 2) == 0 || strncmp(outcome->sqlstate, "23", 2) == 0
               ? 400
               : 409;
}

static json_t *
body_of(const struct db_outcome *outcome)
{
    enum cause cause = outcome->error.cause == CAUSE_DB_UNAVAILABLE ? CAUSE_DB_UNAVAILABLE
                       : strncmp(outcome->sqlstate, "RS008", 5) == 0 ||
                               strncmp(outcome->sqlstate, "RS010", 5) == 0 ||
                               strncmp(outcome->sqlstate, "2", 1) == 0
                           ? CAUSE_USAGE
                           : outcome->error.cause;
    return ask_error(cause, outcome->error.text,
                     *outcome->hint == '\0' ? cause_act(cause) : outcome->hint);
}

/* --- rows as JSON ---------------------------------------------------------------------------- */

/* "2026-08-18 09:14:07.25+00" as "2026-08-18T09:14:07.25Z". */
static json_t *
moment_json(const char *text)
{
    char moment[40];
    size_t length = strlen(text);
    if (length < 22 || length >= sizeof moment || strcmp(text + length - 3, "+00") != 0) {
        return json_string(text);
    }
    (void)snprintf(moment, sizeof moment, "%.*sZ", (int)(length - 3), text);
    moment[10] = 'T';
    return json_string(moment);
}

static json_t *
value_json(const struct db_rows *rows, size_t row, int column)
{
    const char *text = db_text(rows, row, column);
    if (text == NULL) {
        return json_null();
    }
    switch (db_column_type(rows, column)) {
    case DB_INTEGER:
        return json_integer(db_integer(rows, row, column, 0));
    case DB_REAL:
        return json_real(db_real(rows, row, column, 0));
    case DB_BOOLEAN:
        return json_boolean(db_boolean(rows, row, column));
    case DB_JSON:
        return json_loads(text, JSON_DECODE_ANY, NULL);
    case DB_MOMENT:
        return moment_json(text);
    default:
        return json_string(text);
    }
}

static json_t *
rows_json(const struct db_rows *rows)
{
    json_t *list = json_array();
    for (size_t row = 0; row < db_rows_count(rows); row++) {
        json_t *object = json_object();
        for (int column = 0; column < db_columns_count(rows); column++) {
            (void)json_object_set_new(object, db_column_name(rows, column),
                                      value_json(rows, row, column));
        }
        (void)json_array_append_new(list, object);
    }
    return list;
}

static void
on_rows(void *context, const struct db_outcome *outcome)
{
    struct pending *pending = context;
    if (!outcome->is_ok) {
        answer_pending(pending, status_of(outcome), body_of(outcome));
        return;
    }
    const char *name = pending->verb == ASK_RUNS ? "runs" : "findings";
    answer_pending(pending, 200, json_pack("{s:o}", name, rows_json(outcome->rows)));
}

/* Sends a call whose answer is the ask's. */
static void
call(const struct answers *answers, struct ask_item *item, struct db_query query, db_done_fn done)
{
    struct pending *pending = pending_new(answers, item);
    struct error error;
    query.timeout_s = CALL_TIMEOUT_S;
    query.is_plain =
        ask_item_ask(item)->verb != ASK_EXPLAIN && ask_item_ask(item)->verb != ASK_UNDO;
    query.done = done;
    query.context = pending;
    if (pending == NULL || db_call(answers->control, &query) != 0) {
        free(pending);
        (void)error_set(&error, CAUSE_DAEMON_STOPPED, "The daemon is stopping.");
        refuse(item, 503, &error, "Ask again when it is back.");
    }
}

#define NUMBER_SIZE 24
static const char *
limit_text(const struct ask *ask, char buffer[static NUMBER_SIZE])
{
    int limit = ask->limit <= 0 ? LIMIT_DEFAULT : ask->limit > LIMIT_MAX ? LIMIT_MAX : ask->limit;
    (void)snprintf(buffer, NUMBER_SIZE, "%d", limit);
    return buffer;
}

static void
handle_findings(const struct answers *answers, struct ask_item *item)
{
    const struct ask *ask = ask_item_ask(item);
    char limit[NUMBER_SIZE], run[NUMBER_SIZE];
    (void)snprintf(run, sizeof run, "%lld", (long long)ask->run);
    call(
        answers, item,
        (struct db_query){.sql = "SELECT * FROM sync.findings($1, $2, $3)",
                          .params_count = 3,
                          .params = {ask->slug, ask->run > 0 ? run : NULL, limit_text(ask, limit)}},
        on_rows);
}

static void
handle_runs(const struct answers *answers, struct ask_item *item)
{
    const struct ask *ask = ask_item_ask(item);
    char limit[NUMBER_SIZE];
    call(answers, item,
         (struct db_query){.sql = "SELECT * FROM sync.runs($1, $2, $3)",
                           .params_count = 3,
                           .params = {ask->slug, ask->since, limit_text(ask, limit)}},
         on_rows);
}

/* --- held runs ------------------------------------------------------------------------------- */

static void
on_plan(void *context, const struct db_outcome *outcome)
{
    struct pending *pending = context;
    json_t *plans = outcome->is_ok ? rows_json(outcome->rows) : NULL;
    if (plans == NULL) {
        answer_pending(pending, status_of(outcome), body_of(outcome));
        return;
    }
    answer_pending(pending, 200, json_pack("{s:O}", "plan", json_array_get(plans, 0)));
    json_decref(plans);
}

static void
handle_plan(const struct answers *answers, struct ask_item *item)
{
    char run[NUMBER_SIZE];
    (void)snprintf(run, sizeof run, "%lld", (long long)ask_item_ask(item)->run);
    call(answers, item,
         (struct db_query){
             .sql = "SELECT * FROM sync.shown_plan($1)", .params_count = 1, .params = {run}},
         on_plan);
}

static void
on_decided(void *context, const struct db_outcome *outcome)
{
    struct pending *pending = context;
    const struct ask_item *item = ask_queue_find(pending->answers->asks, pending->number);
    if (!outcome->is_ok) {
        answer_pending(pending, status_of(outcome), body_of(outcome));
        return;
    }
    if (item != NULL) {
        const struct ask *ask = ask_item_ask(item);
        LOG(LEVEL_INFO, ask->verb == ASK_APPROVE ? "held run approved" : "held run refused",
            F_INT("run", ask->run), F_TEXT("what", ask->what), F_TEXT("by", ask->by));
    }
    const char *message = db_text(outcome->rows, 0, 0);
    answer_pending(pending, 200,
                   json_pack("{s:I, s:s}", "run_id",
                             (json_int_t)(item == NULL ? 0 : ask_item_ask(item)->run), "message",
                             message == NULL ? "" : message));
}

static void
handle_decision(const struct answers *answers, struct ask_item *item)
{
    const struct ask *ask = ask_item_ask(item);
    bool approves = ask->verb == ASK_APPROVE;
    char run[NUMBER_SIZE];
    (void)snprintf(run, sizeof run, "%lld", (long long)ask->run);
    call(answers, item,
         (struct db_query){.sql = approves ? "SELECT sync.approve_run($1, $2, $4, $3)"
                                           : "SELECT sync.refuse_run($1, $2, $3)",
                           .params_count = approves ? 4 : 3,
                           .params = {run, ask->reason, ask->by, ask->what}},
         on_decided);
}

/* --- of one person, of one run ---------------------------------------------------------------- */

/* The database says the whole body. */
static void
on_body(void *context, const struct db_outcome *outcome)
{
    struct pending *pending = context;
    if (!outcome->is_ok) {
        answer_pending(pending, status_of(outcome), body_of(outcome));
        return;
    }
    answer_pending(pending, 200, value_json(outcome->rows, 0, 0));
}

static void
handle_explain(const struct answers *answers, struct ask_item *item)
{
    const struct ask *ask = ask_item_ask(item);
    call(answers, item,
         (struct db_query){.sql = "SELECT sync.explain($1, $2, $3)",
                           .params_count = 3,
                           .params = {ask->slug, ask->sourced_id, ask->by}},
         on_body);
}

static void
handle_undo(const struct answers *answers, struct ask_item *item)
{
    const struct ask *ask = ask_item_ask(item);
    char run[NUMBER_SIZE];
    (void)snprintf(run, sizeof run, "%lld", (long long)ask->run);
    LOG(LEVEL_INFO, ask->is_preview ? "preview of an undo asked for" : "undo asked for",
        F_INT("run", ask->run), F_TEXT("by", ask->by));
    call(answers, item,
         (struct db_query){.sql = "SELECT sync.undo_asked($1, $2, $3)",
                           .params_count = 3,
                           .params = {run, ask->is_preview ? "true" : "false", ask->by}},
         on_body);
}

/* --- pause and resume ------------------------------------------------------------------------ */

static void
on_paused(void *context, const struct db_outcome *outcome)
{
    struct pending *pending = context;
    if (!outcome->is_ok) {
        answer_pending(pending, status_of(outcome), body_of(outcome));
        return;
    }
    const char *message = db_text(outcome->rows, 0, 0);
    json_t *body =
        json_pack("{s:s, s:s}", "slug", pending->slug, "message", message == NULL ? "" : message);
    if (pending->verb == ASK_PAUSE) {
        const struct ask_item *item = ask_queue_find(pending->answers->asks, pending->number);
        (void)json_object_set_new(body, "paused_until",
                                  item == NULL ? json_null()
                                               : json_string(ask_item_ask(item)->until));
    }
    answer_pending(pending, 200, body);
}

static void
handle_pause(const struct answers *answers, struct ask_item *item)
{
    const struct ask *ask = ask_item_ask(item);
    call(answers, item,
         (struct db_query){.sql = "SELECT sync.set_pause($1, $2, $3, $4)",
                           .params_count = 4,
                           .params = {ask->slug, ask->until, ask->reason, ask->by}},
         on_paused);
}

/* --- acts on a district of ours -------------------------------------------------------------- */

/* The district, or NULL after an answer that says why it is not to be had here. */
static struct district *
find_ours(const struct answers *answers, struct ask_item *item)
{
    const char *daemon;
    bool exists;
    char message[256];
    const char *slug = ask_item_ask(item)->slug;
    struct district *district = districts_find(answers->districts, slug, &daemon, &exists);
    if (district != NULL) {
        return district;
    }
    if (!exists) {
        (void)snprintf(message, sizeof message, "There is no district %s.", slug);
        ask_answer(item, 404, ask_error(CAUSE_USAGE, message, "List them: rosterctl districts"));
    } else {
        (void)snprintf(message, sizeof message, "%s belongs to the daemon on %s.", slug,
                       daemon == NULL ? "no host yet" : daemon);
        ask_answer(item, 409, ask_error(CAUSE_LEASE_LOST, message, "Ask there."));
    }
    return NULL;
}

/* What to type when a district cannot be looked at. */
static void
sync_hint(enum cause cause, const char *slug, char hint[static HINT_SIZE])
{
    if (cause == CAUSE_CONFIG_SWITCHED_OFF) {
        (void)snprintf(hint, HINT_SIZE,
                       "off ends with: SELECT rosterd.set_sync('%s', true, 'why'); a pause with: "
                       "rosterctl resume %s",
                       slug, slug);
    } else if (cause == CAUSE_CONFIG_INVALID) {
        (void)snprintf(hint, HINT_SIZE,
                       "INSERT INTO rosterd.source (district_id, host, username, path, credential) "
                       "…; then: rosterctl check %s",
                       slug);
    } else {
        (void)snprintf(hint, HINT_SIZE, "%s", cause_act(cause));
    }
}

static void
handle_sync(const struct answers *answers, struct ask_item *item)
{
    const struct ask *ask = ask_item_ask(item);
    struct district *district = find_ours(answers, item);
    struct error error;
    if (district == NULL) {
        return;
    }
    if (district_sync(district, ask->by, &error) != 0) {
        char hint[HINT_SIZE];
        sync_hint(error.cause, ask->slug, hint);
        refuse(item, 409, &error, hint);
        return;
    }
    LOG(LEVEL_INFO, "sync asked for", F_TEXT("district", ask->slug), F_TEXT("by", ask->by));
    ask_answer(item, 202, json_pack("{s:s, s:b, s:n}", "slug", ask->slug, "started", 1, "run_id"));
}

/* --- host keys ------------------------------------------------------------------------------- */

static json_t *
split_keys(const char *keys)
{
    json_t *list = json_array();
    while (keys != NULL && *keys != '\0') {
        size_t length = strcspn(keys, " ");
        (void)json_array_append_new(list, json_stringn(keys, length));
        keys += length + strspn(keys + length, " ");
    }
    return list;
}

static bool
is_pinned(const json_t *pinned, const char *fingerprint)
{
    size_t at;
    json_t *key;
    json_array_foreach(pinned, at, key)
    {
        if (fingerprint != NULL && strcmp(json_string_value(key), fingerprint) == 0) {
            return true;
        }
    }
    return false;
}

static void
on_hostkeys(void *context, const struct fetch_end *end)
{
    struct pending *pending = context;
    if (end->event == NULL) {
        enum cause cause = end->error.cause;
        char message[600];
        (void)snprintf(message, sizeof message, "%s%s%s", cause_what(cause),
                       *end->error.text == '\0' ? "" : " ", end->error.text);
        answer_pending(pending, end->was_cancelled ? 503 : 502,
                       ask_error(cause, message, cause_act(cause)));
        return;
    }
    json_t *offered = json_array();
    size_t at;
    json_t *key;
    json_array_foreach(json_object_get(end->event, "keys"), at, key)
    {
        json_t *copy = json_deep_copy(key);
        const char *fingerprint = json_string_value(json_object_get(copy, "fingerprint"));
        (void)json_object_set_new(copy, "pinned",
                                  json_boolean(is_pinned(pending->keys, fingerprint)));
        (void)json_array_append_new(offered, copy);
    }
    answer_pending(pending, 200,
                   json_pack("{s:s, s:s, s:i, s:O, s:o}", "slug", pending->slug, "host",
                             pending->host, "port", pending->port, "pinned", pending->keys,
                             "offered", offered));
}

static json_t *
on_hostkey_turn(void *context, struct error *reterr)
{
    const struct pending *pending = context;
    json_t *message = json_pack(
        "{s:s, s:s, s:i, s:I}", "op", "hostkey", "host", pending->host, "port", pending->port,
        "connect_ms", (json_int_t)(pending->answers->config->deadlines.connect_s * 1000.0));
    if (message == NULL) {
        (void)error_set(reterr, CAUSE_MEMORY, "no memory for a job");
    }
    return message;
}

static void
handle_hostkey(const struct answers *answers, struct ask_item *item)
{
    const struct district *district = find_ours(answers, item);
    struct error error;
    if (district == NULL) {
        return;
    }
    if (!district_has_source(district)) {
        (void)error_set(&error, CAUSE_CONFIG_INVALID, "%s has no source yet.",
                        ask_item_ask(item)->slug);
        refuse(item, 409, &error, "Give it one in rosterd.source.");
        return;
    }
    struct pending *pending = pending_new(answers, item);
    if (pending == NULL) {
        ask_answer(item, 500, NULL);
        return;
    }
    pending->keys = split_keys(district_host_keys(district));
    pending->port = district_port(district);
    (void)snprintf(pending->host, sizeof pending->host, "%s", district_host(district));
    if (fetcher_submit(answers->fetcher,
                       &(struct fetch_request){.host = pending->host,
                                               .message = on_hostkey_turn,
                                               .total_s = answers->config->deadlines.connect_s,
                                               .on_end = on_hostkeys,
                                               .context = pending}) == NULL) {
        answer_pending(pending, 500, NULL);
    }
}

static void
on_accepted(void *context, const struct db_outcome *outcome)
{
    struct pending *pending = context;
    const struct ask_item *item = ask_queue_find(pending->answers->asks, pending->number);
    if (!outcome->is_ok) {
        answer_pending(pending, status_of(outcome), body_of(outcome));
        return;
    }
    if (item != NULL) {
        LOG(LEVEL_INFO, "host key pinned", F_TEXT("district", pending->slug),
            F_TEXT("fingerprint", ask_item_ask(item)->fingerprint),
            F_TEXT("by", ask_item_ask(item)->by));
    }
    answer_pending(pending, 200,
                   json_pack("{s:s, s:o}", "slug", pending->slug, "pinned",
                             split_keys(item == NULL ? NULL : ask_item_ask(item)->fingerprint)));
}

static void
handle_hostkey_accept(const struct answers *answers, struct ask_item *item)
{
    const struct ask *ask = ask_item_ask(item);
    call(answers, item,
         (struct db_query){.sql = "SELECT sync.hostkey_accept($1, $2, $3)",
                           .params_count = 3,
                           .params = {ask->slug, ask->fingerprint, ask->by}},
         on_accepted);
}

void
answers_handle(void *context, struct ask_item *item)
{
    static void (*const handlers[ASK_VERB_COUNT])(const struct answers *answers,
                                                  struct ask_item *item) = {
        [ASK_SYNC] = handle_sync,         [ASK_PAUSE] = handle_pause,
        [ASK_RESUME] = handle_pause,      [ASK_HOSTKEY] = handle_hostkey,
        [ASK_FINDINGS] = handle_findings, [ASK_HOSTKEY_ACCEPT] = handle_hostkey_accept,
        [ASK_RUNS] = handle_runs,         [ASK_PLAN] = handle_plan,
        [ASK_APPROVE] = handle_decision,  [ASK_REFUSE] = handle_decision,
        [ASK_EXPLAIN] = handle_explain,   [ASK_UNDO] = handle_undo,
    };
    handlers[ask_item_ask(item)->verb](context, item);
}
