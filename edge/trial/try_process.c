// SPDX-License-Identifier: Apache-2.0
#include "edge/trial/try_process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/host/clock.h"

// NOLINTBEGIN(concurrency-mt-unsafe): one thread; nobody changes the environment
enum { END_MS = 20000, STEP_MS = 50, PORTS_MAX = 8 };

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

void edge_try_signals_hold(void)
{
    const sigset_t set = stop_signals();
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool edge_try_pause(unsigned ms)
{
    const sigset_t set = stop_signals();
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    return sigtimedwait(&set, NULL, &time) > 0;
}

// In the child, between fork and exec: only what is allowed there.
static void become(const char *const argv[], int log, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(127);
    const int null = open("/dev/null", O_RDONLY);
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    if (log >= 0) {
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
    }
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

bool edge_try_process_start(const char *name, const char *const argv[], const char *log,
                            struct edge_try_process *out)
{
    int fd = log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640) : -1;
    if (log && fd < 0)
        return false;
    fflush(NULL);
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(argv, fd, parent);
    if (fd >= 0)
        close(fd);
    if (pid > 0)
        *out = (struct edge_try_process){.name = name, .pid = pid};
    return pid > 0;
}

// True: it has ended, *code is its exit code.
static bool ended(struct edge_try_process *process, int *code)
{
    int status = 0;
    const pid_t pid = waitpid(process->pid, &status, WNOHANG);
    if (pid == 0 || (pid < 0 && errno == EINTR))
        return false;
    *code = pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    process->pid = 0;
    return true;
}

bool edge_try_process_runs(struct edge_try_process *process)
{
    int code;
    return process->pid > 0 && !ended(process, &code);
}

int edge_try_process_stop(struct edge_try_process *process)
{
    int code = -1;
    if (process->pid <= 0)
        return code;
    kill(process->pid, SIGTERM);
    const int64_t end_mono_us = edge_clock_mono_us() + END_MS * INT64_C(1000);
    while (!ended(process, &code)) {
        if (edge_clock_mono_us() > end_mono_us)
            kill(process->pid, SIGKILL);
        (void)edge_try_pause(STEP_MS); // it is ending: another Ctrl-C changes nothing
    }
    return code;
}

int edge_try_process_wait(const char *const argv[], const char *log)
{
    struct edge_try_process process;
    int code = -1;
    if (!edge_try_process_start(argv[0], argv, log, &process))
        return -1;
    while (!ended(&process, &code))
        if (edge_try_pause(STEP_MS)) {
            edge_try_process_stop(&process);
            raise(SIGTERM); // held back: the next pause of the caller notices it
            return -1;
        }
    return code;
}

bool edge_try_program(const char *name, char *out, size_t size)
{
    const char *path = getenv("PATH");
    char places[4096];
    snprintf(places, sizeof places, "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
    for (const char *at = places; *at != '\0';) {
        const size_t length = strcspn(at, ":");
        snprintf(out, size, "%.*s/%s", (int)length, at, name);
        if (length > 0 && access(out, X_OK) == 0)
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

bool edge_try_ports(uint16_t *out, size_t count)
{
    int sockets[PORTS_MAX];
    size_t made = 0;
    for (bool good = count <= PORTS_MAX; good && made < count;) {
        struct sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        good = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0
               && getsockname(fd, (struct sockaddr *)&address, &size) == 0;
        if (good) {
            out[made] = ntohs(address.sin_port);
            sockets[made++] = fd;
        } else if (fd >= 0) {
            close(fd);
        }
    }
    for (size_t i = 0; i < made; i++)
        close(sockets[i]);
    return made == count;
}

static int connected(uint16_t port)
{
    const struct sockaddr_in address = loopback(port);
    const struct timeval limit = {.tv_sec = 5};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

bool edge_try_listens(uint16_t port)
{
    const int fd = connected(port);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool edge_try_ask(uint16_t port, const char *path, char *out, size_t size)
{
    char request[256];
    const int fd = connected(port);
    if (fd < 0)
        return false;
    const int length =
        snprintf(request, sizeof request,
                 "GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
    size_t have = 0;
    bool good = send(fd, request, (size_t)length, MSG_NOSIGNAL) == length;
    for (ssize_t got = 1; good && got > 0 && have + 1 < size;) {
        got = recv(fd, out + have, size - 1 - have, 0);
        good = got >= 0;
        have += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    out[have] = '\0';
    return good && have > 0;
}
// NOLINTEND(concurrency-mt-unsafe)
