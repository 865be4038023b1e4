/*
 * A job waits in the queue of its host. Hosts that have a job waiting and fewer than their cap
 * running stand in a ring; whenever a process has a free session, the next host of the ring gives
 * it its first job. So a host with thousands of districts neither blocks the others nor is
 * called by all at once.
 *
 * Ends: the process says how the job ended; or it dies (all its jobs fail, and it is started again
 * after a delay); or the job is long over its time, which is a fault of the process: it is killed,
 * and again all its jobs fail. A cancelled job that never reached a process ends at the next turn
 * of the loop.
 */
#include "fetcher.h"

#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "log.h"
#include "schedule.h"

/* How long a process may be silent about a job after its deadline. */
#define OVERTIME_S 30.0
#define WATCH_MS 1000
#define HOST_BUCKETS 1024

struct host {
    struct host *next;      /* in its bucket */
    struct host *ring_next; /* hosts that may start a job, first in first out */
    bool is_in_ring;
    int64_t running;
    struct fetch_job *head;
    struct fetch_job **tail;
    char name[];
};

struct fetch_job {
    struct fetch_job *next; /* in its host's queue, a process's list, or the list of ends */
    struct fetch_request request;
    int64_t id;
    struct host *host;
    struct process *process; /* NULL: waiting */
    double deadline;
    bool is_cancelled;
    bool is_ending;
    struct error error; /* why it never began */
};

struct process {
    struct fetcher *fetcher;
    unsigned number;
    struct child *child; /* NULL: not running */
    struct fetch_job *jobs;
    int64_t jobs_count;
    struct restart restart;
    double start_at;
};

struct fetcher {
    uv_loop_t *loop;
    const struct config *config;
    struct snapshot_counters *counters;
    uv_timer_t timer; /* every second: restarts, jobs over time */
    uv_timer_t turn;  /* ends that must not be told from within a call of ours */
    struct host *hosts[HOST_BUCKETS];
    struct host *ring_head;
    struct host **ring_tail;
    struct fetch_job *ended; /* waiting to be told */
    int64_t next_id;
    size_t running;
    size_t processes_count;
    struct process *processes;
    bool is_closing;
    unsigned handles_open;
    void (*closed)(void *context);
    void *closed_context;
};

static void dispatch(struct fetcher *fetcher);
static void on_timer(uv_timer_t *timer);

static double
now_s(const struct fetcher *fetcher)
{
    return (double)uv_now(fetcher->loop) / 1000.0;
}

/* --- hosts ----------------------------------------------------------------------------------- */

static struct host **
bucket_of(struct fetcher *fetcher, const char *name)
{
    uint32_t hash = 2166136261u;
    for (const char *c = name; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    return &fetcher->hosts[hash % HOST_BUCKETS];
}

static struct host *
get_host(struct fetcher *fetcher, const char *name)
{
    struct host **bucket = bucket_of(fetcher, name);
    for (struct host *host = *bucket; host != NULL; host = host->next) {
        if (strcmp(host->name, name) == 0) {
            return host;
        }
    }
    size_t size = strlen(name) + 1;
    struct host *host = calloc(1, sizeof *host + size);
    if (host != NULL) {
        memcpy(host->name, name, size);
        host->tail = &host->head;
        host->next = *bucket;
        *bucket = host;
    }
    return host;
}

/* A host that nobody wants any more is forgotten. */
static void
drop_host(struct fetcher *fetcher, struct host *host)
{
    if (host->running > 0 || host->head != NULL || host->is_in_ring) {
        return;
    }
    struct host **at = bucket_of(fetcher, host->name);
    while (*at != host) {
        at = &(*at)->next;
    }
    *at = host->next;
    free(host);
}

static void
join_ring(struct fetcher *fetcher, struct host *host)
{
    if (host->is_in_ring || host->head == NULL ||
        host->running >= fetcher->config->workers.sessions_per_host) {
        return;
    }
    host->is_in_ring = true;
    host->ring_next = NULL;
    *fetcher->ring_tail = host;
    fetcher->ring_tail = &host->ring_next;
}

static struct host *
leave_ring(struct fetcher *fetcher)
{
    struct host *host = fetcher->ring_head;
    fetcher->ring_head = host->ring_next;
    if (fetcher->ring_head == NULL) {
        fetcher->ring_tail = &fetcher->ring_head;
    }
    host->is_in_ring = false;
    return host;
}

/* --- how jobs end ---------------------------------------------------------------------------- */

static void
tell(struct fetch_job *job, const struct fetch_end *end)
{
    job->request.on_end(job->request.context, end);
    free(job);
}

/* Takes a running job out of its process and its host. */
static void
detach(struct fetcher *fetcher, struct fetch_job *job)
{
    struct fetch_job **at = &job->process->jobs;
    while (*at != job) {
        at = &(*at)->next;
    }
    *at = job->next;
    job->process->jobs_count--;
    job->process = NULL;
    fetcher->running--;
    job->host->running--;
    join_ring(fetcher, job->host);
    drop_host(fetcher, job->host);
    job->host = NULL;
}

static void
fail(struct fetcher *fetcher, struct fetch_job *job, enum cause cause, const char *text)
{
    struct fetch_end end = {.was_cancelled = job->is_cancelled};
    (void)error_set(&end.error, cause, "%s", text);
    detach(fetcher, job);
    tell(job, &end);
}

static void
finish(struct fetcher *fetcher, struct fetch_job *job, const json_t *event)
{
    struct fetch_end end = {.was_cancelled = job->is_cancelled, .event = event};
    const char *word = json_string_value(json_object_get(event, "event"));
    if (strcmp(word, "error") == 0) {
        const char *reason = json_string_value(json_object_get(event, "reason"));
        const char *detail = json_string_value(json_object_get(event, "detail"));
        enum cause cause = reason == NULL ? CAUSE_COUNT : cause_from_word(reason);
        end.event = NULL;
        (void)error_set(&end.error, cause == CAUSE_COUNT ? CAUSE_CHILD_PROTOCOL : cause, "%s",
                        detail == NULL ? "" : detail);
    }
    detach(fetcher, job);
    tell(job, &end);
}

/* Tells of jobs that ended before they reached a process. */
static void
on_turn(uv_timer_t *timer)
{
    struct fetcher *fetcher = timer->data;
    while (fetcher->ended != NULL) {
        struct fetch_job *job = fetcher->ended;
        fetcher->ended = job->next;
        struct fetch_end end = {.was_cancelled = job->is_cancelled, .error = job->error};
        if (job->is_cancelled) {
            (void)error_set(&end.error, CAUSE_DAEMON_STOPPED, "cancelled");
        }
        tell(job, &end);
    }
}

static void
end_later(struct fetcher *fetcher, struct fetch_job *job)
{
    job->is_ending = true;
    job->next = fetcher->ended;
    fetcher->ended = job;
    if (!fetcher->is_closing) {
        (void)uv_timer_start(&fetcher->turn, on_turn, 0, 0);
    }
}

/* --- processes ------------------------------------------------------------------------------- */

static void
on_message(void *context, const json_t *message)
{
    struct process *process = context;
    const json_t *id = json_object_get(message, "id");
    const char *word = json_string_value(json_object_get(message, "event"));
    struct fetch_job *job = process->jobs;
    while (job != NULL && (!json_is_integer(id) || job->id != json_integer_value(id))) {
        job = job->next;
    }
    if (job == NULL || word == NULL) {
        LOG(LEVEL_ERROR, "rosterd-fetch spoke of a job it does not have",
            F_INT("process", process->number));
        child_stop(process->child);
        return;
    }
    if (strcmp(word, "progress") == 0) {
        if (job->request.on_progress != NULL) {
            job->request.on_progress(job->request.context,
                                     json_integer_value(json_object_get(message, "bytes")),
                                     json_integer_value(json_object_get(message, "size")));
        }
        return;
    }
    finish(process->fetcher, job, message);
    dispatch(process->fetcher);
}

static void try_close(struct fetcher *fetcher);

static void
on_end(void *context, const struct child_end *end)
{
    struct process *process = context;
    struct fetcher *fetcher = process->fetcher;
    process->child = NULL;
    if (!fetcher->is_closing) {
        double delay_s = restart_delay_s(&process->restart, now_s(fetcher));
        process->start_at = now_s(fetcher) + delay_s;
        fetcher->counters->children_died++;
        LOG(LEVEL_ERROR, "rosterd-fetch ended unexpectedly", F_INT("process", process->number),
            F_INT("exit", end->exit_status), F_INT("signal", end->signal),
            F_INT("jobs", process->jobs_count), F_INT("restart_ms", delay_s * 1000.0),
            F_TEXT("said", *end->last_words == '\0' ? NULL : end->last_words));
    }
    while (process->jobs != NULL) {
        fail(fetcher, process->jobs,
             process->jobs->is_cancelled || fetcher->is_closing ? CAUSE_DAEMON_STOPPED
                                                                : CAUSE_CHILD_DIED,
             "rosterd-fetch ended while it worked on this");
    }
    if (fetcher->is_closing) {
        try_close(fetcher);
    } else if (process->start_at <= now_s(fetcher)) {
        (void)uv_timer_start(&fetcher->timer, on_timer, 0, WATCH_MS);
    }
}

static void
start_process(struct process *process)
{
    struct fetcher *fetcher = process->fetcher;
    const char *const args[] = {"--credentials", fetcher->config->credentials.path, NULL};
    struct error error;
    const struct child_params params = {
        .loop = fetcher->loop,
        .program = fetcher->config->programs.fetch,
        .args = args,
        .on_message = on_message,
        .on_end = on_end,
        .context = process,
    };
    if (child_start(&params, &process->child, &error) != 0) {
        double delay_s = restart_delay_s(&process->restart, now_s(fetcher));
        process->start_at = now_s(fetcher) + (delay_s > 0 ? delay_s : 1.0);
        LOG(LEVEL_ERROR, "rosterd-fetch cannot be started", F_TEXT("error", error.text));
        return;
    }
    fetcher->counters->children_started++;
    LOG(LEVEL_DEBUG, "rosterd-fetch started", F_INT("process", process->number),
        F_INT("pid", child_pid(process->child)));
}

static void
on_timer(uv_timer_t *timer)
{
    struct fetcher *fetcher = timer->data;
    double now = now_s(fetcher);
    for (size_t at = 0; at < fetcher->processes_count; at++) {
        struct process *process = &fetcher->processes[at];
        if (process->child == NULL && process->start_at <= now) {
            start_process(process);
        }
        for (const struct fetch_job *job = process->jobs; job != NULL; job = job->next) {
            if (job->deadline <= now && process->child != NULL) {
                LOG(LEVEL_ERROR, "rosterd-fetch is silent about a job: killed",
                    F_INT("process", process->number), F_TEXT("host", job->request.host));
                fetcher->counters->children_killed++;
                child_kill(process->child);
                break;
            }
        }
    }
    dispatch(fetcher);
}

/* The process with the fewest jobs that can take one more, or NULL. */
static struct process *
free_process(struct fetcher *fetcher)
{
    struct process *best = NULL;
    for (size_t at = 0; at < fetcher->processes_count; at++) {
        struct process *process = &fetcher->processes[at];
        if (process->child != NULL && process->jobs_count < fetcher->config->workers.sessions &&
            (best == NULL || process->jobs_count < best->jobs_count)) {
            best = process;
        }
    }
    return best;
}

static void
begin_job(struct fetcher *fetcher, struct process *process, struct fetch_job *job)
{
    json_t *message = job->request.message(job->request.context, &job->error);
    if (message == NULL || json_object_set_new(message, "id", json_integer(job->id)) != 0) {
        json_decref(message);
        job->host = NULL;
        end_later(fetcher, job);
        return;
    }
    job->process = process;
    job->next = process->jobs;
    process->jobs = job;
    process->jobs_count++;
    fetcher->running++;
    job->host->running++;
    job->deadline = now_s(fetcher) + job->request.total_s + OVERTIME_S;
    if (child_send(process->child, message) != 0) {
        /* its input is broken or full: its end, which comes soon, fails the job */
        child_stop(process->child);
    }
    json_decref(message);
}

/* Gives jobs to processes as long as both are there. */
static void
dispatch(struct fetcher *fetcher)
{
    struct process *process;
    while (!fetcher->is_closing && fetcher->ring_head != NULL &&
           (process = free_process(fetcher)) != NULL) {
        struct host *host = leave_ring(fetcher);
        struct fetch_job *job = host->head;
        if (job == NULL) {
            drop_host(fetcher, host);
            continue;
        }
        host->head = job->next;
        if (host->head == NULL) {
            host->tail = &host->head;
        }
        begin_job(fetcher, process, job);
        join_ring(fetcher, host);
        drop_host(fetcher, host);
    }
}

/* --- what others call ------------------------------------------------------------------------ */

struct fetch_job *
fetcher_submit(struct fetcher *fetcher, const struct fetch_request *request)
{
    struct fetch_job *job = calloc(1, sizeof *job);
    struct host *host = job == NULL ? NULL : get_host(fetcher, request->host);
    if (host == NULL) {
        free(job);
        return NULL;
    }
    job->request = *request;
    job->request.host = host->name;
    job->host = host;
    job->id = ++fetcher->next_id;
    if (fetcher->is_closing) {
        job->is_cancelled = true;
        drop_host(fetcher, host);
        job->request.host = "";
        job->host = NULL;
        end_later(fetcher, job);
        return job;
    }
    *host->tail = job;
    host->tail = &job->next;
    join_ring(fetcher, host);
    /* at the next turn: what is submitted in one go is spread over the processes */
    (void)uv_timer_start(&fetcher->timer, on_timer, 0, WATCH_MS);
    return job;
}

static void
remove_waiting(struct fetcher *fetcher, struct fetch_job *job)
{
    struct host *host = job->host;
    struct fetch_job **at = &host->head;
    while (*at != job) {
        at = &(*at)->next;
    }
    *at = job->next;
    if (*at == NULL) {
        host->tail = at;
    }
    job->host = NULL;
    drop_host(fetcher, host);
}

void
fetcher_cancel(struct fetcher *fetcher, struct fetch_job *job)
{
    if (job->is_ending || job->is_cancelled) {
        return;
    }
    job->is_cancelled = true;
    if (job->process == NULL) {
        remove_waiting(fetcher, job);
        end_later(fetcher, job);
        return;
    }
    json_t *message = json_pack("{s:s, s:I}", "op", "cancel", "id", (json_int_t)job->id);
    if (job->process->child != NULL &&
        (message == NULL || child_send(job->process->child, message) != 0)) {
        child_stop(job->process->child);
    }
    json_decref(message);
}

size_t
fetcher_running(const struct fetcher *fetcher)
{
    return fetcher->running;
}

/* --- beginning and end ----------------------------------------------------------------------- */

struct fetcher *
fetcher_new(uv_loop_t *loop, const struct config *config, struct snapshot_counters *counters)
{
    struct fetcher *fetcher = calloc(1, sizeof *fetcher);
    size_t count = (size_t)config->workers.fetch;
    struct process *processes = calloc(count, sizeof *processes);
    if (fetcher == NULL || processes == NULL) {
        free(fetcher);
        free(processes);
        return NULL;
    }
    fetcher->loop = loop;
    fetcher->config = config;
    fetcher->counters = counters;
    fetcher->ring_tail = &fetcher->ring_head;
    fetcher->processes = processes;
    fetcher->processes_count = count;
    for (size_t at = 0; at < count; at++) {
        processes[at].fetcher = fetcher;
        processes[at].number = (unsigned)at;
    }
    (void)uv_timer_init(loop, &fetcher->timer);
    (void)uv_timer_init(loop, &fetcher->turn);
    fetcher->timer.data = fetcher;
    fetcher->turn.data = fetcher;
    fetcher->handles_open = 2;
    (void)uv_timer_start(&fetcher->timer, on_timer, 0, WATCH_MS);
    return fetcher;
}

static void
try_close(struct fetcher *fetcher)
{
    for (size_t at = 0; at < fetcher->processes_count; at++) {
        if (fetcher->processes[at].child != NULL) {
            return;
        }
    }
    if (fetcher->handles_open > 0) {
        return;
    }
    void (*closed)(void *context) = fetcher->closed;
    void *context = fetcher->closed_context;
    free(fetcher->processes);
    free(fetcher);
    closed(context);
}

static void
on_handle_closed(uv_handle_t *handle)
{
    struct fetcher *fetcher = handle->data;
    fetcher->handles_open--;
    if (fetcher->handles_open == 0) {
        on_turn(&fetcher->turn);
    }
    try_close(fetcher);
}

void
fetcher_close(struct fetcher *fetcher, void (*closed)(void *context), void *context)
{
    fetcher->is_closing = true;
    fetcher->closed = closed;
    fetcher->closed_context = context;
    for (size_t at = 0; at < HOST_BUCKETS; at++) {
        struct host *host = fetcher->hosts[at];
        while (host != NULL) {
            struct host *next = host->next;
            host->is_in_ring = false;
            while (host->head != NULL) {
                struct fetch_job *job = host->head;
                host->head = job->next;
                job->is_cancelled = true;
                job->host = NULL;
                end_later(fetcher, job);
            }
            host->tail = &host->head;
            drop_host(fetcher, host);
            host = next;
        }
    }
    fetcher->ring_head = NULL;
    fetcher->ring_tail = &fetcher->ring_head;
    for (size_t at = 0; at < fetcher->processes_count; at++) {
        if (fetcher->processes[at].child != NULL) {
            child_stop(fetcher->processes[at].child);
        }
    }
    uv_close((uv_handle_t *)&fetcher->timer, on_handle_closed);
    uv_close((uv_handle_t *)&fetcher->turn, on_handle_closed);
}
