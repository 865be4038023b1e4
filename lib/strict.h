/*
 * What the standard asks of headers and rows to the letter, beyond what rosterd needs: for
 * conformance, not for syncing. Knows the seven files of rostering.
 */
#ifndef ROSTER_STRICT_H
#define ROSTER_STRICT_H

#include "csv.h"
#include "finding.h"
#include "manifest.h"
#include "oneroster.h"

/* Notes what is wrong with the header of a file. */
void strict_header(enum roster_file file, enum manifest_version version, const struct csv_row *row,
                   struct findings *findings);

/*
 * Notes what is wrong with a row.
 *
 * @param header_count  cells of the header
 * @param is_delta      the file says what changed: every row has its status and when
 */
void strict_row(const struct roster_header *header, size_t header_count,
                enum manifest_version version, bool is_delta, const struct csv_row *row,
                struct findings *findings);

#endif
