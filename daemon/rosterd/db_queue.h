/* For db.c: the calls that wait for their turn on a connection. */
#ifndef ROSTERD_DB_QUEUE_H
#define ROSTERD_DB_QUEUE_H

#include "db.h"

/* A call with copies of its texts in the block that follows. */
struct db_item {
    struct db_item *next;
    double deadline; /* seconds of the loop's clock; 0: none */
    db_row_fn on_row;
    db_done_fn done;
    void *context;
    bool is_plain;
    bool is_internal; /* set-up, keepalive: nobody waits for it */
    int params_count;
    const char *params[DB_PARAMS_MAX];
    char *sql;
    char block[];
};

struct db_queue {
    struct db_item *head;
    struct db_item **tail;
};

/* @param now_s  of the loop's clock
 * @return NULL when memory ran out; to be freed with free() */
struct db_item *db_item_new(const struct db_query *query, double now_s);

void db_queue_init(struct db_queue *queue);
void db_queue_push(struct db_queue *queue, struct db_item *item);
void db_queue_push_front(struct db_queue *queue, struct db_item *item);

/* The first, or NULL. */
struct db_item *db_queue_pop(struct db_queue *queue);

/* Takes out one whose time is up, or NULL. */
struct db_item *db_queue_pop_expired(struct db_queue *queue, double now_s);

/* The soonest deadline, or 0. */
double db_queue_deadline(const struct db_queue *queue);

#endif
