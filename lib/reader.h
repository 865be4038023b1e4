/*
 * The way of a package through the library: zip → manifest → headers → rows → records. What becomes
 * of the records is the sink's business: rosterd-stage copies them into its slot; somebody who only
 * wants the findings gives a sink that does nothing.
 *
 * A file is read once for each table it feeds (users.csv: person, link; any file with unusable
 * rows: bad), so that memory does not depend on its size. A sink that can do without may take the
 * links of a person right behind them.
 */
#ifndef ROSTER_READER_H
#define ROSTER_READER_H

#include <stdint.h>

#include "bundle.h"
#include "error.h"
#include "finding.h"
#include "manifest.h"
#include "record.h"

struct reader_progress {
    enum roster_file file;
    uint64_t rows;        /* of the file, so far */
    uint64_t bytes;       /* of the file, so far */
    uint64_t bytes_total; /* as the zip states */
};

/* Each function returns 0, or -1 with `reterr` set: reading then ends with READER_FAILED. */
struct reader_sink {
    int (*begin)(void *context, enum record_table table, struct error *reterr);
    int (*record)(void *context, const struct record *record, struct error *reterr);
    int (*end)(void *context, enum record_table table, struct error *reterr);
    /* after each few thousand rows; may be NULL */
    int (*progress)(void *context, const struct reader_progress *progress, struct error *reterr);
    void *context;
    /* Between the rows of their file, without begin and end. May change with the first begin. */
    bool takes_links_at_once;
    bool takes_bad_at_once; /* rows that cannot be used */
    /*
     * Whether enrollments.csv may be read beside users.csv: then who takes its records, on the
     * thread of the reader's helper, rows that cannot be used at once. NULL: it is read in its
     * turn. May be NULL, as may `take_beside`.
     */
    const struct reader_sink *(*beside)(void *context);
    /* Instead of these records, between their begin and end. @param is_whole false: they end early,
     * for some reason that reading in turn would give; to be answered with -1 */
    int (*take_beside)(void *context, bool is_whole, struct error *reterr);
};

/* Another thread, with the package opened once more for it. */
struct reader_helper {
    struct bundle *bundle;
    /* Begins work on that thread. @return false: it did not */
    bool (*start)(void *context, void (*work)(void *argument), void *argument);
    void (*wait)(void *context); /* until the work has ended */
    void *context;
};

struct reader_options {
    const char *phone_region; /* see row.h */
    bool preferred_names;     /* see row.h */
    bool windows_1252; /* how files without a byte order mark are encoded, instead of UTF-8 */
    bool strict; /* look at all that the standard asks; findings_new(true) makes errors of it */
    const struct reader_helper *helper; /* or NULL */
};

struct reader_file {
    bool in_package; /* the zip has it */
    enum manifest_mode mode;
    bool present;        /* listed as bulk or delta or taken as bulk, and read */
    uint64_t rows;       /* rows of the file, blank ones apart */
    uint64_t used;       /* of them went to the file's table */
    uint64_t gone;       /* of them are marked as deleted; those of a delta go to TABLE_GONE */
    uint64_t bad;        /* of them cannot be used */
    uint64_t unreadable; /* of the bad ones, those without a readable id */
    uint64_t links;      /* agents that its used rows name */
};

enum reader_verdict {
    READER_DONE,     /* every file was read to its end */
    READER_REJECTED, /* the package cannot be used: the district's turn; the findings say so too */
    READER_FAILED    /* it is not the package's fault */
};

struct reader_result {
    enum reader_verdict verdict;
    struct error error;       /* unless DONE */
    enum roster_file refused; /* REJECTED: the file it is about; FILE_COUNT: the package */
    struct reader_file files[FILE_COUNT];
    enum manifest_version version;
    uint64_t rows[TABLE_COUNT]; /* records given to the sink, a table */
};

/* Reads a package from beginning to end. What a rejected one gave to the sink must be thrown away.
 */
void reader_run(struct bundle *bundle, const struct reader_options *options,
                const struct reader_sink *sink, struct findings *findings,
                struct reader_result *ret_result);

/*
 * The result of a package that could not even be opened: notes the refusal as reader_run does.
 *
 * @param error  of bundle_open
 */
void reader_refuse(const struct error *error, struct findings *findings,
                   struct reader_result *ret_result);

#endif
