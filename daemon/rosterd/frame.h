/*
 * Lines out of a stream of bytes, with a cap. What a child writes is not trusted: a line that never
 * ends costs no more memory than its cap.
 */
#ifndef ROSTERD_FRAME_H
#define ROSTERD_FRAME_H

#include <stdbool.h>
#include <stddef.h>

struct frame {
    char *data; /* grows up to line_max + 1 */
    size_t used;
    size_t capacity;
    size_t line_max; /* bytes of a line, without its line feed */
    bool is_over;    /* a line was longer; nothing more is taken */
};

/* Called for each line: without its line feed, ended by a NUL that is not counted. The text lives
 * until the call returns. */
typedef void (*frame_line_fn)(void *context, const char *line, size_t length);

void frame_init(struct frame *frame, size_t line_max);
void frame_deinit(struct frame *frame);

/*
 * Takes bytes in and hands out the lines they complete. Empty lines are skipped.
 *
 * @return 0, or -1 when a line is longer than the cap or memory ran out: the frame then takes no
 * more
 */
int frame_feed(struct frame *frame, const char *bytes, size_t length, frame_line_fn on_line,
               void *context);

/* Bytes of a line that has begun and not ended. */
size_t frame_rest(const struct frame *frame);

#endif
