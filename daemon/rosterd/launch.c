#include "launch.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

/* What posix_spawn is to do in the child. Returns 0, or an errno value. */
static int
say_what_to_do(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions,
               const int stdio[3])
{
    sigset_t all, none;
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    int failed = posix_spawnattr_setsigdefault(attributes, &all);
    failed = failed != 0 ? failed : posix_spawnattr_setsigmask(attributes, &none);
    failed = failed != 0 ? failed
                         : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF |
                                                                    POSIX_SPAWN_SETSIGMASK |
                                                                    POSIX_SPAWN_SETSID);
    for (int at = 0; at < 3 && failed == 0; at++) {
        failed = posix_spawn_file_actions_adddup2(actions, stdio[at], at);
    }
    return failed != 0 ? failed : posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

int
launch_program(const char *program, char *const args[], char *const environment[],
               const int stdio[3], pid_t *ret_pid, int *ret_pidfd)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int failed = posix_spawnattr_init(&attributes);
    if (failed != 0) {
        return failed;
    }
    failed = posix_spawn_file_actions_init(&actions);
    if (failed != 0) {
        (void)posix_spawnattr_destroy(&attributes);
        return failed;
    }
    pid_t pid = 0;
    failed = say_what_to_do(&attributes, &actions, stdio);
    failed =
        failed != 0 ? failed : posix_spawn(&pid, program, &actions, &attributes, args, environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    if (failed != 0) {
        return failed;
    }
    int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0) {
        failed = errno;
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        return failed;
    }
    *ret_pid = pid;
    *ret_pidfd = pidfd;
    return 0;
}
