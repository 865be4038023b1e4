#include "settle.h"

#include <string.h>
#include <strings.h>

#include "glob.h"

#define MARKER_SUFFIX ".done"

static const char *const why_words[SETTLE_WHY_COUNT] = {
    [SETTLE_FIRST_SEEN] = "first-seen", [SETTLE_GROWING] = "growing",
    [SETTLE_NO_MARKER] = "no-marker",   [SETTLE_EMPTY] = "empty",
    [SETTLE_OLDER] = "older",           [SETTLE_INCOMPLETE] = "incomplete",
};

/* Names under which servers and clients keep an upload that is not finished: ProFTPD and SFTPGo
 * begin with a dot, WinSCP, rclone, browsers and editors have a suffix of their own. */
static const char *const temporary_patterns[] = {
    ".*", "*.filepart", "*.part", "*.partial", "*.tmp", "*.temp", "*.crdownload", "*~", "~$*",
};

static bool
has_suffix(const char *name, const char *suffix)
{
    size_t name_length = strlen(name);
    size_t suffix_length = strlen(suffix);
    return name_length > suffix_length &&
           strcasecmp(name + name_length - suffix_length, suffix) == 0;
}

static bool
is_path_part(const char *name)
{
    if (name[0] == '\0') {
        return false;
    }
    for (const char *at = name; *at != '\0'; at++) {
        /* A backslash separates folders on some servers. */
        if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == '/' || *at == '\\') {
            return false;
        }
    }
    return true;
}

bool
settle_is_marker(const char *name)
{
    return is_path_part(name) && name[0] != '.' && has_suffix(name, MARKER_SUFFIX);
}

bool
settle_is_file(const char *pattern, const char *name)
{
    if (!is_path_part(name) || settle_is_marker(name)) {
        return false;
    }
    for (size_t index = 0; index < sizeof temporary_patterns / sizeof *temporary_patterns;
         index++) {
        if (glob_matches(temporary_patterns[index], name)) {
            return false;
        }
    }
    return glob_matches(pattern, name);
}

/* Older than: by time, then by name. */
static int
compare_age(const struct settle_file *left, const struct settle_file *right)
{
    if (left->mtime != right->mtime) {
        return left->mtime < right->mtime ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

static bool
is_same(const struct settle_file *left, const struct settle_file *right)
{
    return left->size == right->size && left->mtime == right->mtime &&
           strcmp(left->name, right->name) == 0;
}

static bool
is_wanted(const struct settle_question *question, const struct settle_file *file)
{
    if (!settle_is_file(question->pattern, file->name)) {
        return false;
    }
    const struct settle_file *known = question->known;
    if (known == NULL) {
        return true;
    }
    return strcmp(file->name, known->name) == 0 ? question->again || !is_same(file, known)
                                                : compare_age(file, known) > 0;
}

/* Puts a candidate where it belongs among the newest; the oldest falls out when there is no
 * room. */
static void
keep_newest(struct settle_answer *answer, const struct settle_file *file)
{
    size_t at = answer->seen_count;
    while (at > 0 && compare_age(&answer->seen[at - 1], file) < 0) {
        at--;
    }
    if (at == SETTLE_SEEN_MAX) {
        return;
    }
    size_t tail = answer->seen_count - at;
    if (answer->seen_count == SETTLE_SEEN_MAX) {
        tail--;
    } else {
        answer->seen_count++;
    }
    memmove(&answer->seen[at + 1], &answer->seen[at], tail * sizeof *file);
    answer->seen[at] = *file;
}

bool
settle_is_marker_of(const char *marker, const char *name)
{
    if (!settle_is_marker(marker)) {
        return false;
    }
    size_t stem = strlen(marker) - strlen(MARKER_SUFFIX);
    if (strncmp(marker, name, stem) != 0) {
        return false;
    }
    return name[stem] == '\0' || (name[stem] == '.' && strchr(name + stem + 1, '.') == NULL);
}

static bool
is_marked(const struct settle_question *question, const struct settle_file *file)
{
    for (size_t index = 0; index < question->file_count; index++) {
        const struct settle_file *marker = &question->files[index];
        if (marker->mtime >= file->mtime && settle_is_marker_of(marker->name, file->name)) {
            return true;
        }
    }
    return false;
}

static bool
is_ready(const struct settle_question *question, const struct settle_file *file,
         enum settle_why *ret_why)
{
    if (question->again && question->known != NULL && is_same(file, question->known)) {
        return true; /* it was complete when it was taken */
    }
    if (question->mode == SETTLE_MARKER) {
        *ret_why = SETTLE_NO_MARKER;
        return is_marked(question, file);
    }
    *ret_why = SETTLE_FIRST_SEEN;
    for (size_t index = 0; index < question->seen_count; index++) {
        const struct settle_file *seen = &question->seen[index];
        if (strcmp(seen->name, file->name) == 0) {
            *ret_why = SETTLE_GROWING;
            return is_same(seen, file);
        }
    }
    return false;
}

/* The newest candidate older than `before`. */
static void
choose_before(const struct settle_question *question, struct settle_answer *answer)
{
    const struct settle_file *newest = NULL;
    enum settle_why why;
    for (size_t index = 0; index < question->file_count; index++) {
        const struct settle_file *file = &question->files[index];
        if (file->size > 0 && is_wanted(question, file) &&
            compare_age(file, question->before) < 0 &&
            (newest == NULL || compare_age(file, newest) > 0)) {
            newest = file;
        }
    }
    if (newest == NULL) {
        answer->verdict = SETTLE_NOTHING;
    } else if (is_ready(question, newest, &why)) {
        answer->verdict = SETTLE_READY;
        answer->chosen = *newest;
    } else {
        answer->verdict = SETTLE_WAITING;
        answer->why = SETTLE_OLDER;
    }
}

static void
choose_newest(const struct settle_question *question, struct settle_answer *answer)
{
    answer->verdict = SETTLE_WAITING;
    for (size_t index = 0; index < answer->seen_count; index++) {
        enum settle_why why;
        if (is_ready(question, &answer->seen[index], &why)) {
            answer->verdict = SETTLE_READY;
            answer->chosen = answer->seen[index];
            return;
        }
        if (index == 0) {
            answer->why = why;
        }
    }
}

static void
count_older(const struct settle_question *question, struct settle_answer *answer)
{
    for (size_t index = 0; index < question->file_count; index++) {
        const struct settle_file *file = &question->files[index];
        if (file->size > 0 && is_wanted(question, file) && compare_age(file, &answer->chosen) < 0) {
            answer->older_count++;
        }
    }
}

void
settle_choose(const struct settle_question *question, struct settle_answer *ret_answer)
{
    bool has_empty = false;
    memset(ret_answer, 0, sizeof *ret_answer);
    for (size_t index = 0; index < question->file_count; index++) {
        const struct settle_file *file = &question->files[index];
        if (is_wanted(question, file) && file->size > 0) {
            keep_newest(ret_answer, file);
        } else if (is_wanted(question, file)) {
            has_empty = true;
        }
    }
    if (question->before != NULL) {
        choose_before(question, ret_answer);
    } else if (ret_answer->seen_count > 0) {
        choose_newest(question, ret_answer);
    } else {
        ret_answer->verdict = has_empty ? SETTLE_WAITING : SETTLE_NOTHING;
        ret_answer->why = SETTLE_EMPTY;
    }
    if (ret_answer->verdict == SETTLE_READY) {
        count_older(question, ret_answer);
    }
}

const char *
settle_why_word(enum settle_why why)
{
    return why_words[why];
}
