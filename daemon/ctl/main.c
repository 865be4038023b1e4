/*
 * rosterctl, the operator's tool. It asks rosterd over two local sockets and shows the answers; it
 * holds no state, no secrets and no connection to the database.
 *
 *   options   the command line: a verb, its words, options
 *   verbs     the table of verbs; each is a function verb_… in one of the verb_ files
 *   client    one HTTP request over a Unix socket
 *   answer    a question and its JSON; what went wrong, told once; the exit code
 *   show      parts of answers that several verbs show
 *   table, words, paint  columns, words and numbers for people, colour
 *   systemctl what systemd knows when the daemon cannot be asked
 */
#include "ctl.h"
#include "options.h"
#include "verbs.h"
#include "words.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* Whether the verb takes the words and options that were given; says so if not. */
static bool
fits(const struct verb *verb, const struct options *options)
{
    unsigned extra = options->given & ~verb->options;
    if (extra != 0) {
        fprintf(stderr, "rosterctl: %s does not take %s\n", verb->name, option_name(extra));
    } else if (options->words_count < verb->words_min) {
        fprintf(stderr, "rosterctl: %s needs a word more\n", verb->name);
    } else if (options->words_count > verb->words_max) {
        fprintf(stderr, "rosterctl: %s takes fewer words\n", verb->name);
    } else {
        return true;
    }
    fprintf(stderr, "usage: rosterctl %s %s\n", verb->name,
            verb->synopsis == NULL ? "WHAT" : verb->synopsis);
    return false;
}

int
main(int argc, char **argv)
{
    struct options options;
    /* Widths of letters, whatever the environment says; numbers and dates stay as they are. */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    (void)signal(SIGPIPE, SIG_DFL);
    if (options_parse(argc, argv, &options) != 0) {
        fprintf(stderr, "rosterctl help shows the verbs\n");
        return CTL_USAGE;
    }
    struct ctl ctl = {
        .options = &options, .painter = painter_choose(options.color), .now = when_now()};
    if (options.wants_version) {
        printf("rosterctl %s\n", ROSTERD_VERSION);
        return CTL_DONE;
    }
    const char *name = options.verb == NULL ? "status" : options.verb;
    if (options.wants_help) {
        options.words_count = options.verb == NULL ? 0 : 1;
        options.words[0] = name;
        return (int)verb_help(&ctl);
    }
    const struct verb *verb = verb_find(name);
    if (verb == NULL) {
        options.words_count = 1;
        options.words[0] = name;
        return (int)verb_help(&ctl); /* says what was probably meant */
    }
    if (!fits(verb, &options)) {
        return CTL_USAGE;
    }
    enum ctl_exit code = verb->run(&ctl);
    return fflush(stdout) != 0 && code == CTL_DONE ? CTL_REFUSED : (int)code;
}
