#include "watch.h"

#include <stdlib.h>
#include <unistd.h>

struct watch {
    uv_poll_t poll;
    int fd;
    int events; /* waited for now */
    void (*on_ready)(void *context);
    void *context;
};

struct watch *
watch_new(uv_loop_t *loop, int fd, void (*on_ready)(void *context), void *context)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL || uv_poll_init(loop, &watch->poll, fd) != 0) {
        free(watch);
        (void)close(fd);
        return NULL;
    }
    watch->poll.data = watch;
    watch->fd = fd;
    watch->on_ready = on_ready;
    watch->context = context;
    return watch;
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct watch *watch = poll->data;
    if (status < 0) {
        /* The socket has an error, which is found by reading; libuv has stopped waiting. */
        watch->events = 0;
    }
    watch->on_ready(watch->context);
}

int
watch_start(struct watch *watch, bool reads, bool writes)
{
    int events = (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0);
    if (events == watch->events) {
        return 0; /* libuv would ask the kernel again all the same */
    }
    watch->events = events;
    return uv_poll_start(&watch->poll, events, on_poll);
}

static void
on_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    if (watch->fd >= 0) {
        (void)close(watch->fd);
    }
    free(watch);
}

void
watch_close(struct watch *watch)
{
    if (watch != NULL) {
        (void)uv_poll_stop(&watch->poll);
        uv_close((uv_handle_t *)&watch->poll, on_closed);
    }
}

int
watch_take_fd(struct watch *watch)
{
    int fd = watch->fd;
    watch->fd = -1;
    watch_close(watch);
    return fd;
}
