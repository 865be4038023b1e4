/*
 * A walk over all files in the thread pool, at the start and then every ten minutes; between two
 * walks what is added is counted. Until the districts are read nobody knows which files are held,
 * so nothing is removed before that. The loop never touches the disk but for mkdir and stat of one
 * name.
 */
#include "spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "limit.h"
#include "log.h"

#define WALK_MS (10 * 60 * 1000)
/* What a fetcher that died left behind: no download takes that long. */
#define LEFT_OVER_S 86400.0

/* Paths that are worked with; few at a time. */
struct held {
    struct held *next;
    unsigned count;
    char path[];
};

/* Files of a district that must go. */
struct disposal {
    struct disposal *next;
    double before;
    char slug[];
};

struct found {
    char *path;
    int64_t bytes;
    double at;
    bool is_left_over; /* or still being written */
    bool is_disposed;
};

struct walk {
    uv_work_t work;
    struct spool *spool;
    char *root;
    int64_t max_bytes;
    int64_t target_bytes;
    bool may_remove;
    double keep_s;
    double now;
    struct held *held;          /* a copy */
    struct disposal *disposals; /* a copy */
    struct found *found;
    size_t found_count;
    struct spool_state state;
    size_t removed;
    struct error error;
};

struct spool {
    uv_loop_t *loop;
    const struct config *config;
    uv_timer_t timer;
    struct spool_state state;
    struct held *held;
    bool may_remove;
    struct disposal *disposals;
    bool is_walking;
    bool is_walk_due; /* once more, as soon as this walk is over */
    bool is_timer_closed;
    int64_t added_while_walking;
    void (*closed)(void *context);
    void *closed_context;
};

static bool
is_held(const struct held *held, const char *path)
{
    while (held != NULL && strcmp(held->path, path) != 0) {
        held = held->next;
    }
    return held != NULL;
}

static void
free_held(struct held *held)
{
    while (held != NULL) {
        struct held *next = held->next;
        free(held);
        held = next;
    }
}

static struct disposal *
find_disposal(struct disposal *disposals, const char *slug)
{
    while (disposals != NULL && strcmp(disposals->slug, slug) != 0) {
        disposals = disposals->next;
    }
    return disposals;
}

static void
free_disposals(struct disposal *disposals)
{
    while (disposals != NULL) {
        struct disposal *next = disposals->next;
        free(disposals);
        disposals = next;
    }
}

static struct disposal *
add_disposal(struct disposal *disposals, const char *slug, double before)
{
    size_t size = strlen(slug) + 1;
    struct disposal *disposal = malloc(sizeof *disposal + size);
    if (disposal == NULL) {
        abort(); /* what must go must not be forgotten */
    }
    memcpy(disposal->slug, slug, size);
    disposal->before = before;
    disposal->next = disposals;
    return disposal;
}

/* --- the walk, in a thread ------------------------------------------------------------------- */

/* <sha256>.zip, as a fetcher names what it has brought. */
static bool
is_zip(const char *name)
{
    return strspn(name, "0123456789abcdef") == 64 && strcmp(name + 64, ".zip") == 0;
}

/* What a fetcher or a run is still writing, or left when it died. */
static bool
is_temporary(const char *name)
{
    size_t length = strlen(name);
    return (strncmp(name, ".fetch-", 7) == 0 || strncmp(name, ".digest-", 8) == 0) && length > 12 &&
           strcmp(name + length - 5, ".part") == 0;
}

static void
find_file(struct walk *walk, const char *folder, const char *name, int folder_fd)
{
    struct stat status;
    char path[2048];
    if (!is_zip(name) && !is_temporary(name) && strcmp(name, SPOOL_DIGEST) != 0) {
        return; /* not ours: the folder may be another than was meant */
    }
    if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode) ||
        snprintf(path, sizeof path, "%s/%s/%s", walk->root, folder, name) >= (int)sizeof path) {
        return;
    }
    const struct disposal *disposal = find_disposal(walk->disposals, folder);
    struct found *found = realloc(walk->found, (walk->found_count + 1) * sizeof *found);
    if (found == NULL) {
        return;
    }
    walk->found = found;
    found[walk->found_count] = (struct found){
        .path = strdup(path),
        .bytes = status.st_size,
        .at = (double)status.st_mtime,
        .is_left_over = is_temporary(name),
        .is_disposed = disposal != NULL && (double)status.st_mtime <= disposal->before,
    };
    walk->found_count += found[walk->found_count].path != NULL;
}

static void
walk_folder(struct walk *walk, int root_fd, const char *folder)
{
    int fd = openat(root_fd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(stream)) != NULL) {
        find_file(walk, folder, entry->d_name, fd);
    }
    (void)closedir(stream);
}

static int
compare_age(const void *left, const void *right)
{
    double difference = ((const struct found *)left)->at - ((const struct found *)right)->at;
    return (difference > 0) - (difference < 0);
}

/* Whether a file goes: to be disposed of, too old, left over, or one of the oldest in a spool that
 * is too full. */
static bool
is_to_go(const struct walk *walk, const struct found *found)
{
    double age_s = walk->now - found->at;
    if (!walk->may_remove || is_held(walk->held, found->path)) {
        return false;
    }
    if (found->is_disposed) {
        return true;
    }
    if (found->is_left_over) {
        return age_s > LEFT_OVER_S;
    }
    return age_s > walk->keep_s || walk->state.bytes > walk->target_bytes;
}

static void
judge_files(struct walk *walk)
{
    if (walk->found_count > 1) { /* of an empty spool there is no array */
        qsort(walk->found, walk->found_count, sizeof *walk->found, compare_age);
    }
    for (size_t at = 0; at < walk->found_count; at++) {
        walk->state.bytes += walk->found[at].bytes;
    }
    /* over nine tenths: down to eight, so that there is room for a while */
    walk->target_bytes =
        walk->state.bytes > walk->max_bytes / 10 * 9 ? walk->max_bytes / 10 * 8 : walk->max_bytes;
    for (size_t at = 0; at < walk->found_count; at++) {
        const struct found *found = &walk->found[at];
        if (is_to_go(walk, found) && unlink(found->path) == 0) {
            walk->state.bytes -= found->bytes;
            walk->removed++;
            continue;
        }
        walk->state.files++;
        if (walk->state.oldest_at <= 0) {
            walk->state.oldest_at = found->at;
        }
    }
}

static void
do_walk(uv_work_t *work)
{
    struct walk *walk = work->data;
    DIR *root = opendir(walk->root);
    if (root == NULL) {
        (void)error_set_errno(&walk->error, CAUSE_SPOOL_IO, errno, "%s", walk->root);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(root)) != NULL) {
        if (*entry->d_name != '.') {
            walk_folder(walk, dirfd(root), entry->d_name);
        }
    }
    (void)closedir(root);
    judge_files(walk);
}

static void
free_walk(struct walk *walk)
{
    for (size_t at = 0; at < walk->found_count; at++) {
        free(walk->found[at].path);
    }
    free(walk->found);
    free_held(walk->held);
    free_disposals(walk->disposals);
    free(walk->root);
    free(walk);
}

static void on_timer(uv_timer_t *timer);
static void try_close(struct spool *spool);

static void
on_walked(uv_work_t *work, int status)
{
    struct walk *walk = work->data;
    struct spool *spool = walk->spool;
    spool->is_walking = false;
    if (walk->error.cause != CAUSE_NONE) {
        LOG(LEVEL_ERROR, "the spool cannot be looked through", F_TEXT("error", walk->error.text));
    } else if (status == 0) {
        spool->state = walk->state;
        spool->state.bytes += spool->added_while_walking;
        if (walk->removed > 0) {
            LOG(LEVEL_INFO, "removed files from the spool", F_INT("count", walk->removed));
        }
    }
    if ((spool->is_walk_due || (spool->may_remove && !walk->may_remove)) &&
        !uv_is_closing((uv_handle_t *)&spool->timer)) {
        (void)uv_timer_start(&spool->timer, on_timer, 0, WALK_MS);
    }
    free_walk(walk);
    try_close(spool);
}

static struct held *
copy_held(const struct held *held)
{
    struct held *copies = NULL;
    for (; held != NULL; held = held->next) {
        size_t size = strlen(held->path) + 1;
        struct held *copy = malloc(sizeof *copy + size);
        if (copy == NULL) {
            abort(); /* a walk that does not know what is held must not begin */
        }
        memcpy(copy->path, held->path, size);
        copy->next = copies;
        copies = copy;
    }
    return copies;
}

static void
on_timer(uv_timer_t *timer)
{
    struct spool *spool = timer->data;
    if (spool->is_walking) {
        return;
    }
    spool->is_walk_due = false;
    struct walk *walk = calloc(1, sizeof *walk);
    if (walk == NULL || (walk->root = strdup(spool->config->spool.path)) == NULL) {
        free(walk);
        return;
    }
    walk->spool = spool;
    walk->work.data = walk;
    walk->max_bytes = spool->config->spool.max_bytes;
    walk->keep_s = spool->config->spool.keep_days * 86400.0;
    walk->now = clock_now();
    walk->may_remove = spool->may_remove;
    walk->held = copy_held(spool->held);
    for (const struct disposal *at = spool->disposals; at != NULL; at = at->next) {
        walk->disposals = add_disposal(walk->disposals, at->slug, at->before);
    }
    spool->added_while_walking = 0;
    spool->is_walking = uv_queue_work(spool->loop, &walk->work, do_walk, on_walked) == 0;
    if (!spool->is_walking) {
        free_walk(walk);
    }
}

/* --- what others call ------------------------------------------------------------------------ */

int
spool_new(uv_loop_t *loop, const struct config *config, struct spool **ret_spool,
          struct error *reterr)
{
    const char *path = config->spool.path;
    if ((mkdir(path, 0700) != 0 && errno != EEXIST) || access(path, R_OK | W_OK | X_OK) != 0) {
        return error_set_errno(reterr, CAUSE_SPOOL_IO, errno, "%s", path);
    }
    struct spool *spool = calloc(1, sizeof *spool);
    if (spool == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for the spool");
    }
    spool->loop = loop;
    spool->config = config;
    (void)uv_timer_init(loop, &spool->timer);
    spool->timer.data = spool;
    (void)uv_timer_start(&spool->timer, on_timer, 0, WALK_MS);
    *ret_spool = spool;
    return 0;
}

int
spool_folder(const struct spool *spool, const char *slug, char *ret_path, struct error *reterr)
{
    int length = snprintf(ret_path, SPOOL_PATH_SIZE, "%s/%s", spool->config->spool.path, slug);
    if (length >= SPOOL_PATH_SIZE) {
        return error_set(reterr, CAUSE_SPOOL_IO, "the path of the spool is too long");
    }
    if (mkdir(ret_path, 0700) != 0 && errno != EEXIST) {
        return error_set_errno(reterr, errno == ENOSPC ? CAUSE_SPOOL_FULL : CAUSE_SPOOL_IO, errno,
                               "%s", ret_path);
    }
    return 0;
}

void
spool_path(const struct spool *spool, const char *slug, const char *sha256, char *ret_path)
{
    if (snprintf(ret_path, SPOOL_PATH_SIZE, "%s/%s/%s.zip", spool->config->spool.path, slug,
                 sha256) >= SPOOL_PATH_SIZE) {
        *ret_path = '\0';
    }
}

void
spool_begin_removing(struct spool *spool)
{
    if (!spool->may_remove) {
        spool->may_remove = true;
        (void)uv_timer_start(&spool->timer, on_timer, 0, WALK_MS);
    }
}

int64_t
spool_room(const struct spool *spool)
{
    int64_t room = spool->config->spool.max_bytes - spool->state.bytes;
    return room > 0 ? room : 0;
}

void
spool_added(struct spool *spool, int64_t bytes)
{
    spool->state.bytes += bytes;
    spool->state.files++;
    if (spool->state.oldest_at <= 0) {
        spool->state.oldest_at = clock_now();
    }
    spool->added_while_walking += bytes;
    if (spool->state.bytes > spool->config->spool.max_bytes / 10 * 9) {
        (void)uv_timer_start(&spool->timer, on_timer, 0, WALK_MS); /* makes room */
    }
}

void
spool_hold(struct spool *spool, const char *path)
{
    struct held *held = spool->held;
    while (held != NULL && strcmp(held->path, path) != 0) {
        held = held->next;
    }
    if (held == NULL) {
        size_t size = strlen(path) + 1;
        held = malloc(sizeof *held + size);
        if (held == NULL) {
            return; /* it is new; only a spool that is too full would lose it */
        }
        memcpy(held->path, path, size);
        held->count = 0;
        held->next = spool->held;
        spool->held = held;
    }
    held->count++;
}

void
spool_release(struct spool *spool, const char *path)
{
    struct held **at = &spool->held;
    while (*at != NULL && strcmp((*at)->path, path) != 0) {
        at = &(*at)->next;
    }
    struct held *held = *at;
    if (held != NULL && --held->count == 0) {
        *at = held->next;
        free(held);
    }
}

void
spool_dispose(struct spool *spool, const char *slug, double before)
{
    /* the same moment, told again, is a little off: it comes as an age */
    const double slack_s = 1;
    struct disposal *disposal = find_disposal(spool->disposals, slug);
    if (disposal != NULL && before <= disposal->before + slack_s) {
        return;
    }
    if (disposal != NULL) {
        disposal->before = before;
    } else {
        spool->disposals = add_disposal(spool->disposals, slug, before);
    }
    spool->is_walk_due = true;
    if (!spool->is_walking) {
        (void)uv_timer_start(&spool->timer, on_timer, 0, WALK_MS);
    }
}

struct spool_state
spool_state(const struct spool *spool)
{
    return spool->state;
}

static void
try_close(struct spool *spool)
{
    if (!spool->is_timer_closed || spool->is_walking) {
        return;
    }
    void (*closed)(void *context) = spool->closed;
    void *context = spool->closed_context;
    free_held(spool->held);
    free_disposals(spool->disposals);
    free(spool);
    closed(context);
}

static void
on_timer_closed(uv_handle_t *handle)
{
    struct spool *spool = handle->data;
    spool->is_timer_closed = true;
    try_close(spool);
}

void
spool_close(struct spool *spool, void (*closed)(void *context), void *context)
{
    spool->closed = closed;
    spool->closed_context = context;
    uv_close((uv_handle_t *)&spool->timer, on_timer_closed);
}
