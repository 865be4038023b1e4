/*
 * rosterd-fetch: looks into districts' SFTP drops and brings what is ready into the spool. Holds
 * keys and talks to strangers; has no database and never looks into a file. Started by rosterd,
 * which writes jobs to its standard input and reads events from its standard output, a JSON object
 * a line each; ends when the input ends and the jobs are done.
 *
 * The way of a job:
 *   inbox.c            a line from standard input
 *   job.c              what it asks for
 *   desk.c             up to 64 sessions at once, the rest waits
 *   session.c          one job as a machine of states, its deadlines, its end
 *     steps_sign_in.c  names.c and dial.c (name → socket), remote.c (SSH: handshake, host key,
 *                      sign-in), hints.c, credentials.c
 *     steps_poll.c     talk.c (SFTP conversation), listing.c, lib/settle (choice),
 *                      transfer.c (reads in flight), spool.c (hash, fsync, name)
 *     steps_settle.c   move or remove what was applied
 *     watch.c          a socket on the loop
 *   events.c           a line on standard output
 *   bounds.h           every limit
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "bounds.h"
#include "desk.h"
#include "events.h"
#include "hints.h"
#include "inbox.h"
#include "names.h"

/* Resolving may use half of the pool's threads, and a slow resolver must not hold up the rest. */
#define POOL_THREADS "16"

enum exit_code { EXIT_DONE = 0, EXIT_BROKEN = 1, EXIT_USAGE = 2, EXIT_LEFTOVER = 70 };

struct program {
    uv_loop_t loop;
    uv_signal_t terminate;
    uv_signal_t interrupt;
    struct session_shared shared;
    struct inbox *inbox; /* NULL: ended */
    struct desk *desk;
    bool stopping; /* everything is being broken off */
    bool closing;  /* nothing is left to do */
    int code;
};

static void
close_if_done(struct program *program)
{
    if (program->closing || program->inbox != NULL || !desk_is_idle(program->desk)) {
        return;
    }
    program->closing = true;
    events_close(program->shared.events);
    uv_close((uv_handle_t *)&program->terminate, NULL);
    uv_close((uv_handle_t *)&program->interrupt, NULL);
}

static void
end_input(struct program *program)
{
    inbox_close(program->inbox);
    program->inbox = NULL;
}

static void
on_idle(void *context)
{
    close_if_done(context);
}

static void
stop(struct program *program)
{
    program->stopping = true;
    end_input(program);
    desk_cancel_all(program->desk);
    close_if_done(program);
}

static void
on_broken(void *context)
{
    struct program *program = context;
    program->code = EXIT_BROKEN;
    stop(program);
}

static void
on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    struct program *program = handle->data;
    if (program->stopping) {
        _exit(EXIT_BROKEN); /* asked twice */
    }
    stop(program);
}

static void
on_line(void *context, const char *line, size_t length)
{
    struct program *program = context;
    struct error error;
    if (desk_take(program->desk, line, length, &error) != 0) {
        (void)fprintf(stderr, "rosterd-fetch: %s\n", error.text);
        program->code = EXIT_BROKEN;
        stop(program);
    }
}

static void
on_end(void *context, bool broken)
{
    struct program *program = context;
    if (broken) {
        (void)fprintf(stderr, "rosterd-fetch: a job longer than %d bytes\n", BOUNDS_JOB_LINE);
        program->code = EXIT_BROKEN;
        stop(program);
        return;
    }
    end_input(program);
    close_if_done(program);
}

static int
start(struct program *program, const char *credentials_folder)
{
    struct session_shared *shared = &program->shared;
    const struct inbox_calls calls = {.on_line = on_line, .on_end = on_end, .context = program};
    if (uv_loop_init(&program->loop) != 0) {
        return -1;
    }
    shared->loop = &program->loop;
    shared->credentials_folder = credentials_folder;
    shared->scratch = malloc(BOUNDS_WINDOW);
    shared->hints = hints_new();
    shared->names = names_new();
    program->desk = desk_new(shared, on_idle, program);
    if (shared->scratch == NULL || shared->hints == NULL || shared->names == NULL ||
        program->desk == NULL) {
        return -1;
    }
    shared->events = events_new(&program->loop, STDOUT_FILENO, on_broken, program);
    program->inbox = inbox_new(&program->loop, STDIN_FILENO, &calls);
    if (shared->events == NULL || program->inbox == NULL) {
        return -1;
    }
    (void)uv_signal_init(&program->loop, &program->terminate);
    (void)uv_signal_init(&program->loop, &program->interrupt);
    program->terminate.data = program->interrupt.data = program;
    return uv_signal_start(&program->terminate, on_signal, SIGTERM) == 0 &&
                   uv_signal_start(&program->interrupt, on_signal, SIGINT) == 0
               ? 0
               : -1;
}

/* Every handle must be gone by itself now; one that is not is a leak, and said aloud. */
static int
finish(struct program *program)
{
    desk_free(program->desk);
    hints_free(program->shared.hints);
    names_free(program->shared.names);
    free(program->shared.scratch);
    if (uv_loop_close(&program->loop) != 0) {
        (void)fprintf(stderr, "rosterd-fetch: handles are left at the end\n");
        return EXIT_LEFTOVER;
    }
    return program->code;
}

int
main(int argc, char **argv)
{
    struct program program = {.code = EXIT_DONE};
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)puts("rosterd-fetch " ROSTERD_VERSION);
        return EXIT_DONE;
    }
    if (argc != 3 || strcmp(argv[1], "--credentials") != 0) {
        (void)fprintf(stderr, "usage: rosterd-fetch --credentials FOLDER   (started by rosterd; "
                              "jobs on standard input, a pipe)\n");
        return EXIT_USAGE;
    }
    /* Keys pass through this memory: it is never written to a core file. */
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)umask(S_IRWXG | S_IRWXO);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setenv("UV_THREADPOOL_SIZE", POOL_THREADS, 1);
    if (start(&program, argv[2]) != 0) {
        (void)fprintf(stderr, "rosterd-fetch: cannot start: standard input and output must be "
                              "pipes\n");
        return EXIT_BROKEN;
    }
    (void)uv_run(&program.loop, UV_RUN_DEFAULT);
    return finish(&program);
}
