/*
 * The verbs, one line each in verbs.c. A verb is a function that prints its answer and returns
 * the exit code.
 */
#ifndef ROSTERCTL_VERBS_H
#define ROSTERCTL_VERBS_H

#include "ctl.h"

/* What a verb's first word names; for the usage line and for completion. */
enum verb_word {
    WORD_NONE,
    WORD_DISTRICT,
    WORD_DISTRICT_OR_RUN,
    WORD_RUN,
    WORD_CODE,
    WORD_VERB,
    WORD_FILE
};

struct verb {
    const char *name;
    const char *synopsis;
    const char *summary;
    enum verb_word word;
    int words_min;
    int words_max;
    unsigned options; /* option_bits it takes */
    enum ctl_exit (*run)(const struct ctl *ctl);
};

/* The verbs in the order of the help, up to one without a name. */
extern const struct verb verbs[];

/* The verb of a name, or NULL. */
const struct verb *verb_find(const char *name);

/* The verb that was probably meant, or NULL. */
const struct verb *verb_closest(const char *name);

enum ctl_exit verb_status(const struct ctl *ctl);
enum ctl_exit verb_districts(const struct ctl *ctl);
enum ctl_exit verb_district(const struct ctl *ctl);
enum ctl_exit verb_runs(const struct ctl *ctl);
enum ctl_exit verb_run(const struct ctl *ctl);
enum ctl_exit verb_findings(const struct ctl *ctl);
enum ctl_exit verb_sync(const struct ctl *ctl);
enum ctl_exit verb_pause(const struct ctl *ctl);
enum ctl_exit verb_resume(const struct ctl *ctl);
enum ctl_exit verb_holds(const struct ctl *ctl);
enum ctl_exit verb_plan(const struct ctl *ctl);
enum ctl_exit verb_approve(const struct ctl *ctl);
enum ctl_exit verb_refuse(const struct ctl *ctl);
enum ctl_exit verb_hostkey(const struct ctl *ctl);
enum ctl_exit verb_check(const struct ctl *ctl);
enum ctl_exit verb_explain(const struct ctl *ctl);
enum ctl_exit verb_undo(const struct ctl *ctl);
enum ctl_exit verb_watch(const struct ctl *ctl);
enum ctl_exit verb_validate(const struct ctl *ctl);
enum ctl_exit verb_health(const struct ctl *ctl);
enum ctl_exit verb_metrics(const struct ctl *ctl);
enum ctl_exit verb_version(const struct ctl *ctl);
enum ctl_exit verb_help(const struct ctl *ctl);
enum ctl_exit verb_complete(const struct ctl *ctl);

#endif
