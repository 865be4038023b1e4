/*
 * Writes what is made of causes.def: the journal's catalog, or the manual page rosterd-errors(7) as
 * scdoc. A tool of the build; not installed.
 */
#include "error.h"
#include "message_id.h"

#include <stdio.h>
#include <string.h>

/* Who acts, as a sentence. */
static const char *
who(enum cause cause)
{
    switch (cause_owner(cause)) {
    case OWNER_DISTRICT:
        return "the district";
    case OWNER_OPS:
        return "operations";
    case OWNER_CSM:
        return "the district's customer-success manager";
    case OWNER_NOBODY:
    case OWNER_COUNT:
        break;
    }
    return "nobody: it mends itself";
}

static void
write_catalog(void)
{
    for (int number = CAUSE_NONE + 1; number < CAUSE_COUNT; number++) {
        enum cause cause = (enum cause)number;
        char id[MESSAGE_ID_SIZE];
        message_id_of(cause, id);
        printf("%s-- %s\nSubject: %s (%s)\nDefined-By: rosterd\n"
               "Documentation: man:rosterd-errors(7)\n\n",
               number > CAUSE_NONE + 1 ? "\n" : "", id, cause_what(cause), cause_word(cause));
        printf("District: @ROSTER_DISTRICT@, run: @ROSTER_RUN@.\nWho acts: %s.\nDo: %s\n",
               who(cause), cause_act(cause));
    }
}

/* scdoc takes * and _ for marks. */
static void
put_scdoc(const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("*_\\", *text) != NULL) {
            putchar('\\');
        }
        putchar(*text);
    }
}

static void
write_manual(void)
{
    char class[32] = "";
    puts("rosterd-errors(7)\n\n# NAME\n\nrosterd-errors - every cause rosterd can name, who acts, "
         "and what they do\n\n# DESCRIPTION\n\n"
         "A run or a look that did not end well has a cause. The same word stands in\n"
         "*rosterctl*(1), in _rosterd.run.reason_, in the journal (_ROSTER\\_CAUSE_) and, by the\n"
         "part before the dot, in the metrics. *rosterctl explain* WORD prints an entry of this\n"
         "page.\n");
    for (int number = CAUSE_NONE + 1; number < CAUSE_COUNT; number++) {
        enum cause cause = (enum cause)number;
        const char *word = cause_word(cause);
        size_t length = strcspn(word, ".");
        if (strlen(class) != length || strncmp(class, word, length) != 0) {
            (void)snprintf(class, sizeof class, "%.*s", (int)length, word);
            printf("# %s\n\n", class);
        }
        printf("*");
        put_scdoc(word);
        printf("*\n\t");
        put_scdoc(cause_what(cause));
        printf("\n\n\tWho acts: %s.\n\n\t", who(cause));
        put_scdoc(cause_act(cause));
        printf("\n\n");
    }
    puts("# SEE ALSO\n\n*rosterctl*(1), *rosterd*(8)");
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "catalog") == 0) {
        write_catalog();
    } else if (argc == 2 && strcmp(argv[1], "manual") == 0) {
        write_manual();
    } else {
        fprintf(stderr, "usage: causes_text catalog|manual\n");
        return 2;
    }
    return fflush(stdout) != 0;
}
