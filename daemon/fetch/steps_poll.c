/*
 * Look into the drop, choose, bring.
 *
 * Size and time come from the listing and are looked at once more after the last byte, before the
 * file is closed: some servers act on a close. A file that is gone by then was removed by the
 * server on reading, or replaced by a newer upload; what we hold is whole either way.
 */
#include <string.h>
#include <sys/stat.h>

#include "bounds.h"
#include "steps.h"

/* Below this a question for the server's limits costs more than larger reads save. */
#define LIMITS_WORTH_BYTES (1024 * 1024)

/* The newest of the candidates that are older than the chosen one. */
static json_t *
older_files(const struct session *session)
{
    const struct settle_answer *answer = &session->answer;
    json_t *older = json_array();
    for (size_t index = 0; index < answer->seen_count; index++) {
        const struct settle_file *file = &answer->seen[index];
        if (file->mtime < answer->chosen.mtime ||
            (file->mtime == answer->chosen.mtime && strcmp(file->name, answer->chosen.name) < 0)) {
            (void)json_array_append_new(older, events_file(file));
        }
    }
    return older;
}

static json_t *
seen_files(const struct session *session)
{
    json_t *seen = json_array();
    for (size_t index = 0; index < session->answer.seen_count; index++) {
        (void)json_array_append_new(seen, events_file(&session->answer.seen[index]));
    }
    return seen;
}

/* The names of the first are borrowed by the choice, so the second look has its own. */
static struct listing **
listing(struct session *session)
{
    return session->set != NULL ? &session->set->listing : &session->listing;
}

int
step_begin_open_folder(struct session *session, struct error *reterr)
{
    const char *path = session->job->path;
    return session_ask(
        session,
        (struct sftp_codec_request){.type = SFTP_CODEC_OPENDIR, .path = *path ? path : "."},
        reterr);
}

int
step_open_folder(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    if (reply->type != SFTP_CODEC_HANDLE) {
        return session_refused(session, reply, "opening the folder", reterr);
    }
    session->handle = reply->handle;
    *listing(session) = listing_new(session->job->pattern);
    if (*listing(session) == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for a listing");
    }
    return session_move(session, SESSION_READ_FOLDER, reterr);
}

int
step_begin_read_folder(struct session *session, struct error *reterr)
{
    return session_ask(
        session,
        (struct sftp_codec_request){.type = SFTP_CODEC_READDIR, .handle = &session->handle},
        reterr);
}

int
step_read_folder(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    if (reply->type == SFTP_CODEC_NAME) {
        return listing_add(*listing(session), reply, reterr) != 0
                   ? -1
                   : session_move(session, SESSION_READ_FOLDER, reterr);
    }
    if (reply->type == SFTP_CODEC_STATUS && reply->status == SFTP_CODEC_EOF) {
        return session_move(session, SESSION_CLOSE_FOLDER, reterr);
    }
    return session_refused(session, reply, "listing the folder", reterr);
}

int
step_begin_close(struct session *session, struct error *reterr)
{
    return session_ask(
        session, (struct sftp_codec_request){.type = SFTP_CODEC_CLOSE, .handle = &session->handle},
        reterr);
}

static uint64_t
overhead(const struct session *session)
{
    uint64_t bytes = 0;
    for (size_t at = 0; session->set != NULL && at < session->set->files.count; at++) {
        bytes += stored_zip_entry_overhead(session->set->files.files[at].file.name);
    }
    return session->set != NULL ? bytes + STORED_ZIP_END_BYTES : 0;
}

int
step_begin_fetch(struct session *session, struct error *reterr)
{
    const struct job *job = session->job;
    uint64_t size = session->answer.chosen.size + overhead(session);
    uint64_t max_bytes = session->set != NULL && STORED_ZIP_BYTES < job->max_bytes
                             ? STORED_ZIP_BYTES
                             : job->max_bytes;
    if (size > max_bytes) {
        return error_set(reterr, CAUSE_FILE_TOO_LARGE, "%llu bytes, %llu are allowed",
                         (unsigned long long)size, (unsigned long long)max_bytes);
    }
    if (size > job->quota_bytes) {
        return error_set(reterr, CAUSE_SPOOL_FULL, "%llu bytes, the spool has room for %llu",
                         (unsigned long long)size, (unsigned long long)job->quota_bytes);
    }
    session->file = &session->answer.chosen;
    if (session->set != NULL && step_begin_set(session, reterr) != 0) {
        return -1;
    }
    if (session->file == NULL) {
        return session_move(session, SESSION_STORE, reterr); /* names only */
    }
    bool asks_limits = session->has_limits && size >= LIMITS_WORTH_BYTES;
    return session_move(session, asks_limits ? SESSION_LIMITS : SESSION_OPEN_FILE, reterr);
}

/* What the listing is asked. */
static struct settle_question
question_of(struct session *session)
{
    const struct job *job = session->job;
    struct settle_question question = {
        .mode = job->ready,
        .pattern = job->pattern,
        .seen = job->seen,
        .seen_count = job->seen_count,
        .known = job->has_known ? &job->known : NULL,
        .before = job->has_before ? &job->before : NULL,
        .again = job->again,
    };
    question.files = listing_files(*listing(session), &question.file_count);
    return question;
}

int
step_close_folder(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    (void)reply; /* whatever it says, the listing is read */
    const struct settle_question question = question_of(session);
    if (!step_is_loose(session)) {
        settle_choose(&question, &session->answer);
    } else if (step_choose_set(session, &question, reterr) != 0) {
        return -1;
    } else if (session->state != SESSION_CLOSE_FOLDER) {
        return 0; /* it was no look to choose */
    }
    switch (session->answer.verdict) {
    case SETTLE_READY:
        return step_begin_fetch(session, reterr);
    case SETTLE_WAITING:
        return session_succeed(session, json_pack("{s:s,s:o,s:s}", "event", "waiting", "seen",
                                                  seen_files(session), "why",
                                                  settle_why_word(session->answer.why)));
    default:
        return session_succeed(
            session, json_pack("{s:s,s:o}", "event", "nothing", "seen", seen_files(session)));
    }
}

int
step_begin_limits(struct session *session, struct error *reterr)
{
    return session_ask(session, (struct sftp_codec_request){.type = SFTP_CODEC_LIMITS}, reterr);
}

int
step_limits(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    if (reply->type == SFTP_CODEC_EXTENDED_REPLY && reply->read_max > SFTP_CODEC_READ_SAFE) {
        session->read_length =
            reply->read_max < BOUNDS_READ ? (uint32_t)reply->read_max : BOUNDS_READ;
    }
    return session_move(session, SESSION_OPEN_FILE, reterr);
}

int
step_begin_open_file(struct session *session, struct error *reterr)
{
    session_path(session, "", session->file->name, session->path);
    return session_ask(session,
                       (struct sftp_codec_request){.type = SFTP_CODEC_OPEN, .path = session->path},
                       reterr);
}

int
step_open_file(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    if (reply->type == SFTP_CODEC_STATUS && reply->status == SFTP_CODEC_NO_SUCH_FILE) {
        return error_set(reterr, CAUSE_SFTP_CHANGED, "the file was gone when it was to be read");
    }
    if (reply->type != SFTP_CODEC_HANDLE) {
        return session_refused(session, reply, "opening the file", reterr);
    }
    session->handle = reply->handle;
    if (session->spool == NULL) {
        session->spool = spool_create(session->job->spool, reterr);
    }
    return session->spool == NULL ? -1 : session_move(session, SESSION_READ_FILE, reterr);
}

int
step_begin_read_file(struct session *session, struct error *reterr)
{
    struct transfer_order order = {
        .handle = session->handle,
        .size = session->file->size,
        .depth = session->job->depth,
        .read_length = session->read_length,
    };
    session->transfer = transfer_new(&order, session->talk, step_put, session);
    if (session->transfer == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for a transfer");
    }
    uint64_t ahead = 2 * (uint64_t)order.depth * order.read_length;
    remote_widen(session->remote, ahead < BOUNDS_WINDOW ? (uint32_t)ahead : BOUNDS_WINDOW);
    session->progressed = uv_now(session->shared->loop);
    return transfer_ask(session->transfer, reterr);
}

int
step_read_file(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    if (transfer_take(session->transfer, reply, reterr) != 0) {
        return -1;
    }
    if (transfer_is_complete(session->transfer)) {
        return session_move(session, SESSION_CHECK_AGAIN, reterr);
    }
    uint64_t now = uv_now(session->shared->loop);
    if (now - session->progressed >= BOUNDS_PROGRESS_MS) {
        session->progressed = now;
        uint64_t before = session->set != NULL ? session->set->before : 0;
        events_progress(session->shared->events, session->job->id,
                        before + transfer_bytes(session->transfer), session->answer.chosen.size);
    }
    return transfer_ask(session->transfer, reterr);
}

int
step_begin_check_again(struct session *session, struct error *reterr)
{
    return session_ask(session,
                       (struct sftp_codec_request){.type = SFTP_CODEC_LSTAT, .path = session->path},
                       reterr);
}

int
step_begin_check_otherwise(struct session *session, struct error *reterr)
{
    return session_ask(session,
                       (struct sftp_codec_request){.type = SFTP_CODEC_STAT, .path = session->path},
                       reterr);
}

int
step_check(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    const struct sftp_codec_attributes *now = &reply->attributes;
    const struct settle_file *then = session->file;
    if (reply->type == SFTP_CODEC_STATUS && reply->status == SFTP_CODEC_NO_SUCH_FILE) {
        return session_move(session, SESSION_CLOSE_FILE, reterr);
    }
    if (reply->type == SFTP_CODEC_STATUS && session->state == SESSION_CHECK_AGAIN) {
        return session_move(session, SESSION_CHECK_OTHERWISE, reterr);
    }
    if (reply->type != SFTP_CODEC_ATTRS) {
        return session_refused(session, reply, "looking at the file again", reterr);
    }
    bool is_other = (now->has_size && now->size != then->size) ||
                    (now->has_mtime && (int64_t)now->mtime != then->mtime) ||
                    (now->has_mode && (now->mode & S_IFMT) != 0 && !S_ISREG(now->mode));
    if (is_other || !now->has_size) {
        return error_set(reterr, CAUSE_SFTP_CHANGED,
                         "size or time after reading differ from the listing");
    }
    return session_move(session, SESSION_CLOSE_FILE, reterr);
}

int
step_close_file(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    (void)reply; /* the bytes are here; a server that cannot close has its own troubles */
    return session->set != NULL ? step_next_member(session, reterr)
                                : session_move(session, SESSION_STORE, reterr);
}

/* In a thread of the pool; the loop leaves the spool file alone meanwhile. */
static void
store(uv_work_t *work)
{
    struct session *session = work->data;
    (void)spool_seal(session->spool, &session->stored);
}

static void
on_stored(uv_work_t *work, int status)
{
    struct session *session = work->data;
    if (status != 0 || session->stored.cause != CAUSE_NONE) {
        session_resume(session, &session->stored);
        return;
    }
    const struct job *job = session->job;
    if (job->op == JOB_BRING && strcmp(spool_sha256(session->spool), job->sha256) != 0) {
        struct error error;
        (void)error_set(&error, CAUSE_FILE_GONE, "the file of its name has another content now");
        session_resume(session, &error);
        return;
    }
    json_t *event = events_file(&session->answer.chosen);
    if (event != NULL) {
        (void)json_object_set_new(event, "event", json_string("fetched"));
        (void)json_object_set_new(event, "sha256", json_string(spool_sha256(session->spool)));
        (void)json_object_set_new(event, "file", json_string(spool_path(session->spool)));
        (void)json_object_set_new(event, "seen", seen_files(session));
        (void)json_object_set_new(event, "older_count",
                                  json_integer((json_int_t)session->answer.older_count));
        (void)json_object_set_new(event, "older", older_files(session));
    }
    (void)session_succeed(session, event);
    session_resume(session, NULL);
}

int
step_begin_store(struct session *session, struct error *reterr)
{
    session->stored.cause = CAUSE_NONE;
    if (uv_queue_work(session->shared->loop, &session->work, store, on_stored) != 0) {
        return error_set(reterr, CAUSE_MEMORY, "the file cannot be stored");
    }
    return 0;
}
