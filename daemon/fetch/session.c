/*
 * A session is a machine of states; the table below says what each begins with, what moves it on,
 * which deadline holds meanwhile, and where it may go.
 *
 *   DIAL → HANDSHAKE → METHODS → SIGN_IN → CHANNEL → SUBSYSTEM → HELLO
 *     ↑________| another kind of host key          (hostkey: ENDED here)
 *
 *   poll:   HELLO → OPEN_FOLDER → READ_FOLDER (again and again) → CLOSE_FOLDER
 *           nothing to take: ENDED
 *           → LIMITS (large files) → OPEN_FILE → READ_FILE → CHECK_AGAIN (→ CHECK_OTHERWISE)
 *           → CLOSE_FILE → STORE → ENDED
 *           loose files: CLOSE_FILE → OPEN_FILE of the next; after the last
 *           → OPEN_FOLDER … CLOSE_FOLDER (is all as it was?) → STORE; settle and bring begin with
 *           OPEN_FOLDER … CLOSE_FOLDER
 *
 *   settle: HELLO → FIND → REMOVE → ENDED
 *                        → MOVE (→ MAKE_FOLDER → MOVE_AGAIN) → ENDED, or FIND the next of a set
 *
 *   bring:  HELLO → FIND → LIMITS or OPEN_FILE, and on as a poll
 *
 * Any state can fail: the server hangs up, breaks the protocol, refuses, or lets a deadline pass;
 * the daemon cancels. All of these end in close_down: one last event, everything closed, and when
 * the last handle is closed the owner is told. Only STORE is never broken off: the file is whole,
 * and a thread is naming it.
 *
 * Callbacks of libuv only find the session and call session_resume; nothing is freed while a reply
 * is being handled.
 */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "steps.h"

/* Which deadline holds, besides the one for the whole job. */
enum clock_kind {
    CLOCK_CONNECT, /* since dialling */
    CLOCK_SILENCE, /* since the last byte of the conversation */
    CLOCK_NONE,    /* our own disk: none at all */
};

struct state_row {
    const char *doing; /* "… : no answer for 30 s" */
    enum clock_kind clock;
    int (*begin)(struct session *session, struct error *reterr);
    int (*step)(struct session *session, struct error *reterr);
    int (*reply)(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
    uint32_t next; /* bits of states */
};

#define TO(state) (UINT32_C(1) << SESSION_##state)

static const struct state_row rows[SESSION_STATE_COUNT] = {
    [SESSION_DIAL] = {"connecting", CLOCK_CONNECT, NULL, step_dial, NULL, TO(HANDSHAKE)},
    [SESSION_HANDSHAKE] = {"SSH handshake", CLOCK_CONNECT, NULL, step_handshake, NULL,
                           TO(DIAL) | TO(METHODS)},
    [SESSION_METHODS] = {"asking how to sign in", CLOCK_CONNECT, NULL, step_methods, NULL,
                         TO(SIGN_IN) | TO(CHANNEL)},
    [SESSION_SIGN_IN] = {"signing in", CLOCK_CONNECT, step_begin_sign_in, step_sign_in, NULL,
                         TO(CHANNEL)},
    [SESSION_CHANNEL] = {"opening a channel", CLOCK_CONNECT, NULL, step_channel, NULL,
                         TO(SUBSYSTEM)},
    [SESSION_SUBSYSTEM] = {"asking for SFTP", CLOCK_CONNECT, NULL, step_subsystem, NULL, TO(HELLO)},
    [SESSION_HELLO] = {"agreeing on SFTP", CLOCK_SILENCE, step_begin_hello, NULL, step_hello,
                       TO(OPEN_FOLDER) | TO(FIND)},

    [SESSION_OPEN_FOLDER] = {"opening the folder", CLOCK_SILENCE, step_begin_open_folder, NULL,
                             step_open_folder, TO(READ_FOLDER)},
    [SESSION_READ_FOLDER] = {"listing the folder", CLOCK_SILENCE, step_begin_read_folder, NULL,
                             step_read_folder, TO(READ_FOLDER) | TO(CLOSE_FOLDER)},
    [SESSION_CLOSE_FOLDER] = {"closing the folder", CLOCK_SILENCE, step_begin_close, NULL,
                              step_close_folder, TO(LIMITS) | TO(OPEN_FILE) | TO(STORE) | TO(FIND)},
    [SESSION_LIMITS] = {"asking for limits", CLOCK_SILENCE, step_begin_limits, NULL, step_limits,
                        TO(OPEN_FILE)},
    [SESSION_OPEN_FILE] = {"opening the file", CLOCK_SILENCE, step_begin_open_file, NULL,
                           step_open_file, TO(READ_FILE)},
    [SESSION_READ_FILE] = {"reading the file", CLOCK_SILENCE, step_begin_read_file, NULL,
                           step_read_file, TO(CHECK_AGAIN)},
    [SESSION_CHECK_AGAIN] = {"looking at the file again", CLOCK_SILENCE, step_begin_check_again,
                             NULL, step_check, TO(CHECK_OTHERWISE) | TO(CLOSE_FILE)},
    [SESSION_CHECK_OTHERWISE] = {"looking at the file again", CLOCK_SILENCE,
                                 step_begin_check_otherwise, NULL, step_check, TO(CLOSE_FILE)},
    [SESSION_CLOSE_FILE] = {"closing the file", CLOCK_SILENCE, step_begin_close, NULL,
                            step_close_file, TO(STORE) | TO(OPEN_FILE) | TO(OPEN_FOLDER)},
    [SESSION_STORE] = {"storing the file", CLOCK_NONE, step_begin_store, NULL, NULL, 0},

    [SESSION_FIND] = {"looking at the file", CLOCK_SILENCE, step_begin_find, NULL, step_find,
                      TO(FIND) | TO(MOVE) | TO(REMOVE) | TO(LIMITS) | TO(OPEN_FILE)},
    [SESSION_MOVE] = {"moving the file", CLOCK_SILENCE, step_begin_move, NULL, step_move,
                      TO(FIND) | TO(MAKE_FOLDER)},
    [SESSION_MAKE_FOLDER] = {"making a folder", CLOCK_SILENCE, step_begin_make_folder, NULL,
                             step_make_folder, TO(MOVE_AGAIN)},
    [SESSION_MOVE_AGAIN] = {"moving the file", CLOCK_SILENCE, step_begin_move, NULL, step_move,
                            TO(FIND)},
    [SESSION_REMOVE] = {"removing the file", CLOCK_SILENCE, step_begin_remove, NULL, step_remove,
                        TO(FIND)},

    [SESSION_ENDED] = {"ended", CLOCK_NONE, NULL, NULL, NULL, 0},
};

static void close_down(struct session *session, const struct error *error);

static uint64_t
now_ms(const struct session *session)
{
    return uv_now(session->shared->loop);
}

int
session_move(struct session *session, enum session_state next, struct error *reterr)
{
    if ((rows[session->state].next & UINT32_C(1) << next) == 0) {
        return error_set(reterr, CAUSE_INTERNAL, "from \"%s\" to \"%s\" is no way",
                         rows[session->state].doing, rows[next].doing);
    }
    session->state = next;
    session->heard = now_ms(session);
    return rows[next].begin != NULL ? rows[next].begin(session, reterr) : 0;
}

int
session_succeed(struct session *session, json_t *outcome)
{
    session->outcome = outcome;
    session->state = SESSION_ENDED;
    return 0;
}

void
session_hang_up(struct session *session)
{
    watch_close(session->watch);
    session->watch = NULL;
    talk_free(session->talk);
    session->talk = NULL;
    remote_free(session->remote);
    session->remote = NULL;
}

int
session_ask(struct session *session, struct sftp_codec_request request, struct error *reterr)
{
    return talk_ask(session->talk, &request, &session->asked, reterr);
}

int
session_refused(const struct session *session, const struct sftp_codec_reply *reply,
                const char *doing, struct error *reterr)
{
    (void)session;
    if (reply->type != SFTP_CODEC_STATUS || reply->status == SFTP_CODEC_OK) {
        return error_set(reterr, CAUSE_SFTP_PROTOCOL, "%s: answered by type %u", doing,
                         (unsigned)reply->type);
    }
    /* The server's words as they came: events.c escapes them. */
    int length = reply->text.length < 160 ? (int)reply->text.length : 160;
    return error_set(reterr, CAUSE_SFTP_REFUSED, "%s: status %u%s%.*s", doing, reply->status,
                     length > 0 ? ", " : "", length, (const char *)reply->text.bytes);
}

void
session_path(const struct session *session, const char *subfolder, const char *name, char *ret_path)
{
    const char *folder = strcmp(session->job->path, ".") == 0 ? "" : session->job->path;
    size_t length = strlen(folder);
    bool needs_slash = length > 0 && folder[length - 1] != '/';
    (void)snprintf(ret_path, SFTP_CODEC_PATH_MAX + 1, "%s%s%s%s", folder, needs_slash ? "/" : "",
                   subfolder, name);
}

static int
on_reply(void *context, struct sftp_codec_reply *reply, struct error *reterr)
{
    struct session *session = context;
    const struct state_row *row = &rows[session->state];
    if (row->reply == NULL) {
        return 0; /* what still comes after the end of the conversation */
    }
    /* Reads are told apart by the transfer; a version has no number. */
    if (session->state != SESSION_READ_FILE && session->state != SESSION_HELLO &&
        reply->id != session->asked) {
        return error_set(reterr, CAUSE_SFTP_PROTOCOL, "%s: an answer to another question",
                         row->doing);
    }
    return row->reply(session, reply, reterr);
}

static void
on_soon(uv_timer_t *timer)
{
    session_resume(timer->data, NULL);
}

/* Sends, listens, and hands replies to the states as they come. */
static int
converse(struct session *session, struct error *reterr)
{
    size_t length = 0;
    if (talk_flush(session->talk, reterr) != 0) {
        return -1;
    }
    int result = talk_listen(session->talk, BOUNDS_TURN, on_reply, session, &length, reterr);
    if (length > 0) {
        session->heard = now_ms(session);
    }
    if (rows[session->state].reply == NULL) {
        /* The conversation came to its end; how the connection ends does not matter any more. */
        session_hang_up(session);
        return 0;
    }
    if (result < 0 || talk_flush(session->talk, reterr) != 0) {
        return -1;
    }
    if (result > 0) {
        (void)uv_timer_start(&session->soon, on_soon, 0, 0);
    }
    return 0;
}

/* When the state's own deadline passes, on the loop's clock. */
static uint64_t
state_due(const struct session *session)
{
    const struct job_deadlines *deadlines = &session->job->deadlines;
    return rows[session->state].clock == CLOCK_CONNECT ? session->dialled + deadlines->connect_ms
                                                       : session->heard + deadlines->silence_ms;
}

static int
describe_deadline(const struct session *session, struct error *reterr)
{
    const struct job_deadlines *deadlines = &session->job->deadlines;
    const char *doing = rows[session->state].doing;
    if (now_ms(session) < state_due(session)) {
        return error_set(reterr, CAUSE_SFTP_TOO_SLOW, "%s: the job's %.3g s are over", doing,
                         (double)deadlines->total_ms / 1e3);
    }
    if (session->dial != NULL) {
        return dial_describe(session->dial, reterr);
    }
    uint64_t waited_ms =
        rows[session->state].clock == CLOCK_CONNECT ? deadlines->connect_ms : deadlines->silence_ms;
    return error_set(reterr, CAUSE_SFTP_STALLED,
                     "%s: the server accepted the connection, then no answer within %.3g s", doing,
                     (double)waited_ms / 1e3);
}

static void
on_clock(uv_timer_t *timer)
{
    struct session *session = timer->data;
    uint64_t total_due = session->started + session->job->deadlines.total_ms;
    uint64_t due = state_due(session) < total_due ? state_due(session) : total_due;
    bool was_overdue = session->overdue;
    session->overdue = now_ms(session) >= due;
    if (!session->overdue) {
        (void)uv_timer_start(timer, on_clock, due - now_ms(session), 0);
    } else if (!was_overdue) {
        /* This process may have been asleep: what arrived meanwhile is looked at first. */
        (void)uv_timer_start(timer, on_clock, 1, 0);
    } else {
        struct error error;
        (void)describe_deadline(session, &error);
        close_down(session, &error);
    }
}

/* The timer is not moved for each byte: when it fires too early it is set again. */
static void
set_clock(struct session *session)
{
    if (rows[session->state].clock == CLOCK_NONE) {
        (void)uv_timer_stop(&session->clock);
        return;
    }
    uint64_t total_due = session->started + session->job->deadlines.total_ms;
    uint64_t due = state_due(session) < total_due ? state_due(session) : total_due;
    uint64_t left = due > now_ms(session) ? due - now_ms(session) : 0;
    if (!uv_is_active((uv_handle_t *)&session->clock) ||
        uv_timer_get_due_in(&session->clock) > left) {
        (void)uv_timer_start(&session->clock, on_clock, left, 0);
    }
}

/* Goes through the states as far as it can without waiting. */
static int
run(struct session *session, struct error *reterr)
{
    for (;;) {
        enum session_state state = session->state;
        const struct state_row *row = &rows[state];
        if (row->step != NULL) {
            if (row->step(session, reterr) != 0) {
                return -1;
            }
            if (session->state == state) {
                return 0;
            }
        } else {
            return row->reply != NULL ? converse(session, reterr) : 0;
        }
    }
}

void
session_resume(struct session *session, const struct error *error)
{
    struct error own = {.cause = CAUSE_NONE};
    if (session->state == SESSION_ENDED && session->outcome == NULL) {
        return; /* closing already */
    }
    if (error == NULL && run(session, &own) != 0) {
        error = &own;
    }
    if (error == NULL && session->watch != NULL && session->state != SESSION_ENDED &&
        watch_start(session->watch, true, remote_has_unsent(session->remote)) != 0) {
        (void)error_set(&own, CAUSE_INTERNAL, "the socket cannot be waited for");
        error = &own;
    }
    if (error != NULL || session->state == SESSION_ENDED) {
        close_down(session, error);
    } else {
        set_clock(session);
    }
}

static void
on_closed(uv_handle_t *handle)
{
    struct session *session = handle->data;
    if (--session->live > 0) {
        return;
    }
    void (*on_ended)(void *) = session->on_ended;
    void *context = session->context;
    job_free(session->job);
    free(session);
    on_ended(context);
}

/* The only end: everything is let go, then one last event. In this order, so that whoever reads it
 * finds no temporary file and no connection any more. */
static void
close_down(struct session *session, const struct error *error)
{
    session->state = SESSION_ENDED;
    dial_abandon(session->dial);
    session_hang_up(session);
    transfer_free(session->transfer);
    spool_free(session->spool);
    listing_free(session->listing);
    if (session->set != NULL) {
        listing_free(session->set->listing);
        free(session->set);
    }
    credentials_clear(&session->credentials);
    json_decref(session->keys);
    if (error != NULL) {
        events_error(session->shared->events, session->job->id, error);
        json_decref(session->outcome);
    } else {
        events_final(session->shared->events, session->job->id, session->outcome);
    }
    session->outcome = NULL;
    uv_close((uv_handle_t *)&session->clock, on_closed);
    uv_close((uv_handle_t *)&session->soon, on_closed);
}

struct session *
session_start(const struct session_shared *shared, struct job *job, void (*on_ended)(void *context),
              void *context)
{
    struct session *session = calloc(1, sizeof *session);
    json_t *keys = json_array();
    if (session == NULL || keys == NULL) {
        free(session);
        json_decref(keys);
        return NULL;
    }
    session->shared = shared;
    session->job = job;
    session->on_ended = on_ended;
    session->context = context;
    session->keys = keys;
    session->kinds = REMOTE_KEY_ALL;
    session->read_length = SFTP_CODEC_READ_SAFE;
    session->started = session->dialled = session->heard = now_ms(session);
    (void)uv_timer_init(shared->loop, &session->clock);
    (void)uv_timer_init(shared->loop, &session->soon);
    session->clock.data = session->soon.data = session->work.data = session;
    session->live = 2;
    (void)uv_timer_start(&session->soon, on_soon, 0, 0);
    return session;
}

void
session_cancel(struct session *session)
{
    if (session->state != SESSION_STORE && session->state != SESSION_ENDED) {
        struct error error;
        (void)error_set(&error, CAUSE_SFTP_CANCELLED, "broken off while %s",
                        rows[session->state].doing);
        close_down(session, &error);
    }
}

int64_t
session_id(const struct session *session)
{
    return session->job->id;
}
