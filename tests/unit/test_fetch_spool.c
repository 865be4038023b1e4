/* A file on its way into the spool: name, hash and rights at its end, and nothing left on failure.
 */
#include "spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char folder[64];

static int
setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/test_fetch_spool.XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static const char *
inside(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Names in the folder; they are removed as they are counted when asked for. */
static int
count_files(int removes)
{
    int count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            count++;
            if (removes) {
                assert_int_equal(unlinkat(dirfd(entries), entry->d_name, 0), 0);
            }
        }
    }
    (void)closedir(entries);
    return count;
}

static int
teardown(void **state)
{
    (void)state;
    (void)count_files(1);
    return rmdir(folder);
}

static void
test_sealed_file_has_its_hash_for_a_name(void **state)
{
    (void)state;
    struct error error = {.cause = CAUSE_NONE};
    for (int round = 0; round < 2; round++) { /* the second takes the place of the first */
        struct spool_file *file = spool_create(folder, &error);
        assert_non_null(file);
        assert_int_equal(spool_write(file, (const uint8_t *)"a", 1, &error), 0);
        assert_int_equal(spool_write(file, (const uint8_t *)"bc", 2, &error), 0);
        assert_int_equal(spool_seal(file, &error), 0);
        assert_string_equal(spool_sha256(file), ABC_SHA256);
        assert_string_equal(spool_path(file), inside(ABC_SHA256 ".zip"));
        spool_free(file);
        assert_int_equal(count_files(0), 1);
    }
    struct stat status;
    assert_int_equal(stat(inside(ABC_SHA256 ".zip"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, 3);
}

static void
test_nothing_is_left_of_a_file_that_was_given_up(void **state)
{
    (void)state;
    struct error error = {.cause = CAUSE_NONE};
    struct spool_file *file = spool_create(folder, &error);
    assert_non_null(file);
    assert_int_equal(count_files(0), 1);
    assert_int_equal(spool_write(file, (const uint8_t *)"abc", 3, &error), 0);
    spool_free(file);
    assert_int_equal(count_files(0), 0);
    spool_free(NULL);
}

static void
test_orphans_go_and_the_living_stay(void **state)
{
    (void)state;
    struct error error = {.cause = CAUSE_NONE};
    assert_int_equal(close(open(inside(".fetch-0123456789abcdef.part"), O_CREAT | O_WRONLY, 0600)),
                     0);
    assert_int_equal(close(open(inside("other.part"), O_CREAT | O_WRONLY, 0600)), 0);
    struct spool_file *living = spool_create(folder, &error);
    struct spool_file *second = spool_create(folder, &error);
    assert_non_null(living);
    assert_non_null(second);
    assert_int_equal(count_files(0), 3); /* other.part and the two */
    assert_int_equal(spool_seal(living, &error), 0);
    spool_free(living);
    spool_free(second);
    assert_int_equal(access(inside("other.part"), F_OK), 0);
}

static void
test_folders_that_cannot_be_used(void **state)
{
    (void)state;
    struct error error = {.cause = CAUSE_NONE};
    assert_null(spool_create("/nowhere", &error));
    assert_int_equal(error.cause, CAUSE_SPOOL_IO);
    assert_int_equal(chmod(folder, 0710), 0);
    assert_null(spool_create(folder, &error));
    assert_non_null(strstr(error.text, "chmod 700"));
    assert_int_equal(chmod(folder, 0700), 0);
}

static void
test_a_write_that_fails_is_told(void **state)
{
    (void)state;
    struct error error = {.cause = CAUSE_NONE};
    struct rlimit before;
    static uint8_t bytes[8192];
    struct spool_file *file = spool_create(folder, &error);
    assert_non_null(file);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 4096, .rlim_max = before.rlim_max}),
        0);
    assert_int_equal(spool_write(file, bytes, sizeof bytes, &error), -1);
    assert_int_equal(error.cause, CAUSE_SPOOL_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    spool_free(file);
    assert_int_equal(count_files(0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sealed_file_has_its_hash_for_a_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_left_of_a_file_that_was_given_up, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_orphans_go_and_the_living_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folders_that_cannot_be_used, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_write_that_fails_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
