/* For the files of a district: district.c (what it does and when), district_work.c (polls, runs,
 * settling), district_chain.c (several files at once), district_hold.c (a run that is held, and its
 * approval carried out), district_view.c (settings, health, what people see), district_job.c
 * (messages to the fetcher). */
#ifndef ROSTERD_DISTRICT_PRIVATE_H
#define ROSTERD_DISTRICT_PRIVATE_H

#include "district.h"
#include "schedule.h"
#include "stager.h"
#include "worker.h"

enum district_state {
    DISTRICT_IDLE,
    DISTRICT_POLLING,
    DISTRICT_LOOKING,
    DISTRICT_ASKING,
    DISTRICT_BRINGING,
    DISTRICT_RUNNING,
    DISTRICT_SETTLING,
    DISTRICT_LEAVING
};

/* A copy of a row with its strings in one block. */
struct settings {
    struct district_row row;
    size_t strings_size;
    char strings[];
};

/* What went wrong last, and how often in a row. */
struct problem {
    enum cause cause; /* CAUSE_NONE: nothing */
    unsigned failures;
    char detail[160];
};

/* Fetched files that wait for their turn; see district_chain.c. */
struct chain {
    struct run_file *files; /* newest first */
    size_t count;
    bool is_whole;  /* what the oldest needs is applied: they can be run */
    bool has_older; /* when the oldest was fetched, there were older ones in the drop */
    json_t *older;  /* the newest of these: name, size, mtime */
    json_t *passed; /* superseded ones, to be moved or deleted after the run */
    struct worker_wish wish;
    struct worker *worker;
    struct stager *stager;
};

struct district {
    const struct district_tools *tools;
    struct settings *settings;
    uv_timer_t timer;
    enum district_state state;
    bool is_stopped;
    struct fetch_job *job;
    struct run *run;
    void (*left)(void *context);
    void *left_context;

    char *by;         /* a person asked: the next poll and run are theirs */
    bool wants_rules; /* ask the database without a poll */
    json_t *seen;     /* candidates of the poll before */
    char waiting[16];
    struct run_file known; /* name NULL: none */
    struct run_file pending;
    struct chain chain;       /* newer than pending */
    bool has_approval;        /* a held run was approved and waits to be carried out */
    struct run_file approved; /* its file; name NULL: it had none */
    struct run_file carried;  /* of a run that carries one out, likewise */
    struct run_file settling; /* what is moved or deleted at its source */
    bool is_approval;         /* the run carries one out */
    bool waits_for_hold;      /* `pending` comes on top of a file that is held */
    bool is_retry;
    bool is_of_other_drop; /* the run's file: the source has another drop since */

    /* the clock that never jumps; 0: none */
    double poll_at;
    double retry_at;
    double approval_at; /* no approval is carried out before */
    double state_since;
    /* seconds since 1970 */
    double last_poll_at;
    double last_success_at;
    double on_since;
    struct problem poll_problem;
    struct problem run_problem;
    struct problem file_problem; /* why the latest file cannot be used; till a better one came */
    struct problem approval_problem; /* why an approval cannot be carried out */
    bool is_held;                    /* a run waits for a decision */
    int64_t bytes, bytes_total;
    const struct snapshot_run *last; /* our latest run; NULL: as the database says */
    int64_t last_run_id;
    enum health health;
    char health_reason[32];
    double health_since;
};

/* district.c */

/* Begins what is due, or waits for it. */
void district_decide(struct district *district);
void district_on_timer(uv_timer_t *timer);
void district_arm(struct district *district);
void district_move(struct district *district, enum district_state state);

/* When the next poll or try is, after how the last one ended. */
void district_poll_went_well(struct district *district);
void district_poll_failed(struct district *district, const struct error *error);
void district_retry_run(struct district *district);

/* district_work.c */

void district_begin_poll(struct district *district);
void district_begin_asking(struct district *district);
void district_begin_run(struct district *district,
                        const struct run_file *file); /* NULL: rules only */
void district_fetched(struct district *district, const struct run_file *file);
void district_on_progress(void *context, int64_t bytes, int64_t size); /* of a job of the fetcher */
void district_forget_pending(struct district *district);

/* district_chain.c */

/* Puts a fetched file below the others. Returns 0 or -1. */
int district_chain_push(struct district *district, const struct run_file *file,
                        struct error *reterr);
void district_chain_forget(struct district *district);
const struct run_file *district_chain_oldest(const struct district *district); /* NULL: none */

/* The file that was pushed last: is it complete? Then on as it must. */
void district_chain_look(struct district *district);

/* Begins the run of the oldest file if the chain is whole. */
bool district_chain_run(struct district *district);

/* Ends a look. */
void district_chain_stop(struct district *district);

/* The next superseded file is what is settled. */
bool district_chain_next_passed(struct district *district);
void district_chain_forget_passed(struct district *district);

/* district_hold.c */

/* What the database says of a held run and of its approval. */
void district_take_hold(struct district *district, const struct district_row *row);

/* Stages the approved file again; brings it first if it is not in the spool. */
void district_begin_approval(struct district *district);
void district_retry_approval(struct district *district, const struct error *error);

/* What follows from the way such a run ended. Returns whether the file is to be settled. */
bool district_end_approval(struct district *district, const struct run_end *end);

/* district_view.c */

/* A copy of a row. NULL: memory ran out. */
struct settings *district_settings_new(const struct district_row *row);
bool district_is_on(const struct district *district);
void district_set_problem(struct problem *problem, const struct error *error);
const struct problem *district_worst_problem(const struct district *district);
enum health district_judge_health(const struct district *district);

/* Something people are told may be another now. */
void district_changed(struct district *district);

/* district_job.c */

json_t *district_file_message(const struct run_file *file);
json_t *district_settle_message(const struct district *district, struct error *reterr);
json_t *district_poll_message(const struct district *district, struct error *reterr);
json_t *district_bring_message(const struct district *district, struct error *reterr);

#endif
