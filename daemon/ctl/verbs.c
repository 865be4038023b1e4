#include "verbs.h"

#include "spelling.h"

#include <string.h>

const struct verb verbs[] = {
    {"status", "", "everything on one screen; what needs somebody first", WORD_NONE, 0, 0, 0,
     verb_status},
    {"districts", "[--needs] [--state WORD]", "one line a district", WORD_NONE, 0, 0,
     OPTION_STATE | OPTION_NEEDS, verb_districts},
    {"district", "NAME", "all about one district, with its next step", WORD_DISTRICT, 1, 1, 0,
     verb_district},
    {"runs", "[NAME] [--state WORD] [--since TIME] [--limit N]", "what was done, newest first",
     WORD_DISTRICT, 0, 1, OPTION_STATE | OPTION_LIMIT | OPTION_SINCE, verb_runs},
    {"run", "ID", "one run: its file, its counts, how it ended", WORD_RUN, 1, 1, 0, verb_run},
    {"findings", "NAME|ID [--limit N]", "what was wrong in a file: file, line, column, rule",
     WORD_DISTRICT_OR_RUN, 1, 1, OPTION_LIMIT, verb_findings},
    {"holds", "", "runs that wait for a decision", WORD_NONE, 0, 0, 0, verb_holds},
    {"plan", "RUN", "what a held or previewed run would do, in people", WORD_RUN, 1, 1, 0,
     verb_plan},
    {"explain", "NAME|ID|CODE, or NAME SOURCEDID",
     "what happened, why, who acts, what to type; or why a person is shown as they are", WORD_CODE,
     1, 2, 0, verb_explain},
    {"watch", "[NAME] [--line]", "the same screen, kept up to date", WORD_DISTRICT, 0, 1,
     OPTION_LINE, verb_watch},
    {"sync", "NAME [--wait]", "look at the district's drop now", WORD_DISTRICT, 1, 1, OPTION_WAIT,
     verb_sync},
    {"pause", "NAME --until TIME --reason TEXT", "nothing is synced until then", WORD_DISTRICT, 1,
     1, OPTION_UNTIL | OPTION_REASON, verb_pause},
    {"resume", "NAME", "end a pause", WORD_DISTRICT, 1, 1, 0, verb_resume},
    {"approve", "RUN --reason TEXT [--additions|--mapping]", "carry a held run out", WORD_RUN, 1, 1,
     OPTION_REASON | OPTION_ADDITIONS | OPTION_MAPPING, verb_approve},
    {"refuse", "RUN --reason TEXT", "turn a held run down", WORD_RUN, 1, 1, OPTION_REASON,
     verb_refuse},
    {"undo", "ID [--preview]", "put back what a run of the last 14 days removed or changed",
     WORD_RUN, 1, 1, OPTION_PREVIEW, verb_undo},
    {"hostkey", "NAME [--accept SHA256:…]", "host keys pinned and offered; pin one", WORD_DISTRICT,
     1, 1, OPTION_ACCEPT, verb_hostkey},
    {"check", "[NAME] [--no-network] [--config FILE]", "prove the parts one by one", WORD_DISTRICT,
     0, 1, OPTION_NO_NETWORK | OPTION_CONFIG, verb_check},
    {"validate", "FILE.zip|DIR [--strict] [--csv] [--limit N]",
     "what a sync would find in a package; no daemon", WORD_FILE, 1, 1,
     OPTION_STRICT | OPTION_CSV | OPTION_LIMIT, verb_validate},
    {"health", "[NAME]", "one line and an exit code for monitoring (Nagios)", WORD_DISTRICT, 0, 1,
     0, verb_health},
    {"metrics", "[--districts]", "Prometheus text", WORD_NONE, 0, 0, OPTION_DISTRICTS,
     verb_metrics},
    {"version", "", "of this program and of the daemon", WORD_NONE, 0, 0, 0, verb_version},
    {"help", "[VERB]", "this list, or one verb", WORD_VERB, 0, 1, 0, verb_help},
    /* For the shell's completion only; not in the help. */
    {"__complete", NULL, NULL, WORD_NONE, 1, 1, 0, verb_complete},
    {NULL, NULL, NULL, WORD_NONE, 0, 0, 0, NULL},
};

const struct verb *
verb_find(const char *name)
{
    const struct verb *verb = verbs;
    while (verb->name != NULL && strcmp(verb->name, name) != 0) {
        verb++;
    }
    return verb->name == NULL ? NULL : verb;
}

const struct verb *
verb_closest(const char *name)
{
    const struct verb *closest = NULL;
    size_t least = 3;
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        size_t edits = spelling_distance(name, strlen(name), verb->name, strlen(verb->name));
        if (verb->summary != NULL && edits < least) {
            least = edits;
            closest = verb;
        }
    }
    return closest;
}
