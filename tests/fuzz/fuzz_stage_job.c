/* Any bytes as the job of rosterd-stage: taken whole, or refused as a fault of whoever wrote it. */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "job.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct job job;
    struct error error = {.cause = CAUSE_NONE};
    int fd = memfd_create("job", MFD_CLOEXEC);
    PROMISE(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
    if (job_read(fd, &job, &error) == 0) {
        PROMISE(job.slot >= 0 && job.slot <= INT16_MAX && strlen(job.sha256) == 64);
        PROMISE(job.zip != NULL && job.conninfo != NULL);
        PROMISE(memchr(data, '\n', size) != NULL);
    } else {
        PROMISE(error.cause == CAUSE_CHILD_PROTOCOL || error.cause == CAUSE_CONFIG_INVALID);
    }
    job_deinit(&job);
    (void)close(fd);
    return 0;
}
