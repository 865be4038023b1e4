/*
 * rosterd: looks after the districts. It schedules, starts programs, asks the database and answers
 * people; it never reads a byte of a district's files and holds no key.
 *
 * What happens to a district, in the order of the files:
 *
 *   lease.c      which districts are this daemon's, and for how long
 *   districts.c  reads them, keeps what is shown of them
 *   schedule.c   when is something due (pure)
 *   district.c   one district: polls its drop, runs what it finds, settles the file
 *   fetcher.c    jobs for the rosterd-fetch processes ……… daemon/fetch
 *   spool.c      the zips on this machine
 *   run.c        one run: stage, plan, apply, commit, end
 *   worker.c     how many runs at once, each with its connection
 *   stager.c     one rosterd-stage process for one zip ………… daemon/stage
 *
 * What that stands on:
 *
 *   db.c         a connection to PostgreSQL on the loop
 *   child.c      a program of ours as a process; frame.c cuts its lines
 *   snapshot.c   what others may see; ask.c, answers.c what they may ask
 *   http_*.c     the two sockets, in threads of their own
 *   pulse.c      how late the loop is
 *   config.c, options.c, log.c, notify.c, clock.c, place.c
 *   migrate.c    --migrate
 *
 * service.c ties it together, starts and stops it. main() below chooses.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "migrate.h"
#include "options.h"
#include "paths.h"
#include "service.h"

/* What to do when the schema could not be changed; runs and their detail are not there yet. */
static const char *
migrate_act(enum cause cause)
{
    return cause == CAUSE_DB_QUERY || cause == CAUSE_DB_UNAVAILABLE
               ? "Look at database.migrate_conninfo (without it, conninfo is used): it needs a "
                 "superuser the first time, later a member of rosterd_owner."
               : cause_act(cause);
}

static int
migrate(const struct config *config)
{
    struct error error;
    if (migrate_run(config, &error) == 0) {
        LOG(LEVEL_INFO, "the schema is up to date");
        return EXIT_DONE;
    }
    LOG(LEVEL_ERROR, "the schema was not changed", F_TEXT("cause", cause_word(error.cause)),
        F_TEXT("error", error.text), F_TEXT("do", migrate_act(error.cause)));
    return error.cause == CAUSE_DB_SCHEMA || error.cause == CAUSE_CONFIG_INVALID ? EXIT_CONFIG
                                                                                 : EXIT_FAILED;
}

/* What the process is like before anything is opened. */
static void
prepare_process(void)
{
    const struct rlimit no_core = {0, 0};
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, as one may inherit it, it hides how children end */
    (void)umask(0077);
    (void)setrlimit(RLIMIT_CORE, &no_core); /* memory holds paths, hosts and file names */
}

static int
act(const struct options *options, struct config *config)
{
    switch (options->action) {
    case OPTIONS_CHECK_CONFIG:
        (void)printf("%s: ok\n", options->config);
        return EXIT_DONE;
    case OPTIONS_MIGRATE:
        return migrate(config);
    default:
        return service_run(config, options->config);
    }
}

int
main(int argc, char **argv)
{
    struct options options;
    struct config config;
    struct error error;
    if (options_parse(argc, argv, &options) != 0) {
        return EXIT_USAGE;
    }
    if (options.action == OPTIONS_HELP) {
        options_help();
        return EXIT_DONE;
    }
    if (options.action == OPTIONS_VERSION) {
        (void)printf("rosterd %s\n", ROSTERD_VERSION);
        return EXIT_DONE;
    }
    prepare_process();
    if (config_load(options.config, &config, &error) != 0) {
        (void)fprintf(stderr, "rosterd: %s\n", error.text);
        return EXIT_CONFIG;
    }
    log_init(config.log.level);
    int exit_code = act(&options, &config);
    config_deinit(&config);
    log_deinit();
    return exit_code;
}
