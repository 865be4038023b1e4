/*
 * One district of ours: when its drop is looked into, what is done with what is found there, and
 * what people are told about it.
 */
#ifndef ROSTERD_DISTRICT_H
#define ROSTERD_DISTRICT_H

#include <stdbool.h>
#include <stdint.h>

#include "fetcher.h"
#include "run.h"
#include "snapshot.h"
#include "spool.h"

/* A row of sync.read_districts. Strings are borrowed for the call and may be NULL. */
struct district_row {
    int64_t district_id;
    int64_t epoch;
    const char *slug;
    bool is_enabled;
    double paused_until; /* seconds since 1970; 0: not */
    int64_t settings_version;
    const char *host; /* NULL: it has no source */
    int port;
    const char *username;
    const char *path;
    const char *pattern;
    const char *host_keys; /* with spaces between */
    const char *credential;
    double poll_every_s;
    const char *ready; /* two-polls, marker */
    const char *after; /* leave, move, delete */
    /* the newest file that needs no second look */
    const char *file_name; /* NULL: none */
    int64_t file_size;
    int64_t file_mtime;
    const char *file_sha256;
    /* the latest run */
    int64_t last_run_id;
    const char *last_state;
    const char *last_reason;
    const char *last_detail;
    double last_ended_at;
    double last_success_at;
    /* the run that waits for a decision */
    int64_t held_run; /* 0: none */
    double held_since;
    const char *held_withholds; /* all, removals */
    const char *held_reason;    /* word of a cause */
    const char *held_detail;
    /* the run that was approved and waits to be carried out, with its file */
    int64_t approved_run; /* 0: none */
    const char *approved_file_name;
    int64_t approved_file_size;
    int64_t approved_file_mtime;
    const char *approved_sha256;
    bool is_strict; /* its files are read strictly */
    double late_at; /* from when on its next new file is late; 0: not known */
};

struct district;

/* What every district uses; lives longer than all of them. */
struct district_tools {
    struct run_tools run;
    struct fetcher *fetcher;
    struct spool *spool;
    struct db *control;
    size_t (*districts_count)(void *context); /* how many share the start of the polls */
    /* something people are told has changed */
    void (*on_change)(void *context, struct district *district);
    /* what we know of its row is old */
    void (*on_stale)(void *context, struct district *district);
    /* a run began or went on, or (`is_ended`) ended; of the view a copy is taken */
    void (*on_run)(void *context, const struct snapshot_run *view, bool is_ended);
    void *context;
};

/* @return NULL when memory ran out */
struct district *district_new(const struct district_tools *tools, const struct district_row *row);

/* Takes over what the database says now. Switched off or paused: what is under way is cancelled. */
void district_configure(struct district *district, const struct district_row *row);

/*
 * A person wants the drop looked into now.
 *
 * @return 0, or -1 with why not: off, paused, no source
 */
int district_sync(struct district *district, const char *by, struct error *reterr);

/* Nothing new begins; polls are cancelled, runs too unless they are being applied and not `is_now`.
 */
void district_stop(struct district *district, bool is_now);

/* It is another daemon's now, or gone: everything ends, then `left` is called and it is freed. */
void district_leave(struct district *district, void (*left)(void *context), void *context);

bool district_is_idle(const struct district *district);
bool district_is_running(const struct district *district); /* a run, not only a poll */
bool district_is_polling(const struct district *district);
int64_t district_id(const struct district *district);
int64_t district_epoch(const struct district *district);
const char *district_slug(const struct district *district);
bool district_has_source(const struct district *district);

/* The connection's part of a job of the fetcher: host, port, user, keys, deadlines. NULL: memory,
 * or no source. */
json_t *district_job(const struct district *district, const char *op);
const char *district_host(const struct district *district);
int district_port(const struct district *district);
const char *district_host_keys(const struct district *district);

/* Puts what only we know into a view made from the database: health, step, progress, times. */
void district_fill(const struct district *district, struct snapshot_district *view);

#endif
