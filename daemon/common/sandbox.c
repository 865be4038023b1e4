/*
 * Three layers, each enough to stop most of what the others stop: resource limits, Landlock (no
 * path can be opened), seccomp (no call that could reach for one).
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

/* Address space: the worker needs some 150 MiB with its libraries; a leak or a bomb stops here. */
#define LIMIT_AS_BYTES ((rlim_t)512 << 20)
/* Processor time: ten times the largest district's file. */
#define LIMIT_CPU_S 7200
/* Bytes of a file that is not expected: if somebody sends our output or messages to one. */
#define LIMIT_FSIZE_BYTES ((rlim_t)16 << 20)
/* Descriptors: those that are open, and the copies libzip makes. */
#define LIMIT_NOFILE 32

static int
set_limit(int resource, rlim_t value, struct error *reterr)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    if (setrlimit((__rlimit_resource_t)resource, &limit) != 0) {
        return error_set_errno(reterr, CAUSE_SANDBOX, errno, "setting resource limit %d", resource);
    }
    return 0;
}

static int
set_limits(const struct sandbox_needs *needs, struct error *reterr)
{
    rlim_t written = needs->written_bytes;
    written = written > LIMIT_FSIZE_BYTES ? written : LIMIT_FSIZE_BYTES;
    /* a file that is full must not kill us: writing then fails with EFBIG */
    (void)signal(SIGXFSZ, SIG_IGN);
    if (set_limit(RLIMIT_CORE, 0, reterr) != 0 || set_limit(RLIMIT_FSIZE, written, reterr) != 0 ||
        set_limit(RLIMIT_NOFILE, LIMIT_NOFILE, reterr) != 0 ||
        set_limit(RLIMIT_CPU, LIMIT_CPU_S, reterr) != 0 ||
        set_limit(RLIMIT_MSGQUEUE, 0, reterr) != 0) {
        return -1;
    }
#ifndef ROSTERD_SANITIZE
    if (set_limit(RLIMIT_AS, LIMIT_AS_BYTES + needs->mapped_bytes, reterr) != 0) {
        return -1;
    }
#endif
    return 0;
}

/* Landlock as of version 6 of its interface; older kernels know the first fields only. */
struct landlock_attributes {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_restrict_self 446
#endif
#define LANDLOCK_VERSION_FLAG 1u

/* Handles every right that this kernel knows and allows none. */
static int
forbid_paths(int *ret_abi, struct error *reterr)
{
    /* number of file system rights by version: 13, then REFER, TRUNCATE, IOCTL_DEV */
    static const int rights[] = {0, 13, 14, 15, 15, 16};
    const int newest = (int)(sizeof rights / sizeof rights[0]) - 1;
    long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION_FLAG);
    if (abi < 1) {
        *ret_abi = 0; /* ENOSYS or EOPNOTSUPP: built or booted without */
        return 0;
    }
    struct landlock_attributes attributes = {
        .handled_access_fs = (UINT64_C(1) << rights[abi < newest ? (int)abi : newest]) - 1,
        .handled_access_net = abi >= 4 ? 3 : 0, /* bind and connect by TCP */
        .scoped = abi >= 6 ? 3 : 0,             /* abstract sockets and signals to others */
    };
    size_t size = abi >= 6   ? sizeof attributes
                  : abi >= 4 ? offsetof(struct landlock_attributes, scoped)
                             : offsetof(struct landlock_attributes, handled_access_net);
    long fd = syscall(__NR_landlock_create_ruleset, &attributes, size, 0);
    if (fd < 0) {
        return error_set_errno(reterr, CAUSE_SANDBOX, errno, "making the Landlock rules");
    }
    int failed = syscall(__NR_landlock_restrict_self, (int)fd, 0) != 0 ? errno : 0;
    (void)close((int)fd);
    if (failed != 0) {
        return error_set_errno(reterr, CAUSE_SANDBOX, failed, "applying the Landlock rules");
    }
    *ret_abi = (int)abi;
    return 0;
}

/* What reading and writing open files, computing, and talking over open connections needs. */
static const int allowed_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(ftruncate),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(dup),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(shutdown),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getrusage),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
#ifdef ROSTERD_SANITIZE
    /* pipes are how it finds out whether memory can be read */
    SCMP_SYS(sigaltstack),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(prctl),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
#endif
};

/* Nobody makes these by accident: the process ends, and the kernel's log says why. */
static const int deadly_calls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(kill),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(bpf),
    SCMP_SYS(mount),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(keyctl),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(memfd_create),
    SCMP_SYS(perf_event_open),
};

/* Libraries may try to open a file (a time zone, a converter) and do without. */
static const int refused_calls[] = {
    SCMP_SYS(open),       SCMP_SYS(openat),   SCMP_SYS(openat2),
    SCMP_SYS(creat),      SCMP_SYS(access),   SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
};

static int
add_list(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        int result = seccomp_rule_add(filter, action, calls[at], 0);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

#define COUNT_OF(list) (sizeof(list) / sizeof(list)[0])

/* Calls that are allowed for some arguments only. */
static const struct {
    int call;
    struct scmp_arg_cmp argument;
} narrow_calls[] = {
    /* send, not sendto: an open connection has its address */
    {SCMP_SYS(sendto), {.arg = 4, .op = SCMP_CMP_EQ, .datum_a = 0}},
    /* fstat in its newer form, not stat of a path */
    {SCMP_SYS(newfstatat),
     {.arg = 3, .op = SCMP_CMP_MASKED_EQ, .datum_a = AT_EMPTY_PATH, .datum_b = AT_EMPTY_PATH}},
    /* memory, but never memory that can be run */
    {SCMP_SYS(mmap), {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0}},
    {SCMP_SYS(mprotect), {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0}},
    {SCMP_SYS(fcntl), {.arg = 1, .op = SCMP_CMP_EQ, .datum_a = F_GETFL}},
    {SCMP_SYS(fcntl), {.arg = 1, .op = SCMP_CMP_EQ, .datum_a = F_SETFL}},
    {SCMP_SYS(fcntl), {.arg = 1, .op = SCMP_CMP_EQ, .datum_a = F_GETFD}},
    {SCMP_SYS(fcntl), {.arg = 1, .op = SCMP_CMP_EQ, .datum_a = F_SETFD}},
    {SCMP_SYS(fcntl), {.arg = 1, .op = SCMP_CMP_EQ, .datum_a = F_DUPFD_CLOEXEC}},
};

static int
add_narrow_rules(scmp_filter_ctx filter)
{
    int result = 0;
    for (size_t at = 0; at < COUNT_OF(narrow_calls) && result == 0; at++) {
        result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, narrow_calls[at].call, 1,
                                        &narrow_calls[at].argument);
    }
    if (result == 0) {
        /* abort() signals itself */
        const struct scmp_arg_cmp self = {
            .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)getpid()};
        result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
    }
    return result;
}

static int
filter_calls(struct error *reterr)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (filter == NULL) {
        return error_set(reterr, CAUSE_SANDBOX, "making the system call filter");
    }
    int result = add_list(filter, SCMP_ACT_ALLOW, allowed_calls, COUNT_OF(allowed_calls));
    if (result == 0) {
        result = add_list(filter, SCMP_ACT_KILL_PROCESS, deadly_calls, COUNT_OF(deadly_calls));
    }
    if (result == 0) {
        result = add_list(filter, SCMP_ACT_ERRNO(EACCES), refused_calls, COUNT_OF(refused_calls));
    }
    if (result == 0) {
        result = add_narrow_rules(filter);
    }
    if (result == 0) {
        result = seccomp_load(filter);
    }
    seccomp_release(filter);
    return result == 0
               ? 0
               : error_set_errno(reterr, CAUSE_SANDBOX, -result, "loading the system call filter");
}

int
sandbox_enter(const struct sandbox_needs *needs, struct sandbox_result *ret_result,
              struct error *reterr)
{
    return set_limits(needs, reterr) != 0 ? -1 : sandbox_enter_thread(ret_result, reterr);
}

int
sandbox_enter_thread(struct sandbox_result *ret_result, struct error *reterr)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return error_set_errno(reterr, CAUSE_SANDBOX, errno, "giving up privileges");
    }
    struct sandbox_result result = {.landlock_abi = 0};
    if (forbid_paths(&result.landlock_abi, reterr) != 0 || filter_calls(reterr) != 0) {
        return -1;
    }
    *ret_result = result;
    return 0;
}
