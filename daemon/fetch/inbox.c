#include "inbox.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"

struct inbox {
    uv_pipe_t pipe;
    struct inbox_calls calls;
    size_t length; /* of the line that is not complete yet */
    bool closing;
    char bytes[BOUNDS_JOB_LINE];
};

static void
on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void
inbox_close(struct inbox *inbox)
{
    if (inbox != NULL && !inbox->closing) {
        inbox->closing = true;
        uv_close((uv_handle_t *)&inbox->pipe, on_closed);
    }
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct inbox *inbox = handle->data;
    *buffer =
        uv_buf_init(inbox->bytes + inbox->length, (unsigned)(sizeof inbox->bytes - inbox->length));
}

/* Hands out the complete lines; what is left moves to the front. */
static void
take_lines(struct inbox *inbox)
{
    char *line = inbox->bytes;
    char *end = inbox->bytes + inbox->length;
    while (!inbox->closing) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        if (newline == NULL) {
            break;
        }
        inbox->calls.on_line(inbox->calls.context, line, (size_t)(newline - line));
        line = newline + 1;
    }
    inbox->length = (size_t)(end - line);
    memmove(inbox->bytes, line, inbox->length);
}

static void
on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    (void)buffer;
    struct inbox *inbox = stream->data;
    bool broken = false;
    if (count >= 0) {
        inbox->length += (size_t)count;
        take_lines(inbox);
        broken = inbox->length == sizeof inbox->bytes;
    }
    if (!inbox->closing && (count < 0 || broken)) {
        (void)uv_read_stop(stream);
        inbox->calls.on_end(inbox->calls.context, broken);
    }
}

struct inbox *
inbox_new(uv_loop_t *loop, uv_file fd, const struct inbox_calls *calls)
{
    struct inbox *inbox = calloc(1, sizeof *inbox);
    if (inbox == NULL) {
        return NULL;
    }
    inbox->calls = *calls;
    (void)uv_pipe_init(loop, &inbox->pipe, 0);
    inbox->pipe.data = inbox;
    if (uv_pipe_open(&inbox->pipe, fd) != 0 ||
        uv_read_start((uv_stream_t *)&inbox->pipe, on_alloc, on_read) != 0) {
        inbox_close(inbox);
        return NULL;
    }
    return inbox;
}
