/*
 * A district's package: a zip, or a folder of CSV files. Only OneRoster's own files are visible, by
 * their place in the standard; entries are read as streams and never written anywhere. What the
 * archive says of itself (sizes, sums) is not believed but compared with the bytes that really came
 * out.
 */
#ifndef ROSTER_BUNDLE_H
#define ROSTER_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "oneroster.h"

struct bundle;

/*
 * Opens a zip and looks at its directory: consistency, end record at the very end of the file,
 * limits, names, methods, encryption, links, one file of each name. One folder around everything is
 * taken off; what operating systems leave behind (__MACOSX, .DS_Store) is not there.
 *
 * @param fd          of a regular file, at any position; closed in any case, at the latest by
 *                    bundle_close
 * @param ret_bundle  set on success
 * What is clearly something else (a web page, a spreadsheet, another product's export) is called by
 * its name.
 *
 * @return 0, or -1 (zip.damaged, zip.limit, zip.feature, file.too_large, roster.empty)
 */
int bundle_open(int fd, struct bundle **ret_bundle, struct error *reterr);

/*
 * Opens a folder whose CSV files are a package: the names end in .csv and do not begin with a dot,
 * everything else in it is overlooked. The same limits and the same names as in a zip.
 *
 * @param fd  of the folder; closed in any case, at the latest by bundle_close
 * @return 0, or -1 (zip.limit, roster.empty, spool.io)
 */
int bundle_open_folder(int fd, struct bundle **ret_bundle, struct error *reterr);

/* NULL is allowed. */
void bundle_close(struct bundle *bundle);

bool bundle_has(const struct bundle *bundle, enum roster_file file);

/* The inflated size that the directory states; 0 when the bundle does not have the file. */
uint64_t bundle_size(const struct bundle *bundle, enum roster_file file);

/* Number of entries that are no file of OneRoster and no leftover. */
size_t bundle_unknown_count(const struct bundle *bundle);

/* Whether one folder was taken off. */
bool bundle_has_folder(const struct bundle *bundle);

/* Whether the file's name is written in other letter case. */
bool bundle_is_renamed(const struct bundle *bundle, enum roster_file file);

/* Inflated bytes that were read of the file since bundle_start. */
uint64_t bundle_read_bytes(const struct bundle *bundle);

/* Begins reading a file from its first byte; ends the one that was being read. */
int bundle_start(struct bundle *bundle, enum roster_file file, struct error *reterr);

/*
 * The next bytes of the file (a csv_source_fn; the context is the bundle).
 *
 * @return bytes, 0 at the end, once checksum and size are found right; -1 (zip.damaged, zip.limit)
 */
int64_t bundle_read(void *bundle, void *buffer, size_t size, struct error *reterr);

#endif
