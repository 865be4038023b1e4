/* SHA-256 is libcrypto's: libssh has it in the process already, and it uses the processor's SHA
 * instructions, which libsodium's does not. */
#include "spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_PREFIX ".fetch-"
#define TEMPORARY_SUFFIX ".part"
#define NAME_TRIES 8
/* So many bytes at a time are sent on their way to the disk while the transfer goes on, or the
 * fsync at the end would have to wait for all of them. */
#define WRITE_BACK (8 * 1024 * 1024)

struct spool_file {
    char *folder_path;
    int folder;
    int fd;
    EVP_MD_CTX *hash;
    off_t written;
    off_t sent_back; /* to the disk, or on the way there */
    bool sealed;
    char temporary[48];
    char sha256[SPOOL_HASH_SIZE];
    char path[PATH_MAX];
};

static int
io_error(struct error *reterr, int failure, const char *doing)
{
    bool is_full = failure == ENOSPC || failure == EDQUOT;
    return error_set_errno(reterr, is_full ? CAUSE_SPOOL_FULL : CAUSE_SPOOL_IO, failure,
                           "spool: %s", doing);
}

static int
open_folder(const char *path, struct error *reterr)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        int failure = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return io_error(reterr, failure, "opening the folder");
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        (void)close(fd);
        return error_set(reterr, CAUSE_SPOOL_IO,
                         "spool: others may enter the folder; chmod 700 it");
    }
    return fd;
}

static bool
is_temporary(const char *name)
{
    size_t length = strlen(name);
    return strncmp(name, TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX)) == 0 &&
           length > strlen(TEMPORARY_SUFFIX) &&
           strcmp(name + length - strlen(TEMPORARY_SUFFIX), TEMPORARY_SUFFIX) == 0;
}

static void
remove_if_orphan(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            (void)unlinkat(folder, name, 0);
        }
        (void)close(fd);
    }
}

/* What cannot be removed now will be another time. */
static void
sweep(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (entries == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return;
    }
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (is_temporary(entry->d_name)) {
            remove_if_orphan(fd, entry->d_name);
        }
    }
    (void)closedir(entries);
}

/* Makes the file and locks it. A sweep of another process may have taken it for an orphan in
 * between: then it has no name any more, and another is made. */
static int
create_locked(struct spool_file *file)
{
    for (int try = 0; try < NAME_TRIES; try++) {
        uint64_t number = 0;
        if (getrandom(&number, sizeof number, 0) != sizeof number) {
            return -1;
        }
        (void)snprintf(file->temporary, sizeof file->temporary,
                       TEMPORARY_PREFIX "%016llx" TEMPORARY_SUFFIX, (unsigned long long)number);
        int fd = openat(file->folder, file->temporary,
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
        if (fd < 0 && errno != EEXIST) {
            return -1;
        }
        struct stat status;
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &status) == 0 &&
            status.st_nlink == 1) {
            file->fd = fd;
            return 0;
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    errno = EAGAIN;
    return -1;
}

struct spool_file *
spool_create(const char *folder, struct error *reterr)
{
    struct spool_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        (void)error_set(reterr, CAUSE_MEMORY, "spool: no memory");
        return NULL;
    }
    file->fd = -1;
    file->folder = open_folder(folder, reterr);
    file->folder_path = strdup(folder);
    file->hash = EVP_MD_CTX_new();
    if (file->folder < 0) {
        spool_free(file);
        return NULL;
    }
    if (file->folder_path == NULL || file->hash == NULL ||
        EVP_DigestInit_ex(file->hash, EVP_sha256(), NULL) != 1) {
        (void)error_set(reterr, CAUSE_MEMORY, "spool: no memory");
        spool_free(file);
        return NULL;
    }
    sweep(file->folder);
    if (create_locked(file) != 0) {
        (void)io_error(reterr, errno, "making a file");
        spool_free(file);
        return NULL;
    }
    return file;
}

int
spool_write(struct spool_file *file, const uint8_t *bytes, size_t length, struct error *reterr)
{
    if (EVP_DigestUpdate(file->hash, bytes, length) != 1) {
        return error_set(reterr, CAUSE_INTERNAL, "spool: the hash failed");
    }
    while (length > 0) {
        ssize_t written = write(file->fd, bytes, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return io_error(reterr, errno, "writing");
        }
        bytes += written;
        length -= (size_t)written;
        file->written += written;
    }
    if (file->written - file->sent_back >= WRITE_BACK) {
        /* Only a hint: what it cannot do, fsync does, and tells. */
        (void)sync_file_range(file->fd, file->sent_back, file->written - file->sent_back,
                              SYNC_FILE_RANGE_WRITE);
        file->sent_back = file->written;
    }
    return 0;
}

static int
end_hash(struct spool_file *file)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(file->hash, digest, &length) != 1 ||
        length * 2 + 1 != sizeof file->sha256) {
        return -1;
    }
    for (unsigned index = 0; index < length; index++) {
        (void)snprintf(file->sha256 + (size_t)2 * index, 3, "%02x", digest[index]);
    }
    return 0;
}

int
spool_seal(struct spool_file *file, struct error *reterr)
{
    char name[SPOOL_HASH_SIZE + 8];
    if (end_hash(file) != 0) {
        return error_set(reterr, CAUSE_INTERNAL, "spool: the hash failed");
    }
    (void)snprintf(name, sizeof name, "%s.zip", file->sha256);
    if (snprintf(file->path, sizeof file->path, "%s/%s", file->folder_path, name) >=
        (int)sizeof file->path) {
        return error_set(reterr, CAUSE_SPOOL_IO, "spool: the folder's path is too long");
    }
    if (fsync(file->fd) != 0) {
        return io_error(reterr, errno, "fsync of the file");
    }
    if (renameat(file->folder, file->temporary, file->folder, name) != 0) {
        return io_error(reterr, errno, "naming the file");
    }
    file->sealed = true;
    if (fsync(file->folder) != 0) {
        return io_error(reterr, errno, "fsync of the folder");
    }
    return 0;
}

const char *
spool_path(const struct spool_file *file)
{
    return file->path;
}

const char *
spool_sha256(const struct spool_file *file)
{
    return file->sha256;
}

void
spool_free(struct spool_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->fd >= 0) {
        if (!file->sealed) {
            (void)unlinkat(file->folder, file->temporary, 0);
        }
        (void)close(file->fd);
    }
    if (file->folder >= 0) {
        (void)close(file->folder);
    }
    EVP_MD_CTX_free(file->hash);
    free(file->folder_path);
    free(file);
}
