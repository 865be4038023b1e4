/* Lines from standard input. */
#ifndef FETCH_INBOX_H
#define FETCH_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct inbox;

struct inbox_calls {
    /* A line without its end; the bytes live until the call returns. */
    void (*on_line)(void *context, const char *line, size_t length);
    /* Once: the writer is gone, or (broken) sent a line over BOUNDS_JOB_LINE. */
    void (*on_end)(void *context, bool broken);
    void *context;
};

/* Reads from a pipe that it takes over. Returns NULL without memory, or if fd is no pipe. */
struct inbox *inbox_new(uv_loop_t *loop, uv_file fd, const struct inbox_calls *calls);

/* Closes and frees, in the turns of the loop that follow; no call comes any more. */
void inbox_close(struct inbox *inbox);

#endif
