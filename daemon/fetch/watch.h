/* Waiting for a descriptor on the loop. A watch owns its descriptor, so that nobody else can close
 * it under libuv and have its number reused. */
#ifndef FETCH_WATCH_H
#define FETCH_WATCH_H

#include <stdbool.h>
#include <uv.h>

struct watch;

/* Takes over fd, also when it fails (NULL: no memory, or no pollable descriptor). */
struct watch *watch_new(uv_loop_t *loop, int fd, void (*on_ready)(void *context), void *context);

/* Waits for something to read and, if asked, for room to write, until told otherwise. */
int watch_start(struct watch *watch, bool reads, bool writes);

/* Closes the descriptor and frees; on_ready is not called any more. NULL is fine. */
void watch_close(struct watch *watch);

/* As watch_close, but the descriptor goes to the caller. */
int watch_take_fd(struct watch *watch);

#endif
