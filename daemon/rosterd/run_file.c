#include "run.h"

#include <stdlib.h>
#include <string.h>

int
run_file_copy(const struct run_file *from, struct run_file *ret_file)
{
    struct run_file file = {
        .name = strdup(from->name),
        .size = from->size,
        .mtime = from->mtime,
        .sha256 = strdup(from->sha256),
        .path = strdup(from->path),
    };
    if (file.name == NULL || file.sha256 == NULL || file.path == NULL) {
        run_file_free(&file);
        return -1;
    }
    *ret_file = file;
    return 0;
}

void
run_file_free(struct run_file *file)
{
    free(file->name);
    free(file->sha256);
    free(file->path);
    *file = (struct run_file){0};
}
