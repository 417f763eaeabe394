// edge/view/view_parts.h - the parts of the page's server, for its own files.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_VIEW_PARTS_H
#define EDGE_VIEW_PARTS_H

#include <microhttpd.h>
#include <pthread.h>

#include "edge/host/http_clients.h"
#include "edge/view/frame.h"
#include "edge/view/guard.h"
#include "edge/view/heights.h"
#include "edge/view/page.h"
#include "edge/view/questions.h"
#include "edge/view/shared_store.h"
#include "edge/view/streams.h"
#include "edge/view/trails.h"
#include "edge/view/view.h"

enum {
    EDGE_VIEW_CHANGES = 5,      // layers whose rendered tables are watched
    EDGE_VIEW_CLIENTS_MAX = 48, // connections beside the streams
};

// What a configuration says, so that nothing else of it is read while it may be replaced.
struct edge_view_told {
    pthread_mutex_t lock;
    struct edge_json_text region; // up to the counts of tiles
    struct geo_bounds bounds;
    int64_t silent_after_us;
    size_t feed_count;
};

// What the view thread remembers from tick to tick.
struct edge_view_memory {
    int64_t
        looked_mono_us; // when somebody last looked; INT64_MIN: nobody since all was dropped
    int64_t second_mono_us; // when what comes once a second comes next
    uint64_t *seen;         // of each place
    uint64_t seen_fleet, seen_tracks, seen_texts[EDGE_VIEW_TEXT_COUNT];
    struct edge_view_fleet fleet;
    struct edge_view_tracks *tracks;
    struct edge_json_text texts[EDGE_VIEW_TEXT_COUNT]; // "": not said yet
    bool fresh[EDGE_VIEW_TEXT_COUNT];                  // since the last tick
    char changed[EDGE_VIEW_CHANGES][FUSION_CHANGE_SIZE];
    bool changed_known;
    struct edge_json_text changes, whole; // the events of a tick
    char *scratch;                        // EDGE_VIEW_TEXTS_MAX bytes
};

struct edge_view {
    struct edge_view_parts parts;
    struct MHD_Daemon *daemon;
    struct edge_page page;
    const char *hosts[DRF_VIEW_HOSTS_MAX];
    struct edge_guard guard;
    struct edge_http_clients clients;
    struct edge_shared_store store;
    struct edge_heights *heights;
    struct edge_streams *streams;
    struct edge_trails *trails;
    struct edge_questions *questions;
    struct edge_frame *frame;
    uint32_t places, level;
    struct edge_view_told told;
    struct edge_view_memory memory;
};

// listener.c. The answer to a request; `context` is the struct edge_view.
enum MHD_Result edge_listener_request(void *context, struct MHD_Connection *connection,
                                      const char *url, const char *method, const char *version,
                                      const char *upload, size_t *upload_size, void **state);
DRF_MUST_CHECK enum drf_status edge_listener_open(struct edge_view *view);
void edge_listener_close(struct edge_view *view);

// answers.c. Each fills a reply; the listener sends it.
struct edge_reply {
    unsigned code;
    const char *type;        // NULL: JSON
    const char *location;    // of a redirection; NULL: none
    const char *cookie;      // to be set; NULL: none
    const char *tag;         // ETag; NULL: none
    const char *vary;        // NULL: none
    const char *retry_after; // in seconds; NULL: none
    bool gzip, keeps;        // `keeps`: may be kept, and asked for again by its tag
    struct edge_json_text body;
    char tag_room[EDGE_HEIGHTS_TAG_SIZE];
    enum edge_view_refusal refusal; // of a reply that is an error by the asker
};
struct edge_request {
    struct MHD_Connection *connection;
    const char *path;
};
void edge_answer_error(struct edge_reply *reply, unsigned code, enum edge_view_refusal refusal,
                       const char *text);
// False: there is nothing of that name. /v1/live is not among them.
bool edge_answer(struct edge_view *view, const struct edge_request *request,
                 struct edge_reply *reply);

// view_tick.c
void edge_view_tick(struct edge_view *view, struct edge_now now);

#endif
