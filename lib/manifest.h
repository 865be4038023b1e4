/* manifest.csv: which version of OneRoster a package says it is, and what it says of each file. */
#ifndef ROSTER_MANIFEST_H
#define ROSTER_MANIFEST_H

#include <stdbool.h>

#include "csv.h"
#include "error.h"
#include "finding.h"
#include "oneroster.h"

enum manifest_mode {
    MODE_UNLISTED, /* the manifest does not name the file */
    MODE_ABSENT,
    MODE_BULK,
    MODE_DELTA,
    MODE_COUNT
};

enum manifest_version { ONEROSTER_1_0, ONEROSTER_1_1, ONEROSTER_1_2, ONEROSTER_VERSION_COUNT };

struct manifest {
    enum manifest_version version;
    enum manifest_mode modes[FILE_COUNT];
    bool has_own_version; /* manifest.version is 1.0, as the standard has it */
};

/*
 * Reads a manifest. Order, letter case, blanks around values and quoting do not matter; a mode that
 * is blank counts as absent, with a finding.
 *
 * @param reader     started on the manifest's bytes
 * @param ret_place  NULL, or where the fault is when -1 is returned
 * @return 0, or -1 (roster.manifest, or what the reader said)
 */
int manifest_read(struct csv_reader *reader, struct findings *findings,
                  struct manifest *ret_manifest, struct csv_place *ret_place, struct error *reterr);

#endif
