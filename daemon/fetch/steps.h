/*
 * The inside of a session: its states, and what the steps of a conversation share. Private to
 * session.c (the machine) and the steps_*.c files (what is done in each state).
 */
#ifndef FETCH_STEPS_H
#define FETCH_STEPS_H

#include <stdbool.h>

#include "dial.h"
#include "listing.h"
#include "loose.h"
#include "remote.h"
#include "session.h"
#include "spool.h"
#include "stored_zip.h"
#include "talk.h"
#include "transfer.h"
#include "watch.h"

enum session_state {
    SESSION_DIAL,      /* name → socket */
    SESSION_HANDSHAKE, /* banner, keys; ends with the look at the host key */
    SESSION_METHODS,   /* which ways to sign in? */
    SESSION_SIGN_IN,
    SESSION_CHANNEL,
    SESSION_SUBSYSTEM,
    SESSION_HELLO, /* SFTP versions */
    /* poll */
    SESSION_OPEN_FOLDER,
    SESSION_READ_FOLDER,
    SESSION_CLOSE_FOLDER, /* ends with the choice */
    SESSION_LIMITS,
    SESSION_OPEN_FILE,
    SESSION_READ_FILE,
    SESSION_CHECK_AGAIN, /* is the file still what was listed? */
    SESSION_CHECK_OTHERWISE,
    SESSION_CLOSE_FILE,
    SESSION_STORE, /* fsync and the real name */
    /* settle */
    SESSION_FIND, /* is it still the file that was taken? */
    SESSION_MOVE,
    SESSION_MAKE_FOLDER,
    SESSION_MOVE_AGAIN,
    SESSION_REMOVE,

    SESSION_ENDED,
    SESSION_STATE_COUNT
};

/* A set of loose files on its way into one zip. */
struct set_fetch {
    struct loose_set files;
    size_t at;               /* the one that is read now */
    uint64_t before;         /* bytes of the files before this one */
    struct listing *listing; /* the second look at the folder */
    struct stored_zip zip;
};

struct session {
    const struct session_shared *shared;
    struct job *job;
    enum session_state state;
    void (*on_ended)(void *context);
    void *context;

    uv_timer_t clock;    /* the nearest deadline */
    uv_timer_t soon;     /* the next turn of the loop */
    uv_work_t work;      /* SESSION_STORE */
    unsigned live;       /* handles and work that still hold this memory */
    uint64_t started;    /* ms of the loop, like the two below */
    uint64_t dialled;    /* start of the connection that stands */
    uint64_t heard;      /* last byte of the conversation */
    uint64_t progressed; /* last progress event */
    bool overdue;        /* a deadline passed; what has arrived meanwhile is still looked at */

    struct dial *dial;
    struct remote *remote;
    struct watch *watch;
    struct talk *talk;
    struct credentials credentials;
    unsigned kinds;        /* of host keys not yet ruled out */
    unsigned kinds_wanted; /* of these, asked for on this connection */
    json_t *keys;          /* shown so far: {"type","fingerprint"} */
    enum remote_method method;
    uint32_t asked; /* number of the one request that is out, but for reads */

    struct sftp_codec_handle handle;
    struct listing *listing;
    struct settle_answer answer;
    const struct settle_file *file; /* the one that is read, moved or removed now */
    struct set_fetch *set;          /* a set of loose files was chosen; NULL: a zip, or nothing */
    size_t member;                  /* settle: of the set's files, the one at work */
    bool had_changed;               /* settle: one of them was another file by now */
    bool has_limits;
    uint32_t read_length;
    struct spool_file *spool;
    struct transfer *transfer;
    struct error stored; /* outcome of SESSION_STORE, written by the pool's thread */

    json_t *outcome; /* the last event, once all went well */
    char path[SFTP_CODEC_PATH_MAX + 1];
    char new_path[SFTP_CODEC_PATH_MAX + 1];
};

/* Goes to another state, which the table must allow, and begins it. -1: beginning it failed. */
int session_move(struct session *session, enum session_state next, struct error *reterr);

/* Goes on after something that was waited for, or ends the job with an error (NULL: none). */
void session_resume(struct session *session, const struct error *error);

/* Ends a job that went well; outcome (taken over) is its last event. */
int session_succeed(struct session *session, json_t *outcome);

/* Ends the connection that stands, if one does. */
void session_hang_up(struct session *session);

/* Queues a request; its number is what the state's answer must have. */
int session_ask(struct session *session, struct sftp_codec_request request, struct error *reterr);

/* An answer of a type that the state has no use for, or a refusal. Always -1. */
int session_refused(const struct session *session, const struct sftp_codec_reply *reply,
                    const char *doing, struct error *reterr);

/* Joins the job's folder, an optional subfolder and a name. */
void session_path(const struct session *session, const char *subfolder, const char *name,
                  char *ret_path);

/* --- steps_sign_in.c: from DIAL to HELLO --- */
int step_dial(struct session *session, struct error *reterr);
int step_handshake(struct session *session, struct error *reterr);
int step_methods(struct session *session, struct error *reterr);
int step_begin_sign_in(struct session *session, struct error *reterr);
int step_sign_in(struct session *session, struct error *reterr);
int step_channel(struct session *session, struct error *reterr);
int step_subsystem(struct session *session, struct error *reterr);
int step_begin_hello(struct session *session, struct error *reterr);
int step_hello(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);

/* --- steps_poll.c --- */
int step_begin_open_folder(struct session *session, struct error *reterr);
int step_open_folder(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
int step_begin_read_folder(struct session *session, struct error *reterr);
int step_read_folder(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
int step_begin_close(struct session *session, struct error *reterr);
int step_close_folder(struct session *session, struct sftp_codec_reply *reply,
                      struct error *reterr);
/* The file is chosen; does it fit? Then it is read. */
int step_begin_fetch(struct session *session, struct error *reterr);
int step_begin_limits(struct session *session, struct error *reterr);
int step_limits(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
int step_begin_open_file(struct session *session, struct error *reterr);
int step_open_file(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
int step_begin_read_file(struct session *session, struct error *reterr);
int step_read_file(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
int step_begin_check_again(struct session *session, struct error *reterr);
int step_begin_check_otherwise(struct session *session, struct error *reterr);
int step_check(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
int step_close_file(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
int step_begin_store(struct session *session, struct error *reterr);

/* Writes what was read where it belongs; the context is the session. */
int step_put(void *context, const uint8_t *bytes, size_t length, struct error *reterr);

/* --- steps_set.c: loose files --- */

/* Whether the job is about a set of loose files. */
bool step_is_loose(const struct session *session);
/* The listing is read: chooses, or after the last file compares. */
int step_choose_set(struct session *session, const struct settle_question *question,
                    struct error *reterr);
/* The set fits into the spool: begins with its first file. */
int step_begin_set(struct session *session, struct error *reterr);
/* A file of the set is read; begins the next, or the second look at the folder. */
int step_next_member(struct session *session, struct error *reterr);

/* --- steps_settle.c --- */
int step_begin_find(struct session *session, struct error *reterr);
int step_find(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
int step_begin_move(struct session *session, struct error *reterr);
int step_move(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
int step_begin_make_folder(struct session *session, struct error *reterr);
int step_make_folder(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);
int step_begin_remove(struct session *session, struct error *reterr);
int step_remove(struct session *session, struct sftp_codec_reply *reply, struct error *reterr);

#endif
