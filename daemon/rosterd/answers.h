/* What the loop does for each ask of the sockets: one small function a verb. */
#ifndef ROSTERD_ANSWERS_H
#define ROSTERD_ANSWERS_H

#include "ask.h"
#include "config.h"
#include "db.h"
#include "districts.h"
#include "fetcher.h"

struct answers {
    struct ask_queue *asks;
    const struct config *config;
    struct districts *districts;
    struct db *control;
    struct fetcher *fetcher;
};

/* An ask_handle_fn; `context` is a struct answers. */
void answers_handle(void *context, struct ask_item *item);

#endif
