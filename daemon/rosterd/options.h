/* The command line of rosterd. */
#ifndef ROSTERD_OPTIONS_H
#define ROSTERD_OPTIONS_H

enum options_action {
    OPTIONS_RUN,
    OPTIONS_CHECK_CONFIG,
    OPTIONS_MIGRATE,
    OPTIONS_VERSION,
    OPTIONS_HELP,
    OPTIONS_ACTION_COUNT
};

struct options {
    enum options_action action;
    const char *config; /* path */
};

/*
 * Reads the command line. Strings point into argv.
 *
 * @return 0, or -1 after a sentence on stderr
 */
int options_parse(int argc, char **argv, struct options *ret_options);

/* Prints the usage on stdout. */
void options_help(void);

#endif
