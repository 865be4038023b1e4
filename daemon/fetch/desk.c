#include "desk.h"

#include <stdlib.h>

#include "bounds.h"

struct seat {
    struct desk *desk;
    struct session *session; /* NULL: free */
};

struct waiting {
    struct waiting *next;
    struct job *job;
};

struct desk {
    const struct session_shared *shared;
    void (*on_idle)(void *context);
    void *context;
    struct seat seats[BOUNDS_SESSIONS];
    size_t running;
    struct waiting *first; /* jobs without a seat, oldest first */
    struct waiting **last;
};

struct desk *
desk_new(const struct session_shared *shared, void (*on_idle)(void *context), void *context)
{
    struct desk *desk = calloc(1, sizeof *desk);
    if (desk != NULL) {
        desk->shared = shared;
        desk->on_idle = on_idle;
        desk->context = context;
        desk->last = &desk->first;
        for (size_t index = 0; index < BOUNDS_SESSIONS; index++) {
            desk->seats[index].desk = desk;
        }
    }
    return desk;
}

void
desk_free(struct desk *desk)
{
    free(desk);
}

bool
desk_is_idle(const struct desk *desk)
{
    return desk->running == 0 && desk->first == NULL;
}

/* Takes the oldest waiting job out, NULL: none. */
static struct job *
next_job(struct desk *desk)
{
    struct waiting *waiting = desk->first;
    if (waiting == NULL) {
        return NULL;
    }
    struct job *job = waiting->job;
    desk->first = waiting->next;
    if (desk->first == NULL) {
        desk->last = &desk->first;
    }
    free(waiting);
    return job;
}

static void
answer(struct desk *desk, struct job *job, enum cause cause, const char *text)
{
    struct error error;
    (void)error_set(&error, cause, "%s", text);
    events_error(desk->shared->events, job->id, &error);
    job_free(job);
}

static void on_ended(void *context);

static void
start_waiting(struct desk *desk)
{
    for (size_t index = 0; index < BOUNDS_SESSIONS && desk->first != NULL; index++) {
        struct seat *seat = &desk->seats[index];
        if (seat->session != NULL) {
            continue;
        }
        struct job *job = next_job(desk);
        seat->session = session_start(desk->shared, job, on_ended, seat);
        if (seat->session == NULL) {
            answer(desk, job, CAUSE_MEMORY, "no memory for a session");
        } else {
            desk->running++;
        }
    }
}

static void
on_ended(void *context)
{
    struct seat *seat = context;
    struct desk *desk = seat->desk;
    seat->session = NULL;
    desk->running--;
    start_waiting(desk);
    if (desk_is_idle(desk)) {
        desk->on_idle(desk->context);
    }
}

static struct session *
find_running(struct desk *desk, int64_t id)
{
    for (size_t index = 0; index < BOUNDS_SESSIONS; index++) {
        struct session *session = desk->seats[index].session;
        if (session != NULL && session_id(session) == id) {
            return session;
        }
    }
    return NULL;
}

static struct waiting **
find_waiting(struct desk *desk, int64_t id)
{
    struct waiting **link = &desk->first;
    while (*link != NULL && (*link)->job->id != id) {
        link = &(*link)->next;
    }
    return link;
}

static void
cancel(struct desk *desk, int64_t id)
{
    struct session *session = find_running(desk, id);
    if (session != NULL) {
        session_cancel(session);
        return;
    }
    struct waiting **link = find_waiting(desk, id);
    struct waiting *waiting = *link;
    if (waiting == NULL) {
        return; /* its last event and this cancel have crossed */
    }
    *link = waiting->next;
    if (waiting->next == NULL) {
        desk->last = link;
    }
    answer(desk, waiting->job, CAUSE_SFTP_CANCELLED, "broken off before it began");
    free(waiting);
}

int
desk_take(struct desk *desk, const char *line, size_t length, struct error *reterr)
{
    struct job *job = NULL;
    int64_t id = -1;
    if (job_parse(line, length, &job, &id, reterr) != 0) {
        if (id < 0) {
            return -1;
        }
        events_error(desk->shared->events, id, reterr);
        return 0;
    }
    if (job->op == JOB_CANCEL) {
        cancel(desk, id);
        job_free(job);
        return 0;
    }
    struct waiting *waiting = calloc(1, sizeof *waiting);
    if (waiting == NULL || find_running(desk, id) != NULL || *find_waiting(desk, id) != NULL) {
        answer(desk, job, waiting == NULL ? CAUSE_MEMORY : CAUSE_CHILD_PROTOCOL,
               waiting == NULL ? "no memory for a job" : "job: a job of this number is not over");
        free(waiting);
        return 0;
    }
    waiting->job = job;
    *desk->last = waiting;
    desk->last = &waiting->next;
    start_waiting(desk);
    return 0;
}

void
desk_cancel_all(struct desk *desk)
{
    struct job *job = NULL;
    while ((job = next_job(desk)) != NULL) {
        answer(desk, job, CAUSE_SFTP_CANCELLED, "broken off before it began");
    }
    for (size_t index = 0; index < BOUNDS_SESSIONS; index++) {
        if (desk->seats[index].session != NULL) {
            session_cancel(desk->seats[index].session);
        }
    }
}
