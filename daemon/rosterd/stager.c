#include "stager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "log.h"

struct stager {
    struct stager_params params;
    struct child *child;
    struct stage_end end;
    bool has_verdict;
};

static int64_t
number_of(const json_t *message, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(message, key);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static const char *
text_of(const json_t *message, const char *key)
{
    const char *text = json_string_value(json_object_get(message, key));
    return text == NULL ? "" : text;
}

static int64_t
sum_of(const json_t *counts)
{
    const char *key;
    json_t *value;
    int64_t sum = 0;
    json_object_foreach((json_t *)(uintptr_t)counts, key, value)
    {
        sum += json_integer_value(value);
    }
    return sum;
}

/* The rows of all files, which are objects with counts. */
static int64_t
rows_of(const json_t *files)
{
    const char *key;
    json_t *value;
    int64_t sum = 0;
    json_object_foreach((json_t *)(uintptr_t)files, key, value)
    {
        sum += number_of(value, "rows", 0);
    }
    return sum;
}

static enum stage_digest
digest_of(const char *word)
{
    return strcmp(word, "written") == 0 ? STAGE_DIGEST_WRITTEN
           : strcmp(word, "kept") == 0  ? STAGE_DIGEST_KEPT
                                        : STAGE_DIGEST_NONE;
}

/* "error" and "rejected": the reason by its word. */
static void
set_error(struct stager *stager, const json_t *message)
{
    const char *sqlstate = text_of(message, "sqlstate");
    enum cause cause = cause_from_word(text_of(message, "reason"));
    (void)error_set(&stager->end.error, cause == CAUSE_COUNT ? CAUSE_CHILD_PROTOCOL : cause,
                    "%s%s%s", text_of(message, "detail"), *sqlstate == '\0' ? "" : ", SQLSTATE ",
                    sqlstate);
}

static void
on_message(void *context, const json_t *message)
{
    struct stager *stager = context;
    const char *word = text_of(message, "event");
    if (stager->has_verdict) {
        child_stop(stager->child); /* the verdict is its last word */
        return;
    }
    if (strcmp(word, "progress") == 0) {
        const struct stage_progress progress = {
            .file = text_of(message, "file"),
            .rows = number_of(message, "rows", 0),
            .bytes = number_of(message, "bytes", -1),
            .bytes_total = number_of(message, "bytes_total", -1),
        };
        stager->params.on_progress(stager->params.context, &progress);
        return;
    }
    stager->has_verdict = true;
    if (strcmp(word, "looked") == 0) {
        stager->end.verdict = STAGE_STAGED;
        stager->end.is_complete = json_is_true(json_object_get(message, "complete"));
    } else if (strcmp(word, "staged") == 0) {
        stager->end.verdict = STAGE_STAGED;
        stager->end.rows = sum_of(json_object_get(message, "rows"));
        stager->end.rows_read = rows_of(json_object_get(message, "files"));
        stager->end.digest = digest_of(text_of(message, "digest"));
    } else if (strcmp(word, "rejected") == 0) {
        stager->end.verdict = STAGE_REJECTED;
        set_error(stager, message);
    } else {
        stager->end.verdict = STAGE_FAILED;
        set_error(stager, message);
    }
}

/* The process is gone: what is its verdict worth? */
static void
judge(struct stager *stager, const struct child_end *end)
{
    struct stage_end *verdict = &stager->end;
    if (end->was_over_time) {
        verdict->verdict = STAGE_FAILED;
        stager->params.counters->children_killed++;
        (void)error_set(&verdict->error, CAUSE_CHILD_DEADLINE, "staging took too long");
    } else if (end->has_spoken_badly) {
        verdict->verdict = STAGE_FAILED;
        (void)error_set(&verdict->error, CAUSE_CHILD_PROTOCOL,
                        "rosterd-stage sent something unknown");
    } else if (verdict->was_stopped) {
        verdict->verdict = STAGE_FAILED;
        (void)error_set(&verdict->error, CAUSE_DAEMON_STOPPED, "staging was stopped");
    } else if (!stager->has_verdict ||
               (verdict->verdict != STAGE_FAILED && (end->exit_status != 0 || end->signal != 0))) {
        verdict->verdict = STAGE_FAILED;
        stager->params.counters->children_died++;
        (void)error_set(&verdict->error, CAUSE_CHILD_DIED,
                        end->signal != 0 ? "rosterd-stage was ended by signal %d"
                                         : "rosterd-stage ended with status %d",
                        end->signal != 0 ? end->signal : (int)end->exit_status);
    }
    if (verdict->verdict == STAGE_FAILED && *end->last_words != '\0') {
        LOG(LEVEL_ERROR, "rosterd-stage complained", F_INT("run", stager->params.job.run),
            F_TEXT("said", end->last_words));
    }
}

static void
on_end(void *context, const struct child_end *end)
{
    struct stager *stager = context;
    judge(stager, end);
    stager->params.on_end(stager->params.context, &stager->end);
    free(stager);
}

static json_t *
job_message(const struct stager_params *params)
{
    char conninfo[4200];
    const char *base = params->config->database.stage_conninfo;
    (void)snprintf(conninfo, sizeof conninfo, "%s user=rosterd_stage_%lld", base,
                   (long long)params->job.slot);
    return json_pack("{s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:s?, s:s?, s:b, s:b}", "run",
                     (json_int_t)params->job.run, "district", (json_int_t)params->job.district,
                     "epoch", (json_int_t)params->job.epoch, "slot", (json_int_t)params->job.slot,
                     "zip", params->job.zip, "sha256", params->job.sha256, "conninfo", conninfo,
                     "last_digest", params->job.last_digest, "next_digest", params->job.next_digest,
                     "look", params->job.is_look, "strict", params->job.is_strict);
}

int
stager_start(const struct stager_params *params, struct stager **ret_stager, struct error *reterr)
{
    static const char *const no_args[] = {NULL};
    struct stager *stager = calloc(1, sizeof *stager);
    json_t *message = job_message(params);
    if (stager == NULL || message == NULL) {
        free(stager);
        json_decref(message);
        return error_set(reterr, CAUSE_MEMORY, "no memory for staging");
    }
    stager->params = *params;
    const struct child_params child = {
        .loop = params->loop,
        .program = params->config->programs.stage,
        .args = no_args,
        .deadline_s = params->config->deadlines.stage_s,
        .on_message = on_message,
        .on_end = on_end,
        .context = stager,
    };
    if (child_start(&child, &stager->child, reterr) != 0) {
        free(stager);
        json_decref(message);
        return -1;
    }
    params->counters->children_started++;
    /* its input stays open: an end of it tells the worker that we are gone */
    if (child_send(stager->child, message) != 0) {
        child_stop(stager->child);
    }
    json_decref(message);
    *ret_stager = stager;
    return 0;
}

void
stager_stop(struct stager *stager)
{
    stager->end.was_stopped = true;
    child_stop(stager->child);
}
