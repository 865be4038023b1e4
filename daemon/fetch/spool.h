/*
 * A file on its way into the spool. It is written under a hidden temporary name and locked, so that
 * a second process can tell a transfer that is going on from the remains of one that died; it gets
 * its real name, the SHA-256 of its content, only when it is whole and on the disk. Folder and file
 * are readable by rosterd alone.
 */
#ifndef FETCH_SPOOL_H
#define FETCH_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* 64 hexadecimal digits and a NUL. */
#define SPOOL_HASH_SIZE 65

struct spool_file;

/*
 * Makes a new, empty temporary file, and removes those in the folder that nobody is writing any
 * more.
 *
 * @return  NULL and an error (CAUSE_SPOOL_…) if it cannot
 */
struct spool_file *spool_create(const char *folder, struct error *reterr);

/* Appends; the hash goes along. */
int spool_write(struct spool_file *file, const uint8_t *bytes, size_t length, struct error *reterr);

/*
 * Ends the file: fsync, its real name, fsync of the folder. Blocks on the disk, so it is called in
 * a thread of the pool; nothing else may use the file meanwhile.
 */
int spool_seal(struct spool_file *file, struct error *reterr);

/* Of a sealed file; they live as long as it. */
const char *spool_path(const struct spool_file *file);
const char *spool_sha256(const struct spool_file *file);

/* Forgets the file; removes it unless it was sealed. NULL is fine. */
void spool_free(struct spool_file *file);

#endif
