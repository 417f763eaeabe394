// SPDX-License-Identifier: Apache-2.0
// The node's side of data_file.h. What the child sends is untrusted.
#include "edge/decoder/data_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SERVED_AT_ONCE = 64 };

static const char *const folders[] = {"/usr/share", "/usr/local/share", "/usr/lib", "/lib",
                                      "/sys/devices/system/cpu"};
enum { FOLDERS = sizeof folders / sizeof folders[0], NAMED = 4 };

// The first name folders. The rest are not secret, and without them a child would not start, or
// calculate in another way than the node: private libraries, the C library's choice of
// functions.
const char *const edge_data_variables[] = {"PROJ_DATA",      "PROJ_LIB",
                                           "GDAL_DATA",      "ECCODES_DEFINITION_PATH",
                                           "GLIBC_TUNABLES", "LD_LIBRARY_PATH",
                                           "ASAN_OPTIONS",   "UBSAN_OPTIONS",
                                           "TSAN_OPTIONS",   NULL};

const char *edge_data_folder(size_t index)
{
    if (index < FOLDERS)
        return folders[index];
    if (index >= FOLDERS + NAMED)
        return NULL;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
    const char *named = getenv(edge_data_variables[index - FOLDERS]);
    return named != NULL && named[0] == '/' ? named : folders[0];
}

static bool inside(const char *path, const char *folder)
{
    char real[PATH_MAX];
    if (realpath(folder, real) == NULL)
        return false;
    size_t length = strlen(real);
    return strncmp(path, real, length) == 0
           && (path[length] == '/' || path[length] == '\0' || length == 1);
}

// What it is, after all links: a file or folder inside one of ours. -errno if not.
static int open_data(const struct edge_data_request *request)
{
    char path[PATH_MAX];
    const char *folder;
    // Following a path may wait for a file system that is gone: only where it may lead to us.
    bool ours = false;
    for (size_t i = 0; !ours && (folder = edge_data_folder(i)) != NULL; i++)
        ours = strncmp(request->path, folder, strlen(folder)) == 0;
    if (!ours || strstr(request->path, "/../") != NULL)
        return -EACCES;
    if (realpath(request->path, path) == NULL)
        return -errno;
    ours = false;
    for (size_t i = 0; !ours && (folder = edge_data_folder(i)) != NULL; i++)
        ours = inside(path, folder);
    if (!ours)
        return -EACCES;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
                            | (request->directory != 0 ? O_DIRECTORY : 0));
    struct stat is;
    if (fd < 0)
        return -errno;
    if (fstat(fd, &is) == 0 && (S_ISREG(is.st_mode) || S_ISDIR(is.st_mode)))
        return fd;
    close(fd);
    return -EACCES;
}

static bool answer(int to, int opened)
{
    struct edge_data_answer answer = {.error = opened < 0 ? -opened : 0};
    struct iovec bytes = {.iov_base = &answer, .iov_len = sizeof answer};
    union {
        struct cmsghdr head; // for its alignment
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    if (opened >= 0) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof control.room;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof opened);
        memcpy(CMSG_DATA(head), &opened, sizeof opened);
    }
    bool sent = sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof answer;
    if (opened >= 0)
        close(opened);
    return sent;
}

bool edge_data_serve(int fd)
{
    struct edge_data_request request;
    for (int i = 0; i < SERVED_AT_ONCE; i++) {
        ssize_t got = recv(fd, &request, sizeof request, MSG_DONTWAIT);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got != (ssize_t)sizeof request
            || memchr(request.path, '\0', sizeof request.path) == NULL
            || !answer(fd, open_data(&request)))
            return false;
    }
    return true;
}
