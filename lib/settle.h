/*
 * Which file of a drop is taken now? A pure decision: the listing, what the poll before saw and
 * what was taken last go in, a verdict comes out.
 *
 * A server writes uploads straight into their final name, so a name that is there may still be
 * growing. `two-polls` asks for the same size and time in two polls in a row; `marker` asks for a
 * second, empty file that the uploader puts beside it when it is done. Neither proves a file
 * whole: a client that dies leaves a stable half. The zip's own end record does that later.
 *
 * Whether a package is complete or needs the one before it nobody knows who has not read it, so
 * which of several is wanted the caller decides, going back from the newest (`before`).
 *
 * Only what is newer than the last file taken (by time, then name), or a new file under that
 * file's name, is considered. Without that, a drop that keeps its old exports would be walked
 * backwards.
 */
#ifndef ROSTER_SETTLE_H
#define ROSTER_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most candidates, newest first, that a poll remembers for the next one. */
#define SETTLE_SEEN_MAX 32

/* A file as a listing shows it. */
struct settle_file {
    const char *name; /* raw bytes as the server gave them, without a slash; borrowed */
    uint64_t size;    /* bytes */
    int64_t mtime;    /* seconds since 1970, the server's clock */
};

enum settle_mode { SETTLE_TWO_POLLS, SETTLE_MARKER, SETTLE_MODE_COUNT };

enum settle_verdict {
    SETTLE_NOTHING, /* no file that was not taken before */
    SETTLE_WAITING, /* there is one, not ready yet */
    SETTLE_READY,   /* take it */
    SETTLE_VERDICT_COUNT
};

/* Why the newest candidate is not ready. */
enum settle_why {
    SETTLE_FIRST_SEEN, /* this poll is the first to see it */
    SETTLE_GROWING,    /* size or time differ from the poll before */
    SETTLE_NO_MARKER,  /* no marker, or one older than the file */
    SETTLE_EMPTY,      /* it has no bytes */
    SETTLE_OLDER,      /* an older one is wanted, and is not ready */
    SETTLE_INCOMPLETE, /* of a set of loose files some are not there yet; see loose.h */
    SETTLE_WHY_COUNT
};

struct settle_question {
    enum settle_mode mode;
    const struct settle_file *files; /* what settle_is_file or settle_is_marker let through */
    size_t file_count;
    const char *pattern; /* which names are files; see glob.h */
    const struct settle_file *seen;
    size_t seen_count;
    const struct settle_file *known;  /* the last file taken, NULL: none */
    const struct settle_file *before; /* only what is older than this one, NULL: no matter */
    bool again;                       /* take it once more; older ones still are not */
};

struct settle_answer {
    enum settle_verdict verdict;
    enum settle_why why;                      /* of SETTLE_WAITING */
    struct settle_file chosen;                /* of SETTLE_READY; name borrowed from files */
    struct settle_file seen[SETTLE_SEEN_MAX]; /* newest first; for the next poll */
    size_t seen_count;
    size_t older_count; /* candidates older than the chosen one */
};

/* May a file of this name be taken at all: it fits the pattern, is no upload's temporary name, no
 * marker, and is fit to be part of a path. */
bool settle_is_file(const char *pattern, const char *name);

/* Is this the name of a marker? */
bool settle_is_marker(const char *name);

/* Is it that file's marker: its name, with or without its extension, and ".done"? */
bool settle_is_marker_of(const char *marker, const char *name);

/*
 * Decides. The newest candidate that is ready is chosen; with `before`, the newest of those older
 * than that one, if it is ready: the caller walks back from a package that needs the one before it.
 * Files of size zero are not candidates: nobody exports an empty zip.
 */
void settle_choose(const struct settle_question *question, struct settle_answer *ret_answer);

/* The word of a reason as it stands in messages: "first-seen", "growing", "no-marker", … */
const char *settle_why_word(enum settle_why why);

#endif
