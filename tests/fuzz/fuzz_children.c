/*
 * What a child writes, in any bytes, through the frame and the JSON to whoever waits for it: the
 * stager comes to exactly one verdict, the fetcher ends each job exactly once. The child itself is
 * played here: the first byte says who it is and how it ends, the second in what steps it writes.
 */
#include "fuzz.h"

#include "child.h"
#include "fetcher.h"
#include "frame.h"
#include "limit.h"
#include "log.h"
#include "stager.h"

struct child {
    struct child_params params;
    struct child_end end;
    bool is_stopped;
};

static struct child *current;
static unsigned ended;

int
child_start(const struct child_params *params, struct child **ret_child, struct error *reterr)
{
    (void)reterr;
    PROMISE(current == NULL);
    current = calloc(1, sizeof *current);
    PROMISE(current != NULL);
    current->params = *params;
    current->end.last_words = "";
    *ret_child = current;
    return 0;
}

int
child_send(struct child *child, const json_t *message)
{
    PROMISE(child == current && json_is_object(message));
    return 0;
}

void
child_stop(struct child *child)
{
    PROMISE(child == current);
    child->end.was_stopped = true;
    child->is_stopped = true;
}

void
child_kill(struct child *child)
{
    child_stop(child);
}

int
child_pid(const struct child *child)
{
    return child == current;
}

/* Nobody reads what a fuzz target would complain of. */
void
log_write(enum log_level level, const char *message, const struct log_field *fields)
{
    (void)level;
    PROMISE(message != NULL && fields != NULL);
}

static void
on_line(void *context, const char *line, size_t length)
{
    (void)context;
    json_t *message = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    if (current->is_stopped || !json_is_object(message)) {
        current->end.has_spoken_badly |= !current->is_stopped;
        current->is_stopped = true;
    } else {
        current->params.on_message(current->params.context, message);
    }
    json_decref(message);
}

/* The child writes everything and ends. */
static void
play(const uint8_t *data, size_t size, size_t step, unsigned how)
{
    struct frame frame;
    frame_init(&frame, LIMIT_JSON_LINE_BYTES);
    while (size > 0 && current != NULL && !current->is_stopped) {
        size_t part = size < step ? size : step;
        if (frame_feed(&frame, (const char *)data, part, on_line, NULL) != 0) {
            current->end.has_spoken_badly = true;
            current->is_stopped = true;
        }
        PROMISE(frame_rest(&frame) <= LIMIT_JSON_LINE_BYTES);
        data += part;
        size -= part;
    }
    frame_deinit(&frame);
    struct child *child = current;
    child->end.exit_status = how & 1;
    child->end.signal = (how & 2) != 0 ? 9 : 0;
    child->end.was_over_time = (how & 4) != 0;
    current = NULL;
    child->params.on_end(child->params.context, &child->end);
    free(child);
}

static void
on_stage_progress(void *context, const struct stage_progress *progress)
{
    (void)context;
    PROMISE(progress->file != NULL);
}

static void
on_stage_end(void *context, const struct stage_end *end)
{
    (void)context;
    ended++;
    PROMISE((end->verdict == STAGE_STAGED) == (end->error.cause == CAUSE_NONE));
    PROMISE(end->verdict == STAGE_FAILED || !end->was_stopped);
}

static json_t *
make_job(void *context, struct error *reterr)
{
    (void)context;
    (void)reterr;
    return json_object();
}

static void
on_fetch_progress(void *context, int64_t bytes, int64_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
}

static void
on_fetch_end(void *context, const struct fetch_end *end)
{
    (void)context;
    ended++;
    PROMISE((end->event != NULL) == (end->error.cause == CAUSE_NONE));
}

static void
on_closed(void *context)
{
    *(bool *)context = true;
}

static void
try_stager(const struct config *config, const uint8_t *data, size_t size, size_t step, unsigned how)
{
    struct snapshot_counters counters = {0};
    const struct stager_params params = {.config = config,
                                         .counters = &counters,
                                         .job = {.zip = "z", .sha256 = "s"},
                                         .on_progress = on_stage_progress,
                                         .on_end = on_stage_end};
    struct stager *stager = NULL;
    struct error error;
    PROMISE(stager_start(&params, &stager, &error) == 0);
    play(data, size, step, how);
    PROMISE(ended == 1);
}

static void
try_fetcher(const struct config *config, const uint8_t *data, size_t size, size_t step,
            unsigned how)
{
    struct snapshot_counters counters = {0};
    uv_loop_t loop;
    bool is_closed = false;
    PROMISE(uv_loop_init(&loop) == 0);
    struct fetcher *fetcher = fetcher_new(&loop, config, &counters);
    const struct fetch_request request = {.host = "h",
                                          .message = make_job,
                                          .total_s = 60,
                                          .on_progress = on_fetch_progress,
                                          .on_end = on_fetch_end};
    PROMISE(fetcher != NULL);
    for (int job = 0; job < 3; job++) {
        PROMISE(fetcher_submit(fetcher, &request) != NULL);
    }
    (void)uv_run(&loop, UV_RUN_NOWAIT); /* starts the process and gives it the jobs */
    PROMISE(current != NULL && fetcher_running(fetcher) == 3);
    play(data, size, step, how);
    PROMISE(ended == 3 && fetcher_running(fetcher) == 0);
    fetcher_close(fetcher, on_closed, &is_closed);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    PROMISE(is_closed && uv_loop_close(&loop) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char word[] = "x";
    static const struct config config = {
        .database = {.stage_conninfo = word},
        .credentials = {.path = word},
        .programs = {.fetch = word, .stage = word},
        .workers = {.fetch = 1, .sessions = 4, .sessions_per_host = 4}};
    if (size < 2) {
        return 0;
    }
    ended = 0;
    size_t step = data[1] == 0 ? SIZE_MAX : data[1];
    if ((data[0] & 8) == 0) {
        try_stager(&config, data + 2, size - 2, step, data[0]);
    } else {
        try_fetcher(&config, data + 2, size - 2, step, data[0]);
    }
    return 0;
}
