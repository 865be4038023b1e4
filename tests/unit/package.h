/* Makes packages for tests: zips in memory-backed files, good ones and, by patching, bad ones. */
#ifndef TEST_PACKAGE_H
#define TEST_PACKAGE_H

#include <stddef.h>
#include <stdint.h>

struct package_entry {
    const char *name;
    const char *data; /* NULL: a folder */
    size_t size;      /* 0: strlen(data) */
    int method;       /* of libzip; 0 stands for deflate, -1 for store */
    uint32_t mode;    /* of Unix, 0: a plain file */
};

/* @return a descriptor at the start of a zip with these entries; fails the test otherwise */
int package_make(const struct package_entry *entries, size_t count);

/* Replaces, everywhere in the file, `size` bytes. @return how often */
size_t package_patch(int fd, const void *from, const void *to, size_t size);

/* A manifest that lists the six files that are read as bulk. */
extern const char package_manifest[];

/* A valid small district: one school, one class, a teacher, a student with a guardian. */
extern const struct package_entry package_district[7];

#endif
