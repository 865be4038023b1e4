/*
 * After a file was applied: move it out of the drop, or remove it. Only the very file that was
 * taken: a newer upload under its name has another size or time and is left alone. One that is gone
 * was settled before, by a job whose answer got lost. Of a set each file, manifest.csv last: what
 * is left when this breaks off must not pass for a complete set.
 *
 * And the way to a file that is brought once more: the same look, then it is read as in a poll.
 */
#include <stdio.h>

#include "steps.h"

#define FOLDER "processed"

/* The file is dealt with: on to the next one of a set. */
static int
settled(struct session *session, struct error *reterr)
{
    if (session->set != NULL && ++session->member < session->set->files.count) {
        return session_move(session, SESSION_FIND, reterr);
    }
    if (session->had_changed) {
        return error_set(reterr, CAUSE_SFTP_CHANGED,
                         "another file has the name of one of the set now; it is left where it is");
    }
    return session_succeed(session, json_pack("{s:s}", "event", "settled"));
}

int
step_begin_find(struct session *session, struct error *reterr)
{
    session->file = session->set != NULL ? &session->set->files.files[session->member].file
                                         : &session->job->taken;
    session_path(session, "", session->file->name, session->path);
    return session_ask(session,
                       (struct sftp_codec_request){.type = SFTP_CODEC_LSTAT, .path = session->path},
                       reterr);
}

int
step_find(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    const struct sftp_codec_attributes *now = &reply->attributes;
    const struct settle_file *taken = session->file;
    bool is_wanted = session->job->op == JOB_BRING;
    if (reply->type == SFTP_CODEC_STATUS && reply->status == SFTP_CODEC_NO_SUCH_FILE) {
        return is_wanted ? error_set(reterr, CAUSE_FILE_GONE, "there is no file of its name")
                         : settled(session, reterr);
    }
    if (reply->type != SFTP_CODEC_ATTRS) {
        return session_refused(session, reply, "looking at the file", reterr);
    }
    if (!now->has_size || now->size != taken->size ||
        (now->has_mtime && (int64_t)now->mtime != taken->mtime)) {
        if (session->set != NULL) {
            session->had_changed = true;
            return settled(session, reterr);
        }
        return error_set(reterr, is_wanted ? CAUSE_FILE_GONE : CAUSE_SFTP_CHANGED,
                         "another file has this name now; it is left where it is");
    }
    if (is_wanted) {
        session->answer.chosen = *taken;
        return step_begin_fetch(session, reterr);
    }
    return session_move(session, session->job->removes ? SESSION_REMOVE : SESSION_MOVE, reterr);
}

int
step_begin_move(struct session *session, struct error *reterr)
{
    char subfolder[sizeof FOLDER + 20];
    (void)snprintf(subfolder, sizeof subfolder, FOLDER "/%.16s-", session->job->sha256);
    session_path(session, subfolder, session->file->name, session->new_path);
    return session_ask(session,
                       (struct sftp_codec_request){.type = SFTP_CODEC_RENAME,
                                                   .path = session->path,
                                                   .new_path = session->new_path},
                       reterr);
}

int
step_move(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    if (reply->type == SFTP_CODEC_STATUS && reply->status == SFTP_CODEC_OK) {
        return settled(session, reterr);
    }
    if (reply->type == SFTP_CODEC_STATUS && session->state == SESSION_MOVE) {
        /* Which status stands for "no such folder" is anyone's guess; make it and see. */
        return session_move(session, SESSION_MAKE_FOLDER, reterr);
    }
    return session_refused(session, reply, "moving the file", reterr);
}

int
step_begin_make_folder(struct session *session, struct error *reterr)
{
    session_path(session, "", FOLDER, session->new_path);
    return session_ask(
        session, (struct sftp_codec_request){.type = SFTP_CODEC_MKDIR, .path = session->new_path},
        reterr);
}

int
step_make_folder(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    (void)reply; /* it may be there already */
    return session_move(session, SESSION_MOVE_AGAIN, reterr);
}

int
step_begin_remove(struct session *session, struct error *reterr)
{
    return session_ask(
        session, (struct sftp_codec_request){.type = SFTP_CODEC_REMOVE, .path = session->path},
        reterr);
}

int
step_remove(struct session *session, struct sftp_codec_reply *reply, struct error *reterr)
{
    if (reply->type == SFTP_CODEC_STATUS &&
        (reply->status == SFTP_CODEC_OK || reply->status == SFTP_CODEC_NO_SUCH_FILE)) {
        return settled(session, reterr);
    }
    return session_refused(session, reply, "removing the file", reterr);
}
