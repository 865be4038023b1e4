#include "worker.h"

#include <stdio.h>
#include <stdlib.h>

struct workers {
    uv_timer_t turn;
    struct worker_wish *head;
    struct worker_wish **tail;
    size_t count;
    unsigned open; /* connections and the timer */
    void (*closed)(void *context);
    void *closed_context;
    struct worker workers[CONFIG_SLOTS_MAX];
};

static struct worker *
free_worker(struct workers *workers)
{
    for (size_t at = 0; at < workers->count; at++) {
        if (!workers->workers[at].is_busy) {
            return &workers->workers[at];
        }
    }
    return NULL;
}

/* The first one whose turn it may be; NULL: nobody's. */
static struct worker_wish *
next_wish(const struct workers *workers)
{
    size_t large = 0;
    for (size_t at = 0; at < workers->count; at++) {
        large += workers->workers[at].is_busy && workers->workers[at].is_large ? 1 : 0;
    }
    struct worker_wish *wish = workers->head;
    while (wish != NULL && wish->is_large && workers->count > 1 && large + 1 >= workers->count) {
        wish = wish->next;
    }
    return wish;
}

static void
on_turn(uv_timer_t *timer)
{
    struct workers *workers = timer->data;
    struct worker *worker;
    struct worker_wish *wish;
    while ((worker = free_worker(workers)) != NULL && (wish = next_wish(workers)) != NULL) {
        workers_forget(workers, wish);
        worker->is_busy = true;
        worker->is_large = wish->is_large;
        if (!worker->is_started) {
            worker->is_started = true;
            db_start(worker->db);
        }
        wish->granted(wish->context, worker);
    }
}

static void
wake(struct workers *workers)
{
    if (!uv_is_closing((uv_handle_t *)&workers->turn)) {
        (void)uv_timer_start(&workers->turn, on_turn, 0, 0);
    }
}

void
workers_wish(struct workers *workers, struct worker_wish *wish)
{
    wish->is_waiting = true;
    wish->next = NULL;
    *workers->tail = wish;
    workers->tail = &wish->next;
    wake(workers);
}

void
workers_forget(struct workers *workers, struct worker_wish *wish)
{
    if (!wish->is_waiting) {
        return;
    }
    struct worker_wish **at = &workers->head;
    while (*at != wish) {
        at = &(*at)->next;
    }
    *at = wish->next;
    if (*at == NULL) {
        workers->tail = at;
    }
    wish->is_waiting = false;
}

void
worker_release(struct worker *worker)
{
    worker->is_busy = false;
    wake(worker->owner);
}

struct workers *
workers_new(uv_loop_t *loop, const struct config *config, struct db_stats *stats)
{
    struct workers *workers = calloc(1, sizeof *workers);
    if (workers == NULL) {
        return NULL;
    }
    workers->tail = &workers->head;
    (void)uv_timer_init(loop, &workers->turn);
    workers->turn.data = workers;
    workers->open = 1;
    for (int64_t at = 0; at < config->workers.stage; at++) {
        char name[32];
        (void)snprintf(name, sizeof name, "worker %lld", (long long)at);
        struct worker *worker = &workers->workers[at];
        worker->owner = workers;
        worker->db = db_new(&(struct db_params){
            .loop = loop,
            .conninfo = config->database.conninfo,
            .name = name,
            .connect_s = config->deadlines.connect_s,
            .keepalive_s = 60,
            .stats = stats,
        });
        if (worker->db == NULL) {
            abort(); /* at the start, before anything was done */
        }
        workers->count++;
        workers->open++;
    }
    return workers;
}

void
workers_refuse(struct workers *workers)
{
    for (size_t at = 0; at < workers->count; at++) {
        db_refuse(workers->workers[at].db);
    }
}

static void
on_part_closed(void *context)
{
    struct workers *workers = context;
    if (--workers->open > 0) {
        return;
    }
    void (*closed)(void *context) = workers->closed;
    void *closed_context = workers->closed_context;
    free(workers);
    closed(closed_context);
}

static void
on_turn_closed(uv_handle_t *handle)
{
    on_part_closed(handle->data);
}

void
workers_close(struct workers *workers, void (*closed)(void *context), void *context)
{
    workers->closed = closed;
    workers->closed_context = context;
    uv_close((uv_handle_t *)&workers->turn, on_turn_closed);
    for (size_t at = 0; at < workers->count; at++) {
        db_close(workers->workers[at].db, on_part_closed, workers);
    }
}
