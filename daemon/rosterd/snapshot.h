/*
 * What the daemon knows, as others may read it: made by the loop about once a second, never changed
 * afterwards, shared by reference count. The threads of the sockets and of nothing else read it, so
 * a loop that is stuck shows as a snapshot that gets old.
 *
 * Words (`sync`, `health`, `step`, run states, causes, owners) are the same in JSON, text, metrics
 * and tables. Moments are seconds since 1970, UTC; 0: unknown or not yet. Strings may be NULL where
 * said so. What came from a file or a server (file names, details) is already escaped and
 * printable.
 */
#ifndef ROSTERD_SNAPSHOT_H
#define ROSTERD_SNAPSHOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* A snapshot older than this is stale: answers say so and /healthz is 503. */
#define SNAPSHOT_STALE_S 10
#define SNAPSHOT_RUNS_MAX 2000

enum sync_word { SYNC_OFF, SYNC_ON, SYNC_PAUSED, SYNC_COUNT };

/*
 * The health of a district that is on (for one that is off or paused: of its last run).
 * retrying: it goes wrong and is tried again at retry_at; failing: it will not mend itself.
 */
enum health {
    HEALTH_UNKNOWN, /* never synced, nothing tried yet */
    HEALTH_OK,
    HEALTH_WORKING, /* a run is under way */
    HEALTH_LATE,    /* no look, or no new file, for much longer than usual */
    HEALTH_RETRYING,
    HEALTH_HELD,
    HEALTH_FAILING,
    HEALTH_COUNT
};

/* What a district is doing. */
enum step {
    STEP_IDLE,
    STEP_POLLING, /* listing the drop, or downloading (progress in bytes then) */
    STEP_WAITING, /* for a staging slot or a free worker */
    STEP_STAGING, /* progress in rows */
    STEP_PLANNING,
    STEP_APPLYING,
    STEP_SETTLING,
    STEP_COUNT
};

/* The district's latest run; for another daemon's district as the database has it. */
struct snapshot_run {
    int64_t run_id; /* 0: none */
    int64_t district_id;
    const char *slug;
    const char *cause;        /* schedule, manual, retry, approval */
    const char *state;        /* as rosterd.run.state */
    const char *file_name;    /* NULL: no file */
    const char *file_sha256;  /* NULL: no file */
    int64_t file_size;        /* bytes, -1: no file */
    const char *reason;       /* word of a cause, or NULL */
    const char *owner;        /* who acts, or NULL */
    const char *detail;       /* or NULL */
    const char *requested_by; /* "uid:1000" or NULL */
    const char *counts;       /* JSON text of an object, or NULL */
    double created_at;
    double staged_at;
    double planned_at;
    double applied_at;
    double ended_at; /* 0: under way */
};

/* A run of the district that is held until it is decided, or decided and not yet carried out. */
struct snapshot_hold {
    int64_t run_id;         /* 0: none */
    double since;           /* of the first that was held without a good file in between */
    const char *withholds;  /* all, removals; or NULL */
    const char *reason;     /* word of a cause, or NULL */
    const char *what;       /* one sentence of what waits, in people; or NULL */
    const char *file_name;  /* or NULL */
    const char *decision;   /* all, additions, mapping; NULL: none yet */
    const char *decided_by; /* or NULL */
    double decided_at;
};

struct snapshot_district {
    int64_t district_id;
    const char *slug;
    const char *name;
    const char *note;   /* the CSM's, or NULL */
    const char *daemon; /* name of the daemon that has it, or NULL */
    bool is_ours;       /* it is this daemon's; else step, next_poll_at and retry_at are unknown */
    bool is_preview_only;
    bool has_source;
    int64_t epoch;

    enum sync_word sync;
    double paused_until;
    const char *pause_reason; /* or NULL */
    const char *changed_by;   /* last change of the district's row, or NULL */
    double changed_at;
    double seen_at; /* when a daemon last took up a change */

    enum health health;
    const char *reason; /* word of a cause, or NULL */
    const char *owner;  /* who acts: nobody, district, ops, csm; or NULL */
    const char *detail; /* or NULL */
    double since;       /* when health became what it is */

    double next_poll_at; /* 0: none is due (off, paused, another daemon's) */
    double retry_at;     /* when a run that failed is tried again */
    double last_poll_at; /* when the drop was last listed with success */
    double last_success_at;
    double poll_every_s;
    const char *host; /* or NULL */
    int port;
    const char *username;  /* or NULL */
    const char *path;      /* or NULL */
    const char *pattern;   /* or NULL */
    const char *host_keys; /* pinned fingerprints with a space between, or NULL */
    const char *waiting;   /* why a file in the drop is not taken yet (first-seen, growing,
                              no-marker), or NULL */

    enum step step;
    double step_since;
    const char *progress_file; /* file being staged, or NULL */
    int64_t progress_bytes;    /* -1: unknown */
    int64_t progress_bytes_total;
    int64_t progress_rows;

    int64_t errors;   /* open findings */
    int64_t warnings; /* open findings */
    struct snapshot_hold hold;
    struct snapshot_run last;
};

/* Upper bounds of the buckets of a histogram, in seconds; one more is +Inf. */
#define SNAPSHOT_BUCKETS 10
extern const double snapshot_bucket_s[SNAPSHOT_BUCKETS];

struct snapshot_histogram {
    uint64_t buckets[SNAPSHOT_BUCKETS + 1]; /* not cumulative */
    uint64_t count;
    double sum_s;
};

/* Steps a duration is kept of. */
enum duration {
    DURATION_POLL,
    DURATION_STAGE,
    DURATION_PLAN,
    DURATION_APPLY,
    DURATION_RUN,
    DURATION_COUNT
};
extern const char
    *const snapshot_duration_words[DURATION_COUNT]; /* poll, stage, plan, apply, run */

void snapshot_histogram_add(struct snapshot_histogram *histogram, double value_s);

/* Since the start of this daemon. */
struct snapshot_counters {
    uint64_t polls;
    uint64_t polls_failed;
    uint64_t files_fetched;
    uint64_t bytes_fetched;
    uint64_t rows_read;
    uint64_t rows_staged;
    uint64_t runs_started;
    uint64_t runs_done;
    uint64_t runs_unchanged;
    uint64_t runs_held;
    uint64_t runs_rejected;
    uint64_t runs_failed;
    uint64_t runs_cancelled;
    uint64_t runs_interrupted;
    uint64_t causes[CAUSE_COUNT]; /* failed polls and runs, by cause */
    uint64_t apply_retries;       /* the district's row was busy */
    uint64_t stage_retries;       /* the slot had lost its rows */
    uint64_t stage_wholes;        /* the rules needed the rows that were left out */
    uint64_t db_statements;
    uint64_t db_failures;
    uint64_t db_connects;
    uint64_t db_commit_unknown; /* COMMIT sent, connection lost before the answer */
    uint64_t children_started;
    uint64_t children_died;   /* unexpectedly */
    uint64_t children_killed; /* over their deadline */
    uint64_t log_errors;
    uint64_t log_warnings;
    uint64_t takeovers; /* districts taken over from another daemon, or first taken */
    struct snapshot_histogram durations[DURATION_COUNT];
};

/* Districts and runs are shared by snapshots while nothing of them changes. */
struct snapshot_districts;
struct snapshot_runs;

struct snapshot {
    /* the daemon */
    const char *daemon_name;
    const char *version;
    double started_at;
    double taken_at;
    bool is_draining;
    bool is_ready; /* database reached, leases held, districts read */

    /* the database */
    bool is_db_up;
    double db_roundtrip_s; /* of the last heartbeat; 0: unknown */
    double db_down_since;  /* 0: up */
    const char *db_error;  /* why it is down, or NULL */
    double heartbeat_at;   /* last one that was written */

    /* the loop */
    double lag_p99_s;
    double lag_max_s; /* of the last five minutes */

    /* the spool */
    int64_t spool_bytes;
    int64_t spool_limit_bytes;
    int64_t spool_files;
    double spool_oldest_at; /* 0: empty */

    /* how many */
    int64_t districts_total;
    int64_t districts_ours;
    int64_t districts_by_sync[SYNC_COUNT];
    int64_t districts_by_health[HEALTH_COUNT]; /* of those that are on */
    int64_t holds;                             /* runs that wait for a decision */
    double hold_oldest_at;                     /* since when the oldest waits; 0: none */
    int64_t epoch_max;                         /* highest epoch of our leases */
    int64_t polls_running;
    int64_t runs_running;
    int64_t config_seen_version; /* of the configuration file: counts reloads */
    double config_loaded_at;
    double districts_read_at;

    struct snapshot_counters counters;
    const struct snapshot_districts *districts;
    const struct snapshot_runs *runs;
};

/* Where the loop puts the newest snapshot and other threads take it from. */
struct snapshot_board;

/*
 * A reference to the newest snapshot. Safe in any thread; waits for nothing but a swap of pointers.
 *
 * @return NULL before the first one; else to be given back with snapshot_put
 */
const struct snapshot *snapshot_get(struct snapshot_board *board);
void snapshot_put(const struct snapshot *snapshot);

/* Whether it is older than SNAPSHOT_STALE_S; `now` in seconds since 1970. */
bool snapshot_is_stale(const struct snapshot *snapshot, double now);

/* All districts, of other daemons too, sorted by slug. */
size_t snapshot_districts_count(const struct snapshot *snapshot);
const struct snapshot_district *snapshot_district_at(const struct snapshot *snapshot, size_t at);

/* The district of a slug, or NULL. */
const struct snapshot_district *snapshot_district_find(const struct snapshot *snapshot,
                                                       const char *slug);

/* The latest runs this daemon knows of, newest first, at most SNAPSHOT_RUNS_MAX. */
size_t snapshot_runs_count(const struct snapshot *snapshot);
const struct snapshot_run *snapshot_run_at(const struct snapshot *snapshot, size_t at);
const struct snapshot_run *snapshot_run_find(const struct snapshot *snapshot, int64_t run_id);

/* on, off, paused · ok, working, … · idle, polling, … */
const char *sync_word(enum sync_word sync);
const char *health_word(enum health health);
const char *step_word(enum step step);

/* --- the loop's side ------------------------------------------------------------------------- */

struct snapshot_board *snapshot_board_new(void); /* NULL: memory */
void snapshot_board_free(struct snapshot_board *board);

/*
 * Copies of a district and of a run with all their strings in one block, made with one reference.
 *
 * @return NULL when memory ran out
 */
const struct snapshot_district *snapshot_district_new(const struct snapshot_district *from);
const struct snapshot_run *snapshot_run_new(const struct snapshot_run *from);
void snapshot_district_put(const struct snapshot_district *district);

/* Whether two that snapshot_district_new made say the same. A false is no promise. */
bool snapshot_district_is_same(const struct snapshot_district *left,
                               const struct snapshot_district *right);
void snapshot_run_put(const struct snapshot_run *run);

/*
 * Lists for the next snapshots, with one reference; each item gets one more. `items` is sorted by
 * slug (districts), newest first (runs).
 *
 * @return NULL when memory ran out
 */
const struct snapshot_districts *
snapshot_districts_new(const struct snapshot_district *const *items, size_t count);
const struct snapshot_runs *snapshot_runs_new(const struct snapshot_run *const *items,
                                              size_t count);
void snapshot_districts_put(const struct snapshot_districts *districts);
void snapshot_runs_put(const struct snapshot_runs *runs);

/*
 * Makes a copy of `from` the newest snapshot. Its lists get a reference of their own; its strings
 * are copied.
 *
 * @return 0, or -1 when memory ran out: the old one stays and grows old
 */
int snapshot_publish(struct snapshot_board *board, const struct snapshot *from);

#endif
