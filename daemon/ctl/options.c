#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values of getopt_long for options without a bit; those with one are FIRST_BIT + its number. */
enum { FLAG_JSON = 256, FLAG_SOCKET, FLAG_CONTROL, FLAG_COLOR, FLAG_TIMEOUT, FLAG_VERSION };
enum { FIRST_BIT = 512 };

static const struct option long_options[] = {
    {"json", no_argument, NULL, FLAG_JSON},
    {"socket", required_argument, NULL, FLAG_SOCKET},
    {"control", required_argument, NULL, FLAG_CONTROL},
    {"color", required_argument, NULL, FLAG_COLOR},
    {"colour", required_argument, NULL, FLAG_COLOR},
    {"timeout", required_argument, NULL, FLAG_TIMEOUT},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, FLAG_VERSION},
    {"state", required_argument, NULL, FIRST_BIT + 0},
    {"limit", required_argument, NULL, FIRST_BIT + 1},
    {"needs", no_argument, NULL, FIRST_BIT + 2},
    {"wait", no_argument, NULL, FIRST_BIT + 3},
    {"until", required_argument, NULL, FIRST_BIT + 4},
    {"reason", required_argument, NULL, FIRST_BIT + 5},
    {"accept", required_argument, NULL, FIRST_BIT + 6},
    {"no-network", no_argument, NULL, FIRST_BIT + 7},
    {"config", required_argument, NULL, FIRST_BIT + 8},
    {"line", no_argument, NULL, FIRST_BIT + 9},
    {"districts", no_argument, NULL, FIRST_BIT + 10},
    {"since", required_argument, NULL, FIRST_BIT + 11},
    {"csv", no_argument, NULL, FIRST_BIT + 12},
    {"strict", no_argument, NULL, FIRST_BIT + 13},
    {"additions", no_argument, NULL, FIRST_BIT + 14},
    {"mapping", no_argument, NULL, FIRST_BIT + 15},
    {"preview", no_argument, NULL, FIRST_BIT + 16},
    {NULL, 0, NULL, 0},
};

const char *
option_name(unsigned bits)
{
    static char name[40];
    for (const struct option *option = long_options; option->name != NULL; option++) {
        if (option->val >= FIRST_BIT && (bits >> (option->val - FIRST_BIT) & 1) != 0) {
            (void)snprintf(name, sizeof name, "--%s", option->name);
            return name;
        }
    }
    return "";
}

static int
complain(const char *format, const char *text)
{
    fputs("rosterctl: ", stderr);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    fprintf(stderr, format, text);
#pragma GCC diagnostic pop
    fputs("\n", stderr);
    return -1;
}

static int
read_color(const char *text, struct options *options)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (int choice = 0; choice < 3; choice++) {
        if (strcmp(words[choice], text) == 0) {
            options->color = (enum paint_choice)choice;
            return 0;
        }
    }
    return complain("--color is auto, always or never, not \"%s\"", text);
}

static int
read_timeout(const char *text, struct options *options)
{
    char *end = NULL;
    double seconds = strtod(text, &end);
    if (*end != '\0' || end == text || !(seconds >= 0.01) || seconds > 1e6) {
        return complain("--timeout is a number of seconds, not \"%s\"", text);
    }
    options->timeout_ms = (int)lround(seconds * 1000);
    return 0;
}

static int
read_limit(const char *text, struct options *options)
{
    char *end = NULL;
    long limit = strtol(text, &end, 10);
    if (*end != '\0' || end == text || limit < 1 || limit > OPTIONS_LIMIT_MAX) {
        return complain("--limit is a number from 1 to 10000, not \"%s\"", text);
    }
    options->limit = (int)limit;
    return 0;
}

/* Takes one option that only some verbs have. */
static int
take_verb_option(enum option_bit bit, const char *value, struct options *options)
{
    options->given |= bit;
    switch (bit) {
    case OPTION_STATE:
        options->state = value;
        return 0;
    case OPTION_LIMIT:
        return read_limit(value, options);
    case OPTION_UNTIL:
        options->until = value;
        return 0;
    case OPTION_REASON:
        options->reason = value;
        return 0;
    case OPTION_ACCEPT:
        options->accept = value;
        return 0;
    case OPTION_CONFIG:
        options->config = value;
        return 0;
    case OPTION_SINCE:
        options->since = value;
        return 0;
    case OPTION_NEEDS:
    case OPTION_WAIT:
    case OPTION_NO_NETWORK:
    case OPTION_LINE:
    case OPTION_DISTRICTS:
    case OPTION_CSV:
    case OPTION_STRICT:
    case OPTION_ADDITIONS:
    case OPTION_MAPPING:
    case OPTION_PREVIEW:
        return 0;
    }
    return -1;
}

static int
take_option(int flag, const char *value, struct options *options)
{
    if (flag >= FIRST_BIT) {
        return take_verb_option((enum option_bit)(1 << (flag - FIRST_BIT)), value, options);
    }
    switch (flag) {
    case FLAG_JSON:
        options->is_json = true;
        return 0;
    case FLAG_SOCKET:
        options->status_socket = value;
        return 0;
    case FLAG_CONTROL:
        options->control_socket = value;
        return 0;
    case FLAG_COLOR:
        return read_color(value, options);
    case FLAG_TIMEOUT:
        return read_timeout(value, options);
    case 'h':
        options->wants_help = true;
        return 0;
    case FLAG_VERSION:
        options->wants_version = true;
        return 0;
    default: /* getopt_long has said what is wrong */
        return -1;
    }
}

int
options_parse(int argc, char **argv, struct options *ret_options)
{
    const char *status_socket = getenv("ROSTERCTL_SOCKET");
    const char *control_socket = getenv("ROSTERCTL_CONTROL");
    *ret_options = (struct options){
        .status_socket = status_socket != NULL ? status_socket : "/run/rosterd/status.sock",
        .control_socket = control_socket != NULL ? control_socket : "/run/rosterd/control.sock",
        .config = "/etc/rosterd/rosterd.json",
        .timeout_ms = 0,
    };
    int flag = 0;
    static char name[] = "rosterctl";
    if (argc > 0) {
        argv[0] = name; /* getopt_long begins its complaints with it */
    }
    while ((flag = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (take_option(flag, optarg, ret_options) != 0) {
            return -1;
        }
    }
    if (optind < argc) {
        ret_options->verb = argv[optind++];
    }
    for (; optind < argc; optind++) {
        if (ret_options->words_count == OPTIONS_WORDS_MAX) {
            return complain("too many words, from \"%s\" on", argv[optind]);
        }
        ret_options->words[ret_options->words_count++] = argv[optind];
    }
    return 0;
}
