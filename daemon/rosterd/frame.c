#include "frame.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 512

void
frame_init(struct frame *frame, size_t line_max)
{
    *frame = (struct frame){.line_max = line_max};
}

void
frame_deinit(struct frame *frame)
{
    free(frame->data);
    frame->data = NULL;
    frame->used = 0;
    frame->capacity = 0;
}

/* Room for `more` bytes and a NUL. */
static int
reserve(struct frame *frame, size_t more)
{
    size_t need = frame->used + more + 1;
    if (more > frame->line_max || need > frame->line_max + 1) {
        return -1;
    }
    if (need <= frame->capacity) {
        return 0;
    }
    size_t capacity = frame->capacity == 0 ? FIRST_CAPACITY : frame->capacity;
    while (capacity < need) {
        capacity *= 2;
    }
    char *data = realloc(frame->data, capacity);
    if (data == NULL) {
        return -1;
    }
    frame->data = data;
    frame->capacity = capacity;
    return 0;
}

int
frame_feed(struct frame *frame, const char *bytes, size_t length, frame_line_fn on_line,
           void *context)
{
    while (length > 0 && !frame->is_over) {
        const char *feed = memchr(bytes, '\n', length);
        size_t part = feed == NULL ? length : (size_t)(feed - bytes);
        if (reserve(frame, part) != 0) {
            frame->is_over = true;
            break;
        }
        memcpy(frame->data + frame->used, bytes, part);
        frame->used += part;
        if (feed == NULL) {
            break;
        }
        frame->data[frame->used] = '\0';
        size_t line = frame->used;
        frame->used = 0;
        if (line > 0) {
            on_line(context, frame->data, line);
        }
        bytes += part + 1;
        length -= part + 1;
    }
    return frame->is_over ? -1 : 0;
}

size_t
frame_rest(const struct frame *frame)
{
    return frame->used;
}
