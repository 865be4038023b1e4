#include "options.h"

#include <getopt.h>
#include <stdio.h>

#include "paths.h"

int
options_parse(int argc, char **argv, struct options *ret_options)
{
    enum { CONFIG = 'c', VERSION = 'V', HELP = 'h', CHECK_CONFIG = 256, MIGRATE };
    static const struct option longs[] = {
        {"config", required_argument, NULL, CONFIG},
        {"check-config", no_argument, NULL, CHECK_CONFIG},
        {"migrate", no_argument, NULL, MIGRATE},
        {"version", no_argument, NULL, VERSION},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.action = OPTIONS_RUN, .config = ROSTERD_CONFIG_PATH};
    int choice;
    while ((choice = getopt_long(argc, argv, "c:Vh", longs, NULL)) != -1) {
        switch (choice) {
        case CONFIG:
            options.config = optarg;
            break;
        case CHECK_CONFIG:
            options.action = OPTIONS_CHECK_CONFIG;
            break;
        case MIGRATE:
            options.action = OPTIONS_MIGRATE;
            break;
        case VERSION:
            options.action = OPTIONS_VERSION;
            break;
        case HELP:
            options.action = OPTIONS_HELP;
            break;
        default: /* getopt_long has said what is wrong */
            (void)fprintf(stderr, "Try: rosterd --help\n");
            return -1;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "rosterd: unexpected argument '%s'\nTry: rosterd --help\n",
                      argv[optind]);
        return -1;
    }
    *ret_options = options;
    return 0;
}

void
options_help(void)
{
    (void)printf("Usage: rosterd [--config FILE] [--check-config | --migrate]\n"
                 "\n"
                 "Keeps the directory in PostgreSQL in step with what school districts put into "
                 "their SFTP drops.\n"
                 "\n"
                 "  -c, --config FILE   configuration (%s)\n"
                 "      --check-config  read the configuration, say what is wrong with it, end\n"
                 "      --migrate       bring the schema of the database up to date, end\n"
                 "  -V, --version       print the version\n"
                 "  -h, --help          print this\n"
                 "\n"
                 "Exit status: 0 done or stopped as asked, 1 failed, 64 command line, 70 internal "
                 "error,\n"
                 "77 missing right, 78 configuration or schema.\n",
                 ROSTERD_CONFIG_PATH);
}
