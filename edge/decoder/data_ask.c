// SPDX-License-Identifier: Apache-2.0
// The child's side of data_file.h: the handler of SIGSYS, which seccomp raises instead of an
// open(). It may interrupt any library, so it calls only what is safe in a signal handler, and
// leaves errno alone: the interrupted call takes its result from the register it is put in.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "edge/decoder/data_file.h"

#if defined(__x86_64__) || defined(__aarch64__)

// The descriptor, or -errno.
static long receive(void)
{
    struct edge_data_answer answer = {0};
    struct iovec bytes = {.iov_base = &answer, .iov_len = sizeof answer};
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    ssize_t got;
    do {
        got = recvmsg(EDGE_DATA_FD, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof answer)
        return -EACCES;
    if (answer.error != 0)
        return -answer.error;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head == NULL || head->cmsg_type != SCM_RIGHTS)
        return -EMFILE; // the kernel drops it where no more may be open
    int fd;
    memcpy(&fd, CMSG_DATA(head), sizeof fd);
    return fd;
}

static long ask(const char *path, int flags)
{
    struct edge_data_request request = {.directory = (flags & O_DIRECTORY) != 0};
    size_t length = strnlen(path, sizeof request.path);
    if (length == sizeof request.path)
        return -ENAMETOOLONG;
    memcpy(request.path, path, length);
    ssize_t put;
    do {
        put = send(EDGE_DATA_FD, &request, sizeof request, MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    return put == (ssize_t)sizeof request ? receive() : -EACCES;
}

static void on_sigsys(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    const int before = errno;
    ucontext_t *at = context;
#if defined(__x86_64__)
    const greg_t *given = at->uc_mcontext.gregs;
    const long arguments[3] = {given[REG_RDI], given[REG_RSI], given[REG_RDX]};
    greg_t *result = &at->uc_mcontext.gregs[REG_RAX];
#else
    const unsigned long long *given = at->uc_mcontext.regs;
    const long arguments[3] = {(long)given[0], (long)given[1], (long)given[2]};
    unsigned long long *result = &at->uc_mcontext.regs[0];
#endif
    // NOLINTBEGIN(performance-no-int-to-ptr): a register that holds a pointer
    long opened = -EPERM;
    if (info->si_syscall == SYS_openat
        && ((int)arguments[0] == AT_FDCWD || *(const char *)arguments[1] == '/'))
        opened = ask((const char *)arguments[1], (int)arguments[2]);
#if defined(SYS_open)
    else if (info->si_syscall == SYS_open)
        opened = ask((const char *)arguments[0], (int)arguments[1]);
#endif
    // NOLINTEND(performance-no-int-to-ptr)
    *result = (__typeof__(*result))opened;
    errno = before;
}

bool edge_data_ask(void)
{
    struct sigaction action = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO | SA_NODEFER};
    return sigaction(SIGSYS, &action, NULL) == 0;
}

#else

bool edge_data_ask(void) { return false; }

#endif
