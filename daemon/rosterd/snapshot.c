#include "snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const double snapshot_bucket_s[SNAPSHOT_BUCKETS] = {0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600};

const char *const snapshot_duration_words[DURATION_COUNT] = {
    [DURATION_POLL] = "poll",   [DURATION_STAGE] = "stage", [DURATION_PLAN] = "plan",
    [DURATION_APPLY] = "apply", [DURATION_RUN] = "run",
};

/* In front of each shared thing. */
struct shared_district {
    atomic_size_t references;
    size_t strings_size;
    struct snapshot_district district;
    char strings[];
};

struct shared_run {
    atomic_size_t references;
    struct snapshot_run run;
    char strings[];
};

struct snapshot_districts {
    atomic_size_t references;
    size_t count;
    const struct snapshot_district *items[];
};

struct snapshot_runs {
    atomic_size_t references;
    size_t count;
    const struct snapshot_run *items[];
};

struct shared_snapshot {
    atomic_size_t references;
    struct snapshot snapshot;
    char strings[];
};

struct snapshot_board {
    pthread_mutex_t mutex; /* held for a swap or a count only */
    struct shared_snapshot *newest;
};

/* const is for readers; the count in front is everybody's. */
#define SHARED(type, member, pointer)                                                              \
    ((struct type *)(void *)((char *)(uintptr_t)(pointer)-offsetof(struct type, member)))

/* --- strings in one block -------------------------------------------------------------------- */

static size_t
size_of(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

/* Moves a string into the block. */
static void
take(const char **text, char **to)
{
    if (*text != NULL) {
        const char *from = *text;
        *text = *to;
        *to = stpcpy(*to, from) + 1;
    }
}

/* --- runs ------------------------------------------------------------------------------------ */

#define RUN_STRINGS(run)                                                                           \
    &(run)->slug, &(run)->cause, &(run)->state, &(run)->file_name, &(run)->file_sha256,            \
        &(run)->reason, &(run)->owner, &(run)->detail, &(run)->requested_by, &(run)->counts
enum { RUN_STRINGS_COUNT = 10 };

static size_t
run_strings_size(const struct snapshot_run *run)
{
    const char *const *strings[RUN_STRINGS_COUNT] = {RUN_STRINGS(run)};
    size_t size = 0;
    for (size_t at = 0; at < RUN_STRINGS_COUNT; at++) {
        size += size_of(*strings[at]);
    }
    return size;
}

static void
run_take_strings(struct snapshot_run *run, char **to)
{
    const char **strings[RUN_STRINGS_COUNT] = {RUN_STRINGS(run)};
    for (size_t at = 0; at < RUN_STRINGS_COUNT; at++) {
        take(strings[at], to);
    }
}

const struct snapshot_run *
snapshot_run_new(const struct snapshot_run *from)
{
    struct shared_run *shared = malloc(sizeof *shared + run_strings_size(from));
    if (shared == NULL) {
        return NULL;
    }
    atomic_init(&shared->references, 1);
    shared->run = *from;
    char *to = shared->strings;
    run_take_strings(&shared->run, &to);
    return &shared->run;
}

void
snapshot_run_put(const struct snapshot_run *run)
{
    if (run != NULL) {
        struct shared_run *shared = SHARED(shared_run, run, run);
        if (atomic_fetch_sub(&shared->references, 1) == 1) {
            free(shared);
        }
    }
}

/* --- districts ------------------------------------------------------------------------------- */

#define DISTRICT_STRINGS(district)                                                                 \
    &(district)->slug, &(district)->name, &(district)->note, &(district)->daemon,                  \
        &(district)->pause_reason, &(district)->changed_by, &(district)->reason,                   \
        &(district)->owner, &(district)->detail, &(district)->host, &(district)->username,         \
        &(district)->path, &(district)->pattern, &(district)->host_keys, &(district)->waiting,     \
        &(district)->progress_file, &(district)->hold.withholds, &(district)->hold.reason,         \
        &(district)->hold.what, &(district)->hold.file_name, &(district)->hold.decision,           \
        &(district)->hold.decided_by
enum { DISTRICT_STRINGS_COUNT = 22 };

const struct snapshot_district *
snapshot_district_new(const struct snapshot_district *from)
{
    const char *const *from_strings[DISTRICT_STRINGS_COUNT] = {DISTRICT_STRINGS(from)};
    size_t size = run_strings_size(&from->last);
    for (size_t at = 0; at < DISTRICT_STRINGS_COUNT; at++) {
        size += size_of(*from_strings[at]);
    }
    struct shared_district *shared = malloc(sizeof *shared + size);
    if (shared == NULL) {
        return NULL;
    }
    atomic_init(&shared->references, 1);
    shared->strings_size = size;
    shared->district = *from;
    char *to = shared->strings;
    const char **strings[DISTRICT_STRINGS_COUNT] = {DISTRICT_STRINGS(&shared->district)};
    for (size_t at = 0; at < DISTRICT_STRINGS_COUNT; at++) {
        take(strings[at], &to);
    }
    run_take_strings(&shared->district.last, &to);
    return &shared->district;
}

void
snapshot_district_put(const struct snapshot_district *district)
{
    if (district != NULL) {
        struct shared_district *shared = SHARED(shared_district, district, district);
        if (atomic_fetch_sub(&shared->references, 1) == 1) {
            free(shared);
        }
    }
}

/* A copy without pointers: each string is there or not. */
static void
blank_strings(struct snapshot_district *district)
{
    const char **strings[DISTRICT_STRINGS_COUNT + RUN_STRINGS_COUNT] = {
        DISTRICT_STRINGS(district), RUN_STRINGS(&district->last)};
    for (size_t at = 0; at < DISTRICT_STRINGS_COUNT + RUN_STRINGS_COUNT; at++) {
        *strings[at] = *strings[at] == NULL ? NULL : "";
    }
}

bool
snapshot_district_is_same(const struct snapshot_district *left,
                          const struct snapshot_district *right)
{
    const struct shared_district *a = SHARED(shared_district, district, left);
    const struct shared_district *b = SHARED(shared_district, district, right);
    if (a->strings_size != b->strings_size ||
        memcmp(a->strings, b->strings, a->strings_size) != 0) {
        return false;
    }
    struct snapshot_district left_blank, right_blank;
    memcpy(&left_blank, left, sizeof left_blank);
    memcpy(&right_blank, right, sizeof right_blank);
    blank_strings(&left_blank);
    blank_strings(&right_blank);
    return memcmp(&left_blank, &right_blank, sizeof left_blank) == 0;
}

/* --- lists ----------------------------------------------------------------------------------- */

const struct snapshot_districts *
snapshot_districts_new(const struct snapshot_district *const *items, size_t count)
{
    struct snapshot_districts *list = malloc(sizeof *list + count * sizeof list->items[0]);
    if (list == NULL) {
        return NULL;
    }
    atomic_init(&list->references, 1);
    list->count = count;
    for (size_t at = 0; at < count; at++) {
        list->items[at] = items[at];
        atomic_fetch_add(&SHARED(shared_district, district, items[at])->references, 1);
    }
    return list;
}

void
snapshot_districts_put(const struct snapshot_districts *districts)
{
    struct snapshot_districts *list = (struct snapshot_districts *)(uintptr_t)districts;
    if (list == NULL || atomic_fetch_sub(&list->references, 1) != 1) {
        return;
    }
    for (size_t at = 0; at < list->count; at++) {
        snapshot_district_put(list->items[at]);
    }
    free(list);
}

const struct snapshot_runs *
snapshot_runs_new(const struct snapshot_run *const *items, size_t count)
{
    struct snapshot_runs *list = malloc(sizeof *list + count * sizeof list->items[0]);
    if (list == NULL) {
        return NULL;
    }
    atomic_init(&list->references, 1);
    list->count = count;
    for (size_t at = 0; at < count; at++) {
        list->items[at] = items[at];
        atomic_fetch_add(&SHARED(shared_run, run, items[at])->references, 1);
    }
    return list;
}

void
snapshot_runs_put(const struct snapshot_runs *runs)
{
    struct snapshot_runs *list = (struct snapshot_runs *)(uintptr_t)runs;
    if (list == NULL || atomic_fetch_sub(&list->references, 1) != 1) {
        return;
    }
    for (size_t at = 0; at < list->count; at++) {
        snapshot_run_put(list->items[at]);
    }
    free(list);
}

/* --- the board ------------------------------------------------------------------------------- */

struct snapshot_board *
snapshot_board_new(void)
{
    struct snapshot_board *board = calloc(1, sizeof *board);
    if (board != NULL && pthread_mutex_init(&board->mutex, NULL) != 0) {
        free(board);
        return NULL;
    }
    return board;
}

void
snapshot_board_free(struct snapshot_board *board)
{
    if (board != NULL) {
        if (board->newest != NULL) {
            snapshot_put(&board->newest->snapshot);
        }
        (void)pthread_mutex_destroy(&board->mutex);
        free(board);
    }
}

int
snapshot_publish(struct snapshot_board *board, const struct snapshot *from)
{
    size_t size = size_of(from->daemon_name) + size_of(from->version) + size_of(from->db_error);
    struct shared_snapshot *fresh = malloc(sizeof *fresh + size);
    if (fresh == NULL) {
        return -1;
    }
    atomic_init(&fresh->references, 1);
    fresh->snapshot = *from;
    char *to = fresh->strings;
    take(&fresh->snapshot.daemon_name, &to);
    take(&fresh->snapshot.version, &to);
    take(&fresh->snapshot.db_error, &to);
    /* the counts are everybody's, whatever const says of the lists */
    atomic_fetch_add(&((struct snapshot_districts *)(uintptr_t)from->districts)->references, 1);
    atomic_fetch_add(&((struct snapshot_runs *)(uintptr_t)from->runs)->references, 1);
    (void)pthread_mutex_lock(&board->mutex);
    struct shared_snapshot *old = board->newest;
    board->newest = fresh;
    (void)pthread_mutex_unlock(&board->mutex);
    if (old != NULL) {
        snapshot_put(&old->snapshot);
    }
    return 0;
}

const struct snapshot *
snapshot_get(struct snapshot_board *board)
{
    (void)pthread_mutex_lock(&board->mutex);
    struct shared_snapshot *newest = board->newest;
    if (newest != NULL) {
        atomic_fetch_add(&newest->references, 1);
    }
    (void)pthread_mutex_unlock(&board->mutex);
    return newest == NULL ? NULL : &newest->snapshot;
}

void
snapshot_put(const struct snapshot *snapshot)
{
    if (snapshot == NULL) {
        return;
    }
    struct shared_snapshot *shared = SHARED(shared_snapshot, snapshot, snapshot);
    if (atomic_fetch_sub(&shared->references, 1) == 1) {
        snapshot_districts_put(shared->snapshot.districts);
        snapshot_runs_put(shared->snapshot.runs);
        free(shared);
    }
}

/* --- readers --------------------------------------------------------------------------------- */

bool
snapshot_is_stale(const struct snapshot *snapshot, double now)
{
    return now - snapshot->taken_at > SNAPSHOT_STALE_S;
}

size_t
snapshot_districts_count(const struct snapshot *snapshot)
{
    return snapshot->districts->count;
}

const struct snapshot_district *
snapshot_district_at(const struct snapshot *snapshot, size_t at)
{
    return snapshot->districts->items[at];
}

static int
compare_slug(const void *key, const void *item)
{
    return strcmp(key, (*(const struct snapshot_district *const *)item)->slug);
}

const struct snapshot_district *
snapshot_district_find(const struct snapshot *snapshot, const char *slug)
{
    const struct snapshot_districts *list = snapshot->districts;
    const struct snapshot_district *const *found =
        bsearch(slug, list->items, list->count, sizeof list->items[0], compare_slug);
    return found == NULL ? NULL : *found;
}

size_t
snapshot_runs_count(const struct snapshot *snapshot)
{
    return snapshot->runs->count;
}

const struct snapshot_run *
snapshot_run_at(const struct snapshot *snapshot, size_t at)
{
    return snapshot->runs->items[at];
}

const struct snapshot_run *
snapshot_run_find(const struct snapshot *snapshot, int64_t run_id)
{
    for (size_t at = 0; at < snapshot->runs->count; at++) {
        if (snapshot->runs->items[at]->run_id == run_id) {
            return snapshot->runs->items[at];
        }
    }
    return NULL;
}

const char *
sync_word(enum sync_word sync)
{
    static const char *const words[SYNC_COUNT] = {"off", "on", "paused"};
    return words[sync];
}

const char *
health_word(enum health health)
{
    static const char *const words[HEALTH_COUNT] = {"unknown",  "ok",   "working", "late",
                                                    "retrying", "held", "failing"};
    return words[health];
}

const char *
step_word(enum step step)
{
    static const char *const words[STEP_COUNT] = {"idle",     "polling",  "waiting", "staging",
                                                  "planning", "applying", "settling"};
    return words[step];
}

void
snapshot_histogram_add(struct snapshot_histogram *histogram, double value_s)
{
    size_t bucket = 0;
    while (bucket < SNAPSHOT_BUCKETS && value_s > snapshot_bucket_s[bucket]) {
        bucket++;
    }
    histogram->buckets[bucket]++;
    histogram->count++;
    histogram->sum_s += value_s;
}
