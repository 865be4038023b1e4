/* For run.c (the machine) and run_steps.c (its steps). */
#ifndef ROSTERD_RUN_PRIVATE_H
#define ROSTERD_RUN_PRIVATE_H

#include "run.h"
#include "spool.h"
#include "stager.h"

/* For verbs that are short. */
#define RUN_CALL_TIMEOUT_S 60.0
#define RUN_LEASE_WAIT_S 0.25
/* Tries in one run, of each kind; the district tries again later. */
#define RUN_LOST_MAX 8
#define RUN_BUSY_MAX 20
#define RUN_STAGE_MAX 3

enum run_state {
    RUN_BEGIN,
    RUN_STALE,
    RUN_FILE,
    RUN_WORKER,
    RUN_SLOT,
    RUN_SLOT_WAIT,
    RUN_STAGE,
    RUN_FINDINGS,
    RUN_TO_PLAN,
    RUN_PLAN,
    RUN_TO_APPLY,
    RUN_APPLY,
    RUN_CHECK,
    RUN_ROLLBACK,
    RUN_LOOK,
    RUN_PAUSE,
    RUN_END,
    RUN_DIGEST,
    RUN_SHRINK,
    RUN_GONE,
    RUN_STATE_COUNT
};

/* What came of the step under way. */
struct result {
    bool is_ok;
    bool is_lost;
    char sqlstate[6];
    struct error error;
    char *text;     /* first column of the first row, or NULL */
    int64_t number; /* second column, or 0 */
    size_t rows;
};

struct run {
    struct run_params params;
    const struct run_tools *tools;
    enum run_state state;
    enum run_state next;   /* after PAUSE or ROLLBACK */
    enum run_state resume; /* after LOOK, which may PAUSE itself */
    enum cause cancel;     /* CAUSE_NONE: not cancelled */
    uv_timer_t timer;
    struct worker_wish wish;
    struct worker *worker;
    struct stager *stager;
    struct result result;
    struct stage_end staged;
    struct run_file file;
    bool has_file;
    bool is_rules_only;
    bool is_partly_held; /* it is applied but for losses that wait for a decision */
    bool is_begun;
    bool is_whole;     /* the rules need the rows that are as they were, too */
    char *last_digest; /* paths, from staging on; NULL: none, or no room */
    char *next_digest;
    int64_t slot;
    unsigned lost, busy, stages, ends;
    struct error held; /* why it is held, if it ends so */
    struct run_end end;
    struct snapshot_run view;
    char *by;
    char *slug;
    char *counts;
    char progress_file[64];
    struct run_progress progress;
    double step_since;
    double began_at;    /* steady */
    double phase_since; /* steady: for the durations */
};

/* A state: what it is called, what begins it, what follows. */
struct run_machine_row {
    const char *word; /* rosterd.run.state while in it; NULL: as before */
    enum step step;
    bool may_cancel; /* a cancel ends the run here */
    void (*begin)(struct run *run);
    void (*after)(struct run *run);
};

extern const struct run_machine_row run_machine[RUN_STATE_COUNT];

/* What the rules say of a run: the verdict of their answer. */
#define RUN_VERDICT_SIZE 16
void run_read_answer(struct run *run, char ret_verdict[static RUN_VERDICT_SIZE]);
const char *run_end_word(const char *state);

/* The step under way is over: goes where its result leads. */
void run_advance(struct run *run);

/* Begins a state's step. */
void run_enter(struct run *run, enum run_state state);

/* A while of nothing, then the state. */
void run_pause_then(struct run *run, double delay_s, enum run_state next);

/* Ends the run. `error` NULL: it went well. */
void run_end_as(struct run *run, const char *state, const struct error *error);

/* Ends the run as rejected, for the reason that sync.plan gave. */
void run_end_as_told(struct run *run);

/* A call of the run's work did not go well: ends the run, or goes back to `again`. */
void run_judge(struct run *run, enum run_state again);

/* Sends a call whose result ends the step; `sql` with the run's number as its only parameter. */
void run_call(struct run *run, struct db *db, struct db_query query);
void run_call_verb(struct run *run, struct db *db, const char *sql, double timeout_s);

/* The step is over after so long. */
void run_set_timer(struct run *run, double delay_s);

#define RUN_NUMBER_SIZE 24
const char *run_number(char buffer[static RUN_NUMBER_SIZE], int64_t value);

/* The steps of its end, from RUN_END on. */
void run_begin_end(struct run *run);
void run_after_end(struct run *run);
void run_after_digest(struct run *run);
void run_begin_shrink(struct run *run);
void run_after_shrink(struct run *run);
void run_begin_gone(struct run *run);
void run_after_gone(struct run *run);

/* Where its digests lie; and a step: the next one takes the last one's place, or goes. */
void run_digest_begin(struct run *run);
void run_digest_end(struct run *run);

/* Counts how it ended. */
void run_count_end(struct run *run);

/* A run whose timer is closed, or was never begun. */
void run_free(struct run *run);

#endif
