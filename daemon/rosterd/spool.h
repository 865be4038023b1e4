/*
 * The zips on this machine: a folder a district. Files are kept for some days after their run, so
 * that a run can be tried again without the district's server; then, or when the spool is full, the
 * oldest that nobody works with are removed. The file of a run that is held stays as long as it is.
 * Beside them lies the digest of the last one (lib/digest.h), which is as old as its file.
 */
#ifndef ROSTERD_SPOOL_H
#define ROSTERD_SPOOL_H

#include <stdint.h>
#include <uv.h>

#include "config.h"
#include "error.h"

/* The digest of a district's last file, in its folder; and that of a run's, by the run's number. */
#define SPOOL_DIGEST "roster.digest"
#define SPOOL_DIGEST_NEXT ".digest-%lld.part"

struct spool;

struct spool_state {
    int64_t bytes;
    int64_t files;
    double oldest_at; /* seconds since 1970; 0: empty */
};

/*
 * Makes the folder (0700) if it is not there, and begins to look after it.
 *
 * @param config  must outlive it; max_bytes and keep_days are read anew each time
 * @return 0, or -1 when the folder cannot be used
 */
int spool_new(uv_loop_t *loop, const struct config *config, struct spool **ret_spool,
              struct error *reterr);

/*
 * The folder of a district, made if it is not there.
 *
 * @param ret_path  at least SPOOL_PATH_SIZE bytes
 */
#define SPOOL_PATH_SIZE 1200
int spool_folder(const struct spool *spool, const char *slug, char *ret_path, struct error *reterr);

/*
 * Where the file of a hash is in the folder of a district, if it is there.
 *
 * @param ret_path  at least SPOOL_PATH_SIZE bytes; "" if it would not fit
 */
void spool_path(const struct spool *spool, const char *slug, const char *sha256, char *ret_path);

/* What is to stay is known by now: files are removed from now on. */
void spool_begin_removing(struct spool *spool);

/* Bytes a new file may have. */
int64_t spool_room(const struct spool *spool);

/* A file was added. */
void spool_added(struct spool *spool, int64_t bytes);

/* The file is worked with, so it stays; and is not any more. The path as it was given to us. */
void spool_hold(struct spool *spool, const char *path);
void spool_release(struct spool *spool, const char *path);

/*
 * Somebody of the district was erased: its files that came at or before `before` (seconds since
 * 1970) go at once, but for one that is worked with, which goes as soon as it is not. Again for
 * what is known already: nothing.
 */
void spool_dispose(struct spool *spool, const char *slug, double before);

struct spool_state spool_state(const struct spool *spool);

void spool_close(struct spool *spool, void (*closed)(void *context), void *context);

#endif
