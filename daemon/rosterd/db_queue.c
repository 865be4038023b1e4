#include "db_queue.h"

#include <stdlib.h>
#include <string.h>

struct db_item *
db_item_new(const struct db_query *query, double now_s)
{
    size_t size = strlen(query->sql) + 1;
    for (int at = 0; at < query->params_count; at++) {
        size += query->params[at] == NULL ? 0 : strlen(query->params[at]) + 1;
    }
    struct db_item *item = calloc(1, sizeof *item + size);
    if (item == NULL) {
        return NULL;
    }
    item->deadline = query->timeout_s > 0 ? now_s + query->timeout_s : 0;
    item->is_plain = query->is_plain;
    item->on_row = query->on_row;
    item->done = query->done;
    item->context = query->context;
    item->params_count = query->params_count;
    char *to = item->block;
    item->sql = to;
    to = stpcpy(to, query->sql) + 1;
    for (int at = 0; at < query->params_count; at++) {
        if (query->params[at] != NULL) {
            item->params[at] = to;
            to = stpcpy(to, query->params[at]) + 1;
        }
    }
    return item;
}

void
db_queue_init(struct db_queue *queue)
{
    queue->head = NULL;
    queue->tail = &queue->head;
}

void
db_queue_push(struct db_queue *queue, struct db_item *item)
{
    item->next = NULL;
    *queue->tail = item;
    queue->tail = &item->next;
}

void
db_queue_push_front(struct db_queue *queue, struct db_item *item)
{
    item->next = queue->head;
    queue->head = item;
    if (item->next == NULL) {
        queue->tail = &item->next;
    }
}

/* Takes out the item that `at` points to. */
static struct db_item *
take_out(struct db_queue *queue, struct db_item **at)
{
    struct db_item *item = *at;
    *at = item->next;
    if (*at == NULL) {
        queue->tail = at;
    }
    item->next = NULL;
    return item;
}

struct db_item *
db_queue_pop(struct db_queue *queue)
{
    return queue->head == NULL ? NULL : take_out(queue, &queue->head);
}

struct db_item *
db_queue_pop_expired(struct db_queue *queue, double now_s)
{
    for (struct db_item **at = &queue->head; *at != NULL; at = &(*at)->next) {
        if ((*at)->deadline > 0 && (*at)->deadline <= now_s) {
            return take_out(queue, at);
        }
    }
    return NULL;
}

double
db_queue_deadline(const struct db_queue *queue)
{
    double soonest = 0;
    for (const struct db_item *item = queue->head; item != NULL; item = item->next) {
        if (item->deadline > 0 && (soonest <= 0 || item->deadline < soonest)) {
            soonest = item->deadline;
        }
    }
    return soonest;
}
