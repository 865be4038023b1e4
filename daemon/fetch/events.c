#include "events.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "printable.h"

struct events {
    uv_pipe_t pipe;
    uv_shutdown_t shutdown;
    bool broken;
    void (*on_broken)(void *context);
    void *context;
};

struct line {
    uv_write_t request;
    char *text;
};

struct events *
events_new(uv_loop_t *loop, uv_file fd, void (*on_broken)(void *context), void *context)
{
    struct events *events = calloc(1, sizeof *events);
    if (events == NULL) {
        return NULL;
    }
    events->on_broken = on_broken;
    events->context = context;
    (void)uv_pipe_init(loop, &events->pipe, 0);
    events->pipe.data = events;
    if (uv_pipe_open(&events->pipe, fd) != 0) {
        events_close(events);
        return NULL;
    }
    return events;
}

static void
on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void
on_shut(uv_shutdown_t *request, int status)
{
    (void)status;
    struct events *events = request->data;
    uv_close((uv_handle_t *)&events->pipe, on_closed);
}

void
events_close(struct events *events)
{
    if (events == NULL) {
        return;
    }
    events->on_broken = NULL;
    events->shutdown.data = events;
    if (events->broken ||
        uv_shutdown(&events->shutdown, (uv_stream_t *)&events->pipe, on_shut) != 0) {
        uv_close((uv_handle_t *)&events->pipe, on_closed);
    }
}

static void
on_written(uv_write_t *request, int status)
{
    struct line *line = request->data;
    struct events *events = request->handle->data;
    free(line->text);
    free(line);
    if (status < 0 && !events->broken) {
        events->broken = true;
        if (events->on_broken != NULL) {
            events->on_broken(events->context);
        }
    }
}

/* Takes over body. */
static void
send_line(struct events *events, json_t *body)
{
    struct line *line = calloc(1, sizeof *line);
    char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (line == NULL || text == NULL || events->broken) {
        free(line);
        free(text);
        return;
    }
    size_t length = strlen(text);
    text[length] = '\n'; /* in the place of the NUL, which is not sent */
    line->text = text;
    line->request.data = line;
    uv_buf_t buffer = uv_buf_init(text, (unsigned)length + 1);
    if (uv_write(&line->request, (uv_stream_t *)&events->pipe, &buffer, 1, on_written) != 0) {
        free(text);
        free(line);
    }
}

void
events_progress(struct events *events, int64_t id, uint64_t bytes, uint64_t size)
{
    if (uv_stream_get_write_queue_size((uv_stream_t *)&events->pipe) < BOUNDS_UNREAD) {
        send_line(events, json_pack("{s:I,s:s,s:I,s:I}", "id", (json_int_t)id, "event", "progress",
                                    "bytes", (json_int_t)bytes, "size", (json_int_t)size));
    }
}

void
events_final(struct events *events, int64_t id, json_t *body)
{
    if (body == NULL) {
        events_error(events, id, &(struct error){.cause = CAUSE_MEMORY, .text = "no memory"});
        return;
    }
    (void)json_object_set_new(body, "id", json_integer(id));
    send_line(events, body);
}

void
events_error(struct events *events, int64_t id, const struct error *error)
{
    char detail[BOUNDS_DETAIL + 1];
    (void)printable_encode(error->text, strlen(error->text), detail, sizeof detail);
    send_line(events, json_pack("{s:I,s:s,s:s,s:s}", "id", (json_int_t)id, "event", "error",
                                "reason", cause_word(error->cause), "detail", detail));
}

json_t *
events_file(const struct settle_file *file)
{
    char name[PRINTABLE_SIZE(BOUNDS_NAME)];
    (void)printable_encode(file->name, strlen(file->name), name, sizeof name);
    return json_pack("{s:s,s:I,s:I}", "name", name, "size", (json_int_t)file->size, "mtime",
                     (json_int_t)file->mtime);
}
