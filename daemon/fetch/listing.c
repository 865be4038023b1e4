#include "listing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bounds.h"

struct listing {
    const char *pattern;
    size_t seen; /* entries, and empty replies: a server could send those for ever too */
    struct settle_file *files;
    size_t count;
    size_t room;
};

struct listing *
listing_new(const char *pattern)
{
    struct listing *listing = calloc(1, sizeof *listing);
    if (listing != NULL) {
        listing->pattern = pattern;
    }
    return listing;
}

void
listing_free(struct listing *listing)
{
    if (listing != NULL) {
        for (size_t index = 0; index < listing->count; index++) {
            free((void *)(uintptr_t)listing->files[index].name);
        }
        free(listing->files);
        free(listing);
    }
}

static int
keep(struct listing *listing, const char *name, const struct sftp_codec_attributes *attributes,
     struct error *reterr)
{
    if (listing->count == listing->room) {
        size_t room = listing->room > 0 ? 2 * listing->room : 8;
        struct settle_file *files = realloc(listing->files, room * sizeof *files);
        if (files == NULL) {
            return error_set(reterr, CAUSE_MEMORY, "no memory for a listing");
        }
        listing->files = files;
        listing->room = room;
    }
    char *copy = strdup(name);
    if (copy == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for a listing");
    }
    listing->files[listing->count++] = (struct settle_file){
        .name = copy, .size = attributes->size, .mtime = (int64_t)attributes->mtime};
    return 0;
}

static int
take_entry(struct listing *listing, const struct sftp_codec_entry *entry, struct error *reterr)
{
    char name[BOUNDS_NAME + 1];
    const struct sftp_codec_attributes *attributes = &entry->attributes;
    if (entry->name.length > BOUNDS_NAME ||
        memchr(entry->name.bytes, '\0', entry->name.length) != NULL ||
        (attributes->has_mode && (attributes->mode & S_IFMT) != 0 && !S_ISREG(attributes->mode))) {
        return 0;
    }
    memcpy(name, entry->name.bytes, entry->name.length);
    name[entry->name.length] = '\0';
    bool is_file = settle_is_file(listing->pattern, name);
    if (!is_file && !settle_is_marker(name)) {
        return 0;
    }
    if (is_file && !attributes->has_size) {
        return error_set(reterr, CAUSE_SFTP_PROTOCOL, "the listing gives no size for %s", name);
    }
    return keep(listing, name, attributes, reterr);
}

int
listing_add(struct listing *listing, struct sftp_codec_reply *reply, struct error *reterr)
{
    struct sftp_codec_entry entry;
    int more = 0;
    listing->seen += reply->name_count == 0 ? 1 : 0;
    while ((more = sftp_codec_next_entry(reply, &entry)) > 0) {
        if (++listing->seen > BOUNDS_ENTRIES) {
            break;
        }
        if (take_entry(listing, &entry, reterr) != 0) {
            return -1;
        }
    }
    if (more < 0) {
        return error_set(reterr, CAUSE_SFTP_PROTOCOL, "a listing that cannot be understood");
    }
    if (listing->seen > BOUNDS_ENTRIES) {
        return error_set(reterr, CAUSE_SFTP_LISTING, "the folder holds more than %d entries",
                         BOUNDS_ENTRIES);
    }
    return 0;
}

const struct settle_file *
listing_files(const struct listing *listing, size_t *ret_count)
{
    *ret_count = listing->count;
    return listing->files;
}
