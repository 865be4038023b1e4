/* For the files of the registry: districts.c (entries, machines, beginning and end),
 * districts_read.c (what the database says), districts_view.c (what is shown and told). */
#ifndef ROSTERD_DISTRICTS_PRIVATE_H
#define ROSTERD_DISTRICTS_PRIVATE_H

#include "districts.h"

/* Changes of so many are read one by one; of more, all at once. */
#define NOTIFIED_MAX 8
/* After a run, and after a change, the overview is read anew: soon while the districts are few. */
#define FEW_DISTRICTS 500
#define RECOUNT_S 1.0
#define READ_TIMEOUT_S 60.0

struct entry {
    int64_t district_id;
    const struct snapshot_district *base; /* from the overview; NULL: not seen there yet */
    const struct snapshot_district *view; /* what the snapshot shows */
    struct district *machine;             /* NULL: not ours, or not read yet */
    int64_t epoch;                        /* as listed; 0: not ours */
    unsigned listed;                      /* number of the list it was in last */
    unsigned seen;                        /* number of the overview it was in last */
    char *kept;                           /* path in the spool of what is held; NULL: nothing */
    bool is_dirty;                        /* the view is old */
    bool is_leaving;
    bool is_reported; /* the database knows the health */
    enum health reported;
    char reported_reason[32];
    double reported_retry_at;
};

struct districts {
    uv_loop_t *loop;
    const struct config *config;
    struct db *control;
    struct district_tools tools;
    uv_timer_t timer;     /* the next reading */
    struct entry **by_id; /* sorted by district_id */
    size_t count;
    size_t capacity;
    unsigned list_number;
    unsigned overview_number;
    bool is_list_changed;
    bool is_reading;
    bool wants_reading;
    bool wants_overview;   /* alone */
    double read_at;        /* seconds since 1970; 0: never */
    unsigned ones_pending; /* readings of one district under way */
    bool is_reporting;
    bool is_stopped;
    struct entry **by_slug; /* those that are shown, sorted */
    size_t by_slug_count;
    bool is_list_dirty;  /* a view is old */
    bool is_order_dirty; /* by_slug is to be made anew */
    const struct snapshot_districts *list;
    const struct snapshot_runs *runs;
    const struct snapshot_run *ring[SNAPSHOT_RUNS_MAX]; /* newest first */
    size_t ring_count;
    size_t leaving;
    bool is_closing;
    bool is_timer_closed;
    void (*closed)(void *context);
    void *closed_context;
};

/* districts.c */

/* The entry of an id, or NULL; made if it is not there (NULL: memory). */
struct entry *districts_entry(const struct districts *districts, int64_t id);
struct entry *districts_get_entry(struct districts *districts, int64_t id);
void districts_free_entry(struct entry *entry);

/* The file of a district's held run stays in the spool, if it is there, instead of the one before.
 * `sha256` NULL: nothing is held. */
void districts_keep(struct districts *districts, struct entry *entry, const char *slug,
                    const char *sha256);

/* Ends the closing when nothing is under way any more. */
void districts_try_close(struct districts *districts);

/* districts_read.c */

void districts_plan_reading(struct districts *districts, double delay_s);
void districts_read_one(struct districts *districts, const char *slug);

/* districts_view.c */

/* A district_tools.on_run: puts a view of a run into the ring. */
void districts_on_run(void *context, const struct snapshot_run *view, bool is_ended);

#endif
