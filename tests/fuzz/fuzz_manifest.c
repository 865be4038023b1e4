/* Any bytes as a manifest: a version and modes, or a refusal that is the district's. */
#include "fuzz.h"

#include "manifest.h"

static struct csv_reader *reader;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (reader == NULL) {
        reader = csv_reader_new();
    }
    struct fuzz_source source = {data, size, SIZE_MAX};
    struct findings *findings = findings_new(false);
    struct manifest manifest;
    struct csv_place place;
    struct error error;
    csv_reader_start(reader, fuzz_give, &source);
    if (manifest_read(reader, findings, &manifest, &place, &error) == 0) {
        PROMISE(manifest.version < ONEROSTER_VERSION_COUNT);
        for (int file = 0; file < FILE_COUNT; file++) {
            PROMISE(manifest.modes[file] < MODE_COUNT);
        }
    } else {
        PROMISE(cause_owner(error.cause) == OWNER_DISTRICT);
    }
    findings_free(findings);
    return 0;
}
