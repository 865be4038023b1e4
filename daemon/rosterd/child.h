/*
 * A program of ours as a child process: JSON lines go in, JSON lines come out, and whatever it
 * does, it ends. It gets pipes at 0, 1 and 2, nothing else that is open, and a clean environment.
 */
#ifndef ROSTERD_CHILD_H
#define ROSTERD_CHILD_H

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "error.h"

/* Bytes that may wait to be read by a child; it is stopped when it lets more pile up. */
#define CHILD_PENDING_MAX (4 * 1024 * 1024)
/* Between SIGTERM and SIGKILL. */
#define CHILD_GRACE_MS 5000

struct child;

/* How it ended. */
struct child_end {
    int64_t exit_status;
    int signal;             /* 0: it ended itself */
    bool was_stopped;       /* we had asked for it */
    bool was_over_time;     /* its deadline had passed */
    bool has_spoken_badly;  /* it wrote something that is not in the protocol; it was stopped for it
                             */
    const char *last_words; /* the last line on its stderr, escaped; "" if there is none */
};

struct child_params {
    uv_loop_t *loop;
    const char *program;     /* absolute path */
    const char *const *args; /* after the program's name, up to NULL */
    double deadline_s;       /* for its whole life; 0: none */
    /* An object it wrote; the reference stays the caller's. */
    void (*on_message)(void *context, const json_t *message);
    /* Exactly once, after it has ended and all pipes are read; `child` is gone then. */
    void (*on_end)(void *context, const struct child_end *end);
    void *context;
};

/*
 * Starts it.
 *
 * @return 0, or -1 when it cannot be started: nothing is called back then
 */
int child_start(const struct child_params *params, struct child **ret_child, struct error *reterr);

/* Sends an object as one line. Returns 0, or -1: it does not fit (memory, CHILD_PENDING_MAX), or
 * its input is closed. */
int child_send(struct child *child, const json_t *message);

/* Ends its input, which tells a long-lived child to end after its work. */
void child_close_input(struct child *child);

/* SIGTERM, later SIGKILL. on_end tells when it is over. */
void child_stop(struct child *child);

/* The same without grace. */
void child_kill(struct child *child);

int child_pid(const struct child *child);

#endif
