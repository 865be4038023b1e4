/*
 * The other threads put items into `incoming` under the mutex and wake the loop; everything else is
 * the loop's alone. An item is open from ask_submit till ask_answer; the time-out and the close
 * answer it too, so a handler that waits for the database keeps its number and not the item.
 */
#include "ask.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct ask_item {
    struct ask_item *next;
    struct ask_queue *queue;
    struct ask ask;
    ask_done_fn done;
    void *context;
    uint64_t number;
    uint64_t deadline_ms; /* of the loop's clock; 0: not seen by the loop yet */
    char strings[];
};

struct ask_queue {
    uv_async_t wake;
    uv_timer_t timer;
    ask_handle_fn handle;
    void *context;
    unsigned handles_open;
    pthread_mutex_t mutex;
    /* under the mutex */
    struct ask_item *incoming;
    struct ask_item **incoming_tail;
    size_t open_count; /* incoming and open */
    bool is_closed;
    /* the loop's */
    struct ask_item *open;
    uint64_t next_number;
};

static const char *
copy(const char *from, char **to)
{
    if (from == NULL) {
        return NULL;
    }
    char *at = *to;
    *to = stpcpy(at, from) + 1;
    return at;
}

static size_t
size_of(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

static struct ask_item *
item_new(const struct ask *ask)
{
    size_t size = size_of(ask->slug) + size_of(ask->until) + size_of(ask->reason) +
                  size_of(ask->fingerprint) + size_of(ask->since) + size_of(ask->sourced_id) +
                  size_of(ask->by);
    struct ask_item *item = calloc(1, sizeof *item + size);
    if (item != NULL) {
        char *to = item->strings;
        item->ask = *ask;
        item->ask.slug = copy(ask->slug, &to);
        item->ask.until = copy(ask->until, &to);
        item->ask.reason = copy(ask->reason, &to);
        item->ask.fingerprint = copy(ask->fingerprint, &to);
        item->ask.since = copy(ask->since, &to);
        item->ask.sourced_id = copy(ask->sourced_id, &to);
        item->ask.by = copy(ask->by, &to);
    }
    return item;
}

int
ask_submit(struct ask_queue *queue, const struct ask *ask, ask_done_fn done, void *context)
{
    struct ask_item *item = item_new(ask);
    if (item == NULL) {
        return -1;
    }
    item->queue = queue;
    item->done = done;
    item->context = context;
    (void)pthread_mutex_lock(&queue->mutex);
    bool is_taken = !queue->is_closed && queue->open_count < ASK_MAX;
    if (is_taken) {
        *queue->incoming_tail = item;
        queue->incoming_tail = &item->next;
        queue->open_count++;
        (void)uv_async_send(&queue->wake);
    }
    (void)pthread_mutex_unlock(&queue->mutex);
    if (!is_taken) {
        free(item);
        return -1;
    }
    return 0;
}

/* Moves what came in to the open items. */
static struct ask_item *
take_incoming(struct ask_queue *queue)
{
    (void)pthread_mutex_lock(&queue->mutex);
    struct ask_item *item = queue->incoming;
    queue->incoming = NULL;
    queue->incoming_tail = &queue->incoming;
    (void)pthread_mutex_unlock(&queue->mutex);
    return item;
}

static void watch_time(struct ask_queue *queue);

static void
on_wake(uv_async_t *wake)
{
    struct ask_queue *queue = wake->data;
    struct ask_item *item = take_incoming(queue);
    while (item != NULL) {
        struct ask_item *next = item->next;
        item->number = ++queue->next_number;
        item->deadline_ms = uv_now(wake->loop) + ASK_TIMEOUT_MS;
        item->next = queue->open;
        queue->open = item;
        queue->handle(queue->context, item);
        item = next;
    }
    watch_time(queue);
}

static void
on_timer(uv_timer_t *timer)
{
    struct ask_queue *queue = timer->data;
    struct ask_item *item = queue->open;
    while (item != NULL) {
        struct ask_item *next = item->next;
        if (item->deadline_ms <= uv_now(timer->loop)) {
            ask_answer(item, 504,
                       ask_error(CAUSE_DB_UNAVAILABLE, "There was no answer in time.",
                                 "Look at: rosterctl status"));
        }
        item = next;
    }
    watch_time(queue);
}

static void
watch_time(struct ask_queue *queue)
{
    if (queue->open != NULL && !uv_is_closing((uv_handle_t *)&queue->timer)) {
        (void)uv_timer_start(&queue->timer, on_timer, 1000, 0);
    }
}

int
ask_queue_new(uv_loop_t *loop, ask_handle_fn handle, void *context, struct ask_queue **ret_queue,
              struct error *reterr)
{
    struct ask_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL || pthread_mutex_init(&queue->mutex, NULL) != 0) {
        free(queue);
        return error_set(reterr, CAUSE_MEMORY, "no memory for the queue of asks");
    }
    int status = uv_async_init(loop, &queue->wake, on_wake);
    if (status != 0) {
        (void)pthread_mutex_destroy(&queue->mutex);
        free(queue);
        return error_set(reterr, CAUSE_INTERNAL, "uv_async_init: %s", uv_strerror(status));
    }
    (void)uv_timer_init(loop, &queue->timer);
    queue->wake.data = queue;
    queue->timer.data = queue;
    queue->handles_open = 2;
    queue->handle = handle;
    queue->context = context;
    queue->incoming_tail = &queue->incoming;
    *ret_queue = queue;
    return 0;
}

static void
on_closed(uv_handle_t *handle)
{
    struct ask_queue *queue = handle->data;
    if (--queue->handles_open == 0) {
        (void)pthread_mutex_destroy(&queue->mutex);
        free(queue);
    }
}

void
ask_queue_close(struct ask_queue *queue)
{
    (void)pthread_mutex_lock(&queue->mutex);
    queue->is_closed = true;
    (void)pthread_mutex_unlock(&queue->mutex);
    struct ask_item *item = take_incoming(queue);
    while (item != NULL) {
        struct ask_item *next = item->next;
        item->next = queue->open;
        queue->open = item;
        item = next;
    }
    while (queue->open != NULL) {
        ask_answer(queue->open, 503,
                   ask_error(CAUSE_DAEMON_STOPPED, "The daemon is stopping.",
                             "Ask again when it is back."));
    }
    uv_close((uv_handle_t *)&queue->wake, on_closed);
    uv_close((uv_handle_t *)&queue->timer, on_closed);
}

const struct ask *
ask_item_ask(const struct ask_item *item)
{
    return &item->ask;
}

uint64_t
ask_item_number(const struct ask_item *item)
{
    return item->number;
}

struct ask_item *
ask_queue_find(struct ask_queue *queue, uint64_t number)
{
    struct ask_item *item = queue->open;
    while (item != NULL && item->number != number) {
        item = item->next;
    }
    return item;
}

void
ask_answer(struct ask_item *item, int status, json_t *body)
{
    struct ask_queue *queue = item->queue;
    struct ask_item **at = &queue->open;
    while (*at != item) {
        at = &(*at)->next;
    }
    *at = item->next;
    (void)pthread_mutex_lock(&queue->mutex);
    queue->open_count--;
    (void)pthread_mutex_unlock(&queue->mutex);
    if (body == NULL) {
        status = 500;
        body = ask_error(CAUSE_MEMORY, "Memory ran out.", "");
    }
    item->done(item->context, status, body);
    free(item);
}
