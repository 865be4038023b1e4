#include "bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle_private.h"
#include "foreign.h"
#include "limit.h"

/* End of central directory: its signature, its bytes, where its comment's length stands. */
#define ENTRY_SIGNATURE "PK\003\004"
#define END_SIGNATURE "PK\005\006"
#define END_BYTES 22
#define END_COMMENT_AT 20
#define END_COMMENT_MAX 65535

/* libzip's own words, without the name of any file. */
static int
fail_zip(struct error *reterr, enum cause cause, const char *what, int zip_code)
{
    zip_error_t error;
    zip_error_init_with_code(&error, zip_code);
    int result = error_set(reterr, zip_code == ZIP_ER_MEMORY ? CAUSE_MEMORY : cause, "%s: %s", what,
                           zip_error_strerror(&error));
    zip_error_fini(&error);
    return result;
}

/*
 * The end record must end the file. Bytes after it come from an upload over a longer file or from
 * two archives in one, and libzip would read the wrong one without a word.
 */
static int
check_end(int fd, int64_t size, struct error *reterr)
{
    static unsigned char tail[END_BYTES + END_COMMENT_MAX];
    size_t want = (size_t)(size < (int64_t)sizeof tail ? size : (int64_t)sizeof tail);
    size_t have = 0;
    while (have < want) {
        ssize_t got = pread(fd, tail + have, want - have, size - (int64_t)(want - have));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return error_set_errno(reterr, CAUSE_SPOOL_IO, got < 0 ? errno : EIO,
                                   "reading the zip");
        }
        have += (size_t)got;
    }
    for (size_t at = want; at-- > 0;) {
        if (want - at < END_BYTES || memcmp(tail + at, END_SIGNATURE, 4) != 0) {
            continue;
        }
        size_t comment = tail[at + END_COMMENT_AT] | (size_t)tail[at + END_COMMENT_AT + 1] << 8;
        if (at + END_BYTES + comment == want) {
            return 0;
        }
    }
    bool is_cut = pread(fd, tail, 4, 0) == 4 && memcmp(tail, ENTRY_SIGNATURE, 4) == 0;
    return error_set(reterr, CAUSE_ZIP_DAMAGED,
                     is_cut ? "the zip is cut off, or something was written behind its end"
                            : "the file does not end with the end record of a zip");
}

/* What is no zip at all is called by its name. */
static int
check_begin(int fd, struct error *reterr)
{
    char begin[512];
    ssize_t got = pread(fd, begin, sizeof begin, 0);
    if (got < 0) {
        return error_set_errno(reterr, CAUSE_SPOOL_IO, errno, "reading the zip");
    }
    const struct foreign *foreign = foreign_of_bytes((struct text){begin, (size_t)got});
    return foreign == NULL ? 0 : error_set(reterr, foreign->cause, "%s", foreign->sentence);
}

static int
check_file(int fd, struct error *reterr)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return error_set_errno(reterr, CAUSE_SPOOL_IO, errno, "looking at the zip");
    }
    if (!S_ISREG(status.st_mode)) {
        return error_set(reterr, CAUSE_SPOOL_IO, "the zip is not a regular file");
    }
    if (status.st_size > LIMIT_ZIP_BYTES) {
        return error_set(reterr, CAUSE_FILE_TOO_LARGE, "the zip has more than %lld bytes",
                         (long long)LIMIT_ZIP_BYTES);
    }
    return check_begin(fd, reterr) == 0 ? check_end(fd, status.st_size, reterr) : -1;
}

/* What macOS and Windows put beside the files. */
static bool
is_leftover(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash == NULL ? name : slash + 1;
    return strncmp(name, "__MACOSX/", 9) == 0 || strcmp(base, ".DS_Store") == 0 ||
           strncmp(base, "._", 2) == 0 || strcasecmp(base, "Thumbs.db") == 0 ||
           strcasecmp(base, "desktop.ini") == 0;
}

/* A name is never used as a path; one that could do harm as a path shows what made the zip. */
static int
check_name(const char *name, struct error *reterr)
{
    if (strlen(name) > LIMIT_ZIP_NAME_BYTES) {
        return error_set(reterr, CAUSE_ZIP_LIMIT, "a name has more than %d bytes",
                         LIMIT_ZIP_NAME_BYTES);
    }
    if (name[0] == '\0' || name[0] == '/' || strchr(name, '\\') != NULL ||
        strcmp(name, "..") == 0 || strncmp(name, "../", 3) == 0 || strstr(name, "/../") != NULL) {
        return error_set(reterr, CAUSE_ZIP_LIMIT,
                         "an entry's name is empty, absolute, or leads out of its folder");
    }
    return 0;
}

static const char *
entry_name(const struct bundle *bundle, zip_uint64_t index)
{
    const char *name = zip_get_name(bundle->zip, index, ZIP_FL_ENC_RAW);
    return name == NULL ? "" : name;
}

static bool
is_folder(const char *name)
{
    return name[0] != '\0' && name[strlen(name) - 1] == '/';
}

/* Checks all names and finds the one folder that is around all of them, if there is one. */
static int
look_at_names(struct bundle *bundle, zip_uint64_t count, struct error *reterr)
{
    bool first = true;
    for (zip_uint64_t index = 0; index < count; index++) {
        const char *name = entry_name(bundle, index);
        if (check_name(name, reterr) != 0) {
            return -1;
        }
        if (is_leftover(name)) {
            continue;
        }
        const char *slash = strchr(name, '/');
        size_t size = slash == NULL ? 0 : (size_t)(slash - name) + 1;
        if (first) {
            memcpy(bundle->folder, name, size);
            bundle->folder[size] = '\0';
            first = false;
        } else if (strlen(bundle->folder) != size || memcmp(bundle->folder, name, size) != 0) {
            bundle->folder[0] = '\0';
        }
    }
    return 0;
}

static int
check_entry(struct bundle *bundle, const zip_stat_t *stat, enum roster_file file,
            struct error *reterr)
{
    const char *name = roster_file_name(file);
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (stat->encryption_method != ZIP_EM_NONE) {
        return error_set(reterr, CAUSE_ZIP_FEATURE,
                         "%s is protected by a password (encrypted); it has to come without", name);
    }
    if (stat->comp_method != ZIP_CM_STORE && stat->comp_method != ZIP_CM_DEFLATE) {
        return error_set(reterr, CAUSE_ZIP_FEATURE, "%s is compressed by method %u", name,
                         (unsigned)stat->comp_method);
    }
    if (zip_file_get_external_attributes(bundle->zip, stat->index, 0, &system, &attributes) == 0 &&
        system == ZIP_OPSYS_UNIX && (attributes >> 16 & S_IFMT) != 0 &&
        !S_ISREG(attributes >> 16)) {
        return error_set(reterr, CAUSE_ZIP_FEATURE, "%s is a link or a device", name);
    }
    if (stat->size > (zip_uint64_t)LIMIT_FILE_BYTES) {
        return error_set(reterr, CAUSE_ZIP_LIMIT, "%s has more than %lld bytes", name,
                         (long long)LIMIT_FILE_BYTES);
    }
    if (bundle->entries[file].present) {
        return error_set(reterr, CAUSE_ZIP_LIMIT, "the zip has %s twice", name);
    }
    return 0;
}

static int
look_at_entry(struct bundle *bundle, zip_uint64_t index, struct error *reterr)
{
    const char *name = entry_name(bundle, index);
    size_t folder = strlen(bundle->folder);
    if (is_leftover(name) || is_folder(name)) {
        return 0;
    }
    enum roster_file file = roster_file_of(text_of(name + folder));
    if (file == FILE_COUNT) {
        bundle->unknown_count++;
        return 0;
    }
    zip_stat_t stat;
    const zip_uint64_t wanted = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC |
                                ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(bundle->zip, index, 0, &stat) != 0 || (stat.valid & wanted) != wanted) {
        return error_set(reterr, CAUSE_ZIP_DAMAGED, "the directory says too little of %s",
                         roster_file_name(file));
    }
    stat.index = index;
    if (check_entry(bundle, &stat, file, reterr) != 0) {
        return -1;
    }
    bundle->entries[file] = (struct entry){
        .present = true,
        .renamed = !text_equals(text_of(name + folder), text_of(roster_file_name(file))),
        .index = index,
        .size = stat.size,
        .compressed_size = stat.comp_size,
        .crc = stat.crc,
        .is_stored = stat.comp_method == ZIP_CM_STORE};
    return 0;
}

/* Another product's package, by the names of its files; NULL: no sign of one. */
static const struct foreign *
foreign_of(const struct bundle *bundle, zip_uint64_t count)
{
    unsigned seen = 0;
    for (zip_uint64_t index = 0; index < count; index++) {
        const char *name = entry_name(bundle, index);
        if (!is_leftover(name)) {
            foreign_see(text_of(name + strlen(bundle->folder)), &seen);
        }
    }
    return foreign_of_names(seen);
}

static int
look_at_entries(struct bundle *bundle, struct error *reterr)
{
    zip_int64_t count = zip_get_num_entries(bundle->zip, 0);
    if (count > LIMIT_ZIP_ENTRIES) {
        return error_set(reterr, CAUSE_ZIP_LIMIT, "the zip has %lld entries, more than %d",
                         (long long)count, LIMIT_ZIP_ENTRIES);
    }
    if (look_at_names(bundle, (zip_uint64_t)count, reterr) != 0) {
        return -1;
    }
    bool any = false;
    const struct foreign *foreign = foreign_of(bundle, (zip_uint64_t)count);
    if (foreign != NULL) {
        return error_set(reterr, foreign->cause, "%s", foreign->sentence);
    }
    for (zip_uint64_t index = 0; index < (zip_uint64_t)count; index++) {
        if (look_at_entry(bundle, index, reterr) != 0) {
            return -1;
        }
    }
    for (int file = 0; file < FILE_COUNT; file++) {
        any |= bundle->entries[file].present;
    }
    return any ? 0
               : error_set(reterr, CAUSE_ROSTER_EMPTY, "the zip has no file of OneRoster in it");
}

int
bundle_open(int fd, struct bundle **ret_bundle, struct error *reterr)
{
    if (check_file(fd, reterr) != 0) {
        (void)close(fd);
        return -1;
    }
    struct bundle *bundle = calloc(1, sizeof *bundle);
    struct inflate *inflate = inflate_new();
    if (bundle == NULL || inflate == NULL) {
        (void)close(fd);
        free(bundle);
        inflate_free(inflate);
        return error_set(reterr, CAUSE_MEMORY, "opening the zip");
    }
    bundle->inflate = inflate;
    int code = 0;
    /* libzip looks at the position: the archive begins there */
    (void)lseek(fd, 0, SEEK_SET);
    bundle->place = bundle->open_fd = -1;
    bundle->zip = zip_fdopen(fd, ZIP_CHECKCONS, &code); /* read-only, and owns fd, on success */
    if (bundle->zip == NULL) {
        (void)close(fd);
        inflate_free(inflate);
        free(bundle);
        return fail_zip(reterr, CAUSE_ZIP_DAMAGED, "opening the zip", code);
    }
    if (look_at_entries(bundle, reterr) != 0) {
        bundle_close(bundle);
        return -1;
    }
    *ret_bundle = bundle;
    return 0;
}

void
bundle_stop(struct bundle *bundle)
{
    if (bundle->open != NULL) {
        (void)zip_fclose(bundle->open);
        bundle->open = NULL;
    }
    if (bundle->open_fd >= 0) {
        (void)close(bundle->open_fd);
        bundle->open_fd = -1;
    }
}

void
bundle_close(struct bundle *bundle)
{
    if (bundle == NULL) {
        return;
    }
    bundle_stop(bundle);
    inflate_free(bundle->inflate);
    if (bundle->zip != NULL) {
        zip_discard(bundle->zip);
    } else {
        (void)close(bundle->place);
    }
    free(bundle);
}

bool
bundle_has(const struct bundle *bundle, enum roster_file file)
{
    return bundle->entries[file].present;
}

uint64_t
bundle_size(const struct bundle *bundle, enum roster_file file)
{
    return bundle->entries[file].size;
}

size_t
bundle_unknown_count(const struct bundle *bundle)
{
    return bundle->unknown_count;
}

bool
bundle_has_folder(const struct bundle *bundle)
{
    return bundle->folder[0] != '\0';
}

bool
bundle_is_renamed(const struct bundle *bundle, enum roster_file file)
{
    return bundle->entries[file].renamed;
}

uint64_t
bundle_read_bytes(const struct bundle *bundle)
{
    return bundle->read_bytes;
}

/* The compressed bytes of the file that is open: the source of its inflating. */
static int64_t
read_raw(void *context, void *buffer, size_t size, struct error *reterr)
{
    struct bundle *bundle = context;
    zip_int64_t got = zip_fread(bundle->open, buffer, size);
    return got >= 0 ? got
                    : fail_zip(reterr, CAUSE_ZIP_DAMAGED, roster_file_name(bundle->file),
                               zip_error_code_zip(zip_file_get_error(bundle->open)));
}

int
bundle_start(struct bundle *bundle, enum roster_file file, struct error *reterr)
{
    bundle_stop(bundle);
    bundle->file = file;
    bundle->read_bytes = 0;
    if (bundle->zip == NULL) {
        return bundle_folder_start(bundle, reterr);
    }
    const struct entry *entry = &bundle->entries[file];
    bundle->open = zip_fopen_index(bundle->zip, entry->index, ZIP_FL_COMPRESSED);
    if (bundle->open == NULL) {
        return fail_zip(reterr, CAUSE_ZIP_DAMAGED, roster_file_name(file),
                        zip_error_code_zip(zip_get_error(bundle->zip)));
    }
    inflate_start(bundle->inflate, roster_file_name(file), entry->is_stored, read_raw, bundle);
    return 0;
}

/* The end was reached: what came out is held against what the directory says. */
static int64_t
finish(struct bundle *bundle, struct error *reterr)
{
    const struct entry *entry = &bundle->entries[bundle->file];
    bundle_stop(bundle);
    if (inflate_crc(bundle->inflate) != entry->crc) {
        return error_set(reterr, CAUSE_ZIP_DAMAGED, "the checksum of %s is wrong",
                         roster_file_name(bundle->file));
    }
    if (bundle->read_bytes != entry->size) {
        return error_set(reterr, CAUSE_ZIP_DAMAGED, "%s is not as long as the directory says",
                         roster_file_name(bundle->file));
    }
    return 0;
}

int
bundle_check_limits(struct bundle *bundle, struct error *reterr)
{
    struct entry *entry = &bundle->entries[bundle->file];
    const char *name = roster_file_name(bundle->file);
    uint64_t bytes = bundle->read_bytes;
    if (bytes > (uint64_t)LIMIT_FILE_BYTES) {
        return error_set(reterr, CAUSE_ZIP_LIMIT, "%s has more than %lld bytes", name,
                         (long long)LIMIT_FILE_BYTES);
    }
    if (bytes > (uint64_t)LIMIT_ZIP_RATIO_FROM_BYTES &&
        bytes / LIMIT_ZIP_RATIO > entry->compressed_size) {
        return error_set(reterr, CAUSE_ZIP_LIMIT, "%s grows more than %d times", name,
                         LIMIT_ZIP_RATIO);
    }
    if (bytes > entry->size) {
        return error_set(reterr, CAUSE_ZIP_DAMAGED, "%s is longer than the directory says", name);
    }
    if (bytes > entry->read_max) {
        entry->read_max = bytes;
    }
    uint64_t total = 0;
    for (int file = 0; file < FILE_COUNT; file++) {
        total += bundle->entries[file].read_max;
    }
    if (total > (uint64_t)LIMIT_TOTAL_BYTES) {
        return error_set(reterr, CAUSE_ZIP_LIMIT, "the files have more than %lld bytes together",
                         (long long)LIMIT_TOTAL_BYTES);
    }
    return 0;
}

int64_t
bundle_read(void *context, void *buffer, size_t size, struct error *reterr)
{
    struct bundle *bundle = context;
    if (bundle->zip == NULL) {
        return bundle_folder_read(bundle, buffer, size, reterr);
    }
    if (bundle->open == NULL) {
        return 0;
    }
    int64_t got = inflate_read(bundle->inflate, buffer, size, reterr);
    if (got < 0) {
        bundle_stop(bundle);
        return -1;
    }
    if (got == 0) {
        return finish(bundle, reterr);
    }
    bundle->read_bytes += (uint64_t)got;
    return bundle_check_limits(bundle, reterr) == 0 ? got : -1;
}
