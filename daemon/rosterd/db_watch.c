#include "db_watch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct db_watch {
    uv_poll_t poll;
    db_watch_fn ready;
    void *context;
    int fd;
};

static void
on_closed(uv_handle_t *handle)
{
    struct db_watch *watch = handle->data;
    (void)close(watch->fd);
    free(watch);
}

struct db_watch *
db_watch_new(uv_loop_t *loop, int socket, db_watch_fn ready, void *context)
{
    struct db_watch *watch = calloc(1, sizeof *watch);
    int fd = fcntl(socket, F_DUPFD_CLOEXEC, 3);
    if (watch == NULL || fd < 0 || uv_poll_init(loop, &watch->poll, fd) != 0) {
        free(watch);
        if (fd >= 0) {
            (void)close(fd);
        }
        return NULL;
    }
    watch->poll.data = watch;
    watch->fd = fd;
    watch->ready = ready;
    watch->context = context;
    return watch;
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
    struct db_watch *watch = poll->data;
    watch->ready(watch->context, status, events);
}

int
db_watch_start(struct db_watch *watch, int events)
{
    return uv_poll_start(&watch->poll, events, on_poll) == 0 ? 0 : -1;
}

void
db_watch_close(struct db_watch *watch)
{
    if (watch != NULL) {
        uv_close((uv_handle_t *)&watch->poll, on_closed);
    }
}
