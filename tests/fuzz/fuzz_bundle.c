/* Any bytes as a zip: opened and read to the end, or refused with a cause that is the district's.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "bundle.h"
#include "limit.h"

static void
read_all(struct bundle *bundle, enum roster_file file)
{
    static char buffer[65536];
    struct error error;
    uint64_t bytes = 0;
    int64_t got = bundle_start(bundle, file, &error) == 0 ? 1 : -1;
    while (got > 0) {
        got = bundle_read(bundle, buffer, sizeof buffer, &error);
        bytes += got > 0 ? (uint64_t)got : 0;
    }
    PROMISE(got == 0 || cause_owner(error.cause) == OWNER_DISTRICT);
    PROMISE(got < 0 || bytes == bundle_size(bundle, file));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("zip", MFD_CLOEXEC);
    PROMISE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    struct bundle *bundle = NULL;
    struct error error;
    if (bundle_open(fd, &bundle, &error) != 0) {
        PROMISE(cause_owner(error.cause) == OWNER_DISTRICT);
        return 0;
    }
    for (int file = 0; file < FILE_COUNT; file++) {
        if (bundle_has(bundle, (enum roster_file)file)) {
            read_all(bundle, (enum roster_file)file);
        }
    }
    bundle_close(bundle);
    return 0;
}
