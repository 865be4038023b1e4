/* Makes the parts, ties them together, starts them, stops them. Nobody includes this but main.c. */
#ifndef ROSTERD_SERVICE_H
#define ROSTERD_SERVICE_H

#include "config.h"

/* Exit codes, a contract of rosterd(8). */
enum service_exit {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 64,
    EXIT_INTERNAL = 70,
    EXIT_RIGHTS = 77,
    EXIT_CONFIG = 78
};

/*
 * Runs until a signal ends it.
 *
 * @param config  reloaded from `config_path` on SIGHUP
 * @return an exit code
 */
int service_run(struct config *config, const char *config_path);

#endif
