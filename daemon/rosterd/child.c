/*
 * Exit and end-of-file come in any order; on_end is called when the exit is known and both pipes
 * are read, and after all four handles are closed. A grandchild that holds a pipe open cannot delay
 * that for ever: a while after the exit the pipes are closed anyway.
 *
 *   RUNNING ──stop, deadline, bad message──▶ TERMINATED ──grace──▶ KILLED
 *      └────────────────── exit ─────────────────┴──────────────────┴──▶ EXITED ──pipes read──▶
 * CLOSING
 */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"
#include "launch.h"
#include "limit.h"
#include "printable.h"

#define READ_BYTES 65536
#define WORDS_MAX 512
/* Of a child that somebody else has waited for, as the kernel does where SIGCHLD is ignored. */
#define EXIT_UNKNOWN 255
/* For what is still in the pipes after the exit. */
#define DRAIN_MS 2000

enum child_state { CHILD_RUNNING, CHILD_TERMINATED, CHILD_KILLED, CHILD_EXITED, CHILD_CLOSING };

struct child {
    struct child_params params;
    pid_t pid;
    int pidfd; /* readable when it has ended */
    uv_poll_t exit;
    uv_pipe_t input, output, words;
    uv_timer_t timer;
    enum child_state state;
    struct child_end end;
    struct frame messages;
    struct frame stderr_lines;
    char last_words[PRINTABLE_SIZE(WORDS_MAX)];
    bool is_input_closed;
    unsigned pipes_open; /* of output and words */
    unsigned handles_open;
    char buffer[READ_BYTES];
};

static void begin_close(struct child *child);

static void
send_signal(struct child *child, int number)
{
    if (child->state < CHILD_EXITED) {
        (void)pidfd_send_signal(child->pidfd, number, NULL, 0);
    }
}

static void on_timer(uv_timer_t *timer);

static void
terminate(struct child *child)
{
    if (child->state != CHILD_RUNNING) {
        return;
    }
    child->state = CHILD_TERMINATED;
    child_close_input(child);
    send_signal(child, SIGTERM);
    (void)uv_timer_start(&child->timer, on_timer, CHILD_GRACE_MS, 0);
}

static void
on_timer(uv_timer_t *timer)
{
    struct child *child = timer->data;
    switch (child->state) {
    case CHILD_RUNNING:
        child->end.was_over_time = true;
        terminate(child);
        break;
    case CHILD_TERMINATED:
        child_kill(child);
        break;
    case CHILD_EXITED:
        begin_close(child);
        break;
    default:
        break;
    }
}

/* --- closing --------------------------------------------------------------------------------- */

static void
on_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;
    if (--child->handles_open > 0) {
        return;
    }
    (void)close(child->pidfd);
    child->end.last_words = child->last_words;
    child->params.on_end(child->params.context, &child->end);
    frame_deinit(&child->messages);
    frame_deinit(&child->stderr_lines);
    free(child);
}

static void
close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, on_closed);
    }
}

static void
begin_close(struct child *child)
{
    if (child->state == CHILD_CLOSING) {
        return;
    }
    child->state = CHILD_CLOSING;
    close_handle((uv_handle_t *)&child->exit);
    close_handle((uv_handle_t *)&child->input);
    close_handle((uv_handle_t *)&child->output);
    close_handle((uv_handle_t *)&child->words);
    close_handle((uv_handle_t *)&child->timer);
}

static void
on_exited(uv_poll_t *exit, int status, int events)
{
    struct child *child = exit->data;
    (void)status;
    (void)events;
    siginfo_t info = {0};
    bool is_known = waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG) == 0;
    if (is_known ? info.si_pid == 0 : errno == EINTR) {
        return;
    }
    (void)uv_poll_stop(exit);
    if (!is_known) {
        child->end.exit_status = EXIT_UNKNOWN;
    } else if (info.si_code == CLD_EXITED) {
        child->end.exit_status = info.si_status;
    } else {
        child->end.signal = info.si_status;
    }
    child->state = CHILD_EXITED;
    if (child->pipes_open == 0) {
        begin_close(child);
    } else {
        (void)uv_timer_start(&child->timer, on_timer, DRAIN_MS, 0);
    }
}

/* --- what it says ---------------------------------------------------------------------------- */

static void
on_line(void *context, const char *line, size_t length)
{
    struct child *child = context;
    if (child->end.has_spoken_badly) {
        return;
    }
    json_t *message = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(message)) {
        child->params.on_message(child->params.context, message);
    } else {
        child->end.has_spoken_badly = true;
        terminate(child);
    }
    json_decref(message);
}

static void
on_words(void *context, const char *line, size_t length)
{
    struct child *child = context;
    (void)printable_encode(line, length < WORDS_MAX ? length : WORDS_MAX, child->last_words,
                           sizeof child->last_words);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct child *child = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(child->buffer, sizeof child->buffer);
}

static void
on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct child *child = stream->data;
    bool is_output = stream == (uv_stream_t *)&child->output;
    if (count > 0 && is_output) {
        if (frame_feed(&child->messages, buffer->base, (size_t)count, on_line, child) != 0) {
            child->end.has_spoken_badly = true;
            terminate(child);
        }
    } else if (count > 0) {
        /* an endless line is no fault: it is cut by the frame, which then takes no more */
        (void)frame_feed(&child->stderr_lines, buffer->base, (size_t)count, on_words, child);
    } else if (count < 0) {
        (void)uv_read_stop(stream);
        child->pipes_open--;
        if (child->state == CHILD_EXITED && child->pipes_open == 0) {
            begin_close(child);
        }
    }
}

/* --- what is said to it ---------------------------------------------------------------------- */

struct message {
    uv_write_t write;
    char *text;
};

static void
on_written(uv_write_t *write, int status)
{
    struct message *message = write->data;
    (void)status; /* a child that does not read has died or will: its exit tells */
    free(message->text);
    free(message);
}

int
child_send(struct child *child, const json_t *json)
{
    uv_stream_t *stream = (uv_stream_t *)&child->input;
    if (child->is_input_closed || child->state != CHILD_RUNNING ||
        uv_stream_get_write_queue_size(stream) > CHILD_PENDING_MAX) {
        return -1;
    }
    struct message *message = calloc(1, sizeof *message);
    char *text = json_dumps(json, JSON_COMPACT);
    size_t length = text == NULL ? 0 : strlen(text);
    char *line = text == NULL ? NULL : realloc(text, length + 1);
    if (message == NULL || line == NULL) {
        free(text);
        free(message);
        return -1;
    }
    line[length] = '\n'; /* over the NUL */
    message->text = line;
    message->write.data = message;
    uv_buf_t buffer = uv_buf_init(line, (unsigned)(length + 1));
    if (uv_write(&message->write, stream, &buffer, 1, on_written) != 0) {
        free(line);
        free(message);
        return -1;
    }
    return 0;
}

static void
on_shut(uv_shutdown_t *shutdown, int status)
{
    struct child *child = shutdown->handle->data;
    (void)status;
    free(shutdown);
    if (child->state != CHILD_CLOSING) {
        close_handle((uv_handle_t *)&child->input);
    }
}

void
child_close_input(struct child *child)
{
    if (child->is_input_closed || child->state == CHILD_CLOSING) {
        return;
    }
    child->is_input_closed = true;
    uv_shutdown_t *request = malloc(sizeof *request);
    if (request == NULL || uv_shutdown(request, (uv_stream_t *)&child->input, on_shut) != 0) {
        free(request);
        close_handle((uv_handle_t *)&child->input);
    }
}

void
child_stop(struct child *child)
{
    child->end.was_stopped = true;
    terminate(child);
}

void
child_kill(struct child *child)
{
    if (child->state >= CHILD_KILLED) {
        return;
    }
    child->end.was_stopped = true;
    child->state = CHILD_KILLED;
    (void)uv_timer_stop(&child->timer);
    (void)pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0);
}

int
child_pid(const struct child *child)
{
    return child->pid;
}

/* --- beginning ------------------------------------------------------------------------------- */

/* Nothing of ours: no secrets, no sockets of systemd, no settings of libpq. */
static char *clean_environment[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                    (char *)"LANG=C.UTF-8", (char *)"HOME=/nonexistent", NULL};

#define ARGS_MAX 8

/* A session of its own: the kernel shares the processors out by session first (autogroup), and a
 * worker that reads a large file would use up the share of the loop. */
static int
launch(struct child *child, const int stdio[3])
{
    char *args[ARGS_MAX + 2] = {(char *)(uintptr_t)child->params.program};
    for (size_t at = 0; at < ARGS_MAX && child->params.args[at] != NULL; at++) {
        args[at + 1] = (char *)(uintptr_t)child->params.args[at];
    }
    int failed = launch_program(child->params.program, args, clean_environment, stdio, &child->pid,
                                &child->pidfd);
    if (failed != 0) {
        return uv_translate_sys_error(failed);
    }
    failed = uv_poll_init(child->params.loop, &child->exit, child->pidfd);
    if (failed != 0) {
        (void)pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0);
        (void)waitid(P_PIDFD, (id_t)child->pidfd, NULL, WEXITED);
        (void)close(child->pidfd);
    }
    return failed;
}

/* Returns 0, or libuv's negative number; the handles are the caller's to close, opened or not. */
static int
spawn(struct child *child)
{
    uv_pipe_t *const pipes[3] = {&child->input, &child->output, &child->words};
    int theirs[3] = {-1, -1, -1};
    int failed = 0;
    for (size_t at = 0; at < 3 && failed == 0; at++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
            failed = uv_translate_sys_error(errno);
            break;
        }
        theirs[at] = pair[1];
        failed = uv_pipe_open(pipes[at], pair[0]);
        if (failed != 0) {
            (void)close(pair[0]);
        }
    }
    failed = failed != 0 ? failed : launch(child, theirs);
    for (size_t at = 0; at < 3; at++) {
        if (theirs[at] >= 0) {
            (void)close(theirs[at]);
        }
    }
    return failed;
}

static void
on_failed_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;
    if (--child->handles_open == 0) {
        free(child);
    }
}

int
child_start(const struct child_params *params, struct child **ret_child, struct error *reterr)
{
    struct child *child = calloc(1, sizeof *child);
    if (child == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for a child process");
    }
    child->params = *params;
    uv_handle_t *const handles[] = {(uv_handle_t *)&child->input, (uv_handle_t *)&child->output,
                                    (uv_handle_t *)&child->words, (uv_handle_t *)&child->timer};
    (void)uv_timer_init(params->loop, &child->timer);
    (void)uv_pipe_init(params->loop, &child->input, 0);
    (void)uv_pipe_init(params->loop, &child->output, 0);
    (void)uv_pipe_init(params->loop, &child->words, 0);
    for (size_t at = 0; at < sizeof handles / sizeof handles[0]; at++) {
        handles[at]->data = child;
    }
    child->handles_open = sizeof handles / sizeof handles[0];
    int status = spawn(child);
    if (status != 0) {
        for (size_t at = 0; at < sizeof handles / sizeof handles[0]; at++) {
            uv_close(handles[at], on_failed_closed);
        }
        return error_set(reterr, CAUSE_CHILD_DIED, "%s: %s", params->program, uv_strerror(status));
    }
    child->handles_open++;
    child->exit.data = child;
    (void)uv_poll_start(&child->exit, UV_READABLE, on_exited);
    frame_init(&child->messages, LIMIT_JSON_LINE_BYTES);
    frame_init(&child->stderr_lines, LIMIT_JSON_LINE_BYTES);
    child->pipes_open = 2;
    (void)uv_read_start((uv_stream_t *)&child->output, on_alloc, on_read);
    (void)uv_read_start((uv_stream_t *)&child->words, on_alloc, on_read);
    if (params->deadline_s > 0) {
        (void)uv_timer_start(&child->timer, on_timer, (uint64_t)(params->deadline_s * 1000.0), 0);
    }
    *ret_child = child;
    return 0;
}
