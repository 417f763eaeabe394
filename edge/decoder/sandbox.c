// SPDX-License-Identifier: Apache-2.0
#include "edge/decoder/sandbox.h"

#include "edge/decoder/data_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// Address sanitizer reserves terabytes; its tests run without this one limit.
#ifdef DRF_SANITIZED
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static bool limit(__rlimit_resource_t resource, rlim_t value)
{
    return setrlimit(resource, &(struct rlimit){.rlim_cur = value, .rlim_max = value}) == 0;
}

static bool set_limits(uint64_t memory_bytes)
{
    return (SANITIZED || limit(RLIMIT_AS, memory_bytes)) && limit(RLIMIT_FSIZE, 0)
           && limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, 64);
}

static bool allow_reading(int ruleset, const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR;
    struct landlock_path_beneath_attr rule = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
        .parent_fd = fd,
    };
    long failed = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(fd);
    return failed == 0;
}

static bool allow_data(int ruleset)
{
    const char *folder;
    bool good = true;
    for (size_t i = 0; good && (folder = edge_data_folder(i)) != NULL; i++)
        good = allow_reading(ruleset, folder);
    return good;
}

bool edge_sandbox_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
                   LANDLOCK_CREATE_RULESET_VERSION)
           >= 1;
}

// Every file access of the first version is handled, so that what is not allowed is denied.
static bool enter_landlock(bool *landlocked)
{
    *landlocked = false;
    if (!edge_sandbox_landlock())
        return true;
    struct landlock_ruleset_attr attributes = {
        .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE
                             | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR
                             | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE
                             | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR
                             | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK
                             | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK
                             | LANDLOCK_ACCESS_FS_MAKE_SYM,
    };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0)
        return false;
    bool good = allow_data(ruleset) && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    *landlocked = good;
    return good;
}

static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(lseek),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(fcntl),
    SCMP_SYS(fadvise64),
    SCMP_SYS(poll),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(setitimer),
    SCMP_SYS(alarm),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

// Where Landlock confines what is opened, opening for reading is allowed. Else it is a signal,
// and its handler asks the node for the file; that needs one socket.
static int allow_opening(scmp_filter_ctx filter, bool landlocked)
{
    const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
    const uint32_t action = landlocked ? SCMP_ACT_ALLOW : SCMP_ACT_TRAP;
    int failed = seccomp_rule_add(filter, action, SCMP_SYS(open), 1,
                                  SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
    failed |= seccomp_rule_add(filter, action, SCMP_SYS(openat), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
    if (landlocked)
        return failed;
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1,
                               SCMP_A0(SCMP_CMP_EQ, EDGE_DATA_FD, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(recvmsg), 1,
                               SCMP_A0(SCMP_CMP_EQ, EDGE_DATA_FD, 0));
    return failed;
}

// A call that is not allowed fails with EPERM: a library that only tried goes on without it.
static bool enter_seccomp(bool landlocked)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return false;
    int failed = 0;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    failed |= allow_opening(filter, landlocked);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                               SCMP_A0(SCMP_CMP_EQ, STDIN_FILENO, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                               SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                               SCMP_A2(SCMP_CMP_EQ, 0, 0)); // asking, not setting
    if (!failed)
        failed = seccomp_load(filter);
    seccomp_release(filter);
    return !failed;
}

enum drf_status edge_sandbox_enter(uint64_t memory_bytes, bool *landlocked)
{
    bool confined = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && set_limits(memory_bytes)
                    && enter_landlock(landlocked) && (*landlocked || edge_data_ask())
                    && enter_seccomp(*landlocked);
    return confined ? DRF_OK : DRF_ERR_RANGE;
}
