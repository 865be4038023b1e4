/*
 * Loose CSV files: chosen as one set, read one after the other, stored as one zip.
 *
 * Only the files that rosterd reads are brought. Of the others the zip has an empty entry of their
 * name, so that the worker knows they are there: a file of demographic data never leaves the
 * district's server.
 *
 * Each file is compared with the listing after its last byte, as a zip is. After the last file the
 * folder is listed again: a file that was replaced while a later one was read would make a set of
 * two nights. Files that are gone by then do no harm, what we hold was there at one time.
 */
#include <stdlib.h>
#include <string.h>

#include "steps.h"

bool
step_is_loose(const struct session *session)
{
    const struct job *job = session->job;
    return job->op == JOB_POLL ? loose_is_pattern(job->pattern)
                               : job->name != NULL && loose_is_name(job->name);
}

/* The set of a name, to be brought once more, or moved or deleted. */
static int
find_again(struct session *session, const struct settle_question *question, struct error *reterr)
{
    struct loose_set *set = &session->set->files;
    bool is_wanted = session->job->op == JOB_BRING;
    if (loose_gather(question, set, reterr) != 0) {
        return -1;
    }
    if (set->count == 0 || strcmp(set->name, session->job->name) != 0) {
        return error_set(reterr, is_wanted ? CAUSE_FILE_GONE : CAUSE_SFTP_CHANGED,
                         "the CSV files in the drop are others by now; they are left as they are");
    }
    if (!is_wanted) {
        return session_move(session, SESSION_FIND, reterr);
    }
    session->answer.verdict = SETTLE_READY;
    session->answer.chosen =
        (struct settle_file){.name = set->name, .size = set->size, .mtime = set->mtime};
    return 0;
}

static int
compare_again(struct session *session, const struct settle_question *question, struct error *reterr)
{
    struct loose_set now;
    if (loose_gather(question, &now, reterr) != 0) {
        return -1;
    }
    if (!loose_is_unchanged(&session->set->files, &now)) {
        return error_set(reterr, CAUSE_SFTP_CHANGED,
                         "a file of the set changed, or came, meanwhile");
    }
    return session_move(session, SESSION_STORE, reterr);
}

int
step_choose_set(struct session *session, const struct settle_question *question,
                struct error *reterr)
{
    if (session->set != NULL) {
        return compare_again(session, question, reterr);
    }
    session->set = calloc(1, sizeof *session->set);
    if (session->set == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for a set of files");
    }
    return session->job->op == JOB_POLL
               ? loose_choose(question, &session->set->files, &session->answer, reterr)
               : find_again(session, question, reterr);
}

static int
put_into_spool(void *context, const uint8_t *bytes, size_t length, struct error *reterr)
{
    struct session *session = context;
    return spool_write(session->spool, bytes, length, reterr);
}

int
step_put(void *context, const uint8_t *bytes, size_t length, struct error *reterr)
{
    struct session *session = context;
    return session->set != NULL ? stored_zip_write(&session->set->zip, bytes, length, reterr)
                                : spool_write(session->spool, bytes, length, reterr);
}

/* Begins entries up to the first whose bytes are to be read; files NULL then: there is none. */
static int
begin_member(struct session *session, struct error *reterr)
{
    struct set_fetch *set = session->set;
    session->file = NULL;
    for (; set->at < set->files.count; set->at++) {
        const struct loose_file *member = &set->files.files[set->at];
        if (stored_zip_begin(&set->zip, member->file.name, reterr) != 0) {
            return -1;
        }
        if (member->is_read && member->file.size > 0) {
            session->file = &member->file;
            return 0;
        }
        if (stored_zip_end(&set->zip, reterr) != 0) {
            return -1;
        }
    }
    return stored_zip_finish(&set->zip, reterr);
}

int
step_begin_set(struct session *session, struct error *reterr)
{
    session->spool = spool_create(session->job->spool, reterr);
    if (session->spool == NULL) {
        return -1;
    }
    stored_zip_init(&session->set->zip, put_into_spool, session);
    return begin_member(session, reterr);
}

int
step_next_member(struct session *session, struct error *reterr)
{
    struct set_fetch *set = session->set;
    transfer_free(session->transfer);
    session->transfer = NULL;
    if (stored_zip_end(&set->zip, reterr) != 0) {
        return -1;
    }
    set->before += session->file->size;
    set->at++;
    if (begin_member(session, reterr) != 0) {
        return -1;
    }
    return session_move(session, session->file != NULL ? SESSION_OPEN_FILE : SESSION_OPEN_FOLDER,
                        reterr);
}
