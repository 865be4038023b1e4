/*
 * What the fetcher tells the daemon: one JSON object a line on standard output. Final events are
 * never lost; progress is left out while the daemon does not read.
 */
#ifndef FETCH_EVENTS_H
#define FETCH_EVENTS_H

#include <jansson.h>
#include <stdint.h>
#include <uv.h>

#include "error.h"
#include "settle.h"

struct events;

/*
 * Takes over the write end of a pipe.
 *
 * @param on_broken  called once, from the loop, when the reader is gone
 * @return           for events_close; NULL: no memory, or fd is no pipe
 */
struct events *events_new(uv_loop_t *loop, uv_file fd, void (*on_broken)(void *context),
                          void *context);

/* Sends what is queued, then closes and frees, in the turns of the loop that follow. */
void events_close(struct events *events);

void events_progress(struct events *events, int64_t id, uint64_t bytes, uint64_t size);

/*
 * Sends a job's last event.
 *
 * @param body  an object with the event's fields but for "id"; taken over; NULL: memory ran out
 *              while it was made, which is then what is sent
 */
void events_final(struct events *events, int64_t id, json_t *body);

/* Sends a job's last event: why it failed. The text may hold a server's own bytes; here it is
 * escaped and cut. */
void events_error(struct events *events, int64_t id, const struct error *error);

/* {"name","size","mtime"} of a file, its name escaped; NULL: no memory. */
json_t *events_file(const struct settle_file *file);

#endif
