/*
 * From a host's name to a connected socket, without blocking: the name is resolved in libuv's
 * pool, then each address is tried in turn with its share of the time, so that one dead address (an
 * IPv6 record on a host without IPv6) does not use up the others'.
 */
#ifndef FETCH_DIAL_H
#define FETCH_DIAL_H

#include <stdint.h>
#include <uv.h>

#include "error.h"
#include "names.h"

struct dial;

/* What the caller wants and is told. Host is copied. */
struct dial_call {
    struct names *names; /* borrowed */
    const char *host;
    uint16_t port;
    uint64_t connect_ms; /* for all addresses together */
    uint64_t silence_ms; /* the kernel gives up on a peer that acknowledges nothing for so long */
    /* Once: a connected descriptor that is now the caller's, or -1 and why. */
    void (*on_done)(void *context, int fd, const struct error *error);
    void *context;
};

/* Starts; the dial ends itself after on_done. NULL and an error: on_done is not called. */
struct dial *dial_start(uv_loop_t *loop, const struct dial_call *call, struct error *reterr);

/* Says what a dial that is still going on was doing, as the error of a deadline. Returns -1. */
int dial_describe(const struct dial *dial, struct error *reterr);

/* Gives up; on_done is not called any more. The memory goes when the resolver has answered. */
void dial_abandon(struct dial *dial);

#endif
