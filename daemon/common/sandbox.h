/*
 * Locks a process down before it reads the first byte that a stranger wrote. What it needs (files,
 * connections) must be open by then; afterwards it can compute, read and write what is open, and
 * end. There is no way back.
 */
#ifndef ROSTER_SANDBOX_H
#define ROSTER_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct sandbox_result {
    int landlock_abi; /* 0: the kernel has no Landlock; the system call filter stands alone */
};

/* What a process needs beyond the common measure. */
struct sandbox_needs {
    uint64_t mapped_bytes;  /* of files that it maps */
    uint64_t written_bytes; /* of the largest file that it writes */
};

/*
 * Enters the sandbox: limits on memory, files and core dumps, no new privileges, not traceable, no
 * file system (Landlock), and a list of allowed system calls. Calls that only an intruder would
 * make (running a program, a new process, a new socket, tracing) end the process; others that are
 * not in the list fail with ENOSYS, opening a file with EACCES.
 *
 * In a build with sanitizers (ROSTERD_SANITIZE) the limit on memory is left out and the few calls
 * their run time needs are added.
 *
 * @param ret_result  what the kernel had
 * @return 0, or -1 (sandbox): nothing of a stranger may be read then
 */
int sandbox_enter(const struct sandbox_needs *needs, struct sandbox_result *ret_result,
                  struct error *reterr);

/*
 * The same for another thread that was begun before, by itself: what the kernel forbids, it forbids
 * the thread that asks for it. Limits are the process's, and sandbox_enter's.
 */
int sandbox_enter_thread(struct sandbox_result *ret_result, struct error *reterr);

#endif
