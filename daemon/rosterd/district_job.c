/* The jobs of the fetcher as messages. */
#include "district_private.h"

#include <string.h>

#include "limit.h"

json_t *
district_file_message(const struct run_file *file)
{
    return json_pack("{s:s, s:I, s:I}", "name", file->name, "size", (json_int_t)file->size, "mtime",
                     (json_int_t)file->mtime);
}

static json_t *
keys_message(const char *keys)
{
    json_t *list = json_array();
    while (keys != NULL && *keys != '\0') {
        size_t length = strcspn(keys, " ");
        (void)json_array_append_new(list, json_stringn(keys, length));
        keys += length + strspn(keys + length, " ");
    }
    return list;
}

json_t *
district_job(const struct district *district, const char *op)
{
    const struct district_row *row = &district->settings->row;
    const struct config *config = district->tools->run.config;
    if (row->host == NULL) {
        return NULL;
    }
    return json_pack("{s:s, s:s, s:i, s:s, s:s, s:o, s:s, s:I, s:I, s:I}", "op", op, "host",
                     row->host, "port", row->port, "username", row->username, "credential",
                     row->credential, "host_keys", keys_message(row->host_keys), "path", row->path,
                     "connect_ms", (json_int_t)(config->deadlines.connect_s * 1000.0), "silence_ms",
                     (json_int_t)(config->deadlines.silence_s * 1000.0), "total_ms",
                     (json_int_t)(config->deadlines.fetch_s * 1000.0));
}

/* `message` with the members of `rest`; both are taken over. */
static json_t *
merge(json_t *message, json_t *rest, struct error *reterr)
{
    if (message == NULL || rest == NULL || json_object_update(message, rest) != 0) {
        json_decref(message);
        message = NULL;
        (void)error_set(reterr, CAUSE_MEMORY, "no memory for a job");
    }
    json_decref(rest);
    return message;
}

json_t *
district_settle_message(const struct district *district, struct error *reterr)
{
    json_t *rest = district_file_message(&district->settling);
    (void)json_object_set_new(rest, "sha256", json_string(district->settling.sha256));
    (void)json_object_set_new(rest, "after", json_string(district->settings->row.after));
    return merge(district_job(district, "settle"), rest, reterr);
}

json_t *
district_poll_message(const struct district *district, struct error *reterr)
{
    const struct district_row *row = &district->settings->row;
    char folder[SPOOL_PATH_SIZE];
    if (spool_folder(district->tools->spool, row->slug, folder, reterr) != 0) {
        return NULL;
    }
    const struct run_file *known =
        district->pending.name != NULL ? &district->pending : &district->known;
    bool has_known = known->name != NULL;
    /* A person wants to see it done: the file that was taken last is taken again. Not an older one:
     * that may lie there still when the newer ones were moved or deleted, and would undo them. */
    json_t *rest = json_pack(
        "{s:s, s:s, s:o, s:o, s:b, s:s, s:I, s:I}", "pattern", row->pattern, "ready", row->ready,
        "seen", district->seen == NULL ? json_array() : json_deep_copy(district->seen), "known",
        has_known ? district_file_message(known) : json_null(), "again",
        district->by != NULL && district->chain.count == 0, "spool", folder, "max_bytes",
        (json_int_t)LIMIT_ZIP_BYTES, "quota_bytes", (json_int_t)spool_room(district->tools->spool));
    const struct run_file *before = district_chain_oldest(district);
    if (before != NULL) {
        (void)json_object_set_new(rest, "before", district_file_message(before));
    }
    return merge(district_job(district, "poll"), rest, reterr);
}

json_t *
district_bring_message(const struct district *district, struct error *reterr)
{
    char folder[SPOOL_PATH_SIZE];
    if (spool_folder(district->tools->spool, district->settings->row.slug, folder, reterr) != 0) {
        return NULL;
    }
    json_t *rest = json_pack("{s:s, s:s, s:I, s:I}", "sha256", district->approved.sha256, "spool",
                             folder, "max_bytes", (json_int_t)LIMIT_ZIP_BYTES, "quota_bytes",
                             (json_int_t)spool_room(district->tools->spool));
    return merge(district_job(district, "bring"),
                 merge(district_file_message(&district->approved), rest, reterr), reterr);
}
