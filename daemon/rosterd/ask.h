/*
 * What the sockets' threads ask of the loop: a bounded queue and a wake-up. An ask is answered
 * exactly once, on the loop's thread, with an HTTP status and a JSON object.
 */
#ifndef ROSTERD_ASK_H
#define ROSTERD_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "error.h"

/* Asks waiting or being worked on at once; more are refused. */
#define ASK_MAX 64
/* An ask that was not answered by then is answered 504. */
#define ASK_TIMEOUT_MS 60000

enum ask_verb {
    ASK_SYNC,    /* slug → 202 {"slug", "started": bool, "run_id": null} poll now */
    ASK_PAUSE,   /* slug, until, reason → 200 {"slug", "paused_until"} */
    ASK_RESUME,  /* slug → 200 {"slug"} */
    ASK_HOSTKEY, /* slug → 200 {"slug", "host", "port", "pinned": […], "offered": [{"type",
                    "fingerprint", "pinned"}]} */
    ASK_HOSTKEY_ACCEPT, /* slug, fingerprint → 200 {"slug", "pinned": […]} */
    ASK_FINDINGS,       /* slug or run, limit → 200 {"findings": […]} */
    ASK_RUNS,           /* slug or none, since, limit → 200 {"runs": […]} from the database */
    ASK_PLAN,           /* run → 200 {"plan": {…}} what a held or previewed run would do */
    ASK_APPROVE,        /* run, reason, what → 200 {"run_id", "message"} */
    ASK_REFUSE,         /* run, reason → 200 {"run_id", "message"} */
    ASK_EXPLAIN,        /* slug, sourced_id → 200 {"slug", "sourced_id", "steps": […]} */
    ASK_UNDO,           /* run, is_preview → 200 {"run_id", "undo_run_id", "changes": […]} */
    ASK_VERB_COUNT
};

/* Strings are copied by ask_submit; what a verb does not use is NULL or 0. */
struct ask {
    enum ask_verb verb;
    const char *slug;
    int64_t run;             /* ASK_FINDINGS: of this run; 0: of the district of `slug` */
    const char *what;        /* all, additions, mapping: a literal, not copied */
    const char *sourced_id;  /* a person's id in the SIS */
    bool is_preview;         /* only say what would be done */
    const char *until;       /* RFC 3339 */
    const char *reason;      /* at most 500 characters */
    const char *fingerprint; /* "SHA256:…" */
    const char *since;       /* RFC 3339, or NULL: all */
    int limit;               /* rows, 1 to 10,000; 0: 200 */
    const char *by;          /* who asks: "uid:1000"; never NULL */
};

/*
 * @param status  HTTP status: 200, 202; 400 bad argument, 404 no such district or run, 409
 *                refused as things are, 412 not held any more, 502 the district's server, 503 no
 * database or stopping, 504 no answer
 * @param body    an object without "schema"; of an error {"code", "message", "hint", "owner"}.
 *                The reference is the callee's.
 */
typedef void (*ask_done_fn)(void *context, int status, json_t *body);

struct ask_queue;

/*
 * Any thread. After 0, `done` is called once, later, on the loop's thread (also when the daemon
 * stops); the caller keeps `context` alive till then. After -1 it is not called: too many asks, or
 * the daemon is stopping.
 */
int ask_submit(struct ask_queue *queue, const struct ask *ask, ask_done_fn done, void *context);

/* The body of an error answer, with one reference; NULL when memory ran out. */
json_t *ask_error(enum cause cause, const char *message, const char *hint);

/* --- the loop's side ------------------------------------------------------------------------- */

/* One ask being worked on. */
struct ask_item;

/* Begins to work on an ask; answers it now or later with ask_answer. */
typedef void (*ask_handle_fn)(void *context, struct ask_item *item);

/*
 * @param handle  called on the loop for each ask
 * @return 0, or -1 with nothing to close
 */
int ask_queue_new(uv_loop_t *loop, ask_handle_fn handle, void *context,
                  struct ask_queue **ret_queue, struct error *reterr);

/* Refuses new asks, answers the open ones 503 and closes the handles; `queue` is freed by the loop.
 * No other thread may call ask_submit once this has returned. */
void ask_queue_close(struct ask_queue *queue);

/* What was asked; lives until the item is answered. */
const struct ask *ask_item_ask(const struct ask_item *item);

/*
 * An item may time out, or the queue close, while its handler still waits for the database: keep
 * the number instead of the item, and look again. NULL: it was answered meanwhile.
 */
uint64_t ask_item_number(const struct ask_item *item);
struct ask_item *ask_queue_find(struct ask_queue *queue, uint64_t number);

/* Answers and forgets the item; takes over the reference to `body` (NULL: 500). */
void ask_answer(struct ask_item *item, int status, json_t *body);

#endif
