#include "loose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EXTENSION ".csv"
#define PREFIX "csv-set-"
#define PREFIX_MANIFEST "csv-set-with-manifest-"
#define DIGITS 16

/* What rosterd reads (oneroster.def), and what a set needs when no manifest says what belongs to
 * it. */
static const struct {
    const char *name;
    bool is_needed;
} read_names[] = {
    {"manifest.csv", false}, {"orgs.csv", true},        {"academicSessions.csv", false},
    {"courses.csv", false},  {"classes.csv", true},     {"users.csv", true},
    {"roles.csv", false},    {"enrollments.csv", true},
};
#define READ_COUNT (sizeof read_names / sizeof read_names[0])
#define MANIFEST 0

/* Other products' sets: never complete by the names above, but taken, so that the worker can call
 * them by their names. */
static const char *const foreign_pairs[][2] = {{"schools.csv", "sections.csv"},
                                               {"school.csv", "section.csv"}};

bool
loose_is_pattern(const char *pattern)
{
    size_t length = strlen(pattern);
    size_t extension = strlen(EXTENSION);
    return length >= extension && strcasecmp(pattern + length - extension, EXTENSION) == 0;
}

static bool
begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

bool
loose_is_name(const char *name)
{
    const char *digits =
        name + strlen(begins_with(name, PREFIX_MANIFEST) ? PREFIX_MANIFEST : PREFIX);
    return begins_with(name, PREFIX) && strlen(digits) == DIGITS &&
           strspn(digits, "0123456789abcdef") == DIGITS;
}

/* Place in read_names, READ_COUNT: it is not read. */
static size_t
place_of(const char *name)
{
    size_t at = 0;
    while (at < READ_COUNT && strcasecmp(name, read_names[at].name) != 0) {
        at++;
    }
    return at;
}

static bool
has(const struct loose_set *set, const char *name)
{
    for (size_t at = 0; at < set->count; at++) {
        if (strcasecmp(set->files[at].file.name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* By name, but the manifest last: while a set is moved or deleted file by file, what is left must
 * not pass for a complete set. */
static int
compare(const void *left, const void *right)
{
    const struct loose_file *a = left;
    const struct loose_file *b = right;
    bool is_last_a = place_of(a->file.name) == MANIFEST;
    bool is_last_b = place_of(b->file.name) == MANIFEST;
    return is_last_a != is_last_b ? (is_last_a ? 1 : -1) : strcmp(a->file.name, b->file.name);
}

/* FNV-1a: two sets of one district must not be taken for each other by accident, no more. */
static uint64_t
digest(uint64_t hash, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    for (size_t at = 0; at < length; at++) {
        hash = (hash ^ bytes[at]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static void
name_set(struct loose_set *set)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t at = 0; at < set->count; at++) {
        const struct loose_file *member = &set->files[at];
        hash = digest(hash, member->file.name, strlen(member->file.name) + 1);
        if (member->is_read) {
            hash = digest(hash, &member->file.size, sizeof member->file.size);
            hash = digest(hash, &member->file.mtime, sizeof member->file.mtime);
        }
    }
    (void)snprintf(set->name, sizeof set->name, "%s%016llx",
                   has(set, read_names[MANIFEST].name) ? PREFIX_MANIFEST : PREFIX,
                   (unsigned long long)hash);
}

int
loose_gather(const struct settle_question *question, struct loose_set *ret_set,
             struct error *reterr)
{
    memset(ret_set, 0, sizeof *ret_set);
    for (size_t index = 0; index < question->file_count; index++) {
        const struct settle_file *file = &question->files[index];
        if (!settle_is_file(question->pattern, file->name)) {
            continue;
        }
        if (ret_set->count == LOOSE_FILES) {
            return error_set(reterr, CAUSE_ZIP_LIMIT, "the folder has more than %d CSV files",
                             LOOSE_FILES);
        }
        struct loose_file *member = &ret_set->files[ret_set->count++];
        *member = (struct loose_file){.file = *file, .is_read = place_of(file->name) < READ_COUNT};
        if (member->is_read) {
            ret_set->size += file->size;
            ret_set->mtime = file->mtime > ret_set->mtime ? file->mtime : ret_set->mtime;
        }
    }
    for (size_t at = 0; at < ret_set->count && ret_set->size == 0; at++) {
        const struct settle_file *file =
            &ret_set->files[at].file; /* of another product, or empty */
        ret_set->mtime = file->mtime > ret_set->mtime ? file->mtime : ret_set->mtime;
    }
    if (ret_set->count > 0) {
        qsort(ret_set->files, ret_set->count, sizeof ret_set->files[0], compare);
        name_set(ret_set);
    }
    return 0;
}

static bool
can_be_complete(const struct loose_set *set, const struct settle_question *question)
{
    bool has_manifest = has(set, read_names[MANIFEST].name);
    bool had_manifest =
        question->known != NULL && begins_with(question->known->name, PREFIX_MANIFEST);
    bool has_needed = true;
    for (size_t at = 0; at < set->count; at++) {
        if (set->files[at].is_read && set->files[at].file.size == 0) {
            return false; /* an upload that has begun */
        }
    }
    for (size_t at = 0; at < sizeof foreign_pairs / sizeof foreign_pairs[0]; at++) {
        if (has(set, foreign_pairs[at][0]) && has(set, foreign_pairs[at][1])) {
            return true;
        }
    }
    for (size_t at = 0; at < READ_COUNT; at++) {
        has_needed = has_needed && (!read_names[at].is_needed || has(set, read_names[at].name));
    }
    return has_manifest || (has_needed && (!had_manifest || question->again));
}

static bool
is_marked(const struct settle_question *question, const struct settle_file *file)
{
    for (size_t at = 0; at < question->file_count; at++) {
        const struct settle_file *marker = &question->files[at];
        if (marker->mtime >= file->mtime && settle_is_marker_of(marker->name, file->name)) {
            return true;
        }
    }
    return false;
}

/* A marker that speaks of the whole set: it is no single file's, or the manifest's. */
static bool
is_marker_of_set(const struct loose_set *set, const struct settle_file *marker)
{
    if (!settle_is_marker(marker->name) || marker->mtime < set->mtime) {
        return false;
    }
    for (size_t at = 0; at < set->count; at++) {
        const char *name = set->files[at].file.name;
        if (settle_is_marker_of(marker->name, name) && place_of(name) != MANIFEST) {
            return false;
        }
    }
    return true;
}

static bool
is_set_marked(const struct loose_set *set, const struct settle_question *question)
{
    bool is_each_marked = true;
    for (size_t at = 0; at < question->file_count; at++) {
        if (is_marker_of_set(set, &question->files[at])) {
            return true;
        }
    }
    for (size_t at = 0; at < set->count; at++) {
        is_each_marked = is_each_marked &&
                         (!set->files[at].is_read || is_marked(question, &set->files[at].file));
    }
    return is_each_marked;
}

int
loose_choose(const struct settle_question *question, struct loose_set *ret_set,
             struct settle_answer *ret_answer, struct error *reterr)
{
    memset(ret_answer, 0, sizeof *ret_answer);
    if (loose_gather(question, ret_set, reterr) != 0) {
        return -1;
    }
    const struct settle_file *known = question->known;
    bool is_known = known != NULL && strcmp(known->name, ret_set->name) == 0;
    if (ret_set->count == 0 || (is_known && !question->again)) {
        ret_answer->verdict = SETTLE_NOTHING;
        return 0;
    }
    /* Sets of other products have no file that is read; a candidate is not empty. */
    const struct settle_file file = {.name = ret_set->name,
                                     .size = ret_set->size > 0 ? ret_set->size : 1,
                                     .mtime = ret_set->mtime};
    if (!can_be_complete(ret_set, question)) {
        ret_answer->verdict = SETTLE_WAITING;
        ret_answer->why = SETTLE_INCOMPLETE;
        ret_answer->seen[ret_answer->seen_count++] = file;
        return 0;
    }
    struct settle_question as_one = *question;
    as_one.pattern = "*";
    as_one.files = &file;
    as_one.file_count = 1;
    /* There is one set, and the one that is there now is meant, be it older. */
    as_one.known = known != NULL && !is_known && loose_is_name(known->name) ? NULL : known;
    if (question->mode == SETTLE_MARKER) {
        as_one.mode = SETTLE_TWO_POLLS;
        as_one.seen = is_set_marked(ret_set, question) ? &file : NULL;
        as_one.seen_count = as_one.seen != NULL ? 1 : 0;
    }
    settle_choose(&as_one, ret_answer);
    if (ret_answer->verdict == SETTLE_WAITING) {
        ret_answer->why = question->mode == SETTLE_MARKER ? SETTLE_NO_MARKER
                          : question->seen_count > 0      ? SETTLE_GROWING
                                                          : SETTLE_FIRST_SEEN;
    }
    return 0;
}

bool
loose_is_unchanged(const struct loose_set *then, const struct loose_set *now)
{
    for (size_t at = 0; at < now->count; at++) {
        const struct loose_file *is = &now->files[at];
        bool was = !is->is_read;
        for (size_t other = 0; other < then->count && !was; other++) {
            const struct settle_file *file = &then->files[other].file;
            was = strcmp(file->name, is->file.name) == 0 && file->size == is->file.size &&
                  file->mtime == is->file.mtime;
        }
        if (!was) {
            return false;
        }
    }
    return true;
}
