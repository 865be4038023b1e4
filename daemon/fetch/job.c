#include "job.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "printable.h"
#include "sftp_codec.h"

static const char *const op_words[JOB_OP_COUNT] = {
    [JOB_POLL] = "poll",   [JOB_HOSTKEY] = "hostkey", [JOB_SETTLE] = "settle",
    [JOB_BRING] = "bring", [JOB_CANCEL] = "cancel",
};

static int
refuse(struct error *reterr, const char *key, const char *what)
{
    return error_set(reterr, CAUSE_CHILD_PROTOCOL, "job: \"%s\" %s", key, what);
}

static int
get_text(const json_t *object, const char *key, const char **ret_text, struct error *reterr)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value) || json_string_length(value) != strlen(json_string_value(value))) {
        return refuse(reterr, key, "must be a text");
    }
    *ret_text = json_string_value(value);
    return 0;
}

/* A whole number of low to high; a missing one takes the default. */
static int
get_number(const json_t *object, const char *key, uint64_t fallback, uint64_t low, uint64_t high,
           uint64_t *ret_number, struct error *reterr)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL) {
        *ret_number = fallback;
        return 0;
    }
    /* Times and sizes may come as 1.5e3 from a database or a script. */
    double number = json_is_number(value) ? json_number_value(value) : -1;
    if (number < (double)low || number > (double)high) {
        return refuse(reterr, key, "is not a number in its range");
    }
    *ret_number = json_is_integer(value) ? (uint64_t)json_integer_value(value) : (uint64_t)number;
    return 0;
}

/* A file name with its escapes undone, as a new string. */
static int
get_name(const json_t *object, const char **ret_name, struct error *reterr)
{
    const char *text = NULL;
    char name[BOUNDS_NAME + 1];
    if (get_text(object, "name", &text, reterr) != 0) {
        return -1;
    }
    size_t length = printable_decode(text, name, sizeof name);
    if (length == (size_t)-1 || length == 0 || strchr(name, '/') != NULL) {
        return refuse(reterr, "name", "is not a file name");
    }
    *ret_name = strdup(name);
    return *ret_name != NULL ? 0 : error_set(reterr, CAUSE_MEMORY, "job: no memory");
}

static int
get_file(const json_t *object, struct settle_file *ret_file, struct error *reterr)
{
    uint64_t mtime = 0;
    if (!json_is_object(object)) {
        return refuse(reterr, "seen", "and \"known\" hold objects");
    }
    if (get_number(object, "size", 0, 0, INT64_MAX / 2, &ret_file->size, reterr) != 0 ||
        get_number(object, "mtime", 0, 0, UINT32_MAX, &mtime, reterr) != 0) {
        return -1;
    }
    ret_file->mtime = (int64_t)mtime;
    return get_name(object, &ret_file->name, reterr);
}

static int
read_seen(const json_t *message, struct job *job, struct error *reterr)
{
    const json_t *seen = json_object_get(message, "seen");
    size_t count = json_array_size(seen);
    if (count == 0) {
        return 0;
    }
    if (count > SETTLE_SEEN_MAX) {
        return refuse(reterr, "seen", "holds more files than a poll gives");
    }
    job->seen = calloc(count, sizeof *job->seen);
    if (job->seen == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "job: no memory");
    }
    job->seen_count = count;
    for (size_t index = 0; index < count; index++) {
        if (get_file(json_array_get(seen, index), &job->seen[index], reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

static int
read_host_keys(const json_t *message, struct job *job, struct error *reterr)
{
    const json_t *keys = json_object_get(message, "host_keys");
    size_t count = json_array_size(keys);
    if (count == 0) {
        return 0;
    }
    job->host_keys = calloc(count, sizeof *job->host_keys);
    if (job->host_keys == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "job: no memory");
    }
    for (size_t index = 0; index < count; index++) {
        const json_t *key = json_array_get(keys, index);
        if (!json_is_string(key)) {
            return refuse(reterr, "host_keys", "holds something that is no text");
        }
        job->host_keys[job->host_key_count++] = json_string_value(key);
    }
    return 0;
}

static int
read_server(const json_t *message, struct job *job, struct error *reterr)
{
    uint64_t port = 0;
    struct job_deadlines *limits = &job->deadlines;
    if (get_text(message, "host", &job->host, reterr) != 0 ||
        get_number(message, "port", 22, 1, 65535, &port, reterr) != 0 ||
        get_number(message, "connect_ms", BOUNDS_CONNECT_MS, 1, BOUNDS_DEADLINE_MS,
                   &limits->connect_ms, reterr) != 0 ||
        get_number(message, "silence_ms", BOUNDS_SILENCE_MS, 1, BOUNDS_DEADLINE_MS,
                   &limits->silence_ms, reterr) != 0 ||
        get_number(message, "total_ms", BOUNDS_TOTAL_MS, 1, BOUNDS_DEADLINE_MS, &limits->total_ms,
                   reterr) != 0) {
        return -1;
    }
    job->port = (uint16_t)port;
    if (job->host[0] == '\0') {
        return refuse(reterr, "host", "is empty");
    }
    return 0;
}

static int
read_account(const json_t *message, struct job *job, struct error *reterr)
{
    if (get_text(message, "username", &job->username, reterr) != 0 ||
        get_text(message, "credential", &job->credential, reterr) != 0 ||
        get_text(message, "path", &job->path, reterr) != 0 ||
        read_host_keys(message, job, reterr) != 0) {
        return -1;
    }
    /* Room for "/processed/", a hash and a name. */
    if (strlen(job->path) > SFTP_CODEC_PATH_MAX - 512) {
        return refuse(reterr, "path", "is too long");
    }
    return 0;
}

/* Where a file goes, and how large it may be. */
static int
read_room(const json_t *message, struct job *job, struct error *reterr)
{
    uint64_t depth = 0;
    if (get_text(message, "spool", &job->spool, reterr) != 0 ||
        get_number(message, "max_bytes", INT64_MAX / 2, 0, INT64_MAX / 2, &job->max_bytes,
                   reterr) != 0 ||
        get_number(message, "quota_bytes", INT64_MAX / 2, 0, INT64_MAX / 2, &job->quota_bytes,
                   reterr) != 0 ||
        get_number(message, "depth", BOUNDS_DEPTH_DEFAULT, 1, BOUNDS_DEPTH, &depth, reterr) != 0) {
        return -1;
    }
    job->depth = (uint32_t)depth;
    return 0;
}

static int
read_poll(const json_t *message, struct job *job, struct error *reterr)
{
    const char *ready = NULL;
    if (get_text(message, "pattern", &job->pattern, reterr) != 0 ||
        get_text(message, "ready", &ready, reterr) != 0 || read_room(message, job, reterr) != 0 ||
        read_seen(message, job, reterr) != 0) {
        return -1;
    }
    job->ready = strcmp(ready, "marker") == 0 ? SETTLE_MARKER : SETTLE_TWO_POLLS;
    if (job->ready == SETTLE_TWO_POLLS && strcmp(ready, "two-polls") != 0) {
        return refuse(reterr, "ready", "is neither \"two-polls\" nor \"marker\"");
    }
    const json_t *known = json_object_get(message, "known");
    job->has_known = known != NULL && !json_is_null(known);
    job->again = json_is_true(json_object_get(message, "again"));
    const json_t *before = json_object_get(message, "before");
    job->has_before = before != NULL && !json_is_null(before);
    if (job->has_before && get_file(before, &job->before, reterr) != 0) {
        return -1;
    }
    return job->has_known ? get_file(known, &job->known, reterr) : 0;
}

static bool
is_sha256(const char *text)
{
    size_t length = 0;
    while (isxdigit((unsigned char)text[length])) {
        length++;
    }
    return length == 64 && text[length] == '\0';
}

/* The file that was taken. */
static int
read_taken(const json_t *message, struct job *job, struct error *reterr)
{
    /* Without size and time a newer upload under the same name could be removed unread, or pass for
     * the file that is wanted. */
    if (json_object_get(message, "size") == NULL || json_object_get(message, "mtime") == NULL) {
        return refuse(reterr, "size", "and \"mtime\" of the file that was taken are needed");
    }
    if (get_text(message, "sha256", &job->sha256, reterr) != 0 ||
        get_file(message, &job->taken, reterr) != 0) {
        return -1;
    }
    job->name = job->taken.name;
    job->pattern = "*.csv"; /* of a set; a zip is found by its name */
    return is_sha256(job->sha256) ? 0 : refuse(reterr, "sha256", "is not 64 hexadecimal digits");
}

static int
read_settle(const json_t *message, struct job *job, struct error *reterr)
{
    const char *after = NULL;
    if (read_taken(message, job, reterr) != 0 || get_text(message, "after", &after, reterr) != 0) {
        return -1;
    }
    job->removes = strcmp(after, "delete") == 0;
    if (!job->removes && strcmp(after, "move") != 0) {
        return refuse(reterr, "after", "is neither \"move\" nor \"delete\"");
    }
    return 0;
}

static int
read_bring(const json_t *message, struct job *job, struct error *reterr)
{
    return read_taken(message, job, reterr) != 0 ? -1 : read_room(message, job, reterr);
}

static int
read_job(const json_t *message, struct job *job, struct error *reterr)
{
    const char *op = NULL;
    if (get_text(message, "op", &op, reterr) != 0) {
        return -1;
    }
    int index = 0;
    while (index < JOB_OP_COUNT && strcmp(op_words[index], op) != 0) {
        index++;
    }
    job->op = (enum job_op)index;
    switch (job->op) {
    case JOB_POLL:
        return read_server(message, job, reterr) != 0 || read_account(message, job, reterr) != 0
                   ? -1
                   : read_poll(message, job, reterr);
    case JOB_HOSTKEY:
        return read_server(message, job, reterr);
    case JOB_SETTLE:
        return read_server(message, job, reterr) != 0 || read_account(message, job, reterr) != 0
                   ? -1
                   : read_settle(message, job, reterr);
    case JOB_BRING:
        return read_server(message, job, reterr) != 0 || read_account(message, job, reterr) != 0
                   ? -1
                   : read_bring(message, job, reterr);
    case JOB_CANCEL:
        return 0;
    case JOB_OP_COUNT:
        break;
    }
    return refuse(reterr, "op", "is unknown");
}

int
job_parse(const char *line, size_t length, struct job **ret_job, int64_t *ret_id,
          struct error *reterr)
{
    *ret_id = -1;
    json_error_t where;
    json_t *message = json_loadb(line, length, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(message)) {
        json_decref(message);
        return error_set(reterr, CAUSE_CHILD_PROTOCOL, "job: no JSON object on the line");
    }
    struct job *job = calloc(1, sizeof *job);
    const json_t *id = json_object_get(message, "id");
    if (job == NULL || !json_is_integer(id) || json_integer_value(id) < 0) {
        json_decref(message);
        free(job);
        return job == NULL ? error_set(reterr, CAUSE_MEMORY, "job: no memory")
                           : refuse(reterr, "id", "must be a number from 0");
    }
    *ret_id = job->id = json_integer_value(id);
    job->message = message;
    if (read_job(message, job, reterr) != 0) {
        job_free(job);
        return -1;
    }
    *ret_job = job;
    return 0;
}

void
job_free(struct job *job)
{
    if (job == NULL) {
        return;
    }
    for (size_t index = 0; index < job->seen_count; index++) {
        free((void *)(uintptr_t)job->seen[index].name);
    }
    free((void *)(uintptr_t)job->known.name);
    free((void *)(uintptr_t)job->before.name);
    free((void *)(uintptr_t)job->taken.name);
    free(job->seen);
    free((void *)job->host_keys);
    json_decref(job->message);
    free(job);
}
