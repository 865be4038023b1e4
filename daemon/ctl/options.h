/*
 * The command line: a verb, its words, and options anywhere between them.
 */
#ifndef ROSTERCTL_OPTIONS_H
#define ROSTERCTL_OPTIONS_H

#include "paint.h"

#include <stdbool.h>

/* Options that belong to some verbs only. The global ones have no bit. */
enum option_bit {
    OPTION_STATE = 1 << 0,
    OPTION_LIMIT = 1 << 1,
    OPTION_NEEDS = 1 << 2,
    OPTION_WAIT = 1 << 3,
    OPTION_UNTIL = 1 << 4,
    OPTION_REASON = 1 << 5,
    OPTION_ACCEPT = 1 << 6,
    OPTION_NO_NETWORK = 1 << 7,
    OPTION_CONFIG = 1 << 8,
    OPTION_LINE = 1 << 9,
    OPTION_DISTRICTS = 1 << 10,
    OPTION_SINCE = 1 << 11,
    OPTION_CSV = 1 << 12,
    OPTION_STRICT = 1 << 13,
    OPTION_ADDITIONS = 1 << 14,
    OPTION_MAPPING = 1 << 15,
    OPTION_PREVIEW = 1 << 16,
};

#define OPTIONS_WORDS_MAX 2
#define OPTIONS_LIMIT_MAX 10000

struct options {
    const char *verb; /* NULL: none given */
    const char *words[OPTIONS_WORDS_MAX];
    int words_count;
    unsigned given; /* option_bits that were on the line */

    const char *status_socket;
    const char *control_socket;
    const char *config;
    const char *state;
    const char *until;
    const char *reason;
    const char *accept;
    const char *since;
    int limit; /* rows, 1 to OPTIONS_LIMIT_MAX; 0: not given */
    int timeout_ms;
    bool is_json;
    bool wants_help;
    bool wants_version;
    enum paint_choice color;
};

/*
 * Parses argv. Text points into argv.
 *
 * @return 0, or -1 after a sentence on stderr
 */
int options_parse(int argc, char **argv, struct options *ret_options);

/* The long name of the first option in `bits`, such as "--state". */
const char *option_name(unsigned bits);

#endif
