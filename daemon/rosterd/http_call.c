#include "http_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double
http_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Every answer is for this moment and this reader only; a browser shown one runs nothing of it. */
static void
add_headers(struct MHD_Response *response, const char *type)
{
    static const char *const headers[][2] = {
        {"Cache-Control", "no-store"},
        {"Connection", "close"},
        {"Content-Security-Policy",
         "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
    };
    (void)MHD_add_response_header(response, "Content-Type", type);
    for (size_t index = 0; index < sizeof headers / sizeof *headers; index++) {
        (void)MHD_add_response_header(response, headers[index][0], headers[index][1]);
    }
}

enum MHD_Result
http_send_text(struct http_call *call, int status, const char *type, char *text)
{
    if (text == NULL) {
        return MHD_NO;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(text);
        return MHD_NO;
    }
    add_headers(response, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        (void)MHD_add_response_header(response, "Allow",
                                      call->door == HTTP_DOOR_STATUS ? "GET, HEAD" : "POST");
    }
    enum MHD_Result queued = MHD_queue_response(call->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return queued;
}

enum MHD_Result
http_send_json(struct http_call *call, int status, json_t *body)
{
    /* "schema" first, so that a reader sees at once what it has. */
    json_t *answer = json_pack("{s:i}", "schema", 1);
    char *text = NULL;
    if (answer != NULL && json_object_update_missing(answer, body) == 0) {
        text = json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII);
    }
    json_decref(answer);
    json_decref(body);
    if (text == NULL) {
        return MHD_NO;
    }
    /* A line of its own, for people with curl. */
    size_t length = strlen(text);
    char *line = realloc(text, length + 2);
    if (line == NULL) {
        free(text);
        return MHD_NO;
    }
    memcpy(line + length, "\n", 2);
    return http_send_text(call, status, "application/json", line);
}

enum MHD_Result
http_send_error(struct http_call *call, int status, enum cause cause, const char *message,
                const char *hint)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "code", cause_word(cause), "message", message,
                             "hint", hint, "owner", error_owner_word(cause_owner(cause)));
    return body == NULL ? MHD_NO : http_send_json(call, status, body);
}

const char *
http_query(struct http_call *call, const char *key)
{
    return MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, key);
}

int
http_query_limit(struct http_call *call, int fallback, int max)
{
    const char *text = http_query(call, "limit");
    if (text == NULL) {
        return fallback;
    }
    char *end = NULL;
    long limit = strtol(text, &end, 10);
    return end == text || *end != '\0' || limit < 1 || limit > max ? -1 : (int)limit;
}

size_t
http_split_path(const char *path, char parts[HTTP_PARTS_MAX][HTTP_PART_SIZE])
{
    static const char prefix[] = "/v1/";
    size_t count = 0;
    if (strncmp(path, prefix, sizeof prefix - 1) != 0) {
        return 0;
    }
    for (path += sizeof prefix - 1; *path != '\0'; count++) {
        size_t length = strcspn(path, "/");
        if (count == HTTP_PARTS_MAX || length == 0 || length >= HTTP_PART_SIZE) {
            return 0;
        }
        memcpy(parts[count], path, length);
        parts[count][length] = '\0';
        path += length + (path[length] == '/');
    }
    return count;
}

int64_t
http_run_id(const char *text)
{
    char *end = NULL;
    long long number = strtoll(text, &end, 10);
    return end == text || *end != '\0' || number < 1 ? -1 : number;
}
