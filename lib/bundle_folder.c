#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle_private.h"
#include "foreign.h"

static int
look_at_file(struct bundle *bundle, const char *name, struct error *reterr)
{
    struct stat status;
    enum roster_file file = roster_file_of(text_of(name));
    if (file == FILE_COUNT || strlen(name) >= NAME_SIZE) {
        bundle->unknown_count++;
        return 0;
    }
    if (fstatat(bundle->place, name, &status, 0) != 0 || !S_ISREG(status.st_mode)) {
        return error_set(reterr, CAUSE_SPOOL_IO, "%s cannot be looked at, or is no file",
                         roster_file_name(file));
    }
    if (status.st_size > LIMIT_FILE_BYTES) {
        return error_set(reterr, CAUSE_ZIP_LIMIT, "%s has more than %lld bytes",
                         roster_file_name(file), (long long)LIMIT_FILE_BYTES);
    }
    struct entry *entry = &bundle->entries[file];
    if (entry->present) {
        return error_set(reterr, CAUSE_ZIP_LIMIT, "the folder has %s twice, in other letter case",
                         roster_file_name(file));
    }
    *entry = (struct entry){.present = true,
                            .renamed = strcmp(name, roster_file_name(file)) != 0,
                            .size = (uint64_t)status.st_size,
                            .compressed_size = (uint64_t)status.st_size};
    memcpy(entry->name, name, strlen(name) + 1);
    return 0;
}

static bool
is_csv(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && name[0] != '.' && strcasecmp(name + length - 4, ".csv") == 0;
}

static int
look_at_folder(struct bundle *bundle, DIR *folder, struct error *reterr)
{
    unsigned seen = 0;
    size_t count = 0;
    bool any = false;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (!is_csv(entry->d_name)) {
            continue;
        }
        if (++count > LIMIT_ZIP_ENTRIES) {
            return error_set(reterr, CAUSE_ZIP_LIMIT, "the folder has more than %d CSV files",
                             LIMIT_ZIP_ENTRIES);
        }
        foreign_see(text_of(entry->d_name), &seen);
        if (look_at_file(bundle, entry->d_name, reterr) != 0) {
            return -1;
        }
    }
    const struct foreign *foreign = foreign_of_names(seen);
    if (foreign != NULL) {
        return error_set(reterr, foreign->cause, "%s", foreign->sentence);
    }
    for (int file = 0; file < FILE_COUNT; file++) {
        any |= bundle->entries[file].present;
    }
    return any ? 0
               : error_set(reterr, CAUSE_ROSTER_EMPTY, "the folder has no file of OneRoster in it");
}

int
bundle_open_folder(int fd, struct bundle **ret_bundle, struct error *reterr)
{
    struct bundle *bundle = calloc(1, sizeof *bundle);
    if (bundle == NULL) {
        (void)close(fd);
        return error_set(reterr, CAUSE_MEMORY, "opening the folder");
    }
    bundle->place = fd;
    bundle->open_fd = -1;
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    int result = folder == NULL ? error_set_errno(reterr, CAUSE_SPOOL_IO, errno, "the folder")
                                : look_at_folder(bundle, folder, reterr);
    if (folder != NULL) {
        (void)closedir(folder);
    } else if (copy >= 0) {
        (void)close(copy);
    }
    if (result != 0) {
        bundle_close(bundle);
        return -1;
    }
    *ret_bundle = bundle;
    return 0;
}

int
bundle_folder_start(struct bundle *bundle, struct error *reterr)
{
    bundle->open_fd = openat(bundle->place, bundle->entries[bundle->file].name,
                             O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return bundle->open_fd >= 0 ? 0
                                : error_set_errno(reterr, CAUSE_SPOOL_IO, errno, "opening %s",
                                                  roster_file_name(bundle->file));
}

int64_t
bundle_folder_read(struct bundle *bundle, void *buffer, size_t size, struct error *reterr)
{
    if (bundle->open_fd < 0) {
        return 0;
    }
    ssize_t got = 0;
    do {
        got = read(bundle->open_fd, buffer, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return error_set_errno(reterr, CAUSE_SPOOL_IO, errno, "reading %s",
                               roster_file_name(bundle->file));
    }
    bundle->read_bytes += (uint64_t)got;
    uint64_t stated = bundle->entries[bundle->file].size;
    if (bundle->read_bytes > stated || (got == 0 && bundle->read_bytes < stated)) {
        return error_set(reterr, CAUSE_SPOOL_IO, "%s changed while it was read",
                         roster_file_name(bundle->file));
    }
    if (got == 0) {
        bundle_stop(bundle);
    }
    return bundle_check_limits(bundle, reterr) == 0 ? got : -1;
}
