/*
 * Inside the sandbox: what must fail fails, what must kill kills, what is needed works. Each case
 * runs in a process of its own, which ends with 0 when all was as it should be.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef ROSTERD_SANITIZE
/* The processes of the cases may not start the one that looks for leaks. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

/* Of what is mapped, and of the largest file that is written. */
#define NEEDS_BYTES (32 << 20)

/* Runs a case inside the sandbox; returns the status of waitpid. */
static int
inside(int (*act)(int before), int before)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct sandbox_needs needs = {.mapped_bytes = NEEDS_BYTES,
                                            .written_bytes = NEEDS_BYTES};
        struct sandbox_result result;
        struct error error;
        if (sandbox_enter(&needs, &result, &error) != 0) {
            perror(error.text);
            _exit(99);
        }
        _exit(act(before));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void
expect_fine(int (*act)(int), int before)
{
    int status = inside(act, before);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
expect_killed(int (*act)(int))
{
    int status = inside(act, -1);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static int
open_files(int before)
{
    (void)before;
    int failed = open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES;
    failed |= open("/tmp/rosterd-sandbox-test", O_WRONLY | O_CREAT, 0600) >= 0;
    failed |= openat(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY) >= 0;
    failed |= access("/etc", F_OK) == 0;
    struct stat status;
    failed |= stat("/etc/passwd", &status) == 0;
    failed |= unlink("/tmp/rosterd-sandbox-test") == 0 || errno != ENOSYS;
    failed |= mkdir("/tmp/rosterd-sandbox-test", 0700) == 0;
    failed |= chdir("/") == 0;
    return failed;
}

static int
use_open_file(int fd)
{
    char buffer[8];
    struct stat status;
    int copy = dup(fd);
    int failed = copy < 0 || fcntl(copy, F_GETFL) < 0 || fstat(fd, &status) != 0;
    failed |= lseek(fd, 0, SEEK_SET) != 0 || read(fd, buffer, sizeof buffer) <= 0;
    void *memory = malloc(4 << 20);
    failed |= memory == NULL;
    free(memory);
    failed |= close(copy) != 0;
    return failed;
}

/* A file may be written as far as was said, and emptied again. */
static int
write_open_file(int fd)
{
    int failed = ftruncate(fd, NEEDS_BYTES) != 0;
    failed |= ftruncate(fd, NEEDS_BYTES + 1) == 0 || errno != EFBIG;
    failed |= lseek(fd, NEEDS_BYTES, SEEK_SET) < 0 || write(fd, "x", 1) >= 0 || errno != EFBIG;
    void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    failed |= map == MAP_FAILED;
    return failed | (ftruncate(fd, 0) != 0);
}

static int
use_open_socket(int fd)
{
    char byte = 'x';
    int failed = send(fd, &byte, 1, MSG_NOSIGNAL) != 1;
    /* a message with an address could go anywhere */
    struct sockaddr address = {.sa_family = AF_UNIX};
    failed |= sendto(fd, &byte, 1, 0, &address, sizeof address) >= 0 || errno != ENOSYS;
    return failed;
}

static int
look_at_limits(int before)
{
    (void)before;
    struct rlimit limit;
    int failed = prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
#ifdef ROSTERD_SANITIZE
    failed = 0; /* its run time needs prctl */
#else
    /* more memory than is allowed */
    failed |= malloc((size_t)1 << 30) != NULL;
#endif
    failed |= getrlimit(RLIMIT_CORE, &limit) == 0; /* not in the list */
    return failed;
}

static int
map_code(int before)
{
    (void)before;
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int failed = memory == MAP_FAILED;
    failed |= mprotect(memory, 4096, PROT_READ | PROT_EXEC) == 0;
    failed |=
        mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
    return failed;
}

static int
run_program(int before)
{
    (void)before;
    char *const arguments[] = {(char[]){"true"}, NULL};
    return execv("/bin/true", arguments);
}

static int
make_process(int before)
{
    (void)before;
    return (int)syscall(SYS_fork);
}

static int
make_socket(int before)
{
    (void)before;
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int
trace_parent(int before)
{
    (void)before;
    return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int
signal_parent(int before)
{
    (void)before;
    return kill(getppid(), 0);
}

static void
test_nothing_can_be_opened(void **state)
{
    (void)state;
    expect_fine(open_files, -1);
}

static void
test_what_is_open_can_be_used(void **state)
{
    (void)state;
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    expect_fine(use_open_file, fd);
    (void)close(fd);
    FILE *file = tmpfile();
    assert_non_null(file);
    expect_fine(write_open_file, fileno(file));
    (void)fclose(file);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    expect_fine(use_open_socket, pair[0]);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void
test_limits_and_memory(void **state)
{
    (void)state;
    expect_fine(look_at_limits, -1);
    expect_fine(map_code, -1);
}

static void
test_what_only_an_intruder_does_kills(void **state)
{
    (void)state;
    expect_killed(run_program);
    expect_killed(make_process);
    expect_killed(make_socket);
    expect_killed(trace_parent);
    expect_killed(signal_parent);
}

/* A thread that is begun before locks itself down, and nobody else. */
static void *
lock_and_look(void *argument)
{
    struct sandbox_result result;
    int *failed = argument;
    *failed = sandbox_enter_thread(&result, NULL) != 0 || open("/etc/passwd", O_RDONLY) >= 0 ||
              errno != EACCES;
    return NULL;
}

static void *
lock_and_make_socket(void *argument)
{
    struct sandbox_result result;
    int *failed = argument;
    *failed = sandbox_enter_thread(&result, NULL);
    (void)socket(AF_INET, SOCK_STREAM, 0);
    return NULL;
}

static int
in_thread(void *(*live)(void *))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        pthread_t thread;
        int failed = 1;
        if (pthread_create(&thread, NULL, live, &failed) != 0 || pthread_join(thread, NULL) != 0) {
            _exit(99);
        }
        _exit(failed != 0 || open("/etc/passwd", O_RDONLY) < 0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void
test_a_thread_locks_itself(void **state)
{
    (void)state;
    int status = in_thread(lock_and_look);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = in_thread(lock_and_make_socket);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_can_be_opened),
        cmocka_unit_test(test_what_is_open_can_be_used),
        cmocka_unit_test(test_limits_and_memory),
        cmocka_unit_test(test_what_only_an_intruder_does_kills),
        cmocka_unit_test(test_a_thread_locks_itself),
    };
    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
