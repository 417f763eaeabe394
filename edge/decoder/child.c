// SPDX-License-Identifier: Apache-2.0
// Decoder children, driven by readiness of their sockets. A child is ABSENT, STARTING (until
// its first answer), READY or BUSY, and belongs to at most one lane. A lane is a ring of slots
// in the order of starts; counted from `first`, done <= sent <= count: requests are written
// ahead as far as the socket takes them, and answers come back in the same order, so no ids are
// needed. When a child ends, misses its deadline or sends a wrong answer, the message at `done`
// is refused as DIED and `sent` goes back to `done`, so that the following ones are sent again
// to the spare. Killed children are reaped later without waiting.
#include "edge/decoder/child.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/decoder/child_spawn.h"
#include "edge/decoder/child_wire.h"
#include "edge/decoder/data_file.h"
#include "edge/decoder/reaper.h"
#include "geo/unconst.h"

enum {
    CHILDREN = EDGE_CHILD_LANES + 1, // and a spare
    KEEP_BUFFER_MAX = 8 << 20,       // larger ones are given back after use
    START_RETRY_US = 500000,
    START_TIMEOUT_US = 30000000,
    NO_CHILD = -1,
    SLOTS = EDGE_CHILD_AHEAD_MAX + 1, // one holds the record that was taken last
};

enum state { ABSENT, STARTING, READY, BUSY };

struct buffer {
    uint8_t *bytes;
    size_t size, room;
};

struct head {
    struct edge_child_request request;
    struct geo_decode_params params;
};

struct child {
    enum state state;
    pid_t pid;
    int fd;
    int data_fd;              // it asks for data files there; -1: it need not
    int64_t deadline_mono_us; // of STARTING, and of the message it is at
    size_t sent;              // of the slot that is being sent
    bool writing;             // waits until its socket takes more
    struct edge_child_answer answer;
    size_t received; // of answer, then of what follows
    struct buffer in;
};

// One message: the head, then the borrowed bytes go out; the result comes back.
struct slot {
    struct head head;
    const uint8_t *bytes;
    size_t bytes_size;
    struct edge_decoded result;
    struct buffer record;
};

// A ring in the order of starts: from `first` so many are done, so many are sent, so many are
// there. Answers come in this order.
struct lane {
    int child; // NO_CHILD, or the one that works for it
    struct slot slots[SLOTS];
    size_t first, done, sent, count;
    bool orphaned, replaced; // its child ended; another took its place since last asked
    int64_t orphaned_mono_us, without_us;
};

struct edge_children {
    struct edge_children_config config;
    int epoll_fd;
    struct child children[CHILDREN];
    struct lane lanes[EDGE_CHILD_LANES];
    struct edge_reaper reaper; // of killed children
    int64_t start_mono_us;     // not before: the last start failed
    int64_t now_mono_us;       // of the last step or start
    bool landlocked;
};

static_assert(sizeof(struct edge_child_request) + sizeof(struct geo_decode_params)
                  == sizeof(struct head),
              "what is sent is what the child reads: no padding between the two");

static bool start_child(struct edge_children *children, struct child *child,
                        int64_t now_mono_us)
{
    int fd, data_fd;
    pid_t pid = edge_child_spawn(&children->config, &fd, &data_fd);
    if (pid < 0)
        return false;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = child};
    if (epoll_ctl(children->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0
        || epoll_ctl(children->epoll_fd, EPOLL_CTL_ADD, data_fd, &event) != 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        close(fd);
        close(data_fd);
        return false;
    }
    child->state = STARTING;
    child->pid = pid;
    child->fd = fd;
    child->data_fd = data_fd;
    child->received = 0;
    child->writing = false;
    child->deadline_mono_us = now_mono_us + START_TIMEOUT_US;
    return true;
}

static int lane_of(const struct edge_children *children, const struct child *child)
{
    for (int lane = 0; lane < EDGE_CHILD_LANES; lane++)
        if (children->lanes[lane].child == (int)(child - children->children))
            return lane;
    return NO_CHILD;
}

static void stop_data(struct child *child)
{
    if (child->data_fd >= 0)
        close(child->data_fd); // leaves the epoll set by that
    child->data_fd = -1;
}

static void end_child(struct edge_children *children, struct child *child)
{
    close(child->fd);
    stop_data(child);
    edge_reaper_kill(&children->reaper, child->pid);
    int lane = lane_of(children, child);
    if (lane != NO_CHILD) {
        children->lanes[lane].child = NO_CHILD;
        children->lanes[lane].orphaned = true;
        children->lanes[lane].orphaned_mono_us = children->now_mono_us;
    }
    child->state = ABSENT;
}

static struct slot *slot_at(struct lane *lane, size_t index)
{
    return &lane->slots[(lane->first + index) % SLOTS];
}

// The message that is being decoded is what it died on; those behind it go to another child.
static void refuse(struct lane *lane, enum geo_refusal_code code, bool late, const char *text)
{
    struct edge_decoded *result = &slot_at(lane, lane->done)->result;
    *result = (struct edge_decoded){.status = DRF_ERR_RANGE,
                                    .died = code == GEO_REFUSAL_DIED,
                                    .late = late,
                                    .why = {.code = (uint32_t)code, .count = 1}};
    snprintf(result->why.text, sizeof result->why.text, "%s", text);
    lane->done++;
}

// The child is gone, or no longer to be trusted.
static void lose_child(struct edge_children *children, struct child *child, bool late,
                       const char *text)
{
    int lane = lane_of(children, child);
    bool working = child->state == BUSY;
    if (child->state == STARTING) // a child that never gets ready is not started in a circle
        children->start_mono_us = INT64_MAX;
    end_child(children, child);
    if (working && lane != NO_CHILD && children->lanes[lane].done < children->lanes[lane].count)
        refuse(&children->lanes[lane], GEO_REFUSAL_DIED, late, text);
    if (lane != NO_CHILD)
        children->lanes[lane].sent = children->lanes[lane].done;
}

static void fail_child(struct edge_children *children, struct child *child, const char *text)
{
    lose_child(children, child, false, text);
}

static int64_t wall_us(const struct edge_children *children)
{
    return EDGE_CHILD_WALL_FACTOR * children->config.timeout_us;
}

// What an operator can do about it is named. `of`: CPU or wall time.
static void too_long(const struct edge_children *children, const char *of,
                     char text[static 128])
{
    snprintf(text, 128, "more than %g s of %s: raise limits.decode_timeout_ms",
             (double)(strcmp(of, "CPU") == 0 ? children->config.timeout_us : wall_us(children))
                 / 1e6,
             of);
}

static void buffer_release(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

static bool buffer_reserve(struct buffer *buffer, size_t size)
{
    if (size <= buffer->room)
        return true;
    uint8_t *bytes = realloc(buffer->bytes, size);
    if (!bytes)
        return false;
    buffer->bytes = bytes;
    buffer->room = size;
    return true;
}

static void finish_record(struct child *child, struct lane *lane)
{
    struct geo_record record;
    if (geo_record_validate(child->in.bytes, child->in.size, &record) != DRF_OK) {
        refuse(lane, GEO_REFUSAL_DIED, false, "the decoder's record is malformed");
        return;
    }
    struct slot *slot = slot_at(lane, lane->done++);
    struct buffer old = slot->record;
    slot->record = child->in;
    child->in = old;
    if (child->in.room > KEEP_BUFFER_MAX)
        buffer_release(&child->in);
    slot->result = (struct edge_decoded){.status = DRF_OK, .record = record};
}

static void finish_refusal(const struct child *child, struct lane *lane)
{
    struct edge_decoded result = {.status = DRF_ERR_SYNTAX};
    memcpy(&result.why, child->in.bytes, sizeof result.why);
    result.why.text[sizeof result.why.text - 1] = '\0';
    if (result.why.code == GEO_REFUSAL_NONE || result.why.code >= GEO_REFUSAL_COUNT)
        result.why.code = GEO_REFUSAL_FORMAT;
    if (result.why.count == 0)
        result.why.count = 1;
    slot_at(lane, lane->done++)->result = result;
}

// A whole answer is there.
static void finish(struct edge_children *children, struct child *child)
{
    struct edge_child_answer answer = child->answer;
    child->received = 0;
    if (child->state == STARTING) {
        children->landlocked = answer.landlocked != 0;
        if (children->landlocked)
            stop_data(child);
        children->start_mono_us = 0;
        child->state = READY;
        return;
    }
    int index = lane_of(children, child);
    assert(index != NO_CHILD);
    struct lane *lane = &children->lanes[index];
    char text[128];
    too_long(children, "CPU", text);
    if (answer.kind == EDGE_CHILD_RECORD)
        finish_record(child, lane);
    else if (answer.kind == EDGE_CHILD_LATE)
        refuse(lane, GEO_REFUSAL_DIED, true, text);
    else
        finish_refusal(child, lane);
    child->state = lane->done < lane->sent ? BUSY : READY;
    child->deadline_mono_us = children->now_mono_us + wall_us(children);
    if (slot_at(lane, lane->done - 1)->result.died) {
        end_child(children, child);
        lane->sent = lane->done;
    }
}

static bool answer_expected(const struct edge_children *children, const struct child *child)
{
    const struct edge_child_answer *answer = &child->answer;
    if (answer->magic != EDGE_CHILD_MAGIC)
        return false;
    switch (answer->kind) {
    case EDGE_CHILD_READY:
        return child->state == STARTING && answer->size == 0;
    case EDGE_CHILD_RECORD:
        return child->state == BUSY && answer->size <= children->config.record_max_bytes + 4096;
    case EDGE_CHILD_REFUSED:
        return child->state == BUSY && answer->size == sizeof(struct geo_note);
    case EDGE_CHILD_LATE:
        return child->state == BUSY && answer->size == 0;
    default:
        return false;
    }
}

// Reads what is there. False: the child is lost.
static bool receive(struct edge_children *children, struct child *child)
{
    for (;;) {
        size_t head = sizeof child->answer;
        uint8_t *at = child->received < head ? (uint8_t *)&child->answer + child->received
                                             : child->in.bytes + (child->received - head);
        size_t want = child->received < head ? head - child->received
                                             : head + child->answer.size - child->received;
        ssize_t got = read(child->fd, at, want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN;
        if (got == 0 || child->state == READY) // gone, or sends without a request
            return false;
        child->received += (size_t)got;
        if (child->received == head) {
            if (!answer_expected(children, child)
                || !buffer_reserve(&child->in, child->answer.size + 1))
                return false;
            child->in.size = child->answer.size;
        }
        if (child->received >= head && child->received == head + child->answer.size) {
            finish(children, child);
            if (child->state != BUSY)
                return true; // or it is gone
        }
    }
}

static void watch(struct edge_children *children, struct child *child, bool writing)
{
    if (child->writing == writing)
        return;
    child->writing = writing;
    struct epoll_event event = {.events = writing ? EPOLLIN | EPOLLOUT : EPOLLIN,
                                .data.ptr = child};
    epoll_ctl(children->epoll_fd, EPOLL_CTL_MOD, child->fd, &event);
}

// Head and bytes at once: a child that is woken finds the whole message.
static ssize_t send_rest(int fd, const struct slot *slot, size_t sent)
{
    const size_t head = sizeof slot->head, of_head = sent < head ? sent : head;
    struct iovec parts[2] = {{(char *)GEO_UNCONST(&slot->head) + of_head, head - of_head}};
    if (slot->bytes_size > 0)
        parts[1] = (struct iovec){GEO_UNCONST(slot->bytes + (sent - of_head)),
                                  slot->bytes_size - (sent - of_head)};
    return sendmsg(fd, &(struct msghdr){.msg_iov = parts, .msg_iovlen = 2}, MSG_NOSIGNAL);
}

// Sends what the socket takes of what the lane holds. False: the child is lost.
static bool transmit(struct edge_children *children, struct child *child)
{
    struct lane *lane = &children->lanes[lane_of(children, child)];
    while (lane->sent < lane->count) {
        const struct slot *slot = slot_at(lane, lane->sent);
        size_t total = sizeof slot->head + slot->bytes_size;
        if (child->state == READY) {
            child->state = BUSY;
            child->deadline_mono_us = children->now_mono_us + wall_us(children);
        }
        ssize_t put = send_rest(child->fd, slot, child->sent);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN) {
            watch(children, child, true);
            return true;
        }
        if (put <= 0)
            return false;
        child->sent += (size_t)put;
        if (child->sent == total) {
            child->sent = 0;
            lane->sent++;
        }
    }
    watch(children, child, false);
    return true;
}

// The socket takes no more. Answers already written are still readable: the child died on the
// message after those.
static void lose_writing(struct edge_children *children, struct child *child)
{
    if (child->state == BUSY)
        (void)receive(children, child);
    if (child->state != ABSENT)
        fail_child(children, child, "the decoder died on it");
}

enum drf_status edge_children_open(const struct edge_children_config *config,
                                   struct edge_children **out)
{
    struct edge_children *children = calloc(1, sizeof *children);
    if (!children)
        return DRF_ERR_NOMEM;
    children->config = *config;
    for (size_t i = 0; i < EDGE_CHILD_LANES; i++)
        children->lanes[i].child = NO_CHILD;
    children->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (children->epoll_fd < 0) {
        free(children);
        return DRF_ERR_AGAIN;
    }
    *out = children;
    return DRF_OK;
}

void edge_children_close(struct edge_children *children)
{
    if (!children)
        return;
    for (size_t i = 0; i < CHILDREN; i++) {
        if (children->children[i].state != ABSENT)
            end_child(children, &children->children[i]);
        buffer_release(&children->children[i].in);
    }
    edge_reaper_finish(&children->reaper);
    for (size_t i = 0; i < EDGE_CHILD_LANES; i++)
        for (size_t k = 0; k < SLOTS; k++)
            buffer_release(&children->lanes[i].slots[k].record);
    close(children->epoll_fd);
    free(children);
}

int edge_children_fd(const struct edge_children *children) { return children->epoll_fd; }

static void move_bytes(struct edge_children *children)
{
    struct epoll_event events[2 * CHILDREN];
    int count = epoll_wait(children->epoll_fd, events, 2 * CHILDREN, 0);
    for (size_t i = 0; i < CHILDREN && count > 0; i++) {
        struct child *child = &children->children[i];
        if (child->state != ABSENT && child->data_fd >= 0 && !edge_data_serve(child->data_fd))
            stop_data(child);
    }
    for (int i = 0; i < count; i++) {
        struct child *child = events[i].data.ptr;
        if (child->state == ABSENT)
            continue; // ended by the event of another
        if ((events[i].events & EPOLLOUT) && lane_of(children, child) != NO_CHILD
            && !transmit(children, child))
            lose_writing(children, child);
        else if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                 && !receive(children, child))
            fail_child(children, child, "the decoder died on it");
    }
}

// Gives a lane a child if it has none, and the child what another one left. False: none is
// warm.
static bool resume(struct edge_children *children, struct lane *lane)
{
    for (int i = 0; i < CHILDREN && lane->child == NO_CHILD; i++) {
        struct child *child = &children->children[i];
        if (child->state != READY || lane_of(children, child) != NO_CHILD)
            continue;
        lane->child = i;
        child->sent = 0;
        child->received = 0;
        if (lane->orphaned) {
            lane->orphaned = false;
            lane->replaced = true;
            lane->without_us = children->now_mono_us - lane->orphaned_mono_us;
        }
        if (lane->sent < lane->count && !transmit(children, child))
            lose_writing(children, child);
    }
    return lane->child != NO_CHILD && children->children[lane->child].state >= READY;
}

static void end_timed_out(struct edge_children *children)
{
    for (size_t i = 0; i < CHILDREN; i++) {
        struct child *child = &children->children[i];
        bool limited = child->state == STARTING || child->state == BUSY;
        if (!limited || children->now_mono_us < child->deadline_mono_us)
            continue;
        char text[128];
        too_long(children, "wall time", text);
        lose_child(children, child, true, text);
    }
}

int64_t edge_children_step(struct edge_children *children, int64_t now_mono_us)
{
    children->now_mono_us = now_mono_us;
    edge_reaper_run(&children->reaper);
    move_bytes(children);
    end_timed_out(children);
    for (size_t i = 0; i < EDGE_CHILD_LANES; i++)
        (void)resume(children, &children->lanes[i]);
    if (children->start_mono_us == INT64_MAX)
        children->start_mono_us = now_mono_us + START_RETRY_US;
    int64_t next_mono_us = INT64_MAX;
    for (size_t i = 0; i < CHILDREN; i++) {
        struct child *child = &children->children[i];
        if (child->state == ABSENT && now_mono_us >= children->start_mono_us
            && !start_child(children, child, now_mono_us))
            children->start_mono_us = now_mono_us + START_RETRY_US;
        int64_t due_mono_us = child->state == READY    ? INT64_MAX
                              : child->state == ABSENT ? children->start_mono_us
                                                       : child->deadline_mono_us;
        if (due_mono_us < next_mono_us)
            next_mono_us = due_mono_us;
    }
    return next_mono_us;
}

enum drf_status edge_children_start(struct edge_children *children, size_t lane_index,
                                    const struct geo_decode_params *params,
                                    const uint8_t *bytes, size_t size, int64_t now_mono_us)
{
    assert(lane_index < EDGE_CHILD_LANES);
    struct lane *lane = &children->lanes[lane_index];
    children->now_mono_us = now_mono_us;
    if (lane->count == EDGE_CHILD_AHEAD_MAX || !resume(children, lane))
        return DRF_ERR_AGAIN;
    struct slot *slot = slot_at(lane, lane->count++);
    slot->head.request = (struct edge_child_request){
        .magic = EDGE_CHILD_MAGIC,
        .timeout_s = (uint32_t)(wall_us(children) / 1000000) + 2,
        .cpu_ms = (uint32_t)(children->config.timeout_us / 1000),
        .size = size,
    };
    slot->head.params = *params;
    slot->bytes = bytes;
    slot->bytes_size = size;
    struct child *child = &children->children[lane->child];
    if (lane->sent + 1 == lane->count && !transmit(children, child))
        lose_writing(children, child);
    return DRF_OK;
}

bool edge_children_take(struct edge_children *children, size_t lane_index,
                        struct edge_decoded *out)
{
    assert(lane_index < EDGE_CHILD_LANES);
    struct lane *lane = &children->lanes[lane_index];
    if (lane->done == 0)
        return false;
    struct buffer *last = &slot_at(lane, SLOTS - 1)->record; // of the one taken before
    if (last->room > KEEP_BUFFER_MAX)
        buffer_release(last);
    *out = slot_at(lane, 0)->result;
    lane->first = (lane->first + 1) % SLOTS;
    lane->done--;
    lane->sent--;
    lane->count--;
    return true;
}

bool edge_children_replaced(struct edge_children *children, int64_t *without_us)
{
    for (size_t i = 0; i < EDGE_CHILD_LANES; i++) {
        struct lane *lane = &children->lanes[i];
        if (!lane->replaced)
            continue;
        lane->replaced = false;
        *without_us = lane->without_us;
        return true;
    }
    return false;
}

bool edge_children_ready(const struct edge_children *children)
{
    for (size_t i = 0; i < CHILDREN; i++)
        if (children->children[i].state >= READY)
            return true;
    return false;
}

bool edge_children_landlocked(const struct edge_children *children)
{
    return children->landlocked;
}
