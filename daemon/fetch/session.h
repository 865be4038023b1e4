/* One job from its start to its last event. */
#ifndef FETCH_SESSION_H
#define FETCH_SESSION_H

#include <uv.h>

#include "error.h"
#include "events.h"
#include "hints.h"
#include "job.h"
#include "names.h"

struct session;

/* What all sessions of a process share. Everything is borrowed. */
struct session_shared {
    uv_loop_t *loop;
    struct events *events;
    struct hints *hints;
    struct names *names;
    const char *credentials_folder;
    uint8_t *scratch; /* BOUNDS_WINDOW bytes, see talk_new */
};

/*
 * Begins in the next turn of the loop.
 *
 * @param job      taken over; not a cancel
 * @param on_ended called once, from the loop, after the job's last event was queued and everything
 *                 the session held is closed; the session is gone then
 * @return         NULL: no memory; the job is still the caller's
 */
struct session *session_start(const struct session_shared *shared, struct job *job,
                              void (*on_ended)(void *context), void *context);

/* Breaks the session off with CAUSE_SFTP_CANCELLED, unless the file is already being named. */
void session_cancel(struct session *session);

int64_t session_id(const struct session *session);

#endif
